/** An earlier profile's folder, read to be compared with. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { InputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import type { Frame } from '../profile/call-tree.js';
import type { ComparedSide, ProfileRepeat } from '../profile/comparison.js';
import { frameKey } from '../profile/comparison.js';
import { unfoldStacks } from '../profile/stacks.js';
import { PROFILE_FORMAT, type ProfileReport, STACKS } from '../profile/write.js';

export interface EarlierProfile extends ComparedSide {
  report: ProfileReport;
  /** All threads as one; null where an older version wrote no stacks. */
  tree: Frame | null;
}

/** Throws InputError where there is none, or one that cannot be compared with. */
export function readEarlier(folder: string): EarlierProfile {
  const shown = showPath(folder);
  const file = path.join(folder, 'profile.json');
  const text = read(file);
  if (text === null) {
    throw new InputError(`${shown} holds no profile: it has no profile.json`, {
      hint: `record one first: sottovoce profile CONFIG --repeats 10 --out ${shown}`,
    });
  }
  let report: ProfileReport;
  try {
    report = JSON.parse(text) as ProfileReport;
  } catch (cause) {
    throw new InputError(`${showPath(file)} is no JSON: ${(cause as Error).message}`);
  }
  if (report?.format !== PROFILE_FORMAT || !Array.isArray(report.merged?.frames)) {
    throw new InputError(`${showPath(file)} has the format ${report?.format}, expected ${PROFILE_FORMAT}`);
  }
  if (report.scope !== 'loop') {
    throw new InputError(`${shown} holds a profile of a whole run, expected one of the round loop`, {
      hint: 'record it without --whole',
    });
  }
  const stacks = read(path.join(folder, STACKS));
  const repeats = report.repeats?.length > 0 ? report.repeats : [once(report)];
  return {
    name: shown,
    report,
    repeats,
    tree: stacks === null ? null : unfoldStacks(stacks, showPath(path.join(folder, STACKS))),
  };
}

/** A profile without repeats is one, of which only the time under the profiler is known. */
function once({ rounds, seconds, agents, dim, merged }: ProfileReport): ProfileRepeat {
  const frames: Record<string, number> = {};
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
