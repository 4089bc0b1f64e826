/** Linear equations over a network, one scalar a message: rates and limits held against the spectrum. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { parse } from 'yaml';
import { philoxUniform } from '../../dist/kernels/reference/philox.js';
import { run } from '../../dist/src/index.js';
import { drawBeside } from '../frame/figure.mjs';
import { seedsTo } from '../frame/runs.mjs';
import { atMost, within } from '../frame/verdict.mjs';

const config = parse(readFileSync(new URL('equations.yaml', import.meta.url), 'utf8'));
const few = fileURLToPath(new URL('few.mjs', import.meta.url));
const {
  topology: { nodes },
  cost: { rows, dim },
  flow: { step, alpha },
} = config;
const EACH = rows / nodes;

/** What agents say: the directions of a period, and how a config names them. */
const unit = (c) => Array.from({ length: dim }, (_, at) => (at === c ? 1 : 0));
const sine = (r) =>
  Array.from(
    { length: dim },
    (_, c) => Math.sqrt(2 / (dim + 1)) * Math.sin((Math.PI * (r + 1) * (c + 1)) / (dim + 1)),
  );
const inTurn = (count, direction) => Array.from({ length: count }, (_, k) => [direction(k)]);
const WAYS = [
  {
    name: 'all of x',
    compressor: { kind: 'identity' },
    period: [Array.from({ length: dim }, (_, c) => unit(c))],
  },
  { name: 'coordinates in turn', compressor: { kind: 'scalarize-cyclic' }, period: inTurn(dim, unit) },
  { name: 'sinusoids in turn', compressor: { kind: 'scalarize-sinusoid' }, period: inTurn(dim, sine) },
  { name: 'half of the coordinates', coordinates: dim / 2, period: inTurn(dim / 2, unit) },
  { name: 'one coordinate for ever', coordinates: 1, period: inTurn(1, unit) },
].map(({ coordinates, ...way }) => ({
  ...way,
  excites: coordinates === undefined,
  compressor: way.compressor ?? { kind: 'custom', module: few, coordinates },
}));

/** With a dual, for equations that no x meets. */
const DUAL = { beta: 0.5, alpha: 0.6, step: 0.3 };
const NOISE = 0.3;

/** Uniform in (-1, 1), of the seed and a number of its own. */
const drawn = (count, what, seed) => philoxUniform(count, what, 0, 40, [seed, 0]);

/** Sum over the edges of the ring. */
const laplacian = Matrix.zeros(nodes, nodes);
for (let i = 0; i < nodes; i++) {
  const j = (i + 1) % nodes;
  laplacian.set(i, i, 2);
  laplacian.set(i, j, -1);
  laplacian.set(j, i, -1);
}

/** A, b, x* and x(0) of a seed; rows of length 1. */
function problem(seed, noise) {
  const a = new Matrix(Array.from({ length: rows }, (_, r) => [...drawn(dim, r, seed)]));
  for (let r = 0; r < rows; r++) a.mulRow(r, 1 / Math.hypot(...a.getRow(r)));
  const solution = Matrix.columnVector([...drawn(dim, 1000, seed)]);
  const beside = Matrix.columnVector([...drawn(rows, 1001, seed)]).mul(noise);
  const b = a.mmul(solution).add(beside);
  const square = a.transpose().mmul(a);
  const best = noise === 0 ? solution : solveSymmetric(square, a.transpose().mmul(b));
  return { a, b, best, start: drawn(nodes * dim, 1002, seed) };
}

/** By its eigenvectors: no decomposition of the engine's. */
function solveSymmetric(matrix, right) {
  const { realEigenvalues, eigenvectorMatrix: v } = new EigenvalueDecomposition(matrix, {
    assumeSymmetric: true,
  });
  const parts = v.transpose().mmul(right);
  for (let c = 0; c < realEigenvalues.length; c++) parts.set(c, 0, parts.get(c, 0) / realEigenvalues[c]);
  return v.mmul(parts);
}

/** diag(A_i^T A_i). */
function ofEquations(a) {
  const out = Matrix.zeros(nodes * dim, nodes * dim);
  for (let r = 0; r < rows; r++) {
    const i = Math.floor(r / EACH);
    for (let c = 0; c < dim; c++)
      for (let e = 0; e < dim; e++)
        out.set(i * dim + c, i * dim + e, out.get(i * dim + c, i * dim + e) + a.get(r, c) * a.get(r, e));
  }
  return out;
}

/** L (x) sum of psi psi^T. */
function ofMessages(directions) {
  const psi = new Matrix(directions);
  return laplacian.kroneckerProduct(psi.transpose().mmul(psi));
}

/** I - h (diag(A_i^T A_i) + alpha L (x) psi psi^T), over a period. */
function monodromy(a, period) {
  const local = ofEquations(a);
  return period.reduce(
    (product, directions) =>
      Matrix.eye(nodes * dim)
        .sub(Matrix.add(local, ofMessages(directions).mul(alpha)).mul(step))
        .mmul(product),
    Matrix.eye(nodes * dim),
  );
}

/** The same with duals: (x - x*, v). */
function monodromyWithDuals(a, period) {
  const size = nodes * dim;
  const local = ofEquations(a);
  return period.reduce(
    (product, directions) => {
      const said = ofMessages(directions);
      const whole = Matrix.eye(2 * size);
      whole.setSubMatrix(
        Matrix.eye(size).sub(Matrix.add(local, Matrix.mul(said, DUAL.alpha)).mul(DUAL.step)),
        0,
        0,
      );
      whole.setSubMatrix(Matrix.eye(size).mul(-DUAL.step * DUAL.beta), 0, size);
      whole.setSubMatrix(Matrix.mul(said, DUAL.step * DUAL.beta), size, 0);
      return whole.mmul(product);
    },
    Matrix.eye(2 * size),
  );
}

/** Largest magnitude below 1 of the eigenvalues, a round: -log of it. Those at 1 are what stays. */
function rateOf(matrix, rounds) {
  const { realEigenvalues: re, imaginaryEigenvalues: im } = new EigenvalueDecomposition(matrix);
  const sizes = re.map((real, k) => Math.hypot(real, im[k])).filter((size) => size < 1 - 1e-9);
  return -Math.log(Math.max(...sizes)) / rounds;
}

/** Where x - x* ends: its part in what neither equations nor messages see. */
function staying(a, period, error) {
  const seen = period.reduce((sum, directions) => sum.add(ofMessages(directions)), ofEquations(a));
  const { realEigenvalues, eigenvectorMatrix: v } = new EigenvalueDecomposition(seen, {
    assumeSymmetric: true,
  });
  const out = new Float64Array(error.length);
  realEigenvalues.forEach((value, k) => {
    if (value > 1e-10) return;
    const column = v.getColumn(k);
    const part = column.reduce((sum, entry, at) => sum + entry * error[at], 0);
    column.forEach((entry, at) => {
      out[at] += part * entry;
    });
  });
  return out;
}

/** Slope of -log of what is far from rounding, by rounds, where only the slowest mode is left. */
function measuredRate(trace, from, to) {
  const first = trace[0].size;
  const points = trace.filter(({ size }) => size < from * first && size > to * first);
  if (points.length < 3) return null;
  const mean = (of) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const middle = mean(({ round }) => round);
  const level = mean(({ size }) => Math.log(size));
  const [up, down] = points.reduce(
    ([up, down], { round, size }) => [
      up + (round - middle) * (Math.log(size) - level),
      down + (round - middle) ** 2,
    ],
    [0, 0],
  );
  return -up / down;
}

async function measuredRun({ a, b, best, start }, flow, compressor, rounds) {
  const { rows: trace, x } = await run(
    {
      ...config,
      cost: {
        kind: 'linear-equation',
        a: Float64Array.from(a.to1DArray()),
        b: Float64Array.from(b.to1DArray()),
      },
      init: start,
      flow: { ...config.flow, ...flow },
      compressor,
      rounds,
      seed: 1,
    },
    { workers: 1 },
  );
  const error = x.map((entry, at) => entry - best.get(at % dim, 0));
  return { trace: trace.map(({ round, rmsError }) => ({ round, size: rmsError })), error };
}

const rms = (v) => Math.sqrt(v.reduce((sum, entry) => sum + entry * entry, 0) / v.length);

const source = 'Wang, Ren, Yuan, Shi 2024 (arXiv 2401.06332)';
const exciting = (numbers) => numbers.ways.filter(({ excites }) => excites);

export default {
  order: 8,
  title: 'Linear equations over a network, one scalar a message',
  about: [
    'Agents hold two equations each of A x = b, sixteen in all for 6 unknowns. A message is one number, psi(k) . x, with psi known to all; neighbours put it back along psi. With every direction in turn, psi is persistently exciting. With some of them alone it is not.',
    'The flow is gradient descent on the own equations and consensus on what is said, by forward Euler (primal-dual with beta: 0, node-state). Its error is a linear map of the one before, periodic as psi is. So its rate is the spectral radius of the product over a period, and where it ends is the projection of the beginning on what neither equations nor messages see. Both are worked out here with ml-matrix from A, the ring and psi, without anything of the engine.',
    'The abstract of the paper says what is sent and that it converges linearly. Equations, gains, psi and the step are our own.',
  ],
  configs: ['equations.yaml'],
  sizes: { full: { seeds: 5, rounds: 12000 }, small: { seeds: 1, rounds: 3000 } },

  async measure({ seeds, rounds }) {
    const ways = [];
    for (const { name, excites, compressor, period } of WAYS) {
      const found = {
        way: name,
        excites,
        predicted: [],
        measured: [],
        left: [],
        predictedLeft: [],
        apart: [],
        curve: null,
      };
      for (const seed of seedsTo(seeds)) {
        const given = problem(seed, 0);
        const { trace, error } = await measuredRun(given, {}, compressor, rounds);
        const first = given.start.map((entry, at) => entry - given.best.get(at % dim, 0));
        const end = staying(given.a, period, first);
        found.predicted.push(rateOf(monodromy(given.a, period), period.length));
        found.measured.push(excites ? measuredRate(trace, 1e-4, 1e-12) : null);
        found.left.push(rms(error) / rms(first));
        found.predictedLeft.push(rms(end) / rms(first));
        found.apart.push(rms(error.map((entry, at) => entry - end[at])) / rms(first));
        if (seed === 1) found.curve = thinned(trace);
      }
      ways.push(found);
    }
    const dual = { predicted: [], measured: [], left: [], without: [] };
    for (const seed of seedsTo(seeds)) {
      const given = problem(seed, NOISE);
      const cyclic = WAYS[1];
      const { trace, error } = await measuredRun(given, DUAL, cyclic.compressor, rounds);
      dual.predicted.push(rateOf(monodromyWithDuals(given.a, cyclic.period), cyclic.period.length));
      dual.measured.push(measuredRate(trace, 1e-5, 1e-12));
      dual.left.push(rms(error));
      dual.without.push(rms((await measuredRun(given, {}, cyclic.compressor, rounds)).error));
    }
    return { ways, dual };
  },

  claims: [
    {
      id: 'linear',
      claim:
        'with one scalar a message and persistent excitation all agents find the solution at a linear rate',
      source,
      how: 'Measured rate (slope of -log of the rms error, from 1e-4 to 1e-12 of the first) over the predicted one (-log of the spectral radius of the product over a period, a round), coordinates and sinusoids in turn, and all of x; each problem within 5%.',
      judge: (numbers) =>
        within(
          exciting(numbers).flatMap(({ measured, predicted }) =>
            measured.map((rate, k) => ratio(rate, predicted[k])),
          ),
          0.95,
          1.05,
          'measured over predicted rate',
        ),
      deviations: ['The prediction is ours: it is exact for this linear map, and no bound of the paper.'],
    },
    {
      id: 'stalls',
      claim: 'without persistent excitation they stall, at a point that the spectrum says',
      source: `follows from the above; ${source} assumes persistent excitation`,
      how: 'Distance of where the agents end from the predicted limit (the projection of the beginning on the fixed space), over the first error, at most 1e-6; half of the coordinates said, and one for ever.',
      judge: (numbers) =>
        atMost(
          numbers.ways.filter(({ excites }) => !excites).flatMap(({ apart }) => apart),
          1e-6,
          'distance from the predicted limit',
        ),
      deviations: ['Which psi does not excite is our choice: some coordinates of x, and no others.'],
    },
    {
      id: 'does-stall',
      claim: 'and that point is no solution',
      source: 'follows from the above',
      how: 'What is left of the error at the end without persistent excitation is at least 1% of the first.',
      judge: (numbers) => ({
        ...within(
          numbers.ways.filter(({ excites }) => !excites).flatMap(({ left }) => left),
          0.01,
          1,
          'error that is left',
        ),
      }),
      deviations: ['None.'],
    },
    {
      id: 'least-squares',
      claim: 'equations that no x meets are solved in the sense of least squares, where agents keep a dual',
      source: 'Ren et al. 2024 (arXiv 2408.02332) for the dual',
      how: `b with noise of up to ${NOISE}, coordinates in turn, beta ${DUAL.beta}: measured over predicted rate within 5%, as above, with the duals in the map, from 1e-5 of the first error on.`,
      judge: ({ dual: { measured, predicted } }) =>
        within(
          measured.map((rate, k) => ratio(rate, predicted[k])),
          0.95,
          1.05,
          'measured over predicted rate',
        ),
      deviations: ['The dual is not of the paper on linear equations, whose equations have a solution.'],
    },
  ],

  caption:
    'Error of the agents (rms distance from the solution) against rounds, for one of the problems; lines are the predicted rates, and where no direction excites the rest the predicted limits.',

  async figure({ ways }) {
    const picture = (wanted) => {
      const chosen = ways.filter(({ excites }) => excites === wanted);
      const last = wanted ? SHOWN : Math.max(...chosen.flatMap(({ curve }) => curve.rounds));
      return {
        x: { title: 'rounds', low: 0, high: last },
        y: {
          title: 'rms error, share of the first',
          ...(wanted ? { scale: 'log', low: 1e-14, high: 2 } : { low: 0, high: 1 }),
        },
        height: 280,
        panels: [
          {
            title: wanted ? 'every direction in turn' : 'some directions alone',
            curves: chosen.flatMap(({ way, curve, predicted: [rate], predictedLeft: [left] }) => [
              { label: way, x: curve.rounds, y: curve.sizes },
              { label: `${way}, predicted`, thin: true, ...line(curve, rate, wanted, left) },
            ]),
          },
        ],
      };
    };
    return drawBeside(this.caption, [picture(true), picture(false)]);
  },
};

/** Rounds until all is said, of what is drawn. */
const SHOWN = 5000;

const ratio = (measured, predicted) => (measured === null ? null : measured / predicted);

/** A few points of a trace, as shares of the first. */
function thinned(trace) {
  const every = Math.max(1, Math.floor(trace.length / 100));
  const kept = trace.filter((_, at) => at % every === 0);
  return { rounds: kept.map(({ round }) => round), sizes: kept.map(({ size }) => size / trace[0].size) };
}

/** A straight line of the predicted rate that meets the curve in its middle; or the predicted limit. */
function line({ rounds, sizes }, rate, excites, left) {
  if (!excites) return { x: [rounds[0], rounds.at(-1)], y: [left, left] };
  const at = sizes.findIndex((size) => size < 1e-6);
  const end = sizes.findIndex((size) => size < 1e-12);
  const until = rounds[end < 0 ? rounds.length - 1 : end];
  const value = (round) => sizes[at] * Math.exp(-rate * (round - rounds[at]));
  return { x: [rounds[0], until], y: [value(rounds[0]), value(until)] };
}
