/**
 * GraphML (Brandes et al. 2002, http://graphml.graphdrawing.org): `<node id>`, `<edge source target>`, and `<data key>` on
 * either. Reads the node's label (key `label`, else `name`) and the edge's weight (key `weight`, with its default); other
 * keys are passed over. Hyperedges cannot be an edge here and are an error. Nested graphs count as one.
 */
import { fileError } from '../errors.js';
import { NamedGraph, type Reader } from './reader.js';
import { attributeOf, checkRoot, parseXml } from './xml.js';

export const graphml: Reader = {
  format: 'graphml',
  extensions: ['.graphml'],
  summary: 'GraphML',
  parse(text, file, options) {
    const graph = new NamedGraph(file);
    const nameOfKey = new Map<string, string>();
    let defaultWeight: string | undefined;
    let depth = 0;
    let sawGraph = false;
    // The element whose <data> is being read, and the key of that <data>.
    let owner: 'node' | 'edge' | 'key' | null = null;
    let dataKey: string | null = null;
    let dataText = '';
    let ownerLine = 0;
    let id = '';
    let label: string | undefined;
    let name: string | undefined;
    let source = '';
    let target = '';
    let weight: string | undefined;

    const endNode = (): void => {
      if (owner === 'node') graph.addNode(id, label ?? name, ownerLine);
      owner = null;
    };
    parseXml(text, file, {
      open(element, attributes, line) {
        if (depth++ === 0) checkRoot(element, 'graphml', file, line);
        switch (element) {
          case 'key': {
            const key = attributeOf(attributes, 'id', 'key', file, line);
            const domain = attributes['for'] ?? 'all';
            nameOfKey.set(key, `${domain} ${attributes['attr.name'] ?? key}`);
            owner = 'key';
            dataKey = key;
            break;
          }
          case 'graph':
            endNode(); // a graph nested in this node
            sawGraph = true;
            if (attributes['edgedefault'] === 'directed') graph.directed = true;
            break;
          case 'node':
            owner = 'node';
            ownerLine = line;
            id = attributeOf(attributes, 'id', 'node', file, line);
            label = undefined;
            name = undefined;
            break;
          case 'edge':
            owner = 'edge';
            ownerLine = line;
            source = attributeOf(attributes, 'source', 'edge', file, line);
            target = attributeOf(attributes, 'target', 'edge', file, line);
            weight = undefined;
            break;
          case 'data':
            dataKey = attributeOf(attributes, 'key', 'data', file, line);
            dataText = '';
            break;
          case 'default':
            dataText = '';
            break;
          case 'hyperedge':
            throw fileError(file, line, 'found <hyperedge>, expected edges between two nodes only');
        }
      },
      text(part) {
        if (dataKey !== null) dataText += part;
      },
      close(element) {
        depth--;
        if (element === 'node') endNode();
        else if (element === 'edge') graph.addEdge(source, target, weight ?? defaultWeight, ownerLine);
        if (element === 'edge' || element === 'key') owner = null;
        if (element === 'key') dataKey = null;
        if (element !== 'data' && element !== 'default') return;
        const [domain, attribute] = splitKey(nameOfKey.get(dataKey ?? ''));
        if (element === 'default') {
          if (attribute === 'weight' && domain !== 'node') defaultWeight = dataText;
          return;
        }
        if (owner === 'node' && domain !== 'edge') {
          if (attribute === 'label') label = dataText;
          else if (attribute === 'name') name = dataText;
        } else if (owner === 'edge' && domain !== 'node' && attribute === 'weight') {
          weight = dataText;
        }
        dataKey = null;
      },
    });
    if (!sawGraph) throw fileError(file, 0, 'no <graph> found, expected one');
    return graph.toGraph(options);
  },
};

function splitKey(described: string | undefined): [string, string] {
  if (described === undefined) return ['', ''];
  const space = described.indexOf(' ');
  return [described.slice(0, space), described.slice(space + 1)];
}
