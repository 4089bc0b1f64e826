/** Nothing is allocated in the round loop: the used heap of every worker over 10,000 rounds. */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { expectFlat } from '../support/heap.js';
import { runConfig, temporaryFolder } from '../support/run.js';

const OWN_FLOW = fileURLToPath(new URL('../../examples/07-own-flow/primal-dual.mjs', import.meta.url));
const WARM_ROUND = 15_000;
/** Numbers that a module's function returns are objects until it is compiled with its caller. */
const MODULE_WARM_ROUND = 100_000;
const ROUNDS = 10_000;
const WINDOWS = 3;

/** A user's own cost that allocates nothing itself, samples and a part beside them. */
const module = path.join(temporaryFolder(), 'cost.mjs');
writeFileSync(
  module,
  `export const plan = () => ({ dim: 16, m: 0.1, l: 2, samples: 5 });
  export function sampleValue(x, agent, sample) {
    let sum = 0;
    for (let c = 0; c < 16; c++) sum += (x[c] - agent - sample) ** 2 / 2;
    return sum;
  }
  export function sampleGradient(x, out, agent, sample) {
    for (let c = 0; c < 16; c++) out[c] = x[c] - agent - sample;
  }
  export function value(x) {
    let sum = 0;
    for (let c = 0; c < 16; c++) sum += 0.05 * x[c] ** 2;
    return sum;
  }
  export function gradient(x, out) {
    for (let c = 0; c < 16; c++) out[c] = 0.1 * x[c];
  }`,
);
/** A user's own links; a number that a function returns may be an object, so nothing is drawn. */
const links = path.join(temporaryFolder(), 'links.mjs');
writeFileSync(links, 'export const up = (round, from, to) => (round + from + to) % 3 !== 0;');
const own = { kind: 'custom', module };
const usual = { cost: { kind: 'quadratic', dim: 16 }, batch: 'all', links: undefined };
const identity = { kind: 'identity' };
const DECLARED = {
  dgd: { kind: 'dgd', step: 0.1, decay: 0.7, localSteps: 3 },
  nids: { kind: 'nids', step: 0.1 },
  lead: { kind: 'lead', step: 0.1, gamma: 0.2 },
  'push-diging': { kind: 'push-diging', step: 0.05, gamma: 0.2, alpha: 1 },
};

it.each([
  // Two workers wait for each other at the barrier, which is the same whatever they compute; one alone takes
  // a tenth of the time.
  { compress: 'error-state', compressor: { kind: 'flattened-sign' }, workers: 2, ...usual },
  { compress: 'none', compressor: identity, workers: 1, ...usual },
  { compress: 'observer', compressor: { kind: 'top-k', k: 2 }, workers: 1, ...usual },
  // Flows that are declared by their equations: with steps that differ from round to round, and with calls
  // between their kernels.
  { compress: 'dgd', compressor: identity, workers: 1, ...usual, batch: undefined },
  { compress: 'nids', compressor: identity, workers: 1, ...usual, batch: undefined },
  { compress: 'lead', compressor: { kind: 'flattened-sign' }, workers: 1, ...usual, batch: undefined },
  // Compressed over links that change, it takes the neighbours' weights of the round.
  {
    compress: 'push-diging',
    compressor: { kind: 'flattened-sign' },
    workers: 1,
    ...usual,
    links: { kind: 'drops', rate: 0.2 },
  },
  // A module's own flow: the engine's part of it, and an example that allocates nothing either.
  { compress: 'custom', compressor: { kind: 'top-k', k: 2 }, workers: 1, ...usual },
  // A user's own function, asked about every edge: what the engine does around it makes nothing.
  {
    compress: 'none',
    compressor: identity,
    workers: 1,
    ...usual,
    links: { kind: 'custom', module: links },
  },
  { compress: 'none', compressor: identity, workers: 1, cost: own, batch: 'all', links: undefined },
  { compress: 'none', compressor: identity, workers: 1, cost: own, batch: 2, links: undefined },
])(
  'the heap is flat over 10,000 rounds ($compress, $compressor.kind, $cost.kind, batch $batch, $links.kind)',
  // What code allocates it allocates in every run; whether a compiler keeps a number in a register may differ
  // from run to run.
  { retry: 2 },
  async ({ compress, compressor, workers, cost, batch, links }) => {
    const called = compress === 'custom' || cost.kind === 'custom' || links !== undefined;
    const warm = called ? MODULE_WARM_ROUND : WARM_ROUND;
    const { heap } = await runConfig(
      {
        topology: { kind: 'ring', nodes: 16 },
        cost,
        flow:
          compress === 'custom'
            ? { kind: 'custom', module: OWN_FLOW, step: 0.02, alpha: 1, beta: 1 }
            : compress in DECLARED
              ? DECLARED[compress as keyof typeof DECLARED]
              : { kind: 'primal-dual', compress, step: 0.02, alpha: 1, beta: 1, batch },
        compressor,
        ...(links && { links }),
        rounds: warm + WINDOWS * ROUNDS,
        workers,
        trace: { every: 1_000_000 },
      },
      { heapAtRounds: Array.from({ length: WINDOWS + 1 }, (_, i) => warm + i * ROUNDS) },
    );
    expect(heap).toHaveLength(workers);
    for (const used of heap) expectFlat(used, ROUNDS);
  },
);
