/**
 * What the network knows of a vector that every agent keeps (x, a tracker, ...), and what is still to be sent
 * of it. Agents send q = C(y - s, k) and all of them keep, from decoded messages alone,
 *
 *     yHat = s + q,        s <- s + alpha q,        z = L s <- z + alpha L q,
 *
 * so that L yHat = z + L q is known everywhere although nothing but q crosses the network. Where the
 * Laplacian changes, z is made anew of the neighbours' s in every round. Floats an agent: 2 dim (s, z).
 *
 * In float32 it is made anew every 64 rounds. What rounding leaves in z stays there while everything else
 * comes to rest, does not add up to 0 over the agents, and duals and trackers add it up round after round:
 * they would drift away from the solution for ever. As a sum of differences s_i - s_j it is as exact as those
 * are small (`Edge.apart` in `kernels/lanes.ts`). Neighbours read s then, so that it is doubled.
 */

import type { z } from 'zod';
import { type FieldSpec, heardRows } from '../arena/layout.js';
import { unexpected } from '../base/errors.js';
import { readDense } from '../compress/wire/dense.js';
import type { PlanContext, Runtime } from '../runtime.js';
import type { Blocks } from './blocks.js';
import { type Coefficient, type Equations, next, type Row, type Rows } from './equations.js';
import { type Gain, gainParameter, numberOr, roundStep } from './gains.js';
import { scratchFields, stateFields } from './state.js';
import type { Channel, FlowContext } from './types.js';

export interface Estimate {
  /**
   * disagreement = L yHat of the messages of `round`; s and z move on. Block rows. Where `own` is not 0, own
   * = yHat of the agents themselves.
   */
  receive(first: number, count: number, round: number, disagreement: number, own?: number): void;
  /** Sends for `round` what of `rows` the network does not know. */
  send(first: number, count: number, round: number, rows: number): void;
  /** Address of the estimates s to which the messages of `round` are added, agent 0 first. */
  at(round: number): number;
}

/** s, z and the scratch that all estimates of a flow share; `suffix` tells several apart. */
export function estimateFields(suffixes: readonly string[], context: PlanContext): FieldSpec[] {
  return [...suffixes.flatMap((suffix) => estimateState(suffix, context)), ...estimateScratch(context)];
}

/**
 * s and z of one estimate. Where links change, z = L(k) s is made anew of the neighbours' s in every round:
 * those are doubled then, as they are where `each` neighbour's is read.
 */
export function estimateState(suffix: string, context: PlanContext, each = false): FieldSpec[] {
  const changing = context.linksChange ?? false;
  const [s, made] = stateFields([`s${suffix}`, `z${suffix}`], context) as [FieldSpec, FieldSpec];
  const z = { ...made, laplacianOf: s.name };
  return [each || changing || isRenewed(context) ? heardRows(s) : s, ...(changing ? [] : [z])];
}

/** Whether z is made anew now and then, where links do not change. */
export function isRenewed({
  linksChange,
  precision,
}: Pick<PlanContext, 'linksChange' | 'precision'>): boolean {
  return linksChange !== true && precision === 'float32';
}

const RENEWED_EVERY = 64;

export interface Renewal {
  isDue(round: number): boolean;
  /** z = L s, block rows, of s of all agents. */
  make(first: number, count: number, s: number, z: number): void;
}

/** In every round where links change, else every so many in float32; null where z goes on for ever. */
export function bindRenewal(runtime: Runtime): Renewal | null {
  const { arena, graph, rowBytes } = runtime;
  const every = graph.changing === undefined ? RENEWED_EVERY : 1;
  if (every > 1 && arena.precision === 'float64') return null;
  const states = readDense({ dim: rowBytes / arena.realBytes, slotBytes: rowBytes }, runtime, true);
  return {
    isDue: (round) => round % every === 0,
    make: (first, count, s, z) => states.gather(first, count, 0, s, z, rowBytes),
  };
}

export function estimateScratch(context: PlanContext): FieldSpec[] {
  const z = context.linksChange ? ['estimate.z'] : [];
  return scratchFields(['estimate.laplacian', 'estimate.message', ...z], context);
}

/**
 * One estimate in a flow's equations. `current`: how much of a message is in yHat at once, all of it unless it
 * is 0.
 */
export interface EstimateEquations {
  /**
   * The messages of the round: gives the rows in which L yHat is, `disagreement` where no others have it; s
   * and z move on. `own`, where it is given, = yHat of the agents themselves.
   */
  hear(r: Equations, disagreement: Row, own?: Row): Row;
  /** Sends what of `row` the network does not know. */
  send(r: Equations, row: Row): void;
}

/**
 * `gather`: out = sum_j (s_i - s_j) with the weights that the channel gathers messages with, where they are
 * not the graph's; then in every round anew. `range`: r_k, where messages are q = C((y - s)/r_k) and everyone
 * multiplies by it what was said; 1 where absent.
 */
export function estimateEquations(
  suffix: string,
  channel: Channel,
  rows: Rows,
  runtime: Runtime,
  alpha: number,
  current: 0 | 1 = 1,
  range: number | ((round: number) => number) = 1,
  gather?: (first: number, count: number, of: number, out: number) => void,
): EstimateEquations {
  /** By what all multiply a message of the round. */
  const times = (gain: number): Coefficient =>
    typeof range === 'number' ? gain * range : (round) => gain * range(round);
  const changing = runtime.graph.changing !== undefined;
  const s = rows.state(`s${suffix}`);
  const z = changing ? rows.scratch('estimate.z') : rows.state(`z${suffix}`);
  const laplacian = rows.scratch('estimate.laplacian');
  // Never wanted at the same time.
  const message = rows.scratch('estimate.message');
  const error = message;
  const renew = changing ? null : bindRenewal(runtime);
  return {
    hear(r, disagreement, own) {
      if (renew)
        r.call(z, (first, count, round, at) => {
          if (renew.isDue(round)) renew.make(first, count, s.at[round & 1] as number, at);
        });
      r.hear(channel, laplacian);
      const q = r.own(channel, message);
      if (gather) r.call(z, (first, count, round, at) => gather(first, count, s.at[round & 1] as number, at));
      else if (changing) r.gather(s, z);
      // What the network knows is then what it takes on.
      const same = !changing && alpha === current;
      if (!same) r.sum(disagreement, [1, z], [times(current), laplacian]);
      if (own !== undefined) r.sum(own, [1, s], [times(current), q]);
      if (!changing) r.sum(z, [1, z], [times(alpha), laplacian]);
      r.sum(next(s), [1, s], [times(alpha), q]);
      return same ? z : disagreement;
    },
    send(r, row) {
      const difference = r.message(channel, error);
      r.sum(difference, [1, row], [-1, r.sends === 1 ? next(s) : s]);
      // After the difference, so that its sign is that of y - s.
      const unit: Coefficient = typeof range === 'number' ? 1 / range : inverseOf(range, r.sends);
      if (unit !== 1) r.sum(difference, [unit, difference], [0, difference]);
      r.send(channel, difference);
    },
  };
}

/** 1 / r_k of the messages that are sent `ahead` rounds before theirs. */
function inverseOf(range: (round: number) => number, ahead: 0 | 1): Coefficient {
  return (round) => 1 / range(round + ahead);
}

export function bindEstimate(
  suffix: string,
  channel: Channel,
  { combine, ...rows }: Blocks,
  runtime: Runtime,
  alpha: number,
): Estimate {
  const { arena, agents, rowBytes, graph } = runtime;
  const s = rows.state(`s${suffix}`);
  const n = rowBytes / arena.realBytes;
  const parityBytes = arena.field(`s${suffix}`).length > agents * n ? agents * rowBytes : 0;
  const at = (round: number) => s + (round & 1) * parityBytes;
  const changing = graph.changing !== undefined;
  const renew = bindRenewal(runtime);
  const z = changing ? rows.scratch('estimate.z') : rows.state(`z${suffix}`);
  const laplacian = rows.scratch('estimate.laplacian');
  // Never wanted at the same time.
  const message = rows.scratch('estimate.message');
  const error = message;
  return {
    at,
    receive(first, count, round, disagreement, own = 0) {
      const before = at(round) + first * rowBytes;
      const after = at(round + 1) + first * rowBytes;
      const ownZ = changing ? z : z + first * rowBytes;
      channel.gather(first, count, round, laplacian);
      channel.decode(first, count, round, message);
      if (renew?.isDue(round)) renew.make(first, count, at(round), ownZ);
      combine(count, disagreement, 1, ownZ, 1, laplacian);
      if (own !== 0) combine(count, own, 1, before, 1, message);
      if (!changing) combine(count, ownZ, 1, ownZ, alpha, laplacian);
      combine(count, after, 1, before, alpha, message);
    },
    send(first, count, round, own) {
      combine(count, error, 1, own, -1, at(round) + first * rowBytes);
      channel.send(first, count, round, error);
    },
  };
}

/** `gamma` of the methods that step towards what the network knows. */
export function gammaParameter(zod: typeof z, automatic = "the compressor's contraction") {
  return gainParameter(zod, zod.number().gt(0), `consensus step; auto: ${automatic}`);
}

/**
 * The contraction that gains are made from: an unbiased compressor is made one by a factor 1/(1 + variance),
 * where the method has room for it.
 */
export function usedContraction({ contraction, variance }: FlowContext): number {
  if (contraction > 0 || variance === undefined) return contraction;
  return 1 / (1 + variance);
}

/** The contraction to the given power. */
export function planGamma(gamma: Gain, contraction: number, power = 1): number {
  return numberOr(gamma, () => {
    if (contraction > 0) return roundStep(contraction ** power);
    throw unexpected(['flow', 'gamma'], 'auto', 'a number, since the compressor is no contraction');
  });
}

/** Gain of an estimate, `alpha` in (0, 1]. */
export function alphaParameter(zod: typeof z, what: string) {
  return gainParameter(zod, zod.number().gt(0).max(1), what);
}

/** 1, and for unbiased compressors that are no contraction what makes them one. */
export function planAlpha(alpha: Gain, context: FlowContext): number {
  return numberOr(alpha, () => (context.contraction > 0 ? 1 : usedContraction(context)));
}
