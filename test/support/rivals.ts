/**
 * The methods of other papers as their papers write them: recursions over dense matrices and plain arrays, with all iterates kept where a method looks back.
 * Slow, and meant to be read beside the papers; the engine, which computes equivalent forms, is held against them.
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

/** Diffusion, adapt then combine; with several local steps, local SGD: x^{k+1} = W psi, psi = T gradient steps from x^k. */
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
