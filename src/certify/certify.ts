/**
 * Is this a spatio-temporal compressor, and what does it cost? Measured, on the real bound compressor and its
 * packed messages.
 *
 * By definition C(e, k) is one if (i) |C(e, k)| <= L_c |e| and (ii) the zero equilibrium of e' = -C(e, t) is
 * uniformly globally exponentially stable (Ren et al., arXiv 2408.02332). So, from many starts, hard ones
 * included:
 *
 *     L_c          max |C(e)| / |e| over all messages                              (i)
 *     flow         e <- e - h C(e, k), h small: does |e| shrink exponentially?     (ii), exponentially, globally
 *     later        the same from another first round                               (ii), uniformly
 *     map          e <- e - mu C(e, k): what a run does with x - s; its rate, and its bits to shrink |e| a thousandfold
 *
 * Where the map with the mu asked for does not shrink, smaller gains are tried, since a noisy compressor
 * (unbiased ones are) contracts on average only with a filter: everything is then measured with the gain that
 * takes the fewest bits. Where only starts of extreme size fail, the range of sizes that do not is looked
 * for.
 *
 * What a measurement cannot do: prove. "Qualifies" means that nothing among the starts contradicts it.
 */

import type { CompressorSpec, ContractionKind } from '../compress/types.js';
import { seedWords } from '../runtime.js';
import { Bench } from './bench.js';
import { type Decay, decayOf } from './decay.js';
import { chooseGain, type FollowMap, flowStep } from './gains.js';
import { type Held, holdStill } from './held.js';
import {
  follow,
  median,
  type Reached,
  shortestWindow,
  shrinks,
  THOUSANDTH,
  type Trajectory,
  until,
  type Window,
} from './measure.js';
import { DEFAULT_STARTS, hardStarts, makeStarts, type Start, scaleSweep } from './starts.js';
import { type Evidence, judge, type Verdict } from './verdict.js';

export interface CertifyOptions {
  dim: number;
  /** Gain of the Euler map. */
  mu: number;
  /** Messages at most; chosen by dim where absent. */
  rounds?: number;
  seed: number;
  starts?: number;
  kernels: WebAssembly.Module;
  /** Told what is measured next. */
  onPart?: (part: string) => void;
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
  /**
   * Sizes of an entry of e(0) between which the map shrinks; null where size does not matter, or nothing
   * shrinks.
   */
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

/**
 * Rounds a trajectory may take, unless asked otherwise: enough for a sign of one bit from a one-hot start,
 * whose rate is about 1 / dim.
 */
const LEAST_ROUNDS = 2000;
const ROUNDS_PER_DIM = 20;
/** Coordinates compressed in one experiment, at most: a few seconds. */
const WORK = 3e8;
const FLOW_WORK = 1e8;
const FLOW_FLOOR = 1e-3;
/** The same of messages about starts that stand still, of which there are a few in any case. */
const HELD_WORK = 3e7;
const LEAST_HELD = 32;
/** A first round in which shared randomness, sweeps and schedules stand somewhere else. */
const LATER_ROUND = 1021;
const SWEEP = [-100, -50, -25, -12, -6, -4, -3, -2, -1, 0, 1, 2, 3, 4, 6, 12, 25, 50, 100].map(
  (power) => 10 ** power,
);

/** What was measured of a compressor, all that the verdict and the certificate are made of. */
interface Measured extends Evidence {
  starts: readonly Start[];
  linear: boolean;
  /** The least that a message kept. */
  least: { value: number; start: string };
  step: number;
}

export function certify(compressor: string, spec: CompressorSpec, options: CertifyOptions): Certificate {
  const measured = measure(spec, options);
  return certificateOf(compressor, spec, options.seed, measured, judge(measured));
}

function measure(spec: CompressorSpec, options: CertifyOptions): Measured {
  const { dim, mu, kernels, onPart: tell = () => {} } = options;
  const seed = seedWords(options.seed);
  const starts = makeStarts(options.starts ?? DEFAULT_STARTS, dim, seed);
  const affordable = Math.max(100, Math.floor(WORK / (starts.length * dim)));
  const rounds = options.rounds ?? Math.min(affordable, Math.max(LEAST_ROUNDS, ROUNDS_PER_DIM * dim));
  const benchOf = (some: readonly Start[]) => new Bench({ spec, starts: some, dim, seed, rounds, kernels });
  const map: FollowMap = (gain, some = starts, limits = {}) =>
    follow(benchOf(some), some, { gain, rounds, ...limits });

  tell('map');
  const asked = map(mu);
  const bound = largest(asked, (trajectory) => trajectory.bound);
  const worst = largest(asked, ({ contraction }) => -contraction.worst);
  const least = { value: -worst.value, start: worst.start };
  tell('gains');
  const { used, largest: largestGain, trajectories } = chooseGain(mu, asked, map);

  // (ii): the flow, and the map from another first round.
  const noise = Math.max(
    ...asked.filter(({ start }) => !start.extreme).map((trajectory) => trajectory.bound ** 2),
  );
  const step = flowStep(noise);
  const messages = Math.max(...trajectories.map((trajectory) => trajectory.messages));
  const flowRounds = Math.ceil(Math.min(FLOW_WORK / (starts.length * dim), (2 * messages) / step + 200));
  tell('flow');
  const flow = map(step, starts, { rounds: flowRounds, floor: FLOW_FLOOR });
  tell('later');
  const later = map(used, starts, { firstRound: LATER_ROUND, floor: FLOW_FLOOR });

  tell('messages');
  const allShrink = trajectories.every(shrinks);
  const still = hardStarts(starts, dim, seed);
  const stillBench = benchOf(still);
  const heldMessages = Math.max(Math.floor(HELD_WORK / (still.length * dim)), LEAST_HELD);
  const { contraction, contractionKind, linear } = stillBench.plan;
  const held = holdStill(stillBench, still, least, heldMessages);
  if (!allShrink) tell('sizes');
  return {
    starts,
    linear,
    least,
    step,
    planned: { contraction, kind: contractionKind, held },
    exactAfter: trajectories.every(({ status }) => status === 'exact') ? messages : null,
    dim,
    asked,
    used: trajectories,
    flow,
    later,
    gain: { asked: mu, used, largest: largestGain },
    bound,
    range: allShrink ? null : workingRange(map(used, scaleSweep(SWEEP, dim, seed))),
    window: allShrink ? shortestWindow([...trajectories, ...later], 1 / (16 * dim)) : null,
    rounds,
  };
}

function certificateOf(
  compressor: string,
  spec: CompressorSpec,
  seed: number,
  measured: Measured,
  verdict: Verdict,
): Certificate {
  const { starts, asked, used, flow, later, step, least, planned, bound } = measured;
  // Of one that has a scale of its own, figures are those of the starts that it is made for.
  const counted = starts.flatMap(({ extreme }, i) => (extreme && verdict.kind === 'in-range' ? [] : [i]));
  const spread = (values: readonly number[], worst: 'most' | 'least'): Spread => {
    const sign = worst === 'most' ? 1 : -1;
    let at = counted[0];
    for (const i of counted) if (sign * values[i] > sign * values[at]) at = i;
    return { median: median(counted.map((i) => values[i])), worst: values[at], worstStart: starts[at].name };
  };
  const total = (some: readonly Trajectory[], quantity: (one: Trajectory) => number) =>
    some.reduce((sum, one) => sum + quantity(one), 0);
  const messagesOf = ({ messages }: Trajectory) => messages;
  const reached = used.map((trajectory) => until(trajectory, THOUSANDTH));
  return {
    compressor,
    spec,
    dim: measured.dim,
    seed,
    verdict,
    gain: measured.gain,
    bound: {
      measured: bound.value,
      start: bound.start,
      analytic: planned.kind === 'worst' ? 1 + Math.sqrt(1 - planned.contraction) : null,
    },
    linear: measured.linear,
    contraction: {
      mean:
        total(asked, ({ contraction, messages }) => contraction.mean * messages) / total(asked, messagesOf),
      worst: least.value,
      worstStart: least.start,
      analytic: planned.contraction,
      kind: planned.kind,
      held: planned.held,
    },
    rate: spread(
      used.map(({ rate }) => rate),
      'least',
    ),
    exactAfter: measured.exactAfter,
    window: measured.window,
    flow: {
      step,
      rate: spread(
        flow.map(({ rate }) => rate / step),
        'least',
      ),
      stable: flow.every(shrinks),
    },
    later: { round: LATER_ROUND, stable: later.every(shrinks) },
    bits: {
      perMessage: total(used, ({ bits, messages }) => bits[messages]) / total(used, messagesOf),
      thousandfold: spread(
        reached.map((found) => found?.bits ?? Number.POSITIVE_INFINITY),
        'most',
      ),
      messages: spread(
        reached.map((found) => found?.messages ?? Number.POSITIVE_INFINITY),
        'most',
      ),
      extrapolated: reached.some((found) => found?.extrapolated === true),
    },
    range: measured.range,
    rounds: measured.rounds,
    starts: used.map((trajectory, i) => ({
      name: trajectory.start.name,
      status: trajectory.status,
      messages: trajectory.messages,
      rate: trajectory.rate,
      bound: trajectory.bound,
      contraction: trajectory.contraction,
      end: Math.exp(trajectory.logs[trajectory.messages]),
      thousandfold: reached[i],
    })),
    decay: decayOf(counted.map((i) => used[i])),
  };
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
