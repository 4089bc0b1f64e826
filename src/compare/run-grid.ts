/**
 * Runs a grid's cells: those that an earlier comparison has not left, each once. Where they run is for `Where`
 * to say; a cell knows nothing of the others, so that its bits are those of the same run alone.
 */

import { changedInput } from './cell-inputs.js';
import type { CompareDirectory } from './store.js';
import type { Cell, CellAsk, CellEnd, CellOutcome, Target } from './types.js';
import type { CellsUnderWay, Where } from './where.js';

export interface GridRun extends CellsUnderWay {
  /** Outcomes so far, by the cells' ids. */
  outcomes: Map<string, CellOutcome>;
  /** Cells whose outcome an earlier comparison had left. */
  kept: number;
  /** Why outcomes of an earlier comparison were not taken, and of how many cells that is so. */
  again: Map<string, number>;
  /** Cells still to run. */
  pending: number;
}

export function runGrid(
  cells: readonly Cell[],
  directory: Pick<CompareDirectory, 'read' | 'keep'>,
  options: {
    where: Where;
    target: Target;
    tune: number;
    ask?: CellAsk;
    onDone: (cell: Cell, outcome: CellOutcome) => void;
  },
): GridRun {
  const outcomes = new Map<string, CellOutcome>();
  const again = new Map<string, number>();
  // Two ways of writing the same cell are one.
  const different = [...new Map(cells.map((cell) => [cell.id, cell])).values()];
  for (const cell of different) {
    const kept = directory.read(cell);
    if (kept === null) continue;
    if ('why' in kept) again.set(kept.why, (again.get(kept.why) ?? 0) + 1);
    else outcomes.set(cell.id, kept.outcome);
  }
  const pending = different.filter(({ id }) => !outcomes.has(id));
  const run = { outcomes, kept: outcomes.size, again, pending: pending.length };
  if (pending.length === 0) return { ...run, finished: Promise.resolve(), stop: () => {} };

  const { where, target, tune, ask = {} } = options;
  const under = where.run(pending, { target, tune, ask }, (cell, end) => {
    const { outcome, inputs } = checked(cell, end);
    outcomes.set(cell.id, outcome);
    // A failure may be the machine's: it is tried again when the comparison is continued.
    if (outcome.status !== 'failed' && end.keep) directory.keep(cell, outcome, inputs);
    options.onDone(cell, outcome);
  });
  return { ...run, ...under };
}

/** What it read is what it was to read: else it is a result of something that nobody asked for. */
function checked({ inputs }: Cell, { outcome, inputs: read }: CellEnd): Omit<CellEnd, 'keep'> {
  const names = new Set(read.map(({ path }) => path));
  const changed = changedInput(
    inputs.filter(({ path }) => names.has(path)),
    read,
  );
  const own = new Set(inputs.map(({ path }) => path));
  return {
    outcome:
      changed === null ? outcome : { status: 'failed', error: `${changed} changed during the comparison` },
    inputs: [...inputs, ...read.filter(({ path }) => !own.has(path))],
  };
}
