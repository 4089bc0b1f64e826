/**
 * A whole run on the thread that calls: every worker's program bound over one arena and called in turn, phase
 * by phase, without a barrier and without a pool. Same kernels, same order of additions, so the same bits as
 * the threads' run.
 *
 * For many small runs side by side, one a thread; and for tests, where what depends on the partition shows as
 * it would with threads.
 */

import { bindKernels, type Kernels } from '../../kernels/bindings.js';
import { type Arena, createArena } from '../arena/arena.js';
import { Kept } from '../checkpoint/kept.js';
import { bindProgram } from '../program/registry.js';
import { withLaps } from '../run/laps.js';
import { optimumValueIn } from '../run/optimum.js';
import type { Prepared } from '../run/program.js';
import type { Summary } from '../run/reports.js';
import { goesBack, looksEveryRound, Snapshot } from '../run/snapshot.js';
import type { LoopReport } from '../run/tasks.js';
import type { BoundProgram, RunPlan, Verdict } from '../run/types.js';
import { COLUMNS, rowOf } from '../trace/ring.js';
import type { TraceRow } from '../trace/row.js';
import { type StateRows, stateHash, stateRows } from './state-hash.js';
import { summarize } from './summarize.js';

export interface SingleThreadRun {
  verdict: Verdict;
  summary: Summary;
  rows: TraceRow[];
  x: StateRows;
  /** All that belongs to the answer: x first, then v and s where they are kept. */
  state: StateRows[];
  /** What to go on with; null where the run came to its end. */
  kept: Uint8Array | null;
}

/** A part of a run: begun from what was kept of it, ended before its last round. */
export interface Part {
  /** `refining`: as a checkpoint has it. */
  from?: { bytes: Uint8Array; round: number; refining?: boolean } | null;
  /** Rounds after which it ends; where a run goes back (`goesBack`) it has to be one with a row. */
  until?: number | null;
  /** Called with every row that is looked at. */
  onRow?: (row: TraceRow) => void;
}

/**
 * A run between two rounds, on this thread: it begins with `begin()`, and may begin again, with another plan
 * of the same layout.
 */
export class Stepper {
  round = 0;
  readonly prepared: Prepared;
  private readonly arena: Arena;
  private readonly kernels: Kernels;
  private readonly laps: SharedArrayBuffer | null;
  private plan: RunPlan;
  private programs: BoundProgram[] = [];
  /** Of the beginning, where it is to come again; and of the row that a run goes back to. */
  private readonly beginning: Snapshot;
  private readonly snapshot: Snapshot;
  private readonly numbers = new Float64Array(COLUMNS.length);
  private startedMs = 0;
  private lostMs = 0;
  private savedRound = 0;
  private savedMs = 0;

  /** @param laps where it says which phase it is in, see `src/run/laps.ts` */
  constructor(prepared: Prepared, module: WebAssembly.Module, laps: SharedArrayBuffer | null = null) {
    this.laps = laps;
    this.prepared = prepared;
    this.plan = prepared.plan;
    this.arena = createArena(prepared.plan.layout);
    prepared.fill(this.arena);
    this.kernels = bindKernels(module, this.arena.memory);
    this.beginning = new Snapshot(this.arena, 0, 1);
    this.snapshot = new Snapshot(this.arena, 0, 1);
  }

  /** Phases of a round. After `begin()`. */
  get phases(): number {
    return this.programs[0]!.phases.length;
  }

  /** Keeps the beginning, so that `begin()` may come more than once. */
  keepBeginning(): void {
    this.beginning.save();
  }

  /** Round 0 of `plan`: the run's own, or one with other gains. As many programs as it has workers. */
  begin(plan: RunPlan = this.prepared.plan): void {
    this.plan = plan;
    if (this.programs.length > 0 && !this.beginning.saved) {
      throw new Error(
        'this run has begun already, and its beginning was not kept: call keepBeginning() first',
      );
    }
    this.beginning.restore();
    const { laps } = this;
    this.programs = Array.from({ length: plan.workers }, (_, worker) => {
      const program = bindProgram(plan, this.arena, this.kernels, worker);
      // One thread is in one phase at a time.
      return laps ? withLaps(program, laps, 0) : program;
    });
    for (const program of this.programs) program.prologue();
    this.round = 0;
    this.lostMs = 0;
    this.startedMs = performance.now();
  }

  /** What is kept of the run as it stands: see `checkpoint/kept.ts`. */
  keep(): Uint8Array {
    const kept = new Kept(this.arena);
    const bytes = new Uint8Array(kept.bytes);
    kept.save(bytes, this.round, 0, 1);
    return bytes;
  }

  /** After `begin()`: goes on from what was kept after `round` rounds of this run or another one like it. */
  goOn(bytes: Uint8Array, round: number): void {
    const kept = new Kept(this.arena);
    this.programs.forEach((_, worker) => {
      kept.restore(bytes, round, worker, this.programs.length);
    });
    for (const program of this.programs) program.restore?.(round);
    this.round = round;
  }

  step(): void {
    const { programs, round } = this;
    for (let phase = 0; phase < programs[0].phases.length; phase++) {
      for (const program of programs) program.phases[phase](round);
    }
    this.round++;
  }

  /** Time in rounds and rows; what was done again counts once. */
  seconds(): number {
    return (performance.now() - this.startedMs - this.lostMs) / 1000;
  }

  look(): { verdict: Verdict; row: TraceRow } {
    const { programs, round, numbers } = this;
    const [leader] = programs;
    for (let phase = 0; phase < leader.tracePhases.length; phase++) {
      for (const program of programs) program.tracePhases[phase](round);
    }
    const verdict = leader.traceRow(round, this.seconds(), numbers);
    return { verdict, row: rowOf(numbers, 0) };
  }

  /** See `BoundProgram.rmsError`; null where only a row tells it. */
  get rmsError(): (() => number) | null {
    const of = this.programs[0].rmsError;
    return of === undefined ? null : () => of(this.round);
  }

  save(): void {
    this.snapshot.save();
    this.savedRound = this.round;
    this.savedMs = 1000 * this.seconds();
  }

  goBack(): void {
    this.snapshot.restore();
    for (const program of this.programs) program.restore?.(this.savedRound);
    this.round = this.savedRound;
    this.lostMs += 1000 * this.seconds() - this.savedMs;
  }

  /** What a run that ended here would leave. */
  finish(verdict: Verdict, rows: readonly TraceRow[]): Pick<SingleThreadRun, 'summary' | 'x' | 'state'> {
    const { plan, arena } = this;
    const report: LoopReport = {
      rounds: this.round,
      status: verdict === 'go' ? 'finished' : verdict,
      seconds: this.seconds(),
      heap: [],
      standing: { round: this.round, seconds: this.seconds(), refining: false },
    };
    const summary = summarize({ ...this.prepared, plan }, optimumValueIn(arena, plan), rows, report);
    const state = plan.state.map((field) => stateRows(arena, plan, field, this.round));
    summary.stateHash = stateHash(state);
    return { summary, x: state[0], state };
  }
}

/**
 * Returns when the run, or this part of it, is over; nothing can stop it before. Rounds and rows are those of
 * the threads' loop.
 */
export function runOnOneThread(
  prepared: Prepared,
  module: WebAssembly.Module,
  { from, until, onRow }: Part = {},
): SingleThreadRun {
  const { plan: run } = prepared;
  const last = Math.min(run.rounds, until ?? run.rounds);
  const stepper = new Stepper(prepared, module);
  stepper.begin();
  if (from) stepper.goOn(from.bytes, from.round);
  const rows: TraceRow[] = [];
  const back = goesBack(run);
  let refining = looksEveryRound(run) || from?.refining === true;
  let { verdict, row } = stepper.look();
  if (!from) rows.push(row);
  while (stepper.round < last && verdict === 'go') {
    if (back && !refining && row.round === stepper.round) stepper.save();
    stepper.step();
    const { round } = stepper;
    const due = round % run.traceEvery === 0 || round === run.rounds;
    if (!due && !refining) continue;
    const before = row.round;
    const seen = stepper.look();
    onRow?.(seen.row);
    if (seen.verdict === 'converged' && !refining && round - before > 1) {
      stepper.goBack();
      refining = true;
      continue;
    }
    ({ verdict, row } = seen);
    if (due || verdict !== 'go') rows.push(row);
  }
  const kept = verdict === 'go' && last < run.rounds ? stepper.keep() : null;
  return { verdict, rows, kept, ...stepper.finish(verdict, rows) };
}
