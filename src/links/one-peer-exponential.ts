/**
 * One peer a round, a power of two away, on n = 2^m agents; in round k, with p = k mod m,
 *
 *     i talks with i XOR 2^p                    every round a perfect matching, for every flow
 *     i sends to i + 2^p (mod n)                where the topology is directed, for push-sum and consensus
 *
 * With x <- (x_i + x_j)/2, which is `consensus` with step 1/2 (`auto` chooses it), and with push-sum, all
 * agents hold the exact average after m rounds and after every m rounds in a row: round p averages over bit p
 * of the agents' numbers. The edges are this kind's own: `topology` says who the agents are, and whether
 * links have a direction. Source: Assran, Loizou, Ballas, Rabbat 2019; Ying et al. 2021 (the exactness).
 */

import { exponential } from '../../topology/generators/exponential.js';
import { hypercube } from '../../topology/generators/hypercube.js';
import { edgeList, graphFromEdges } from '../../topology/graph.js';
import { namesOf } from '../../topology/names.js';
import { generate } from '../../topology/registry.js';
import { InputError } from '../base/errors.js';
import { otherEdgesWarning } from './schedule.js';
import { defineLinks, numberAt } from './types.js';

export const onePeerExponential = defineLinks({
  kind: 'one-peer-exponential',
  metadata: {
    title: 'One-peer exponential',
    summary: 'one peer a round, a power of two away: 2^m agents average exactly in m rounds',
    source: 'Assran, Loizou, Ballas, Rabbat 2019 (arXiv 1811.10792); Ying et al. 2021 (arXiv 2110.13363)',
  },
  directed: true,
  balanced: true,
  parameters: (z) => z.strictObject({ kind: z.literal('one-peer-exponential') }),

  load: ({ kind }, { graph: given, path }) => {
    const { nodes } = given;
    const bits = Math.round(Math.log2(nodes));
    if (2 ** bits !== nodes || nodes < 2) {
      const near = 2 ** Math.max(1, bits);
      throw new InputError(
        `${path.join('.')}.kind is one-peer-exponential, which needs a power of two of agents, and the topology has ${nodes}`,
        {
          path: [...path, 'kind'],
          hint: `${near} agents, for example: topology: { kind: hypercube, dimension: ${Math.log2(near)} }`,
        },
      );
    }
    const directed = given.arcs !== undefined;
    const made = generate(
      directed ? { kind: exponential.kind, nodes, directed } : { kind: hypercube.kind, dimension: bits },
    );
    const { from, to } = edgeList(made);
    // The agents' names stay; nothing else of what was given does.
    const graph = { ...(directed ? made : graphFromEdges(nodes, from, to)), ...namesOf(given) };
    return {
      plan: { kind, lanes: 0, bits },
      graph,
      fields: () => [],
      presence: 1 / bits,
      pairwise: true,
      warnings: otherEdgesWarning(given, graph),
      reference: () => (round, from, to) => {
        const distance = 2 ** (round % bits);
        return directed ? (from + distance) % nodes === to : (from ^ distance) === to;
      },
    };
  },

  bind({ bits }, table) {
    const { total, rowStart, columns, numbers, orientation, first, end, up } = table;
    return {
      mask(round) {
        const distance = 1 << (round % bits);
        const turn = orientation === 'in' ? total - distance : distance;
        for (let row = first; row < end; row++) {
          const own = numberAt(table, row);
          const peer = orientation === 'edges' ? own ^ distance : (own + turn) % total;
          for (let arc = rowStart[row]; arc < rowStart[row + 1]; arc++) {
            const other = columns[arc];
            up[arc] = (numbers === undefined ? other : numbers[other]) === peer ? 1 : 0;
          }
        }
      },
    };
  },
});
