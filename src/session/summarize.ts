/** summary.json from a run's trace: how it ended, what it cost, and what to try next where it diverged. */

import type { Prepared } from '../run/program.js';
import type { CompressorChoice, Summary } from '../run/reports.js';
import type { LoopReport } from '../run/tasks.js';
import type { TraceRow } from '../trace/row.js';
import { measuredRoundsPerDecade } from '../tune/rate.js';
import { growthWarning } from './growth.js';

/**
 * `optimumValue`: f*, NaN where unknown. `outcome`: the leader's report, or what ended a run that failed. The
 * state hash is filled in by whoever has the state.
 */
export function summarize(
  prepared: Prepared,
  optimumValue: number,
  rows: readonly TraceRow[],
  outcome: LoopReport | Error,
): Summary {
  const { plan: run, report } = prepared;
  const last = rows.at(-1);
  const failed = outcome instanceof Error;
  const rounds = failed ? (last?.round ?? 0) : outcome.rounds;
  const seconds = failed ? (last?.seconds ?? 0) : outcome.seconds;
  const summary: Summary = {
    // One that was left is gone on with, and is not over.
    status: failed || outcome.status === 'left' ? 'failed' : outcome.status,
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
      perMessage: run.messageBits ?? (rounds > 0 ? said(last) / rounds / run.agents : 0),
      broadcast: last?.bitsBroadcast ?? 0,
      links: last?.bitsLinks ?? 0,
      uncompressedBroadcast: rounds * run.senders * run.uncompressedBits,
      ...(last && !Number.isNaN(last.bitsUp) && { up: last.bitsUp, down: last.bitsDown }),
    },
    final: {
      objective: finite(last?.objective),
      optimum: finite(run.optimumMoves && last ? last.objective - last.gap : optimumValue),
      gap: finite(last?.gap),
      rmsError: finite(last?.rmsError),
      consensusError: finite(last?.consensusError),
      networkSeconds: finite(last?.networkSeconds),
      accuracy: finite(last?.accuracy),
      agentsGapMean: finite(last?.agentsGapMean),
      agentsGapWorst: finite(last?.agentsGapWorst),
      gradientNorm: finite(last?.gradientNorm),
      meanGradientNorm: finite(last?.meanGradientNorm),
    },
    rate: {
      predicted: report.tuning?.roundsPerDecade ?? null,
      measured: measuredRoundsPerDecade(rows),
    },
    agentsMeasured: run.measured,
    ...(report.compressorChoice && { compressorChoice: choiceOf(report.compressorChoice) }),
    warnings: [...report.warnings],
  };
  const growth = summary.status === 'diverged' ? null : growthWarning(rows, run.optimumMoves === true);
  if (growth !== null) summary.warnings.push(growth);
  if (failed) summary.error = outcome.message;
  else if (outcome.status === 'diverged') summary.hint = prepared.hint();
  return summary;
}

function choiceOf({
  for: purpose,
  compressor,
  candidates,
}: CompressorChoice): NonNullable<Summary['compressorChoice']> {
  const [predicted = null, next = null] = candidates;
  return { for: purpose, compressor, predicted, next };
}

/** Bits of all agents so far. */
function said(last: TraceRow | undefined): number {
  if (!last) return 0;
  return Number.isNaN(last.bitsUp) ? last.bitsBroadcast : last.bitsUp;
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
