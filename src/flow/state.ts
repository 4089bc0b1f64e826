/**
 * What all flows share: where their state lies, and how their messages come and go.
 *
 * The outbox is doubled by the round's parity: messages of round k+1 are written while slow readers still read round k. Where nothing
 * is compressed the message *is* the state, so x itself is doubled instead, and nothing is copied.
 */

import { type FieldSpec, rowLength } from '../arena/layout.js';
import type { BoundCompressor } from '../compress/types.js';
import type { PlanContext, Runtime } from '../runtime.js';
import type { Compress, FlowPlan } from './types.js';

/** Flows in which agents keep estimates s of one another and send corrections to them. */
export function errorFlow(compress: Compress): boolean {
  return compress === 'error-state' || compress === 'observer' || compress === 'error-memory';
}

/** One padded row an agent for each name; two for x where it doubles as the outbox. */
export function stateFields(names: string[], compress: Compress, { agents, dim }: PlanContext): FieldSpec[] {
  const entries = agents * rowLength(dim);
  return names.map((name) => ({
    name,
    type: 'f64',
    length: name === 'x' && compress === 'none' ? 2 * entries : entries,
  }));
}

/** Block rows of each worker. */
export function scratchFields(names: string[], { blockAgents, dim }: PlanContext): FieldSpec[] {
  return names.map((name) => ({
    name: `scratch.${name}`,
    type: 'f64',
    length: blockAgents * rowLength(dim),
    perWorker: true,
  }));
}

/** The messages of one worker's blocks, bound to addresses. Rounds choose the parity. */
export interface Messages {
  prepare(round: number): void;
  /** Address of agent 0's x at the beginning of a round. */
  x(round: number): number;
  gather(first: number, count: number, round: number, out: number): void;
  decode(first: number, count: number, round: number, out: number): void;
  /** Compresses block rows into the outbox of `round`. */
  send(first: number, count: number, round: number, rows: number): void;
  /** Compresses x itself (node-state); nothing to do where the state is the message. */
  sendState(first: number, count: number, round: number): void;
  /** Compresses x - s. */
  sendError(first: number, count: number, round: number): void;
}

export function bindMessages(
  plan: FlowPlan,
  compressor: BoundCompressor,
  slotBytes: number,
  runtime: Runtime,
): Messages {
  const { kernels, arena, agents, rowBytes, worker, graph: g } = runtime;
  const n = rowBytes / 8;
  const x = arena.address('x');

  if (plan.stateIsMessage) {
    const parityBytes = agents * rowBytes;
    const at = (round: number) => x + (round & 1) * parityBytes;
    return {
      prepare: () => {},
      x: at,
      gather: (first, count, round, out) =>
        kernels.gatherDense(
          first,
          count,
          g.rowStart,
          g.columns,
          g.weights,
          g.weightStride,
          g.degrees,
          at(round),
          rowBytes,
          out,
          rowBytes,
          n,
        ),
      decode: (first, count, round, out) =>
        kernels.decodeDense(first, count, at(round), rowBytes, out, rowBytes, n),
      send: () => {},
      sendState: () => {},
      sendError: () => {},
    };
  }

  const outbox = arena.address('outbox');
  const parityBytes = agents * slotBytes;
  const slots = (round: number) => outbox + (round & 1) * parityBytes;
  // Only messages of varying length have their lengths written down; the doubling is that of the outbox.
  const lengths = arena.has('outbox.lengths') ? arena.address('outbox.lengths') : 0;
  const lengthsAt = (round: number) => lengths + (round & 1) * agents * 4;
  const s = arena.has('s') ? arena.address('s') : 0;
  const error = arena.has('scratch.error') ? arena.address('scratch.error', worker) : 0;
  const send = (first: number, count: number, round: number, rows: number) =>
    compressor.encode(first, count, round, rows, rowBytes, slots(round), lengthsAt(round));
  return {
    prepare: (round) => compressor.prepare(round),
    x: () => x,
    gather: (first, count, round, out) => compressor.gather(first, count, round, slots(round), out, rowBytes),
    decode: (first, count, round, out) => compressor.decode(first, count, round, slots(round), out, rowBytes),
    send,
    sendState: (first, count, round) => send(first, count, round, x + first * rowBytes),
    sendError(first, count, round) {
      const offset = first * rowBytes;
      kernels.subtract(count, rowBytes, n, x + offset, s + offset, error);
      send(first, count, round, error);
    },
  };
}
