/** `profile` with repeats: what the command and the function both do. */

import { type Frame, mergeThreads } from '../profile/call-tree.js';
import {
  compareInTurns,
  compareWithRecorded,
  type ProfileComparison,
  type ProfileRepeat,
} from '../profile/comparison.js';
import type { CountedTree } from '../profile/difference.js';
import type { Work } from '../profile/hottest.js';
import { machine, type ProfiledRun } from '../profile/write.js';
import type { LoadedConfig } from '../run/config.js';
import { type MeasuredSide, measureAlone, measureInTurns } from './against.js';
import type { EarlierProfile } from './earlier.js';
import { describeRun, type Recorded, roundsOf } from './record.js';
import { type Build, ownBuild } from './turns.js';

/** What is compared with, one of these at most. */
export interface Against {
  /** An earlier profile. */
  recorded?: EarlierProfile | undefined;
  /** Another config, for this build. */
  config?: LoadedConfig | undefined;
  /** Another build, for this config. */
  build?: Build | undefined;
}

export interface RepeatedOptions {
  repeats: number;
  seconds: number;
  intervalUs: number;
  signal?: AbortSignal | undefined;
  onRepeat?: ((done: number, of: number) => void) | undefined;
}

export interface RepeatedProfile {
  recorded: Recorded;
  repeats: ProfileRepeat[];
  comparison: ProfileComparison | null;
  /** What it was compared with; null where nothing was, or only figures of it are known. */
  before: CountedTree | null;
}

/** Rejects with the reason of the signal, with InputError, or with RunError where a run fails. */
export async function recordRepeats(
  loaded: LoadedConfig,
  { recorded: earlier, config, build }: Against,
  options: RepeatedOptions,
): Promise<RepeatedProfile> {
  const side = async (of: LoadedConfig, by: Build) => ({ loaded: of, build: by, rounds: await roundsOf(of) });
  const now = await side(loaded, ownBuild);
  if (config === undefined && build === undefined) {
    const measured = await measureAlone(now, options);
    const { repeats } = measured;
    const recorded = recordedOf(measured, options.intervalUs);
    const comparison =
      earlier === undefined ? null : compareTo(earlier, { name: 'this build', repeats }, recorded.run);
    const before = earlier?.tree == null ? null : counted([earlier.tree], earlier.report);
    return { recorded, repeats, comparison, before };
  }
  const before = await side(config ?? loaded, build ?? ownBuild);
  const measured = await measureInTurns(now, before, options);
  const { shifts, equalShifts } = measured;
  const recorded = recordedOf(measured.now, options.intervalUs);
  const names =
    build === undefined
      ? [nameOfConfig(loaded), nameOfConfig(config as LoadedConfig)]
      : [ownBuild.name, build.name];
  const comparison = compareInTurns({
    now: { name: names[0] as string, repeats: measured.now.repeats },
    before: { name: names[1] as string, repeats: measured.before.repeats },
    shifts,
    equalShifts,
    warnings: [],
  });
  const { threads, summary } = measured.before;
  return {
    recorded,
    repeats: measured.now.repeats,
    comparison,
    before: counted(
      threads.map(({ tree }) => tree.root),
      summary,
    ),
  };
}

function counted(threads: readonly Frame[], { agents, dim, rounds }: Work): CountedTree {
  return { tree: mergeThreads(threads), coordinates: agents * dim * rounds };
}

function recordedOf({ threads, summary, plan }: MeasuredSide, intervalUs: number): Recorded {
  return { threads, summary, run: describeRun('loop', summary, plan, intervalUs) };
}

function nameOfConfig({ file, config }: LoadedConfig): string {
  return config.name ?? file?.split(/[\\/]/).at(-1) ?? 'this config';
}

/** What would make the comparison one of something else is a warning; another machine makes it none. */
function compareTo(
  earlier: EarlierProfile,
  now: { name: string; repeats: ProfileRepeat[] },
  run: Omit<ProfiledRun, 'name'>,
): ProfileComparison {
  const { report } = earlier;
  const warnings: string[] = [];
  const here = machine();
  const same = (['cpu', 'cores', 'architecture', 'node'] as const).filter(
    (key) => here[key] !== report.machine[key],
  );
  for (const key of same) {
    warnings.push(`it was recorded where ${key} is ${report.machine[key]}, and here it is ${here[key]}`);
  }
  for (const key of ['agents', 'edges', 'dim', 'flow', 'compressor', 'workers'] as const) {
    if (run[key] !== report[key]) warnings.push(`its ${key} is ${report[key]}, and here it is ${run[key]}`);
  }
  if (report.repeats.length === 0) {
    warnings.push('it was recorded once: record it with --repeats 10 for a verdict');
  }
  return compareWithRecorded(now, earlier, same.length === 0, warnings);
}
