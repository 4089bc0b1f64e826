/**
 * Gradient steps between two messages in the primal-dual flow: a step that can be done by hand, the engine
 * against the equations over plain arrays, the same bits for any number of workers, the optimum exact
 * whatever the number of steps, and the limit on the step where the formula says.
 */

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { planCompressor, referenceCompressor } from '../../src/compress/registry.js';
import { primalDual } from '../../src/flow/primal-dual.js';
import { largestInnerStep } from '../../src/flow/stable-step.js';
import type { FlowPlan, GainContext } from '../../src/flow/types.js';
import { seedWords } from '../../src/runtime.js';
import { edgeList, generate } from '../../topology/index.js';
import { goldenProblem } from '../golden/problem.js';
import { writeQuadratic } from '../support/quadratic.js';
import { temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';
import { laplacianOf, simulate } from '../support/simulate.js';

const folder = temporaryFolder();
// A multiple of 8: rows for which the flow without local steps has a kernel of its own.
const dim = 16;
const seed = 31;
const topology = { kind: 'barabasi-albert', nodes: 23, attach: 2, seed: 4 };
const graph = generate(topology, 0);
const { from, to } = edgeList(graph);
const edges = Array.from(from, (node, edge) => [node, to[edge]] as const);
const { a, b } = goldenProblem(graph.nodes, dim, 0);

const sign = { kind: 'flatten', inner: { kind: 'sign' } };
const gains = { step: 0.4, alpha: 0.3, beta: 0.5 };
const modes = [
  { compress: 'none' as const },
  { compress: 'node-state' as const },
  { compress: 'error-state' as const, mu: 0.8 },
  { compress: 'observer' as const, mu: 0.9 },
  { compress: 'error-memory' as const, mu: 0.8, gamma: 0.3 },
];
const cases = modes.flatMap((mode) =>
  (['euler', 'semi-implicit'] as const).map((integrator) => ({
    mode,
    integrator,
    name: `${mode.compress}, ${integrator}`,
  })),
);

describe('gradient steps between two messages', () => {
  it('solve the problem of a round: one agent pair, one coordinate, by hand', async () => {
    // From x = 0 with nothing heard: argmin a/2 (u - b)^2 + u^2/(2 h) = h a b / (1 + h a), a = 2, b = 3, h =
    // 0.5: 1.5; after one step of 1/(rho + 1/h) with rho = 4: 1.
    const problem = await writeQuadratic(
      folder,
      'pair',
      new Float64Array([2, 2]),
      new Float64Array([3, 3]),
      1,
    );
    const run = (flow: object) =>
      runSequentially(
        {
          topology: { kind: 'complete', nodes: 2 },
          cost: problem.cost,
          flow: { kind: 'primal-dual', compress: 'none', step: 0.5, alpha: 1, beta: 1, ...flow },
          rounds: 1,
        },
        1,
      );
    expect((await run({ inner: 80, rho: 4 })).x[0]).toBeCloseTo(1.5, 14);
    // Two steps of 1/6: 1, then 1 - (2 (1 - 3) + 2 * 1)/6 = 4/3.
    expect((await run({ inner: 2, rho: 4 })).x[0]).toBeCloseTo(4 / 3, 14);
    // rho is by default the curvature, which is exact where there is one alone.
    expect((await run({ inner: 2 })).x[0]).toBeCloseTo(1.5, 14);
  });

  it.each(cases)('are their equations, for 1, 2 and 3 workers: $name', async ({ mode, integrator }) => {
    const rounds = 25;
    const flow = { kind: 'primal-dual', integrator, ...gains, ...mode, inner: 4, rho: 2.5, eta: 0.9 };
    const compressor = mode.compress === 'none' ? { kind: 'identity' } : sign;
    const config = {
      topology,
      ...(await writeQuadratic(folder, 'golden', a, b, dim)),
      flow,
      compressor,
      rounds,
      seed,
    };
    const { x, v, stateHash } = await runSequentially(config, 1);
    expect((await runSequentially(config, 2)).stateHash).toBe(stateHash);
    expect((await runSequentially(config, 3)).stateHash).toBe(stateHash);

    const context = { agents: graph.nodes, dim, blockAgents: 1, seed: seedWords(seed), rounds, path: ['c'] };
    const reference = simulate({
      laplacian: laplacianOf(graph.nodes, edges),
      flow: { mu: 1, ...flow },
      compress: referenceCompressor(planCompressor(compressor, context), context.seed),
      gradient: (row, i) => row.map((entry, c) => a[i * dim + c] * (entry - b[i * dim + c])),
      start: Array.from({ length: graph.nodes }, (_, i) => b.slice(i * dim, (i + 1) * dim)),
      rounds,
    });
    const distance = (rows: Float64Array[], found: Float64Array) =>
      Math.max(...rows.flatMap((row, i) => Array.from(row, (e, c) => Math.abs(e - found[i * dim + c]))));
    expect(distance(reference.x, x)).toBeLessThanOrEqual(1e-9);
    expect(distance(reference.v, v)).toBeLessThanOrEqual(1e-9);
  });

  it.each([
    { compress: 'none', inner: 2 },
    { compress: 'none', inner: 9 },
    { compress: 'error-memory', inner: 2 },
    { compress: 'error-memory', inner: 9 },
  ])('leave the optimum exact, the sum of the duals too: %o', async ({ compress, inner }) => {
    const flow = { kind: 'primal-dual', compress, step: 0.6, alpha: 0.15, beta: 0.4, inner };
    const { final, v } = await runSequentially(
      {
        topology,
        ...(await writeQuadratic(folder, 'golden', a, b, dim)),
        flow,
        ...(compress !== 'none' && { compressor: sign }),
        rounds: 800,
      },
      1,
    );
    expect(final.rmsError).toBeLessThan(1e-9);
    for (let c = 0; c < dim; c++) {
      let sum = 0;
      for (let i = 0; i < graph.nodes; i++) sum += v[i * dim + c];
      expect(Math.abs(sum)).toBeLessThan(1e-9);
    }
  });

  it('draw mini-batches of their own, the same for any number of workers, over links that fail too', async () => {
    const rows = Array.from(
      { length: 60 },
      (_, r) => `${r % 2 ? 1 : -1} 1:${Math.sin(r).toFixed(3)} 2:${Math.cos(3 * r).toFixed(3)}`,
    );
    const data = path.join(folder, 'samples.libsvm');
    await writeFile(data, `${rows.join('\n')}\n`);
    const config = (flow: object) => ({
      topology: { kind: 'ring', nodes: 6 },
      cost: { kind: 'logistic', data, regularization: 0.1 },
      flow: { kind: 'primal-dual', compress: 'error-memory', ...gains, inner: 3, ...flow },
      compressor: sign,
      links: { kind: 'drops', rate: 0.3 },
      rounds: 20,
    });
    const { stateHash } = await runSequentially(config({ batch: 4 }), 1);
    expect((await runSequentially(config({ batch: 4 }), 3)).stateHash).toBe(stateHash);
    expect((await runSequentially(config({}), 1)).stateHash).not.toBe(stateHash);
  });

  describe('have their limit where the formula says, on the modes of a ring', () => {
    const nodes = 8;
    const curvature = 2;
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
    // Column j begins along mode j of the ring.
    const along = Float64Array.from({ length: nodes * nodes }, (_, at) => {
      const [i, j] = [Math.floor(at / nodes), at % nodes];
      return Math.cos((2 * Math.PI * i * j) / nodes) + Math.sin((2 * Math.PI * i * j) / nodes);
    });
    const equal = new Float64Array(nodes * nodes).fill(curvature);
    const diverges = async (integrator: string, step: number, alpha: number, beta: number) => {
      const { x, rounds: done } = await runSequentially(
        {
          topology: { kind: 'ring', nodes },
          ...(await writeQuadratic(folder, 'ring', equal, along, nodes)),
          // One step with rho = curvature is the minimiser.
          flow: {
            kind: 'primal-dual',
            compress: 'none',
            integrator,
            step,
            alpha,
            beta,
            inner: 2,
            rho: curvature,
          },
          rounds: 4000,
        },
        1,
      );
      const error = Math.max(...x.map((entry, at) => Math.abs(entry - (at % nodes === 0 ? 1 : 0))));
      return done < 4000 || error > 1e3;
    };
    it.each([
      { integrator: 'euler' as const, alpha: 2, beta: 0.8, what: 'the coupling' },
      { integrator: 'euler' as const, alpha: 1, beta: 2, what: 'the dual' },
      { integrator: 'semi-implicit' as const, alpha: 20, beta: 3, what: 'the dual, semi-implicitly' },
    ])('$what', async ({ integrator, alpha, beta }) => {
      const bound = largestInnerStep(alpha, beta, 1, context, integrator);
      const plan = { integrator, gains: { alpha, beta, eta: 1, inner: 2 } } as unknown as FlowPlan;
      expect(primalDual.largestStep?.(plan, context)).toBe(bound);
      expect(await diverges(integrator, 0.99 * bound, alpha, beta)).toBe(false);
      // On the semi-implicit side degrees leave room beyond, which the formula does not use.
      if (integrator === 'euler') expect(await diverges(integrator, 1.01 * bound, alpha, beta)).toBe(true);
    });
  });

  it.each(
    ['none', 'error-state', 'observer', 'error-memory'].flatMap((compress) => [
      ...(compress === 'error-memory' ? [{ compress, tuning: 'pilot' }] : []),
      { compress, tuning: 'formula' },
      { compress, tuning: 'formula', alpha: 0.5, beta: 0.5 },
    ]),
  )('auto converges: %o', async (own) => {
    const { first, final, verdict } = await runSequentially(
      {
        topology,
        ...(await writeQuadratic(folder, 'golden', a, b, dim)),
        flow: { kind: 'primal-dual', inner: 5, ...own },
        compressor: own.compress === 'none' ? { kind: 'identity' } : sign,
        rounds: 400,
      },
      1,
    );
    expect(verdict).not.toBe('diverged');
    expect(final.rmsError).toBeLessThan(first.rmsError / (own.tuning === 'pilot' ? 1e6 : 10));
  });

  it('refuse a rho that means nothing', async () => {
    const config = (flow: object) => ({
      topology: { kind: 'ring', nodes: 5 },
      cost: { kind: 'quadratic', dim: 3, condition: 4 },
      flow: { kind: 'primal-dual', compress: 'none', ...gains, ...flow },
      rounds: 2,
    });
    await expect(runSequentially(config({ rho: 2 }), 1)).rejects.toThrow(/flow\.rho.*inner is 1/);
    await expect(runSequentially(config({ inner: 0 }), 1)).rejects.toThrow(/inner/);
    await expect(runSequentially(config({ inner: 2 }), 1)).resolves.toBeDefined();
  });
});
