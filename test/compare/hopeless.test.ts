/** When a cell is given up: curves whose end is known. */

import { describe, expect, it } from 'vitest';
import { hopeless } from '../../src/compare/hopeless.js';
import { rowAfter } from '../../src/compare/run-cell.js';
import type { TraceRow } from '../../src/trace/row.js';

const TARGET = { quantity: 'rmsError', bound: 1e-6 } as const;

/** The round in which a curve is given up, and why; null where it is not within so many rounds. */
function givenUp(error: (round: number) => number, rounds: number) {
  const trace: TraceRow[] = [];
  for (let round = 0; round < rounds; round = rowAfter(round)) {
    trace.push({ round, rmsError: error(round) } as TraceRow);
    const why = hopeless(trace, TARGET, rounds, ['growing', 'slow']);
    if (why !== null) return { round, why };
  }
  return null;
}

describe('a cell is given up', () => {
  it('where its error grows without end, long before it is 1e8 times as large', () => {
    const found = givenUp((k) => 1.002 ** k, 100_000);
    expect(found?.why).toBe('growing');
    // 1.002^k is past 2 in round 347, and 1e8 in round 9,220.
    expect(found?.round).toBeGreaterThan(346);
    expect(found?.round).toBeLessThan(700);
  });

  it('where its error stalls off the target, or falls like 1/k', () => {
    expect(givenUp((k) => 0.9 ** k + 1e-3, 10_000)?.why).toBe('slow');
    expect(givenUp((k) => 1 / (1 + k), 10_000)?.why).toBe('slow');
  });

  it('and not while it is on its way, however slow or uneven', () => {
    // A millionth in round 9,900 of 10,000.
    expect(givenUp((k) => 10 ** (-6 * (k / 9900)), 10_000)).toBeNull();
    // Grows thirtyfold at first, like a transient, and falls then.
    expect(givenUp((k) => 30 * Math.min(1, k / 60) * 0.99 ** k + 1e-9, 4000)).toBeNull();
    // Falls in a spiral.
    expect(givenUp((k) => 0.995 ** k * (1.2 + Math.cos(k / 40)), 8000)).toBeNull();
  });

  it('for the reasons that are asked for alone', () => {
    const trace = Array.from({ length: 2000 }, (_, round) => ({ round, rmsError: 1 }) as TraceRow);
    expect(hopeless(trace, TARGET, 4000, ['growing'])).toBeNull();
    expect(hopeless(trace, TARGET, 4000, ['slow'])).toBe('slow');
  });
});
