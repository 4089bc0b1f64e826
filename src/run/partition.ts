/**
 * Partition: which worker works for which agents. Contiguous ranges, so that rows of a worker are neighbours
 * in memory, balanced by the time that an agent takes (edges, dimension, data), in nanoseconds of the machine
 * that docs/performance.md names: only their ratios matter. Results never depend on it.
 */

import type { CacheBytes } from '../base/caches.js';
import { READ_NS } from '../compress/nanoseconds.js';
import type { CompressorPlan, MessageCost } from '../compress/types.js';
import type { CostModel } from '../cost/types.js';

/** Nanoseconds of a multiply-add, about, where a cost tells no times. */
const NS_A_WORK = 0.5;

/** Time of one gradient of each agent, about. */
export function gradientNs({ nanoseconds, work }: Pick<CostModel, 'nanoseconds' | 'work'>): Float64Array {
  return nanoseconds ?? work.map((amount) => amount * NS_A_WORK);
}

/** An entry of the step of an agent's own state. */
const STEP_NS = 4;
/**
 * To have a neighbour's message from a cache that is not a core's own, and each line of it; and more for each
 * line from memory.
 */
const FAR_NS = 8;
const FAR_LINE_NS = 6;
const MEMORY_LINE_NS = 14;
const LINE_BYTES = 64;

/** With the step. `plan` null: the state itself is the message. */
export function messageNs(plan: CompressorPlan | null, dim: number): MessageCost {
  const { own, neighbour } = plan?.nanoseconds ?? { own: 0, neighbour: READ_NS * dim };
  return { own: own + STEP_NS * dim, neighbour };
}

/** Where links change: each is drawn, weighed and counted every round. */
const LINK_NS = 25;

/**
 * What is added for each neighbour where links change; `estimates`: neighbours' states are read beside their
 * messages.
 */
export function changingNs(agents: number, dim: number, estimates: boolean, caches: CacheBytes): number {
  return LINK_NS + (estimates ? READ_NS * dim + distanceNs(agents, 8 * dim, caches) : 0);
}

/** What is added for each neighbour where messages do not all stay in a core's own caches, or in any. */
export function distanceNs(agents: number, messageBytes: number, { second, last }: CacheBytes): number {
  const lines = Math.ceil(messageBytes / LINE_BYTES);
  const beyond = (cache: number) => Math.max(0, 1 - cache / (agents * messageBytes));
  return beyond(second) * (FAR_NS + lines * FAR_LINE_NS) + beyond(last) * lines * MEMORY_LINE_NS;
}

/** Boundaries: worker w gets work[boundaries[w]] .. work[boundaries[w + 1] - 1]; ranges may be empty. */
export function partition(work: Float64Array, workers: number): number[] {
  const agents = work.length;
  let total = 0;
  for (const amount of work) total += amount;
  const boundaries = [0];
  let agent = 0;
  let done = 0;
  for (let worker = 1; worker < workers; worker++) {
    const target = (total * worker) / workers;
    // Take an agent while that brings the range's end closer to its share.
    while (agent < agents && done + work[agent] / 2 <= target) done += work[agent++];
    boundaries.push(agent);
  }
  boundaries.push(agents);
  return boundaries;
}

/**
 * Of the worker that reads most: rows of other workers' agents that its own have for neighbours, each counted
 * once. O(arcs).
 */
export function foreignRows(
  { rowStart, columns }: { rowStart: Uint32Array; columns: Uint32Array },
  boundaries: readonly number[],
): number {
  const seen = new Int32Array(rowStart.length - 1).fill(-1);
  let most = 0;
  for (let worker = 0; worker + 1 < boundaries.length; worker++) {
    const [first, end] = [boundaries[worker]!, boundaries[worker + 1]!];
    let count = 0;
    for (let at = rowStart[first]!; at < rowStart[end]!; at++) {
      const row = columns[at]!;
      if ((row >= first && row < end) || seen[row] === worker) continue;
      seen[row] = worker;
      count++;
    }
    most = Math.max(most, count);
  }
  return most;
}
