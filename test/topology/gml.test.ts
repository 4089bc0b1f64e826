/** GML: ids and labels as they are written, entities, comments, and lists that are passed over. */
import { describe, expect, test } from 'vitest';
import { parseGraph } from '../../topology/index.js';
import { edgeTexts, errorOf } from './helpers.js';

const read = (text: string) => parseGraph(text, 'gml', 'x');

describe('ids', () => {
  test('with zeros in front are the same numbers, and stay as written where they are names', () => {
    const graph = read('graph [ node [ id 01001 ] node [ id 2 ] edge [ source 1001 target 002 ] ]');
    expect(graph.labels).toEqual(['01001', '2']);
    expect(edgeTexts(graph)).toEqual(['0-1']);
    expect(errorOf(() => read('graph [ node [ id 7 ]\nnode [ id 007 ] ]')).message).toBe(
      'x:2: node id "7" is used twice, expected unique ids',
    );
  });

  test('of more digits than a double holds are not merged', () => {
    const graph = read(
      'graph [ node [ id 9007199254740993 ] node [ id 9007199254740992 ] edge [ source 9007199254740992 target 9007199254740993 ] ]',
    );
    expect(graph).toMatchObject({ nodes: 2, edges: 1, labels: ['9007199254740993', '9007199254740992'] });
  });

  test('of a hundred thousand zeros and a letter are refused at once', () => {
    const text = `graph [ node [ id "${'0'.repeat(200_000)}x" ] ]`;
    expect(errorOf(() => read(text)).message).toContain('expected a whole number');
  }, 1000);

  test('with signs', () => {
    const graph = read('graph [ node [ id -1 ] node [ id +2 ] node [ id -0 ] edge [ source -01 target 2 ] ]');
    expect(graph.labels).toEqual(['-1', '+2', '-0']);
    expect(edgeTexts(graph)).toEqual(['0-1']);
  });

  test('are not labels: edges name ids', () => {
    const graph = read(
      'graph [ node [ id 0 label "1" ] node [ id 1 label "0" ] node [ id 2 label 07 ] edge [ source 0 target 2 ] ]',
    );
    expect(graph.labels).toEqual(['1', '0', '07']);
    expect(edgeTexts(graph)).toEqual(['0-2']);
  });
});

test.each([
  ['Z&#252;rich', 'Zürich'],
  ['M&#xFC;nchen', 'München'],
  ['Orl&eacute;ans &amp; &Aring;rhus', 'Orléans & Århus'],
  ['&quot;Hub&quot; &lt;1&gt;', '"Hub" <1>'],
  ['&nbsp;&yuml;', '\u00a0ÿ'],
  ['&nosuch; &constructor; &#9999999;', '&nosuch; &constructor; &#9999999;'],
  ['# no comment [ in ] a string', '# no comment [ in ] a string'],
])('label "%s"', (written, expected) => {
  expect(read(`graph [ node [ id 5 label "${written}" ] ]`).labels).toEqual([expected]);
});

test.each<[string, string]>([
  ['graph [ node [ id 1\nid 2 ] ]', `x:2: found a second 'id', expected one of each node or edge`],
  ['graph [ node [ id 1 label "a"\nlabel "b" ] ]', `x:2: found a second 'label'`],
  ['graph [ node [ id 1 ] edge [ source 1 source 1 target 1 ] ]', `x:1: found a second 'source'`],
  ['graph [ node [ id 1 ] edge [ source 1 target 1 weight 1 weight 2 ] ]', `x:1: found a second 'weight'`],
  ['graph [ Node [ id 1 ] node [ id 2 ] ]', `x:1:9: found 'Node', expected 'node'`],
  ['graph [ node [ id 1 ]\nEdge [ source 1 target 1 ] ]', `x:2:1: found 'Edge', expected 'edge'`],
  ['graph [ Directed 1 node [ id 1 ] ]', `x:1:9: found 'Directed', expected 'directed'`],
  ['Graph [ node [ id 1 ] ]', `x:1:1: found 'Graph', expected 'graph'`],
])('%j is refused', (text, message) => {
  expect(errorOf(() => read(text)).message).toContain(message);
});

test('a hexadecimal weight is none', () => {
  const graph = read('graph [ node [ id 0 ] node [ id 1 ] edge [ source 0 target 1 weight "0x10" ] ]');
  expect(graph.weightProblem?.message).toBe('weight is "0x10", expected a positive, finite number');
});

test('comments stand anywhere between words', () => {
  const text =
    '# a comment with [ and "\nCreator "me" # here\ngraph # and [ here\n[\n# node [ id 3 ]\nnode [ id 0 # so\n] node [ id 1 ]\nedge [ source 0 target 1 ] ]\n# the end';
  expect(read(text)).toMatchObject({ nodes: 2, edges: 1 });
});

test('keys of other lists are not those of nodes and edges', () => {
  const text =
    'graph [ node [ id 0 graphics [ id 7 label "no" edge [ source 1 ] ] ] node [ id 1 ] edge [ source 0 target 1 graphics [ weight 9 source 5 ] ] ]';
  expect(read(text)).toMatchObject({ nodes: 2, edges: 1, labels: null, weights: null });
});

test('lists a hundred thousand deep', () => {
  const deep = 100_000;
  const text = `graph [ node [ id 0 ] a ${'[ a '.repeat(deep)}1${' ]'.repeat(deep)} ]`;
  expect(read(text).nodes).toBe(1);
  expect(errorOf(() => read(text.slice(0, -4))).message).toMatch(
    /^x:1:\d+: expected ']' to close 'a' of line 1/,
  );
});
