/** An earlier profile's folder, or a baseline's, read to be compared with. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { InputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import type { Frame } from '../profile/call-tree.js';
import type { ComparedSide, ProfileRepeat } from '../profile/comparison.js';
import { frameKey, noTimes } from '../profile/comparison.js';
import { unfoldStacks } from '../profile/stacks.js';
import { PROFILE_FORMAT, type ProfileReport, STACKS } from '../profile/write.js';

type EarlierReport = Pick<
  ProfileReport,
  'machine' | 'agents' | 'edges' | 'dim' | 'flow' | 'compressor' | 'workers' | 'rounds' | 'repeats'
>;

export interface EarlierProfile extends ComparedSide {
  report: EarlierReport;
  /** All threads as one; null where an older version wrote no stacks. */
  tree: Frame | null;
}

/** Throws InputError where there is none, or one that cannot be compared with. */
export function readEarlier(folder: string): EarlierProfile {
  const shown = showPath(folder);
  const stacks = read(path.join(folder, STACKS));
  const tree = stacks === null ? null : unfoldStacks(stacks, showPath(path.join(folder, STACKS)));
  const file = path.join(folder, 'profile.json');
  const text = read(file);
  if (text === null) {
    const baseline = readBaseline(path.join(folder, 'baseline.json'));
    if (baseline !== null) return { name: shown, tree, ...baseline };
    throw new InputError(`${shown} holds no profile: it has no profile.json`, {
      hint: `record one first: sottovoce profile CONFIG --repeats 10 --out ${shown}`,
    });
  }
  const report = parse<ProfileReport>(text, file);
  refuseOther(report, PROFILE_FORMAT, file);
  if (!Array.isArray(report.merged?.frames)) throw lacking('merged.frames', file);
  if (report.scope !== 'loop') {
    throw new InputError(`${shown} holds a profile of a whole run, expected one of the round loop`, {
      hint: 'record it without --whole',
    });
  }
  refuseLacking(report, file);
  const repeats = report.repeats?.length > 0 ? report.repeats : [once(report)];
  return { name: shown, report, repeats, tree };
}

function refuseOther(report: { format?: unknown } | null, expected: string, file: string): void {
  if (report?.format === expected) return;
  const has = report?.format === undefined ? 'names no format' : `has the format ${report.format}`;
  throw new InputError(`${showPath(file)} ${has}, expected ${expected}`);
}

/** What a comparison cannot do without: a file that was edited may have lost it. */
function refuseLacking(report: EarlierReport & { roundsPerSecond?: unknown }, file: string): void {
  for (const name of ['machine', 'agents', 'dim', 'workers', 'rounds', 'roundsPerSecond'] as const)
    if (report[name] === undefined || report[name] === null) throw lacking(name, file);
}

function lacking(name: string, file: string): InputError {
  return new InputError(`${showPath(file)} has no ${name}, expected the whole file as it was written`);
}

/** What `npm run profile` leaves, which has fewer frames and no threads. */
interface Baseline extends EarlierReport {
  format: string;
  roundsPerSecond: { median: number };
  roundsPerSecondProfiled: number;
  frames: { name: string; nsPerCoordinate: number }[];
}

function readBaseline(file: string): Pick<EarlierProfile, 'report' | 'repeats'> | null {
  const text = read(file);
  if (text === null) return null;
  const baseline = parse<Baseline>(text, file);
  refuseOther(baseline, BASELINE_FORMAT, file);
  if (!Array.isArray(baseline.frames)) throw lacking('frames', file);
  refuseLacking(baseline, file);
  // Those of before there were repeats are one.
  const { repeats = [], frames } = baseline;
  const report = { ...baseline, repeats };
  if (repeats.length > 0) return { report, repeats };
  const single: ProfileRepeat = {
    nsPerRound: 1e9 / baseline.roundsPerSecond.median,
    cpuNsPerRound: null,
    profiledNsPerRound: 1e9 / baseline.roundsPerSecondProfiled,
    putAside: null,
    yardstickNs: null,
    frames: noTimes(),
  };
  for (const { name, nsPerCoordinate } of frames) single.frames[frameKey(name)] = nsPerCoordinate;
  return { report, repeats: [single] };
}

const BASELINE_FORMAT = 'sottovoce-baseline/1';

function parse<Data>(text: string, file: string): Data {
  try {
    return JSON.parse(text) as Data;
  } catch (cause) {
    throw new InputError(`${showPath(file)} is no JSON: ${(cause as Error).message}`);
  }
}

/** A profile without repeats is one, of which only the time under the profiler is known. */
function once({ rounds, seconds, agents, dim, merged }: ProfileReport): ProfileRepeat {
  const frames = noTimes();
  const toNs = (1e9 * merged.seconds) / (agents * dim * rounds);
  for (const { name, share } of merged.frames) {
    frames[frameKey(name)] = (frames[frameKey(name)] ?? 0) + share * toNs;
  }
  return {
    nsPerRound: null,
    cpuNsPerRound: null,
    profiledNsPerRound: (1e9 * seconds) / rounds,
    putAside: null,
    yardstickNs: null,
    frames,
  };
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new InputError(`${showPath(file)} cannot be read: ${(cause as Error).message}`);
  }
}
