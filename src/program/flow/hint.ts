/** After a divergence of a flow: a step that should work. */

import { roundStep, SAFETY } from '../../flow/gains.js';
import { flowDefinition } from '../../flow/registry.js';
import type { ProgramPlan } from './plan.js';

/** With compression in the loop, the share of a step that diverged which is worth trying. */
const COMPRESSED_RETRY_SHARE = 0.25;

/** A step that should work, from the graph's and the cost's bounds. */
export function flowHint(program: ProgramPlan): string {
  const { flow } = program.run;
  const { step, ...others } = flow.gains;
  if (step === undefined) {
    const given = Object.entries(others).map(([name, value]) => `${name} ${roundStep(value)}`);
    return `${flow.kind} has no step; with ${given.join(', ')} it diverged: leave to auto what can be`;
  }
  const gains = { ...program.gains(), delta: 1 };
  const bound = flowDefinition(flow.kind).largestStep?.(flow, gains) ?? Number.NaN;
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
