/**
 * A record of the round loop in time: when each worker began to work, when it arrived at the barrier, and
 * when that let it go; for every phase of the rounds in the middle of a run. Only runs that ask for one pay
 * for it: two readings of the time a barrier (some 0.1 us). Without one the loop is the same code as ever.
 *
 * Every worker writes laps into a ring of its own in shared memory that was allocated before the run:
 *
 *     lap: what, round, began (the barrier before let go), arrived, let go; ms of the worker's own clock
 *
 * All workers pass the same barriers in the same order, so the n-th lap of one worker and the n-th lap of
 * another end at the same barrier. The host says beside the rings before which round recording ends. A worker
 * may see that a moment later than another: whoever reads takes the laps that all have.
 *
 * One clock. `performance.now()` counts from another moment in every thread, and from the wall's time, which
 * may be set. Both it and `process.hrtime` are the system's monotonic clock, which threads share: each thread
 * reads one between two readings of the other, and so knows the distance to half of what the two lie apart.
 *
 * There is no Atomic here. A worker's laps are read when its task has ended.
 */

import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import type { Barrier } from '../sync/barrier.js';
import type { BoundProgram } from './types.js';

/** Entries that nobody else's share a line with. */
const HEADER = 16;
/** Of the whole: recording ends before this round. The host writes it, at any time. */
const UNTIL = 0;
/** Of a worker. */
const COUNT = 0;
const LAST = 1;
const OFFSET = 2;
const ERROR = 3;
/** Of a lap. */
const WHAT = 0;
const ROUND = 1;
const BEGAN = 2;
const ARRIVED = 3;
const RELEASED = 4;
const LAP = 5;
/**
 * Barriers of a round: three phases, three of a row, its decision, a snapshot. Of more, fewer rounds are
 * kept.
 */
const LAPS_A_ROUND = 8;

/** What a lap is: phase p of a round is p, of a row ROW + p. */
const ROW = 64;
const PROLOGUE = 128;
/** Before a round or after a row: the leader decides, state is copied, all stand still. */
const BETWEEN = 129;

/** Milliseconds of one clock that all threads of a process have. */
export interface ThreadClock {
  /** From this thread's `performance.now()` to it. */
  offsetMs: number;
  /** The offset is right to this. */
  errorMs: number;
}

/** The garbage collector at work on a thread. */
export interface Collection {
  /** `minor collection`, `major collection`, `incremental marking`, `weak callbacks`. */
  kind: string;
  /** On the clock that all threads have. */
  beganMs: number;
  /** On the same clock. */
  endedMs: number;
}

/** What a worker adds to its ring when its task ends. Plain data. */
export interface TimelineReport {
  /** Names of the phases of a round. */
  phases: string[];
  collections: Collection[];
}

/**
 * What all workers did until one barrier, in ms from the first of these; a list has an entry for each worker.
 */
export interface Lap {
  /** `row`: of a trace row; `between`: beside phases. */
  kind: 'phase' | 'row' | 'between';
  /** Of `phase` and `row`: which one. */
  phase: number;
  /** Of a phase, the round; of a row, the rounds done. */
  round: number;
  /** The barrier before had let go. */
  began: number[];
  /** The work was done. */
  arrived: number[];
  /** This barrier let go. */
  released: number[];
}

/** Whole rounds, a list of laps each: phases, and the row after them if there is one. */
export interface Laps {
  /** One entry a round, in order. */
  rounds: Lap[][];
  /** On the clock that all threads have: 0 of the laps. */
  originMs: number;
  /** How far two threads' clocks may lie apart, by what each knows of its own. */
  clockErrorMs: number;
}

/** To be given to `prepare` as `timeline`: for how many rounds, at most. */
export function createTimeline(workers: number, rounds: number, until: number): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(8 * (HEADER + workers * stride(rounds)));
  new Float64Array(buffer)[UNTIL] = until;
  return buffer;
}

/** Recording is to end before this round, or where it would have, if that is earlier. */
export function endTimeline(timeline: SharedArrayBuffer, round: number): void {
  const entries = new Float64Array(timeline);
  entries[UNTIL] = Math.min(entries[UNTIL] as number, round);
}

const stride = (rounds: number): number => HEADER + LAP * LAPS_A_ROUND * rounds;

/** The offset from the narrowest of many pairs of readings. */
export function readThreadClock(): ThreadClock {
  let offsetMs = 0;
  let errorMs = Number.POSITIVE_INFINITY;
  for (let reading = 0; reading < 200; reading++) {
    const before = process.hrtime.bigint();
    const now = performance.now();
    const after = process.hrtime.bigint();
    const halfMs = Number(after - before) / 2e6;
    if (halfMs >= errorMs) continue;
    errorMs = halfMs;
    offsetMs = Number(before) / 1e6 + halfMs - now;
  }
  return { offsetMs, errorMs };
}

export interface Collections {
  /** All until now; nothing is watched any longer. The collector tells when the thread has a turn. */
  taken(): Promise<Collection[]>;
  close(): void;
}

/** What the collector does on this thread from now on. */
export function watchCollections({ offsetMs }: ThreadClock): Collections {
  const seen: Collection[] = [];
  const take = (entries: readonly PerformanceEntry[]) => {
    for (const entry of entries) {
      const { startTime, duration } = entry;
      const beganMs = startTime + offsetMs;
      seen.push({ kind: kindOf(entry as Detailed), beganMs, endedMs: beganMs + duration });
    }
  };
  const observer = new PerformanceObserver((list) => take(list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  return {
    async taken() {
      await new Promise((resolve) => setImmediate(resolve));
      take(observer.takeRecords());
      observer.disconnect();
      return seen.sort((a, b) => a.beganMs - b.beganMs);
    },
    close: () => observer.disconnect(),
  };
}

const KINDS = new Map<number | undefined, string>([
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major collection'],
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor collection'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental marking'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weak callbacks'],
]);

/** What entries of the collector have besides. */
type Detailed = PerformanceEntry & { detail?: { kind?: number } };

function kindOf({ detail }: Detailed): string {
  return KINDS.get(detail?.kind) ?? 'collection';
}

/** The hand that writes a worker's ring. Numbers stand in the ring itself: nothing is allocated for them. */
class Recorder {
  private readonly entries: Float64Array;
  private readonly header: number;
  private readonly capacity: number;
  private at = 0;
  private what = BETWEEN;
  private round = 0;
  private on = true;

  constructor(timeline: SharedArrayBuffer, worker: number, workers: number) {
    this.entries = new Float64Array(timeline);
    const length = (this.entries.length - HEADER) / workers;
    this.header = HEADER + worker * length;
    this.capacity = (length - HEADER) / LAP;
    const clock = readThreadClock();
    this.entries[this.header + OFFSET] = clock.offsetMs;
    this.entries[this.header + ERROR] = clock.errorMs;
    this.entries[this.header + LAST] = performance.now();
  }

  begin(what: number, round: number): void {
    this.what = what;
    this.round = round;
    if (what === 0 && round >= (this.entries[UNTIL] as number)) this.on = false;
  }

  wait(barrier: Pick<Barrier, 'wait'>): void {
    if (!this.on) {
      barrier.wait();
      return;
    }
    const { entries, header } = this;
    const lap = header + HEADER + this.at * LAP;
    entries[lap + WHAT] = this.what;
    entries[lap + ROUND] = this.round;
    entries[lap + BEGAN] = entries[header + LAST] as number;
    entries[lap + ARRIVED] = performance.now();
    barrier.wait();
    const now = performance.now();
    entries[lap + RELEASED] = now;
    entries[header + LAST] = now;
    entries[header + COUNT] = (entries[header + COUNT] as number) + 1;
    this.at = this.at + 1 === this.capacity ? 0 : this.at + 1;
    this.what = BETWEEN;
  }
}

export interface Recorded {
  program: BoundProgram;
  barrier: Pick<Barrier, 'wait'>;
  /** After the loop. */
  report(): Promise<TimelineReport>;
}

/** The same program and the same barrier, which say when. */
export function withTimeline(
  program: BoundProgram,
  barrier: Pick<Barrier, 'wait'>,
  timeline: SharedArrayBuffer,
  worker: number,
  workers: number,
): Recorded {
  const collections = watchCollections(readThreadClock());
  const recorder = new Recorder(timeline, worker, workers);
  const recorded = (first: number) => (phase: (round: number) => void, index: number) => (round: number) => {
    recorder.begin(first + index, round);
    phase(round);
  };
  const { prologue, phases, tracePhases, phaseNames } = program;
  return {
    program: {
      ...program,
      prologue() {
        recorder.begin(PROLOGUE, 0);
        prologue.call(program);
      },
      phases: phases.map(recorded(0)),
      tracePhases: tracePhases.map(recorded(ROW)),
    },
    barrier: { wait: () => recorder.wait(barrier) },
    async report() {
      const names = phases.map((_, index) => phaseNames?.[index] ?? `phase ${index + 1}`);
      return { phases: names, collections: await collections.taken() };
    },
  };
}

/** The rounds that all workers have whole: the last `rounds` of them, or as many as there are. */
export function readLaps(timeline: SharedArrayBuffer, workers: number, rounds: number): Laps {
  const entries = new Float64Array(timeline);
  const length = (entries.length - HEADER) / workers;
  const capacity = (length - HEADER) / LAP;
  const headers = Array.from({ length: workers }, (_, worker) => HEADER + worker * length);
  const counts = headers.map((header) => entries[header + COUNT] as number);
  const end = Math.min(...counts);
  const first = Math.max(0, Math.max(...counts) - capacity);
  const entry = (header: number, lap: number, field: number) =>
    entries[header + HEADER + (lap % capacity) * LAP + field] as number;

  let found: Lap[][] = [];
  for (let at = first; at < end; at++) {
    const [what, round] = [entry(headers[0]!, at, WHAT), entry(headers[0]!, at, ROUND)];
    const times = (field: number) =>
      headers.map((header) => entry(header, at, field) + (entries[header + OFFSET] as number));
    const lap: Lap = {
      ...describe(what),
      round,
      began: times(BEGAN),
      arrived: times(ARRIVED),
      released: times(RELEASED),
    };
    if (what === 0) {
      // A run that goes back to an earlier row does rounds again: what comes last is what counts.
      const last = found.at(-1)?.[0];
      if (last && last.round >= round) found = [];
      found.push([lap]);
    } else found.at(-1)?.push(lap);
  }
  // Where somebody has seen more, the last round is whole only if another began behind it.
  const ahead = headers[counts.findIndex((count) => count > end)];
  if (ahead !== undefined && entry(ahead, end, WHAT) !== 0) found.pop();
  found = rounds > 0 ? found.slice(-rounds) : [];
  const originMs = Math.min(...(found[0]?.[0]?.began ?? [0]));
  for (const lap of found.flat())
    for (const times of [lap.began, lap.arrived, lap.released])
      for (let worker = 0; worker < workers; worker++) times[worker]! -= originMs;
  const errors = headers.map((header) => entries[header + ERROR] as number).sort((a, b) => b - a);
  return { rounds: found, originMs, clockErrorMs: (errors[0] ?? 0) + (errors[1] ?? 0) };
}

function describe(what: number): Pick<Lap, 'kind' | 'phase'> {
  if (what >= PROLOGUE) return { kind: 'between', phase: 0 };
  return what >= ROW ? { kind: 'row', phase: what - ROW } : { kind: 'phase', phase: what };
}
