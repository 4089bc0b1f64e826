/** The words of an edge: what makes both of its ends say the same. */

import { philox4x32 } from '../../kernels/reference/philox.js';
import type { Seed } from '../runtime.js';

/**
 * Philox's stream of links: counter (larger end, smaller end, round, 4) for edges, (head, tail, round, 4) for
 * arcs.
 */
export const LINKS_STREAM = 4;

/** The plain reference implementation of the kernel `linkWords`. */
export function edgeWords(
  directed: boolean,
  from: number,
  to: number,
  round: number,
  { low, high }: Seed,
): [number, number, number, number] {
  const [tail, head] = directed || from < to ? [from, to] : [to, from];
  return philox4x32([head, tail, round, LINKS_STREAM], [low, high]);
}

/** A word is below this with the probability given. */
export function thresholdOf(probability: number): number {
  return probability * 2 ** 32;
}
