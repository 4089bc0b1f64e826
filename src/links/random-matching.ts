/**
 * Pairwise gossip by a local handshake: in every round each agent proposes to the neighbour behind the edge
 * with the least priority among its own, a number drawn afresh for every edge and round (ties: the
 * lexicographically least edge). Two who propose to each other talk; the others wait.
 *
 * The edge of the least priority of all is always matched, and an edge between degrees d and e is matched
 * with probability at least 1/(d + e - 1). With `consensus` and step 1/2 (unit weights), which `auto`
 * chooses, two who talk go to their mean: randomised gossip. Proposals of round k + 1 are written in round k,
 * doubled by parity, so an agent reads its partner's without waiting. Source: Boyd, Ghosh, Prabhakar, Shah
 * 2006 for gossip; the handshake is that of local matching algorithms (Israeli, Itai 1986).
 */

import type { Graph } from '../../topology/index.js';
import { heardRows, rowsThatLast } from '../arena/layout.js';
import type { Seed } from '../runtime.js';
import { edgeWords } from './draws.js';
import { defineLinks, numberAt, type ReferenceLinks } from './types.js';

const NOBODY = 0xffff_ffff;

export const randomMatching = defineLinks({
  kind: 'random-matching',
  metadata: {
    title: 'Random matching',
    summary: 'pairwise gossip: neighbours who pick each other talk, nobody with two',
    source: 'Boyd, Ghosh, Prabhakar, Shah 2006 (IEEE TIT 52(6))',
  },
  directed: false,
  foreseen: false,
  parameters: (z) => z.strictObject({ kind: z.literal('random-matching') }),

  load: ({ kind }, { graph }) => {
    const { rowStart, columns, nodes } = graph;
    const degree = (node: number) => rowStart[node + 1] - rowStart[node];
    const presence = new Float64Array(columns.length);
    for (let row = 0; row < nodes; row++) {
      for (let arc = rowStart[row]; arc < rowStart[row + 1]; arc++) {
        presence[arc] = 1 / (degree(row) + degree(columns[arc]) - 1);
      }
    }
    return {
      plan: { kind, lanes: 2 },
      graph,
      fields: (_arcs, agents) => [
        heardRows(rowsThatLast({ name: 'choice', type: 'u32', length: agents }, agents)),
      ],
      presence,
      pairwise: true,
      warnings: [],
      reference: (seed) => referenceOf(graph, seed),
    };
  },

  bind: (_plan, table) => {
    const { arena, agents, field, rowStart, columns, first, end, up, draw } = table;
    // Whom an agent proposes to, by number.
    const choice = arena.view(field('choice'), 'u32');
    const choose = (round: number) => {
      const words = draw(round);
      const base = (round & 1) * agents;
      for (let row = first; row < end; row++) {
        let best = NOBODY;
        let high = 0;
        let low = 0;
        // Columns ascend by number, so of equal edges of a row the first has the smaller ends, seen from either side.
        for (let arc = rowStart[row]; arc < rowStart[row + 1]; arc++) {
          const a = words[2 * arc];
          const b = words[2 * arc + 1];
          if (best !== NOBODY && (a > high || (a === high && b >= low))) continue;
          best = numberAt(table, columns[arc]);
          high = a;
          low = b;
        }
        choice[base + row] = best;
      }
    };
    return {
      prologue: () => choose(0),
      mask(round) {
        const base = (round & 1) * agents;
        for (let row = first; row < end; row++) {
          const own = numberAt(table, row);
          for (let arc = rowStart[row]; arc < rowStart[row + 1]; arc++) {
            const other = columns[arc];
            const meet = choice[base + row] === numberAt(table, other) && choice[base + other] === own;
            up[arc] = meet ? 1 : 0;
          }
        }
        choose(round + 1);
      },
    };
  },
});

function referenceOf({ rowStart, columns }: Graph, seed: Seed): ReferenceLinks {
  const proposal = (round: number, node: number): number => {
    const neighbours = Array.from(columns.subarray(rowStart[node], rowStart[node + 1]));
    const priority = (other: number) => {
      const [high, low] = edgeWords(false, node, other, round, seed);
      return [high, low, Math.min(node, other), Math.max(node, other)];
    };
    return neighbours.reduce((best, other) => (isLess(priority(other), priority(best)) ? other : best));
  };
  // Asked again and again of the same round.
  let known = { round: -1, of: new Map<number, number>() };
  const proposed = (round: number, node: number): number => {
    if (known.round !== round) known = { round, of: new Map() };
    const found = known.of.get(node) ?? proposal(round, node);
    known.of.set(node, found);
    return found;
  };
  return (round, from, to) => proposed(round, from) === to && proposed(round, to) === from;
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((entry, index) => entry !== b[index]);
  return at >= 0 && a[at] < b[at];
}
