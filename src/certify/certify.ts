/**
 * Is this a spatio-temporal compressor, and what does it cost? Measured, on the real bound compressor and its packed messages.
 *
 * By definition C(e, k) is one if (i) |C(e, k)| <= L_c |e| and (ii) the zero equilibrium of e' = -C(e, t) is uniformly globally
 * exponentially stable (Ren et al., arXiv 2408.02332). So, from many starts, hard ones included:
 *
 *     L_c          max |C(e)| / |e| over all messages                              (i)
 *     flow         e <- e - h C(e, k), h small: does |e| shrink exponentially?     (ii), exponentially, globally
 *     later        the same from another first round                               (ii), uniformly
 *     map          e <- e - mu C(e, k): what a run does with x - s; its rate, and its bits to shrink |e| a thousandfold
 *
 * Where the map with the mu asked for does not shrink, smaller gains are tried, since a noisy compressor (unbiased ones are) contracts on
 * average only with a filter: everything is then measured with the gain that takes the fewest bits. Where only starts of extreme size
 * fail, the range of sizes that do not is looked for.
 *
 * What a measurement cannot do: prove. "Qualifies" means that nothing among the starts contradicts it.
 */

import type { CompressorSpec, ContractionKind } from '../compress/types.js';
import { seedWords } from '../runtime.js';
import { Bench } from './bench.js';
import {
  FLOOR,
  follow,
  median,
  type Reached,
  shortestWindow,
  shrinks,
  type Trajectory,
  until,
  type Window,
} from './measure.js';
import { DEFAULT_STARTS, hardStarts, makeStarts, type Start, scaleSweep } from './starts.js';
import { judge, type Verdict } from './verdict.js';

export interface CertifyOptions {
  dim: number;
  /** Gain of the Euler map. */
  mu: number;
  /** Messages at most; chosen by dim where absent. */
  rounds?: number;
  seed: number;
  starts?: number;
  kernels: WebAssembly.Module;
}

/** What messages keep of starts of ordinary size that stand still, in the mean over whole sweeps; every message's least where the plan speaks of that. */
export interface Held {
  least: number;
  start: string;
  /** Standard error of a mean over random draws. */
  error: number;
  messages: number;
  /** No less than planned, but for chance and rounding. */
  asPlanned: boolean;
}

/** Over the starts; over those of ordinary size where the verdict is `in-range`. */
export interface Spread {
  median: number;
  worst: number;
  worstStart: string;
}

/** What was measured of a compressor. */
export interface Certificate {
  /** As it was written. */
  compressor: string;
  /** With its defaults. */
  spec: CompressorSpec;
  /** Entries of the vectors. */
  dim: number;
  /** Of starts and compressor. */
  seed: number;
  /** Whether it qualifies, and why. */
  verdict: Verdict;
  /** The gain asked for, and the one that everything but `bound` and `contraction` was measured with. */
  gain: { asked: number; used: number; largest: number | null };
  /** L_c as seen, and 1 + sqrt(1 - delta) from the plan's contraction, where that is every message's. */
  bound: { measured: number; start: string; analytic: number | null };
  /** Whether C(., k) is linear, as its plan says. */
  linear: boolean;
  /** 1 - |e - C(e)|^2 / |e|^2 of one message. */
  contraction: {
    mean: number;
    worst: number;
    worstStart: string;
    /** What the plan says, and of what. */
    analytic: number;
    kind: ContractionKind;
    /** Where the plan says something that can be measured: whether it was seen. */
    held: Held | null;
  };
  /** r in |e_k| ~ exp(-r k). */
  rate: Spread;
  /** Rounds after which every error was zero. */
  exactAfter: number | null;
  /** The shortest window of rounds over which every error shrinks; null where there is none. */
  window: Window | null;
  /** The flow e' = -C(e, t), in small steps. */
  flow: { step: number; rate: Spread; stable: boolean };
  /** The map from a later first round. */
  later: { round: number; stable: boolean };
  /** Bits of a message, and bits and messages to a thousandth of the error. */
  bits: { perMessage: number; thousandfold: Spread; extrapolated: boolean; messages: Spread };
  /** Sizes of an entry of e(0) between which the map shrinks; null where size does not matter, or nothing shrinks. */
  range: { low: number; high: number } | null;
  /** Rounds from each start, at most. */
  rounds: number;
  /** Start by start. */
  starts: StartReport[];
  /** |e_k| / |e_0| over the starts, for pictures. */
  decay: Decay;
}

export interface StartReport {
  name: string;
  status: Trajectory['status'];
  messages: number;
  rate: number;
  bound: number;
  contraction: { mean: number; worst: number; first: number };
  /** |e| at the end over |e| at the start. */
  end: number;
  thousandfold: Reached | null;
}

/** |e_k| / |e_0| over the starts, at some rounds: for pictures. */
export interface Decay {
  rounds: number[];
  /** Bits sent by then, median over the starts. */
  bits: number[];
  best: number[];
  median: number[];
  worst: number[];
}

export const THOUSANDTH = 1e-3;
/** Rounds a trajectory may take, unless said otherwise: enough for a sign of one bit from a one-hot start, whose rate is about 1 / dim. */
const LEAST_ROUNDS = 2000;
const ROUNDS_PER_DIM = 20;
/** Coordinates compressed in one experiment, at most: a few seconds. */
const WORK = 3e8;
const FLOW_WORK = 1e8;
const FLOW_FLOOR = 1e-3;
/** A first round in which shared randomness, sweeps and schedules stand somewhere else. */
const LATER_ROUND = 1021;
const LEAST_GAIN = 2 ** -14;
const SWEEP = [-100, -50, -25, -12, -6, -4, -3, -2, -1, 0, 1, 2, 3, 4, 6, 12, 25, 50, 100].map(
  (power) => 10 ** power,
);
const PICTURE_RATIO = 1.03;

export function certify(compressor: string, spec: CompressorSpec, options: CertifyOptions): Certificate {
  const { dim, mu, kernels } = options;
  const seed = seedWords(options.seed);
  const starts = makeStarts(options.starts ?? DEFAULT_STARTS, dim, seed);
  const affordable = Math.max(100, Math.floor(WORK / (starts.length * dim)));
  const rounds = options.rounds ?? Math.min(affordable, Math.max(LEAST_ROUNDS, ROUNDS_PER_DIM * dim));
  const benchOf = (some: readonly Start[]) => new Bench({ spec, starts: some, dim, seed, rounds, kernels });
  const map = (
    gain: number,
    some = starts,
    limits: { rounds?: number; firstRound?: number; floor?: number } = {},
  ) => follow(benchOf(some), some, { gain, rounds, ...limits });

  const asked = map(mu);
  const bound = largest(asked, (trajectory) => trajectory.bound);
  const ordinary = asked.filter(({ start }) => !start.extreme);
  const noise = Math.max(...ordinary.map((trajectory) => trajectory.bound ** 2));

  const least = largest(asked, ({ contraction }) => -contraction.worst);

  // The map, with the gain asked for or the best of those that work.
  let used = mu;
  let trajectories = asked;
  let largestGain: number | null = asked.every(shrinks) ? mu : null;
  // In a dead zone nothing is said, and a smaller gain cannot help.
  if (ordinary.some((trajectory) => !shrinks(trajectory) && trajectory.lastSaid > 0)) {
    const found = searchGain(
      mu,
      ordinary.map(({ start }) => start),
      map,
    );
    if (found) {
      largestGain = found.largest;
      used = found.best;
      trajectories = map(used);
    }
  } else if (ordinary.every(shrinks)) largestGain = mu;

  const { plan } = benchOf(starts);
  const step = flowStep(noise);
  const flowRounds = Math.ceil(
    Math.min(
      FLOW_WORK / (starts.length * dim),
      (2 * Math.max(...trajectories.map(({ messages }) => messages))) / step + 200,
    ),
  );
  const flow = map(step, starts, { rounds: flowRounds, floor: FLOW_FLOOR });
  const later = map(used, starts, { firstRound: LATER_ROUND, floor: FLOW_FLOOR });

  const sizeMatters =
    trajectories.some((trajectory) => shrinks(trajectory) !== shrinks(trajectories[0])) ||
    !trajectories.every(shrinks);
  const range = sizeMatters ? workingRange(map(used, scaleSweep(SWEEP, dim, seed))) : null;
  const window = trajectories.every(shrinks)
    ? shortestWindow([...trajectories, ...later], 1 / (16 * dim))
    : null;
  const exactAfter = trajectories.every(({ status }) => status === 'exact')
    ? Math.max(...trajectories.map(({ messages }) => messages))
    : null;
  const still = hardStarts(starts, dim, seed);
  const held = holdStill(
    benchOf(still),
    still,
    { value: -least.value, start: least.start },
    Math.max(Math.floor(HELD_WORK / (still.length * dim)), LEAST_HELD),
  );
  const verdict = judge({
    planned: { contraction: plan.contraction, kind: plan.contractionKind, held },
    exactAfter,
    dim,
    asked,
    used: trajectories,
    flow,
    later,
    gain: { asked: mu, used, largest: largestGain },
    bound,
    range,
    window,
    rounds,
  });

  const reached = trajectories.map((trajectory) => until(trajectory, THOUSANDTH));
  // Of one that has a scale of its own, figures are those of the starts that it is made for.
  const counted = starts.flatMap(({ extreme }, i) => (extreme && verdict.kind === 'in-range' ? [] : [i]));
  const worstOf = (values: readonly number[], worst: 'most' | 'least'): Spread => {
    const sign = worst === 'most' ? 1 : -1;
    let at = counted[0];
    for (const i of counted) if (sign * values[i] > sign * values[at]) at = i;
    return { median: median(counted.map((i) => values[i])), worst: values[at], worstStart: starts[at].name };
  };
  const totalBits = trajectories.reduce((sum, { bits, messages }) => sum + bits[messages], 0);
  const totalMessages = trajectories.reduce((sum, { messages }) => sum + messages, 0);
  const allMessages = asked.reduce((sum, { messages }) => sum + messages, 0);
  return {
    compressor,
    spec,
    dim,
    seed: options.seed,
    verdict,
    gain: { asked: mu, used, largest: largestGain },
    bound: {
      measured: bound.value,
      start: bound.start,
      analytic: plan.contractionKind === 'worst' ? 1 + Math.sqrt(1 - plan.contraction) : null,
    },
    linear: plan.linear,
    contraction: {
      mean:
        asked.reduce((sum, { contraction, messages }) => sum + contraction.mean * messages, 0) / allMessages,
      worst: -least.value,
      worstStart: least.start,
      analytic: plan.contraction,
      kind: plan.contractionKind,
      held,
    },
    rate: worstOf(
      trajectories.map(({ rate }) => rate),
      'least',
    ),
    exactAfter,
    window,
    flow: {
      step,
      rate: worstOf(
        flow.map(({ rate }) => rate / step),
        'least',
      ),
      stable: flow.every(shrinks),
    },
    later: { round: LATER_ROUND, stable: later.every(shrinks) },
    bits: {
      perMessage: totalBits / totalMessages,
      thousandfold: worstOf(
        reached.map((found) => found?.bits ?? Number.POSITIVE_INFINITY),
        'most',
      ),
      messages: worstOf(
        reached.map((found) => found?.messages ?? Number.POSITIVE_INFINITY),
        'most',
      ),
      extrapolated: reached.some((found) => found?.extrapolated === true),
    },
    range,
    rounds,
    starts: trajectories.map((trajectory, i) => ({
      name: trajectory.start.name,
      status: trajectory.status,
      messages: trajectory.messages,
      rate: trajectory.rate,
      bound: trajectory.bound,
      contraction: trajectory.contraction,
      end: Math.exp(trajectory.logs[trajectory.messages]),
      thousandfold: reached[i],
    })),
    decay: decayOf(counted.map((i) => trajectories[i])),
  };
}

/** Of these a plan says nothing that messages alone could show. */
const NOT_OF_MESSAGES: readonly ContractionKind[] = ['bound', 'spoken', 'memory'];
/** Messages about a start that stands still, about. */
const HELD_MESSAGES = 512;
/** Coordinates compressed for it, at most. */
const HELD_WORK = 3e7;
const LEAST_HELD = 32;
/** Standard errors that a mean of n may be short by: the fewer there are, the less is known of the error itself. */
const chance = (n: number) => 5 + 200 / (n - 1) ** 2;
const ROUNDING = 1e-9;
/** What so few draws may never show. */
const RARE = 1e-6;

/** What is seen of a planned contraction. `worst`: the least that any message kept of those that were followed. */
export function holdStill(
  bench: Bench,
  starts: readonly Start[],
  worst: { value: number; start: string } | null,
  affordable: number,
): Held | null {
  const { contraction, contractionKind, sweep = 1 } = bench.plan;
  if (NOT_OF_MESSAGES.includes(contractionKind) || contraction === 0 || 2 * sweep > affordable) return null;
  const sweeps = Math.max(2, Math.floor(Math.min(affordable, HELD_MESSAGES) / sweep));
  const messages = sweeps * sweep;
  const kept = starts.map(() => ({ sum: 0, squares: 0, ofSweep: 0, least: 1 }));
  const all = starts.map(() => true);
  for (let round = 0; round < messages; round++) {
    bench.step(round, 0, all, (i, { before, left }) => {
      const one = kept[i]!;
      const share = 1 - (left / before) ** 2;
      one.least = Math.min(one.least, share);
      one.ofSweep += share / sweep;
      if ((round + 1) % sweep !== 0) return;
      one.sum += one.ofSweep;
      one.squares += one.ofSweep ** 2;
      one.ofSweep = 0;
    });
  }
  const everyMessage = contractionKind === 'worst';
  const found = kept.map(({ sum, squares, least: leastOfAll }, i) => {
    const mean = sum / sweeps;
    const error = Math.sqrt(Math.max(0, squares / sweeps - mean * mean) / (sweeps - 1));
    return {
      least: everyMessage ? leastOfAll : mean,
      start: starts[i]!.name,
      error: everyMessage ? 0 : error,
    };
  });
  if (everyMessage && worst !== null) found.push({ least: worst.value, start: worst.start, error: 0 });
  // What is short of the plan by more than chance, where there is something, and by most of it.
  const room = ({ least, error }: { least: number; error: number }) =>
    least + chance(sweeps) * error + (everyMessage ? ROUNDING : RARE) - contraction;
  const shortest = found.reduce((a, b) => (room(b) < room(a) ? b : a));
  const smallest = found.reduce((a, b) => (b.least < a.least ? b : a));
  const asPlanned = room(shortest) >= 0;
  return { ...(asPlanned ? smallest : shortest), messages, asPlanned };
}

/**
 * The step that discretises the flow: small against 2 / (1 + variance), beyond which noise alone makes the map grow, and no larger than
 * an eighth.
 */
function flowStep(noise: number): number {
  const small = Number.isFinite(noise) && noise > 0 ? 1 / (2 * noise) : 1;
  return Math.max(LEAST_GAIN, 2 ** Math.floor(Math.log2(Math.min(1 / 8, small))));
}

/** The largest gain below `mu` that shrinks from every start (to half an octave), and the one of it and the next that takes fewest messages. */
function searchGain(
  mu: number,
  starts: readonly Start[],
  map: (gain: number, some: Start[], limits: { rounds?: number; floor?: number }) => Trajectory[],
): { largest: number; best: number } | null {
  const messages = (gain: number): number => {
    const trajectories = map(gain, [...starts], { floor: THOUSANDTH });
    // A small gain is slow whether it works or not: it has to arrive.
    if (!trajectories.every(({ status }) => status === 'exact' || status === 'reached'))
      return Number.POSITIVE_INFINITY;
    return Math.max(
      ...trajectories.map(
        (trajectory) => until(trajectory, THOUSANDTH)?.messages ?? Number.POSITIVE_INFINITY,
      ),
    );
  };
  let largestGain: number | null = null;
  for (let gain = mu / 2; gain >= LEAST_GAIN && largestGain === null; gain /= 2) {
    if (messages(gain) < Number.POSITIVE_INFINITY) largestGain = gain;
  }
  if (largestGain === null) return null;
  // Two digits are enough: what works is decided by chance as well.
  const between = Number((largestGain * Math.SQRT2).toPrecision(2));
  if (between < mu && messages(between) < Number.POSITIVE_INFINITY) largestGain = between;
  let best = { gain: largestGain, messages: messages(largestGain) };
  for (const share of [0.7, 0.5, 0.35]) {
    const gain = Number((largestGain * share).toPrecision(2));
    const needed = messages(gain);
    if (needed < best.messages) best = { gain, messages: needed };
  }
  return { largest: largestGain, best: best.gain };
}

/** The longest run of sizes from which the map shrinks. */
function workingRange(sweep: readonly Trajectory[]): { low: number; high: number } | null {
  let best: { low: number; high: number; count: number } | null = null;
  let from = -1;
  sweep.forEach((trajectory, i) => {
    if (!shrinks(trajectory)) {
      from = -1;
      return;
    }
    if (from < 0) from = i;
    const count = i - from + 1;
    if (best === null || count > best.count) best = { low: SWEEP[from], high: SWEEP[i], count };
  });
  if (best === null) return null;
  const { low, high } = best as { low: number; high: number };
  return { low, high };
}

function largest(
  trajectories: readonly Trajectory[],
  quantity: (trajectory: Trajectory) => number,
): { value: number; start: string } {
  let found = trajectories[0];
  for (const trajectory of trajectories) if (quantity(trajectory) > quantity(found)) found = trajectory;
  return { value: quantity(found), start: found.start.name };
}

function decayOf(trajectories: readonly Trajectory[]): Decay {
  const last = Math.max(...trajectories.map(({ messages }) => messages));
  const decay: Decay = { rounds: [], bits: [], best: [], median: [], worst: [] };
  // Every round at first, then at equal ratios: time is best seen on a logarithmic axis.
  for (
    let k = 0;
    k <= last;
    k = k < last ? Math.min(last, Math.max(k + 1, Math.floor(k * PICTURE_RATIO))) : k + 1
  ) {
    const ratios = trajectories.map(({ logs, messages, status }) =>
      k <= messages ? Math.exp(logs[k]) : status === 'grew' ? Number.POSITIVE_INFINITY : FLOOR,
    );
    // Those that have arrived keep the bits of their last message.
    const bits = trajectories.map((trajectory) => trajectory.bits[Math.min(k, trajectory.messages)]);
    decay.rounds.push(k);
    decay.bits.push(Math.max(median(bits), decay.bits.at(-1) ?? 0));
    decay.best.push(Math.min(...ratios));
    decay.median.push(median(ratios));
    decay.worst.push(Math.max(...ratios));
  }
  return decay;
}
