/**
 * Every kind of links against its reference implementation, link by link and round by round: which are up,
 * the weights and degrees of the round, and the same from either end. A new line in the registry is tested as
 * soon as it has a spec here.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bindKernels } from '../../kernels/bindings.js';
import { createArena } from '../../src/arena/arena.js';
import { layoutArena } from '../../src/arena/layout.js';
import { bindLinks, fillLinks, inRows, linksFields, outRows, type RoundLinks } from '../../src/links/bind.js';
import { edgeWords } from '../../src/links/draws.js';
import { links } from '../../src/links/registry.js';
import type { LinksModel, LinksSpec } from '../../src/links/types.js';
import { kernelsUrl } from '../../src/run/locations.js';
import { seedWords } from '../../src/runtime.js';
import { type Graph, generate, weightedDegrees } from '../../topology/index.js';
import { loadLinks, ownLinks } from '../support/load-links.js';

const module = new WebAssembly.Module(readFileSync(kernelsUrl));
const seed = seedWords(98_765_432_101);
const nodes = 16;
const edges = generate({ kind: 'erdos-renyi', nodes, averageDegree: 5, seed: 3 });
const arcs = generate({ kind: 'random-digraph', nodes, averageDegree: 4, seed: 5 });
const ROUNDS = 30;

/** One spec a kind. */
const specs: Record<string, LinksSpec> = {
  drops: { kind: 'drops', rate: 0.3 },
  'gilbert-elliott': { kind: 'gilbert-elliott', toBad: 0.1, toGood: 0.25, lossGood: 0.05, lossBad: 0.9 },
  schedule: {
    kind: 'schedule',
    graphs: [
      { kind: 'ring', nodes },
      { kind: 'star', nodes },
      { kind: 'path', nodes },
    ],
    every: 4,
  },
  'one-peer-exponential': { kind: 'one-peer-exponential' },
  'random-matching': { kind: 'random-matching' },
  custom: { kind: 'custom', module: ownLinks, rate: 0.3, length: 2 },
};

/** Edges among arcs are one each way, and an arc may stand in several graphs. */
const ofArcs: LinksSpec = {
  kind: 'schedule',
  graphs: [
    { kind: 'random-digraph', nodes, averageDegree: 3, seed: 5 },
    { kind: 'directed-ring', nodes },
    { kind: 'path', nodes },
  ],
  every: 3,
};

/** Masks and degrees as the engine makes them, by `workers` workers that take turns. */
function engine(model: LinksModel, workers: number) {
  const { graph } = model;
  const directed = graph.arcs !== undefined;
  const count = graph.arcs?.count ?? 2 * graph.edges;
  const out = { directed, shares: links[model.plan.kind].foreseen !== false };
  const [inward, outward] = [inRows(graph), outRows(graph)];
  const arena = createArena(
    layoutArena(
      [
        { name: 'graph.rowStart', type: 'u32', length: nodes + 1 },
        { name: 'graph.columns', type: 'u32', length: count },
        { name: 'graph.outStart', type: 'u32', length: nodes + 1 },
        { name: 'graph.outColumns', type: 'u32', length: count },
        { name: 'graph.weights', type: 'f64', length: 1 },
        { name: 'graph.outDegrees', type: 'f64', length: nodes },
        ...linksFields(model, nodes, count, out),
      ],
      workers,
    ),
  );
  arena.view('graph.rowStart', 'u32').set(inward.rowStart);
  arena.view('graph.columns', 'u32').set(inward.columns);
  arena.view('graph.outStart', 'u32').set(outward.rowStart);
  arena.view('graph.outColumns', 'u32').set(outward.columns);
  arena.view('graph.weights', 'f64')[0] = 1;
  fillLinks(arena, model);
  const kernels = bindKernels(module, arena.memory);
  const bound: RoundLinks[] = Array.from({ length: workers }, (_, worker) =>
    bindLinks(
      {
        plan: model.plan,
        out,
        agents: nodes,
        total: nodes,
        weightStride: 0,
        seed,
        first: Math.floor((nodes * worker) / workers),
        end: Math.floor((nodes * (worker + 1)) / workers),
      },
      arena,
      kernels,
    ),
  );
  for (const one of bound) one.prologue();
  return {
    /** Everything of a round as plain data. */
    round(k: number) {
      const outDegrees = Array.from(arena.view('graph.outDegrees', 'f64'));
      for (const one of bound) one.begin(k);
      const carries = Array.from(bound[0].carries);
      const weights = Array.from(arena.view('links.weights', 'f64'));
      const degrees = Array.from(arena.view('links.degrees', 'f64'));
      for (const one of bound) one.ahead(k + 1);
      return { carries, weights, degrees, outDegrees };
    },
    inward,
    outward,
  };
}

describe.each(
  Object.keys(links).flatMap((kind) =>
    links[kind].directed
      ? [
          { kind, spec: specs[kind], graph: edges, what: 'edges' },
          { kind, spec: kind === 'schedule' ? ofArcs : specs[kind], graph: arcs, what: 'arcs' },
        ]
      : [{ kind, spec: specs[kind], graph: edges, what: 'edges' }],
  ),
)('$kind on $what', ({ kind, spec, graph }) => {
  it('is its reference implementation, seen from both ends, whatever the workers', async () => {
    const model = await loadLinks(spec, graph);
    const up = model.reference(seed);
    const [one, three] = [engine(model, 1), engine(model, 3)];
    let ups = 0;
    for (let k = 0; k < ROUNDS; k++) {
      const round = one.round(k);
      expect(three.round(k)).toEqual(round);
      for (let i = 0; i < nodes; i++) {
        const { inward, outward } = one;
        let degree = 0;
        for (let arc = inward.rowStart[i]; arc < inward.rowStart[i + 1]; arc++) {
          const expected = up(k, inward.columns[arc], i) ? 1 : 0;
          expect(round.weights[arc], `round ${k}, ${inward.columns[arc]} -> ${i}`).toBe(expected);
          degree += expected;
        }
        expect(round.degrees[i]).toBe(degree);
        ups += degree;
        let out = 0;
        for (let arc = outward.rowStart[i]; arc < outward.rowStart[i + 1]; arc++) {
          const expected = up(k, i, outward.columns[arc]) ? 1 : 0;
          expect(round.carries[arc], `round ${k}, ${i} -> ${outward.columns[arc]}`).toBe(expected);
          out += expected;
        }
        if (links[kind].foreseen !== false) expect(round.outDegrees[i]).toBe(out);
      }
    }
    // What gains are made from: the share of rounds in which a link is up, within five standard deviations of
    // independent draws.
    const { presence } = model;
    const table =
      typeof presence === 'number'
        ? one.inward.columns.length * presence
        : presence.reduce((a, b) => a + b, 0);
    const mean = ups / ROUNDS;
    const deviation = Math.sqrt(one.inward.columns.length / ROUNDS);
    if (kind === 'random-matching') expect(mean).toBeGreaterThan(table - 5 * deviation);
    else expect(Math.abs(mean - table)).toBeLessThan(5 * deviation);
  });
});

describe('kinds by hand', () => {
  it('a draw belongs to the edge: smaller end, larger end, round, stream 4', () => {
    expect(edgeWords(false, 7, 2, 5, seed)).toEqual(edgeWords(false, 2, 7, 5, seed));
    expect(edgeWords(true, 7, 2, 5, seed)).not.toEqual(edgeWords(true, 2, 7, 5, seed));
  });

  it('random-matching: nobody has two links, and the least priority of all is always matched', async () => {
    const { round, inward } = engine(await loadLinks(specs['random-matching'], edges), 2);
    for (let k = 0; k < ROUNDS; k++) {
      const { degrees } = round(k);
      expect(Math.max(...degrees)).toBe(1);
      let least: [number, number, number] = [2 ** 32, 0, 0];
      for (let i = 0; i < nodes; i++) {
        for (const j of inward.columns.subarray(inward.rowStart[i], inward.rowStart[i + 1])) {
          const [word] = edgeWords(false, i, j, k, seed);
          if (word < least[0]) least = [word, i, j];
        }
      }
      expect([degrees[least[1]], degrees[least[2]]]).toEqual([1, 1]);
    }
  });

  it('one-peer-exponential: 1, 2, 4, 8 apart, and round again', async () => {
    const up = (
      await loadLinks(specs['one-peer-exponential'], generate({ kind: 'hypercube', dimension: 4 }))
    ).reference(seed);
    const peers = (i: number) =>
      [0, 1, 2, 3, 4].map((k) => Array.from({ length: nodes }, (_, j) => j).filter((j) => up(k, i, j)));
    expect(peers(5)).toEqual([[4], [7], [1], [13], [4]]);
    const out = (await loadLinks(specs['one-peer-exponential'], arcs)).reference(seed);
    expect([0, 1, 2, 3].map((k) => [6, 7, 9, 13].map((j) => out(k, 5, j)))).toEqual([
      [true, false, false, false],
      [false, true, false, false],
      [false, false, true, false],
      [false, false, false, true],
    ]);
  });

  it('gilbert-elliott: bad times last 1/toGood rounds', async () => {
    const spec = { kind: 'gilbert-elliott', toBad: 0.05, toGood: 0.2 };
    const model = await loadLinks(spec, edges);
    const { round } = engine(model, 1);
    let bursts = 0;
    let down = 0;
    let before: number[] = [];
    const rounds = 2000;
    for (let k = 0; k < rounds; k++) {
      const { weights } = round(k);
      weights.forEach((weight, arc) => {
        if (weight === 0) down++;
        if (weight === 0 && before[arc] === 1) bursts++;
      });
      before = weights;
    }
    expect(model.presence).toBeCloseTo(0.8, 12);
    expect(down / rounds / weightsOf(edges)).toBeCloseTo(0.2, 1);
    expect(down / bursts).toBeGreaterThan(4.5);
    expect(down / bursts).toBeLessThan(5.5);
  });

  it('with no drops the weights are the graph’s own', async () => {
    const { round } = engine(await loadLinks({ kind: 'drops', rate: 0 }, edges), 1);
    expect(round(3).degrees).toEqual(Array.from(weightedDegrees(edges, null)));
  });
});

const weightsOf = (graph: Graph) => 2 * graph.edges;
