/**
 * An evolution strategy over a few numbers, of which only the ranks of what was tried are looked at: separable
 * CMA-ES. A generation is drawn from a normal distribution with a diagonal covariance,
 *
 *     x_k = m + sigma D z_k         z_k standard normal
 *
 * and its better half moves the mean m, the variances D^2 and the step sigma. Deterministic: draws are sums of
 * uniform numbers of one seed. Knows nothing of what is searched.
 * Source: Ros and Hansen 2008 (A simple modification in CMA-ES achieving linear time and space complexity), with
 * the usual constants of Hansen's tutorial (arXiv 1604.00772).
 */

import { Random } from '../../topology/random.js';

export interface Evolution {
  /** The next generation. */
  ask(): Float64Array[];
  /** What became of it, in its order; smaller is better. */
  tell(costs: readonly number[]): void;
  /** Where the search stands. */
  mean(): Float64Array;
}

/** @param spread standard deviation of each number in the first generation */
export function evolve(
  start: readonly number[],
  spread: readonly number[],
  population: number,
  seed: number,
): Evolution {
  const n = start.length;
  const random = new Random(seed);
  const mean = Float64Array.from(start);
  const variance = Float64Array.from(spread, (deviation) => deviation * deviation);
  const path = new Float64Array(n);
  const stepPath = new Float64Array(n);
  let sigma = 1;
  let generation = 0;
  let drawn: Float64Array[] = [];

  const parents = Math.floor(population / 2);
  const raw = Array.from({ length: parents }, (_, i) => Math.log(parents + 0.5) - Math.log(i + 1));
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  const weights = raw.map((weight) => weight / total);
  const effective = 1 / weights.reduce((sum, weight) => sum + weight * weight, 0);
  const forgetsPath = (4 + effective / n) / (n + 4 + (2 * effective) / n);
  const forgetsStep = (effective + 2) / (n + effective + 5);
  const damping = 1 + 2 * Math.max(0, Math.sqrt((effective - 1) / (n + 1)) - 1) + forgetsStep;
  // Of a diagonal there is less to learn: both rates are (n + 2) / 3 times those of a full covariance.
  const faster = (n + 2) / 3;
  const rankOne = Math.min(1, (faster * 2) / ((n + 1.3) ** 2 + effective));
  const rankMany = Math.min(
    1 - rankOne,
    (faster * 2 * (effective - 2 + 1 / effective)) / ((n + 2) ** 2 + effective),
  );
  const length = Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));

  return {
    ask() {
      drawn = Array.from({ length: population }, () =>
        Float64Array.from({ length: n }, () => normal(random)),
      );
      return drawn.map((z) => z.map((entry, j) => mean[j]! + sigma * Math.sqrt(variance[j]!) * entry));
    },
    tell(costs) {
      const order = costs.map((cost, k) => ({ cost, k })).sort((a, b) => a.cost - b.cost || a.k - b.k);
      generation++;
      const moved = new Float64Array(n);
      for (const [i, weight] of weights.entries())
        for (let j = 0; j < n; j++) moved[j]! += weight * drawn[order[i]!.k]![j]!;
      let norm = 0;
      for (let j = 0; j < n; j++) {
        mean[j]! += sigma * Math.sqrt(variance[j]!) * moved[j]!;
        stepPath[j] =
          (1 - forgetsStep) * stepPath[j]! +
          Math.sqrt(forgetsStep * (2 - forgetsStep) * effective) * moved[j]!;
        norm += stepPath[j]! * stepPath[j]!;
      }
      norm = Math.sqrt(norm);
      const expected = Math.sqrt(1 - (1 - forgetsStep) ** (2 * generation));
      const stalls = norm / expected / length < 1.4 + 2 / (n + 1) ? 1 : 0;
      for (let j = 0; j < n; j++) {
        const deviation = Math.sqrt(variance[j]!);
        path[j] =
          (1 - forgetsPath) * path[j]! +
          stalls * Math.sqrt(forgetsPath * (2 - forgetsPath) * effective) * deviation * moved[j]!;
        let many = 0;
        for (const [i, weight] of weights.entries()) many += weight * drawn[order[i]!.k]![j]! ** 2;
        variance[j] =
          (1 - rankOne - rankMany) * variance[j]! +
          rankOne * path[j]! ** 2 +
          rankMany * variance[j]! * Math.max(0, many);
      }
      sigma *= Math.exp(Math.min(1, (forgetsStep / damping) * (norm / length - 1)));
    },
    mean: () => mean.slice(),
  };
}

/** Nearly: the sum of twelve uniform numbers, less 6. No function whose last bit a machine could choose. */
function normal(random: Random): number {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += random.uniform();
  return sum;
}
