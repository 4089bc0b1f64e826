/**
 * Every flow with every compressor: the engine against the equations written down over plain arrays
 * (test/support/simulate.ts). Rounding differs (the engine keeps z = L s incrementally, the reference
 * implementation multiplies), so agreement is to 1e-9 over the first rounds.
 */

import { describe, expect, it } from 'vitest';
import { planCompressor, referenceCompressor } from '../../src/compress/registry.js';
import type { Compress } from '../../src/flow/types.js';
import { seedWords } from '../../src/runtime.js';
import { edgeList, generate } from '../../topology/index.js';
import { goldenProblem } from '../golden/problem.js';
import { writeQuadratic } from '../support/quadratic.js';
import { temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';
import { laplacianOf, simulate } from '../support/simulate.js';
import { someOfAll } from '../support/some.js';
import { combinations, kindsOf } from './table.js';

const folder = temporaryFolder();
const dim = 11;
const seed = 12_345_678_901;
const rounds = 25;
const topology = { kind: 'barabasi-albert', nodes: 23, attach: 2, seed: 4 };

const graph = generate(topology, 0);
const { from, to } = edgeList(graph);
const laplacian = laplacianOf(
  graph.nodes,
  Array.from(from, (node, edge) => [node, to[edge]] as const),
);
const { a, b } = goldenProblem(graph.nodes, dim, 0);
const rowOf = (data: Float64Array, i: number) => data.slice(i * dim, (i + 1) * dim);

describe('the engine computes the equations', () => {
  it.each(someOfAll(combinations, 2, kindsOf))('$name', async ({ flow, compressor }) => {
    const { x } = await runSequentially(
      {
        topology,
        ...(await writeQuadratic(folder, 'golden', a, b, dim)),
        flow,
        compressor,
        rounds,
        seed,
      },
      2,
    );

    const context = {
      agents: graph.nodes,
      dim,
      blockAgents: 1,
      seed: seedWords(seed),
      rounds,
      path: ['compressor'],
    };
    const full = { step: 0, alpha: 0, eta: flow.kind === 'consensus' ? 0 : 1, beta: 0, mu: 1, ...flow };
    const reference = simulate({
      laplacian,
      flow: { ...full, compress: flow.compress as Compress },
      compress: referenceCompressor(planCompressor(compressor, context), seedWords(seed)),
      gradient: (row, i) => row.map((entry, c) => a[i * dim + c] * (entry - b[i * dim + c])),
      start: laplacian.map((_, i) => rowOf(b, i)),
      rounds,
    });
    const largest = Math.max(
      ...reference.x.flatMap((row, i) => Array.from(row, (entry, c) => Math.abs(entry - x[i * dim + c]))),
    );
    expect(largest).toBeLessThanOrEqual(1e-9);
  });
});
