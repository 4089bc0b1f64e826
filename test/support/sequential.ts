/**
 * A run without threads: every worker's program bound over one arena and called in turn, phase by phase. What
 * depends on the partition shows here as it would with threads, hundreds of times a second; what depends on
 * timing does not, and has its own tests with real threads.
 */

import { parseConfig } from '../../src/config/load.js';
import { compileKernels } from '../../src/run/kernels.js';
import { prepareRun } from '../../src/session/prepare.js';
import { runOnOneThread } from '../../src/session/single-thread.js';
import { rowAt } from '../../src/session/state-hash.js';
import type { TraceRow } from '../../src/trace/row.js';

const modules = { float64: await compileKernels('float64'), float32: await compileKernels('float32') };

export interface SequentialResult {
  rounds: number;
  verdict: 'go' | 'converged' | 'diverged';
  stateHash: string;
  /** The first trace row, and the last. */
  first: TraceRow;
  final: TraceRow;
  /** Round and error of every row. */
  errors: [round: number, rmsError: number][];
  /** agents x dim, row by row; with a parameter server 1 x dim. */
  x: Float64Array;
  /** The duals or trackers, likewise; empty where a flow has none. */
  v: Float64Array;
  /** Bits of a message, where all are alike. */
  messageBits: number | null;
  /** What was chosen where gains were `auto`, as a flow's parameters; empty where none were. */
  chosen: object;
}

export async function runSequentially(
  config: Record<string, unknown>,
  workers: number,
): Promise<SequentialResult> {
  const prepared = await prepareRun(await parseConfig(config), workers);
  const { verdict, summary, rows, state } = runOnOneThread(prepared, modules[prepared.plan.layout.precision]);
  const { dim, messageBits, state: fields } = prepared.plan;
  const { tuning } = prepared.report;
  const dense = (name: string) => {
    const found = state[fields.findIndex((field) => field.name === name)];
    return Float64Array.from(
      { length: (found?.rows ?? 0) * dim },
      (_, at) => found.data[rowAt(found, Math.floor(at / dim)) + (at % dim)],
    );
  };
  return {
    rounds: summary.rounds,
    verdict,
    x: dense('x'),
    v: dense('v'),
    stateHash: summary.stateHash,
    first: rows[0],
    final: rows[rows.length - 1],
    errors: rows.map(({ round, rmsError }) => [round, rmsError]),
    messageBits,
    chosen: { ...tuning?.gains, ...(tuning?.compress && { compress: tuning.compress }) },
  };
}
