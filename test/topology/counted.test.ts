/** Graphs whose edges are functions of seed and number: against theory, and in parts. */
import { describe, expect, test } from 'vitest';
import { philox4x32 } from '../../kernels/reference/philox.js';
import { CounterRandom, GRAPH_STREAM } from '../../topology/counter-random.js';
import { drawKronecker, type Quarters, renaming } from '../../topology/generators/kronecker.js';
import { drawUniform } from '../../topology/generators/uniform-random.js';
import { EdgeBuffer } from '../../topology/graph.js';
import { degreeStatistics, generate, largestComponent } from '../../topology/index.js';
import { errorOf } from './helpers.js';

const onesOf = (node: number) => node.toString(2).replaceAll('0', '').length;
const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k);
/** Within six standard deviations of a count that is a sum of rare events. */
const near = (count: number, expected: number, slack = 1) =>
  expect(Math.abs(count - expected)).toBeLessThan(6 * Math.sqrt(expected) + slack);

describe('random numbers by counter', () => {
  test("are Philox4x32-10, by Salmon's test vector and by the kernels' own", () => {
    const random = new CounterRandom(0, 0);
    random.draw(0, 0, 0);
    expect([...random.words]).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    const seed = 2 ** 41 + 12345;
    const other = new CounterRandom(seed);
    for (const [block, item, part] of [
      [0, 7, 0],
      [3, 0xffff_ffff, 9],
    ] as const) {
      other.draw(block, item, part);
      const key = [seed >>> 0, Math.floor(seed / 2 ** 32)] as const;
      expect([...other.words]).toEqual(philox4x32([block, item, part, GRAPH_STREAM], key));
    }
  });
});

describe('kronecker', () => {
  const quarters: Quarters = { scale: 10, a: 0.5, b: 0.25, c: 0.15 };

  test('ends of edges fall on nodes with k ones as often as theory says, from and to', () => {
    const { scale, a, b, c } = quarters;
    const count = 100_000;
    const edges = new EdgeBuffer(count);
    drawKronecker(quarters, new CounterRandom(5), 0, count, edges);
    const rename = renaming(scale, new CounterRandom(5));
    const original = new Map(Array.from({ length: 2 ** scale }, (_, node) => [rename(node), node]));
    expect(original.size).toBe(2 ** scale);
    for (const [ends, zero] of [
      [edges.from, a + b],
      [edges.to, a + c],
    ] as const) {
      const counts = new Array<number>(scale + 1).fill(0);
      for (const end of ends.subarray(0, count)) counts[onesOf(original.get(end) as number)]++;
      counts.forEach((found, ones) => {
        near(found, count * choose(scale, ones) * zero ** (scale - ones) * (1 - zero) ** ones);
      });
    }
  });

  test('Graph500: as many edges are left as theory says, and as many nodes without one', () => {
    const [scale, edgeFactor] = [9, 16];
    const drawn = edgeFactor * 2 ** scale;
    const cell = [
      [0.57, 0.19],
      [0.19, 0.05],
    ] as const;
    const probabilityOf = (i: number, j: number) => {
      let product = 1;
      for (let bit = 0; bit < scale; bit++) product *= cell[(i >> bit) & 1]?.[(j >> bit) & 1] ?? 0;
      return product;
    };
    let edges = 0;
    let bare = 0;
    for (let i = 0; i < 2 ** scale; i++) {
      let touched = 0;
      for (let j = 0; j < 2 ** scale; j++) {
        const either = i === j ? 0 : probabilityOf(i, j) + probabilityOf(j, i);
        touched += either;
        if (j < i) edges += 1 - (1 - either) ** drawn;
      }
      bare += (1 - touched) ** drawn;
    }
    const graphs = Array.from({ length: 5 }, (_, seed) => generate({ kind: 'kronecker', scale }, seed));
    near(
      graphs.reduce((sum, graph) => sum + graph.edges, 0),
      5 * edges,
    );
    near(
      graphs.reduce((sum, graph) => sum + (degreeStatistics(graph).histogram[0] ?? 0), 0),
      5 * bare,
    );
  });

  test('names say nothing of degrees: the first half of the nodes has as many edges as the second', () => {
    const { rowStart, columns, nodes } = generate({ kind: 'kronecker', scale: 14 }, 3);
    const half = rowStart[nodes / 2] ?? 0;
    // Degrees are very unequal, so the halves differ by more than a coin's.
    expect(half / columns.length).toBeGreaterThan(0.4);
    expect(half / columns.length).toBeLessThan(0.6);
  });

  test('the renaming is a permutation, at every scale', () => {
    for (let scale = 1; scale <= 12; scale++) {
      const rename = renaming(scale, new CounterRandom(scale));
      const names = new Set(Array.from({ length: 2 ** scale }, (_, node) => rename(node)));
      expect(names.size).toBe(2 ** scale);
      expect(Math.max(...names)).toBe(2 ** scale - 1);
    }
  });

  test('the largest component has hubs, and every node an edge', () => {
    const graph = largestComponent(generate({ kind: 'kronecker', scale: 12 }, 1));
    const { min, max, mean } = degreeStatistics(graph);
    expect(min).toBeGreaterThan(0);
    expect(max).toBeGreaterThan(20 * mean);
  });

  test('quarters that are more than the whole are refused', () => {
    const error = errorOf(() => generate({ kind: 'kronecker', scale: 4, a: 0.6, b: 0.3, c: 0.3 }));
    expect(error).toMatchObject({ path: ['c'], value: 0.3 });
  });
});

describe('uniform-random', () => {
  test('degrees are binomial', () => {
    const [nodes, edgeFactor] = [20_000, 4];
    const { histogram } = degreeStatistics(generate({ kind: 'uniform-random', nodes, edgeFactor }, 2));
    // Poisson is near enough: 2 edgeFactor nodes ends, each at a node with probability 1 / nodes.
    let probability = Math.exp(-2 * edgeFactor);
    histogram.forEach((count, degree) => {
      near(count, nodes * probability, 12);
      probability *= (2 * edgeFactor) / (degree + 1);
    });
  });

  test('only about edgeFactor + edgeFactor^2 edges are dropped, whatever the size', () => {
    for (const nodes of [1000, 20_000]) {
      let dropped = 0;
      for (let seed = 0; seed < 5; seed++)
        dropped += 8 * nodes - generate({ kind: 'uniform-random', nodes, edgeFactor: 8 }, seed).edges;
      near(dropped, 5 * (8 + 64), 5);
    }
  });
});

test.each<[string, (random: CounterRandom, begin: number, end: number, edges: EdgeBuffer) => void]>([
  ['kronecker', (...part) => drawKronecker({ scale: 11, a: 0.57, b: 0.19, c: 0.19 }, ...part)],
  ['uniform-random', (...part) => drawUniform(1000, ...part)],
])('any part of %s can be drawn by itself', (_name, draw) => {
  const listed = (...bounds: number[]) => {
    const edges = new EdgeBuffer(0);
    for (let part = 1; part < bounds.length; part++)
      draw(new CounterRandom(9), bounds[part - 1] as number, bounds[part] as number, edges);
    const { from, to, count } = edges;
    return [from.slice(0, count), to.slice(0, count)];
  };
  expect(listed(0, 100, 101, 5000)).toEqual(listed(0, 5000));
  expect(listed(100, 101)).toEqual(listed(0, 5000).map((ends) => ends.slice(100, 101)));
});
