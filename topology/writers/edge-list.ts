/**
 * Edge list: `# Nodes: N Edges: M`, then a line an edge, tabs between; commas in a `.csv`.
 *
 * Without labels, read back it is the same graph, isolated nodes included. With labels it is the same
 * network, but nodes are numbered as the lines name them. What it cannot hold is refused: a labelled node
 * without edges, two nodes of one label, a line break in a label.
 */
import { parameterError } from '../errors.js';
import type { Graph } from '../graph.js';
import { edgeLines, type Writer } from './writer.js';

export const edgeListWriter: Writer = {
  format: 'edgelist',
  extensions: ['.txt', '.edges', '.edgelist', '.tsv'],
  write: (graph) => write(graph, '\t'),
};

export const csvWriter: Writer = {
  format: 'csv',
  extensions: ['.csv'],
  write: (graph) => write(graph, ','),
};

function write(graph: Graph, separator: string): Iterable<string> {
  checkLabels(graph);
  return lines(graph, separator);
}

function* lines(graph: Graph, separator: string): Iterable<string> {
  const { labels } = graph;
  const names = labels === null ? null : labels.map(quoteIfNeeded);
  const nameOf = (node: number): string => names?.[node] ?? String(node);
  yield `# Nodes: ${graph.nodes} Edges: ${graph.arcs?.count ?? graph.edges}\n`;
  // With a header, no first pair of labels can be mistaken for one, and no header for a pair of labels.
  const header = HEADERS.find((pair) => !labels?.some((label) => pair.includes(label))) ?? HEADERS[0];
  if (names !== null)
    yield `${[...header, ...(graph.weights === null || graph.arcs ? [] : ['weight'])].join(separator)}\n`;
  yield* edgeLines(graph, (from, to, weight) => {
    const tail = weight === null ? '' : `${separator}${weight}`;
    return `${nameOf(from)}${separator}${nameOf(to)}${tail}\n`;
  });
}

const HEADERS: readonly [string[], ...string[][]] = [
  ['source', 'target'],
  ['from', 'to'],
  ['src', 'dst'],
  ['origin', 'destination'],
];

function checkLabels({ labels, rowStart }: Graph): void {
  if (labels === null) return;
  const seen = new Set<string>();
  labels.forEach((label, node) => {
    if (/[\r\n]/.test(label)) throw parameterError(['labels', node], label, 'no line break, in an edge list');
    if (seen.has(label)) throw parameterError(['labels', node], label, 'a label of its own, in an edge list');
    if (rowStart[node] === rowStart[node + 1]) {
      throw parameterError(
        ['labels', node],
        label,
        'a node with an edge, in an edge list: write graphml or json',
      );
    }
    seen.add(label);
  });
}

function quoteIfNeeded(label: string): string {
  return label === '' || /[\s,;|"#%{]/.test(label) ? `"${label.replaceAll('"', '""')}"` : label;
}
