/**
 * The Trace Event format as its public description has it (Google, "Trace Event Format", 2016 and later: JSON
 * object form; duration, metadata and flow events), for what we write of it. Fields that viewers need are
 * required, fields that it does not know are refused.
 */

import { z } from 'zod';

/** Microseconds; decimals down to a nanosecond. */
const microseconds = z.number().finite();
const place = { pid: z.int(), tid: z.int() };

const duration = z.strictObject({
  ph: z.enum(['B', 'E']),
  name: z.string().min(1),
  cat: z.string().regex(/^[^,]+(,[^,]+)*$/, 'categories are separated by commas'),
  ts: microseconds,
  tts: microseconds.optional(),
  ...place,
  args: z.record(z.string(), z.unknown()).optional(),
  cname: z.string().optional(),
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
    traceEvents: z.array(z.union([duration, metadata, flow])),
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

/** A track's events with where they end, in the order in which they begin; to a nanosecond. */
export interface Slice {
  name: string;
  cat: string;
  from: number;
  to: number;
  /** How many others it lies in. */
  depth: number;
}

type Event = Pick<z.infer<typeof duration>, 'name' | 'tid'> & {
  ph: string;
  cat?: string | undefined;
  ts?: number | undefined;
};

/** By track (`tid`). Throws where beginnings and ends are not those of events that nest, or times go back. */
export function slicesOf(events: readonly Event[]): Map<number, Slice[]> {
  const tracks = new Map<number, { slices: Slice[]; open: Slice[]; now: number }>();
  for (const event of events) {
    if (event.ph !== 'B' && event.ph !== 'E') continue;
    const track = tracks.get(event.tid) ?? { slices: [], open: [], now: Number.NEGATIVE_INFINITY };
    tracks.set(event.tid, track);
    const at = Math.round(1000 * event.ts!);
    if (at < track.now) throw new Error(`track ${event.tid} goes back at ${event.name}`);
    track.now = at;
    if (event.ph === 'B') {
      const { name, cat = '' } = event;
      const slice = { name, cat, from: at, to: Number.NaN, depth: track.open.length };
      track.slices.push(slice);
      track.open.push(slice);
      continue;
    }
    const slice = track.open.pop();
    if (slice?.name !== event.name)
      throw new Error(`track ${event.tid}: ${event.name} ends within ${slice?.name}`);
    slice.to = at;
  }
  for (const [tid, { open }] of tracks)
    if (open.length > 0) throw new Error(`track ${tid}: ${open.at(-1)?.name} does not end`);
  return new Map(Array.from(tracks, ([tid, { slices }]) => [tid, slices]));
}
