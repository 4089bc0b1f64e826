/**
 * Mini-batches: the gradient of f_i estimated from b of agent i's samples.
 *
 *     g_i(x) = (n/N) (n_i / b) sum_{r in B} grad loss_r(x) + grad (regulariser),    B: b of the n_i samples of i
 *
 * The set B is drawn without replacement, all sets alike likely, afresh for every agent and draw, so E g_i =
 * grad f_i; agents with no more than b samples use all of them. Philox stream 5, counter (block, agent, draw,
 * 5); see kernels/batch.ts. A draw is the round where the program does not say otherwise: one that takes
 * several gradient steps a round numbers its draws itself (`BoundCost.beginRound`).
 *
 * Values, trace, curvature and optimum stay those of all samples. Where a program asks for it
 * (`CostContext.ownMeans`) an agent's gradient is instead the mean over its own samples, without the factor
 * (n/N) n_i: what the workers of a parameter server send. With parts of one size the two are the same.
 */

import type { z } from 'zod';
import type { FieldSpec } from '../arena/layout.js';
import { formatPath, InputError, type SpecPath } from '../base/errors.js';
import type { Runtime } from '../runtime.js';

export type BatchSize = number | 'all';

/** `batch` of a flow or program whose agents take gradients. */
export function batchParameter(zod: typeof z) {
  return zod
    .union([zod.literal('all'), zod.int().min(1)])
    .default('all')
    .describe('samples that a gradient looks at, drawn afresh every round; all: the exact gradient');
}

/**
 * Refuses a batch where the cost has no samples to draw from. `path`: where the batch stands in the config.
 */
export function refuseBatch(kind: string, size: BatchSize, path: SpecPath): void {
  if (size === 'all') return;
  throw new InputError(
    `${formatPath(path)} is ${size}, expected all: the cost ${kind} is not made of samples`,
    { path, hint: 'leave batch out, or take a cost that is read from data, such as logistic or softmax' },
  );
}

/** What a plan says of its batches: 0 is all samples. */
export function planBatch(size: BatchSize | undefined, samples: Uint32Array): number {
  if (size === undefined || size === 'all') return 0;
  return size < mostSamples(samples) ? size : 0;
}

export function mostSamples(samples: Uint32Array): number {
  let most = 0;
  for (let i = 0; i + 1 < samples.length; i++) most = Math.max(most, samples[i + 1]! - samples[i]!);
  return most;
}

/** The share of an agent's samples that one gradient of it looks at. */
export function batchShare(batch: number, agentSamples: number): number {
  return batch === 0 || agentSamples <= batch ? 1 : batch / agentSamples;
}

/** Nanoseconds that a pick takes, about: a draw, and samples that do not follow each other. */
const PICK_NS = 100;

/** Time of one gradient of an agent, about, where each of its samples takes `sampleNs`. */
export function batchNs(batch: number, agentSamples: number, sampleNs: number): number {
  const drawn = batch > 0 && agentSamples > batch;
  return drawn ? batch * (sampleNs + PICK_NS) : agentSamples * sampleNs;
}

/** Scratch of the draws. */
export function batchFields(batch: number, samples: Uint32Array): FieldSpec[] {
  if (batch === 0) return [];
  return [
    { name: 'cost.picks', type: 'u32', length: batch, perWorker: true },
    { name: 'cost.marks', type: 'u8', length: Math.ceil(mostSamples(samples) / 8), perWorker: true },
  ];
}

export interface BoundBatch {
  beginDraw(draw: number): void;
  /** The address of the agent's picks, or 0 where it uses all its samples. */
  draw(agent: number): number;
}

/** Null where gradients look at all samples. */
export function bindBatch(batch: number, { arena, kernels, worker, seed }: Runtime): BoundBatch | null {
  if (batch === 0) return null;
  const samples = arena.address('cost.samples');
  const picks = arena.address('cost.picks', worker);
  const marks = arena.address('cost.marks', worker);
  let current = 0;
  return {
    beginDraw(draw) {
      current = draw;
    },
    draw(agent) {
      return kernels.drawBatch(agent, samples, batch, picks, marks, current, seed.low, seed.high) === 0
        ? 0
        : picks;
    },
  };
}
