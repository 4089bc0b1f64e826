/** The largest stable step: against the eigenvalues of the Euler map itself, just inside and just outside. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roundStep } from '../../src/flow/gains.js';
import { largestStableStep } from '../../src/flow/stable-step.js';
import { startingGains } from '../../src/flow/starting-gains.js';

/** Spectral radius of [[1 - h (a + alpha lambda), -h beta], [h beta lambda, 1]]. */
function radius(h: number, a: number, alpha: number, beta: number, lambda: number): number {
  const trace = 2 - h * (a + alpha * lambda);
  const determinant = 1 - h * (a + alpha * lambda) + h * h * beta * beta * lambda;
  const discriminant = (trace * trace) / 4 - determinant;
  if (discriminant < 0) return Math.sqrt(determinant);
  return Math.max(
    Math.abs(trace / 2 + Math.sqrt(discriminant)),
    Math.abs(trace / 2 - Math.sqrt(discriminant)),
  );
}

describe('largestStableStep', () => {
  it('by hand: gradient descent is stable up to 2 / l', () => {
    const gains = {
      lambda2: 1,
      lambdaMax: 4,
      degree: 2,
      m: 1,
      l: 5,
      meanM: 1,
      meanL: 5,
      delta: 1,
      linear: true,
    };
    expect(largestStableStep(0, 0, 1, gains)).toBeCloseTo(2 / 5, 12);
    // With a coupling alpha, up to 2 / (l + alpha lambdaMax).
    expect(largestStableStep(0.5, 0, 1, gains)).toBeCloseTo(2 / 7, 12);
  });

  it('every mode is stable just below it, and one is not just above it', () => {
    const positive = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    fc.assert(
      fc.property(
        positive(0.01, 1),
        positive(1, 50),
        positive(0.01, 5),
        positive(0.01, 5),
        positive(0.01, 1),
        positive(1, 100),
        (m, ratio, alpha, beta, lambda2, spread) => {
          const l = m * ratio;
          const lambdaMax = lambda2 * spread;
          const bound = largestStableStep(alpha, beta, 1, {
            lambda2,
            lambdaMax,
            degree: lambdaMax / 2,
            m,
            l,
            meanM: m,
            meanL: l,
            delta: 1,
            linear: true,
          });
          const modes = [m, (m + l) / 2, l].flatMap((a) =>
            [1e-12, lambda2, (lambda2 + lambdaMax) / 2, lambdaMax].map((lambda) => [a, lambda]),
          );
          const worst = (h: number) =>
            Math.max(...modes.map(([a, lambda]) => radius(h, a, alpha, beta, lambda)));
          expect(worst(0.999 * bound)).toBeLessThan(1 + 1e-8);
          expect(worst(1.01 * bound)).toBeGreaterThan(1);
        },
      ),
    );
  });

  it('auto gains with the safe step are stable', () => {
    const gains = {
      lambda2: 0.06,
      lambdaMax: 4,
      degree: 2,
      m: 1,
      l: 4,
      meanM: 2,
      meanL: 3,
      delta: 1,
      linear: true,
    };
    const { step, alpha, beta } = startingGains('none', gains);
    expect(step).toBeLessThan(largestStableStep(alpha, beta, 1, gains));
  });
});

describe('roundStep', () => {
  it.each([
    [0.0123456, 0.0123],
    [0.99999, 0.999],
    [123.9, 123],
    [4e-7, 4e-7],
  ])('%d is said as %d: three digits, never more than asked', (step, said) => {
    expect(roundStep(step)).toBe(said);
  });
});
