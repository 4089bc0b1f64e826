/**
 * Small charts in text: sparklines and bars made of Unicode's eighth blocks. Pure functions; colours and
 * streams are the caller's.
 */

import { greatestOf, leastOf } from '../base/extremes.js';

const LEVELS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const FULL = '█';
const SECOND = '░';

/**
 * One character a value, lowest `▁` to highest `█`; a gap (a space) where there is no number. More values
 * than `width` are averaged in equal groups, so that the whole of a long run fits.
 */
export function sparkline(values: readonly number[], width = Number.POSITIVE_INFINITY): string {
  const shown = shrink(values, Math.max(1, width));
  const known = shown.filter(Number.isFinite);
  if (known.length === 0) return '';
  const low = leastOf(known);
  const span = greatestOf(known) - low;
  return shown
    .map((value) => {
      if (!Number.isFinite(value)) return ' ';
      // A flat line has no highest: it lies low.
      return LEVELS[
        span === 0 ? 0 : Math.min(LEVELS.length - 1, Math.floor(((value - low) / span) * LEVELS.length))
      ];
    })
    .join('');
}

export interface GapLine {
  line: string;
  /** log10 of the first and of the last known gap. */
  from: number;
  to: number;
}

/**
 * log10 of the gap over the rounds; null where fewer than two gaps are known. Gaps at or below 0 (rounding)
 * count as the smallest seen.
 */
export function gapSparkline(gaps: readonly number[], width = 40): GapLine | null {
  const positive = gaps.filter((gap) => gap > 0 && Number.isFinite(gap));
  if (positive.length < 2) return null;
  const floor = leastOf(positive);
  const logs = gaps.map((gap) => (Number.isNaN(gap) ? Number.NaN : Math.log10(Math.max(gap, floor))));
  const finite = logs.filter(Number.isFinite);
  const from = finite.at(0) ?? Math.log10(floor);
  return { line: sparkline(logs, width), from, to: finite.at(-1) ?? from };
}

function shrink(values: readonly number[], width: number): number[] {
  if (values.length <= width) return [...values];
  return Array.from({ length: width }, (_, column) => {
    const group = values.slice(
      Math.floor((column * values.length) / width),
      Math.floor(((column + 1) * values.length) / width),
    );
    const known = group.filter(Number.isFinite);
    return known.length === 0 ? Number.NaN : known.reduce((sum, value) => sum + value, 0) / known.length;
  });
}

/** `fraction` of `width` characters, to an eighth of one; never more than `width`. */
export function bar(fraction: number, width: number, fill = FULL): string {
  if (!(fraction > 0)) return '';
  if (fill !== FULL) return fill.repeat(Math.round(Math.min(1, fraction) * width));
  const eighths = Math.round(Math.min(1, fraction) * width * 8);
  return FULL.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
}

export interface Bar {
  label: string;
  value: number;
}

export interface ChartOptions {
  /** Characters a line may take. */
  width?: number;
  /** What a full bar stands for; the largest value where absent. */
  full?: number;
  format?: (value: number) => string;
}

/** Horizontal bars, longest first as given: `label ██████▌ 65%`. */
export function barChart(bars: readonly Bar[], options: ChartOptions = {}): string[] {
  const { width = 80, format = percent } = options;
  const full = options.full ?? largest(bars.map(({ value }) => value));
  const columns = measure(
    bars.map(({ label }) => label),
    bars.map(({ value }) => format(value)),
    width,
  );
  return bars.map(({ label, value }) => {
    const drawn = bar(full > 0 ? value / full : 0, columns.bar).padEnd(columns.bar);
    return `${pad(label, columns.label)} ${drawn} ${format(value).padStart(columns.value)}`.trimEnd();
  });
}

export interface PairedBar {
  label: string;
  first: number;
  second: number;
}

/** Two series, a line each under one label: predicted and observed, say. The second is drawn lighter. */
export function pairedBarChart(
  bars: readonly PairedBar[],
  names: readonly [string, string],
  options: ChartOptions = {},
): string[] {
  const { width = 80, format = percent } = options;
  const values = bars.flatMap(({ first, second }) => [first, second]);
  const full = options.full ?? largest(values);
  const nameWidth = Math.max(...names.map((name) => name.length));
  const columns = measure(
    bars.map(({ label }) => label),
    values.map(format),
    width - nameWidth - 1,
  );
  const line = (label: string, name: string, value: number, fill: string) => {
    const drawn = bar(full > 0 ? value / full : 0, columns.bar, fill).padEnd(columns.bar);
    return `${pad(label, columns.label)} ${name.padEnd(nameWidth)} ${drawn} ${format(value).padStart(columns.value)}`;
  };
  return bars.flatMap(({ label, first, second }) => [
    line(label, names[0], first, FULL),
    line('', names[1], second, SECOND),
  ]);
}

export function percent(fraction: number): string {
  return Number.isFinite(fraction) ? `${(100 * fraction).toFixed(1)}%` : '-';
}

const MIN_BAR = 4;

function measure(labels: readonly string[], values: readonly string[], width: number) {
  const value = Math.max(0, ...values.map((text) => text.length));
  const longest = Math.max(0, ...labels.map((label) => [...label].length));
  const label = Math.max(1, Math.min(longest, width - value - 2 - MIN_BAR));
  return { label, value, bar: Math.max(MIN_BAR, width - label - value - 2) };
}

/** Padded to `width`, or cut with an ellipsis. */
function pad(label: string, width: number): string {
  const letters = [...label];
  if (letters.length > width) return `${letters.slice(0, Math.max(0, width - 1)).join('')}…`;
  return label + ' '.repeat(width - letters.length);
}

function largest(values: readonly number[]): number {
  return Math.max(0, greatestOf(values.filter(Number.isFinite)));
}
