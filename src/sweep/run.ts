/**
 * Runs a sweep's cells, and gives up what is hopeless in a way that cannot change who wins.
 *
 * A cell that is given up after g rounds might have arrived in round g + 1 at the earliest. So of every point
 * there is a least that its median could have been. Where that is below the winner's median R, its cells are
 * run again, to round R. Of those that have not arrived by then none can make a median below R, so only points
 * of which most seeds have are run to their end. What is left given up could not have won. The winner only
 * gets better by all that, so once is enough.
 *
 * `halving` is another thing, and may miss the winner: all points run a ninth of their rounds (say), the best
 * third of them a third, the best third of those all. Only what is asked for is halved.
 *
 * All of it is decided by rounds, bits and errors: the same sweep gives the same results for any number of
 * jobs, and after any interruption.
 */

import { askAgain } from '../compare/grid.js';
import { median } from '../compare/results.js';
import { type GridRun, runGrid } from '../compare/run-grid.js';
import type { CompareDirectory } from '../compare/store.js';
import type { Cell, CellAsk, CellOutcome, GivingUp } from '../compare/types.js';
import type { Where } from '../compare/where.js';
import type { Sweep } from './make.js';

/** Of the points of a rung, the share that goes on; and how many times the rounds it then has. */
const RUNG = 3;
/** The first rung has so many rounds at least. */
const LEAST_ROUNDS = 100;

export interface SweepRun {
  /** By the ids of the sweep's cells, whatever pass they are of. */
  outcomes: Map<string, CellOutcome>;
  /** Resolves when all is done, or after `stop`. */
  finished: Promise<void>;
  stop(): void;
  /** Whether all cells have an outcome, and no pass was cut short. */
  complete(): boolean;
}

/** One pass over some cells, as it begins. */
export interface Pass extends Pick<GridRun, 'pending' | 'kept' | 'again'> {
  /** `all`, `again` (those that could still win, as far as they could), `whole`, or `rung 1 of 3`. */
  name: string;
}

export interface SweepRunOptions {
  where: Where;
  halving?: boolean;
  onPass?: (pass: Pass) => void;
  onDone?: (cell: Cell, outcome: CellOutcome) => void;
}

type Directory = Pick<CompareDirectory, 'read' | 'keep'>;

export function runSweep(sweep: Sweep, directory: Directory, options: SweepRunOptions): SweepRun {
  const outcomes = new Map<string, CellOutcome>();
  let stopped = false;
  let whole = false;
  let current: GridRun | null = null;

  /** Cells as they are asked in this pass; their outcomes are those of the cells of the sweep. */
  const pass = async (name: string, cells: readonly Cell[], ask: CellAsk): Promise<boolean> => {
    const originals = new Map<string, Cell[]>();
    const asked = cells.map((cell) => {
      const again = askAgain(cell, 0, ask);
      originals.set(again.id, [...(originals.get(again.id) ?? []), cell]);
      return again;
    });
    const run = runGrid(asked, directory, {
      where: options.where,
      target: sweep.target,
      tune: 0,
      ask,
      onDone: (cell, outcome) => {
        if (!stopped) options.onDone?.(cell, outcome);
      },
    });
    current = run;
    options.onPass?.({ name, pending: run.pending, kept: run.kept, again: run.again });
    if (stopped) run.stop();
    await run.finished;
    for (const [id, outcome] of run.outcomes) {
      for (const cell of originals.get(id) ?? []) outcomes.set(cell.id, outcome);
    }
    return !stopped && run.outcomes.size === originals.size;
  };

  const all = async (): Promise<void> => {
    if (options.halving) {
      whole = await halved(sweep, outcomes, pass);
      return;
    }
    if (!(await pass('all', sweep.cells, sweep.ask))) return;
    const { giveUp, ...ask } = sweep.ask;
    if (giveUp !== undefined) {
      const { cells, best } = couldWin(sweep, outcomes);
      const limit = Number.isFinite(best) ? { limit: Math.ceil(best) } : {};
      if (cells.length > 0) {
        const reasons = new Map(cells.map(({ id }) => [id, givenUpOf(outcomes.get(id))?.why]));
        if (!(await pass('again', cells, { ...ask, ...limit }))) return;
        for (const { id, loaded } of cells) stillGivenUp(outcomes, id, loaded.config.rounds, reasons.get(id));
        const { cells: left } = couldWin(sweep, outcomes);
        if (left.length > 0 && !(await pass('whole', left, ask))) return;
      }
    }
    whole = true;
  };
  return {
    outcomes,
    finished: all(),
    stop: () => {
      stopped = true;
      current?.stop();
    },
    complete: () => whole,
  };
}

type RunPass = (name: string, cells: readonly Cell[], ask: CellAsk) => Promise<boolean>;

const givenUpOf = (outcome: CellOutcome | undefined) =>
  outcome !== undefined && 'givenUp' in outcome ? outcome.givenUp : undefined;

/** A cell that was run to where it could no longer win, and had not arrived by then. */
function stillGivenUp(
  outcomes: Map<string, CellOutcome>,
  id: string,
  rounds: number,
  why: GivingUp | undefined,
): void {
  const outcome = outcomes.get(id);
  if (outcome === undefined || why === undefined || !('summary' in outcome)) return;
  const round = outcome.summary.rounds;
  if (outcome.status === 'finished' && round < rounds)
    outcomes.set(id, { ...outcome, givenUp: { round, why } });
}

/** The round in which a cell arrived, or could have at the earliest; infinite where it ended without. */
function earliest(outcome: CellOutcome | undefined): number {
  if (outcome === undefined || !('summary' in outcome)) return Number.POSITIVE_INFINITY;
  const { arrival, givenUp } = outcome;
  if (arrival !== null) return arrival.round;
  return givenUp === undefined ? Number.POSITIVE_INFINITY : givenUp.round + 1;
}

/** Cells that were given up, of points that could be better with them than the best; and its median of rounds. */
export function couldWin(
  { points, cells }: Pick<Sweep, 'points' | 'cells'>,
  outcomes: ReadonlyMap<string, CellOutcome>,
): { cells: Cell[]; best: number } {
  const own = points.map((point) => {
    const group = point.cells.map((at) => cells[at] as Cell);
    const rounds = group.map(({ id }) => earliest(outcomes.get(id)));
    const couldBe = rounds.includes(Number.POSITIVE_INFINITY)
      ? Number.POSITIVE_INFINITY
      : (median(rounds) as number);
    const open = group.filter(({ id }) => givenUpOf(outcomes.get(id)) !== undefined);
    return { open, couldBe };
  });
  const best = own.reduce(
    (least, { open, couldBe }) => (open.length === 0 ? Math.min(least, couldBe) : least),
    Number.POSITIVE_INFINITY,
  );
  return { cells: own.flatMap(({ open, couldBe }) => (couldBe < best ? open : [])), best };
}

/** Successive halving, by thirds. */
async function halved(
  { points, cells, target, ask }: Sweep,
  outcomes: Map<string, CellOutcome>,
  pass: RunPass,
): Promise<boolean> {
  const rounds = Math.max(...cells.map(({ loaded }) => loaded.config.rounds));
  const rungs: number[] = [];
  for (let of = rounds, left = points.length; of >= LEAST_ROUNDS && left >= 1; of /= RUNG, left /= RUNG)
    rungs.unshift(Math.ceil(of));
  if (rungs.length === 0) rungs.push(rounds);
  let left = points.map((_, number) => number);
  for (const [rung, limit] of rungs.entries()) {
    const last = rung === rungs.length - 1;
    const own = left.flatMap((number) => points[number]!.cells.map((at) => cells[at] as Cell));
    const { giveUp: _, ...rest } = ask;
    const name = `rung ${rung + 1} of ${rungs.length}`;
    if (!(await pass(name, own, last ? rest : { ...rest, limit }))) return false;
    if (last) break;
    const score = (number: number): [number, number] => {
      const of = points[number]!.cells.map((at) => outcomes.get((cells[at] as Cell).id));
      const arrived = median(of.map((outcome) => earliest(outcome))) as number;
      const ends = of.map((outcome) => {
        const end = outcome !== undefined && 'trace' in outcome ? outcome.trace.at(-1) : undefined;
        const value = end?.[target.quantity] ?? Number.NaN;
        return Number.isNaN(value) || outcome?.status === 'diverged' ? Number.POSITIVE_INFINITY : value;
      });
      return [arrived, median(ends) as number];
    };
    const scores = new Map(left.map((number) => [number, score(number)]));
    const compare = (a: number, b: number) => (a === b ? 0 : a < b ? -1 : 1);
    left = [...left]
      .sort((a, b) => {
        const [[a1, a2], [b1, b2]] = [scores.get(a)!, scores.get(b)!];
        return compare(a1, b1) || compare(a2, b2) || a - b;
      })
      .slice(0, Math.ceil(left.length / RUNG))
      .sort((a, b) => a - b);
  }
  return true;
}
