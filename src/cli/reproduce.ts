/** `sottovoce run DIR/manifest.json`: the same run again, and whether it ended in the same bits. */

import path from 'node:path';
import { InputError } from '../base/errors.js';
import { plural } from '../base/format.js';
import { showPath } from '../base/show-path.js';
import type { KeptRun } from '../output/load-manifest.js';
import { manifestAt } from '../output/manifest-file.js';
import { versions } from '../output/versions.js';
import type { LoadedConfig, Override } from '../run/config.js';
import { configDigest, sayChanged } from '../run/inputs.js';
import type { Summary } from '../run/reports.js';
import { ExitCode, printLine, type Terminal } from './terminal.js';

/** Digits of a hash that people tell runs apart by. */
const SHOWN_DIGITS = 12;

export interface Changes {
  out?: string | undefined;
  allowChanged?: boolean | undefined;
  /** `path=value`, as typed. */
  set: readonly string[];
  overrides: readonly Override[];
}

/** A run that is made again, and what is said of its end. Null where `file` is no manifest and no run's folder. */
export async function reproduction(
  file: string,
  { out, allowChanged = false, set, overrides }: Changes,
  terminal: Terminal,
): Promise<{ loaded: LoadedConfig; judge(summary: Summary): Verdict } | null> {
  const manifest = manifestAt(file);
  if (manifest === null) return null;
  if (out !== undefined && path.resolve(out) === path.dirname(manifest))
    throw new InputError('--out is the folder of the run that is to be made again, expected another');
  const [{ loadManifest }, { parseOverride }] = await Promise.all([
    import('../output/load-manifest.js'),
    import('../config/load.js'),
  ]);
  const changes = [...set.map(parseOverride), ...overrides];
  const kept = await loadManifest(manifest, changes);
  for (const note of kept.notes) printLine(terminal.stderr, `note: ${note}`);
  refuseChanged(kept, allowChanged, terminal);
  const own = (await loadManifest(manifest)).loaded.config;
  const differs = configDigest(own) !== configDigest(kept.loaded.config);
  const changedBy = differs ? changes.map(({ origin }) => origin) : [];
  return { loaded: kept.loaded, judge: (summary) => verdict(kept, summary, changedBy) };
}

function refuseChanged({ changed }: KeptRun, allowed: boolean, terminal: Terminal): void {
  if (changed.length === 0) return;
  const text = `not what the run was made from: ${sayChanged(changed)}`;
  if (!allowed)
    throw new InputError(text, { hint: '--allow-changed runs it all the same, with the files as they are' });
  printLine(terminal.stderr, `warning: ${text}`);
}

/** What is said at the end; `exitCode` is null where the run's own stands. */
export interface Verdict {
  line: string;
  exitCode: number | null;
}

function verdict(
  kept: KeptRun,
  { stateHash, rounds, status }: Summary,
  changedBy: readonly string[],
): Verdict {
  const short = (hash: string) => hash.slice(0, SHOWN_DIGITS);
  if (changedBy.length > 0)
    return { line: `not a reproduction: ${changedBy.join(', ')} changed the run`, exitCode: null };
  const { summary } = kept;
  const folder = showPath(path.dirname(kept.file));
  if (summary === null || summary.status === 'stopped' || summary.status === 'failed') {
    const what =
      summary === null ? 'has no summary' : `${summary.status} after ${plural(summary.rounds, 'round')}`;
    return { line: `nothing to compare with: the run in ${folder} ${what}`, exitCode: null };
  }
  if (status === 'stopped') return { line: 'stopped before its end: not compared', exitCode: null };
  if (stateHash === summary.stateHash)
    return { line: `reproduced: same hash ${short(stateHash)}`, exitCode: null };
  const notes = [...kept.changed.map(({ input }) => `${input.path} has changed`), ...otherVersions(kept)];
  const why = notes.length > 0 ? ` (${notes.join('; ')})` : '';
  const after = rounds === summary.rounds ? '' : `, after ${rounds} rounds instead of ${summary.rounds}`;
  return {
    line: `differs: ${short(summary.stateHash)} then, ${short(stateHash)} now${after}${why}`,
    exitCode: ExitCode.RUN_FAILED,
  };
}

/** What is another version now, as half sentences. */
function otherVersions({ manifest: { versions: then } }: KeptRun): string[] {
  const now = versions();
  const lines: string[] = [];
  if (then.sottovoce !== now.sottovoce) lines.push(`Sottovoce ${then.sottovoce} then, ${now.sottovoce} now`);
  if (then.node !== now.node) lines.push(`Node ${then.node} then, ${now.node} now`);
  if (then.kernels !== undefined && then.kernels !== now.kernels) lines.push('other kernels');
  return lines;
}
