/**
 * A Session, as the coordinator thread carries it out: prepare, allocate, start the pool, watch it, and say how it ended.
 *
 * Whatever happens to a worker (it throws, exits, runs out of memory, hangs after a stop), the others are released by the
 * barrier's poison, the pool is destroyed, and the trace written so far stays.
 */

import { readFile } from 'node:fs/promises';
import os from 'node:os';
import { Piscina } from 'piscina';
import type { AgentsReport, AgentsTask } from '../../workers/agents.js';
import type { LoopReport } from '../../workers/round-loop.js';
import { type Arena, createArena } from '../arena/arena.js';
import { writeNpyRows } from '../data/npy.js';
import { RunError } from '../errors.js';
import { largestStableStep, roundStep, safeStep } from '../flow/gains.js';
import { RunDirectory } from '../report/run-directory.js';
import { DEFAULT_SPINS, poison } from '../sync/barrier.js';
import { Poison, Request, Word } from '../sync/control.js';
import { RingReader } from '../trace/ring.js';
import { agentsUrl, kernelsUrl } from './locations.js';
import { type Prepared, prepareRun } from './prepare.js';
import { type StateRows, stateHash } from './state-hash.js';
import type {
  AgentState,
  PlanReport,
  PrepareOptions,
  Progress,
  RunResult,
  Session,
  Summary,
  TraceRow,
} from './types.js';

const DRAIN_MS = 20;
const PAUSE_POLL_MS = 2;
/** A worker that has not left this long after a poison is terminated. */
const LEAVE_MS = 400;
const COMPRESSION_STEP_SHARE = 0.25;

type Phase = 'new' | 'prepared' | 'running' | 'over';

export class RunSession implements Session {
  private phase: Phase = 'new';
  private prepared: Prepared | null = null;
  private options: PrepareOptions | null = null;
  private directory: RunDirectory | null = null;
  private arena: Arena | null = null;
  private words: Int32Array | null = null;
  private rows: TraceRow[] = [];
  private subscribers: ((rows: TraceRow[]) => void)[] = [];
  private stopAsked = false;

  async prepare(options: PrepareOptions): Promise<PlanReport> {
    if (this.phase !== 'new') throw new Error(`this session is ${this.phase}; a session runs once`);
    this.directory = options.outDir === null ? null : RunDirectory.create(options.outDir);
    this.prepared = await prepareRun(options.config);
    this.options = options;
    this.phase = 'prepared';
    return this.prepared.report;
  }

  async start(): Promise<RunResult> {
    const { prepared, options } = this;
    if (this.phase !== 'prepared' || !prepared || !options) {
      throw new Error(`this session is ${this.phase}, expected prepared: call prepare() first, and start() once`);
    }
    this.phase = 'running';
    const { run } = prepared.program;
    const arena = createArena(run.layout);
    fillArena(arena, prepared);
    const words = arena.view('control', 'i32');
    Atomics.store(words, Word.PAUSE_AT, -1);
    // A stop may have been asked for while we were preparing.
    if (this.stopAsked) Atomics.store(words, Word.REQUEST, Request.STOP);
    this.arena = arena;
    this.words = words;
    this.directory?.begin({ config: options.config, plan: prepared.report });

    try {
      const reports = await this.runWorkers(arena, words, options, run.workers);
      const result = this.finish(reports);
      if (this.directory) {
        const x = this.stateRows('x', result.summary.rounds);
        await this.directory.writeX((file) => writeNpyRows(file, x));
        this.directory.finish(result.summary);
      }
      return result;
    } catch (error) {
      this.directory?.finish(this.failure(error as Error));
      throw error;
    } finally {
      this.phase = 'over';
    }
  }

  /** Runs all workers to their end, however they end. */
  private async runWorkers(
    arena: Arena,
    words: Int32Array,
    options: PrepareOptions,
    workers: number,
  ): Promise<LoopReport[]> {
    const { prepared } = this as { prepared: Prepared };
    const module = await WebAssembly.compile(await readFile(kernelsUrl));
    const pool = new Piscina({
      filename: agentsUrl.href,
      minThreads: workers,
      maxThreads: workers,
      concurrentTasksPerWorker: 1,
      // A thread that is missing must be an error at once: a task that waits in a queue would leave its peers at the barrier.
      maxQueue: 0,
      idleTimeout: Number.POSITIVE_INFINITY,
    });
    const reader = new RingReader(words, arena.view('trace.ring', 'f64'));
    const drain = setInterval(() => this.deliver(reader.drain()), DRAIN_MS);
    try {
      const spins = workers > os.availableParallelism() ? 0 : DEFAULT_SPINS;
      const fault = options.fault ?? null;
      let cause: Error | null = null;
      let failedWorker = -1;
      let abandon: (error: Error) => void = () => {};
      const abandoned = new Promise<never>((_resolve, reject) => {
        abandon = reject;
      });
      abandoned.catch(() => {});

      const tasks = Array.from({ length: workers }, async (_, worker): Promise<AgentsReport> => {
        const task: AgentsTask = {
          module,
          memory: arena.memory,
          plan: prepared.program.run,
          worker,
          spins,
          heapAtRounds: options.heapAtRounds ?? [],
          fault,
        };
        try {
          return await pool.run(task);
        } catch (error) {
          // The first failure is the cause; whoever waits at the barrier is released, and whoever does not come out is left behind.
          if (cause === null) {
            cause = error as Error;
            failedWorker = worker;
            poison(words, Poison.WORKER_FAILED);
            setTimeout(() => abandon(cause as Error), LEAVE_MS).unref();
          }
          return { poisoned: Poison.WORKER_FAILED };
        }
      });
      const reports = await Promise.race([Promise.all(tasks), abandoned]).catch(() => null);
      if (cause !== null || reports === null) throw workerFailed(failedWorker, cause as unknown as Error);
      return reports as LoopReport[];
    } finally {
      clearInterval(drain);
      await pool.destroy();
      this.deliver(reader.drain());
    }
  }

  private deliver(rows: TraceRow[]): void {
    if (rows.length === 0) return;
    for (const row of rows) this.rows.push(row);
    this.directory?.append(rows);
    for (const subscriber of this.subscribers) subscriber(rows);
  }

  private finish(reports: LoopReport[]): RunResult {
    const { prepared, options } = this as { prepared: Prepared; options: PrepareOptions };
    const { run, warnings } = prepared.program;
    const [leader] = reports;
    const state = ['x', 'v', 's'].filter((name) => run.layout.fields[name]);
    const summary = this.summarize(leader.status, leader.rounds, leader.seconds, [
      ...warnings,
    ]);
    summary.stateHash = stateHash(state.map((name) => this.stateRows(name, leader.rounds)));
    if (leader.status === 'diverged') summary.hint = this.divergedHint();
    return {
      summary,
      heap: reports.map((report) => report.heap),
      x: options.keepX ? compactRows(this.stateRows('x', leader.rounds)) : null,
    };
  }

  private summarize(status: Summary['status'], rounds: number, seconds: number, warnings: string[]): Summary {
    const { prepared } = this as { prepared: Prepared };
    const { run } = prepared.program;
    const last = this.rows.at(-1);
    const known = (value: number | undefined) => (value !== undefined && Number.isFinite(value) ? value : null);
    return {
      status,
      rounds,
      agents: run.agents,
      dim: run.dim,
      edges: run.edges,
      workers: run.workers,
      seconds,
      roundsPerSecond: seconds > 0 ? rounds / seconds : 0,
      stateHash: '',
      bits: {
        perMessage: run.compressor.messageBits ?? 0,
        broadcast: last?.bitsBroadcast ?? 0,
        links: last?.bitsLinks ?? 0,
        uncompressedBroadcast: rounds * run.agents * run.dim * 64,
      },
      final: {
        objective: known(last?.objective),
        optimum: known(run.optimumValue),
        gap: known(last?.gap),
        rmsError: known(last?.rmsError),
        consensusError: known(last?.consensusError),
      },
      warnings,
    };
  }

  private failure(error: Error): Summary {
    const last = this.rows.at(-1);
    const summary = this.summarize('failed', last?.round ?? 0, last?.seconds ?? 0, this.prepared?.program.warnings ?? []);
    summary.error = error.message;
    return summary;
  }

  /** A step that should work, from the graph's and the cost's bounds. */
  private divergedHint(): string {
    const { program } = this.prepared as Prepared;
    const { step, alpha, beta, eta, compress } = program.run.flow;
    const gains = program.gains();
    const bound = largestStableStep(alpha, beta, eta, gains);
    const safe = Math.min(safeStep(alpha, beta, eta, { ...gains, delta: 1 }), step / 2);
    const advised = compress === 'none' ? safe : Math.min(safe, step * COMPRESSION_STEP_SHARE);
    const why =
      step >= bound
        ? `the step ${step} is beyond ${roundStep(bound)}, the largest that is stable with these gains (alpha ${alpha}, beta ${beta}) even without compression`
        : `the step ${step} is below ${roundStep(bound)}, where the uncompressed flow with equal curvatures becomes unstable, so ${compress === 'none' ? 'the differences between the agents’ curvatures' : 'what compression loses'} must be the reason`;
    return `${why}; try flow.step: ${roundStep(advised)}`;
  }

  private stateRows(name: string, round: number): StateRows {
    const { run } = (this.prepared as Prepared).program;
    const arena = this.arena as Arena;
    const rowStride = run.rowBytes / 8;
    const entries = run.agents * rowStride;
    const parity = name === 'x' && run.flow.stateIsMessage ? round & 1 : 0;
    const data = arena.view(name, 'f64').subarray(parity * entries, (parity + 1) * entries);
    return { data, rows: run.agents, rowStride, columns: run.dim };
  }

  private running(): Int32Array {
    if (this.phase !== 'running' || !this.words) throw new Error(`this session is ${this.phase}, expected running`);
    return this.words;
  }

  async pause(): Promise<number> {
    const words = this.running();
    Atomics.store(words, Word.REQUEST, Request.PAUSE);
    return this.untilPaused();
  }

  async resume(): Promise<void> {
    await this.release(-1);
  }

  async step(rounds: number): Promise<number> {
    if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`step is ${rounds}, expected a whole number of rounds >= 1`);
    const words = this.running();
    await this.release(Atomics.load(words, Word.ROUND) + rounds);
    return this.untilPaused();
  }

  async stop(): Promise<void> {
    this.stopAsked = true;
    if (!this.words) return;
    Atomics.store(this.words, Word.REQUEST, Request.STOP);
    Atomics.add(this.words, Word.RESUME, 1);
    Atomics.notify(this.words, Word.RESUME);
  }

  /** Ends a pause; the run pauses again after round `pauseAt`, or not at all (-1). */
  private async release(pauseAt: number): Promise<void> {
    const words = this.running();
    if (Atomics.load(words, Word.REQUEST) !== Request.STOP) {
      Atomics.store(words, Word.PAUSE_AT, pauseAt);
      Atomics.store(words, Word.REQUEST, Request.RUN);
    }
    // After the condition has changed, see the wait in the round loop.
    Atomics.add(words, Word.RESUME, 1);
    Atomics.notify(words, Word.RESUME);
    while (this.phase === 'running' && Atomics.load(words, Word.PAUSED) !== 0 && Atomics.load(words, Word.ROUND) !== pauseAt) {
      await sleep(1);
    }
  }

  private async untilPaused(): Promise<number> {
    const words = this.running();
    const { workers } = (this.prepared as Prepared).program.run;
    while (this.phase === 'running' && Atomics.load(words, Word.PAUSED) !== workers) await sleep(PAUSE_POLL_MS);
    return Atomics.load(words, Word.ROUND);
  }

  async progress(): Promise<Progress> {
    const { words } = this;
    const run = this.prepared?.program.run;
    return {
      round: words ? Atomics.load(words, Word.ROUND) : 0,
      rounds: run?.rounds ?? 0,
      paused: words !== null && Atomics.load(words, Word.PAUSED) > 0,
      last: this.rows.at(-1) ?? null,
    };
  }

  async inspect(agent: number): Promise<AgentState> {
    const { prepared, arena, words } = this;
    if (!prepared || !arena || !words) throw new Error(`this session is ${this.phase}: there is no state to look at yet`);
    const { run } = prepared.program;
    if (!Number.isInteger(agent) || agent < 0 || agent >= run.agents) {
      throw new Error(`agent is ${agent}, expected 0..${run.agents - 1}`);
    }
    const round = Atomics.load(words, Word.ROUND);
    const row = (name: string) => {
      if (!run.layout.fields[name]) return null;
      const { data, rowStride, columns } = this.stateRows(name, round);
      return data.slice(agent * rowStride, agent * rowStride + columns);
    };
    const { rowStart, columns, labels } = prepared.graph;
    return {
      agent,
      label: labels?.[agent] ?? null,
      round,
      neighbours: Array.from(columns.subarray(rowStart[agent], rowStart[agent + 1])),
      x: row('x') as Float64Array,
      v: row('v'),
      s: row('s'),
    };
  }

  async subscribe(onRows: (rows: TraceRow[]) => void): Promise<void> {
    if (this.rows.length > 0) onRows(this.rows);
    this.subscribers.push(onRows);
  }
}

/** Writes graph, data, beginning and optimum into a fresh arena. */
function fillArena(arena: Arena, prepared: Prepared): void {
  const { graph, weights, degrees, cost, init, optimum, program } = prepared;
  const { run } = program;
  arena.view('graph.rowStart', 'u32').set(graph.rowStart);
  arena.view('graph.columns', 'u32').set(graph.columns);
  arena.view('graph.weights', 'f64').set(weights ?? [1]);
  arena.view('graph.degrees', 'f64').set(degrees);
  cost.fill(arena);

  const rowStride = run.rowBytes / 8;
  const x = arena.view('x', 'f64');
  if (init) {
    for (let agent = 0; agent < run.agents; agent++) {
      x.set(init.subarray(agent * run.dim, (agent + 1) * run.dim), agent * rowStride);
    }
  } else if (run.problem === 'average') {
    x.set(arena.view('cost.b', 'f64').subarray(0, run.agents * rowStride));
  }

  const target = arena.view('trace.optimum', 'f64');
  if (run.problem === 'average') {
    run.optimumValue = averageProblem(x, run.agents, rowStride, run.dim, target);
  } else if (optimum) {
    target.set(optimum.x);
  }
}

/** Consensus: x* is the mean of the beginnings, f* = (1/n) sum_i |x* - x_i(0)|^2 / 2. */
function averageProblem(x: Float64Array, agents: number, rowStride: number, dim: number, mean: Float64Array): number {
  for (let agent = 0; agent < agents; agent++) {
    for (let c = 0; c < dim; c++) mean[c] += x[agent * rowStride + c];
  }
  for (let c = 0; c < dim; c++) mean[c] /= agents;
  let total = 0;
  for (let agent = 0; agent < agents; agent++) {
    for (let c = 0; c < dim; c++) total += (x[agent * rowStride + c] - mean[c]) ** 2;
  }
  return total / 2 / agents;
}

function compactRows({ data, rows, rowStride, columns }: StateRows): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    out.set(data.subarray(row * rowStride, row * rowStride + columns), row * columns);
  }
  return out;
}

function workerFailed(worker: number, cause: Error): RunError {
  const code = (cause as { code?: string }).code;
  const what =
    code === 'ERR_WORKER_OUT_OF_MEMORY' ? `ran out of memory (${cause.message})` : `failed: ${cause.message}`;
  return new RunError('WORKER_FAILED', `worker ${worker} ${what}`, { cause });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
