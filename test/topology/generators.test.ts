import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  components,
  degreeStatistics,
  type Generator,
  type GeneratorSpec,
  generate,
  generators,
  isConnected,
  Random,
} from '../../topology/index.js';
import { splitmix } from '../../topology/random.js';
import { edgeTexts, errorOf } from './helpers.js';

interface Example {
  spec: Record<string, unknown>;
  nodes?: number;
  edges?: number;
}

/** Small specs whose counts are known. */
const examples: Record<string, Example> = {
  path: { spec: { nodes: 5 }, nodes: 5, edges: 4 },
  ring: { spec: { nodes: 5 }, nodes: 5, edges: 5 },
  star: { spec: { nodes: 5 }, nodes: 5, edges: 4 },
  complete: { spec: { nodes: 5 }, nodes: 5, edges: 10 },
  grid: { spec: { rows: 3, columns: 4 }, nodes: 12, edges: 17 },
  torus: { spec: { rows: 3, columns: 4 }, nodes: 12, edges: 24 },
  hypercube: { spec: { dimension: 4 }, nodes: 16, edges: 32 },
  'balanced-tree': { spec: { branching: 2, height: 3 }, nodes: 15, edges: 14 },
  barbell: { spec: { clique: 4, path: 2 }, nodes: 10, edges: 15 },
  exponential: { spec: { nodes: 12 }, nodes: 12 },
  'erdos-renyi': { spec: { nodes: 200, averageDegree: 12 }, nodes: 200 },
  'random-regular': { spec: { nodes: 50, degree: 4 }, nodes: 50, edges: 100 },
  'watts-strogatz': { spec: { nodes: 60, degree: 6, rewire: 0.2 }, nodes: 60, edges: 180 },
  'barabasi-albert': { spec: { nodes: 100, attach: 3 }, nodes: 100, edges: 291 },
  'random-geometric': { spec: { nodes: 200, radius: 0.2 }, nodes: 200 },
  'directed-ring': { spec: { nodes: 5 }, nodes: 5, edges: 5 },
  'random-digraph': { spec: { nodes: 100, averageDegree: 8 }, nodes: 100 },
  kronecker: { spec: { scale: 4, edgeFactor: 64 }, nodes: 16 },
  'uniform-random': { spec: { nodes: 50, edgeFactor: 8 }, nodes: 50 },
  'stochastic-block': { spec: { sizes: [30, 20], within: 0.5, between: 0.1 }, nodes: 50 },
};

/** Of a kind that is missing above: its required parameters, small. */
function usual({ parameters }: Generator): Example {
  const { properties = {}, required = [] } = z.toJSONSchema(parameters(z), { io: 'input' });
  const values = required.map((name): [string, unknown] => {
    const { type, minimum = 0 } = properties[name] as { type: string; minimum?: number };
    if (name === 'nodes') return [name, 12];
    return [name, type === 'integer' ? Math.max(minimum, 2) : type === 'array' ? [4, 4] : 0.5];
  });
  return { spec: Object.fromEntries(values) };
}

describe('small graphs, by hand', () => {
  test.each<[GeneratorSpec, string]>([
    [{ kind: 'path', nodes: 3 }, '0-1 1-2'],
    [{ kind: 'ring', nodes: 1 }, ''],
    [{ kind: 'ring', nodes: 2 }, '0-1'],
    [{ kind: 'ring', nodes: 4 }, '0-1 0-3 1-2 2-3'],
    [{ kind: 'star', nodes: 4 }, '0-1 0-2 0-3'],
    [{ kind: 'grid', rows: 2, columns: 2 }, '0-1 0-2 1-3 2-3'],
    // A side of 2: above and below are the same neighbour.
    [{ kind: 'torus', rows: 2, columns: 2 }, '0-1 0-2 1-3 2-3'],
    [{ kind: 'torus', rows: 1, columns: 3 }, '0-1 0-2 1-2'],
    [{ kind: 'hypercube', dimension: 2 }, '0-1 0-2 1-3 2-3'],
    [{ kind: 'balanced-tree', branching: 2, height: 1 }, '0-1 0-2'],
    [{ kind: 'barbell', clique: 3, path: 0 }, '0-1 0-2 1-2 2-3 3-4 3-5 4-5'],
    // 6 nodes: 1, 2 and 4 steps away, and 4 forward is 2 back.
    [{ kind: 'exponential', nodes: 6 }, '0-1 0-2 0-4 0-5 1-2 1-3 1-5 2-3 2-4 3-4 3-5 4-5'],
  ])('%j', (spec, edges) => {
    expect(edgeTexts(generate(spec)).join(' ')).toBe(edges);
  });
});

describe('every kind in the registry', () => {
  for (const generator of generators) {
    const { kind, random, parameters, summary } = generator;
    const example = examples[kind] ?? usual(generator);
    test(`${kind}: nodes, edges, schema, seed`, () => {
      const spec = { kind, ...example.spec };
      const graph = generate(spec, 1);
      if (example.nodes !== undefined) expect(graph.nodes).toBe(example.nodes);
      if (example.edges !== undefined) expect(graph.edges).toBe(example.edges);
      expect(graph.dropped).toEqual({ selfLoops: 0, parallelEdges: 0 });
      expect(isConnected(graph)).toBe(true);
      expect(summary).not.toBe('');

      const schema = parameters(z);
      expect(schema.parse(example.spec)).toEqual(example.spec);
      expect(schema.safeParse({ ...example.spec, nonsense: 1 }).success).toBe(false);
      for (const parameter of Object.values(schema.shape))
        expect((parameter as z.ZodType).description).toBeTruthy();

      expect(generate(spec, 1)).toEqual(graph);
      if (random) {
        expect(generate(spec, 2)).not.toEqual(graph);
        expect(generate({ ...spec, seed: 1 }, 2)).toEqual(graph);
      } else {
        expect(generate(spec, 2)).toEqual(graph);
      }
    });
  }
});

describe('random graphs', () => {
  const near = (value: number, expected: number, sigmas = 5) => {
    expect(Math.abs(value - expected)).toBeLessThan(sigmas * Math.sqrt(expected) + 1);
  };

  test('edge counts are near their expectation', () => {
    near(generate({ kind: 'erdos-renyi', nodes: 2000, probability: 0.01 }, 3).edges, 0.01 * 1999 * 1000);
    near(generate({ kind: 'erdos-renyi', nodes: 2000, averageDegree: 10 }, 3).edges, 10_000);
    // Pairs of points share points, so the count varies more than a sum of independent ones.
    near(generate({ kind: 'random-geometric', nodes: 2000, averageDegree: 10 }, 3).edges, 10_000, 15);
    const blocks = generate(
      { kind: 'stochastic-block', sizes: [500, 700, 300], within: 0.04, between: 0.002 },
      3,
    );
    near(blocks.edges, (0.04 * (500 * 499 + 700 * 699 + 300 * 299)) / 2 + 0.002 * (500 * 1000 + 700 * 300));
  });

  test('probabilities 0 and 1 mean none and all', () => {
    expect(generate({ kind: 'erdos-renyi', nodes: 30, probability: 0 }).edges).toBe(0);
    expect(generate({ kind: 'erdos-renyi', nodes: 30, probability: 1 }).edges).toBe(435);
    const bipartite = generate({ kind: 'stochastic-block', sizes: [3, 4], within: 0, between: 1 });
    expect(bipartite.edges).toBe(12);
    expect(generate({ kind: 'random-geometric', nodes: 30, radius: Math.SQRT2 }).edges).toBe(435);
    expect(generate({ kind: 'watts-strogatz', nodes: 7, degree: 6, rewire: 1 }).edges).toBe(21);
  });

  test('every pair is as likely as any other in G(n, p)', () => {
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 2000; seed++) {
      for (const edge of edgeTexts(generate({ kind: 'erdos-renyi', nodes: 5, probability: 0.3 }, seed))) {
        counts.set(edge, (counts.get(edge) ?? 0) + 1);
      }
    }
    expect(counts.size).toBe(10);
    for (const count of counts.values())
      expect(Math.abs(count - 600)).toBeLessThan(5 * Math.sqrt(2000 * 0.21));
  });

  test('the cells of a geometric graph lose no pair: comparing all pairs of the same points agrees', () => {
    for (const radius of [0.02, 0.13, 0.3, 0.5, 0.9]) {
      const random = new Random(5);
      const points = Array.from({ length: 500 }, () => [random.uniform(), random.uniform()]);
      let near = 0;
      for (let a = 0; a < 500; a++) {
        for (let b = 0; b < a; b++) {
          const dx = points[a][0] - points[b][0];
          const dy = points[a][1] - points[b][1];
          if (dx * dx + dy * dy < radius * radius) near++;
        }
      }
      expect(generate({ kind: 'random-geometric', nodes: 500, radius }, 5).edges).toBe(near);
    }
  });

  test('random-regular: exact degree, simple, connected, whatever the size', () => {
    const sizes = fc
      .integer({ min: 1, max: 40 })
      .chain((nodes) => fc.tuple(fc.constant(nodes), fc.nat(nodes - 1), fc.nat(1000)))
      .filter(([nodes, degree]) => (nodes * degree) % 2 === 0);
    fc.assert(
      fc.property(sizes, ([nodes, degree, seed]) => {
        const graph = generate({ kind: 'random-regular', nodes, degree }, seed);
        const { min, max } = degreeStatistics(graph);
        expect([min, max]).toEqual([degree, degree]);
        if (degree >= 2) expect(isConnected(graph)).toBe(true);
      }),
    );
    const large = generate({ kind: 'random-regular', nodes: 20_000, degree: 8 }, 9);
    expect(degreeStatistics(large)).toMatchObject({ min: 8, max: 8 });
    expect(isConnected(large)).toBe(true);
  });

  test('random-regular of degree 2 is one ring, never several', () => {
    for (let seed = 0; seed < 20; seed++) {
      expect(components(generate({ kind: 'random-regular', nodes: 30, degree: 2 }, seed)).sizes).toEqual([
        30,
      ]);
    }
  });

  test('watts-strogatz with nothing rewired is the ring lattice', () => {
    const graph = generate({ kind: 'watts-strogatz', nodes: 6, degree: 2, rewire: 0 });
    expect(graph).toEqual(generate({ kind: 'ring', nodes: 6 }));
  });

  test('barabasi-albert grows hubs', () => {
    const { max, min } = degreeStatistics(generate({ kind: 'barabasi-albert', nodes: 5000, attach: 2 }, 4));
    expect(min).toBeLessThanOrEqual(2); // newcomers bring 2; leaves of the first star may stay at 1
    expect(max).toBeGreaterThan(60); // a random graph of mean degree 4 has about 14
  });
});

describe('parameters that describe no graph', () => {
  test.each<[GeneratorSpec, string, (string | number)[]]>([
    [
      { kind: 'random-regular', nodes: 10, degree: 12 },
      'degree is 12, expected 0..9 (fewer than nodes)',
      ['degree'],
    ],
    [
      { kind: 'random-regular', nodes: 9, degree: 3 },
      'degree is 3, expected an even number, because nodes is odd (9)',
      ['degree'],
    ],
    [
      { kind: 'erdos-renyi', nodes: 9, probability: 1.5 },
      'probability is 1.5, expected a number in [0, 1] (a probability)',
      ['probability'],
    ],
    [
      { kind: 'erdos-renyi', nodes: 9 },
      'probability is missing, expected probability or averageDegree',
      ['probability'],
    ],
    [
      { kind: 'erdos-renyi', nodes: 9, probability: 0.1, averageDegree: 2 },
      'averageDegree is 2, expected only one of probability and averageDegree',
      ['averageDegree'],
    ],
    [{ kind: 'ring', nodes: 2.5 }, 'nodes is 2.5, expected a whole number, 1 or more', ['nodes']],
    [{ kind: 'ring' }, 'nodes is missing, expected a whole number, 1 or more', ['nodes']],
    [
      { kind: 'watts-strogatz', nodes: 9, degree: 3, rewire: 0 },
      'degree is 3, expected an even number, half on either side',
      ['degree'],
    ],
    [
      { kind: 'stochastic-block', sizes: [3, 0], within: 1, between: 0 },
      'sizes[1] is 0, expected a whole number, 1 or more',
      ['sizes', 1],
    ],
    [
      { kind: 'complete', nodes: 1_000_000 },
      'nodes is 1000000, which makes 499999500000 edges, expected at most 268435456',
      ['nodes'],
    ],
    [
      { kind: 'erdos-renyi', nodes: 9, probability: 0.5, seed: -1 },
      'seed is -1, expected a whole number in 0..9007199254740991',
      ['seed'],
    ],
  ])('%j', (spec, message, path) => {
    expect(errorOf(() => generate(spec))).toMatchObject({ message, path, code: 'BAD_INPUT' });
  });

  test('an unknown kind lists the known ones', () => {
    const { message } = errorOf(() => generate({ kind: 'moebius' }));
    expect(message).toMatch(/^kind is "moebius", expected one of path, ring, star/);
    for (const { kind } of generators) expect(message).toContain(kind);
  });
});

describe('random numbers', () => {
  test('xoshiro128** from the state 1, 2, 3, 4: the first outputs of the published code', () => {
    const random = Random.fromState(1, 2, 3, 4);
    expect([1, 2, 3, 4].map(() => random.word())).toEqual([11520, 0, 5927040, 70819200]);
  });

  test('splitmix64 from the seed 1234567: the first two published outputs', () => {
    const [a, b, c, d] = splitmix(1_234_567).map((word) => BigInt(word >>> 0));
    expect([(b << 32n) | a, (d << 32n) | c]).toEqual([6457827717110365317n, 3203168211198807973n]);
  });

  test('below(n) reaches every number and none beyond', () => {
    const random = new Random(8);
    for (const count of [1, 2, 3, 7, 8]) {
      const seen = new Set(Array.from({ length: 400 }, () => random.below(count)));
      expect([...seen].sort()).toEqual(Array.from({ length: count }, (_, value) => value));
    }
  });
});
