/**
 * The comparison on a9a: the document quotes what was recorded, and the engine still computes it (where the
 * data set is at hand).
 */

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

  it('has only methods that arrived and stayed, with the same trials for all', () => {
    const reached = recorded.results.filter(({ reached }: { reached: boolean }) => reached);
    expect(reached.length).toBeGreaterThan(20);
    for (const { method, optimum, rmsError, heldBelow, heldUntil, rounds, agentsGapWorst } of reached) {
      expect(optimum, method).toBeCloseTo(0.37272374686393, 12);
      expect(rmsError, method).toBeLessThanOrEqual(1e-4);
      expect(heldBelow, method).toBeLessThanOrEqual(1e-4);
      expect(Math.min(...heldUntil), method).toBeGreaterThanOrEqual(2 * rounds[1] - 1);
      expect(agentsGapWorst, method).toBeLessThan(1e-4);
    }
    for (const { trials } of recorded.results) expect(trials).toBeLessThanOrEqual(recorded.trials);
  });

  it.skipIf(!hasSharedData).each(['primal-dual error-memory, inner 20, flatten(sign) exact', 'nids'])(
    '%s is at the target after the recorded rounds, with the recorded bits, and not a round before',
    async (method) => {
      const result = recorded.results.find((one: { method: string }) => one.method === method);
      const { problem } = recorded;
      const { final, rounds } = await runSequentially(
        {
          ...problem,
          cost: { ...problem.cost, data: sharedData('libsvm/a9a') },
          flow: result.flow,
          ...(result.compressor && { compressor: result.compressor }),
          rounds: 400,
          trace: { every: 10, sample: 0 },
        },
        2,
      );
      expect(result.rounds).toContain(rounds);
      expect(final.rmsError).toBeLessThanOrEqual(1e-4);
      expect(final.bitsBroadcast).toBe(Math.round(rounds * result.bitsPerRound * 50));
    },
  );
});
