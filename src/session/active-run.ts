/**
 * A run under way: its arena, its workers, its trace. How the outside steers it stands in `steering.ts`.
 *
 * Whatever happens to a worker (it throws, exits, runs out of memory, hangs), the others are released by the
 * barrier's poison, the pool is destroyed, and the trace written so far stays.
 */

import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { type Arena, createArena } from '../arena/arena.js';
import type { Precision, Reals } from '../arena/layout.js';
import { keepCompiledCode } from '../base/compiled-code.js';
import { InputError } from '../base/errors.js';
import { plural } from '../base/format.js';
import { takeOver } from '../checkpoint/carried.js';
import { writeNpyRows } from '../data/npy.js';
import type { Manifest } from '../output/manifest.js';
import type { ReportMaker, RunDirectory } from '../output/run-directory.js';
import { agentsLine, readAgentsLines, readTraceRows } from '../output/trace-file.js';
import { NO_GRAPH } from '../page/payload.js';
import { filesOfModules } from '../plugin/modules.js';
import type { PartPlan } from '../ranks/part.js';
import type { Change, ChangeReport, Edit } from '../run/changes.js';
import { readClock } from '../run/clock.js';
import type { LoadedConfig } from '../run/config.js';
import { optimumValueIn } from '../run/optimum.js';
import type { Summary } from '../run/reports.js';
import { createSnapshots, goesBack } from '../run/snapshot.js';
import type { Fault, LoopReport, RanksTask } from '../run/tasks.js';
import { sumThreadTimes } from '../run/thread-times.js';
import type { RunPlan, StateField } from '../run/types.js';
import { watchedColumns, watchedCount } from '../run/watched.js';
import { standsStill, Word } from '../sync/control.js';
import { RingReader, rowOf } from '../trace/ring.js';
import type { TraceRow } from '../trace/row.js';
import { RowStore } from '../trace/row-store.js';
import type { Planned } from './changing.js';
import { type CheckpointInputs, RunCheckpoints } from './checkpoints.js';
import { WorkerPool } from './pool.js';
import type { PreparedRun } from './prepare.js';
import { TimelineRecording } from './recorded-timeline.js';
import type { SharedNow } from './shared-run.js';
import { hashInParts, rowAt, type StateRows, stateRows } from './state-hash.js';
import { Steering } from './steering.js';
import { summarize } from './summarize.js';
import type { AgentState, PrepareOptions, Progress, ResumePoint, RunResult } from './types.js';
import { Writing } from './writing.js';

/** Below this threads that still come up are not worth waiting for. */
const TOUCHED_BYTES = 64 * 2 ** 20;
const DRAIN_MS = 20;
/** Rows of an earlier part of the run that are passed on at once. */
const EARLIER_ROWS = 1024;
/** More names than these nobody reads. */
const MOST_LABELS = 10_000;
/** Work of the ending is laid aside as often as this, to answer. */
const ANSWER_MS = 50;

export class ActiveRun {
  readonly steering: Steering;
  /** What the run begins with is in its arena. */
  readonly filled: Promise<void>;
  /** What late subscribers are given, and what the summary is made of: all rows, or evenly thinned ones. */
  private readonly history = new RowStore();
  /** All of them, where they were asked for. */
  private readonly kept: RowStore | null;
  private prepared: PreparedRun;
  private pool: WorkerPool;
  private readonly options: PrepareOptions;
  private readonly directory: RunDirectory | null;
  private readonly onRows: (rows: TraceRow[]) => void;
  private arena: Arena;
  private words: Int32Array;
  private reader: RingReader;
  /** Columns of agents-trace.csv; null where no agents are followed. */
  private readonly followed: string[] | null;
  /** Lines of it that were taken from the ring and not yet passed on. */
  private agentsLines = '';
  private readonly id: string;
  /** Where a run that looks for the round of its arrival would go back to. */
  private snapshots: SharedArrayBuffer | null;
  private checkpoints: RunCheckpoints;
  private readonly timeline: TimelineRecording | null;
  private readonly warnings: string[] = [];
  private readonly writing = new Writing();
  private ending = false;
  /** The config from now on. */
  private loaded: LoadedConfig;
  /** Changes that were made, and those that will be made by themselves. */
  private readonly changes: ChangeReport[] = [];
  private schedule: Change[];
  /** The one that everyone is asked to leave for. */
  private wanted: { planned: Planned; made: () => void; refused: (error: Error) => void } | null = null;
  private fault: Fault | null = null;
  /** Null where there is one rank. */
  private readonly ranks: RanksTask | null;
  /** Why trace.csv could not be written any further; null as long as it can. */
  private unwritten: Error | null = null;

  /** Allocates the arena and fills it, or begins to. */
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
    this.loaded = options.config;
    this.schedule = [...(options.config.changes ?? [])].sort((a, b) => a.round - b.round);
    this.fault = options.fault ?? null;
    this.kept = options.keepRows ? new RowStore(Number.POSITIVE_INFINITY) : null;
    this.arena = createArena(prepared.plan.layout);
    this.filled = this.fill();
    // Whoever runs hears of a failure.
    this.filled.catch(() => {});
    this.words = this.arena.view('control', 'i32');
    const { watched } = prepared.plan;
    this.followed = watched ? watchedColumns(watched) : null;
    this.reader = this.openReader();
    this.steering = new Steering(this.words, prepared.plan.rounds);
    this.ranks = options.ranks ? { transport: options.ranks, state: this.collected() } : null;
    this.snapshots = goesBack(prepared.plan) ? createSnapshots(prepared.plan.layout) : null;
    this.timeline = options.timeline
      ? new TimelineRecording(options.timeline, prepared.plan, this.words)
      : null;
    this.checkpoints = new RunCheckpoints(this.checkpointInputs());
  }

  /** On the first of several ranks: room for the state of all agents. */
  private collected(): SharedArrayBuffer[] | null {
    const { plan } = this.prepared;
    if (this.options.ranks?.rank !== 0) return null;
    return plan.state.map(({ rows }) => new SharedArrayBuffer(rows * plan.dim * this.arena.realBytes));
  }

  /** The state after `round` rounds, of all ranks where there are several; empty on those that were not given it. */
  private stateAfter(round: number): StateRows[] {
    const { arena, prepared, ranks } = this;
    const { plan } = prepared;
    if (ranks === null) return plan.state.map((field) => stateRows(arena, plan, field, round));
    return (ranks.state ?? []).map((buffer, i) => ({
      data: realsOf(buffer, arena.precision),
      rows: plan.state[i].rows,
      rowStride: plan.dim,
      columns: plan.dim,
    }));
  }

  /** Of the ring in the arena that there is. */
  private openReader(): RingReader {
    const extra = watchedCount(this.prepared.plan.watched);
    return new RingReader(this.words, this.arena.view('trace.ring', 'f64'), extra, (round, numbers) => {
      this.agentsLines += agentsLine(round, numbers);
    });
  }

  private checkpointInputs(): CheckpointInputs {
    const { arena, words, prepared, id, directory, options } = this;
    return {
      arena,
      words,
      config: prepared.config,
      run: id,
      folder: () => directory?.current ?? null,
      syncRows: () => {
        this.deliver();
        this.writeRows(() => directory?.syncTrace());
        if (this.unwritten !== null) throw this.unwritten;
      },
      from: options.from ?? null,
      part: prepared.plan.kept ?? null,
    };
  }

  /**
   * While everyone stands still: plans the run anew with these edits, and has everyone move over to it. Resolves
   * when they stand still there. What is refused leaves the run as it is.
   */
  change(edits: readonly Edit[]): Promise<ChangeReport> {
    return this.steering.atRest('change', async (round) => {
      if (this.timeline !== null) throw new InputError('a run whose timeline is recorded cannot be changed');
      if (this.ending) throw new InputError('change was called when the run had ended');
      const planned = await this.planned({ round, edits });
      if (planned.later !== null && this.options.from)
        throw new InputError('a run that was gone on with cannot be changed');
      await new Promise<void>((made, refused) => {
        this.wanted = { planned, made, refused };
        this.steering.leave();
      });
      await this.steering.still();
      return planned.report;
    });
  }

  /** Loaded when it is needed: what checks configs is half of what this thread could have. */
  private async planned(change: Change): Promise<Planned> {
    const { planChange } = await import('./changing.js');
    return planChange(change, this.loaded, this.prepared, this.automatic);
  }

  /** Which parameters of the flow were `auto` when the run began: a new compressor has them chosen anew. */
  private get automatic(): readonly string[] {
    const { flow } = this.options.config.config;
    if (flow === null || typeof flow !== 'object') return [];
    return Object.entries(flow).flatMap(([name, value]) => (value === 'auto' ? [name] : []));
  }

  /** Everyone has left the loop: they enter that of the changed run. */
  private async moveOver({ standing, row = [] }: LoopReport): Promise<void> {
    const { wanted } = this;
    this.wanted = null;
    const { round } = standing;
    let planned: Planned;
    if (wanted !== null) planned = wanted.planned;
    else {
      const change = this.schedule.shift() as Change;
      const due = { ...change, round, edits: this.stillDue(change) };
      planned = await this.planned(due);
    }
    const { prepared, carry, change, report } = planned;
    const ordinal = this.changes.length;
    const told = carry?.told ?? { broadcast: 0, links: 0 };
    const said = rowOf(Float64Array.from(row), 0);
    const before = {
      bitsBroadcast: said.bitsBroadcast + told.broadcast,
      bitsLinks: said.bitsLinks + told.links,
      networkSeconds: said.networkSeconds,
    };
    const { arena: from, checkpoints: earlier } = this;
    this.prepared = { ...prepared, plan: Object.freeze({ ...prepared.plan, before }) };
    this.loaded = planned.loaded;
    this.fault = planned.fault;
    this.pool = new WorkerPool(prepared.plan.workers);
    this.arena = createArena(prepared.plan.layout);
    await this.fill();
    const words = this.arena.view('control', 'i32');
    // Whoever looks before the workers are there sees the round that they come from.
    words[Word.ROUND] = round;
    this.words = words;
    this.reader = this.openReader();
    this.snapshots = goesBack(this.prepared.plan) ? createSnapshots(prepared.plan.layout) : null;
    const take = (into: Uint8Array) =>
      takeOver({ from, to: this.arena, round, carry, edits: change.edits, ordinal }, into);
    this.checkpoints = new RunCheckpoints({
      ...this.checkpointInputs(),
      from: null,
      changed: { standing, silent: carry?.silent ?? false, take, earlier },
    });
    this.steering.moveTo(this.words, prepared.plan.rounds);
    this.changes.push(report);
    if (planned.later !== null && wanted !== null) {
      this.schedule.push(planned.later);
      this.schedule.sort((a, b) => a.round - b.round);
    }
    this.writeManifest();
    wanted?.made();
  }

  /** The end of a silence: whoever has restored an edge meanwhile has done a part of it. */
  private stillDue({ edits, chosen }: Change): readonly Edit[] {
    if (chosen !== undefined) return edits;
    const isCut = (a: number, b: number) =>
      (this.loaded.cut ?? []).some(([one, other]) => one === Math.min(a, b) && other === Math.max(a, b));
    const left = edits.flatMap((edit): Edit[] => {
      if (edit.kind !== 'restore' || edit.edges === 'all') return [edit];
      const edges = edit.edges.filter(([a, b]) => isCut(a, b));
      return edges.length === 0 ? [] : [{ ...edit, edges }];
    });
    return left.length > 0 ? left : [{ kind: 'rounds', rounds: this.prepared.plan.rounds }];
  }

  private writeManifest(): void {
    if (this.directory === null) return;
    const { changes } = this;
    this.writeRows(() => this.directory?.noteChanges(changes));
  }

  /** A large arena is touched by its workers first; a small one is filled at once, before this returns. */
  private async fill(): Promise<void> {
    const { arena, prepared, pool } = this;
    const { plan, report } = prepared;
    const cpus = report.pinned ?? null;
    const isTheirs = plan.workers > 1 || cpus !== null;
    if (isTheirs && plan.layout.totalBytes >= TOUCHED_BYTES) await pool.touch(arena, plan, cpus);
    prepared.fill(arena);
  }

  /**
   * From the first round to the last file. Rejects with the cause where a worker failed; files are complete
   * either way.
   */
  async run(): Promise<RunResult> {
    const { prepared, options, directory } = this;
    await this.filled;
    directory?.begin({
      run: this.id,
      config: { ...options.config, config: prepared.config },
      plan: prepared.report,
      inputs: prepared.inputs,
      agents: prepared.agents(),
      ...(this.followed && { followed: this.followed }),
      ...(options.from && { manifest: options.from.manifest }),
    });
    try {
      if (options.from) this.takeEarlierRows(options.from);
      let reports = await this.runTraced();
      const parts = [reports];
      while (reports[0].status === 'left') {
        await this.moveOver(reports[0]);
        reports = await this.runTraced();
        parts.push(reports);
      }
      const [leader] = reports;
      this.ending = true;
      const summary: Summary = { run: this.id, ...this.summarize(leader) };
      const workersTime = sumThreadTimes(parts.map((part) => part.map(({ times }) => times)));
      if (workersTime !== null) summary.workersTime = workersTime;
      if (this.unwritten !== null)
        Object.assign(summary, { status: 'failed', error: this.unwritten.message });
      const state = this.stateAfter(leader.rounds);
      const [x = null] = state;
      if (x !== null) summary.stateHash = await this.hash(state);
      if (directory && x !== null) {
        const told = this.writing.begin('x.npy', x.rows * x.columns);
        await directory.writeX((file) => writeNpyRows(file, x, told));
      }
      const result = options.keepX && x !== null ? compactRows(x) : null;
      if (this.ranks === null) await this.checkpoints.last(leader, this.snapshots, this.writing);
      this.tellCheckpoints(summary);
      this.writing.end();
      const written = (await directory?.finish(summary, this.reportMaker(x))) ?? summary;
      if (this.unwritten !== null) throw this.unwritten;
      return {
        summary: written,
        heap: reports.map(({ heap }) => heap),
        x: result,
        labels: options.keepX ? Array.from(prepared.agents(), ({ label }) => label) : null,
        rows: this.kept?.rows() ?? [],
        profiles: reports.flatMap(({ profile }) => profile ?? []),
        threadTimes: reports.flatMap(({ profile, times }) => (profile && times ? [times] : [])),
        ...(this.timeline && {
          timeline: await this.timeline.taken(reports.map(({ timeline }) => timeline)),
        }),
      };
    } catch (error) {
      this.wanted?.refused(error as Error);
      if (error !== this.unwritten) await this.keepFailed(error as Error);
      throw error;
    } finally {
      this.wanted?.refused(new InputError('the run ended before it could be changed'));
      this.wanted = null;
      directory?.release();
      this.timeline?.close();
    }
  }

  /** Of a run that failed; where that cannot be written either, the failure itself is what is said. */
  private async keepFailed(failure: Error): Promise<void> {
    try {
      const summary = { run: this.id, ...this.summarize(failure) };
      await this.directory?.finish(summary, this.reportMaker(null));
    } catch (error) {
      const also = (error as Error).message;
      const { hint } = failure as { hint?: string };
      Object.assign(failure, { hint: hint === undefined ? also : `${hint}; ${also}` });
    }
  }

  /** The page of the run; `x`: null where workers were ended in the middle of a round. */
  private reportMaker(x: StateRows | null): ReportMaker | null {
    const { prepared, options, directory } = this;
    if (prepared.config.report === false || directory === null) return null;
    return async (summary) => {
      // It is no part of a start.
      const [{ runPage }, { disagreementOf }] = await Promise.all([
        import('../page/run-page.js'),
        import('../page/disagreement.js'),
      ]);
      const whose = prepared.network();
      return runPage({
        manifest: directory.manifest as Manifest,
        summary,
        rows: this.history.rows(),
        rowCount: this.history.count,
        graph: whose,
        noGraph: whose === null ? NO_GRAPH : null,
        agents: whose === null ? null : prepared.agents(),
        ...(x === null
          ? {
              disagreement: null,
              noDisagreement: 'The run failed, and what agents held then is not of one round.',
            }
          : await disagreementOf(x)),
        workers: options.clock ? readClock(options.clock) : null,
      });
    };
  }

  /** In parts, between which this thread answers. */
  private async hash(state: readonly StateRows[]): Promise<string> {
    const entries = state.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
    const told = this.writing.begin('the hash of the state', entries);
    const hashing = hashInParts(state);
    let answeredMs = performance.now();
    for (;;) {
      const { done, value } = hashing.next();
      if (done) return value as string;
      told(value as number);
      if (performance.now() - answeredMs < ANSWER_MS) continue;
      await new Promise((resolve) => setImmediate(resolve));
      answeredMs = performance.now();
    }
  }

  private summarize(outcome: LoopReport | Error): Summary {
    const { prepared, arena, history } = this;
    const summary = summarize(prepared, optimumValueIn(arena, prepared.plan), history.rows(), outcome);
    summary.warnings.push(...this.warnings);
    if (this.changes.length > 0) summary.changes = this.changes;
    return summary;
  }

  /** What the run that is gone on with has left of its trace, as far as it still holds. */
  private takeEarlierRows({ trace, round }: ResumePoint): void {
    const { traceEvery } = this.prepared.plan;
    let rows: TraceRow[] = [];
    let last = -1;
    let count = 0;
    const pass = () => {
      for (const row of rows) {
        this.history.push(row);
        this.kept?.push(row);
      }
      this.writeRows(() => this.directory?.append(rows));
      rows = [];
    };
    for (const row of trace === null ? [] : readTraceRows(trace)) {
      if (row.round <= last || row.round > round || row.round % traceEvery !== 0) continue;
      last = row.round;
      count++;
      if (rows.push(row) === EARLIER_ROWS) pass();
    }
    pass();
    this.takeEarlierAgents(trace, round);
    const lacking = 1 + Math.floor(round / traceEvery) - count;
    if (lacking > 0)
      this.warnings.push(
        `trace.csv lacks ${plural(lacking, 'row')} before round ${round}: it was cut or edited`,
      );
  }

  /** The same of agents-trace.csv, which lies beside it. */
  private takeEarlierAgents(trace: string | null, round: number): void {
    if (this.followed === null || trace === null) return;
    const file = path.join(path.dirname(trace), 'agents-trace.csv');
    const { traceEvery } = this.prepared.plan;
    let last = -1;
    let lines = '';
    for (const [at, line] of readAgentsLines(file, ['round', ...this.followed])) {
      if (at <= last || at > round || at % traceEvery !== 0) continue;
      last = at;
      lines += line;
    }
    this.writeRows(() => this.directory?.appendAgents(lines));
  }

  private tellCheckpoints(summary: Summary): void {
    const report = this.checkpoints.report();
    if (report === null) return;
    summary.checkpoints = report;
    if (report.failed === undefined) return;
    const last = report.lastRound === null ? 'there is none' : `the last one is of round ${report.lastRound}`;
    summary.warnings.push(`a checkpoint could not be written: ${report.failed}; ${last}`);
  }

  /** Rows so far, for whoever begins to listen now: all that are kept. */
  rowsSoFar(): TraceRow[] {
    return (this.kept ?? this.history).rows();
  }

  private async runTraced(): ReturnType<WorkerPool['run']> {
    const { arena, options, prepared } = this;
    const { timeline } = this;
    const deliver = timeline
      ? () => timeline.during('rows of the trace', () => this.deliver())
      : () => this.deliver();
    const timer = setInterval(deliver, DRAIN_MS);
    this.checkpoints.begin();
    try {
      return await this.pool.run(arena, prepared.plan, {
        cpus: prepared.report.pinned ?? null,
        heapAtRounds: options.heapAtRounds ?? [],
        fault: this.fault,
        leaveAt: this.schedule[0]?.round ?? null,
        profileUs: options.profileUs ?? 0,
        moduleFiles: filesOfModules(prepared.plan.modules),
        clock: options.clock ?? null,
        timeline: this.timeline?.buffer ?? null,
        snapshots: this.snapshots,
        checkpoints: this.checkpoints.task,
        ranks: this.ranks,
        callSeconds: options.config.config.modules?.seconds,
        roundSeconds: options.config.config.timeout?.round,
      });
    } finally {
      clearInterval(timer);
      this.deliver();
      await this.checkpoints.end();
    }
  }

  /** Rows that the leader has written by now. */
  private deliver(): void {
    const rows = this.reader.drain();
    for (const row of rows) {
      this.history.push(row);
      this.kept?.push(row);
    }
    const lines = this.agentsLines;
    this.agentsLines = '';
    this.writeRows(() => {
      this.directory?.append(rows);
      if (this.followed !== null) this.directory?.appendAgents(lines);
    });
    if (rows.length === 0) return;
    // By now all has been called once that a run calls until its first round is over.
    keepCompiledCode();
    this.timeline?.begun();
    this.onRows(rows);
  }

  /**
   * A run whose trace cannot be written ends after its round, with everything else that it has; rows are
   * taken all the same, or the leader would wait for room.
   */
  private writeRows(write: () => void): void {
    if (this.unwritten !== null) return;
    try {
      write();
    } catch (error) {
      this.unwritten = error as Error;
      this.steering.stop();
    }
  }

  progress(): Progress {
    return {
      round: Atomics.load(this.words, Word.ROUND), // [C8]
      rounds: this.prepared.plan.rounds,
      from: this.options.from?.round ?? 0,
      paused: standsStill(this.words),
      ...(this.changes.length > 0 && { changes: this.changes.length }),
      ...(this.schedule.length > 0 && { pending: this.schedule }),
      ending: this.ending,
      writing: this.writing.progress(),
      calling: this.pool.calling(),
      last: this.history.last ?? null,
    };
  }

  shared(): SharedNow {
    const { arena, prepared } = this;
    const { plan } = prepared;
    const named = plan.agents <= MOST_LABELS && prepared.place(0).label !== null;
    const labels = named ? Array.from(prepared.agents(), ({ label }) => label) : null;
    return { memory: arena.memory, plan, labels, changes: this.changes };
  }

  /** Where this one of several ranks has an agent; null where there is one rank. */
  private heldRow(agent: number): number | null {
    const { part } = this.prepared.plan as { part?: PartPlan | null };
    if (!part || !this.arena.has('agents.numbers')) return null;
    const at = this.arena.view('agents.numbers', 'u32').subarray(0, part.own).indexOf(agent);
    if (at >= 0) return at;
    const { start, rank } = part.runs;
    const holder = rank[start.findLastIndex((first) => first <= agent)];
    throw new InputError(`agent ${agent} is held by rank ${holder}, and this is rank ${part.rank}`, {
      hint: `ask the session of rank ${holder}`,
    });
  }

  inspect(agent: number): AgentState {
    const { plan: run } = this.prepared;
    if (!Number.isInteger(agent) || agent < 0 || agent >= run.agents) {
      throw new InputError(`agent is ${agent}, expected 0..${run.agents - 1}`);
    }
    const round = Atomics.load(this.words, Word.ROUND); // [C8]
    const held = this.heldRow(agent);
    const row = (name: string) => {
      const field = run.state.find((field) => field.name === name);
      if (!field) return null;
      if (held !== null) return rowHeld(this.arena, run, field, round, held);
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

/** A row of one of several ranks, by its position there. */
function rowHeld(
  arena: Arena,
  { rowBytes, dim, ...plan }: RunPlan,
  { name, doubled }: StateField,
  round: number,
  position: number,
): Float64Array {
  const { rows } = plan as RunPlan & { rows: number };
  const stride = rowBytes / arena.realBytes;
  const at = ((doubled ? round & 1 : 0) * rows + position) * stride;
  return Float64Array.from(arena.reals(name).subarray(at, at + dim));
}

function realsOf(buffer: SharedArrayBuffer, precision: Precision): Reals {
  return precision === 'float32' ? new Float32Array(buffer) : new Float64Array(buffer);
}
