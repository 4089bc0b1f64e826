/**
 * The only files that are served: those of the built page, and those of a run's folder that have a name of ours.
 *
 * A path is split and every part of it must be an ordinary name; what is left is resolved with all links
 * followed, and must still lie in the folder.
 */

import { realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { RUN_FILES } from '../output/run-folder.js';

export interface Served {
  /** Absolute. */
  file: string;
  type: string;
  bytes: number;
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;
/** What a run leaves that is of use to whoever watches it. */
const OF_RUNS: readonly string[] = [...RUN_FILES, 'report.html'];

/** A file below `folder`; null where there is none, or where the path leads elsewhere. `path`: as in an address, decoded or not. */
export function fileBelow(folder: string, given: string): Served | null {
  let decoded: string;
  try {
    decoded = decodeURIComponent(given);
  } catch {
    return null;
  }
  const parts = decoded.split('/').filter((part) => part !== '');
  if (parts.length === 0 || !parts.every((part) => NAME.test(part))) return null;
  try {
    const root = realpathSync(folder);
    const file = realpathSync(path.join(root, ...parts));
    if (!file.startsWith(root + path.sep)) return null;
    const facts = statSync(file);
    if (!facts.isFile()) return null;
    return {
      file,
      type: TYPES[path.extname(file)] ?? 'application/octet-stream',
      bytes: facts.size,
    };
  } catch {
    return null;
  }
}

/** One of the files of a run. */
export function fileOfRun(folder: string, name: string): Served | null {
  return OF_RUNS.includes(name) ? fileBelow(folder, name) : null;
}
