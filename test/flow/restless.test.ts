/**
 * Sums and weights that never rest while links change: what a compressor loses of them stays, and it is said.
 */

import { expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { flowDefinition } from '../../src/flow/registry.js';
import { prepareRun } from '../../src/session/prepare.js';

const base = {
  topology: { kind: 'random-digraph', nodes: 6, averageDegree: 2.5, largestComponent: true, seed: 3 },
  cost: { kind: 'quadratic', dim: 4 },
  rounds: 20,
};
const links = { kind: 'drops', rate: 0.2 };
const eden = { kind: 'eden', bits: 3 };

it.each([
  ['push-diging', eden, links, true],
  ['sgp', eden, links, true],
  ['quantized-push-sum', eden, links, true],
  ['push-pull', eden, links, false],
  ['push-diging', { kind: 'identity' }, links, false],
  ['push-diging', eden, undefined, false],
])('%s, %o, links %o: warned of is %s', async (kind, compressor, changing, warned) => {
  const flow = { kind, tuning: 'formula' };
  const { problem } = flowDefinition(flow);
  const cost = problem === 'average' ? { kind: 'average', dim: 4 } : base.cost;
  const config = await parseConfig({ ...base, cost, flow, compressor, ...(changing && { links: changing }) });
  const { report } = await prepareRun(config, 1);
  expect(/never rests while links change/.test(report.warnings.join())).toBe(warned);
});
