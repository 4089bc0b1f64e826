/**
 * GEXF (Gephi, https://gexf.net): `<node id label>` and `<edge source target weight type>`. Reads the weight
 * from the attribute or, since some tools write it there, from an `<attvalue>` of an edge attribute titled
 * `weight`, with its default. Attributes may be declared behind the edges.
 *
 * Direction: the edge's `type` (directed, undirected, mutual; dir, sim and dou in old files), else the
 * graph's `defaultedgetype`, else undirected. `mixed` there means that every edge says its own. Nodes within
 * nodes count with the rest, and times are left out; `Graph.readAs` says so.
 */
import { fileError, show } from '../errors.js';
import { type Direction, NamedGraph, type Reader } from './reader.js';
import { attributeOf, checkRoot, parseXml, refuseSecondGraph, wordOf } from './xml.js';

const TYPES = {
  directed: 'directed',
  undirected: 'undirected',
  mutual: 'mutual',
  dir: 'directed',
  undir: 'undirected',
  sim: 'undirected',
  dou: 'mutual',
} as const;
const DEFAULT_TYPES: Readonly<Record<string, Direction>> = { ...TYPES, mixed: 'unknown' };
const TIMES = ['start', 'end', 'startopen', 'endopen', 'timestamp', 'timestamps', 'intervals', 'spells'];

interface Edge {
  source: string;
  target: string;
  direction: Direction | undefined;
  weight: string | undefined;
  line: number;
  /** Values of attributes whose meaning is not known yet. */
  values: [attribute: string, value: string, line: number][];
}

export const gexf: Reader = {
  format: 'gexf',
  extensions: ['.gexf'],
  summary: "GEXF, Gephi's format",
  parse(text, file, options) {
    const graph = new NamedGraph(file);
    let depth = 0;
    let graphs = 0;
    let attributeClass = '';
    /** Titles of edge attributes, by id. */
    const titles = new Map<string, string>();
    let attribute: string | null = null;
    let defaultText: string | null = null;
    let defaultWeight: { text: string; line: number } | undefined;
    const edges: Edge[] = [];
    let edge: Edge | null = null;
    let openNodes = 0;
    let nested = 0;
    let times = 0;
    const isWeight = (id: string) => (titles.get(id) ?? id).toLowerCase() === 'weight';

    parseXml(text, file, {
      open(element, attributes, line) {
        if (depth++ === 0) checkRoot(element, 'gexf', file, line);
        switch (element) {
          case 'graph':
            if (graphs++ > 0) throw refuseSecondGraph(file, line);
            graph.direction =
              wordOf(attributes, 'defaultedgetype', DEFAULT_TYPES, file, line) ?? 'undirected';
            break;
          case 'attributes':
            attributeClass = attributes['class'] ?? '';
            break;
          case 'attribute':
            if (attributeClass !== 'edge') break;
            attribute = attributeOf(attributes, 'id', 'attribute', file, line);
            titles.set(attribute, attributes['title'] ?? attribute);
            break;
          case 'default':
            if (attribute !== null) defaultText = '';
            break;
          case 'node':
            if (openNodes++ > 0 || attributes['pid'] !== undefined) nested++;
            if (TIMES.some((name) => attributes[name] !== undefined)) times++;
            graph.addNode(attributeOf(attributes, 'id', 'node', file, line), attributes['label'], line);
            break;
          case 'edge':
            if (TIMES.some((name) => attributes[name] !== undefined)) times++;
            edge = {
              source: attributeOf(attributes, 'source', 'edge', file, line),
              target: attributeOf(attributes, 'target', 'edge', file, line),
              direction: wordOf(attributes, 'type', TYPES, file, line),
              weight: attributes['weight'],
              line,
              values: [],
            };
            edges.push(edge);
            break;
          case 'attvalue': {
            if (edge === null) break;
            const id = attributes['for'] ?? attributes['id'] ?? '';
            if (titles.has(id) && !isWeight(id)) break;
            if (TIMES.some((name) => attributes[name] !== undefined)) times++;
            edge.values.push([id, attributeOf(attributes, 'value', 'attvalue', file, line), line]);
            break;
          }
          case 'spell':
            times++;
            break;
        }
      },
      text(part) {
        if (defaultText !== null) defaultText += part;
      },
      close(element, line) {
        depth--;
        if (element === 'edge') edge = null;
        else if (element === 'node') openNodes--;
        else if (element === 'attribute') attribute = null;
        else if (element === 'default' && defaultText !== null) {
          if (attribute !== null && isWeight(attribute)) defaultWeight = { text: defaultText, line };
          defaultText = null;
        }
      },
    });
    if (graphs === 0) throw fileError(file, 0, 'no <graph> found, expected one');

    for (const { source, target, direction, weight, line, values } of edges) {
      const [first, ...others] = values.filter(([id]) => isWeight(id));
      const [, value, valueLine] = first ?? [];
      const unlike = others.find(([, other]) => Number(other) !== Number(value));
      if (unlike !== undefined) {
        const problem = `edge has the weights ${show(value)} and ${show(unlike[1])}, expected one weight`;
        graph.weightsDiffer(problem, unlike[2]);
      }
      if (weight !== undefined && value !== undefined && Number(weight) !== Number(value)) {
        const problem = `weight is ${show(weight)} in <edge> and ${show(value)} in <attvalue>, expected one weight`;
        graph.weightsDiffer(problem, line);
      }
      const fallback = value ?? defaultWeight?.text;
      const weightLine = (weight === undefined ? (valueLine ?? defaultWeight?.line) : undefined) ?? line;
      graph.addEdge(source, target, weight ?? fallback, line, { weightLine, direction });
    }
    if (nested > 0) graph.note(`one graph with ${nested} nested ${nested === 1 ? 'node' : 'nodes'} in it`);
    if (times > 0) graph.note('without times of nodes and edges');
    return graph.toGraph(options);
  },
};
