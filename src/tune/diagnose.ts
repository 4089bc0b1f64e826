/** After a divergence of a flow: what the cause is, as far as bounds can tell, and what should work. */

import { type CompressorPlan, filterGainOf } from '../compress/types.js';
import { roundStep, SAFETY } from '../flow/gains.js';
import { flowDefinition, flowName } from '../flow/registry.js';
import type { FlowPlan } from '../flow/types.js';
import type { PlanWithGains, Tunable } from './types.js';

/** What a diagnosis looks at. */
export type Diverged = Pick<Tunable, 'plan' | 'gains'>;

/** With compression in the loop, the share of a step that diverged which is worth trying. */
const COMPRESSED_RETRY_SHARE = 0.25;

/** Gains instead of those that diverged. */
export type Remedy = Record<string, number>;

/** Why it diverged, and what is worth trying, the least change first. */
export interface Diagnosis {
  cause: string;
  remedies: Remedy[];
}

export function diagnose(diverged: Diverged): Diagnosis {
  const { flow, channels } = diverged.plan;
  const { step } = flow.gains;
  const message = channels[0] === undefined ? null : messageCause(diverged.plan, channels[0]);
  const ofStep = step === undefined ? null : stepCause(diverged, step);
  const first = { ...message?.remedy, ...((message === null || ofStep?.beyond) && ofStep?.remedy) };
  const causes = [message?.cause, ...(message === null || ofStep?.beyond ? [ofStep?.cause] : [])].filter(
    (cause) => cause !== undefined,
  );
  if (causes.length === 0) {
    const given = Object.entries(flow.gains).map(([name, value]) => `${name} ${roundStep(value)}`);
    causes.push(
      `${flowName(flow)} has no step; with ${given.join(', ')} it diverged: leave to auto what can be`,
    );
  }
  const cause = causes.join(', and ');
  // Without a filter gain it is the compressor that has to be another one.
  if (Object.keys(first).length === 0 && message !== null) return { cause, remedies: [] };
  return {
    cause,
    remedies: [first, ...milder(flow, first)].filter((remedy) => Object.keys(remedy).length > 0),
  };
}

/**
 * As a sentence; `remedy` null: there is nothing to recommend. `rounds` of trial that it has held for, 0
 * where it was not tried.
 */
export function hintOf(cause: string, remedy: Remedy | null, rounds: number): string {
  if (remedy === null || Object.keys(remedy).length === 0) return cause;
  const gains = Object.entries(remedy).map(([name, value]) => `flow.${name}: ${value}`);
  return `${cause}; ${rounds > 0 ? `what held in a trial of ${rounds} rounds: ` : ''}try ${gains.join(' and ')}`;
}

/**
 * Where the first remedy is not enough: less of the step, of a memory's or a consensus step's gamma, of a
 * filter, of what neighbours are worth.
 */
function milder({ gains }: FlowPlan, first: Remedy): Remedy[] {
  const all = { ...gains, ...first };
  const less = (shares: Record<string, number>): Remedy => {
    const changed = Object.entries(shares).filter(([name]) => all[name] !== undefined);
    return {
      ...first,
      ...Object.fromEntries(changed.map(([name, share]) => [name, roundStep(all[name]! * share)])),
    };
  };
  return [
    { gamma: 1 / 4 },
    { step: 1 / 4 },
    { mixing: 1 / 4 },
    { mixing: 1 / 16 },
    { step: 1 / 4, gamma: 1 / 16 },
    { step: 1 / 16, gamma: 1 / 64 },
    { step: 1 / 4, mu: 1 / 4, gamma: 1 / 256 },
    { step: 1 / 64, gamma: 1 / 1024 },
    { step: 1 / 64, mu: 1 / 16, gamma: 1 / 4096 },
  ]
    .map(less)
    .filter((remedy) => Object.entries(remedy).some(([name, value]) => value !== gains[name]));
}

/** What bounds say of the step. `beyond`: even without compression it would be too large. */
function stepCause({ plan, gains: contextOf }: Diverged, step: number) {
  const { flow } = plan;
  const gains = { ...contextOf(), delta: 1 };
  const definition = flowDefinition(flow);
  const bound = definition.largestStep?.(flow, gains) ?? Number.NaN;
  const retry = flow.compress === 'none' ? step / 2 : step * COMPRESSED_RETRY_SHARE;
  const unknown = { remedy: { step: roundStep(retry) }, beyond: false };
  if (Number.isNaN(bound)) return { ...unknown, cause: `flow.step is ${step}` };
  if (gains.l === Number.POSITIVE_INFINITY) {
    return { ...unknown, cause: `flow.step is ${step}, and the cost does not say how smooth it is` };
  }
  const { step: _, ...others } = flow.gains;
  const shown = Object.entries(others)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
  const beyond = step >= bound;
  const remedy = { step: roundStep(Math.min(SAFETY * bound, retry)) };
  if (definition.sufficient?.(flow) && beyond) {
    return {
      remedy,
      beyond,
      cause: `flow.step is ${step}, and only up to ${roundStep(bound)} is the uncompressed flow stable on every graph with these gains (${shown})`,
    };
  }
  return {
    remedy,
    beyond,
    cause: beyond
      ? `flow.step is ${step}, and beyond ${roundStep(bound)} even the uncompressed flow is unstable with these gains (${shown})`
      : `flow.step is ${step}; up to ${roundStep(bound)} the uncompressed flow would be stable if all agents had the same curvature, so it is their differences or the compression that ask for less`,
  };
}

/**
 * Where estimates grow by themselves, whatever the step: a message says too much of the error for them to
 * take it in as they do. Null where they do not.
 */
function messageCause(
  { flow, estimated }: PlanWithGains,
  message: CompressorPlan,
): { cause: string; remedy: Remedy } | null {
  const { contraction, contractionKind, variance, kind } = message;
  const remembers = contractionKind === 'memory';
  if (estimated.length === 0 || (contraction > 0 && !remembers)) return null;
  const suited = filterGainOf(message);
  if (suited === null) return null;
  const why = remembers
    ? `an error that waits is said again by the memory of ${kind}`
    : variance !== undefined
      ? `a message of ${kind} has ${(1 + variance).toPrecision(3)} times the energy of what it is about`
      : `a message of ${kind} is no contraction of what it is about`;
  const filter = flowDefinition(flow).filterGain;
  const gain = filter === undefined ? undefined : flow.gains[filter];
  if (filter === undefined || gain === undefined) {
    const without = remembers
      ? `leave the memory out, since ${flowName(flow)} says again by itself what was not said`
      : `put { kind: scale, factor: ${roundStep(suited)}, inner: ... } around the compressor`;
    return { cause: `${why}, and ${flowName(flow)} has no filter gain for that: ${without}`, remedy: {} };
  }
  if (gain <= suited) return null;
  return {
    cause: `flow.${filter} is ${gain}, and ${why}, so that with it the estimates grow whatever the step`,
    remedy: { [filter]: roundStep(suited) },
  };
}
