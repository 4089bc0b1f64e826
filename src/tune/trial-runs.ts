/**
 * Trial runs: the first rounds of a run with other gains, on the thread that calls, again and again over one
 * arena.
 *
 * A trial is the run itself (its graph, cost, beginning, compressor and seed). So a trial with some gains and
 * a run with the same gains are the same bits, however many workers the run has. Nothing depends on a clock:
 * trials repeat.
 * All that is asked of trials stands in one function, since it is asked of one arena.
 */

import { readFileSync } from 'node:fs';
import { bindKernels } from '../../kernels/bindings.js';
import { createArena } from '../arena/arena.js';
import { type Precision, pointLength } from '../arena/layout.js';
import type { FlowPlan } from '../flow/types.js';
import { kernelsOf } from '../run/locations.js';
import { Snapshot } from '../run/snapshot.js';
import type { Tunable } from './types.js';

/** What is asked of a trial: the distance to the optimum down to this share of what it was. */
export const TARGET_SHARE = 1e-6;
/** Farther out than this many times the first distance, it has diverged. */
const DIVERGED_GROWTH = 1e3;
/** A pace below this many factors of ten in all the rounds it was given is not taken for convergence. */
const CREDIBLE_DECADES = 0.2;
/** One whose later half is so much slower than the whole has stalled, or is about to. */
const STALLING = 4;
/** Farther out at the end than this many times the closest it ever came, it is on its way out. */
const LEAVING = 3;

/** What is to stay is looked at every so many rounds. */
const LOOKED_EVERY = 8;
/** How far another beginning lies from the run's, in shares of the first distance. */
const MOVED_BY = 1e-3;

/**
 * When a trial is given up: from the share `after` of its limit on, where its mean pace would take `beyond`
 * times the limit.
 */
export interface GiveUp {
  after: number;
  beyond: number;
}
/**
 * Decay is close to geometric, so what is slow early is slow; a tuner that waits longer finds the same gains
 * and pays twice.
 */
const GIVE_UP: GiveUp = { after: 1 / 4, beyond: 1.5 };

export interface TrialResult {
  /**
   * Rounds to the target: counted where it was reached, else reckoned from the pace of the second half.
   * Infinity: diverged, stalled or worse than asked for.
   */
  rounds: number;
  reached: boolean;
  /** Of the later half of the way. */
  roundsPerDecade: number;
  /** Where it ended, in shares of the first distance; Infinity where it diverged or was on its way out. */
  share: number;
}

/** Whose distance is meant: root mean square over the agents, or the farthest agent's. */
export type Held = 'rms' | 'worst';

/** How far the mean of all x was from the optimum's value after so many rounds. */
export interface GapAt {
  round: number;
  gap: number;
}

/** Of so many rounds. */
export interface Said {
  /** Bits of an agent's messages, in the mean over the agents. */
  bits: number;
  /** On the run's network; NaN where it has none. */
  seconds: number;
}

export interface Trials {
  /**
   * `limit`: a result above it is of no interest. `horizon`: rounds, at most. `target`: share of the first
   * distance.
   */
  run(
    flow: FlowPlan,
    limit: number,
    horizon: number,
    target?: number,
    giveUp?: GiveUp,
    held?: Held,
  ): TrialResult;
  /**
   * Whether the distance is at most `target` of the first one at the end of `rounds`, and was in the later half
   * of them. `way` 0: the run's own; others begin beside it, each elsewhere.
   */
  stays(flow: FlowPlan, rounds: number, target: number, way: number, held?: Held): boolean;
  /**
   * By how much the objective at what agents hold (a few of them) has fallen after so many rounds; -Infinity
   * where it diverged or grows at its end.
   */
  descend(flow: FlowPlan, rounds: number): number;
  /** f(mean x) - f* on the way, at a few dozen places evenly spaced. */
  gaps(flow: FlowPlan, rounds: number): GapAt[];
  /**
   * The objective at what agents hold (a few of them), in the mean, after each of these numbers of rounds; stops where
   * it is no number any more, or far above where it began.
   */
  objectives(flow: FlowPlan, looks: readonly number[]): number[];
  /**
   * What agents have said after so many rounds. Runs them where messages, or links, differ from round to round, and
   * reckons elsewhere.
   */
  said(flow: FlowPlan, rounds: number): Said;
  /** rms distance to the optimum at the beginning. */
  distance(): number;
  /** Rounds run so far. */
  rounds(): number;
}

/**
 * Into how many pieces the way is cut where gaps are asked for: each is an evaluation of the whole objective.
 */
const GAP_LOOKS = 64;

/** Agents whose objective is asked for where there is no optimum to measure the distance to. */
const ASKED = 4;
/** Growth by less than this share of what was gained is the noise of mini-batches. */
const SAME = 0.05;

/** Kernels, compiled once for all trial runs of this thread. */
const compiled = new Map<Precision, WebAssembly.Module>();

function compiledOf(precision: Precision): WebAssembly.Module {
  const known = compiled.get(precision) ?? new WebAssembly.Module(readFileSync(kernelsOf(precision)));
  compiled.set(precision, known);
  return known;
}

export function openTrials({ plan, cost, optimum: known, fill, bind }: Tunable): Trials {
  const arena = createArena(plan.layout);
  fill(arena);
  const kernels = bindKernels(compiledOf(plan.layout.precision), arena.memory);
  const beginning = new Snapshot(arena, 0, 1);
  beginning.save();
  const { agents, rowBytes, dim } = plan;
  const x = arena.address('x');
  const optimum = arena.address('trace.optimum');
  const distances = arena.address('trace.toOptimum');
  const squares = arena.view('trace.toOptimum', 'f64');
  // Messages that say one entry in many change little from one round to the next.
  const every = Math.max(1, Math.min(8, Math.floor(1 / (4 * (plan.channels[0]?.contraction ?? 1)))));
  let ran = 0;
  kernels.distancesToPoint(0, agents, x, rowBytes, pointLength(dim), optimum, distances);
  const distanceAtFirst = Math.sqrt(kernels.sum(distances, agents) / (agents * dim));

  const reals = arena.allReals;
  const rowOf = (rows: number, agent: number): Float64Array => {
    const from = (rows + agent * rowBytes) / arena.realBytes;
    return Float64Array.from(reals.subarray(from, from + dim));
  };

  /** The run's own beginning with the gains of `flow`. */
  const begin = (flow: FlowPlan, way = 0) => {
    beginning.restore();
    move(way);
    const program = bind(flow, arena, kernels);
    const parityBytes = plan.state[0]?.doubled ? agents * rowBytes : 0;
    program.prologue();
    const { phases, said } = program;
    return { phases, said, stateAt: (round: number) => x + (round & 1) * parityBytes };
  };

  /** Agents in pairs to both sides, so that their sum stays what it was: what an average is of. */
  const move = (way: number) => {
    for (let i = 0; way > 0 && i + 1 < agents; i += 2) {
      const at = (x + i * rowBytes) / arena.realBytes;
      for (let c = 0; c < dim; c++) {
        const by = MOVED_BY * distanceAtFirst * Math.sin(way * (1 + i + 7 * c));
        reals[at + c]! += by;
        reals[at + rowBytes / arena.realBytes + c]! -= by;
      }
    }
  };

  const distanceBinder = (stateAt: (round: number) => number, held: Held) => (round: number) => {
    kernels.distancesToPoint(0, agents, stateAt(round), rowBytes, pointLength(dim), optimum, distances);
    return held === 'rms'
      ? Math.sqrt(kernels.sum(distances, agents) / (agents * dim))
      : Math.sqrt(squares.reduce((most, square) => Math.max(most, square), 0) / dim);
  };

  const stays = (flow: FlowPlan, rounds: number, target: number, way: number, held: Held = 'rms') => {
    const { phases, stateAt } = begin(flow, way);
    const distance = distanceBinder(stateAt, held);
    const first = distance(0);
    for (let round = 0; round < rounds; ) {
      for (let i = 0; i < LOOKED_EVERY; i++, round++) for (const phase of phases) phase(round);
      ran += LOOKED_EVERY;
      const share = distance(round) / first;
      if (!(share <= (2 * round > rounds ? target : DIVERGED_GROWTH))) return false;
    }
    return true;
  };

  const run = (
    flow: FlowPlan,
    limit: number,
    horizon: number,
    target = TARGET_SHARE,
    { after, beyond } = GIVE_UP,
    held: Held = 'rms',
  ): TrialResult => {
    const { phases, stateAt } = begin(flow);
    const distance = distanceBinder(stateAt, held);
    const nowhere = {
      rounds: Number.POSITIVE_INFINITY,
      reached: false,
      roundsPerDecade: Number.POSITIVE_INFINITY,
      share: Number.POSITIVE_INFINITY,
    };
    const first = distance(0);
    if (!(first > 0)) return { rounds: 0, reached: true, roundsPerDecade: 0, share: 0 };
    let closest = 1;
    const whole = -Math.log10(target);
    /** Factors of ten by which the distance has fallen, at every look. */
    const fallen: number[] = [0];
    let above = 0;
    let reachedAt = -1;
    for (let round = 0; ; ) {
      for (let i = 0; i < every; i++, round++) {
        for (const phase of phases) phase(round);
      }
      ran += every;
      const now = distance(round) / first;
      if (!(now < DIVERGED_GROWTH)) return nowhere;
      fallen.push(-Math.log10(now));
      closest = Math.min(closest, now);
      if (now > target) {
        above = round;
        reachedAt = -1;
      } else if (reachedAt < 0) reachedAt = round;
      // It must stay there: noise may touch the target long before it keeps it.
      if (reachedAt >= 0 && round - above > 8 + above / 16) {
        return {
          rounds: reachedAt,
          reached: true,
          roundsPerDecade: pace(fallen, reachedAt / every, every),
          share: now,
        };
      }
      if (reachedAt < 0) {
        const decades = fallen.at(-1)!;
        if (round >= Math.min(limit, horizon)) {
          if (now > LEAVING * closest) return nowhere;
          const slope = pace(fallen, fallen.length - 1, every);
          const rounds = round + (whole - decades) * slope;
          const credible =
            decades >= CREDIBLE_DECADES &&
            rounds <= limit &&
            slope > 0 &&
            slope < (STALLING * round) / decades;
          return credible
            ? { rounds, reached: false, roundsPerDecade: slope, share: now }
            : { ...nowhere, share: now };
        }
        if (round > after * limit && (round * whole) / Math.max(decades, 1e-9) > beyond * limit)
          return nowhere;
      }
    }
  };
  const objectiveBinder = (stateAt: (round: number) => number) => {
    const count = Math.min(agents, ASKED);
    const asked = Array.from({ length: count }, (_, at) => Math.floor((at * agents) / count));
    return (round: number) =>
      asked.reduce((sum, agent) => sum + cost.value(rowOf(stateAt(round), agent)), 0) / asked.length;
  };
  const objectives = (flow: FlowPlan, looks: readonly number[]): number[] => {
    const { phases, stateAt } = begin(flow);
    const objective = objectiveBinder(stateAt);
    const first = objective(0);
    const found: number[] = [];
    let round = 0;
    for (const look of looks) {
      ran += look - round;
      for (; round < look; round++) for (const phase of phases) phase(round);
      const now = objective(round);
      if (!(now < first + DIVERGED_GROWTH * Math.abs(first))) break;
      found.push(now);
    }
    return found;
  };
  const said = (flow: FlowPlan, rounds: number): Said => {
    const { phases, said: spoken } = begin(flow);
    if (spoken === undefined) throw new Error('a trial run has one worker, which knows what was said');
    if (plan.messageBits === null || plan.links !== null) {
      for (let round = 0; round < rounds; round++) for (const phase of phases) phase(round);
      ran += rounds;
    }
    const { bitsBroadcast, networkSeconds } = spoken(rounds);
    return { bits: bitsBroadcast / agents, seconds: networkSeconds };
  };
  const descend = (flow: FlowPlan, rounds: number): number => {
    const { phases, stateAt } = begin(flow);
    const objective = objectiveBinder(stateAt);
    const first = objective(0);
    let lately = Number.POSITIVE_INFINITY;
    let round = 0;
    // Looked at on the way, so that what grows at its end is seen.
    for (const until of [0.8 * rounds, 0.9 * rounds, rounds].map(Math.ceil)) {
      for (; round < until; round++) for (const phase of phases) phase(round);
      const now = objective(round);
      if (!(now <= Math.max(lately + SAME * Math.abs(first - lately), first)))
        return Number.NEGATIVE_INFINITY;
      lately = now;
    }
    ran += rounds;
    return first - lately;
  };
  const gaps = (flow: FlowPlan, rounds: number): GapAt[] => {
    const { phases, stateAt } = begin(flow);
    const mean = new Float64Array(dim);
    const gap = (round: number) => {
      mean.fill(0);
      for (let agent = 0; agent < agents; agent++) {
        const row = rowOf(stateAt(round), agent);
        for (let c = 0; c < dim; c++) mean[c]! += row[c]! / agents;
      }
      return cost.value(mean) - known!.value;
    };
    const found = [{ round: 0, gap: gap(0) }];
    const piece = Math.max(1, Math.ceil(rounds / GAP_LOOKS));
    for (let round = 0; round < rounds; ) {
      for (let i = 0; i < piece; i++, round++) for (const phase of phases) phase(round);
      ran += piece;
      found.push({ round, gap: gap(round) });
    }
    return found;
  };
  return { run, stays, descend, objectives, said, distance: () => distanceAtFirst, gaps, rounds: () => ran };
}

/** Rounds per factor of ten over the looks from half of the way in factors of ten up to look `end`. */
function pace(fallen: readonly number[], end: number, every: number): number {
  let from = end;
  while (from > 0 && fallen[from - 1]! > fallen[end]! / 2) from--;
  const decades = fallen[end]! - fallen[from]!;
  return decades > 0 ? ((end - from) * every) / decades : Number.POSITIVE_INFINITY;
}
