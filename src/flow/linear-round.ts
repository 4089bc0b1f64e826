/**
 * A round as a linear map of errors, where nothing is compressed and gradients are linear: the other way to
 * know how fast a flow converges, and where it stops to. A flow says its equations once more here, in plain
 * operations on vectors (`FlowDefinition.linearRound`), for
 *
 *     A   gradients: entry by entry a_ic e_ic, with a_ic the curvature of agent i in coordinate c
 *     L   the Laplacian, agent by agent
 *
 * and its spectral radius follows. Below 1 errors shrink by that factor a round in the long run; above they
 * grow. It is that of the errors which can occur: a dual whose mean is 0 from the start stays out of the
 * kernel of L, where a factor of 1 waits.
 *
 *  - Where agents' curvatures are alike, A and L have the same eigenvectors. A round is then a small matrix for
 *    each pair of a curvature and an eigenvalue of L. All eigenvalues between lambda2 and lambdaMax are reckoned
 *    with, a little more than the graph has.
 *  - Elsewhere it is iterated: every coordinate is a map of its own, since A is diagonal. To three vectors,
 *    each s rounds after the one before, z'' = p z' + q z is fitted. The larger root of t^2 = p t + q is the
 *    radius to the power s: exactly once one eigenvalue, or a pair of them, is all that is left, and to
 *    |z'' - p z' - q z| / |z''| / s before. (With s = 1 any slow motion would do.)
 */

import type { LinearRound, Operators, Vector } from './linear-types.js';
import { spectralRadius } from './sampled-data.js';

export interface LinearProblem {
  agents: number;
  dim: number;
  /** Curvatures a_ic, agents x dim. */
  curvatures: Float64Array;
  /** Neighbours in CSR, with their weights, null where all are 1; weighted degrees. */
  rowStart: Uint32Array;
  columns: Uint32Array;
  weights: Float64Array | null;
  degrees: Float64Array;
  /** Ends of the spectrum of L, without 0. */
  lambda2: number;
  lambdaMax: number;
}

/** Eigenvalues of L that stand for all of them, evenly spaced in their logarithms. */
const EIGENVALUES = 48;
/** Different curvatures up to which every one is looked at; beyond, as many between the ends. */
const CURVATURES = 64;

/** Rounds after which the radius is looked at, each time twice as many, and at most. */
const FIRST_LOOK = 128;
const MOST_ROUNDS = 4096;
/** Of the rounds so far, how many lie between two of the vectors that are fitted. */
const STRIDE_SHARE = 1 / 8;
/** Growth between them, as a logarithm, that squares stay finite with. */
const MOST_GROWTH = 100;
/** Error of the radius that is good enough: this, or this share of its distance to 1. */
const ENOUGH = 1e-5;
const ENOUGH_SHARE = 0.01;
const ENOUGH_FOR_SIDE = 0.3;
/** What is left of z'' beside p z' + q z, from which on the fit says nothing. */
const USELESS = 0.5;

/** `sideOnly`: only to tell on which side of 1 it lies, which takes a fraction of the time. */
export function radiusOf(round: LinearRound, problem: LinearProblem, sideOnly = false): number {
  const alike = curvaturesAlike(problem);
  const regular = !round.degrees || problem.degrees.every((degree) => degree === problem.degrees[0]);
  return alike !== null && regular
    ? radiusOfModes(round, problem, alike)
    : radiusByIteration(round, problem, sideOnly);
}

/** Of every coordinate, in their order and each once; null where agents differ. */
function curvaturesAlike({ agents, dim, curvatures }: LinearProblem): number[] | null {
  for (let i = dim; i < agents * dim; i++) if (curvatures[i] !== curvatures[i - dim]) return null;
  const all = [...new Set(curvatures.subarray(0, dim))].sort((a, b) => a - b);
  if (all.length <= CURVATURES) return all;
  return Array.from(
    { length: CURVATURES },
    (_, at) => all[Math.round((at * (all.length - 1)) / (CURVATURES - 1))]!,
  );
}

function radiusOfModes(
  round: LinearRound,
  { agents, degrees, lambda2, lambdaMax }: LinearProblem,
  curvatures: readonly number[],
): number {
  const every = [...Array(round.rows).keys()];
  const free = every.filter((row) => !round.balanced.includes(row));
  const spread = (lambdaMax / lambda2) ** (1 / (EIGENVALUES - 1));
  const modes = Array.from({ length: EIGENVALUES }, (_, at) => lambda2 * spread ** at);
  let radius = 0;
  for (const a of curvatures) {
    for (const [lambda, rows] of [[0, free] as const, ...modes.map((mode) => [mode, every] as const)]) {
      if (agents === 1 && lambda > 0) continue;
      const one: Operators = {
        gradient: ([x]) => Float64Array.of(a * x!),
        laplacian: ([x]) => Float64Array.of(lambda * x!),
        damped: (by, [x]) => Float64Array.of(x! / (1 + by * degrees[0]!)),
        sum: (...terms) => Float64Array.of(terms.reduce((sum, [by, [x]]) => sum + by * x!, 0)),
      };
      const columns = rows.map((column) =>
        round.next(
          every.map((row) => Float64Array.of(row === column ? 1 : 0)),
          one,
        ),
      );
      const matrix = rows.map((row) => columns.map((column) => column[row]![0]!));
      if (matrix.length > 0) radius = Math.max(radius, spectralRadius(matrix));
    }
  }
  return radius;
}

function radiusByIteration(round: LinearRound, problem: LinearProblem, sideOnly: boolean): number {
  const { agents, dim } = problem;
  const operators = operatorsOf(problem);
  const share = sideOnly ? ENOUGH_FOR_SIDE : ENOUGH_SHARE;
  let rows = Array.from({ length: round.rows }, (_, row) => beginning(agents * dim, row));
  /** Growth of each coordinate until now, as a logarithm. */
  const grown = new Float64Array(dim);
  const advance = (steps: number, rescale: boolean) => {
    for (let step = 1; step <= steps; step++) {
      rows = round.next(rows, operators);
      // Often enough that nothing overflows, and that no rounding takes hold in a kernel.
      if (step % 8 !== 0 && step !== steps) continue;
      for (const row of round.balanced) takeMean(rows[row]!, agents, dim);
      if (rescale) rescaleRows(rows, grown, dim);
    }
  };
  for (const row of round.balanced) takeMean(rows[row]!, agents, dim);
  for (let done = 0, look = FIRST_LOOK; ; look *= 2) {
    const before = Float64Array.from(grown);
    const steps = look - done;
    advance(steps, true);
    const pace = grown.map((now, c) => (now - before[c]!) / steps);
    const fastest = pace.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
    const stride = Math.max(1, Math.floor(Math.min(look * STRIDE_SHARE, MOST_GROWTH / fastest)));
    const first = rows;
    advance(stride, false);
    const second = rows;
    advance(stride, false);
    const { roots, rest } = fitPair(first, second, rows, dim);
    rescaleRows(rows, grown, dim);
    done = look + 2 * stride;
    let radius = 0;
    let error = 0;
    for (let c = 0; c < dim; c++) {
      const useful = rest[c]! < USELESS && roots[c]! > 0;
      const own = useful ? roots[c]! ** (1 / stride) : Math.exp(pace[c]!);
      if (own > radius) radius = own;
      error = Math.max(error, (useful ? rest[c]! : 1) / stride);
    }
    if (done >= MOST_ROUNDS || error < Math.max(ENOUGH, share * Math.abs(1 - radius))) return radius;
  }
}

/** Brings each coordinate back to length 1, and adds what it had grown by. */
function rescaleRows(rows: readonly Vector[], grown: Float64Array, dim: number): void {
  for (let c = 0; c < dim; c++) {
    let squares = 0;
    for (const row of rows) for (let i = c; i < row.length; i += dim) squares += row[i]! * row[i]!;
    const size = Math.sqrt(squares);
    if (!(size > 0)) continue;
    grown[c]! += Math.log(size);
    for (const row of rows) for (let i = c; i < row.length; i += dim) row[i]! /= size;
  }
}

/** Of each coordinate z'' = p z' + q z by least squares: the larger root, and what is left of z''. */
function fitPair(z0: readonly Vector[], z1: readonly Vector[], z2: readonly Vector[], dim: number) {
  const roots = new Float64Array(dim);
  const rest = new Float64Array(dim);
  for (let c = 0; c < dim; c++) {
    let [s00, s01, s11, s02, s12, s22] = [0, 0, 0, 0, 0, 0];
    for (const [row, a] of z0.entries()) {
      const [b, d] = [z1[row]!, z2[row]!];
      for (let i = c; i < a.length; i += dim) {
        s00 += a[i]! * a[i]!;
        s01 += a[i]! * b[i]!;
        s11 += b[i]! * b[i]!;
        s02 += a[i]! * d[i]!;
        s12 += b[i]! * d[i]!;
        s22 += d[i]! * d[i]!;
      }
    }
    if (!(s22 > 0)) continue;
    const determinant = s00 * s11 - s01 * s01;
    // One real eigenvalue is left, and z' is a multiple of z.
    const single = determinant <= 1e-12 * s00 * s11;
    const p = single ? s12 / s11 : (s12 * s00 - s02 * s01) / determinant;
    const q = single ? 0 : (s02 * s11 - s12 * s01) / determinant;
    const left = s22 - 2 * p * s12 - 2 * q * s02 + p * p * s11 + 2 * p * q * s01 + q * q * s00;
    rest[c] = Math.sqrt(Math.max(0, left) / s22);
    const discriminant = p * p + 4 * q;
    roots[c] = discriminant < 0 ? Math.sqrt(-q) : (Math.abs(p) + Math.sqrt(discriminant)) / 2;
  }
  return { roots, rest };
}

function operatorsOf({
  agents,
  dim,
  curvatures,
  rowStart,
  columns,
  weights,
  degrees,
}: LinearProblem): Operators {
  return {
    gradient(x) {
      const out = new Float64Array(x.length);
      for (let i = 0; i < out.length; i++) out[i] = curvatures[i]! * x[i]!;
      return out;
    },
    laplacian(x) {
      const out = new Float64Array(x.length);
      for (let i = 0; i < agents; i++) {
        for (let c = 0; c < dim; c++) out[i * dim + c] = degrees[i]! * x[i * dim + c]!;
        for (let edge = rowStart[i]!; edge < rowStart[i + 1]!; edge++) {
          const weight = weights?.[edge] ?? 1;
          const from = columns[edge]! * dim;
          for (let c = 0; c < dim; c++) out[i * dim + c]! -= weight * x[from + c]!;
        }
      }
      return out;
    },
    damped: (by, x) => x.map((entry, i) => entry / (1 + by * degrees[Math.floor(i / dim)]!)),
    sum([by, of], ...others) {
      const out = new Float64Array(of.length);
      for (let i = 0; i < out.length; i++) out[i] = by * of[i]!;
      for (const [factor, vector] of others)
        for (let i = 0; i < out.length; i++) out[i]! += factor * vector[i]!;
      return out;
    },
  };
}

/** Numbers in (-1, 1) that no eigenvector is orthogonal to: a Weyl sequence, the same on every machine. */
function beginning(length: number, row: number): Vector {
  return Float64Array.from(
    { length },
    (_, i) => 2 * (((i + 1) * 0.6180339887498949 + row * 0.4142135623730951) % 1) - 1,
  );
}

function takeMean(x: Vector, agents: number, dim: number): void {
  for (let c = 0; c < dim; c++) {
    let sum = 0;
    for (let i = c; i < x.length; i += dim) sum += x[i]!;
    for (let i = c; i < x.length; i += dim) x[i]! -= sum / agents;
  }
}
