/**
 * A timeline in the Trace Event format (Google, "Trace Event Format", JSON object form), which
 * chrome://tracing, ui.perfetto.dev and profiler.firefox.com open. A track for each worker, and one for the
 * coordinator:
 *
 *     round 900                 whole rounds
 *       hubs, round, ...        work in a phase
 *       wait for worker 1       until the last one arrived; an arrow comes from there
 *       barrier                 from then until it was let go
 *       minor collection        the garbage collector
 *
 * Times are microseconds from the beginning of the first round, to a nanosecond. Within a track events nest,
 * and each is a beginning and an end: of an event with a duration, viewers add up where it ends, and what is
 * rounded there ends after its neighbour has begun.
 */

import type { Lap } from '../run/timeline.js';
import type { RecordedTimeline } from '../session/recorded-timeline.js';
import { lastOf, spanOf, type Waits, waitsOf } from './waits.js';

/** As the format has them: where something begins and ends, metadata, and the two ends of an arrow. */
export type TraceEvent =
  | { ph: 'B'; name: string; cat: string; pid: number; tid: number; ts: number }
  | { ph: 'E'; name: string; cat: string; pid: number; tid: number; ts: number }
  | { ph: 'M'; name: 'process_name' | 'thread_name'; pid: number; tid: number; args: { name: string } }
  | { ph: 'M'; name: 'thread_sort_index'; pid: number; tid: number; args: { sort_index: number } }
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

/** Of a track, in nanoseconds. */
interface Span {
  name: string;
  cat: string;
  from: number;
  to: number;
}

class Track {
  readonly tid: number;
  private readonly spans: Span[] = [];

  constructor(tid: number) {
    this.tid = tid;
  }

  add(cat: string, name: string, fromMs: number, toMs: number): void {
    const [from, to] = [nanoseconds(fromMs), nanoseconds(toMs)];
    if (to > from) this.spans.push({ name, cat, from, to });
  }

  /**
   * Whoever begins at the same time and lasts longer is outside; one that overlaps the end of another ends
   * with it.
   */
  events(): TraceEvent[] {
    const { tid } = this;
    const events: TraceEvent[] = [];
    const open: Span[] = [];
    const put = (ph: 'B' | 'E', { name, cat }: Span, at: number) => {
      events.push({ ph, name, cat, pid: PROCESS, tid, ts: at / 1000 });
    };
    const closeUntil = (at: number) => {
      for (let span = open.at(-1); span !== undefined && span.to <= at; span = open.at(-1)) {
        put('E', span, span.to);
        open.pop();
      }
    };
    for (const span of this.spans.toSorted((a, b) => a.from - b.from || b.to - a.to)) {
      closeUntil(span.from);
      put('B', span, span.from);
      open.push({ ...span, to: Math.min(span.to, open.at(-1)?.to ?? span.to) });
    }
    closeUntil(Number.POSITIVE_INFINITY);
    return events;
  }
}

export function traceFile(name: string, timeline: RecordedTimeline): TraceFile {
  const { workers, rounds, phases, collections, coordinator, originMs } = timeline;
  const end = spanOf(timeline);
  const tracks = Array.from({ length: workers }, (_, worker) => new Track(threadOf(worker)));
  const own = new Track(threadOf(workers));
  const arrows: TraceEvent[] = [];
  let arrow = 0;
  for (const laps of rounds) {
    const [first] = laps;
    tracks.forEach((track, worker) => {
      track.add('round', `round ${first!.round}`, first!.began[worker]!, laps.at(-1)!.released[worker]!);
      for (const lap of laps) {
        const last = lastOf(lap);
        const [began, arrived, released] = [lap.began[worker]!, lap.arrived[worker]!, lap.released[worker]!];
        // By a tenth of a microsecond of two clocks it may seem to have been let go before.
        const came = Math.min(lap.arrived[last]!, released);
        track.add('work', workName(lap, phases), began, arrived);
        if (worker !== last) track.add('wait', `wait for worker ${last}`, arrived, came);
        track.add('barrier', 'barrier', came, released);
        if (worker === last || came - arrived < ARROW_MS) continue;
        const ends = { name: 'lets go', cat: 'wait', id: ++arrow, pid: PROCESS };
        const ts = nanoseconds(came) / 1000;
        arrows.push({ ph: 's', ...ends, tid: threadOf(last), ts });
        arrows.push({ ph: 'f', bp: 'e', ...ends, tid: track.tid, ts });
      }
    });
  }
  /** The part of it that lies in the rounds recorded. */
  const within = (track: Track, cat: string, called: string, beganMs: number, endedMs: number) =>
    track.add(cat, called, Math.max(0, beganMs - originMs), Math.min(end, endedMs - originMs));
  tracks.forEach((track, worker) => {
    for (const { kind, beganMs, endedMs } of collections[worker] ?? [])
      within(track, 'gc', kind, beganMs, endedMs);
  });
  for (const { what, beganMs, endedMs } of coordinator.spans)
    within(own, 'coordinator', what, beganMs, endedMs);
  for (const { kind, beganMs, endedMs } of coordinator.collections) within(own, 'gc', kind, beganMs, endedMs);

  const called = (tid: number, thread: string): TraceEvent[] => [
    { ph: 'M', name: 'thread_name', pid: PROCESS, tid, args: { name: thread } },
    { ph: 'M', name: 'thread_sort_index', pid: PROCESS, tid, args: { sort_index: tid } },
  ];
  return {
    traceEvents: [
      { ph: 'M', name: 'process_name', pid: PROCESS, tid: 0, args: { name: `sottovoce ${name}` } },
      ...tracks.flatMap(({ tid }, worker) => called(tid, `worker ${worker}`)),
      ...called(own.tid, 'coordinator'),
      ...[...tracks, own].flatMap((track) => track.events()),
      ...arrows,
    ],
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
