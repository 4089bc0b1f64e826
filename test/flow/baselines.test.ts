/**
 * Methods of other papers: the engine against their recursions as published (test/support/baselines.ts), on
 * two costs, with weighted and unweighted edges, from a beginning that is not 0; then what each of them is
 * known for.
 */

import { describe, expect, it } from 'vitest';
import {
  largestDifference,
  logisticProblem,
  type Problem,
  quadraticProblem,
} from '../support/baseline-problems.js';
import {
  admm,
  dgd,
  diffusion,
  diging,
  dlm,
  type EdgeInputs,
  exactDiffusion,
  extra,
  nids,
  pdmm,
  type Rows,
} from '../support/baselines.js';
import { temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';

const folder = temporaryFolder();
const problems = [await quadraticProblem(folder), await logisticProblem(folder)];
const [, logistic] = problems;
const ROUNDS = [1, 40];

type GraphInputs = Omit<EdgeInputs, 'c' | 'rho' | 'inner'>;

interface Recursion {
  name: string;
  flow: Record<string, unknown>;
  reference: (inputs: GraphInputs) => Rows;
  batch?: number;
}

const h = 0.15;
const EDGES = { penalty: 0.3, rho: 4 };
const EDGE_INPUTS = { c: 0.3, rho: 4 };
const exact: Recursion[] = [
  { name: 'dgd', flow: { kind: 'dgd', step: h }, reference: (inputs) => dgd(inputs, () => h) },
  {
    name: 'dgd, diminishing step',
    flow: { kind: 'dgd', step: h, decay: 0.5 },
    reference: (inputs) => dgd(inputs, (k) => h / Math.sqrt(k + 1)),
  },
  {
    name: 'diffusion',
    flow: { kind: 'dgd', variant: 'diffusion', step: h },
    reference: (inputs) => diffusion(inputs, h, 1),
  },
  { name: 'extra', flow: { kind: 'extra', step: h }, reference: (inputs) => extra(inputs, h) },
  { name: 'nids', flow: { kind: 'nids', step: h }, reference: (inputs) => nids(inputs, h) },
  {
    name: 'exact diffusion',
    flow: { kind: 'exact-diffusion', step: h },
    reference: (inputs) => exactDiffusion(inputs, h),
  },
  { name: 'diging', flow: { kind: 'diging', step: h }, reference: (inputs) => diging(inputs, h) },
  {
    name: 'admm',
    flow: { kind: 'admm', ...EDGES, inner: 3 },
    reference: (inputs) => admm({ ...inputs, ...EDGE_INPUTS, inner: 3 }),
  },
  {
    name: 'dlm',
    flow: { kind: 'admm', ...EDGES, inner: 1 },
    reference: (inputs) => dlm({ ...inputs, ...EDGE_INPUTS, inner: 1 }),
  },
  {
    name: 'pdmm',
    flow: { kind: 'pdmm', ...EDGES, inner: 3 },
    reference: (inputs) => pdmm({ ...inputs, ...EDGE_INPUTS, inner: 3 }, 1),
  },
  {
    name: 'averaged pdmm',
    flow: { kind: 'pdmm', ...EDGES, theta: 0.7, inner: 2 },
    reference: (inputs) => pdmm({ ...inputs, ...EDGE_INPUTS, inner: 2 }, 0.7),
  },
];
const drawn: Recursion[] = [
  {
    name: 'local SGD',
    flow: { kind: 'dgd', variant: 'diffusion', step: h, localSteps: 3, batch: 2 },
    batch: 2,
    reference: (inputs) => diffusion(inputs, h, 3),
  },
  {
    name: 'dgd',
    flow: { kind: 'dgd', step: h, batch: 2 },
    batch: 2,
    reference: (inputs) => dgd(inputs, () => h),
  },
  {
    name: 'extra',
    flow: { kind: 'extra', step: h, batch: 2 },
    batch: 2,
    reference: (inputs) => extra(inputs, h),
  },
  {
    name: 'nids',
    flow: { kind: 'nids', step: h, batch: 2 },
    batch: 2,
    reference: (inputs) => nids(inputs, h),
  },
  {
    name: 'diging',
    flow: { kind: 'diging', step: h, batch: 2 },
    batch: 2,
    reference: (inputs) => diging(inputs, h),
  },
  {
    name: 'pdmm',
    flow: { kind: 'pdmm', ...EDGES, inner: 2, batch: 2 },
    batch: 2,
    reference: (inputs) => pdmm({ ...inputs, ...EDGE_INPUTS, inner: 2 }, 1),
  },
];

async function agree({ flow, reference, batch }: Recursion, problem: Problem) {
  for (const rounds of ROUNDS) {
    const { x } = await runSequentially({ ...problem.config, flow, rounds }, 2);
    const expected = reference({
      mixing: problem.mixing,
      weights: problem.laplacian.map((row, i) => row.map((entry, j) => (i === j ? 0 : -entry))),
      gradient: (rows, draw) => problem.gradient(rows, draw, batch),
      start: problem.start,
      rounds,
    });
    expect(largestDifference(expected, x), `after ${rounds} rounds`).toBeLessThanOrEqual(1e-9);
  }
}

describe('the engine computes the recursions as published', () => {
  it.each(problems.flatMap((problem) => exact.map((one) => ({ ...one, problem, cost: problem.name }))))(
    '$name, $cost',
    ({ problem, ...one }) => agree(one, problem),
  );

  it.each(drawn)('$name with mini-batches', (one) => agree(one, logistic));
});
