/**
 * Nothing is allocated in the round loop: the used heap of every worker over 10,000 rounds, without a garbage
 * collection in between to hide what was made. One object of 16 bytes a round would show as 160 KB in every
 * window. Compilers that are late (a busy machine) or the collector show in one window and not in the next,
 * so the flattest of several counts.
 */

import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { ownLinks } from '../support/load-links.js';
import { runConfig } from '../support/run.js';

const OWN_FLOW = fileURLToPath(new URL('../../examples/07-own-flow/primal-dual.mjs', import.meta.url));
const WARM_ROUND = 15_000;
const ROUNDS = 10_000;
const WINDOWS = 3;
const ALLOWED_BYTES_PER_ROUND = 2;

it.each([
  // Two workers wait for each other at the barrier, which is the same whatever they compute; one alone takes
  // a tenth of the time.
  { compress: 'error-state', compressor: { kind: 'flattened-sign' }, workers: 2 },
  { compress: 'none', compressor: { kind: 'identity' }, workers: 1 },
  { compress: 'observer', compressor: { kind: 'top-k', k: 2 }, workers: 1 },
  // A module's own flow: the engine's part of it, and an example that allocates nothing either.
  { compress: 'custom', compressor: { kind: 'top-k', k: 2 }, workers: 1 },
  // A user's own function, asked about every edge: what the engine does around it makes nothing.
  {
    compress: 'none',
    compressor: { kind: 'identity' },
    workers: 1,
    links: { kind: 'custom', module: ownLinks },
  },
])(
  'the heap is flat over 10,000 rounds ($compress, $compressor.kind)',
  async ({ compress, compressor, workers, links }) => {
    const { heap } = await runConfig(
      {
        topology: { kind: 'ring', nodes: 16 },
        cost: { kind: 'quadratic', dim: 16 },
        flow:
          compress === 'custom'
            ? { kind: 'custom', module: OWN_FLOW, step: 0.02, alpha: 1, beta: 1 }
            : { kind: 'primal-dual', compress, step: 0.02, alpha: 1, beta: 1 },
        compressor,
        ...(links && { links }),
        rounds: WARM_ROUND + WINDOWS * ROUNDS,
        workers,
        trace: { every: 1_000_000 },
      },
      { heapAtRounds: Array.from({ length: WINDOWS + 1 }, (_, i) => WARM_ROUND + i * ROUNDS) },
    );
    expect(heap).toHaveLength(workers);
    for (const used of heap) {
      const grown = used.slice(1).map((bytes, window) => Math.abs(bytes - used[window]));
      expect(Math.min(...grown), `bytes by window: ${grown}`).toBeLessThanOrEqual(
        ROUNDS * ALLOWED_BYTES_PER_ROUND,
      );
    }
  },
);
