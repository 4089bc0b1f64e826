/**
 * Rounds of the primal-dual flow in one kernel: the same bits as the round that `euler.ts` puts together from the channel's, the cost's and the flow's kernels, without
 * rows going through memory between them. There is one for states sent as they are, and one for signs of a rotated vector (flatten(sign)).
 */

import type { BoundCost } from '../cost/types.js';
import type { Runtime } from '../runtime.js';
import type { BoundFlow, Channel } from './types.js';

/** Entries of a cache line: rows without padding. */
const LINE_ENTRIES = 8;

/** What `stepPrimalDual` is called with. */
export interface StepGains {
  hEta: number;
  hAlpha: number;
  hBeta: number;
  hImplicit: number;
}

/** And `stepPrimalDualError`, or, with a memory (address of all agents' rows), `stepPrimalDualMemory`. */
export interface EstimatedGains extends StepGains {
  mu: number;
  current: number;
  memory: number | null;
  gamma: number;
}

/** Null where there is no such kernel: other messages, rows with padding, links that change. */
export function bindRotatedSigns(
  { rotatedSigns }: Channel,
  cost: BoundCost,
  { kernels, arena, graph: g, worker, dim, rowBytes }: Runtime,
  { hEta, hAlpha, hBeta, hImplicit, mu, current, memory, gamma }: EstimatedGains,
): BoundFlow['block'] | null {
  if (!rotatedSigns || g.changing || dim % LINE_ENTRIES !== 0) return null;
  const { size, slotBytes, scratch } = rotatedSigns;
  const x = arena.address('x');
  const v = arena.address('v');
  const s = arena.address('s');
  const z = arena.address('z');
  const { a, b } = cost.quadratic ?? { a: 0, b: 0 };
  const gradient = cost.quadratic ? 0 : arena.address('scratch.gradient', worker);
  const block: BoundFlow['block'] = (first, count, round) => {
    const offset = first * rowBytes;
    if (gradient > 0) cost.gradient(first, count, x + offset, gradient);
    kernels.primalDualRotatedSigns(
      first,
      count,
      g.rowStart,
      g.columns,
      g.weights,
      g.weightStride,
      g.degrees,
      rotatedSigns.slots(round),
      rotatedSigns.slots(round + 1),
      slotBytes,
      dim,
      size,
      rotatedSigns.masksOf(round),
      rotatedSigns.masksOf(round + 1),
      x + offset,
      v + offset,
      s + offset,
      z + offset,
      memory === null ? 0 : memory + offset,
      gradient,
      a + offset,
      b + offset,
      hEta,
      hAlpha,
      hBeta,
      hImplicit,
      mu,
      current,
      gamma,
      scratch,
    );
  };
  return block;
}

/** Null where messages are not the states themselves. */
export function bindStates(
  { states }: Channel,
  cost: BoundCost,
  { kernels, arena, graph: g, worker, rowBytes }: Runtime,
  { hEta, hAlpha, hBeta, hImplicit }: StepGains,
): BoundFlow['block'] | null {
  if (!states) return null;
  const v = arena.address('v');
  const { a, b } = cost.quadratic ?? { a: 0, b: 0 };
  const gradient = cost.quadratic ? 0 : arena.address('scratch.gradient', worker);
  const block: BoundFlow['block'] = (first, count, round) => {
    const offset = first * rowBytes;
    const x = states(round);
    if (gradient > 0) cost.gradient(first, count, x + offset, gradient);
    kernels.primalDualDense(
      first,
      count,
      g.rowStart,
      g.columns,
      g.weights,
      g.weightStride,
      g.degrees,
      x,
      rowBytes,
      states(round + 1) + offset,
      v + offset,
      gradient,
      a + offset,
      b + offset,
      hEta,
      hAlpha,
      hBeta,
      hImplicit,
    );
  };
  return block;
}
