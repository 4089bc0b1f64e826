/**
 * PowerGossip: the engine against the recursion over plain matrices (test/support/compressed-baselines.ts),
 * its convergence on matrices, its bits counted by hand, and beside CHOCO-Gossip on the same matrices.
 */

import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { philoxUniform } from '../../kernels/reference/philox.js';
import { writeNpy } from '../../src/data/npy.js';
import { reverseEdges } from '../../src/flow/edges.js';
import { seedWords } from '../../src/runtime.js';
import { generate } from '../../topology/index.js';
import { largestDifference, logisticProblem, quadraticProblem, SEED } from '../support/baseline-problems.js';
import { powerGossip } from '../support/compressed-baselines.js';
import { temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';

const folder = temporaryFolder();
const quadratic = await quadraticProblem(folder);
const logistic = await logisticProblem(folder);

/** The unit vector that agents i < j begin with: n entries, numbered from j slots of 8 on. */
function draw(i: number, j: number, n: number): Float64Array {
  const { low, high } = seedWords(SEED);
  const entries = philoxUniform(8 * j + n, i, 0, 13, [low, high]).slice(8 * j);
  const norm = Math.hypot(...entries);
  return entries.map((entry) => entry / norm);
}

describe('the engine computes the recursion', () => {
  const cases = [
    { problem: quadratic, shape: [5, 1] as [number, number] },
    { problem: quadratic, shape: [1, 5] as [number, number] },
    { problem: logistic, shape: [2, 2] as [number, number] },
  ];
  it.each(cases)('$shape, $problem.name', async ({ problem, shape }) => {
    const { mixing, start, gradient } = problem;
    for (const rounds of [1, 2, 11]) {
      const inputs = { mixing, gradient: (x: Float64Array[], k: number) => gradient(x, k), start, rounds };
      for (const flow of [
        { kind: 'power-gossip', shape, tuning: 'formula' },
        { kind: 'power-gossip-sgd', shape, step: 0.1 },
      ]) {
        // Averaging wants a problem that says what an agent's own value is: here it is `init`.
        const run = (workers: number) => runSequentially({ ...problem.config, flow, rounds }, workers);
        const { x, stateHash } = await run(1);
        expect((await run(2)).stateHash).toBe(stateHash);
        expect((await run(3)).stateHash).toBe(stateHash);
        const reference = powerGossip(inputs, shape, draw, 'step' in flow ? flow.step : 0);
        expect(largestDifference(reference, x), `${flow.kind} after ${rounds} rounds`).toBeLessThanOrEqual(
          1e-9,
        );
      }
    }
  });
});

describe('on matrices', () => {
  const topology = { kind: 'ring', nodes: 8 };
  const shape = [12, 16];
  const dim = 12 * 16;

  /** Matrices that differ by rank 2 and a little noise, or (`noise` 1) in every entry. */
  async function matrices(noise = 0.01): Promise<string> {
    const file = path.join(folder, `matrices-${noise}.npy`);
    const data = new Float64Array(8 * dim);
    for (let i = 0; i < 8; i++) {
      for (let r = 0; r < 12; r++) {
        for (let c = 0; c < 16; c++) {
          const first = Math.sin(1 + 2.3 * i) * Math.cos(0.7 * r + 0.2) * Math.sin(1.1 * c);
          const second = Math.cos(1.9 * i) * Math.sin(1.3 * r) * Math.cos(0.4 * c + 1);
          const entry = Math.sin(17 * i * (1 + r) + 5.3 * r * c + c * c);
          data[i * dim + r * 16 + c] = (1 - noise) * (first + second) + noise * entry;
        }
      }
    }
    await writeNpy(file, { shape: [8, dim], data });
    return file;
  }
  const averaging = async (noise?: number) => ({
    topology,
    cost: { kind: 'quadratic', dim },
    init: await matrices(noise),
    seed: 3,
  });

  it('averages them, with bits counted for every directed edge', async () => {
    const { verdict, rounds, final } = await runSequentially(
      {
        ...(await averaging()),
        flow: { kind: 'power-gossip', shape },
        rounds: 3000,
        stop: { rmsError: 1e-6 },
        trace: { every: 1 },
      },
      2,
    );
    expect(verdict).toBe('converged');
    const ofRows = Math.ceil(rounds / 2);
    const bits = 16 * 64 * (12 * ofRows + 16 * (rounds - ofRows));
    expect(final.bitsLinks).toBe(bits);
    expect(final.bitsBroadcast).toBe(bits);
  });

  it('is ahead of CHOCO-Gossip with as many numbers a message where differences have low rank, and behind where they have not', async () => {
    const ratio = async (noise: number) => {
      const base = {
        ...(await averaging(noise)),
        stop: { rmsError: 1e-2 },
        trace: { every: 1 },
        rounds: 3000,
      };
      const power = await runSequentially({ ...base, flow: { kind: 'power-gossip', shape } }, 1);
      // Fourteen numbers, the average of both sides; top-k says where they stand besides.
      const choco = await Promise.all(
        [0.05, 0.1, 0.2].map((gamma) =>
          runSequentially(
            { ...base, flow: { kind: 'choco-gossip', gamma }, compressor: { kind: 'top-k', k: 14 } },
            1,
          ),
        ),
      );
      const converged = choco.filter(({ verdict }) => verdict === 'converged');
      expect(power.verdict).toBe('converged');
      return power.final.bitsLinks / Math.min(...converged.map(({ final }) => final.bitsLinks));
    };
    expect(await ratio(0.01)).toBeLessThan(0.8);
    expect(await ratio(1)).toBeGreaterThan(1.25);
  });

  it('descends: softmax regression, to a bias that shrinks with the step', async () => {
    const { writeFileSync } = await import('node:fs');
    const data = path.join(folder, 'classes.libsvm');
    const lines = Array.from({ length: 120 }, (_, r) => {
      const label = r % 3;
      const features = Array.from(
        { length: 6 },
        (_, c) => Math.sin(1 + 3.7 * r + c * c) + (c % 3 === label ? 1 : 0),
      );
      return `${label} ${features.map((entry, c) => `${c + 1}:${entry}`).join(' ')}\n`;
    });
    writeFileSync(data, lines.join(''));
    const gap = async (step: number, rounds: number) =>
      (
        await runSequentially(
          {
            topology,
            cost: { kind: 'softmax', data, regularization: 0.05 },
            flow: { kind: 'power-gossip-sgd', shape: [3, 6], step },
            rounds,
            trace: { every: rounds },
          },
          2,
        )
      ).final.gap;
    const coarse = await gap(0.4, 1500);
    const fine = await gap(0.1, 6000);
    expect(coarse).toBeLessThan(1e-2);
    expect(fine).toBeLessThan(coarse / 4);
  });

  it('its shape is checked', async () => {
    const config = { ...(await averaging()), flow: { kind: 'power-gossip', shape: [5, 5] }, rounds: 3 };
    await expect(runSequentially(config, 1)).rejects.toThrow(
      'flow.shape is [5,5], expected [rows, columns] with rows x columns = 192 (dim)',
    );
  });

  it('agents that agree stay where they are, and draw new vectors', async () => {
    const init = path.join(folder, 'same.npy');
    await writeNpy(init, { shape: [8, dim], data: new Float64Array(8 * dim).fill(1.5) });
    const { x } = await runSequentially(
      { ...(await averaging()), init, flow: { kind: 'power-gossip', shape }, rounds: 5 },
      2,
    );
    expect(x.every((entry) => entry === 1.5)).toBe(true);
  });
});

it('every directed edge knows its other direction', () => {
  const graph = generate({ kind: 'barabasi-albert', nodes: 40, attach: 3, seed: 2 }, 0);
  const reverse = reverseEdges(graph);
  for (let i = 0; i < graph.nodes; i++) {
    for (let e = graph.rowStart[i]; e < graph.rowStart[i + 1]; e++) {
      const j = graph.columns[e];
      expect(graph.columns[reverse[e]]).toBe(i);
      expect(reverse[e]).toBeGreaterThanOrEqual(graph.rowStart[j]);
      expect(reverse[e]).toBeLessThan(graph.rowStart[j + 1]);
    }
  }
});
