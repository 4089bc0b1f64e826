/** How errors shrink with rounds and bits, for pictures. */

import { FLOOR, median, type Trajectory } from './measure.js';

/** |e_k| / |e_0| over the starts, at some rounds: for pictures. */
export interface Decay {
  rounds: number[];
  /** Bits sent by then, median over the starts. */
  bits: number[];
  best: number[];
  median: number[];
  worst: number[];
}

const PICTURE_RATIO = 1.03;

export function decayOf(trajectories: readonly Trajectory[]): Decay {
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
