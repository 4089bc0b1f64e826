/** What does not fit into the memory of one rank fits into that of two, and every rank says what it takes. */

import { afterEach, describe, expect, it } from 'vitest';
import { assumeMostArena } from '../../dist/src/arena/fits.js';
import { parseConfig } from '../../dist/src/index.js';
import { formatPlan } from '../../dist/src/report/plan.js';
import type { LoadedConfig } from '../../dist/src/run/config.js';
import { prepareRun } from '../../dist/src/session/prepare.js';

const config = {
  topology: { kind: 'torus', rows: 40, columns: 50 },
  cost: { kind: 'quadratic', dim: 64 },
  flow: { kind: 'primal-dual', step: 0.05, alpha: 1, beta: 0.2 },
  compressor: { kind: 'flatten', inner: { kind: 'sign' } },
  layout: { cut: 'given' },
  rounds: 5,
};
const plain = {
  dim: (text: string) => text,
  bold: (text: string) => text,
  yellow: (text: string) => text,
} as Parameters<typeof formatPlan>[1];

afterEach(() => assumeMostArena(null));

describe('an arena too large for one rank', () => {
  it('is refused alone, and runs over two ranks, each of which says what it takes', async () => {
    const loaded: LoadedConfig = await parseConfig(config);
    const alone = await prepareRun(loaded, 1);
    assumeMostArena(0.7 * alone.report.arenaBytes);
    await expect(prepareRun(loaded, 1)).rejects.toThrow(/shared memory, .* more than the 4 GiB/);
    for (const rank of [0, 1]) {
      const { report } = await prepareRun({ ...loaded, ranks: { rank, ranks: 2 } }, 1);
      expect(report.arenaBytes).toBeLessThan(0.7 * alone.report.arenaBytes);
      // Two rows of the torus, one at each end of the range.
      expect(report.ranks).toMatchObject({ rank, ranks: 2, agents: 1000, ghosts: 100 });
      expect(formatPlan(report, plain)).toMatch(new RegExp(`rank ${rank} of 2: .* shared, about .* in all`));
    }
  });

  it('is refused on every rank where it fits into none', async () => {
    const loaded = await parseConfig(config);
    assumeMostArena(1000);
    await expect(prepareRun({ ...loaded, ranks: { rank: 1, ranks: 2 } }, 1)).rejects.toMatchObject({
      hint: expect.stringContaining('--mpi'),
    });
  });

  it('counts the ranks before a graph is made', async () => {
    const loaded = await parseConfig({ ...config, topology: { kind: 'ring', nodes: 40_000_000 } });
    const refused = prepareRun({ ...loaded, ranks: { rank: 0, ranks: 1 } }, 1);
    await expect(refused).rejects.toThrow('at most 8388608 nodes (4 GiB, what');
    const larger = await parseConfig({ ...config, topology: { kind: 'ring', nodes: 80_000_000 } });
    await expect(prepareRun({ ...larger, ranks: { rank: 0, ranks: 2 } }, 1)).rejects.toThrow(
      'at most 16777216 nodes (4 GiB on each of 2 ranks',
    );
  });
});
