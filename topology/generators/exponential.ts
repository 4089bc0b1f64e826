/**
 * Exponential: node i beside i + 2^p and i - 2^p (mod nodes) for every 2^p < nodes. About 2 log2(nodes)
 * neighbours, diameter at most about log2(nodes), and a spectral gap that shrinks only as 1 / log(nodes)
 * relative to the degree (Ying et al. 2021, who use the directed form, i heard by i + 2^p; the undirected one
 * is its closure).
 */
import { EdgeBuffer } from '../graph.js';
import { cutOfOffsets } from '../outline.js';
import { circulant } from '../part.js';
import {
  checkEdgeCount,
  defineGenerator,
  flag,
  generated,
  generatedDirected,
  nodeCount,
  optional,
} from './generator.js';

export const exponential = defineGenerator({
  kind: 'exponential',
  summary: 'nodes a power of two apart, around a ring, are linked',
  parameters: {
    nodes: nodeCount(),
    directed: optional(flag('arcs, from i to i + 2^p, instead of edges')),
  },
  generate({ nodes, directed }) {
    const count = nodes * Math.ceil(Math.log2(nodes));
    checkEdgeCount(['nodes'], nodes, count);
    const edges = new EdgeBuffer(count);
    for (let node = 0; node < nodes; node++) {
      // 2^p and nodes - 2^p may both be powers of two; the edge is then named twice and counted once.
      for (let distance = 1; distance < nodes; distance *= 2) edges.push(node, (node + distance) % nodes);
    }
    return directed ? generatedDirected(nodes, edges) : generated(nodes, edges);
  },
  rows({ nodes, directed }) {
    const forward: number[] = [];
    for (let distance = 1; distance < nodes; distance *= 2) forward.push(distance);
    const back = forward.map((distance) => nodes - distance).reverse();
    const either = [...new Set([...forward, ...back])].sort((a, b) => a - b);
    const rows = { nodes, ...circulant(nodes, either) };
    return directed
      ? { ...rows, arcs: { heard: circulant(nodes, back), hearing: circulant(nodes, forward) } }
      : rows;
  },
  outline({ nodes, directed = false }) {
    const forward: number[] = [];
    for (let distance = 1; distance < nodes; distance *= 2) forward.push(distance);
    const back = forward.map((distance) => -distance);
    const either = new Set([...forward, ...back.map((offset) => nodes + offset)]);
    return {
      nodes,
      arcs: nodes * (directed ? forward.length : either.size),
      expected: false,
      cut: (parts) => cutOfOffsets(nodes, parts, directed ? back : [...either], true),
      smaller: (most) => ({ nodes: Math.min(nodes, most), directed }),
    };
  },
});
