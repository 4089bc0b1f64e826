/**
 * Uniform random: edgeFactor * nodes edges, both ends of each drawn uniformly and on their own; the "urand"
 * graph of the GAP benchmark suite (Beamer, Asanovic and Patterson 2015). No structure and no locality: the
 * worst case of a cache. Degrees are near Poisson with mean 2 edgeFactor. Edges drawn twice and self-loops are
 * dropped, of which there are about edgeFactor in the whole graph, however large, and edgeFactor^2: next to
 * none. Connected with high probability once 2 edgeFactor passes log(nodes).
 *
 * Edge e is a function of seed and e alone (`counter-random.ts`): any part can be drawn by itself. O(edges).
 */
import { CounterRandom } from '../counter-random.js';
import { cutOfDrawn } from '../outline.js';
import type { EdgeSink } from '../part.js';
import { amount, checkDrawCount, defineDrawnGenerator, nodeCount, optional } from './generator.js';

export const uniformRandom = defineDrawnGenerator({
  kind: 'uniform-random',
  summary: 'both ends of every edge anywhere: the urand graph of GAP',
  parameters: {
    nodes: nodeCount(),
    edgeFactor: optional(amount('edges drawn, over nodes (default: 16, as GAP)')),
  },
  draw({ nodes, edgeFactor = 16 }, seed) {
    const count = Math.round(edgeFactor * nodes);
    checkDrawCount('edgeFactor', edgeFactor, count);
    return {
      nodes,
      edges: count,
      blame: 'edgeFactor',
      into: (edges) => drawUniform(nodes, new CounterRandom(seed), 0, count, edges),
    };
  },
  outline({ nodes, edgeFactor = 16 }) {
    const count = Math.round(edgeFactor * nodes);
    // Two certain nodes are the ends of one drawn edge with probability 2 / nodes^2.
    const linked = -Math.expm1(count * Math.log1p(-2 / Math.max(2, nodes) ** 2));
    const arcs = nodes * (nodes - 1) * linked;
    const heard = (share: number) => 1 - (1 - linked) ** (share * nodes);
    return {
      nodes,
      arcs,
      expected: true,
      cut: (parts) => cutOfDrawn(nodes, arcs, parts, heard),
      smaller: (most) => ({ nodes: Math.min(nodes, most), edgeFactor }),
    };
  },
});

/** Edges begin .. end - 1 of those drawn. */
export function drawUniform(
  nodes: number,
  random: CounterRandom,
  begin: number,
  end: number,
  edges: EdgeSink,
): void {
  const { words } = random;
  for (let edge = begin; edge < end; edge++) {
    random.draw(0, edge);
    // 64 bits for each end: no node is more likely than another by more than nodes 2^-53.
    edges.push(nodeOf(words[0], words[1], nodes), nodeOf(words[2], words[3], nodes));
  }
}

/** Uniform in 0 .. nodes - 1 from 53 of 64 random bits. */
function nodeOf(high: number, low: number, nodes: number): number {
  const uniform = ((high >>> 5) * 0x400_0000 + (low >>> 6)) / 2 ** 53;
  return Math.floor(uniform * nodes);
}
