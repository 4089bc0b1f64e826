/** After a divergence of a flow: what the cause is, as far as bounds can tell, and what should work. */

import { type CompressorPlan, filterGainOf } from '../../compress/types.js';
import { roundStep, SAFETY } from '../../flow/gains.js';
import { flowDefinition } from '../../flow/registry.js';
import type { FlowPlan } from '../../flow/types.js';
import type { ProgramPlan } from './plan.js';

/** With compression in the loop, the share of a step that diverged which is worth trying. */
const COMPRESSED_RETRY_SHARE = 0.25;

/** From the compressor, the graph's and the cost's bounds. */
export function flowHint(program: ProgramPlan): string {
  const { flow, channels } = program.run;
  const { step, ...others } = flow.gains;
  const message = channels[0] === undefined ? null : messageHint(flow, channels[0]);
  if (step === undefined) {
    if (message !== null) return message;
    const given = Object.entries(others).map(([name, value]) => `${name} ${roundStep(value)}`);
    return `${flow.kind} has no step; with ${given.join(', ')} it diverged: leave to auto what can be`;
  }
  const gains = { ...program.gains(), delta: 1 };
  const bound = flowDefinition(flow.kind).largestStep?.(flow, gains) ?? Number.NaN;
  if (message !== null) {
    return step >= bound
      ? `${message}; and flow.step is ${step}, beyond ${roundStep(bound)} even the uncompressed flow is unstable: try flow.step: ${roundStep(SAFETY * bound)} too`
      : message;
  }
  const retry = flow.compress === 'none' ? step / 2 : step * COMPRESSED_RETRY_SHARE;
  if (Number.isNaN(bound)) return `flow.step is ${step}; try flow.step: ${roundStep(retry)}`;
  if (gains.l === Number.POSITIVE_INFINITY) {
    return `flow.step is ${step}, and the cost does not say how smooth it is; try flow.step: ${roundStep(retry)}`;
  }
  const shown = Object.entries(others)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
  const advice = `try flow.step: ${roundStep(Math.min(SAFETY * bound, retry))}`;
  if (flow['integrator'] === 'semi-implicit' && step >= bound) {
    return `flow.step is ${step}, and only up to ${roundStep(bound)} is the uncompressed flow stable on every graph with these gains (${shown}); ${advice}`;
  }
  return step >= bound
    ? `flow.step is ${step}, and beyond ${roundStep(bound)} even the uncompressed flow is unstable with these gains (${shown}); ${advice}`
    : `flow.step is ${step}; up to ${roundStep(bound)} the uncompressed flow would be stable if all agents had the same curvature, so it is their differences or the compression that ask for less; ${advice}`;
}

/** The gains with which estimates take in a message, by the names that flows have for them. */
const FILTERS = ['mu', 'alpha'] as const;

/** Where the estimates grow by themselves, whatever the step: a message says too much of the error for them to take it in with this gain. Null where they do not. */
function messageHint(flow: FlowPlan, message: CompressorPlan): string | null {
  const { contraction, contractionKind, variance, kind } = message;
  if (contraction > 0 && contractionKind !== 'memory') return null;
  const suited = filterGainOf(message);
  const filter = FILTERS.find(
    (name) => flow.gains[name] !== undefined && (name === 'mu' || flow.compress === undefined),
  );
  if (suited === null || filter === undefined || flow.gains[filter]! <= suited) return null;
  const gain = flow.gains[filter]!;
  const why =
    contractionKind === 'memory'
      ? `an error that waits is said again by the memory of ${kind}`
      : variance !== undefined
        ? `a message of ${kind} has ${(1 + variance).toPrecision(3)} times the energy of what it is about`
        : `a message of ${kind} is no contraction of what it is about`;
  return `flow.${filter} is ${gain}, and ${why}, so that with it the estimates grow whatever the step; try flow.${filter}: ${roundStep(suited)}`;
}
