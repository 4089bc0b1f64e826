/**
 * The engine against the distributed algorithm, link by link (test/support/distributed.ts): the shortcut
 * through shared memory, where an agent reads a neighbour's s instead of a copy of its own, computes what
 * copies, outages and resynchronisations give, and counts their bits.
 */

import { describe, expect, it } from 'vitest';
import { planCompressor, referenceCompressor } from '../../src/compress/registry.js';
import type { CompressorSpec } from '../../src/compress/types.js';
import type { LinksSpec } from '../../src/links/types.js';
import { seedWords } from '../../src/runtime.js';
import { generate, type weightsKinds } from '../../topology/index.js';
import { edgeWeights } from '../../topology/weights.js';
import { goldenProblem } from '../golden/problem.js';
import { type DistributedInputs, simulateDistributed } from '../support/distributed.js';
import { loadLinks } from '../support/load-links.js';
import { writeQuadratic } from '../support/quadratic.js';
import { temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';

const folder = temporaryFolder();
const dim = 11;
const nodes = 16;
const seed = 4_242;
const rounds = 40;
const topology = { kind: 'erdos-renyi', nodes, averageDegree: 4, seed: 3, largestComponent: true };
const graph = generate(topology, 0);
const { a, b } = goldenProblem(nodes, dim, 0);
const problem = await writeQuadratic(folder, 'golden', a, b, dim);

const flatSign = { kind: 'flatten', inner: { kind: 'sign' } };
const silent = { kind: 'event-triggered', threshold: { absolute: 3, rate: 0.97 }, inner: { kind: 'sign' } };
const schedule = {
  kind: 'schedule',
  graphs: [
    { kind: 'ring', nodes },
    { kind: 'star', nodes },
  ],
  every: 3,
};
const bursts = { kind: 'gilbert-elliott', toBad: 0.3, toGood: 0.15 };
const drops = { kind: 'drops', rate: 0.3 };

/** Bits of a message from its decoded vector, counted by hand from the formats. */
const bitsOf: Record<string, DistributedInputs['bitsOf']> = {
  identity: () => 64 * dim,
  flatten: () => 64 + 16,
  'top-k': () => 3 * (64 + 4),
  // 0, 64 + 11 in every second round.
  every: (_message, round) => (round % 2 === 0 ? 64 + dim : 0),
  'event-triggered': (message) => (message.some((entry) => entry !== 0) ? 1 + 64 + dim : 1),
  'error-feedback': () => 3 * (64 + 4),
};

interface Case {
  flow: string;
  mode: DistributedInputs['mode'];
  compressor: CompressorSpec;
  spec: LinksSpec;
  weights?: (typeof weightsKinds)[number];
}

const cases: Case[] = [
  { flow: 'primal-dual', mode: 'none', compressor: { kind: 'identity' }, spec: drops },
  {
    flow: 'primal-dual',
    mode: 'none',
    compressor: { kind: 'identity' },
    spec: bursts,
    weights: 'metropolis',
  },
  {
    flow: 'primal-dual',
    mode: 'node-state',
    compressor: { kind: 'error-feedback', inner: { kind: 'top-k', k: 3 } },
    spec: drops,
  },
  { flow: 'primal-dual', mode: 'error-state', compressor: flatSign, spec: drops },
  { flow: 'primal-dual', mode: 'error-state', compressor: flatSign, spec: bursts, weights: 'metropolis' },
  { flow: 'primal-dual', mode: 'error-state', compressor: { kind: 'identity' }, spec: schedule },
  {
    flow: 'primal-dual',
    mode: 'error-state',
    compressor: { kind: 'every', rounds: 2, inner: { kind: 'sign' } },
    spec: bursts,
  },
  { flow: 'primal-dual', mode: 'error-state', compressor: silent, spec: bursts },
  {
    flow: 'primal-dual',
    mode: 'error-state',
    compressor: { kind: 'top-k', k: 3 },
    spec: { kind: 'random-matching' },
  },
  { flow: 'primal-dual', mode: 'observer', compressor: flatSign, spec: drops },
  {
    flow: 'primal-dual',
    mode: 'observer',
    compressor: { kind: 'top-k', k: 3 },
    spec: { kind: 'one-peer-exponential' },
  },
  { flow: 'primal-dual', mode: 'error-memory', compressor: flatSign, spec: drops },
  {
    flow: 'primal-dual',
    mode: 'error-memory',
    compressor: { kind: 'top-k', k: 3 },
    spec: schedule,
    weights: 'metropolis',
  },
  { flow: 'consensus', mode: 'none', compressor: { kind: 'identity' }, spec: { kind: 'random-matching' } },
  { flow: 'consensus', mode: 'error-state', compressor: flatSign, spec: bursts },
  { flow: 'consensus', mode: 'observer', compressor: flatSign, spec: drops },
];

const gains = { step: 0.02, alpha: 0.5, beta: 0.5, mu: 0.9, gamma: 0.05 };
const rowOf = (data: Float64Array, i: number) => data.slice(i * dim, (i + 1) * dim);

describe('the shortcut is the distributed algorithm', () => {
  let resynchronisations = 0;
  let states = 0;

  it.each(
    cases.map((one) => ({
      ...one,
      name: `${one.flow} ${one.mode} ${one.compressor.kind}, ${one.spec.kind}`,
    })),
  )('$name', async ({ flow, mode, compressor, spec, weights: kind = 'unit' }) => {
    const primalDual = flow === 'primal-dual';
    const estimates = mode !== 'none' && mode !== 'node-state';
    const { step, alpha, beta, mu, gamma } = gains;
    const config = {
      topology,
      weights: kind,
      links: spec,
      ...problem,
      flow: {
        kind: flow,
        compress: mode,
        step,
        alpha,
        ...(primalDual && { beta }),
        ...(estimates && { mu }),
        ...(mode === 'error-memory' && { gamma }),
      },
      compressor,
      rounds,
      seed,
      network: { bandwidth: 1000, latency: 2 },
    };
    const one = await runSequentially(config, 1);
    const three = await runSequentially(config, 3);
    const said = ({ stateHash, final: { seconds: _clock, ...final } }: typeof one) => ({ stateHash, final });
    expect(said(three)).toEqual(said(one));

    const model = await loadLinks(spec, graph);
    const { weights } = edgeWeights(model.graph, kind);
    const context = { agents: nodes, dim, blockAgents: 1, seed: seedWords(seed), rounds, path: ['c'] };
    const reference = simulateDistributed({
      graph: model.graph,
      weightAt: (arc) => weights?.[arc] ?? 1,
      up: model.reference(seedWords(seed)),
      mode,
      gains: {
        step,
        alpha,
        beta: primalDual ? beta : 0,
        eta: primalDual ? 1 : 0,
        mu,
        gamma: mode === 'error-memory' ? gamma : 0,
      },
      compress: referenceCompressor(planCompressor(compressor, context), context.seed),
      bitsOf: bitsOf[compressor.kind],
      gradient: (row, i) => row.map((entry, c) => a[i * dim + c] * (entry - b[i * dim + c])),
      start: Array.from({ length: nodes }, (_, i) => rowOf(b, i)),
      rounds,
    });
    const difference = reference.x.flatMap((row, i) =>
      Array.from(row, (entry, c) => Math.abs(entry - one.x[i * dim + c])),
    );
    expect(Math.max(...difference)).toBeLessThan(1e-9);
    expect(one.final.bitsLinks).toBe(reference.bitsLinks);
    expect(one.final.bitsBroadcast).toBe(reference.bitsBroadcast);
    resynchronisations += reference.resynchronisations;
    states += reference.states;
    if (!estimates) expect(reference.resynchronisations).toBe(0);
  });

  it('these runs had links come back, with the messages they missed and with the state', () => {
    expect(resynchronisations - states).toBeGreaterThan(500);
    expect(states).toBeGreaterThan(50);
  });
});
