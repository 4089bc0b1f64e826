/**
 * The shared random rotation U_k that flattening is made of, bound to kernels: what `flatten` puts around a
 * compressor, and a parameter server around both of its links.
 *
 *  - `padded`: U_k = H D_k / sqrt(P), P the next power of two at or above dim. The rotated vector has P
 *    entries.
 *  - `parts` of n entries, n a power of two <= dim: the vector is cut into parts, each rotated by itself, and
 *    where entries are left over the last n of all are rotated once more. The rotated vector has dim entries:
 *    nothing is padded and nothing wasted. `exact` is the largest such n, which mixes most; a small n keeps
 *    every transform in the first cache, and mixes only within a part.
 *
 * D_k: random signs drawn from the seed, shared by all and so free; the same for every agent, fresh every
 * round (stream 1).
 */

import type { z } from 'zod';
import {
  flattenSigns,
  flatten as rotate,
  rotateParts,
  unflatten,
  unrotateParts,
} from '../../kernels/reference/wht.js';
import { type FieldSpec, rowBytesOf } from '../arena/layout.js';
import { type SpecPath, unexpected } from '../base/errors.js';
import type { Runtime, Seed } from '../runtime.js';

/** Plain data. */
export interface RotationPlan {
  /** Entries before and after. */
  dim: number;
  size: number;
  /** Entries of a part; 0: padded, one transform of `size`. */
  part: number;
  /** Signs that a rotation takes. */
  signs: number;
}

/** What flattening is told of its rotation, here and in a parameter server. */
export function sizeParameter(zod: typeof z) {
  return zod.union([zod.enum(['padded', 'exact']), zod.int().min(1)]).optional();
}

/** `given`: `padded`, `exact`, or the entries of a part. */
export function planRotation(
  dim: number,
  given: 'padded' | 'exact' | number | undefined,
  path: SpecPath,
): RotationPlan {
  if (given === undefined || given === 'padded') {
    const size = nextPowerOfTwo(dim);
    return { dim, size, part: 0, signs: size };
  }
  const part = given === 'exact' ? largestPowerOfTwo(dim) : given;
  if (nextPowerOfTwo(part) !== part) throw unexpected(path, given, 'padded, exact, or a power of two');
  if (part > dim) throw unexpected(path, given, `a power of two in 1..${dim} (dim)`);
  return { dim, size: dim, part, signs: dim + (dim % part === 0 ? 0 : part) };
}

export function nextPowerOfTwo(value: number): number {
  let power = 1;
  while (power < value) power *= 2;
  return power;
}

/** Multiply-adds of the transforms of a message, about. */
export function transformWork(size: number): number {
  return 3 * size * Math.log2(size);
}

function largestPowerOfTwo(value: number): number {
  const above = nextPowerOfTwo(value);
  return above === value ? value : above / 2;
}

/** The signs of a round; of each worker. */
export function rotationMasks(name: string, plan: RotationPlan, copies = 1): FieldSpec {
  return { name, type: 'real', length: copies * plan.signs, perWorker: true };
}

export interface BoundRotation {
  /** count rows of dim entries -> rows of size entries. `masks`: the signs of the round. */
  forward(
    source: number,
    sourceStride: number,
    target: number,
    targetStride: number,
    count: number,
    masks: number,
  ): void;
  /** And back; the source is destroyed. */
  backward(
    source: number,
    sourceStride: number,
    target: number,
    targetStride: number,
    count: number,
    masks: number,
  ): void;
  drawMasks(masks: number, round: number): void;
  /** Bytes of a padded row of the rotated vector. */
  stride: number;
}

export function bindRotation(
  { dim, size, part, signs }: RotationPlan,
  { arena, kernels, seed }: Runtime,
): BoundRotation {
  const parts = part > 0;
  const forward = parts ? kernels.flattenParts : kernels.flattenBlock;
  const backward = parts ? kernels.unflattenParts : kernels.unflattenBlock;
  const n = parts ? part : size;
  return {
    forward: (source, sourceStride, target, targetStride, count, masks) =>
      forward(source, sourceStride, target, targetStride, count, dim, n, masks),
    backward: (source, sourceStride, target, targetStride, count, masks) =>
      backward(source, sourceStride, target, targetStride, count, dim, n, masks),
    drawMasks: (masks, round) => kernels.flattenMasks(masks, signs, round, seed.low, seed.high),
    stride: rowBytesOf(size, arena.precision),
  };
}

/** The reference implementation of a round's rotation. */
export function referenceRotation({ dim, part, signs }: RotationPlan, round: number, seed: Seed) {
  const drawn = flattenSigns(signs, round, seed.low, seed.high);
  return part === 0
    ? {
        forward: (x: Float64Array) => rotate(x, drawn),
        backward: (y: Float64Array) => unflatten(y, drawn, dim),
      }
    : {
        forward: (x: Float64Array) => rotateParts(x, part, drawn),
        backward: (y: Float64Array) => unrotateParts(y, part, drawn),
      };
}
