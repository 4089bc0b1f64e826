/** What is said of a graph without making it, against graphs that are made. */
import { describe, expect, test } from 'vitest';
import { type GeneratorSpec, generate } from '../../topology/index.js';
import { busiest, type Cut, cutsOfGraph, type Outline } from '../../topology/outline.js';
import { generators, outlineOf } from '../../topology/registry.js';

const outline = (spec: GeneratorSpec) => outlineOf(spec) as Outline;
const COUNTS = ['ghosts', 'sent', 'boundary', 'arcs', 'peers'] as const;

function mean(cuts: readonly Cut[]): Record<(typeof COUNTS)[number], number> {
  const of = (name: (typeof COUNTS)[number]) => cuts.reduce((sum, cut) => sum + cut[name], 0) / cuts.length;
  return Object.fromEntries(COUNTS.map((name) => [name, of(name)])) as ReturnType<typeof mean>;
}

const written: GeneratorSpec[] = [
  { kind: 'path', nodes: 100 },
  { kind: 'ring', nodes: 100 },
  { kind: 'ring', nodes: 2 },
  { kind: 'directed-ring', nodes: 100 },
  { kind: 'star', nodes: 60 },
  { kind: 'complete', nodes: 30 },
  { kind: 'grid', rows: 24, columns: 10 },
  { kind: 'torus', rows: 24, columns: 10 },
  { kind: 'torus', rows: 10, columns: 24 },
  { kind: 'hypercube', dimension: 8 },
  { kind: 'exponential', nodes: 96 },
  { kind: 'exponential', nodes: 96, directed: true },
  { kind: 'balanced-tree', branching: 3, height: 4 },
];

describe.each(written)('%j', (spec) => {
  test.each([1, 2, 3, 4, 7, 8])('in %d parts, as counted in the graph', (parts) => {
    const graph = generate(spec);
    if (parts > graph.nodes) return;
    const { nodes, arcs, expected, cut } = outline(spec);
    expect(nodes).toBe(graph.nodes);
    expect(expected).toBe(false);
    expect(arcs).toBe(graph.arcs?.count ?? 2 * graph.edges);
    const cuts = cutsOfGraph(graph, parts);
    const counted = busiest(cuts);
    const said = cut(parts);
    expect(said).toMatchObject({ parts, own: counted.own });
    // Which part is the busiest is a toss-up between equal ones; their peers may differ.
    const { ghosts, sent } = counted;
    expect(Math.max(said.ghosts, said.sent)).toBe(Math.max(ghosts, sent));
    const candidates = cuts.filter((one) => one.ghosts === said.ghosts && one.sent === said.sent);
    expect(candidates.map(({ boundary }) => boundary)).toContain(said.boundary);
    expect(candidates.map(({ peers }) => peers)).toContain(said.peers);
    // Ends of a range of children, and of a row that is no whole one, may belong to others.
    const nearest = Math.min(...candidates.map((one) => Math.abs(one.arcs - said.arcs)));
    expect(nearest).toBeLessThanOrEqual(4);
  });
});

const drawn: GeneratorSpec[] = [
  { kind: 'erdos-renyi', nodes: 4000, averageDegree: 8 },
  { kind: 'erdos-renyi', nodes: 300, probability: 0.2 },
  { kind: 'random-digraph', nodes: 4000, averageDegree: 5 },
  { kind: 'uniform-random', nodes: 4000, edgeFactor: 4 },
  { kind: 'random-regular', nodes: 4000, degree: 6 },
  { kind: 'kronecker', scale: 12, edgeFactor: 8 },
  { kind: 'kronecker', scale: 11, edgeFactor: 16, a: 0.45, b: 0.25, c: 0.15 },
  { kind: 'watts-strogatz', nodes: 4000, degree: 6, rewire: 0.1 },
  { kind: 'watts-strogatz', nodes: 4000, degree: 20, rewire: 0 },
];

describe.each(drawn)('%j', (spec) => {
  test.each([1, 2, 5, 16])('in %d parts, on average over parts and seeds', (parts) => {
    const { nodes, arcs, expected, cut } = outline(spec);
    const graphs = [1, 2, 3, 4].map((seed) => generate(spec, seed));
    expect(expected).toBe(true);
    expect(graphs[0]!.nodes).toBe(nodes);
    const counted = graphs.reduce((sum, { arcs, edges }) => sum + (arcs?.count ?? 2 * edges), 0) / 4;
    expect(counted / arcs).toBeGreaterThan(0.98);
    expect(counted / arcs).toBeLessThan(1.02);
    const found = mean(graphs.flatMap((graph) => cutsOfGraph(graph, parts)));
    const said = cut(parts);
    expect(said.own).toBe(Math.ceil(nodes / parts));
    for (const name of COUNTS) {
      // 4%, and a little where there are but a few.
      expect(Math.abs(said[name] - found[name]), name).toBeLessThanOrEqual(0.04 * found[name] + 0.6);
    }
  });
});

test.each([...written, ...drawn])('%j made smaller is of its kind and has about its degree', (spec) => {
  const whole = outline(spec);
  const most = Math.ceil(whole.nodes / 2);
  const smaller = generate({ ...spec, ...whole.smaller(most) }, 1);
  expect(smaller.nodes).toBeLessThanOrEqual(Math.max(most, 2));
  expect(smaller.nodes).toBeGreaterThan(whole.nodes / 8);
  const all = generate({ kind: spec.kind, ...whole.smaller(whole.nodes) }, 1);
  expect(all.nodes).toBe(whole.nodes);
});

test('every kind that says something of its graphs is tried above', () => {
  const kinds = generators.filter((generator) => generator.outline).map(({ kind }) => kind);
  expect([...new Set([...written, ...drawn].map(({ kind }) => kind))].sort()).toEqual(kinds.sort());
});

test('a billion nodes in a thousand parts take no time and no memory', () => {
  const before = process.memoryUsage().arrayBuffers;
  const started = process.cpuUsage();
  const torus = outline({ kind: 'torus', rows: 40_000, columns: 25_000 });
  expect(torus.cut(1000)).toEqual({
    parts: 1000,
    own: 1_000_000,
    ghosts: 50_000,
    sent: 50_000,
    boundary: 50_000,
    // Its rows are whole: none of them ends in another part.
    arcs: 50_002,
    peers: 2,
  });
  const kronecker = outline({ kind: 'kronecker', scale: 30, edgeFactor: 8 });
  expect(kronecker.nodes).toBe(2 ** 30);
  expect(kronecker.cut(1000).ghosts).toBeGreaterThan(1_000_000);
  expect(outline({ kind: 'exponential', nodes: 1e9 }).cut(1000).peers).toBeGreaterThan(10);
  expect(outline({ kind: 'hypercube', dimension: 30 }).cut(1024)).toMatchObject({
    ghosts: 10 * 2 ** 20,
    peers: 10,
  });
  expect(process.cpuUsage(started).user / 1000).toBeLessThan(1000);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 22);
});
