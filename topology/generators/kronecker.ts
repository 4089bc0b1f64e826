/**
 * Kronecker (R-MAT): the graphs of Graph500 (Chakrabarti, Zhan and Faloutsos 2004; Leskovec et al. 2010).
 * 2^scale nodes; edgeFactor 2^scale edges are drawn one by one. An edge is a cell of the adjacency matrix,
 * found by halving the matrix `scale` times: each time the upper left quarter is taken with probability a,
 * the upper right with b, the lower left with c, the lower right with d = 1 - a - b - c. Hubs of hubs, and a
 * third or more of the nodes without an edge: `largestComponent: true` leaves those out.
 *
 * A node that has `ones` ones among the bits of its number before it is renamed is an edge's first end with
 * probability (a + b)^(scale - ones) (c + d)^ones, and its second with a + c and b + d. Nodes are then renamed
 * by a permutation, so that a number says nothing of a degree. Edges drawn twice and self-loops are dropped,
 * so that there are fewer than were drawn: by 8% at scale 19.
 *
 * Edge e and the permutation are functions of seed and e alone (`counter-random.ts`): any part can be drawn
 * by itself. Probabilities are rounded to 2^-16. O(edges scale).
 */
import { CounterRandom } from '../counter-random.js';
import { parameterError } from '../errors.js';
import { cutOfDrawn } from '../outline.js';
import type { EdgeSink } from '../part.js';
import { amount, checkDrawCount, defineDrawnGenerator, optional, probability, whole } from './generator.js';

/** Of the whole graph scale 24 fits with Graph500's 16 edges for each node; of parts more does. */
const MAX_SCALE = 30;
const GRAPH500 = { edgeFactor: 16, a: 0.57, b: 0.19, c: 0.19 };
/** The permutation's draws: an item that is no edge. */
const RENAMING = 0xffff_ffff;

export const kronecker = defineDrawnGenerator({
  kind: 'kronecker',
  summary: 'hubs of hubs: the graphs of Graph500 (R-MAT)',
  parameters: {
    scale: whole('2^scale nodes, many of them without an edge', 1, MAX_SCALE),
    edgeFactor: optional(amount('edges drawn, over nodes (default: 16, as Graph500)')),
    a: optional(probability('of the upper left quarter (default: 0.57)')),
    b: optional(probability('of the upper right quarter (default: 0.19)')),
    c: optional(probability('of the lower left quarter (default: 0.19)')),
  },
  draw({ scale, edgeFactor = GRAPH500.edgeFactor, a = GRAPH500.a, b = GRAPH500.b, c = GRAPH500.c }, seed) {
    if (a + b + c > 1 + 1e-12) throw parameterError(['c'], c, `at most ${1 - a - b} (1 - a - b)`);
    const nodes = 2 ** scale;
    const count = Math.round(edgeFactor * nodes);
    checkDrawCount('scale', scale, count);
    return {
      nodes,
      edges: count,
      blame: 'scale',
      into: (edges) => drawKronecker({ scale, a, b, c }, new CounterRandom(seed), 0, count, edges),
    };
  },
  outline({ scale, edgeFactor = GRAPH500.edgeFactor, a = GRAPH500.a, b = GRAPH500.b, c = GRAPH500.c }) {
    const nodes = 2 ** scale;
    const count = Math.round(edgeFactor * nodes);
    const neighbours = neighboursOf({ scale, a, b, c }, count);
    const arcs = neighbours(1);
    return {
      nodes,
      arcs,
      expected: true,
      cut: (parts) => cutOfDrawn(nodes, arcs, parts, (share) => neighbours(share, true) / nodes),
      smaller: (most) => ({
        scale: Math.min(scale, Math.max(1, Math.floor(Math.log2(Math.max(2, most))))),
        edgeFactor,
        a,
        b,
        c,
      }),
    };
  },
});

export interface Quarters {
  scale: number;
  a: number;
  b: number;
  c: number;
}

/**
 * Expected neighbours, added up over all nodes; or, with `any`, how many nodes have a neighbour among a share
 * of them, of which the renaming makes a random choice. Two nodes are as often linked as they have bits of each
 * kind in common, so classes of nodes and of their neighbours are counted and not themselves: O(scale^3).
 */
function neighboursOf({ scale, a, b, c }: Quarters, count: number): (share: number, any?: boolean) => number {
  const d = Math.max(0, 1 - a - b - c);
  const choose = binomials(scale);
  return (share, any = false) => {
    let sum = 0;
    for (let ones = 0; ones <= scale; ones++) {
      let expected = 0;
      let none = 0;
      // Of the neighbour's ones, `both` stand where this node has some, and `other` where it has none.
      for (let both = 0; both <= ones; both++) {
        for (let other = 0; other <= scale - ones; other++) {
          const rest = a ** (scale - ones - other) * d ** both;
          const cell = rest * (c ** (ones - both) * b ** other + b ** (ones - both) * c ** other);
          // The node itself is none of its neighbours.
          const many =
            choose[ones]![both]! * choose[scale - ones]![other]! - Number(both === ones && other === 0);
          const linked = -Math.expm1(count * Math.log1p(-Math.min(cell, 1 - 1e-15)));
          expected += many * linked * share;
          if (many > 0) none += many * Math.log1p(-Math.min(linked * share, 1 - 1e-15));
        }
      }
      sum += choose[scale]![ones]! * (any ? -Math.expm1(none) : expected);
    }
    return sum;
  };
}

/** Row n: n choose 0 .. n. */
function binomials(most: number): number[][] {
  const rows = [[1]];
  for (let n = 1; n <= most; n++) {
    const above = rows[n - 1]!;
    rows.push(Array.from({ length: n + 1 }, (_, k) => (above[k - 1] ?? 0) + (above[k] ?? 0)));
  }
  return rows;
}

/** Edges begin .. end - 1 of those drawn. */
export function drawKronecker(
  { scale, a, b, c }: Quarters,
  random: CounterRandom,
  begin: number,
  end: number,
  edges: EdgeSink,
): void {
  const [upToA, upToB, upToC] = [a, a + b, a + b + c].map((bound) => Math.round(65_536 * bound)) as [
    number,
    number,
    number,
  ];
  const rename = renaming(scale, random);
  const { words } = random;
  for (let edge = begin; edge < end; edge++) {
    let from = 0;
    let to = 0;
    for (let level = 0; level < scale; level++) {
      // Eight levels a block, two a word.
      if ((level & 7) === 0) random.draw(level >> 3, edge);
      const word = words[(level >> 1) & 3];
      const draw = (level & 1) === 0 ? word & 0xffff : word >>> 16;
      from = 2 * from + (draw < upToB ? 0 : 1);
      to = 2 * to + (draw < upToA || (draw >= upToB && draw < upToC) ? 0 : 1);
    }
    edges.push(rename(from), rename(to));
  }
}

/**
 * A permutation of 0 .. 2^scale - 1, keyed by the seed: three rounds of x <- odd x + k and x <- x xor
 * (x >> scale/2), each of which can be undone.
 */
export function renaming(scale: number, random: CounterRandom): (node: number) => number {
  const mask = 2 ** scale - 1;
  const shift = Math.max(1, scale >> 1);
  random.draw(0, RENAMING);
  const [m0, k0, m1, k1] = random.words as unknown as [number, number, number, number];
  random.draw(1, RENAMING);
  const [m2, k2] = random.words as unknown as [number, number];
  return (node) => {
    let x = node;
    x = (Math.imul(x, m0 | 1) + k0) & mask;
    x ^= x >>> shift;
    x = (Math.imul(x, m1 | 1) + k1) & mask;
    x ^= x >>> shift;
    x = (Math.imul(x, m2 | 1) + k2) & mask;
    return x ^ (x >>> shift);
  };
}
