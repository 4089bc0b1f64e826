import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bandwidth,
  components,
  degreeStatistics,
  diameter,
  type Graph,
  generate,
  graphFromEdges,
  inspect,
  largestComponent,
  largestComponentWithNodes,
  permute,
  reverseCuthillMcKee,
} from '../../topology/index.js';
import { edgeTexts, errorOf } from './helpers.js';

/** A triangle 1-3-5 with labels and weights, an edge 0-4, and node 2 alone. */
const apart = graphFromEdges(
  6,
  Uint32Array.of(1, 3, 5, 0),
  Uint32Array.of(3, 5, 1, 4),
  Float64Array.of(1, 2, 3, 4),
  ['a', 'b', 'c', 'd', 'e', 'f'],
);

describe('components', () => {
  test('by hand', () => {
    expect(components(apart)).toEqual({ count: 3, of: Uint32Array.of(1, 0, 2, 0, 1, 0), sizes: [3, 2, 1] });
  });

  test('the largest keeps order, labels and weights', () => {
    const { graph, nodeOf } = largestComponentWithNodes(apart);
    expect([...nodeOf]).toEqual([1, 3, 5]);
    expect(graph.labels).toEqual(['b', 'd', 'f']);
    expect(edgeTexts(graph)).toEqual(['0-1', '0-2', '1-2']);
    expect([...(graph.weights ?? [])]).toEqual([1, 3, 1, 2, 3, 2]);
  });

  test('a connected graph is its own largest component', () => {
    const ring = generate({ kind: 'ring', nodes: 5 });
    expect(largestComponent(ring)).toEqual(ring);
  });
});

describe('diameter', () => {
  test.each([
    [{ kind: 'path', nodes: 7 }, 6],
    [{ kind: 'path', nodes: 1 }, 0],
    [{ kind: 'ring', nodes: 9 }, 4],
    [{ kind: 'star', nodes: 9 }, 2],
    [{ kind: 'complete', nodes: 9 }, 1],
    [{ kind: 'grid', rows: 4, columns: 6 }, 8],
    [{ kind: 'hypercube', dimension: 6 }, 6],
    [{ kind: 'balanced-tree', branching: 3, height: 4 }, 8],
    [{ kind: 'barbell', clique: 5, path: 3 }, 6],
  ])('%j: %i', (spec, expected) => {
    expect(diameter(generate(spec))).toEqual({ diameter: expected, diameterIsExact: true });
  });

  test('is infinite, null in JSON, between components', () => {
    expect(diameter(apart)).toEqual({ diameter: null, diameterIsExact: true });
  });

  test('agrees with searching from every node', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 60 }),
        fc.double({ min: 1, max: 4, noNaN: true }),
        fc.nat(),
        (nodes, mean, seed) => {
          const averageDegree = Math.min(mean, nodes - 1);
          const graph = largestComponent(generate({ kind: 'erdos-renyi', nodes, averageDegree }, seed));
          expect(diameter(graph).diameter).toBe(farthestPair(graph));
        },
      ),
    );
  });

  test('says so when the budget allows a lower bound only', () => {
    const ring = generate({ kind: 'ring', nodes: 2000 });
    const { diameter: found, diameterIsExact } = diameter(ring, 10_000);
    expect(diameterIsExact).toBe(false);
    expect(found).toBe(1000);
  });
});

function farthestPair({ nodes, rowStart, columns }: Graph): number {
  let farthest = 0;
  for (let start = 0; start < nodes; start++) {
    const depth = new Map([[start, 0]]);
    for (const [node, steps] of depth) {
      farthest = Math.max(farthest, steps);
      for (const next of columns.subarray(rowStart[node], rowStart[node + 1])) {
        if (!depth.has(next)) depth.set(next, steps + 1);
      }
    }
  }
  return farthest;
}

describe('degrees and inspect', () => {
  test('degree statistics by hand', () => {
    const star = generate({ kind: 'star', nodes: 4 });
    expect(degreeStatistics(star)).toEqual({ min: 1, max: 3, mean: 1.5, median: 1, histogram: [0, 3, 0, 1] });
    expect(degreeStatistics(generate({ kind: 'path', nodes: 4 })).median).toBe(1.5);
  });

  test('inspect gathers it all, and JSON keeps it', () => {
    const report = inspect(apart);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(report).toMatchObject({
      nodes: 6,
      edges: 4,
      components: 3,
      componentSizes: [3, 2, 1],
      lambda2: 0,
      diameter: null,
      degree: { min: 0, max: 2, mean: 4 / 3, median: 1.5 },
      density: 4 / 15,
      weighted: true,
      selfLoopsDropped: 0,
      parallelEdgesDropped: 0,
    });
    expect(report.lambdaMax).toBeCloseTo(3, 12);
  });
});

describe('reverse Cuthill-McKee', () => {
  test('a shuffled path gets its line back: bandwidth 1', () => {
    const path = generate({ kind: 'path', nodes: 6 });
    const shuffled = permute(path, Uint32Array.of(3, 0, 5, 1, 4, 2));
    expect(bandwidth(shuffled)).toBeGreaterThan(1);
    expect(bandwidth(permute(shuffled, reverseCuthillMcKee(shuffled)))).toBe(1);
  });

  test('a grid read the wrong way gets no wider than its short side allows', () => {
    const grid = generate({ kind: 'grid', rows: 5, columns: 40 });
    expect(bandwidth(grid)).toBe(40);
    expect(bandwidth(permute(grid, reverseCuthillMcKee(grid)))).toBeLessThanOrEqual(6);
  });

  test('is a permutation, and permuting keeps the graph', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(), (nodes, seed) => {
        const graph = generate({ kind: 'erdos-renyi', nodes, probability: 0.08 }, seed);
        const order = reverseCuthillMcKee(graph);
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: nodes }, (_, node) => node));
        const inverse = new Uint32Array(nodes);
        order.forEach((node, position) => {
          inverse[node] = position;
        });
        expect(permute(permute(graph, order), inverse)).toEqual(graph);
      }),
    );
  });

  test('an order that repeats a node is refused', () => {
    const path = generate({ kind: 'path', nodes: 2 });
    expect(errorOf(() => permute(path, Uint32Array.of(1, 1))).message).toBe(
      'order[1] is 1, expected a node not named before',
    );
  });
});
