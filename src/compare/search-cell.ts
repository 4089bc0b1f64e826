/**
 * Gains of one cell by trial runs: the same search, with the same number of trials, for every method of a comparison.
 *
 * A trial is a run of the cell itself, judged by the round of its arrival at the comparison's target, which it has to keep for as long again (`run-cell.ts`): what only touches it, or diverges later, has not
 * arrived. A trial is given up when it needs more rounds than the best so far. What does not arrive is the better the nearer it ends. Which numbers of a flow are searched, in which directions and from
 * where is said in the flow's own file (`FlowDefinition.search`); what the config gives as a number stays. Deterministic.
 */

import { flowDefinition } from '../flow/registry.js';
import type { FlowSpec } from '../flow/types.js';
import type { FlowPrepared } from '../session/prepare.js';
import type { Stepper } from '../session/single-thread.js';
import { type Gains, patternSearch, rounded } from '../tune/search.js';
import { arrives, FACTORS, searchable, stalledCost, startsOf } from '../tune/trials.js';
import { automaticNames } from '../tune/tune.js';
import { runCell } from './run-cell.js';
import type { Target } from './types.js';

/** From another start than the best one a trial may take this many times the rounds of the best so far: its valley may be long. */
const OTHERS = 2;
/** Farther out than this many times where it began, a trial is no start for others. */
const LEFT = 1e3;

export interface CellSearch {
  /** Of all that is searched; null where the flow has nothing to search, or nothing that was tried stayed finite. */
  gains: Gains | null;
  /** Round of arrival; null where no trial arrived. */
  rounds: number | null;
  trials: number;
}

/** Trials overwrite the gains of `prepared`, which ends with the best. `stepper` is of it, and has not begun; `given`: the config's flow. */
export function searchCell(
  stepper: Stepper,
  prepared: FlowPrepared,
  target: Target,
  given: FlowSpec,
  trials: number,
): CellSearch {
  const { program } = prepared;
  const { run } = program;
  const definition = flowDefinition(run.flow.kind);
  const free = searchable(run.flow.kind, automaticNames(given, run.flow.gains));
  const none: CellSearch = { gains: null, rounds: null, trials: 0 };
  if (!definition.search || free.length === 0 || trials === 0) return none;
  const { directions, largest, shrink = 'step' } = definition.search;
  const own = run.flow.gains;
  stepper.keepBeginning();
  const known = new Map<string, number>();
  let best: Gains | null = null;
  let least = Number.POSITIVE_INFINITY;
  let patience = OTHERS;
  const trial = (gains: Gains): number => {
    const key = JSON.stringify(gains);
    const before = known.get(key);
    if (before !== undefined || known.size >= trials) return before ?? Number.POSITIVE_INFINITY;
    run.flow = program.planFlow(gains);
    const limit = Math.min(run.rounds, Math.floor(patience * least));
    const { arrival, trace } = runCell(stepper, target, limit);
    const [first] = trace;
    const end = (trace.at(-1) ?? first)[target.quantity] / first[target.quantity];
    // One that was given up, or has left for good, is no start for others.
    const near = limit === run.rounds && end < LEFT;
    const cost = arrival ? arrival.round : near ? stalledCost(end) : Number.POSITIVE_INFINITY;
    known.set(key, cost);
    if (cost < least) [best, least] = [gains, cost];
    return cost;
  };
  // From the best start first; what trials are left go on from the next ones, so that a valley does not end a search that others had more trials for.
  const begins = startsOf(program, free, program.gains())
    .map(rounded)
    .map((gains) => ({ gains, cost: trial(gains) }))
    .sort((a, b) => a.cost - b.cost);
  const options = { directions, largest, factors: FACTORS, evaluations: Number.POSITIVE_INFINITY };
  for (const [at, { gains }] of begins.entries()) {
    if (known.size >= trials) break;
    patience = at === 0 ? 1 : OTHERS;
    patternSearch([gains], free.includes(shrink) ? shrink : (free[0] as string), trial, options);
  }
  if (best === null) {
    run.flow = program.planFlow(own);
    return { ...none, trials: known.size };
  }
  run.flow = program.planFlow(best);
  return { gains: best, rounds: arrives(least) ? least : null, trials: known.size };
}
