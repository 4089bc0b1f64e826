/**
 * Directed graphs: arcs kept through reading, making, permuting and writing; strong components; and the
 * closure that the rest looks at.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatGraph,
  type Graph,
  generate,
  graphFromEdges,
  inspect,
  largestComponent,
  parseGraph,
  permute,
  strongComponents,
} from '../../topology/index.js';
import { balancedSpectrum } from '../../topology/spectrum.js';
import { edgeWeights } from '../../topology/weights.js';
import { arcTexts, edgeTexts, errorOf } from './helpers.js';

function directedGraph(nodes: number, pairs: readonly (readonly [number, number])[]): Graph {
  const ends = (side: 0 | 1) => Uint32Array.from(pairs, (pair) => pair[side]);
  return graphFromEdges(nodes, ends(0), ends(1), null, null, { keepDirections: true });
}

/** The same from the other table: who hears whom. */
function heardTexts({ arcs, nodes }: Graph): string {
  if (!arcs) return 'undirected';
  const texts: string[] = [];
  for (let node = 0; node < nodes; node++) {
    for (let at = arcs.inStart[node]; at < arcs.inStart[node + 1]; at++)
      texts.push(`${arcs.inColumns[at]}>${node}`);
  }
  return texts.sort().join(' ');
}

describe('a directed graph', () => {
  const graph = directedGraph(4, [
    [2, 0],
    [0, 1],
    [1, 0],
    [0, 1],
    [3, 3],
    [2, 3],
  ]);

  test('keeps each arc once, beside its undirected closure', () => {
    expect(arcTexts(graph)).toBe('0>1 1>0 2>0 2>3');
    expect(heardTexts(graph)).toBe(arcTexts(graph));
    expect(edgeTexts(graph)).toEqual(['0-1', '0-2', '2-3']);
    expect(graph.dropped).toEqual({ selfLoops: 1, parallelEdges: 1 });
  });

  test('both tables hold the same arcs, whatever the list', () => {
    const pair = fc.tuple(fc.nat(7), fc.nat(7));
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 40 }), (pairs) => {
        const expected = new Set(pairs.filter(([a, b]) => a !== b).map(([a, b]) => `${a}>${b}`));
        const made = directedGraph(8, pairs);
        expect(arcTexts(made)).toBe([...expected].sort().join(' '));
        expect(heardTexts(made)).toBe(arcTexts(made));
        expect(made.arcs?.count).toBe(expected.size);
      }),
    );
  });

  test('is renamed with its nodes', () => {
    expect(arcTexts(permute(graph, Uint32Array.of(3, 2, 1, 0)))).toBe('1>0 1>3 2>3 3>2');
  });
});

describe('strong components', () => {
  test('by hand: two cycles and what hangs on them', () => {
    const graph = directedGraph(7, [
      [0, 1],
      [1, 2],
      [2, 0],
      [2, 3],
      [3, 4],
      [4, 3],
      [5, 0],
    ]);
    const { count, sizes, of } = strongComponents(graph.arcs ?? expect.fail());
    expect({ count, sizes }).toEqual({ count: 4, sizes: [3, 2, 1, 1] });
    expect([...of]).toEqual([0, 0, 0, 1, 1, 2, 3]);
    const largest = largestComponent(graph);
    expect(arcTexts(largest)).toBe('0>1 1>2 2>0');
    expect(edgeTexts(largest)).toEqual(['0-1', '0-2', '1-2']);
  });

  test('are the classes of "reaches and is reached", whatever the graph', () => {
    const nodes = 9;
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(8), fc.nat(8)), { maxLength: 24 }), (pairs) => {
        const graph = directedGraph(nodes, pairs);
        const reaches = Array.from({ length: nodes }, (_, a) =>
          Array.from({ length: nodes }, (_, b) => a === b),
        );
        for (const [a, b] of pairs) reaches[a][b] = true;
        for (let via = 0; via < nodes; via++)
          for (let a = 0; a < nodes; a++)
            for (let b = 0; b < nodes; b++) reaches[a][b] ||= reaches[a][via] && reaches[via][b];
        const { of } = strongComponents(graph.arcs ?? expect.fail());
        for (let a = 0; a < nodes; a++)
          for (let b = 0; b < nodes; b++) expect(of[a] === of[b]).toBe(reaches[a][b] && reaches[b][a]);
      }),
    );
  });

  test('a long cycle is one, without recursion', () => {
    const graph = generate({ kind: 'directed-ring', nodes: 100_000 });
    expect(strongComponents(graph.arcs ?? expect.fail()).count).toBe(1);
  });
});

describe('directed kinds', () => {
  test('exponential: i is heard by i + 2^p', () => {
    expect(arcTexts(generate({ kind: 'exponential', nodes: 4, directed: true }))).toBe(
      '0>1 0>2 1>2 1>3 2>0 2>3 3>0 3>1',
    );
    expect(generate({ kind: 'exponential', nodes: 4 }).arcs).toBeUndefined();
  });

  test('random-digraph: directions are drawn one by one', () => {
    const graph = generate({ kind: 'random-digraph', nodes: 300, averageDegree: 6, seed: 1 });
    const { count, inStart, outStart } = graph.arcs ?? expect.fail();
    expect(count / 300).toBeGreaterThan(5.5);
    expect(count / 300).toBeLessThan(6.5);
    const differs = inStart.some(
      (at, node) => node > 0 && at - inStart[node - 1] !== outStart[node] - outStart[node - 1],
    );
    expect(differs, 'as many heard as hear, everywhere').toBe(true);
  });
});

describe('files', () => {
  const gml =
    'graph [ directed 1 node [ id 0 ] node [ id 1 ] node [ id 2 ] edge [ source 2 target 0 ] edge [ source 0 target 1 ] ]';

  test('directions are forgotten unless asked for', () => {
    expect(parseGraph(gml, 'gml').arcs).toBeUndefined();
    expect(arcTexts(parseGraph(gml, 'gml', 'g', { directions: 'stated' }))).toBe('0>1 2>0');
    expect(arcTexts(parseGraph('2 0\n0 1\n', 'edgelist', 'g', { directions: 'keep' }))).toBe('0>1 2>0');
    expect(parseGraph('2 0\n0 1\n', 'edgelist', 'g', { directions: 'stated' }).arcs).toBeUndefined();
    const matrix = '%%MatrixMarket matrix coordinate pattern general\n3 3 2\n3 1\n1 2\n';
    expect(arcTexts(parseGraph(matrix, 'mtx', 'g', { directions: 'keep' }))).toBe('0>1 2>0');
  });

  test.each(['graphml', 'json', 'edgelist', 'csv'])('written as %s and read back', (format) => {
    const graph = parseGraph(gml, 'gml', 'g', { directions: 'keep' });
    const reader = format === 'csv' ? 'edgelist' : format;
    const again = parseGraph(formatGraph(graph, format), reader, 'g', { directions: 'keep' });
    expect(arcTexts(again)).toBe('0>1 2>0');
  });

  test('a file that says undirected is not taken for directed', () => {
    const undirected = gml.replace('directed 1', 'directed 0');
    expect(errorOf(() => parseGraph(undirected, 'gml', 'g.gml', { directions: 'keep' })).message).toBe(
      'g.gml: this file says that its edges have no direction, expected a directed graph',
    );
  });

  test('inspect says who hears how many, and whether as many hear them', () => {
    expect(inspect(generate({ kind: 'exponential', nodes: 7, directed: true }))).toMatchObject({
      inDegree: { min: 3, max: 3 },
      outDegree: { min: 3, max: 3 },
      balanced: true,
    });
    expect(
      inspect(
        directedGraph(4, [
          [0, 1],
          [0, 2],
          [0, 3],
          [1, 0],
          [2, 0],
        ]),
      ),
    ).toMatchObject({
      inDegree: { min: 1, max: 2 },
      outDegree: { min: 0, max: 3 },
      balanced: false,
    });
    expect(inspect(generate({ kind: 'ring', nodes: 7 }))).toMatchObject({
      inDegree: null,
      outDegree: null,
      balanced: null,
    });
  });

  test('the diagonal of the Laplacian is the number of those whom a node hears: rows add up to 0', () => {
    const graph = directedGraph(4, [
      [0, 1],
      [0, 2],
      [0, 3],
      [1, 0],
      [2, 0],
    ]);
    expect([...edgeWeights(graph, 'unit').degrees]).toEqual([2, 1, 1, 1]);
    expect([...edgeWeights(generate({ kind: 'directed-ring', nodes: 4 }), 'unit').degrees]).toEqual([
      1, 1, 1, 1,
    ]);
  });

  test.each([
    ['directed ring', generate({ kind: 'directed-ring', nodes: 9 })],
    ['exponential', generate({ kind: 'exponential', nodes: 11, directed: true })],
    [
      'cycles',
      directedGraph(6, [
        [0, 1],
        [1, 2],
        [2, 3],
        [3, 4],
        [4, 5],
        [5, 0],
        [0, 2],
        [2, 4],
        [4, 0],
        [1, 3],
        [3, 1],
      ]),
    ],
    [
      'edges said twice',
      directedGraph(4, [
        [0, 1],
        [1, 0],
        [1, 2],
        [2, 1],
        [2, 3],
        [3, 2],
      ]),
    ],
  ])('what takes the place of the spectrum bounds steps over a balanced graph: %s', (_name, graph) => {
    const arcs = graph.arcs ?? expect.fail();
    const { lambda2, lambdaMax } = balancedSpectrum(graph, arcs);
    let state = 1;
    const random = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 31 - 1;
    };
    for (let attempt = 0; attempt < 200; attempt++) {
      const drawn = Array.from({ length: graph.nodes }, random);
      const mean = drawn.reduce((sum, entry) => sum + entry, 0) / graph.nodes;
      const x = drawn.map((entry) => entry - mean);
      const pulled = x.map((own, node) =>
        [...arcs.inColumns.subarray(arcs.inStart[node], arcs.inStart[node + 1])].reduce(
          (sum, other) => sum + own - x[other],
          0,
        ),
      );
      const product = (a: number[], b: number[]) => a.reduce((sum, entry, i) => sum + entry * b[i], 0);
      expect(product(x, pulled)).toBeGreaterThanOrEqual(lambda2 * product(x, x) * (1 - 1e-9));
      expect(product(pulled, pulled)).toBeLessThanOrEqual(lambdaMax * product(x, pulled) * (1 + 1e-9));
    }
  });

  test('inspect counts arcs and strong components', () => {
    expect(inspect(parseGraph(gml, 'gml', 'g', { directions: 'stated' }))).toMatchObject({
      directed: true,
      arcs: 2,
      edges: 2,
      components: 1,
      strongComponents: 3,
    });
    expect(inspect(parseGraph(gml, 'gml'))).toMatchObject({
      directed: false,
      arcs: null,
      strongComponents: null,
    });
  });
});
