/**
 * Was the machine quiet? Two kinds of answer, given after a benchmark: what else its processors did meanwhile,
 * as the kernel counts it, and what the samples themselves show. Outliers as hyperfine finds them: a modified
 * z-score 0.6745 |x - median| / MAD (Iglewicz and Hoaglin 1993) above 10, where a first sample that is one is
 * a machine that was cold.
 */

import { readdirSync } from 'node:fs';
import type { Read } from '../../topology/control-groups.js';
import { readAllowed, readSystemFile } from '../base/processors.js';
import { medianOf } from './stats.js';
import type { Figure } from './types.js';

/** Of our processors, in seconds since the machine started; null where the system does not count. */
export interface ProcessorTime {
  processors: number;
  /** All but idle, waiting for a disk, and stolen. */
  busy: number;
  /** In which a virtual processor was to run and another guest did. */
  stolen: number;
  /** Of this process and those that it started. */
  own: number;
}

/** Clock ticks a second, in /proc: the same on every architecture that Node runs on. */
const TICKS = 100;
const MAD_TO_SIGMA = 0.6745;
const OUTLIER_SCORE = 10;
/** Of a median: nearer than that nothing is far, however close the others lie together. */
const LEAST_OUTLYING = 0.05;
/** Fewer have no outliers. */
const LEAST_SAMPLES = 5;
/** Quartiles this far apart, in medians, are wide. */
const WIDE = 0.2;
const OTHERS_SHARE = 0.05;
const STOLEN_SHARE = 0.02;

export function readProcessorTime(read: Read = readSystemFile, own = ownSeconds(read)): ProcessorTime | null {
  const { allowed } = readAllowed(read);
  const ours = new Set(allowed.map((cpu) => `cpu${cpu}`));
  let [processors, busy, stolen] = [0, 0, 0];
  for (const line of (read('/proc/stat') ?? '').split('\n')) {
    const [name = '', ...ticks] = line.split(/\s+/);
    if (!ours.has(name)) continue;
    const [user = 0, nice = 0, system = 0, _idle, _waits, irq = 0, softIrq = 0, steal = 0] =
      ticks.map(Number);
    processors++;
    busy += (user + nice + system + irq + softIrq) / TICKS;
    stolen += steal / TICKS;
  }
  return processors === 0 ? null : { processors, busy, stolen, own };
}

/** This process, and its children that are alive: compilers' programs and interpreters that are timed. */
function ownSeconds(read: Read): number {
  const { user, system } = process.cpuUsage();
  let seconds = (user + system) / 1e6;
  const parents = new Map<number, { parent: number; seconds: number }>();
  for (const name of processes()) {
    // The name of a program, in brackets, may have spaces.
    const fields = (read(`/proc/${name}/stat`) ?? '').replace(/^.*\)\s/s, '').split(' ');
    const times = (Number(fields[11]) + Number(fields[12])) / TICKS;
    const ended = (Number(fields[13]) + Number(fields[14])) / TICKS;
    const isUs = Number(name) === process.pid;
    // Of children that are over, the parent has the sum.
    if (isUs) seconds += ended || 0;
    else parents.set(Number(name), { parent: Number(fields[1]), seconds: times + ended });
  }
  for (const [pid, { seconds: taken }] of parents) {
    let at: number | undefined = pid;
    while (at !== undefined && at !== process.pid) at = parents.get(at)?.parent;
    if (at === process.pid && Number.isFinite(taken)) seconds += taken;
  }
  return seconds;
}

function processes(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

/** What others did on our processors between two moments, as sentences; none where it was little. */
export function disturbances(
  before: ProcessorTime | null,
  after: ProcessorTime | null,
  seconds: number,
): string[] {
  if (before === null || after === null || !(seconds > 0)) return [];
  const others = Math.max(0, after.busy - before.busy - (after.own - before.own)) / seconds;
  const stolen = (after.stolen - before.stolen) / seconds;
  const cores = (count: number) => `${Number(count.toPrecision(2))} of ${after.processors} processors`;
  return [
    ...(others > OTHERS_SHARE * after.processors
      ? [`other processes had ${cores(others)} meanwhile: close them, or measure when they are over`]
      : []),
    ...(stolen > STOLEN_SHARE * after.processors
      ? [`other guests of the host had ${cores(stolen)} meanwhile (steal): absolute times mean little`]
      : []),
  ];
}

/** What the samples show, as sentences. */
export function scatter(figures: readonly Figure[]): string[] {
  const many = figures.filter(({ values }) => (values?.length ?? 0) >= LEAST_SAMPLES);
  const outlying = many.map(({ values = [] }) => outliers(values));
  const hit = outlying.filter(({ length }) => length > 0).length;
  const cold = outlying.filter((each) => each.length === 1 && each[0] === 0).length;
  const wide = many.filter(({ q1, q3, median }) => q3 - q1 > WIDE * Math.abs(median)).length;
  const of = (count: number) => `${count} of ${many.length} figures`;
  return [
    ...(hit > cold
      ? [
          `samples of ${of(hit - cold)} lie far from the others: something else ran for moments; more --passes outvote it`,
        ]
      : []),
    ...(cold > 0 ? [`the first sample of ${of(cold)} lies far from the others: the machine was cold`] : []),
    ...(wide > 0
      ? [
          `quartiles of ${of(wide)} lie more than a fifth of the median apart: small differences cannot be told here`,
        ]
      : []),
  ];
}

/** Indices of samples that lie far from the median. */
export function outliers(values: readonly number[]): number[] {
  const median = medianOf(values);
  const deviations = values.map((value) => Math.abs(value - median));
  const typical = medianOf(deviations);
  return deviations.flatMap((each, at) =>
    each > LEAST_OUTLYING * Math.abs(median) && (MAD_TO_SIGMA * each) / typical > OUTLIER_SCORE ? [at] : [],
  );
}
