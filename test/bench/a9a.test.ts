/** The comparison on a9a: the document quotes what was recorded, and the engine still computes it (where the data set is at hand). */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { table } from '../../bench/a9a-table.mjs';
import { hasSharedData, sharedData } from '../cost/support.js';
import { runSequentially } from '../support/sequential.js';

const file = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const recorded = JSON.parse(file('bench/a9a.json'));

describe('the comparison on a9a', () => {
  it('stands in the document as it was recorded', () => {
    expect(file('docs/comparison.md')).toContain(table(recorded.results));
  });

  it('says who wins by figures that are there', () => {
    const reached = recorded.results.filter(({ reached }: { reached: boolean }) => reached);
    expect(reached.length).toBeGreaterThan(10);
    for (const { optimum, gap } of reached) {
      expect(optimum).toBeCloseTo(0.37272374686393, 12);
      expect(gap).toBeLessThanOrEqual(1e-6);
    }
  });

  it.skipIf(!hasSharedData).each(['primal-dual error-memory, inner 20, flatten(sign) exact', 'nids'])(
    '%s ends at the recorded gap, with the recorded bits',
    async (method) => {
      const result = recorded.results.find((one: { method: string }) => one.method === method);
      const { problem } = recorded;
      const { final, rounds } = await runSequentially(
        {
          ...problem,
          cost: { ...problem.cost, data: sharedData('libsvm/a9a') },
          flow: result.flow,
          ...(result.compressor && { compressor: result.compressor }),
          rounds: result.rounds,
          stop: {},
          trace: { every: result.rounds },
        },
        2,
      );
      expect(rounds).toBe(result.rounds);
      expect(final.gap).toBeLessThanOrEqual(1e-6);
      expect(final.bitsBroadcast).toBe(Math.round(result.kilobitsPerAgent * 1000 * 50));
      expect(final.gap / result.gap).toBeCloseTo(1, 2);
    },
  );
});
