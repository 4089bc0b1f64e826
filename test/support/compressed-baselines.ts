/**
 * The compressed methods as their papers write them: dense matrices with a row an agent, the mixing matrix W
 * itself, compressors as mathematical maps. Slow, and meant to be read beside the papers. Messages and
 * gradients are numbered as the engine numbers them: a message bears the round in which it is delivered, a
 * gradient the number of its mini-batch.
 */

import { add, multiply, type RivalInputs, type Rows, shifted } from './baselines.js';

export interface CompressedInputs extends RivalInputs {
  /** C of all rows. `channel` tells the messages of a round apart. */
  compress: (rows: Rows, round: number, channel: number) => Rows;
  /** Gains by their names in the config. */
  gains: {
    gamma: number;
    step?: number;
    alpha?: number;
    alphaTracker?: number;
    localSteps?: number;
    decayRounds?: number;
  };
}

const minus = (a: Rows, b: Rows) => add([1, a], [-1, b]);
const plus = (a: Rows, b: Rows) => add([1, a], [1, b]);
const zerosLike = (rows: Rows): Rows => rows.map((row) => new Float64Array(row.length));
/** (I - W) X. */
const unmixed = (mixing: number[][], rows: Rows) => multiply(shifted(1, -1, mixing), rows);

/**
 * Koloskova, Stich, Jaggi 2019, Algorithm 1, in matrix form: X += gamma Xhat (W - I), then Xhat += Q(X -
 * Xhat).
 */
export function chocoGossip({ mixing, compress, gains: { gamma }, start, rounds }: CompressedInputs): Rows {
  let x: Rows = start;
  let known: Rows = zerosLike(start);
  for (let t = 0; t < rounds; t++) {
    x = add([1, x], [-gamma, unmixed(mixing, known)]);
    known = plus(known, compress(minus(x, known), t + 1, 0));
  }
  return x;
}

/** Koloskova, Stich, Jaggi 2019, Algorithm 2, with T local steps. */
export function chocoSgd({ mixing, compress, gradient, gains, start, rounds }: CompressedInputs): Rows {
  const { gamma, step = 0, localSteps = 1, decayRounds = 0 } = gains;
  let x: Rows = start;
  let known: Rows = zerosLike(start);
  for (let t = 0; t < rounds; t++) {
    let half: Rows = x;
    const h = decayRounds === 0 ? step : (step * decayRounds) / (decayRounds + t);
    for (let l = 0; l < localSteps; l++) {
      half = add([1, half], [-h, gradient(half, t * localSteps + l)]);
    }
    known = plus(known, compress(minus(half, known), t, 0));
    x = add([1, half], [-gamma, unmixed(mixing, known)]);
  }
  return x;
}

/** Liu, Li, Wang, Tang, Yan 2021, Algorithm 1: X^{rounds + 1}, since every agent makes X^1 by itself. */
export function lead({ mixing, compress, gradient, gains, start, rounds }: CompressedInputs): Rows {
  const { gamma, step: eta = 0, alpha = 0 } = gains;
  let x: Rows = add([1, start], [-eta, gradient(start, 0)]);
  let h: Rows = zerosLike(start);
  let hMixed: Rows = multiply(mixing, h);
  let d: Rows = zerosLike(start);
  for (let k = 1; k <= rounds; k++) {
    const g = gradient(x, k);
    const y = add([1, x], [-eta, g], [-eta, d]);
    const q = compress(minus(y, h), k - 1, 0);
    const yHat = plus(h, q);
    const yHatMixed = plus(hMixed, multiply(mixing, q));
    h = add([1 - alpha, h], [alpha, yHat]);
    hMixed = add([1 - alpha, hMixed], [alpha, yHatMixed]);
    d = add([1, d], [gamma / (2 * eta), minus(yHat, yHatMixed)]);
    x = add([1, x], [-eta, g], [-eta, d]);
  }
  return x;
}

/** Zhao, Li, Li, Richtarik, Chi 2022, Algorithm 1. */
export function beer({ mixing, compress, gradient, gains, start, rounds }: CompressedInputs): Rows {
  const { gamma, step: eta = 0 } = gains;
  let x: Rows = start;
  let h: Rows = zerosLike(start);
  let g: Rows = zerosLike(start);
  let slope: Rows = gradient(x, 0);
  let v: Rows = slope;
  for (let t = 0; t < rounds; t++) {
    x = add([1, x], [-gamma, unmixed(mixing, h)], [-eta, v]);
    h = plus(h, compress(minus(x, h), t + 1, 0));
    const before = slope;
    slope = gradient(x, t + 1);
    v = add([1, v], [-gamma, unmixed(mixing, g)], [1, slope], [-1, before]);
    g = plus(g, compress(minus(v, g), t + 1, 1));
  }
  return x;
}

/** Liao, Li, Huang, Pu 2022, Algorithm 1, all agents with one step. */
export function compressedGradientTracking(inputs: CompressedInputs): Rows {
  const { mixing, compress, gradient, gains, start, rounds } = inputs;
  const { gamma, step: eta = 0, alpha = 0, alphaTracker = 0 } = gains;
  let x: Rows = start;
  let hx: Rows = zerosLike(start);
  let hy: Rows = zerosLike(start);
  let slope: Rows = gradient(x, 0);
  let y: Rows = slope;
  for (let k = 0; k < rounds; k++) {
    const xHat = plus(hx, compress(minus(x, hx), k, 0));
    const yHat = plus(hy, compress(minus(y, hy), k, 1));
    hx = add([1 - alpha, hx], [alpha, xHat]);
    hy = add([1 - alphaTracker, hy], [alphaTracker, yHat]);
    x = add([1, x], [-gamma, unmixed(mixing, xHat)], [-eta, y]);
    const before = slope;
    slope = gradient(x, k + 1);
    y = add([1, y], [-gamma, unmixed(mixing, yHat)], [1, slope], [-1, before]);
  }
  return x;
}

/**
 * Vogels, Karimireddy, Jaggi 2020, rank 1: every edge {i < j} holds a unit vector; the sides of the matrices
 * (rows x columns) alternate. `draw` makes the vectors of the beginning. With a step, a gradient step at the
 * same time.
 */
export function powerGossip(
  { mixing, gradient, start, rounds }: RivalInputs,
  [height, width]: [number, number],
  draw: (i: number, j: number, n: number) => Float64Array,
  step = 0,
): Rows {
  const x: Rows = start.map((row) => row.slice());
  const edges = mixing.flatMap((row, i) =>
    row.flatMap((weight, j) => (i < j && weight !== 0 ? [{ i, j, weight }] : [])),
  );
  const held = edges.map(({ i, j }) => draw(i, j, width));
  for (let k = 0; k < rounds; k++) {
    const before = x.map((row) => row.slice());
    const slope = step === 0 ? null : gradient(before, k);
    for (const [e, { i, j, weight }] of edges.entries()) {
      const v = held[e];
      // D = (X_j - X_i) v or (X_j - X_i)^T v.
      const d = new Float64Array(k % 2 === 0 ? height : width);
      for (let r = 0; r < height; r++) {
        for (let c = 0; c < width; c++) {
          const difference = before[j][r * width + c] - before[i][r * width + c];
          if (k % 2 === 0) d[r] += difference * v[c];
          else d[c] += difference * v[r];
        }
      }
      for (let r = 0; r < height; r++) {
        for (let c = 0; c < width; c++) {
          const move = weight * (k % 2 === 0 ? d[r] * v[c] : v[r] * d[c]);
          x[i][r * width + c] += move;
          x[j][r * width + c] -= move;
        }
      }
      const norm = Math.hypot(...d);
      if (norm === 0) throw new Error('the reference meets no difference of 0');
      held[e] = d.map((entry) => entry / norm);
    }
    if (slope)
      for (const [i, row] of x.entries()) for (let c = 0; c < row.length; c++) row[c] -= step * slope[i][c];
  }
  return x;
}
