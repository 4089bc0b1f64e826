/**
 * Axes: from values to places, with the ticks along them. One for all pictures, linear or logarithmic. Ticks
 * at round numbers and numbers with SI prefixes are d3-scale's and d3-format's.
 *
 * Nothing is clamped: what lies beyond an axis has its place beyond the frame, where it is cut off, so that a
 * line to it leaves the frame in its true direction. A logarithmic axis has no place for what is not
 * positive: NaN.
 */

import { format } from 'd3-format';
import { scaleLinear, scaleLog } from 'd3-scale';
import type { Words } from './scene.js';

export interface AxisRange {
  /** `log2`: as `log`, with powers of two along it. */
  scale: 'linear' | 'log' | 'log2';
  /** Value at the beginning, and at the end. */
  low: number;
  high: number;
}

export interface Tick {
  value: number;
  /** Null: for the eye alone. */
  label: Words | null;
}

export interface Axis {
  of: (value: number) => number;
  ticks: Tick[];
}

export interface TickOptions {
  /** About so many labels have room. */
  count: number;
  /** `si`: 25k, 3M; `power`: powers of ten where the axis is logarithmic. */
  labels: 'si' | 'power';
  /** Values are labelled in this unit: 1e6 where an axis says Mbit. */
  unit?: number;
}

/** @param from where `low` lies; `to`: where `high` lies */
export function placeAxis(range: AxisRange, from: number, to: number, options: TickOptions): Axis {
  const { scale, low, high } = range;
  if (scale === 'linear') {
    return { of: scaleLinear([low, high], [from, to]), ticks: linearTicks(low, high, options) };
  }
  const place = scaleLog([low, high], [from, to]);
  const ticks = scale === 'log2' ? octaves(low, high, options.count) : decades(low, high, options);
  return { of: (value) => (value > 0 ? place(value) : Number.NaN), ticks };
}

function linearTicks(low: number, high: number, { count, unit = 1 }: TickOptions): Tick[] {
  const scale = scaleLinear([low / unit, high / unit], [0, 1]);
  const size = Math.max(Math.abs(low), Math.abs(high)) / unit;
  const write = size >= 10_000 ? si : scale.tickFormat(count, '~r');
  return scale.ticks(count).map((value) => ({ value: value * unit, label: minus(write(value)) }));
}

/**
 * Every decade has a tick, and every so many a label. Where there are few decades, 2 to 9 times each have a
 * tick as well, and 2 and 5 times a label where there are very few.
 */
function decades(low: number, high: number, { count, labels }: TickOptions): Tick[] {
  const [from, to] = [Math.log10(low), Math.log10(high)];
  const every = Math.max(1, Math.ceil((to - from) / count));
  const factors = to - from < 4 ? [1, 2, 3, 4, 5, 6, 7, 8, 9] : [1];
  const shown = to - from < 1.5 ? [1, 2, 5] : [1];
  const ticks: Tick[] = [];
  for (let power = Math.floor(from); power <= to + 1e-9; power++) {
    for (const factor of factors) {
      const value = Number(`${factor}e${power}`);
      if (value < low * (1 - 1e-9) || value > high * (1 + 1e-9)) continue;
      const isShown = power % every === 0 && shown.includes(factor);
      ticks.push({ value, label: isShown ? decade(factor, power, labels) : null });
    }
  }
  return ticks;
}

function decade(factor: number, power: number, labels: TickOptions['labels']): Words {
  if (labels === 'si') return si(factor * 10 ** power);
  return powerOfTen(power, factor === 1 ? '' : `${factor}·`);
}

/** 10 to a power, as people write it. */
export function powerOfTen(power: number, before = ''): Words {
  return [{ text: `${before}10` }, { text: minus(String(power)), raised: true }];
}

/** A bound such as 1e-6, 5e-7 or 0.3. */
export function boundInWords(value: number): Words {
  const [digits = '', power = '0'] = value.toExponential().split('e');
  if (Math.abs(Number(power)) < 2) return minus(String(value));
  return powerOfTen(Number(power), digits === '1' ? '' : `${digits}·`);
}

function octaves(low: number, high: number, count: number): Tick[] {
  const first = Math.ceil(Math.log2(low) - 1e-9);
  const last = Math.floor(Math.log2(high) + 1e-9);
  const every = Math.max(1, Math.ceil((last - first + 1) / count));
  const powers = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  return powers
    .filter((power) => power % every === 0)
    .map((power) => ({ value: 2 ** power, label: si(2 ** power) }));
}

const inSi = format('.3~s');
/** 25000 -> 25k; what is small stays as it is. */
export function si(value: number): string {
  const size = Math.abs(value);
  return minus(size >= 1000 ? inSi(value) : String(Number(value.toPrecision(3))));
}

/** A minus sign is as wide as a plus. */
function minus(text: string): string {
  return text.replace(/^-/, '−');
}
