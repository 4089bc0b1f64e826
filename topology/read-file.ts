/**
 * The bytes of a file that a user names, and never more than there is room for: what it has is looked at before
 * it is read. Folders and devices, which have no end (/dev/zero), are refused. A pipe is read to its end, up
 * to the size of the largest file; one that nobody writes to is given up.
 */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { beyondMemory, formatBytes } from './memory.js';

/** Why a file cannot be read. Whoever asked for it says which. */
export class Unreadable extends Error {
  constructor(
    /** 'no such file', 'it is a folder', ... */
    readonly reason: string,
    /** What the system calls it, where it was the system. */
    readonly code?: string,
    cause?: unknown,
  ) {
    super(reason, { cause });
  }
}

/** What a read call, a Buffer and a text in memory hold. */
const MOST_BYTES = 2 ** 31 - 1;
const CHUNK_BYTES = 2 ** 20;
const POLL_MS = 20;

/** How long a pipe may be without anyone who writes to it. */
const WRITER_MS = 10_000;

/** @throws Unreadable */
export async function readWholeFile(file: string, writerMs = WRITER_MS): Promise<Buffer> {
  try {
    const info = await stat(file);
    checkKind(info);
    checkSize(info.size);
    const flags = info.isFIFO() ? constants.O_RDONLY | constants.O_NONBLOCK : constants.O_RDONLY;
    const handle = await open(file, flags);
    try {
      // A file of no size may be one that the system writes as it is read, as in /proc.
      return info.isFile() && info.size > 0 ? await handle.readFile() : await readToEnd(handle, writerMs);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Unreadable(reasonOf(code) ?? message, code, error);
  }
}

/** Refuses what is neither a file nor a pipe. @throws Unreadable */
export function checkKind(info: Stats): void {
  if (info.isDirectory()) throw new Unreadable('it is a folder', 'EISDIR');
  if (info.isCharacterDevice() || info.isBlockDevice())
    throw new Unreadable('it is a device, expected a file or a pipe');
}

function checkSize(bytes: number): void {
  if (bytes > MOST_BYTES)
    throw new Unreadable(`it has ${formatBytes(bytes)}, expected less than 2 GiB`, 'ERR_FS_FILE_TOO_LARGE');
  const problem = beyondMemory(bytes);
  if (problem !== null) throw new Unreadable(`it ${problem}`);
}

function reasonOf(code: string | undefined): string | undefined {
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EACCES') return 'permission denied';
  return undefined;
}

async function readToEnd(handle: FileHandle, writerMs: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  let checked = 0;
  let hasWriter = false;
  for (let waitedMs = 0; ; ) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let count: number;
    try {
      count = (await handle.read(chunk, 0, CHUNK_BYTES, null)).bytesRead;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      // Someone has the pipe open, and has not written yet.
      hasWriter = true;
      await sleep(POLL_MS);
      continue;
    }
    if (count > 0) {
      hasWriter = true;
      chunks.push(count < CHUNK_BYTES ? Buffer.from(chunk.subarray(0, count)) : chunk);
      total += count;
      // Twice: the parts, and then the whole.
      if (total - checked >= 16 * CHUNK_BYTES) {
        checkSize(total);
        const problem = beyondMemory(total);
        if (problem !== null) throw new Unreadable(`what it holds ${problem}`);
        checked = total;
      }
      continue;
    }
    // No writer is the end, but for a pipe that has had none yet.
    if (hasWriter || !(await handle.stat()).isFIFO()) return Buffer.concat(chunks);
    if (waitedMs >= writerMs)
      throw new Unreadable(`it is a pipe, and nobody wrote to it for ${writerMs / 1000} s`);
    await sleep(POLL_MS);
    waitedMs += POLL_MS;
  }
}
