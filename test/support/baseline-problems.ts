/**
 * Two small problems, quadratic and logistic, as a config for the engine and as plain functions for the
 * reference implementations.
 */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { drawBatch } from '../../kernels/reference/batches.js';
import { writeNpy } from '../../src/data/npy.js';
import { generate } from '../../topology/index.js';
import { edgeWeights } from '../../topology/weights.js';
import { goldenProblem } from '../golden/problem.js';
import { add, type Rows, shifted } from './baselines.js';
import { writeQuadratic } from './quadratic.js';

export const AGENTS = 11;
const SAMPLES = 5;
export const SEED = 77;
const REGULARIZATION = 0.1;

export interface Problem {
  name: string;
  /** Everything but flow, compressor and rounds. */
  config: Record<string, unknown>;
  agents: number;
  dim: number;
  laplacian: number[][];
  /** I - tau L with the tau that `mixing: auto` stands for. */
  mixing: number[][];
  tau: number;
  start: Rows;
  /** With a batch, that of the engine's draw `draw`. */
  gradient(x: Rows, draw: number, batch?: number): Rows;
}

const wave = (i: number): number => Math.sin(1 + 1.7 * i + 0.3 * i * i);

function graph(weights: 'unit' | 'metropolis') {
  const topology = { kind: 'barabasi-albert', nodes: AGENTS, attach: 2, seed: 4 };
  const { rowStart, columns, ...rest } = generate(topology, 0);
  const weighted = edgeWeights({ rowStart, columns, ...rest }, weights);
  const laplacian = Array.from({ length: AGENTS }, (_, i) => {
    const row = new Array<number>(AGENTS).fill(0);
    for (let arc = rowStart[i]; arc < rowStart[i + 1]; arc++)
      row[columns[arc]] = -(weighted.weights?.[arc] ?? 1);
    row[i] = weighted.degrees[i];
    return row;
  });
  const tau = weights === 'metropolis' ? 1 : 1 / (1 + Math.max(...weighted.degrees));
  return { topology, weights, laplacian, tau, mixing: shifted(1, -tau, laplacian) };
}

async function beginning(folder: string, dim: number): Promise<{ init: string; start: Rows }> {
  const init = path.join(folder, `start-${dim}.npy`);
  const start = Array.from({ length: AGENTS }, (_, i) =>
    Float64Array.from({ length: dim }, (_, c) => wave(c + 7 * i)),
  );
  await writeNpy(init, {
    shape: [AGENTS, dim],
    data: Float64Array.from(start.flatMap((row) => [...row])),
  });
  return { init, start };
}

/** 1/2 sum_c a_ic (x_c - b_ic)^2, edges of weight 1. */
export async function quadraticProblem(folder: string): Promise<Problem> {
  const dim = 5;
  const { topology, weights, ...network } = graph('unit');
  const { a, b } = goldenProblem(AGENTS, dim, 0);
  const { cost } = await writeQuadratic(folder, 'quadratic', a, b, dim);
  const { init, start } = await beginning(folder, dim);
  return {
    name: 'quadratic',
    config: {
      topology,
      weights,
      cost,
      init,
      seed: SEED,
    },
    agents: AGENTS,
    dim,
    ...network,
    start,
    gradient: (x) => x.map((row, i) => row.map((entry, c) => a[i * dim + c] * (entry - b[i * dim + c]))),
  };
}

/** Logistic loss of five samples an agent, Metropolis weights. */
export async function logisticProblem(folder: string): Promise<Problem> {
  const dim = 4;
  const { topology, weights, ...network } = graph('metropolis');
  const rows = AGENTS * SAMPLES;
  const features = Array.from({ length: rows }, (_, r) =>
    Float64Array.from({ length: dim }, (_, c) => wave(c + 3 * r)),
  );
  const labels = Array.from({ length: rows }, (_, r) => (wave(5 * r) > 0 ? 1 : -1));
  const data = path.join(folder, 'samples.libsvm');
  const lines = features.map(
    (row, r) => `${labels[r]} ${[...row].map((entry, c) => `${c + 1}:${entry}`).join(' ')}\n`,
  );
  writeFileSync(data, lines.join(''));
  const { init, start } = await beginning(folder, dim);
  const gradientAt = (x: Float64Array, i: number, picks: number[]) => {
    const out = x.map((entry) => REGULARIZATION * entry);
    for (const pick of picks) {
      const r = i * SAMPLES + pick;
      const margin = labels[r] * features[r].reduce((sum, entry, c) => sum + entry * x[c], 0);
      const slope = ((AGENTS / rows) * (SAMPLES / picks.length) * -labels[r]) / (1 + Math.exp(margin));
      for (let c = 0; c < dim; c++) out[c] += slope * features[r][c];
    }
    return out;
  };
  return {
    name: 'logistic',
    config: {
      topology,
      weights,
      cost: { kind: 'logistic', data, regularization: REGULARIZATION, split: { kind: 'contiguous' } },
      init,
      seed: SEED,
    },
    agents: AGENTS,
    dim,
    ...network,
    start,
    gradient: (x, draw, batch = SAMPLES) =>
      x.map((row, i) => gradientAt(row, i, drawBatch(SAMPLES, batch, i, draw, [SEED, 0]))),
  };
}

/**
 * Largest difference of an entry between the reference implementation's rows and the engine's numbers, agent
 * after agent.
 */
export function largestDifference(reference: Rows, x: Float64Array): number {
  const dim = x.length / reference.length;
  const engine = reference.map((_, i) => x.subarray(i * dim, (i + 1) * dim) as Float64Array);
  return add([1, reference], [-1, engine]).reduce(
    (most, row) => row.reduce((a, b) => Math.max(a, Math.abs(b)), most),
    0,
  );
}
