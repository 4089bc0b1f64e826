/** Which cells that were given up could have won: by hand. */

import { describe, expect, it } from 'vitest';
import type { Cell, CellOutcome } from '../../src/compare/types.js';
import { couldWin } from '../../src/sweep/run.js';

/** Points of cells: a number arrived in that round, -g was given up in round g, null ended without arriving. */
function sweepOf(points: (number | null)[][]) {
  const cells: Cell[] = [];
  const outcomes = new Map<string, CellOutcome>();
  const made = points.map((ends, point) => ({
    values: [],
    cells: ends.map((end, seed) => {
      const id = `${point}/${seed}`;
      const outcome = {
        summary: {},
        arrival: end !== null && end > 0 ? { round: end } : null,
        ...(end !== null && end < 0 && { givenUp: { round: -end, why: 'slow' } }),
      };
      outcomes.set(id, outcome as unknown as CellOutcome);
      return cells.push({ id } as Cell) - 1;
    }),
  }));
  const { cells: open, best } = couldWin({ points: made, cells }, outcomes);
  return { open: open.map(({ id }) => id), best };
}

describe('what was given up and could win', () => {
  it('is what could have needed fewer rounds than the best', () => {
    expect(sweepOf([[500], [-300], [-499], [-600], [400]])).toEqual({ open: ['1/0'], best: 400 });
  });

  it('is all of it where nothing arrived', () => {
    expect(sweepOf([[null], [-300], [-600]])).toEqual({ open: ['1/0', '2/0'], best: Infinity });
  });

  it('is judged by the median: one late seed does not lose it, a seed that ended without arriving does', () => {
    expect(
      sweepOf([
        [400, 500, 600],
        // At best 300, 350 and 901: a median of 350.
        [300, 350, -900],
        // 501 at best.
        [300, -500, -900],
        // Cannot arrive with every seed.
        [-100, -100, null],
      ]),
    ).toEqual({ open: ['1/2'], best: 500 });
  });
});
