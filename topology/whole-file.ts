/**
 * Files that are there whole or not at all, also after the machine has lost its power: written under a hidden
 * name beside their place, flushed, renamed into it, and the folder flushed.
 *
 * Hidden names are drawn at random and made exclusively, so that a link which somebody has put there is never
 * followed. What a process leaves that was killed has such a name (`isHalfWritten`).
 *
 * Errors are those of the file system, with the file's own name as their `path`.
 */

import { createHash, randomBytes } from 'node:crypto';
import { accessSync, constants, realpathSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { atExit } from './at-exit.js';
import { fileSystem } from './file-system.js';

/** Of a file that is whole: its length, and the SHA-256 of its bytes, hexadecimal. */
export interface Written {
  bytes: number;
  sha256: string;
}

export type Piece = string | Uint8Array;

const { O_WRONLY, O_CREAT, O_EXCL, O_APPEND, O_TRUNC } = constants;
// Windows has no such flag, and O_EXCL alone follows no link either.
const O_NOFOLLOW = constants.O_NOFOLLOW ?? 0;
const BUFFER_CHARACTERS = 64 * 1024;
/** Other work of the thread goes on between as many bytes. */
const BREATH_BYTES = 16 * 2 ** 20;
const AGAIN_MS = 5;
const FEW = 3;

/** What is written beside its place, to be renamed into it: by these functions, or by earlier versions. */
export function isHalfWritten(name: string): boolean {
  return /^\..+\.[0-9a-f]{16}\.part$|^\.(manifest|summary)\.json\.part$|^x\.npy\.\d+\.tmp$/.test(name);
}

/** Sixteen hexadecimal digits that nobody can guess. */
export function randomName(): string {
  return randomBytes(8).toString('hex');
}

/** Takes writes that took a part, were interrupted, or found a pipe full, until all bytes are written. */
export function writeAll(
  handle: number,
  bytes: Uint8Array,
  count: (written: number) => void = () => {},
): void {
  let idle = 0;
  for (let done = 0; done < bytes.length; ) {
    let written = 0;
    try {
      written = fileSystem.writeSync(handle, bytes, done, bytes.length - done);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') sleepSync(AGAIN_MS);
      else if (code !== 'EINTR') throw error;
      continue;
    }
    if (written === 0 && ++idle === FEW) throw codeError('EIO', 'nothing was written');
    done += written;
    count(done);
  }
}

/** A file that nobody had, for lines to be added: it grows in its place, for whoever reads along. */
export function openNew(file: string): number {
  return named(file, () => fileSystem.openSync(file, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW));
}

/** A file that is being written beside its place. Ends with `finish`, `finishLater` or `discard`. */
export class PartFile {
  private readonly file: string;
  private readonly part: string;
  private readonly hash = createHash('sha256');
  private handle: number | null;
  private pending = '';
  private bytes = 0;

  /** `mode`: its permissions; as usual where absent. */
  constructor(file: string, mode?: number) {
    this.file = file;
    this.part = path.join(path.dirname(file), `.${path.basename(file)}.${randomName()}.part`);
    this.handle = named(file, () =>
      fileSystem.openSync(this.part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode),
    );
  }

  write(piece: Piece): void {
    if (typeof piece !== 'string') {
      this.flush();
      this.add(piece);
      return;
    }
    this.pending += piece;
    if (this.pending.length >= BUFFER_CHARACTERS) this.flush();
  }

  /** SHA-256 of what has been written so far. */
  digest(): string {
    this.flush();
    return this.hash.copy().digest('hex');
  }

  finish(): Written {
    return this.undone(() => {
      this.flush();
      named(this.file, () => fileSystem.fsyncSync(this.handle as number));
      return this.place();
    });
  }

  /** The same; the disk is waited for without holding up the thread. */
  async finishLater(): Promise<Written> {
    try {
      this.flush();
      await fileSystem.fsyncLater(this.handle as number).catch((error) => {
        throw withPath(error, this.file);
      });
    } catch (error) {
      this.discard();
      throw error;
    }
    return this.undone(() => this.place());
  }

  /** Nothing is left. Idempotent; after `finish` it does nothing. */
  discard(): void {
    if (this.handle === null) return;
    this.close();
    try {
      fileSystem.unlinkSync(this.part);
    } catch {
      // Whoever opens the folder next removes it.
    }
  }

  private place(): Written {
    const handle = this.handle as number;
    named(this.file, () => {
      fileSystem.closeSync(handle);
      this.handle = null;
      try {
        fileSystem.renameSync(this.part, this.file);
      } catch (error) {
        removeFile(this.part);
        throw error;
      }
      syncFolder(path.dirname(this.file));
    });
    return { bytes: this.bytes, sha256: this.hash.digest('hex') };
  }

  private undone<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  private flush(): void {
    const text = this.pending;
    this.pending = '';
    if (text !== '') this.add(Buffer.from(text));
  }

  private add(bytes: Uint8Array): void {
    named(this.file, () => writeAll(this.handle as number, bytes));
    this.hash.update(bytes);
    this.bytes += bytes.length;
  }

  private close(): void {
    const handle = this.handle as number;
    this.handle = null;
    try {
      fileSystem.closeSync(handle);
    } catch {
      // It is to be thrown away.
    }
  }
}

/** The file has this content, or is as it was before. A link of its name is replaced, and not followed. */
export function writeWhole(file: string, content: Piece | Iterable<Piece>, mode?: number): Written {
  const part = new PartFile(file, mode);
  try {
    for (const piece of pieces(content)) part.write(piece);
  } catch (error) {
    part.discard();
    throw error;
  }
  return part.finish();
}

/**
 * The same for what is large: the thread does other work meanwhile.
 *
 * @param goesWithProcess what is half-written goes when the process is left: nobody clears the folder later
 */
export async function writeWholeLater(
  file: string,
  content: Iterable<Piece>,
  mode?: number,
  goesWithProcess = false,
): Promise<Written> {
  const part = new PartFile(file, mode);
  const isOver = goesWithProcess ? atExit(() => part.discard()) : () => {};
  try {
    let since = 0;
    for (const piece of content) {
      part.write(piece);
      since += piece.length;
      if (since < BREATH_BYTES) continue;
      since = 0;
      await new Promise(setImmediate);
    }
    return await part.finishLater();
  } catch (error) {
    part.discard();
    throw error;
  } finally {
    isOver();
  }
}

/**
 * A file that a user has named, of any kind: links are followed, permissions stay, devices and pipes are
 * written to. Where nothing can be made beside a file that is there, it is written in its place.
 */
export async function writeNamed(file: string, content: Piece | Iterable<Piece>): Promise<void> {
  const there = statSync(file, { throwIfNoEntry: false });
  if (there !== undefined && !isOrdinary(file, there)) {
    writeThrough(file, content, O_WRONLY);
    return;
  }
  const place = there === undefined ? file : realpathSync(file);
  if (there !== undefined && !takesFilesBeside(place, there)) {
    writeThrough(place, content, O_WRONLY | O_TRUNC);
    return;
  }
  await writeWholeLater(place, pieces(content), there && there.mode & 0o777, true);
}

/** Not where the folder is closed, nor where the file has been mounted alone and cannot be replaced. */
function takesFilesBeside(file: string, there: Stats): boolean {
  const folder = path.dirname(file);
  if (statSync(folder).dev !== there.dev) return false;
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What is in a folder is there after a loss of power too, where the file system can promise that. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = fileSystem.openSync(folder, constants.O_RDONLY);
  try {
    fileSystem.fsyncSync(handle);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EINVAL' && code !== 'ENOTSUP' && code !== 'EPERM' && code !== 'EBADF') throw error;
  } finally {
    fileSystem.closeSync(handle);
  }
}

/** Nothing where there is none. A link is removed, and not what it leads to. */
export function removeFile(file: string): void {
  try {
    fileSystem.unlinkSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Whatever `act` throws has the file as its `path`. */
export function named<T>(file: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw withPath(error, file);
  }
}

function withPath(error: unknown, file: string): unknown {
  return error instanceof Error ? Object.assign(error, { path: file }) : error;
}

function writeThrough(file: string, content: Piece | Iterable<Piece>, flags: number): void {
  const handle = named(file, () => fileSystem.openSync(file, flags));
  try {
    for (const piece of pieces(content))
      named(file, () => writeAll(handle, typeof piece === 'string' ? Buffer.from(piece) : piece));
  } finally {
    fileSystem.closeSync(handle);
  }
}

/** `/dev/stdout` may lead to an ordinary file, which the shell has open and must not be replaced. */
function isOrdinary(file: string, there: Stats): boolean {
  return there.isFile() && !/^\/(dev|proc)\//.test(path.resolve(file));
}

function pieces(content: Piece | Iterable<Piece>): Iterable<Piece> {
  return typeof content === 'string' || content instanceof Uint8Array
    ? [content]
    : (content as Iterable<Piece>);
}

function codeError(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}

function sleepSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
