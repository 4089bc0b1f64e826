/**
 * A whole run on the thread that calls: every worker's program bound over one arena and called in turn, phase by phase, without a barrier and without
 * a pool. Same kernels, same order of additions, so the same bits as the threads' run.
 *
 * For many small runs side by side, one a thread; and for tests, where what depends on the partition shows as it would with threads.
 */

import { bindKernels } from '../../kernels/bindings.js';
import type { LoopReport } from '../../workers/round-loop.js';
import { createArena } from '../arena/arena.js';
import { bindProgram } from '../program/registry.js';
import type { Verdict } from '../program/types.js';
import { COLUMNS, rowOf } from '../trace/ring.js';
import type { Prepared } from './prepare.js';
import { type StateRows, stateHash, stateRows } from './state-hash.js';
import { summarize } from './summarize.js';
import type { Summary, TraceRow } from './types.js';

export interface SingleThreadRun {
  verdict: Verdict;
  summary: Summary;
  rows: TraceRow[];
  x: StateRows;
  /** All that belongs to the answer: x first, then v and s where they are kept. */
  state: StateRows[];
}

/** Returns when the run is over; nothing can stop it before. As many programs as `prepared` has workers. */
export function runOnOneThread(prepared: Prepared, module: WebAssembly.Module): SingleThreadRun {
  const { run } = prepared.program;
  const arena = createArena(run.layout);
  prepared.fill(arena);
  const kernels = bindKernels(module, arena.memory);
  const programs = Array.from({ length: run.workers }, (_, worker) =>
    bindProgram(run, arena, kernels, worker),
  );
  const [leader] = programs;
  const rows: TraceRow[] = [];
  const numbers = new Float64Array(COLUMNS.length);

  for (const program of programs) program.prologue();
  const startedMs = performance.now();
  const trace = (round: number): Verdict => {
    for (let phase = 0; phase < leader.tracePhases.length; phase++) {
      for (const program of programs) program.tracePhases[phase](round);
    }
    const verdict = leader.traceRow(round, (performance.now() - startedMs) / 1000, numbers);
    rows.push(rowOf(numbers, 0));
    return verdict;
  };

  let round = 0;
  let verdict = trace(0);
  while (round < run.rounds && verdict === 'go') {
    for (let phase = 0; phase < leader.phases.length; phase++) {
      for (const program of programs) program.phases[phase](round);
    }
    round++;
    if (round % run.traceEvery === 0 || round === run.rounds) verdict = trace(round);
  }

  const report: LoopReport = {
    rounds: round,
    status: verdict === 'go' ? 'finished' : verdict,
    seconds: (performance.now() - startedMs) / 1000,
    heap: [],
  };
  const summary = summarize(prepared, rows, report);
  const state = run.state.map((field) => stateRows(arena, run, field, round));
  summary.stateHash = stateHash(state);
  return { verdict, summary, rows, x: state[0], state };
}
