/**
 * GraphML: nodes `0`, `1`, ... with their labels, edges with their weights.
 */
import { TopologyError } from '../errors.js';
import type { Graph } from '../graph.js';
import { edgeLines, nodeLines, type Writer } from './writer.js';

export const graphmlWriter: Writer = {
  format: 'graphml',
  extensions: ['.graphml'],
  write(graph) {
    graph.labels?.forEach(checkCharacters);
    return lines(graph);
  },
};

function* lines(graph: Graph): Iterable<string> {
  const { labels } = graph;
  yield '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n';
  if (labels !== null) yield '  <key id="label" for="node" attr.name="label" attr.type="string"/>\n';
  if (graph.weights !== null && !graph.arcs)
    yield '  <key id="weight" for="edge" attr.name="weight" attr.type="double"/>\n';
  yield `  <graph edgedefault="${graph.arcs ? 'directed' : 'undirected'}">\n`;
  yield* nodeLines(graph, (node) => {
    const label = labels?.[node];
    return label === undefined
      ? `    <node id="${node}"/>\n`
      : `    <node id="${node}"><data key="label">${escapeXml(label)}</data></node>\n`;
  });
  yield* edgeLines(graph, (from, to, weight) =>
    weight === null
      ? `    <edge source="${from}" target="${to}"/>\n`
      : `    <edge source="${from}" target="${to}"><data key="weight">${weight}</data></edge>\n`,
  );
  yield '  </graph>\n</graphml>\n';
}

function escapeXml(text: string): string {
  // A bare carriage return would be read back as a line feed.
  return text.replace(/[&<>"\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** XML has no way, escaped or not, to hold control characters and lone surrogates. */
function checkCharacters(label: string, node: number): void {
  for (const character of label) {
    const code = character.codePointAt(0) ?? 0;
    const allowed =
      code === 9 ||
      code === 10 ||
      code === 13 ||
      (code >= 32 && code < 0xd800) ||
      (code > 0xdfff && code !== 0xfffe && code !== 0xffff);
    if (!allowed) {
      throw new TopologyError(
        `labels[${node}] is ${JSON.stringify(label)}, which XML cannot hold, expected no control characters`,
        { path: ['labels', node], value: label, expected: 'no control characters' },
      );
    }
  }
}
