/**
 * What the methods are known for: those that are exact converge linearly to x* with the constant step at
 * which DGD stalls, and DGD stalls where its own penalised problem has its minimiser; and the ways in which
 * one of them is another.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeGrid } from '../../src/compare/grid.js';
import { parseConfig } from '../../src/config/load.js';
import { kernelsUrl } from '../../src/run/locations.js';
import { prepareRun } from '../../src/session/prepare.js';
import { runOnOneThread } from '../../src/session/single-thread.js';
import { goldenProblem } from '../golden/problem.js';
import { AGENTS, largestDifference, quadraticProblem } from '../support/baseline-problems.js';
import { temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';

const folder = temporaryFolder();
const problem = await quadraticProblem(folder);
const module = new WebAssembly.Module(readFileSync(kernelsUrl));
const { dim, tau, laplacian } = problem;
const { init: _nonzero, ...fromZero } = problem.config;
const h = 0.1;

/** The trace of a run, a row every round. */
async function trace(flow: Record<string, unknown>, rounds: number) {
  const config = { ...problem.config, flow, rounds, trace: { every: 1 } };
  return runOnOneThread(await prepareRun(await parseConfig(config), 1), module).rows;
}

/** Least squares slope of log10 of the values over their index. */
function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  let across = 0;
  let along = 0;
  for (const [k, value] of values.entries()) {
    across += (k - middle) * Math.log10(value);
    along += (k - middle) ** 2;
  }
  return across / along;
}

/** Gaussian elimination with pivots. */
function solveLinear(matrix: number[][], right: number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]]);
  for (let c = 0; c < rows.length; c++) {
    const pivot = rows.slice(c).reduce((best, row) => (Math.abs(row[c]) > Math.abs(best[c]) ? row : best));
    rows.splice(rows.indexOf(pivot), 1);
    rows.splice(c, 0, pivot);
    for (const row of rows) {
      if (row === pivot) continue;
      const share = row[c] / pivot[c];
      for (let e = c; e < row.length; e++) row[e] -= share * pivot[e];
    }
  }
  return rows.map((row, i) => row[rows.length] / row[i]);
}

describe('one constant step for all', () => {
  it.each([
    { kind: 'extra', step: h },
    { kind: 'nids', step: h },
    { kind: 'exact-diffusion', step: h },
    { kind: 'diging', step: h },
    { kind: 'admm', penalty: 0.4, inner: 1 },
    { kind: 'admm', penalty: 0.4, inner: 20 },
    { kind: 'pdmm', penalty: 0.8, inner: 1 },
    { kind: 'pdmm', penalty: 0.8, inner: 20 },
  ])('$kind, inner $inner: linear to rms 1e-9, at a rate that does not change', async (flow) => {
    const errors = (await trace(flow, 2000)).map(({ rmsError }) => rmsError);
    const end = errors.findIndex((error) => error <= 1e-9);
    expect(end, 'reached').toBeGreaterThan(0);
    // After the fast modes have gone and before rounding shows: the error oscillates about its line, so
    // halves and not neighbours are compared.
    const begin = errors.findIndex((error) => error <= 1e-3);
    const middle = Math.round((begin + end) / 2);
    const early = slope(errors.slice(begin, middle));
    const late = slope(errors.slice(middle, end));
    expect(early).toBeLessThan(0);
    expect(Math.abs(late / early - 1), `${early} a round, then ${late}`).toBeLessThan(0.2);
    // And it stays: rounding does not drive it away again.
    expect(errors.at(-1)).toBeLessThan(1e-12);
  });

  it('dgd stalls at the minimiser of sum_i f_i(x_i) + (1/2h) <x, (I - W) x>, further off the larger the step', async () => {
    const { a, b } = goldenProblem(AGENTS, dim, 0);
    const biases: number[] = [];
    for (const step of [h, h / 2]) {
      const { x, final } = await runSequentially(
        { ...problem.config, flow: { kind: 'dgd', step }, rounds: 4000 },
        1,
      );
      const fixed = Array.from({ length: AGENTS }, () => new Float64Array(dim));
      for (let c = 0; c < dim; c++) {
        const curvature = (i: number) => a[i * dim + c];
        const matrix = laplacian.map((row, i) =>
          row.map((entry, j) => (i === j ? curvature(i) : 0) + (tau / step) * entry),
        );
        const solution = solveLinear(
          matrix,
          laplacian.map((_, i) => curvature(i) * b[i * dim + c]),
        );
        for (const [i, entry] of solution.entries()) fixed[i][c] = entry;
      }
      expect(largestDifference(fixed, x)).toBeLessThan(1e-12);
      expect(final.rmsError).toBeGreaterThan(0.01);
      biases.push(final.rmsError);
    }
    expect(biases[0] / biases[1]).toBeGreaterThan(1.5);
  });

  it('dgd with a diminishing step gets nearer and nearer', async () => {
    const errors = (await trace({ kind: 'dgd', step: 0.4, decay: 0.9 }, 3000)).map(
      ({ rmsError }) => rmsError,
    );
    expect(errors[3000] / errors[300]).toBeLessThan(0.2);
  });
});

describe('one method is another', () => {
  const endOf = async (flow: Record<string, unknown>, config: Record<string, unknown> = problem.config) =>
    (await runSequentially({ ...config, flow, rounds: 60 }, 1)).x;
  const asRows = (x: Float64Array) =>
    Array.from({ length: AGENTS }, (_, i) => x.slice(i * dim, (i + 1) * dim));

  it('EXTRA is the primal-dual flow with alpha = tau/h, beta = sqrt(tau/2)/h', async () => {
    const flow = { kind: 'primal-dual', step: h, alpha: tau / h, beta: Math.sqrt(tau / 2) / h };
    expect(
      largestDifference(asRows(await endOf(flow)), await endOf({ kind: 'extra', step: h })),
    ).toBeLessThan(1e-12);
  });

  it.each([
    ['0', fromZero],
    ['elsewhere', problem.config],
  ])('PDMM averaged by a half is ADMM of half the penalty, begun at %s', async (_where, config) => {
    const common = { rho: 3, inner: 4 };
    const averaged = await endOf({ kind: 'pdmm', theta: 0.5, penalty: 0.8, ...common }, config);
    const admm = await endOf({ kind: 'admm', penalty: 0.4, ...common }, config);
    expect(largestDifference(asRows(averaged), admm)).toBeLessThan(1e-12);
  });

  it('NIDS is Exact Diffusion from a gradient step further on', async () => {
    const nids = (
      await runSequentially({ ...problem.config, flow: { kind: 'nids', step: h }, rounds: 61 }, 1)
    ).x;
    // The same beginning after one step, as a file.
    const { writeNpy } = await import('../../src/data/npy.js');
    const gradient = problem.gradient(problem.start, 0);
    const stepped = problem.start.map((row, i) => row.map((entry, c) => entry - h * gradient[i][c]));
    const init = path.join(folder, 'stepped.npy');
    await writeNpy(init, {
      shape: [AGENTS, dim],
      data: Float64Array.from(stepped.flatMap((row) => [...row])),
    });
    const diffusion = await endOf({ kind: 'exact-diffusion', step: h }, { ...problem.config, init });
    expect(largestDifference(asRows(nids), diffusion)).toBeLessThan(1e-12);
  });
});

describe('side by side', () => {
  it("compare's grid takes them by name, with steps of their own", async () => {
    const file = path.join(folder, 'ring.yaml');
    writeFileSync(
      file,
      'topology: { kind: ring, nodes: 8 }\ncost: { kind: quadratic, dim: 4 }\nflow: { kind: primal-dual }\nrounds: 3000\ntrace: { every: 1 }\n',
    );
    const { cells } = await makeGrid({
      configs: [file],
      flows: 'dgd; extra; nids; diging; admm(inner=1); pdmm; primal-dual',
      target: 'rmsError=1e-9',
    });
    const verdicts = [];
    for (const { loaded } of cells)
      verdicts.push(runOnOneThread(await prepareRun(loaded, 1), module).verdict);
    expect(verdicts).toEqual(['go', ...Array(6).fill('converged')]);
  });
});

describe('what cannot be is refused', () => {
  const attempt = (flow: Record<string, unknown>, more: Record<string, unknown> = {}) =>
    runSequentially({ ...problem.config, flow, rounds: 2, ...more }, 1);

  it.each([
    [
      { kind: 'extra', mixing: 5 },
      {},
      /flow\.mixing is 5, expected auto, or a number below 2\/lambdaMax = 0\.\d+/,
    ],
    [
      { kind: 'nids' },
      { compressor: { kind: 'sign' } },
      /identity, since nids sends its vectors as they are/,
    ],
    [
      { kind: 'dgd', localSteps: 2 ** 20, step: 1 },
      { rounds: 2 ** 20 },
      /flow\.localSteps is 1048576, expected at most 4095/,
    ],
    [{ kind: 'pdmm', theta: 0 }, {}, /theta/],
    [{ kind: 'extra', batch: 2 }, {}, /not made of samples/],
  ] as const)('%o', async (flow, more, expected) => {
    await expect(attempt(flow, more)).rejects.toThrow(expected);
  });

  it.each([
    // W does not average, and the bound on lambdaMax that a run without auto goes by says nothing of a step.
    [
      { kind: 'extra', step: 0.3, mixing: 5 },
      /^flow\.step is 0\.3; what held in a trial of \d+ rounds: try flow\.step: 0\.\d+ and flow\.mixing: 0\.\d+$/,
    ],
    [{ kind: 'diging', step: 3 }, /try flow\.step: 0\.\d+/],
    [
      { kind: 'pdmm', penalty: 1, rho: 0.01, inner: 2 },
      /^pdmm has no step; with penalty 1, .* leave to auto/,
    ],
  ])('%o diverges, and the hint says what to try', async (flow, hint) => {
    const config = { ...problem.config, flow, rounds: 3000, trace: { every: 1 } };
    const { summary, verdict } = runOnOneThread(await prepareRun(await parseConfig(config), 1), module);
    expect(verdict).toBe('diverged');
    expect(summary.hint).toMatch(hint);
  });
});
