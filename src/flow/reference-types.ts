/** What a reference that moves is (`reference.ts`): as it is given, on the host, and as workers bind it. */

import type { Arena } from '../arena/arena.js';
import type { FieldSpec, Precision, Reals } from '../arena/layout.js';
import type { SpecPath } from '../base/errors.js';
import type { Seed } from '../runtime.js';

export interface SinusoidSpec {
  kind: 'sinusoid';
  amplitude: number;
  /** Rounds. */
  period: number;
  /** The reference stands still from this round on. */
  until?: number | undefined;
}

export type ReferenceSpec = SinusoidSpec | { file: string };

/** Plain data: what workers bind. */
export type ReferencePlan =
  | { kind: 'sinusoid'; period: number /** Null: for ever. */; until: number | null }
  | { kind: 'series'; rows: number };

/** On the host. */
export interface ReferenceModel {
  plan: ReferencePlan;
  /** r(0), agents x dim, where the reference says it; null where agents begin at values of their own. */
  start: Float64Array | null;
  fields: FieldSpec[];
  /** Writes what workers read, and makes x(0), which holds the agents' own values, r(0). */
  fill(arena: Arena, x: Reals): void;
}

export interface ReferenceContext {
  agents: number;
  dim: number;
  precision?: Precision | undefined;
  seed: Seed;
  /** Absolute path of a file named in the config. */
  resolve(file: string): string;
  path: SpecPath;
}
