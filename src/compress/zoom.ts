/**
 * Zooming: the step of a quantiser shrinks by the same factor every round, step_k = D0 rate^k, so that its error goes to 0 with the error that
 * it quantises. All agents know the round, so the step costs no bits. Without zooming (`zoom: false`) the step stays D0, and what is
 * smaller than half of it is never said: that quantiser does not qualify as a spatio-temporal compressor.
 */

import { type SpecPath, unexpected } from '../errors.js';
import { positiveNumber } from './parameters.js';
import { wholePower } from './slots.js';
import type { CompressorPlan, CompressorSpec } from './types.js';

/** No step is smaller: a quotient by it is a number. */
const SMALLEST_STEP = 2 ** -1000;

export function planZoom(spec: CompressorSpec, path: SpecPath): { step: number; rate: number } {
  const step = positiveNumber(spec, 'step', path);
  const { zoom, rate } = spec;
  if (zoom === false) {
    if (rate !== undefined && rate !== 1) throw unexpected([...path, 'rate'], rate, '1 with zoom: false');
    return { step, rate: 1 };
  }
  if (zoom !== undefined && zoom !== true) throw unexpected([...path, 'zoom'], zoom, 'true or false');
  if (typeof rate !== 'number' || !(rate > 0 && rate < 1)) {
    const hint = 'a step that does not shrink needs zoom: false, and stalls at half a step';
    throw unexpected([...path, 'rate'], rate, `a number in (0, 1); ${hint}`);
  }
  return { step, rate };
}

/** step_k */
export function zoomedStep(plan: CompressorPlan, round: number): number {
  const step = plan['step'] as number;
  const rate = plan['rate'] as number;
  return rate === 1 ? step : Math.max(step * wholePower(rate, round), SMALLEST_STEP);
}

/** The bound on |e - C(e)|^2, dim step_k^2 / 4, shrinks by rate^2 a round, whatever the error: 0 without zooming. */
export function zoomContraction(rate: number): number {
  return 1 - rate * rate;
}
