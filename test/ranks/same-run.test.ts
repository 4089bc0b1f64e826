/** Ranks that are about to do different runs end before the first round, with both values named. */

import { expect, test } from 'vitest';
import { runUnlike } from '../support/ranks/runs.js';

const config = {
  topology: { kind: 'ring', nodes: 6 },
  cost: { kind: 'quadratic', dim: 3 },
  flow: { kind: 'dgd', step: 0.01 },
  rounds: 10,
};

test.each([
  ['seed', { seed: 7 }, /^seed is 7 on rank 1 and 0 on rank 0/],
  ['rounds', { rounds: 12 }, /rounds is 12 on rank 1 and 10 on rank 0/],
  ['flow', { flow: { kind: 'dgd', step: 0.02 } }, /flow is .*0\.02.* on rank 1 and .*0\.01/],
])('another %s', async (_, change, expected) => {
  const running = runUnlike([config, { ...config, ...change }]);
  await expect(running).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: expect.stringMatching(expected),
    hint: expect.stringContaining('the same config'),
  });
});
