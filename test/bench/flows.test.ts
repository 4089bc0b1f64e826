import { expect, it } from 'vitest';
import { flows } from '../../src/bench/flows.js';

const inputs = {
  quick: true,
  seed: 1,
  workers: [1],
  passes: 1,
  config: null,
  progress: { expect() {}, step() {} },
};

it('measures the flows that are named, in their order', async () => {
  const { tables } = await flows.run({ ...inputs, given: { only: 'extra; push-sum' } });
  expect(tables.map(({ rows }) => rows.map(([kind]) => kind))).toEqual([['extra', 'push-sum'], []]);
  expect(tables[1]?.notes).toEqual(['take no such messages: extra, push-sum']);
});

it('says which flows there are where it does not know one', async () => {
  await expect(flows.run({ ...inputs, given: { only: 'extra; nope' } })).rejects.toThrow(
    /^--only is "nope", expected some of consensus, push-sum, surplus-consensus, dgd, /,
  );
});
