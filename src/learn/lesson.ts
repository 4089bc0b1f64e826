/** What a policy is trained on, made of a config with its section `learn`. */

import { dirname, resolve } from 'node:path';
import { InputError, unexpected } from '../base/errors.js';
import type { Target } from '../compare/types.js';
import { learned } from '../compress/kinds.js';
import { type Feature, type Policy, type PolicyAction, policyFault } from '../compress/policy.js';
import type { CompressorSpec } from '../compress/types.js';
import { type LearnSpec, learnSection } from '../config/learn.js';
import { loadConfig, loadLearn, parseConfig, parseOverride } from '../config/load.js';
import { loadRegistries } from '../config/registries.js';
import type { FlowDefinition } from '../flow/types.js';
import type { RunConfig } from '../run/config.js';
import { type PolicyFamily, parametersOf } from './parameters.js';
import { type Problem, problemsOf, type Training } from './problems.js';

/** 30 to 60 agents, on graphs of two kinds that have nothing to do with one another. */
const GRAPHS = [
  { kind: 'random-regular', nodes: 30, degree: 4 },
  { kind: 'erdos-renyi', nodes: 44, probability: 0.14, largestComponent: true },
  { kind: 'random-regular', nodes: 60, degree: 5 },
  { kind: 'erdos-renyi', nodes: 32, probability: 0.2, largestComponent: true },
];

/** sqrt(2 / pi): the size of signs that loses least of a Gaussian entry. */
const SIGN_SIZE = 0.7979;
/** The same of signs that are a word of the extended Hamming code. */
const HAMMING_SIZE = 0.733;
const HAMMING = Array.from({ length: 16 }, (_, j) => 16 + j);

/** Signs, fewer of them, and none. */
const ACTIONS: PolicyAction[] = [
  { do: 'signs', size: HAMMING_SIZE, checks: HAMMING },
  { do: 'signs', size: SIGN_SIZE, checks: [] },
  { do: 'silence' },
];
const FEATURES: Feature[] = ['one', 'growth', 'trend', 'early', 'age'];
/** Problems that a policy is measured on in the end have seeds from here on. */
const OTHERS = 1_000_000;
/** A policy is tried for so many rounds at least, where the config says nothing of them. */
const ROUNDS = 20_000;

export interface Lesson extends Training {
  spec: LearnSpec;
  family: Omit<PolicyFamily, 'gains'>;
  problems: Problem[];
  validation: Problem[];
  /** Of the gains of a problem those that are searched along. */
  gains(problem: Problem): string[];
}

/** @param config a file, or plain data. Throws InputError. */
export async function makeLesson(
  config: string | Record<string, unknown>,
  { set = [], name }: { set?: readonly string[]; name: string },
): Promise<Lesson> {
  const given = set.map(parseOverride);
  const spec = (await loadLearn(config, given)) ?? learnSection.parse({});
  const family = {
    actions: spec.actions ?? ACTIONS,
    features: spec.features ?? FEATURES,
    rotate: spec.rotate,
    steps: spec.steps,
  };
  // With the names that people gave, and before anything runs.
  const fault = policyFault(
    { ...family, weights: family.actions.map(() => family.features.map(() => 0)) } as unknown as Policy,
    (spec.compressors ?? []).length,
  );
  if (fault !== null) throw unexpected(['learn', ...fault.path], fault.value, fault.expected);
  const first = parametersOf({ ...family, name, gains: [] });
  const inner = spec.compressors as CompressorSpec[] | undefined;
  // As a config with this compressor is completed.
  const compressor = { ...learned(first.policy(first.start)), ...(inner && { inner }) };
  const overrides = [...given, { path: ['compressor'], value: compressor, origin: 'the first policy' }];
  const registries = await loadRegistries();
  const loaded =
    typeof config === 'string'
      ? await loadConfig(config, overrides, registries)
      : await parseConfig(config, { overrides, registries });
  const { program } = loaded.config as RunConfig & { program?: unknown };
  if (program !== undefined)
    throw new InputError('the config runs a program, expected a flow over a graph: topology, cost and flow');
  const own = loaded.config as unknown as Record<string, unknown>;
  // Whatever the run would choose is chosen for each problem anew.
  const { topology: _, weights, cost, flow, compressor: completed, stop: __, trace: ___, ...rest } = own;
  const costs = (spec.costs ?? [cost]) as Record<string, unknown>[];
  const graphs = (spec.graphs ?? GRAPHS) as Record<string, unknown>[];
  const { search } = registries.flows[String((flow as { kind: unknown }).kind)] as FlowDefinition;
  const target: Target = { quantity: 'rmsError', bound: spec.target };
  return {
    config: {
      ...rest,
      ...(weights !== undefined && { weights }),
      flow,
      rounds: Math.max(loaded.config.rounds, ROUNDS),
    },
    folder: typeof config === 'string' ? dirname(resolve(config)) : resolve('.'),
    name: loaded.config.name ?? name,
    registries,
    // With what they name: a policy's file lies elsewhere.
    compressors: (completed as { inner?: CompressorSpec[] }).inner ?? [],
    target,
    largest: search?.largest ?? {},
    spec,
    family: { ...family, name: loaded.config.name ?? name },
    problems: problemsOf(graphs, costs, spec.problems, spec.seed),
    validation: problemsOf(graphs, costs, spec.validation, spec.seed + OTHERS),
    gains: ({ gains = {} }) => ['step', 'alpha', 'beta'].filter((gain) => (gains[gain] ?? 0) > 0),
  };
}
