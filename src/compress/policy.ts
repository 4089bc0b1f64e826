/**
 * A policy: which action an agent takes with its next message, from what it knows of its own error. Plain data,
 * made by `sottovoce learn`, and used by `learned.ts`.
 *
 *     f = features of the agent         score_a = sum_j weights[a][j] f_j         a = argmax (ties: the first)
 *
 * Features, of the error's energy E = |e|^2 in round k; A and B are running means of E that forget 1/4 and 1/32
 * a message, E' is the last one:
 *
 *     one      1                         growth   (E - A) / (E + A)
 *     early    32 / (32 + k)             trend    (A - B) / (A + B)
 *     age      n / (n + 4), n the silent rounds since the agent spoke
 *     change   (E - E') / (E + E')       spread   |e|_1^2 / (dim E): 1 where all entries are of one size
 *
 * All of it is + - * / and comparisons: the same bits on every machine. An error that is no number has scores
 * that are none, and takes the first action.
 *
 * Signs with checks are a linear code as a quantiser: a sender says the word of the code that is nearest to its
 * entries, and so all but as many bits of a block as there are checks. `checks: [1, 1, 1, 1]`: an even number of
 * four signs is minus, 3 bits; 16, 17, ..., 31: the extended Hamming code, 11 bits for 16 signs.
 *
 * The scale of a message is the root mean square of its error, rounded to a power of 2^(1/steps): whole numbers
 * n, of which a message says the change since the agent's last one, by an Exponential-Golomb code of order 0:
 * 1 bit where it is the same, 3 where it is one more or less. Every reader has heard the last one. Where links
 * change readers may have missed it, and n takes 14 bits.
 */

import type { z } from 'zod';
import type { Fault } from './types.js';

export const POLICY_FORMAT = 'sottovoce-policy/1';

export const FEATURES = ['one', 'growth', 'trend', 'change', 'early', 'age', 'spread'] as const;
export type Feature = (typeof FEATURES)[number];

/** What an agent may do with a message. */
export type PolicyAction =
  /** Nothing is said but that. */
  | { do: 'silence' }
  /** Every entry is rounded to one of 2^b levels, in units of the scale: b bits an entry. */
  | { do: 'levels'; levels: number[] }
  /**
   * The sign of every entry, in one size, of which some follow from others: of so many entries as there are
   * `checks` the exclusive or of the checks of those that are minus is 0. None: a bit an entry.
   */
  | { do: 'signs'; size: number; checks: number[] }
  /** Entries beyond a threshold are said as +-value, both in units of the scale; runs of others by a Rice code. */
  | { do: 'sparse'; threshold: number; value: number; rice: number }
  /** One of the compressors beside the policy, times a factor. */
  | { do: 'compress'; with: number; factor: number };

export interface Policy {
  format: typeof POLICY_FORMAT;
  /** What it is called. */
  name: string;
  /** Vectors are rotated at random before all that, see `rotation.ts`; null: not. */
  rotate: 'exact' | 'padded' | null;
  /** Steps of the scale in an octave. */
  steps: 1 | 2 | 4;
  actions: PolicyAction[];
  features: Feature[];
  /** A row for each action, an entry for each feature. */
  weights: number[][];
  /** Bits of each action's name, a prefix code; absent: ceil(log2 actions) for all. */
  header?: number[];
  /** How it was made; for people. */
  training?: Record<string, unknown>;
}

const MOST_ACTIONS = 16;
const MOST_LEVELS = 16;
/** Of a block of signs; an encoder keeps 2^bits sums for each of its entries. */
const MOST_CHECK_BITS = 8;
const MOST_BLOCK = 64;

/** Numbers that are no larger keep every score finite. */
export const MOST_WEIGHT = 1e6;

export function policyParameter(zod: typeof z): z.ZodType<Policy> {
  return zod.strictObject(shapeOf(zod)) as unknown as z.ZodType<Policy>;
}

/** Of a policy's file, which has the compressors of its actions beside the rest. */
export function policyFileShape(zod: typeof z): z.ZodType {
  const compressors = zod.array(zod.looseObject({ kind: zod.string() })).optional();
  return zod.strictObject({ ...shapeOf(zod), compressors });
}

/** The actions of a policy. */
export function policyActions(zod: typeof z) {
  const finite = () => zod.number().min(-MOST_WEIGHT).max(MOST_WEIGHT);
  const action = zod.discriminatedUnion('do', [
    zod.strictObject({ do: zod.literal('silence') }),
    zod.strictObject({ do: zod.literal('levels'), levels: zod.array(finite()).min(2).max(MOST_LEVELS) }),
    zod.strictObject({
      do: zod.literal('signs'),
      size: zod.number().positive().max(MOST_WEIGHT),
      checks: zod
        .array(
          zod
            .number()
            .int()
            .min(1)
            .max(2 ** MOST_CHECK_BITS - 1),
        )
        .max(MOST_BLOCK),
    }),
    zod.strictObject({
      do: zod.literal('sparse'),
      threshold: zod.number().min(0).max(MOST_WEIGHT),
      value: zod.number().positive().max(MOST_WEIGHT),
      rice: zod.number().int().min(0).max(12),
    }),
    zod.strictObject({
      do: zod.literal('compress'),
      with: zod
        .number()
        .int()
        .min(0)
        .max(MOST_ACTIONS - 1),
      factor: zod.number().positive().max(MOST_WEIGHT),
    }),
  ]);
  // $comment: the name of its type, for scripts/config-types.mjs.
  return zod
    .array(
      action.meta({ description: 'What a policy may do with a message.', $comment: 'as PolicyActionInput' }),
    )
    .min(1)
    .max(MOST_ACTIONS);
}

/** One of what an agent looks at. */
export function policyFeature(zod: typeof z) {
  return zod
    .enum(FEATURES)
    .meta({ description: 'What a policy may look at.', $comment: 'as PolicyFeatureInput' });
}

function shapeOf(zod: typeof z) {
  const finite = () => zod.number().min(-MOST_WEIGHT).max(MOST_WEIGHT);
  return {
    format: zod.literal(POLICY_FORMAT),
    name: zod.string().min(1).max(80),
    rotate: zod.enum(['exact', 'padded']).nullable(),
    steps: zod.union([zod.literal(1), zod.literal(2), zod.literal(4)]),
    actions: policyActions(zod),
    features: zod.array(policyFeature(zod)).max(FEATURES.length),
    weights: zod.array(zod.array(finite())),
    header: zod.array(zod.number().int().min(0).max(MOST_ACTIONS)).optional(),
    training: zod.record(zod.string(), zod.unknown()).optional(),
  };
}

/** What no shape says: null, or where it is wrong and what was expected. */
export function policyFault(
  { actions, features, weights, header }: Policy,
  compressors: number,
): Fault | null {
  if (weights.length !== actions.length)
    return { path: ['weights'], value: weights, expected: `${actions.length} rows, one for each action` };
  const row = weights.findIndex((own) => own.length !== features.length);
  if (row >= 0) {
    const expected = `${features.length} numbers, one for each feature`;
    return { path: ['weights', row], value: weights[row], expected };
  }
  if (new Set(features).size < features.length)
    return { path: ['features'], value: features, expected: 'each feature once' };
  if (header !== undefined) {
    if (header.length !== actions.length)
      return { path: ['header'], value: header, expected: `${actions.length} lengths, one for each action` };
    // Kraft: else no reader could tell where a name ends.
    if (header.reduce((sum, bits) => sum + 2 ** -bits, 0) > 1)
      return { path: ['header'], value: header, expected: 'lengths of a prefix code' };
  }
  for (const [at, action] of actions.entries()) {
    if (action.do === 'levels') {
      const { levels } = action;
      const path = ['actions', at, 'levels'];
      if ((levels.length & (levels.length - 1)) !== 0)
        return { path, value: levels, expected: '2, 4, 8 or 16 levels' };
      if (levels.some((level, i) => i > 0 && level <= (levels[i - 1] as number)))
        return { path, value: levels, expected: 'levels that ascend' };
    }
    if (action.do === 'signs' && checkBits(action.checks) === null) {
      const expected = 'checks that are independent: as many as their largest has bits';
      return { path: ['actions', at, 'checks'], value: action.checks, expected };
    }
    if (action.do !== 'compress') continue;
    if (action.with >= compressors) {
      const expected =
        compressors === 0
          ? 'compressors beside the policy, which has none'
          : `one of the ${compressors} compressors, from 0`;
      return { path: ['actions', at, 'with'], value: action.with, expected };
    }
  }
  return null;
}

/** Signs of a block that follow from the others; null where some check says nothing that others do not. */
export function checkBits(checks: readonly number[]): number | null {
  const bits = checks.length === 0 ? 0 : 32 - Math.clz32(Math.max(...checks));
  // Gauss, over bits: so many columns are independent.
  const basis: number[] = [];
  for (let column of checks) {
    for (const other of basis) column = Math.min(column, column ^ other);
    if (column > 0) basis.push(column);
  }
  return basis.length === bits ? bits : null;
}

/** Doubles of an agent's state: A, B, E', silent rounds, n of its last scale, and whether it has begun. */
export const STATE = 6;
const FAST = 0;
const SLOW = 1;
const LAST = 2;
const SILENT = 3;
const SCALE = 4;
const BEGUN = 5;

const FAST_FORGETS = 1 / 4;
const SLOW_FORGETS = 1 / 32;
const EARLY_ROUNDS = 32;
const AGED_ROUNDS = 4;

/** Positive numbers: (a - b) / (a + b) in -1..1; 0 of two zeros. */
function against(a: number, b: number): number {
  const sum = a + b;
  return sum === 0 ? 0 : (a - b) / sum;
}

/** Plain numbers that the round loop reads: nothing is looked up by name. */
export interface Scorer {
  /** Places in `values` of each feature's number. */
  places: number[];
  /** Actions x features, row by row. */
  weights: number[];
  actions: number;
}

export function scorerOf({ features, weights, actions }: Policy): Scorer {
  return {
    places: features.map((name) => FEATURES.indexOf(name)),
    weights: weights.flat(),
    actions: actions.length,
  };
}

/**
 * The action of an agent, and its averages brought up to date. `values`: scratch of FEATURES.length numbers.
 *
 * @param energy |e|^2
 * @param sum |e|_1
 */
export function decide(
  { places, weights, actions }: Scorer,
  state: Float64Array,
  at: number,
  values: Float64Array,
  energy: number,
  sum: number,
  dim: number,
  round: number,
): number {
  if (state[at + BEGUN] === 0) {
    state[at + BEGUN] = 1;
    state[at + FAST] = energy;
    state[at + SLOW] = energy;
    state[at + LAST] = energy;
  }
  const silent = state[at + SILENT];
  values[0] = 1;
  values[1] = against(energy, state[at + FAST]);
  values[2] = against(state[at + FAST], state[at + SLOW]);
  values[3] = against(energy, state[at + LAST]);
  values[4] = EARLY_ROUNDS / (EARLY_ROUNDS + round);
  values[5] = silent / (silent + AGED_ROUNDS);
  values[6] = energy === 0 ? 0 : (sum * sum) / (dim * energy);
  state[at + FAST] += (energy - state[at + FAST]) * FAST_FORGETS;
  state[at + SLOW] += (energy - state[at + SLOW]) * SLOW_FORGETS;
  state[at + LAST] = energy;

  let best = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let a = 0; a < actions; a++) {
    let score = 0;
    for (let j = 0; j < places.length; j++) score += weights[a * places.length + j] * values[places[j]];
    if (score > most) {
      most = score;
      best = a;
    }
  }
  return best;
}

/** Told whether the agent spoke, for its next decision. */
export function spoke(state: Float64Array, at: number, said: boolean): void {
  state[at + SILENT] = said ? 0 : state[at + SILENT] + 1;
}

/** No error, or none that could be told from it. */
export const NO_SCALE = 0;
/** Of an error that is no number, or beyond all. */
export const NOT_A_SCALE = 2 ** 14 - 1;
/** n is kept as a whole number above 0, so that a slot of zeros is silence. */
const MIDDLE = 2 ** 13;
const ABSOLUTE_BITS = 14;
/** 2^(1/8), 2^(1/4), ... : the places of steps in an octave, and half way between them. */
const EIGHTHS = [
  1,
  1.0905077326652577,
  1.189207115002721,
  1.2968395546510096,
  Math.SQRT2,
  1.5422108254079407,
  1.681792830507429,
  1.8340080864093424,
] as const;

const parts = new DataView(new ArrayBuffer(8));

/** The code of a scale: 2^(n / steps) is nearest to `size`, in the logarithm. */
export function scaleCode(size: number, steps: number): number {
  if (!(size < Number.POSITIVE_INFINITY)) return NOT_A_SCALE;
  // Smaller ones are of no use to anybody: what they scale is 0 to all digits.
  if (size < 2 ** -1000) return NO_SCALE;
  parts.setFloat64(0, size);
  const exponent = (parts.getUint32(0) >>> 20) - 1023;
  parts.setUint32(0, (parts.getUint32(0) & 0xfffff) | 0x3ff00000);
  const mantissa = parts.getFloat64(0);
  const wide = 8 / steps;
  let step = 0;
  for (let half = wide / 2; half < 8; half += wide) if (mantissa >= EIGHTHS[half]) step++;
  return MIDDLE + exponent * steps + step;
}

/** The scale of a code, exactly the same everywhere. */
export function scaleOf(code: number, steps: number): number {
  if (code === NO_SCALE) return 0;
  if (code === NOT_A_SCALE) return Number.NaN;
  const n = code - MIDDLE;
  const octave = Math.floor(n / steps);
  return EIGHTHS[((n - octave * steps) * 8) / steps] * powerOfTwo(octave);
}

function powerOfTwo(exponent: number): number {
  parts.setUint32(0, (exponent + 1023) << 20);
  parts.setUint32(4, 0);
  return parts.getFloat64(0);
}

/** Bits that say a scale's code to whoever heard the agent's last one; and it is the last one from now on. */
export function scaleBits(state: Float64Array, at: number, code: number, changing: boolean): number {
  if (changing) return ABSOLUTE_BITS;
  // What is no scale is a code of its own, and leaves the last one as it was.
  if (code === NO_SCALE || code === NOT_A_SCALE) return MOST_SCALE_BITS;
  const last = state[at + SCALE] === 0 ? MIDDLE : state[at + SCALE];
  state[at + SCALE] = code;
  const change = code - last;
  // 0, 1, -1, 2, -2, ... as 1, 2, 3, 4, 5, ...
  const number = change > 0 ? 2 * change : 1 - 2 * change;
  return 2 * (31 - Math.clz32(number)) + 1;
}

/** The longest that `scaleBits` gives. */
export const MOST_SCALE_BITS = 29;
