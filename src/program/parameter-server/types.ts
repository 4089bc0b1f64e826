/** A parameter server as it stands in a config, and as its workers get it. */

import type { Schedule, ScheduleSpec } from '../../base/schedules.js';
import type { RotationPlan } from '../../compress/rotation.js';
import type { CommonScale, CompressorPlan, CompressorSpec } from '../../compress/types.js';
import type { BatchSize } from '../../cost/batch.js';
import type { RunPlan } from '../../run/types.js';
import type { ServerPart } from './divide.js';

export interface OptimizerSpec {
  kind: 'sgd' | 'momentum' | 'adam';
  beta?: number;
  nesterov?: boolean;
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  side?: 'server' | 'all';
}

export interface ServerSpec {
  kind: 'parameter-server';
  agents: number;
  gamma: ScheduleSpec;
  batch?: BatchSize;
  flatten?: boolean | 'padded' | 'exact' | number;
  lambda?: ScheduleSpec | 'auto';
  amplitude?: number;
  uplink?: CompressorSpec;
  downlink?: 'one-bit' | 'none' | CompressorSpec;
  optimizer?: OptimizerSpec;
  [parameter: string]: unknown;
}

export interface OptimizerPlan {
  kind: 'sgd' | 'momentum' | 'adam';
  /** Before the downlink, by the server alone; or behind it, by everyone alike. */
  side: 'server' | 'all';
  beta: number;
  nesterov: boolean;
  beta1: number;
  beta2: number;
  epsilon: number;
}

export interface ServerRunPlan extends RunPlan {
  program: 'parameter-server';
  /** Of several ranks: the agents of this one; null: there is one. */
  share: ServerPart | null;
  /** What both links, or the uplink alone, have around their compressors; null: nothing. */
  rotation: RotationPlan | null;
  /** Signs are those of round 0 in all rounds. */
  fixedSigns: boolean;
  /** Entries of the vectors on the uplink. */
  size: number;
  /** Inside the rotation, if there is one. */
  uplink: CompressorPlan;
  /** Inside the rotation where `downRotated`. */
  downlink: CompressorPlan;
  downRotated: boolean;
  /** Messages are signs under a common scale: their bits are counted and nothing is decoded. */
  counted: boolean;
  /**
   * lambda of a downlink of dithered signs, packed by range; `plain`: signs without dither; null: some other
   * compressor.
   */
  downSigns: CommonScale | null;
  gamma: Schedule;
  optimizer: OptimizerPlan;
  /** Bits of a server's message to one agent; null where that varies. */
  downBits: number | null;
  /** Whether trace rows have the norm of the gradient of f. */
  slope: boolean;
}
