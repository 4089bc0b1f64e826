/**
 * How many threads a run gets. `auto` is as many as pay: a round that is short is over sooner on one, since
 * workers wait for each other at a barrier and fetch one another's messages from far away.
 *
 *     t(W) = t(1) / W  +  phases * barrier(W)  +  lines(W) * line
 *
 * t(1) is measured, a few milliseconds of rounds on this thread; lines(W) are those of the messages that the
 * busiest worker reads of what others wrote. What a crossing and a line cost differs between machines, and on
 * one of several tenants from minute to minute, by a factor of ten. Where rounds are short and the run is long,
 * they are tried on threads. Which number it is changes no bit of the run.
 */

import { createArena } from '../arena/arena.js';
import type { Precision } from '../arena/layout.js';
import { type Cores, candidates, ownCores } from '../base/cores.js';
import { countFrom, createClock, readClock } from '../run/clock.js';
import { compileKernels } from '../run/kernels.js';
import { placesFor } from '../run/places.js';
import type { Prepared } from '../run/program.js';
import { chooseShape, crossingSeconds } from '../sync/tree.js';
import { WorkerPool } from './pool.js';
import { Stepper } from './single-thread.js';
import { Steering } from './steering.js';

/** Beyond the caches of any core: all of them pay, and looking would take its time. */
const LARGE_BYTES = 64 * 2 ** 20;
/** Rounds that take so long on one worker are worth any barrier. */
const LONG_ROUND_SECONDS = 2e-3;
/** What is reckoned beforehand may be wrong by such a factor. */
const ROUGHLY = 4;
/** Of rounds on this thread, at most. */
const LOOK_SECONDS = 8e-3;
const LOOK_WINDOWS = 16;
/** A machine with other work stops us now and then: so many windows, if they take no longer than that. */
const LEAST_WINDOWS = 4;
const MOST_LOOK_SECONDS = 0.1;
/** It takes about so long until a second thread has come up. */
const START_SECONDS = 0.03;
/**
 * A line that another core has written. On the side of those that are far apart or have other work too, as a
 * crossing is (`src/sync/tree.ts`): a worker too many can cost far more than one saves.
 */
const LINE_SECONDS = 30e-9;
const LINE_BYTES = 64;
/** A run this long, of rounds this short, is worth a trial of so many seconds for each number, twice. */
const WORTH_TRYING_SECONDS = 5;
const SHORT_ROUND_SECONDS = 5e-4;
const TRIAL_SECONDS = 0.04;
/** What a crossing and a line cost may be so many times as much, or as little. */
const UNSURE = 5;
/** Barriers of a round, of whatever program. */
const MOST_PHASES = 3;
const TRIALS = 2;
/** By so much another number has to be faster than one that takes fewer threads. */
const BETTER = 0.97;

type CoreLimit = Pick<Cores, 'count' | 'limit'>;

export interface ChosenWorkers {
  workers: number;
  /** `a round takes 12 us on one`; null where somebody else chose. */
  why: string | null;
}

/** What the model says of a number of workers. */
export interface RoundModel {
  /** Seconds of a round on one worker. */
  one: number;
  agents: number;
  phases: number;
  foreignBytes(workers: number): number;
}

/** Seconds of a round; `dear`: on a machine where crossings and lines cost so many times as much. */
export function predictRound(
  { one, agents, phases, foreignBytes }: RoundModel,
  workers: number,
  dear = 1,
): number {
  if (workers === 1) return one;
  // The busiest has its agents whole.
  const share = Math.ceil(agents / workers) / agents;
  const barrier = crossingSeconds(chooseShape(workers));
  return one * share + dear * (phases * barrier + (foreignBytes(workers) / LINE_BYTES) * LINE_SECONDS);
}

/** The best of several, the smaller one where two are about as fast. */
export function best(counts: readonly number[], seconds: (workers: number) => number): number {
  const taken = counts.map(seconds);
  return counts[taken.reduce((found, time, at) => (time < BETTER * taken[found]! ? at : found), 0)]!;
}

/** Prepared for one worker, where the config says auto. The run may be prepared for another number then. */
export async function chooseWorkers(
  prepared: Prepared,
  kernels: (precision: Precision) => Promise<WebAssembly.Module> = compileKernels,
  cores: CoreLimit = ownCores(),
): Promise<ChosenWorkers> {
  const { plan, load } = prepared;
  const most = Math.min(cores.count, plan.agents);
  const all = (why: string): ChosenWorkers => ({ workers: most, why: limited(why, cores) });
  if (most === 1) return all(plan.agents === 1 ? 'there is one agent' : 'there is one core');
  if (plan.layout.totalBytes > LARGE_BYTES) return all('its memory is beyond the caches of one core');
  const counts = candidates(most);
  const about = load.ns * 1e-9;
  if (about > ROUGHLY * LONG_ROUND_SECONDS) return all(`a round takes about ${microseconds(about)} on one`);
  if (about * plan.rounds * ROUGHLY < START_SECONDS)
    return { workers: 1, why: 'all rounds are over before a second thread has come up' };
  const plain = evident({ about, agents: plan.agents, foreignBytes: load.foreignBytes }, plan.rounds, counts);
  if (plain !== null) {
    const round = `a round takes about ${microseconds(about)} on one`;
    return { workers: plain, why: limited(round, cores, plain) };
  }
  const { one, phases } =
    plan.modules.length > 0 ? assumed(load.ns) : measureRound(prepared, await kernels(plan.layout.precision));
  const round = `a round takes ${microseconds(one)} on one`;
  if (one >= LONG_ROUND_SECONDS) return all(round);
  const total = one * plan.rounds;
  if (total < START_SECONDS)
    return { workers: 1, why: `all rounds take ${Math.ceil(total * 1000)} ms on one` };
  const model = { one, phases, agents: plan.agents, foreignBytes: load.foreignBytes };
  const found = best(counts, (count) => predictRound(model, count));
  // A trial starts threads of its own, half a second of them: not where any machine would answer alike.
  const isSure = [1 / UNSURE, UNSURE].every(
    (dear) => best(counts, (count) => predictRound(model, count, dear)) === found,
  );
  if (plan.modules.length > 0 || total < WORTH_TRYING_SECONDS || one > SHORT_ROUND_SECONDS || isSure) {
    return { workers: found, why: limited(round, cores, found) };
  }
  const tried = await tryOut(prepared, counts, one);
  const fastest = best([...tried.keys()], (count) => tried.get(count)!);
  const times = [...tried].map(([count, seconds]) => `${microseconds(seconds)} on ${count}`);
  return { workers: fastest, why: limited(`tried: a round takes ${times.join(', ')}`, cores, fastest) };
}

/**
 * The number that is best however far the reckoning is off and whatever crossings and lines cost: looking
 * would change nothing. Null where it might.
 */
export function evident(
  { about, ...model }: Pick<RoundModel, 'agents' | 'foreignBytes'> & { about: number },
  rounds: number,
  counts: readonly number[],
): number | null {
  const least = about / ROUGHLY;
  if (least * rounds < START_SECONDS) return null;
  const [found, ...others] = [least, about * ROUGHLY].flatMap((one) =>
    [1 / UNSURE, UNSURE].map((dear) =>
      best(counts, (count) =>
        predictRound({ ...model, one, phases: dear > 1 ? MOST_PHASES : 1 }, count, dear),
      ),
    ),
  );
  return others.every((other) => other === found) ? found! : null;
}

function limited(why: string, { limit, count }: CoreLimit, workers = count): string {
  return limit !== null && workers === count ? `${limit}; ${why}` : why;
}

/** A user's functions are not called more often than the run itself does. */
const assumed = (ns: number) => ({ one: ns * 1e-9, phases: 1 });

/**
 * Seconds of a round on this thread: the fastest of several windows, since the first ones are those of code that
 * is not compiled yet. `seconds`: of looking, at most about; `row`: of a row of the trace, the fastest of so many looks.
 */
export function measureRound(
  prepared: Prepared,
  module: WebAssembly.Module,
  { looks = 0, seconds = LOOK_SECONDS } = {},
): { one: number; phases: number; row: number } {
  const stepper = new Stepper(prepared, module);
  stepper.begin();
  // In the first round code is compiled and pages are touched.
  stepper.step();
  let one = Number.POSITIVE_INFINITY;
  const startedMs = performance.now();
  const goesOn = (windows: number) => {
    const passed = (performance.now() - startedMs) / 1000;
    return passed < seconds || (windows < LEAST_WINDOWS && passed < MOST_LOOK_SECONDS);
  };
  for (let windows = 0; stepper.round < prepared.plan.rounds && goesOn(windows); windows++) {
    const from = stepper.round;
    const windowMs = performance.now();
    do stepper.step();
    while (
      stepper.round < prepared.plan.rounds &&
      performance.now() - windowMs < (LOOK_SECONDS * 1000) / LOOK_WINDOWS
    );
    one = Math.min(one, (performance.now() - windowMs) / 1000 / (stepper.round - from));
  }
  let row = Number.POSITIVE_INFINITY;
  for (let look = 0; look < looks; look++) {
    const lookMs = performance.now();
    stepper.look();
    row = Math.min(row, (performance.now() - lookMs) / 1000);
  }
  return { one: Number.isFinite(one) ? one : 0, phases: stepper.phases, row: looks > 0 ? row : 0 };
}

/** Seconds of a round on so many threads: the least of a few trials, in turns. */
export async function tryOut(
  prepared: Prepared,
  counts: readonly number[],
  one: number,
): Promise<Map<number, number>> {
  const found = new Map<number, number>();
  const rounds = Math.max(10, Math.ceil(TRIAL_SECONDS / one));
  for (let trial = 0; trial < TRIALS; trial++) {
    for (const count of trial % 2 === 0 ? counts : counts.toReversed()) {
      const seconds = await timeOnThreads(count === 1 ? prepared : await prepared.withWorkers(count), rounds);
      found.set(count, Math.min(seconds, found.get(count) ?? seconds));
    }
  }
  return new Map([...found].sort(([a], [b]) => a - b));
}

/** Half as many rounds again come before, in which threads wake up and code is compiled. */
async function timeOnThreads({ plan: whole, fill, config }: Prepared, rounds: number): Promise<number> {
  const warm = Math.ceil(rounds / 2);
  const plan = Object.freeze({ ...whole, rounds: warm + rounds, traceEvery: warm + rounds, stop: {} });
  const pool = new WorkerPool(plan.workers);
  try {
    const arena = createArena(plan.layout);
    fill(arena);
    // Without it the loop stands at round 0.
    new Steering(arena.view('control', 'i32'), plan.rounds);
    const clock = createClock(plan.workers);
    countFrom(clock, warm);
    await pool.run(arena, plan, {
      cpus: placesFor(config.pin, plan.workers),
      heapAtRounds: [],
      fault: null,
      profileUs: 0,
      clock,
      snapshots: null,
      checkpoints: null,
    });
    const [leader] = readClock(clock);
    return leader!.spanMs / 1000 / leader!.rounds;
  } finally {
    await pool.destroy();
  }
}

const microseconds = (seconds: number): string => `${Number((seconds * 1e6).toPrecision(2))} us`;
