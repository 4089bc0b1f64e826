/**
 * Repeats of a run, to be compared: of one build and config, or of two in turns.
 *
 * A repeat is a fresh process of each, so that what depends on a start (where memory lies, what the compiler
 * chose) is part of the scatter. Within a repeat
 *
 *  - rounds are timed without the profiler. All contestants stand ready; each in its turn takes some rounds while
 *    the others stand still, about 50 ms of them, in another order each time. A repeat's figure is the median over
 *    the turns of the ratio within a turn, which a machine that slows down for a while leaves alone.
 *  - then each is recorded under the profiler, for the frames.
 *
 * What is compared with has a second process in every repeat. The ratio of the two is what equal builds come to
 * on this machine, at this hour: a difference must be larger than that.
 *
 * A time does not count how long the operating system had put workers aside for others' work, where it says so
 * (Linux). It counts that from a little before the first round to a little after the last, so a time is never taken
 * to be shorter than what a worker was on a core. On a machine with three times as many busy threads as cores this
 * is the difference between repeats that scatter by 15% and by 0.5%.
 */

import { spreadOf } from '../base/quantiles.js';
import { callTree, mergeThreads, ROUND_LOOP } from '../profile/call-tree.js';
import { frameTimes, noTimes, type ProfileRepeat } from '../profile/comparison.js';
import type { RecordedThread } from '../profile/write.js';
import { yardstick } from '../profile/yardstick.js';
import type { LoadedConfig } from '../run/config.js';
import type { PlanReport, Summary } from '../run/reports.js';
import { type Build, Contestant, sourceOf } from './turns.js';
import type { RecordedRun, Window } from './turns-process.js';

/** One side of a comparison. */
export interface Side {
  build: Build;
  loaded: LoadedConfig;
  /** Rounds that its run may have: it is ended before. */
  rounds: number;
}

export interface RepeatOptions {
  repeats: number;
  /** Of recording, each side, over all repeats; and of timing about as many. */
  seconds: number;
  intervalUs: number;
  signal?: AbortSignal | undefined;
  onRepeat?: ((done: number, of: number) => void) | undefined;
}

/** About as long as a turn lasts: long beside what it costs to take one, short beside a whim of the machine. */
const TURN_NS = 15e6;
/** Warm before anything counts: compiled, and in the caches. */
const WARM_NS = 150e6;
const WARM_ROUNDS = 3;
/** Orders in which three can come: a turn more of each until all have had as long as they are recorded. */
const ORDERS = [
  [0, 1, 2],
  [2, 1, 0],
  [1, 2, 0],
  [0, 2, 1],
  [2, 0, 1],
  [1, 0, 2],
] as const;
const LEAST_TIMES = 2;
const MOST_TIMES = 10;

/** All repeats of one side. */
export interface MeasuredSide {
  repeats: ProfileRepeat[];
  /** Of all repeats together, by worker. */
  threads: RecordedThread[];
  plan: PlanReport;
  /** Of the last recording, with the rounds and seconds of all. */
  summary: Summary;
}

export interface MeasuredTurns {
  now: MeasuredSide;
  before: MeasuredSide;
  shifts: number[];
  equalShifts: number[];
}

/** Repeats of one side, with nothing beside it. */
export async function measureAlone(side: Side, options: RepeatOptions): Promise<MeasuredSide> {
  const collected = new Collected(side);
  await repeatedly(options, async () => {
    const yardstickNs = yardstick();
    await withContestants([side], options.signal, async ([contestant]) => {
      const [turns = []] = await takeTurns([[contestant, side]] as Entry[], options);
      const recorded = await recordOne(contestant as Contestant, side, options);
      collected.add(recorded, turns, yardstickNs);
    });
  });
  return collected.all();
}

/** Repeats of two sides, and of the second once more, in turns. */
export async function measureInTurns(
  now: Side,
  before: Side,
  options: RepeatOptions,
): Promise<MeasuredTurns> {
  const collected = { now: new Collected(now), before: new Collected(before) };
  const shifts: number[] = [];
  const equalShifts: number[] = [];
  let repeat = 0;
  await repeatedly(options, async () => {
    const yardstickNs = yardstick();
    const sides = [before, before, now];
    await withContestants(sides, options.signal, async (contestants) => {
      const entries = contestants.map((contestant, at): Entry => [contestant, sides[at] as Side]);
      const [first = [], second = [], third = []] = await takeTurns(entries, options);
      const logs = first.map(({ ns }, turn) => {
        const [a, b, c] = [ns, second[turn]?.ns ?? 0, third[turn]?.ns ?? 0].map(Math.log);
        return { first: a as number, second: b as number, now: c as number };
      });
      shifts.push(median(logs.map((log) => log.now - (log.first + log.second) / 2)));
      equalShifts.push(median(logs.map((log) => log.second - log.first)));
      const [beforeProcess, , nowProcess] = contestants as [Contestant, Contestant, Contestant];
      const record = {
        now: async () => collected.now.add(await recordOne(nowProcess, now, options), third, yardstickNs),
        before: async () =>
          collected.before.add(await recordOne(beforeProcess, before, options), first, yardstickNs),
      };
      for (const which of repeat++ % 2 === 0 ? (['now', 'before'] as const) : (['before', 'now'] as const)) {
        await record[which]();
      }
    });
  });
  return { now: collected.now.all(), before: collected.before.all(), shifts, equalShifts };
}

async function repeatedly(
  { repeats, signal, onRepeat }: RepeatOptions,
  once: () => Promise<void>,
): Promise<void> {
  for (let done = 0; done < repeats; done++) {
    signal?.throwIfAborted();
    await once();
    onRepeat?.(done + 1, repeats);
  }
}

type Entry = [contestant: Contestant, side: Side];

async function withContestants(
  sides: readonly Side[],
  signal: AbortSignal | undefined,
  use: (contestants: Contestant[]) => Promise<void>,
): Promise<void> {
  const contestants = sides.map(({ build }) => new Contestant(build));
  const close = () => {
    for (const contestant of contestants) contestant.close();
  };
  signal?.addEventListener('abort', close);
  try {
    await use(contestants);
  } catch (error) {
    // What the processes say when they are closed is not the reason.
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', close);
    close();
  }
}

/** A round, as one turn has it. */
interface Turn {
  ns: number;
  onCoreNs: number | null;
  /** Share of the time of the worker that was put aside most. */
  putAside: number | null;
}

/** Turns of each; turn t of all is of one time. */
async function takeTurns(entries: readonly Entry[], options: RepeatOptions): Promise<Turn[][]> {
  const counts: number[] = [];
  const workers: number[] = [];
  for (const [contestant, side] of entries) {
    workers.push((await contestant.call('open', sourceOf(side.loaded), side.rounds)).workers);
    counts.push(await warmUp(contestant));
  }
  // Of one config as many rounds each, so that what a turn costs beside its rounds is the same.
  const oneConfig = entries.every(([, { loaded }]) => loaded === entries[0]?.[1].loaded);
  if (oneConfig) counts.fill(Math.round(median(counts)));
  const turns = entries.map((): Turn[] => []);
  for (let turn = 0; turn < turnsIn(options); turn++) {
    const order = ORDERS[turn % ORDERS.length] ?? ORDERS[0];
    for (const at of order) {
      const entry = entries[at];
      if (entry === undefined) continue;
      turns[at]?.push(turnOf(await entry[0].call('window', counts[at] ?? 1), workers[at] ?? 1));
    }
  }
  for (const [contestant] of entries) await contestant.call('end');
  return turns;
}

/** A whole number of times each order. */
function turnsIn({ seconds, repeats }: RepeatOptions): number {
  const times = Math.round((1e9 * seconds) / repeats / TURN_NS / ORDERS.length);
  return ORDERS.length * Math.max(LEAST_TIMES, Math.min(MOST_TIMES, times));
}

/** Rounds of a turn. */
async function warmUp(contestant: Contestant): Promise<number> {
  let rounds = 1;
  let done = 0;
  let ns = 0;
  let last = 1;
  while (ns < WARM_NS || done < WARM_ROUNDS) {
    const window = await contestant.call('window', rounds);
    done += window.rounds;
    ns += window.ns;
    last = window.ns / window.rounds;
    rounds = Math.max(1, Math.min(2 * rounds, Math.ceil(WARM_NS / last)));
  }
  return Math.max(1, Math.round(TURN_NS / last));
}

async function recordOne(contestant: Contestant, side: Side, options: RepeatOptions): Promise<RecordedRun> {
  const seconds = options.seconds / options.repeats;
  return contestant.call('record', sourceOf(side.loaded), side.rounds, seconds, options.intervalUs);
}

/** Workers are the threads that were on a core most. Their times are without those in which they were put aside. */
export function turnOf({ rounds, ns, threads }: Window, workers: number): Turn {
  if (threads.length === 0) return { ns: ns / rounds, onCoreNs: null, putAside: null };
  const worked = [...threads].sort((a, b) => b.onCoreNs - a.onCoreNs).slice(0, workers);
  const onCore = worked.map(({ onCoreNs }) => onCoreNs);
  const putAside = worked.map(({ putAsideNs }) => putAsideNs);
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  return {
    // While one is put aside the others wait for it: what is lost adds up.
    ns: Math.min(ns, Math.max(...onCore, ns - sum(putAside))) / rounds,
    onCoreNs: sum(onCore) / rounds,
    putAside: Math.min(1, Math.max(...putAside) / ns),
  };
}

const median = (values: readonly number[]): number => spreadOf(values).median;

class Collected {
  private readonly side: Side;
  private readonly repeats: ProfileRepeat[] = [];
  private readonly recorded: RecordedRun[] = [];

  constructor(side: Side) {
    this.side = side;
  }

  add(recorded: RecordedRun, turns: readonly Turn[], yardstickNs: number): void {
    const { summary, threadTimes } = recorded;
    this.recorded.push(recorded);
    const known = (pick: (turn: Turn) => number | null): number | null => {
      const values = turns.flatMap((turn) => pick(turn) ?? []);
      return values.length === 0 ? null : median(values);
    };
    const frames = noTimes();
    for (const [worker, { root }] of this.treesOf(recorded).entries()) {
      // Samples do not know that the thread was put aside: it could be in any frame.
      const { wall = 0, putAside = null } = threadTimes[worker] ?? {};
      const share = wall > 0 && putAside !== null ? Math.max(0, 1 - putAside / wall) : 1;
      for (const [key, ns] of Object.entries(frameTimes(root, summary))) {
        frames[key] = (frames[key] ?? 0) + share * ns;
      }
    }
    this.repeats.push({
      nsPerRound: known(({ ns }) => ns),
      cpuNsPerRound: known(({ onCoreNs }) => onCoreNs),
      profiledNsPerRound: (1e9 * summary.seconds) / summary.rounds,
      putAside: known(({ putAside }) => putAside),
      yardstickNs,
      frames,
    });
  }

  all(): MeasuredSide {
    const last = this.recorded.at(-1) as RecordedRun;
    const trees = this.recorded.map((recorded) => this.treesOf(recorded));
    const threads = last.profiles.map((profile, worker): RecordedThread => {
      const times = this.recorded.flatMap(({ threadTimes }) => threadTimes[worker] ?? []);
      const sum = (pick: (time: (typeof times)[number]) => number | null) =>
        times.reduce<number | null>((total, time) => add(total, pick(time)), 0);
      return {
        profile,
        tree: {
          root: {
            ...mergeThreads(trees.flatMap((each) => each[worker]?.root ?? [])),
            name: `worker ${worker}`,
          },
          idleUs: 0,
        },
        times:
          times.length === 0
            ? null
            : {
                wall: sum(({ wall }) => wall) ?? 0,
                onCore: sum(({ onCore }) => onCore),
                putAside: sum(({ putAside }) => putAside),
              },
      };
    });
    const total = (pick: (summary: Summary) => number) =>
      this.recorded.reduce((sum, { summary }) => sum + pick(summary), 0);
    const rounds = total((summary) => summary.rounds);
    const seconds = total((summary) => summary.seconds);
    return {
      repeats: this.repeats,
      threads,
      plan: last.plan,
      summary: { ...last.summary, rounds, seconds, roundsPerSecond: rounds / seconds },
    };
  }

  private treesOf({ profiles }: RecordedRun) {
    return profiles.map((profile, worker) =>
      callTree(profile, `worker ${worker}`, ROUND_LOOP, this.side.build.compiled),
    );
  }
}

function add(total: number | null, value: number | null): number | null {
  return total === null || value === null ? null : total + value;
}
