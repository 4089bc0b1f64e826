/** The laws of scaling give back the parameters that points were made with. */

import { describe, expect, it } from 'vitest';
import { amdahlSpeedup, fitAmdahl, fitUsl, uslSpeedup } from '../../src/bench/fits.js';

const points = (counts: number[], law: (n: number) => number) =>
  counts.map((workers) => ({ workers, speedup: law(workers) }));

describe("Amdahl's law", () => {
  it.each([0, 0.01, 0.1, 0.5, 1])('sigma %s', (sigma) => {
    const fit = fitAmdahl(points([1, 2, 4, 8], (n) => amdahlSpeedup(n, sigma)));
    expect(fit?.sigma).toBeCloseTo(sigma, 12);
    expect(fit?.limit).toBeCloseTo(1 / sigma, 6);
  });

  it('by hand: twice the workers and 1.6 times the speed is a serial quarter', () => {
    expect(fitAmdahl([{ workers: 2, speedup: 1.6 }])?.sigma).toBeCloseTo(0.25, 12);
  });

  it('one number of workers says nothing; more than perfect is no negative share', () => {
    expect(fitAmdahl([{ workers: 1, speedup: 1 }])).toBeNull();
    expect(fitAmdahl(points([1, 2, 4], (n) => 1.2 * n))).toEqual({
      sigma: 0,
      limit: Number.POSITIVE_INFINITY,
    });
  });
});

describe('Universal Scalability Law', () => {
  it.each([
    [0.02, 0.0005],
    [0.1, 0.01],
    [0, 0.002],
    [0.3, 0],
  ])('sigma %s, kappa %s', (sigma, kappa) => {
    const fit = fitUsl(points([1, 2, 3, 4, 8, 16], (n) => uslSpeedup(n, sigma, kappa)));
    expect(fit?.sigma).toBeCloseTo(sigma, 9);
    expect(fit?.kappa).toBeCloseTo(kappa, 9);
  });

  it('predicts the best number of workers: sqrt((1 - 0.04) / 0.0096) = 10', () => {
    const fit = fitUsl(points([1, 2, 4, 6, 8, 16], (n) => uslSpeedup(n, 0.04, 0.0096)));
    expect(fit?.bestWorkers).toBe(10);
    expect(fit?.bestSpeedup).toBeCloseTo(uslSpeedup(10, 0.04, 0.0096), 9);
    expect(uslSpeedup(10, 0.04, 0.0096)).toBeGreaterThan(uslSpeedup(9, 0.04, 0.0096));
    expect(uslSpeedup(10, 0.04, 0.0096)).toBeGreaterThan(uslSpeedup(11, 0.04, 0.0096));
  });

  it('stays near them when points scatter by a percent', () => {
    const scatter = [1, 1.01, 0.99, 1.008, 0.995, 1.01, 0.992];
    const law = (n: number) => uslSpeedup(n, 0.05, 0.004);
    const noisy = [1, 2, 4, 6, 8, 12, 16].map((workers, i) => ({
      workers,
      speedup: law(workers) * scatter[i],
    }));
    const fit = fitUsl(noisy);
    expect(fit?.sigma).toBeCloseTo(0.05, 1);
    expect(fit?.bestWorkers).toBeGreaterThanOrEqual(14);
    expect(fit?.bestWorkers).toBeLessThanOrEqual(17);
  });

  it('never gives a negative cost', () => {
    // The steeper the more workers: what no law of the two explains.
    const fit = fitUsl(points([1, 2, 4, 8, 16, 32], (n) => n ** 0.7 * (1 + n / 64)));
    expect(fit?.sigma).toBeGreaterThanOrEqual(0);
    expect(fit?.kappa).toBe(0);
    expect(fit?.bestWorkers).toBe(Number.POSITIVE_INFINITY);
  });

  it('needs six numbers of workers, one among them: a curve through three points is no finding', () => {
    expect(fitUsl(points([1, 2, 4, 8, 16], (n) => n))).toBeNull();
    expect(fitUsl(points([1, 2, 4, 8, 16, 32], (n) => n))).not.toBeNull();
  });
});
