/** The peers compute what the engine computes: same problem, same rounds, the same x to 1e-9. */

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openPeers, type Peers } from '../../src/bench/peers-open.js';
import {
  type Agreement,
  checkAgreement,
  largestDifference,
  shareProblem,
} from '../../src/bench/peers-problem.js';

// It compiles C and starts Python, beside whatever else the machine does.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let peers: Peers;
let agreement: Agreement[];
beforeAll(async () => {
  peers = await openPeers();
  agreement = await checkAgreement(await shareProblem(peers, 60, 3), peers);
});
afterAll(() => peers.close());

describe('the same x as the engine', () => {
  it.each([
    ['C', 'none'],
    ['NumPy', 'none'],
    ['NumPy in float32', 'none'],
    ['NumPy', 'flattened-sign'],
  ] as const)('%s, %s', (peer, method) => {
    const found = agreement.find((each) => each.peer === peer && each.method === method);
    const here = peer === 'C' ? peers.c : peers.numpy;
    if (here === null) {
      console.warn(`left out, not on this machine: ${peers.missing.join('; ')}`);
      expect(found).toBeUndefined();
      return;
    }
    expect(found?.difference).toBeLessThan(peer === 'NumPy in float32' ? 1e-6 : 1e-12);
  });
});

it('rows of one cache line, in C alone', async () => {
  if (peers.c === null) return;
  const cAlone = { ...peers, numpy: null };
  const found = await checkAgreement(await shareProblem(cAlone, 60, 3, 8), cAlone);
  expect(found.map(({ peer, method, dim }) => [peer, method, dim])).toEqual([['C', 'none', 8]]);
  expect(found[0]!.difference).toBeLessThan(1e-12);
});

it('a wrong computation is noticed: the check fails where one number differs', async () => {
  expect(largestDifference(Float64Array.of(1, 2), Float64Array.of(1, 2 + 1e-6))).toBeCloseTo(5e-7, 12);
  expect(largestDifference(Float64Array.of(1, 2), Float64Array.of(1, Number.NaN))).toBeNaN();
  expect(largestDifference(Float64Array.of(1), Float64Array.of(1, 2))).toBe(Number.POSITIVE_INFINITY);
  if (peers.c === null) return;
  const problem = await shareProblem(peers, 60, 3);
  const { config } = problem;
  // Another seed's graph: not what the peers were given.
  const wrong = {
    ...problem,
    config: (method: 'none' | 'flattened-sign') => ({ ...config(method), seed: 4 }),
  };
  await expect(checkAgreement(wrong, peers)).rejects.toThrow(/disagree on x/);
});
