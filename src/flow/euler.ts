/**
 * One round of an Euler flow for a block of agents, whatever the flow: messages in, step, messages out. A flow brings its two steps (with and
 * without estimates) and nothing else; see `primal-dual.ts` for what they compute.
 */

import type { FieldSpec } from '../arena/layout.js';
import type { PlanContext, Runtime } from '../runtime.js';
import { doubled, errorFlow, scratchFields, stateFields } from './state.js';
import type { BoundFlow, Channel, FlowMessages, FlowPlan, FlowSpec } from './types.js';

export const COMPRESS_HELP =
  'what a message says; by default none without a compressor; with one error-state, or error-memory where the flow has it and no gain is given';

export interface EulerSteps {
  /** The message is (about) the state: `laplacian` (block rows) is L y. x and xOut are block rows; xOut may be x. */
  plain(first: number, count: number, x: number, xOut: number, laplacian: number, round: number): void;
  /**
   * Agents keep estimates s and z = L s. `laplacian` is L q, `message` the agents' own q; current is 1 where y = s + q, 0 where y = s. Leaves
   * x - s, both new, in `error`. x, s, z are block rows of the state.
   */
  estimated(
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
  ): void;
}

/** One message a round; uncompressed, it is the state itself. */
export function eulerMessages({ compress }: FlowSpec): FlowMessages {
  return compress === 'none'
    ? { channels: 0, compressed: false }
    : { channels: 1, compressed: true, estimates: errorFlow(compress) };
}

export function bindEuler(
  plan: FlowPlan,
  channels: readonly Channel[],
  runtime: Runtime,
  steps: EulerSteps,
): BoundFlow {
  const { arena, kernels, agents, rowBytes, worker } = runtime;
  const [channel] = channels;
  const { reference } = runtime;
  const laplacian = arena.address('scratch.laplacian', worker);
  const x = arena.address('x');

  if (!errorFlow(plan.compress)) {
    const parityBytes = plan.stateIsMessage ? agents * rowBytes : 0;
    const stateAt = (round: number) => x + (round & 1) * parityBytes;
    const sendState = (first: number, count: number, round: number) =>
      channel.send(first, count, round, stateAt(round) + first * rowBytes);
    return {
      prologue: sendState,
      block(first, count, round) {
        const offset = first * rowBytes;
        channel.gather(first, count, round, laplacian);
        const next = stateAt(round + 1) + offset;
        steps.plain(first, count, stateAt(round) + offset, next, laplacian, round);
        reference?.advance(first, count, round, next);
        sendState(first, count, round + 1);
      },
    };
  }

  const s = arena.address('s');
  const { graph: g } = runtime;
  // Where links change, z = L(k) s is made anew of the neighbours' s, which are therefore doubled by parity; else it grows with the messages.
  const changing = g.changing !== undefined;
  const z = changing ? arena.address('scratch.z', worker) : arena.address('z');
  const zBytes = changing ? 0 : rowBytes;
  const parityBytes = changing ? agents * rowBytes : 0;
  const estimatesAt = (round: number) => s + (round & 1) * parityBytes;
  const message = arena.address('scratch.message', worker);
  const error = arena.address('scratch.error', worker);
  const current = plan.compress === 'error-state' ? 1 : 0;
  return {
    prologue(first, count, round) {
      const offset = first * rowBytes;
      kernels.subtract(count, rowBytes, rowBytes / 8, x + offset, s + offset, error);
      channel.send(first, count, round, error);
    },
    block(first, count, round) {
      const offset = first * rowBytes;
      channel.gather(first, count, round, laplacian);
      channel.decode(first, count, round, message);
      const estimates = estimatesAt(round + 1) + offset;
      const known = z + first * zBytes;
      if (changing) {
        const at = estimatesAt(round);
        kernels.gatherDense(
          first,
          count,
          g.rowStart,
          g.columns,
          g.weights,
          g.weightStride,
          g.degrees,
          at,
          rowBytes,
          known,
          rowBytes,
          rowBytes / 8,
        );
        kernels.decodeDense(first, count, at, rowBytes, estimates, rowBytes, rowBytes / 8);
      }
      steps.estimated(first, count, x + offset, estimates, known, laplacian, message, error, current, round);
      if (reference) {
        reference.advance(first, count, round, x + offset);
        kernels.subtract(count, rowBytes, rowBytes / 8, x + offset, estimates, error);
      }
      channel.send(first, count, round + 1, error);
    },
  };
}

/** State and scratch of an Euler flow: what the flow names, estimates where the messages are about errors, x doubled where it is its own outbox. */
export function eulerFields(
  { compress }: FlowSpec,
  own: { state: readonly string[]; scratch: readonly string[] },
  context: PlanContext,
): FieldSpec[] {
  const { linksChange } = context;
  const state = [...own.state];
  const scratch = [...own.scratch, 'laplacian'];
  if (errorFlow(compress)) {
    state.push('s');
    scratch.push('message', 'error');
    (linksChange ? scratch : state).push('z');
  }
  const readByOthers = compress === 'none' ? 'x' : linksChange ? 's' : null;
  return [
    ...stateFields(state, context).map((field) => (field.name === readByOthers ? doubled(field) : field)),
    ...scratchFields(scratch, context),
  ];
}
