/**
 * The problem behind the golden figures: f_i(x) = 1/2 sum_c a_ic (x_c - b_ic)^2, in closed form so that
 * anyone can write it down again.
 */

export interface GoldenProblem {
  a: Float64Array;
  b: Float64Array;
}

/**
 * a_ic = 1.5 + sin(1 + 0.9 i + 0.37 c + variant), b_ic = cos(0.5 + 1.1 i - 0.61 c (1 + variant)); agents x
 * dim, row by row.
 */
export function goldenProblem(agents: number, dim: number, variant: number): GoldenProblem {
  const entry = (f: (i: number, c: number) => number) =>
    Float64Array.from({ length: agents * dim }, (_, at) => f(Math.floor(at / dim), at % dim));
  return {
    a: entry((i, c) => 1.5 + Math.sin(1 + 0.9 * i + 0.37 * c + variant)),
    b: entry((i, c) => Math.cos(0.5 + 1.1 * i - 0.61 * c * (1 + variant))),
  };
}
