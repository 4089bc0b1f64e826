/** A loss of linear models, as plain arithmetic: the reference implementation of what the kernels compute. */

import type { SpecPath } from '../base/errors.js';
import type { Metadata } from '../runtime.js';

/** loss(t, y) of a margin t and a label y. */
export interface Loss {
  kind: string;
  metadata: Metadata;
  /**
   * What the kernels call it (`kernels/loss-codes.ts`); absent: they do not know it, and workers take the
   * functions below.
   */
  code?: number;
  value(t: number, y: number): number;
  /** d loss / dt. */
  slope(t: number, y: number): number;
  /** d2 loss / dt2. */
  curvature(t: number, y: number): number;
  /** The largest curvature there is. */
  maxCurvature: number;
  /** Nanoseconds that a slope takes, about. */
  slopeNs: number;
  /** A number that value and slope depend on, as the kernels take it. */
  parameter?: number;
  /** What a coordinate costs by itself, over `regularization`; x^2/2 where absent. */
  penalty?: Penalty;
  /** Set where the model is not itself without a regularization > 0. */
  needsRegularization?: boolean;
  /** Set where the sign of the margin is the answer, so that a share of correct ones means something. */
  classifies?: boolean;
  /** Set where no central optimum is looked for. */
  whyNoOptimum?: string;
  /** Labels as the loss wants them, from those of the file; absent: as they are. */
  prepareLabels?(labels: Float64Array, file: string, path: SpecPath): Float64Array;
  /**
   * Whether a sample of this margin would be pleased with any larger multiple of x: if all are, no x is the
   * best one. Absent: none is.
   */
  improvesForever?(t: number, y: number): boolean;
}

export interface Penalty {
  value(x: number): number;
  slope(x: number): number;
  /** The largest magnitude of its second derivative; no strong convexity is claimed. */
  maxCurvature: number;
}

export const HALF_SQUARE: Penalty = { value: (x) => (x * x) / 2, slope: (x) => x, maxCurvature: 1 };
