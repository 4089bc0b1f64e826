/**
 * `network: { bandwidth: 1 Mbit/s, latency: 20 ms }`: numbers with units, as text, to bits a second and
 * seconds.
 *
 * Units are read with their case: a Mbit is a million bits, a MB eight million, and mbit would be a
 * thousandth of one.
 */

import type { NetworkSpec } from './types.js';

const BITS_A_SECOND: Readonly<Record<string, number>> = {
  'bit/s': 1,
  'kbit/s': 1e3,
  'Mbit/s': 1e6,
  'Gbit/s': 1e9,
  'Tbit/s': 1e12,
  bps: 1,
  kbps: 1e3,
  Mbps: 1e6,
  Gbps: 1e9,
  'B/s': 8,
  'kB/s': 8e3,
  'MB/s': 8e6,
  'GB/s': 8e9,
};

const SECONDS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  μs: 1e-6,
  ms: 1e-3,
  s: 1,
  min: 60,
};

export const MOST_SECONDS = 1e9;
export const BANDWIDTH_EXPECTED =
  'expected a number > 0 of bit/s, or one with bit/s, kbit/s, Mbit/s or Gbit/s';
export const LATENCY_EXPECTED = 'expected a number >= 0 of seconds, or one with us, ms or s';

export const DURATION_EXPECTED = 'expected a number > 0 of seconds, or one with ms, s or min';

/** `1.5 Mbit/s` with the units given, or null where it is no such thing. */
function quantity(text: string, units: Readonly<Record<string, number>>): number | null {
  const found = /^\s*(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)\s*([^\s\d.]+)\s*$/.exec(text);
  if (!found || !Object.hasOwn(units, found[2])) return null;
  const value = Number(found[1]);
  const unit = units[found[2]];
  // Dividing by a power of ten rounds once: 20 ms is the same double as 0.02.
  const inSi = unit < 1 ? value / Math.round(1 / unit) : value * unit;
  return Number.isFinite(inSi) ? inSi : null;
}

/** Bits a second, from a text with a unit or a bare number; null where it is neither, or not above 0. */
export function readBandwidth(text: string | number): number | null {
  const value = typeof text === 'number' ? text : (quantity(text, BITS_A_SECOND) ?? bare(text));
  return value !== null && value > 0 ? value : null;
}

/** Seconds, likewise; 0 is one. */
export function readLatency(text: string | number): number | null {
  const value = typeof text === 'number' ? text : (quantity(text, SECONDS) ?? bare(text));
  return value !== null && value >= 0 ? value : null;
}

/** A table has no other way to write a number without a unit. */
function bare(text: string): number | null {
  const value = /^\s*(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : null;
}

export function isBandwidth(text: string): boolean {
  return (quantity(text, BITS_A_SECOND) ?? 0) > 0;
}

export function isLatency(text: string): boolean {
  return quantity(text, SECONDS) !== null;
}

/** Seconds that pass: more than 0, and of some length. */
export function isDuration(text: string): boolean {
  const seconds = quantity(text, SECONDS) ?? 0;
  return seconds > 0 && seconds <= MOST_SECONDS;
}

/** After validation: both are numbers, or text that can be read. */
export function networkInSi({
  bandwidth,
  latency,
  edges,
}: {
  bandwidth: number | string;
  latency: number | string;
  edges?:
    | string
    | {
        between: (string | number)[];
        bandwidth?: number | string | undefined;
        latency?: number | string | undefined;
      }[]
    | undefined;
}): NetworkSpec {
  return {
    bandwidth: readBandwidth(bandwidth) as number,
    latency: readLatency(latency) as number,
    ...(edges !== undefined && {
      edges:
        typeof edges === 'string'
          ? edges
          : edges.map((edge) => ({
              between: edge.between as [string | number, string | number],
              ...(edge.bandwidth !== undefined && { bandwidth: readBandwidth(edge.bandwidth) as number }),
              ...(edge.latency !== undefined && { latency: readLatency(edge.latency) as number }),
            })),
    }),
  };
}
