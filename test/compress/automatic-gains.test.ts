/**
 * Gains by the formula are made of what a plan says of its messages: with the compressors that choose, quantize
 * by levels or send directions they bring agents to the optimum.
 */

import { describe, expect, it } from 'vitest';
import type { CompressorSpec } from '../../src/compress/types.js';
import { runConfig } from '../support/run.js';
import { ALL } from '../support/some.js';

const coarse = { kind: 'flattened-sign' };
const fine = { kind: 'eden', bits: 3 };
const specs: CompressorSpec[] = [
  { kind: 'eden', bits: 1, scaleBits: 32 },
  { kind: 'eden', bits: 2 },
  { kind: 'eden', bits: 4, scale: 'unbiased' },
  { kind: 'eden', bits: 3, scale: 'norm' },
  { kind: 'lloyd-max', bits: 4 },
  { kind: 'low-rank', rows: 8, rank: 2 },
  { kind: 'adacgd', zeta: 0.5, inner: [coarse, fine, { kind: 'identity' }] },
  { kind: 'kimad', bandwidth: { trace: [400, 140, 140, 300], stagger: 1 }, inner: [coarse, fine] },
  { kind: 'error-feedback', inner: { kind: 'eden', bits: 2 } },
];
const topologies = [
  { kind: 'ring', nodes: 16 },
  { kind: 'erdos-renyi', nodes: 16, probability: 0.3, seed: 1 },
];

describe.each(
  ['error-memory', 'error-state'].map((compress, at) => ({
    compress,
    // In the gate each on one of them.
    on: ALL ? topologies : topologies.slice(at, at + 1),
  })),
)('gains by the formula, $compress', ({ compress, on }) => {
  it.each(
    on.flatMap((topology) => specs.map((compressor) => [topology.kind, compressor, topology] as const)),
  )('%s, %o', async (_, compressor, topology) => {
    const { summary } = await runConfig({
      topology,
      cost: { kind: 'quadratic', dim: 64 },
      flow: { kind: 'primal-dual', compress, tuning: 'formula' },
      compressor,
      rounds: 3000,
      stop: { gap: 1e-8 },
      seed: 3,
      workers: 1,
    });
    expect(summary.status).toBe('converged');
  });
});
