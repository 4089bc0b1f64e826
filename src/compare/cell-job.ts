/**
 * A cell as a job of a queue: what its orderer sends, how a worker runs it (on the same threads as a
 * comparison of its own would), and what comes back.
 *
 * Files. The worker has them in a folder, each under its orderer's whole path. The config's folder is put
 * behind that folder's name, and so is every name in it that is no relative one. Whatever the worker says of
 * files has `FILES` for its folder, in which the orderer reads its own again. So rows are the same to the last
 * letter.
 */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { placeIn } from '../queue/cache.js';
import type { Job, JobFile } from '../queue/protocol.js';
import type { JobHandler } from '../queue/worker.js';
import type { LoadedConfig } from '../run/config.js';
import { CellPool } from './cell-pool.js';
import { type PackedRows, packRows, unpackRows } from './packed-rows.js';
import type { Cell, CellEnd, CellOrder, CellOutcome } from './types.js';

export const CELL_JOB = 'cell';
/** A worker's folder of files, in what it says. No file has a name with this in it. */
const FILES = '\u0001files\u0001';

interface CellJobData {
  loaded: LoadedConfig;
  order: CellOrder;
  /** Where its orderer stands, which is what messages show paths from. */
  stand: string;
}

/** Rows are packed as in the files of cells. */
type PackedOutcome = CellOutcome | (Omit<CellOutcome, 'trace'> & { trace: PackedRows });
type CellJobValue = Omit<CellEnd, 'keep' | 'outcome'> & { outcome: PackedOutcome };

/** What a queue is given of a cell. */
export function cellJob({ id, loaded, inputs }: Cell, order: CellOrder): Job {
  const files = inputs.map(({ path: name, bytes, sha256 }) => ({
    path: name.startsWith('file:') ? fileURLToPath(name) : path.resolve(loaded.folder, name),
    bytes,
    sha256,
  }));
  const code = inputs.filter(({ role }) => role.endsWith('.module'));
  const data: CellJobData = { loaded, order, stand: process.cwd() };
  return {
    id,
    kind: CELL_JOB,
    data,
    files: [...files, ...packageFiles(files.map((file) => file.path))],
    modules: code.length > 0,
  };
}

/** What says whether a `.js` file is an ES module: the nearest package.json above it. */
function packageFiles(files: readonly string[]): JobFile[] {
  const found = new Map<string, JobFile>();
  for (const file of files.filter((name) => /\.[jt]s$/.test(name))) {
    for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
      const candidate = path.join(folder, 'package.json');
      if (existsSync(candidate)) {
        const content = readFileSync(candidate);
        const sha256 = createHash('sha256').update(content).digest('hex');
        found.set(candidate, { path: candidate, bytes: content.length, sha256 });
        break;
      }
      if (path.dirname(folder) === folder) break;
    }
  }
  return [...found.values()];
}

/** What a worker runs cells with. Threads are started with the first one. */
export class CellJobs implements JobHandler {
  private pool: CellPool | null = null;
  private ended = false;
  private readonly threads: number;

  constructor(threads: number) {
    this.threads = threads;
  }

  async run(data: unknown, root: string): Promise<{ value: CellJobValue; keep: boolean } | null> {
    if (this.ended) return null;
    this.pool ??= new CellPool(this.threads);
    const { loaded, order, stand } = data as CellJobData;
    const end = await this.pool.run(movedTo(root, loaded), order, placeIn(root, stand));
    if (end === null) return null;
    const { keep, outcome, inputs } = end;
    const packed: PackedOutcome =
      'trace' in outcome ? { ...outcome, trace: packRows(outcome.trace) } : outcome;
    return { value: withoutRoot({ outcome: packed, inputs }, root), keep };
  }

  async end(): Promise<void> {
    this.ended = true;
    await this.pool?.end();
  }
}

/** What a worker's answer says to whoever ordered it. */
export function cellEnd(value: unknown, keep: boolean): CellEnd {
  const { outcome, inputs } = mapTexts(value as CellJobValue, (text) => text.replaceAll(FILES, ''));
  const trace = 'trace' in outcome ? { trace: unpackRows(outcome.trace as PackedRows) } : {};
  return { outcome: { ...outcome, ...trace } as CellOutcome, inputs, keep };
}

/** The config with all that it names behind `root`. */
function movedTo(root: string, loaded: LoadedConfig): LoadedConfig {
  const folder = placeIn(root, loaded.folder);
  const move = (value: unknown): unknown => {
    if (typeof value === 'string') {
      if (value.startsWith('file:')) return pathToFileURL(placeIn(root, fileURLToPath(value))).href;
      // One that climbs above the root does so from its orderer's folder as well.
      const climbs = !path.resolve(folder, value).startsWith(`${root}${path.sep}`);
      return path.isAbsolute(value) || climbs ? placeIn(root, path.resolve(loaded.folder, value)) : value;
    }
    if (Array.isArray(value)) return value.map(move);
    if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, move(part)]));
  };
  const { name, ...named } = loaded.config;
  return {
    ...loaded,
    config: { ...(move(named) as typeof named), ...(name !== undefined && { name }) },
    file: loaded.file === null ? null : placeIn(root, loaded.file),
    folder,
  };
}

function withoutRoot<T>(value: T, root: string): T {
  const forms = [pathToFileURL(root).pathname, root];
  return mapTexts(value, (text) => forms.reduce((left, form) => left.replaceAll(form, FILES), text));
}

/** Every text in plain data. */
function mapTexts<T>(value: T, change: (text: string) => string): T {
  const visit = (part: unknown): unknown => {
    if (typeof part === 'string') return change(part);
    if (Array.isArray(part)) return part.map(visit);
    if (part === null || typeof part !== 'object' || ArrayBuffer.isView(part)) return part;
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, visit(inner)]));
  };
  return visit(value) as T;
}
