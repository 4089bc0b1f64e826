/**
 * Following e <- e - gain C(e, k) from many starts at once, and what the trajectories say.
 *
 * gain = mu is the Euler map that the error flows of a run apply to x - s. A small gain, with the
 * compressor's rounds advancing at every step, is a discretisation of the flow e' = -C(e, t): rates are then
 * given per unit of time, rate / gain.
 */

import type { Bench } from './bench.js';
import type { Start } from './starts.js';

/**
 * exact: zero after some round. reached: as small as was asked for. shrinking: it was on its way when the
 * rounds were over. stalled: it no longer shrinks. grew: a million times what it was, or no number.
 */
export type Status = 'exact' | 'reached' | 'shrinking' | 'stalled' | 'grew';

export interface Trajectory {
  start: Start;
  status: Status;
  /** ln |e_k| / |e_0|, k = 0 .. messages. */
  logs: Float64Array;
  /** Bits of the first k messages. */
  bits: Float64Array;
  messages: number;
  /**
   * r in |e_k| ~ exp(-r k), a least-squares fit. Of an error that became zero, as if it had become FLOOR
   * then.
   */
  rate: number;
  /** Of the second half alone. */
  lateRate: number;
  /** max |C(e)| / |e|. */
  bound: number;
  /** 1 - |e - C(e)|^2 / |e|^2 of the messages: mean, least, and of the first. */
  contraction: { mean: number; worst: number; first: number };
  /** |C(e)| / |e| of the last message. */
  lastSent: number;
}

export interface FollowInputs {
  gain: number;
  /** At most this many messages. */
  rounds: number;
  firstRound?: number;
  /** A trajectory ends when |e_k| / |e_0| is this small. */
  floor?: number;
}

export const FLOOR = 1e-9;
/** What an error is followed to where its bits are counted. */
export const THOUSANDTH = 1e-3;
/** What is left of an error that has become zero but for rounding. */
const EXACT = 1e-14;
const GROWN_LN = Math.log(1e6);
/** A second half that has shrunk by less than this factor (as a logarithm) does not shrink. */
const STALLED_LN = 0.05;
/** How often it is asked whether anything still moves: rounds, at least, and sweeps over the coordinates. */
const CHECK_ROUNDS = 1024;
const CHECK_SWEEPS = 8;

export function follow(bench: Bench, starts: readonly Start[], inputs: FollowInputs): Trajectory[] {
  const { gain, rounds, firstRound = 0, floor = FLOOR } = inputs;
  const floorLn = Math.log(floor);
  const count = starts.length;
  const active = new Array<boolean>(count).fill(true);
  const status: (Status | null)[] = new Array(count).fill(null);
  const logs = starts.map(() => [0]);
  const bits = starts.map(() => [0]);
  const first = new Float64Array(count);
  const bound = new Float64Array(count);
  const sum = new Float64Array(count);
  const worst = new Float64Array(count).fill(1);
  const firstContraction = new Float64Array(count).fill(Number.NaN);
  const lastSent = new Float64Array(count);
  const checked = new Float64Array(count);
  const retire = (i: number, how: Status) => {
    status[i] = how;
    active[i] = false;
    bench.retire(i);
    left--;
  };
  let left = count;
  const checkRounds = Math.max(CHECK_ROUNDS, CHECK_SWEEPS * bench.plan.dim);

  for (let k = 0; k < rounds && left > 0; k++) {
    bench.step(firstRound + k, gain, active, (i, { before, after, sent, left: rest, bits: length }) => {
      if (k === 0) first[i] = before;
      const share = rest / before;
      const contraction = 1 - share * share;
      if (k === 0) firstContraction[i] = contraction;
      sum[i] += contraction;
      worst[i] = Math.min(worst[i], contraction);
      lastSent[i] = sent / before;
      bound[i] = Math.max(bound[i], lastSent[i]);
      bits[i].push(bits[i][k] + length);
      const ratio = after / first[i];
      const log = Math.log(ratio);
      // What is zero but for rounding has no logarithm of its own.
      logs[i].push(ratio <= EXACT ? Math.min(floorLn, logs[i][k]) : log);
      if (!(log < GROWN_LN)) retire(i, 'grew');
      else if (ratio <= EXACT) retire(i, 'exact');
      else if (log <= floorLn) retire(i, 'reached');
    });
    if ((k + 1) % checkRounds === 0) {
      let moved = false;
      for (let i = 0; i < count; i++) {
        if (!active[i]) continue;
        const now = logs[i][k + 1];
        if (now !== checked[i]) moved = true;
        checked[i] = now;
      }
      // Not one bit of one error: a dead zone, and more of the same would not be worth the wait.
      if (!moved) break;
    }
  }

  return starts.map((start, i) => {
    const history = Float64Array.from(logs[i]);
    const messages = history.length - 1;
    const half = Math.floor(messages / 2);
    const lateRate = slope(history, half);
    const shrunk = history[half] - history[messages];
    return {
      start,
      status: status[i] ?? (shrunk > STALLED_LN ? 'shrinking' : 'stalled'),
      logs: history,
      bits: Float64Array.from(bits[i]),
      messages,
      rate: slope(history, 0),
      lateRate,
      bound: bound[i],
      contraction: { mean: sum[i] / messages, worst: worst[i], first: firstContraction[i] },
      lastSent: lastSent[i],
    };
  });
}

/** Whether it shrinks for good. */
export function shrinks({ status }: Trajectory): boolean {
  return status === 'exact' || status === 'reached' || status === 'shrinking';
}

/** Minus the slope of the least-squares line through (k, logs[k]), k >= from. */
function slope(logs: Float64Array, from: number): number {
  const n = logs.length - from;
  if (n < 2) return 0;
  const centre = from + (n - 1) / 2;
  let mean = 0;
  for (let k = from; k < logs.length; k++) mean += logs[k] / n;
  let above = 0;
  let below = 0;
  for (let k = from; k < logs.length; k++) {
    above += (k - centre) * (logs[k] - mean);
    below += (k - centre) ** 2;
  }
  return -above / below;
}

export interface Reached {
  messages: number;
  bits: number;
  /** Estimated from the rate of the second half: the rounds were over before. */
  extrapolated: boolean;
}

/** How many messages and bits until |e| is `factor` of what it was; null where that does not happen. */
export function until(trajectory: Trajectory, factor: number): Reached | null {
  const { logs, bits, messages, lateRate } = trajectory;
  const wanted = Math.log(factor);
  const found = logs.findIndex((log) => log <= wanted);
  if (found >= 0) return { messages: found, bits: bits[found], extrapolated: false };
  if (!shrinks(trajectory) || !(lateRate > 0)) return null;
  const more = Math.ceil((logs[messages] - wanted) / lateRate);
  return { messages: messages + more, bits: bits[messages] * (1 + more / messages), extrapolated: true };
}

export interface Window {
  rounds: number;
  /** max over starts and k of |e_(k + rounds)| / |e_k|, less than 1. */
  factor: number;
}

/**
 * The shortest window, a power of two of rounds, over which the error shrinks by at least the share `least`
 * of it, wherever it starts and whenever one begins to look: what uniform exponential stability asks for. One
 * round for a contraction; a period for a compressor over time.
 */
export function shortestWindow(trajectories: readonly Trajectory[], least: number): Window | null {
  const longest = Math.max(...trajectories.map(({ messages }) => messages));
  for (let rounds = 1; rounds < 2 * longest; rounds *= 2) {
    let worst = Number.NEGATIVE_INFINITY;
    for (const { logs, status, messages } of trajectories) {
      if (messages < rounds) {
        // It has come to its end within one window. One that was cut off there says nothing of what comes
        // after.
        if (status === 'reached') worst = Math.max(worst, logs[messages] - logs[0]);
        continue;
      }
      // A window at whose end nothing is left is never the worst.
      const end = status === 'exact' ? messages - 1 : messages;
      for (let k = 0; k + rounds <= end; k++) worst = Math.max(worst, logs[k + rounds] - logs[k]);
    }
    if (worst < Math.log1p(-least)) return { rounds, factor: Math.exp(worst) };
  }
  return null;
}

export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  if (sorted.length === 0) return Number.NaN;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
