/**
 * Which agents each rank holds around a server: ranges of consecutive numbers, so that an agent's position is its
 * number less that of the rank's first one. Rank 0 is the server as well.
 */

import { unexpected } from '../../base/errors.js';
import type { PartPlan } from '../../ranks/part.js';
import { partition } from '../../run/partition.js';

/** Which of several ranks this process is. Plain data. */
export interface Ranked {
  rank: number;
  ranks: number;
}

/** What the threads of a rank are told of it. Worker 0 speaks with other ranks, and has no agents. Plain data. */
export interface ServerPart extends Pick<PartPlan, 'rank' | 'ranks' | 'own' | 'total' | 'runs'> {
  /** The first agent of every rank, by number, and behind the last one how many there are. */
  starts: number[];
  /** Where the agents of every rank begin that send late: what the others say goes over meanwhile. */
  middles: number[];
  /** Positions of this rank where each worker's early agents begin, and its late ones. */
  early: number[];
  late: number[];
}

/**
 * `times`: of a round of each agent, about, by number.
 *
 * @throws InputError where there are fewer agents than ranks
 */
export function divideServer(
  times: Float64Array,
  { rank, ranks }: Ranked,
  workers: number,
): { part: ServerPart; partition: number[] } {
  const total = times.length;
  if (total < ranks) throw unexpected(['ranks'], ranks, `at most ${total}: there are no more agents`);
  // Everyone has an agent, however the times are.
  const starts = partition(times, ranks).map((at, r) => Math.min(Math.max(at, r), total - ranks + r));
  const middles = Array.from(
    { length: ranks },
    (_, r) => starts[r] + partition(times.subarray(starts[r], starts[r + 1]), 2)[1],
  );
  const first = starts[rank];
  const end = starts[rank + 1];
  const middle = middles[rank];
  /** Of the agents from one number to another; positions. */
  const shared = (from: number, to: number) => [
    from - first,
    ...partition(times.subarray(from, to), workers).map((at) => from - first + at),
  ];
  return {
    part: {
      rank,
      ranks,
      own: end - first,
      total,
      runs: {
        start: Uint32Array.from(starts.slice(0, ranks)),
        rank: Uint32Array.from({ length: ranks }, (_, r) => r),
      },
      starts,
      middles,
      early: shared(first, middle),
      late: shared(middle, end),
    },
    partition: shared(first, end),
  };
}
