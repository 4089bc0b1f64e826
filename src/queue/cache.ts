/**
 * A worker's files: bytes by their SHA-256, fetched once and shared by all workers of a machine's user, and
 * trees, in which they lie under the names that their orderer has for them.
 *
 *     FOLDER/files/<sha256>               read-only; the longest unused go first when there are too many
 *     FOLDER/trees/<host>~<process>/…/    hard links into files/; gone with the process
 *
 * In a tree a file has its orderer's whole path behind the tree's own, so that whatever is relative there is
 * relative here, and a module finds what it imports. A tree's name is made of what is in it: a file that
 * changes is another file, and Node's memory of modules knows no other.
 */

import { createHash, randomUUID } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { homedir, hostname } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { digestOf } from '../base/canonical.js';
import { packageUrl } from '../run/locations.js';
import type { JobFile } from './protocol.js';

const DIGEST = /^[0-9a-f]{64}$/;
/** Trees that are kept for jobs to come. */
const MOST_TREES = 64;

export function defaultCacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const asked = env['XDG_CACHE_HOME'];
  const base = asked !== undefined && path.isAbsolute(asked) ? asked : path.join(homedir(), '.cache');
  return path.join(base, 'sottovoce', 'queue');
}

interface Tree {
  root: string;
  users: number;
}

export class FileCache {
  private readonly files: string;
  private readonly trees: string;
  private readonly mostBytes: number;
  private readonly made = new Map<string, Promise<Tree>>();
  /** Digests that have been looked at since this process began. */
  private readonly checked = new Set<string>();
  private readonly fetching = new Map<string, Promise<void>>();
  private grown = true;

  /** @param mostBytes of files that no tree has */
  constructor(folder: string, mostBytes: number) {
    this.files = path.join(folder, 'files');
    this.trees = path.join(folder, 'trees', `${hostname()}~${process.pid}~${randomUUID().slice(0, 8)}`);
    this.mostBytes = mostBytes;
    mkdirSync(this.files, { recursive: true });
    mkdirSync(this.trees, { recursive: true });
    clearDead(path.join(folder, 'trees'));
  }

  /** The work with a folder that has the files under their paths. What is missing is fetched. */
  async withTree<T>(
    files: readonly JobFile[],
    fetch: (sha256: string) => Promise<Uint8Array>,
    work: (root: string) => Promise<T>,
  ): Promise<T> {
    const key = digestOf(files.map(({ path: at, sha256 }) => [at, sha256])).slice(0, 24);
    let making = this.made.get(key);
    if (making === undefined) {
      making = this.make(key, files, fetch);
      making.catch(() => this.made.delete(key));
    }
    // Last used last.
    this.made.delete(key);
    this.made.set(key, making);
    const tree = await making;
    tree.users++;
    try {
      return await work(tree.root);
    } finally {
      tree.users--;
      await this.tidy();
    }
  }

  /** Takes its trees away. */
  close(): void {
    rmSync(this.trees, { recursive: true, force: true });
  }

  private async make(
    key: string,
    files: readonly JobFile[],
    fetch: (sha256: string) => Promise<Uint8Array>,
  ): Promise<Tree> {
    const root = path.join(this.trees, key);
    mkdirSync(root, { recursive: true });
    for (const { path: at, sha256, bytes } of files) {
      if (!DIGEST.test(sha256)) throw new Error(`${sha256} is no SHA-256`);
      const place = placeIn(root, at);
      mkdirSync(path.dirname(place), { recursive: true });
      for (let tried = 0; ; tried++) {
        await this.have(sha256, bytes, fetch);
        try {
          link(path.join(this.files, sha256), place);
          break;
        } catch (error) {
          // Another worker may have taken it away meanwhile, for want of room.
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || tried > 2) throw error;
        }
      }
    }
    if (files.length > 0) {
      // A module may import from this package.
      mkdirSync(path.join(root, 'node_modules'), { recursive: true });
      symlinkSync(fileURLToPath(packageUrl), path.join(root, 'node_modules', 'sottovoce'), 'dir');
    }
    return { root, users: 0 };
  }

  /** In `files`, as it should be. */
  private async have(
    sha256: string,
    bytes: number,
    fetch: (sha256: string) => Promise<Uint8Array>,
  ): Promise<void> {
    const file = path.join(this.files, sha256);
    if (this.isGood(file, sha256, bytes)) return;
    let fetching = this.fetching.get(sha256);
    if (fetching === undefined) {
      fetching = (async () => {
        const content = await fetch(sha256);
        const beside = `${file}-${process.pid}-${randomUUID().slice(0, 8)}`;
        writeFileSync(beside, content, { mode: 0o444 });
        renameSync(beside, file);
        this.checked.add(sha256);
        this.grown = true;
      })().finally(() => this.fetching.delete(sha256));
      this.fetching.set(sha256, fetching);
    }
    await fetching;
  }

  /** Whether a file holds what its name says; it is hashed once a process. Whoever is not, goes. */
  private isGood(file: string, sha256: string, bytes: number): boolean {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found === undefined) return false;
    const good =
      found.size === bytes &&
      (this.checked.has(sha256) || createHash('sha256').update(readFileSync(file)).digest('hex') === sha256);
    if (!good) {
      rmSync(file, { force: true });
      return false;
    }
    this.checked.add(sha256);
    const now = new Date();
    utimesSync(file, now, now);
    return true;
  }

  private async tidy(): Promise<void> {
    for (const [key, making] of this.made) {
      if (this.made.size <= MOST_TREES) break;
      const tree = await making.catch(() => null);
      if (tree === null || tree.users > 0) continue;
      this.made.delete(key);
      rmSync(tree.root, { recursive: true, force: true });
    }
    if (this.grown) dropOldest(this.files, this.mostBytes);
    this.grown = false;
  }
}

/** Its orderer's whole path, behind the root and never outside of it; a drive's colon is no part of a name. */
export function placeIn(root: string, at: string): string {
  const whole = at.replaceAll('\\', '/').replace(/^([A-Za-z]):/, '/$1');
  return path.join(root, path.posix.normalize(`/${whole}`));
}

function link(from: string, to: string): void {
  if (existsSync(to)) return;
  try {
    linkSync(from, to);
  } catch (error) {
    // Some file systems have no hard links.
    if (!['EPERM', 'EXDEV', 'ENOTSUP', 'EMLINK'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
    copyFileSync(from, to);
    chmodSync(to, 0o444);
  }
}

/** The longest unused files, until the others have no more than so many bytes. */
export function dropOldest(folder: string, mostBytes: number): void {
  const files = readdirSync(folder).flatMap((name) => {
    const file = path.join(folder, name);
    const found = statSync(file, { throwIfNoEntry: false });
    return found === undefined ? [] : [{ file, bytes: found.size, usedMs: found.mtimeMs }];
  });
  let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  for (const { file, bytes: own } of files.sort((a, b) => a.usedMs - b.usedMs)) {
    if (bytes <= mostBytes) return;
    rmSync(file, { force: true });
    bytes -= own;
  }
}

/** Trees of processes that are no more: of this host, since others may have the same home. */
function clearDead(folder: string): void {
  for (const name of readdirSync(folder)) {
    const [host, pid] = name.split('~');
    if (host !== hostname() || alive(Number(pid))) continue;
    rmSync(path.join(folder, name), { recursive: true, force: true });
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
