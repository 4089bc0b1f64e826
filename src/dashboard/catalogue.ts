/** What lies in the working directory that a dashboard can offer: configs to start, and earlier runs to compare with. */

import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { describeSpec } from '../base/describe.js';
import { InputError } from '../base/errors.js';
import { flowLabel } from '../flow/registry.js';
import { readJson } from '../output/run-folder.js';
import { readTraceRows } from '../output/trace-file.js';
import type { TraceRow } from '../trace/row.js';
import type { ConfigFile, EarlierRun } from './protocol.js';

const MOST_CONFIGS = 200;
const MOST_RUNS = 200;
/** Of a file, to see whether it is a config. */
const LOOK_BYTES = 65_536;
const MOST_CONFIG_BYTES = 2 ** 20;
const RUNS = 'runs';
/** Folders in which nobody looks for a config. */
const OTHERS = new Set(['node_modules', 'dist', 'test', RUNS]);

/** Those of a folder and of the folders in it, by name. */
export function configsIn(root: string): ConfigFile[] {
  const folders = ['', ...namesIn(root, true).filter((name) => !OTHERS.has(name))];
  return folders
    .flatMap((folder) =>
      namesIn(path.join(root, folder), false)
        .filter((name) => /\.ya?ml$/i.test(name))
        .map((name) => path.join(folder, name)),
    )
    .slice(0, 5 * MOST_CONFIGS)
    .flatMap((file) => {
      const start = startOf(path.join(root, file));
      // A name of the first level says what it is; nothing is parsed for a list.
      if (start === null || !/^(topology|program):/m.test(start)) return [];
      const name = /^name:\s*(.+?)\s*$/m.exec(start)?.[1] ?? null;
      return [{ file, name: name?.replaceAll(/^['"]|['"]$/g, '') ?? null }];
    })
    .slice(0, MOST_CONFIGS);
}

/** The text of one of them, and where it is. Throws InputError where it is none of them. */
export function configIn(root: string, file: string): { file: string; text: string } {
  if (!configsIn(root).some((config) => config.file === file))
    throw new InputError(`${JSON.stringify(file)} is none of the configs here`);
  const place = path.join(root, file);
  if (statSync(place).size > MOST_CONFIG_BYTES) throw new InputError(`${file} is too large for a config`);
  return { file: place, text: readFileSync(place, 'utf8') };
}

/** Newest first. */
export function runsIn(root: string): EarlierRun[] {
  return namesIn(path.join(root, RUNS), true)
    .flatMap((name): (EarlierRun & { at: string })[] => {
      const folder = path.join(root, RUNS, name);
      const {
        format,
        name: title,
        config,
        time,
      } = readJson(path.join(folder, 'manifest.json')) as {
        format?: unknown;
        name?: unknown;
        config?: { flow?: { kind: string; compress?: string }; compressor?: { kind: string } };
        time?: { started?: unknown };
      };
      if (typeof format !== 'string' || !format.startsWith('sottovoce-run/')) return [];
      const { status, rounds } = readJson(path.join(folder, 'summary.json'));
      const started = typeof time?.started === 'string' ? time.started : null;
      return [
        {
          run: name,
          name: typeof title === 'string' ? title : name,
          status: typeof status === 'string' ? status : 'incomplete',
          rounds: typeof rounds === 'number' ? rounds : 0,
          time: started,
          flow: said(() => flowLabel(config?.flow as { kind: string })),
          compressor: said(() => describeSpec(config?.compressor as { kind: string })),
          at: started ?? '',
        },
      ];
    })
    .sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0))
    .slice(0, MOST_RUNS)
    .map(({ at: _, ...run }) => run);
}

/** Columns of a run's trace, thinned evenly with its last row. Throws InputError where there is none. */
export function traceOf(
  root: string,
  run: string,
  columns: readonly (keyof TraceRow)[],
  most: number,
): Partial<Record<keyof TraceRow, number[]>> {
  if (!namesIn(path.join(root, RUNS), true).includes(run))
    throw new InputError(`${JSON.stringify(run)} is none of the runs here`);
  const file = path.join(root, RUNS, run, 'trace.csv');
  let rows: TraceRow[];
  try {
    rows = thinned([...readTraceRows(file)], most);
  } catch (error) {
    throw new InputError(`the trace of ${run} cannot be read: ${(error as Error).message}`);
  }
  return Object.fromEntries(columns.map((name) => [name, rows.map((row) => row[name])]));
}

/** Every so manieth, and the last. */
export function thinned<T>(rows: readonly T[], most: number): T[] {
  if (rows.length <= most) return [...rows];
  const stride = Math.ceil(rows.length / Math.max(1, most - 1));
  const last = rows.length - 1;
  const kept = rows.filter((_, at) => at % stride === 0);
  return last % stride === 0 ? kept : [...kept, rows[last] as T];
}

function said(say: () => string): string {
  try {
    return say();
  } catch {
    return 'unknown';
  }
}

function namesIn(folder: string, folders: boolean): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => (folders ? entry.isDirectory() : entry.isFile()) && !entry.name.startsWith('.'))
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}

function startOf(file: string): string | null {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch {
    return null;
  }
  try {
    const bytes = Buffer.alloc(LOOK_BYTES);
    return bytes.toString('utf8', 0, readSync(handle, bytes, 0, LOOK_BYTES, 0));
  } catch {
    return null;
  } finally {
    closeSync(handle);
  }
}
