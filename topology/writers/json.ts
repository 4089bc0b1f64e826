/**
 * Node-link JSON, as NetworkX's `node_link_graph` and D3 read it.
 */
import { edgeLines, nodeLines, type Writer } from './writer.js';

export const jsonWriter: Writer = {
  format: 'json',
  extensions: ['.json'],
  *write(graph) {
    const { labels } = graph;
    yield `{\n"directed": ${graph.arcs !== undefined},\n"multigraph": false,\n"graph": {},\n"nodes": [`;
    yield* nodeLines(graph, (node) => {
      const label = labels === null ? '' : `, "label": ${JSON.stringify(labels[node])}`;
      return `${node === 0 ? '\n' : ',\n'}{"id": ${node}${label}}`;
    });
    yield '\n],\n"links": [';
    yield* edgeLines(graph, (from, to, weight, index) => {
      const tail = weight === null ? '' : `, "weight": ${weight}`;
      return `${index === 0 ? '\n' : ',\n'}{"source": ${from}, "target": ${to}${tail}}`;
    });
    yield '\n]\n}\n';
  },
};
