/**
 * Progress of a run for whoever is watching: a bar on a terminal, a few plain lines in a log, nothing where
 * nobody asked. A log gets a line at growing intervals (2 s, 4 s, 8 s, ...) and at each tenth of the way,
 * never more than `MAX_LINES`.
 */

import { formatCount } from '../base/count.js';
import { formatBits, formatQuantity, formatSeconds } from '../base/format.js';
import { visibleLine } from '../base/visible.js';
import type { Progress } from '../session/types.js';
import { type Output, printLine } from './terminal.js';

/** Steps of something other than a run say what they are doing instead of how many a second. */
export interface Watched extends Progress {
  doing?: string;
}

export interface ProgressView {
  update(progress: Watched, elapsedSeconds: number): void;
  /** Leaves the terminal as it was; idempotent. */
  end(): void;
}

const MAX_LINES = 20;
const FIRST_LINE_SECONDS = 2;

export const silent: ProgressView = { update: () => {}, end: () => {} };

export async function progressView(output: Output, rounds: number): Promise<ProgressView> {
  return output.isTTY ? barView(output, rounds) : lineView(output);
}

export function lineView(output: Output): ProgressView {
  let lines = 0;
  let lastSeconds = 0;
  let nextSeconds = FIRST_LINE_SECONDS;
  let nextTenth = 1;
  return {
    update(progress, elapsed) {
      const tenth = Math.floor((10 * progress.round) / progress.rounds);
      const due =
        elapsed >= nextSeconds || (tenth >= nextTenth && elapsed - lastSeconds >= FIRST_LINE_SECONDS);
      if (!due || lines >= MAX_LINES) return;
      lines++;
      lastSeconds = elapsed;
      nextSeconds = Math.max(2 * elapsed, elapsed + FIRST_LINE_SECONDS);
      nextTenth = tenth + 1;
      printLine(output, progressLine(progress, elapsed));
    },
    end() {},
  };
}

/** `round 1,200 of 5,000 (24%), 600 rounds/s, 6.3 s left, agents' gap 1.2e-3, 1.2 Mbit` */
export function progressLine(progress: Watched, elapsed: number): string {
  const { round, rounds, from = 0, doing } = progress;
  const rate = elapsed > 0 ? (round - from) / elapsed : 0;
  const percent = Math.floor((100 * round) / rounds);
  const parts = [`${doing ? 'step' : 'round'} ${formatCount(round)} of ${formatCount(rounds)} (${percent}%)`];
  if (doing) return [...parts, `${formatSeconds((rounds - round) / rate)} left`, doing].join(', ');
  if (progress.paused) parts.push('paused');
  if (rate > 0) parts.push(`${formatCount(rate)} rounds/s`, `${formatSeconds((rounds - round) / rate)} left`);
  return [...parts, ...quantities(progress)].join(', ');
}

function quantities({ last, round }: Progress): string[] {
  // Where rows are far apart, the one of round 0 is all there is: "0 bit" would be wrong by now.
  if (last === null || (last.round === 0 && round > 0)) return [];
  const parts: string[] = [];
  if (!Number.isNaN(last.accuracy)) parts.push(`accuracy ${(100 * last.accuracy).toFixed(1)}%`);
  else if (!Number.isNaN(last.agentsGapMean))
    parts.push(`agents' gap ${formatQuantity(last.agentsGapMean, 2)}`);
  else if (!Number.isNaN(last.consensusError))
    parts.push(`consensus error ${formatQuantity(last.consensusError, 2)}`);
  parts.push(formatBits(last.bitsBroadcast));
  return parts;
}

async function barView(output: Output, rounds: number): Promise<ProgressView> {
  const { default: cliProgress } = await import('cli-progress');
  const bar = new cliProgress.SingleBar(
    {
      format: '{bar} {value}/{total}  {details}',
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 24,
      hideCursor: true,
      clearOnComplete: true,
      linewrap: false,
      fps: 10,
      stream: output as NodeJS.WritableStream,
    },
    cliProgress.Presets.shades_classic,
  );
  let ended = false;
  bar.start(rounds, 0, { details: 'starting' });
  return {
    update(progress, elapsed) {
      if (ended) return;
      const rate = elapsed > 0 ? (progress.round - (progress.from ?? 0)) / elapsed : 0;
      const speed =
        rate > 0 ? [`${formatCount(rate)}/s`, `${formatSeconds((rounds - progress.round) / rate)} left`] : [];
      const shown = progress.doing ? [...speed.slice(1), progress.doing] : speed;
      const parts = [...(progress.paused ? ['paused'] : shown), ...quantities(progress)];
      bar.update(progress.round, { details: visibleLine(parts.join(', ')) });
    },
    end() {
      if (ended) return;
      ended = true;
      bar.stop();
    },
  };
}
