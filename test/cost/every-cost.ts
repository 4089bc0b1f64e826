/**
 * Every registered cost in specs that reach all of its code: data of several shapes, an agent without
 * samples, one with an odd number of them.
 */

import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { costs } from '../../src/cost/registry.js';
import type { CostSpec } from '../../src/cost/types.js';
import { scratchFile } from './support.js';

export const wave = (i: number): number => Math.sin(1 + 1.7 * i + 0.3 * i * i);
const DIM = 7;
const ROWS = 23;
const data = (label: (r: number) => number): string =>
  Array.from(
    { length: ROWS },
    (_, r) => `${label(r)} ${(r % 3) + 1}:${wave(r)} ${4 + (r % 4)}:${2 * wave(3 * r)}\n`,
  ).join('');
const two = (r: number): number => (wave(5 * r) > 0 ? 1 : -1);
const three = (r: number): number => [-5, 7, 2][Math.floor(1.5 * (wave(5 * r) + 1)) % 3]!;
const real = (r: number): number => 2 * wave(7 * r);

/** One agent without samples, one with an odd number of them. */
const split = { kind: 'counts', counts: [4, 7, 0, 11, 1] };
const sampled = (label: (r: number) => number, more: object = {}) => ({
  data: () => data(label),
  regularization: 0.2,
  split,
  ...more,
});

/** `data` as a function is written to a scratch file. */
export const specs: Record<string, Record<string, unknown>[]> = {
  quadratic: [{ dim: DIM }],
  average: [{ dim: DIM }],
  'least-squares': [sampled(real)],
  ridge: [sampled(real)],
  huber: [sampled(real, { delta: 0.4 }), sampled(real, { delta: 0.4, storage: 'dense' })],
  logistic: [sampled(two)],
  softmax: [sampled(three), sampled(three, { storage: 'dense', intercept: true })],
  mlp: [sampled(three, { hidden: [5] }), sampled(three, { hidden: [3, 4] })],
  custom: ['../../examples/05-own-cost/median.mjs', '../fixtures/cost-of-samples.mjs'].map((file) => ({
    module: fileURLToPath(new URL(file, import.meta.url)),
  })),
  'linear-equation': [
    { rows: ROWS, dim: DIM, condition: 4, noise: 0.3, split },
    { rows: 11, dim: DIM, split: 'shuffled' },
  ],
  'nonconvex-least-squares': [sampled(real), sampled(real, { storage: 'dense' })],
  'nonconvex-logistic': [sampled(two), sampled(two, { storage: 'dense', intercept: true })],
};

/**
 * A kind that is missing above is tested at once: one that is made of samples with data that suit all,
 * another with nothing but a dimension where it takes one.
 */
function usualSpecs(kind: string): Record<string, unknown>[] {
  const definition = costs[kind]!;
  if (definition.sampled) return [sampled(two), sampled(two, { storage: 'dense' })];
  const schema = definition.parameters(z);
  return [schema instanceof z.ZodObject && 'dim' in schema.shape ? { dim: DIM } : {}];
}

export const cases = Object.keys(costs).flatMap((kind) =>
  (specs[kind] ?? usualSpecs(kind)).map((parameters, i) => ({ kind, parameters, name: `${kind} ${i}` })),
);

export function specOf(kind: string, parameters: Record<string, unknown>): CostSpec {
  const text = parameters['data'];
  return {
    kind,
    ...parameters,
    ...(typeof text === 'function' && { data: scratchFile('data.libsvm', text() as string) }),
  };
}
