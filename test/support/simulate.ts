/**
 * The flows as equations over plain arrays: the reference implementation that the engine is held against. One
 * agent after the other, the Laplacian as a dense matrix, the compressors as mathematical maps. Slow, and
 * meant to be read beside docs/model.md.
 */

import type { ReferenceCompressor } from '../../src/compress/types.js';
import type { Compress } from '../../src/flow/types.js';

export interface Simulation {
  x: Float64Array[];
  v: Float64Array[];
  s: Float64Array[];
}

export interface TwinFlow {
  compress: Compress;
  step: number;
  alpha: number;
  beta: number;
  eta: number;
  mu: number;
  gamma?: number;
  integrator?: 'euler' | 'semi-implicit';
  /**
   * More than one: gradient steps towards the minimiser of the agent's own problem, of size 1/(rho + 1/h (+
   * alpha d_i)).
   */
  inner?: number;
  rho?: number;
}

export interface SimulationInputs {
  laplacian: number[][];
  flow: TwinFlow;
  compress: ReferenceCompressor;
  gradient: (x: Float64Array, agent: number) => Float64Array;
  start: Float64Array[];
  rounds: number;
  /** Applied to every entry of x after each round: how sensitive is the trajectory to rounding? */
  perturb?: (entry: number) => number;
  onRound?: (round: number, x: readonly Float64Array[]) => void;
}

/** The Laplacian of an unweighted graph, as rows. */
export function laplacianOf(nodes: number, edges: readonly (readonly [number, number])[]): number[][] {
  const rows = Array.from({ length: nodes }, () => new Array<number>(nodes).fill(0));
  for (const [i, j] of edges) {
    rows[i][j]--;
    rows[j][i]--;
    rows[i][i]++;
    rows[j][j]++;
  }
  return rows;
}

/** Moves a number by about one part in 10^16, up or down, from a small generator seeded by `seed`. */
export function nudge(seed: number): (entry: number) => number {
  let state = seed;
  return (entry) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return entry * (1 + (state / 2 ** 31 - 1) * 2 * Number.EPSILON);
  };
}

export function simulate(inputs: SimulationInputs): Simulation {
  const { laplacian, flow, compress, gradient, start, rounds, perturb, onRound } = inputs;
  const zeros = () => start.map((row) => new Float64Array(row.length));
  const x = start.map((row) => row.slice());
  const v = zeros();
  const s = zeros();
  const m = zeros();
  const { step: h, alpha, beta, eta, mu, gamma = 0, inner = 1, rho = 0 } = flow;
  // A row of L without its zeros, in order: they would add nothing but time.
  const rows = laplacian.map((weights) =>
    weights.flatMap((weight, j) => (weight === 0 ? [] : [{ weight, j }])),
  );

  for (let k = 0; k < rounds; k++) {
    const q = x.map((row, i) => {
      if (flow.compress === 'none') return row.slice();
      if (flow.compress === 'node-state') return compress(row, k, i);
      return compress(
        row.map((entry, c) => entry - s[i][c] + gamma * m[i][c]),
        k,
        i,
      );
    });
    const y = q.map((row, i) => {
      if (flow.compress === 'observer') return s[i].slice();
      return ['error-state', 'error-memory'].includes(flow.compress)
        ? row.map((entry, c) => s[i][c] + entry)
        : row;
    });
    const Ly = rows.map((row) => {
      const sums = new Float64Array(start[0].length);
      for (const { weight, j } of row) for (let c = 0; c < sums.length; c++) sums[c] += weight * y[j][c];
      return sums;
    });
    for (let i = 0; i < x.length; i++) {
      const before = x[i].slice();
      const pull = new Float64Array(before.length);
      const g = eta === 0 ? new Float64Array(x[i].length) : gradient(x[i], i);
      for (let c = 0; c < x[i].length; c++) {
        if (flow.compress === 'error-memory') {
          // The agent's own state is known to it: w_ij (x_i - y_j), not w_ij (y_i - y_j).
          const omitted = x[i][c] - y[i][c];
          Ly[i][c] += laplacian[i][i] * omitted;
          m[i][c] += omitted;
        }
        const dual = v[i][c];
        v[i][c] += h * beta * Ly[i][c];
        pull[c] = alpha * Ly[i][c] + beta * (flow.integrator === 'semi-implicit' ? v[i][c] : dual);
        if (flow.integrator === 'semi-implicit') {
          x[i][c] -=
            (h / (1 + h * alpha * laplacian[i][i])) * (eta * g[c] + alpha * Ly[i][c] + beta * v[i][c]);
        } else x[i][c] -= h * (eta * g[c] + alpha * Ly[i][c] + beta * dual);
        if (flow.compress !== 'none' && flow.compress !== 'node-state') s[i][c] += mu * q[i][c];
      }
      if (inner > 1) {
        const w = 1 / h + (flow.integrator === 'semi-implicit' ? alpha * laplacian[i][i] : 0);
        x[i] = before.slice();
        for (let t = 0; t < inner; t++) {
          const slope = gradient(x[i], i);
          x[i] = x[i].map((u, c) => u - (eta * slope[c] + pull[c] + w * (u - before[c])) / (rho + w));
        }
      }
      if (perturb) x[i] = x[i].map(perturb);
    }
    onRound?.(k + 1, x);
  }
  return { x, v, s };
}
