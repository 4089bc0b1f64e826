/**
 * A run under way: its arena, its workers, its trace, and the control words through which the outside steers
 * it.
 *
 * Whatever happens to a worker (it throws, exits, runs out of memory, hangs), the others are released by the
 * barrier's poison, the pool is destroyed, and the trace written so far stays.
 */

import { randomUUID } from 'node:crypto';
import { type Arena, createArena } from '../arena/arena.js';
import { InputError } from '../base/errors.js';
import { writeNpyRows } from '../data/npy.js';
import type { RunDirectory } from '../output/run-directory.js';
import { optimumValueIn } from '../run/optimum.js';
import type { Summary } from '../run/reports.js';
import type { LoopReport } from '../run/tasks.js';
import { Request, Word } from '../sync/control.js';
import { RingReader } from '../trace/ring.js';
import type { TraceRow } from '../trace/row.js';
import type { WorkerPool } from './pool.js';
import type { PreparedRun } from './prepare.js';
import { rowAt, type StateRows, stateHash, stateRows } from './state-hash.js';
import { summarize } from './summarize.js';
import type { AgentState, PrepareOptions, Progress, RunResult } from './types.js';

const DRAIN_MS = 20;
const PAUSE_POLL_MS = 2;
/**
 * Whoever waits long looks less often: on a machine whose every core has a worker, looking takes time from
 * one of them.
 */
const SLOWEST_POLL_MS = 20;

export class ActiveRun {
  readonly rows: TraceRow[] = [];
  private readonly prepared: PreparedRun;
  private readonly pool: WorkerPool;
  private readonly options: PrepareOptions;
  private readonly directory: RunDirectory | null;
  private readonly onRows: (rows: TraceRow[]) => void;
  private readonly arena: Arena;
  private readonly words: Int32Array;
  private readonly id: string;
  private ending = false;
  private over = false;

  /** Allocates and fills the arena. */
  constructor(
    prepared: PreparedRun,
    pool: WorkerPool,
    options: PrepareOptions,
    directory: RunDirectory | null,
    onRows: (rows: TraceRow[]) => void,
    id: string = randomUUID(),
  ) {
    this.id = id;
    this.prepared = prepared;
    this.pool = pool;
    this.options = options;
    this.directory = directory;
    this.onRows = onRows;
    this.arena = createArena(prepared.plan.layout);
    prepared.fill(this.arena);
    this.words = this.arena.view('control', 'i32');
    Atomics.store(this.words, Word.PAUSE_AT, -1);
  }

  /**
   * From the first round to the last file. Rejects with the cause where a worker failed; files are complete
   * either way.
   */
  async run(): Promise<RunResult> {
    const { prepared, options, directory } = this;
    directory?.begin({
      run: this.id,
      config: { ...options.config, config: prepared.config },
      plan: prepared.report,
      inputs: prepared.inputs,
      agents: prepared.agents(),
    });
    try {
      const reports = await this.runTraced();
      const [leader] = reports;
      this.ending = true;
      const summary = { run: this.id, ...this.summarize(leader) };
      const state = prepared.plan.state.map((field) =>
        stateRows(this.arena, prepared.plan, field, leader.rounds),
      );
      summary.stateHash = stateHash(state);
      const [x] = state;
      await directory?.writeX((file) => writeNpyRows(file, x));
      directory?.finish(summary);
      return {
        summary,
        heap: reports.map(({ heap }) => heap),
        x: options.keepX ? compactRows(x) : null,
        labels: options.keepX ? Array.from(prepared.agents(), ({ label }) => label) : null,
        rows: options.keepRows ? this.rows : [],
        profiles: reports.flatMap(({ profile }) => profile ?? []),
      };
    } catch (error) {
      directory?.finish({ run: this.id, ...this.summarize(error as Error) });
      throw error;
    } finally {
      directory?.release();
      this.over = true;
    }
  }

  private summarize(outcome: LoopReport | Error): Summary {
    const { prepared, arena, rows } = this;
    return summarize(prepared, optimumValueIn(arena, prepared.plan), rows, outcome);
  }

  private async runTraced(): ReturnType<WorkerPool['run']> {
    const { arena, options, prepared, words } = this;
    const reader = new RingReader(words, arena.view('trace.ring', 'f64'));
    const deliver = () => {
      const rows = reader.drain();
      if (rows.length === 0) return;
      this.rows.push(...rows);
      this.directory?.append(rows);
      this.onRows(rows);
    };
    const timer = setInterval(deliver, DRAIN_MS);
    try {
      return await this.pool.run(arena, prepared.plan, {
        heapAtRounds: options.heapAtRounds ?? [],
        fault: options.fault ?? null,
        profileUs: options.profileUs ?? 0,
        clock: options.clock ?? null,
        callSeconds: options.config.config.modules?.seconds,
      });
    } finally {
      clearInterval(timer);
      deliver();
    }
  }

  async pause(): Promise<number> {
    this.requestPause();
    return this.untilPaused();
  }

  /** A stop that was asked for stays: it is never taken back by a pause. */
  requestPause(): void {
    Atomics.compareExchange(this.words, Word.REQUEST, Request.RUN, Request.PAUSE);
  }

  async resume(): Promise<void> {
    this.release(-1);
    await this.until(() => Atomics.load(this.words, Word.PAUSED) === 0);
  }

  async step(rounds: number): Promise<number> {
    if (!Number.isInteger(rounds) || rounds < 1) {
      throw new InputError(`step is ${rounds}, expected a whole number of rounds >= 1`);
    }
    const target = Atomics.load(this.words, Word.ROUND) + rounds;
    this.release(target);
    await this.until(() => Atomics.load(this.words, Word.ROUND) >= target);
    return this.untilPaused();
  }

  stop(): void {
    Atomics.store(this.words, Word.REQUEST, Request.STOP);
    this.wakePaused();
  }

  /**
   * Ends a pause; the run pauses again after round `pauseAt`, or not at all (-1). A stop that was asked for
   * stays.
   */
  private release(pauseAt: number): void {
    Atomics.store(this.words, Word.PAUSE_AT, pauseAt);
    Atomics.compareExchange(this.words, Word.REQUEST, Request.PAUSE, Request.RUN);
    this.wakePaused();
  }

  /** After the condition of the pause has changed, see the leader's wait in the round loop. */
  private wakePaused(): void {
    Atomics.add(this.words, Word.RESUME, 1);
    Atomics.notify(this.words, Word.RESUME);
  }

  private async untilPaused(): Promise<number> {
    const { workers } = this.prepared.plan;
    await this.until(() => Atomics.load(this.words, Word.PAUSED) === workers);
    return Atomics.load(this.words, Word.ROUND);
  }

  /** Looks now and then until it is so, or the run is over. */
  private async until(isSo: () => boolean): Promise<void> {
    let waitedMs = 0;
    while (!this.over && !isSo()) {
      const ms = Math.min(SLOWEST_POLL_MS, Math.max(PAUSE_POLL_MS, waitedMs / 10));
      await sleep(ms);
      waitedMs += ms;
    }
  }

  progress(): Progress {
    return {
      round: Atomics.load(this.words, Word.ROUND),
      rounds: this.prepared.plan.rounds,
      paused: Atomics.load(this.words, Word.PAUSED) > 0,
      ending: this.ending,
      last: this.rows.at(-1) ?? null,
    };
  }

  inspect(agent: number): AgentState {
    const { plan: run } = this.prepared;
    if (!Number.isInteger(agent) || agent < 0 || agent >= run.agents) {
      throw new InputError(`agent is ${agent}, expected 0..${run.agents - 1}`);
    }
    const round = Atomics.load(this.words, Word.ROUND);
    const row = (name: string) => {
      const field = run.state.find((field) => field.name === name);
      if (!field) return null;
      const rows = stateRows(this.arena, run, field, round);
      // One row that everyone shares is everyone's.
      const at = field.rows === 1 ? 0 : rowAt(rows, agent);
      return Float64Array.from(rows.data.subarray(at, at + rows.columns));
    };
    return {
      agent,
      ...this.prepared.place(agent),
      round,
      x: row('x') as Float64Array,
      v: row('v'),
      s: row('s'),
    };
  }
}

function compactRows(from: StateRows): Float64Array {
  const { data, rows, columns } = from;
  const out = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const at = rowAt(from, row);
    out.set(data.subarray(at, at + columns), row * columns);
  }
  return out;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
