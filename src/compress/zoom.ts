/**
 * Zooming: the step of a quantiser shrinks by the same factor every round, step_k = D0 rate^k, so that its
 * error goes to 0 with the error that it quantises. All agents know the round, so the step costs no bits.
 * Without zooming (`zoom: false`) the step stays D0, and what is smaller than half of it is never said: that
 * quantiser does not qualify as a spatio-temporal compressor.
 */

import type { z } from 'zod';
import { unexpected } from '../base/errors.js';
import { wholePower } from '../base/whole-power.js';
import type { PlanContext } from '../runtime.js';

/** No step is smaller: a quotient by it is a number. */
const SMALLEST_STEP = 2 ** -1000;

export interface Zoom {
  step: number;
  rate: number;
}

export function zoomParameters(zod: typeof z) {
  return {
    step: zod.number().positive().describe('step of round 0'),
    rate: zod.number().positive().optional().describe('factor of the step from round to round, in (0, 1)'),
    zoom: zod.boolean().optional().describe('false: the step stays, and no rate is given'),
  };
}

export function planZoom(
  { step, rate, zoom = true }: z.infer<z.ZodObject<ReturnType<typeof zoomParameters>>>,
  { path }: PlanContext,
): Zoom {
  const at = [...path, 'rate'];
  if (!zoom) {
    if (rate !== undefined && rate !== 1) throw unexpected(at, rate, '1 with zoom: false');
    return { step, rate: 1 };
  }
  if (rate === undefined || rate >= 1) {
    const hint = 'a step that does not shrink needs zoom: false, and stalls at half a step';
    throw unexpected(at, rate, `a number in (0, 1); ${hint}`);
  }
  return { step, rate };
}

/** step_k */
export function zoomedStep({ step, rate }: Zoom, round: number): number {
  return rate === 1 ? step : Math.max(step * wholePower(rate, round), SMALLEST_STEP);
}

/**
 * The bound on |e - C(e)|^2, dim step_k^2 / 4, shrinks by rate^2 a round, whatever the error: 0 without
 * zooming.
 */
export function zoomContraction(rate: number): number {
  return 1 - rate * rate;
}
