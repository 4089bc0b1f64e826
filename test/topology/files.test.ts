import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  components,
  edgeWeights,
  formatGraph,
  type Graph,
  generate,
  graphFromEdges,
  parseGraph,
  readers,
  readGraph,
  writeGraph,
} from '../../topology/index.js';
import { edgeTexts, errorOf, fixture, hasShared, rejectionOf, sharedTopologies } from './helpers.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sottovoce-topology-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the same small network in every format', () => {
  // A-B 2.5, B-C 1, C-A 0.5; C-A again with 7, and C-C, which are dropped; D alone. Parallel edges' weights
  // are summed.
  const check = (graph: Graph) => {
    expect(edgeTexts(graph)).toEqual(['0-1', '0-2', '1-2']);
    expect([...(graph.weights ?? [])]).toEqual([2.5, 7.5, 2.5, 1, 7.5, 1]);
    expect(graph.nodes).toBe(4);
    expect(graph.dropped).toEqual({ selfLoops: 1, parallelEdges: 1 });
  };

  test.each(['gml', 'graphml', 'gexf', 'json'])('small.%s', async (extension) => {
    const graph = await readGraph(fixture(`small.${extension}`));
    check(graph);
    expect(graph.labels).toEqual(['A & a', 'B', 'C', 'D']);
  });

  test('small.mtx has no labels', async () => {
    const graph = await readGraph(fixture('small.mtx'));
    check(graph);
    expect(graph.labels).toBeNull();
  });

  test('windows line ends and a byte order mark change nothing', async () => {
    for (const format of ['gml', 'graphml', 'gexf', 'json', 'mtx']) {
      const text = await readFile(fixture(`small.${format}`), 'utf8');
      const expected = parseGraph(text, format);
      expect(parseGraph(`\ufeff${text.replaceAll('\n', '\r\n')}`, format), format).toEqual(expected);
    }
  });
});

describe('edge lists', () => {
  const edges = (text: string) => parseGraph(text, 'edgelist', 'list.txt');

  test('numbers from 0 need no labels', () => {
    const graph = edges('0 1\n1 2\n');
    expect(graph).toMatchObject({ nodes: 3, edges: 2, labels: null, weights: null });
  });

  test('numbers from 1, or with gaps, become the nodes that occur, in order', () => {
    const graph = edges('100\t7\n7\t1\n');
    expect(graph.labels).toEqual(['1', '7', '100']);
    expect(edgeTexts(graph)).toEqual(['0-1', '1-2']);
    expect(edges('900000000000 5\n5 6').labels).toEqual(['5', '6', '900000000000']);
  });

  test('a stated number of nodes keeps isolated ones', () => {
    expect(edges('# Nodes: 5 Edges: 1\n1 3\n')).toMatchObject({ nodes: 5, edges: 1, labels: null });
    expect(edges('# Nodes: 2 Edges: 1\n1 2\n')).toMatchObject({ nodes: 2, labels: ['1', '2'] });
  });

  test.each([
    ['commas', 'Berlin,Paris\nParis,New York\n'],
    ['tabs', 'Berlin\tParis\nParis\tNew York\n'],
    ['a header', 'source,target\nBerlin,Paris\nParis,New York'],
    ['quotes, comments and blanks', '% x\n\n"Berlin" , "Paris"\r\n # y\n  Paris,"New York"  \n'],
  ])('names with %s', (_, text) => {
    const graph = edges(text);
    expect(graph.labels).toEqual(['Berlin', 'Paris', 'New York']);
    expect(edgeTexts(graph)).toEqual(['0-1', '1-2']);
  });

  test.each([
    ['a third column', '0 1 2.5\n1 2 3'],
    ['a header', 'id1,id2,count\n0,1,2.5\n1,2,3\n'],
    ["NetworkX's dictionaries", "0 1 {'weight': 2.5}\n1 2 {'weight': 3, 'colour': 'red'}\n"],
    ['further columns', '0 1 2.5 x\n1 2 3 y z'],
  ])('weights in %s', (_, text) => {
    expect([...(edges(text).weights ?? [])]).toEqual([2.5, 2.5, 3, 3]);
  });

  test('no attributes are no weights', () => {
    expect(edges('0 1 {}\n1 2 {}\n').weights).toBeNull();
  });

  test('an edge said from both ends is not parallel, one said twice is', () => {
    expect(edges('0 1\n1 0\n').dropped.parallelEdges).toBe(0);
    expect(edges('0 1\n0 1\n').dropped.parallelEdges).toBe(1);
  });
});

describe('what is wrong, on which line', () => {
  const xml = (body: string) =>
    `<graphml>\n<key id="w" for="edge" attr.name="weight"/>\n<graph>\n${body}\n</graph>\n</graphml>`;
  const gexf = (body: string) => `<gexf>\n<graph>\n${body}\n</graph></gexf>`;
  const mtx = '%%MatrixMarket matrix coordinate real general\n';
  test.each<[format: string, text: string, line: number | undefined, message: string]>([
    [
      'gml',
      'graph [\n node [\n id 0\n',
      4,
      "x:4:1: expected ']' to close 'node' of line 2, found end of file",
    ],
    ['gml', 'graph\n node [ id 0 ]', 2, "x:2:2: expected '[' after 'graph', found 'node'"],
    [
      'gml',
      'graph [\n node [ id zero ]\n]',
      2,
      "x:2:12: expected a number, a string or '[' after 'id', found 'zero'",
    ],
    ['gml', 'graph [\n node [ id 1.5 ]\n]', 2, 'x:2: id is "1.5", expected a whole number'],
    ['gml', 'graph [\n node [ label "a" ]\n]', 2, "x:2: node has no id, expected 'id' and a whole number"],
    [
      'gml',
      'graph [\n node [ id 1 ]\n node [ id 1 ] ]',
      3,
      'x:3: node id "1" is used twice, expected unique ids',
    ],
    [
      'gml',
      'graph [\n node [ id 1 ]\n edge [\n source 1 ] ]',
      3,
      'x:3: edge has no target, expected the id of a node',
    ],
    [
      'gml',
      'graph [\n node [ id 1 ]\n\n edge [ source 1 target 2 ] ]',
      4,
      'x:4: edge target is "2", expected the id of a node in this file',
    ],
    [
      'gml',
      'graph [\n label "no end\n',
      2,
      "x:2:8: expected '\"' to end the string after 'label', found end of file",
    ],
    ['gml', 'graph [\n ]', undefined, 'x: no nodes found, expected at least one'],
    ['gml', 'Creator "me"', undefined, "x: no 'graph [' found, expected one"],
    ['gml', 'graph [ ]\n]', 2, "x:2:1: expected a key, found ']'"],
    ['graphml', xml('<node id="a"></nod>'), 4, 'x:4:19: unexpected close tag, expected well-formed XML'],
    ['graphml', xml('<node/>'), 4, 'x:4: <node> has no id, expected id=...'],
    [
      'graphml',
      xml('<node id="a"/>\n<edge source="a" target="b"/>'),
      5,
      'x:5: edge target is "b", expected the id of a node in this file',
    ],
    ['graphml', xml(''), undefined, 'x: no nodes found, expected at least one'],
    ['graphml', '<gexf/>', 1, 'x:1: root element is "gexf", expected <graphml>'],
    [
      'gexf',
      gexf('<nodes><node id="1"/>\n<node id="1"/></nodes>'),
      4,
      'x:4: node id "1" is used twice, expected unique ids',
    ],
    [
      'mtx',
      '%%MatrixMarket matrix coordinate complex hermitian\n',
      1,
      'x:1: header is "%%MatrixMarket matrix coordinate complex hermitian", expected \'%%MatrixMarket matrix (coordinate|array) (pattern|real|integer) (general|symmetric|skew-symmetric)\'',
    ],
    ['mtx', `${mtx}% c\n3 4 1\n1 2 1\n`, 3, 'x:3: matrix is 3 x 4, expected a square adjacency matrix'],
    ['mtx', `${mtx}3 3 1\n1 4 1\n`, 3, 'x:3: column is "4", expected 1..3'],
    ['mtx', `${mtx}3 3 2\n1 2 1\n`, 3, 'x:3: found 1 entries, expected 2'],
    ['mtx', `${mtx}3 3 1\n1 2\n`, 3, 'x:3: found "1 2", expected \'row column value\''],
    [
      'json',
      '{\n"nodes": [\n{"id": 1}\n],\n"links": [\n{"source": 1,\n"target": 2}]}',
      6,
      'x:6: links[0].target is 2, expected the id of a node',
    ],
    [
      'json',
      '{"nodes": [{"id": "a, ]"}, {"id": 1},\n{"id": "1"}], "edges": []}',
      2,
      'x:2: nodes[2].id is "1", which is used twice, expected unique ids',
    ],
    ['json', '{\n"nodes": {},\n"links": []}', 2, 'x:2: nodes is {}, expected a list'],
    ['json', '[]', 1, 'x:1: found [], expected an object with nodes and links'],
    ['edgelist', '# c\n0 1\n\n2\n', 4, 'x:4: found "2", expected two node names and perhaps a weight'],
    ['edgelist', '0 1 2\n1 2\n', 2, 'x:2: found "1 2", expected a weight as in the edges before'],
    [
      'edgelist',
      'a,b\nb,c,3\n',
      2,
      'x:2: found a third column, "3", expected two columns as in the edges before',
    ],
    ['edgelist', 'a,"b\n', 1, 'x:1: found "\\"b", expected \'"\' to end the name'],
    ['edgelist', 'source,target\n', 1, 'x:1: found only the header "source,target", expected edges'],
    ['edgelist', '# nothing\n', undefined, 'x: no edges found, expected two node names a line'],
  ])('%s %j', (format, text, line, message) => {
    const error = errorOf(() => parseGraph(text, format, 'x'));
    expect(error.message).toBe(message);
    expect(error).toMatchObject({ code: 'BAD_INPUT', file: 'x' });
    expect(error.line).toBe(line);
  });

  test.each<[format: string, text: string, line: number, message: string]>([
    [
      'gml',
      'graph [\n node [ id 1 ] node [ id 2 ] edge [ source 1 target 2\n weight -3 ] ]',
      3,
      'x:3: weight is "-3", expected a positive, finite number',
    ],
    [
      'graphml',
      xml('<node id="a"/><node id="b"/>\n<edge source="a" target="b"><data key="w">0</data></edge>'),
      5,
      'x:5: weight is "0", expected a positive, finite number',
    ],
    [
      'gexf',
      gexf('<node id="1"/><node id="2"/>\n<edge source="1" target="2" weight="NaN"/>'),
      4,
      'x:4: weight is "NaN", expected a positive, finite number',
    ],
    ['mtx', `${mtx}3 3 1\n1 2 -1\n`, 3, 'x:3: weight is "-1", expected a positive, finite number'],
    [
      'json',
      '{"nodes": [0, 1],\n"links": [{"source": 0, "target": 1, "weight": -2}]}',
      2,
      'x:2: weight is "-2", expected a positive, finite number',
    ],
    ['edgelist', '0 1 2\n1 2 nan\n', 2, 'x:2: weight is "nan", expected a positive, finite number'],
  ])(
    'weights that are none stop who asks for them, and nobody else: %s %j',
    (format, text, line, message) => {
      const graph = parseGraph(text, format, 'x');
      expect(graph.edges).toBeGreaterThan(0);
      expect(edgeWeights(graph, 'unit').weights).toBeNull();
      const error = errorOf(() => edgeWeights(graph, 'file'));
      expect(error.message).toBe(message);
      expect(error).toMatchObject({ code: 'BAD_INPUT', file: 'x', line });
    },
  );

  test('JSON that ends too soon', () => {
    const error = errorOf(() => parseGraph('{\n"nodes": [\n', 'json', 'x'));
    expect(error.line).toBe(3);
    expect(error.message).toContain('expected JSON');
  });

  test.each(readers.map(({ format }) => format))('%s: an empty file', (format) => {
    expect(errorOf(() => parseGraph(' \n', format, 'x')).message).toMatch(/^x: file is empty, expected /);
  });

  test('a missing file, an unknown extension, an unknown format', async () => {
    expect(await rejectionOf(readGraph('/nowhere/net.gml'))).toMatchObject({
      message: '/nowhere/net.gml: no such file',
      file: '/nowhere/net.gml',
    });
    expect((await rejectionOf(readGraph('net.xyz'))).message).toMatch(
      /^net.xyz: extension is ".xyz", expected one of .gml/,
    );
    expect(errorOf(() => parseGraph('', 'dot')).message).toMatch(
      /^format is "dot", expected one of gml, graphml/,
    );
  });
});

describe('writing and reading back', () => {
  /** Labels of what separates, quotes, comments and counts. */
  const marks = fc.string({ unit: fc.constantFrom(...' \t",;|#%{}\'10-ean'), maxLength: 5 });

  const anyGraph = fc
    .integer({ min: 1, max: 12 })
    .chain((nodes) =>
      fc.record({
        nodes: fc.constant(nodes),
        pairs: fc.array(
          fc.tuple(fc.nat(nodes - 1), fc.nat(nodes - 1), fc.double({ min: 1e-300, max: 1e300, noNaN: true })),
          { maxLength: 30 },
        ),
        weighted: fc.boolean(),
        labels: fc.option(
          fc
            .constantFrom(fc.string({ unit: 'grapheme', maxLength: 8 }), marks)
            .chain((label) => fc.uniqueArray(label, { minLength: nodes, maxLength: nodes })),
        ),
      }),
    )
    .map(({ nodes, pairs, weighted, labels }) => {
      const graph = graphFromEdges(
        nodes,
        Uint32Array.from(pairs, ([a]) => a),
        Uint32Array.from(pairs, ([, b]) => b),
        weighted && pairs.length > 0 ? Float64Array.from(pairs, ([, , weight]) => weight) : null,
        labels,
      );
      // A file cannot say what was dropped before it was written, nor that no edges are weighted.
      graph.dropped = { selfLoops: 0, parallelEdges: 0 };
      if (graph.edges === 0) graph.weights = null;
      return graph;
    });

  /** A graph without how it was read, which no file holds. */
  const sayingNothing = ({ readAs: _, ...graph }: Graph): Graph => graph;

  test.each(['graphml', 'json'])('%s keeps everything', (format) => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        expect(parseGraph(formatGraph(graph, format), format)).toEqual(graph);
      }),
    );
  });

  test.each(['edgelist', 'csv'])('%s keeps everything but the numbering of labelled nodes', (format) => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        if (graph.labels === null) {
          expect(sayingNothing(parseGraph(formatGraph(graph, format), 'edgelist'))).toEqual(graph);
          return;
        }
        let text: string;
        try {
          text = formatGraph(graph, format);
        } catch {
          return; // an isolated node, which the next test is about
        }
        expect(namedEdges(parseGraph(text, 'edgelist'))).toEqual(namedEdges(graph));
      }),
    );
  });

  const namedEdges = ({ nodes, rowStart, columns, weights, labels }: Graph) => {
    const found = new Map<string, number | null>();
    for (let row = 0; row < nodes; row++) {
      for (let arc = rowStart[row]; arc < rowStart[row + 1]; arc++) {
        const name = (node: number) => labels?.[node] ?? String(node);
        found.set(JSON.stringify([name(row), name(columns[arc])]), weights === null ? null : weights[arc]);
      }
    }
    return new Map([...found].sort());
  };

  test.each([
    ['', ' '],
    ['1 2', '3 4'],
    ['a b', '\t'],
  ])('a blank inside quotes leaves no second reading: %j and %j', (one, other) => {
    const graph = graphFromEdges(2, Uint32Array.of(0), Uint32Array.of(1), null, [one, other]);
    expect(parseGraph(formatGraph(graph, 'edgelist'), 'edgelist').labels).toEqual([one, other]);
  });

  test.each<[string, string[], string]>([
    ['edgelist', ['a', 'a'], 'labels[1] is "a", expected a label of its own, in an edge list'],
    ['edgelist', ['a', 'b\n'], 'labels[1] is "b\\n", expected no line break, in an edge list'],
    [
      'edgelist',
      ['a', 'b', 'c'],
      'labels[2] is "c", expected a node with an edge, in an edge list: write graphml or json',
    ],
    [
      'graphml',
      ['a', '\u0001'],
      'labels[1] is "\\u0001", which XML cannot hold, expected no control characters',
    ],
  ])('%s cannot hold %j', (format, labels, message) => {
    const graph = graphFromEdges(labels.length, Uint32Array.of(0), Uint32Array.of(1), null, labels);
    expect(errorOf(() => formatGraph(graph, format)).message).toBe(message);
  });

  test('writeGraph picks the format by extension and leaves no temporary file', async () => {
    const graph = generate({ kind: 'torus', rows: 3, columns: 5 });
    for (const name of ['t.graphml', 't.json', 't.edges', 't.csv']) {
      await writeGraph(join(folder, name), graph);
      expect(sayingNothing(await readGraph(join(folder, name)))).toEqual(graph);
    }
    expect((await readdir(folder)).sort()).toEqual(['t.csv', 't.edges', 't.graphml', 't.json']);
  });

  test('a failed write leaves the old file', async () => {
    const path = join(folder, 'kept.edges');
    await writeFile(path, '0 1\n');
    const bad = graphFromEdges(3, Uint32Array.of(0), Uint32Array.of(1), null, ['a', 'b', 'c']);
    await rejectionOf(writeGraph(path, bad));
    expect(await readFile(path, 'utf8')).toBe('0 1\n');
    await rm(path);
    expect(await rejectionOf(writeGraph('/nowhere/t.json', bad))).toMatchObject({
      message: '/nowhere/t.json: cannot be written: there is no folder /nowhere (ENOENT)',
    });
  });
});

describe.skipIf(!hasShared)('downloaded networks', () => {
  test('every file reads, and GML and GraphML of one network are the same graph', async () => {
    const files = await readdir(sharedTopologies);
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const graph = await readGraph(join(sharedTopologies, file));
      const reference = file.replace(/gml$/, 'graphml');
      if (file.endsWith('.gml') && files.includes(reference)) {
        expect(graph, file).toEqual(await readGraph(join(sharedTopologies, reference)));
      }
    }
  });

  test('sizes, and what was dropped', async () => {
    const read = (file: string) => readGraph(join(sharedTopologies, file));
    expect(await read('us-western-power-grid.gml')).toMatchObject({ nodes: 4941, edges: 6594, labels: null });
    expect(await read('Abilene.gml')).toMatchObject({ nodes: 11, edges: 14 });
    expect((await read('Abilene.gml')).labels?.[0]).toBe('New York');
    expect(await read('Colt.gml')).toMatchObject({ nodes: 153, edges: 177, dropped: { parallelEdges: 14 } });
    expect(components(await read('Geant2011.gml')).sizes.length).toBeGreaterThan(1);
  });
});
