/** Which messages are asked for early: those beyond the caches for which it was measured to pay. */

import { expect, it } from 'vitest';
import { agentsAhead } from '../../src/compress/wire/ahead.js';
import { parseConfig } from '../../src/config/load.js';
import { prepareRun } from '../../src/session/prepare.js';

const cacheBytes = 32 * 2 ** 20;
const ahead = (
  agents: number,
  dim: number,
  degree: number,
  open: boolean,
  choice: number | 'auto' = 'auto',
) => agentsAhead({ agents, ahead: { choice, edges: agents * degree, cacheBytes, open } }, 8 * dim);

it('where rows are read one after the other: about 64 lines under way, and none in cache', () => {
  expect(ahead(1000, 64, 8, false)).toBe(0);
  expect(ahead(100_000, 64, 8, false)).toBe(1);
  expect(ahead(1_000_000, 8, 8, false)).toBe(8);
  expect(ahead(250_000, 32, 8, false)).toBe(2);
  expect(ahead(100_000, 1024, 8, false)).toBe(0);
});

it('where several are read at once: as measured, docs/performance.md', () => {
  expect(ahead(1000, 64, 8, true)).toBe(0);
  for (const [agents, dim, degree] of [
    [100_000, 64, 8],
    [100_000, 64, 4],
    [150_000, 32, 16],
    [60_000, 128, 4],
  ] as const)
    expect(ahead(agents, dim, degree, true), `dim ${dim}, degree ${degree}`).toBe(1);
  for (const [agents, dim, degree] of [
    [1_000_000, 8, 8],
    [500_000, 16, 8],
    [500_000, 16, 3],
    [250_000, 32, 4],
    [60_000, 128, 8],
    [100_000, 64, 16],
  ] as const)
    expect(ahead(agents, dim, degree, true), `dim ${dim}, degree ${degree}`).toBe(0);
});

it('a number that is given holds', () => {
  expect(ahead(1000, 64, 8, true, 3)).toBe(3);
  expect(ahead(1_000_000, 8, 8, false, 0)).toBe(0);
});

it('a plan knows whether its kernel reads several at once', async () => {
  const open = async (more: Record<string, unknown>) => {
    const config = await parseConfig({
      topology: { kind: 'ring', nodes: 8 },
      cost: { kind: 'quadratic', dim: 4 },
      flow: { kind: 'primal-dual', step: 0.1, alpha: 1, beta: 1 },
      workers: 1,
      ...more,
    });
    const { plan } = await prepareRun(config, 1);
    return (plan as unknown as { ahead: { open: boolean } }).ahead.open;
  };
  expect(await open({})).toBe(true);
  expect(await open({ weights: 'metropolis' })).toBe(false);
  expect(await open({ flow: { kind: 'dgd', step: 0.1 } })).toBe(false);
  expect(await open({ compressor: { kind: 'sign' } })).toBe(false);
});
