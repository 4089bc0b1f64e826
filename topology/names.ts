/**
 * Nodes by name. A node's name is its label, or its number in the source where the graph has no labels.
 * Whatever refers to the nodes of a graph from outside (another graph on the same agents, a table of links)
 * does so by name, never by position.
 */
import { show } from './errors.js';
import type { Graph } from './graph.js';

/** No node has this name. */
export const UNKNOWN = -1;
/** Several nodes have this name. */
export const AMBIGUOUS = -2;

/** The label of a node, or its number in the source where the graph has no labels. */
export function nameOfNode({ labels, numberedFrom = 0 }: Graph, node: number): string {
  return labels?.[node] ?? String(node + numberedFrom);
}

/** What another graph on the same nodes calls them. */
export function namesOf({ labels, numberedFrom }: Graph): Pick<Graph, 'labels' | 'numberedFrom'> {
  return { labels, ...(numberedFrom !== undefined && { numberedFrom }) };
}

/** The node of a name, UNKNOWN or AMBIGUOUS. */
export function nodesByName({ labels, nodes, numberedFrom = 0 }: Graph): (name: string) => number {
  if (labels === null) {
    return (name) => {
      const node = /^(0|[1-9]\d{0,9})$/.test(name) ? Number(name) - numberedFrom : UNKNOWN;
      return node >= 0 && node < nodes ? node : UNKNOWN;
    };
  }
  const nodeOf = new Map<string, number>();
  for (const [node, label] of labels.entries()) nodeOf.set(label, nodeOf.has(label) ? AMBIGUOUS : node);
  return (name) => nodeOf.get(name) ?? UNKNOWN;
}

/** Some names of a graph, for a message. */
export function someNames(graph: Graph): string {
  const { nodes } = graph;
  if (graph.labels === null) {
    const [first, last] = [nameOfNode(graph, 0), nameOfNode(graph, nodes - 1)];
    return first === last ? first : `${first}..${last}`;
  }
  const first = Array.from({ length: Math.min(nodes, 5) }, (_, node) => nameOfNode(graph, node));
  return `${first.map((name) => show(name)).join(', ')}${nodes > 5 ? ', ...' : ''}`;
}
