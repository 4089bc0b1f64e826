/**
 * What changing links are for: figures from the literature and from first principles, and the same bits for
 * any number of workers.
 */

import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeNpy } from '../../src/data/npy.js';
import { spectrum } from '../../topology/index.js';
import { generate } from '../../topology/registry.js';
import { edgeWeights } from '../../topology/weights.js';
import { goldenProblem } from '../golden/problem.js';
import { runConfig, temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';

const folder = temporaryFolder();
const flatSign = { kind: 'flatten', inner: { kind: 'sign' } };

/** Values of `nodes` agents, and a consensus config that begins with them. */
async function averaging(nodes: number, dim: number) {
  const { b } = goldenProblem(nodes, dim, 0);
  const init = path.join(folder, `start-${nodes}-${dim}.npy`);
  await writeNpy(init, { shape: [nodes, dim], data: b });
  return { cost: { kind: 'quadratic', dim }, init };
}

describe('three messages of ten dropped, every round', () => {
  it('one-bit primal-dual reaches rms 1e-8, and the duals add up to 0 within 1e-10', async () => {
    const dim = 16;
    const { final, verdict, v } = await runSequentially(
      {
        topology: { kind: 'erdos-renyi', nodes: 20, averageDegree: 5, seed: 2, largestComponent: true },
        links: { kind: 'drops', rate: 0.3 },
        cost: { kind: 'quadratic', dim, condition: 4, seed: 1 },
        flow: { kind: 'primal-dual', compress: 'error-state', step: 0.05, alpha: 0.6, beta: 1 },
        compressor: flatSign,
        rounds: 20_000,
        stop: { rmsError: 1e-8 },
        trace: { every: 50 },
      },
      1,
    );
    expect(verdict, `rms ${final.rmsError} after ${final.round} rounds`).toBe('converged');
    for (let c = 0; c < dim; c++) {
      let sum = 0;
      for (let at = c; at < v.length; at += dim) sum += v[at];
      expect(Math.abs(sum)).toBeLessThan(1e-10);
    }
    expect(Math.max(...v.map(Math.abs)), 'the duals themselves are not 0').toBeGreaterThan(0.1);
  });

  it.each(['drops', 'gilbert-elliott', 'random-matching'])('auto gains converge over %s', async (kind) => {
    const parameters = { drops: { rate: 0.3 }, 'gilbert-elliott': { toBad: 0.1, toGood: 0.3 } }[kind] ?? {};
    for (const compressor of [{ kind: 'identity' }, flatSign]) {
      const { final, verdict } = await runSequentially(
        {
          topology: { kind: 'grid', rows: 3, columns: 4 },
          links: { kind, ...parameters },
          cost: { kind: 'quadratic', dim: 8, condition: 4, seed: 1 },
          flow: { kind: 'primal-dual' },
          compressor,
          rounds: 40_000,
          stop: { rmsError: 1e-6 },
          trace: { every: 100 },
        },
        1,
      );
      expect(verdict, `rms ${final.rmsError} after ${final.round} rounds of ${compressor.kind}`).toBe(
        'converged',
      );
    }
  });

  it('error-memory stays exact although degrees change', async () => {
    const { final, verdict } = await runSequentially(
      {
        topology: { kind: 'ring', nodes: 9 },
        links: { kind: 'drops', rate: 0.3 },
        cost: { kind: 'quadratic', dim: 8, condition: 4, seed: 1 },
        flow: { kind: 'primal-dual', compress: 'error-memory', step: 0.04, alpha: 1, beta: 1 },
        compressor: flatSign,
        rounds: 20_000,
        stop: { rmsError: 1e-8 },
        trace: { every: 100 },
      },
      1,
    );
    expect(verdict, `rms ${final.rmsError} after ${final.round} rounds`).toBe('converged');
  });
});

describe('one peer a round, a power of two away', () => {
  it.each([
    ['consensus', { kind: 'hypercube', dimension: 4 }],
    ['consensus', { kind: 'exponential', nodes: 16, directed: true }],
    ['push-sum', { kind: 'exponential', nodes: 16, directed: true }],
  ])('%s averages 16 agents exactly in 4 rounds, and not in 3: %j', async (kind, topology) => {
    const step = kind === 'consensus' ? { step: 0.5 } : {};
    const config = {
      ...(await averaging(16, 5)),
      topology,
      links: { kind: 'one-peer-exponential' },
      flow: { kind, ...step },
      trace: { every: 1 },
    };
    expect((await runSequentially({ ...config, rounds: 3 }, 2)).final.rmsError).toBeGreaterThan(1e-2);
    expect((await runSequentially({ ...config, rounds: 4 }, 2)).final.rmsError).toBeLessThan(1e-15);
  });

  it('auto is the step 1/2 that makes it so', async () => {
    const config = {
      ...(await averaging(8, 3)),
      topology: { kind: 'ring', nodes: 8 },
      links: { kind: 'one-peer-exponential' },
      flow: { kind: 'consensus' },
      rounds: 3,
    };
    expect((await runSequentially(config, 1)).final.rmsError).toBeLessThan(1e-15);
  });
});

describe('pairwise gossip', () => {
  it('converges to the average, which every pair keeps', async () => {
    const config = {
      ...(await averaging(25, 4)),
      topology: { kind: 'torus', rows: 5, columns: 5 },
      links: { kind: 'random-matching' },
      flow: { kind: 'consensus' },
      rounds: 3000,
      stop: { rmsError: 1e-12 },
      trace: { every: 20 },
    };
    const { verdict, final } = await runSequentially(config, 2);
    expect(verdict).toBe('converged');
    expect(final.gap).toBeLessThan(1e-28);
    // Two of a pair send 4 float64 each; nobody speaks without a partner.
    expect(final.bitsLinks).toBe(final.bitsBroadcast);
    expect(final.bitsLinks).toBeLessThan(25 * 64 * 4 * final.round);
    expect(final.bitsLinks % (2 * 64 * 4)).toBe(0);
  });
});

describe('optimal gossip on the 8-ring', () => {
  // The best constant step of x <- x - gamma (I - W) x (Xiao, Boyd 2004): gamma = 2/(l2 + lmax), contraction
  // (lmax - l2)/(lmax + l2), over the eigenvalues of I - W; with W = 1/3 everywhere, which is `metropolis` on
  // a ring.
  it('contracts by 0.7445208 a step at gamma = 1.3083906', async () => {
    const ring = generate({ kind: 'ring', nodes: 8 });
    const { lambda2, lambdaMax } = spectrum(ring, edgeWeights(ring, 'metropolis').weights);
    const gamma = 2 / (lambda2 + lambdaMax);
    expect(gamma).toBeCloseTo(1.3083906, 7);
    const config = {
      ...(await averaging(8, 3)),
      topology: { kind: 'ring', nodes: 8 },
      weights: 'metropolis',
      flow: { kind: 'consensus', step: gamma, alpha: 1 },
      trace: { every: 1 },
    };
    const errorAfter = async (rounds: number) =>
      (await runSequentially({ ...config, rounds }, 1)).final.consensusError;
    // The modes in between die out faster; after 60 rounds only the two extreme ones are left.
    const contraction = (await errorAfter(61)) / (await errorAfter(60));
    expect(Math.abs(contraction - 0.7445208)).toBeLessThan(1e-6);
    expect(contraction).toBeCloseTo((lambdaMax - lambda2) / (lambdaMax + lambda2), 7);
  });
});

describe('a schedule of graphs', () => {
  it('of which none is connected, but their union is', async () => {
    const pairs = (offset: number) => ({
      file: path.join(folder, `pairs-${offset}.edges`),
    });
    const { writeFile } = await import('node:fs/promises');
    await writeFile(pairs(0).file, '# Nodes: 6\n0 1\n2 3\n4 5\n');
    await writeFile(pairs(1).file, '# Nodes: 6\n1 2\n3 4\n5 0\n');
    const { final, rounds, verdict } = await runSequentially(
      {
        ...(await averaging(6, 3)),
        topology: { kind: 'ring', nodes: 6 },
        links: { kind: 'schedule', graphs: [pairs(0), pairs(1)], every: 1 },
        flow: { kind: 'consensus', step: 0.5 },
        rounds: 500,
        stop: { rmsError: 1e-13 },
        trace: { every: 1 },
      },
      2,
    );
    expect(verdict).toBe('converged');
    expect(final.bitsLinks).toBe(rounds * 6 * 64 * 3);
  });
});

describe('on threads', () => {
  it.each([1, 3])('the same bits with %i workers that race', async (workers) => {
    const config = {
      topology: { kind: 'erdos-renyi', nodes: 37, averageDegree: 5, seed: 3, largestComponent: true },
      links: { kind: 'gilbert-elliott', toBad: 0.2, toGood: 0.3 },
      network: {
        bandwidth: '1 Mbit/s',
        latency: '1 ms',
        edges: [{ between: [0, 1], bandwidth: '10 kbit/s' }],
      },
      cost: { kind: 'quadratic', dim: 11, condition: 6 },
      flow: { kind: 'primal-dual', compress: 'error-state', step: 0.02, alpha: 0.5, beta: 0.5 },
      compressor: flatSign,
      rounds: 150,
      seed: 5,
      trace: { every: 10 },
    };
    const generated = generate(config.topology, 5);
    const other = generated.columns[generated.rowStart[0]];
    config.network.edges[0].between = [0, other];
    const { stateHash, final } = await runSequentially(config, 2);
    const { summary } = await runConfig({ ...config, workers });
    expect(summary.stateHash).toBe(stateHash);
    expect(summary.bits.links).toBe(final.bitsLinks);
    expect(summary.bits.broadcast).toBe(final.bitsBroadcast);
    expect(summary.final.networkSeconds).toBe(final.networkSeconds);
  });
});

describe('gradient tracking', () => {
  it('DIGing, made for graphs that change, reaches the optimum over dropped links', async () => {
    const { final, verdict } = await runSequentially(
      {
        topology: { kind: 'ring', nodes: 9 },
        links: { kind: 'drops', rate: 0.3 },
        cost: { kind: 'quadratic', dim: 8, condition: 4, seed: 1 },
        flow: { kind: 'diging', step: 0.02 },
        rounds: 20_000,
        stop: { rmsError: 1e-8 },
        trace: { every: 50 },
      },
      2,
    );
    expect(verdict, `rms ${final.rmsError} after ${final.round} rounds`).toBe('converged');
  });
});
