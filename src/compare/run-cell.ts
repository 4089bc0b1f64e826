/**
 * One cell of a comparison: when did the agents arrive at the target, to the round, and did they stay there?
 *
 * A run arrives in the first round c of which it stays at or below its target until round 2 c, as long again
 * (and at least LEAST_WATCHED rounds). One that touches the target and rises again has not arrived; it goes
 * on, and may arrive later, within the rounds of its config. What the run says in round c (bits, seconds,
 * state) is what a run of its own with the same `stop` leaves.
 *
 * Where the target is the rmsError, or a row is quick, every round is looked at. Where f is costly,
 * quantities that take evaluations of it are looked at in trace rows; once a row has arrived, the run goes
 * back to the row before and looks at every round from there, and afterwards at rows again. Rows are as dense
 * as a picture wants them, whatever `trace.every` says: every round at first, then every twentieth part of
 * the way.
 */

import type { Summary } from '../run/reports.js';
import type { RunPlan } from '../run/types.js';
import type { Stepper } from '../session/single-thread.js';
import type { TraceRow } from '../trace/row.js';
import { hopeless } from './hopeless.js';
import type { CellAsk, GivenUp, Held, Target, Touched } from './types.js';

const EVERY_ROUND_UNTIL = 32;
const SPACING = 1.05;
/** Up to this many multiply-adds a row, about a millisecond, every round is looked at. */
const EVERY_ROUND_WORK = 2e6;
/** More than a run has that arrives once, however long it is: see `rowAfter`. */
const MOST_ROWS = 2000;
/**
 * A run that arrives early is watched for this many rounds all the same: a start near the target may leave it
 * at first.
 */
export const LEAST_WATCHED = 100;

/** The round of the row after that of `round`. */
export function rowAfter(round: number): number {
  return round < EVERY_ROUND_UNTIL ? round + 1 : Math.ceil(round * SPACING);
}

export interface CellRun {
  summary: Summary;
  trace: TraceRow[];
  /** The row of arrival; null where there was none. */
  arrival: TraceRow | null;
  held: Held | null;
  /** The last time that the target was touched and not kept. */
  touched: Touched | null;
  /** Only where it was asked to give up what is hopeless, and it was. */
  givenUp?: GivenUp;
}

/**
 * From its beginning a run of one worker that stops at nothing but the target. Given up where it has not
 * arrived within `rounds`.
 */
export function runCell(
  stepper: Stepper,
  target: Target,
  plan: RunPlan = stepper.prepared.plan,
  rounds = plan.rounds,
  { giveUp = [] }: Pick<CellAsk, 'giveUp'> = {},
): CellRun {
  stepper.begin(plan);
  const watch = target.quantity === 'rmsError' ? stepper.rmsError : null;
  // Where a row is quick, no round goes unseen.
  const always = watch === null && plan.rowWork <= EVERY_ROUND_WORK;
  const trace: TraceRow[] = [];
  let touched: Touched | null = null;
  let givenUp = null as GivenUp | null;

  /** Rounds until the target is met, in a row of that round; or the run is over. */
  const approach = (): { verdict: 'go' | 'converged' | 'diverged'; row: TraceRow } => {
    let seen = stepper.look();
    let next = rowAfter(stepper.round);
    let refining = always;
    keep(trace, seen.row);
    while (seen.verdict === 'go' && stepper.round < rounds) {
      if (watch === null && !refining && seen.row.round === stepper.round) stepper.save();
      stepper.step();
      const { round } = stepper;
      const due = round >= next || round === rounds;
      if (!due && !refining && !(watch !== null && watch() <= target.bound)) continue;
      const before = seen.row.round;
      const now = stepper.look();
      if (watch === null && now.verdict === 'converged' && !refining && round - before > 1) {
        stepper.goBack();
        refining = true;
        continue;
      }
      seen = now;
      if (due || seen.verdict !== 'go') keep(trace, seen.row);
      if (due) next = rowAfter(round);
      if (!due || giveUp.length === 0 || seen.verdict !== 'go') continue;
      const why = hopeless(trace, target, rounds, giveUp);
      if (why === null) continue;
      givenUp = { round, why };
      return seen;
    }
    return seen;
  };

  /** From an arrival for as long again; the row that left the target, if one did. */
  const stays = (from: number): { rose: TraceRow | null; worst: number } => {
    let worst = 0;
    let next = rowAfter(stepper.round);
    const until = from + Math.max(from, LEAST_WATCHED);
    while (stepper.round < until) {
      stepper.step();
      const { round } = stepper;
      const value = watch?.() ?? Number.NaN;
      if (value > worst) worst = value;
      const due = round >= next || round === until;
      if (!always && !due && !(value > target.bound)) continue;
      const { row, verdict } = stepper.look();
      const rose = !(row[target.quantity] <= target.bound);
      if (due || rose) keep(trace, row);
      if (due) next = rowAfter(round);
      if (row[target.quantity] > worst) worst = row[target.quantity];
      if (verdict === 'diverged' || rose) return { rose: row, worst };
    }
    return { rose: null, worst };
  };

  for (;;) {
    const { verdict, row } = approach();
    const { summary } = stepper.finish(verdict, trace);
    if (verdict !== 'converged') {
      return { summary, trace, arrival: null, held: null, touched, ...(givenUp && { givenUp }) };
    }
    const { rose, worst } = stays(row.round);
    if (rose === null) {
      return { summary, trace, arrival: row, held: { until: stepper.round, worst }, touched };
    }
    touched = { round: row.round, rose: rose.round, value: rose[target.quantity] };
    if (stepper.round >= rounds) {
      // The config's rounds are over, and it is not at the target.
      return { summary: stepper.finish('go', trace).summary, trace, arrival: null, held: null, touched };
    }
  }
}

/** Rows in the order of their rounds, each once. */
function keep(trace: TraceRow[], row: TraceRow): void {
  if (trace.length >= MOST_ROWS) {
    // One that meets its target and leaves it in every other round has a row of each: every second one goes.
    trace.splice(0, trace.length, ...trace.filter((_, i) => i % 2 === 0));
  }
  if (trace.length === 0 || (trace.at(-1) as TraceRow).round < row.round) trace.push(row);
}
