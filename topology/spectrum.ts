/**
 * The ends of the Laplacian's spectrum: lambda2, the algebraic connectivity (how fast agreement can be), and
 * lambdaMax (how long a step may be). Both to 1e-8 relative, or else `converged` is false and the residuals
 * say how far they got.
 *
 * lambda2 is the hard one: on a ring of n nodes it is about 40 / n^2. Three methods, the first that reaches
 * the tolerance:
 *
 * 1. dense (up to 300 nodes): all eigenvalues (JAMA's symmetric EVD in ml-matrix), residuals computed from
 *    the vectors.
 * 2. Lanczos on L: a few hundred steps. Enough where gaps are wide: random graphs, however large.
 * 3. Lanczos on the inverse of L (or, for lambdaMax, of sigma I - L, sigma just above): a few dozen steps,
 *    each one solve with a sparse Cholesky factor. For everything long and thin, where the factor stays
 *    sparse: rings, grids, power grids. The factor of L subtracts nothing, so even 1e-10 keeps its digits.
 *    When it would fill in too much, (2) goes on to the end of its budget.
 *
 * A residual r of a unit vector guarantees an eigenvalue within r; that it is the extreme one rests, as
 * always with Lanczos, on a start vector that is not orthogonal to it. For lambdaMax the Cholesky factor
 * existing at sigma also proves lambdaMax < sigma.
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { factor, solve } from './elimination.js';
import type { Arcs, Graph } from './graph.js';
import { Lanczos, type Operator, type RitzValue } from './lanczos.js';
import { boundOfLargest, laplacianOf } from './laplacian.js';
import { components } from './properties.js';
import { weightedDegrees } from './weights.js';

/** The relative error promised. */
export const TOLERANCE = 1e-8;

/** Up to here all eigenvalues are computed: half a second at most. */
export const DENSE_NODES = 300;

/**
 * Steps on L before a factor is tried: first, and in all if the first have brought both residuals below 1%.
 */
const FIRST_STEPS = 300;
const PROMISING_STEPS = 1200;

/** Multiplications spent on L when there is no factor to be had: about half a minute. */
const LANCZOS_BUDGET = 1.5e10;

/** Both ends of the spectrum of the Laplacian, the zero of the constants left out. */
export interface Spectrum {
  /** Second smallest eigenvalue; exactly 0 when the graph is disconnected. */
  lambda2: number;
  /** Largest eigenvalue. */
  lambdaMax: number;
  /** Bounds on the relative errors. */
  residual2: number;
  /** Bound on the relative error of `lambdaMax`. */
  residualMax: number;
  /** Both residuals are within what was asked for: 1e-8, of `gainSpectrum` on large graphs two digits. */
  converged: boolean;
  /** How each was found. */
  method: { lambda2: Method; lambdaMax: Method };
}

/** `bound`: of the largest eigenvalue, an upper bound that was good enough. */
export type Method = 'dense' | 'lanczos' | 'shift-invert' | 'descent' | 'bound' | 'trivial';

interface End {
  value: number;
  residual: number;
  method: Method;
}

export interface SpectrumOptions {
  /** Use the dense method up to this many nodes; tests lower it to set one method against another. */
  denseNodes?: number;
}

/**
 * Second smallest and largest eigenvalue of the weighted Laplacian.
 *
 * @param weights 2 * edges positive weights, aligned with `graph.columns`; null means that all are 1
 */
export function spectrum(
  graph: Graph,
  weights: Float64Array | null = null,
  options: SpectrumOptions = {},
): Spectrum {
  const zero: End = { value: 0, residual: 0, method: 'trivial' };
  if (graph.edges === 0) return report(zero, zero);
  const connected = components(graph).count === 1;
  if (graph.nodes <= (options.denseNodes ?? DENSE_NODES)) {
    const { low, high } = dense(graph, weights);
    const result = report(connected ? low : zero, high);
    if (result.converged) return result;
  }
  return sparse(graph, weights, connected);
}

/**
 * What takes the place of the spectrum in a balanced directed graph, where everyone hears as many as hear it.
 * L = D_in - A is not symmetric, its eigenvalues are complex, and two numbers say what steps x <- x - h L x
 * do with a disagreement x:
 *
 *     <x, L x> >= lambda2 |x|^2          |L x|^2 <= lambdaMax <x, L x>          |x - h L x|^2 <= (1 - h (2 - h lambdaMax) lambda2) |x|^2
 *
 * lambda2 is that of (L + L^T)/2, the Laplacian of the closure in which a one-way arc weighs a half;
 * lambdaMax is twice the largest in-degree (Cauchy-Schwarz in each row, and <x, L x> = sum over arcs of (x_i
 * - x_j)^2 / 2). Steps with h lambdaMax < 2 are stable. Where every arc has its reverse, both are the usual
 * ones.
 */
export function balancedSpectrum(
  graph: Graph,
  arcs: Arcs,
  measure: (graph: Graph, weights?: Float64Array | null) => Spectrum = spectrum,
): Spectrum {
  const { nodes, edges, rowStart, columns } = graph;
  const { count, inStart, inColumns, outStart, outColumns } = arcs;
  if (count === 2 * edges) return measure(graph);
  const shares = new Float64Array(columns.length);
  let lambdaMax = 0;
  // Rows ascend, and those of the closure are the others' union.
  let heard = 0;
  let hearer = 0;
  for (let row = 0; row < nodes; row++) {
    lambdaMax = Math.max(lambdaMax, 2 * (inStart[row + 1] - inStart[row]));
    for (let arc = rowStart[row]; arc < rowStart[row + 1]; arc++) {
      if (heard < inStart[row + 1] && inColumns[heard] === columns[arc]) {
        shares[arc] += 1 / 2;
        heard++;
      }
      if (hearer < outStart[row + 1] && outColumns[hearer] === columns[arc]) {
        shares[arc] += 1 / 2;
        hearer++;
      }
    }
  }
  const symmetric = measure(graph, shares);
  return {
    ...symmetric,
    lambdaMax,
    residualMax: 0,
    converged: symmetric.converged || symmetric.residual2 <= TOLERANCE,
    method: { ...symmetric.method, lambdaMax: 'trivial' },
  };
}

function report(low: End, high: End): Spectrum {
  return {
    lambda2: low.value,
    lambdaMax: high.value,
    residual2: low.residual,
    residualMax: high.residual,
    converged: low.residual <= TOLERANCE && high.residual <= TOLERANCE,
    method: { lambda2: low.method, lambdaMax: high.method },
  };
}

function dense(graph: Graph, weights: Float64Array | null): { low: End; high: End } {
  const { nodes, rowStart, columns } = graph;
  const laplacian = Matrix.zeros(nodes, nodes);
  const degrees = weightedDegrees(graph, weights);
  for (let row = 0; row < nodes; row++) {
    laplacian.set(row, row, degrees[row]);
    for (let arc = rowStart[row]; arc < rowStart[row + 1]; arc++) {
      laplacian.set(row, columns[arc], -(weights === null ? 1 : weights[arc]));
    }
  }
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(laplacian, {
    assumeSymmetric: true,
  });
  const rising = realEigenvalues.map((_, index) => index);
  rising.sort((a, b) => realEigenvalues[a] - realEigenvalues[b]);
  const apply = laplacianOf(graph, weights);
  const endOf = (index: number): End => {
    const vector = Float64Array.from(eigenvectorMatrix.getColumn(index));
    const image = new Float64Array(nodes);
    apply(vector, image);
    let squares = 0;
    for (let node = 0; node < nodes; node++)
      squares += (image[node] - realEigenvalues[index] * vector[node]) ** 2;
    const value = realEigenvalues[index];
    return { value, residual: Math.sqrt(squares) / Math.abs(value), method: 'dense' };
  };
  return { low: endOf(rising[1]), high: endOf(rising[nodes - 1]) };
}

function sparse(graph: Graph, weights: Float64Array | null, connected: boolean): Spectrum {
  const direct = new Lanczos(graph.nodes, laplacianOf(graph, weights));
  let low: End = connected
    ? { value: 0, residual: Infinity, method: 'lanczos' }
    : { value: 0, residual: 0, method: 'trivial' };
  let high: End = { value: 0, residual: Infinity, method: 'lanczos' };
  const look = (): void => {
    const top = direct.largest();
    // Each product with L is itself only good to a few roundings of lambdaMax.
    const floor = 8 * 2 ** -53 * top.value;
    if (high.residual > TOLERANCE) high = relative(top, floor);
    if (low.residual > TOLERANCE) low = relative(direct.smallest(), floor);
  };
  const goOn = (steps: number): void => {
    while (direct.steps < steps && !direct.exhausted) {
      direct.advance(Math.max(10, Math.ceil(direct.steps / 10)));
      look();
      if (low.residual <= TOLERANCE && high.residual <= TOLERANCE) return;
    }
  };

  goOn(FIRST_STEPS);
  if (low.residual < 0.01 && high.residual < 0.01) goOn(PROMISING_STEPS);
  if (low.residual > TOLERANCE) low = bestOf(low, lowByInverse(graph, weights));
  if (high.residual > TOLERANCE) high = bestOf(high, highByInverse(graph, weights, high));
  if (low.residual > TOLERANCE || high.residual > TOLERANCE) {
    goOn(LANCZOS_BUDGET / (graph.columns.length + 10 * graph.nodes));
  }
  return report(low, high);
}

function relative({ value, residual }: RitzValue, floor: number): End {
  return { value, residual: value > 0 ? (residual + floor) / value : Infinity, method: 'lanczos' };
}

function bestOf(first: End, second: End | null): End {
  return second !== null && second.residual < first.residual ? second : first;
}

/** Inverse steps at most; a few dozen are usual. */
const INVERSE_STEPS = 300;

/** The largest eigenvalue of an inverse, and its residual, both absolute. */
function largestOf(nodes: number, apply: Operator, isEnough: (ritz: RitzValue) => boolean): RitzValue {
  const lanczos = new Lanczos(nodes, apply);
  let ritz: RitzValue;
  do {
    lanczos.advance(4);
    ritz = lanczos.largest();
  } while (!isEnough(ritz) && lanczos.steps < INVERSE_STEPS && !lanczos.exhausted);
  return ritz;
}

/** lambda2 = 1 / the largest eigenvalue of L's inverse on the vectors that sum to 0. */
function lowByInverse(graph: Graph, weights: Float64Array | null): End | null {
  const outcome = factor(graph, weights, null);
  if ('failed' in outcome) return null;
  const work = new Float64Array(graph.nodes);
  const ritz = largestOf(
    graph.nodes,
    (x, y) => solve(outcome.factor, x, y, work),
    ({ value, residual }) => residual <= 0.01 * TOLERANCE * value,
  );
  return { value: 1 / ritz.value, residual: ritz.residual / ritz.value, method: 'shift-invert' };
}

/**
 * lambdaMax = sigma - 1 / the largest eigenvalue of (sigma I - L)^-1, for the least sigma above it that we
 * can guess.
 */
function highByInverse(graph: Graph, weights: Float64Array | null, estimate: End): End | null {
  const ceiling = boundOfLargest(graph, weights) * (1 + 1e-10);
  let margin = Math.max(2 * estimate.residual, 1e-9);
  for (;;) {
    const sigma = Math.min(estimate.value * (1 + margin), ceiling);
    const outcome = factor(graph, weights, sigma);
    if ('failed' in outcome) {
      if (outcome.failed === 'budget' || sigma === ceiling) return null;
      margin *= 10;
      continue;
    }
    const work = new Float64Array(graph.nodes);
    // d(lambda) = d(theta) / theta^2
    const errorOf = ({ value, residual }: RitzValue): number => residual / (value * value) / sigma;
    const ritz = largestOf(
      graph.nodes,
      (x, y) => solve(outcome.factor, x, y, work),
      (candidate) => errorOf(candidate) <= 0.01 * TOLERANCE,
    );
    return { value: sigma - 1 / ritz.value, residual: errorOf(ritz), method: 'shift-invert' };
  }
}
