/** A run over several ranks leaves the bits of the run on one machine, for any number of ranks and threads. */

import { describe, expect, test } from 'vitest';
import { rowsOf, runAlone, runOverRanks } from '../support/ranks/runs.js';
import { ALL } from '../support/some.js';

const common = { rounds: 20, seed: 3, trace: { every: 5 } };
const torus = { kind: 'torus', rows: 4, columns: 5 };
const quadratic = { kind: 'quadratic', dim: 9 };

const cases: [string, object][] = [
  ['uncompressed', { flow: { kind: 'primal-dual' }, compressor: { kind: 'identity' } }],
  ['one-bit', { flow: { kind: 'primal-dual' }, compressor: { kind: 'flatten', inner: { kind: 'sign' } } }],
  ['top-k', { flow: { kind: 'primal-dual' }, compressor: { kind: 'top-k', k: 3 } }],
  [
    'a sample of the entries',
    {
      flow: { kind: 'primal-dual', compress: 'error-state', step: 0.02, alpha: 0.5, beta: 0.5, mu: 0.3 },
      cost: { kind: 'quadratic', dim: 40 },
      compressor: { kind: 'error-feedback', inner: { kind: 'sampled-top-k', k: 20 } },
    },
  ],
  ['DIGing', { flow: { kind: 'diging', step: 0.01 } }],
  [
    'a target, for which it goes back',
    { flow: { kind: 'primal-dual' }, rounds: 300, stop: { rmsError: 1e-6 } },
  ],
  ['averaging', { flow: { kind: 'consensus' }, cost: { kind: 'average', dim: 9 } }],
  [
    'averaging what a program gives, in float32',
    {
      flow: { kind: 'consensus' },
      init: Float64Array.from({ length: 20 * 9 }, (_, i) => Math.sin(i)),
      precision: 'float32',
    },
  ],
  ['float32', { flow: { kind: 'primal-dual' }, precision: 'float32' }],
];

/** Ranks, and threads of each. */
const WAYS = [
  [2, 2],
  [3, 1],
  [1, 2],
] as const;

describe('the same bits over ranks', () => {
  for (const [at, [name, config]] of cases.entries()) {
    test(name, async () => {
      const whole = { topology: torus, cost: quadratic, ...common, ...config };
      const alone = await runAlone(whole);
      // In the gate one way after the other.
      for (const [ranks, workers] of ALL ? WAYS : [WAYS[at % WAYS.length]!]) {
        const over = await runOverRanks(whole, ranks, { workers, keepX: true });
        expect(over.summary.stateHash).toBe(alone.summary.stateHash);
        expect(over.summary.status).toBe(alone.summary.status);
        expect(over.x).toEqual(alone.x);
        expect(rowsOf(over)).toEqual(rowsOf(alone));
      }
    });
  }
});
