/**
 * Where the time went, as text: the frames with the most self time, for all threads together and for each, as
 * shares, as time, and as nanoseconds of a thread for each agent, coordinate and round, which can be compared
 * between runs of different sizes. And what of a thread's time was spent on a core, waiting for one, or asleep.
 */

import { formatCount } from '../base/count.js';
import { alignRow, columnWidths, formatSeconds } from '../base/format.js';
import type { ThreadTimes } from '../run/thread-times.js';
import { type Frame, totalSamples, totalUs, visit } from './call-tree.js';

export interface HotFrame {
  name: string;
  file: string | null;
  selfUs: number;
  /** Of the time in the tree, in 0..1. */
  share: number;
}

export interface TimeShares {
  label: string;
  us: number;
  samples: number;
  /** All frames, hottest first; shares add up to 1. */
  frames: HotFrame[];
  /** Share of the time that V8 cannot put a name to. */
  unnamed: number;
  /** Share of the time at the barrier, spinning or parked. */
  barrier: number;
  /** Share of the time asleep there. */
  parked: number;
}

/** `barrierWait` (parked), `barrierSpin`, and `wait` itself, which arrives and lets go. */
export const BARRIER_FILE = /^(dist\/)?src\/sync\/barrier\.[jt]s$/;
const PARKED = 'barrierWait ';

/** One entry for each name: recursion and different callers do not split a frame. */
export function timeShares(root: Frame): TimeShares {
  const us = totalUs(root);
  const share = (selfUs: number) => (us === 0 ? 0 : selfUs / us);
  const byName = new Map<string, HotFrame>();
  let unnamedUs = 0;
  let barrierUs = 0;
  let parkedUs = 0;
  visit(root, ({ name, kind, file, selfUs }) => {
    if (kind === 'unnamed') unnamedUs += selfUs;
    if (file !== null && BARRIER_FILE.test(file)) {
      barrierUs += selfUs;
      if (name.startsWith(PARKED)) parkedUs += selfUs;
    }
    if (selfUs === 0) return;
    const known = byName.get(name);
    if (known) known.selfUs += selfUs;
    else byName.set(name, { name, file, selfUs, share: 0 });
  });
  const frames = [...byName.values()].sort((a, b) => b.selfUs - a.selfUs || (a.name < b.name ? -1 : 1));
  for (const frame of frames) frame.share = share(frame.selfUs);
  return {
    label: root.name,
    us,
    samples: totalSamples(root),
    frames,
    unnamed: share(unnamedUs),
    barrier: share(barrierUs),
    parked: share(parkedUs),
  };
}

/**
 * Threads that have a column of their own beside the merged one; of more, the least and the most are shown.
 */
const COLUMNS = 4;
const HOTTEST = 10;

/** What `nsPerCoordinate` is counted by: agents x coordinates x rounds. */
export interface Work {
  agents: number;
  dim: number;
  rounds: number;
}

/** Nanoseconds of a thread for each agent, coordinate and round. */
export function nsPerCoordinate(us: number, { agents, dim, rounds }: Work): number {
  return (1000 * us) / (agents * dim * rounds);
}

/**
 * `merged` and, if there is more than one, each of `threads`: the ten hottest frames, and the rest in one
 * line. Time is of `merged`; without `work` it is not divided by coordinates.
 */
export function formatHottest(
  merged: TimeShares,
  threads: readonly TimeShares[],
  work: Work | null,
  count = HOTTEST,
): string {
  const shareIn = (shares: TimeShares, name: string) =>
    shares.frames.find((frame) => frame.name === name)?.share ?? 0;
  type Pick = (shares: TimeShares) => number;
  const columns: { title: string; of: (pick: Pick) => string }[] = [
    { title: merged.label, of: (pick) => formatShare(pick(merged)) },
    { title: 'ms', of: (pick) => formatMs((pick(merged) * merged.us) / 1000) },
  ];
  if (work !== null) {
    const ns = (pick: Pick) => formatNs(nsPerCoordinate(pick(merged) * merged.us, work));
    columns.push({ title: 'ns/coord.', of: ns });
  }
  if (threads.length > COLUMNS) {
    columns.push({ title: 'least', of: (pick) => formatShare(Math.min(...threads.map(pick))) });
    columns.push({ title: 'most', of: (pick) => formatShare(Math.max(...threads.map(pick))) });
  } else if (threads.length > 1) {
    for (const thread of threads) {
      columns.push({ title: thread.label, of: (pick) => formatShare(pick(thread)) });
    }
  }

  const shown = merged.frames.slice(0, count);
  const hidden = merged.frames.length - shown.length;
  const rows: [name: string, pick: Pick][] = shown.map(({ name }) => [
    name,
    (shares) => shareIn(shares, name),
  ]);
  if (hidden > 0) {
    const others = (shares: TimeShares) => 1 - sum(shown.map(({ name }) => shareIn(shares, name)));
    rows.push([`${formatCount(hidden)} more`, others]);
  }
  const below: typeof rows = [
    ['time at the barrier', ({ barrier }) => barrier],
    ['time without a name', ({ unnamed }) => unnamed],
  ];

  const widthOf = (title: string) => Math.max(title.length, 6);
  const line = ([name, pick]: (typeof rows)[number]) =>
    `${columns.map(({ title, of }) => of(pick).padStart(widthOf(title))).join('  ')}  ${name}`;
  const head = `${columns.map(({ title }) => title.padStart(widthOf(title))).join('  ')}  self time in`;
  return [head, ...rows.map(line), ...below.map(line)].join('\n');
}

/** Self time by the file a frame was written in, hottest first. */
export function byFile({ frames }: TimeShares): { file: string; share: number }[] {
  const shares = new Map<string, number>();
  for (const { file, share } of frames) {
    const key = file ?? 'the engine itself';
    shares.set(key, (shares.get(key) ?? 0) + share);
  }
  return Array.from(shares, ([file, share]) => ({ file, share })).sort((a, b) => b.share - a.share);
}

/** Files below this share are one line. */
const SMALL_FILE = 0.005;

export function formatByFile(shares: TimeShares): string {
  const files = byFile(shares);
  const large = files.filter(({ share }) => share >= SMALL_FILE);
  const rest = files.filter(({ share }) => share < SMALL_FILE);
  const lines = large.map(({ file, share }) => `${formatShare(share).padStart(8)}  ${file}`);
  if (rest.length > 0)
    lines.push(`${formatShare(sum(rest.map(({ share }) => share))).padStart(8)}  ${rest.length} more`);
  return lines.join('\n');
}

export function describeSamples({ us, samples, label }: TimeShares): string {
  return `${label}: ${formatSeconds(us / 1e6)}, ${formatCount(samples)} samples`;
}

function formatShare(share: number): string {
  // A difference of sums may be a hair below 0.
  return `${(100 * Math.max(0, share)).toFixed(1)}%`;
}

/** Milliseconds, without digits that a sample every half of one does not know. */
function formatMs(ms: number): string {
  return ms < 99.95 ? Math.max(0, ms).toFixed(1) : formatCount(ms);
}

function formatNs(ns: number): string {
  return ns < 999.5 ? Math.max(0, ns).toFixed(ns < 9.995 ? 3 : 1) : formatCount(ns);
}

/** A thread's time by what the operating system says of it, and by what its samples say of the barrier. */
export interface ThreadTimeRow extends ThreadTimes {
  label: string;
  /** Shares of the samples' time at the barrier: all of it, and asleep. */
  barrier: number;
  parked: number;
}

/** The largest part of a thread's time in which others had the cores it could have used; null: unknown. */
export function mostPutAside(times: readonly (ThreadTimes | null)[]): number | null {
  const parts = times.flatMap((time) =>
    time === null || time.putAside === null || time.wall === 0 ? [] : [time.putAside / time.wall],
  );
  return parts.length === 0 ? null : Math.max(...parts);
}

/** A line a thread; empty where nothing is known. What is not known is said so. */
export function formatThreadTimes(threads: readonly ThreadTimeRow[]): string {
  if (threads.length === 0) return '';
  const of = (part: number | null, wall: number) =>
    part === null || wall === 0 ? 'unknown' : formatShare(part / wall);
  const rows = threads.map(({ label, wall, onCore, putAside, barrier, parked }) => [
    label,
    formatSeconds(wall),
    of(onCore, wall),
    of(putAside, wall),
    of(onCore === null || putAside === null ? null : wall - onCore - putAside, wall),
    formatShare(barrier - parked),
    formatShare(parked),
  ]);
  const head = ['thread', 'time', 'on a core', 'put aside', 'asleep', 'barrier: spinning', 'parked'];
  const widths = columnWidths([head, ...rows]);
  return [head, ...rows].map((row) => alignRow(row, widths, 1)).join('\n');
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
