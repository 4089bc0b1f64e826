/** A run is recorded under V8's sampling profiler: what the command `profile` and the function both do. */

import { basename } from 'node:path';
import { InputError } from '../base/errors.js';
import { callTree, ROUND_LOOP } from '../profile/call-tree.js';
import type { ProfiledRun, RecordedThread } from '../profile/write.js';
import type { TransportTask } from '../ranks/transport.js';
import type { LoadedConfig } from '../run/config.js';
import type { PlanReport, Summary } from '../run/reports.js';
import type { MethodDescription } from '../schema/program.js';
import type { RecordedTimeline } from '../session/recorded-timeline.js';
import type { RunResult, Session } from '../session/types.js';

/** What is recorded where nothing is said. */
export const SECONDS = 5;
/** Microseconds between two samples where nothing is said. */
export const INTERVAL_US = 500;
/** Repeats where a comparison is asked for and nothing is said. */
export const REPEATS = 10;
export const MOST_REPEATS = 1000;
/** More than anything runs in any time that somebody waits for; schedules that look ahead have a horizon. */
const ENDLESS_ROUNDS = 1e9;

/** Throws InputError. */
export function checkRepeats(repeats: unknown): void {
  if (!Number.isInteger(repeats) || (repeats as number) < 1 || (repeats as number) > MOST_REPEATS) {
    throw new InputError(`repeats is ${repeats}, expected a whole number in 1..${MOST_REPEATS}`);
  }
}

export interface Recorded {
  run: Omit<ProfiledRun, 'name'>;
  threads: RecordedThread[];
  summary: Summary;
  /** Where it was asked for. */
  timeline?: RecordedTimeline;
}

/** What a profile is called. */
export function profileName({ config, file }: LoadedConfig): string {
  return config.name ?? (file === null ? 'run' : basename(file).replace(/\.(ya?ml|json)$/i, ''));
}

export interface LoopOptions {
  /** How long the round loop is recorded; null: to its end. */
  seconds: number | null;
  /** Whether the config's rounds are those to record. */
  allRounds: boolean;
  /** 0: without the profiler. */
  intervalUs: number;
  /** Rounds in the middle whose times are recorded, see `RunResult.timeline`; absent: of none. */
  window?: number | undefined;
  /** As in `PrepareOptions`. */
  ranks?: TransportTask;
}

/** As `--seconds` and `--rounds` are meant together. */
export function lasting(
  seconds: number | undefined,
  rounds: unknown,
): Pick<LoopOptions, 'seconds' | 'allRounds'> {
  const given = rounds !== undefined;
  return { seconds: seconds ?? (given ? null : SECONDS), allRounds: given };
}

/**
 * The round loop alone: a profiler in each worker, switched on when all are ready. `stop` and the rounds of the
 * config end nothing, unless they are those to record.
 *
 * @param race a wait that its caller may leave
 * @param start starts the session when it is prepared, and waits for its end
 */
export async function recordLoop(
  session: Session,
  loaded: LoadedConfig,
  { seconds, allRounds, intervalUs, window, ranks }: LoopOptions,
  race: <T>(promise: Promise<T>) => Promise<T>,
  start: (plan: PlanReport) => Promise<RunResult>,
): Promise<Recorded> {
  let timer: NodeJS.Timeout | undefined;
  try {
    const config = await unending(loaded, !allRounds);
    const timed = window !== undefined && {
      timeline: { rounds: window, afterSeconds: seconds === null ? null : seconds / 2 },
    };
    const plan = await race(
      session.prepare({ config, outDir: null, profileUs: intervalUs, ...timed, ...(ranks && { ranks }) }),
    );
    if (seconds !== null) {
      // From the first row on: what comes before it is not the loop.
      await session.subscribe(() => {
        timer ??= setTimeout(() => session.stop().catch(() => {}), 1000 * seconds);
      });
    }
    const { summary, profiles, threadTimes, timeline } = await start(plan);
    return {
      run: describeRun('loop', summary, plan, intervalUs),
      threads: profiles.map((profile, worker) => ({
        profile,
        tree: callTree(profile, `worker ${worker}`, ROUND_LOOP),
        times: threadTimes[worker] ?? null,
      })),
      summary,
      ...(timeline && { timeline }),
    };
  } finally {
    clearTimeout(timer);
  }
}

/** The same run without an end of its own. */
async function unending(loaded: LoadedConfig, endless: boolean): Promise<LoadedConfig> {
  const { config } = loaded;
  const rounds = endless ? await roundsOf(loaded) : config.rounds;
  return { ...loaded, config: { ...config, stop: {}, rounds } };
}

/** As many as a run may have that is ended before. */
export async function roundsOf(loaded: LoadedConfig): Promise<number> {
  const { rounds } = loaded.config;
  return (await describe(loaded)).endless ? Math.max(rounds, ENDLESS_ROUNDS) : rounds;
}

/** Null where the run did not come to its end: it has said why, on stderr. */
export interface RecordedWhole {
  exitCode: number;
  recorded: Recorded | null;
}

/** Everything: the command line, in a process of its own under the profiler. */
export async function recordWhole(
  loaded: LoadedConfig,
  intervalUs: number,
  quiet: boolean,
  onSignal: (listener: (signal: NodeJS.Signals) => void) => () => void,
): Promise<RecordedWhole> {
  const { argumentsOf, profileWhole } = await import('../profile/whole.js');
  const argv = [...argumentsOf(loaded), ...(quiet ? ['--quiet'] : [])];
  const { summary, threads, exitCode } = await profileWhole(argv, intervalUs, onSignal);
  if (summary === null) return { exitCode, recorded: null };
  const run = describeRun('whole', summary, await describe(loaded), intervalUs);
  return { exitCode, recorded: { run, threads, summary } };
}

async function describe({ config }: LoadedConfig): Promise<MethodDescription> {
  const [{ describeMethod }, { loadRegistries }] = await Promise.all([
    import('../config/describe-method.js'),
    import('../config/registries.js'),
  ]);
  return describeMethod(await loadRegistries(), config);
}

export function describeRun(
  scope: ProfiledRun['scope'],
  { agents, edges, dim, workers, rounds, seconds }: Summary,
  { flow, compressor }: Pick<MethodDescription, 'flow' | 'compressor'>,
  intervalUs: number,
): Omit<ProfiledRun, 'name'> {
  return { scope, agents, edges, dim, flow, compressor, workers, rounds, seconds, intervalUs };
}
