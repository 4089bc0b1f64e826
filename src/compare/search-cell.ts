/**
 * Gains of one cell by trial runs: the same search, with the same number of trials, for every method of a
 * comparison.
 *
 * A trial is a run of the cell itself, judged by the round of its arrival at the comparison's target, which
 * it has to keep for as long again (`run-cell.ts`): what only touches it, or diverges later, has not arrived.
 * A trial is given up when it needs more rounds than the best so far. What does not arrive is the better the
 * nearer it ends. Which numbers of a flow are searched, in which directions and from where is said in the
 * flow's own file (`FlowDefinition.search`); what the config gives as a number stays. Deterministic.
 */

import { FACTORS, type Gains, patternSearch, rounded } from '../base/pattern-search.js';
import type { OpenGains } from '../run/program.js';
import type { RunPlan } from '../run/types.js';
import type { Stepper } from '../session/single-thread.js';
import { arrives, stalledCost } from '../tune/search-gains.js';
import { runCell } from './run-cell.js';
import type { Target } from './types.js';

/**
 * From another start than the best one a trial may take this many times the rounds of the best so far: its
 * valley may be long.
 */
const OTHERS = 2;
/** Farther out than this many times where it began, a trial is no start for others. */
const LEFT = 1e3;

export interface CellSearch {
  /**
   * Of all that is searched; null where the flow has nothing to search, or nothing that was tried stayed
   * finite.
   */
  gains: Gains | null;
  /** Round of arrival; null where no trial arrived. */
  rounds: number | null;
  trials: number;
}

/**
 * `stepper` has not begun. What comes back beside the search is the plan with the best gains, the run's own
 * where there are none.
 */
export function searchCell(
  stepper: Stepper,
  openGains: OpenGains | null,
  target: Target,
  trials: number,
): { search: CellSearch; plan: RunPlan } {
  const { plan: own } = stepper.prepared;
  const none: CellSearch = { gains: null, rounds: null, trials: 0 };
  if (openGains === null || trials === 0) return { search: none, plan: own };
  const { directions, largest, shrink, planWith } = openGains;
  stepper.keepBeginning();
  const known = new Map<string, number>();
  let best: Gains | null = null;
  let least = Number.POSITIVE_INFINITY;
  let patience = OTHERS;
  const trial = (gains: Gains): number => {
    const key = JSON.stringify(gains);
    const before = known.get(key);
    if (before !== undefined || known.size >= trials) return before ?? Number.POSITIVE_INFINITY;
    const limit = Math.min(own.rounds, Math.floor(patience * least));
    const { arrival, trace } = runCell(stepper, target, planWith(gains), limit);
    const [first] = trace;
    const end = (trace.at(-1) ?? first)[target.quantity] / first[target.quantity];
    // One that was given up, or has left for good, is no start for others.
    const near = limit === own.rounds && end < LEFT;
    const cost = arrival ? arrival.round : near ? stalledCost(end) : Number.POSITIVE_INFINITY;
    known.set(key, cost);
    if (cost < least) [best, least] = [gains, cost];
    return cost;
  };
  // From the best start first. What trials are left go on from the next ones, so that a valley does not end a
  // search that others had more trials for.
  const begins = openGains
    .starts()
    .map(rounded)
    .map((gains) => ({ gains, cost: trial(gains) }))
    .sort((a, b) => a.cost - b.cost);
  const options = { directions, largest, factors: FACTORS, evaluations: Number.POSITIVE_INFINITY };
  for (const [at, { gains }] of begins.entries()) {
    if (known.size >= trials) break;
    patience = at === 0 ? 1 : OTHERS;
    patternSearch([gains], shrink, trial, options);
  }
  if (best === null) return { search: { ...none, trials: known.size }, plan: own };
  return {
    search: { gains: best, rounds: arrives(least) ? least : null, trials: known.size },
    plan: planWith(best),
  };
}
