import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { factor, solve } from '../../topology/elimination.js';
import {
  edgeWeights,
  type GeneratorSpec,
  type Graph,
  generate,
  graphFromEdges,
  isConnected,
  largestComponent,
  readGraph,
  spectrum,
} from '../../topology/index.js';
import { runs } from '../support/properties.js';
import { airportsFile, errorOf, fixture, hasShared, sharedTopologies } from './helpers.js';

/** Relative error, for figures with more digits than toBeCloseTo can say. */
const off = (value: number, expected: number) => Math.abs(value / expected - 1);

const quarterSine = (angle: number) => 4 * Math.sin(angle) ** 2;
const pathEnds = (n: number) => [quarterSine(Math.PI / (2 * n)), quarterSine((Math.PI * (n - 1)) / (2 * n))];
const ringEnds = (n: number) => [quarterSine(Math.PI / n), quarterSine((Math.PI * Math.floor(n / 2)) / n)];

describe('by hand', () => {
  // L = [1 -1; -1 1] has eigenvalues 0 and 2; on the path of three, 0, 1 and 3.
  test('two and three nodes in a line', () => {
    expect(spectrum(generate({ kind: 'path', nodes: 2 }))).toMatchObject({ converged: true });
    expect(spectrum(generate({ kind: 'path', nodes: 2 })).lambda2).toBeCloseTo(2, 12);
    const { lambda2, lambdaMax } = spectrum(generate({ kind: 'path', nodes: 3 }));
    expect(lambda2).toBeCloseTo(1, 12);
    expect(lambdaMax).toBeCloseTo(3, 12);
  });

  test('one node has nothing to agree on', () => {
    expect(spectrum(generate({ kind: 'path', nodes: 1 }))).toMatchObject({
      lambda2: 0,
      lambdaMax: 0,
      converged: true,
    });
  });

  test('disconnected: lambda2 is 0 exactly, by the dense method and by the sparse one', () => {
    const two = graphFromEdges(5, Uint32Array.of(0, 2, 3), Uint32Array.of(1, 3, 4));
    for (const denseNodes of [300, 0]) {
      const { lambda2, lambdaMax, converged } = spectrum(two, null, { denseNodes });
      expect(lambda2).toBe(0);
      expect(lambdaMax).toBeCloseTo(3, 10);
      expect(converged).toBe(true);
    }
  });

  test('a weight scales: the single edge of weight w has eigenvalues 0 and 2 w', () => {
    const graph = graphFromEdges(2, Uint32Array.of(0), Uint32Array.of(1), Float64Array.of(3.5));
    expect(spectrum(graph, graph.weights).lambdaMax).toBeCloseTo(7, 12);
    expect(spectrum(graph).lambdaMax).toBeCloseTo(2, 12);
  });
});

/** Kinds whose eigenvalues are known in closed form. */
const closedForms: [GeneratorSpec, number[]][] = [
  [{ kind: 'path', nodes: 40 }, pathEnds(40)],
  [{ kind: 'path', nodes: 1000 }, pathEnds(1000)],
  [{ kind: 'ring', nodes: 25 }, ringEnds(25)],
  [{ kind: 'ring', nodes: 301 }, ringEnds(301)],
  [{ kind: 'star', nodes: 30 }, [1, 30]],
  [{ kind: 'star', nodes: 2000 }, [1, 2000]],
  [{ kind: 'complete', nodes: 20 }, [20, 20]],
  [{ kind: 'hypercube', dimension: 5 }, [2, 10]],
  [{ kind: 'hypercube', dimension: 11 }, [2, 22]],
  [{ kind: 'grid', rows: 7, columns: 12 }, [pathEnds(12)[0], pathEnds(7)[1] + pathEnds(12)[1]]],
  [{ kind: 'grid', rows: 40, columns: 60 }, [pathEnds(60)[0], pathEnds(40)[1] + pathEnds(60)[1]]],
  [{ kind: 'torus', rows: 9, columns: 31 }, [ringEnds(31)[0], ringEnds(9)[1] + ringEnds(31)[1]]],
];

describe('closed forms', () => {
  for (const [spec, [low, high]] of closedForms) {
    for (const denseNodes of [300, 0]) {
      test(`${JSON.stringify(spec)}, dense up to ${denseNodes}`, () => {
        const { lambda2, lambdaMax, residual2, residualMax, converged } = spectrum(generate(spec), null, {
          denseNodes,
        });
        expect(converged).toBe(true);
        expect(off(lambda2, low)).toBeLessThan(Math.max(residual2, 1e-12));
        expect(off(lambdaMax, high)).toBeLessThan(Math.max(residualMax, 1e-12));
      });
    }
  }

  test('a ring and a path of 50,000: lambda2 is a billionth of lambdaMax, and keeps its digits', () => {
    for (const [kind, [low, high]] of [
      ['ring', ringEnds(50_000)],
      ['path', pathEnds(50_000)],
    ] as const) {
      const { lambda2, lambdaMax, converged } = spectrum(generate({ kind, nodes: 50_000 }));
      expect(converged).toBe(true);
      expect(off(lambda2, low)).toBeLessThan(1e-10);
      expect(off(lambdaMax, high)).toBeLessThan(1e-10);
    }
  });
});

describe('known figures', () => {
  const check = (graph: Graph, low: number, high: number, digits = 1e-9) => {
    const { lambda2, lambdaMax, converged } = spectrum(graph);
    expect(converged).toBe(true);
    expect(off(lambda2, low)).toBeLessThan(digits);
    expect(off(lambdaMax, high)).toBeLessThan(digits);
  };

  test('ring 25', () => check(generate({ kind: 'ring', nodes: 25 }), 0.0628336777, 3.9842294026));
  test('torus 5 x 5', () =>
    check(generate({ kind: 'torus', rows: 5, columns: 5 }), 1.3819660113, 7.2360679775));

  test("Zachary's karate club", async () => {
    const graph = await readGraph(fixture('karate.edges'));
    expect([graph.nodes, graph.edges]).toEqual([34, 78]);
    check(graph, 0.4685252267, 18.136695973);
  });

  test('the airports: 305 nodes, just past the dense method', async () => {
    const graph = await readGraph(airportsFile);
    expect([graph.nodes, graph.edges]).toEqual([305, 2834]);
    expect(graph.dropped).toEqual({ selfLoops: 0, parallelEdges: 0 });
    check(graph, 0.43204972007703, 174.02003565903, 1e-12);
  });

  describe.skipIf(!hasShared)('downloaded networks', () => {
    test.each([
      ['Abilene.gml', 0.3238055853, 5.3495180404, 1e-9],
      ['Geant2012.graphml', 0.1395064279, 11.3448352645, 1e-9],
      ['us-western-power-grid.gml', 0.00075921221, 20.1096164, 1e-8],
    ])('%s', async (file, low, high, digits) => {
      check(await readGraph(`${sharedTopologies}/${file}`), low, high, digits);
    });
  });
});

describe('one method against another', () => {
  test('sparse and dense agree on random weighted graphs', () => {
    const graphs = fc.record({
      nodes: fc.integer({ min: 3, max: 40 }),
      seed: fc.nat(1e6),
      degree: fc.double({ min: 1, max: 2, noNaN: true }),
      exponents: fc.infiniteStream(fc.integer({ min: -4, max: 4 })),
    });
    fc.assert(
      fc.property(graphs, ({ nodes, seed, degree, exponents }) => {
        const plain = largestComponent(generate({ kind: 'erdos-renyi', nodes, averageDegree: degree }, seed));
        if (plain.nodes < 2) return;
        const weights = new Float64Array(plain.columns.length);
        for (let row = 0; row < plain.nodes; row++) {
          for (let arc = plain.rowStart[row]; arc < plain.rowStart[row + 1]; arc++) {
            const column = plain.columns[arc];
            if (column < row) continue;
            weights[arc] = 2 ** (exponents.next().value as number);
            const other = plain.columns.subarray(plain.rowStart[column], plain.rowStart[column + 1]);
            weights[plain.rowStart[column] + other.indexOf(row)] = weights[arc];
          }
        }
        const dense = spectrum(plain, weights);
        const sparse = spectrum(plain, weights, { denseNodes: 0 });
        expect(dense.converged && sparse.converged).toBe(true);
        expect(off(sparse.lambda2, dense.lambda2)).toBeLessThan(2e-8);
        expect(off(sparse.lambdaMax, dense.lambdaMax)).toBeLessThan(2e-8);
      }),
      { numRuns: runs(60) },
    );
  });

  test('random graphs of a few thousand nodes: wide gaps, no factor needed', () => {
    const graph = generate({ kind: 'random-regular', nodes: 5000, degree: 8 }, 1);
    const { lambda2, lambdaMax, method, converged } = spectrum(graph);
    expect(converged).toBe(true);
    expect(method).toEqual({ lambda2: 'lanczos', lambdaMax: 'lanczos' });
    // Friedman: all but the trivial eigenvalue of the adjacency are near 2 sqrt(7) at most.
    expect(lambda2).toBeGreaterThan(8 - 2 * Math.sqrt(7) - 0.1);
    expect(lambdaMax).toBeLessThan(8 + 2 * Math.sqrt(7) + 0.1);
  });

  test('the factor solves: L x = b, checked by multiplying back', () => {
    const graph = generate({ kind: 'watts-strogatz', nodes: 400, degree: 6, rewire: 0.1 }, 3);
    expect(isConnected(graph)).toBe(true);
    const outcome = factor(graph, null, null);
    if ('failed' in outcome) throw new Error(outcome.failed);
    const b = Float64Array.from({ length: 400 }, (_, node) => Math.sin(node));
    const mean = b.reduce((sum, value) => sum + value) / 400;
    for (let node = 0; node < 400; node++) b[node] -= mean;
    const x = new Float64Array(400);
    solve(outcome.factor, b, x, new Float64Array(400));
    for (let row = 0; row < 400; row++) {
      let image = 0;
      for (let arc = graph.rowStart[row]; arc < graph.rowStart[row + 1]; arc++)
        image += x[row] - x[graph.columns[arc]];
      expect(image).toBeCloseTo(b[row], 11);
    }
  });

  test('sigma below lambdaMax has no Cholesky factor, sigma above has one', () => {
    const graph = generate({ kind: 'ring', nodes: 100 }); // lambdaMax is 4
    expect(factor(graph, null, 4 - 1e-9)).toEqual({ failed: 'not-positive' });
    expect(factor(graph, null, 4 + 1e-9)).toHaveProperty('factor');
  });

  test('the same bits every time', () => {
    const graph = generate({ kind: 'random-geometric', nodes: 800, averageDegree: 14 }, 2);
    expect(spectrum(graph)).toEqual(spectrum(graph));
  });
});

describe('weights', () => {
  test('metropolis on a path of three, by hand: the middle has degree 2, so both edges weigh 1/3', () => {
    const { weights, degrees } = edgeWeights(generate({ kind: 'path', nodes: 3 }), 'metropolis');
    expect([...(weights ?? [])]).toEqual([1 / 3, 1 / 3, 1 / 3, 1 / 3]);
    expect([...degrees]).toEqual([1 / 3, 2 / 3, 1 / 3]);
  });

  test('unit weights are null, degrees are counts', () => {
    const { weights, degrees } = edgeWeights(generate({ kind: 'star', nodes: 4 }), 'unit');
    expect(weights).toBeNull();
    expect([...degrees]).toEqual([3, 1, 1, 1]);
  });

  test('metropolis keeps every weighted degree below 1, so lambdaMax below 2', () => {
    const graph = generate({ kind: 'barabasi-albert', nodes: 500, attach: 3 }, 1);
    const { weights, degrees } = edgeWeights(graph, 'metropolis');
    expect(Math.max(...degrees)).toBeLessThan(1);
    expect(spectrum(graph, weights).lambdaMax).toBeLessThan(2);
  });

  test('file weights must be there', () => {
    const graph = generate({ kind: 'ring', nodes: 3 });
    expect(errorOf(() => edgeWeights(graph, 'file'))).toMatchObject({
      message: 'weights is "file", but the graph has none, expected unit or metropolis',
      path: ['weights'],
    });
  });
});
