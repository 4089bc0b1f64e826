/**
 * The process of one contestant of a comparison: one build of this package, started from its files, steered
 * over the channel to the process that compares (`turns.ts`). It uses nothing of that build but its session, its
 * configs and its clock of the round loop, so that older builds can be measured as they are.
 */

import { readdirSync } from 'node:fs';
import type { CpuProfile } from '../profile/record.js';
import type { LoadedConfig, Override } from '../run/config.js';
import type { PlanReport, Summary } from '../run/reports.js';
import { schedulerTimes, type ThreadTimes } from '../run/thread-times.js';
import type { RunResult, Session } from '../session/types.js';

/** How a contestant finds its config: it reads the file itself, with its own parser. */
export type ConfigSource =
  | { file: string; overrides: readonly Override[] }
  | { config: LoadedConfig['config']; folder: string };

/** Some rounds, measured while everything else stands still. */
export interface Window {
  rounds: number;
  /** From the beginning of the first round to the end of the last, on worker 0, without rows of the trace. */
  ns: number;
  /** Of this process meanwhile, and a little before and after; empty where the system does not say. */
  threads: ThreadNs[];
}

export interface ThreadNs {
  onCoreNs: number;
  /** Ready to go on, while others had the cores. */
  putAsideNs: number;
}

/** A run under the profiler. */
export interface RecordedRun {
  profiles: CpuProfile[];
  /** Empty from builds that do not say it. */
  threadTimes: ThreadTimes[];
  plan: PlanReport;
  summary: Summary;
}

export interface Calls {
  /** Gives the plan, when the run stands still at round 0. */
  open(source: ConfigSource, rounds: number): Promise<PlanReport>;
  window(rounds: number): Promise<Window>;
  /** Ends the run of `open`. */
  end(): Promise<void>;
  /** A run of its own, as long as this. */
  record(source: ConfigSource, rounds: number, seconds: number, intervalUs: number): Promise<RecordedRun>;
}

export interface Call {
  id: number;
  name: keyof Calls;
  parameters: unknown[];
}

export interface Answer {
  id: number;
  value?: unknown;
  error?: { message: string; code?: string; hint?: string };
}

/** Of that build. */
type Library = typeof import('./configs.js') & typeof import('../session/client.js');
type Clock = typeof import('../run/clock.js');

const [index = ''] = process.argv.slice(2);
const library: Promise<Library> = import(index);
const clock: Promise<Clock> = import(new URL('run/clock.js', index).href);
// Whoever awaits them is told.
for (const loading of [library, clock]) loading.catch(() => {});

interface Open {
  session: Session;
  close(): Promise<void>;
  running: Promise<RunResult>;
  shared: SharedArrayBuffer;
  round: number;
}

let open: Open | null = null;

async function load(source: ConfigSource, rounds: number): Promise<LoadedConfig> {
  const { loadConfig, parseConfig } = await library;
  const loaded =
    'file' in source
      ? await loadConfig(source.file, source.overrides)
      : await parseConfig(source.config, { folder: source.folder });
  return { ...loaded, config: { ...loaded.config, stop: {}, rounds } };
}

/** Nanoseconds of each thread of this process since it began; empty where the system does not say. */
function allThreads(): Map<string, [onCoreNs: number, putAsideNs: number]> {
  const times = new Map<string, [number, number]>();
  try {
    for (const thread of readdirSync('/proc/self/task')) {
      const both = schedulerTimes(`/proc/self/task/${thread}/schedstat`);
      if (both !== null) times.set(thread, both);
    }
  } catch {
    // A system without it.
  }
  return times;
}

const calls: Calls = {
  async open(source, rounds) {
    const [{ openSession }, { createClock }, config] = await Promise.all([
      library,
      clock,
      load(source, rounds),
    ]);
    const { session, close } = await openSession();
    // As many as there can be: a plan chooses how many there are.
    const shared = createClock(MOST_WORKERS);
    const plan = await session.prepare({ config, outDir: null, clock: shared });
    await session.pause();
    const running = session.start();
    // What ends it is seen by whoever steps it.
    running.catch(() => {});
    open = { session, close, running, shared, round: 0 };
    return plan;
  },

  async window(rounds) {
    const { session, running, shared, round } = open as Open;
    const { countFrom, readClock } = await clock;
    countFrom(shared, round);
    const before = allThreads();
    const reached = await session.step(rounds);
    const threads = Array.from(allThreads(), ([thread, [onCore, putAside]]): ThreadNs => {
      const [onCoreBefore, putAsideBefore] = before.get(thread) ?? [0, 0];
      return { onCoreNs: onCore - onCoreBefore, putAsideNs: putAside - putAsideBefore };
    });
    (open as Open).round = reached;
    const [leader] = readClock(shared);
    if (reached - round < rounds || leader === undefined) {
      // A run that failed says why.
      const { summary } = await running;
      throw new Error(
        `the run ended (${summary.status}) after ${summary.rounds} rounds, before it was measured`,
      );
    }
    return { rounds, ns: 1e6 * leader.spanMs, threads };
  },

  async end() {
    if (open === null) return;
    const { session, close, running } = open;
    open = null;
    await session.stop();
    await running;
    await close();
  },

  async record(source, rounds, seconds, intervalUs) {
    const { openSession } = await library;
    const config = await load(source, rounds);
    const { session, close } = await openSession();
    let timer: NodeJS.Timeout | undefined;
    try {
      const plan = await session.prepare({ config, outDir: null, profileUs: intervalUs });
      // From the first row on: what comes before it is not the loop.
      await session.subscribe(() => {
        timer ??= setTimeout(() => session.stop().catch(() => {}), 1000 * seconds);
      });
      const { profiles, threadTimes = [], summary } = await session.start();
      return { profiles, threadTimes, plan, summary };
    } finally {
      clearTimeout(timer);
      await close();
    }
  },
};

const MOST_WORKERS = 1024;

process.on('message', async ({ id, name, parameters }: Call) => {
  const answer: Answer = { id };
  try {
    answer.value = await (calls[name] as (...parameters: unknown[]) => Promise<unknown>)(...parameters);
  } catch (thrown) {
    const { message, code, hint } = thrown as Error & { code?: string; hint?: string };
    answer.error = { message, ...(code && { code }), ...(hint && { hint }) };
  }
  process.send?.(answer);
});
// Nobody is there any more to compare it with.
process.on('disconnect', () => process.exit());
