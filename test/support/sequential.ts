/**
 * A run without threads: every worker's program bound over one arena and called in turn, phase by phase. What depends on the partition shows here
 * as it would with threads, hundreds of times a second; what depends on timing does not, and has its own tests with real threads.
 */

import { readFileSync } from 'node:fs';
import { bindKernels } from '../../kernels/bindings.js';
import { createArena } from '../../src/arena/arena.js';
import { parseConfig } from '../../src/config/load.js';
import { bindProgram } from '../../src/program/bind.js';
import { fillArena } from '../../src/session/fill.js';
import { kernelsUrl } from '../../src/session/locations.js';
import { prepareRun } from '../../src/session/prepare.js';
import { stateHash } from '../../src/session/state-hash.js';
import { COLUMNS } from '../../src/trace/ring.js';

const module = new WebAssembly.Module(readFileSync(kernelsUrl));

export interface SequentialResult {
  rounds: number;
  verdict: 'go' | 'converged' | 'diverged';
  stateHash: string;
  /** The last trace row. */
  final: Record<(typeof COLUMNS)[number], number>;
  /** agents x dim, row by row. */
  x: Float64Array;
  /** Bits of a message, where all are alike. */
  messageBits: number | null;
}

export async function runSequentially(
  config: Record<string, unknown>,
  workers: number,
): Promise<SequentialResult> {
  const prepared = await prepareRun(await parseConfig(config), workers);
  const { run } = prepared.program;
  const arena = createArena(run.layout);
  fillArena(arena, prepared);
  const kernels = bindKernels(module, arena.memory);
  const programs = Array.from({ length: workers }, (_, worker) => bindProgram(run, arena, kernels, worker));
  const row = new Float64Array(COLUMNS.length);
  const trace = (round: number) => {
    for (let phase = 0; phase < programs[0].tracePhases.length; phase++) {
      for (const program of programs) program.tracePhases[phase](round);
    }
    return programs[0].traceRow(round, 0, row);
  };

  for (const program of programs) program.prologue();
  let round = 0;
  let verdict = trace(0);
  while (round < run.rounds && verdict === 'go') {
    for (let phase = 0; phase < programs[0].phases.length; phase++) {
      for (const program of programs) program.phases[phase](round);
    }
    round++;
    if (round % run.traceEvery === 0 || round === run.rounds) verdict = trace(round);
  }

  const rowStride = run.rowBytes / 8;
  const entries = run.agents * rowStride;
  const state = ['x', 'v', 's']
    .filter((name) => arena.has(name))
    .map((name) => {
      const parity = name === 'x' && run.flow.stateIsMessage ? round & 1 : 0;
      const data = arena.view(name, 'f64').subarray(parity * entries, (parity + 1) * entries);
      return { data, rows: run.agents, rowStride, columns: run.dim };
    });
  const [{ data: rows }] = state;
  const x = Float64Array.from({ length: run.agents * run.dim }, (_, at) => {
    return rows[Math.floor(at / run.dim) * rowStride + (at % run.dim)];
  });
  return {
    rounds: round,
    verdict,
    x,
    stateHash: stateHash(state),
    final: Object.fromEntries(COLUMNS.map((name, i) => [name, row[i]])) as SequentialResult['final'],
    messageBits: run.compressor.messageBits,
  };
}
