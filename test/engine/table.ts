/**
 * What every table test runs over: each registered compressor in a spec that fits dim 11, each registered
 * flow with gains that suit it.
 */

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { flowDefinition } from '../../dist/src/flow/registry.js';
import { type CompressorSpec, compressors, flows } from '../../dist/src/index.js';
import { loadModules, moduleUrl } from '../../dist/src/plugin/modules.js';

const ownModule = fileURLToPath(new URL('../../examples/04-own-compressor/two-level.mjs', import.meta.url));
// For the tests that plan by themselves; a run loads it on its own.
const ownFlows = ['dgd', 'extra', 'primal-dual', 'choco-sgd', 'lead', 'push-sum'].map((name) =>
  fileURLToPath(new URL(`../../examples/07-own-flow/${name}.mjs`, import.meta.url)),
);
await loadModules([ownModule, ...ownFlows].map((file) => moduleUrl(file)));

/**
 * Parameters for kinds whose runs are recorded; any other one runs bare, or in its own first example where it
 * has to be given some: a new kind is tested at once.
 */
const parameters: Record<string, Record<string, unknown>> = {
  'top-k': { k: 3 },
  'rand-k': { k: 4 },
  threshold: { threshold: 0.4 },
  'uniform-quantize': { step: 0.5, rate: 0.98 },
  'saturated-quantize': { bits: 4, step: 0.3, rate: 0.999 },
  flatten: { inner: { kind: 'sign' } },
  'error-feedback': { inner: { kind: 'top-k', k: 8 } },
  every: { rounds: 2, inner: { kind: 'sign' } },
  'event-triggered': { threshold: { relative: 0.3, rate: 0.9 }, inner: { kind: 'sign' } },
  schedule: { until: [0.4], inner: [{ kind: 'top-k', k: 3 }, { kind: 'sign' }] },
  adaptive: {
    budget: 240,
    inner: [
      { kind: 'top-k', k: 1 },
      { kind: 'top-k', k: 4 },
    ],
  },
  'annealed-sign': { initial: 0.5, rate: 0.98 },
  scale: { factor: 0.7, inner: { kind: 'sign' } },
  custom: { module: ownModule },
};

export const compressorSpecs: CompressorSpec[] = Object.entries(compressors).map(([kind, entry]) => {
  const bare = !('examples' in entry) || entry.parameters(z).safeParse({ kind }).success;
  return { kind, ...(parameters[kind] ?? (bare ? {} : entry.examples(11)[0])) };
});

type Spec = { kind: string; compress?: string; [parameter: string]: unknown };

/** Parameters without which a flow is refused. */
export const required: Record<string, Record<string, unknown>> = {
  'power-gossip': { shape: [11, 1] },
  'power-gossip-sgd': { shape: [11, 1] },
  custom: { module: ownFlows[0] },
};

/**
 * Variants and gains that bring a flow to x*; one that is missing here has its `auto` gains, in each of its
 * modes.
 */
const variants: Record<string, Record<string, unknown>[]> = {
  'primal-dual': [
    { compress: 'none', step: 0.05, alpha: 1, beta: 1 },
    { compress: 'node-state', step: 0.05, alpha: 1, beta: 1 },
    { compress: 'error-state', step: 0.02, alpha: 0.5, beta: 0.5, mu: 0.9 },
    { compress: 'observer', step: 0.02, alpha: 0.5, beta: 0.5 },
    { compress: 'error-memory', step: 0.02, alpha: 0.5, beta: 0.5, gamma: 0.05 },
  ],
  consensus: [
    { compress: 'none', step: 0.1, alpha: 1 },
    { compress: 'node-state', step: 0.02, alpha: 1 },
    { compress: 'error-state', step: 0.005, alpha: 1 },
    { compress: 'observer', step: 0.005, alpha: 1, mu: 0.7 },
  ],
  dgd: [
    { step: 0.4, decay: 0.9 },
    { variant: 'diffusion', step: 0.4, decay: 0.9, localSteps: 2 },
  ],
  admm: [{}, { inner: 1 }],
  pdmm: [{ inner: 2 }],
  'choco-sgd': [{ step: 0.1, decayRounds: 20, gamma: 0.5 }],
  custom: ownFlows.map((module) => ({ module })),
};

const specs: Spec[] = Object.values(flows).flatMap(({ kind, modes }) =>
  (variants[kind] ?? modes?.map((compress) => ({ compress })) ?? [{}]).map((variant) => ({
    kind,
    ...required[kind],
    ...variant,
  })),
);
const parsed = (spec: Spec) => {
  const checked = flows[spec.kind].parameters(z).parse(spec);
  return flows[spec.kind].complete?.(checked) ?? checked;
};
export const messagesOf = (spec: Spec) => flowDefinition(spec).messages(parsed(spec));
const compresses = (spec: Spec) => messagesOf(spec).compressed;

/** Whether a flow says of itself that its limit is not the optimum. */
export const isBiased = (spec: Spec) => flowDefinition(spec).biased?.(parsed(spec)) ?? false;

/** Flows that leave it open what their messages are about: each mode goes with every compressor. */
export const flowSpecs = specs.filter(({ kind }) => flows[kind].modes !== undefined);

/** The others: those that send their vectors as they are, and those that compress, with two compressors. */
const baselineSpecs = specs.filter(({ kind }) => flows[kind].modes === undefined);
const baselineCompressors = [
  { kind: 'flatten', inner: { kind: 'sign' } },
  { kind: 'top-k', k: 5 },
];

const baselineEntry = (flow: Spec, compressor: { kind: string }) => {
  const { kind, module, ...rest } = flow;
  const name = module === undefined ? kind : `${kind} ${path.basename(module as string)}`;
  return { flow, compressor, name: `${name} ${JSON.stringify(rest)} ${compressor.kind}` };
};

export const baselines = [
  ...baselineSpecs
    .filter((flow) => !compresses(flow))
    .map((flow) => baselineEntry(flow, { kind: 'identity' })),
  ...baselineSpecs
    .filter(compresses)
    .flatMap((flow) => baselineCompressors.map((compressor) => baselineEntry(flow, compressor))),
];

/** Every flow with every compressor that it takes. */
export const combinations = flowSpecs.flatMap((flow) =>
  compressorSpecs
    .filter(({ kind }) => compresses(flow) || kind === 'identity')
    .map((compressor) => ({ flow, compressor, name: `${flow.kind} ${flow.compress} ${compressor.kind}` })),
);

/** What a config is of: for a share of a table that has all of it. */
export function kindsOf({ flow, compressor, links }: Record<string, unknown>): string[] {
  const { kind, compress = '', module = '' } = (flow ?? {}) as Record<string, unknown>;
  const of = (family: string, spec: unknown) =>
    spec === undefined ? [] : [`${family} ${(spec as { kind: string }).kind}`];
  return [
    `flow ${kind} ${compress} ${path.basename(String(module))}`,
    ...of('compressor', compressor),
    ...of('links', links),
  ];
}
