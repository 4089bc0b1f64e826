/** From a config with a parameter server to a run that is ready to start: cost, links, `auto` lambda, optimum. */

import path from 'node:path';
import type { LoadedConfig, ServerConfig } from '../config/types.js';
import { loadCost } from '../cost/registry.js';
import type { CostModel } from '../cost/types.js';
import { describeSpec } from '../describe.js';
import { loadModules, resolveModules } from '../plugin/modules.js';
import { planServer, type ServerProgramPlan } from '../program/parameter-server/plan.js';
import type { ServerSpec } from '../program/parameter-server/types.js';
import { checkTargets } from '../program/targets.js';
import { seedWords } from '../runtime.js';
import { describeSchedule } from '../schedules.js';
import { estimateMemory } from './memory.js';
import { reportOptimum, settleOptimum } from './optimum.js';
import { nameOf, type Prepared, readInit, samplesOf } from './prepare.js';
import type { ServerReport } from './types.js';

const AGENTS_PATH = ['program'];

export async function prepareServer(
  loaded: LoadedConfig,
  given: ServerConfig,
  workers: number,
): Promise<Prepared> {
  const resolve = (file: string) => path.resolve(loaded.folder, file);
  const costSpec = resolveModules(given.cost, loaded.folder, ['cost']);
  const program = resolveModules(given.program, loaded.folder, AGENTS_PATH);
  await loadModules([...costSpec.modules, ...program.modules]);
  const modules = [...costSpec.modules, ...program.modules].map(({ url }) => url);
  const warnings = new Set<string>();
  const load = () =>
    loadCost(costSpec.spec, {
      agents: given.program.agents,
      seed: seedWords(given.seed),
      resolve,
      path: ['cost'],
      warn: (message) => warnings.add(message),
      ...(given.program.batch === undefined ? {} : { batch: given.program.batch }),
      batchPath: [...AGENTS_PATH, 'batch'],
      ownMeans: true,
    });
  const cost = await load();
  const init =
    given.init === undefined
      ? null
      : await readInit(resolve(given.init), 1, cost.dim, '1 x dim: everyone has the same x');

  let spec: ServerSpec = program.spec;
  let pilot: string | null = null;
  if (spec.lambda === 'auto') {
    // The pilot fills an arena of its own, and a cost hands its data over when it does.
    const found = await (await import('./pilot.js')).findLambda(
      { ...given, program: spec },
      await load(),
      modules,
      init,
    );
    spec = { ...spec, lambda: found.lambda };
    pilot = found.report;
  }
  const config = { ...given, program: spec };
  const plan = planServer({ config, cost, workers, modules });
  const { run } = plan;
  const optimum = settleOptimum(cost, plan, true);
  checkTargets(config.stop, {
    averages: false,
    noOptimum: optimum ? null : (cost.whyNoOptimum ?? 'its cost has none'),
    agree: 'with a parameter server everyone always holds the same x',
  });

  return {
    config,
    program: plan,
    fill: (arena) => {
      fillServer(arena, cost, init);
      if (optimum) arena.view('trace.optimum', 'f64').set(optimum.x);
    },
    hint: () => {
      const gamma = describeSchedule(run.gamma);
      return `program.gamma is ${gamma}; try program.gamma: ${Number((run.gamma.initial / 4).toPrecision(2))}`;
    },
    place: () => ({ label: null, neighbours: [] }),
    agents: () =>
      Array.from({ length: run.agents }, (_, agent) => ({
        row: 0,
        label: String(agent),
        degree: 1,
        samples: samplesOf(cost, agent),
      })),
    report: {
      name: nameOf(loaded),
      agents: run.agents,
      edges: run.edges,
      dim: run.dim,
      workers,
      rounds: run.rounds,
      topology: 'star around a server',
      cost: cost.description,
      flow: 'parameter-server',
      compressor: describeSpec(plan.links.uplink),
      links: null,
      layout: null,
      ...estimateMemory(run, 0),
      spectrum: null,
      gains: { gamma: run.gamma.initial },
      tuning: null,
      bits: { perMessage: run.messageBits, uncompressedPerMessage: run.uncompressedBits },
      optimum: reportOptimum(optimum),
      server: reportServer(plan, spec, pilot),
      warnings: [...warnings, ...plan.warnings],
    },
  };
}

/** Data and beginning. */
export function fillServer(
  arena: Parameters<Prepared['fill']>[0],
  cost: CostModel,
  init: Float64Array | null,
): void {
  cost.fill(arena);
  const beginning = init ?? cost.initial?.();
  if (beginning) arena.view('x', 'f64').set(beginning);
}

function reportServer(
  { run, links }: ServerProgramPlan,
  spec: ServerSpec,
  lambda: string | null,
): ServerReport {
  const { kind, ...parameters } = spec.optimizer ?? { kind: 'sgd' };
  return {
    uplink: describeSpec(links.uplink),
    downlink: describeSpec(links.downlink),
    upBits: run.messageBits,
    downBits: run.downBits,
    gamma: describeSchedule(run.gamma),
    batch: spec.batch ?? 'all',
    optimizer: describeSpec({ kind, ...parameters }),
    lambda,
  };
}
