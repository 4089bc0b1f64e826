/** Every compressor of `bench round` can be planned as it stands in the table. */

import { expect, it } from 'vitest';
import { describeSpec } from '../../src/base/describe.js';
import { problemConfig } from '../../src/bench/problem.js';
import { COMPRESSORS, leftOut } from '../../src/bench/round.js';
import { parseConfig } from '../../src/config/load.js';
import { prepareRun } from '../../src/session/prepare.js';

it.each(COMPRESSORS.map((spec) => [describeSpec(spec), spec] as const))('%s', async (_, compressor) => {
  const config = await parseConfig(problemConfig({ agents: 20, dim: 16, seed: 1, compressor }));
  const { report } = await prepareRun(config, 2);
  expect(report.agents).toBe(20);
});

it('says which kinds it leaves out', () => {
  const left = leftOut();
  for (const { kind } of COMPRESSORS) expect(left).not.toContain(kind);
  expect(left).toContain('custom');
});
