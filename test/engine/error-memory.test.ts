/**
 * error-memory: agents that take their own state as it is, and messages that make up for what earlier ones
 * left out. Against the equations over plain arrays, with the same bits for any number of workers; and what
 * the memory is for: without it the limit is not x*.
 */

import { describe, expect, it } from 'vitest';
import { planCompressor, referenceCompressor } from '../../src/compress/registry.js';
import { seedWords } from '../../src/runtime.js';
import { edgeList, generate } from '../../topology/index.js';
import { goldenProblem } from '../golden/problem.js';
import { writeQuadratic } from '../support/quadratic.js';
import { temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';
import { laplacianOf, simulate } from '../support/simulate.js';

const folder = temporaryFolder();
const dim = 11;
const seed = 77;
const topology = { kind: 'barabasi-albert', nodes: 23, attach: 2, seed: 4 };
const graph = generate(topology, 0);
const { from, to } = edgeList(graph);
const edges = Array.from(from, (node, edge) => [node, to[edge]] as const);
const { a, b } = goldenProblem(graph.nodes, dim, 0);
const gains = { step: 0.03, alpha: 0.5, beta: 0.7, mu: 0.8, gamma: 0.6 };
const flow = { kind: 'primal-dual', compress: 'error-memory' as const, ...gains };

async function config(compressor: Record<string, unknown>, rounds: number) {
  const problem = await writeQuadratic(folder, 'golden', a, b, dim);
  return { topology, ...problem, flow, compressor, rounds, seed };
}

describe('error-memory', () => {
  it.each([
    { kind: 'flatten', inner: { kind: 'sign' } },
    { kind: 'best-rotation', choices: 8, scaleBits: 32 },
    { kind: 'top-k', k: 3 },
    { kind: 'identity' },
  ])('computes its equations: $kind', async (compressor) => {
    const rounds = 25;
    const inputs = await config(compressor, rounds);
    const { x, stateHash } = await runSequentially(inputs, 1);
    expect((await runSequentially(inputs, 3)).stateHash).toBe(stateHash);

    const context = { agents: graph.nodes, dim, blockAgents: 1, seed: seedWords(seed), rounds, path: ['c'] };
    const rowOf = (data: Float64Array, i: number) => data.slice(i * dim, (i + 1) * dim);
    const reference = simulate({
      laplacian: laplacianOf(graph.nodes, edges),
      flow: { ...flow, eta: 1 },
      compress: referenceCompressor(planCompressor(compressor, context), context.seed),
      gradient: (row, i) => row.map((entry, c) => a[i * dim + c] * (entry - b[i * dim + c])),
      start: Array.from({ length: graph.nodes }, (_, i) => rowOf(b, i)),
      rounds,
    });
    for (let i = 0; i < graph.nodes; i++) {
      for (let c = 0; c < dim; c++) expect(x[i * dim + c]).toBeCloseTo(reference.x[i][c], 9);
    }
  });

  it('reaches the optimum although the duals are not conserved on the way', async () => {
    const inputs = await config({ kind: 'flattened-sign' }, 5000);
    const { verdict } = await runSequentially({ ...inputs, stop: { rmsError: 1e-9 } }, 1);
    expect(verdict).toBe('converged');
  });

  it('gamma is checked', async () => {
    const inputs = await config({ kind: 'sign' }, 5);
    await expect(runSequentially({ ...inputs, flow: { ...flow, gamma: 0 } }, 1)).rejects.toThrow('gamma');
  });
});
