/**
 * Gains of the Euler map e <- e - mu C(e, k): the largest that shrinks, the best of those, and the flow's
 * small one.
 */

import { shrinks, THOUSANDTH, type Trajectory, until } from './measure.js';
import type { Start } from './starts.js';

const LEAST_GAIN = 2 ** -14;

/** Trajectories of the map with a gain, from all starts unless others are named. */
export type FollowMap = (
  gain: number,
  starts?: readonly Start[],
  limits?: { rounds?: number; firstRound?: number; floor?: number },
) => Trajectory[];

/**
 * The map with the gain asked for, or with the best of those that work. `largest`: the largest that shrinks
 * from every start of ordinary size; null: none was found.
 */
export function chooseGain(
  mu: number,
  asked: readonly Trajectory[],
  map: FollowMap,
): { used: number; largest: number | null; trajectories: readonly Trajectory[] } {
  const ordinary = asked.filter(({ start }) => !start.extreme);
  // In a dead zone nothing is sent, and a smaller gain cannot help.
  if (ordinary.some((trajectory) => !shrinks(trajectory) && trajectory.lastSent > 0)) {
    const starts = ordinary.map(({ start }) => start);
    const found = searchGain(mu, starts, map);
    if (found) return { used: found.best, largest: found.largest, trajectories: map(found.best) };
  }
  return { used: mu, largest: ordinary.every(shrinks) ? mu : null, trajectories: asked };
}

/**
 * The step that discretises the flow: small against 2 / (1 + variance), beyond which noise alone makes the
 * map grow, and no larger than an eighth.
 */
export function flowStep(noise: number): number {
  const small = Number.isFinite(noise) && noise > 0 ? 1 / (2 * noise) : 1;
  return Math.max(LEAST_GAIN, 2 ** Math.floor(Math.log2(Math.min(1 / 8, small))));
}

/**
 * The largest gain below `mu` that shrinks from every start (to half an octave), and the one of it and the
 * next that takes fewest messages.
 */
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
