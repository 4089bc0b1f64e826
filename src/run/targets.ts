/**
 * Targets that mean something: what a run stops at must be able to say that it has arrived.
 *
 * Refused are a quantity that needs an optimum nobody knows, the gap of a mean that never moves, and a
 * disagreement that is zero from the start.
 */

import { formatValue, InputError } from '../base/errors.js';
import type { Optimum } from '../cost/types.js';
import type { StopSpec } from './config.js';

export type Quantity = keyof StopSpec;

/**
 * What a run can stop at and a comparison can ask for, those of what agents hold first: its name for people,
 * and whether it is measured from an optimum.
 */
export const QUANTITIES: Readonly<Record<Quantity, { title: string; fromOptimum: boolean }>> = {
  rmsError: { title: 'rms error', fromOptimum: true },
  agentsGapMean: { title: "mean of the agents' gaps", fromOptimum: true },
  agentsGapWorst: { title: "worst of the agents' gaps", fromOptimum: true },
  gradientNorm: { title: 'gradient norm', fromOptimum: false },
  gap: { title: 'gap of the mean', fromOptimum: true },
  consensusError: { title: 'consensus error', fromOptimum: false },
};

export interface TargetFacts {
  /** Whether the flow averages: the mean of all x is then the answer from the start. */
  averages: boolean;
  /** Null where the optimum is known, else why it is not, as half a sentence. */
  noOptimum: string | null;
  /** Why all agents agree from the start; null where they need not. */
  agree: string | null;
}

/** Throws InputError where a run could stop without having arrived, or could never stop. */
export function checkTargets(stop: StopSpec, { averages, noOptimum, agree }: TargetFacts): void {
  const asked = (Object.keys(stop) as Quantity[]).filter((name) => stop[name] !== undefined);
  for (const name of asked) {
    if (name === 'gap' && averages) {
      throw new InputError(
        `stop.gap is ${formatValue(stop.gap)}, expected another quantity: averaging keeps the mean of all x, so the gap of the mean is 0 from the first round on, whatever the agents hold`,
        {
          path: ['stop', name],
          hint: 'stop: { rmsError: 1.0e-6 } is how far the agents are from the average',
        },
      );
    }
    if (noOptimum !== null && QUANTITIES[name].fromOptimum) {
      throw new InputError(
        `stop.${name} is ${formatValue(stop[name])}, and nobody knows the optimum it is measured from: ${noOptimum}`,
        {
          path: ['stop', name],
          hint: 'stop: { gradientNorm: 1.0e-4, consensusError: 1.0e-4 } needs no optimum: how steep the cost is where the agents are, and how far they are apart',
        },
      );
    }
  }
  if (agree !== null && asked.length === 1 && asked[0] === 'consensusError') {
    throw new InputError(
      `stop.consensusError is ${formatValue(stop.consensusError)}, and ${agree}: the run would be over before its first round`,
      {
        path: ['stop', 'consensusError'],
        hint:
          noOptimum === null
            ? 'add what agents are to agree on: stop: { rmsError: 1.0e-6 }, or { agentsGapWorst: 1.0e-6 }'
            : 'add what agents are to agree on: stop: { consensusError: 1.0e-6, gradientNorm: 1.0e-4 }',
      },
    );
  }
}

/**
 * Refuses, of a run in float32, what numbers of 24 bits cannot say: an rmsError that is less than the
 * distance from x* to the nearest point of such numbers, and gaps of agents far below that of this point.
 * (What they usually come to is ten to a hundred times as far: docs/model/precision.md.)
 *
 * @throws InputError
 */
export function checkReach(
  stop: StopSpec,
  { optimum, value }: { optimum: Pick<Optimum, 'x' | 'value'> | null; value(x: Float64Array): number },
): void {
  if (optimum === null) return;
  const nearest = Float64Array.from(optimum.x, Math.fround);
  const squares = nearest.reduce((sum, entry, c) => sum + (entry - optimum.x[c]!) ** 2, 0);
  const distance = Math.sqrt(squares / nearest.length);
  const refuse = (name: Quantity, least: number, what: string) => {
    throw new InputError(
      `stop.${name} is ${formatValue(stop[name])}, expected at least ${least.toExponential(1)} with precision: float32: ${what}`,
      { path: ['stop', name], hint: 'precision: float64 goes on to sixteen digits' },
    );
  };
  if (stop.rmsError !== undefined && stop.rmsError < distance)
    refuse('rmsError', distance, 'no point of float32 numbers is nearer to the optimum');
  for (const name of ['agentsGapMean', 'agentsGapWorst'] as const) {
    const asked = stop[name];
    if (asked === undefined) continue;
    const least = GAP_SHARE * (value(nearest) - optimum.value);
    if (asked < least) refuse(name, least, 'agents at float32 numbers next to the optimum have a larger gap');
  }
}

/** Rounding one coordinate the other way may make up for another: some point may be that much better. */
const GAP_SHARE = 0.01;

/** Whether every row of agents x dim numbers is the first one. */
export function allAlike(rows: Float64Array, dim: number): boolean {
  for (let i = dim; i < rows.length; i++) if (rows[i] !== rows[i - dim]) return false;
  return true;
}
