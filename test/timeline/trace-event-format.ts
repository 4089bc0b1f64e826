/**
 * The Trace Event format as its public description has it (Google, "Trace Event Format", 2016 and later: JSON
 * object form; complete, metadata and flow events), for what we write of it. Fields that viewers need are required,
 * fields that it does not know are refused.
 */

import { z } from 'zod';

/** Microseconds; decimals down to a nanosecond. */
const microseconds = z.number().finite();
const place = { pid: z.int(), tid: z.int() };

const complete = z.strictObject({
  ph: z.literal('X'),
  name: z.string().min(1),
  cat: z.string().regex(/^[^,]+(,[^,]+)*$/, 'categories are separated by commas'),
  ts: microseconds,
  dur: microseconds.min(0),
  tts: microseconds.optional(),
  tdur: microseconds.optional(),
  ...place,
  args: z.record(z.string(), z.unknown()).optional(),
  cname: z.string().optional(),
  id: z.union([z.string(), z.int()]).optional(),
});

const meta = <Name extends string, Args extends z.ZodRawShape>(name: Name, args: Args) =>
  z.strictObject({
    ph: z.literal('M'),
    name: z.literal(name),
    cat: z.string().optional(),
    ts: microseconds.optional(),
    ...place,
    args: z.strictObject(args),
  });

const metadata = z.discriminatedUnion('name', [
  meta('process_name', { name: z.string().min(1) }),
  meta('process_labels', { labels: z.string() }),
  meta('process_sort_index', { sort_index: z.int() }),
  meta('thread_name', { name: z.string().min(1) }),
  meta('thread_sort_index', { sort_index: z.int() }),
]);

const flow = z.strictObject({
  ph: z.enum(['s', 't', 'f']),
  name: z.string().min(1),
  cat: z.string().min(1),
  id: z.union([z.string(), z.int()]),
  ts: microseconds,
  ...place,
  /** Bound to the slice that encloses it, instead of the next one. */
  bp: z.literal('e').optional(),
  args: z.record(z.string(), z.unknown()).optional(),
});

export const traceFile = z
  .looseObject({
    traceEvents: z.array(z.union([complete, metadata, flow])),
    displayTimeUnit: z.enum(['ms', 'ns']).optional(),
    systemTraceEvents: z.string().optional(),
    powerTraceAsString: z.string().optional(),
    stackFrames: z.record(z.string(), z.unknown()).optional(),
    samples: z.array(z.unknown()).optional(),
    controllerTraceDataKey: z.string().optional(),
    otherData: z.record(z.string(), z.unknown()).optional(),
  })
  .refine(({ traceEvents }) => {
    const ends = (ph: string) => traceEvents.filter((event) => event.ph === ph).map((event) => key(event));
    const [begun, ended] = [new Set(ends('s')), ends('f')];
    return ended.length === begun.size && ended.every((id) => begun.has(id));
  }, 'every arrow has one beginning and one end, of the same category, name and id');

const key = (event: { cat?: string | undefined; name: string; id?: string | number | undefined }) =>
  `${event.cat} ${event.name} ${event.id}`;

interface Span {
  name: string;
  from: number;
  to: number;
}

/** What of a track's complete events overlaps without lying in one another, to a nanosecond. */
export function badlyNested(events: z.infer<typeof traceFile>['traceEvents']): string[] {
  const tracks = new Map<string, Span[]>();
  for (const event of events) {
    if (event.ph !== 'X') continue;
    const track = `${event.pid} ${event.tid}`;
    const from = Math.round(1000 * event.ts);
    const span = { name: event.name, from, to: from + Math.round(1000 * event.dur) };
    tracks.set(track, [...(tracks.get(track) ?? []), span]);
  }
  const bad: string[] = [];
  for (const [track, spans] of tracks) {
    // Whoever begins at the same time and lasts longer is outside.
    spans.sort((a, b) => a.from - b.from || b.to - a.to);
    const open: Span[] = [];
    for (const span of spans) {
      while (open.length > 0 && open.at(-1)!.to <= span.from) open.pop();
      const outer = open.at(-1);
      if (outer && span.to > outer.to) bad.push(`${track}: ${span.name} ends after ${outer.name}`);
      open.push(span);
    }
  }
  return bad;
}
