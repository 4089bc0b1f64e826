/** Parts of graphs: their rows are those of the whole graph, for every kind that can make them. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type Generator,
  type Graph,
  type GraphPart,
  generate,
  generators,
  partOf,
} from '../../topology/index.js';
import { assumeFreeMemory } from '../../topology/memory.js';
import { errorOf } from './helpers.js';

afterEach(() => assumeFreeMemory(null));

const int = (min: number, max: number) => fc.integer({ min, max });
const nodes = int(1, 40);
const edgeFactor = fc.double({ min: 0, max: 6, noNaN: true });
const share = fc.double({ min: 0, max: 1, noNaN: true });

/** Parameters of each kind that has parts, small sides among them, where two ways lead to one node. */
const parameters: Record<string, fc.Arbitrary<Record<string, unknown>>> = {
  path: fc.record({ nodes }),
  ring: fc.record({ nodes }),
  star: fc.record({ nodes }),
  complete: fc.record({ nodes }),
  grid: fc.record({ rows: int(1, 7), columns: int(1, 7) }),
  torus: fc.record({ rows: int(1, 7), columns: int(1, 7) }),
  hypercube: fc.record({ dimension: int(0, 6) }),
  'balanced-tree': fc.record({ branching: int(1, 4), height: int(0, 4) }),
  barbell: fc.record({ clique: int(1, 8), path: int(0, 5) }),
  exponential: fc.record({ nodes, directed: fc.boolean() }),
  'directed-ring': fc.record({ nodes }),
  'erdos-renyi': fc.record({ nodes, probability: share }),
  'random-digraph': fc.record({ nodes, probability: share }),
  'stochastic-block': fc.record({
    sizes: fc.array(int(1, 12), { minLength: 1, maxLength: 4 }),
    within: share,
    between: share,
  }),
  kronecker: fc.record({ scale: int(1, 6), edgeFactor }),
  'uniform-random': fc.record({ nodes, edgeFactor }),
};

/** Rows first .. end-1 of a whole graph, in the form of a part. */
function cutFrom(graph: Graph, first: number, end: number): GraphPart {
  const rows = (start: Uint32Array, columns: Uint32Array): [Uint32Array, Uint32Array] => [
    start.slice(first, end + 1).map((at) => at - start[first]),
    columns.slice(start[first], start[end]),
  ];
  const [rowStart, columns] = rows(graph.rowStart, graph.columns);
  const part = { nodes: graph.nodes, first, end, rowStart, columns };
  if (!graph.arcs) return part;
  const [inStart, inColumns] = rows(graph.arcs.inStart, graph.arcs.inColumns);
  const [outStart, outColumns] = rows(graph.arcs.outStart, graph.arcs.outColumns);
  return { ...part, arcs: { inStart, inColumns, outStart, outColumns } };
}

const withParts = generators.filter(({ parts }) => parts !== null);

test('every kind that has parts is tried below', () => {
  expect(Object.keys(parameters).sort()).toEqual(withParts.map(({ kind }) => kind).sort());
});

describe.each(withParts.map((generator): [string, Generator] => [generator.kind, generator]))(
  '%s',
  (kind) => {
    test('any part is that of the whole graph, arcs too', () => {
      fc.assert(
        fc.property(parameters[kind]!, int(0, 99), share, share, (values, seed, a, b) => {
          const spec = { kind, ...values };
          const whole = generate(spec, seed);
          const [first, end] = [a, b].map((at) => Math.round(at * whole.nodes)).sort((x, y) => x - y);
          expect(partOf(spec, seed, first!, end!)).toEqual(cutFrom(whole, first!, end!));
          expect(partOf(spec, seed, 0, whole.nodes)).toEqual(cutFrom(whole, 0, whole.nodes));
        }),
        { numRuns: 60 },
      );
    });

    test('its own seed goes before that of the run, as in the whole graph', () => {
      const values = fc.sample(parameters[kind]!, { seed: 5, numRuns: 1 })[0]!;
      const drawn = withParts.find((generator) => generator.kind === kind)?.random;
      const spec = { kind, ...values, ...(drawn && { seed: 3 }) };
      const whole = generate(spec, 8);
      expect(partOf(spec, 8, 0, whole.nodes)).toEqual(cutFrom(whole, 0, whole.nodes));
    });
  },
);

describe('of ten million nodes', () => {
  const NODES = 10_000_000;
  test.each([
    [{ kind: 'ring', nodes: NODES }, 2],
    [{ kind: 'torus', rows: 2500, columns: 4000 }, 4],
    [{ kind: 'exponential', nodes: NODES }, 48],
  ])('%j: the last thousand rows, in the memory of these', (spec, degree) => {
    // The whole graph needs 24 bytes a node at least.
    assumeFreeMemory(2 ** 20);
    const part = partOf(spec, 0, NODES - 1000, NODES);
    expect(part.columns).toHaveLength(1000 * degree);
    expect(errorOf(() => generate(spec)).message).toContain('expected at most the 1.00 MiB');
  });

  test.each([
    [{ kind: 'torus', rows: 2500, columns: 4000 }, 2_500_000, 80],
    [{ kind: 'uniform-random', nodes: NODES, edgeFactor: 0.5 }, 100_000, 60],
  ])('%j: the process grows by no more than the part takes', async (spec, end, mebibytes) => {
    const program = `
      import { partOf } from ${JSON.stringify(new URL('../../dist/topology/index.js', import.meta.url).href)};
      const before = process.resourceUsage().maxRSS;
      const { rowStart, columns } = partOf(${JSON.stringify(spec)}, 1, 0, ${end});
      const grown = process.resourceUsage().maxRSS - before;
      console.log(JSON.stringify([rowStart.length, columns.length, grown / 1024]));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
    const [rows, arcs, grown] = JSON.parse(stdout) as [number, number, number];
    expect(rows).toBe(end + 1);
    expect(arcs).toBeGreaterThan(0.9 * end);
    // The whole takes more than 300 MiB, the rows of the part at most 48.
    expect(grown).toBeLessThan(mebibytes);
  });

  test('a part of a drawn graph, too, takes no more than what it keeps', () => {
    const spec = { kind: 'uniform-random', nodes: NODES, edgeFactor: 0.2 };
    assumeFreeMemory(2 ** 20);
    const part = partOf(spec, 4, 5_000_000, 5_010_000);
    // Mean 0.4 neighbours, and six standard deviations.
    expect(Math.abs(part.columns.length - 4000)).toBeLessThan(6 * Math.sqrt(4000));
    expect(errorOf(() => generate(spec, 4)).message).toContain('expected at most the 1.00 MiB');
  });
});

describe('is refused', () => {
  test.each([
    [-1, 3, 'first is -1, expected a whole number in 0..8 (nodes)'],
    [0.5, 3, 'first is 0.5, expected a whole number in 0..8 (nodes)'],
    [0, 9, 'end is 9, expected a whole number in 0..8 (first to nodes)'],
    [4, 3, 'end is 3, expected a whole number in 4..8 (first to nodes)'],
  ])('rows %d to %d of 8', (first, end, message) => {
    expect(errorOf(() => partOf({ kind: 'ring', nodes: 8 }, 0, first, end)).message).toBe(message);
    expect(errorOf(() => partOf({ kind: 'uniform-random', nodes: 8 }, 0, first, end)).message).toBe(message);
  });

  test('a kind of which only the whole can be drawn, with those that can', () => {
    const { message, path } = errorOf(() => partOf({ kind: 'random-regular', nodes: 8, degree: 3 }, 0, 0, 4));
    expect(path).toEqual(['kind']);
    expect(message).toMatch(
      /^kind is "random-regular", expected a kind of which parts can be made: path, ring,/,
    );
  });

  test('a part that does not fit, before it is made', () => {
    assumeFreeMemory(2 ** 20);
    for (const kind of ['star', 'uniform-random']) {
      const { message } = errorOf(() => partOf({ kind, nodes: 10_000_000 }, 0, 0, 5_000_000));
      expect(message).toMatch(
        /^part of a graph, 5000000 rows of it, takes .*, expected at most the 1.00 MiB/,
      );
    }
  });
});
