/** Gains in configs: numbers, or `auto`; and what is open of them. */

import type { z } from 'zod';
import type { FlowDefinition, FlowSpec } from './types.js';

/** Of the largest stable step, what `auto` takes. */
export const SAFETY = 0.5;

/** A gain in a config: a number, or what its flow makes of the graph, the cost and the compressor. */
export type Gain = number | 'auto';

/** A parameter that is such a gain, `auto` where it is not given; `number` has its range. */
export function gainParameter(zod: typeof z, number: z.ZodNumber, what: string) {
  return zod
    .union([number, zod.literal('auto')])
    .default('auto')
    .describe(what);
}

export function numberOr(gain: Gain, automatic: () => number): number {
  return gain === 'auto' ? automatic() : gain;
}

/** Gains whose `auto` needs nothing of the graph. */
const WITHOUT_SPECTRUM = new Set(['eta', 'mu', 'gamma', 'mixing']);

/**
 * The first parameter of a flow that is `auto` and for which the graph's spectrum and the cost's curvature
 * are needed.
 */
export function automaticGain(
  spec: FlowSpec,
  { localGains = WITHOUT_SPECTRUM }: Pick<FlowDefinition, 'localGains'>,
): string | undefined {
  return Object.keys(spec).find((name) => spec[name] === 'auto' && !localGains.has(name));
}

/**
 * Whether a flow has gains for trials to find: `auto` beside others that follow from those that were given is
 * none.
 */
export function hasOpenGains(spec: FlowSpec, definition: FlowDefinition): boolean {
  const { search } = definition;
  if (automaticGain(spec, definition) !== undefined) return true;
  const searched = (search?.directions ?? []).flatMap((direction) => Object.keys(direction));
  // Flows that have no other gain than these.
  return (
    searched.every((name) => WITHOUT_SPECTRUM.has(name)) && searched.some((name) => spec[name] === 'auto')
  );
}

/** Three significant digits, rounded down: what a person would type. */
export function roundStep(step: number): number {
  if (!(step > 0) || !Number.isFinite(step)) return step;
  const scale = 10 ** (2 - Math.floor(Math.log10(step)));
  return Number((Math.floor(step * scale) / scale).toPrecision(3));
}

/** `tuning` of every flow whose gains can be searched. */
export function tuningParameter(zod: typeof z) {
  return zod
    .enum(['pilot', 'formula'])
    .default('pilot')
    .describe(
      'how auto gains are chosen: by short pilot runs where they are affordable, or by the formula alone',
    );
}
