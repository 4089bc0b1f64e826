/**
 * Push-sum: the average over a directed graph, where an agent knows how many out-neighbours it has but not
 * what they do with what it sends. Each keeps a sum and a weight, (s_i, w_i) = (x_i(0), 1) at first, splits
 * them evenly among itself and its out-neighbours, and reads off the ratio:
 *
 *     (s_i, w_i) <- sum over i and its in-neighbours j of (s_j, w_j) / (1 + out-degree_j)     x_i = s_i / w_i
 *
 * Columns of that matrix add up to 1, rows need not: the sums of the s_i and of the w_i are conserved, and
 * every ratio tends to the average. Where links change, the out-degree is that of the round: whom no link
 * reaches is given no share, and nothing is lost.
 *
 * Needs: a strongly connected graph (over time, where links change). Bits: 64 (dim + 1), nothing is
 * compressed. Floats an agent: dim (x) and the shares. Source: Kempe, Dobra, Gehrke 2003 (FOCS); over
 * changing directed graphs, Nedic, Olshevsky 2015.
 */

import { heardRows, rowBytesOf } from '../arena/layout.js';
import { agentsAhead } from '../compress/wire/ahead.js';
import { stateFields } from './state.js';
import { defineFlow } from './types.js';

/** A row of shares: dim sums, then the weight. */
const shareDim = (dim: number) => dim + 1;

export const pushSum = defineFlow({
  kind: 'push-sum',
  metadata: {
    title: 'Push-sum',
    summary: 'averages over directed graphs: sums and weights in even shares, and their ratio',
    source: 'Kempe, Dobra, Gehrke 2003 (FOCS)',
  },
  problem: 'average',
  graphs: () => 'arcs',
  changingLinks: true,
  parameters: (z) => z.strictObject({ kind: z.literal('push-sum') }),

  messages: () => ({ channels: 0, compressed: false, scalars: 1, shares: true }),

  fields: (_, context) => [
    ...stateFields(['x'], context),
    ...stateFields(['shares'], { ...context, dim: shareDim(context.dim) }).map(heardRows),
  ],

  plan: ({ kind }) => ({ kind, gains: {} }),

  // What is under way was split among the neighbours of before: it is put together and split anew.
  carry({ agents, rows, neighbours: { before, after } }) {
    const shares = rows('shares');
    if (shares === null) return;
    const { data, stride } = shares;
    for (let agent = 0; agent < agents; agent++) {
      const factor = (1 + before[agent]) / (1 + after[agent]);
      for (let at = agent * stride; at < (agent + 1) * stride; at++) data[at] *= factor;
    }
  },

  bind: (_plan, _channels, _cost, runtime) => {
    const { arena, kernels, agents, dim, rowBytes, graph: g } = runtime;
    const shareBytes = rowBytesOf(shareDim(dim), arena.precision);
    const { realBytes } = arena;
    const x = arena.address('x');
    const outDegrees = arena.address('graph.outDegrees');
    const shares = arena.address('shares');
    const at = (round: number) => shares + (round & 1) * agents * shareBytes;
    const ahead = agentsAhead(runtime, shareBytes);
    const states = arena.reals('x');
    const parts = arena.reals('shares');
    const degrees = arena.view('graph.outDegrees', 'f64');

    return {
      prologue(first, count) {
        for (let agent = first; agent < first + count; agent++) {
          const ways = 1 + degrees[agent];
          const from = (agent * rowBytes) / realBytes;
          const to = (agent * shareBytes) / realBytes;
          for (let c = 0; c < dim; c++) parts[to + c] = states[from + c] / ways;
          parts[to + dim] = 1 / ways;
        }
      },
      block: (first, count, round) =>
        kernels.pushSum(
          first,
          count,
          dim,
          g.rowStart,
          g.columns,
          g.weights,
          g.weightStride,
          outDegrees,
          at(round),
          at(round + 1),
          shareBytes,
          x,
          rowBytes,
          ahead,
          agents,
        ),
    };
  },
});
