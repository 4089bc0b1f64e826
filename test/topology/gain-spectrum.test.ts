import { describe, expect, test } from 'vitest';
import { descend } from '../../topology/descent.js';
import { ENOUGH, gainSpectrum } from '../../topology/gain-spectrum.js';
import {
  edgeWeights,
  type GeneratorSpec,
  generate,
  graphFromEdges,
  largestComponent,
  spectrum,
} from '../../topology/index.js';
import { laplacianOf } from '../../topology/laplacian.js';
import { vCycle } from '../../topology/multigrid.js';

/** As if every graph were large. */
const ROUGH = { largeGraph: 0 };

/** Hubs, long and thin ones, expanders, two sides, communities: each is hard for another reason. */
const graphs: GeneratorSpec[] = [
  { kind: 'random-regular', nodes: 3000, degree: 8 },
  { kind: 'barabasi-albert', nodes: 3000, attach: 3 },
  { kind: 'grid', rows: 50, columns: 60 },
  { kind: 'ring', nodes: 3001 },
  { kind: 'path', nodes: 3000 },
  { kind: 'star', nodes: 3000 },
  { kind: 'balanced-tree', branching: 2, height: 10 },
  { kind: 'barbell', clique: 100, path: 1000 },
  { kind: 'hypercube', dimension: 11 },
  { kind: 'random-geometric', nodes: 3000, averageDegree: 20 },
  { kind: 'watts-strogatz', nodes: 3000, degree: 6, rewire: 0.05 },
  { kind: 'stochastic-block', sizes: [1000, 1000, 1000], within: 0.02, between: 0.0005 },
  { kind: 'erdos-renyi', nodes: 3000, averageDegree: 5 },
];

describe('two digits, on the safe side', () => {
  for (const spec of graphs) {
    for (const kind of ['unit', 'metropolis'] as const) {
      test(`${JSON.stringify(spec)}, weights ${kind}`, () => {
        const graph = largestComponent(generate(spec, 2));
        const { weights } = edgeWeights(graph, kind);
        const exact = spectrum(graph, weights);
        const rough = gainSpectrum(graph, weights, ROUGH);
        expect(exact.converged && rough.converged).toBe(true);
        expect(rough.lambda2 / exact.lambda2).toBeGreaterThan(1 - 1e-7);
        // Eigenvalues that crowd: one lies within 1%, and the least of them is a little lower.
        expect(rough.lambda2 / exact.lambda2).toBeLessThan(1.03);
        expect(rough.lambdaMax / exact.lambdaMax).toBeGreaterThan(1 - 1e-7);
        expect(rough.lambdaMax / exact.lambdaMax).toBeLessThan(1 + 1.02 * ENOUGH.lambdaMax);
        // What is said of the error holds, and the interval of lambdaMax ends at an eigenvalue's own value.
        expect(rough.lambdaMax * (1 - rough.residualMax)).toBeLessThan(exact.lambdaMax * (1 + 1e-7));
      });
    }
  }

  test('a ring of 100,000, whose lambda2 is 1e-9 of lambdaMax: 4 sin^2(pi / n)', () => {
    const { lambda2, lambdaMax, converged, method } = gainSpectrum(
      generate({ kind: 'ring', nodes: 100_000 }),
    );
    expect(converged).toBe(true);
    expect(method.lambda2).toBe('descent');
    const exact = 4 * Math.sin(Math.PI / 100_000) ** 2;
    expect(lambda2 / exact).toBeGreaterThan(1 - 1e-4);
    expect(lambda2 / exact).toBeLessThan(1.02);
    expect(lambdaMax).toBeGreaterThanOrEqual(4);
    expect(lambdaMax).toBeLessThan(4.04);
  });

  test('small graphs have all digits, and the bits of spectrum', () => {
    const graph = generate({ kind: 'barabasi-albert', nodes: 2000, attach: 4 }, 3);
    expect(gainSpectrum(graph)).toEqual(spectrum(graph));
  });

  test('disconnected: lambda2 is 0', () => {
    const two = graphFromEdges(5, Uint32Array.of(0, 2, 3), Uint32Array.of(1, 3, 4));
    expect(gainSpectrum(two, null, ROUGH)).toMatchObject({ lambda2: 0, residual2: 0, converged: true });
    expect(gainSpectrum(two, null, ROUGH).lambdaMax).toBeCloseTo(3, 10);
  });

  test('no edge at all', () => {
    const alone = generate({ kind: 'path', nodes: 1 });
    expect(gainSpectrum(alone, null, ROUGH)).toMatchObject({ lambda2: 0, lambdaMax: 0, converged: true });
  });

  test('the same bits every time', () => {
    const graph = generate({ kind: 'barabasi-albert', nodes: 3000, attach: 3 }, 2);
    expect(gainSpectrum(graph, null, ROUGH)).toEqual(gainSpectrum(graph, null, ROUGH));
  });
});

describe('the V-cycle', () => {
  const graph = generate({ kind: 'grid', rows: 40, columns: 50 });
  const { nodes } = graph;
  const wave = (frequency: number) => {
    const b = Float64Array.from({ length: nodes }, (_, node) => Math.sin(1 + frequency * node));
    const mean = b.reduce((sum, value) => sum + value) / nodes;
    return b.map((value) => value - mean);
  };
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

  test('is symmetric and positive', () => {
    const { apply, levels, solves } = vCycle(graph, null);
    expect(levels).toBeGreaterThan(1);
    expect(solves).toBe(true);
    const [a, b] = [wave(0.3), wave(1.7)];
    const [ofA, ofB] = [new Float64Array(nodes), new Float64Array(nodes)];
    apply(a, ofA);
    apply(b, ofB);
    const scale = Math.sqrt(dot(a, ofA) * dot(b, ofB));
    expect(Math.abs(dot(a, ofB) - dot(b, ofA))).toBeLessThan(1e-10 * scale);
    expect(dot(a, ofA)).toBeGreaterThan(0);
  });

  test('descent takes few steps with it, and many without', () => {
    const apply = laplacianOf(graph, null);
    const options = { within: 0.01, most: 400 };
    const cycle = vCycle(graph, null);
    const near = descend(nodes, apply, cycle.apply, { ...options, near: true });
    const jacobi = (r: Float64Array, w: Float64Array) => w.set(r);
    const plain = descend(nodes, apply, jacobi, { ...options, near: false });
    expect(near.steps).toBeLessThan(20);
    expect(plain.steps).toBeGreaterThan(4 * near.steps);
    const exact = 4 * Math.sin(Math.PI / 100) ** 2;
    for (const { value } of [near, plain]) {
      expect(value / exact).toBeGreaterThan(1 - 1e-9);
      expect(value / exact).toBeLessThan(1.01);
    }
  });
});
