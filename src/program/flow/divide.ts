/**
 * Which agents a rank holds, and in which order they lie there: a cut of the graph, ranges of workers, and in each
 * range first the agents that other ranks hear. What these say goes over while the others are worked on.
 */

import type { Graph } from '../../../topology/graph.js';
import { unexpected } from '../../base/errors.js';
import type { CostModel } from '../../cost/types.js';
import { inRows, outRows } from '../../links/bind.js';
import { type Cut, makePart, type Part, type PartPlan } from '../../ranks/part.js';
import { gradientNs, messageNs, partition } from '../../run/partition.js';
import type { OrderReport } from '../../run/reports.js';

/** Which of several ranks this process is. Plain data. */
export interface Ranked {
  rank: number;
  ranks: number;
}

export interface Divided {
  part: Part;
  plan: PartPlan;
  /** Agents of each worker; the first has none. */
  partition: number[];
}

interface Divisible {
  graph: Graph;
  cost: CostModel;
}

/** A cut does not depend on how many workers a rank has. */
const cuts = new WeakMap<Graph, Map<number, Cut>>();

/** @throws InputError where there are fewer agents than ranks */
export function divide(
  problem: Divisible,
  { rank, ranks }: Ranked,
  workers: number,
  perArc: boolean,
): Divided {
  const { graph } = problem;
  if (graph.nodes < ranks) {
    const expected = `at most ${graph.nodes}: there are no more agents`;
    throw unexpected(['ranks'], ranks, expected);
  }
  const times = timesOf(problem);
  const inward = inRows(graph);
  let bounds: number[] = [];
  let interior: number[] = [];
  const part = makePart({
    ...cutOf(graph, times, ranks),
    rank,
    inward,
    outward: graph.arcs ? outRows(graph) : inward,
    perArc,
    order(own, heard) {
      bounds = partition(
        Float64Array.from(own, (agent) => times[agent]),
        workers,
      );
      interior = [];
      const placed = new Uint32Array(own.length);
      for (let w = 0; w < workers; w++) {
        let at = bounds[w];
        for (const wanted of [1, 0]) {
          if (wanted === 0) interior.push(at);
          for (let i = bounds[w]; i < bounds[w + 1]; i++) if (heard[i] === wanted) placed[at++] = own[i];
        }
      }
      return placed;
    },
  });
  const { own, rows, peers, runs, total } = part;
  return {
    part,
    plan: { rank, ranks, own, rows, peers, runs, total, interior: [0, ...interior] },
    partition: [0, ...bounds],
  };
}

/** Time of a round of each agent, about, by number. */
function timesOf({ graph, cost }: Divisible): Float64Array {
  const { rowStart } = inRows(graph);
  const { own, neighbour } = messageNs(null, cost.dim);
  return gradientNs(cost).map(
    (ns, agent) => ns + own + (rowStart[agent + 1] - rowStart[agent] + 1) * neighbour,
  );
}

function cutOf(graph: Graph, times: Float64Array, ranks: number): Cut {
  const known = cuts.get(graph) ?? new Map<number, Cut>();
  cuts.set(graph, known);
  let cut = known.get(ranks);
  if (cut === undefined) {
    const bounds = partition(times, ranks);
    const rankOf = new Uint32Array(graph.nodes);
    for (let rank = 0; rank < ranks; rank++) rankOf.fill(rank, bounds[rank], bounds[rank + 1]);
    cut = { ranks, rankOf };
    known.set(ranks, cut);
  }
  return cut;
}

export function orderOf({ rank, ranks }: Pick<Part, 'rank' | 'ranks'>): OrderReport {
  return {
    chosen: 'given',
    why: `rank ${rank} of ${ranks}: what others hear comes first`,
    given: null,
    rcm: null,
  };
}
