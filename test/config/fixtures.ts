/** Registries small enough to read at a glance, so that these tests say nothing about the real components. */

import type { z } from 'zod';
import { flowSections } from '../../src/program/flow/sections.js';
import type { ComponentDefinition, Registry } from '../../src/schema/component.js';
import type { Registries } from '../../src/schema/program.js';

export function component(kind: string, parameters: (zod: typeof z) => z.ZodType): ComponentDefinition {
  return { kind, metadata: { title: kind, summary: `what ${kind} does`, source: 'none' }, parameters };
}

/** A flow that leaves the choice of what its messages say. */
const flow: typeof component = (...given) => ({ ...component(...given), modes: ['none', 'error-state'] });

const euler = (zod: typeof z) => {
  const gain = (number: z.ZodNumber) => zod.union([zod.literal('auto'), number]).default('auto');
  return {
    compress: zod.enum(['none', 'node-state', 'error-state', 'observer']).optional(),
    step: gain(zod.number().positive()),
    alpha: gain(zod.number().min(0)),
    beta: gain(zod.number().min(0)),
    eta: gain(zod.number().min(0)).default(1),
    mu: gain(zod.number().positive().max(1)).default(1),
  };
};

const registry = (...entries: ComponentDefinition[]): Registry =>
  Object.fromEntries(entries.map((entry) => [entry.kind, entry]));

export const registries: Registries = {
  programs: {},
  sections: [flowSections],
  costs: registry(
    component('quadratic', (zod) =>
      zod.strictObject({ kind: zod.literal('quadratic'), a: zod.string(), b: zod.string() }),
    ),
    component('logistic', (zod) =>
      zod.object({ data: zod.string(), regularization: zod.number().positive().default(0.01) }),
    ),
  ),
  compressors: registry(
    component('identity', (zod) => zod.strictObject({ kind: zod.literal('identity') })),
    component('top-k', (zod) =>
      zod.strictObject({ kind: zod.literal('top-k'), k: zod.number().int().min(1) }),
    ),
    component('sign', (zod) => zod.object({})),
    component('flatten', (zod) => zod.strictObject({ kind: zod.literal('flatten'), inner: zod.unknown() })),
    component('chain', (zod) =>
      zod.object({ inner: zod.array(zod.looseObject({ kind: zod.string() })).min(1) }),
    ),
  ),
  flows: registry(
    flow('primal-dual', (zod) => zod.strictObject({ kind: zod.literal('primal-dual'), ...euler(zod) })),
    flow('consensus', (zod) => zod.object({ ...euler(zod), decay: zod.number().min(0).max(1).default(0.5) })),
  ),
  topologies: registry(
    component('ring', (zod) => zod.strictObject({ nodes: zod.number().int().min(1) })),
    component('torus', (zod) =>
      zod.strictObject({ rows: zod.number().int().min(1), columns: zod.number().int().min(1) }),
    ),
  ),
  links: registry(component('drops', (zod) => zod.strictObject({ rate: zod.number().min(0).lt(1) }))),
};

export const MINIMAL = {
  topology: { kind: 'ring', nodes: 8 },
  cost: { kind: 'quadratic', a: 'a.npy', b: 'b.npy' },
  flow: { kind: 'primal-dual' },
};
