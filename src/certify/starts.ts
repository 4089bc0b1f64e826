/**
 * The starting errors e(0) a compressor is tried on: the ones that are known to be hard first, then random
 * ones in turn.
 *
 * All but `tiny` and `huge` have |e(0)| = sqrt(dim), so that a compressor with a scale of its own meets
 * entries of size 1. Random numbers: Philox stream 17, agent = the start; the same seed gives the same
 * vectors.
 */

import { philoxBlock } from '../data/random.js';
import type { Seed } from '../runtime.js';

export interface Start {
  name: string;
  /** |e(0)| is 1e-150 or 1e150 of what the others have. */
  extreme: boolean;
  vector: Float64Array;
}

export const STREAM_STARTS = 17;
export const TINY = 1e-150;
export const HUGE = 1e150;

type Make = (dim: number, random: RandomVector) => Float64Array;

const from = (dim: number, entry: (c: number) => number) =>
  Float64Array.from({ length: dim }, (_, c) => entry(c));

const HARD: readonly { name: string; scale?: number; make: Make }[] = [
  { name: 'one-hot', make: (dim) => from(dim, (c) => (c === 0 ? 1 : 0)) },
  // What a cyclic scalarizer comes to last.
  { name: 'last one-hot', make: (dim) => from(dim, (c) => (c === dim - 1 ? -1 : 0)) },
  // The worst case of Khinchin's inequality (Szarek 1976), and so of flatten(sign): of two equal entries only
  // half the energy arrives.
  { name: 'pair', make: (dim) => from(dim, (c) => (c < 2 ? 1 : 0)) },
  { name: 'constant', make: (dim) => from(dim, () => 1) },
  { name: 'alternating', make: (dim) => from(dim, (c) => (c % 2 === 0 ? 1 : -1)) },
  // Sixteen decades.
  { name: 'exp-spaced', make: (dim) => from(dim, (c) => 10 ** ((-16 * c) / dim) * (c % 3 === 1 ? -1 : 1)) },
  {
    name: 'two-scale',
    make: (dim, random) => from(dim, (c) => random.gaussian() * (c % 8 === 0 ? 1 : 1e-4)),
  },
  {
    name: 'sparse',
    make: (dim, random) => from(dim, (c) => (c % 16 === 5 || dim <= 5 ? random.gaussian() : 0)),
  },
  { name: 'tiny', scale: TINY, make: (dim, random) => from(dim, () => random.gaussian()) },
  { name: 'huge', scale: HUGE, make: (dim, random) => from(dim, () => random.gaussian()) },
];

const RANDOM: readonly { name: string; make: Make }[] = [
  { name: 'gaussian', make: (dim, random) => from(dim, () => random.gaussian()) },
  { name: 'cauchy', make: (dim, random) => from(dim, () => random.cauchy()) },
  { name: 'student', make: (dim, random) => from(dim, () => random.student(3)) },
];

export const LEAST_STARTS = HARD.length + 2;
export const DEFAULT_STARTS = 24;

export function makeStarts(count: number, dim: number, seed: Seed): Start[] {
  return Array.from({ length: count }, (_, i): Start => {
    const random = new RandomVector(seed, i);
    if (i < HARD.length) {
      const { name, scale = 1, make } = HARD[i];
      return { name, extreme: scale !== 1, vector: scaled(make(dim, random), scale) };
    }
    const j = i - HARD.length;
    const { name, make } = RANDOM[j % RANDOM.length];
    return {
      name: `${name} ${Math.floor(j / RANDOM.length) + 1}`,
      extreme: false,
      vector: scaled(make(dim, random), 1),
    };
  });
}

/**
 * Vectors that one kind or another loses most of: not followed, since they are many, but held against what a
 * plan says. Blocks and groups of equal entries stand where partial rotations have their parts.
 */
const HARDER: readonly { name: string; make: Make }[] = [
  ...[4, 16, 64].flatMap((length): { name: string; make: Make }[] => [
    { name: `${length} equal`, make: (dim) => from(dim, (c) => (c < length ? 1 : 0)) },
    {
      name: `block of ${length}`,
      make: (dim, random) => from(dim, (c) => (c < length ? random.gaussian() : 0)),
    },
    {
      name: `last ${length}`,
      make: (dim, random) => from(dim, (c) => (c >= dim - length ? random.gaussian() : 0)),
    },
  ]),
  { name: 'last pair', make: (dim) => from(dim, (c) => (c >= dim - 2 ? 1 : 0)) },
  { name: 'two ends', make: (dim) => from(dim, (c) => (c === 0 || c === dim - 1 ? 1 : 0)) },
  { name: 'geometric', make: (dim) => from(dim, (c) => 2 ** -Math.min(c, 500)) },
  // A large entry beside many: just below a share of it, and where rounding at random in units of the largest
  // costs most.
  ...[0.1, 0.3999, 0.4999, 0.75].map((share) => ({
    name: `one beside ${share}`,
    make: (dim: number) => from(dim, (c) => (c === 0 ? 1 : share)),
  })),
  {
    name: 'one beside many of a root',
    make: (dim) => from(dim, (c) => (c === 0 ? 1 : 1 / (1 + Math.sqrt(dim)))),
  },
  // Between powers of two, and between levels.
  { name: 'four thirds', make: (dim) => from(dim, () => 4 / 3) },
  { name: 'levels', make: (dim) => from(dim, (c) => (c % 2 === 0 ? 1 : 1.5)) },
];

/** All ordinary starts there are, `count` of them as in `makeStarts`. */
export function hardStarts(starts: readonly Start[], dim: number, seed: Seed): Start[] {
  const further = HARDER.map(({ name, make }, i) => ({
    name,
    extreme: false,
    vector: scaled(make(dim, new RandomVector(seed, 0x20000 + i)), 1),
  }));
  return [...starts.filter(({ extreme }) => !extreme), ...further];
}

/** One Gaussian direction at each of these sizes of an entry. */
export function scaleSweep(scales: readonly number[], dim: number, seed: Seed): Start[] {
  return scales.map((scale, i) => {
    const random = new RandomVector(seed, 0x10000 + i);
    const vector = scaled(
      from(dim, () => random.gaussian()),
      scale,
    );
    return { name: scale.toExponential(), extreme: false, vector };
  });
}

function scaled(vector: Float64Array, scale: number): Float64Array {
  const factor = (scale * Math.sqrt(vector.length)) / norm(vector);
  return vector.map((entry) => entry * factor);
}

/** |e| without overflow or underflow of squares. */
export function norm(vector: Float64Array): number {
  let largest = 0;
  for (const entry of vector) largest = Math.max(largest, Math.abs(entry));
  if (!(largest > 0 && largest < Number.POSITIVE_INFINITY)) return largest;
  let sum = 0;
  for (const entry of vector) sum += (entry / largest) ** 2;
  return largest * Math.sqrt(sum);
}

/** Numbers of one vector, one after the other. */
export class RandomVector {
  private readonly words = new Uint32Array(4);
  private readonly seed: Seed;
  private readonly agent: number;
  private next = 0;

  constructor(seed: Seed, agent: number) {
    this.seed = seed;
    this.agent = agent;
  }

  uniform(): number {
    const lane = this.next & 3;
    if (lane === 0) philoxBlock(this.words, 0, this.next >>> 2, this.agent, 0, STREAM_STARTS, this.seed);
    this.next++;
    return (this.words[lane] + 0.5) * 2 ** -32;
  }

  gaussian(): number {
    return Math.sqrt(-2 * Math.log(this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  cauchy(): number {
    return Math.tan(Math.PI * (this.uniform() - 0.5));
  }

  /** Student's t with few degrees of freedom: heavy tails with a finite variance. */
  student(freedom: number): number {
    let chi = 0;
    for (let i = 0; i < freedom; i++) chi += this.gaussian() ** 2;
    return this.gaussian() / Math.sqrt(chi / freedom);
  }
}
