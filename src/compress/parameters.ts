/** Reading a spec's parameters at plan time: each is right, or refused with its path, its value and what was expected. */

import { type SpecPath, unexpected } from '../errors.js';
import type { CompressorSpec } from './types.js';

/** A whole number in least..most; `limit` says what the upper end is: `1..8 (dim)`. */
export function wholeNumber(
  spec: CompressorSpec,
  name: string,
  path: SpecPath,
  { least, most, limit, initially }: { least: number; most: number; limit?: string; initially?: number },
): number {
  const value = spec[name] ?? initially;
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw unexpected([...path, name], value, `${least}..${most}${limit ? ` (${limit})` : ''}`);
}

export function positiveNumber(
  spec: CompressorSpec,
  name: string,
  path: SpecPath,
  initially?: number,
): number {
  const value = spec[name] ?? initially;
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value;
  throw unexpected([...path, name], value, 'a number > 0');
}

export function oneOf<T extends string | number | boolean>(
  spec: CompressorSpec,
  name: string,
  path: SpecPath,
  choices: readonly T[],
  initially: T,
): T {
  const value = (spec[name] ?? initially) as T;
  if (choices.includes(value)) return value;
  throw unexpected([...path, name], value, choices.join(' or '));
}

/** Scalars of a message: m in 1..dim, 1 by default. */
export function scalarCount(spec: CompressorSpec, path: SpecPath, dim: number): number {
  return wholeNumber(spec, 'scalars', path, { least: 1, most: dim, limit: 'dim', initially: 1 });
}
