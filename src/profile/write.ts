/**
 * What a profile leaves in its folder:
 *
 *     merged.html       flame graph of all threads, as one or side by side; opens in any browser, needs nothing else
 *     THREAD.html       of one thread: worker-0.html, ...
 *     difference.html   where two were compared: by how much each frame differs, red and blue
 *     hottest.txt       the ten hottest frames of all threads and of each, and self time by source file
 *     profile.json      the same and more for programs: every frame's share, rounds per second, the machine
 *     merged.folded     all threads as one, as folded stacks
 *     comparison.txt    what it was compared with, the verdict, and the frames that differ most
 *     trace.json        when each worker worked and waited, where asked for; and timeline.svg, a picture of it
 *     THREAD.cpuprofile what V8 recorded, in lines of the sources, for the developer tools of a browser or an editor;
 *                       of repeats the last
 *     speedscope.json   all threads in one file, for speedscope
 */

import { randomUUID } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { writeWhole } from '../../topology/whole-file.js';
import { ownCores } from '../base/cores.js';
import { InputError, isInputError } from '../base/errors.js';
import { formatSeconds, plural } from '../base/format.js';
import { showPath } from '../base/show-path.js';
import { outputFailed, refusal } from '../output/failures.js';
import { clearContenders, FolderLock, refuseInUse } from '../output/folder-lock.js';
import { makeFolder } from '../output/make-folder.js';
import { checkWritable, nearestExisting, toJson } from '../output/run-directory.js';
import { isOurs, Stage, settle } from '../output/stage.js';
import { ownVersion } from '../output/versions.js';
import type { ThreadTimes } from '../run/thread-times.js';
import { besideEachOther, type Frame, mergeThreads, type ThreadTree } from './call-tree.js';
import { formatComparison, type ProfileComparison, type ProfileRepeat } from './comparison.js';
import { type Deoptimisation, formatDeoptimisations } from './deopts.js';
import { type CountedTree, differenceOf } from './difference.js';
import { type Page, type PageData, pageFrame } from './flame-graph.js';
import {
  byFile,
  describeSamples,
  formatByFile,
  formatHottest,
  formatThreadTimes,
  nsPerCoordinate,
  type TimeShares,
  timeShares,
  type Work,
} from './hottest.js';
import { mapProfile, speedscopeOf } from './mapped.js';
import type { CpuProfile } from './record.js';
import { foldStacks } from './stacks.js';

export interface RecordedThread {
  profile: CpuProfile;
  tree: ThreadTree;
  /** null where they were not taken: of a whole run. */
  times: ThreadTimes | null;
}

/** What was profiled. */
export interface ProfiledRun {
  /** Of the run, for people. */
  name: string;
  /** `loop`: the round loop alone; `whole`: everything from the start of the process. */
  scope: 'loop' | 'whole';
  /** Agents. */
  agents: number;
  /** Undirected edges, or arcs. */
  edges: number;
  /** Entries of x. */
  dim: number;
  /** In the short form that people write. */
  flow: string;
  /** In the short form that people write. */
  compressor: string;
  /** Worker threads. */
  workers: number;
  /** Rounds recorded. */
  rounds: number;
  /** In the round loop, with the profiler on. */
  seconds: number;
  /** Between two samples of a thread. */
  intervalUs: number;
}

/** Where the time of some threads went, as profile.json says it. */
export interface ProfileShares {
  /** `worker 0`, or all of them as one. */
  thread: string;
  /** Of time sampled. */
  seconds: number;
  /** Samples, one every `intervalUs`. */
  samples: number;
  /** Share of the time at the barrier, spinning or parked: 0..1. */
  barrier: number;
  /** Share of the time asleep there: 0..1. */
  parked: number;
  /** Share of the time that V8 cannot put a name to: 0..1. */
  unnamed: number;
  /** All frames, hottest first. */
  frames: FrameTime[];
}

/** The time of a function or kernel itself, without what it called. */
export interface FrameTime {
  /** As in a flame graph: `gatherSign [WASM]`, `block src/flow/whole-rounds.ts:42`. */
  name: string;
  /** Of the time of these threads; all of them add up to 1. */
  share: number;
  /** Of a thread. */
  seconds: number;
  /** Nanoseconds of a thread for each agent, coordinate and round; null of a whole run. */
  nsPerCoordinate: number | null;
}

/** Where the time of one thread went. */
export interface ThreadShares extends ProfileShares {
  /** How long it had nothing to do (of a whole run). */
  idleSeconds: number;
  /** What the operating system says of the round loop on this thread, in seconds; null of a whole run. */
  times: ThreadTimes | null;
}

/** What profile.json holds: what was profiled, on which machine, and where its time went. */
export interface ProfileReport extends ProfiledRun {
  /** Of this shape. */
  format: typeof PROFILE_FORMAT;
  /** With the profiler on. */
  roundsPerSecond: number;
  /** Where it was recorded. */
  machine: {
    cpu: string;
    cores: number;
    memoryBytes: number;
    platform: string;
    architecture: string;
    node: string;
    sottovoce: string;
  };
  /** When, as ISO 8601. */
  time: { recorded: string };
  /** All threads as one. */
  merged: ProfileShares;
  /** What each start came to, where there were several; empty where there was one. */
  repeats: ProfileRepeat[];
  /** Where V8 gave compiled code up; null where it was not looked for. */
  deoptimisations: Deoptimisation[] | null;
  /** With what it was compared, and the verdict; null where it was not. */
  comparison: ProfileComparison | null;
  /** Share of self time by source file, largest first. */
  files: { file: string; share: number }[];
  /** Each thread. */
  threads: ThreadShares[];
}

/** All that is made of what was recorded. */
export interface DescribedProfile {
  merged: TimeShares;
  threads: TimeShares[];
  /** The whole text of hottest.txt. */
  text: string;
  report: ProfileReport;
  /** What a page of differences is drawn against. */
  before: CountedTree | null;
}

/** Of a profile with repeats. */
export interface Compared {
  repeats?: ProfileRepeat[];
  comparison?: ProfileComparison | null;
  before?: CountedTree | null;
  /** Beside it: where V8 gave code up, in so many seconds. */
  deoptimised?: { found: Deoptimisation[]; seconds: number } | null;
}

/** V8's own recording of a thread. */
export interface ThreadProfile {
  /** `worker 0`, ... */
  thread: string;
  /** As in a .cpuprofile file. */
  profile: CpuProfile;
}

const OWN_FILES =
  /^(merged\.html|merged\.folded|difference\.html|speedscope\.json|comparison\.txt|hottest\.txt|profile\.json|trace\.json|timeline\.svg|baseline\.json|[\w-]+\.cpuprofile|(main|coordinator|worker-\d+)\.html)$/;

/**
 * Refuses, before anything is run, a folder that cannot or should not be written to. Makes nothing. Throws
 * InputError.
 */
export function checkFolder(folder: string): void {
  const shown = showPath(folder);
  const there = nearestExisting(folder);
  if (!statSync(there).isDirectory()) {
    throw new InputError(`${shown} is a file, expected a folder for the profile`, {
      hint: 'give --out a new folder',
    });
  }
  checkWritable(there, shown);
  refuseInUse(folder);
  const foreign =
    there === folder ? readdirSync(folder).find((name) => !OWN_FILES.test(name) && !isOurs(name)) : undefined;
  if (foreign !== undefined) {
    throw new InputError(`${shown} holds more than a profile (${foreign}), so nothing is written there`, {
      hint: 'give --out a new folder',
    });
  }
}

/**
 * Writes everything, and gives the names of the files; without a page no flame graphs. They take the place of
 * an earlier profile's when all are written. Throws InputError where somebody else is writing there, RunError
 * where a file cannot be written.
 *
 * @param more files beside these, by their names
 */
export function writeProfile(
  folder: string,
  run: ProfiledRun,
  recorded: readonly RecordedThread[],
  described: DescribedProfile,
  page: Page | null,
  more: Readonly<Record<string, string>> = {},
): string[] {
  let lock: FolderLock;
  try {
    makeFolder(folder);
    lock = FolderLock.take(folder, randomUUID());
  } catch (error) {
    throw isInputError(error) ? error : refusal(showPath(folder), error);
  }
  try {
    clearContenders(folder);
    settle(folder);
    const stage = new Stage(folder);
    try {
      const files = writeFiles(stage.path, run, recorded, described, page);
      for (const [name, content] of Object.entries(more)) writeWhole(path.join(stage.path, name), content);
      const earlier = readdirSync(folder).filter((name) => OWN_FILES.test(name) && name !== 'baseline.json');
      stage.commit(earlier);
      return [...files, ...Object.keys(more)];
    } catch (error) {
      settle(folder);
      throw error;
    }
  } catch (error) {
    throw outputFailed(folder, error);
  } finally {
    lock.release();
  }
}

/** What people and programs read of it. */
export function describeProfile(
  run: ProfiledRun,
  recorded: readonly RecordedThread[],
  { repeats = [], comparison = null, before = null, deoptimised = null }: Compared = {},
): DescribedProfile {
  const roots = recorded.map(({ tree }) => tree.root);
  const merged = timeShares(mergeThreads(roots));
  const threads = roots.map(timeShares);
  const said = deoptimised && formatDeoptimisations(deoptimised.found, deoptimised.seconds);
  return {
    merged,
    threads,
    text: describe(run, merged, threads, recorded) + (said === null ? '' : `\n${said}\n`),
    report: {
      ...describeForPrograms(run, merged, threads, recorded),
      repeats,
      deoptimisations: deoptimised?.found ?? null,
      comparison,
    },
    before,
  };
}

function writeFiles(
  folder: string,
  run: ProfiledRun,
  recorded: readonly RecordedThread[],
  { text, report, before }: DescribedProfile,
  page: Page | null,
): string[] {
  const roots = recorded.map(({ tree }) => tree.root);
  const mergedTree = mergeThreads(roots);
  const files: string[] = [];
  const write = (name: string, content: string) => {
    writeWhole(path.join(folder, name), content);
    files.push(name);
  };
  const draw = (name: string, frame: Frame, trees: PageData['trees']) => {
    const text = { title: titleOf(run, frame), about: aboutOf(run), notes: [HOW_TO_READ] };
    if (page !== null) write(name, page.around({ trees, nsPerUs: nsPerUs(run) }, text));
  };
  const asOne = { label: 'As one', tree: pageFrame(mergedTree) };
  const byThread = { label: 'By thread', tree: pageFrame(besideEachOther(roots)) };
  draw('merged.html', mergedTree, roots.length > 1 ? [asOne, byThread] : [asOne]);
  for (const root of roots)
    draw(`${fileName(root)}.html`, root, [{ label: root.name, tree: pageFrame(root) }]);
  if (page !== null && before !== null && report.comparison !== null) {
    write('difference.html', drawDifference(page, run, mergedTree, before, report.comparison));
  }
  write('hottest.txt', text);
  write(STACKS, foldStacks(mergedTree));
  if (report.comparison !== null) write('comparison.txt', `${formatComparison(report.comparison)}\n`);
  write('profile.json', `${toJson(report)}\n`);
  for (const { profile, tree } of recorded)
    write(`${fileName(tree.root)}.cpuprofile`, JSON.stringify(mapProfile(profile)));
  const threads = recorded.map(({ profile, tree }) => ({ name: tree.root.name, profile }));
  write('speedscope.json', JSON.stringify(speedscopeOf(run.name, threads, ownVersion())));
  return files;
}

const HOW_TO_READ =
  'Width is time. A box stands on what called it, and neighbours are in the order of their names. The stronger its colour, the more of the time was its own. Click a box to see it and what it called alone.';

/** In a line, for people. */
function aboutOf(run: ProfiledRun): string {
  const { agents, edges, dim, flow, compressor, rounds, seconds, workers } = run;
  const of = [plural(agents, 'agent'), plural(edges, 'edge'), `dim ${dim}`, flow, compressor].join(', ');
  return `${of}; ${plural(rounds, 'round')} in ${formatSeconds(seconds)} on ${plural(workers, 'worker')}, under the profiler`;
}

function nsPerUs(run: ProfiledRun): number | null {
  const work = workOf(run);
  return work && nsPerCoordinate(1, work);
}

const GONE = 5;

function drawDifference(
  page: Page,
  run: ProfiledRun,
  merged: Frame,
  before: CountedTree,
  comparison: ProfileComparison,
): string {
  const now = { tree: merged, coordinates: run.agents * run.dim * run.rounds };
  const { tree, gone } = differenceOf(now, before, comparison);
  const most = gone.slice(0, GONE).map(({ name, ns }) => `${name} (${ns.toFixed(3)} ns a coordinate)`);
  const notes = [
    'Width is the time now. Red frames have more of it for themselves than before, blue ones less, for the same work. A click shows a box and what it called alone.',
    comparison.roundsPerSecond.now.samples < 10
      ? 'Fewer than ten repeats: colours may be chance.'
      : 'Frames whose difference may be chance have no colour.',
    ...(most.length > 0
      ? [`Only before: ${most.join(', ')}${gone.length > GONE ? ', and others' : ''}.`]
      : []),
  ];
  const title = `${run.name}: ${comparison.now} against ${comparison.before}`;
  const data = { trees: [{ label: 'difference', tree }], nsPerUs: nsPerUs(run) };
  return page.around(data, { title, about: comparison.says, notes });
}

/** `worker 0` -> `worker-0`. */
function fileName({ name }: Frame): string {
  return name.replaceAll(' ', '-');
}

function titleOf({ name, scope }: ProfiledRun, { name: thread }: Frame): string {
  return `${name}, ${thread}${scope === 'whole' ? ', whole run' : ''}`;
}

function describe(
  run: ProfiledRun,
  merged: TimeShares,
  threads: readonly TimeShares[],
  recorded: readonly RecordedThread[],
): string {
  const { name, scope, rounds, workers, seconds, intervalUs } = run;
  const what = scope === 'loop' ? 'the round loop alone' : 'the whole run, idle time left out';
  const { cpu, cores, node } = machine();
  const sections = [
    [
      `${name}: ${what}`,
      `${plural(run.agents, 'agent')}, ${plural(run.edges, 'edge')}, dim ${run.dim}; ${run.flow}; ${run.compressor}`,
      `${plural(rounds, 'round')} in ${formatSeconds(seconds)} on ${plural(workers, 'worker')}, sampled every ${intervalUs} us`,
      `${cpu}, ${plural(cores, 'core')}, Node ${node}`,
    ].join('\n'),
    `${describeSamples(merged)}\n${formatHottest(merged, threads, workOf(run))}`,
    ...threadTimesOf(threads, recorded),
    `self time by source file, ${merged.label}\n${formatByFile(merged)}`,
  ];
  for (const [at, thread] of threads.entries()) {
    const idleUs = recorded[at]?.tree.idleUs ?? 0;
    const idle = idleUs > 0 ? `, and ${formatSeconds(idleUs / 1e6)} idle` : '';
    sections.push(`${describeSamples(thread)}${idle}\n${formatHottest(thread, [], workOf(run))}`);
  }
  return `${sections.join('\n\n')}\n`;
}

/** Null of a whole run, most of which is not rounds. */
export function workOf({ scope, agents, dim, rounds }: ProfiledRun): Work | null {
  return scope === 'loop' ? { agents, dim, rounds } : null;
}

function threadTimesOf(threads: readonly TimeShares[], recorded: readonly RecordedThread[]): string[] {
  const rows = threads.flatMap(({ label, barrier, parked }, at) => {
    const times = recorded[at]?.times;
    return times ? [{ label, barrier, parked, ...times }] : [];
  });
  return rows.length === 0 ? [] : [`${THREAD_TIMES}\n${formatThreadTimes(rows)}`];
}

const THREAD_TIMES =
  'on a core, ready but put aside for others, or asleep; and at the barrier, by the samples';

/** All threads as one, for tools that read folded stacks, and for a later profile. */
export const STACKS = 'merged.folded';
export const PROFILE_FORMAT = 'sottovoce-profile/1';

function describeForPrograms(
  run: ProfiledRun,
  merged: TimeShares,
  threads: readonly TimeShares[],
  recorded: readonly RecordedThread[],
): Omit<ProfileReport, 'repeats' | 'comparison' | 'deoptimisations'> {
  return {
    format: PROFILE_FORMAT,
    ...run,
    roundsPerSecond: run.rounds / run.seconds,
    machine: { ...machine(), sottovoce: ownVersion() },
    time: { recorded: new Date().toISOString() },
    merged: sharesForPrograms(merged, workOf(run)),
    files: byFile(merged),
    threads: threads.map((thread, at) => ({
      ...sharesForPrograms(thread, workOf(run)),
      idleSeconds: (recorded[at]?.tree.idleUs ?? 0) / 1e6,
      times: recorded[at]?.times ?? null,
    })),
  };
}

function sharesForPrograms(
  { label, us, samples, barrier, parked, unnamed, frames }: TimeShares,
  work: Work | null,
): ProfileShares {
  return {
    thread: label,
    seconds: us / 1e6,
    samples,
    barrier,
    parked,
    unnamed,
    frames: frames.map(({ name, share, selfUs }) => ({
      name,
      share,
      seconds: selfUs / 1e6,
      nsPerCoordinate: work && nsPerCoordinate(selfUs, work),
    })),
  };
}

export function machine() {
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: ownCores().count,
    memoryBytes: os.totalmem(),
    platform: process.platform,
    architecture: process.arch,
    node: process.versions.node,
  };
}
