/**
 * What `auto` means: gains from the formula of the flow (`../flow/gains.ts`), made better by pilots where pilots are affordable.
 *
 * A pilot is affordable where the graph is small, the optimum is known (so that there is a distance to measure), every gradient sees all samples, and a
 * budget of arithmetic (not of time: the same config must give the same gains on every machine) holds enough rounds. Everywhere else the formula stands.
 */

import type { StopSpec } from '../config/types.js';
import { predictedRoundsPerDecade, roundStep } from '../flow/gains.js';
import { flowDefinition } from '../flow/registry.js';
import type { FlowPlan, GainContext } from '../flow/types.js';
import type { ProgramPlan } from '../program/flow/plan.js';
import type { Fillable } from '../session/fill.js';
import { openPilot, type PilotResult, TARGET_SHARE } from './pilot.js';
import { roundsToGap } from './rate.js';
import { type Gains, patternSearch } from './search.js';

/** Beyond this, one pilot alone is a job of its own. */
const MOST_AGENTS = 5000;
/** Multiply-adds of all pilots together: a few seconds. */
const WORK_BUDGET = 5e9;
/** Where a round runs a user's JavaScript, it is reckoned to take this many times as long. */
const MODULE_WORK = 20;
/** Fewer rounds than this in all are no basis for a choice. */
const LEAST_ROUNDS = 2000;
const MOST_EVALUATIONS = 80;
/** No pilot may take more than this share of all rounds. */
const HORIZON_SHARE = 0.1;
/** The model of linear compressors begins near the end: fewer pilots, longer ones. */
const LINEAR_HORIZON_SHARE = 0.3;
const FACTORS = [2, 1.4, 1.18];

export interface Tuning {
  /** `pilot`: found by trying; `formula`: reckoned from spectrum, curvatures and contraction. */
  method: 'pilot' | 'formula';
  /** The parameters that were `auto`. */
  chosen: string[];
  gains: Gains;
  /** Sentences: why these, and what keeps them from being faster. */
  why: string[];
  /** Predicted rounds per factor of ten in the distance to the optimum; null where nothing is known. */
  roundsPerDecade: number | null;
  /** Predicted rounds until the distance is a millionth of what it was. */
  roundsToMillionth: number | null;
  /** Predicted rounds until stop.gap, which only pilots can tell; null without it. */
  roundsToGap: number | null;
  /** rms distance to the optimum at the beginning; null where there is none. */
  firstError: number | null;
  /** What the pilots took; null with the formula. */
  pilots: { count: number; rounds: number; budgetRounds: number } | null;
}

export interface TuneInputs extends Omit<Fillable, 'program'> {
  /** Planned for one worker. */
  program: ProgramPlan;
  spec: { kind: string; [parameter: string]: unknown };
  stop: StopSpec;
}

/** The parameters of a flow that are `auto`, of those that its plan has a number for. */
export function automaticNames(spec: TuneInputs['spec'], planned: Gains): string[] {
  return Object.keys(planned).filter((name) => spec[name] === undefined || spec[name] === 'auto');
}

export function tune(inputs: TuneInputs): Tuning {
  const { program, spec, stop, cost, optimum } = inputs;
  const { run } = program;
  const definition = flowDefinition(run.flow.kind);
  const chosen = automaticNames(spec, run.flow.gains).filter((name) => name !== 'eta');
  const context = program.gains();
  const formula = (reason: string): Tuning => {
    const slope = ratePredicted(program, context);
    return {
      method: 'formula',
      chosen,
      gains: run.flow.gains,
      why: [`from the formula, without pilots: ${reason}`, ...bindingConditions(program, context, null)],
      roundsPerDecade: slope,
      roundsToMillionth: slope === null ? null : Math.ceil(slope * -Math.log10(TARGET_SHARE)),
      roundsToGap: null,
      firstError: firstError(inputs),
      pilots: null,
    };
  };
  const { search } = definition;
  if (!search) return formula(`the ${run.flow.kind} flow has no search`);
  if (spec['tuning'] === 'formula') return formula('flow.tuning is formula');
  if (run.agents > MOST_AGENTS) return formula(`${run.agents} agents, and pilots end at ${MOST_AGENTS}`);
  if (definition.problem === 'cost' && !optimum)
    return formula(`the optimum is unknown (${cost.whyNoOptimum ?? 'no central solver'})`);
  if (spec['batch'] !== undefined && spec['batch'] !== 'all')
    return formula('gradients of mini-batches never settle');
  const workOfRound =
    program.work * (run.modules.length > 0 ? MODULE_WORK : 1) * (run.flow.gains['inner'] ?? 1);
  const budgetRounds = Math.floor(WORK_BUDGET / workOfRound);
  if (budgetRounds < LEAST_ROUNDS)
    return formula(`a round is so large that the budget holds ${budgetRounds} of them`);

  const pilot = openPilot(inputs);
  const horizon = Math.max(
    1,
    Math.floor(budgetRounds * (context.linear && context.delta < 1 ? LINEAR_HORIZON_SHARE : HORIZON_SHARE)),
  );
  const results = new Map<Gains, PilotResult>();
  const free = chosen.filter((name) => search.directions.some((direction) => direction[name] !== undefined));
  const bolder = search.starts?.(run.flow, context) ?? [];
  const starts = [...bolder, run.flow.gains].map((gains) =>
    Object.fromEntries(free.map((name) => [name, gains[name]!])),
  );
  const found = patternSearch(
    starts,
    'step',
    (gains, least) => {
      const left = budgetRounds - pilot.rounds();
      // The last pilots must not be judged by a shorter flight than the others.
      if (left < Math.min(horizon, least)) return Number.POSITIVE_INFINITY;
      const result = pilot.fly(program.planFlow(gains), least, horizon);
      results.set(gains, result);
      return result.rounds;
    },
    { ...search, factors: FACTORS, evaluations: MOST_EVALUATIONS },
  );
  const flownSoFar = () => ({ count: found.evaluations, rounds: pilot.rounds(), budgetRounds });
  if (found.cost === Number.POSITIVE_INFINITY) {
    const given = formula('no pilot came closer within its budget');
    return { ...given, pilots: flownSoFar() };
  }
  const failedLarger = [...results].some(
    ([gains, { rounds }]) => gains['step']! > found.best['step']! && rounds === Number.POSITIVE_INFINITY,
  );
  let best = results.get(found.best)!;
  let gains = found.best;
  // What is only just stable may hold for six factors of ten and then grow: the winner has to go on, or give some of its step.
  for (let tries = 0; best.reached && 'step' in gains && tries < MOST_CONFIRMATIONS; tries++) {
    // A billionth is half as far again as a millionth: what takes longer than CONFIRMATION times the way has met its noise.
    const patience = Math.ceil(CONFIRMATION * best.rounds);
    if (pilot.fly(program.planFlow(gains), patience, patience, CONFIRMED_SHARE).reached) break;
    gains = { ...gains, ...smaller(gains) };
    best = pilot.fly(program.planFlow(gains), Number.POSITIVE_INFINITY, Math.max(horizon, patience));
  }
  // A pace that was only extrapolated may hide a slow growth, which the model of linear compressors would know of: leave it more room.
  const modelled = context.linear && context.delta < 1 && isEuler(run.flow);
  const vouched = best.reached || modelled;
  if (!vouched) gains = { ...gains, ...smaller(gains) };
  const flow = program.planFlow(gains);
  const toGap =
    stop.gap === undefined || !optimum || run.problem !== 'cost'
      ? null
      : roundsToGap(
          pilot.gaps(flow, Math.min(Math.ceil(best.rounds), horizon)),
          stop.gap,
          best.roundsPerDecade,
        );
  const flown = flownSoFar();
  const chosenProgram = { ...program, run: { ...run, flow } };
  return {
    method: 'pilot',
    chosen,
    gains: flow.gains,
    why: [
      `the best of ${flown.count} pilots (${flown.rounds} rounds in all), each the first rounds of this very run`,
      ...bindingConditions(chosenProgram, context, failedLarger),
    ],
    roundsPerDecade: best.roundsPerDecade,
    roundsToMillionth: Math.ceil(best.rounds),
    roundsToGap: toGap,
    firstError: firstError(inputs),
    pilots: flown,
  };
}

/** Of the beginning, where the optimum is known before an arena is filled. */
function firstError({ init, optimum, program }: TuneInputs): number | null {
  if (!optimum) return null;
  const { agents, dim } = program.run;
  let sum = 0;
  for (let i = 0; i < agents * dim; i++) sum += ((init?.[i] ?? 0) - optimum.x[i % dim]!) ** 2;
  return Math.sqrt(sum / (agents * dim));
}

/** A pilot that wins goes on to this share of the first distance. */
const CONFIRMED_SHARE = 1e-9;
const CONFIRMATION = 3;
const MOST_CONFIRMATIONS = 8;
const SMALLER_STEP = 0.8;

function smaller({ step }: Gains): Gains {
  return step === undefined ? {} : { step: roundStep(step * SMALLER_STEP) };
}

function isEuler({ integrator, gains }: FlowPlan): boolean {
  return integrator !== 'semi-implicit' && gains['inner'] === undefined;
}

function ratePredicted({ run }: ProgramPlan, context: GainContext): number | null {
  const { compress, gains } = run.flow;
  // The models of the spectrum are forward Euler's.
  if (compress === undefined || !isEuler(run.flow)) return null;
  const slope = predictedRoundsPerDecade(compress, gains, context, run.problem);
  return Number.isFinite(slope) ? slope : null;
}

/** Which of the conditions on a step is nearest its limit, in words. `failedLarger`: a pilot with a larger step failed; null where none was flown. */
export function bindingConditions(
  { run }: ProgramPlan,
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
  const conditions =
    gains['inner'] === undefined
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
  if (failedLarger === true) lines.push('a pilot with a larger step diverged or fell behind');
  return lines;
}

/** Below this share of every condition without compression, it is the compression that asks for less. */
const COMPRESSION_BINDS = 0.6;

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
