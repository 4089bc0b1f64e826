/** Timelines with numbers that can be checked by hand. */

import type { Lap } from '../../src/run/timeline.js';
import type { RecordedTimeline } from '../../src/session/recorded-timeline.js';

/**
 * Every worker begins where it was let go. `work[lap][worker]` ms are worked in each lap of a round; the
 * barrier takes `crossing` ms after the last has come.
 */
export function byHand(
  rounds: number,
  work: readonly (readonly number[])[],
  { crossing = 1, phases = work.map((_, at) => `phase ${at + 1}`), firstRound = 10, rows = 0 } = {},
): RecordedTimeline {
  const workers = work[0]!.length;
  let now = 0;
  const lap = (kind: Lap['kind'], phase: number, round: number, times: readonly number[]): Lap => {
    const began = Array.from({ length: workers }, () => now);
    const arrived = times.map((ms) => now + ms);
    now = Math.max(...arrived) + crossing;
    return { kind, phase, round, began, arrived, released: arrived.map(() => now) };
  };
  return {
    rounds: Array.from({ length: rounds }, (_, at) => [
      ...work.map((times, phase) => lap('phase', phase, firstRound + at, times)),
      ...Array.from({ length: rows }, (_, row) => lap('row', row, firstRound + at + 1, work[0]!)),
    ]),
    originMs: 5000,
    clockErrorMs: 1e-4,
    workers,
    phases,
    collections: Array.from({ length: workers }, () => []),
    coordinator: { spans: [], collections: [] },
  };
}
