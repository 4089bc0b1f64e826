/**
 * Where nodes are drawn: known shapes in the form that everybody knows, others by springs, and always in the
 * same places.
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Graph, generate, generators, graphFromEdges, permute } from '../../topology/index.js';
import { type Positions, positionsOf, SPRING_NODES } from '../../topology/positions.js';

const at = ({ x, y }: Positions, node: number) => [x[node]!, y[node]!];
const distance = (p: Positions, a: number, b: number) => Math.hypot(p.x[a]! - p.x[b]!, p.y[a]! - p.y[b]!);
const hashOf = ({ x, y }: Positions) => createHash('sha256').update(x).update(y).digest('hex');
/** Another numbering of the same graph. */
const shuffled = (graph: Graph) => {
  const order = Uint32Array.from({ length: graph.nodes }, (_, node) => (node * 7 + 3) % graph.nodes);
  return permute(graph, order);
};

describe('shapes that everybody knows', () => {
  it('a ring is a circle, however it is numbered', () => {
    for (const graph of [
      generate({ kind: 'ring', nodes: 25 }),
      shuffled(generate({ kind: 'ring', nodes: 25 })),
    ]) {
      const p = positionsOf(graph);
      expect(p.how).toBe('around a circle');
      const radius = distance(p, 0, graph.columns[0]!);
      for (let node = 0; node < graph.nodes; node++)
        for (let arc = graph.rowStart[node]!; arc < graph.rowStart[node + 1]!; arc++)
          expect(distance(p, node, graph.columns[arc]!)).toBeCloseTo(radius, 5);
    }
  });

  it('a star has its hub in the middle and its leaves around it', () => {
    const p = positionsOf(generate({ kind: 'star', nodes: 9 }));
    const radii = Array.from({ length: 8 }, (_, leaf) => distance(p, 0, leaf + 1));
    for (const radius of radii) expect(radius).toBeCloseTo(radii[0]!, 5);
  });

  it('a grid is rows and columns', () => {
    const p = positionsOf(generate({ kind: 'grid', rows: 3, columns: 5 }));
    expect(Array.from({ length: 5 }, (_, node) => at(p, node))).toEqual(
      [-1, -0.5, 0, 0.5, 1].map((x) => [x, 0.5]),
    );
    expect(at(p, 14)).toEqual([1, -0.5]);
  });

  it('a path is a line, from one end to the other', () => {
    const p = positionsOf(shuffled(generate({ kind: 'path', nodes: 10 })));
    expect(new Set(p.y)).toEqual(new Set([0]));
    expect(new Set(p.x).size).toBe(10);
  });

  it('a long path turns at the end of each row, and every edge is as long', () => {
    const p = positionsOf(generate({ kind: 'path', nodes: 200 }));
    for (let node = 0; node + 1 < 200; node++) expect(distance(p, node, node + 1)).toBeCloseTo(2 / 19, 5);
  });

  it.each([
    [{ kind: 'complete', nodes: 7 }, 'around a circle'],
    [{ kind: 'exponential', nodes: 16 }, 'around a circle'],
    [{ kind: 'torus', rows: 5, columns: 6 }, 'as a ring of rings, as it is numbered'],
    [{ kind: 'hypercube', dimension: 4 }, 'by the bits of their numbers'],
    [{ kind: 'balanced-tree', branching: 3, height: 3 }, 'as a tree around its middle'],
    [{ kind: 'barbell', clique: 5, path: 3 }, 'by springs and charges'],
  ])('%j: %s, no two nodes in one place', (spec, how) => {
    const p = positionsOf(generate(spec));
    expect(p.how).toBe(how);
    expect(new Set(Array.from(p.x, (x, node) => `${x.toFixed(3)} ${p.y[node]!.toFixed(3)}`)).size).toBe(
      p.x.length,
    );
  });
});

describe('any graph', () => {
  const small: Record<string, unknown> = { nodes: 24, rows: 4, columns: 6, dimension: 4, clique: 5, path: 2 };
  const more = { branching: 2, height: 3, degree: 4, rewire: 0.2, attach: 2, sizes: [12, 12], scale: 5 };
  const chosen = { averageDegree: 4, within: 0.5, between: 0.1, outDegree: 3, edges: 60, edgeFactor: 4 };
  it.each(generators.map((generator) => [generator.kind, generator] as const))(
    '%s: within the square, the same at every call',
    async (_, generator) => {
      const { z } = await import('zod');
      const names = Object.keys(generator.parameters(z).shape);
      const known = { ...small, ...more, ...chosen };
      const spec = Object.fromEntries(Object.entries(known).filter(([name]) => names.includes(name)));
      const graph = generator.generate(spec, 3);
      const p = positionsOf(graph);
      expect(p.x.length).toBe(graph.nodes);
      const all = [...p.x, ...p.y];
      expect(all.every((value) => Math.abs(value) <= 1 + 1e-6)).toBe(true);
      expect(Math.max(...all) - Math.min(...all)).toBeGreaterThan(1.9);
      expect(hashOf(positionsOf(graph))).toBe(hashOf(p));
    },
  );

  it('springs draw neighbours near each other: points of a square, recognised again', () => {
    const graph = generate({ kind: 'random-geometric', nodes: 600, averageDegree: 10 }, 5);
    const p = positionsOf(graph);
    let near = 0;
    for (let node = 0; node < graph.nodes; node++)
      for (let arc = graph.rowStart[node]!; arc < graph.rowStart[node + 1]!; arc++)
        near += distance(p, node, graph.columns[arc]!) / graph.columns.length;
    let far = 0;
    for (let node = 0; node < graph.nodes; node++)
      far += distance(p, node, (node * 251 + 97) % graph.nodes) / graph.nodes;
    expect(near).toBeLessThan(far / 8);
  });

  it('components stand beside each other', () => {
    // A triangle, an edge, and a node alone.
    const graph = graphFromEdges(6, Uint32Array.of(0, 1, 2, 3), Uint32Array.of(1, 2, 0, 4));
    const p = positionsOf(graph);
    expect(p.how).toBe('3 components beside each other');
    expect(distance(p, 0, 1)).toBeLessThan(distance(p, 0, 5));
    expect(new Set(p.x).size + new Set(p.y).size).toBeGreaterThan(6);
  });

  it('one node, and none', () => {
    expect(at(positionsOf(generate({ kind: 'path', nodes: 1 })), 0)).toEqual([0, 0]);
    const none = { nodes: 0, rowStart: new Uint32Array(1), columns: new Uint32Array(0) };
    expect(positionsOf(none).x.length).toBe(0);
  });

  it('beyond what springs are for, every node has a place of its own, neighbours in order near', () => {
    const nodes = SPRING_NODES + 2;
    const graph = generate({ kind: 'random-regular', nodes, degree: 3 }, 1);
    const p = positionsOf(graph);
    expect(p.how).toContain('along a curve');
    expect(new Set(Array.from(p.x, (x, node) => `${x} ${p.y[node]}`)).size).toBe(nodes);
  });
});
