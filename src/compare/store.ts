/**
 * The folder of a comparison: `cells/<id>.json`, one file for each finished cell, written beside and then
 * renamed, and the results made of them. A cell whose file is there is not run again, so that a comparison
 * which was stopped goes on where it was.
 *
 * A cell's file is believed where it is whole, of that very cell (its id is made of config, files, version
 * and kernels), and where every file that the cell read is as it was. Anything else is run again, and why is
 * said.
 */

import { createHash, randomUUID } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeWhole } from '../../topology/whole-file.js';
import { digestOf } from '../base/canonical.js';
import { InputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import { outputFailed, refusal } from '../output/failures.js';
import { clearContenders, FolderLock } from '../output/folder-lock.js';
import { makeFolder } from '../output/make-folder.js';
import { toJson } from '../output/run-directory.js';
import { isOurs, Stage, settle } from '../output/stage.js';
import { kernelsDigest, ownVersion, versions } from '../output/versions.js';
import type { RunInput } from '../run/inputs.js';
import type { TraceRow } from '../trace/row.js';
import { changedInput } from './cell-inputs.js';
import { type PackedRows, packRows, unpackRows } from './packed-rows.js';
import type { Cell, CellOutcome, Target } from './types.js';

const FORMAT = 'sottovoce-compare/2';
const CELL_FORMAT = 'sottovoce-cell/2';
const MARKER = 'compare.json';
const RESULTS =
  /^(results\.(csv|json|parquet)|curves\.(csv|parquet)|traces\.parquet|picture(-\d+)?\.svg|report\.html|map\.(svg|png))$/;

/** What stands in a cell's file beside its outcome. */
interface CellHead {
  format: string;
  cell: string;
  setting: string;
  inputs: RunInput[];
  versions: { sottovoce: string; kernels: string };
  /** SHA-256 of all the rest as canonical JSON. */
  digest: string;
}

/** What an earlier comparison left of a cell; or why that is not to be believed. */
export type Kept = { outcome: CellOutcome } | { why: string };

export class CompareDirectory {
  /** Absolute. */
  readonly path: string;
  private readonly lock: FolderLock;
  /** Cells of earlier comparisons, by their setting; made when it is asked for. */
  private earlier: Map<string, CellHead> | null = null;

  private constructor(path: string, lock: FolderLock) {
    this.path = path;
    this.lock = lock;
  }

  /**
   * Claims the folder until `release`. Throws InputError where it holds anything but an earlier comparison (or
   * sweep, where that is what comes), and where somebody else is writing to it.
   */
  static open(directory: string, what: 'comparison' | 'sweep' = 'comparison'): CompareDirectory {
    const path = resolve(directory);
    const shown = showPath(path);
    try {
      if (statSync(path, { throwIfNoEntry: false })?.isFile()) {
        throw new InputError(`${shown} is a file, expected a folder for the comparison`);
      }
      makeFolder(path);
      const entries = readdirSync(path).filter((name) => !isOurs(name));
      if (entries.length > 0 && !isComparison(join(path, MARKER))) {
        throw new InputError(
          `${shown} is not empty and holds no earlier comparison, so nothing is written there`,
          {
            hint: 'give --out a new folder',
          },
        );
      }
      const results = resultsIn(path);
      if (results !== null && results !== what) {
        throw new InputError(
          `${shown} holds the results of a ${results}, which those of a ${what} would replace`,
          { hint: 'give --out a new folder' },
        );
      }
      const lock = FolderLock.take(path, randomUUID());
      const cells = join(path, 'cells');
      makeFolder(cells);
      clearContenders(path);
      for (const folder of [path, cells]) settle(folder);
      return new CompareDirectory(path, lock);
    } catch (error) {
      if (error instanceof InputError) throw error;
      throw refusal(shown, error);
    }
  }

  /** Nobody writes there any more. Idempotent. */
  release(): void {
    this.lock.release();
  }

  begin(target: Target, cells: number): void {
    const started = new Date().toISOString();
    const marker = { format: FORMAT, target, cells, versions: versions(), time: { started } };
    this.write(MARKER, toJson({ ...marker, digest: digestOf(marker) }));
  }

  /** Null where the cell has not run yet. */
  read(cell: Cell): Kept | null {
    let text: string;
    try {
      text = readFileSync(this.cellFile(cell.id), 'utf8');
    } catch {
      return this.replaced(cell);
    }
    const kept = parseCell(text);
    if (kept === null) return { why: 'what was kept of them is damaged, or of an earlier version' };
    const { head, outcome } = kept;
    if (head.cell !== cell.id) return { why: 'what was kept of them is of other cells' };
    const changed = changedInput(head.inputs, [...cell.inputs, ...this.others(cell, head.inputs)]);
    if (changed !== null) return { why: `${changed} has changed since` };
    return { outcome };
  }

  /** @param inputs every file that it was made from */
  keep({ id, setting }: Cell, outcome: CellOutcome, inputs: readonly RunInput[]): void {
    const versions = { sottovoce: ownVersion(), kernels: kernelsDigest() };
    const kept = 'trace' in outcome ? { ...outcome, trace: packRows(outcome.trace) } : outcome;
    const content = { format: CELL_FORMAT, cell: id, setting, inputs, versions, ...kept };
    this.write(join('cells', `${id}.json`), toJson({ ...content, digest: digestOf(content) }));
  }

  /** Of a cell that has no file: what there was of it when its files, or the program, were others. */
  private replaced({ setting, inputs }: Cell): Kept | null {
    const before = this.earlierCells().get(setting);
    if (before === undefined) return null;
    const changed = changedInput(before.inputs, inputs) ?? changedInput(inputs, before.inputs);
    if (changed !== null) return { why: `${changed} has changed since` };
    const { sottovoce } = before.versions;
    return {
      why: sottovoce === ownVersion() ? 'the kernels have changed since' : `they are of version ${sottovoce}`,
    };
  }

  private earlierCells(): Map<string, CellHead> {
    if (this.earlier !== null) return this.earlier;
    this.earlier = new Map();
    for (const name of readdirSync(join(this.path, 'cells'))) {
      const kept = name.endsWith('.json')
        ? parseCell(readFileSync(join(this.path, 'cells', name), 'utf8'))
        : null;
      if (kept !== null) this.earlier.set(kept.head.setting, kept.head);
    }
    return this.earlier;
  }

  /** Files that the cell read and its config does not name, as they are now. */
  private others({ inputs, loaded }: Cell, read: readonly RunInput[]): RunInput[] {
    const named = new Set(inputs.map(({ path }) => path));
    return read
      .filter(({ path }) => !named.has(path))
      .flatMap((input) => {
        try {
          const content = readFileSync(resolve(loaded.folder, input.path));
          return [{ ...input, sha256: createHash('sha256').update(content).digest('hex') }];
        } catch {
          return [];
        }
      });
  }

  /** Together: of two comparisons in the folder there are all results of one, and none of the other. */
  writeResults(files: readonly { name: string; content: string | Uint8Array }[]): void {
    try {
      const stage = new Stage(this.path);
      try {
        for (const { name, content } of files) writeWhole(join(stage.path, name), content);
        stage.commit(readdirSync(this.path).filter((name) => RESULTS.test(name)));
      } catch (error) {
        settle(this.path);
        throw error;
      }
    } catch (error) {
      throw outputFailed(this.path, error);
    }
  }

  private write(name: string, content: string): void {
    const file = join(this.path, name);
    try {
      writeWhole(file, content);
    } catch (error) {
      throw outputFailed(file, error);
    }
  }

  private cellFile(id: string): string {
    return join(this.path, 'cells', `${id}.json`);
  }
}

/** Whose results are in the folder; null where there are none. The format stands at the beginning of the file. */
export function resultsIn(folder: string): 'comparison' | 'sweep' | null {
  const head = Buffer.alloc(200);
  try {
    const file = openSync(join(folder, 'results.json'), 'r');
    try {
      readSync(file, head, 0, head.length, 0);
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
  const found = /"format": "sottovoce-(comparison|sweep)\//.exec(head.toString('utf8'));
  return (found?.[1] as 'comparison' | 'sweep' | undefined) ?? null;
}

/** Whether a folder is that of a comparison. */
export function isComparisonFolder(folder: string): boolean {
  return isComparison(join(folder, MARKER));
}

/** Each file of a comparison that says of itself whether it is as it was written; nothing is written. */
export function checkComparison(folder: string): { what: string; good: boolean; found: string }[] {
  const { digest, ...marker } = JSON.parse(readFileSync(join(folder, MARKER), 'utf8')) as {
    digest?: string;
    cells?: number;
  };
  const good = digest === digestOf(marker);
  const checks = [{ what: MARKER, good, found: good ? 'is as it was written' : 'has been edited' }];
  const cells = join(folder, 'cells');
  const names = existsSync(cells) ? readdirSync(cells).filter((name) => name.endsWith('.json')) : [];
  for (const name of names) {
    const kept = parseCell(readFileSync(join(cells, name), 'utf8'));
    const own = kept !== null && `${kept.head.cell}.json` === name;
    const found = own
      ? 'is as it was written'
      : kept === null
        ? 'is damaged, edited or of an earlier version'
        : `is of cell ${kept.head.cell}`;
    checks.push({ what: `cells/${name}`, good: own, found });
  }
  if (marker.cells !== undefined && names.length < marker.cells) {
    const found = `has ${names.length} of ${marker.cells} cells`;
    checks.push({ what: 'cells', good: false, found });
  }
  return checks;
}

/** JSON has no NaN; in a row of arrival null can be nothing else. */
function restore(row: TraceRow): void {
  for (const key of Object.keys(row) as (keyof TraceRow)[]) row[key] ??= Number.NaN;
}

/** Null where it is not, digit for digit, what was written. */
export function parseCell(text: string): { head: CellHead; outcome: CellOutcome } | null {
  try {
    const { digest, ...content } = JSON.parse(text) as CellHead & CellOutcome;
    if (content.format !== CELL_FORMAT || digestOf(content) !== digest) return null;
    const { format, cell, setting, inputs, versions, ...outcome } = content;
    const head = { format, cell, setting, inputs, versions, digest };
    if (!('trace' in outcome)) return { head, outcome };
    if (outcome.arrival) restore(outcome.arrival);
    const trace = unpackRows(outcome.trace as unknown as PackedRows);
    return { head, outcome: { ...outcome, trace } };
  } catch {
    return null;
  }
}

/** A compare.json alone says little; ours says whose it is. */
function isComparison(file: string): boolean {
  try {
    const { format } = JSON.parse(readFileSync(file, 'utf8')) as { format?: unknown };
    return typeof format === 'string' && format.startsWith('sottovoce-compare/');
  } catch {
    return false;
  }
}
