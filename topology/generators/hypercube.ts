/**
 * Hypercube: 2^dimension nodes, linked when their numbers differ in exactly one bit. dimension
 * 2^(dimension-1) edges. Laplacian eigenvalues 2 k, each C(dimension, k) times.
 */
import { EdgeBuffer } from '../graph.js';
import { cutOfRanges, type Reach } from '../outline.js';
import { checkEdgeCount, defineGenerator, generated, whole } from './generator.js';

/** 2^30 nodes, as many as bits of a signed word count. Of the whole graph 2^23 nodes fit. */
const MAX_DIMENSION = 30;

export const hypercube = defineGenerator({
  kind: 'hypercube',
  summary: 'nodes whose binary numbers differ in one bit are linked',
  parameters: {
    dimension: whole('dimension: 2^dimension nodes', 0, MAX_DIMENSION),
  },
  generate({ dimension }) {
    const nodes = 2 ** dimension;
    checkEdgeCount(['dimension'], dimension, (nodes * dimension) / 2);
    const edges = new EdgeBuffer((nodes * dimension) / 2);
    for (let node = 0; node < nodes; node++) {
      for (let bit = 0; bit < dimension; bit++) {
        const other = node ^ (1 << bit);
        if (node < other) edges.push(node, other);
      }
    }
    return generated(nodes, edges);
  },
  rows: ({ dimension }) => ({
    nodes: 2 ** dimension,
    degree: () => dimension,
    write(node, into, at) {
      let slot = at;
      // Clearing a high bit makes a number smaller than clearing a low one; setting one is the other way round.
      for (let bit = dimension - 1; bit >= 0; bit--)
        if ((node & (1 << bit)) !== 0) into[slot++] = node ^ (1 << bit);
      for (let bit = 0; bit < dimension; bit++)
        if ((node & (1 << bit)) === 0) into[slot++] = node | (1 << bit);
    },
  }),
  outline: ({ dimension }) => ({
    nodes: 2 ** dimension,
    arcs: dimension * 2 ** dimension,
    expected: false,
    cut: (parts) =>
      cutOfRanges(2 ** dimension, parts, (first, end) =>
        Array.from({ length: dimension }, (_, bit) => flipped(first, end, 2 ** bit)).flat(),
      ),
    smaller: (most) => ({ dimension: Math.min(dimension, Math.floor(Math.log2(Math.max(1, most)))) }),
  }),
});

/**
 * The numbers first .. end-1 with the bit that is worth `cell` flipped: cells of so many numbers change places
 * in pairs. Those in the middle stay within the range, and are left out.
 */
function flipped(first: number, end: number, cell: number): Reach[] {
  const [low, high] = [Math.floor(first / cell), Math.floor((end - 1) / cell)];
  const cells = new Set([low, low + 1, high - 1, high].filter((index) => index >= low && index <= high));
  return [...cells].map((index) => {
    const shift = index % 2 === 0 ? cell : -cell;
    return {
      begin: Math.max(first, index * cell) + shift,
      end: Math.min(end, (index + 1) * cell) + shift,
    };
  });
}
