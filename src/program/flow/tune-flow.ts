/**
 * The same search for every method: `budget` trial runs of a config's flow, each as long as the run itself,
 * judged by what the agents hold at the run's own target. What `auto` does in a few seconds (`tune.ts`) with
 * a budget of arithmetic, this does with a number of runs, so that methods can be compared that were all
 * given the same.
 *
 *     const found = await tuneFlow(loaded, { budget: 40, target: { rmsError: 1e-4 } });
 *     const run = withGains(loaded, found);
 *
 * Searched is what the flow's own file says can be (`FlowDefinition.search`) and the config leaves to `auto`;
 * what is given stays. Deterministic: the same config and options, the same gains.
 */

import type { Gains } from '../../base/pattern-search.js';
import type { CompressorSpec } from '../../compress/types.js';
import { flowDefinition } from '../../flow/registry.js';
import type { Compress, FlowSpec } from '../../flow/types.js';
import type { LoadedConfig } from '../../run/config.js';
import {
  costOfStarts,
  type Found,
  searchable,
  searchGains,
  startCount,
  type TrialOptions,
} from '../../tune/search-gains.js';
import { type Held, openTrials, TARGET_SHARE, type Trials } from '../../tune/trial-runs.js';
import { automaticNames, FAR_FEWER } from '../../tune/tune.js';
import type { Tunable } from '../../tune/types.js';
import { answerFlow } from './answer.js';
import type { FlowConfig } from './config.js';
import { shortRun } from './gains.js';
import { loadRun } from './load-run.js';

export interface FlowTrialOptions {
  /** Trial runs, at most; one or two more verify the winner. */
  budget: number;
  /**
   * Distance to the optimum that is asked of the agents; by default the config's `stop.rmsError`, or else a
   * millionth of the first.
   */
  target?: { rmsError: number };
  /** Whose distance: root mean square over the agents (the default), or the farthest agent's. */
  held?: Held;
  /** Rounds of a trial, at most; by default the run's own. */
  rounds?: number;
  /** Called after each trial with how many there have been. */
  onTrial?: (trials: number) => void;
}

/** What a search by trial runs found. */
export interface FlowTrials {
  /** The mode that the gains are for; null where the flow has none. */
  compress: Compress | null;
  /** Which one `compressor: auto` became; absent where one was given. */
  compressor?: CompressorSpec;
  /** All numbers of the flow, those that were given included. */
  gains: Gains;
  /** What was searched. */
  chosen: string[];
  /** Trial runs made. */
  trials: number;
  /** What a trial is judged by: distance to the optimum, or the objective where the optimum is unknown. */
  judgedBy: 'distance' | 'objective';
  /**
   * Rounds to the target: counted where it was reached, reckoned from the pace where not; null where nothing
   * says when.
   */
  rounds: number | null;
  /** Whether the trial of these gains reached the target. */
  reached: boolean;
  /**
   * rms distance (or that of the farthest agent) where the trial of these gains ended; null where the optimum
   * is unknown.
   */
  error: number | null;
  /** Whether these gains were seen to hold for as long again. */
  verified: boolean;
}

/** @throws InputError as preparing the run does */
export async function tuneFlow(
  loaded: LoadedConfig<FlowConfig>,
  options: FlowTrialOptions,
): Promise<FlowTrials> {
  const problem = await loadRun(loaded);
  const { optimum } = answerFlow(problem);
  const { flow, rounds: ownRounds, stop } = problem.config;
  const candidate = (compress: Compress | undefined): Candidate => {
    const tunable = shortRun(problem, optimum, { compress, order: 'given' });
    const free = searchable(tunable.plan.flow, automaticNames(tunable.spec, tunable.plan.flow.gains));
    return { tunable, runs: openTrials(tunable), free };
  };
  const horizon = options.rounds ?? ownRounds;
  const { held = 'rms' } = options;
  const asked = options.target?.rmsError ?? stop.rmsError;
  let seen = 0;
  const onTrial = () => options.onTrial?.(++seen);
  const settings = ({ tunable, runs }: Candidate): TrialOptions => {
    const first = runs.distance();
    return {
      trials: options.budget,
      horizon,
      budgetRounds: Number.POSITIVE_INFINITY,
      target: asked === undefined || !(first > 0) ? TARGET_SHARE : Math.min(0.9, asked / first),
      held,
      objective: isBlind(tunable),
      onTrial,
      byItsEnd: typeof flow.batch === 'number' || flowDefinition(flow).search?.biased === true,
    };
  };

  let best = candidate(flow.compress);
  let spent = 0;
  // Where the mode is open, the starts of both tell which one the rest of the budget goes to.
  if (problem.otherMode !== null && best.free.length > 0) {
    const other = candidate(problem.otherMode);
    const costs = (of: Candidate, least: number) => {
      const { tunable, runs, free } = of;
      spent += startCount(tunable, tunable.gains());
      return costOfStarts(tunable, runs, free, tunable.gains(), settings(of), least);
    };
    if (2 * startCount(best.tunable, best.tunable.gains()) < options.budget) {
      const own = costs(best, Number.POSITIVE_INFINITY);
      if (costs(other, FAR_FEWER * own) < FAR_FEWER * own) best = other;
    }
  }
  const { tunable, runs, free } = best;
  const set = settings(best);
  const found =
    free.length === 0 || (!set.objective && runs.distance() === 0)
      ? null
      : searchGains(tunable, runs, free, tunable.gains(), { ...set, trials: options.budget - spent });
  const { choice, given } = problem;
  return { ...report(best, found, spent, set), ...(choice && { compressor: given.compressor }) };
}

/** The config with the numbers that were found. */
export function withGains(
  loaded: LoadedConfig<FlowConfig>,
  { gains, chosen, compress, compressor }: Pick<FlowTrials, 'gains' | 'chosen' | 'compress' | 'compressor'>,
): LoadedConfig<FlowConfig> {
  const { alternatives: _, ...rest } = loaded;
  const numbers = Object.fromEntries(chosen.map((name) => [name, gains[name]]));
  const flow: FlowSpec = { ...loaded.config.flow, ...(compress !== null && { compress }), ...numbers };
  return { ...rest, config: { ...loaded.config, flow, ...(compressor && { compressor }) } };
}

interface Candidate {
  tunable: Tunable;
  runs: Trials;
  free: string[];
}

function report(
  { tunable, runs, free: chosen }: Candidate,
  found: Found | null,
  spent: number,
  { objective, byItsEnd }: TrialOptions,
): FlowTrials {
  const { flow } = tunable.plan;
  const gains = found === null ? flow.gains : tunable.withGains(found.gains).gains;
  const result = found?.result ?? null;
  const finite = (value: number) => (Number.isFinite(value) ? value : null);
  return {
    compress: flow.compress ?? null,
    gains,
    chosen,
    trials: (found?.trials ?? 0) + spent,
    judgedBy: objective === true ? 'objective' : 'distance',
    rounds: result && (result.reached || byItsEnd !== true) ? finite(Math.ceil(result.rounds)) : null,
    reached: result?.reached ?? false,
    error: result && finite(result.share * runs.distance()),
    verified: found?.verified ?? false,
  };
}

/** Whether nobody knows where the agents are to go. */
function isBlind({ plan, optimum }: Tunable): boolean {
  return plan.problem === 'cost' && optimum === null;
}
