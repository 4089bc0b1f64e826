/**
 * The semi-implicit step of the primal-dual flow: the engine against the equations over plain arrays, the
 * same bits for any number of workers, duals that add up to 0, and its limit on the step against the modes of
 * a ring, where alpha is far beyond what Euler stands.
 */

import { describe, expect, it } from 'vitest';
import { planCompressor, referenceCompressor } from '../../src/compress/registry.js';
import { parseConfig } from '../../src/config/load.js';
import { primalDual } from '../../src/flow/primal-dual.js';
import { largestSemiImplicitStep, largestStableStep } from '../../src/flow/stable-step.js';
import type { FlowPlan, GainContext } from '../../src/flow/types.js';
import { seedWords } from '../../src/runtime.js';
import { edgeList, generate } from '../../topology/index.js';
import { goldenProblem } from '../golden/problem.js';
import { writeQuadratic } from '../support/quadratic.js';
import { temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';
import { laplacianOf, simulate } from '../support/simulate.js';

const folder = temporaryFolder();
const dim = 11;
const seed = 31;
const topology = { kind: 'barabasi-albert', nodes: 23, attach: 2, seed: 4 };
const graph = generate(topology, 0);
const { from, to } = edgeList(graph);
const edges = Array.from(from, (node, edge) => [node, to[edge]] as const);
const { a, b } = goldenProblem(graph.nodes, dim, 0);

const integrator = 'semi-implicit' as const;
const gains = { step: 0.03, alpha: 2, beta: 0.7 };
const modes = [
  { compress: 'none' as const },
  { compress: 'node-state' as const },
  { compress: 'error-state' as const, mu: 0.8 },
  { compress: 'observer' as const, mu: 0.9 },
  { compress: 'error-memory' as const, mu: 0.8, gamma: 0.3 },
];
const compressors = [{ kind: 'flatten', inner: { kind: 'sign' } }, { kind: 'scalarize-cyclic' }];
const cases = modes.flatMap((mode) =>
  (mode.compress === 'none' ? [{ kind: 'identity' }] : compressors).map((compressor) => ({
    mode,
    compressor,
    name: `${mode.compress}, ${compressor.kind}`,
  })),
);

describe('the semi-implicit step', () => {
  it.each(cases)('is its equations, for 1 and 3 workers: $name', async ({ mode, compressor }) => {
    const rounds = 25;
    const flow = { kind: 'primal-dual', integrator, ...gains, ...mode };
    const config = {
      topology,
      ...(await writeQuadratic(folder, 'golden', a, b, dim)),
      flow,
      compressor,
      rounds,
      seed,
    };
    const { x, v, stateHash } = await runSequentially(config, 1);
    expect((await runSequentially(config, 3)).stateHash).toBe(stateHash);
    const euler = { ...config, flow: { ...flow, integrator: 'euler' } };
    expect((await runSequentially(euler, 1)).stateHash).not.toBe(stateHash);

    const context = { agents: graph.nodes, dim, blockAgents: 1, seed: seedWords(seed), rounds, path: ['c'] };
    const reference = simulate({
      laplacian: laplacianOf(graph.nodes, edges),
      flow: { mu: 1, ...flow, eta: 1 },
      compress: referenceCompressor(planCompressor(compressor, context), context.seed),
      gradient: (row, i) => row.map((entry, c) => a[i * dim + c] * (entry - b[i * dim + c])),
      start: Array.from({ length: graph.nodes }, (_, i) => b.slice(i * dim, (i + 1) * dim)),
      rounds,
    });
    const distance = (rows: Float64Array[], found: Float64Array) =>
      Math.max(...rows.flatMap((row, i) => Array.from(row, (e, c) => Math.abs(e - found[i * dim + c]))));
    expect(distance(reference.x, x)).toBeLessThanOrEqual(1e-9);
    expect(distance(reference.v, v)).toBeLessThanOrEqual(1e-9);

    if (mode.compress === 'error-memory') return;
    for (let c = 0; c < dim; c++) {
      const column = Array.from({ length: graph.nodes }, (_, i) => v[i * dim + c]);
      expect(Math.abs(column.reduce((sum, entry) => sum + entry, 0))).toBeLessThan(1e-10);
      expect(Math.max(...column.map(Math.abs))).toBeGreaterThan(1e-3);
    }
  });

  it('reaches the optimum of a graph with unequal degrees, with an alpha that Euler does not stand', async () => {
    const flow = { kind: 'primal-dual', compress: 'none', integrator, step: 0.2, alpha: 5, beta: 1 };
    const config = { topology, ...(await writeQuadratic(folder, 'golden', a, b, dim)), flow, rounds: 3000 };
    const { final, verdict } = await runSequentially(config, 2);
    expect(verdict).not.toBe('diverged');
    expect(final.rmsError).toBeLessThan(1e-8);
    const euler = { ...config, flow: { ...flow, integrator: 'euler' } };
    expect((await runSequentially(euler, 2)).verdict).toBe('diverged');
  });

  describe('has its limit where the formula says, on the modes of a ring', () => {
    const nodes = 8;
    const curvature = 2;
    const [alpha, beta] = [20, 0.8];
    const context: GainContext = {
      lambda2: 2 - Math.SQRT2,
      lambdaMax: 4,
      degree: 2,
      m: curvature,
      l: curvature,
      meanM: curvature,
      meanL: curvature,
      delta: 1,
      linear: true,
    };
    const bound = largestSemiImplicitStep(beta, 1, context);
    // Column j begins along mode j of the ring.
    const along = Float64Array.from({ length: nodes * nodes }, (_, at) => {
      const [i, j] = [Math.floor(at / nodes), at % nodes];
      return Math.cos((2 * Math.PI * i * j) / nodes) + Math.sin((2 * Math.PI * i * j) / nodes);
    });
    const equal = new Float64Array(nodes * nodes).fill(curvature);
    /** From the optimum, which is the mean of each column: 1 along mode 0, else 0. */
    const farthest = async (step: number, kind: 'euler' | 'semi-implicit', rounds: number) => {
      const { x, rounds: done } = await runSequentially(
        {
          topology: { kind: 'ring', nodes },
          ...(await writeQuadratic(folder, 'ring', equal, along, nodes)),
          flow: { kind: 'primal-dual', compress: 'none', integrator: kind, step, alpha, beta },
          rounds,
        },
        1,
      );
      return { done, error: Math.max(...x.map((entry, at) => Math.abs(entry - (at % nodes === 0 ? 1 : 0)))) };
    };

    it('is 2 h a + h^2 beta^2 lambdaMax = 4', () => {
      expect(2 * bound * curvature + (bound * beta) ** 2 * 4).toBeCloseTo(4, 12);
      const plan = { integrator, gains: { alpha, beta, eta: 1 } } as unknown as FlowPlan;
      expect(primalDual.largestStep?.(plan, context)).toBe(bound);
      expect(largestStableStep(alpha, beta, 1, context)).toBeLessThan(bound / 25);
    });

    it('is stable just below', async () => {
      expect((await farthest(0.99 * bound, integrator, 8000)).error).toBeLessThan(1e-3);
    });

    it('is unstable just above', async () => {
      const { done, error } = await farthest(1.01 * bound, integrator, 8000);
      expect(done < 8000 || error > 1e3).toBe(true);
    });

    it('while Euler diverges at once', async () => {
      expect((await farthest(0.99 * bound, 'euler', 200)).done).toBeLessThan(200);
    });
  });

  const asked = ['none', 'error-state'].flatMap((compress) => [
    { compress, tuning: 'pilot' },
    { compress, tuning: 'formula' },
    { compress, tuning: 'formula', alpha: 100, beta: 1 },
  ]);
  it.each(asked)('auto converges: %o', async (own) => {
    const { first, final, verdict } = await runSequentially(
      {
        topology,
        ...(await writeQuadratic(folder, 'golden', a, b, dim)),
        flow: { kind: 'primal-dual', integrator, ...own },
        compressor: { kind: own.compress === 'none' ? 'identity' : 'scalarize-cyclic' },
        rounds: 3000,
      },
      1,
    );
    expect(verdict).not.toBe('diverged');
    expect(final.rmsError).toBeLessThan(first.rmsError / 2);
  });

  it('is refused by consensus', async () => {
    const config = { topology, flow: { kind: 'consensus', compress: 'none', integrator }, rounds: 5 };
    await expect(parseConfig(config)).rejects.toThrow(/integrator/);
  });
});
