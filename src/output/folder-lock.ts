/**
 * Who writes to a folder of results, so that two runs never write to the same one.
 *
 * The lock is a file in the folder that names its holder: process, thread, when they started, and on which
 * machine. It counts for as long as that holder lives: whoever was killed holds nothing up, and a process
 * number that has been given out again is told apart by its start. On Linux the holder is a thread, so that a
 * session which was closed in the middle of its run is no longer one either.
 *
 * Taken by `link`, which fails where the file is there, and appears with its content. A dead holder's lock is
 * replaced by one contender at a time, the one who holds the lock of the lock: between reading that the
 * holder is dead and replacing its lock, nobody else can have replaced it.
 */

import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileSystem } from '../../topology/file-system.js';
import { openNew, randomName, removeFile, writeAll } from '../../topology/whole-file.js';
import { InputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';

export const LOCK_FILE = '.sottovoce.lock';
const TAKEOVER = '.takeover';
const RETRY_MS = 5;
/**
 * A takeover is three calls of the file system; one that takes longer than all of these retries hangs in it.
 */
const RETRIES = 400;
const ABANDONED_MS = 60_000;

interface Holder {
  pid: number;
  /** Number and start of the thread, as Linux counts them; null elsewhere. */
  thread: { id: number; ticks: string } | null;
  machine: { host: string; boot: string | null; processes: string | null };
  since: string;
  /** Of what the folder is for: a run's id. */
  id: string;
}

export class FolderLock {
  private readonly file: string;
  private readonly text: string;

  private constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
  }

  /**
   * Of a folder that is there. Throws InputError where somebody alive holds it; what the file system refuses
   * is thrown as it comes.
   */
  static take(folder: string, id: string): FolderLock {
    const lock = new FolderLock(path.join(folder, LOCK_FILE), `${JSON.stringify(describeSelf(id))}\n`);
    lock.take(lock.file);
    return lock;
  }

  /** Idempotent, and nothing where the lock is somebody else's by now. */
  release(): void {
    try {
      if (readText(this.file) === this.text) removeFile(this.file);
    } catch {
      // It counts until this thread has ended, and not longer.
    }
  }

  private take(file: string): void {
    const own = `${file}.${process.pid}-${randomName()}`;
    try {
      writeNew(own, this.text);
      for (let attempt = 0; attempt < RETRIES; attempt++) {
        if (link(own, file)) return;
        const text = readText(file);
        if (text === null) continue;
        const holder = parse(text);
        if (holder !== null && !isDead(holder)) {
          if (!file.endsWith(TAKEOVER)) throw inUse(path.dirname(file), holder);
          sleepSync(RETRY_MS);
          continue;
        }
        if (this.replace(own, file, text)) return;
      }
      throw new Error(`${showPath(file)} could not be taken, though its holder is gone`);
    } finally {
      removeFile(own);
    }
  }

  /** Whether the lock of a dead holder, whose file held `text`, is ours now. */
  private replace(own: string, file: string, text: string): boolean {
    const guard = `${file}${TAKEOVER}`;
    this.take(guard);
    try {
      if (readText(file) !== text) return false;
      fileSystem.renameSync(own, file);
      return true;
    } finally {
      removeFile(guard);
    }
  }
}

/** The lock's own file, and those that whoever wants it makes for a moment. */
export function isLockFile(name: string): boolean {
  return name.startsWith(LOCK_FILE);
}

/** Throws InputError where somebody alive holds the folder's lock; a folder that is not there is nobody's. */
export function refuseInUse(folder: string): void {
  const text = readText(path.join(folder, LOCK_FILE));
  const holder = text === null ? null : parse(text);
  if (holder !== null && !isDead(holder)) throw inUse(folder, holder);
}

/** Whether the folder's lock is that of this process, for what `id` stands for. */
export function isOwnLock(folder: string, id: string): boolean {
  const text = readText(path.join(folder, LOCK_FILE));
  const holder = text === null ? null : parse(text);
  return holder?.pid === process.pid && holder.id === id;
}

/** To be called by whoever holds the lock: what contenders have left that were killed in the middle of it. */
export function clearContenders(folder: string): void {
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name);
    if (name.startsWith(`${LOCK_FILE}.`) && isAbandoned(file)) removeFile(file);
    if (name.startsWith(`${LOCK_FILE}-`)) removeTried(file);
  }
}

/**
 * An empty folder that was to be gone at once (`tryFolder`), unless whoever made it was killed: then by
 * others.
 */
export function removeTried(folder: string): void {
  try {
    fileSystem.rmdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** A file that is not filled is being filled, or was not by somebody who is gone for long. */
function isAbandoned(file: string): boolean {
  const holder = parse(readText(file) ?? '');
  if (holder !== null) return isDead(holder);
  return isOld(file);
}

function isOld(file: string): boolean {
  const there = statSync(file, { throwIfNoEntry: false });
  return there !== undefined && Date.now() - there.mtimeMs > ABANDONED_MS;
}

function writeNew(file: string, text: string): void {
  const handle = openNew(file);
  try {
    writeAll(handle, Buffer.from(text));
  } finally {
    fileSystem.closeSync(handle);
  }
}

function link(own: string, file: string): boolean {
  try {
    fileSystem.linkSync(own, file);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    // File systems without links: made if it is not there, and filled a moment later.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
  }
  try {
    writeNew(file, readFileSync(own, 'utf8'));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function inUse(folder: string, { pid, since, machine }: Holder): InputError {
  const elsewhere = isHere(machine) ? '' : ` on ${machine.host}`;
  const shown = showPath(folder);
  return new InputError(
    `${shown} is in use: process ${pid}${elsewhere} has been writing there since ${since}, so nothing is written`,
    {
      file: folder,
      hint: elsewhere
        ? `give --out another folder; if that process is gone, delete ${showPath(path.join(folder, LOCK_FILE))}`
        : 'give --out another folder, or wait until that run has ended',
    },
  );
}

function describeSelf(id: string): Holder {
  return {
    pid: process.pid,
    thread: ownThread(),
    machine: ownMachine(),
    since: new Date().toISOString(),
    id,
  };
}

function ownMachine(): Holder['machine'] {
  return {
    host: os.hostname(),
    boot: readText('/proc/sys/kernel/random/boot_id')?.trim() ?? null,
    processes: readLink('/proc/self/ns/pid'),
  };
}

/** `<pid>/task/<thread>`, of the thread that asks. */
function ownThread(): Holder['thread'] {
  const id = Number(readLink('/proc/thread-self')?.split('/')[2]);
  const ticks = Number.isInteger(id) ? startOf(process.pid, id) : null;
  return ticks === null ? null : { id, ticks };
}

/** Whether the holder's numbers are this machine's. */
function isHere({ host, processes }: Holder['machine']): boolean {
  const here = ownMachine();
  return host === here.host && processes === here.processes;
}

/**
 * Not known to be alive on this machine; somebody on another one, or in another container, is taken to live.
 */
function isDead({ pid, thread, machine }: Holder): boolean {
  const here = ownMachine();
  if (machine.host === here.host && machine.boot !== here.boot) return true;
  if (!isHere(machine)) return false;
  if (thread !== null) return startOf(pid, thread.id) !== thread.ticks;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/**
 * The 22nd field of stat; the second is a name in parentheses that may hold anything. Null where there is no
 * such thread.
 */
function startOf(pid: number, thread: number): string | null {
  const stat = readText(`/proc/${pid}/task/${thread}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

function parse(text: string): Holder | null {
  try {
    const holder = JSON.parse(text) as Holder;
    return Number.isInteger(holder.pid) && typeof holder.machine?.host === 'string' ? holder : null;
  } catch {
    return null;
  }
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function readLink(file: string): string | null {
  try {
    return readlinkSync(file);
  } catch {
    return null;
  }
}

function sleepSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
