/** What cannot be over several ranks is refused before it begins, with the reason. */

import { expect, test } from 'vitest';
import { rowsOf, runAlone, runOverRanks } from '../support/ranks/runs.js';

const config = {
  topology: { kind: 'ring', nodes: 6 },
  cost: { kind: 'quadratic', dim: 3 },
  flow: { kind: 'dgd', step: 0.01 },
  rounds: 10,
  network: { bandwidth: 1e6, latency: 0.001 },
};

test('a network whose links change', async () => {
  const changing = { ...config, links: { kind: 'drops', rate: 0.2 } };
  await expect(runOverRanks(changing, 2)).rejects.toThrow(/network.*none over several ranks/);
});

test('one on which every round is like every other has the seconds of one machine', async () => {
  expect(rowsOf(await runOverRanks(config, 2))).toEqual(rowsOf(await runAlone(config)));
});
