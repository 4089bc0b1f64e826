/**
 * One round of an Euler flow for a block of agents, whatever the flow: messages in, step, messages out. A flow brings its two steps (with and
 * without estimates) and nothing else; see `primal-dual.ts` for what they compute.
 */

import type { BoundCompressor } from '../compress/types.js';
import type { Runtime } from '../runtime.js';
import { bindMessages, errorFlow } from './state.js';
import type { BoundFlow, FlowPlan } from './types.js';

export interface EulerSteps {
  /** The message is (about) the state: `laplacian` (block rows) is L y. x and xOut are block rows; xOut may be x. */
  plain(first: number, count: number, x: number, xOut: number, laplacian: number): void;
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
  ): void;
}

export function bindEuler(
  plan: FlowPlan,
  compressor: BoundCompressor,
  slotBytes: number,
  runtime: Runtime,
  steps: EulerSteps,
): BoundFlow {
  const { arena, rowBytes, worker } = runtime;
  const messages = bindMessages(plan, compressor, slotBytes, runtime);
  const laplacian = arena.address('scratch.laplacian', worker);

  if (!errorFlow(plan.compress)) {
    return {
      prepare: messages.prepare,
      prologue: messages.sendState,
      block(first, count, round) {
        const offset = first * rowBytes;
        messages.gather(first, count, round, laplacian);
        steps.plain(first, count, messages.x(round) + offset, messages.x(round + 1) + offset, laplacian);
        messages.sendState(first, count, round + 1);
      },
    };
  }

  const x = arena.address('x');
  const s = arena.address('s');
  const z = arena.address('z');
  const message = arena.address('scratch.message', worker);
  const error = arena.address('scratch.error', worker);
  const current = plan.compress === 'error-state' ? 1 : 0;
  return {
    prepare: messages.prepare,
    prologue: messages.sendError,
    block(first, count, round) {
      const offset = first * rowBytes;
      messages.gather(first, count, round, laplacian);
      messages.decode(first, count, round, message);
      steps.estimated(first, count, x + offset, s + offset, z + offset, laplacian, message, error, current);
      messages.send(first, count, round + 1, error);
    },
  };
}
