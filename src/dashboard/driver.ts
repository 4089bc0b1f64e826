/**
 * The run that a dashboard drives: one session after the other, each from its config to its results, and what
 * can be said of it at any time. It knows nothing of pages.
 */

import { randomUUID } from 'node:crypto';
import type { Graph } from '../../topology/index.js';
import { positionsOf } from '../../topology/positions.js';
import { InputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import type { ChangeReport, EdgeEnds, Edit } from '../run/changes.js';
import type { LoadedConfig } from '../run/config.js';
import type { PlanReport, Summary } from '../run/reports.js';
import { type OpenSession, openWatchable } from '../session/client.js';
import type { AgentState, Progress } from '../session/types.js';
import type { TraceRow } from '../trace/row.js';
import { RowStore } from '../trace/row-store.js';
import { RunFrames } from './frames.js';
import type { DashboardState, NetworkFacts, Phase, WorkerState } from './protocol.js';

const LOOK_MS = 100;
const ROWS_MS = 40;
/** Rounds a second are those of about so long. */
const SPEED_MS = 1000;

/** What a driver tells, and asks for. */
export interface DriverEvents {
  /** Something about its state is another. */
  changed(): void;
  rows(rows: TraceRow[]): void;
  /** The network is another one. */
  network(): void;
}

export interface DriverOptions {
  /** Folder for the results of a config; null writes nothing. */
  folderOf(loaded: LoadedConfig): string | null;
}

type Opened = ReturnType<typeof openWatchable>;
type Steered = Pick<OpenSession['session'], 'pause' | 'resume' | 'step' | 'change'>;

export class Driver {
  readonly #events: DriverEvents;
  readonly #options: DriverOptions;
  #open: Opened | null = null;
  #running: Promise<void> | null = null;
  #phase: Phase = 'none';
  #run: DashboardState['run'] = null;
  #folder: string | null = null;
  #plan: PlanReport | null = null;
  #frames: RunFrames | null = null;
  #network: NetworkFacts | null = null;
  #places: Float32Array | null = null;
  #progress: Progress | null = null;
  #summary: Summary | null = null;
  #error: DashboardState['error'] = null;
  #rows = new RowStore();
  #timer: NodeJS.Timeout | undefined;
  #speed: { ms: number; round: number }[] = [];
  #failure: Error | null = null;
  /** Changes being made: meanwhile everyone moves, and the run stands all the same. */
  #changing = 0;
  #changes: ChangeReport[] = [];

  constructor(events: DriverEvents, options: DriverOptions) {
    this.#events = events;
    this.#options = options;
  }

  /** Where the results are, or will be, absolute; null where nothing is written. */
  get folder(): string | null {
    return this.#folder;
  }

  /** Null where no run has memory. */
  get frames(): RunFrames | null {
    return this.#frames;
  }

  /** Rounds done. */
  get round(): number {
    return this.#frames?.round ?? 0;
  }

  get phase(): Phase {
    return this.#phase;
  }

  get summary(): Summary | null {
    return this.#summary;
  }

  /** Why the last run failed. */
  get failure(): Error | null {
    return this.#failure;
  }

  rowsSoFar(): TraceRow[] {
    return this.#rows.rows();
  }

  get runId(): string {
    return this.#run?.id ?? '';
  }

  /** Whether a run is under way. */
  get busy(): boolean {
    return !['none', 'over', 'failed'].includes(this.#phase);
  }

  /** Resolves with the plan when the rounds begin, or stand at 0. */
  async start(loaded: LoadedConfig, paused: boolean): Promise<PlanReport> {
    if (this.busy) throw new InputError('a run is under way: stop it first, or wait for its end');
    this.#forget();
    this.#become('preparing');
    try {
      const open = openWatchable();
      this.#open = open;
      const { session } = open;
      const plan = await session.prepare({ config: loaded, outDir: null });
      this.#plan = plan;
      this.#folder = this.#options.folderOf(loaded);
      const id = randomUUID();
      this.#run = {
        id,
        name: plan.name,
        folder: this.#folder === null ? null : showPath(this.#folder),
      };
      if (paused) await session.pause();
      const outDir = this.#folder;
      const ended = session.start({ runId: id, ...(outDir !== null && { outDir }) });
      this.#running = ended.then(
        ({ summary }) => this.#end(summary),
        (error: Error) => this.#fail(error),
      );
      await session.subscribe((rows) => this.#take(rows));
      await Promise.race([this.#see(0), ended]);
      // A short run may be over by now.
      if (!this.busy) return plan;
      this.#become(paused ? 'paused' : 'running');
      this.#timer = setInterval(() => void this.#look(), LOOK_MS);
      await this.#look();
      return plan;
    } catch (error) {
      if (this.#running === null) {
        await this.#close();
        this.#phase = 'none';
        this.#events.changed();
      } else {
        await this.#running;
        // It was over before it could be looked at.
        if (this.#plan !== null && this.#summary !== null) return this.#plan;
      }
      throw error;
    }
  }

  pause(): Promise<number> {
    return this.#steer((session) => session.pause());
  }

  async resume(): Promise<void> {
    await this.#steer((session) => session.resume(), 'running');
  }

  step(rounds: number): Promise<number> {
    return this.#steer((session) => session.step(rounds), 'stepping');
  }

  /** From a pause; it stays paused. */
  async change(edits: readonly Edit[]): Promise<ChangeReport> {
    this.#changing++;
    try {
      const report = await this.#steer((session) => session.change(edits));
      await this.#see(this.#progress?.changes ?? this.#changes.length + 1);
      return report;
    } finally {
      this.#changing--;
    }
  }

  /** Every edge that is cut now. */
  get cut(): EdgeEnds[] {
    return [...(this.#changes.at(-1)?.cut ?? [])];
  }

  /** Resolves when results are written. */
  async stop(): Promise<void> {
    await this.#session().stop();
    this.#become('writing');
    await this.#running;
  }

  /** Resolves when the run is over, however it ends; at once where there is none. */
  async ended(): Promise<void> {
    await this.#running;
  }

  inspect(agent: number): Promise<AgentState> {
    return this.#session().inspect(agent);
  }

  /** Ends everything; results of a run under way are written first. */
  async close(): Promise<void> {
    if (this.#open !== null && this.#running !== null) {
      await this.#open.session.stop().catch(() => {});
      await this.#running;
    }
    await this.#close();
  }

  /** At once, whatever becomes of the results. */
  async abandon(): Promise<void> {
    await this.#close();
  }

  state(): DashboardState {
    const phase = this.#phase;
    const progress = this.#progress;
    const still = phase === 'paused';
    const going = phase === 'running' || phase === 'stepping';
    return {
      phase,
      run: this.#run,
      plan: this.#plan,
      network: this.#network,
      round: this.#frames?.round ?? progress?.round ?? 0,
      rounds: progress?.rounds ?? this.#plan?.rounds ?? 0,
      roundsPerSecond: this.#roundsPerSecond(),
      workers: this.#workers(),
      changes: [...this.#changes],
      pending: [...(progress?.pending ?? [])],
      summary: this.#summary,
      error: this.#error,
      can: {
        start: !this.busy,
        pause: going,
        resume: still,
        step: still,
        stop: still || going,
        change: still,
      },
    };
  }

  facts(): NetworkFacts | null {
    return this.#network;
  }

  labels(): string[] | null {
    return this.#frames?.shared.labels ?? null;
  }

  /** Two numbers an agent, as the run began. */
  places(): Float32Array | null {
    const frames = this.#frames;
    if (frames === null) return null;
    this.#places ??= placesOf(frames);
    return this.#places;
  }

  #session(): OpenSession['session'] {
    const open = this.#open;
    if (open === null || this.#running === null) throw new InputError('no run is under way: start one first');
    return open.session;
  }

  async #steer<T>(call: (session: Steered) => Promise<T>, meanwhile?: Phase): Promise<T> {
    const session = this.#session();
    const before = this.#phase;
    if (meanwhile !== undefined && (before === 'paused' || before === 'running')) this.#become(meanwhile);
    try {
      return await call(session);
    } finally {
      await this.#look();
    }
  }

  /** The memory of the run. */
  async #see(changes: number): Promise<void> {
    if (this.#frames?.changes === changes) return;
    const { changes: reports, ...shared } = await (this.#open as Opened).shared();
    this.#changes = [...reports];
    this.#frames = new RunFrames(shared, reports.length);
    const { plan } = shared;
    this.#network ??= {
      agents: plan.agents,
      edges: plan.edges,
      directed: (plan as { directed?: boolean }).directed === true,
      neighbours: this.#frames.arena.has('graph.columns'),
    };
    this.#events.network();
  }

  async #look(): Promise<void> {
    const open = this.#open;
    if (open === null || this.#running === null || !this.busy) return;
    try {
      const progress = await open.session.progress();
      if (!this.busy) return;
      this.#progress = progress;
      const { changes = 0 } = progress;
      if (this.#frames !== null && this.#frames.changes !== changes) await this.#see(changes);
      const { paused, ending } = progress;
      this.#measure();
      const now: Phase =
        ending === true
          ? 'writing'
          : paused || (this.#changing > 0 && this.#phase === 'paused')
            ? 'paused'
            : this.#phase === 'paused' || this.#phase === 'preparing'
              ? 'running'
              : this.#phase;
      if (now !== this.#phase) this.#become(now);
    } catch {
      // The run has ended meanwhile: its promise says how.
    }
  }

  #measure(): void {
    const round = this.#frames?.round ?? 0;
    const ms = performance.now();
    this.#speed.push({ ms, round });
    while (this.#speed.length > 2 && ms - (this.#speed[1]?.ms ?? 0) > SPEED_MS) this.#speed.shift();
  }

  #roundsPerSecond(): number {
    if (this.#phase !== 'running' && this.#phase !== 'stepping') return 0;
    const first = this.#speed[0];
    const last = this.#speed.at(-1);
    if (first === undefined || last === undefined || last.ms <= first.ms) return 0;
    return Math.max(0, (1000 * (last.round - first.round)) / (last.ms - first.ms));
  }

  #workers(): WorkerState[] {
    const partition = this.#frames?.shared.plan.partition ?? [];
    return partition.slice(1).map((end, worker) => ({
      worker,
      agents: end - (partition[worker] as number),
      busy: null,
    }));
  }

  #take(rows: TraceRow[]): void {
    for (const row of rows) this.#rows.push(row);
    this.#events.rows(rows);
  }

  async #end(summary: Summary): Promise<void> {
    this.#summary = summary;
    // Rows come over a port of their own, and the last of them may still be under way.
    await new Promise((resolve) => setTimeout(resolve, ROWS_MS));
    await this.#close();
    this.#become('over');
  }

  async #fail(error: Error): Promise<void> {
    this.#failure = error;
    const { hint } = error as { hint?: unknown };
    this.#error = { message: error.message, hint: typeof hint === 'string' ? hint : null };
    await this.#close();
    this.#become('failed');
  }

  /** What the run has shown stays until the next one begins. */
  async #close(): Promise<void> {
    clearInterval(this.#timer);
    const open = this.#open;
    this.#open = null;
    await open?.close();
  }

  #forget(): void {
    this.#running = null;
    this.#run = null;
    this.#folder = null;
    this.#plan = null;
    this.#frames = null;
    this.#network = null;
    this.#places = null;
    this.#progress = null;
    this.#summary = null;
    this.#error = null;
    this.#failure = null;
    this.#rows = new RowStore();
    this.#speed = [];
    this.#changes = [];
  }

  #become(phase: Phase): void {
    this.#phase = phase;
    this.#events.changed();
  }
}

/** Of the network by number, whatever the order in which its agents lie. */
function placesOf({ arena, shared: { plan } }: RunFrames): Float32Array | null {
  if (!arena.has('graph.columns')) return null;
  const { agents } = plan;
  const rowStart = arena.view('graph.rowStart', 'u32');
  const columns = arena.view('graph.columns', 'u32');
  const numbers = arena.has('agents.numbers') ? arena.view('agents.numbers', 'u32') : null;
  const positions = arena.has('agents.positions') ? arena.view('agents.positions', 'u32') : null;
  const start = new Uint32Array(agents + 1);
  const neighbours = new Uint32Array(rowStart[agents] as number);
  for (let agent = 0, to = 0; agent < agents; agent++) {
    const row = positions === null ? agent : (positions[agent] as number);
    const begin = to;
    for (let arc = rowStart[row] as number; arc < (rowStart[row + 1] as number); arc++) {
      const other = columns[arc] as number;
      neighbours[to++] = numbers === null ? other : (numbers[other] as number);
    }
    if (numbers !== null) neighbours.subarray(begin, to).sort();
    start[agent + 1] = to;
  }
  const graph: Pick<Graph, 'nodes' | 'rowStart' | 'columns'> = {
    nodes: agents,
    rowStart: start,
    columns: neighbours,
  };
  const { x, y } = positionsOf(graph);
  const places = new Float32Array(2 * agents);
  for (let agent = 0; agent < agents; agent++) {
    places[2 * agent] = x[agent] as number;
    places[2 * agent + 1] = y[agent] as number;
  }
  return places;
}
