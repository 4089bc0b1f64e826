/**
 * A program: what the workers of a run do in a round, and all that the host needs for it. One folder, one
 * entry in `program/registry.ts`.
 *
 * On the host a run is made in one direction. Each stage reads what the stages before it have made, and
 * changes none of it:
 *
 *     load      files, data and modules of the config         -> Problem
 *     outline   sizes, layout, partition; what can be refused -> Outline   (before anything expensive is computed)
 *     answer    what the run is to find: x*, f*               -> Answer
 *     choose    numbers for what is `auto`                    -> Choice
 *     plan      plain data, frozen, for the workers           -> Plan
 *     fill      data, beginning and answer into a fresh arena
 *
 * and every worker binds the plan to the arena, which gives the phases of a round.
 */

import type { Kernels } from '../../kernels/bindings.js';
import type { Graph } from '../../topology/graph.js';
import type { Arena } from '../arena/arena.js';
import type { Reals } from '../arena/layout.js';
import type { Gains } from '../base/pattern-search.js';
import type { Optimum } from '../cost/types.js';
import type { Transport } from '../ranks/transport.js';
import type { ProgramSections } from '../schema/program.js';
import type { Edit } from './changes.js';
import type { LoadedConfig, RunConfig } from './config.js';
import type { AgentRow, PlanReport } from './reports.js';
import { checkReach, checkTargets, type TargetFacts } from './targets.js';
import type { BoundProgram, RunPlan } from './types.js';

/** What a run is to find, as far as that is known beforehand. */
export interface Answer extends TargetFacts {
  /** Null where it is unknown, and where the run itself is told it with its beginning (an average). */
  optimum: Optimum | null;
  /** f of a point of dim entries. */
  value(x: Float64Array): number;
}

/** What the stages have made of a config for so many workers. */
export interface Made<Problem, Outline, Choice, Plan> {
  problem: Problem;
  outline: Outline;
  answer: Answer;
  choice: Choice;
  plan: Plan;
}

export interface Stages<Problem, Outline, Choice, Plan extends RunPlan> {
  load(loaded: LoadedConfig): Promise<Problem>;
  /** @throws InputError where these things cannot go together, or take more memory than there is. */
  outline(problem: Problem, workers: number): Outline;
  answer(problem: Problem): Answer;
  choose(problem: Problem, outline: Outline, answer: Answer): Promise<Choice>;
  plan(problem: Problem, outline: Outline, answer: Answer, choice: Choice): Plan;
  /** The same choice for another number of workers. */
  divide(problem: Problem, choice: Choice, workers: number): { outline: Outline; choice: Choice };
  /** What a round takes and what workers have to have from one another, about. */
  roundLoad(made: Made<Problem, Outline, Choice, Plan>): RoundLoad;
  fill(arena: Arena, made: Made<Problem, Outline, Choice, Plan>): void;
  /** What people are told before the run. */
  report(made: Made<Problem, Outline, Choice, Plan>): Promise<PlanReport>;
  /** What to try next, after a divergence. */
  hint(made: Made<Problem, Outline, Choice, Plan>): string;
  /** The config as it is run: with what was chosen for it. */
  config(made: Made<Problem, Outline, Choice, Plan>): RunConfig;
  /** Where an agent is: its name in the topology, and the agents it is linked to. */
  place(problem: Problem, agent: number): { label: string | null; neighbours: number[] };
  /** All of them, for agents.csv. */
  agents(problem: Problem): Iterable<AgentRow>;
  /** Whom agents are linked to, for pictures; absent: they have no graph. */
  network?(problem: Problem): RunNetwork;
  /**
   * What the config is now, where what `problem` has read still holds: nothing is read again. Absent: a run of this
   * program has nothing of its own that may be changed on the way.
   */
  reload?(loaded: LoadedConfig, problem: Problem): Promise<Problem>;
  /** With `reload`: what the new run takes over from the one before, by the fields of its arena. */
  carry?(
    before: Made<Problem, Outline, Choice, Plan>,
    after: Made<Problem, Outline, Choice, Plan>,
  ): CarryOver;
  /** The same from a config alone: no data is read, and nothing else is made. */
  loadNetwork?(loaded: LoadedConfig): Promise<RunNetwork>;
  /** Gains that a search may change; absent: none. */
  openGains?(made: Made<Problem, Outline, Choice, Plan>): OpenGains | null;
  /** Null where nothing is known; absent: never. */
  predict?(made: Made<Problem, Outline, Choice, Plan>, sideOnly: boolean): Promise<Prediction | null>;
}

/** The graph of a run, and what its edges weigh: null where all weigh 1. */
export interface RunNetwork {
  graph: Graph;
  weights: Float64Array | null;
}

/** How a run that is changed between two rounds goes on. */
export interface CarryOver {
  /** Fields that begin anew, though the run before had them too. */
  anew: ReadonlySet<string>;
  /** Messages are made in another way: in the coming round nobody says anything. */
  silent: boolean;
  /** Where entry e of what stands for every directed edge stood before, -1 where it was not there; null: the same edges. */
  arcs: Int32Array | null;
  /** Parts of the network that hear nothing of each other. */
  parts: number;
  edges: number;
  /** Bits of telling those at the ends of edges that are there again what they must know. */
  told: { broadcast: number; links: number };
  /** @throws InputError where such edits cannot be made to this run */
  check(edits: readonly Edit[]): void;
  /** After all that lasts has been taken over: makes it sound for the new run, and makes the edits of states.
   * `ordinal`: of the change, from 0. */
  settle(state: CarriedState, edits: readonly Edit[], ordinal: number): void;
  warnings: string[];
}

/** All that lasts of a run, by the agents' numbers. */
export interface CarriedState {
  /** Rounds done. */
  round: number;
  /** Rows of a field; null where there is none of this name. */
  rows(name: string): CarriedRows | null;
  /** The same of the run as it was. */
  before(name: string): CarriedRows | null;
}

export interface CarriedRows {
  data: Reals;
  /** Entries from one row to the next. */
  stride: number;
  count: number;
}

/** A round, as far as it says how many workers pay. */
export interface RoundLoad {
  /** Time of one worker, about, where it cannot be measured: nanoseconds. */
  ns: number;
  /** Bytes of messages that the busiest of so many workers reads of what others have written. */
  foreignBytes(workers: number): number;
}

/** Gains that a config leaves open, for whoever tries the same run with others. */
export interface OpenGains {
  /** Where a search begins: values for all names that it may change, the plan's own last. */
  starts(): readonly Gains[];
  /** As in `pattern-search.ts`. */
  directions: readonly Gains[];
  largest: Gains;
  /** What is made smaller where a trial fails. */
  shrink: string;
  /** The plan with other gains, frozen as it is; all else is shared. */
  planWith(gains: Gains): RunPlan;
}

/** What theory says of a run before it begins. */
export interface Prediction {
  /** Spectral radius of a round on errors: below 1 they shrink. */
  radius: number;
  /** Whether it is that of the round itself, and not of a model of it. */
  exact: boolean;
}

/** A run that is ready to start, whatever its program. */
export interface Prepared {
  config: RunConfig;
  plan: RunPlan;
  report: PlanReport;
  openGains: OpenGains | null;
  /** How errors shrink, where theory says so; whether they do takes less time. */
  predict(sideOnly?: boolean): Promise<Prediction | null>;
  load: RoundLoad;
  /** The same run on another number of workers: nothing is chosen or solved again. */
  withWorkers(workers: number): Promise<Prepared>;
  /**
   * The same run with another config, of which only what may change on the way is another. `carry` is null where
   * the program has nothing of its own that may.
   *
   * @throws InputError
   */
  again(loaded: LoadedConfig): Promise<{ prepared: Prepared; carry: CarryOver | null }>;
  fill(arena: Arena): void;
  hint(): string;
  place(agent: number): { label: string | null; neighbours: number[] };
  agents(): Iterable<AgentRow>;
  /** Null where there is none: around a server. */
  network(): RunNetwork | null;
}

/** A program as the registry has it. */
export interface ProgramDefinition {
  kind: string;
  /** How it reads a config. */
  sections(): Promise<ProgramSections>;
  /** Has what the host needs loaded before a config asks for it. */
  preload(): Promise<unknown>;
  /** On the host. */
  prepare(loaded: LoadedConfig, workers: number): Promise<Prepared>;
  /** Whom the agents of a config are linked to; null where there is no graph. */
  network(loaded: LoadedConfig): Promise<RunNetwork | null>;
  /** On a worker. */
  bind(plan: RunPlan, arena: Arena, kernels: Kernels, worker: number, transport?: Transport): BoundProgram;
}

export interface Program<Problem, Outline, Choice, Plan extends RunPlan> {
  kind: string;
  /** How it reads a config. Loaded on the host alone, as its stages are. */
  sections(): Promise<ProgramSections>;
  /** Loaded on the host alone: readers, solvers and checks are nothing that a worker needs. */
  stages(): Promise<Stages<Problem, Outline, Choice, Plan>>;
  /** `transport`: of the worker that speaks with other ranks, where there are several. */
  bind(plan: Plan, arena: Arena, kernels: Kernels, worker: number, transport?: Transport): BoundProgram;
}

export function defineProgram<Problem, Outline, Choice, Plan extends RunPlan>({
  kind,
  sections,
  stages,
  bind,
}: Program<Problem, Outline, Choice, Plan>): ProgramDefinition {
  return {
    kind,
    sections,
    preload: stages,
    prepare: async (loaded, workers) => {
      const known = await stages();
      return ready(known, await make(known, loaded, workers));
    },
    network: async (loaded) => (await (await stages()).loadNetwork?.(loaded)) ?? null,
    bind: (plan, ...rest) => bind(plan as Plan, ...rest),
  };
}

/** The stages, one after the other. */
export async function make<Problem, Outline, Choice, Plan extends RunPlan>(
  stages: Stages<Problem, Outline, Choice, Plan>,
  loaded: LoadedConfig,
  workers: number,
): Promise<Made<Problem, Outline, Choice, Plan>> {
  const problem = await stages.load(loaded);
  const outline = stages.outline(problem, workers);
  const answer = stages.answer(problem);
  const { stop, precision } = loaded.config;
  checkTargets(stop, answer);
  if (precision === 'float32') checkReach(stop, answer);
  const choice = await stages.choose(problem, outline, answer);
  const plan = frozen(stages.plan(problem, outline, answer, choice));
  return { problem, outline, answer, choice, plan };
}

/** What a session drives, whatever the program. */
export async function ready<Problem, Outline, Choice, Plan extends RunPlan>(
  stages: Stages<Problem, Outline, Choice, Plan>,
  made: Made<Problem, Outline, Choice, Plan>,
): Promise<Prepared> {
  const { problem, plan } = made;
  const open = stages.openGains?.(made) ?? null;
  return {
    config: stages.config(made),
    plan,
    report: await stages.report(made),
    load: stages.roundLoad(made),
    withWorkers: async (workers) => {
      const divided = stages.divide(problem, made.choice, workers);
      const plan = frozen(stages.plan(problem, divided.outline, made.answer, divided.choice));
      return ready(stages, { ...made, ...divided, plan });
    },
    predict: async (sideOnly = false) => (await stages.predict?.(made, sideOnly)) ?? null,
    again: async (loaded) => {
      const { stop, precision } = loaded.config;
      const changed = stages.reload ? await stages.reload(loaded, problem) : await stages.load(loaded);
      const outline = stages.outline(changed, plan.workers);
      // Where agents began says nothing of where they are.
      checkTargets(stop, { ...made.answer, agree: null });
      if (precision === 'float32') checkReach(stop, made.answer);
      const choice = await stages.choose(changed, outline, made.answer);
      const planned = frozen(stages.plan(changed, outline, made.answer, choice));
      const after = { problem: changed, outline, answer: made.answer, choice, plan: planned };
      return { prepared: await ready(stages, after), carry: stages.carry?.(made, after) ?? null };
    },
    openGains: open && { ...open, planWith: (gains) => frozen(open.planWith(gains)) },
    fill: (arena) => stages.fill(arena, made),
    hint: () => stages.hint(made),
    place: (agent) => stages.place(problem, agent),
    agents: () => stages.agents(problem),
    network: () => stages.network?.(problem) ?? null,
  };
}

/** What is frozen down to its leaves: plans with other gains share most of what they hold. */
const deeplyFrozen = new WeakSet<object>();

/**
 * Plain data that nobody writes to any more, all the way down. Typed arrays cannot be frozen, and stay as
 * they are. Throws where a Map or a Set stands in it, which would stay open and look frozen.
 */
export function frozen<T>(data: T): T {
  if (data === null || typeof data !== 'object' || ArrayBuffer.isView(data) || deeplyFrozen.has(data))
    return data;
  if (data instanceof Map || data instanceof Set)
    throw new TypeError(`a plan is plain data, and a ${data.constructor.name} stands in it`);
  deeplyFrozen.add(Object.freeze(data));
  for (const value of Object.values(data)) frozen(value);
  return data;
}
