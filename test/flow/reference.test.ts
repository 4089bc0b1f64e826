/**
 * Consensus whose values move: the engine against plain arrays, what is conserved, how closely the average is
 * followed, and what is refused.
 */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { philoxUniform } from '../../kernels/reference/index.js';
import { planCompressor, referenceCompressor } from '../../src/compress/registry.js';
import { parseConfig } from '../../src/config/load.js';
import { writeNpy } from '../../src/data/npy.js';
import { turnsToWaves } from '../../src/flow/reference-sinusoid.js';
import type { Compress } from '../../src/flow/types.js';
import { kernelsUrl } from '../../src/run/locations.js';
import { seedWords } from '../../src/runtime.js';
import { prepareRun } from '../../src/session/prepare.js';
import { runOnOneThread } from '../../src/session/single-thread.js';
import { edgeList, generate } from '../../topology/index.js';
import { goldenProblem } from '../golden/problem.js';
import { expectFlat } from '../support/heap.js';
import { runConfig, temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';
import { laplacianOf, simulate } from '../support/simulate.js';

const folder = temporaryFolder();
const seed = 77;
const dim = 11;
const topology = { kind: 'barabasi-albert', nodes: 23, attach: 2, seed: 4 };
const graph = generate(topology, 0);
const agents = graph.nodes;
const { from, to } = edgeList(graph);
const laplacian = laplacianOf(
  agents,
  Array.from(from, (node, edge) => [node, to[edge]] as const),
);
const { b: own } = goldenProblem(agents, dim, 0);
const module = new WebAssembly.Module(readFileSync(kernelsUrl));

type Series = (k: number, agent: number, c: number) => number;
type Reference = { kind: 'sinusoid'; amplitude: number; period: number; until?: number };

/** The sinusoid as its definition says it. */
function sinusoid(
  { amplitude, period, until = Infinity }: Reference,
  values: Float64Array,
  width = dim,
): Series {
  const phases = Array.from({ length: values.length / width }, (_, agent) =>
    philoxUniform(width, agent, 0, 14, [seed, 0]).map((u) => Math.PI * u),
  );
  return (k, agent, c) =>
    values[agent * width + c] +
    amplitude * Math.sin((2 * Math.PI * Math.min(k, until)) / period + phases[agent][c]);
}

const moving: Reference = { kind: 'sinusoid', amplitude: 0.7, period: 13.5 };
const rows = 9;
const inFile: Series = (k, agent, c) =>
  own[agent * dim + c] + Math.cos((Math.min(k, rows - 1) + 1) * (agent + 2 * c + 1));
const seriesFile = path.join(folder, 'series.npy');
const initFile = path.join(folder, 'init.npy');

async function config(more: Record<string, unknown>, reference: object) {
  await writeNpy(initFile, { shape: [agents, dim], data: own });
  const data = Float64Array.from({ length: rows * agents * dim }, (_, at) =>
    inFile(Math.floor(at / dim / agents), Math.floor(at / dim) % agents, at % dim),
  );
  await writeNpy(seriesFile, { shape: [rows, agents, dim], data });
  const { flow, ...rest } = more;
  return {
    topology,
    cost: { kind: 'average', values: initFile },
    rounds: 25,
    seed,
    ...rest,
    flow: { kind: 'consensus', step: 0.05, alpha: 1, ...(flow as object), reference },
  };
}

async function traced(given: Record<string, unknown>, workers = 2) {
  return runOnOneThread(await prepareRun(await parseConfig(given), workers), module);
}

const topK = { kind: 'top-k', k: 4 };
const cyclic = { kind: 'scalarize-cyclic', scalars: 3 };
const cases: [string, Compress, Record<string, unknown>, object, Series][] = [
  ['none', 'none', { kind: 'identity' }, moving, sinusoid(moving, own)],
  ['none, a file', 'none', { kind: 'identity' }, { file: seriesFile }, inFile],
  ['node-state', 'node-state', cyclic, moving, sinusoid(moving, own)],
  ['error-state', 'error-state', topK, moving, sinusoid(moving, own)],
  ['error-state, a file', 'error-state', topK, { file: seriesFile }, inFile],
  ['observer', 'observer', cyclic, moving, sinusoid(moving, own)],
];

describe('consensus on references that move', () => {
  it.each(cases)(
    'computes the equations and conserves the sum: %s',
    async (_, compress, compressor, reference, r) => {
      const rounds = 25;
      const given = await config({ compressor, flow: { compress, mu: 0.9 } }, reference);
      const { x, final } = await runSequentially(given, 2);
      const context = { agents, dim, blockAgents: 1, seed: seedWords(seed), rounds, path: ['compressor'] };
      const plain = simulate({
        laplacian,
        flow: { compress, step: 0.05, alpha: 1, beta: 0, eta: 0, mu: 0.9 },
        compress: referenceCompressor(
          planCompressor(compressor as { kind: string }, context),
          seedWords(seed),
        ),
        gradient: (row) => row,
        start: laplacian.map((_, i) => Float64Array.from({ length: dim }, (_, c) => r(0, i, c))),
        rounds,
        onRound: (k, x) =>
          x.forEach((row, i) => {
            row.forEach((_, c) => {
              row[c] += r(k, i, c) - r(k - 1, i, c);
            });
          }),
      });
      let rms = 0;
      let objective = 0;
      for (let c = 0; c < dim; c++) {
        const column = (of: (i: number) => number) =>
          Array.from({ length: agents }, (_, i) => of(i)).reduce((sum, entry) => sum + entry, 0);
        const mean = column((i) => r(rounds, i, c)) / agents;
        expect(Math.abs(column((i) => x[i * dim + c]) / agents - mean)).toBeLessThan(1e-12);
        rms += column((i) => (x[i * dim + c] - mean) ** 2);
        objective += column((i) => (r(rounds, i, c) - mean) ** 2) / 2 / agents;
        for (let i = 0; i < agents; i++) {
          expect(Math.abs(plain.x[i][c] - x[i * dim + c])).toBeLessThan(1e-9);
        }
      }
      expect(final.rmsError).toBeCloseTo(Math.sqrt(rms / agents / dim), 11);
      expect(final.objective).toBeCloseTo(objective, 11);
      expect(final.gap).toBeLessThan(1e-24);
      // It moves: nothing would be tested otherwise.
      expect(final.rmsError).toBeGreaterThan(0.01);
    },
  );

  it.each([
    ['none', { kind: 'identity' }],
    ['error-state', topK],
    ['observer', { kind: 'scalarize-cyclic', scalars: 6 }],
  ] as const)('ends at the average once the reference stands still: %s', async (compress, compressor) => {
    const reference = { ...moving, until: 30 };
    const flow = { compress, step: 0.04, mu: 0.9 };
    const given = await config({ compressor, flow, rounds: 2500, trace: { every: 10 } }, reference);
    const { rows, verdict, x } = await traced(given);
    expect(verdict).toBe('go');
    expect(rows[3].rmsError).toBeGreaterThan(0.01);
    expect(rows[rows.length - 1].rmsError).toBeLessThan(1e-9);
    const r = sinusoid(reference, own);
    const mean =
      Array.from({ length: agents }, (_, i) => r(30, i, 2)).reduce((sum, one) => sum + one, 0) / agents;
    expect(Math.abs(x.data[2] - mean)).toBeLessThan(1e-9);
  });

  it('follows a slow swing at a distance that theory foretells, half of it where the swing takes twice as long', async () => {
    // On the complete graph every disagreement shrinks by 1 - h n a round: r - mean r passes the filter (z -
    // 1)/(z - 1 + h n), z = e^(i omega).
    const nodes = 12;
    const step = 0.02;
    const values = new Float64Array(nodes * 3);
    const file = path.join(folder, 'zeros.npy');
    await writeNpy(file, { shape: [nodes, 3], data: values });
    const distance = async (period: number) => {
      const reference: Reference = { kind: 'sinusoid', amplitude: 2, period };
      const { rows } = await traced({
        topology: { kind: 'complete', nodes },
        cost: { kind: 'average', values: file },
        flow: { kind: 'consensus', step, alpha: 1, reference },
        rounds: 3 * period - 1,
        trace: { every: 1 },
        seed,
      });
      const r = sinusoid(reference, values, 3);
      let input = 0;
      for (let k = 0; k < period; k++) {
        for (let c = 0; c < 3; c++) {
          const column = Array.from({ length: nodes }, (_, i) => r(k, i, c));
          const mean = column.reduce((sum, one) => sum + one, 0) / nodes;
          input += column.reduce((sum, one) => sum + (one - mean) ** 2, 0) / nodes / 3 / period;
        }
      }
      const late = rows.slice(-period);
      const square = late.reduce((sum, { rmsError }) => sum + rmsError ** 2, 0) / period;
      const omega = (2 * Math.PI) / period;
      const decay = step * nodes;
      const gain = Math.hypot(Math.cos(omega) - 1, Math.sin(omega));
      const filter = gain / Math.hypot(Math.cos(omega) - 1 + decay, Math.sin(omega));
      expect(Math.sqrt(square / input) / filter).toBeCloseTo(1, 8);
      expect(Math.sqrt(square / input) / (omega / decay)).toBeCloseTo(1, 1);
      return Math.sqrt(square);
    };
    const [fast, slow] = [await distance(200), await distance(400)];
    expect(fast / slow).toBeGreaterThan(1.95);
    expect(fast / slow).toBeLessThan(2.05);
  });

  it('is the same bits with three workers as with one', async () => {
    const given = await config({ compressor: topK, flow: { compress: 'error-state' } }, moving);
    const [one, three] = [
      await runConfig({ ...given, workers: 1 }),
      await runConfig({ ...given, workers: 3 }),
    ];
    expect(three.summary.stateHash).toBe(one.summary.stateHash);
    expect(three.summary.final).toMatchObject({
      rmsError: one.summary.final.rmsError,
      objective: one.summary.final.objective,
    });
    // The optimum of the last round, at which the mean of x stands.
    expect(one.summary.final.optimum).toBeCloseTo(one.summary.final.objective as number, 12);
    const plain = await config({}, { file: seriesFile });
    const hashes = [1, 3].map(async (workers) => (await runSequentially(plain, workers)).stateHash);
    expect(await hashes[1]).toBe(await hashes[0]);
  });

  it('auto gains are those of values that stand still', async () => {
    const given = await config({ flow: { step: 'auto' } }, moving);
    const { reference: _, ...still } = given.flow;
    const gains = async (config: Record<string, unknown>) =>
      (await prepareRun(await parseConfig(config), 1)).report.gains;
    expect(await gains(given)).toEqual(await gains({ ...given, flow: still }));
  });

  it('allocates nothing in a round, as far as windows of 5,000 rounds can show', async () => {
    const { heap } = await runConfig(
      {
        topology: { kind: 'ring', nodes: 64 },
        cost: { kind: 'average', dim: 16 },
        flow: { kind: 'consensus', step: 0.02, alpha: 1, reference: moving },
        rounds: 40_000,
        workers: 1,
        trace: { every: 1_000_000 },
      },
      { heapAtRounds: [20_000, 25_000, 30_000, 35_000, 40_000] },
    );
    expectFlat(heap[0], 5000);
  });

  it('conserves the sum over links that fail', async () => {
    const links = { kind: 'drops', rate: 0.3 };
    const given = await config({ links, compressor: topK, flow: { compress: 'error-state' } }, moving);
    const { x } = await runSequentially(given, 3);
    const r = sinusoid(moving, own);
    for (let c = 0; c < dim; c++) {
      let off = 0;
      for (let i = 0; i < agents; i++) off += x[i * dim + c] - r(25, i, c);
      expect(Math.abs(off / agents)).toBeLessThan(1e-12);
    }
  });

  it('still notices that a run diverges', async () => {
    const given = await config({ flow: { step: 1 }, rounds: 400, trace: { every: 5 } }, moving);
    expect((await traced(given)).verdict).toBe('diverged');
  });
});

describe('sines in plain arithmetic', () => {
  const waves = (turns: number) => {
    const out = Float64Array.of(turns, 0);
    turnsToWaves(out, 0);
    return [...out];
  };
  it('agree with those of the machine', () => {
    let worst = 0;
    for (let i = -2000; i <= 2000; i++) {
      const turns = i / 777;
      worst = Math.max(worst, Math.abs(waves(turns)[0] - Math.sin(2 * Math.PI * turns)));
      worst = Math.max(worst, Math.abs(waves(turns)[1] - Math.cos(2 * Math.PI * turns)));
    }
    expect(worst).toBeLessThan(1e-14);
    expect([0, 0.25, 0.5, 0.75].map((turns) => waves(turns).map(Math.abs))).toEqual([
      [0, 1],
      [1, 0],
      [0, 1],
      [1, 0],
    ]);
  });
});

describe('what is refused', () => {
  const wrongFile = path.join(folder, 'wrong.npy');
  const refused = async (reference: object, more: Record<string, unknown> = {}) => {
    const given = await config(more, reference);
    return prepareRun(await parseConfig(given), 1).catch((error) => error);
  };
  it.each([
    [[3, agents, dim + 1], /flow\.reference\.file.*shape \(3, 23, 12\), expected \(rounds, 23, 11\)/s],
    [[agents, dim], /shape \(23, 11\), expected \(rounds, 23, 11\)/],
  ])('a series of shape %j', async (shape, message) => {
    const length = shape.reduce((product, extent) => product * extent, 1);
    await writeNpy(wrongFile, { shape, data: new Float64Array(length) });
    const error = await refused({ file: wrongFile });
    expect(`${error.path.join('.')}: ${error.message}`).toMatch(message);
    expect(error.code).toBe('BAD_INPUT');
  });
  it('a series with a hole', async () => {
    const data = new Float64Array(2 * agents * dim);
    data[agents * dim + 3 * dim + 5] = Number.NaN;
    await writeNpy(wrongFile, { shape: [2, agents, dim], data });
    expect((await refused({ file: wrongFile })).message).toMatch(
      /entry \[1, 3, 5\] is NaN, expected a finite/,
    );
  });
  it('a beginning beside a series, and a reference of a flow that has none', async () => {
    const error = await refused({ file: seriesFile }, { init: initFile });
    expect(error.message).toMatch(/init is .*expected no init/);
    expect(error.code).toBe('BAD_INPUT');
    const given = await config({ flow: { kind: 'dgd' } }, moving);
    await expect(parseConfig(given)).rejects.toThrow(/reference/);
  });
  it('a period that is none', async () => {
    const given = await config({}, { ...moving, period: 1 });
    await expect(parseConfig(given)).rejects.toThrow(/period is 1/);
  });
});
