/**
 * Adjacency list, as NetworkX writes it: a node and its neighbours a line, separated by blanks, '#' to the end of a line a comment.
 *
 *     a b c        edges a-b and a-c
 *     d            a node without further neighbours
 *
 * An edge stands once, or in the lines of both ends. Names are what is written and are numbered as in an edge list.
 */
import { fileError } from '../errors.js';
import { EdgeBuffer } from '../graph.js';
import { orderedNames } from './edge-list.js';
import { Lines } from './lines.js';
import type { Reader } from './reader.js';

export const adjacencyList: Reader = {
  format: 'adjlist',
  extensions: ['.adjlist', '.adj'],
  summary: "NetworkX's adjacency list: a node and its neighbours a line",
  parse(text, file, { directions } = {}) {
    const lines = new Lines(text);
    const numberOf = new Map<string, number>();
    const number = (name: string): number => {
      const known = numberOf.get(name);
      if (known !== undefined) return known;
      numberOf.set(name, numberOf.size);
      return numberOf.size - 1;
    };
    const edges = new EdgeBuffer();
    while (lines.nextRaw()) {
      // NetworkX takes '#' for a comment wherever it stands, and so writes no name that holds one.
      const [source, ...neighbours] = lines
        .current()
        .replace(/#.*/, '')
        .split(/[ \t]+/)
        .filter((word) => word !== '');
      if (source === undefined) continue;
      const from = number(source);
      for (const neighbour of neighbours) edges.push(from, number(neighbour));
    }
    if (numberOf.size === 0)
      throw fileError(file, 0, 'no nodes found, expected a node and its neighbours a line');
    const labels = orderedNames(edges, [...numberOf.keys()]);
    return edges.toGraph(numberOf.size, labels, { directed: true, keepDirections: directions === 'keep' });
  },
};
