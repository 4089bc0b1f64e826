/**
 * Laws of scaling, fitted to measured throughputs.
 *
 *     Amdahl 1967                         S(n) = n / (1 + sigma (n - 1))
 *     Universal Scalability Law           S(n) = n / (1 + sigma (n - 1) + kappa n (n - 1))
 *
 * S is the speed-up over one worker, sigma the share that queues for something shared (contention), kappa
 * what keeping workers' views of it consistent costs (coherency). n / S(n) - 1 is linear in sigma and kappa:
 * least squares with both at least 0, weighted by (S/n)^2 so that relative errors of S count alike. With
 * kappa > 0 the speed-up has its peak at n* = sqrt((1 - sigma) / kappa). Source: N. J. Gunther, Guerrilla
 * Capacity Planning, 2007.
 */

export interface Point {
  workers: number;
  /** Throughput over that of one worker. */
  speedup: number;
}

export interface Amdahl {
  sigma: number;
  /** 1 / sigma: what no number of workers exceeds. */
  limit: number;
}

export interface Usl {
  sigma: number;
  kappa: number;
  /** Best number of workers, a whole one; infinite where nothing slows down. */
  bestWorkers: number;
  bestSpeedup: number;
}

export const amdahlSpeedup = (n: number, sigma: number) => n / (1 + sigma * (n - 1));
export const uslSpeedup = (n: number, sigma: number, kappa: number) =>
  n / (1 + sigma * (n - 1) + kappa * n * (n - 1));

/** Null with fewer than two numbers of workers. */
export function fitAmdahl(points: readonly Point[]): Amdahl | null {
  const many = points.filter(({ workers }) => workers > 1);
  if (many.length === 0) return null;
  const { pa, aa } = sums(many);
  const sigma = Math.max(0, pa / aa);
  return { sigma, limit: 1 / sigma };
}

/** Numbers of workers, one among them: two unknowns go through any three points, and say nothing of them. */
export const LEAST_USL_POINTS = 6;

/** Null with fewer than six numbers of workers. */
export function fitUsl(points: readonly Point[]): Usl | null {
  const many = points.filter(({ workers }) => workers > 1);
  if (new Set(many.map(({ workers }) => workers)).size < LEAST_USL_POINTS - 1) return null;
  const { pa, pb, aa, ab, bb } = sums(many);
  const determinant = aa * bb - ab * ab;
  let sigma = (pa * bb - pb * ab) / determinant;
  let kappa = (pb * aa - pa * ab) / determinant;
  // The best point of a convex function over a quadrant: inside, or on one of its two edges.
  if (!(sigma >= 0)) {
    sigma = 0;
    kappa = pb / bb;
  }
  if (!(kappa >= 0)) {
    kappa = 0;
    sigma = pa / aa;
  }
  sigma = Math.max(0, sigma);
  kappa = Math.max(0, kappa);
  return { sigma, kappa, ...peak(sigma, kappa) };
}

function peak(sigma: number, kappa: number): Pick<Usl, 'bestWorkers' | 'bestSpeedup'> {
  if (kappa === 0) return { bestWorkers: Number.POSITIVE_INFINITY, bestSpeedup: 1 / sigma };
  const at = Math.sqrt(Math.max(0, 1 - sigma) / kappa);
  const candidates = [Math.max(1, Math.floor(at)), Math.max(1, Math.ceil(at))];
  const speedups = candidates.map((n) => uslSpeedup(n, sigma, kappa));
  const best = speedups[1] > speedups[0] ? 1 : 0;
  return { bestWorkers: candidates[best], bestSpeedup: speedups[best] };
}

/** Weighted sums of squares and products of the residual's parts: p = n/S - 1, a = n - 1, b = n (n - 1). */
function sums(points: readonly Point[]) {
  const total = { pa: 0, pb: 0, aa: 0, ab: 0, bb: 0 };
  for (const { workers: n, speedup } of points) {
    const weight = (speedup / n) ** 2;
    const p = n / speedup - 1;
    const a = n - 1;
    const b = n * (n - 1);
    total.pa += weight * p * a;
    total.pb += weight * p * b;
    total.aa += weight * a * a;
    total.ab += weight * a * b;
    total.bb += weight * b * b;
  }
  return total;
}
