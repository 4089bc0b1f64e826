/**
 * The same search for every method: `budget` trial runs of a config's flow, each as long as the run itself, judged by what the agents hold at the run's own target. What `auto` does in
 * a few seconds (`tune.ts`) with a budget of arithmetic, this does with a number of runs, so that methods can be compared that were all given the same.
 *
 *     const found = await tuneFlow(loaded, { budget: 40, target: { rmsError: 1e-4 } });
 *     const run = withGains(loaded, found);
 *
 * Searched is what the flow's own file says can be (`FlowDefinition.search`) and the config leaves to `auto`; what is given stays. Deterministic: the same config and options, the same gains.
 */

import type { LoadedConfig } from '../config/types.js';
import { InputError } from '../errors.js';
import { flowDefinition } from '../flow/registry.js';
import type { Compress, FlowSpec } from '../flow/types.js';
import { type FlowPrepared, prepareRun } from '../session/prepare.js';
import { type Held, openPilot, type Pilot, TARGET_SHARE } from './pilot.js';
import type { Gains } from './search.js';
import {
  costOfStarts,
  type Found,
  searchable,
  searchGains,
  startCount,
  type TrialOptions,
} from './trials.js';
import { automaticNames, FAR_FEWER } from './tune.js';

export interface FlowTrialOptions {
  /** Trial runs, at most; one or two more verify the winner. */
  budget: number;
  /** Distance to the optimum that is asked of the agents; by default the config's `stop.rmsError`, or else a millionth of the first. */
  target?: { rmsError: number };
  /** Whose distance: root mean square over the agents (the default), or the farthest agent's. */
  held?: Held;
  /** Rounds of a trial, at most; by default the run's own. */
  rounds?: number;
}

export interface FlowTrials {
  compress: Compress | null;
  /** All numbers of the flow, those that were given included. */
  gains: Gains;
  /** What was searched. */
  chosen: string[];
  trials: number;
  judgedBy: 'distance' | 'objective';
  /** Rounds to the target: counted where it was reached, reckoned from the pace where not; null where nothing says when. */
  rounds: number | null;
  reached: boolean;
  /** rms distance (or that of the farthest agent) where the trial of these gains ended; null where the optimum is unknown. */
  error: number | null;
  /** Whether these gains were seen to hold for as long again. */
  verified: boolean;
}

export async function tuneFlow(loaded: LoadedConfig, options: FlowTrialOptions): Promise<FlowTrials> {
  const { flow, rounds: ownRounds, stop } = flowConfig(loaded);
  const modes = loaded.otherMode === undefined ? [flow.compress] : [flow.compress, loaded.otherMode];
  const candidates: Candidate[] = [];
  for (const compress of modes) candidates.push(await candidate(loaded, compress));
  const horizon = options.rounds ?? ownRounds;
  const { held = 'rms' } = options;
  const asked = options.target?.rmsError ?? stop.rmsError;
  const settings = ({ prepared, pilot }: Candidate): TrialOptions => {
    const first = pilot.distance();
    const noisy = typeof flow.batch === 'number';
    return {
      trials: options.budget,
      horizon,
      budgetRounds: Number.POSITIVE_INFINITY,
      target: asked === undefined || !(first > 0) ? TARGET_SHARE : Math.min(0.9, asked / first),
      held,
      objective: isBlind(prepared),
      byItsEnd: noisy || flowDefinition(flow.kind).search?.biased === true,
    };
  };

  // Where the mode is open, the starts of both tell which one the rest of the budget goes to.
  let [best] = candidates as [Candidate, ...Candidate[]];
  let spent = 0;
  const [, other] = candidates;
  if (other !== undefined && best.free.length > 0) {
    const costs = (of: Candidate, least: number) => {
      spent += startCount(of.prepared.program, of.context());
      return costOfStarts(of.prepared.program, of.pilot, of.free, of.context(), settings(of), least);
    };
    if (2 * startCount(best.prepared.program, best.context()) < options.budget) {
      const own = costs(best, Number.POSITIVE_INFINITY);
      if (costs(other, FAR_FEWER * own) < FAR_FEWER * own) best = other;
    }
  }
  const { prepared, pilot, free } = best;
  const { program } = prepared;
  const set = settings(best);
  const found =
    free.length === 0 || (!set.objective && pilot.distance() === 0)
      ? null
      : searchGains(program, pilot, free, best.context(), { ...set, trials: options.budget - spent });
  return report(prepared, free, found, pilot, spent, set);
}

/** The config with the numbers that were found. */
export function withGains(
  loaded: LoadedConfig,
  { gains, chosen, compress }: Pick<FlowTrials, 'gains' | 'chosen' | 'compress'>,
): LoadedConfig {
  const { otherMode: _, ...rest } = loaded;
  const numbers = Object.fromEntries(chosen.map((name) => [name, gains[name]]));
  const flow = { ...flowConfig(loaded).flow, ...(compress !== null && { compress }), ...numbers };
  return { ...rest, config: { ...loaded.config, flow } as LoadedConfig['config'] };
}

interface Candidate {
  prepared: FlowPrepared;
  pilot: Pilot;
  free: string[];
  context(): ReturnType<FlowPrepared['program']['gains']>;
}

async function candidate(loaded: LoadedConfig, compress: Compress | undefined): Promise<Candidate> {
  const { flow, layout } = flowConfig(loaded);
  const { search } = flowDefinition(flow.kind);
  const spec: FlowSpec = {
    ...flow,
    ...(compress !== undefined && { compress }),
    ...(search && { tuning: 'formula' }),
  };
  const config = { ...loaded.config, flow: spec, layout: { ...layout, order: 'given' } };
  const { otherMode: _, ...rest } = loaded;
  const prepared = (await prepareRun(
    { ...rest, config: config as LoadedConfig['config'] },
    1,
  )) as FlowPrepared;
  return {
    prepared,
    pilot: openPilot(prepared),
    free: searchable(flow.kind, automaticNames(spec, prepared.program.run.flow.gains)),
    context: prepared.program.gains,
  };
}

function report(
  { program }: FlowPrepared,
  chosen: string[],
  found: Found | null,
  pilot: Pilot,
  spent: number,
  { objective, byItsEnd }: TrialOptions,
): FlowTrials {
  const { flow } = program.run;
  const gains = found === null ? flow.gains : program.planFlow(found.gains).gains;
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
    error: result && finite(result.share * pilot.distance()),
    verified: found?.verified ?? false,
  };
}

/** Whether nobody knows where the agents are to go. */
function isBlind({ program, optimum }: FlowPrepared): boolean {
  return program.run.problem === 'cost' && optimum === null;
}

function flowConfig({ config }: LoadedConfig) {
  if (config.program !== undefined) {
    throw new InputError('a program has no flow whose gains could be searched', { path: ['program'] });
  }
  return config;
}
