/**
 * A figure as data, before anybody places or draws it: panels with curves and bands, what the axes reach
 * over, the target. Every format is made of it, so that all show the same numbers.
 *
 * The axes are those of the methods that arrive: across to the last arrival, down to a little below the
 * target, up to where the curves begin. What diverges leaves the frame. Below what float64 resolves of the
 * objective nothing is said: `noise`.
 */

import { greatestOf, leastOf } from '../base/extremes.js';
import type { AxisRange } from './axes.js';
import type { AlongX } from './quantities.js';
import type { Series } from './series.js';
import type { StyleName } from './style.js';

export interface FigureAxis extends AxisRange {
  title: string;
  /** Ticks are in this many: 1e6 where the title says Mbit. */
  unit: number;
  /** Powers of ten along a logarithmic axis, or numbers with SI prefixes. */
  labels: 'si' | 'power';
}

export interface Curve {
  label: string;
  /** Number of its colour, dashes and dots. */
  style: number;
  x: readonly number[];
  y: readonly number[];
  low: readonly number[] | null;
  high: readonly number[] | null;
  /** Whether it ends because the numbers overflowed. */
  diverges: boolean;
  /** One of many that share a label: a fine line without dots. */
  thin?: boolean;
}

export interface Panel {
  title: string | null;
  curves: readonly Curve[];
  /** Level lines: where curves end up. In the colour of a style, or in none of them. */
  levels?: readonly { value: number; style: number | null }[];
}

export interface Figure {
  title: string | null;
  /** What is to be seen, in sentences. */
  caption: string;
  style: StyleName;
  x: FigureAxis;
  y: FigureAxis;
  panels: readonly Panel[];
  /** Labels in the order of their styles. */
  labels: readonly string[];
  /** On the vertical axis; null where there is none. */
  target: number | null;
  noise: number | null;
}

/** Of a logarithmic axis without a target: so many decades, at most. */
const MOST_DECADES = 18;

/** Where the vertical axis begins and ends. */
export function rangeUp(
  series: readonly Series[],
  scale: 'log' | 'linear',
  target: number | null,
  noise: number | null,
): { low: number; high: number } {
  const known = series.flatMap(({ y }) => y.filter((value) => Number.isFinite(value)));
  if (scale === 'linear') {
    // Curves that diverge say nothing of the range.
    const calm = series
      .filter(({ diverged }) => diverged === 0)
      .flatMap(({ y }) => y.filter(Number.isFinite));
    const of = calm.length > 0 ? calm : known;
    const [least, most] = [leastOf(of), greatestOf(of)];
    const room = 0.05 * (most - least) || 0.05 * Math.abs(most) || 1;
    return { low: least - room, high: most + room };
  }
  const positive = known.filter((value) => value > 0);
  // One round may well rise before it falls; what diverges rises for good.
  const begins = series.flatMap(({ y, diverged }) =>
    y.filter((value) => value > 0 && Number.isFinite(value)).slice(0, diverged > 0 ? 1 : 2),
  );
  const most = Math.max(...begins, ...(target === null ? [] : [target])) || 1;
  const least = target ?? Math.min(leastOf(positive), most);
  const floor = Math.max(least, (noise ?? 0) / 3, most * 10 ** -MOST_DECADES);
  const decades = Math.max(1, Math.log10(most / floor));
  const leaves = series.some(({ diverged }) => diverged > 0);
  return {
    low: floor * 10 ** (-0.06 * decades),
    high: most * 10 ** ((leaves ? 0.12 : 0.04) * decades),
  };
}

/** Where the horizontal axis begins and ends. */
export function rangeAcross(
  series: readonly Series[],
  log: boolean,
  target: number | null,
): { low: number; high: number } {
  const ends = (of: readonly Series[]) => of.map(({ x }) => x.at(-1) ?? 0);
  const arriving = series.filter(({ arrived, seeds }) => 2 * arrived >= seeds);
  const calm = series.filter(({ diverged }) => diverged === 0);
  const high =
    arriving.length > 0
      ? Math.max(...arriving.map((each) => arrivesAt(each, target)))
      : Math.max(...ends(calm.length > 0 ? calm : series));
  if (!log) return { low: 0, high: (high || 1) * 1.02 };
  const least = Math.min(...series.flatMap(({ x }) => x.filter((value) => value > 0).slice(0, 1)));
  return { low: Math.min(least, high / 2), high: high * 1.1 };
}

/** Where the line comes to the target for good; its end where it does not. */
function arrivesAt({ x, y }: Series, target: number | null): number {
  const last = x[y.findLastIndex((value) => !Number.isNaN(value))] ?? x.at(-1) ?? 0;
  if (target === null) return last;
  let found: number | null = null;
  x.forEach((at, i) => {
    if ((y[i] as number) > target) found = null;
    else if ((y[i] as number) <= target) found ??= at;
  });
  return found ?? last;
}

/** What stands along the horizontal axis that ends at `high`: its numbers in SI, bits in kbit or Mbit. */
export function wordsAcross(across: AlongX, high: number, logX: boolean) {
  const unit = across.unit === null || logX ? null : unitFor(high, across.unit);
  const title =
    unit === null || unit.unit === 1 ? across.title : across.title.replace(/^bits sent/, `${unit.name} sent`);
  return { title, unit: unit?.unit ?? 1, labels: 'si' as const };
}

/** bit, kbit, Mbit: the largest that leaves the end of an axis at 1 or above. */
export function unitFor(high: number, unit: string): { unit: number; name: string } {
  const prefixes = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
  let power = 0;
  while (power < prefixes.length - 1 && high >= 1000 ** (power + 1) * 2) power++;
  return { unit: 1000 ** power, name: `${prefixes[power]}${unit}` };
}
