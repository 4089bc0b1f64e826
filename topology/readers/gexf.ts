/**
 * GEXF (Gephi, https://gexf.net): `<node id label>` and `<edge source target weight>`. Reads the weight from the attribute
 * or, since some tools write it there, from an `<attvalue>` of an edge attribute titled `weight`.
 */
import { fileError } from '../errors.js';
import { NamedGraph, type Reader } from './reader.js';
import { attributeOf, checkRoot, parseXml } from './xml.js';

export const gexf: Reader = {
  format: 'gexf',
  extensions: ['.gexf'],
  summary: "GEXF, Gephi's format",
  parse(text, file, options) {
    const graph = new NamedGraph(file);
    let depth = 0;
    let sawGraph = false;
    let attributeClass = '';
    const weightIds = new Set(['weight']);
    let edge: { source: string; target: string; weight: string | undefined; line: number } | null = null;
    parseXml(text, file, {
      open(element, attributes, line) {
        if (depth++ === 0) checkRoot(element, 'gexf', file, line);
        switch (element) {
          case 'graph':
            sawGraph = true;
            if (attributes['defaultedgetype'] === 'directed') graph.directed = true;
            break;
          case 'attributes':
            attributeClass = attributes['class'] ?? '';
            break;
          case 'attribute':
            if (attributeClass === 'edge' && attributes['title']?.toLowerCase() === 'weight') {
              weightIds.add(attributeOf(attributes, 'id', 'attribute', file, line));
            }
            break;
          case 'node':
            graph.addNode(attributeOf(attributes, 'id', 'node', file, line), attributes['label'], line);
            break;
          case 'edge': {
            const weight = attributes['weight'];
            edge = {
              source: attributeOf(attributes, 'source', 'edge', file, line),
              target: attributeOf(attributes, 'target', 'edge', file, line),
              weight,
              line,
            };
            break;
          }
          case 'attvalue':
            if (edge !== null && weightIds.has(attributes['for'] ?? attributes['id'] ?? '')) {
              edge.weight ??= attributeOf(attributes, 'value', 'attvalue', file, line);
            }
            break;
        }
      },
      close(element) {
        depth--;
        if (element !== 'edge' || edge === null) return;
        graph.addEdge(edge.source, edge.target, edge.weight, edge.line);
        edge = null;
      },
    });
    if (!sawGraph) throw fileError(file, 0, 'no <graph> found, expected one');
    return graph.toGraph(options);
  },
};
