/**
 * The seconds of a network over ranks are those of one machine: where every round is like every other, and
 * where links change or messages vary in length, so that a round's slowest link is one of any rank.
 * checkpoints.test.ts has one that goes on.
 *
 * What would break it: a slowest link that is that of one rank, a round that is settled before the others
 * have said theirs.
 */

import { describe, expect, test } from 'vitest';
import { rowsOf, runAlone, runOverRanks } from '../support/ranks/runs.js';

const config = {
  topology: { kind: 'watts-strogatz', nodes: 12, degree: 4, rewire: 0.4, seed: 3 },
  cost: { kind: 'quadratic', dim: 24 },
  flow: { kind: 'dgd', step: 0.01 },
  rounds: 40,
  seed: 4,
  trace: { every: 7 },
};
const alike = { bandwidth: 1e6, latency: 0.001 };
const unlike = { ...alike, edges: [{ between: [4, 5], bandwidth: 2e4 }] };
const error = { kind: 'primal-dual', compress: 'error-state', step: 0.02, alpha: 0.5, beta: 0.5 };
const silent = {
  kind: 'event-triggered',
  threshold: { absolute: 1, rate: 0.9 },
  inner: { kind: 'sign' },
};
const adaptive = {
  kind: 'kimad',
  inner: [{ kind: 'top-k', k: 2 }, { kind: 'top-k', k: 8 }, { kind: 'identity' }],
  bandwidth: { seconds: 0.01 },
};

const cases = {
  'every round like every other': {},
  'links that fail': { links: { kind: 'drops', rate: 0.4 } },
  'estimates that are brought up to date': {
    links: { kind: 'drops', rate: 0.4 },
    flow: error,
    compressor: { kind: 'top-k', k: 3 },
  },
  'messages that vary': { flow: error, compressor: silent },
  kimad: { flow: error, compressor: adaptive },
};

describe.each(Object.entries(cases))('%s', (_, change) => {
  test.each([
    ['links that are alike', alike],
    ['a link that is slow', unlike],
  ])('over %s', async (_network, network) => {
    const whole = { ...config, ...change, network };
    const alone = await runAlone(whole);
    for (const [ranks, workers] of [
      [2, 2],
      [3, 1],
    ] as const) {
      expect(rowsOf(await runOverRanks(whole, ranks, { workers }))).toEqual(rowsOf(alone));
    }
    const seconds = rowsOf(alone).map((row) => (row as { networkSeconds: number }).networkSeconds);
    expect(seconds.at(-1)).toBeGreaterThan(0);
  });
});
