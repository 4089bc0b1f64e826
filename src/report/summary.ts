/**
 * What a person reads after a run: how it ended, how good the answer is, what it cost in bits, and where the
 * files are.
 */

import { formatBytes } from '../arena/fits.js';
import { formatCount } from '../base/count.js';
import {
  alignRows,
  type Colours,
  formatBits,
  formatQuantity,
  formatSaving,
  formatSeconds,
  plural,
} from '../base/format.js';
import type { Summary } from '../run/reports.js';
import { gapSparkline } from './chart.js';

export interface SummaryExtras {
  name: string;
  /** Run directory as the user may type it; null where nothing was written. */
  directory: string | null;
  /** Agents' gaps of the trace in order, for the sparkline. */
  gaps?: readonly number[];
  /** Characters a line may take. */
  width?: number;
}

export function formatSummary(summary: Summary, extras: SummaryExtras, colours: Colours): string {
  const { status, rounds, seconds, roundsPerSecond, bits, final } = summary;
  const paint =
    status === 'converged' || status === 'finished'
      ? colours.green
      : status === 'stopped'
        ? colours.yellow
        : colours.red;
  const lines = [
    `${colours.bold(paint(status))}  ${extras.name}: ${plural(rounds, 'round')} in ${formatSeconds(seconds)} (${formatCount(roundsPerSecond)} rounds/s)`,
  ];

  // Around a server: each way against gradients of float32, which is what everyone sends who compresses
  // nothing.
  const star = bits.up !== undefined;
  const fewer = (said: number) => {
    const saving = formatSaving(said, 32 * summary.dim * summary.agents * rounds);
    return saving === null ? '' : colours.bold(`, ${saving} than float32`);
  };
  const saving = formatSaving(bits.broadcast, bits.uncompressedBroadcast);
  const optimum = final.optimum === null ? '' : `, optimum ${formatQuantity(final.optimum, 6)}`;
  const gapLine = gapSparkline(extras.gaps ?? [], Math.max(10, Math.min(40, (extras.width ?? 80) - 44)));
  lines.push(
    ...alignRows(
      [
        ['objective', final.objective === null ? null : `${formatQuantity(final.objective, 6)}${optimum}`],
        ["agents' gap", formatAgentsGap(summary)],
        ['gap of the mean', final.gap === null || star ? null : formatQuantity(final.gap)],
        ['gradient norm', final.gradientNorm === null ? null : formatQuantity(final.gradientNorm)],
        [
          'error',
          final.rmsError === null ? null : `${formatQuantity(final.rmsError)} (rms distance to the optimum)`,
        ],
        ['test accuracy', final.accuracy === null ? null : `${(100 * final.accuracy).toFixed(2)}%`],
        [
          'consensus error',
          final.consensusError === null || star ? null : formatQuantity(final.consensusError),
        ],
        ['rate', formatRate(summary.rate)],
        ['bits a message', Number.isFinite(bits.perMessage) ? formatQuantity(bits.perMessage) : null],
        ['bits up', star ? `${formatBits(bits.up ?? 0)}${fewer(bits.up ?? 0)}` : null],
        ['bits down', star ? `${formatBits(bits.down ?? 0)}${fewer(bits.down ?? 0)}` : null],
        [
          'bits in total',
          `${formatBits(bits.broadcast)} broadcast${saving === null ? '' : colours.bold(`, ${saving} than uncompressed`)}; ${formatBits(bits.links)} over links`,
        ],
        [
          'network',
          final.networkSeconds === null
            ? null
            : `${formatSeconds(final.networkSeconds)} on the links of the config`,
        ],
        [
          "agents' log10 gap",
          gapLine === null
            ? null
            : `${gapLine.line} ${gapLine.from.toFixed(1)} to ${gapLine.to.toFixed(1)} by round`,
        ],
        ['checkpoints', formatCheckpoints(summary)],
        ['results', extras.directory],
        ['to go on', formatGoingOn(summary, extras)],
      ],
      colours,
    ),
  );
  for (const warning of summary.warnings) lines.push(`${colours.yellow('warning:')} ${warning}`);
  if (summary.error !== undefined) lines.push(`${colours.red('error:')} ${summary.error}`);
  if (summary.hint !== undefined) lines.push(`${colours.cyan('hint:')} ${summary.hint}`);
  return lines.join('\n');
}

/** What the agents hold: in the mean, and the worst of them; and of how many, where not of all. */
function formatAgentsGap({ final, agents, agentsMeasured = agents, bits }: Summary): string | null {
  if (final.agentsGapMean === null) return null;
  const mean = formatQuantity(final.agentsGapMean);
  if (bits.up !== undefined) return `${mean} (everyone holds the same x)`;
  const of = agentsMeasured < agents ? `; looked at ${agentsMeasured} of ${formatCount(agents)}` : '';
  return `${mean} in the mean, ${formatQuantity(final.agentsGapWorst)} the worst${of}`;
}

/** What they took, where any was taken in the loop. */
function formatCheckpoints({ checkpoints, seconds }: Summary): string | null {
  if (checkpoints === undefined || checkpoints.lastRound === null) return null;
  const { written, lastRound, bytes, loopSeconds } = checkpoints;
  const share = loopSeconds > 0 ? `, ${((100 * loopSeconds) / seconds).toPrecision(2)}% of the time` : '';
  return `${formatCount(written)} written, the last after round ${formatCount(lastRound)} (${formatBytes(bytes)})${share}`;
}

function formatGoingOn({ status, checkpoints }: Summary, { directory }: SummaryExtras): string | null {
  if (status !== 'stopped' || directory === null || checkpoints?.lastRound == null) return null;
  return `sottovoce resume ${directory}`;
}

function formatRate(rate: Summary['rate']): string | null {
  if (rate?.measured == null) return null;
  const predicted = rate.predicted === null ? '' : `, ${formatQuantity(rate.predicted, 3)} predicted`;
  return `${formatQuantity(rate.measured, 3)} rounds per factor of 10 in the error${predicted}`;
}
