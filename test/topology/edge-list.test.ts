import { describe, expect, test } from 'vitest';
import { edgeWeights, type Graph, parseGraph, type ReadOptions } from '../../topology/index.js';
import { errorOf } from './helpers.js';

const read = (text: string, options: ReadOptions = {}, file = 'x.txt') =>
  parseGraph(text, 'edgelist', file, options);

/** Edges, or arcs of a directed graph, by name: 'a-b b-c', 'a>b'. */
function said({ nodes, rowStart, columns, arcs, labels }: Graph): string {
  const name = (node: number) => labels?.[node] ?? String(node);
  const [start, ends, mark] = arcs ? [arcs.outStart, arcs.outColumns, '>'] : [rowStart, columns, '-'];
  const found: string[] = [];
  for (let node = 0; node < nodes; node++) {
    for (let at = start[node]; at < start[node + 1]; at++) {
      if (arcs || node < ends[at]) found.push(`${name(node)}${mark}${name(ends[at])}`);
    }
  }
  return found.join(' ');
}

const weights = (graph: Graph) => [...(edgeWeights(graph, 'file').weights ?? [])];
const HEADER = 'edge list, comma, header, columns';
const PLAIN = 'edge list, spaces, no header, columns 1 and 2';

describe('the first row', () => {
  test.each<[string, string, string]>([
    ['u v\nv w\nw u\n', 'u-v u-w v-w', PLAIN],
    ['i j\nj k\n', 'i-j j-k', PLAIN],
    ['tail head\nhead tail2\n', 'tail-head head-tail2', PLAIN],
    ['-1 0\n0 1\n1 2\n', '-1-0 0-1 1-2', PLAIN],
    ['root 1\n1 2\n2 3\n', 'root-1 1-2 2-3', PLAIN],
    ['1000000000000001 1\n1 2\n', '1-2 1-1000000000000001', PLAIN],
    ['12345678901234567 1\n1 12345678901234568\n', '1-12345678901234567 1-12345678901234568', PLAIN],
    ['"0" "1"\n"1" "2"\n', '0-1 1-2', PLAIN],
    ['"Oslo" "Rome"\n"Rome" "Bern"\n', 'Oslo-Rome Rome-Bern', PLAIN],
    ['u v\n0 1\n1 2\n', '0-1 1-2', 'edge list, spaces, header, columns 1 and 2'],
    ['node1,node2,score\na,b,2\nb,c,3\n', 'a-b b-c', `${HEADER} 1 and 2`],
    ['u v\n', 'u-v', PLAIN],
  ])('%j', (text, edges, readAs) => {
    const graph = read(text);
    expect(said(graph)).toBe(edges);
    expect(graph.readAs).toBe(readAs);
  });

  test.each<[string, string]>([
    ['foo bar\n0 1\n1 2\n', '"foo bar" could be a header, or an edge between "foo" and "bar"'],
    ['u v\na b\nb c\n', '"u v" could be a header, or an edge between "u" and "v"'],
    [
      'source target\nsource a\na target\n',
      '"source target", of which "source" names a node further down, could be a header or an edge',
    ],
  ])('%j is refused, and read as said', (text, message) => {
    const error = errorOf(() => read(text));
    expect(error.message).toBe(`x.txt:1: ${message}, expected one reading only`);
    expect(error.hint).toContain('header: true | false');
    const rows = text.trim().split('\n').length;
    expect(read(text, { header: false }).edges).toBe(rows);
    expect(read(text, { header: true }).edges).toBe(rows - 1);
  });
});

test.each<[string, string, string]>([
  [
    '3 2\n0 1\n1 2\n',
    'x.txt:1: "3 2" could be the numbers of what follows, 3 nodes and 2 edges',
    '0-1 1-2 2-3',
  ],
  ['4 4\n2 4\n1 3\n2 4\n1 3\n', 'x.txt:1: "4 4" could be the numbers of what follows', '1-3 2-4'],
  ['3 1\n1 2\n', '3 nodes and 1 edge, or an edge between "3" and "1", expected one', '1-2 1-3'],
  ['p edge 3 2\ne 1 2\ne 2 3\n', 'x.txt:1: "p edge 3 2" could be the beginning of a file of DIMACS', ''],
  ['c by hand\np sp 3 1\na 1 2 5\n', 'x.txt:2: "p sp 3 1" could be the beginning of a file of DIMACS', ''],
  [
    '*Vertices 2\n1 2\n',
    'x.txt:1: "*Vertices 2" could be the beginning of a file of Pajek',
    '*Vertices-2 2-1',
  ],
  [
    '%%MatrixMarket matrix coordinate pattern general\n3 3\n1 2\n',
    'could be the beginning of a file of Matrix Market, or a line of an edge list',
    '1-2',
  ],
])('%j begins like another format', (text, message, edges) => {
  const error = errorOf(() => read(text));
  expect(error.message).toContain(message);
  expect(error.hint).toContain('header: false');
  if (edges !== '') expect(said(read(text, { header: false }))).toBe(edges);
});

test.each(['3 2\n0 1\n1 3\n', '3 2\n0 1\n', '3 2\n0 1\n1 4\n', '3 2\na b\nb c\n', '1 2\n2 3\n3 1\n'])(
  '%j begins with an edge',
  (text) => {
    expect(read(text).edges).toBe(text.trim().split('\n').length);
  },
);

test('a text over numbers says header, and names that are not known say no columns', () => {
  const text = 'Ann,Bob,strength\nCid,Dan,2\n';
  expect(errorOf(() => read(text)).message).toContain(
    'could be a header, or an edge between "Ann" and "Bob"',
  );
  const error = errorOf(() => read(text, { header: true }));
  expect(error.message).toContain('header is "Ann,Bob,strength", expected names such as source and target');
  expect(error.hint).toContain('columns');
  expect(weights(read(text, { columns: ['Ann', 'Bob', 'strength'] }))).toEqual([2, 2]);
  expect(said(read('person,friend,weight\nCid,Dan,2\n'))).toBe('Cid-Dan');
});

describe('columns by name', () => {
  test.each<[string, string, string]>([
    ['id,source,target\n0,1,2\n1,2,3\n', '1>2 2>3', `${HEADER} 2 and 3`],
    ['target,source\n1,2\n3,2\n', '2>1 2>3', `${HEADER} 2 and 1`],
    ['weight,to,from\n7,1,2\n8,3,2\n', '2>1 2>3', `${HEADER} 3 and 2, weights in column 1`],
    ['FromNodeId,ToNodeId\n1,2\n2,3\n', '1>2 2>3', `${HEADER} 1 and 2`],
    ['"Source","Target"\n"a","b"\n', 'a>b', `${HEADER} 1 and 2`],
    ['id,source_name,source,target,target_name\n9,x,1,2,y\n', '1>2', `${HEADER} 3 and 4`],
    [',source,target\n0,a,b\n1,b,c\n', 'a>b b>c', `${HEADER} 2 and 3`],
    ['# id,source,target\n0,1,2\n1,2,3\n', '1>2 2>3', 'edge list, comma, commented header, columns 2 and 3'],
  ])('%j', (text, arcs, readAs) => {
    const graph = read(text, { directions: 'keep' });
    expect(said(graph)).toBe(arcs);
    expect(graph.readAs).toBe(readAs);
  });

  test('only a column called weight holds weights', () => {
    const text = 'source,target,timestamp,weight\n1,2,1600000000,2\n2,3,1600000001,0.5\n';
    expect(weights(read(text))).toEqual([2, 2, 0.5, 0.5]);
    const without = read('source,target,timestamp\n1,2,1600000000\n2,3,1600000001\n');
    expect(errorOf(() => weights(without)).message).toMatch(/the graph has none/);
    expect(
      weights(
        read('source,target,timestamp\n1,2,5\n2,3,6\n', { columns: ['source', 'target', 'timestamp'] }),
      ),
    ).toEqual([5, 5, 6, 6]);
  });

  test('two pairs of ends are refused, and said ones taken', () => {
    const text = 'source_id,source_name,target_id,target_name\n1,a,2,b\n';
    const error = errorOf(() => read(text));
    expect(error.message).toContain('could be one of source_id and target_id, or of ');
    expect(said(read(text, { columns: ['source_name', 'target_name'] }))).toBe('a-b');
    expect(said(read(text, { columns: [3, 1], directions: 'keep', header: true }))).toBe('2>1');
    expect(errorOf(() => read(text, { columns: [1, 9] })).message).toBe(
      'columns is [1,9], expected numbers from 1 to 4, of the columns of x.txt',
    );
    expect(errorOf(() => read(text, { columns: ['a', 'b'] })).message).toMatch(
      /expected names in the header of x.txt/,
    );
  });

  test('a name is the one that is spelt so, and a name of two columns is none', () => {
    expect(said(read('a,A,b\n1,2,3\n', { columns: ['A', 'b'] }))).toBe('2-3');
    expect(said(read('a,A,b\n1,2,3\n', { columns: ['a', 'B'] }))).toBe('1-3');
    expect(errorOf(() => read('x,x,y\n1,2,3\n', { columns: ['x', 'y'] })).message).toBe(
      'columns is ["x","y"], and columns 1, 2 of x.txt are called "x", expected a name of one column, or numbers',
    );
    const weights = 'source,target,weight,Weight\n1,2,5,6\n';
    expect(errorOf(() => read(weights)).message).toContain(
      'could be one with weights in column 3, or with weights in column 4, expected one reading only',
    );
    expect(said(read(weights, { columns: ['source', 'target', 'Weight'] }))).toBe('1-2');
  });

  test('a commented header counts before other comments too', () => {
    const text = '# target source\n# Nodes: 3\n0 1\n2 1\n';
    expect(said(read(text, { directions: 'keep' }))).toBe('1>0 1>2');
  });

  test("Gephi's table, with a type for every edge", () => {
    const gephi = (...types: string[]) =>
      `Source,Target,Type,Id,Label,timeset,Weight\n${types.map((type, at) => `${at + 1},${at + 2},${type},${at},,,${at + 1}.0\n`).join('')}`;
    const none = read(gephi('Undirected', 'Undirected'), { directions: 'stated' });
    expect(said(none)).toBe('1-2 2-3');
    expect(weights(none)).toEqual([1, 1, 2, 2]);
    expect(errorOf(() => read(gephi('Undirected'), { directions: 'keep' })).message).toMatch(/no direction/);
    expect(said(read(gephi('Directed', 'Directed'), { directions: 'stated' }))).toBe('1>2 2>3');
    const mixed = read(gephi('Directed', 'Undirected', 'Undirected'), { directions: 'stated' });
    expect(said(mixed)).toBe('1>2 2>3 3>2 3>4 4>3');
    expect(mixed.readAs).toContain('2 undirected edges an arc each way');
    expect(said(read(gephi('Directed', 'Undirected')))).toBe('1-2 2-3');
    expect(errorOf(() => read(gephi('Directed', 'odd'))).message).toBe(
      'x.txt:3: type is "odd", expected Directed or Undirected',
    );
    expect(errorOf(() => read('Source,Target,Type\na,b,\nb,c,Directed\n')).message).toBe(
      'x.txt:2: type is "", expected Directed or Undirected',
    );
    expect(said(read('Source,Target,Type\na,b,road\nb,c,\n'))).toBe('a-b b-c');
  });

  test('KONECT says its columns in its first line', () => {
    const text = '% sym weighted\n% 2 3 3\n1 2\t1 1082008561\n2\t3 -1\t1082008561\n';
    const graph = read(text);
    expect(said(graph)).toBe('1-2 2-3');
    expect(errorOf(() => weights(graph)).message).toBe(
      'x.txt:4: weight is "-1", expected a positive, finite number',
    );
    expect(said(read('% asym unweighted\n1 2 1 5\n3 2 1 6\n', { directions: 'stated' }))).toBe('1>2 3>2');
    expect(errorOf(() => read('% bip unweighted\n1 1\n1 2\n')).message).toContain('a bipartite network');
  });
});

describe('separators', () => {
  test.each<[string, string, string]>([
    ['Smith, J\tJones\nJones\tSmith, J\n', 'Smith, J-Jones', 'x.tsv'],
    ['Smith, J\tJones\nJones\tBrown, K\n', 'Smith, J-Jones Jones-Brown, K', 'x.txt'],
    ['New York\tOslo\nOslo\tNew Delhi\n', 'New York-Oslo Oslo-New Delhi', 'x.txt'],
    ['Oslo;New York\nBoston;New York\n', 'Oslo-New York New York-Boston', 'x.csv'],
    ['New York,New Delhi\nNew Delhi,San Juan\n', 'New York-New Delhi New Delhi-San Juan', 'x.csv'],
    ['Oslo, Rome\nRome, Bern\n', 'Oslo-Rome Rome-Bern', 'x.csv'],
    ['a|b\nb|c d\n', 'a-b b-c d', 'x.txt'],
    ['a,b,\nb,c,\n', 'a-b b-c', 'x.csv'],
    ['1;2;0,5\n2;3;1,5\n', '1-2 2-3', 'x.csv'],
    ['source;target\nSmith, J;Jones, K\n', 'Smith, J-Jones, K', 'x.csv'],
    ['a b # the first\nb c\n', 'a-b b-c', 'x.txt'],
    ['a b\rb c\r', 'a-b b-c', 'x.txt'],
    ["0 1 {'weight': 2, 'colour': 'red'}\n1 2 {'weight': 3, 'colour': 'blue'}\n", '0-1 1-2', 'x.txt'],
  ])('%j', (text, edges, file) => {
    expect(said(read(text, {}, file))).toBe(edges);
  });

  test.each<[string, string, ReadOptions, string]>([
    [
      '1 2 0,5\n2 3 1,5\n',
      '2 fields separated by comma ("1 2 0", "5"), or 3 fields separated by space',
      { separator: 'space' },
      '1-2 2-3',
    ],
    ['a b 0,5\nb c 1,5\n', '2 fields separated by comma', { separator: 'space' }, 'a-b b-c'],
    [
      '1,2 3,4\n3,4 5,6\n',
      '3 fields separated by comma ("1", "2 3", "4"), or 2 fields separated by space',
      { separator: 'space' },
      '1,2-3,4 3,4-5,6',
    ],
    [
      '1 2\t5\n2 3\t6\n',
      '2 fields separated by tab ("1 2", "5"), or 3 fields separated by space',
      { separator: 'space' },
      '1-2 2-3',
    ],
    [
      'a;b,c\nd;e,f\n',
      '2 fields separated by semicolon ("a", "b,c"), or 2 fields separated by comma',
      { separator: 'comma' },
      'a;b-c d;e-f',
    ],
    [
      'Oslo Rome 2\nRome Bern 1\nNew York Rome 3\n',
      'x.txt:3: "New York Rome 3" could be names with blanks in them, or "New" and "York" with something',
      { columns: [1, 2] },
      'Oslo-Rome Rome-Bern New-York',
    ],
    [
      'Oslo Rome 2\nNew York Rome\n',
      'x.txt:2: "New York Rome" could be names with blanks in them, or "New" and "York"',
      { columns: [1, 2] },
      'Oslo-Rome New-York',
    ],
    [
      'Oslo Rome 2\nNew York 5 6\n',
      'x.txt:2: "New York 5 6" could be names with blanks in them, or "New" and "York"',
      { columns: [1, 2] },
      'Oslo-Rome New-York',
    ],
    [
      'Oslo New York\nRome New Delhi\n',
      'names with blanks in them, or "Oslo" and "New" with something behind them',
      { columns: [1, 2] },
      'Oslo-New New-Rome',
    ],
  ])('%j is refused, and read as said', (text, message, options, edges) => {
    const error = errorOf(() => read(text));
    expect(error.message).toContain(message);
    expect(error.message).toMatch(/^x.txt:[123]: .*expected one reading only$/);
    expect(error.hint).toBeTruthy();
    expect(said(read(text, options))).toBe(edges);
  });

  test("Excel's first line says what separates fields", () => {
    for (const line of ['sep=;\n', '"sep=;"\r\n', 'SEP=;\n']) {
      expect(said(read(`${line}Oslo, S;Rome\nRome;Bern\n`, {}, 'x.csv'))).toBe('Oslo, S-Rome Rome-Bern');
      expect(parseGraph(`${line}0;1;0;0\n1;0;2;0\n0;2;0;1\n0;0;1;0\n`, 'table').readAs).toContain('matrix');
    }
    expect(errorOf(() => read('sep=;\na;b\nb;"c\n')).message).toMatch(/^x.txt:3: /);
    expect(errorOf(() => read('sep=x\na;b\n')).message).toMatch(
      /^x.txt:1: separator is "x", as "sep=x" says/,
    );
    expect(errorOf(() => read('sep=;\na;b\n', { separator: 'comma' })).message).toContain('expected comma');
  });

  test('a decimal comma is no weight', () => {
    const graph = read('1;2;0,5\n2;3;1,5\n');
    expect(errorOf(() => weights(graph)).message).toMatch(/^x.txt:1: weight is "0,5", expected/);
  });

  test('arrows and tables of numbers are no lists', () => {
    for (const [text, found] of [
      ['1 -> 2\n2 -> 3\n', '->'],
      ['(1, 2)\n(2, 3)\n', '('],
      ['[[0, 1], [1, 0]]\n', '['],
    ]) {
      expect(errorOf(() => read(text)).message).toContain(
        `expected two names side by side, without "${found}"`,
      );
    }
    expect(said(read('a(1) b(2)\n(c) d\n'))).toBe('a(1)-b(2) (c)-d');
    expect(said(read('"(a" "b)"\n'))).toBe('(a-b)');
    expect(errorOf(() => read('source target\n1 a b\n')).message).toBe(
      'x.txt:2: found 3 fields under a header of 2 names, expected a name for every column',
    );
    // Three rows of a matrix of four; and two edges with weights and times.
    expect(errorOf(() => read('0,1,0,0\n1,0,1,0\n0,1,0,1\n')).message).toContain(
      'a table of 4 columns, all numbers,',
    );
    expect(said(read('1 2 1 1600\n2 3 2 1700\n'))).toBe('1-2 2-3');
    expect(errorOf(() => read('20 1 2 3 4\n40 2 3 3 4\n')).message).toContain(
      'a table of 5 columns, all numbers,',
    );
  });
});

describe('names', () => {
  test.each<[string, string[]]>([
    ['02139 2139\n2139 10001\n', ['2139', '02139', '10001']],
    ['01001,10001\n10001,01003\n', ['01001', '01003', '10001']],
    ['00 0\n0 1\n', ['0', '00', '1']],
    ['9007199254740993 9007199254740992\n', ['9007199254740992', '9007199254740993']],
    ['1.0 1\n1 2\n', ['1.0', '1', '2']],
    ['"#a" "#b"\n"#b" c\n', ['#a', '#b', 'c']],
  ])('%j', (text, labels) => {
    expect(read(text).labels).toEqual(labels);
  });

  test.each(['#a #b\n#b c\nd c\n', '#a #b\n', 'd c\n#a c\n', 'd,c\n#,c\n', 'd c\n%a c\n', '0 1\n#1 2\n'])(
    '%j: a comment or an edge',
    (text) => {
      expect(errorOf(() => read(text)).message).toContain('could be a comment');
    },
  );

  test.each([
    '# a b\nc d\n',
    '#a comment of many words\nc d\n',
    '## a\nc d\n',
    '%\nc d\n',
    'c d\n#Nodes: 5\n',
  ])('%j: a comment', (text) => {
    expect(read(text).labels).toEqual(['c', 'd']);
  });
});

test('a stated number of nodes is looked at before it is allocated', () => {
  expect(errorOf(() => read('# Nodes: 4000000000\n0 1\n')).message).toContain(
    'file has 4000000000 nodes, expected at most',
  );
});
