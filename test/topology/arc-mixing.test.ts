/** Gaps and eigenvectors of mixing over arcs against a dense eigenvalue decomposition. */

import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { arcMixing } from '../../topology/arc-mixing.js';
import { type Graph, generate } from '../../topology/index.js';

/** R and C as they are defined. */
function matrices({ nodes, arcs, rowStart, columns }: Graph) {
  const [inStart, inColumns] = arcs ? [arcs.inStart, arcs.inColumns] : [rowStart, columns];
  const outStart = arcs ? arcs.outStart : rowStart;
  const pulled = Matrix.zeros(nodes, nodes);
  const pushed = Matrix.zeros(nodes, nodes);
  for (let i = 0; i < nodes; i++) {
    for (const j of [i, ...inColumns.subarray(inStart[i], inStart[i + 1])]) {
      pulled.set(i, j, 1 / (1 + inStart[i + 1] - inStart[i]));
      pushed.set(i, j, 1 / (1 + outStart[j + 1] - outStart[j]));
    }
  }
  return { pulled, pushed };
}

function gapOf(matrix: Matrix): number {
  const { realEigenvalues, imaginaryEigenvalues } = new EigenvalueDecomposition(matrix);
  const sizes = realEigenvalues.map((real, i) => Math.hypot(real, imaginaryEigenvalues[i] as number));
  return 1 - (sizes.sort((a, b) => b - a)[1] as number);
}

/** p = M p, entries of mean 1, by many applications. */
function fixed(matrix: Matrix): number[] {
  let vector = Matrix.ones(matrix.rows, 1);
  for (let t = 0; t < 20_000; t++) vector = matrix.mmul(vector);
  const sum = vector.sum();
  return vector.to1DArray().map((entry) => (entry * matrix.rows) / sum);
}

describe('mixing over arcs', () => {
  it.each([
    { kind: 'random-digraph', nodes: 12, averageDegree: 3, seed: 4 },
    { kind: 'directed-ring', nodes: 7 },
    { kind: 'star', nodes: 6 },
  ])('$kind', (spec) => {
    const graph = generate(spec, 3);
    const { pulled, pushed } = matrices(graph);
    const found = arcMixing(graph);
    expect(found.pullGap).toBeCloseTo(gapOf(pulled), 3);
    expect(found.pushGap).toBeCloseTo(gapOf(pushed), 3);
    const weights = fixed(pushed);
    expect(found.heaviest).toBeCloseTo(Math.max(...weights), 8);
    expect(found.lightest).toBeCloseTo(Math.min(...weights), 8);
  });

  it('of one agent', () => {
    expect(arcMixing(generate({ kind: 'path', nodes: 1 }, 1)).pullGap).toBe(1);
  });
});
