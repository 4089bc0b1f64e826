/**
 * A timeline in the Trace Event format (Google, "Trace Event Format", JSON object form), which chrome://tracing,
 * ui.perfetto.dev and profiler.firefox.com open. A track for each worker, and one for the coordinator:
 *
 *     round 900                 whole rounds
 *       hubs, round, ...        work in a phase
 *       wait for worker 1       until the last one arrived; an arrow comes from there
 *       barrier                 the last one's own crossing
 *       minor collection        the garbage collector
 *
 * Times are microseconds from the beginning of the first round, to a nanosecond; within a track events nest.
 */

import type { Lap } from '../run/timeline.js';
import type { RecordedTimeline } from '../session/recorded-timeline.js';
import { lastOf, spanOf, type Waits, waitsOf } from './waits.js';

/** As the format has them: complete events, metadata, and the two ends of an arrow. */
export type TraceEvent =
  | {
      ph: 'X';
      name: string;
      cat: string;
      pid: number;
      tid: number;
      ts: number;
      dur: number;
      args?: Record<string, number>;
    }
  | {
      ph: 'M';
      name: 'process_name' | 'thread_name' | 'thread_sort_index';
      pid: number;
      tid: number;
      args: { name: string } | { sort_index: number };
    }
  | { ph: 's'; name: string; cat: string; id: number; pid: number; tid: number; ts: number }
  | { ph: 'f'; bp: 'e'; name: string; cat: string; id: number; pid: number; tid: number; ts: number };

/** What trace.json holds. */
export interface TraceFile {
  /** In the Trace Event format. */
  traceEvents: TraceEvent[];
  /** What viewers count in. */
  displayTimeUnit: 'ns';
  /** Of our own: what was recorded, and who waited for whom. */
  otherData: { format: typeof FORMAT; name: string } & Waits;
}

const FORMAT = 'sottovoce-timeline/1';
const PROCESS = 1;
/** Waits below this have no arrow: half of them are the noise of readings. */
const ARROW_MS = 1e-3;

const threadOf = (worker: number): number => worker + 1;

export function traceFile(name: string, timeline: RecordedTimeline): TraceFile {
  const { workers, rounds, phases, collections, coordinator, originMs } = timeline;
  const end = spanOf(timeline);
  const coordinatorThread = threadOf(workers);
  const events: TraceEvent[] = [
    { ph: 'M', name: 'process_name', pid: PROCESS, tid: 0, args: { name: `sottovoce ${name}` } },
  ];
  const addThread = (tid: number, called: string) => {
    events.push(
      { ph: 'M', name: 'thread_name', pid: PROCESS, tid, args: { name: called } },
      { ph: 'M', name: 'thread_sort_index', pid: PROCESS, tid, args: { sort_index: tid } },
    );
  };
  for (let worker = 0; worker < workers; worker++) addThread(threadOf(worker), `worker ${worker}`);
  addThread(coordinatorThread, 'coordinator');

  const complete = (tid: number, cat: string, called: string, from: number, to: number, args = {}) => {
    const begin = nanoseconds(from);
    const dur = (nanoseconds(to) - begin) / 1000;
    events.push({ ph: 'X', name: called, cat, pid: PROCESS, tid, ts: begin / 1000, dur, args });
  };
  /** The part of it that lies in the rounds recorded. */
  const within = (tid: number, cat: string, called: string, beganMs: number, endedMs: number) => {
    const from = Math.max(0, beganMs - originMs);
    const to = Math.min(end, endedMs - originMs);
    if (to > from) complete(tid, cat, called, from, to);
  };
  let arrow = 0;
  for (const laps of rounds) {
    const [first] = laps;
    for (let worker = 0; worker < workers; worker++) {
      const tid = threadOf(worker);
      const roundEnd = laps.at(-1)!.released[worker]!;
      complete(tid, 'round', `round ${first!.round}`, first!.began[worker]!, roundEnd);
      for (const lap of laps) {
        const { round } = lap;
        const last = lastOf(lap);
        const [began, arrived, released] = [lap.began[worker]!, lap.arrived[worker]!, lap.released[worker]!];
        complete(tid, 'work', workName(lap, phases), began, arrived, { round });
        if (worker === last) {
          complete(tid, 'barrier', 'barrier', arrived, released, { round });
          continue;
        }
        const came = lap.arrived[last]!;
        complete(tid, 'wait', `wait for worker ${last}`, arrived, released, {
          round,
          worker: last,
          crossingUs: nanoseconds(released - came) / 1000,
        });
        if (came - arrived < ARROW_MS) continue;
        const ends = { name: 'lets go', cat: 'wait', id: ++arrow, pid: PROCESS };
        events.push(
          { ph: 's', ...ends, tid: threadOf(last), ts: nanoseconds(came) / 1000 },
          { ph: 'f', bp: 'e', ...ends, tid, ts: nanoseconds(Math.max(released, came)) / 1000 },
        );
      }
    }
  }
  collections.forEach((all, worker) => {
    for (const { kind, beganMs, endedMs } of all) within(threadOf(worker), 'gc', kind, beganMs, endedMs);
  });
  for (const { what, beganMs, endedMs } of coordinator.spans)
    within(coordinatorThread, 'coordinator', what, beganMs, endedMs);
  for (const { kind, beganMs, endedMs } of coordinator.collections)
    within(coordinatorThread, 'gc', kind, beganMs, endedMs);
  return {
    traceEvents: events,
    displayTimeUnit: 'ns',
    otherData: { format: FORMAT, name, ...waitsOf(timeline) },
  };
}

export function workName({ kind, phase }: Lap, phases: readonly string[]): string {
  if (kind === 'phase') return phases[phase] ?? `phase ${phase + 1}`;
  return kind === 'row' ? `trace row, phase ${phase + 1}` : 'between rounds';
}

/** An event a line. */
export function formatTrace({ traceEvents, ...rest }: TraceFile): string {
  const lines = traceEvents.map((event) => JSON.stringify(event));
  const others = JSON.stringify(rest).slice(1);
  return `{"traceEvents":[\n${lines.join(',\n')}\n],\n${others}\n`;
}

const nanoseconds = (ms: number): number => Math.round(1e6 * ms);
