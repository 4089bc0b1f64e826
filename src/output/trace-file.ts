/**
 * trace.csv while it grows: whole lines, half a second late at most, so that a run that was killed leaves a
 * file that can be read, and `tail -f` shows one that goes on.
 *
 * A disk that is full takes a part of what it is given: that part is cut back to its last whole line. What
 * stands in the file is hashed as it is written, and never read again.
 *
 * Time is that of a clock which nobody sets.
 */

import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { fileSystem } from '../../topology/file-system.js';
import { named, openNew, removeFile, type Written, writeAll } from '../../topology/whole-file.js';
import { COLUMNS, rowOf } from '../trace/ring.js';
import type { TraceRow } from '../trace/row.js';

const FLUSH_BYTES = 64 * 1024;
const FLUSH_MS = 450;
const LINE_FEED = 10;
const READ_BYTES = 2 ** 16;

export class TraceFile {
  private readonly file: string;
  private readonly hash = createHash('sha256');
  private handle: number | null;
  private bytes = 0;
  private pending = '';
  private flushedMs = Number.NEGATIVE_INFINITY;

  /**
   * A file that nobody had, with its first line: the columns of a trace, unless others are given. Throws what
   * the file system throws, with `path`.
   */
  constructor(file: string, columns: readonly string[] = COLUMNS) {
    this.file = file;
    this.handle = openNew(file);
    this.pending = `${columns.join(',')}\n`;
    try {
      this.flush();
    } catch (error) {
      this.close();
      removeFile(file);
      throw error;
    }
  }

  /** To be called now and then without rows too: what waits is written when it is due. */
  append(rows: readonly TraceRow[]): void {
    this.write(rows.map(traceLine).join(''));
  }

  /** The same of lines. */
  write(lines: string): void {
    this.pending += lines;
    if (this.pending.length >= FLUSH_BYTES || performance.now() - this.flushedMs >= FLUSH_MS) this.flush();
  }

  /** The disk has all rows so far. */
  sync(): void {
    this.flush();
    const { handle } = this;
    if (handle !== null) named(this.file, () => fileSystem.fsyncSync(handle));
  }

  /** The disk has all of it. */
  async finish(): Promise<Written> {
    try {
      this.flush();
      await fileSystem
        .fsyncLater(this.handle as number)
        .catch((error) => named(this.file, () => raise(error)));
    } finally {
      this.close();
    }
    return this.written();
  }

  /** What stands in the file by now: whole lines. */
  written(): Written {
    return { bytes: this.bytes, sha256: this.hash.copy().digest('hex') };
  }

  /** Idempotent. */
  close(): void {
    if (this.handle === null) return;
    const { handle } = this;
    this.handle = null;
    try {
      fileSystem.closeSync(handle);
    } catch {
      // The disk has been asked for all of it before.
    }
  }

  private flush(): void {
    const { handle } = this;
    if (handle === null || this.pending === '') return;
    const bytes = Buffer.from(this.pending);
    this.pending = '';
    this.flushedMs = performance.now();
    let done = 0;
    try {
      named(this.file, () =>
        writeAll(handle, bytes, (written) => {
          done = written;
        }),
      );
      this.keep(bytes);
    } catch (error) {
      this.keep(bytes.subarray(0, done === 0 ? 0 : bytes.lastIndexOf(LINE_FEED, done - 1) + 1));
      fileSystem.ftruncateSync(handle, this.bytes);
      throw error;
    }
  }

  private keep(bytes: Uint8Array): void {
    this.hash.update(bytes);
    this.bytes += bytes.length;
  }
}

/** Numbers in their shortest form that reads back as the same double; what is not known is an empty field. */
export function traceLine(row: TraceRow): string {
  return `${COLUMNS.map((name) => (Number.isNaN(row[name]) ? '' : String(row[name]))).join(',')}\n`;
}

/** The whole lines of a file, also of one that was cut. Nothing where it is not there, or has other columns. */
export function* readTraceRows(file: string): Generator<TraceRow> {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch {
    return;
  }
  try {
    const chunk = Buffer.alloc(READ_BYTES);
    let rest = '';
    let first = true;
    for (;;) {
      const read = readSync(handle, chunk, 0, READ_BYTES, null);
      if (read === 0) return;
      const lines = (rest + chunk.toString('latin1', 0, read)).split('\n');
      rest = lines.pop() as string;
      for (const line of lines) {
        if (first) {
          if (line !== COLUMNS.join(',')) return;
          first = false;
          continue;
        }
        const fields = line.split(',');
        if (fields.length === COLUMNS.length) yield rowOf(Float64Array.from(fields, numberIn), 0);
      }
    }
  } finally {
    closeSync(handle);
  }
}

/** A line of agents-trace.csv. */
export function agentsLine(round: number, numbers: Float64Array): string {
  return `${round},${Array.from(numbers, (value) => (Number.isNaN(value) ? '' : String(value))).join(',')}\n`;
}

/** Whole lines of agents-trace.csv with these columns, by round. Nothing where it is not there, or has others. */
export function* readAgentsLines(file: string, columns: readonly string[]): Generator<[number, string]> {
  let text: string;
  try {
    text = readFileSync(file, 'latin1');
  } catch {
    return;
  }
  const [head, ...lines] = text.slice(0, text.lastIndexOf('\n')).split('\n');
  if (head !== columns.join(',')) return;
  for (const line of lines)
    if (line.split(',').length === columns.length) yield [Number.parseInt(line, 10), `${line}\n`];
}

function numberIn(field: string): number {
  return field === '' ? Number.NaN : Number(field);
}

function raise(error: unknown): never {
  throw error;
}
