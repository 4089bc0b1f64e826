/**
 * Which agents a rank holds, and in which order they lie there: a cut of the graph, ranges of workers, and in each
 * range first the agents that other ranks hear. What these say goes over while the others are worked on.
 */

import type { Graph } from '../../../topology/graph.js';
import type { CostModel } from '../../cost/types.js';
import { inRows, outRows } from '../../links/bind.js';
import { type CutChoice, type CutReport, cutGraph, type Cut as KnownCut } from '../../ranks/cut.js';
import { makePart, type Part, type PartPlan } from '../../ranks/part.js';
import { gradientNs, messageNs, partition } from '../../run/partition.js';
import type { FlowConfig } from './config.js';

/** Which of several ranks this process is, and how it comes by its part. */
export interface Ranked {
  rank: number;
  ranks: number;
  divide: typeof divide;
}

export interface Divided {
  part: Part;
  cut: CutReport;
  plan: PartPlan;
  /** Agents of each worker; the first has none. */
  partition: number[];
}

interface Divisible {
  config: Pick<FlowConfig, 'layout'>;
  graph: Graph;
  cost: CostModel;
}

/** A cut does not depend on how many workers a rank has. */
const cuts = new WeakMap<Graph, Map<string, KnownCut>>();

/** @throws InputError where there are fewer agents than ranks */
export function divide(
  problem: Divisible,
  { rank, ranks }: Pick<Ranked, 'rank' | 'ranks'>,
  workers: number,
  perArc: boolean,
): Divided {
  const { graph } = problem;
  const times = timesOf(problem);
  const { part: rankOf, cut } = cutOf(graph, times, ranks, problem.config.layout.cut);
  const inward = inRows(graph);
  let bounds: number[] = [];
  let interior: number[] = [];
  const part = makePart({
    rankOf,
    ranks,
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
    cut,
    plan: {
      ...{ rank, ranks, own, rows, peers, runs, total },
      cutHash: cut.hash,
      interior: [0, ...interior],
      arcs: inward.columns.length,
      inArcs: part.columns.length,
      outArcs: (part.out ?? part).columns.length,
    },
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

function cutOf(graph: Graph, times: Float64Array, ranks: number, choice: CutChoice | undefined): KnownCut {
  const known = cuts.get(graph) ?? new Map<string, KnownCut>();
  cuts.set(graph, known);
  const key = `${ranks} ${choice}`;
  const found = known.get(key) ?? cutGraph(graph, ranks, times, choice);
  known.set(key, found);
  return found;
}
