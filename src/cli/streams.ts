/**
 * stdout and stderr of the process. What is written arrives whole, or is said not to have.
 *
 * Node leaves it at what a file took of a text, so that a disk that is nearly full gives half of it and exit
 * code 0: files are written here. A limit on the size of files is an error of the write, as a full disk is,
 * instead of the end of the process.
 */

import { fstatSync, writeSync } from 'node:fs';

export interface Written {
  /** What went wrong first, other than that nobody reads. */
  unwritten: NodeJS.ErrnoException | null;
}

type Stream = NodeJS.WriteStream & { fd: number };

/** From now on. No error of the stream ends the process. */
export function watchWrites(stream: Stream): Written {
  const written: Written = { unwritten: null };
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (!nobodyReads(error, stream)) written.unwritten ??= error;
  });
  if (process.platform !== 'win32') process.on('SIGXFSZ', goOn);
  if (isFile(stream.fd)) {
    stream._write = (chunk: Uint8Array, _encoding, done) => {
      try {
        writeWhole(chunk, (bytes) => writeSync(stream.fd, bytes));
        done();
      } catch (error) {
        done(error as Error);
      }
    };
  }
  return written;
}

function goOn(): void {}

/**
 * `| head` closes the pipe, a hang-up takes the terminal away: nothing is wrong, and a run goes on to write
 * its results.
 */
function nobodyReads({ code }: NodeJS.ErrnoException, { isTTY }: Stream): boolean {
  if (code === 'EIO') return isTTY;
  return code === 'EPIPE' || code === 'ECONNRESET' || code === 'ERR_STREAM_DESTROYED';
}

function isFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile();
  } catch {
    return false;
  }
}

/** `write` gives how many of the bytes it took. */
export function writeWhole(bytes: Uint8Array, write: (bytes: Uint8Array) => number): void {
  for (let done = 0; done < bytes.length; ) done += write(bytes.subarray(done));
}

/** Whoever reads a pipe may be slow, and what has not been written when a process exits is lost. */
export function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}
