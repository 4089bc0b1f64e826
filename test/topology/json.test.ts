/** JSON: ids of any length as they are written, one list of edges, and what is nested deeper than a stack. */
import { expect, test } from 'vitest';
import { edgeWeights, parseGraph } from '../../topology/index.js';
import { edgeTexts, errorOf } from './helpers.js';

const read = (text: string) => parseGraph(text, 'json', 'x');

test.each<[string, string[]]>([
  [
    '{"nodes": [{"id": 9007199254740993}, {"id": 9007199254740992}, {"id": 1}], "links": [{"source": 9007199254740992, "target": 1}, {"source": 9007199254740993, "target": 1}]}',
    ['9007199254740993', '9007199254740992', '1'],
  ],
  [
    '{"nodes": [1e400, "a 9007199254740993 \\" b", 2], "edges": [{"source": 1e400, "target": 2}, {"source": "a 9007199254740993 \\" b", "target": 2}]}',
    ['1e400', 'a 9007199254740993 " b', '2'],
  ],
])('%s keeps every digit', (text, labels) => {
  const graph = read(text);
  expect(graph.labels).toEqual(labels);
  expect(edgeTexts(graph)).toEqual(['0-2', '1-2']);
});

test('long numbers are weights like others', () => {
  const weighted = (weight: string) =>
    read(`{"nodes": [0, 1], "links": [{"source": 0, "target": 1, "weight": ${weight}}]}`);
  expect(weighted('0.1234567890123456').weights?.[0]).toBe(0.1234567890123456);
  expect(weighted('9007199254740993').weights?.[0]).toBe(9007199254740992);
  expect(errorOf(() => edgeWeights(weighted('1e400'), 'file')).message).toContain('weight is "1e400"');
});

test.each<[string, string]>([
  [
    '{"nodes": [0, 1],\n"links": [{"source": 0, "target": 1}],\n"edges": []}',
    'x:3: found both links and edges',
  ],
  [
    '{"nodes": [{"id": 0, "label": {"a": 1}}], "links": []}',
    'x:1: nodes[0].label is {"a":1}, expected a string',
  ],
  [`${'['.repeat(20_000)}${']'.repeat(20_000)}`, 'x:1: found [...], expected an object with nodes and links'],
  [
    `{"nodes": [${'['.repeat(20_000)}${']'.repeat(20_000)}], "links": []}`,
    'x:1: nodes[0].id is [...], expected a string or a number',
  ],
])('%.80s is refused', (text, message) => {
  expect(errorOf(() => read(text)).message).toContain(message);
});

test('twenty thousand weights that are none are read in one pass, and the first is told', () => {
  const links = Array.from({ length: 20_000 }, () => '{"source": 0, "target": 1, "weight": -1}');
  const graph = read(
    `{"nodes": [0, 1], "links": [\n{"source": 1, "target": 1, "weight": 0},\n${links.join(',\n')}]}`,
  );
  expect(errorOf(() => edgeWeights(graph, 'file')).message).toBe(
    'x:3: weight is "-1", expected a positive, finite number',
  );
}, 30_000);
