/**
 * Compressors for programs: `errorFeedback(topK(4))` is the plain object that stands in a config, { kind: 'error-feedback', inner: { kind: 'top-k',
 * k: 4 } }. Composition is data, because closures cannot cross threads: what is built here can be written to YAML, sent, compared. Nothing is
 * checked here beyond types; whoever runs the spec validates it, with its place in the composition.
 */

import type { CompressorSpec } from './types.js';

const spec = <const Kind extends string, Parameters extends object>(kind: Kind, parameters: Parameters) => ({
  kind,
  ...parameters,
});

// Over space: which entries, how many bits.

/** All of e; with `wire` every entry as the nearest float32 or float16. */
export const identity = (options: { wire?: 'f64' | 'f32' | 'f16' } = {}) => spec('identity', options);
/** The k entries largest in magnitude. */
export const topK = (k: number) => spec('top-k', { k });
/** k entries at random. */
export const randK = (k: number, options: { unbiased?: boolean; shared?: boolean } = {}) =>
  spec('rand-k', { k, ...options });
/** Entries above this share of the largest. */
export const threshold = (share: number) => spec('threshold', { threshold: share });
/** The sign of every entry, times one scale. */
export const sign = (options: { scale?: 'mean' | 'unbiased'; scaleBits?: 64 | 32 } = {}) =>
  spec('sign', options);
/** The sign of every entry, times max|e|/2. */
export const normSign = () => spec('norm-sign', {});
/** One dithered bit an entry. */
export const oneBit = (options: { amplitude?: number; shrink?: number } = {}) => spec('one-bit', options);
/** A step that shrinks by `rate` a round. */
export const uniformQuantize = (step: number, zoom: { rate: number } | { zoom: false }) =>
  spec('uniform-quantize', { step, ...zoom });
/** A few bits for every entry, times a step that shrinks by `rate` a round. */
export const saturatedQuantize = (bits: number, step: number, zoom: { rate: number } | { zoom: false }) =>
  spec('saturated-quantize', { bits, step, ...zoom });
/** Every entry rounded at random to one of `levels` levels of |e|_2. */
export const qsgd = (options: { levels?: number } = {}) => spec('qsgd', options);
/** -1, 0 or 1 for every entry, at random, times max|e|. */
export const terngrad = () => spec('terngrad', {});
/** A power of two for every entry. */
export const natural = (options: { rounding?: 'stochastic' | 'nearest' } = {}) => spec('natural', options);
/** A module of your own, with the parameters that it takes. */
export const custom = (module: string, parameters: Record<string, unknown> = {}) =>
  spec('custom', { ...parameters, module });

// Over time: which direction, in which round.

/** Coordinates in turn, `scalars` of them a message. */
export const scalarizeCyclic = (options: { scalars?: number } = {}) => spec('scalarize-cyclic', options);
/** Vectors of the sine basis in turn. */
export const scalarizeSinusoid = (options: { scalars?: number } = {}) => spec('scalarize-sinusoid', options);
/** Random directions, fresh every round. */
export const scalarizeRandom = (options: { scalars?: number } = {}) => spec('scalarize-random', options);
/** Vectors of a random basis in turn, a new basis every sweep. */
export const scalarizeSweep = (options: { scalars?: number } = {}) => spec('scalarize-sweep', options);

// Combinators.

/** U^T inner(U e) with a shared random rotation. */
export const flatten = <Inner extends CompressorSpec>(
  inner: Inner,
  options: { signs?: 'fresh' | 'fixed' } = {},
) => spec('flatten', { inner, ...options });
/** Short for `flatten(sign())`. */
export const flattenedSign = () => spec('flattened-sign', {});
/** Short for `flatten(oneBit(options))`. */
export const flattenedOneBit = (options: { amplitude?: number; shrink?: number } = {}) =>
  spec('flattened-one-bit', options);
/** One bit a coordinate in the best of several rotations. */
export const bestRotation = (
  options: { choices?: 2 | 4 | 8 | 16 | 32 | 64 | 128 | 256; scaleBits?: 32 | 64 } = {},
) => spec('best-rotation', options);
/** Says later what was left out now. */
export const errorFeedback = <Inner extends CompressorSpec>(inner: Inner) =>
  spec('error-feedback', { inner });
/** Speaks in rounds 0, n, 2n, ... */
export const every = <Inner extends CompressorSpec>(rounds: number, inner: Inner) =>
  spec('every', { rounds, inner });
/** Speaks where the error exceeds a threshold. */
export const eventTriggered = <Inner extends CompressorSpec>(
  rule: { absolute: number; rate?: number } | { relative: number; rate?: number },
  inner: Inner,
) => spec('event-triggered', { threshold: rule, inner });
/** One compressor after the other; `until` are the fractions of the run at which all but the last end. */
export const schedule = <Inner extends CompressorSpec>(until: number[], inner: Inner[]) =>
  spec('schedule', { until, inner });
/** Chooses for each message, cheapest first, within a budget of bits a message on average. */
export const adaptive = <Inner extends CompressorSpec>(budget: number, inner: Inner[]) =>
  spec('adaptive', { budget, inner });
/** factor * inner(e). */
export const scale = <Inner extends CompressorSpec>(factor: number, inner: Inner) =>
  spec('scale', { factor, inner });
