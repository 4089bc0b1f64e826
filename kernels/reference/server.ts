/** A parameter server's arithmetic, over ordinary arrays. */

import { signBit } from './compressors.js';

/** How many of the messages have a sign bit set, coordinate by coordinate. */
export function countSigns(messages: readonly Float64Array[]): Float64Array {
  return messages[0].map((_, c) => messages.reduce((count, message) => count + signBit(message[c]), 0));
}

/** The mean of `agents` messages +-scale, from how many of them are negative. */
export function meanSigns(counts: Float64Array, agents: number, scale: number): Float64Array {
  return counts.map((count) => scale * ((agents - count - count) / agents));
}

/**
 * Heavy ball (Polyak 1964), or Nesterov's variant (Sutskever et al. 2013). Changes velocity, gives the
 * direction.
 */
export function momentum(
  d: Float64Array,
  velocity: Float64Array,
  beta: number,
  nesterov: boolean,
): Float64Array {
  return d.map((entry, c) => {
    velocity[c] = beta * velocity[c] + entry;
    return nesterov ? entry + beta * velocity[c] : velocity[c];
  });
}

export interface AdamGains {
  beta1: number;
  beta2: number;
  epsilon: number;
}

/** Adam (Kingma, Ba 2015); `step` counts from 1. Changes m and v, gives the direction. */
export function adam(
  d: Float64Array,
  m: Float64Array,
  v: Float64Array,
  { beta1, beta2, epsilon }: AdamGains,
  step: number,
): Float64Array {
  const correction1 = 1 - beta1 ** step;
  const correction2 = 1 - beta2 ** step;
  return d.map((entry, c) => {
    m[c] = beta1 * m[c] + (1 - beta1) * entry;
    v[c] = beta2 * v[c] + (1 - beta2) * (entry * entry);
    return m[c] / correction1 / (Math.sqrt(v[c] / correction2) + epsilon);
  });
}
