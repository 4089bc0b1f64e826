/**
 * A watchdog of the round loop: `timeout: { round: 60 }`. Each worker says before and after every phase where
 * it is; somebody outside of the loop looks now and then, and names who has not come out of a phase for so
 * long. A run without a limit pays nothing: the program is wrapped only when there is one.
 *
 * Who waits at a barrier, in a pause too, is in no phase and late for nothing: those who are in one are whom
 * the others wait for. Time in which nobody looked is counted as two looks at most, as in plugin/watch.ts: a
 * machine that was asleep, or a process that was stopped, is not the run's doing.
 *
 * There is no Atomic here. A phase has not ended where its number is still the same after seconds, and by
 * then the plain stores before it have long been seen by everyone.
 */

import type { BoundProgram } from './types.js';

/** Int32 words of a worker, 128 bytes apart. */
const SPACING = 32;
const PLACE = 0;
const PHASE = 1;
const ROUND = 2;
/** Bumped with every phase that begins. */
const COUNT = 3;
const Place = { OUTSIDE: 0, PROLOGUE: 1, ROUND: 2, ROW: 3 } as const;

export interface Late {
  worker: number;
  /** What has not ended: `round 12, phase 2`. */
  what: string;
}

export function createLaps(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer(4 * SPACING * workers);
}

/** The same program, which says where it is. */
export function withLaps(program: BoundProgram, laps: SharedArrayBuffer, worker: number): BoundProgram {
  const words = new Int32Array(laps, 4 * SPACING * worker, SPACING);
  const begin = (place: number, phase: number, round: number) => {
    words[PHASE] = phase;
    words[ROUND] = round;
    words[COUNT] = (words[COUNT] as number) + 1;
    words[PLACE] = place;
  };
  const within = (place: number, phase: number, work: (round: number) => void) => (round: number) => {
    begin(place, phase, round);
    work(round);
    words[PLACE] = Place.OUTSIDE;
  };
  const { prologue, phases, tracePhases, traceRow } = program;
  const prologueWithin = within(Place.PROLOGUE, 0, () => prologue.call(program));
  return {
    ...program,
    prologue: () => prologueWithin(0),
    phases: phases.map((phase, index) => within(Place.ROUND, index, phase)),
    tracePhases: tracePhases.map((phase, index) => within(Place.ROW, index, phase)),
    traceRow(round, seconds, row) {
      begin(Place.ROW, tracePhases.length, round);
      const verdict = traceRow.call(program, round, seconds, row);
      words[PLACE] = Place.OUTSIDE;
      return verdict;
    },
  };
}

/** Looks in an eighth of the time that a phase may take, between these. */
const MOST_OFTEN_MS = 10;
const MOST_SELDOM_MS = 1000;

/** Watches until a worker is late, which is told once; gives what ends watching. It keeps no process alive. */
export function watchLaps(laps: SharedArrayBuffer, seconds: number, late: (found: Late) => void): () => void {
  const words = new Int32Array(laps);
  const workers = words.length / SPACING;
  const seen = new Int32Array(workers);
  const lastedMs = new Float64Array(workers);
  const periodMs = Math.min(MOST_SELDOM_MS, Math.max(MOST_OFTEN_MS, 125 * seconds));
  let lookedMs = performance.now();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    const passedMs = Math.min(nowMs - lookedMs, 2 * periodMs);
    lookedMs = nowMs;
    for (let worker = 0; worker < workers; worker++) {
      const at = worker * SPACING;
      const count = words[at + COUNT] as number;
      if (words[at + PLACE] === Place.OUTSIDE || count !== seen[worker]) {
        seen[worker] = count;
        lastedMs[worker] = 0;
        continue;
      }
      lastedMs[worker] = (lastedMs[worker] as number) + passedMs;
      if ((lastedMs[worker] as number) < 1000 * seconds) continue;
      clearInterval(timer);
      late({ worker, what: whatAt(words.subarray(at, at + SPACING)) });
      return;
    }
  }, periodMs);
  timer.unref();
  return () => clearInterval(timer);
}

function whatAt(words: Int32Array): string {
  if (words[PLACE] === Place.PROLOGUE) return 'the prologue, before round 0,';
  const what = words[PLACE] === Place.ROW ? 'the trace row after round' : 'round';
  return `${what} ${words[ROUND]}, phase ${(words[PHASE] as number) + 1},`;
}

/** `round 12, phase 2, has not ended within 60 s` */
export function describeLate({ what }: Late, seconds: number): string {
  return `${what} has not ended within ${seconds} s`;
}

export const LATE_HINT = '`timeout: { round: 600 }` in the config gives each phase of a round more time';
