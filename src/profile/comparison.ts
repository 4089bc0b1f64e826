/**
 * Two profiles held against each other: is one slower, by how much, and in which frames.
 *
 * What is compared is the time of a round, and of each frame its nanoseconds of a thread for each agent,
 * coordinate and round. Each is a median over repeats with its quartiles; the verdict comes from the interval of
 * the ratio (`significance.ts`).
 */

import { alignRow, columnWidths, plural } from '../base/format.js';
import { type Spread, spreadOf } from '../base/quantiles.js';
import { type Frame, visit } from './call-tree.js';
import { nsPerCoordinate, type Work } from './hottest.js';
import {
  CONFIDENCE,
  judge,
  largest,
  type ProfileVerdict,
  pairedShift,
  type Shift,
  unpairedShift,
} from './significance.js';

/** What one start of one build and config came to. */
export interface ProfileRepeat {
  /** Nanoseconds, without the profiler and without rows of the trace; null where none was timed. */
  nsPerRound: number | null;
  /** Nanoseconds of all threads on cores. */
  cpuNsPerRound: number | null;
  /** The same under the profiler, on the clock, with rows of the trace. */
  profiledNsPerRound: number;
  /** Largest part of a thread's time in which others had the cores; null: unknown. */
  putAside: number | null;
  /** Nanoseconds of a fixed loop just before: how fast the machine was; null where it was not asked. */
  yardstickNs: number | null;
  /** By function and file: nanoseconds of a thread itself for each agent, coordinate and round. */
  frames: Record<string, number>;
}

/** Lines move from version to version. */
export function frameKey(name: string): string {
  return name.replace(/:\d+$/, '');
}

/** Times by frame: names are anything, `constructor` and `__proto__` among them. */
export function noTimes(): Record<string, number> {
  return Object.create(null) as Record<string, number>;
}

export function frameTimes(root: Frame, work: Work): Record<string, number> {
  const times = noTimes();
  visit(root, ({ name, selfUs }) => {
    if (selfUs === 0) return;
    const key = frameKey(name);
    times[key] = (times[key] ?? 0) + nsPerCoordinate(selfUs, work);
  });
  return times;
}

/** One side as it is compared. */
export interface ComparedSide {
  /** For people: a build, a config or a folder. */
  name: string;
  repeats: readonly ProfileRepeat[];
}

/** A time now over the same time before, less 1: 0.05 is 5% slower. */
export interface RelativeChange {
  /** In the middle. */
  estimate: number;
  /** Lower end of the interval; null where there are too few repeats for one. */
  low: number | null;
  /** Upper end of the interval. */
  high: number | null;
}

/** A frame now and before: nanoseconds of a thread itself for each agent, coordinate and round. */
export interface FrameChange {
  /** `gatherSign [WASM]`, `block src/flow/whole-rounds.ts`. */
  name: string;
  /** Over repeats. */
  now: Spread;
  /** Of what it was compared with. */
  before: Spread;
  /** Repeat by repeat in turns; else of the medians. */
  difference: Spread;
  /** Whether the difference is beyond chance: ten repeats that all say the same. */
  told: boolean;
}

/** What comparison.json holds. */
export interface ProfileComparison {
  /** Of this shape. */
  format: typeof COMPARISON_FORMAT;
  /** Of the round's time; `unknown` where there are too few repeats, or machines are not the same. */
  verdict: ProfileVerdict;
  /** The verdict and its reason, as one sentence. */
  says: string;
  /** Both ran in turns; or only one ran, against what was recorded. */
  inTurns: boolean;
  /** What was compared, for people. */
  now: string;
  /** What it was compared with. */
  before: string;
  /** Of the time of a round. */
  change: RelativeChange;
  /** Of the interval. */
  confidence: number;
  /** The largest difference that equal builds came to here; null where it is not known. */
  equal: number | null;
  /** How much slower the machine itself is than it was when the other was recorded; null in turns. */
  drift: RelativeChange | null;
  /** Rounds a second, without the profiler. */
  roundsPerSecond: { now: Spread; before: Spread };
  /** All frames, the largest difference first. */
  frames: FrameChange[];
  /** What is likely not meant, as sentences. */
  warnings: string[];
}

export const COMPARISON_FORMAT = 'sottovoce-profile-comparison/1';
/** Of thirty frames, so that one said by chance is rare: ten pairs of one sign. */
const FRAME_CONFIDENCE = 0.998;

/**
 * Of what does not differ. That it scatters is in the interval of the difference already; this one is for what
 * pulls to one side, and is asked beside that.
 */
const EQUAL_CONFIDENCE = 0.9;

/** Repeat i of all is of one time. */
export interface InTurns {
  now: ComparedSide;
  before: ComparedSide;
  /** A repeat's logarithm of the time of a round, now over before. */
  shifts: readonly number[];
  /** The same of two starts of what was before. */
  equalShifts: readonly number[];
  warnings: readonly string[];
}

export function compareInTurns({ now, before, shifts, equalShifts, warnings }: InTurns): ProfileComparison {
  const shift = pairedShift(shifts);
  const equal = largest(pairedShift(equalShifts, EQUAL_CONFIDENCE));
  return {
    ...reportOf(now, before, shift, equal, warnings),
    inTurns: true,
    drift: null,
    frames: frameChanges(now.repeats, before.repeats, true),
  };
}

/** `comparable`: whether machine and Node are the same. */
export function compareWithRecorded(
  now: ComparedSide,
  before: ComparedSide,
  comparable: boolean,
  warnings: readonly string[],
): ProfileComparison {
  const [nowNs, beforeNs] = timed(now.repeats, before.repeats);
  const shift = unpairedShift(nowNs.map(Math.log), beforeNs.map(Math.log));
  const yardsticks = (repeats: readonly ProfileRepeat[]) =>
    repeats.flatMap(({ yardstickNs }) => (yardstickNs === null ? [] : Math.log(yardstickNs)));
  const [nowYard, beforeYard] = [yardsticks(now.repeats), yardsticks(before.repeats)];
  const known = nowYard.length > 0 && beforeYard.length > 0;
  const drift = known ? unpairedShift(nowYard, beforeYard, EQUAL_CONFIDENCE) : null;
  const equal = comparable && drift !== null ? largest(drift) : Number.POSITIVE_INFINITY;
  return {
    ...reportOf(now, before, shift, equal, warnings),
    inTurns: false,
    drift: drift && changeOf(drift),
    frames: frameChanges(now.repeats, before.repeats, false),
  };
}

/** Without the profiler, where both sides know that. */
function timed(
  now: readonly ProfileRepeat[],
  before: readonly ProfileRepeat[],
): [now: number[], before: number[]] {
  const plain = [...now, ...before].every(({ nsPerRound }) => nsPerRound !== null);
  const of = ({ nsPerRound, profiledNsPerRound }: ProfileRepeat) =>
    plain ? (nsPerRound as number) : profiledNsPerRound;
  return [now.map(of), before.map(of)];
}

function reportOf(
  now: ComparedSide,
  before: ComparedSide,
  shift: Shift,
  equal: number,
  warnings: readonly string[],
): Omit<ProfileComparison, 'inTurns' | 'drift' | 'frames'> {
  const verdict = judge(shift, equal);
  const change = changeOf(shift);
  const equalChange = Number.isFinite(equal) ? Math.expm1(equal) : null;
  const [nowNs, beforeNs] = timed(now.repeats, before.repeats);
  const speeds = (ns: number[]) => spreadOf(ns.map((each) => 1e9 / each));
  return {
    format: COMPARISON_FORMAT,
    verdict,
    says: sentence(verdict, change, equalChange),
    now: now.name,
    before: before.name,
    change,
    confidence: CONFIDENCE,
    equal: equalChange,
    roundsPerSecond: { now: speeds(nowNs), before: speeds(beforeNs) },
    warnings: [...warnings],
  };
}

/** Whether it is slower, and by more than `most`, a part: what is not told apart is not too slow. */
export function isTooSlow(
  comparison: Pick<ProfileComparison, 'verdict' | 'change'> | null,
  most = Number.POSITIVE_INFINITY,
): boolean {
  return comparison?.verdict === 'slower' && comparison.change.estimate > most;
}

function changeOf({ estimate, low, high }: Shift): RelativeChange {
  const finite = (value: number) => (Number.isFinite(value) ? Math.expm1(value) : null);
  return { estimate: Math.expm1(estimate), low: finite(low), high: finite(high) };
}

function sentence(verdict: ProfileVerdict, change: RelativeChange, equal: number | null): string {
  const { low, high } = change;
  const size = formatPercent(change.estimate);
  if (low === null || high === null) {
    return `a round takes ${size} of its time more, and so few repeats say nothing of it: give 8 or more`.replace(
      /takes \+?(\S+) of its time more/,
      `is measured ${size}`,
    );
  }
  const between = `${formatPercent(low)} to ${formatPercent(high)} at ${100 * CONFIDENCE}%`;
  const here = equal === null ? 'not known here' : `up to ${formatPercent(equal).slice(1)} here`;
  if (verdict === 'slower' || verdict === 'faster') {
    return `${verdict}: the time of a round is ${size} (${between}; equal builds: ${here})`;
  }
  if (verdict === 'unknown')
    return `not said: ${size} (${between}), and what equal builds come to is not known`;
  const why = low > 0 || high < 0 ? 'which equal builds come to as well' : 'which may be chance';
  return `not told apart: the time of a round is ${size} (${between}; equal builds: ${here}), ${why}`;
}

function frameChanges(
  now: readonly ProfileRepeat[],
  before: readonly ProfileRepeat[],
  paired: boolean,
): FrameChange[] {
  const names = new Set([...now, ...before].flatMap(({ frames }) => Object.keys(frames)));
  const timesOf = (repeats: readonly ProfileRepeat[], name: string) =>
    repeats.map(({ frames }) => (Object.hasOwn(frames, name) ? (frames[name] ?? 0) : 0));
  const changes = Array.from(names, (name): FrameChange => {
    const after = timesOf(now, name);
    const earlier = timesOf(before, name);
    const differences = paired
      ? after.map((time, at) => time - (earlier[at] ?? 0))
      : [spreadOf(after).median - spreadOf(earlier).median];
    const shift = paired
      ? pairedShift(differences, FRAME_CONFIDENCE)
      : unpairedShift(after, earlier, FRAME_CONFIDENCE);
    const told = Number.isFinite(shift.low) && (shift.low > 0 || shift.high < 0);
    return { name, now: spreadOf(after), before: spreadOf(earlier), difference: spreadOf(differences), told };
  });
  const size = ({ difference }: FrameChange) => Math.abs(difference.median);
  return changes.sort((a, b) => size(b) - size(a) || (a.name < b.name ? -1 : 1));
}

const SHOWN = 12;
/** Of all time: smaller differences are not worth a line. */
const SMALL = 0.001;

/** For people: what comparison.txt says. */
export function formatComparison(comparison: ProfileComparison): string {
  const { now, before, inTurns, roundsPerSecond, says, drift, frames, warnings } = comparison;
  const repeats = plural(roundsPerSecond.now.samples, 'repeat');
  const how = inTurns
    ? `in turns, ${repeats} of each`
    : `${repeats}, against ${roundsPerSecond.before.samples} that were recorded`;
  const speeds = [
    ['', 'now', 'before'],
    ['rounds a second', formatSpread(roundsPerSecond.now, 4), formatSpread(roundsPerSecond.before, 4)],
  ];
  const widths = columnWidths(speeds);
  const lines = [`${now}, against ${before}: ${how}`, ...speeds.map((row) => alignRow(row, widths, 1)), says];
  if (drift !== null) lines.push(driftSentence(drift));
  for (const warning of warnings) lines.push(`warning: ${warning}`);
  return `${lines.join('\n')}\n\n${formatFrames(frames)}`;
}

function driftSentence({ estimate, low, high }: RelativeChange): string {
  const interval = low === null || high === null ? '' : ` (${formatPercent(low)} to ${formatPercent(high)})`;
  return `the machine itself: a fixed loop takes ${formatPercent(estimate)} of its time then${interval}`;
}

function formatFrames(frames: readonly FrameChange[]): string {
  const total = frames.reduce((sum, { now }) => sum + now.median, 0);
  const worth = frames.filter(({ difference }) => Math.abs(difference.median) > SMALL * total);
  const rows = worth
    .slice(0, SHOWN)
    .map(({ name, now, before, difference, told }) => [
      now.median.toFixed(3),
      before.median.toFixed(3),
      signed(difference.median),
      difference.samples > 1 ? `${signed(difference.q1)} to ${signed(difference.q3)}` : '',
      told ? '*' : '',
      name,
    ]);
  const head = ['now', 'before', 'difference', 'quartiles', '', 'ns a coordinate of self time in'];
  const widths = columnWidths([head, ...rows]);
  const right = ([name, ...cells]: string[]) => [name as string, ...cells];
  const line = (row: string[]) => `${alignRow(right(row.slice(0, 5)), widths, 0).padEnd(offset)}  ${row[5]}`;
  const offset = widths.slice(0, 5).reduce((sum, width) => sum + width, 0) + 8;
  const rest = frames.length - rows.length;
  const last = rest > 0 ? [`and ${plural(rest, 'frame')} with smaller differences`] : [];
  return [[head, ...rows].map(line).join('\n'), ...last, '* beyond chance: ten repeats say the same'].join(
    '\n',
  );
}

function formatSpread({ median, q1, q3, samples }: Spread, digits: number): string {
  const short = (value: number) => String(Number(value.toPrecision(digits)));
  return samples > 1 ? `${short(median)} (${short(q1)} to ${short(q3)})` : short(median);
}

/** 0.0512 -> `+5.1%`. */
export function formatPercent(part: number): string {
  const percent = 100 * part;
  return `${percent < 0 ? '-' : '+'}${Math.abs(percent).toFixed(Math.abs(percent) < 9.95 ? 1 : 0)}%`;
}

function signed(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(3)}`;
}
