/**
 * Spot checks of a user's cost before the run: gradients against differences of values, declared m and l
 * against differences of gradients. A right cost is never refused; a wrong one is found where it shows at the
 * points that are looked at.
 *
 * A difference of values along d = h u, |u| = 1, is held against the gradient on both sides of x:
 *
 *     ahead  = f(x + d) - f(x) - g(x) . d        behind = f(x) - f(x - d) - g(x) . d
 *
 * A convex f has behind <= 0 <= ahead whatever h, kinks included, where g is any subgradient; a smooth one
 * has 0 between them as soon as h is small. So 0 outside of [behind, ahead], by more than the rounding of f,
 * speaks against g. That rounding is measured: it is what the fourth to sixth differences of f see at points
 * close together (J. J. More, S. M. Wild, SIAM J. Sci. Comput. 33, 2011), so that a module which works in
 * single precision is judged by its own precision. Of some h the two with the narrowest intervals decide,
 * together.
 *
 *     |g(x) - g(y)| <= l |x - y|        (x - y) . (g(x) - g(y)) >= m |x - y|^2
 *
 * are asked for at pairs of points; each next direction is that of the last change of gradients (a power
 * iteration), or for m of what l |x - y| leaves of it. Whatever is found must show at two distances.
 *
 * Costs some 2,000 values and 500 gradients of single agents or samples, fewer where x is long.
 */

import { EVERY_AGENT, philoxBlock } from '../data/random.js';
import type { Seed } from '../runtime.js';
import { type AgentCosts, CostFailure, type CostFunction, whoseCost } from './custom-module.js';
import { dot } from './solver.js';

/** Philox counter (block, agent, point, 20): directions and points of the checks. */
const STREAM_CHECKS = 20;
/**
 * Values that may be asked for: MOST_VALUES, or as many as have VALUE_ENTRIES entries of x, but
 * FEWEST_VALUES.
 */
const MOST_VALUES = 2000;
const VALUE_ENTRIES = 5e7;
const FEWEST_VALUES = 100;
/** Agents that are looked at, where there are more. */
const MOST_AGENTS = 16;
const SAMPLES_OF_AN_AGENT = 2;
/** Points around a centre, over the size of the region. */
const POINTS = [1, 0.01];
/** Lengths h of a difference, over the size of the region that the points lie in. */
const STEPS = [1e-2, 1e-4, 1e-6, 1e-7];
/**
 * Steps of an entry between the points at which the rounding of values is measured, likewise, and the lowest
 * order of the differences that are looked at: the wider ones see the shape of f in them.
 */
const CLOSE = [
  { step: 1e-5, lowest: 4 },
  { step: 1e-3, lowest: 6 },
];
/** Sizes of a difference of order k of independent errors of size 1, squared: (2 k)! / k!^2. */
const DIFFERENCE_SQUARES = [1, 2, 6, 20, 70, 252, 924];
const HIGHEST = 6;
const SINGLE_EPSILON = 2 ** -24;
/** Values that a point takes beside its entries: twice for misuse, once, for rounding, along all entries. */
const VALUES_OF_A_POINT = 3 + CLOSE.length * (HIGHEST + 1) + 2 * STEPS.length;
/** A difference is that uncertain, in roundings of a value. */
const ROUNDINGS = 16;
/** Of a derivative: what is no error. */
const TOLERANCE = 1e-6;
/**
 * Share of the whole gradient by which an entry may be rounded: of doubles, and of a cost that rounds more.
 */
const GRADIENT_ROUNDING = 1e-8;
const COARSE = 1e-11;
const COARSE_ROUNDING = 1e-4;
/** Points closer to 0 than this share of their region's size are looked at with the region's own steps. */
const SMALLEST_REGION = 1e-3;
/** A region that would be smaller is rounding, and no place to look at. */
const SMALLEST_SIZE = 1e-12;
/** m and l are exact up to this: declared values may be rounded. */
const BOUND_TOLERANCE = 0.01;
/** Share of two gradients by which their difference may be rounded. */
const CHANGE_ROUNDING = 1e-6;
/** Distances of pairs, over the region's size. */
const DISTANCES = [10, 1, 0.1, 0.01];
/** What is found at a distance is looked at again at this multiple of it. */
const AGAIN = 3;

/** What is declared, as the checks see it. */
export interface Declared {
  dim: number;
  agents: number;
  /** Of each agent; null where the cost has none. */
  samples: Uint32Array | null;
  scale: number;
  m: number;
  /** Infinity where it is unknown. */
  l: number;
  convex: boolean;
  seed: Seed;
}

/** Where to look: around a point, in a region of some size. */
export interface Region {
  /** 'the start', 'the optimum' */
  name: string;
  centre: Float64Array;
  /** Of an entry; `sizeOf` finds one. */
  size: number;
}

/**
 * How far from 0 the interesting points lie: as far as the longest first step of gradient descent; 1 where
 * nobody knows.
 */
export function sizeOf(costs: AgentCosts, declared: Declared): number {
  const { dim, l } = declared;
  if (l === Infinity) return 1;
  const gradient = new Float64Array(dim);
  let longest = 0;
  for (const agent of agentsOf(declared)) {
    if (!gradientOf(costs, declared, agent, new Float64Array(dim), gradient)) continue;
    longest = Math.max(longest, Math.sqrt(dot(gradient, gradient)) / l);
  }
  return longest > SMALLEST_SIZE && longest < Infinity ? longest : 1;
}

/** What is wrong with the cost around there, as half a sentence; null where nothing shows. */
export function findFault(costs: AgentCosts, declared: Declared, region: Region): string | null {
  const { dim, samples } = declared;
  const points = POINTS.map((share, at) => {
    const point = region.centre.slice();
    const draws = directions(declared, EVERY_AGENT, at);
    for (let c = 0; c < dim; c++) point[c]! += share * region.size * draws();
    return point;
  });
  const parts = partsOf(costs, declared);
  const values = valuesFor(declared) / (parts.length * points.length) - VALUES_OF_A_POINT;
  const entries = Math.max(1, Math.min(dim, Math.floor(values / (2 * STEPS.length))));
  let next = 0;
  for (const part of parts) {
    for (const [at, point] of points.entries()) {
      // Where a value is not finite, nobody can tell; the run does, if it comes there.
      const fault = whereFinite(() => {
        const misuse = at === 0 ? findMisuse(part, point) : null;
        if (misuse !== null) return misuse;
        const looked = Array.from({ length: entries }, (_, k) => (next + k) % dim);
        next = (next + entries) % dim;
        return findDifference(part, point, looked, region, declared, at);
      });
      if (fault !== null) return fault + part.whose;
    }
  }
  if (samples !== null && costs.calls.whole) {
    const twice = whereFinite(() => countedTwice(costs, declared, samples, points[0]!));
    if (twice !== null) return twice;
  }
  for (const agent of agentsOf(declared)) {
    const fault = whereFinite(() => findBend(costs, declared, agent, points[1]!, region));
    if (fault !== null) return fault;
  }
  return null;
}

/** A value with the gradient that it should have: of an agent, or of one of its samples. */
interface Part {
  value: CostFunction;
  gradient: CostFunction;
  whose: string;
  /** Numbers its draws. */
  agent: number;
  f(x: Float64Array): number;
  g(x: Float64Array, out: Float64Array): void;
}

function partsOf(costs: AgentCosts, declared: Declared): Part[] {
  const { calls } = costs;
  const { samples } = declared;
  const chosen = agentsOf(declared);
  const whole = chosen.map(
    (agent): Part => ({
      value: 'value',
      gradient: 'gradient',
      whose: whoseCost(agent, null, 0),
      agent,
      f: (x) => calls.value(x.slice(), agent),
      g: (x, out) => calls.gradient(x.slice(), out, agent),
    }),
  );
  const sampled = chosen.flatMap((agent) =>
    spread(samples?.[agent] ?? 0, SAMPLES_OF_AN_AGENT).map(
      (sample): Part => ({
        value: 'sampleValue',
        gradient: 'sampleGradient',
        whose: whoseCost(agent, sample, 0),
        agent,
        f: (x) => calls.sampleValue(x, agent, sample),
        g: (x, out) => calls.checkedSampleGradient(x, out, agent, sample),
      }),
    ),
  );
  return [...(calls.whole ? whole : []), ...sampled];
}

/** Writes where it must not, and answers that change from call to call. */
function findMisuse({ value, gradient, f, g }: Part, x: Float64Array): string | null {
  const dim = x.length;
  const [once, again] = [new Float64Array(dim), new Float64Array(dim)];
  const kept = x.slice();
  const values = [f(x), f(x)];
  const changedBy = (name: string) => {
    const at = x.findIndex((entry, c) => !Object.is(entry, kept[c]));
    return at < 0 ? null : `${name} changed entry ${at} of x, expected x as it was: all samples share it`;
  };
  const byValue = changedBy(value);
  if (byValue !== null) return byValue;
  g(x, once);
  g(x, again);
  const byGradient = changedBy(gradient);
  if (byGradient !== null) return byGradient;
  const same = 'expected the same one (ask no clock and no Math.random, keep nothing between calls)';
  if (!Object.is(values[0], values[1])) {
    return `${value} returned ${values[0]} and then ${values[1]} for the same x and agent, ${same}`;
  }
  const other = once.findIndex((entry, c) => !Object.is(entry, again[c]));
  if (other >= 0) {
    const found = `${once[other]} and then ${again[other]} of entry ${other} of out`;
    return `${gradient} made ${found} for the same x and agent, ${same}`;
  }
  const past = writtenPast(g, x);
  if (past === null) return null;
  return `${gradient} wrote entry ${past} of out, expected entries 0..${dim - 1} (plan: dim is ${dim})`;
}

/**
 * The first entry beyond the end of `out` that a gradient writes, which a typed array ignores; null where
 * none is seen. `out` is wrapped for one call. A module that cannot do with that (it hands `out` to native
 * code) is not judged.
 */
function writtenPast(g: Part['g'], x: Float64Array): string | null {
  let past: string | null = null;
  const out = new Float64Array(x.length);
  const wrapped = new Proxy(out, {
    get(target, key) {
      const found: unknown = Reflect.get(target, key, target);
      return typeof found === 'function' ? found.bind(target) : found;
    },
    set(target, key, entry) {
      if (typeof key === 'string' && /^-?\d+(\.\d+)?$/.test(key) && !(key in target)) past ??= key;
      return Reflect.set(target, key, entry, target);
    },
  });
  try {
    g(x, wrapped);
  } catch (failure) {
    if (!(failure instanceof CostFailure)) throw failure;
  }
  return past;
}

/** A range of entries, whose signs make a direction, along which gradient and differences do not agree. */
interface Difference {
  from: number;
  to: number;
  /** The derivative along it that the gradient says, and the one that differences of values give. */
  given: number;
  found: number;
}

function findDifference(
  part: Part,
  x: Float64Array,
  entries: readonly number[],
  region: Region,
  declared: Declared,
  at: number,
): string | null {
  const { dim } = declared;
  const gradient = new Float64Array(dim);
  part.g(x, gradient);
  const here = part.f(x);
  const signs = Float64Array.from({ length: dim }, signsOf(directions(declared, part.agent, 2 + at)));
  const size = Math.max(region.size, SMALLEST_REGION * largest(x));
  const rounding = roundingOf(part, x, signs, size);
  const share = rounding > COARSE * Math.abs(here) ? COARSE_ROUNDING : GRADIENT_ROUNDING;
  const noise = share * Math.sqrt(dot(gradient, gradient));

  const compare = (from: number, to: number): Difference | null => {
    const scale = 1 / Math.sqrt(to - from);
    const ahead = x.slice();
    const behind = x.slice();
    const looks = STEPS.map((step) => {
      const h = step * size;
      for (let c = from; c < to; c++) {
        const d = h * scale * signs[c]!;
        ahead[c] = x[c]! + d;
        behind[c] = x[c]! - d;
      }
      let before = 0;
      let after = 0;
      // By what x really moved: the rest is rounding of x.
      for (let c = from; c < to; c++) {
        after += gradient[c]! * (ahead[c]! - x[c]!);
        before += gradient[c]! * (x[c]! - behind[c]!);
      }
      const up = part.f(ahead) - here;
      const down = here - part.f(behind);
      const risen = (up - after) / h;
      const fallen = (down - before) / h;
      const given = after / h;
      const error = (risen + fallen) / 2;
      const slack =
        (ROUNDINGS * rounding) / h + TOLERANCE * Math.max(Math.abs(given), Math.abs(given + error)) + noise;
      const width = Math.abs(risen - fallen) / 2 + slack;
      return { given, found: given + error, width, error, still: up === 0 && down === 0 };
    });
    // Values that do not move at all say nothing where those further apart do: they are rounded so.
    const moving = looks.filter(({ still }) => !still);
    const [narrowest, second] = (moving.length === 0 ? looks : moving).sort((a, b) => a.width - b.width);
    if (!narrowest || !second) return null;
    const outside = [narrowest, second].every(({ error, width }) => Math.abs(error) > width);
    if (!outside) return null;
    return { from, to, given: narrowest.given, found: narrowest.found };
  };

  let fault: Difference | null = null;
  for (const entry of entries) {
    fault = compare(entry, entry + 1);
    if (fault !== null) break;
  }
  fault ??= compare(0, dim);
  // Down to the entry that is wrong, half by half.
  while (fault !== null && fault.to - fault.from > 1) {
    const middle: number = (fault.from + fault.to) >> 1;
    const half: Difference | null = compare(fault.from, middle) ?? compare(middle, fault.to);
    if (half === null) break;
    fault = half;
  }
  if (fault === null) return null;
  const { from, to } = fault;
  const scale = to - from === 1 ? signs[from]! : 1;
  const [given, found] = [fault.given * scale, fault.found * scale].map(show);
  const differences = `differences of ${part.value} give ${found}, near ${region.name}`;
  return to - from === 1
    ? `${part.gradient} made ${given} of entry ${from} of out, ${differences}`
    : `${part.gradient} changes by ${given} along a direction of entries ${from}..${to - 1}, ${differences}`;
}

/** What rounding does to a value of f near x, about. */
function roundingOf({ f }: Part, x: Float64Array, signs: Float64Array, size: number): number {
  const point = x.slice();
  let rounding = 0;
  let magnitude = 0;
  let single = true;
  for (const { step, lowest } of CLOSE) {
    let differences = Array.from({ length: HIGHEST + 1 }, (_, j) => {
      for (let c = 0; c < x.length; c++) point[c] = x[c]! + j * step * size * signs[c]!;
      const value = f(point);
      magnitude = Math.max(magnitude, Math.abs(value));
      if (Math.fround(value) !== value) single = false;
      return value;
    });
    for (let k = 1; k <= HIGHEST; k++) {
      differences = differences.slice(1).map((value, j) => value - differences[j]!);
      if (k < lowest) continue;
      const square = differences.reduce((sum, value) => sum + value * value, 0) / differences.length;
      rounding = Math.max(rounding, Math.sqrt(square / DIFFERENCE_SQUARES[k]!));
    }
  }
  return Math.max(rounding, (single ? SINGLE_EPSILON : Number.EPSILON) * magnitude);
}

/**
 * A module that exports the whole of f_i as `value` and its samples beside it: the sum would be counted
 * twice.
 */
function countedTwice(
  { calls }: AgentCosts,
  declared: Declared,
  samples: Uint32Array,
  x: Float64Array,
): string | null {
  const { scale } = declared;
  const agents = agentsOf(declared)
    .filter((agent) => samples[agent]! > 0)
    .slice(0, 3);
  const ratios = agents.map((agent) => {
    let sum = 0;
    for (let sample = 0; sample < samples[agent]!; sample++) sum += calls.sampleValue(x, agent, sample);
    const value = calls.value(x.slice(), agent);
    return [scale * sum, sum / samples[agent]!, sum].map(
      (whole) => whole !== 0 && Math.abs(value - whole) <= 1e-9 * Math.abs(whole),
    );
  });
  const twice = [0, 1, 2].some((kind) => ratios.length > 0 && ratios.every((equal) => equal[kind]));
  if (!twice) return null;
  const expected =
    'expected value to be what f_i has beside its samples (leave value and gradient out for 0)';
  return `value is what sampleValue adds up to, so f_i would count it twice: ${expected}`;
}

/** Declared m, l or convexity that two points speak against. */
function findBend(
  costs: AgentCosts,
  declared: Declared,
  agent: number,
  x: Float64Array,
  region: Region,
): string | null {
  const { dim, l, m, convex, samples } = declared;
  const size = Math.max(region.size, SMALLEST_REGION * largest(x));
  const here = new Float64Array(dim);
  if (!gradientOf(costs, declared, agent, x, here)) return null;
  const there = new Float64Array(dim);
  const y = new Float64Array(dim);
  const change = new Float64Array(dim);

  /** How gradients change on the way from x along `towards`; null where one is not finite. */
  const look = (towards: Float64Array, distance: number) => {
    const scale = distance / Math.sqrt(dot(towards, towards));
    for (let c = 0; c < dim; c++) y[c] = x[c]! + scale * towards[c]!;
    if (!gradientOf(costs, declared, agent, y, there)) return null;
    let rise = 0;
    let apart = 0;
    for (let c = 0; c < dim; c++) {
      change[c] = there[c]! - here[c]!;
      const moved = y[c]! - x[c]!;
      rise += change[c]! * moved;
      apart += moved * moved;
    }
    const rounded = CHANGE_ROUNDING * (Math.sqrt(dot(here, here)) + Math.sqrt(dot(there, there)));
    return { apart: Math.sqrt(apart), changed: Math.sqrt(dot(change, change)), rise, rounded };
  };
  type Look = NonNullable<ReturnType<typeof look>>;
  /** Whether both points are where the cost is defined: a formula of its gradient may go on beyond. */
  const defined = () =>
    whereFinite(() => [x, y].map((point) => costs.value(point.slice(), agent, samples?.[agent] ?? 0))) !==
    null;
  const tooSteep = ({ apart, changed, rounded }: Look) =>
    changed > l * apart * (1 + BOUND_TOLERANCE) + rounded;
  const tooFlat = ({ apart, rise, rounded }: Look) =>
    rise < m * apart * apart * (1 - BOUND_TOLERANCE) - rounded * apart;
  const again = (towards: Float64Array, distance: number, holds: (found: Look) => boolean) => {
    const found = look(towards, AGAIN * distance);
    return found !== null && holds(found) && defined();
  };

  const whose = whoseCost(agent, null, 0);
  const draws = directions(declared, agent, 4);
  const steepest = Float64Array.from({ length: dim }, draws);
  const flattest = steepest.slice();
  for (const share of DISTANCES) {
    const distance = share * size;
    const steep = l === Infinity ? null : look(steepest, distance);
    if (steep !== null) {
      const next = change.slice();
      if (tooSteep(steep) && again(steepest, distance, tooSteep)) {
        const found = show(steep.changed / steep.apart);
        const what = `gradients at two points near ${region.name} differ by ${found} of their distance`;
        return `plan returned l ${l}, but ${what}, expected no more than l${whose}`;
      }
      if (steep.changed > 0) steepest.set(next);
    }
    const flat = convex ? look(flattest, distance) : null;
    if (flat !== null) {
      const next = change.slice();
      if (tooFlat(flat) && again(flattest, distance, tooFlat)) {
        const found = show(flat.rise / (flat.apart * flat.apart));
        const claim = m > 0 ? `m ${m}` : 'no m, which says that every f_i is convex';
        const wish = m > 0 ? 'at least m' : '0 or more (or convex: false)';
        const what = `(x - y) . (grad f(x) - grad f(y)) is ${found} |x - y|^2`;
        const where = `at two points near ${region.name}`;
        return `plan returned ${claim}, but ${what} ${where}, expected ${wish}${whose}`;
      }
      if (l < Infinity) {
        const scale = Math.sqrt(dot(flattest, flattest));
        for (let c = 0; c < dim; c++) flattest[c] = (l * flattest[c]!) / scale - next[c]! / flat.apart;
      }
      if (!(dot(flattest, flattest) > 0)) for (let c = 0; c < dim; c++) flattest[c] = draws();
    }
  }
  return null;
}

/** The gradient of f_i; false where it is not finite. */
function gradientOf(
  costs: AgentCosts,
  { samples }: Declared,
  agent: number,
  x: Float64Array,
  out: Float64Array,
): boolean {
  const finite = whereFinite(() => {
    costs.gradient(x.slice(), out, agent, samples?.[agent] ?? 0, false, null, 0, 0, 0);
    return true;
  });
  return finite === true && Number.isFinite(dot(out, out));
}

/** Null where a number that is not finite ended it. */
function whereFinite<T>(task: () => T): T | null {
  try {
    return task();
  } catch (failure) {
    if (failure instanceof CostFailure && failure.notFinite) return null;
    throw failure;
  }
}

function valuesFor({ dim }: Declared): number {
  return Math.max(FEWEST_VALUES, Math.min(MOST_VALUES, Math.floor(VALUE_ENTRIES / dim)));
}

function agentsOf(declared: Declared): number[] {
  const most = Math.floor(valuesFor(declared) / (2 * POINTS.length * VALUES_OF_A_POINT));
  return spread(declared.agents, Math.max(1, Math.min(MOST_AGENTS, most)));
}

/** Up to `most` of 0 .. count - 1, the ends among them. */
function spread(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, i) => i);
  if (most === 1) return [0];
  return Array.from({ length: most }, (_, i) => Math.floor((i * (count - 1)) / (most - 1)));
}

/** Numbers in (-1, 1), one after the other. */
function directions({ seed }: Declared, agent: number, point: number): () => number {
  const words = new Uint32Array(4);
  let next = 0;
  return () => {
    if ((next & 3) === 0) philoxBlock(words, 0, next >>> 2, agent, point, STREAM_CHECKS, seed);
    return ((words[next++ & 3]! + 0.5) / 2 ** 32) * 2 - 1;
  };
}

function signsOf(draws: () => number): () => number {
  return () => (draws() < 0 ? -1 : 1);
}

function largest(x: Float64Array): number {
  return x.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
}

function show(value: number): string {
  return String(Number(value.toPrecision(6)));
}
