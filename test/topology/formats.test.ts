import { describe, expect, test } from 'vitest';
import { edgeWeights, type Graph, parseGraph, type ReadOptions, readers } from '../../topology/index.js';
import { arcTexts, edgeTexts, errorOf } from './helpers.js';

const weights = (graph: Graph) => [...(edgeWeights(graph, 'file').weights ?? [])];
const read =
  (format: string, options: ReadOptions = {}) =>
  (text: string) =>
    parseGraph(text, format, 'x', options);

/** What is wrong, in what format, on which line. */
function refuses(format: string, rows: [text: string, message: string][]): void {
  test.each(rows)('%j is refused', (text, message) => {
    expect(errorOf(() => parseGraph(text, format, 'x')).message).toContain(message);
  });
}

describe('METIS', () => {
  const metis = read('metis');
  // A path of three, and a node alone.
  test.each<[string, string]>([
    ['plain', '% c\n4 2\n2\n1 3\n2\n\n'],
    ['with weights of edges', '4 2 001\n2 5\n1 5 3 7\n2 7\n\n'],
    ['with weights of nodes', '4 2 10\n9 2\n9 1 3\n9 2\n9\n'],
    ['with both', '4 2 11\n9 2 5\n9 1 5 3 7\n9 2 7\n9\n'],
    ['with a size and two weights of nodes', '4 2 111 2\n1 9 9 2 5\n1 9 9 1 5 3 7\n1 9 9 2 7\n1 9 9\n'],
    ['with comments between', '4 2\n2\n% c\n1 3\n2\n\n\n'],
  ])('%s', (how, text) => {
    const graph = metis(text);
    expect(graph.nodes).toBe(4);
    expect(edgeTexts(graph)).toEqual(['0-1', '1-2']);
    expect(graph.arcs).toBeUndefined();
    if (/edges|both|size/.test(how)) expect(weights(graph)).toEqual([5, 5, 7, 7]);
    else expect(graph.weights).toBeNull();
  });

  refuses('metis', [
    ['4000000000 1\n2\n', 'x:1: file has 4000000000 nodes, expected at most'],
    ['2 4000000000\n2\n', 'x:1: file has 4000000000 edges, expected at most'],
    ['3 2\n2\n1 3\n', 'x: found 2 lines of nodes, expected 3'],
    ['2 1\n2\n1\n1\n', 'x:4: found "1" after 2 nodes, expected no more'],
    [
      '3 2\n2\n1 3\n\n',
      'x:3: node 2 has the neighbour 3, and node 3, in line 4, does not have 2, expected every edge from both sides',
    ],
    ['3 2\n\n1\n2\n', 'x:3: node 2 has the neighbour 1, and node 1, in line 2, does not have 2'],
    ['2 1\n3\n1\n', 'x:2: neighbour is "3", expected 1..2'],
    ['2 1\n0\n1\n', 'x:2: neighbour is "0", expected 1..2'],
    ['2 3\n2\n1\n', 'x: found 2 neighbours, expected 6'],
    ['2 1 1\n2\n1\n', 'x:2: found 1 numbers, expected pairs of neighbour and weight'],
    ['2 2\n2 2 1\n1\n', 'x:2: node 1 has the neighbour 2 more often than that has 1, expected every edge'],
    ['3 2\n2 2\n1\n\n', 'found 3 neighbours, expected 4'],
    ['3 3\n2 2\n1 3\n2 2\n', 'more often than that has'],
    ['2 1 10\nabc 2\n1 1\n', 'x:2: found "abc", expected a whole number, 0 or more'],
    ['2 1 10\n1 2\n-9 1\n', 'x:3: found "-9", expected a whole number'],
    ['2 1 100\n1e400 2\n1 1\n', 'x:2: found "1e400", expected a whole number'],
    ['2 1 7\n2\n1\n', 'found "2 1 7", expected'],
  ]);

  test('a hexadecimal weight is none', () => {
    expect(errorOf(() => weights(metis('2 1 1\n2 0x10\n1 0x10\n'))).message).toContain('weight is "0x10"');
  });

  test('parallel edges stand as often on both sides', () => {
    expect(metis('2 2\n2 2\n1 1\n')).toMatchObject({ edges: 1, dropped: { parallelEdges: 1 } });
  });

  test('two unlike weights are told who asks', () => {
    expect(errorOf(() => weights(metis('2 1 1\n2 5\n1 6\n'))).message).toContain(
      'weight 5 one way and 6 the other',
    );
  });
});

describe('DIMACS', () => {
  const roads = 'c roads\np sp 3 3\na 1 2 5\na 2 1 5\na 2 3 7\n';
  test('shortest paths have arcs', () => {
    expect(arcTexts(read('dimacs', { directions: 'stated' })(roads))).toBe('0>1 1>0 1>2');
    const graph = read('dimacs')(roads);
    expect(edgeTexts(graph)).toEqual(['0-1', '1-2']);
    expect(weights(graph)).toEqual([5, 5, 7, 7]);
    expect(graph.directionsForgotten).toBe(true);
  });

  test.each([
    'p edge 4 2\ne 1 2\ne 2 3\n',
    'c x\np col 4 2\nn 1 2\ne 1 2\ne 2 3\n',
    'p edge 4 4\ne 1 2\ne 2 1\ne 2 3\ne 3 2\n',
    'p edge 4 2\ne 1 2\ne 2 1\ne 2 3\ne 3 2\n',
    'p tw 4 2\n1 2\n2 3\n',
  ])('%j has edges', (text) => {
    const graph = read('dimacs')(text);
    expect(graph).toMatchObject({ nodes: 4, dropped: { selfLoops: 0, parallelEdges: 0 } });
    expect(edgeTexts(graph)).toEqual(['0-1', '1-2']);
    expect(errorOf(() => read('dimacs', { directions: 'keep' })(text)).message).toContain('no direction');
  });

  refuses('dimacs', [
    ['p sp 4000000000 1\na 1 2 1\n', 'x:1: file has 4000000000 nodes'],
    ['p sp 3 2\na 1 2 1\n', 'x: found 1 edges, expected 2'],
    ['p sp 3 1\na 1 4 1\n', 'x:2: node is "4", expected 1..3'],
    ['p sp 3 1\na 1 2\n', `x:2: found "a 1 2", expected 'a FROM TO WEIGHT'`],
    ['a 1 2 3\n', `x:1: found "a 1 2 3", expected 'p (sp | edge | col | tw) NODES EDGES' first`],
    ['p tw 4 4\n1 2\n2 3\n', 'x: found 2 edges, expected 4'],
    ['p tw 4 1\n1 2\n2 1\n', 'x: found 2 edges, expected 1'],
    ['p edge 4 4\ne 1 2\ne 2 3\n', 'x: found 2 edges, expected 4'],
    ['p edge 4 2\ne 1 2\ne 2 3\ne 3 4\ne 4 1\n', 'x: found 4 edges, expected 2'],
    ['p max 3 1\na 1 2 3\n', 'x:1: found "p max 3 1"'],
    ['c only\n', "x: no line 'p' found"],
  ]);

  test('a weight of zero stops who asks', () => {
    expect(errorOf(() => weights(read('dimacs')('p sp 2 1\na 1 2 0\n'))).message).toBe(
      'x:2: weight is "0", expected a positive, finite number',
    );
  });
});

describe('Pajek', () => {
  const head = '*Vertices 4\n1 "New York" 0.1 0.2\n2 "Rome"\n3 Bern\n';
  test('labels, edges and their weights', () => {
    const graph = read('pajek', { directions: 'stated' })(
      `% c\n*Network x\n${head}*Edges\n1 2 2.5\n2 3 0.5 c Blue\n`,
    );
    expect(graph.labels).toEqual(['New York', 'Rome', 'Bern', '4']);
    expect(edgeTexts(graph)).toEqual(['0-1', '1-2']);
    expect(weights(graph)).toEqual([2.5, 2.5, 0.5, 0.5]);
    expect(graph.arcs).toBeUndefined();
  });

  test.each<[string, string]>([
    ['*Arcs\n1 2\n2 3\n', '0>1 1>2'],
    ['*arcs :1 "likes"\n1 2 1\n*Edges\n2 3\n', '0>1 1>2 2>1'],
    ['*Arcslist\n1 2 3\n*Edgeslist\n3 4\n', '0>1 0>2 2>3 3>2'],
    ['*Matrix\n0 1 0 0\n0 0 1 0\n0 0 0 0\n0 0 0 0\n', '0>1 1>2'],
  ])('%j has directions', (text, arcs) => {
    expect(arcTexts(read('pajek', { directions: 'stated' })(head + text))).toBe(arcs);
  });

  test('numbers as labels are the numbers', () => {
    expect(read('pajek')('*vertices 2\n*edges\n1 2\n').labels).toEqual(['1', '2']);
  });

  test('times are left out, and it is said', () => {
    const graph = read('pajek')('*Vertices 2\n1 "a" [1-3]\n2 "b"\n*Edges\n1 2 1 [2]\n');
    expect(graph).toMatchObject({ edges: 1, readAs: 'without times of nodes and edges' });
  });

  test('nodes alone, with labels in quotes', () => {
    const graph = read('pajek')('*Vertices 3\n1 "say ""hi""" 0.1\n2 ""\n');
    expect(graph).toMatchObject({ nodes: 3, edges: 0, labels: ['say "hi"', '', '3'] });
    expect(read('pajek')('*Vertices 3\n')).toMatchObject({ nodes: 3, edges: 0 });
  });

  test('what stands behind an edge without a weight is no weight', () => {
    expect(weights(read('pajek')(`${head}*Edges\n1 2 c Blue\n2 3 4\n`))).toEqual([1, 1, 4, 4]);
  });

  test.each(['1,5', 'inf', 'nan', '1_000', '0x10', '-1', '0'])('a weight %s stops who asks', (weight) => {
    const graph = read('pajek')(`${head}*Edges\n1 2 ${weight}\n`);
    expect(errorOf(() => weights(graph)).message).toBe(
      `x:6: weight is "${weight}", expected a positive, finite number`,
    );
  });

  refuses('pajek', [
    ['*Vertices 2\n1 "New York\n', `x:2: found "1 \\"New York", expected '"' to end "\\"New"`],
    ['*Vertices 2\n1 "New "York" 0.1\n', `expected '"' to end`],
    [`${head}*Matrix\n0 1 0 inf\n`, 'x:6: entry is "inf", expected a number, 0 for no edge'],
    [`${head}*Matrix\n0 0x1 0 1\n`, 'x:6: entry is "0x1", expected a number'],
    ['*Vertices 4000000000\n*Edges\n1 2\n', 'x:1: file has 4000000000 nodes'],
    ['*Edges\n1 2\n', 'x:1: found "*edges", expected *Vertices first'],
    ['1 2\n', 'x:1: found "1 2", expected *Vertices first'],
    [`${head}*Edges\n1 5\n`, 'x:6: node is "5", expected 1..4'],
    [`${head}*Edges\n1\n`, 'x:6: found "1", expected two nodes'],
    ['*Vertices 2\n1 a\n1 b\n*Edges\n', 'x:3: node 1 is used twice'],
    [`${head}*Partition x\n1\n`, 'x:5: found "*partition x", expected *Edges'],
    [`${head}*Matrix\n0 1\n`, 'x:6: row 1 has 2 numbers, expected 4'],
    ['*Vertices 2\n*Matrix\n0 1\n', 'x: *Matrix has 1 rows, expected 2'],
    [`${head}*Edges\n1 2\n*Vertices 3\n`, 'found a second *Vertices'],
  ]);
});

describe('graph6 and its siblings', () => {
  const graph6 = read('graph6', { directions: 'stated' });
  // The examples of formats.txt: graph6 of 0-2, 0-4, 1-3, 3-4; sparse6 of 0-1, 0-2, 1-2, 5-6.
  test.each<[string, number, string[]]>([
    ['DQc', 5, ['0-2', '0-4', '1-3', '3-4']],
    ['>>graph6<<DQc\n', 5, ['0-2', '0-4', '1-3', '3-4']],
    [':Fa@x^\n', 7, ['0-1', '0-2', '1-2', '5-6']],
    ['>>sparse6<<:Fa@x^\n', 7, ['0-1', '0-2', '1-2', '5-6']],
    ['@', 1, []],
    ['A_', 2, ['0-1']],
  ])('%j', (text, nodes, edges) => {
    const graph = graph6(text);
    expect(graph.nodes).toBe(nodes);
    expect(edgeTexts(graph)).toEqual(edges);
  });

  test('digraph6 has arcs: the example of formats.txt, 0>2, 0>4, 3>1, 3>4', () => {
    expect(arcTexts(graph6('&DI?AO?'))).toBe('0>2 0>4 3>1 3>4');
  });

  test('more than 62 nodes take four characters: 63 without an edge, then one of 0-1 in the first bit', () => {
    const bits = (63 * 62) / 2;
    const empty = `~??~${'?'.repeat(Math.ceil(bits / 6))}`;
    expect(graph6(empty)).toMatchObject({ nodes: 63, edges: 0 });
    expect(edgeTexts(graph6(empty.replace('~??~?', '~??~_')))).toEqual(['0-1']);
  });

  refuses('graph6', [
    ['DQc\nDQc\n', 'x:2: found a second graph, the first is in line 1'],
    ['DQ\n', 'x:1: found 1 characters of edges, expected 2'],
    ['D Qc\n', `x:1: character 2 is " ", expected one from '?' to '~'`],
    ['~~??????\n', 'no nodes found'],
    [':~~~~~~~~\n', 'x:1: file has 68719476735 nodes'],
    [';x\n', 'incremental sparse6'],
    ['~?\n', 'x:1: line has 2 characters, expected the number of nodes'],
  ]);
});

describe('adjacency lists', () => {
  test.each<[string, string[] | null, string[]]>([
    ['# by hand\na b c\nb c # again\nd\n', ['a', 'b', 'c', 'd'], ['0-1', '0-2', '1-2']],
    ['0 1 2\n1 0\n3\n', null, ['0-1', '0-2']],
    ['10 9\n9\n', ['9', '10'], ['0-1']],
    ['01 1\n', ['1', '01'], ['0-1']],
  ])('%j', (text, labels, edges) => {
    const graph = read('adjlist')(text);
    expect(graph.labels).toEqual(labels);
    expect(edgeTexts(graph)).toEqual(edges);
  });

  test('a line is arcs where directions are kept', () => {
    expect(arcTexts(read('adjlist', { directions: 'keep' })('0 1 2\n1 0\n'))).toBe('0>1 0>2 1>0');
  });

  test.each(['0 1\n1 0\n', '0 1 2\n1 0 2\n2 0 1\n', '0 1 2 3\n1 0 2 3\n2 0 1 3\n3 0 1 2\n'])(
    '%j: a square may be a complete graph, said from all ends',
    (text) => {
      const nodes = text.trim().split('\n').length;
      expect(read('adjlist')(text)).toMatchObject({ nodes, edges: (nodes * (nodes - 1)) / 2 });
    },
  );

  refuses('adjlist', [
    [
      '0 1 1\n1 0 0\n1 0 0\n',
      'x:1: this table could be a node and its neighbours a line, or an adjacency matrix of 3',
    ],
    ['0 1 2\n1 0 3\n2 3 0\n', 'or an adjacency matrix of 3 nodes'],
    ['0 inf\ninf 0\n', 'or an adjacency matrix of 2 nodes'],
    ['.5 .5\n.3 .7\n', 'or an adjacency matrix of 2 nodes'],
    ['a,b,c\nb,c\n', 'x:1: "a,b,c" could be a name of a node alone, or names and what separates them'],
    ['a b\n1: 2 3\n', 'x:2: "1:" could be a name with what it ends in, or names and what separates them'],
    ['a, b, c\n', 'x:1: "a," could be a name'],
    ['a -> b\n', 'x:1: "->" could be a name'],
    ['"New York" Rome\n', `x:1: "\\"New" could be a name`],
    ['a b 0.5\nb c 2\n', 'x: this list could be a node and its neighbours a line, or edges with weights'],
    ['# nothing\n', 'x: no nodes found'],
  ]);
});

test('every extension belongs to one reader', () => {
  const extensions = readers.flatMap((reader) => reader.extensions);
  expect(new Set(extensions).size).toBe(extensions.length);
});
