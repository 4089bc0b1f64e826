/** Cuts of a graph into the parts of ranks, against those that one can count. METIS is tried where it is installed. */

import { describe, expect, it } from 'vitest';
import { cutGraph } from '../../src/ranks/cut.js';
import { loadMetis, type Metis } from '../../src/ranks/metis.js';
import { type Graph, generate, graphFromEdges, permute, Random } from '../../topology/index.js';
import { equalStrips, rcmStrips } from '../../topology/strips.js';

const installed = ((): Metis | null => {
  try {
    return loadMetis();
  } catch {
    return null;
  }
})();

const grid = (rows: number, columns = rows): Graph => generate({ kind: 'grid', rows, columns });
const ring = (nodes: number): Graph => generate({ kind: 'ring', nodes });
const star = (nodes: number): Graph => generate({ kind: 'star', nodes });
const alike = (graph: Graph) => new Float64Array(graph.nodes).fill(1);

function shuffled(graph: Graph): Graph {
  const order = Uint32Array.from({ length: graph.nodes }, (_, node) => node);
  const random = new Random(7);
  for (let at = order.length - 1; at > 0; at--) {
    const other = Math.floor(random.uniform() * (at + 1));
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  return permute(graph, order);
}

/** Edges, ghosts and agents of each rank, counted the long way. */
function counted({ nodes, rowStart, columns }: Graph, part: ArrayLike<number>, ranks: number) {
  const ghosts = Array.from({ length: ranks }, () => new Set<number>());
  const agents = Array<number>(ranks).fill(0);
  let edges = 0;
  for (let agent = 0; agent < nodes; agent++) {
    agents[part[agent]!]!++;
    for (const other of columns.subarray(rowStart[agent], rowStart[agent + 1])) {
      if (part[other] === part[agent]) continue;
      if (agent < other) edges++;
      ghosts[part[agent]!]!.add(other);
    }
  }
  return { edges, agents, ghosts: ghosts.map(({ size }) => size) };
}

describe('strips', () => {
  it.each([
    { weights: [1, 1, 1, 1], strips: 2, boundaries: [0, 2, 4] },
    { weights: [1, 1, 1, 1, 1], strips: 2, boundaries: [0, 3, 5] },
    { weights: [3, 1, 1, 1], strips: 2, boundaries: [0, 1, 4] },
    { weights: [1, 1, 1, 3], strips: 2, boundaries: [0, 3, 4] },
    // Every strip has a node, whatever that does to weights.
    { weights: [100, 1, 1], strips: 3, boundaries: [0, 1, 2, 3] },
    { weights: [1, 1, 100], strips: 3, boundaries: [0, 1, 2, 3] },
    { weights: [0, 0, 0, 0], strips: 2, boundaries: [0, 3, 4] },
    { weights: [5], strips: 1, boundaries: [0, 1] },
  ])('$weights into $strips: $boundaries', ({ weights, strips, boundaries }) => {
    expect([...equalStrips(Float64Array.from(weights), strips)]).toEqual(boundaries);
  });

  it('are refused where there are fewer nodes', () => {
    expect(() => equalStrips(new Float64Array(3), 4)).toThrow(
      /strips is 4, expected 1\.\.3 \(one node each\)/,
    );
    expect(() => equalStrips(new Float64Array(3), 0)).toThrow(/strips is 0/);
  });

  it('of a path whose numbers are shuffled are runs of it: one edge is cut at each end', () => {
    const path = shuffled(generate({ kind: 'path', nodes: 1000 }));
    const part = rcmStrips(path, alike(path), 4);
    expect(counted(path, part, 4)).toEqual({ edges: 3, agents: [250, 250, 250, 250], ghosts: [1, 2, 2, 1] });
  });
});

describe('runs of numbers', () => {
  it('of a ring cut it once for each rank', () => {
    const graph = ring(100);
    const { part, cut } = cutGraph(graph, 4, alike(graph), 'given');
    expect(part).toBeInstanceOf(Uint16Array);
    expect([...part]).toEqual(Array.from({ length: 100 }, (_, agent) => Math.floor(agent / 25)));
    expect(cut).toMatchObject({
      ...{ method: 'given', why: 'as asked for', edges: 4, imbalance: 1 },
      ...{ agents: [25, 25, 25, 25], ghosts: [2, 2, 2, 2] },
    });
  });

  it('of a grid cut whole rows', () => {
    const graph = grid(300);
    const { cut } = cutGraph(graph, 4, alike(graph), 'given');
    expect(cut).toMatchObject({ edges: 900, ghosts: [300, 600, 600, 300], imbalance: 1 });
  });

  it('follow the weights', () => {
    const graph = ring(1000);
    const weights = Float64Array.from({ length: 1000 }, (_, agent) => (agent < 500 ? 9 : 1));
    const { cut } = cutGraph(graph, 3, weights, 'given');
    expect(cut.imbalance).toBeLessThan(1.01);
    expect(cut.agents[0]).toBeLessThan(200);
  });

  it('one rank has all', () => {
    const graph = ring(10);
    const { part, cut } = cutGraph(graph, 1, alike(graph));
    expect([...part]).toEqual(Array(10).fill(0));
    expect(cut).toMatchObject({ method: 'given', why: 'there is one rank', edges: 0, ghosts: [0] });
  });

  it('as many ranks as agents have one each', () => {
    const graph = star(5);
    const { part, cut } = cutGraph(graph, 5, alike(graph), 'given');
    expect([...part]).toEqual([0, 1, 2, 3, 4]);
    expect(cut).toMatchObject({ edges: 4, ghosts: [4, 1, 1, 1, 1] });
  });
});

it('fewer agents than ranks are refused', () => {
  const graph = ring(3);
  for (const choice of ['auto', 'metis', 'rcm', 'given'] as const) {
    expect(() => cutGraph(graph, 4, alike(graph), choice)).toThrow(
      /4 ranks for 3 agents: every rank holds one/,
    );
  }
  expect(() => cutGraph(graph, 0, alike(graph))).toThrow(/ranks is 0/);
});

describe('without METIS', () => {
  it('auto renumbers where that leaves clearly fewer ghosts, and says why', () => {
    const graph = shuffled(grid(60));
    const { part, cut } = cutGraph(graph, 3, alike(graph), 'auto', null);
    expect(cut).toMatchObject({
      method: 'rcm',
      why: expect.stringMatching(/^fewer ghosts than \d+ by number; METIS/),
    });
    expect(cut).toMatchObject(counted(graph, part, 3));
    expect(cut.edges).toBeLessThan(4 * 60);
    expect(cut.imbalance).toBeLessThan(1.03);
  });

  it('auto leaves numbers alone where neighbours are near, or nowhere near in any order', () => {
    const line = ring(3000);
    expect(cutGraph(line, 4, alike(line), 'auto', null).cut).toMatchObject({
      ...{ method: 'given', why: 'neighbours are near each other' },
    });
    const complete = generate({ kind: 'complete', nodes: 60 });
    expect(cutGraph(complete, 4, alike(complete), 'auto', null).cut).toMatchObject({
      ...{ method: 'given', why: 'no other cut has clearly fewer ghosts' },
    });
  });

  it('metis is refused with what to install', () => {
    const graph = ring(9);
    expect(() => cutGraph(graph, 2, alike(graph), 'metis', 'libmetis.so.5 is not installed')).toThrow(
      /the cut is metis, which cannot be had here: libmetis\.so\.5 is not installed/,
    );
    expect(() => loadMetis('libnothing.so.5')).toThrow(
      /libnothing\.so\.5 is not installed \(apt-get install libmetis5\)/,
    );
    expect(() => loadMetis('libc.so.6')).toThrow(/libc\.so\.6 is no METIS 5 that we can call/);
  });
});

describe.skipIf(installed === null)('METIS', () => {
  const metis = installed as Metis;

  it('cuts a grid of 300 x 300 into four near its best cut of 600 edges', () => {
    const graph = grid(300);
    const { part, cut } = cutGraph(graph, 4, alike(graph), 'metis', metis);
    expect(cut).toMatchObject({ method: 'metis', ...counted(graph, part, 4) });
    // 662 in METIS 5.1 with its own seed.
    expect(cut.edges).toBeGreaterThanOrEqual(600);
    expect(cut.edges).toBeLessThan(700);
    expect(cut.imbalance).toBeLessThanOrEqual(1.03);
  });

  it('auto takes it for a grid, whose strips have more ghosts, and not for a random graph', () => {
    const graph = grid(300);
    const auto = cutGraph(graph, 4, alike(graph), 'auto', metis);
    expect(auto.cut).toMatchObject({ method: 'metis', why: 'fewer ghosts than 1800 by number' });
    const complete = generate({ kind: 'complete', nodes: 60 });
    expect(cutGraph(complete, 4, alike(complete), 'auto', metis).cut.method).toBe('given');
  });

  it.each([2, 3, 4, 7, 16])('balances the times of agents within 3%%: %i parts', (parts) => {
    const graph = shuffled(grid(100));
    const random = new Random(3);
    const weights = Float64Array.from({ length: graph.nodes }, () => 50 + 900 * random.uniform());
    const { part, cut } = cutGraph(graph, parts, weights, 'metis', metis);
    expect(cut).toMatchObject({ method: 'metis', ...counted(graph, part, parts) });
    expect(cut.imbalance).toBeLessThanOrEqual(1.031);
    // Parts are numbered by their first agents.
    const firsts = Array.from({ length: parts }, (_, rank) => part.indexOf(rank));
    expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
  });

  it('comes to the same every time, and to another with another seed', () => {
    const graph = shuffled(grid(80));
    const hashes = [1, 2, 3].map(() => cutGraph(graph, 5, alike(graph), 'metis', metis).cut.hash);
    expect(new Set(hashes).size).toBe(1);
    const of = (seed: number) => [...metis.partition(graph, 5, alike(graph), seed)].join();
    expect(of(11)).toBe(of(11));
    expect(of(11)).not.toBe(of(12));
  });

  it('takes graphs that are apart, and stars', () => {
    const pieces = 12;
    const from = Uint32Array.from({ length: pieces * 5 }, (_, edge) => edge + Math.floor(edge / 5));
    const apart = graphFromEdges(
      pieces * 6,
      from,
      from.map((node) => node + 1),
    );
    const { part, cut } = cutGraph(apart, 4, alike(apart), 'metis', metis);
    expect(cut).toMatchObject(counted(apart, part, 4));
    expect(cut.edges).toBeLessThanOrEqual(4);
    expect(cut.agents.every((count) => count > 0)).toBe(true);
    const around = star(400);
    const stars = cutGraph(around, 4, alike(around), 'metis', metis);
    expect(stars.cut).toMatchObject(counted(around, stars.part, 4));
    expect(stars.cut.agents.every((count) => count > 0)).toBe(true);
  });

  it('leaves no rank without agents, however few there are', () => {
    for (const nodes of [2, 3, 4, 5, 6, 9]) {
      for (let parts = 2; parts <= nodes; parts++) {
        for (const graph of [star(nodes), generate({ kind: 'complete', nodes })]) {
          const { part, cut } = cutGraph(graph, parts, alike(graph), 'metis', metis);
          expect(cut).toMatchObject(counted(graph, part, parts));
          expect(cut.agents.every((count) => count > 0)).toBe(true);
        }
      }
    }
  });

  it('takes weights of nothing, and of very unlike sizes', () => {
    const graph = grid(20);
    const none = cutGraph(graph, 2, new Float64Array(400), 'metis', metis);
    expect(none.cut.agents).toEqual([200, 200]);
    const unlike = alike(graph).map((_, agent) => (agent === 0 ? 1e12 : 1e-9));
    const { cut } = cutGraph(graph, 2, unlike, 'metis', metis);
    expect(cut.agents.reduce((sum, count) => sum + count)).toBe(400);
  });
});
