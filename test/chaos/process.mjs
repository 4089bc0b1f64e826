/** A command as a group of processes of its own: what it said, how long it took, and what of it is left. */

import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, watch } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const MAIN = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
/**
 * Far more than any of these runs takes, of processor time; where it waits for ever, of time: the machine may be
 * shared.
 */
const HANG_CPU_SECONDS = 60;
const HANG_MS = 240_000;
const TICKS_A_SECOND = 100;
const GONE_MS = 2000;
const LOOK_MS = 20;

export class Command {
  said = { stdout: '', stderr: '' };
  /** Where it hung: processes and threads, as text. */
  hung = null;

  /** @param {string[]} args of node */
  constructor(args, { cwd, env, stdio = ['ignore', 'pipe', 'pipe'], reading = true }) {
    this.begunMs = performance.now();
    this.child = spawn(process.execPath, args, { cwd, env, stdio, detached: true });
    for (const name of ['stdout', 'stderr']) {
      const stream = this.child[name];
      stream?.setEncoding('utf8');
      stream?.on('error', () => {});
      if (reading)
        stream?.on('data', (text) => {
          this.said[name] += text;
        });
    }
    this.exited = new Promise((resolve) => {
      this.child.once('exit', (code, signal) => {
        this.endedMs = performance.now();
        resolve({ code, signal });
      });
    });
    this.closed = new Promise((resolve) => this.child.once('close', resolve));
  }

  get pid() {
    return this.child.pid;
  }

  get alive() {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  signal(name) {
    if (this.alive) process.kill(this.pid, name);
  }

  /** How it ended, once it has; whatever hangs is looked at and killed. */
  async ended() {
    const watchdog = setInterval(() => {
      const [user = 0, system = 0] = statOf(this.pid)?.slice(11, 13).map(Number) ?? [];
      const mayBeBusy = (user + system) / TICKS_A_SECOND < HANG_CPU_SECONDS;
      if (mayBeBusy && performance.now() - this.begunMs < HANG_MS) return;
      this.hung ??= tree(this.pid);
      killGroup(this.pid);
    }, 1000);
    const { code, signal } = await this.exited;
    clearInterval(watchdog);
    const left = await this.remains();
    await this.closed;
    return { code, signal, ...this.said, left, hung: this.hung, ms: this.endedMs - this.begunMs };
  }

  /** Processes of its group that outlive it; they are ended, too. */
  async remains() {
    for (const until = performance.now() + GONE_MS; performance.now() < until; ) {
      if (groupOf(this.pid).length === 0) return null;
      await sleep(LOOK_MS);
    }
    const left = tree(this.pid);
    killGroup(this.pid);
    return left;
  }
}

/** Calls back on what happens in a folder and in those inside of it, with the name; returns how to stop. */
export function watchFolder(folder, told) {
  const watchers = new Map();
  const look = (at) => {
    if (watchers.has(at) || !existsSync(at)) return;
    try {
      const watcher = watch(at, (_event, name) => {
        if (name === null) return;
        told(path.join(at, name));
        if (!name.includes('.csv')) follow(path.join(at, name));
      });
      watcher.on('error', () => {});
      watchers.set(at, watcher);
      for (const entry of readdirSync(at, { withFileTypes: true }))
        if (entry.isDirectory()) follow(path.join(at, entry.name));
    } catch {
      // It is gone again.
    }
  };
  const follow = (at) => {
    if (/checkpoints$|stage\.[0-9a-f]+$|incomplete|out$/.test(at)) look(at);
  };
  look(path.dirname(folder));
  look(folder);
  return () => {
    for (const watcher of watchers.values()) watcher.close();
  };
}

function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Numbers of the processes of a group that are not yet dead. */
function groupOf(group) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const fields = statOf(pid);
      return fields !== null && Number(fields[2]) === group && fields[0] !== 'Z';
    });
}

/** State, parent, group, ...: what stands behind the name. */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

function tree(group) {
  return groupOf(group)
    .map((pid) => {
      const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
      const threads = readdirSync(`/proc/${pid}/task`).map((thread) => {
        const at = `/proc/${pid}/task/${thread}`;
        return `${thread} ${read(`${at}/comm`).trim()} ${/State:\s*(\S)/.exec(read(`${at}/status`))?.[1]} ${read(`${at}/wchan`)}`;
      });
      return `${pid} ${command}\n    ${threads.join('\n    ')}`;
    })
    .join('\n');
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
