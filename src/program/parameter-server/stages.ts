/** A parameter server, on the host: what each stage of making a run is for it. */

import path from 'node:path';
import { describeSpec } from '../../base/describe.js';
import { describeSchedule } from '../../base/schedules.js';
import { loadCost, samplesOf } from '../../cost/registry.js';
import type { CostModel } from '../../cost/types.js';
import { placed, readBeginning } from '../../data/beginning.js';
import { loadModules, resolveModules } from '../../plugin/modules.js';
import { type LoadedConfig, nameOf } from '../../run/config.js';
import { estimateMemory } from '../../run/memory.js';
import { fillOptimum, reportOptimum } from '../../run/optimum.js';
import type { Made, Stages } from '../../run/program.js';
import type { PlanReport, ServerReport } from '../../run/reports.js';
import { seedWords } from '../../runtime.js';
import type { ServerConfig } from './config.js';
import type { Ranked } from './divide.js';
import { fillServer } from './fill.js';
import { type FoundLambda, findLambda } from './lambda.js';
import { planServer, type ServerProgramPlan } from './plan.js';
import { type Links, linksOf } from './spec.js';
import type { ServerRunPlan, ServerSpec } from './types.js';

interface ServerProblem {
  name: string;
  /** As given. */
  given: ServerConfig;
  /** The same, but for user's modules, which are URLs. */
  config: ServerConfig;
  cost: CostModel;
  /** One more, for trial runs: a cost may hand its data over to the arena that it fills. */
  loadAgain(): Promise<CostModel>;
  /** dim entries; null for the cost's own beginning. */
  init: Float64Array | null;
  modules: string[];
  warnings: ReadonlySet<string>;
  /** Which of several ranks this is; null: there is one. */
  ranked: Ranked | null;
}

/** The width of the dither, where it was `auto`, and from which trial runs. */
type ServerChoice = FoundLambda | null;

type ServerMade = Made<ServerProblem, ServerProgramPlan, ServerChoice, ServerRunPlan>;

const SECTION = ['program'];

export const serverStages: Stages<ServerProblem, ServerProgramPlan, ServerChoice, ServerRunPlan> = {
  load,
  // A width that is still to be found changes no size.
  outline: ({ config, cost, modules, ranked }, workers) =>
    planServer({ config: withLambda(config, 1), cost, workers, modules, ranked }),
  answer: ({ cost }) => {
    const optimum = cost.optimum();
    return {
      optimum,
      value: (x) => cost.value(x),
      averages: false,
      noOptimum: optimum ? null : (cost.whyNoOptimum ?? 'its cost has none'),
      agree: 'with a parameter server everyone always holds the same x',
    };
  },
  choose: async ({ config, loadAgain, modules, init }) =>
    config.program.lambda === 'auto' ? findLambda(config, await loadAgain(), modules, init) : null,
  plan: ({ config, cost, modules, ranked }, { run }, { optimum }, choice) =>
    planServer({
      config: choice === null ? config : withLambda(config, choice.lambda),
      cost,
      workers: computing(run),
      modules,
      optimumKnown: optimum !== null,
      ranked,
    }).run,
  divide: ({ config, cost, modules, ranked }, choice, workers) => ({
    outline: planServer({ config: withLambda(config, 1), cost, workers, modules, ranked }),
    choice,
  }),
  roundLoad: ({ outline: { load } }) => load,
  fill: (arena, { problem: { cost, init }, answer: { optimum }, plan: { share } }) => {
    fillServer(arena, cost, init, share);
    fillOptimum(arena, optimum);
  },
  report: async (made) => report(made),
  hint: ({ plan }) => {
    const gamma = describeSchedule(plan.gamma);
    return `program.gamma is ${gamma}; try program.gamma: ${Number((plan.gamma.initial / 4).toPrecision(2))}`;
  },
  config: ({ problem: { given } }) => given,
  place: () => ({ label: null, neighbours: [] }),
  agents: ({ config, cost }) =>
    Array.from({ length: config.program.agents }, (_, agent) => ({
      row: 0,
      label: String(agent),
      degree: 1,
      samples: samplesOf(cost, agent),
    })),
};

async function load(loaded: LoadedConfig): Promise<ServerProblem> {
  const given = loaded.config as ServerConfig;
  const resolve = (file: string) => path.resolve(loaded.folder, file);
  const costSpec = resolveModules(given.cost, loaded.folder, ['cost']);
  const program = resolveModules(given.program, loaded.folder, SECTION);
  const modules = [...costSpec.modules, ...program.modules];
  await loadModules(modules);
  const warnings = new Set<string>();
  const { agents, batch } = given.program;
  const loadAgain = () =>
    loadCost(costSpec.spec, {
      agents,
      seed: seedWords(given.seed),
      precision: given.precision,
      resolve,
      path: ['cost'],
      warn: (message) => warnings.add(message),
      ...(batch === undefined ? {} : { batch }),
      batchPath: [...SECTION, 'batch'],
      ownMeans: true,
    });
  const cost = await loadAgain();
  return {
    name: nameOf(loaded),
    given,
    config: { ...given, program: program.spec },
    cost,
    loadAgain,
    init:
      given.init === undefined
        ? null
        : await readBeginning(placed(given.init, resolve), 1, cost.dim, '1 x dim: everyone has the same x'),
    modules: modules.map(({ url }) => url),
    warnings,
    ranked: loaded.ranks ?? null,
  };
}

/** Workers that have agents. */
function computing({ share, workers }: ServerRunPlan): number {
  return share === null ? workers : workers - 1;
}

/** The config with a number where it has none. */
function withLambda(config: ServerConfig, lambda: number): ServerConfig {
  if (config.program.lambda !== 'auto') return config;
  return { ...config, program: { ...config.program, lambda } };
}

function report({ problem, outline, answer: { optimum }, choice, plan }: ServerMade): PlanReport {
  const { cost } = problem;
  const { program } = choice === null ? problem.config : withLambda(problem.config, choice.lambda);
  const links = linksOf(program, SECTION);
  const unknown = optimum === null && cost.whyNoOptimum;
  return {
    name: problem.name,
    agents: plan.agents,
    edges: plan.edges,
    dim: plan.dim,
    workers: computing(plan),
    rounds: plan.rounds,
    topology: 'star around a server',
    cost: cost.description,
    flow: plan.program,
    compressor: describeSpec(links.uplink),
    links: null,
    layout: null,
    ...(problem.config.precision && { precision: problem.config.precision }),
    ...estimateMemory(plan, 0, problem.config.checkpoint !== undefined),
    spectrum: null,
    gains: { gamma: plan.gamma.initial, ...(choice && { lambda: choice.lambda }) },
    tuning: null,
    bits: { perMessage: plan.messageBits, uncompressedPerMessage: plan.uncompressedBits },
    optimum: reportOptimum(optimum),
    server: reportServer(plan, links, program, choice),
    warnings: [
      ...problem.warnings,
      ...outline.warnings,
      ...(unknown ? [`the gap is unknown: ${cost.whyNoOptimum}`] : []),
    ],
  };
}

function reportServer(
  plan: ServerRunPlan,
  links: Links,
  spec: ServerSpec,
  choice: ServerChoice,
): ServerReport {
  const { kind, ...parameters } = spec.optimizer ?? { kind: 'sgd' };
  return {
    uplink: describeSpec(links.uplink),
    downlink: describeSpec(links.downlink),
    upBits: plan.messageBits,
    downBits: plan.downBits,
    gamma: describeSchedule(plan.gamma),
    batch: spec.batch ?? 'all',
    optimizer: describeSpec({ kind, ...parameters }),
    lambda: choice?.report ?? null,
  };
}
