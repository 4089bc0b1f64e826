/**
 * A search of a flow's gains by trial runs, whatever the flow: which of its numbers are searched, from where
 * and in which directions is said in the flow's own file (`FlowDefinition.search`). Deterministic, and on the
 * calling thread.
 *
 * A trial is judged by what the agents hold: by the rounds until their distance to the optimum is, and stays,
 * at a share of what it was at the beginning. What does not come so far in the rounds it is given is judged
 * by the pace of its later half; of a flow that has a bias of its own, or of a trial that has stalled, by how
 * near it ends. Where there is no optimum to measure from, by the objective at what agents hold at the end.
 * What ends farther out than it has been is no candidate, and the best has to go on for as long again.
 */

import { FACTORS, type Gains, patternSearch } from '../base/pattern-search.js';
import { roundStep } from '../flow/gains.js';
import { flowDefinition } from '../flow/registry.js';
import type { FlowPlan, GainContext } from '../flow/types.js';
import type { Held, TrialResult, Trials } from './trial-runs.js';
import type { Tunable } from './types.js';

export interface TrialOptions {
  /** Trial runs, at most; those that verify the best are not counted. */
  trials: number;
  /** Rounds of one trial, and of all together. */
  horizon: number;
  budgetRounds: number;
  /** Share of the first distance that is asked for. */
  target: number;
  held?: Held;
  /** Judged by the objective, because the optimum is unknown. */
  objective?: boolean;
  /**
   * Rounds per factor of ten that nothing is faster than, where a model knows: a pace in the first rounds
   * says little of modes that are still small.
   */
  slowest?: (gains: Gains) => number;
  /** Judged by where a trial of `horizon` rounds ends: nothing can be concluded from its pace. */
  byItsEnd?: boolean;
  /** Rounds beyond which nobody wants to know of a trial. */
  limit?: number;
  /** Called after each trial. */
  onTrial?: () => void;
}

export interface Found {
  gains: Gains;
  /** Of these gains; null where they are judged by the objective. */
  result: TrialResult | null;
  /** Whether the winner was seen to hold beyond its target, or beyond the rounds of a trial. */
  verified: boolean;
  /** Some trial with a larger step failed. */
  failedLarger: boolean;
  trials: number;
}

/**
 * More than any number of rounds: what stalls is worse than whatever arrives, and the nearer it ends the
 * better.
 */
const STALLED = 1e15;

/** What a trial costs that did not arrive and ended at this share of its first distance. */
export function stalledCost(share: number): number {
  return STALLED / (4 - Math.log10(Math.max(share, 1e-16)));
}

/** Whether a cost is a number of rounds. */
export function arrives(cost: number): boolean {
  return cost < 1e-3 * STALLED;
}

/** The winner has to go on to this share of its target, within so many times its rounds. */
const BEYOND = 1e-3;
const CONFIRMATION = 3;
const MOST_CONFIRMATIONS = 8;
/**
 * Where messages decide, it has to stay at its target until so many times the rounds to it: from beginnings
 * beside the run's, and from its own.
 */
const LONG = 6;
const WAYS = [1, 2, 3, 0];
const SMALLER = 0.8;
/** A step may be made smaller until it takes so many times the rounds of the best. */
const WORTH_SHRINKING = 3;
/** Below this share of the first distance it is rounding that is measured. */
const ROUNDING = 1e-11;
/** Of one that stalls: how much farther out it may be after twice the rounds. */
const AS_NEAR = 1.2;

/** The numbers of a flow that a search may change, of those named. */
export function searchable(flow: FlowPlan, names: readonly string[]): string[] {
  const { search } = flowDefinition(flow);
  return names.filter((name) => search?.directions.some((direction) => direction[name] !== undefined));
}

/** What a trial of some gains costs: rounds, or more than any number of them where they do not arrive. */
function bindTrials(tunable: Tunable, runs: Trials, options: TrialOptions) {
  const { horizon, budgetRounds, target, held = 'rms', objective = false, byItsEnd = false } = options;
  const results = new Map<Gains, TrialResult>();
  const attempt = (gains: Gains, limit: number, rounds: number, share: number, patient = false) =>
    runs.run(tunable.withGains(gains), limit, rounds, share, patient ? NEVER : undefined, held);
  const costOf = (gains: Gains, least: number): number => {
    const cost = costOfTrial(gains, least);
    options.onTrial?.();
    return cost;
  };
  /** Told the least so far, beyond which a trial may be given up. */
  const costOfTrial = (gains: Gains, least: number): number => {
    if (objective) {
      if (budgetRounds - runs.rounds() < horizon) return Number.POSITIVE_INFINITY;
      const fallen = runs.descend(tunable.withGains(gains), horizon);
      return fallen > 0 ? 1 / fallen : Number.POSITIVE_INFINITY;
    }
    const { limit: most = Number.POSITIVE_INFINITY } = options;
    const limit = byItsEnd ? Number.POSITIVE_INFINITY : Math.min(most, arrives(least) ? least : most);
    // The last trials must not be judged by a shorter trial than the others.
    if (budgetRounds - runs.rounds() < Math.min(horizon, limit)) return Number.POSITIVE_INFINITY;
    const ran = attempt(gains, limit, horizon, target);
    const slope = ran.reached ? 0 : (options.slowest?.(gains) ?? 0);
    const rounds = Math.max(ran.rounds, -slope * Math.log10(target));
    const result = { ...ran, rounds, roundsPerDecade: Math.max(slope, ran.roundsPerDecade) };
    results.set(gains, result);
    if (result.reached || (!byItsEnd && result.rounds < Number.POSITIVE_INFINITY)) return result.rounds;
    if (result.share === Number.POSITIVE_INFINITY) return result.share;
    return stalledCost(result.share);
  };
  return { costOf, attempt, results };
}

/** Where searches begin, in the numbers that are free: the formula last. */
export function startsOf(
  { plan: { flow } }: Pick<Tunable, 'plan'>,
  free: readonly string[],
  context: GainContext,
): Gains[] {
  const bolder = flowDefinition(flow).search?.starts?.(flow, context) ?? [];
  // What a start does not name is as the formula has it.
  return [...bolder, flow.gains].map((gains) =>
    Object.fromEntries(free.map((name) => [name, gains[name] ?? (flow.gains[name] as number)])),
  );
}

export function startCount(tunable: Tunable, context: GainContext): number {
  return startsOf(tunable, [], context).length;
}

/** The least that a trial of the starts costs; above `least` none is of interest. */
export function costOfStarts(
  tunable: Tunable,
  runs: Trials,
  free: readonly string[],
  context: GainContext,
  options: TrialOptions,
  least: number,
): number {
  const { costOf } = bindTrials(tunable, runs, options);
  return startsOf(tunable, free, context).reduce(
    (least, gains) => Math.min(least, costOf(gains, least)),
    least,
  );
}

/** The least that so many trials of a search cost, with nothing verified; Infinity where none is of interest. */
export function costOfSearch(
  tunable: Tunable,
  runs: Trials,
  free: readonly string[],
  context: GainContext,
  options: TrialOptions,
): number {
  const { search } = flowDefinition(tunable.plan.flow);
  const { costOf } = bindTrials(tunable, runs, options);
  const starts = startsOf(tunable, free, context);
  const shrink = free.find((name) => name === (search?.shrink ?? 'step')) ?? free[0];
  if (!search || shrink === undefined) {
    return costOf(starts.at(-1)!, Number.POSITIVE_INFINITY);
  }
  const { cost } = patternSearch(starts, shrink, costOf, {
    directions: search.directions,
    largest: search.largest,
    factors: FACTORS,
    evaluations: options.trials,
  });
  return cost;
}

/** Null where nothing that was tried is any good. */
export function searchGains(
  tunable: Tunable,
  runs: Trials,
  free: readonly string[],
  context: GainContext,
  options: TrialOptions,
): Found | null {
  const { search } = flowDefinition(tunable.plan.flow);
  if (!search || free.length === 0) return null;
  const { horizon, budgetRounds, target, held = 'rms', objective = false, byItsEnd = false } = options;
  const { costOf, attempt, results } = bindTrials(tunable, runs, options);
  const starts = startsOf(tunable, free, context);
  const shrink = free.find((name) => name === (search.shrink ?? 'step'));
  const steadier = free.find((name) => name === search.steadier) ?? shrink;
  const found = patternSearch(starts, shrink ?? free[0]!, costOf, {
    directions: search.directions,
    largest: search.largest,
    factors: FACTORS,
    evaluations: options.trials,
  });
  const trials = found.evaluations;
  if (found.cost === Number.POSITIVE_INFINITY) return null;
  if (objective) {
    const held = runs.descend(tunable.withGains(found.best), 2 * horizon);
    const gains = held >= 0.9 / found.cost || shrink === undefined ? found.best : smaller(found.best, shrink);
    return { gains, result: null, verified: gains === found.best, failedLarger: false, trials };
  }
  const failedLarger = [...results].some(
    ([gains, { rounds }]) =>
      'step' in gains && gains['step']! > found.best['step']! && rounds === Number.POSITIVE_INFINITY,
  );

  /** What is only just stable may hold for six factors of ten and then grow. */
  const holds = (gains: Gains, { reached, rounds, share }: TrialResult): boolean => {
    if (share === Number.POSITIVE_INFINITY) return false;
    if (byItsEnd || !reached) {
      const longer = attempt(gains, Number.POSITIVE_INFINITY, 2 * (reached ? rounds : horizon), 1e-300, true);
      return longer.share <= (reached ? target : AS_NEAR * share);
    }
    // A billionth is half as far again as a millionth: what takes longer than CONFIRMATION times the way has
    // met its noise.
    const patience = Math.ceil(CONFIRMATION * rounds);
    if (rounds === 0) return true;
    return attempt(gains, patience, patience, Math.max(ROUNDING, BEYOND * target)).reached;
  };
  /**
   * A message that decides (which entry, which sign) takes another way after the least change, and of eighty
   * trials the best may be the one that was lucky. So it has to stay for long, on its own way and on others
   * beside it.
   */
  const staysForLong = (gains: Gains, { reached, rounds }: TrialResult): boolean => {
    if (context.linear || byItsEnd || !reached) return true;
    const flow = tunable.withGains(gains);
    const long = Math.ceil(LONG * rounds);
    return WAYS.every(
      (way) => runs.rounds() + long > 2 * budgetRounds || runs.stays(flow, long, target, way, held),
    );
  };
  // Next to the best one of smaller step, then those that came next, each with a smaller one.
  const nextBest = [...results]
    .filter(([, { reached }]) => reached)
    .sort(([, a], [, b]) => a.rounds - b.rounds)
    .map(([gains]) => gains)
    .filter((gains) => gains !== found.best);
  const best = { gains: found.best, result: results.get(found.best)! };
  let tried = best;
  for (let tries = 0; tries < MOST_CONFIRMATIONS; tries++) {
    if (runs.rounds() > 2 * budgetRounds) break;
    if (holds(tried.gains, tried.result) && staysForLong(tried.gains, tried.result))
      return { ...tried, verified: true, failedLarger, trials };
    const worse = tried.result.rounds > WORTH_SHRINKING * best.result.rounds || !tried.result.reached;
    if (steadier === undefined || (worse && tried !== best)) {
      const gains = nextBest.shift();
      if (gains === undefined) break;
      tried = { gains, result: results.get(gains)! };
      continue;
    }
    const gains = smaller(tried.gains, steadier);
    const patience = Math.max(horizon, Math.min(CONFIRMATION * tried.result.rounds, 2 * horizon));
    tried = { gains, result: attempt(gains, Number.POSITIVE_INFINITY, patience, target) };
  }
  return { ...best, verified: false, failedLarger, trials };
}

const NEVER = { after: Number.POSITIVE_INFINITY, beyond: Number.POSITIVE_INFINITY };

export function smaller(gains: Gains, name: string): Gains {
  return { ...gains, [name]: roundStep(gains[name]! * SMALLER) };
}
