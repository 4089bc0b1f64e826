/**
 * Whether a folder holds all that its run wrote, as it wrote it: the ids in manifest.json and summary.json,
 * and the digests of the other files, whose formats have no place for an id.
 */

import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import type { FileDigest } from '../run/reports.js';
import { readJson } from './run-folder.js';
import { isInterrupted } from './stage.js';

/** What is wrong with a file of a folder. */
export interface FileProblem {
  file: string;
  /**
   * `missing`: not there, or not to be read. `foreign`: of another run, or of none. `changed`: of this run,
   * but not as it wrote it. `incomplete`: the run could not write it. `unknown`: nothing tells whose it is.
   */
  kind: 'missing' | 'foreign' | 'changed' | 'incomplete' | 'unknown';
  /** A sentence without the file's name: `is not there`. */
  what: string;
}

export interface CheckedFolder {
  /** Id of the run; null where neither manifest nor summary has one. */
  run: string | null;
  /** Files that were found as they were written. */
  intact: string[];
  problems: FileProblem[];
}

const CHUNK_BYTES = 2 ** 20;

/** Reads every file once, and changes none. `folder`: of a run that is over. */
export function checkFolder(folder: string): CheckedFolder {
  const manifest = readJson(path.join(folder, 'manifest.json'));
  const summary = readJson(path.join(folder, 'summary.json'));
  const run = [summary['run'], manifest['run']].find((id) => typeof id === 'string') as string | undefined;
  const intact: string[] = [];
  const problems: FileProblem[] = [];
  const problem = (file: string, kind: FileProblem['kind'], what: string) =>
    problems.push({ file, kind, what });

  if (isInterrupted(folder))
    problem('summary.json', 'unknown', 'is of two runs, of which one was to replace the other and was ended');
  if (Object.keys(summary).length === 0)
    problem('summary.json', 'missing', 'is not there: the run was ended before it was over');
  else if (summary['run'] === undefined) problem('summary.json', 'foreign', 'says no run that it is of');
  else intact.push('summary.json');
  if (Object.keys(manifest).length === 0) problem('manifest.json', 'missing', 'is not there');
  else if (manifest['run'] !== run)
    problem('manifest.json', 'foreign', `is of run ${manifest['run']}, and summary.json of run ${run}`);

  const files = summary['files'] as Record<string, FileDigest> | undefined;
  const incomplete = (summary['incomplete'] ?? {}) as Record<string, string>;
  if (files === undefined && intact.length > 0)
    problem('summary.json', 'unknown', 'has no digests of the other files: it is of an earlier version');
  for (const [name, why] of Object.entries(incomplete))
    problem(name, 'incomplete', `could not be written: ${why}`);
  for (const [name, expected] of Object.entries(files ?? {})) {
    if (problems.some(({ file, kind }) => file === name && kind !== 'incomplete')) continue;
    const found = digest(path.join(folder, name));
    if (found === null) problem(name, 'missing', 'is not there, or cannot be read');
    else if (found.sha256 === expected.sha256) intact.push(name);
    else
      problem(
        name,
        'changed',
        found.bytes === expected.bytes
          ? `is not as run ${run} wrote it: its ${found.bytes} bytes have another hash`
          : `is not as run ${run} wrote it: ${found.bytes} bytes found, expected ${expected.bytes}`,
      );
  }
  return { run: run ?? null, intact, problems };
}

/** A piece at a time: x.npy may be larger than memory. Null where the file cannot be read. */
function digest(file: string): FileDigest | null {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch {
    return null;
  }
  try {
    const hash = createHash('sha256');
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let bytes = 0;
    for (;;) {
      const read = readSync(handle, chunk, 0, CHUNK_BYTES, null);
      if (read === 0) return { bytes, sha256: hash.digest('hex') };
      hash.update(chunk.subarray(0, read));
      bytes += read;
    }
  } catch {
    return null;
  } finally {
    closeSync(handle);
  }
}
