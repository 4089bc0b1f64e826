/** Where the time of a run goes, as `sottovoce profile` records it. */

import path from 'node:path';
import { formatValue, InputError, RunError } from '../base/errors.js';
import { isTooSlow, type ProfileComparison } from '../profile/comparison.js';
import { LEAST_REPEATS } from '../profile/significance.js';
import type { ProfileReport, ThreadProfile } from '../profile/write.js';
import type { LoadedConfig } from '../run/config.js';
import type { Summary } from '../run/reports.js';
import type { Progress, RunResult } from '../session/types.js';
import { load } from './configs.js';
import { checkOptions as checkKeys } from './options.js';
import {
  checkRepeats,
  INTERVAL_US,
  lasting,
  profileName,
  REPEATS,
  type Recorded,
  recordLoop,
  recordWhole,
  SECONDS,
} from './record.js';
import type { Against, RepeatedProfile } from './repeated.js';
import type { ConfigInput } from './specs.js';
import { steered } from './steer.js';
import { checkWindow, type DescribedTimeline, describeTimeline, timelineFiles } from './timeline.js';

/** How a run is recorded. */
export interface ProfileOptions {
  /** How long the round loop is recorded; 5 where neither this nor `rounds` is given. */
  seconds?: number;
  /** Rounds to record, however long they take; with `seconds`, at most. */
  rounds?: number;
  /** Instead of the config's own. */
  workers?: number | 'auto';
  /** Of its random draws. */
  seed?: number;
  /** Microseconds between two samples of a thread, 50..100000; 500 where absent. */
  intervalUs?: number;
  /**
   * The whole run as the config says, from the start of a process, in a process of its own; what that prints
   * for people goes to stderr. For the path of a config file alone.
   */
  whole?: boolean;
  /**
   * Rounds in the middle of the run of which it is recorded when each worker worked and waited, as `timeline`
   * does: `outDir` then has trace.json and timeline.svg as well. Of none where absent; not with `whole` or `repeats`.
   */
  timelineRounds?: number;
  /**
   * Starts to record, each a fresh process, with rounds timed without the profiler as well; 10 where something is
   * compared with. `seconds` are then for all of them, and `rounds` is not given.
   */
  repeats?: number;
  /** Whether to look, in a run beside it, where V8 gave compiled code up: `report.deoptimisations`. */
  deopts?: boolean;
  /** Folder of an earlier profile to compare with, best one with repeats. */
  against?: string;
  /** Another config to compare with: both run in turns. */
  againstConfig?: ConfigInput | LoadedConfig | string;
  /** Folder of another built copy of this package to compare with: both run in turns. */
  againstBuild?: string;
  /**
   * By how much what is recorded may be slower than what it is compared with, as a part (0.05): `tooSlow` says
   * whether it is slower by more. Beside one of these three, and 8 repeats or more.
   */
  failSlower?: number;
  /** Folder for the files that the command writes; nothing is written where absent. */
  outDir?: string;
  /** Whether flame graphs are among these files; true where absent. */
  html?: boolean;
  /** Ends the recording after the round that is under way; what was recorded until then is the profile. */
  signal?: AbortSignal;
  /**
   * Called about ten times a second with where the run is; not with `whole` or `repeats`. What it throws ends
   * the run.
   */
  onProgress?: (progress: Progress) => void;
}

const OPTIONS = [
  'seconds',
  'rounds',
  'workers',
  'seed',
  'intervalUs',
  'whole',
  'timelineRounds',
  'repeats',
  'deopts',
  'against',
  'againstConfig',
  'againstBuild',
  'failSlower',
  'outDir',
  'html',
  'signal',
  'onProgress',
];

/** What was recorded. */
export interface ProfileOutcome {
  /** As in profile.json: shares of time by frame and by file, for all threads and for each. */
  report: ProfileReport;
  /** As in hottest.txt. */
  text: string;
  /** With what it was compared, and whether it is slower; null where nothing was compared. */
  comparison: ProfileComparison | null;
  /** Whether it is slower by more than `failSlower`; false where that was not given. */
  tooSlow: boolean;
  /** What V8 recorded of each thread, in lines of the sources, worker 0 first: as the .cpuprofile files. */
  profiles: ThreadProfile[];
  /** How the run ended: `stopped` where the time was over. */
  summary: Summary;
  /** Where `timelineRounds` was given. */
  timeline?: DescribedTimeline;
  /** Paths of what was written; empty without `outDir`. */
  files: string[];
}

/**
 * Records a run under V8's sampling profiler: which kernel, which function, how long at the barrier.
 *
 * ```ts
 * const { report } = await profile(
 *   {
 *     topology: { kind: 'ring', nodes: 8 },
 *     cost: { kind: 'quadratic', dim: 64 },
 *     flow: { kind: 'primal-dual', step: 0.1, alpha: 1, beta: 1 },
 *     workers: 1,
 *   },
 *   { seconds: 0.5 },
 * );
 * for (const { name, share } of report.merged.frames.slice(0, 3)) console.log(name, share);
 * ```
 *
 * `stop` and `rounds` of the config end nothing, as in the command: a run that converges in a few milliseconds
 * leaves too few samples to say anything.
 *
 * With `againstBuild`, `againstConfig` or `against` it says whether it is slower than another build, another config
 * or an earlier profile, and in which frames: `comparison`. Several may be recorded at once, each in its own threads; they take
 * cores from one another, and times then say little.
 *
 * @throws InputError where the config, an option or the folder is wrong
 * @throws RunError where the run failed
 * @throws the reason of the signal, where that came before anything was recorded
 */
export async function profile(
  config: ConfigInput | LoadedConfig | string,
  options: ProfileOptions = {},
): Promise<ProfileOutcome> {
  checkKeys('profile', options, OPTIONS);
  const { outDir, html = true, signal } = options;
  checkOptions(options);
  signal?.throwIfAborted();
  const [loaded, { describeProfile, writeProfile, checkFolder }, { loadPage }, { mapProfile }] =
    await Promise.all([
      load(config, options),
      import('../profile/write.js'),
      import('../profile/flame-graph.js'),
      import('../profile/mapped.js'),
    ]);
  const folder = outDir === undefined ? null : path.resolve(outDir);
  if (folder !== null) checkFolder(folder);
  const page = folder !== null && html ? loadPage() : null;
  const several = await (asksForRepeats(options)
    ? recordSeveral(loaded, options)
    : recordOnce(loaded, options));
  const { recorded, comparison } = several;
  if (recorded.summary.rounds === 0) signal?.throwIfAborted();
  const { threads, summary } = recorded;
  const run = { ...recorded.run, name: profileName(loaded) };
  const { seconds = SECONDS } = options;
  const recordings = threads.map(({ profile: recording }) => recording);
  const deoptimised = options.deopts
    ? await (await import('./deopts.js')).recordDeoptimisations(loaded, seconds, recordings, signal)
    : null;
  const described = describeProfile(run, threads, { ...several, deoptimised });
  const timeline = recorded.timeline && (await describeTimeline(run.name, recorded.timeline));
  const more = timeline && (await timelineFiles(timeline));
  const written = folder === null ? [] : writeProfile(folder, run, threads, described, page, more);
  return {
    report: described.report,
    text: described.text,
    comparison,
    tooSlow: isTooSlow(comparison, options.failSlower),
    profiles: threads.map(({ profile: recording, tree }) => ({
      thread: tree.root.name,
      profile: mapProfile(recording),
    })),
    summary,
    ...(timeline && { timeline }),
    files: written.map((name) => path.join(folder as string, name)),
  };
}

async function recordOnce(loaded: LoadedConfig, options: ProfileOptions): Promise<RepeatedProfile> {
  const recorded = await (options.whole ? recordProcess(loaded, options) : recordThreads(loaded, options));
  return { recorded, repeats: [], comparison: null, before: null };
}

function asksForRepeats({ repeats, against, againstConfig, againstBuild }: ProfileOptions): boolean {
  return [repeats, against, againstConfig, againstBuild].some((value) => value !== undefined);
}

async function recordSeveral(loaded: LoadedConfig, options: ProfileOptions): Promise<RepeatedProfile> {
  const { against, againstConfig, againstBuild, signal, intervalUs = INTERVAL_US } = options;
  const { repeats = REPEATS, seconds = SECONDS } = options;
  const [{ recordRepeats }, { readEarlier }, { findBuild }] = await Promise.all([
    import('./repeated.js'),
    import('./earlier.js'),
    import('./turns.js'),
  ]);
  const compared: Against = {
    recorded: against === undefined ? undefined : readEarlier(path.resolve(against)),
    config: againstConfig === undefined ? undefined : await load(againstConfig, options),
    build: againstBuild === undefined ? undefined : findBuild(path.resolve(againstBuild)),
  };
  return recordRepeats(loaded, compared, { repeats, seconds, intervalUs, signal });
}

async function recordThreads(loaded: LoadedConfig, options: ProfileOptions): Promise<Recorded> {
  const { openSession } = await import('../session/client.js');
  const { intervalUs = INTERVAL_US } = options;
  const { session, close } = await openSession();
  const start = (): Promise<RunResult> => steered(session, options, () => session.start());
  try {
    const window = options.timelineRounds;
    const loop = { ...lasting(options.seconds, options.rounds), intervalUs, window };
    return await recordLoop(session, loaded, loop, (promise) => promise, start);
  } finally {
    await close();
  }
}

async function recordProcess(loaded: LoadedConfig, options: ProfileOptions): Promise<Recorded> {
  const { signal } = options;
  if (loaded.file === null) {
    throw new InputError('whole is given with a config in memory, expected the path of a config file', {
      hint: 'a whole run is a process of its own, which reads its config itself',
    });
  }
  const { intervalUs = INTERVAL_US } = options;
  const { recorded, exitCode } = await recordWhole(loaded, intervalUs, true, (listener) => {
    const interrupt = () => listener('SIGINT');
    signal?.addEventListener('abort', interrupt);
    return () => signal?.removeEventListener('abort', interrupt);
  });
  if (recorded !== null) return recorded;
  signal?.throwIfAborted();
  throw new RunError('WORKER_FAILED', `the run under the profiler ended with exit code ${exitCode}`);
}

function checkFailSlower(most: unknown, isCompared: boolean, repeats = REPEATS): void {
  if (most === undefined) return;
  if (typeof most !== 'number' || !(most >= 0 && most < 1)) {
    throw new InputError(`failSlower is ${formatValue(most)}, expected a part in 0..1 such as 0.05`);
  }
  if (!isCompared) {
    throw new InputError('failSlower is given alone, expected what to compare with as well', {
      hint: 'give against, againstConfig or againstBuild',
    });
  }
  if (repeats < LEAST_REPEATS) {
    throw new InputError(
      `repeats is ${repeats} with failSlower, expected ${LEAST_REPEATS} or more: fewer say nothing`,
    );
  }
}

function checkOptions(options: ProfileOptions): void {
  const { seconds, intervalUs, whole, timelineRounds, repeats, rounds } = options;
  const { against, againstConfig, againstBuild } = options;
  if (repeats !== undefined) checkRepeats(repeats);
  const compared = Object.entries({ against, againstConfig, againstBuild }).filter(
    ([, value]) => value !== undefined,
  );
  if (compared.length > 1) {
    throw new InputError(`${compared.map(([key]) => key).join(' and ')} are given, expected one of them`);
  }
  checkFailSlower(options.failSlower, compared.length > 0, repeats);
  const asked = compared[0]?.[0] ?? (repeats === undefined ? null : 'repeats');
  for (const [key, value] of Object.entries({ whole: whole || undefined, rounds, timelineRounds })) {
    if (asked !== null && value !== undefined) {
      throw new InputError(`${key} is given with ${asked}, expected one of them`, {
        hint: 'seconds says how long each side is recorded, over all repeats',
      });
    }
  }
  if (seconds !== undefined && !(seconds > 0 && seconds <= 3600)) {
    throw new InputError(`seconds is ${seconds}, expected a number in 0..3600`);
  }
  const fits =
    Number.isInteger(intervalUs) && (intervalUs as number) >= 50 && (intervalUs as number) <= 100_000;
  if (intervalUs !== undefined && !fits) {
    throw new InputError(`intervalUs is ${intervalUs}, expected a whole number in 50..100000`);
  }
  if (timelineRounds !== undefined) checkWindow('timelineRounds', timelineRounds);
  if (whole && timelineRounds !== undefined) {
    throw new InputError('timelineRounds is given with whole, expected one of them: it is of the round loop');
  }
  if (whole && seconds !== undefined) {
    throw new InputError('seconds is given with whole, expected one of them: a whole run ends by itself');
  }
}
