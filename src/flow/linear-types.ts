/** A flow's round in plain operations on vectors, as `linear-round.ts` takes it. */

/** Of all agents, agents x dim. */
export type Vector = Float64Array;

/** What a round is made of. */
export interface Operators {
  /** A x. */
  gradient(x: Vector): Vector;
  /** L x. */
  laplacian(x: Vector): Vector;
  /** x_i / (1 + by d_i), with d_i the weighted degree of agent i. */
  damped(by: number, x: Vector): Vector;
  /** c x + d y + ... */
  sum(...terms: readonly (readonly [by: number, of: Vector])[]): Vector;
}

export interface LinearRound {
  /** x, and what else lasts from one round to the next. */
  rows: number;
  /** Of these those whose mean over the agents is 0, by their places. */
  balanced: readonly number[];
  /** Whether it takes `damped`. */
  degrees?: boolean;
  /** Each row a round later; new vectors. */
  next(rows: readonly Vector[], operators: Operators): Vector[];
}
