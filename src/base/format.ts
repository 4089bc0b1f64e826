/** Numbers as people read them. Units stand after the number; a thousand bits are a kbit, as in networks. */

import pc from 'picocolors';
import { formatCount, inThousands } from './count.js';

export type Colours = ReturnType<typeof pc.createColors>;

/** Colours for a terminal that wants them: see https://no-color.org. */
export function coloursFor(
  stream: { isTTY?: boolean | undefined },
  env: NodeJS.ProcessEnv = process.env,
): Colours {
  return pc.createColors(stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb');
}

/**
 * Four significant digits, or as many as given: `0.3788`, `9.8e-7`, `1,234`; `unknown` where there is no
 * number.
 */
export function formatQuantity(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined || Number.isNaN(value)) return 'unknown';
  if (!Number.isFinite(value)) return value > 0 ? 'infinite' : '-infinite';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 1e-3 && size < 1e6) {
    const rounded = Number(value.toPrecision(digits));
    return size >= 10_000 ? inThousands(rounded) : String(rounded);
  }
  return String(Number(value.toPrecision(digits)).toExponential()).replace('e+', 'e');
}

const BIT_UNITS = ['bit', 'kbit', 'Mbit', 'Gbit', 'Tbit', 'Pbit'];

export function formatBits(bits: number): string {
  let value = bits;
  let unit = 0;
  while (value >= 999.5 && unit < BIT_UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  const text = unit === 0 ? String(Math.round(value * 10) / 10) : String(Number(value.toPrecision(3)));
  return `${text} ${BIT_UNITS[unit]}`;
}

/** 0.0042 -> `4.2 ms`, 12.3 -> `12.3 s`, 3723 -> `1 h 2 min`. */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'unknown';
  if (seconds < 0.9995) return `${Number((seconds * 1000).toPrecision(3))} ms`;
  if (seconds < 59.95) return `${Number(seconds.toPrecision(3))} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** `37x fewer`; says `more` where it is more, and nothing where it is the same. */
export function formatSaving(bits: number, uncompressedBits: number): string | null {
  if (!(bits > 0 && uncompressedBits > 0) || bits === uncompressedBits) return null;
  const ratio = Math.max(bits, uncompressedBits) / Math.min(bits, uncompressedBits);
  const text = ratio >= 9.95 ? formatCount(ratio) : String(Number(ratio.toPrecision(2)));
  return `${text}x ${bits < uncompressedBits ? 'fewer' : 'more'}`;
}

export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** How wide each column of a table must be, and no narrower than `least`. */
export function columnWidths(rows: readonly (readonly string[])[], least: readonly number[] = []): number[] {
  const widths = [...least];
  for (const row of rows) {
    for (const [c, cell] of row.entries()) widths[c] = Math.max(widths[c] ?? 0, cell.length);
  }
  return widths;
}

/** A row of a table: the first `left` cells begin in line with those above, the others end so. */
export function alignRow(row: readonly string[], widths: readonly number[], left: number): string {
  const cells = row.map((cell, c) =>
    c < left ? cell.padEnd(widths[c] ?? 0) : cell.padStart(widths[c] ?? 0),
  );
  return cells.join('  ').trimEnd();
}

/** Lines `  label   value`, the values aligned; rows without a value are left out. */
export function alignRows(
  rows: readonly (readonly [label: string, value: string | null])[],
  colours: Colours,
): string[] {
  const kept = rows.filter((row): row is readonly [string, string] => row[1] !== null);
  const width = Math.max(0, ...kept.map(([label]) => label.length));
  return kept.map(([label, value]) => `  ${colours.dim(label.padEnd(width))}  ${value}`);
}
