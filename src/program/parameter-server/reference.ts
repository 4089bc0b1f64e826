/**
 * The parameter server as equations over plain arrays: the reference implementation that the engine is held
 * against, and where to begin reading.
 *
 *     every round k, every agent m:   F_m = U_k g_m(x)                 b_m = up(F_m)               up the links
 *     the server:                     s = (1/M) sum_m b_m              c = down(opt(s))            down the links
 *     everyone:                       x <- x - gamma_k opt(U_k^T c)
 *
 * FO-SGD (Stollenwerk, Jacques 2024) is `up` = lambda sign(. + lambda tau_m) and `down` = lambda sign(. +
 * lambda tau_s), see `foSgd`. U_k is what both links have in common: a rotation, or the identity. One
 * optimiser `opt` at most: on the server's side of the downlink (in the model's own coordinates: rotated back
 * before and forth after), or on everyone's.
 */

import { ALL_AGENTS, type Key, philoxUniform } from '../../../kernels/reference/philox.js';
import { DITHER_STREAM, SERVER_STREAM } from '../../compress/streams.js';
import type { Seed } from '../../runtime.js';

/** What a reader makes of the message about `vector`. */
export type Link = (vector: Float64Array, round: number, agent: number) => Float64Array;

export interface Rotation {
  forward(x: Float64Array): Float64Array;
  backward(y: Float64Array): Float64Array;
}

export interface TwinInputs {
  agents: number;
  start: Float64Array;
  rounds: number;
  gradient(x: Float64Array, agent: number, round: number): Float64Array;
  up: Link;
  down: Link;
  /** U_k; null: none. */
  rotation: ((round: number) => Rotation) | null;
  gamma(round: number): number;
  optimizer?: { side: 'server' | 'all'; direction(d: Float64Array, round: number): Float64Array };
  onRound?: (round: number, x: Float64Array) => void;
}

/** The number by which the server goes where a link wants to know who speaks. */
export const SERVER = ALL_AGENTS;

export function serve(inputs: TwinInputs): Float64Array {
  const { agents, start, rounds, gradient, up, down, rotation, gamma, optimizer, onRound } = inputs;
  const x = start.slice();
  const same = { forward: (v: Float64Array) => v, backward: (v: Float64Array) => v };
  for (let k = 0; k < rounds; k++) {
    const u = rotation?.(k) ?? same;
    const messages = Array.from({ length: agents }, (_, m) => up(u.forward(gradient(x, m, k)), k, m));
    let mean: Float64Array = messages[0].map(
      (_, c) => messages.reduce((sum, message) => sum + message[c], 0) / agents,
    );
    if (optimizer?.side === 'server') mean = u.forward(optimizer.direction(u.backward(mean), k));
    let direction = u.backward(down(mean, k, SERVER));
    if (optimizer?.side === 'all') direction = optimizer.direction(direction, k);
    for (let c = 0; c < x.length; c++) x[c] -= gamma(k) * direction[c];
    onRound?.(k + 1, x);
  }
  return x;
}

/** FO-SGD's links: one dithered bit a coordinate up, and down again unless `downlink` is none. */
export function foSgd(
  lambda: (round: number) => number,
  downlink: 'one-bit' | 'none',
  seed: Seed,
): Pick<TwinInputs, 'up' | 'down'> {
  const key: Key = [seed.low, seed.high];
  const oneBit =
    (stream: number): Link =>
    (vector, round, agent) => {
      const width = lambda(round);
      const tau = philoxUniform(vector.length, agent, round, stream, key);
      return vector.map((entry, c) => (signBit(entry + width * tau[c]) ? -width : width));
    };
  return { up: oneBit(DITHER_STREAM), down: downlink === 'none' ? (s) => s : oneBit(SERVER_STREAM) };
}

function signBit(x: number): boolean {
  return x < 0 || Object.is(x, -0);
}
