/**
 * GraphML and GEXF: directions of single edges, weights and labels wherever they are declared, names as they
 * are written, and broken or hostile XML.
 */
import { describe, expect, test } from 'vitest';
import { edgeWeights, type Graph, inspect, parseGraph, type ReadOptions } from '../../topology/index.js';
import { arcTexts, edgeTexts, errorOf } from './helpers.js';

const NODES = '<node id="a"/><node id="b"/><node id="c"/>';
const graphml = (edges: string, { head = '', tail = '', attributes = 'edgedefault="undirected"' } = {}) =>
  `<?xml version="1.0"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n${head}<graph ${attributes}>\n${NODES}\n${edges}\n</graph>${tail}</graphml>`;
const gexf = (edges: string, { head = '', tail = '', attributes = 'defaultedgetype="undirected"' } = {}) =>
  `<gexf version="1.3">\n<graph ${attributes}>${head}\n<nodes>${NODES}</nodes>\n<edges>\n${edges}\n</edges>${tail}</graph></gexf>`;
const read = (text: string, directions: ReadOptions['directions'] = 'stated') =>
  parseGraph(
    text,
    text.includes('<gexf')
      ? 'gexf'
      : text.includes('<graphml') || text.includes(':graphml')
        ? 'graphml'
        : 'gml',
    'x',
    {
      directions,
    },
  );
/** a-b, b-c, c-a with an attribute each. */
const triangle = (...attributes: string[]) =>
  ['source="a" target="b"', 'source="b" target="c"', 'source="c" target="a"']
    .map((ends, at) => `<edge ${ends} ${attributes[at] ?? ''}/>`)
    .join('\n');
const weightsOf = (graph: Graph) => [...(edgeWeights(graph, 'file').weights ?? [])];

const gml = (graphKeys: string, ...edgeKeys: string[]) =>
  `graph [ ${graphKeys} node [ id 0 ] node [ id 1 ] node [ id 2 ] ${['0 target 1', '1 target 2', '2 target 0']
    .map((ends, at) => `edge [ source ${ends} ${edgeKeys[at] ?? ''} ]`)
    .join(' ')} ]`;

describe('directions', () => {
  const yes = 'directed="true"';
  const no = 'directed="false"';
  const type = (kind: string) => `type="${kind}"`;
  const defaults = (kind: string) => ({ attributes: `edgedefault="${kind}"` });
  const gexfDefaults = (kind: string) => ({ attributes: `defaultedgetype="${kind}"` });
  test.each<[what: string, text: string, arcs: string]>([
    ['GraphML: every edge says it', graphml(triangle(yes, yes, yes)), '0>1 1>2 2>0'],
    [
      'GraphML: 1 is true',
      graphml(triangle('directed="1"', 'directed="1"', 'directed="0"')),
      '0>1 0>2 1>2 2>0',
    ],
    ['GraphML: one edge of three', graphml(triangle(yes)), '0>1 0>2 1>2 2>0 2>1'],
    ['GraphML: the default', graphml(triangle(), defaults('directed')), '0>1 1>2 2>0'],
    ['GraphML: one undirected edge', graphml(triangle('', no), defaults('directed')), '0>1 1>2 2>0 2>1'],
    ['GraphML: none after all', graphml(triangle(no, no, no), defaults('directed')), 'undirected'],
    [
      'GraphML: a directed graph within an undirected one',
      graphml(
        `<node id="d"><graph edgedefault="directed"><edge source="a" target="b"/></graph></node>${triangle('', '', '').replace(/^.*\n/, '')}`,
      ),
      '0>1 0>2 1>2 2>0 2>1',
    ],
    [
      'GraphML: an undirected graph within a directed one',
      graphml(
        `<node id="d"><graph edgedefault="undirected"><edge source="a" target="b"/></graph></node>${triangle().replace(/^.*\n/, '')}`,
        defaults('directed'),
      ),
      '0>1 1>0 1>2 2>0',
    ],
    ['GraphML: no default', graphml(triangle(), { attributes: '' }), 'undirected'],
    [
      'GEXF: every edge says it',
      gexf(triangle(type('directed'), type('directed'), type('directed'))),
      '0>1 1>2 2>0',
    ],
    ['GEXF: mutual', gexf(triangle(type('directed'), type('mutual'), type('directed'))), '0>1 1>2 2>0 2>1'],
    ['GEXF: mutual alone', gexf(triangle(type('mutual'))), '0>1 0>2 1>0 1>2 2>0 2>1'],
    ['GEXF: all mutual by default', gexf(triangle(), gexfDefaults('mutual')), '0>1 0>2 1>0 1>2 2>0 2>1'],
    ['GEXF: the default', gexf(triangle(), gexfDefaults('directed')), '0>1 1>2 2>0'],
    [
      'GEXF: one undirected',
      gexf(triangle('', type('undirected')), gexfDefaults('directed')),
      '0>1 1>2 2>0 2>1',
    ],
    [
      'GEXF: mixed',
      gexf(triangle(type('directed'), type('undirected'), type('directed')), gexfDefaults('mixed')),
      '0>1 1>2 2>0 2>1',
    ],
    [
      'GEXF: words of its first version',
      gexf(triangle(type('dir'), type('sim'), type('dou'))),
      '0>1 0>2 1>2 2>0 2>1',
    ],
    ['GEXF: none', gexf(triangle()), 'undirected'],
    ['GML: the graph', gml('directed 1'), '0>1 1>2 2>0'],
    ['GML: an edge', gml('', 'directed 1'), '0>1 0>2 1>2 2>0 2>1'],
    ['GML: an edge of a directed graph', gml('directed 1', '', 'directed 0'), '0>1 1>2 2>0 2>1'],
  ])('%s', (_, text, arcs) => {
    const graph = read(text);
    expect(arcTexts(graph)).toBe(arcs);
    // Forgotten, they are edges, each once; and who did not ask can be told.
    const forgotten = read(text, 'forget');
    expect(edgeTexts(forgotten)).toEqual(['0-1', '0-2', '1-2']);
    expect(forgotten.arcs).toBeUndefined();
    expect(forgotten.dropped.parallelEdges).toBe(0);
    expect(forgotten.directionsForgotten ?? false).toBe(arcs !== 'undirected');
    if (arcs === 'undirected') expect(errorOf(() => read(text, 'keep')).message).toMatch(/have no direction/);
    else expect(arcTexts(read(text, 'keep'))).toBe(arcs);
  });

  test('undirected edges among directed ones are said', () => {
    expect(read(graphml(triangle(yes))).readAs).toBe('directed, 2 undirected edges an arc each way');
    expect(read(graphml(triangle(yes, yes, yes))).readAs).toBeUndefined();
    expect(inspect(read(graphml(triangle(yes))))).toMatchObject({
      directed: true,
      arcs: 5,
      strongComponents: 1,
    });
  });

  test.each<[text: string, message: string]>([
    [graphml(triangle('directed="yes"')), 'x:5: directed is "yes", expected one of 0, 1, false, true'],
    [
      graphml(triangle(), defaults('mixed')),
      'x:3: edgedefault is "mixed", expected one of undirected, directed',
    ],
    [gexf(triangle('', type('both'))), 'x:6: type is "both", expected one of directed, undirected, mutual'],
    [
      gexf(triangle(), gexfDefaults('Directed')),
      'x:2: defaultedgetype is "Directed", expected one of directed',
    ],
    [
      gexf(triangle(type('directed')), gexfDefaults('mixed')),
      'x:6: edge has no type, and the graph says mixed',
    ],
    [gml('directed yes'), "x:1:18: expected a number, a string or '[' after 'directed', found 'yes'"],
    [gml('directed 2'), 'x:1: directed is "2", expected 0 or 1'],
  ])('%s', (text, message) => {
    expect(errorOf(() => read(text)).message).toContain(message);
  });

  test('JSON says it with true or false', () => {
    const text = (directed: string) =>
      `{"directed": ${directed},\n"nodes": [0, 1], "links": [{"source": 0, "target": 1}]}`;
    const parse = (directed: string) => parseGraph(text(directed), 'json', 'x', { directions: 'stated' });
    expect(arcTexts(parse('true'))).toBe('0>1');
    expect(arcTexts(parse('false'))).toBe('undirected');
    expect(errorOf(() => parse('"true"')).message).toBe('x:1: directed is "true", expected true or false');
  });
});

describe('weights', () => {
  const data = (...weights: string[]) =>
    ['source="a" target="b"', 'source="b" target="c"']
      .map(
        (ends, at) =>
          `<edge ${ends}>${weights[at] === undefined ? '' : `<data key="d1">${weights[at]}</data>`}</edge>`,
      )
      .join('\n');
  const key = (inner = '', domain = 'edge', name = 'weight') =>
    `<key id="d1" for="${domain}" attr.name="${name}" attr.type="double">${inner}</key>`;
  const attvalues = (...weights: string[]) =>
    ['source="a" target="b"', 'source="b" target="c"']
      .map((ends, at) => `<edge ${ends}>${weights[at] ?? ''}</edge>`)
      .join('\n');
  const attvalue = (value: string, id = '3') =>
    `<attvalues><attvalue for="${id}" value="${value}"/></attvalues>`;
  const attributes = (inner = '', title = 'weight') =>
    `<attributes class="edge"><attribute id="3" title="${title}" type="double">${inner}</attribute></attributes>`;
  const other = '<attributes class="node"><attribute id="3" title="weight" type="double"/></attributes>';

  test.each<[what: string, text: string, ab: number, bc: number]>([
    ['GraphML: key before the graph', graphml(data('5', '2'), { head: key() }), 5, 2],
    ['GraphML: key behind the graph', graphml(data('5', '2'), { tail: key() }), 5, 2],
    ['GraphML: for all', graphml(data('5', '2'), { tail: key('', 'all') }), 5, 2],
    ['GraphML: its default', graphml(data('5'), { head: key('<default>0.5</default>') }), 5, 0.5],
    [
      'GraphML: its default, behind',
      graphml(data('5'), { tail: key('<desc>x</desc><default> 0.5\n</default>') }),
      5,
      0.5,
    ],
    ['GraphML: a capital', graphml(data('5', '2'), { tail: key('', 'edge', 'Weight') }), 5, 2],
    ['GraphML: none said for one edge', graphml(data('5'), { head: key() }), 5, 1],
    [
      'GraphML: a key of the same id for nodes',
      graphml(data('5', '2'), { head: key('', 'node', 'colour'), tail: key() }),
      5,
      2,
    ],
    [
      'GraphML: spelt exactly before spelt otherwise',
      graphml(
        '<edge source="a" target="b"><data key="W">7</data><data key="w">5</data></edge><edge source="b" target="c"><data key="w">2</data></edge>',
        {
          head: '<key id="W" for="edge" attr.name="WEIGHT"/><key id="w" for="edge" attr.name="weight"/>',
        },
      ),
      5,
      2,
    ],
    ['GraphML: CDATA', graphml(data('<![CDATA[5]]>', ' 2 '), { head: key() }), 5, 2],
    [
      'GEXF: the attribute',
      gexf('<edge source="a" target="b" weight="5"/><edge source="b" target="c" weight="2"/>'),
      5,
      2,
    ],
    ['GEXF: declared before', gexf(attvalues(attvalue('5'), attvalue('2')), { head: attributes() }), 5, 2],
    ['GEXF: declared behind', gexf(attvalues(attvalue('5'), attvalue('2')), { tail: attributes() }), 5, 2],
    [
      'GEXF: a capital',
      gexf(attvalues(attvalue('5'), attvalue('2')), { tail: attributes('', 'Weight') }),
      5,
      2,
    ],
    [
      'GEXF: its default',
      gexf(attvalues(attvalue('5')), { tail: attributes('<default>0.5</default>') }),
      5,
      0.5,
    ],
    ['GEXF: nowhere declared', gexf(attvalues(attvalue('5', 'weight'), attvalue('2', 'weight'))), 5, 2],
    [
      'GEXF: the attribute and the same in an attvalue',
      gexf(
        `<edge source="a" target="b" weight="5">${attvalue('5.0')}</edge><edge source="b" target="c" weight="2"/>`,
        {
          tail: attributes(),
        },
      ),
      5,
      2,
    ],
  ])('%s', (_, text, ab, bc) => {
    expect(weightsOf(read(text))).toEqual([ab, ab, bc, bc]);
  });

  test.each([
    ['a node key', graphml(data('5', '2'), { head: key('', 'node') })],
    ['another name', graphml(data('5', '2'), { head: key('', 'edge', 'speed') })],
    ['an attribute of nodes', gexf(attvalues(attvalue('5'), attvalue('2')), { head: other })],
    ['another title', gexf(attvalues(attvalue('5'), attvalue('2')), { tail: attributes('', 'speed') })],
  ])('%s is no weight', (_, text) => {
    expect(read(text).weights).toBeNull();
  });

  const bad = ['-1.5', '0', 'NaN', 'nan', 'Infinity', 'INF', 'heavy', '', '1,5', '1e999'];
  const places: [string, (value: string) => string, number][] = [
    ['GraphML', (value) => graphml(data('1', value), { tail: key() }), 6],
    [
      'GraphML default',
      (value) => graphml(data('1'), { tail: `\n\n${key(`<default>${value}</default>`)}` }),
      9,
    ],
    [
      'GEXF',
      (value) => gexf(`<edge source="a" target="b"/>\n<edge source="b" target="c" weight="${value}"/>`),
      6,
    ],
    ['GEXF attvalue', (value) => gexf(attvalues(attvalue('1'), attvalue(value)), { tail: attributes() }), 6],
    [
      'GML',
      (value) => `graph [ node [ id 0 ]\nnode [ id 1 ]\nedge [ source 0 target 1\nweight "${value}" ] ]`,
      4,
    ],
    [
      'GML value',
      (value) => `graph [ node [ id 0 ]\nnode [ id 1 ]\nedge [ source 0 target 1\nvalue "${value}" ] ]`,
      4,
    ],
  ];
  test.each(places)('%s: one that is none stops only who uses it', (_, text, line) => {
    for (const value of bad) {
      const graph = read(text(value));
      expect(graph.edges).toBeGreaterThan(0);
      expect(edgeWeights(graph, 'metropolis').weights).not.toBeNull();
      expect(errorOf(() => edgeWeights(graph, 'file')).message).toBe(
        `x:${line}: weight is ${JSON.stringify(value)}, expected a positive, finite number`,
      );
    }
  });

  test.each<[text: string, message: string]>([
    [
      graphml('<edge source="a" target="b"><data key="d1">1</data>\n<data key="d1">5</data></edge>', {
        head: key(),
      }),
      'x:6: edge has the weights "1" and "5", expected one weight',
    ],
    [
      graphml(data(), { tail: `\n\n${key('<default>1</default>')}\n${key('<default>2</default>')}` }),
      'x:10: edge has the weights "1" and "2", expected one weight',
    ],
    [
      gexf(
        '<edge source="a" target="b"><attvalues><attvalue for="3" value="1" start="0" end="1"/>\n<attvalue for="3" value="9" start="1" end="2"/></attvalues></edge>',
        { head: attributes() },
      ),
      'x:6: edge has the weights "1" and "9", expected one weight',
    ],
  ])('several weights of one edge are none: %s', (text, message) => {
    expect(errorOf(() => edgeWeights(read(text), 'file')).message).toBe(message);
  });

  test('one weight said twice is one; a weight of some time is said to be', () => {
    const twice = '<edge source="a" target="b"><data key="d1">5</data><data key="d1"> 5 </data></edge>';
    expect(weightsOf(read(graphml(twice, { head: key() })))).toEqual([5, 5]);
    const timed =
      '<edge source="a" target="b"><attvalues><attvalue for="3" value="5" start="0"/></attvalues></edge>';
    const graph = read(gexf(timed, { head: attributes() }));
    expect(weightsOf(graph)).toEqual([5, 5]);
    expect(graph.readAs).toBe('without times of nodes and edges');
  });

  test('GEXF: two places that differ', () => {
    const text = gexf(`<edge source="a" target="b" weight="5">${attvalue('4')}</edge>`, {
      tail: attributes(),
    });
    expect(errorOf(() => edgeWeights(read(text), 'file')).message).toBe(
      'x:5: weight is "5" in <edge> and "4" in <attvalue>, expected one weight',
    );
  });
});

describe('names', () => {
  const label = (text: string) => `<node id="n"><data key="k">${text}</data></node>`;
  const labelled = (text: string, where: 'before' | 'behind') => {
    const key = '<key id="k" for="node" attr.name="label"/>';
    return `<graphml>${where === 'before' ? key : ''}<graph>${label(text)}</graph>${where === 'behind' ? key : ''}</graphml>`;
  };
  test.each<[written: string, read: string]>([
    ['A &amp; B &lt;c&gt; &quot;d&quot; &apos;e&apos;', 'A & B <c> "d" \'e\''],
    ['Z&#252;rich, M&#xFC;nchen', 'Zürich, München'],
    ['<![CDATA[a < b & c]]>', 'a < b & c'],
    ['a<![CDATA[ & ]]>b', 'a & b'],
    ['x<!-- y -->z', 'xz'],
  ])('%s', (written, expected) => {
    for (const where of ['before', 'behind'] as const) {
      expect(read(labelled(written, where)).labels).toEqual([expected]);
    }
  });

  test('prefixes of namespaces mean nothing', () => {
    const text =
      '<g:graphml xmlns:g="http://graphml.graphdrawing.org/xmlns"><g:graph edgedefault="directed"><g:node id="a"/><g:node id="b"/><g:edge source="a" target="b"/></g:graph></g:graphml>';
    expect(arcTexts(read(text))).toBe('0>1');
    const inGexf =
      '<x:gexf xmlns:x="http://gexf.net/1.3"><x:graph><x:nodes><x:node id="a"/><x:node id="b"/></x:nodes><x:edges><x:edge source="a" target="b"/></x:edges></x:graph></x:gexf>';
    expect(parseGraph(inGexf, 'gexf').edges).toBe(1);
  });

  test('elements of another namespace are not of the graph, nor is what they hold', () => {
    const text =
      '<graphml xmlns="urn:g" xmlns:g="urn:g" xmlns:x="urn:x"><graph><node id="a"/><node id="b"/><g:node id="c"/><x:edge source="a" target="b"/><x:node id="z"/><x:more><node id="y"/></x:more><edge source="b" target="c"/></graph></graphml>';
    expect(read(text)).toMatchObject({ edges: 1, labels: ['a', 'b', 'c'] });
    const inGexf =
      '<gexf xmlns:viz="urn:viz"><graph><nodes><node id="a"><viz:node id="q"/></node><node id="b"/></nodes><edges><viz:edge source="a" target="b"/></edges></graph></gexf>';
    expect(read(inGexf)).toMatchObject({ nodes: 2, edges: 0 });
  });

  test("what a vendor's elements hold is not the graph's", () => {
    const text = graphml(
      '<edge source="a" target="b"><data key="y"><y:edge source="z" target="z"/><y:node id="q"/></data></edge>',
      { head: '<key id="y" for="edge" yfiles.type="edgegraphics"/>' },
    );
    expect(read(text)).toMatchObject({ nodes: 3, edges: 1, labels: ['a', 'b', 'c'] });
  });
});

describe('what is left out is said, what cannot be is refused', () => {
  const nested =
    '<node id="d"><graph id="d:" edgedefault="undirected"><node id="e"/><edge source="e" target="a"/></graph></node>';
  test('nested graphs and nodes, ports, times', () => {
    expect(read(graphml(nested))).toMatchObject({
      nodes: 5,
      edges: 1,
      labels: ['a', 'b', 'c', 'd', 'e'],
      readAs: 'one graph with 1 nested graph in it',
    });
    const ports = graphml('<node id="d"><port name="n"/></node><edge source="a" target="d" targetport="n"/>');
    expect(read(ports)).toMatchObject({ edges: 1, readAs: 'without 1 port' });
    const inner =
      '<gexf><graph><nodes><node id="a"><nodes><node id="b"/></nodes></node></nodes></graph></gexf>';
    expect(read(inner)).toMatchObject({ nodes: 2, readAs: 'one graph with 1 nested node in it' });
    const times = gexf('<edge source="a" target="b" start="2009-03-01"/>');
    expect(read(times).readAs).toBe('without times of nodes and edges');
  });

  test.each<[text: string, message: string]>([
    [
      graphml('<hyperedge><endpoint node="a"/><endpoint node="b"/></hyperedge>'),
      'x:5: found <hyperedge>, expected edges between two nodes only',
    ],
    [
      `<graphml>\n<graph>${NODES}</graph>\n<graph/></graphml>`,
      'x:3: found a second <graph>, expected one graph in a file',
    ],
    [
      `<gexf>\n<graph>${NODES}</graph>\n<graph/></gexf>`,
      'x:3: found a second <graph>, expected one graph in a file',
    ],
    [
      `<graphml>\n<node id="q"/><graph>${NODES}</graph></graphml>`,
      'x:2: found <node> outside of a <graph>, expected it in one',
    ],
    [
      '<graphml><key id="l" for="node" attr.name="label"/><graph><node id="a"><data key="l">A</data>\n<data key="l">B</data></node></graph></graphml>',
      'x:2: node has the labels "A" and "B", expected one',
    ],
    ['graph [ node [ id 0 ] ]\ngraph [ ]', "x:2:6: found a second 'graph', expected one graph in a file"],
    [graphml('<node id="b"/>'), 'x:5: node id "b" is used twice, expected unique ids'],
    [graphml('<edge source="a"/>'), 'x:5: <edge> has no target, expected target=...'],
    [
      graphml('<edge source="a" target="b"><data>1</data></edge>'),
      'x:5: <data> has no key, expected key=...',
    ],
    [
      gexf('<edge source="a" target="z"/>'),
      'x:5: edge target is "z", expected the id of a node in this file',
    ],
    [
      '<gexf><graph><nodes>\n<node label="a"/></nodes></graph></gexf>',
      'x:2: <node> has no id, expected id=...',
    ],
  ])('%s', (text, message) => {
    expect(errorOf(() => read(text)).message).toBe(message);
  });
});

describe('broken and hostile XML', () => {
  test.each<[text: string, line: number, column: number, message: string]>([
    ['<graphml>\n<graph>\n  <node id="a">\n</graph></graphml>', 4, 8, 'unexpected close tag'],
    ['<graphml>\n<graph>', 2, 7, 'unclosed tag: graph'],
    ['<graphml><graph>\n<node id=a/></graph></graphml>', 2, 10, 'unquoted attribute value'],
    ['<graphml><graph>\n<node id="a" id="b"/></graph></graphml>', 2, 21, 'duplicate attribute: id'],
    ['<graphml><graph>\n<node id="a&nbsp;b"/></graph></graphml>', 2, 17, 'undefined entity'],
    ['<graphml><graph>\n<node id="\u0001"/></graph></graphml>', 2, 11, 'disallowed character'],
  ])('%j', (text, line, column, message) => {
    const error = errorOf(() => read(text));
    expect(error.message).toContain(message);
    expect(error.message).toMatch(/expected well-formed XML$/);
    expect([error.line, error.column]).toEqual([line, column]);
    expect(error.message.startsWith(`x:${line}:${column}: `)).toBe(true);
  });

  test('entities that a document declares do not expand', () => {
    const bomb = `<?xml version="1.0"?><!DOCTYPE graphml [<!ENTITY a "aaaaaaaaaa">${Array.from(
      { length: 20 },
      (_, at) => `<!ENTITY a${at} "${`&${at === 0 ? 'a' : `a${at - 1}`};`.repeat(10)}">`,
    ).join('')}]>`;
    const text = `${bomb}\n${graphml('').replace(/^.*\n/, '').replace('id="a"', 'id="&a19;"')}`;
    expect(errorOf(() => read(text)).message).toMatch(
      /^x:4:\d+: undefined entity, expected well-formed XML$/,
    );
    const file = `<!DOCTYPE graphml [<!ENTITY f SYSTEM "file:///etc/hostname">]>\n<graphml><graph><node id="&f;"/></graph></graphml>`;
    expect(errorOf(() => read(file)).message).toContain('x:2:29: undefined entity');
    // Declared and not used, they are harmless.
    expect(read(`${bomb}\n${graphml(triangle()).replace(/^.*\n/, '')}`).edges).toBe(3);
  });

  test('elements nested a hundred thousand deep', () => {
    const deep = 100_000;
    const text = graphml(`<desc>${'<b>'.repeat(deep)}${'</b>'.repeat(deep)}</desc>`);
    expect(read(text).nodes).toBe(3);
  });
});
