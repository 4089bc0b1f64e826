/** A run, or a part of it, on the thread that calls. */

import { compileKernels } from '../run/kernels.js';
import { goesBack } from '../run/snapshot.js';
import { prepareRun } from '../session/prepare.js';
import { runOnOneThread } from '../session/single-thread.js';
import { stateHash } from '../session/state-hash.js';
import type { PartResult, PartTask } from './types.js';

const TELL_MS = 100;

/** @throws InputError where the config is refused; what a user's module throws */
export async function runPart(
  { loaded, workers, from, until }: PartTask,
  tell: (round: number) => void,
): Promise<PartResult> {
  const [prepared, module] = await Promise.all([
    prepareRun(loaded, workers),
    compileKernels(loaded.config.precision),
  ]);
  let toldMs = performance.now();
  const onRow = ({ round }: { round: number }) => {
    if (performance.now() - toldMs < TELL_MS) return;
    toldMs = performance.now();
    tell(round);
  };
  const { plan } = prepared;
  const ran = runOnOneThread(prepared, module, { from: from ?? null, until: until ?? null, onRow });
  return {
    rounds: ran.summary.rounds,
    agents: plan.agents,
    stateHash: ran.summary.stateHash,
    xHash: stateHash([ran.x]),
    rows: ran.rows,
    kept: ran.kept,
    every: goesBack(plan) ? plan.traceEvery : 1,
    config: prepared.config,
    gains: prepared.report.gains,
  };
}
