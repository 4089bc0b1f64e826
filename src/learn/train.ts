/**
 * Training a policy: an evolution strategy (`evolve.ts`) over its numbers, each policy judged by what it takes on
 * problems of the family.
 *
 *     cost = mean over problems of log(bits to the target / bits of the first policy)
 *
 * The first policy is an action alone, the best of them. Its gains are found by trial runs, once for each problem,
 * as in any run; policies are tried with these, times factors that are searched along. In the end what the search found is
 * run on the problems with gains of its own, and then on problems of which it has seen none.
 *
 * Every run is a cell, known by its config. So what an earlier training has left is not run again, and the same
 * section gives the same policy, for any number of threads or machines and after any interruption.
 */

import { InputError } from '../base/errors.js';
import { median } from '../compare/results.js';
import { runGrid } from '../compare/run-grid.js';
import type { CompareDirectory } from '../compare/store.js';
import type { Cell, CellOutcome } from '../compare/types.js';
import type { Where } from '../compare/where.js';
import type { Policy, PolicyAction } from '../compress/policy.js';
import { evolve } from './evolve.js';
import type { Lesson } from './lesson.js';
import { type Parameters, parametersOf } from './parameters.js';
import { cellOf, type Problem } from './problems.js';

/** A policy gets so many times the rounds that the first one took. */
const PATIENCE = 4;
/** What counts of a run that does not arrive: as many times the bits of the first policy, and more if it ends farther out. */
const LOST = 10;

/** What came out of some runs of a policy. */
export interface Figures {
  /** Bits to the target as shares of those of the best action alone: the median over the problems. */
  median: number | null;
  /** The largest of them. */
  worst: number | null;
  /** Of each problem; null where it was not reached. */
  ratios: (number | null)[];
}

/** What became of a generation of policies. */
export interface Generation {
  /** From 1. */
  generation: number;
  /** Mean logarithm of the shares, of the best policy. */
  best: number;
  /** Over all of its policies; runs that do not arrive count as more. */
  mean: number;
  /** Policies of it that reach the target on all problems. */
  arrived: number;
}

export interface Trained {
  /** What the policy's file holds; null where it was stopped before. */
  policy: (Policy & { compressors?: readonly unknown[] }) | null;
  generations: Generation[];
  training: Figures | null;
  validation: Figures | null;
}

export interface TrainOptions {
  where: Where;
  directory: Pick<CompareDirectory, 'read' | 'keep'>;
  onDone?: (cell: Cell, outcome: CellOutcome) => void;
  onGeneration?: (generation: Generation) => void;
}

export interface TrainRun {
  finished: Promise<Trained>;
  stop(): void;
}

/** Runs of a whole training: what progress is measured by. */
export function runsOf({ problems, validation, spec, family }: Lesson): number {
  const { generations, population } = spec;
  const alone = speakingOf(family.actions).length;
  return problems.length * (alone + generations * population + 2) + 2 * validation.length;
}

export function train(lesson: Lesson, { where, directory, onDone, onGeneration }: TrainOptions): TrainRun {
  let stopped = false;
  let current: { stop(): void } | null = null;

  /** What became of the cells, in their order; null where it was stopped. */
  const runAll = async (cells: readonly Cell[]): Promise<CellOutcome[] | null> => {
    if (stopped) return null;
    const run = runGrid(cells, thin(directory), {
      where,
      target: lesson.target,
      tune: 0,
      onDone: (cell, outcome) => {
        if (!stopped) onDone?.(cell, outcome);
      },
    });
    // What an earlier training has left is done, too.
    for (const cell of cells) {
      const outcome = run.outcomes.get(cell.id);
      if (outcome !== undefined) onDone?.(cell, outcome);
    }
    current = run;
    await run.finished;
    const outcomes = cells.map(({ id }) => run.outcomes.get(id));
    if (stopped || outcomes.some((outcome) => outcome === undefined)) return null;
    for (const [at, outcome] of outcomes.entries()) {
      if (outcome !== undefined && 'error' in outcome)
        throw new InputError(`${(cells[at] as Cell).label}: ${outcome.error}`);
    }
    return outcomes as CellOutcome[];
  };

  const all = async (): Promise<Trained> => {
    const none: Trained = { policy: null, generations: [], training: null, validation: null };
    const { spec, family, compressors } = lesson;
    const { problems } = lesson;
    const own = (problems: readonly Problem[], policy: Policy, label: string) =>
      Promise.all(problems.map((problem) => cellOf(lesson, problem, policy, label)));

    // Each action alone, which takes no name: the best of them is what a policy has to be better than.
    const speaking = speakingOf(family.actions);
    const alone: { action: PolicyAction; policy: Policy; outcomes: CellOutcome[]; bits: number[] }[] = [];
    for (const [at, action] of speaking.entries()) {
      const only = parametersOf({ ...family, actions: [action], gains: [] });
      const policy = only.policy(only.start);
      const outcomes = await runAll(await own(problems, policy, `action ${at} alone`));
      if (outcomes === null) return none;
      alone.push({ action, policy, outcomes, bits: outcomes.map(bitsOf) });
    }
    const cost = ({ bits }: { bits: number[] }) => bits.reduce((sum, own) => sum + Math.log(own), 0);
    const first = alone.reduce((best, other) => (cost(other) < cost(best) ? other : best));
    const { bits } = first;
    const missed = bits.findIndex((own) => !Number.isFinite(own));
    if (missed >= 0) throw unreached(problems[missed] as Problem);
    const known = problems.map((problem, at) => withGains(problem, first.outcomes[at] as CellOutcome));
    const parameters = parametersOf({
      ...family,
      actions: [first.action, ...family.actions.filter((action) => action !== first.action)],
      gains: lesson.gains(known[0] as Problem),
    });

    const { values, generations, complete } = await search(lesson, parameters, known, bits, runAll, (made) =>
      onGeneration?.(made),
    );
    if (!complete) return { ...none, generations };

    // Of what the search came to and the best that it met, the one that is better with gains of its own.
    let [policy, training] = [first.policy, figuresOf(first.outcomes, bits)];
    for (const found of values) {
      const tried = parameters.policy(found);
      const outcomes = await runAll(await own(problems, tried, 'what was found'));
      if (outcomes === null) return { ...none, generations };
      const figures = figuresOf(outcomes, bits);
      if (better(figures, training)) [policy, training] = [tried, figures];
    }
    let validation: Figures | null = null;
    if (lesson.validation.length > 0) {
      const before = await runAll(
        await own(lesson.validation, first.policy, 'validation of the best action'),
      );
      const after =
        before && (await runAll(await own(lesson.validation, policy, 'validation of the policy')));
      if (before === null || after === null) return { ...none, generations };
      validation = figuresOf(after, before.map(bitsOf));
    }
    const { generations: count, population, seed, target } = spec;
    return {
      policy: {
        ...policy,
        training: {
          by: 'sottovoce learn',
          generations: count,
          population,
          seed,
          target,
          problems: lesson.problems.length,
          against: 'its first action alone',
          training: shown(training),
          validation: validation && shown(validation),
        },
        ...(compressors.length > 0 && { compressors }),
      },
      generations,
      training,
      validation,
    };
  };

  return {
    finished: all(),
    stop() {
      stopped = true;
      current?.stop();
    },
  };
}

async function search(
  lesson: Lesson,
  parameters: Parameters,
  problems: readonly Problem[],
  bits: readonly number[],
  runAll: (cells: readonly Cell[]) => Promise<CellOutcome[] | null>,
  onGeneration: (generation: Generation) => void,
) {
  const { generations: count, population, seed } = lesson.spec;
  const { start, spread, policy, factors } = parameters;
  const generations: Generation[] = [];
  const evolution = evolve(start, spread, population, seed);
  let best: { cost: number; values: Float64Array } = { cost: 0, values: Float64Array.from(start) };
  for (let generation = 1; generation <= count && start.length > 0; generation++) {
    const asked = evolution.ask();
    const cells = await Promise.all(
      asked.flatMap((values) =>
        problems.map((problem) =>
          cellOf(lesson, problem, policy(values), `generation ${generation} of ${count}`, factors(values)),
        ),
      ),
    );
    const outcomes = await runAll(cells);
    if (outcomes === null) return { values: [], generations, complete: false };
    const costs = asked.map((_, k) => {
      const of = outcomes.slice(k * problems.length, (k + 1) * problems.length);
      return (
        of.reduce((sum, outcome, at) => sum + costOf(outcome, bits[at] as number, lesson), 0) / of.length
      );
    });
    const arrived = asked.filter((_, k) =>
      problems.every((__, at) => Number.isFinite(bitsOf(outcomes[k * problems.length + at] as CellOutcome))),
    ).length;
    evolution.tell(costs);
    for (const [k, cost] of costs.entries())
      if (cost < best.cost) best = { cost, values: asked[k] as Float64Array };
    const made = {
      generation,
      best: Math.min(...costs),
      mean: costs.reduce((sum, cost) => sum + cost, 0) / costs.length,
      arrived,
    };
    generations.push(made);
    onGeneration(made);
  }
  return { values: start.length === 0 ? [] : [evolution.mean(), best.values], generations, complete: true };
}

/**
 * Files of cells without their traces, which nobody looks at here, and none of those that failed: a training
 * ends there.
 */
function thin(directory: Pick<CompareDirectory, 'read' | 'keep'>): Pick<CompareDirectory, 'read' | 'keep'> {
  return {
    read: (cell) => directory.read(cell),
    keep: (cell, outcome, inputs) => {
      if (!('trace' in outcome)) return;
      directory.keep(cell, { ...outcome, trace: outcome.trace.slice(-1) }, inputs);
    },
  };
}

function bitsOf(outcome: CellOutcome): number {
  return 'arrival' in outcome && outcome.arrival !== null
    ? outcome.arrival.bitsBroadcast
    : Number.POSITIVE_INFINITY;
}

/** All but silence, of which nothing comes. */
function speakingOf(actions: readonly PolicyAction[]): PolicyAction[] {
  const speaking = actions.filter((action) => action.do !== 'silence');
  if (speaking.length > 0) return speaking;
  throw new InputError('learn.actions is silence alone, expected an action that says something');
}

function unreached({ topology, seed }: Problem): InputError {
  return new InputError(
    `no action alone reaches the target on all problems: not on ${String(topology['kind'])}, seed ${seed}`,
    { hint: 'more rounds, or an action that says more' },
  );
}

/** As a run that arrived has them. */
function withGains(problem: Problem, outcome: CellOutcome): Problem {
  if (!('arrival' in outcome) || outcome.arrival === null) return problem;
  const { gains, arrival } = outcome;
  return { ...problem, gains, rounds: Math.max(1, Math.ceil(PATIENCE * arrival.round)) };
}

function costOf(outcome: CellOutcome, bits: number, { target }: Lesson): number {
  const own = bitsOf(outcome);
  if (Number.isFinite(own)) return Math.log(own / bits);
  const last = 'trace' in outcome ? outcome.trace.at(-1) : undefined;
  const left = last === undefined ? Number.NaN : last[target.quantity] / target.bound;
  return Math.log(LOST) + Math.log(left >= 1 && left < Number.POSITIVE_INFINITY ? left : Number.MAX_VALUE);
}

function figuresOf(outcomes: readonly CellOutcome[], bits: readonly number[]): Figures {
  const ratios = outcomes.map((outcome, at) => {
    const ratio = bitsOf(outcome) / (bits[at] as number);
    return Number.isFinite(ratio) ? ratio : null;
  });
  const all = ratios.map((ratio) => ratio ?? Number.POSITIVE_INFINITY);
  const finite = (value: number) => (Number.isFinite(value) ? value : null);
  return { median: finite(median(all) as number), worst: finite(Math.max(...all)), ratios };
}

function better(a: Figures, b: Figures): boolean {
  const mean = ({ ratios }: Figures) =>
    ratios.reduce<number>((sum, ratio) => sum + Math.log(ratio ?? LOST), 0);
  return mean(a) < mean(b);
}

function shown({ median: middle, worst, ratios }: Figures) {
  const short = (value: number | null) => (value === null ? null : Number(value.toFixed(4)));
  return { median: short(middle), worst: short(worst), ratios: ratios.map(short) };
}
