/**
 * Who is in a function of a user's module, and for how long.
 *
 * A function that loops for ever cannot be interrupted by the thread that called it. So that thread says in a
 * few shared words where it is, and another one, which never calls a module, looks at them now and then and
 * ends it from outside:
 *
 *     threads that call                    who watches                      what happens
 *     coordinator (plan, optimum, trials)  the thread of the session        the call under way is refused
 *     a run's workers                      the coordinator (pool.ts)        the run fails, as when one throws
 *     cells of a comparison                the thread of the comparison     the cell is refused, or has failed
 *     certify, tune                        they call modules on a coordinator of their own (library/tasks.ts)
 *
 * Whoever writes a new kind of module does this around its functions:
 *
 *     once, before the run:    const answer = watchedCall(module, 'plan', () => plan(inputs));
 *     in the loop, at bind:    const stepping = new WatchedFunction(module, 'step');
 *     in the loop, each call:  stepping.begin(agent, round);
 *                              try { step(...) } catch (cause) { ... } finally { stepping.end(); }
 *
 * Five stores a call, a few nanoseconds; nothing is allocated.
 *
 * A thread is ended wherever it runs or waits: in a loop, a regular expression, Atomics.wait, a kernel of its
 * own. What the system holds (a child process that is waited for, a read of a terminal) it lets go of first:
 * the message comes in time, the end of the process later.
 *
 * There is no Atomic here. Nothing is decided by one reading: a call has not returned where its number was
 * still the same after seconds, and by then the plain stores before it have long been seen by everyone.
 */

import type { SpecPath } from '../base/errors.js';

/** How long one call of a user's function may take, unless the config says otherwise. */
export const DEFAULT_CALL_SECONDS = 30;

/** Int32 words. SITE: where the text of what is being called begins, in bytes; 0 outside of every module. */
const SITE = 0;
/** Bumped by every call, so that two calls of the same function are two. */
const CALL = 1;
const AGENT = 2;
const ROUND = 3;
/** Whether what was to be planned is planned: what happens from here on happens in a run. */
const RUNNING = 4;
/** Where the text of a call within that call begins: a flow's step that asks for a cost's gradient. Else 0. */
const INNER = 6;
/** Where the next text goes, in bytes. Each text is its length (Int32) and its bytes, from a multiple of 4. */
const NEXT = 5;
const TEXTS = 64;
const BYTES = 2 ** 16;
/** No agent, no round. */
const NONE = -1;
/** As agent and round of a call that is of none in particular. */
export const NOBODY = NONE;

/** What calls are said of: a `UserModule`, or one that is still to be loaded. */
export interface WatchedModule {
  /** The file as messages show it. */
  file: string;
  /** Where the config names it; empty where nobody knows. */
  path: SpecPath;
}

/** A call that has not returned. */
export interface OverdueCall extends WatchedModule {
  /** The function; null while the module is being loaded. */
  name: string | null;
  /** Null where the call is of no agent in particular. */
  agent: number | null;
  round: number | null;
  /** Whether it is part of a run, rather than of its preparation. */
  running: boolean;
  seconds: number;
  /** The function that it was calling in its turn, of this module or another. */
  within: { file: string; name: string } | null;
}

// Of this thread, whichever copy of this package asks (a bundle and the library).
const KEY = Symbol.for('sottovoce.watch');
interface Thread {
  words: Int32Array;
  sites: Map<string, number>;
}
const shared = globalThis as { [KEY]?: Thread };
shared[KEY] ??= threadOf(createWatchWords());

/** Words for one thread, made by whoever watches it. */
export function createWatchWords(): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(BYTES);
  new Int32Array(buffer)[NEXT] = TEXTS;
  return buffer;
}

function threadOf(buffer: SharedArrayBuffer): Thread {
  return { words: new Int32Array(buffer), sites: new Map() };
}

/** From now on this thread says there where it is: before any module is loaded. */
export function useWatchWords(buffer: SharedArrayBuffer): void {
  shared[KEY] = threadOf(buffer);
}

/** From now on what this thread calls is part of a run. */
export function watchRun(): void {
  (shared[KEY] as Thread).words[RUNNING] = 1;
}

/** A function of a module, as this thread calls it. */
export class WatchedFunction {
  private readonly words: Int32Array;
  private readonly site: number;

  /** `name` is null for the loading of the module. */
  constructor({ file, path }: WatchedModule, name: string | null) {
    const thread = shared[KEY] as Thread;
    this.words = thread.words;
    this.site = siteOf(thread, JSON.stringify({ file, path, name }));
  }

  begin(agent: number, round: number): void {
    const { words } = this;
    if (words[SITE] !== 0) {
      words[INNER] = this.site;
      return;
    }
    words[AGENT] = agent;
    words[ROUND] = round;
    words[CALL] = (words[CALL] as number) + 1;
    words[SITE] = this.site;
  }

  end(): void {
    const { words } = this;
    if (words[INNER] !== 0) words[INNER] = 0;
    else words[SITE] = 0;
  }
}

/** Where the text stands; 0, which is not watched, once there is no room for more of them. */
function siteOf({ words, sites }: Thread, text: string): number {
  const known = sites.get(text);
  if (known !== undefined) return known;
  const site = words[NEXT] as number;
  const bytes = new TextEncoder().encode(text);
  const end = site + 4 + bytes.length;
  if (end > BYTES) return 0;
  words[site / 4] = bytes.length;
  new Uint8Array(words.buffer).set(bytes, site + 4);
  words[NEXT] = Math.ceil(end / 4) * 4;
  sites.set(text, site);
  return site;
}

/** A call that is made once, of no agent in particular. */
export function watchedCall<T>(module: WatchedModule, name: string, call: () => T): T {
  const watched = new WatchedFunction(module, name);
  watched.begin(NONE, NONE);
  try {
    return call();
  } finally {
    watched.end();
  }
}

/** The loading of a module: its first lines run in there, and may loop, too. */
export async function watchedLoading<T>(module: WatchedModule, load: () => Promise<T>): Promise<T> {
  const watched = new WatchedFunction(module, null);
  watched.begin(NONE, NONE);
  try {
    return await load();
  } finally {
    watched.end();
  }
}

/** Looks in an eighth of the time that a call may take, between these. */
const MOST_OFTEN_MS = 10;
const MOST_SELDOM_MS = 1000;

/**
 * Watches a thread until one call has lasted too long, which is told once; gives what ends watching. It keeps
 * no process alive.
 *
 * Time in which this thread did not look is counted as two looks at most: a machine that was asleep, or a
 * debugger that has stopped everyone, is not the module's doing.
 */
export function watchThread(
  buffer: SharedArrayBuffer,
  seconds: number,
  overdue: (call: OverdueCall) => void,
): () => void {
  const words = new Int32Array(buffer);
  const periodMs = Math.min(MOST_SELDOM_MS, Math.max(MOST_OFTEN_MS, 125 * seconds));
  let seen = NONE;
  let lastedMs = 0;
  let lookedMs = performance.now();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    const passedMs = Math.min(nowMs - lookedMs, 2 * periodMs);
    lookedMs = nowMs;
    const call = words[CALL] as number;
    if (words[SITE] === 0 || call !== seen) {
      seen = call;
      lastedMs = 0;
      return;
    }
    lastedMs += passedMs;
    if (lastedMs < 1000 * seconds) return;
    clearInterval(timer);
    overdue(readCall(words, seconds));
  }, periodMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** What a thread is calling right now; null outside of every module. */
export function callUnderWay(buffer: SharedArrayBuffer): OverdueCall | null {
  const words = new Int32Array(buffer);
  return words[SITE] === 0 ? null : readCall(words, 0);
}

/** The number of that call: one that is followed by another has returned. 0 outside of every module. */
export function countOfCall(buffer: SharedArrayBuffer): number {
  const words = new Int32Array(buffer);
  return words[SITE] === 0 ? 0 : (words[CALL] as number);
}

/** `encode of mine.mjs (agent 5)` */
export function describeCall({ file, name, agent }: OverdueCall): string {
  return `${name ?? 'the loading'} of ${file}${agent === null ? '' : ` (agent ${agent})`}`;
}

function readCall(words: Int32Array, seconds: number): OverdueCall {
  const textAt = (word: number) => {
    const site = words[word] as number;
    const text = new Uint8Array(words.buffer).slice(site + 4, site + 4 + (words[site / 4] as number));
    return JSON.parse(new TextDecoder().decode(text));
  };
  const number = (word: number) => (words[word] === NONE ? null : (words[word] as number));
  return {
    ...textAt(SITE),
    agent: number(AGENT),
    round: number(ROUND),
    running: words[RUNNING] === 1,
    seconds,
    within: words[INNER] === 0 ? null : textAt(INNER),
  };
}

/** `mine.mjs: step has not returned within 30 s (agent 5, round 12)` */
export function describeOverdue({ file, name, agent, round, seconds, within }: OverdueCall): string {
  if (name === null) return `${file}: it has not loaded within ${seconds} s`;
  const whose = agent === null ? '' : ` (agent ${agent}, round ${round})`;
  const inner = within === null ? '' : `, it is calling ${within.name} of ${within.file}`;
  return `${file}: ${name} has not returned within ${seconds} s${whose}${inner}`;
}

export const OVERDUE_HINT =
  'does it loop for ever? `modules: { seconds: 300 }` in the config gives each call more time';
