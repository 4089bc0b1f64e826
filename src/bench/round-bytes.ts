/**
 * What a round of the benchmarks' problems moves: bytes of an agent by method, counted by hand from its
 * equations. `memory` holds a triad against them, `peers` the limit of scattered reads.
 */

import { UNCOMPRESSED } from '../compress/registry.js';
import type { CompressorSpec } from '../compress/types.js';
import { DEGREE, DIM, FLATTENED_SIGN } from './problem.js';

export const ROW_BYTES = 8 * DIM;
/** rowStart and degree; columns are counted by edge. */
const GRAPH_BYTES = 4 + 8;

export interface RoundBytes {
  name: string;
  compressor: CompressorSpec;
  /** What an agent's round reads or writes in order, each byte counted once for each of the two. */
  ownBytes: number;
  /** Bytes of a message, which neighbours read in the graph's order. */
  messageBytes: number;
  /** Rows of an agent that lie in memory. */
  rows: number;
  /** Additions and multiplications a coordinate, as the equations are written. */
  operations(degree: number, dim: number): number;
}

/** x' and v written; v, a, b read. x itself is the message. */
export const PLAIN_ROUND: RoundBytes = {
  name: 'none',
  compressor: UNCOMPRESSED,
  ownBytes: 5 * ROW_BYTES,
  messageBytes: ROW_BYTES,
  rows: 5,
  // u = degree x - sum of neighbours' x; g = a (x - b); x' = x - (.. g + .. u + .. v); v' = v + .. u
  operations: (degree) => 1 + degree + 2 + 6 + 2,
};

/** x, v, s, z read and written; a, b read; a message of a scale and 64 bits written. */
export const FLATTENED_ROUND: RoundBytes = {
  name: 'flatten(sign)',
  compressor: FLATTENED_SIGN,
  ownBytes: 10 * ROW_BYTES + 16,
  messageBytes: 16,
  rows: 6,
  // x - s and its transform, the sum of magnitudes; the signs of the agent and its neighbours, added up; two
  // transforms back with their factors; s' = s + q, z' = z + u; the gradient and the step as above
  operations: (degree, dim) =>
    1 + Math.log2(dim) + 1 + (1 + degree) + 2 * (Math.log2(dim) + 1) + 2 + 2 + 6 + 2,
};

/**
 * Bytes that a round cannot avoid to move between memory and caches. In-order rows, once for each direction;
 * the graph, once; and messages. Of messages that fit into the cache each is read once. Of messages that do
 * not, on a graph without locality, no cache of C bytes can hold more than a share C / F of their F bytes, so
 * at least 1 - C / F of the reads (the agent's own and its neighbours') come from memory. As STREAM does, the
 * line that is fetched before a store is left out.
 */
export function bytesThatMustMove(
  agents: number,
  degree: number,
  { ownBytes, messageBytes }: Pick<RoundBytes, 'ownBytes' | 'messageBytes'>,
  cacheBytes: number,
): number {
  const missing = Math.max(0, 1 - cacheBytes / (agents * messageBytes));
  const reads = Math.max(1, (degree + 1) * missing);
  return agents * (ownBytes + reads * messageBytes + GRAPH_BYTES + 4 * degree);
}

/** Bytes that a round asks for, wherever they are: rows in order, and each neighbour's message. */
export function bytesAskedFor(
  agents: number,
  { ownBytes, messageBytes }: Pick<RoundBytes, 'ownBytes' | 'messageBytes'> = PLAIN_ROUND,
): number {
  return agents * (ownBytes + DEGREE * messageBytes);
}

/** What an agent has in memory beside its rows: its message, its place in the graph, its cost's scale. */
const BESIDE_BYTES = 100;

/** Bytes that agents have in memory, to a tenth. */
export function bytesHeld(agents: number, { rows }: RoundBytes): number {
  return agents * (rows * ROW_BYTES + BESIDE_BYTES);
}
