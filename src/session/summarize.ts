/** summary.json from a run's trace: how it ended, what it cost, and what to try next where it diverged. */

import type { LoopReport } from '../../workers/round-loop.js';
import { roundStep, SAFETY } from '../flow/gains.js';
import { flowDefinition } from '../flow/registry.js';
import type { Prepared } from './prepare.js';
import type { Summary, TraceRow } from './types.js';

/** With compression in the loop, the share of a step that diverged which is worth trying. */
const COMPRESSED_RETRY_SHARE = 0.25;

/** `outcome`: the leader's report, or what ended a run that failed. The state hash is filled in by whoever has the state. */
export function summarize(
  prepared: Prepared,
  rows: readonly TraceRow[],
  outcome: LoopReport | Error,
): Summary {
  const { run, warnings } = prepared.program;
  const last = rows.at(-1);
  const failed = outcome instanceof Error;
  const rounds = failed ? (last?.round ?? 0) : outcome.rounds;
  const seconds = failed ? (last?.seconds ?? 0) : outcome.seconds;
  const summary: Summary = {
    status: failed ? 'failed' : outcome.status,
    rounds,
    agents: run.agents,
    dim: run.dim,
    edges: run.edges,
    workers: run.workers,
    seconds,
    roundsPerSecond: seconds > 0 ? rounds / seconds : 0,
    stateHash: '',
    bits: {
      // The mean, where messages vary in length.
      perMessage: run.messageBits ?? (rounds > 0 ? (last?.bitsBroadcast ?? 0) / rounds / run.agents : 0),
      broadcast: last?.bitsBroadcast ?? 0,
      links: last?.bitsLinks ?? 0,
      uncompressedBroadcast: rounds * run.agents * run.uncompressedBits,
    },
    final: {
      objective: finite(last?.objective),
      optimum: finite(run.optimumValue),
      gap: finite(last?.gap),
      rmsError: finite(last?.rmsError),
      consensusError: finite(last?.consensusError),
      networkSeconds: finite(last?.networkSeconds),
      accuracy: finite(last?.accuracy),
    },
    warnings: [...warnings],
  };
  if (failed) summary.error = outcome.message;
  else if (outcome.status === 'diverged') summary.hint = divergedHint(prepared);
  return summary;
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

/** A step that should work, from the graph's and the cost's bounds. */
function divergedHint({ program }: Prepared): string {
  const { flow } = program.run;
  const { step, ...others } = flow.gains;
  const gains = { ...program.gains(), delta: 1 };
  const bound = flowDefinition(flow.kind).largestStep?.(flow, gains) ?? Number.NaN;
  const retry = flow.compress === 'none' ? step / 2 : step * COMPRESSED_RETRY_SHARE;
  if (Number.isNaN(bound)) return `flow.step is ${step}; try flow.step: ${roundStep(retry)}`;
  if (gains.l === Number.POSITIVE_INFINITY) {
    return `flow.step is ${step}, and the cost does not say how smooth it is; try flow.step: ${roundStep(retry)}`;
  }
  const shown = Object.entries(others)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
  const advice = `try flow.step: ${roundStep(Math.min(SAFETY * bound, retry))}`;
  return step >= bound
    ? `flow.step is ${step}, and beyond ${roundStep(bound)} even the uncompressed flow is unstable with these gains (${shown}); ${advice}`
    : `flow.step is ${step}; up to ${roundStep(bound)} the uncompressed flow would be stable if all agents had the same curvature, so it is their differences or the compression that ask for less; ${advice}`;
}
