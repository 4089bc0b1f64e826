/**
 * What the network knows of x, and by which messages: y in the equations of a flow that leaves the choice,
 * its `compress`. With q what is decoded of a message, and s what all agents know of x without any further
 * message (estimates, which they keep from decoded messages alone):
 *
 * | compress       | message                   | y                | after the round           |
 * | -------------- | ------------------------- | ---------------- | ------------------------- |
 * | `none`         | x                         | x                |                           |
 * | `node-state`   | q = C(x, k)               | q                |                           |
 * | `error-state`  | q = C(x - s, k)           | s + q            | s += mu q                 |
 * | `observer`     | q = C(x - s, k)           | s                | s += mu q                 |
 * | `error-memory` | q = C(x - s + gamma m, k) | s + q, but own x | s += mu q, m += x - y     |
 *
 * Every agent keeps z = (L s)_i, updated from decoded messages alone (z += mu (L q)_i), so nothing but q
 * crosses the network. Where links change, z is made anew of the neighbours' s in every round, and in float32
 * every 64 rounds (see `estimate.ts`).
 *
 * A flow brings its two steps (with and without estimates); the round of a block of agents, messages in,
 * step, messages out, is the same for all. Floats an agent beside the flow's own: with estimates 2 dim (s,
 * z).
 */

import type { z } from 'zod';
import { type FieldSpec, heardRows } from '../arena/layout.js';
import type { PlanContext, Runtime } from '../runtime.js';
import { bindRenewal, isRenewed } from './estimate.js';
import { scratchFields, stateFields } from './state.js';
import type { BoundFlow, Channel, Compress, FlowMessages } from './types.js';

export interface Mode {
  /** Agents keep estimates s of one another, and send corrections to them. */
  estimates: boolean;
  /** Of a message's q, what is in y at once: all of it, or nothing. */
  current: 0 | 1;
  /** What messages leave out is remembered, in m, and an agent takes its own x for y. */
  memory: boolean;
}

export const MODES: Record<Compress, Mode> = {
  none: { estimates: false, current: 1, memory: false },
  'node-state': { estimates: false, current: 1, memory: false },
  'error-state': { estimates: true, current: 1, memory: false },
  observer: { estimates: true, current: 0, memory: false },
  'error-memory': { estimates: true, current: 1, memory: true },
};

/**
 * `compress` of a flow. The type says that it is there: what is left open the config settles before anything
 * is planned.
 */
export function modeParameter(zod: typeof z, modes: readonly [Compress, ...Compress[]]): z.ZodType<Compress> {
  return zod
    .enum(modes)
    .optional()
    .describe(
      'what a message says; by default none without a compressor; with one error-state, or error-memory where the flow has it and no gain is given',
    ) as unknown as z.ZodType<Compress>;
}

/** One message a round; uncompressed, it is the state itself. */
export function modeMessages({ compress }: { compress: Compress }): FlowMessages {
  return compress === 'none'
    ? { channels: 0, compressed: false }
    : { channels: 1, compressed: true, estimates: MODES[compress].estimates };
}

/**
 * State and scratch: what the flow names, what the mode keeps beside it, and x doubled where it is its own
 * outbox.
 */
export function modeFields(
  compress: Compress,
  own: { state: readonly string[]; scratch: readonly string[] },
  context: PlanContext,
): FieldSpec[] {
  const { linksChange } = context;
  const { estimates, memory } = MODES[compress];
  const state = [...own.state, ...(memory ? ['m'] : [])];
  const scratch = [...own.scratch, 'laplacian'];
  if (estimates) {
    state.push('s');
    scratch.push('message', 'error');
    (linksChange ? scratch : state).push('z');
    if (isRenewed(context)) state.push(READ);
  }
  const readByOthers = compress === 'none' ? 'x' : linksChange ? 's' : null;
  return [
    ...stateFields(state, context).map((field) =>
      field.name === readByOthers
        ? heardRows(field)
        : field.name === READ
          ? { ...field, heard: 'rows' as const }
          : field.name === 'z'
            ? { ...field, laplacianOf: 's' }
            : field,
    ),
    ...scratchFields(scratch, context),
  ];
}

/**
 * The step of a flow that knows y itself: `laplacian` (block rows) is L y. x and xOut are block rows; xOut
 * may be x.
 */
export type PlainStep = (
  first: number,
  count: number,
  x: number,
  xOut: number,
  laplacian: number,
  round: number,
) => void;

/**
 * The step of a flow whose agents keep estimates s and z = L s. `laplacian` is L q, `message` the agents' own
 * q; `current` as in `Mode`. Leaves in `error` what the next message is about: x - s, both new (and the
 * memory). x, s, z are block rows of the state.
 */
export type EstimatedStep = (
  first: number,
  count: number,
  x: number,
  s: number,
  z: number,
  laplacian: number,
  message: number,
  error: number,
  current: number,
  round: number,
) => void;

/**
 * What leaves the slopes of a block in `scratch.gradient`; the other arguments as in `PlainStep` and
 * `EstimatedStep`.
 */
export interface Slope {
  plain(first: number, count: number, round: number, x: number, laplacian: number): void;
  estimated(
    first: number,
    count: number,
    round: number,
    x: number,
    s: number,
    z: number,
    laplacian: number,
    message: number,
  ): void;
}

export function bindMode(
  compress: Compress,
  channel: Channel,
  runtime: Runtime,
  steps: { plain: PlainStep; estimated: EstimatedStep },
): BoundFlow {
  return MODES[compress].estimates
    ? bindEstimated(MODES[compress].current, channel, runtime, steps.estimated)
    : bindPlain(compress === 'none', channel, runtime, steps.plain);
}

function bindPlain(stateIsMessage: boolean, channel: Channel, runtime: Runtime, step: PlainStep): BoundFlow {
  const { arena, agents, rowBytes, worker } = runtime;
  const laplacian = arena.address('scratch.laplacian', worker);
  const x = arena.address('x');
  const parityBytes = stateIsMessage ? agents * rowBytes : 0;
  const stateAt = (round: number) => x + (round & 1) * parityBytes;
  const sendState = (first: number, count: number, round: number) =>
    channel.send(first, count, round, stateAt(round) + first * rowBytes);
  return {
    prologue: sendState,
    block(first, count, round) {
      const offset = first * rowBytes;
      channel.gather(first, count, round, laplacian);
      const next = stateAt(round + 1) + offset;
      step(first, count, stateAt(round) + offset, next, laplacian, round);
      sendState(first, count, round + 1);
    },
  };
}

/** What neighbours read of s where z is made anew: s stays where it is, and is copied there a round before. */
const READ = 's.read';

/** The estimates s and z = L s of a flow with one message a round. */
export interface Estimates {
  /** s of all agents, where the messages of `round` are added. */
  at(round: number): number;
  /** A block's rows of z. */
  z(first: number): number;
  /** Before the messages of a round are added: z is L s. */
  begin(first: number, count: number, round: number): void;
  /** After it. */
  end(first: number, count: number, round: number): void;
}

export function bindEstimates(runtime: Runtime): Estimates {
  const { arena, kernels, agents, rowBytes, worker, graph } = runtime;
  const s = arena.address('s');
  const n = rowBytes / arena.realBytes;
  const renewal = bindRenewal(runtime);
  const copy = (first: number, count: number, from: number, to: number) =>
    kernels.decodeDense(first, count, from, rowBytes, to + first * rowBytes, rowBytes, n);
  if (graph.changing === undefined) {
    const z = arena.address('z');
    const read = renewal === null ? 0 : arena.address(READ);
    return {
      at: () => s,
      z: (first) => z + first * rowBytes,
      begin(first, count, round) {
        if (renewal?.isDue(round)) renewal.make(first, count, read, z + first * rowBytes);
      },
      end(first, count, round) {
        if (renewal?.isDue(round + 1)) copy(first, count, s, read);
      },
    };
  }
  // In every round, so that s is doubled by parity.
  const z = arena.address('scratch.z', worker);
  const at = (round: number) => s + (round & 1) * agents * rowBytes;
  return {
    at: (round) => at(round + 1),
    z: () => z,
    begin(first, count, round) {
      renewal?.make(first, count, at(round), z);
      copy(first, count, at(round), at(round + 1));
    },
    end() {},
  };
}

function bindEstimated(current: number, channel: Channel, runtime: Runtime, step: EstimatedStep): BoundFlow {
  const { arena, kernels, rowBytes, worker } = runtime;
  const laplacian = arena.address('scratch.laplacian', worker);
  const x = arena.address('x');
  const estimates = bindEstimates(runtime);
  const message = arena.address('scratch.message', worker);
  const error = arena.address('scratch.error', worker);
  return {
    prologue(first, count, round) {
      const offset = first * rowBytes;
      const s = estimates.at(round - 1) + offset;
      kernels.subtract(count, rowBytes, rowBytes / arena.realBytes, x + offset, s, error);
      channel.send(first, count, round, error);
    },
    block(first, count, round) {
      const offset = first * rowBytes;
      channel.gather(first, count, round, laplacian);
      channel.decode(first, count, round, message);
      const s = estimates.at(round) + offset;
      const z = estimates.z(first);
      estimates.begin(first, count, round);
      step(first, count, x + offset, s, z, laplacian, message, error, current, round);
      estimates.end(first, count, round);
      channel.send(first, count, round + 1, error);
    },
  };
}
