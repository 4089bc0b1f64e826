/**
 * Who waits for whom. At a barrier that worker l reaches last,
 *
 *     worker w waits  l's arrival - w's arrival        for worker l
 *                     w's release - l's arrival        for the barrier itself: the crossing
 *
 * so that work, waits and crossings add up to the time of the round loop, on every worker.
 *
 * Barriers also hold the threads' clocks to account. Nobody is let go before everybody has come; so if clock
 * j is behind clock i by e, then for every barrier
 *
 *     i's arrival - j's release  <=  e  <=  i's release - j's arrival
 *
 * (Cristian 1989, with barriers for messages). 0 has to lie between the two.
 */

import { formatCount } from '../base/count.js';
import type { Lap } from '../run/timeline.js';
import type { RecordedTimeline } from '../session/recorded-timeline.js';

/**
 * What one worker did in the rounds recorded, in ms; it adds up to the time from its first round to its last.
 */
export interface WorkerWaits {
  /** In each phase of a round. */
  phases: number[];
  /** In trace rows, and between rounds. */
  rows: number;
  /** For each worker: until that one arrived, where it was the last. */
  waitedFor: number[];
  /** From the arrival of the last to being let go. */
  crossing: number;
  /** By the garbage collector; part of the others. */
  collecting: number;
}

/** Who waited for whom, in the rounds recorded. */
export interface Waits {
  /** Worker threads. */
  workers: number;
  /** Names of the phases of a round. */
  phases: string[];
  /** How many rounds were recorded. */
  rounds: number;
  /** The first of them. */
  firstRound: number;
  /** From the beginning of the first to the end of the last. */
  milliseconds: number;
  /** Worker 0 first. */
  byWorker: WorkerWaits[];
  /** Of all workers' time, waiting for another one: 0..1. */
  shareWaited: number;
  /** Of all workers' time, crossing barriers: 0..1. */
  shareCrossing: number;
  /** Whether the threads' clocks agree. */
  clock: {
    /** What two threads' clocks may lie apart, by how each was read. */
    statedUs: number;
    /** What two of them may lie apart at most, by what happened at the barriers. */
    observedUs: number;
    /** Whether nobody was let go before everybody had come, but for `statedUs`. */
    ordered: boolean;
  };
}

/** Of the workers, the last to arrive. */
export function lastOf({ arrived }: Lap): number {
  let last = 0;
  for (let worker = 1; worker < arrived.length; worker++)
    if (arrived[worker]! > arrived[last]!) last = worker;
  return last;
}

export function waitsOf(timeline: RecordedTimeline): Waits {
  const { workers, phases, rounds, collections, originMs } = timeline;
  const laps = rounds.flat();
  const span = spanOf(timeline);
  const byWorker = Array.from({ length: workers }, (_, worker): WorkerWaits => {
    const own: WorkerWaits = {
      phases: phases.map(() => 0),
      rows: 0,
      waitedFor: Array.from({ length: workers }, () => 0),
      crossing: 0,
      collecting: 0,
    };
    for (const lap of laps) {
      const [began, arrived, released] = [lap.began[worker]!, lap.arrived[worker]!, lap.released[worker]!];
      if (lap.kind === 'phase') own.phases[lap.phase]! += arrived - began;
      else own.rows += arrived - began;
      const last = lastOf(lap);
      own.waitedFor[last]! += lap.arrived[last]! - arrived;
      own.crossing += released - lap.arrived[last]!;
    }
    for (const { beganMs, endedMs } of collections[worker] ?? [])
      own.collecting += Math.max(0, Math.min(endedMs - originMs, span) - Math.max(beganMs - originMs, 0));
    return own;
  });
  const sum = (of: (own: WorkerWaits) => number) => byWorker.reduce((total, own) => total + of(own), 0);
  const all = sum((own) => total(own.phases) + own.rows + total(own.waitedFor) + own.crossing);
  const share = (part: number) => (all > 0 ? part / all : 0);
  return {
    workers,
    phases: [...phases],
    rounds: rounds.length,
    firstRound: rounds[0]?.[0]?.round ?? 0,
    milliseconds: span,
    byWorker,
    shareWaited: share(sum(({ waitedFor }) => total(waitedFor))),
    shareCrossing: share(sum(({ crossing }) => crossing)),
    clock: checkClocks(laps, workers, timeline.clockErrorMs),
  };
}

/** To the end of the last round, in ms from the beginning of the first. */
export function spanOf({ rounds }: Pick<RecordedTimeline, 'rounds'>): number {
  return Math.max(0, ...(rounds.at(-1)?.at(-1)?.released ?? []));
}

function checkClocks(laps: readonly Lap[], workers: number, statedMs: number): Waits['clock'] {
  let observedMs = 0;
  let ordered = true;
  for (let i = 0; i < workers; i++) {
    for (let j = i + 1; j < workers; j++) {
      let least = Number.NEGATIVE_INFINITY;
      let most = Number.POSITIVE_INFINITY;
      for (const { arrived, released } of laps) {
        least = Math.max(least, arrived[i]! - released[j]!);
        most = Math.min(most, released[i]! - arrived[j]!);
      }
      if (laps.length === 0) continue;
      observedMs = Math.max(observedMs, -least, most);
      ordered &&= least <= statedMs && most >= -statedMs;
    }
  }
  return { statedUs: 1000 * statedMs, observedUs: 1000 * observedMs, ordered };
}

/** For a terminal. */
export function formatWaits(waits: Waits): string {
  const { byWorker, phases, rounds, firstRound, milliseconds, clock } = waits;
  if (rounds === 0) return 'timeline: no whole round was recorded';
  const columns = byWorker.length <= COLUMNS ? byWorker.map((own, worker) => ({ own, worker })) : [];
  const all = (own: WorkerWaits) => total(own.phases) + own.rows + total(own.waitedFor) + own.crossing;
  const rows: [string, (own: WorkerWaits) => number][] = [
    ...phases.map((name, at): [string, (own: WorkerWaits) => number] => [name, (own) => own.phases[at] ?? 0]),
    ['trace rows, between rounds', (own) => own.rows],
    ['waited for others', (own) => total(own.waitedFor)],
    ['crossed barriers', (own) => own.crossing],
  ];
  const lines = [
    `timeline of ${formatCount(rounds)} rounds (${firstRound}..${firstRound + rounds - 1}): ${formatMs(milliseconds)}`,
  ];
  if (columns.length > 0) {
    lines.push(columns.map(({ worker }) => `worker ${worker}`.padStart(9)).join(' '));
    for (const [name, of] of rows)
      lines.push(`${columns.map(({ own }) => percent(of(own) / all(own)).padStart(9)).join(' ')}  ${name}`);
  }
  for (const { worker, last, ms } of longestWaits(waits))
    lines.push(`worker ${worker} waited ${formatMs(ms)} (${percent(ms / milliseconds)}) for worker ${last}`);
  const [waited, crossed] = [percent(waits.shareWaited), percent(waits.shareCrossing)];
  lines.push(`all workers: ${waited} of the time waiting for another one, ${crossed} crossing barriers`);
  lines.push(
    `clocks of the threads agree to ${clock.statedUs.toFixed(2)} us as they were read, and to ${clock.observedUs.toFixed(2)} us by the barriers` +
      (clock.ordered ? '' : ', WHICH CONTRADICT EACH OTHER'),
  );
  return lines.join('\n');
}

const COLUMNS = 8;
const MOST_LINES = 6;

/** The pairs with the longest waits, longest first; those of less than a thousandth are none. */
export function longestWaits({
  byWorker,
  milliseconds,
}: Waits): { worker: number; last: number; ms: number }[] {
  return byWorker
    .flatMap(({ waitedFor }, worker) => waitedFor.map((ms, last) => ({ worker, last, ms })))
    .filter(({ ms }) => ms > milliseconds / 1000)
    .sort((a, b) => b.ms - a.ms)
    .slice(0, MOST_LINES);
}

export function formatMs(ms: number): string {
  if (ms >= 1) return `${Number(ms.toPrecision(3))} ms`;
  return `${Number((1000 * ms).toPrecision(3))} us`;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

export function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
