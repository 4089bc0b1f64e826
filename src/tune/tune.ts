/**
 * What `auto` means: gains from the formula of the flow (`../flow/starting-gains.ts`), made better by trial
 * runs where these are affordable.
 *
 * They are where the graph is small, the optimum is known (so that there is a distance to measure), every
 * gradient sees all samples, and a budget of arithmetic holds enough rounds. Not a budget of time: the same
 * config must give the same gains on every machine. Everywhere else the formula stands.
 */

import type { Gains } from '../base/pattern-search.js';
import type { ContractionKind } from '../compress/types.js';
import { predictedRoundsPerDecade } from '../flow/rate.js';
import { flowDefinition, flowName } from '../flow/registry.js';
import type { FlowPlan, FlowSpec, GainContext } from '../flow/types.js';
import type { StopSpec } from '../run/config.js';
import type { Tuning } from '../run/reports.js';
import { roundsToGap } from './rate.js';
import { costOfStarts, searchable, searchGains, smaller } from './search-gains.js';
import { type GiveUp, openTrials, TARGET_SHARE, type TrialResult, type Trials } from './trial-runs.js';
import type { PlanWithGains, Tunable } from './types.js';

/** Beyond this, one trial run alone is a job of its own. */
const MOST_AGENTS = 5000;
/** Multiply-adds of all trial runs together: a few seconds. */
export const WORK_BUDGET = 5e9;
/** Where a round runs a user's JavaScript, it is reckoned to take this many times as long. */
const MODULE_WORK = 20;
/**
 * What a round, and an agent in it, are worth in multiply-adds before any is done: small problems are all
 * calls.
 */
const ROUND_WORK = 600;
const AGENT_WORK = 60;
/** Fewer rounds than this in all are no basis for a choice. */
const LEAST_ROUNDS = 2000;
const MOST_EVALUATIONS = 80;
/** No trial run may take more than this share of all rounds. */
export const HORIZON_SHARE = 0.1;
/** Of a trial's rounds, what is enough to compare modes; and how much better the other one has to look. */
const SCREENING = 1 / 3;
export const FAR_FEWER = 0.6;
/** The model of linear compressors begins near the end: fewer trial runs, longer ones. */
const LINEAR_HORIZON_SHARE = 0.3;

export interface TuneInputs {
  tunable: Tunable;
  /**
   * The same run in the other mode that may be chosen, planned when asked for; null where there is no choice.
   */
  otherMode: (() => Tunable) | null;
  stop: StopSpec;
}

/** The parameters of a flow that are `auto`, of those that its plan has a number for. */
export function automaticNames(spec: FlowSpec, planned: Gains): string[] {
  return Object.keys(planned).filter((name) => spec[name] === undefined || spec[name] === 'auto');
}

/**
 * Where the config leaves the mode open, `otherMode` is the same run in the other one: it is tuned instead
 * where its starts promise far fewer rounds. A memory moves the mean of what agents hold, and where the costs
 * leave directions flat nothing ever moves it back.
 */
export function tune({ tunable, otherMode, stop }: TuneInputs): Tuning {
  if (otherMode === null || obstacle(tunable) !== null) return tuneMode(tunable, stop);
  const other = otherMode();
  if (tunable.gains().flat === true) return tuneMode(other, stop);
  const own = promise(tunable, Number.POSITIVE_INFINITY);
  return tuneMode(promise(other, FAR_FEWER * own) < FAR_FEWER * own ? other : tunable, stop);
}

/** What the best of a mode's starts costs. */
function promise(tunable: Tunable, least: number): number {
  const { plan, spec } = tunable;
  const context = tunable.gains();
  const free = searchable(plan.flow, automaticNames(spec, plan.flow.gains));
  const { budgetRounds, horizon } = affordable(tunable, context);
  const options = { trials: 0, horizon: Math.ceil(horizon * SCREENING), budgetRounds, target: TARGET_SHARE };
  return costOfStarts(tunable, openTrials(tunable), free, context, options, least);
}

/** Why there are no trial runs; null where there are. */
function obstacle(tunable: Tunable): string | null {
  const { plan: run, spec } = tunable;
  if (!flowDefinition(run.flow).search) return `the ${flowName(run.flow)} flow has no search`;
  if (spec['tuning'] === 'formula') return 'flow.tuning is formula';
  const why = unaffordable(tunable) ?? unmeasured(tunable);
  if (why !== null) return why;
  return searchable(run.flow, automaticNames(spec, run.flow.gains)).length === 0
    ? 'none of these gains is searched'
    : null;
}

/** Why a trial run is too much, as half a sentence; null where it is not. */
export function unaffordable(tunable: Tunable): string | null {
  const { agents } = tunable.plan;
  if (agents > MOST_AGENTS) return `${agents} agents, and trial runs end at ${MOST_AGENTS}`;
  const budgetRounds = affordableRounds(tunable, WORK_BUDGET);
  return budgetRounds < LEAST_ROUNDS
    ? `a round is so large that the budget holds ${budgetRounds} of them`
    : null;
}

/** Why there is no distance by which a trial run could be measured, as half a sentence; null where there is. */
export function unmeasured({ plan, spec, cost, optimum }: Tunable): string | null {
  if (plan.problem === 'cost' && !optimum)
    return `the optimum is unknown (${cost.whyNoOptimum ?? 'no central solver'})`;
  return unsettled(spec);
}

function unsettled({ batch }: Record<string, unknown>): string | null {
  return batch === undefined || batch === 'all' ? null : 'gradients of mini-batches never settle';
}

/** Rounds of all trial runs together, and of one. */
function affordable(tunable: Tunable, context: GainContext) {
  const budgetRounds = affordableRounds(tunable, WORK_BUDGET);
  const share = compressedLinearly(context) ? LINEAR_HORIZON_SHARE : HORIZON_SHARE;
  return { budgetRounds, horizon: Math.max(1, Math.floor(budgetRounds * share)) };
}

function compressedLinearly({ linear, delta }: GainContext): boolean {
  return linear && delta < 1;
}

function tuneMode(tunable: Tunable, stop: StopSpec): Tuning {
  const { plan: run, spec, optimum } = tunable;
  const definition = flowDefinition(run.flow);
  const chosen = automaticNames(spec, run.flow.gains).filter((name) => name !== 'eta');
  const context = tunable.gains();
  const formula = (reason: string): Tuning => {
    const [slope, notPredicted] = ratePredicted(tunable, context);
    return {
      method: 'formula',
      chosen,
      compress: run.flow.compress ?? null,
      gains: run.flow.gains,
      why: [`from the formula, without trial runs: ${reason}`, ...bindingConditions(run, context, null)],
      roundsPerDecade: slope,
      notPredicted,
      roundsToMillionth: slope === null ? null : Math.ceil(slope * -Math.log10(TARGET_SHARE)),
      roundsToGap: null,
      firstError: firstError(tunable),
      doubt: null,
      pilots: null,
    };
  };
  const why = obstacle(tunable);
  if (why !== null) return formula(why);
  const search = definition.search!;
  const runs = openTrials(tunable);
  if (runs.distance() === 0) return formula('the agents begin where they are to go');
  const free = searchable(run.flow, chosen);
  const { budgetRounds, horizon } = affordable(tunable, context);
  const found = searchGains(tunable, runs, free, context, {
    trials: MOST_EVALUATIONS,
    horizon: search.biased === true ? Math.min(horizon, run.rounds) : horizon,
    budgetRounds,
    target: TARGET_SHARE,
    byItsEnd: search.biased === true,
    ...(isEuler(run.flow) && run.flow.compress !== undefined && run.problem === 'cost' && run.agents > 1
      ? {
          slowest: (gains: Gains) =>
            finiteOr0(
              predictedRoundsPerDecade(
                'none',
                { ...run.flow.gains, ...gains },
                { ...context, delta: 1, linear: true },
                'cost',
              ),
            ),
        }
      : {}),
  });
  if (found === null) {
    const doubt = 'no trial run came closer to the optimum';
    return {
      ...formula(`${doubt} within its budget`),
      doubt: `${doubt}, with none of the ${MOST_EVALUATIONS} gains or fewer that were tried`,
      pilots: { count: MOST_EVALUATIONS, rounds: runs.rounds(), budgetRounds },
    };
  }
  const best = found.result!;
  let { gains } = found;
  // A pace that was only extrapolated may hide a slow growth, which the models would know of: leave it more
  // room.
  const modelled =
    (compressedLinearly(context) && isEuler(run.flow)) || provenStable(tunable.withGains(gains), context);
  const shrink = search.shrink ?? 'step';
  if (!best.reached && search.biased !== true && !modelled && shrink in gains) gains = smaller(gains, shrink);
  const flow = tunable.withGains(gains);
  const [pace, notPredicted] =
    search.biased === true
      ? [null, 'this flow ends beside the optimum']
      : paceSeen(runs, flow, best, stallsInTheEnd(tunable));
  const paced = pace !== null;
  const toGap =
    stop.gap === undefined || !optimum || run.problem !== 'cost' || !paced
      ? null
      : roundsToGap(runs.gaps(flow, Math.min(Math.ceil(best.rounds), horizon)), stop.gap, pace);
  const doubt =
    best.reached && !found.verified
      ? 'the best trial run reached a millionth of the first distance, and was not seen to stay there: growth may follow'
      : best.reached || paced
        ? null
        : howNear(best, Math.min(horizon, search.biased === true ? run.rounds : horizon));
  return {
    method: 'pilot',
    chosen,
    compress: run.flow.compress ?? null,
    gains: flow.gains,
    why: [
      `the best of ${found.trials} trial runs (${runs.rounds()} rounds in all), each the first rounds of this very run`,
      ...(doubt === null ? [] : [doubt]),
      ...bindingConditions({ ...run, flow }, context, found.failedLarger),
    ],
    roundsPerDecade: pace,
    notPredicted,
    roundsToMillionth: best.reached || paced ? Math.ceil(best.rounds) : null,
    roundsToGap: toGap,
    firstError: firstError(tunable),
    doubt,
    pilots: { count: found.trials, rounds: runs.rounds(), budgetRounds },
  };
}

function finiteOr0(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

/** Rounds that an amount of arithmetic holds. */
export function affordableRounds(
  { plan: run, work }: Pick<Tunable, 'plan' | 'work'>,
  budget: number,
): number {
  const workOfRound = work * (run.modules.length > 0 ? MODULE_WORK : 1) * (run.flow.gains['inner'] ?? 1);
  return Math.floor(budget / (workOfRound + ROUND_WORK + AGENT_WORK * run.agents));
}

function howNear({ share }: TrialResult, rounds: number): string {
  return `after ${rounds} rounds the distance is ${short(share)} of what it was: this flow does not come nearer in that time`;
}

/** Whether no mixture of curvatures can make it grow (docs/auto.md). */
function provenStable(flow: FlowPlan, context: GainContext): boolean {
  if (flow.compress !== 'none') return false;
  const bound = flowDefinition(flow).largestStep?.(flow, { ...context, delta: 1 }) ?? 0;
  return flow.gains['step']! < bound;
}

/** Of the beginning, where the optimum is known before an arena is filled. */
function firstError({ init, optimum, plan }: Tunable): number | null {
  if (!optimum) return null;
  const { agents, dim } = plan;
  let sum = 0;
  for (let i = 0; i < agents * dim; i++) sum += ((init?.[i] ?? 0) - optimum.x[i % dim]!) ** 2;
  return Math.sqrt(sum / (agents * dim));
}

function isEuler({ integrator, gains }: FlowPlan): boolean {
  return integrator !== 'semi-implicit' && gains['inner'] === undefined;
}

/** A pace, or why there is none to tell. */
type Pace = [pace: number, notPredicted: null] | [pace: null, notPredicted: string];

/**
 * How much farther than the search the winner is followed for its pace: most of the way to where rounding
 * ends it, within so many times its rounds.
 */
const PACED_SHARE = 1e-11;
const PATIENCE = 4;
const NEVER: GiveUp = { after: 1, beyond: Number.POSITIVE_INFINITY };

/** Of the way beyond what the search looked at: a winner may have been fast and no more. */
function paceSeen(runs: Trials, flow: FlowPlan, best: TrialResult, stalls: string | null): Pace {
  if (stalls !== null) return [null, stalls];
  if (!(best.rounds < Number.POSITIVE_INFINITY)) return [null, 'no trial came nearer at a steady pace'];
  if (!best.reached) return paceOf(best.roundsPerDecade);
  const patience = Math.ceil(PATIENCE * best.rounds) + MOST_LOOKED_APART;
  const { reached, share, roundsPerDecade } = runs.run(flow, patience, patience, PACED_SHARE, NEVER);
  if (reached) return paceOf(roundsPerDecade);
  return [
    null,
    share === Number.POSITIVE_INFINITY
      ? `after a millionth it grows again in a trial of ${patience} rounds`
      : `it slows down on the way: ${short(share)} of the distance is left after ${patience} rounds`,
  ];
}

/** Rounds that a trial may go on beyond its limit before it is looked at. */
const MOST_LOOKED_APART = 16;

function paceOf(slope: number): Pace {
  return Number.isFinite(slope) && slope > 0 ? [slope, null] : [null, 'nothing was gained'];
}

/**
 * Messages about the state itself do not vanish with disagreement: whatever the first rounds say, the way
 * ends beside the optimum.
 */
function stallsInTheEnd({ plan: run }: Tunable): string | null {
  const stalls = run.flow.compress === 'node-state' && run.channels.some(({ linear }) => !linear);
  return stalls ? 'node-state stalls short of the optimum with a compressor that is not linear' : null;
}

/**
 * Of these the mean over draws or in time is what the formula reckons with; of others a plan says less than a
 * pace needs.
 */
const RECKONED: readonly ContractionKind[] = ['worst', 'mean', 'sweep'];

function ratePredicted(tunable: Tunable, context: GainContext): Pace {
  const { plan: run, spec } = tunable;
  const { compress, gains } = run.flow;
  const noise = unsettled(spec);
  if (noise !== null) return [null, noise];
  if (compress === undefined) return [null, `there is no formula for the pace of ${flowName(run.flow)}`];
  if (!isEuler(run.flow))
    return [null, "the formula's modes are those of forward Euler with one gradient step"];
  if (run.agents === 1) return [null, 'an agent alone has nobody to agree with'];
  if (run.links !== null)
    return [null, "links change: there is another graph in every round, and its modes are not the formula's"];
  const stalls = stallsInTheEnd(tunable);
  if (stalls !== null) return [null, stalls];
  const [message] = run.channels;
  if (message !== undefined && compress !== 'none') {
    const { contractionKind, linear, inTurn, kind } = message;
    if (!RECKONED.includes(contractionKind)) return [null, `what a message of ${kind} tells varies too much`];
    if (linear && !inTurn) return [null, `what ${kind} tells of a coordinate, and when, varies too much`];
  }
  const [pace] = paceOf(predictedRoundsPerDecade(compress, gains, context, run.problem));
  return pace === null ? [null, 'by the formula it does not converge with these gains'] : [pace, null];
}

/**
 * Which of the conditions on a step is nearest its limit, in words. `failedLarger`: a trial run with a larger
 * step failed; null where there was none.
 */
export function bindingConditions(
  run: Pick<PlanWithGains, 'flow' | 'problem' | 'agents'>,
  { lambdaMax, m, l, delta }: GainContext,
  failedLarger: boolean | null,
): string[] {
  const { gains, compress, integrator } = run.flow;
  const { step: h, alpha = 0, beta = 0, eta = run.problem === 'cost' ? 1 : 0 } = gains;
  if (h === undefined || compress === undefined) return [];
  const dual = h * h * beta * beta * lambdaMax;
  const semiImplicit = 2 * h * eta * l + dual;
  const forSemiImplicit: [share: number, text: string] = [
    semiImplicit / 4,
    `the semi-implicit step: 2 h eta l + h^2 beta^2 lambdaMax = ${short(semiImplicit)}, stable on every graph below 4, with l = ${short(l)} the largest curvature`,
  ];
  const forEuler: [share: number, text: string][] = [
    [
      (h * eta * l) / 2,
      `the gradient: h eta l = ${short(h * eta * l)} of 2, with l = ${short(l)} the largest curvature`,
    ],
    [
      (2 * h * (eta * l + alpha * lambdaMax) - dual) / 4,
      `the coupling on the graph's fastest mode: 2 h (l + alpha lambdaMax) - h^2 beta^2 lambdaMax = ${short(2 * h * (eta * l + alpha * lambdaMax) - dual)} of 4`,
    ],
    [
      (h * beta * beta * lambdaMax) / (eta * m + alpha * lambdaMax || 1),
      `the dual, which must not outrun the primal: h beta^2 lambdaMax = ${short(h * beta * beta * lambdaMax)} of m + alpha lambdaMax = ${short(eta * m + alpha * lambdaMax)}`,
    ],
  ];
  // With inner steps no curvature limits the step.
  const coupling = integrator === 'semi-implicit' ? dual : Math.max(0, 2 * h * alpha * lambdaMax - dual);
  const forInner: [share: number, text: string] = [
    coupling / (4 + 2 * h * eta * m),
    `the coupling on the graph's fastest mode: ${integrator === 'semi-implicit' ? 'h^2 beta^2 lambdaMax' : '2 h alpha lambdaMax - h^2 beta^2 lambdaMax'} = ${short(coupling)} of 4 + 2 h m = ${short(4 + 2 * h * eta * m)}`,
  ];
  const explicit = integrator === 'semi-implicit' ? [forSemiImplicit] : forEuler;
  const alone = run.agents === 1 && gains['inner'] === undefined;
  const conditions = alone
    ? forEuler.slice(0, 1)
    : gains['inner'] === undefined
      ? explicit
      : integrator === 'semi-implicit'
        ? [forInner]
        : [forInner, forEuler[2]!];
  conditions.sort((a, b) => b[0] - a[0]);
  const [share, text] = conditions[0]!;
  const lines: string[] = [];
  if (compress !== 'none' && share < COMPRESSION_BINDS) {
    lines.push(
      `the compression binds: a message tells ${(100 * delta).toPrecision(3)}% of what there is to say, and without it the same gains would stand a step ${(1 / share).toPrecision(2)} times as large`,
    );
  }
  lines.push(`nearest its limit is ${text}`);
  if (failedLarger === true) lines.push('a trial run with a larger step diverged or fell behind');
  return lines;
}

/** Below this share of every condition without compression, it is the compression that asks for less. */
const COMPRESSION_BINDS = 0.6;

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
