/**
 * Rounds in one kernel: the same bits as the round that `modes.ts` puts together from the channel's, the
 * cost's and the flow's kernels, without rows going through memory between them. There is such a kernel for
 * some pairs of a format of messages and a step: they stand in one table, `KERNELS`. A new format is a name
 * in `Wire` and a line there; a new step a name in `Steps` and an entry in those lines.
 */

import { agentsAhead } from '../compress/wire/ahead.js';
import type { BoundCost } from '../cost/types.js';
import type { Runtime } from '../runtime.js';
import type { StepCoefficients } from './dual-step.js';
import { bindEstimates } from './modes.js';
import type { BoundFlow, Channel, Wire } from './types.js';

type Block = BoundFlow['block'];

/** What each step is called with. */
export interface Steps {
  /** `stepPrimalDual`. */
  primalDual: StepCoefficients;
  /** `stepPrimalDualError`, or, with a memory (address of all agents' rows), `stepPrimalDualMemory`. */
  primalDualEstimated: StepCoefficients & {
    mu: number;
    current: number;
    memory: number | null;
    gamma: number;
  };
}

type WireOf<Format extends Wire['format']> = Extract<Wire, { format: Format }>;

/** Null: not in this run. */
type BindKernel<W, Gains> = (wire: W, gains: Gains, cost: BoundCost, runtime: Runtime) => Block | null;

type Kernels = {
  [Format in Wire['format']]: {
    [Step in keyof Steps]?: BindKernel<WireOf<Format>, Steps[Step]>;
  };
};

const KERNELS: Kernels = {
  states: { primalDual: bindStates },
  rows: {},
  'rotated-signs': { primalDualEstimated: bindRotatedSigns },
};

/**
 * `flow` with whole rounds in one kernel where there is one; blocks of agents whose messages are gathered in
 * another way keep the plain round.
 */
export function withWholeRounds<Step extends keyof Steps>(
  flow: BoundFlow,
  step: Step,
  gains: Steps[Step],
  { wire }: Channel,
  cost: BoundCost,
  runtime: Runtime,
): BoundFlow {
  if (wire === null) return flow;
  const bind = KERNELS[wire.format][step] as BindKernel<Wire, Steps[Step]> | undefined;
  const whole = bind?.(wire, gains, cost, runtime) ?? null;
  if (whole === null) return flow;
  const { covers } = wire;
  if (covers === undefined) return { ...flow, block: whole };
  return {
    ...flow,
    block(first, count, round) {
      if (covers(first, count)) whole(first, count, round);
      else flow.block(first, count, round);
    },
  };
}

/** Null where rows have padding or links change. */
function bindRotatedSigns(
  { signs, slots }: WireOf<'rotated-signs'>,
  gains: Steps['primalDualEstimated'],
  cost: BoundCost,
  runtime: Runtime,
): Block | null {
  const { kernels, arena, graph: g, worker, dim, rowBytes } = runtime;
  if (g.changing || dim * arena.realBytes !== rowBytes) return null;
  const { hEta, hAlpha, hBeta, hImplicit, mu, current, memory, gamma } = gains;
  const { size, slotBytes, scratch, masksOf } = signs;
  const x = arena.address('x');
  const v = arena.address('v');
  const estimates = bindEstimates(runtime);
  const { a, b } = cost.quadratic ?? { a: 0, b: 0 };
  const gradient = cost.quadratic ? 0 : arena.address('scratch.gradient', worker);
  return (first, count, round) => {
    const offset = first * rowBytes;
    estimates.begin(first, count, round);
    if (gradient > 0) cost.gradient(first, count, x + offset, gradient);
    kernels.primalDualRotatedSigns(
      first,
      count,
      g.rowStart,
      g.columns,
      g.weights,
      g.weightStride,
      g.degrees,
      slots(round),
      slots(round + 1),
      slotBytes,
      dim,
      size,
      masksOf(round),
      masksOf(round + 1),
      x + offset,
      v + offset,
      estimates.at(round) + offset,
      estimates.z(first),
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
    estimates.end(first, count, round);
  };
}

function bindStates(
  { at }: WireOf<'states'>,
  { hEta, hAlpha, hBeta, hImplicit }: StepCoefficients,
  cost: BoundCost,
  runtime: Runtime,
): Block {
  const { kernels, arena, graph: g, worker, rowBytes, agents } = runtime;
  const ahead = agentsAhead(runtime, rowBytes);
  const v = arena.address('v');
  const { a, b } = cost.quadratic ?? { a: 0, b: 0 };
  const gradient = cost.quadratic ? 0 : arena.address('scratch.gradient', worker);
  return (first, count, round) => {
    const offset = first * rowBytes;
    const x = at(round);
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
      at(round + 1) + offset,
      v + offset,
      gradient,
      a + offset,
      b + offset,
      hEta,
      hAlpha,
      hBeta,
      hImplicit,
      ahead,
      agents,
    );
  };
}
