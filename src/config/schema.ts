/**
 * The shape of a run's configuration. What every run has is written here. What a program reads of it (a
 * graph, a flow) is checked by the program, and every component by the definition that its `kind` names.
 *
 * To add a key: its schema in `topLevel`, its name in `TOP_LEVEL_KEYS`, its field in `RunConfig`. What stands
 * under `study` and `learn` is checked here, and is no part of the config of a run.
 */

import { z } from 'zod';
import { PRECISIONS } from '../arena/layout.js';
import { isVisible } from '../base/visible.js';
import type { CostSpec } from '../cost/types.js';
import {
  BANDWIDTH_EXPECTED,
  DURATION_EXPECTED,
  isBandwidth,
  isDuration,
  isLatency,
  LATENCY_EXPECTED,
  MOST_SECONDS,
  networkInSi,
  readLatency,
} from '../links/units.js';
import type { CheckpointSpec, RunConfig, StopSpec } from '../run/config.js';
import { PINS } from '../run/places.js';
import { rowsParameter } from '../schema/array.js';
import { validateComponent } from '../schema/component.js';
import {
  explain,
  type Issue,
  isMapping,
  type JsonSchema,
  REPORT_INPUT,
  TOP_LEVEL_KEYS,
  toJsonSchema,
  unknownKeys,
  wrongValue,
} from '../schema/explain.js';
import type { CheckedSections, ProgramSections, Registries } from '../schema/program.js';
import { COMPRESSOR_OPTIONS, variants } from '../schema/variants.js';
import { MOST_ROUNDS } from '../sync/control.js';
import { learnSection } from './learn.js';
import { studySection } from './study.js';

export const DEFAULT_ROUNDS = 1000;
/**
 * Rounds between two rows of a trace, unless it says otherwise, are chosen so that a run leaves about this
 * many.
 */
const DEFAULT_TRACE_ROWS = 200;
const MAX_WORKERS = 1024;
const LEAST_CHECKPOINT_SECONDS = 0.1;

const bound = () => z.number().min(0).optional();

/** Everything but the components, whose bodies are open here. */
const topLevel = {
  name: z
    .string()
    .min(1)
    .refine(isVisible, 'expected text without control characters')
    .optional()
    .describe('for people: shown in the progress line, the summary and the run directory'),
  rounds: z
    .number()
    .int()
    .min(1)
    .max(MOST_ROUNDS)
    .default(DEFAULT_ROUNDS)
    .describe('rounds the run lasts at most'),
  stop: z
    .strictObject({
      rmsError: bound().describe('root mean square of x - x*, over agents and coordinates'),
      agentsGapMean: bound().describe('mean of f(x_i) - f* over the agents'),
      agentsGapWorst: bound().describe('largest f(x_i) - f* of any agent'),
      gradientNorm: bound().describe('mean of |grad f(x_i)| over the agents: where no optimum is known'),
      gap: bound().describe('f(mean x) - f*, of a point that no agent need hold'),
      consensusError: bound().describe('root mean square of x - mean x'),
    })
    .default({})
    .describe('converged in the first round in which everything given here is at or below its bound'),
  seed: z
    .number()
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .default(0)
    .describe('of every random draw; the same seed gives the same bits for any number of workers'),
  precision: z
    .enum(PRECISIONS)
    .default('float64')
    .describe(
      'of state, messages, kernels and data; float32 takes half the memory and half to two thirds of the time, and x is right to six or seven digits',
    ),
  workers: z
    .union([z.literal('auto'), z.number().int().min(1).max(MAX_WORKERS)])
    .default('auto')
    .describe(
      'worker threads; auto is as many as pay, of the cores that are ours (affinity, hardware threads of a core counted once, cgroup quota, SLURM_CPUS_PER_TASK)',
    ),
  pin: z
    .enum(PINS)
    .default('none')
    .describe(
      'holds each worker to a core of its own: cores are next to one another in the caches, spread takes sockets and caches in turns; none leaves it to the system (Linux, with koffi)',
    ),
  trace: z
    .strictObject({
      every: z
        .number()
        .int()
        .min(1)
        .max(MOST_ROUNDS)
        .optional()
        .describe('rounds from one row to the next, a 200th of the rounds by default'),
      sample: z
        .union([z.enum(['auto', 'all']), z.number().int().min(0)])
        .default('auto')
        .describe(
          'agents at which a row evaluates f and its gradient, for agentsGapMean, agentsGapWorst and gradientNorm; auto: all where that is quick, or where stop asks for one of them',
        ),
      agents: z
        .union([z.literal('all'), z.array(z.number().int().min(0)).min(1)])
        .optional()
        .describe(
          'agents whose x is kept with every row, in agents-trace.csv: [0, 5], or all; a thousand numbers a row at most',
        ),
      coordinates: z
        .array(z.number().int().min(0))
        .min(1)
        .optional()
        .describe('entries of their x that are kept, [0] by default'),
    })
    .prefault({}),
  network: z
    .strictObject({
      bandwidth: z
        .union([z.number().positive(), z.string().refine(isBandwidth, BANDWIDTH_EXPECTED)])
        .describe('of every link, in bit/s or with a unit: 1 Mbit/s'),
      latency: z
        .union([z.number().min(0), z.string().refine(isLatency, LATENCY_EXPECTED)])
        .default(0)
        .describe('of every message, in seconds or with a unit: 20 ms'),
      edges: z
        .union([
          z.string().min(1),
          z.array(
            z.strictObject({
              between: z.tuple([z.union([z.string(), z.number()]), z.union([z.string(), z.number()])]),
              bandwidth: z
                .union([z.number().positive(), z.string().refine(isBandwidth, BANDWIDTH_EXPECTED)])
                .optional(),
              latency: z
                .union([z.number().min(0), z.string().refine(isLatency, LATENCY_EXPECTED)])
                .optional(),
            }),
          ),
        ])
        .optional()
        .describe(
          'edges that differ: a list of { between: [a, b], bandwidth, latency }, or a .csv file with source,target,bandwidth,latency',
        ),
    })
    .optional()
    .describe('links for networkSeconds in the trace: what the rounds would have taken on them'),
  modules: z
    .strictObject({
      seconds: z
        .number()
        .positive()
        .max(1e9)
        .describe('one call of a function of your module may take, before the run is ended; 30 by default'),
    })
    .optional()
    .describe('modules of your own (kind: custom)'),
  checkpoint: z
    .strictObject({
      everyRounds: z.int().min(1).max(MOST_ROUNDS).optional().describe('rounds from one to the next'),
      everySeconds: z
        .number()
        .min(LEAST_CHECKPOINT_SECONDS)
        .max(1e9)
        .optional()
        .describe('seconds from one to the next, instead of everyRounds'),
      keep: z.int().min(1).max(1000).default(2).describe('how many of the newest are kept'),
    })
    .refine(
      ({ everyRounds, everySeconds }) => (everyRounds === undefined) !== (everySeconds === undefined),
      'expected everyRounds or everySeconds, one of the two',
    )
    .optional()
    .describe(
      'write what it takes to go on to DIR/checkpoints now and then: see sottovoce resume. A run that is stopped leaves one anyway',
    ),
  timeout: z
    .strictObject({
      round: z
        .union([z.number().positive().max(MOST_SECONDS), z.string().refine(isDuration, DURATION_EXPECTED)])
        .describe(
          'a phase of a round may take, in seconds or with a unit: 60 s; then the run fails and names the worker. Any time by default',
        ),
    })
    .optional()
    .describe('how long is too long'),
  report: z
    .boolean()
    .default(true)
    .describe('write report.html, a page with the curves and the network of the run, into its folder'),
  init: rowsParameter(z, '.npy file of x(0), agents x dim; zero where absent').optional(),
  study: studySection.optional(),
  learn: learnSection.optional(),
};

const TOP_LEVEL = z.strictObject(topLevel);

/**
 * Sections that may stand there with nothing behind them (`stop:` with its lines commented out): each of
 * their keys may be left out.
 */
const MAY_BE_EMPTY = ['stop', 'trace'];

export interface Checked {
  /** Null where something is wrong. */
  config: RunConfig | null;
  issues: Issue[];
  /** As in `LoadedConfig`. */
  alternatives?: Record<string, unknown>;
  /** As in `LoadedConfig`. */
  traceFollows?: true;
}

/** Validates plain data and fills in every default. Everything wrong is reported, not only the first. */
export function checkConfig(input: unknown, registries: Registries): Checked {
  if (!isMapping(input)) {
    const expected = 'a mapping with topology, cost and flow, or with program and cost';
    return { config: null, issues: [wrongValue([], input, expected)] };
  }
  const issues: Issue[] = [];
  const known = new Set(registries.sections.flatMap(({ keys }) => keys));
  const common: Record<string, unknown> = {};
  const unknown: string[] = [];
  for (const [key, value] of Object.entries(input)) {
    // `$schema` is where editors keep the schema's address in a JSON config.
    if (key === 'cost' || key === '$schema' || known.has(key)) continue;
    if (!Object.hasOwn(topLevel, key)) unknown.push(key);
    else if (value !== null || !MAY_BE_EMPTY.includes(key)) common[key] = value;
  }
  issues.push(...unknownKeys([], unknown, TOP_LEVEL_KEYS));
  const top = TOP_LEVEL.safeParse(common, REPORT_INPUT);
  if (!top.success) issues.push(...explain(top.error, TOP_LEVEL, common, []));

  const checked = checkSections(input, registries);
  const cost = validateComponent(registries.costs, input['cost'], ['cost']);
  issues.push(...checked.issues, ...cost.issues);
  if (!top.success || issues.length > 0) return { config: null, issues };
  return {
    config: { ...commonConfig(top.data, cost.spec as CostSpec), ...checked.sections },
    issues,
    ...(checked.alternatives && { alternatives: checked.alternatives }),
    ...(top.data.trace.every === undefined && { traceFollows: true as const }),
  };
}

/** The part of a config that its program reads. */
function checkSections(input: Record<string, unknown>, registries: Registries): CheckedSections {
  const { program } = input;
  const [unnamed, ...named] = registries.sections;
  if (program === undefined) return (unnamed as ProgramSections).check(input, registries);
  const kind = isMapping(program) ? program['kind'] : undefined;
  const own = named.find((sections) => sections.kind === kind);
  const checked: CheckedSections = own
    ? own.check(input, registries)
    : { sections: {}, issues: validateComponent(registries.programs, program, ['program']).issues };
  for (const key of (unnamed as ProgramSections).keys) {
    if (input[key] === undefined) continue;
    const text =
      unnamed?.beside?.[key] ??
      `${key} stands beside program, expected one of them: a program has links of its own`;
    checked.issues.push({ path: [key], at: 'key', text });
  }
  return checked;
}

/** What every run has, with its defaults. */
function commonConfig(data: z.infer<z.ZodObject<typeof topLevel>>, cost: CostSpec): RunConfig {
  const { name, init, rounds, stop, seed, precision, workers, pin } = data;
  const { trace, network, modules, checkpoint, timeout, report } = data;
  return {
    ...(name === undefined ? {} : { name }),
    cost,
    rounds,
    stop: stop as StopSpec,
    seed,
    ...(precision === 'float64' ? {} : { precision }),
    workers,
    ...(pin === 'none' ? {} : { pin }),
    trace: {
      every: trace.every ?? Math.max(1, Math.ceil(rounds / DEFAULT_TRACE_ROWS)),
      sample: trace.sample,
      ...(trace.agents === undefined ? {} : { agents: trace.agents }),
      ...(trace.coordinates === undefined ? {} : { coordinates: trace.coordinates }),
    },
    ...(network === undefined ? {} : { network: networkInSi(network) }),
    ...(modules === undefined ? {} : { modules }),
    ...(checkpoint === undefined ? {} : { checkpoint: checkpoint as CheckpointSpec }),
    ...(timeout === undefined ? {} : { timeout: { round: readLatency(timeout.round) as number } }),
    ...(report ? {} : { report: false as const }),
    ...(init === undefined ? {} : { init }),
  };
}

/** The whole shape as JSON Schema (draft 2020-12), which editors complete and check configs with. */
export function configJsonSchema(registries: Registries): JsonSchema {
  const { $schema, properties = {}, additionalProperties } = toJsonSchema(TOP_LEVEL);
  const { name, ...common } = properties;
  const programs = registries.sections.map((program) => program.jsonSchema(registries));
  const named = registries.sections.flatMap(({ definition }, i) =>
    definition ? [programs[i]?.properties['program'] ?? {}] : [],
  );
  return {
    $schema,
    title: 'Sottovoce run configuration',
    description: 'What `sottovoce run` reads. Paths in it are relative to the file it stands in.',
    type: 'object',
    properties: {
      $schema: { type: 'string' },
      ...(name && { name }),
      ...Object.assign({}, ...programs.map((program) => program.properties)),
      cost: { description: 'Private cost of every agent.', oneOf: variants(registries.costs) },
      program: {
        description: 'Instead of topology, flow and compressor: a program with links of its own.',
        oneOf: named,
      },
      ...common,
    },
    required: ['cost'],
    oneOf: programs.map(({ required }) => ({ required })),
    additionalProperties: additionalProperties ?? false,
    $defs: {
      compressor: {
        description: 'What a message keeps of the vector it stands for.',
        oneOf: variants(registries.compressors, COMPRESSOR_OPTIONS),
      },
    },
  };
}
