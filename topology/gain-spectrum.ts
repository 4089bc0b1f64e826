/**
 * The spectrum that gains are made from. Gains need two digits: of lambda2 they take the root, and lambdaMax
 * only has to lie on the safe side. So large graphs stop there:
 *
 *     lambda2     a Rayleigh quotient, never below it, and by the estimate of its error at most 2% above
 *     lambdaMax   theta + |L u - theta u|, at most 1% above theta: an eigenvalue lies no higher than that
 *
 * 1. Lanczos on L until lambdaMax is known: a few dozen steps on any graph. Where degrees are alike and the
 *    graph mixes well, lambda2 is known soon after.
 * 2. Else descent with a V-cycle (`descent.ts`, `multigrid.ts`), for lambda2 alone. Around hubs Lanczos takes
 *    a thousand steps, and on a grid more with every node.
 *
 * Each is a number of passes over the edges that does not grow with the graph, or hardly. Small graphs have
 * all their digits, which cost little: `spectrum`.
 *
 * That theta is the largest eigenvalue, and not the next, rests on the random start. After k steps it is
 * short of it by a share eps with a probability of 1.648 sqrt(nodes) exp(-sqrt(eps) (2 k - 1)) at most,
 * whatever the graph (Kuczynski and Wozniakowski 1992): at 1,000,000 nodes and 30 steps, by 6% once in a
 * thousand times.
 */
import { descend } from './descent.js';
import type { Graph } from './graph.js';
import { Lanczos } from './lanczos.js';
import { boundOfLargest, laplacianOf } from './laplacian.js';
import { vCycle } from './multigrid.js';
import { components } from './properties.js';
import { type Spectrum, spectrum } from './spectrum.js';

/** Nodes + arcs up to which all digits are computed; random regular of degree 8: 27,777 nodes. */
export const LARGE_GRAPH = 250_000;

/** Relative errors that are enough. */
export const ENOUGH = { lambda2: 0.02, lambdaMax: 0.01 };

/** Its error is an estimate, and eigenvalues may crowd: it goes further. */
const ENOUGH_OF_DESCENT = 0.01;

/** Steps of Lanczos at least, so that no larger eigenvalue hides, and at most. */
const LEAST_STEPS = 30;
const MOST_STEPS = 300;
/** Lanczos goes on for lambda2 while it promises to be there soon. */
const PROMISING = 0.25;
const PROMISING_STEPS = 60;
/** Steps of descent at most; ten to thirty are usual. */
const MOST_DESCENT = 200;

/** What is asked of `gainSpectrum` beside the graph. */
export interface GainSpectrumOptions {
  /** Nodes + arcs up to which all digits are computed; tests lower it. */
  largeGraph?: number;
}

/**
 * lambda2 and lambdaMax of the weighted Laplacian as gains need them: to 1e-8 as `spectrum` has them on small
 * graphs, to two digits and on the safe side on large ones. `converged` says whether they are.
 *
 * @param weights 2 * edges positive weights, aligned with `graph.columns`; null means that all are 1
 */
export function gainSpectrum(
  graph: Graph,
  weights: Float64Array | null = null,
  { largeGraph = LARGE_GRAPH }: GainSpectrumOptions = {},
): Spectrum {
  const { nodes, columns } = graph;
  if (nodes + columns.length <= largeGraph || graph.edges === 0) return spectrum(graph, weights);
  const connected = components(graph).count === 1;
  const lanczos = new Lanczos(nodes, laplacianOf(graph, weights));
  const high = { theta: 0, residual: Infinity };
  const low = connected ? { value: 0, residual: Infinity } : { value: 0, residual: 0 };
  const isDone = () =>
    high.residual <= ENOUGH.lambdaMax &&
    (low.residual <= ENOUGH.lambda2 || low.residual > PROMISING || lanczos.steps >= PROMISING_STEPS);
  while (!lanczos.exhausted && lanczos.steps < MOST_STEPS && !(lanczos.steps >= LEAST_STEPS && isDone())) {
    lanczos.advance(lanczos.steps === 0 ? LEAST_STEPS : 5);
    const [top, bottom] = [lanczos.largest(), lanczos.smallest()];
    high.theta = top.value;
    high.residual = top.residual / top.value;
    if (connected) Object.assign(low, { value: bottom.value, residual: bottom.residual / bottom.value });
  }
  let method: Spectrum['method']['lambda2'] = connected ? 'lanczos' : 'trivial';
  if (low.residual > ENOUGH.lambda2) {
    const cycle = vCycle(graph, weights);
    const found = descend(nodes, laplacianOf(graph, weights), cycle.apply, {
      within: ENOUGH_OF_DESCENT,
      most: MOST_DESCENT,
      near: cycle.solves,
    });
    if (found.residual < low.residual) {
      Object.assign(low, found);
      method = 'descent';
    }
  }
  const bound = boundOfLargest(graph, weights);
  const lambdaMax = Math.max(high.theta, Math.min(high.theta * (1 + high.residual), bound));
  return {
    lambda2: low.value,
    lambdaMax,
    residual2: low.residual,
    residualMax: (lambdaMax - high.theta) / lambdaMax,
    converged: low.residual <= ENOUGH.lambda2 && lambdaMax <= (1 + ENOUGH.lambdaMax) * high.theta,
    method: { lambda2: method, lambdaMax: lambdaMax === bound ? 'bound' : 'lanczos' },
  };
}
