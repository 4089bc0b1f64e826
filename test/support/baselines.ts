/**
 * The methods of other papers as their papers write them: recursions over dense matrices and plain arrays,
 * with all iterates kept where a method looks back. Slow, and meant to be read beside the papers; the engine,
 * which computes equivalent forms, is held against them.
 */

export type Rows = Float64Array[];

export interface RivalInputs {
  /** Mixing matrix W. */
  mixing: number[][];
  /** grad f_i(x_i) for all agents; `draw` numbers the mini-batches. */
  gradient: (x: Rows, draw: number) => Rows;
  start: Rows;
  rounds: number;
}

/** sum of coefficient x rows. */
export function add(...terms: [number, Rows][]): Rows {
  const [[, first]] = terms;
  return first.map((row, i) => row.map((_, c) => terms.reduce((sum, [a, rows]) => sum + a * rows[i][c], 0)));
}

/** M X. */
export function multiply(matrix: number[][], rows: Rows): Rows {
  return matrix.map((weights) =>
    rows[0].map((_, c) => weights.reduce((sum, weight, j) => sum + weight * rows[j][c], 0)),
  );
}

/** a I + b M. */
export function shifted(a: number, b: number, matrix: number[][]): number[][] {
  return matrix.map((row, i) => row.map((entry, j) => (i === j ? a : 0) + b * entry));
}

/** Nedic, Ozdaglar 2009: x^{k+1} = W x^k - h_k grad f(x^k). */
export function dgd({ mixing, gradient, start, rounds }: RivalInputs, step: (round: number) => number): Rows {
  let x = start;
  for (let k = 0; k < rounds; k++) x = add([1, multiply(mixing, x)], [-step(k), gradient(x, k)]);
  return x;
}

/**
 * Diffusion, adapt then combine; with several local steps, local SGD: x^{k+1} = W psi, psi = T gradient steps
 * from x^k.
 */
export function diffusion(
  { mixing, gradient, start, rounds }: RivalInputs,
  h: number,
  localSteps: number,
): Rows {
  let x = start;
  for (let k = 0; k < rounds; k++) {
    let psi = x;
    for (let t = 0; t < localSteps; t++) psi = add([1, psi], [-h, gradient(psi, k * localSteps + t)]);
    x = multiply(mixing, psi);
  }
  return x;
}

/** Shi, Ling, Wu, Yin 2015, Algorithm 1 with W~ = (I + W)/2. */
export function extra({ mixing, gradient, start, rounds }: RivalInputs, h: number): Rows {
  const half = shifted(1 / 2, 1 / 2, mixing);
  let before = start;
  let x = add([1, multiply(mixing, before)], [-h, gradient(before, 0)]);
  for (let k = 1; k < rounds; k++) {
    const next = add(
      [1, x],
      [1, multiply(mixing, x)],
      [-1, multiply(half, before)],
      [-h, gradient(x, k)],
      [h, gradient(before, k - 1)],
    );
    [before, x] = [x, next];
  }
  return rounds === 0 ? start : x;
}

/**
 * Li, Shi, Yan 2019 without its non-smooth term, c = 1/(2h); and Exact Diffusion, which averages in the first
 * round too.
 */
export function nids(inputs: RivalInputs, h: number): Rows {
  const { mixing, gradient, start, rounds } = inputs;
  const half = shifted(1 / 2, 1 / 2, mixing);
  let before = start;
  let x = add([1, start], [-h, gradient(start, 0)]);
  for (let k = 1; k < rounds; k++) {
    const z = add([2, x], [-1, before], [-h, gradient(x, k)], [h, gradient(before, k - 1)]);
    [before, x] = [x, multiply(half, z)];
  }
  return x;
}

/** Yuan, Ying, Zhao, Sayed 2019: adapt, correct, combine. */
export function exactDiffusion({ mixing, gradient, start, rounds }: RivalInputs, h: number): Rows {
  const half = shifted(1 / 2, 1 / 2, mixing);
  let x = start;
  let psi = start;
  for (let k = 0; k < rounds; k++) {
    const adapted = add([1, x], [-h, gradient(x, k)]);
    const corrected = add([1, adapted], [1, x], [-1, psi]);
    [x, psi] = [multiply(half, corrected), adapted];
  }
  return x;
}

/** Nedic, Olshevsky, Shi 2017, Algorithm 1. */
export function diging({ mixing, gradient, start, rounds }: RivalInputs, h: number): Rows {
  let x = start;
  let y = gradient(x, 0);
  for (let k = 0; k < rounds; k++) {
    const next = add([1, multiply(mixing, x)], [-h, y]);
    y = add([1, multiply(mixing, y)], [1, gradient(next, k + 1)], [-1, gradient(x, k)]);
    x = next;
  }
  return x;
}

/** What methods on the edges know of the graph, and how they solve an agent's problem. */
export interface EdgeInputs extends RivalInputs {
  /** w_ij; 0 where there is no edge. */
  weights: number[][];
  c: number;
  rho: number;
  inner: number;
}

const degreesOf = (weights: number[][]) => weights.map((row) => row.reduce((sum, w) => sum + w, 0));

/** `inner` gradient steps on f_i(u) + <b_i, u> + (curvature_i/2) |u|^2 from x. */
function solve(
  { gradient, rho, inner }: EdgeInputs,
  x: Rows,
  b: Rows,
  curvature: number[],
  round: number,
): Rows {
  let u = x;
  for (let t = 0; t < inner; t++) {
    const g = gradient(u, round * inner + t);
    u = u.map((row, i) =>
      row.map((entry, c) => entry - (g[i][c] + b[i][c] + curvature[i] * entry) / (rho + curvature[i])),
    );
  }
  return u;
}

/** Shi, Ling, Yuan, Wu, Yin 2014: f_i(u) + <alpha_i, u> + c sum_j w_ij |u - (x_i + x_j)/2|^2. */
export function admm(inputs: EdgeInputs): Rows {
  const { weights, c, start, rounds } = inputs;
  const degrees = degreesOf(weights);
  let x = start;
  let alpha = add([0, start]);
  for (let k = 0; k < rounds; k++) {
    const neighbours = multiply(weights, x);
    const b = alpha.map((row, i) =>
      row.map((entry, e) => entry - c * (degrees[i] * x[i][e] + neighbours[i][e])),
    );
    x = solve(
      inputs,
      x,
      b,
      degrees.map((d) => 2 * c * d),
      k,
    );
    const after = multiply(weights, x);
    alpha = alpha.map((row, i) => row.map((entry, e) => entry + c * (degrees[i] * x[i][e] - after[i][e])));
  }
  return x;
}

/** Ling, Shi, Wu, Ribeiro 2015 (DLM). */
export function dlm({ weights, c, rho, gradient, start, rounds }: EdgeInputs): Rows {
  const degrees = degreesOf(weights);
  const disagreement = (x: Rows) =>
    x.map((row, i) => row.map((_, e) => weights[i].reduce((sum, w, j) => sum + w * (x[i][e] - x[j][e]), 0)));
  let x = start;
  let phi = add([0, start]);
  for (let k = 0; k < rounds; k++) {
    const slope = add([1, gradient(x, k)], [c, disagreement(x)], [1, phi]);
    x = x.map((row, i) => row.map((entry, e) => entry - slope[i][e] / (2 * c * degrees[i] + rho)));
    phi = add([1, phi], [c, disagreement(x)]);
  }
  return x;
}

/**
 * Zhang, Heusdens 2018, with a variable z_{i|j} for each end of each edge, begun at x^0; averaged by theta.
 */
export function pdmm(inputs: EdgeInputs, theta: number): Rows {
  const { weights, c, start, rounds } = inputs;
  const n = start.length;
  const dim = start[0].length;
  const sign = (i: number, j: number) => (i < j ? 1 : -1);
  const edges = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => [i, j] as const))
    .flat()
    .filter(([i, j]) => weights[i][j] > 0);
  const curvature = degreesOf(weights).map((d) => c * d);
  let x = start;
  let z = new Map(
    edges.map(([i, j]) => [
      `${i}|${j}`,
      x[i].map((own, e) => -sign(i, j) * c * weights[i][j] * ((1 - theta) * own + theta * x[j][e])),
    ]),
  );
  const of = (i: number, j: number) => z.get(`${i}|${j}`) as Float64Array;
  for (let k = 0; k < rounds; k++) {
    const b = start.map(() => new Float64Array(dim));
    for (const [i, j] of edges) for (let e = 0; e < dim; e++) b[i][e] += sign(i, j) * of(i, j)[e];
    x = solve(inputs, x, b, curvature, k);
    z = new Map(
      edges.map(([i, j]) => [
        `${j}|${i}`,
        of(j, i).map((entry, e) => {
          const y = of(i, j)[e] + 2 * c * weights[i][j] * sign(i, j) * x[i][e];
          return (1 - theta) * entry + theta * y;
        }),
      ]),
    );
  }
  return x;
}
