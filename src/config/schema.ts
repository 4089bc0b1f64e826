/**
 * The shape of a run's configuration. The top level is written here; the bodies of `cost`, `flow`, `compressor` and generated topologies are
 * each validated by the definition that their `kind` names.
 *
 * To add a key: its schema in `topLevel` (or a component family in `checkConfig`), its name in `TOP_LEVEL_KEYS`, its field in `RunConfig`.
 */

import { z } from 'zod';
import type { CompressorSpec } from '../compress/types.js';
import type { CostSpec } from '../cost/types.js';
import { formatPath, type SpecPath } from '../errors.js';
import type { Compress, FlowSpec } from '../flow/types.js';
import type { LinksSpec } from '../links/types.js';
import type { ServerSpec } from '../program/parameter-server/types.js';
import { isVisible } from '../visible.js';
import {
  bodySchema,
  type ComponentDefinition,
  type ComponentOptions,
  type Registry,
  type Validated,
  validateComponent,
} from './component.js';
import {
  explain,
  type Issue,
  isMapping,
  type JsonSchema,
  REPORT_INPUT,
  TOP_LEVEL_KEYS,
  toJsonSchema,
  unknownKey,
  wrongValue,
} from './explain.js';
import { BANDWIDTH_EXPECTED, isBandwidth, isLatency, LATENCY_EXPECTED, networkInSi } from './network.js';
import type { Registries } from './registries.js';
import type { CommonConfig, RunConfig, StopSpec, TopologySpec } from './types.js';

export const DEFAULT_ROUNDS = 1000;
/** Rounds between two rows of a trace, unless it says otherwise, are chosen so that a run leaves about this many. */
const DEFAULT_TRACE_ROWS = 200;
/** Round counters are 32-bit, in the arena's control words and in Philox's counter. */
const MAX_ROUNDS = 2 ** 31 - 1;
const MAX_WORKERS = 1024;
const MAX_BLOCK_AGENTS = 4096;

const bound = () => z.number().min(0).optional();

/** Everything but the components, whose bodies are open here. */
const topLevel = {
  name: z
    .string()
    .min(1)
    .refine(isVisible, 'expected text without control characters')
    .optional()
    .describe('for people: shown in the progress line, the summary and the run directory'),
  weights: z
    .enum(['unit', 'metropolis', 'file'])
    .default('unit')
    .describe('edge weights: all 1, Metropolis 1 / (1 + max degree), or those of the graph file'),
  rounds: z
    .number()
    .int()
    .min(1)
    .max(MAX_ROUNDS)
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
  workers: z
    .union([z.literal('auto'), z.number().int().min(1).max(MAX_WORKERS)])
    .default('auto')
    .describe(
      'worker threads; auto is one for each core that is ours (affinity, cgroup quota, SLURM_CPUS_PER_TASK)',
    ),
  trace: z
    .strictObject({
      every: z
        .number()
        .int()
        .min(1)
        .max(MAX_ROUNDS)
        .optional()
        .describe('rounds from one row to the next, a 200th of the rounds by default'),
      sample: z
        .union([z.enum(['auto', 'all']), z.number().int().min(0)])
        .default('auto')
        .describe(
          'agents at which a row evaluates f and its gradient, for agentsGapMean, agentsGapWorst and gradientNorm; auto: all where that is quick, or where stop asks for one of them',
        ),
    })
    .prefault({}),
  layout: z
    .strictObject({
      order: z
        .enum(['auto', 'given', 'rcm'])
        .default('auto')
        .describe(
          'in which order agents lie in memory: as numbered, or neighbours near each other (reverse Cuthill-McKee); auto: the latter in large graphs where it helps',
        ),
      block: z
        .union([z.literal('auto'), z.number().int().min(1).max(MAX_BLOCK_AGENTS)])
        .default('auto')
        .describe('agents worked on together; auto: as many as the caches hold'),
    })
    .prefault({})
    .describe('how agents lie in memory and are worked on: it changes how fast a run is, and no bits'),
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
  init: z.string().min(1).optional().describe('.npy file of x(0), agents x dim; zero where absent'),
};

const FILE_TOPOLOGY = z.strictObject({
  file: z.string().min(1).describe('graph file; the extension says the format'),
  format: z.string().min(1).optional().describe('reader, where the extension does not say it'),
  largestComponent: z.boolean().optional().describe('keep only the largest connected component'),
  directed: z
    .boolean()
    .optional()
    .describe('keep the directions of its edges, for flows that can do with them'),
  encoding: z
    .string()
    .min(1)
    .optional()
    .describe('of its text, where that is not UTF-8 and does not say so: latin1, windows-1252, ...'),
  separator: z
    .enum(['tab', 'comma', 'semicolon', 'bar', 'space'])
    .optional()
    .describe('what separates the fields of a list or a table, where two things could'),
  header: z
    .boolean()
    .optional()
    .describe('whether the first row of a list or a table is a header, where it could be data'),
  columns: z
    .array(z.union([z.string().min(1), z.number().int().min(1)]))
    .min(2)
    .max(3)
    .optional()
    .describe('columns of an edge list: source, target and perhaps weight, by number from 1 or by name'),
});
const GENERATED_COMMON = { largestComponent: FILE_TOPOLOGY.shape.largestComponent };

const COMPRESSOR_OPTIONS: ComponentOptions = { nestedKey: 'inner' };
const GENERATOR_OPTIONS: ComponentOptions = { common: GENERATED_COMMON };

/** Sections that may stand there with nothing behind them (`stop:` with its lines commented out): each of their keys may be left out. */
const MAY_BE_EMPTY = new Set<string>(['stop', 'trace', 'layout']);

export interface Checked {
  /** Null where something is wrong. */
  config: RunConfig | null;
  issues: Issue[];
  /** As in `LoadedConfig`. */
  otherMode?: Compress;
}

/** Validates plain data and fills in every default. Everything wrong is reported, not only the first. */
export function checkConfig(input: unknown, registries: Registries): Checked {
  if (!isMapping(input)) {
    const expected = 'a mapping with topology, cost and flow, or with program and cost';
    return { config: null, issues: [wrongValue([], input, expected)] };
  }
  const issues: Issue[] = [];
  const { topology, cost, flow, compressor, program, links, ...rest } = input;
  delete rest['$schema']; // Where editors keep the schema's address in a JSON config.
  for (const key of Object.keys(rest)) if (rest[key] === null && MAY_BE_EMPTY.has(key)) delete rest[key];

  for (const key of Object.keys(rest)) {
    if (Object.hasOwn(topLevel, key)) continue;
    issues.push(unknownKey([], key, TOP_LEVEL_KEYS));
    delete rest[key];
  }
  const shape = z.strictObject(topLevel);
  const top = shape.safeParse(rest, REPORT_INPUT);
  if (!top.success) issues.push(...explain(top.error, shape, rest, []));

  if (program !== undefined) {
    const checked = {
      program: checkProgram(registries, program),
      cost: validateComponent(registries.costs, cost, ['cost']),
    };
    for (const key of ['topology', 'weights', 'flow', 'compressor', 'links']) {
      if (input[key] === undefined) continue;
      const text = `${key} stands beside program, expected one of them: a program has links of its own`;
      issues.push({ path: [key], at: 'key', text });
    }
    if (input['layout'] !== undefined) {
      const text = 'layout is for agents on a graph, and a program has none';
      issues.push({ path: ['layout'], at: 'key', text });
    }
    if (top.data?.network?.edges !== undefined) {
      const text = 'network.edges names edges of a graph, and a program has links of its own, all alike';
      issues.push({ path: ['network', 'edges'], at: 'key', text });
    }
    for (const part of Object.values(checked)) issues.push(...part.issues);
    if (!top.success || issues.length > 0) return { config: null, issues };
    return {
      config: {
        ...commonConfig(top.data, checked.cost.spec as CostSpec),
        program: checked.program.spec as ServerSpec,
      },
      issues,
    };
  }

  const checked = {
    topology: checkTopology(registries.topologies, topology),
    cost: validateComponent(registries.costs, cost, ['cost']),
    flow: validateComponent(registries.flows, flow, ['flow']),
    compressor: validateComponent(
      registries.compressors,
      compressor === undefined ? { kind: 'identity' } : compressor,
      ['compressor'],
      COMPRESSOR_OPTIONS,
    ),
    links:
      links === undefined
        ? { spec: null, issues: [] }
        : validateComponent(registries.links, links, ['links']),
  };
  for (const part of Object.values(checked)) issues.push(...part.issues);
  if (!top.success || issues.length > 0) return { config: null, issues };

  const compressorSpec = checked.compressor.spec as CompressorSpec;
  const config: RunConfig = {
    ...commonConfig(top.data, checked.cost.spec as CostSpec),
    topology: checked.topology.spec as TopologySpec,
    weights: top.data.weights,
    flow: flowWithDefaults(checked.flow.spec, compressorSpec, registries.flows),
    compressor: compressorSpec,
    ...(checked.links.spec === null ? {} : { links: checked.links.spec as LinksSpec }),
    layout: top.data.layout,
  };
  const open = config.flow.compress === 'error-memory' && checked.flow.spec['compress'] === undefined;
  return { config, issues, ...(open && { otherMode: 'error-state' }) };
}

/** What every run has, with its defaults. */
function commonConfig(data: z.infer<z.ZodObject<typeof topLevel>>, cost: CostSpec): CommonConfig {
  const { name, init, rounds, stop, seed, workers, trace, network } = data;
  return {
    ...(name === undefined ? {} : { name }),
    cost,
    rounds,
    stop: stop as StopSpec,
    seed,
    workers,
    trace: {
      every: trace.every ?? Math.max(1, Math.ceil(rounds / DEFAULT_TRACE_ROWS)),
      sample: trace.sample,
    },
    ...(network === undefined ? {} : { network: networkInSi(network) }),
    ...(init === undefined ? {} : { init }),
  };
}

/** A program's body by its own definition, and the compressors on its links by theirs. */
function checkProgram(registries: Registries, program: unknown): Validated {
  const checked = validateComponent(registries.programs, program, ['program']);
  const kind = isMapping(program) ? program['kind'] : undefined;
  if (typeof kind !== 'string' || !Object.hasOwn(registries.programs, kind)) return checked;
  for (const link of registries.programs[kind].links) {
    const given = (program as Record<string, unknown>)[link];
    if (given === undefined || typeof given === 'string') {
      if (given === undefined || (link === 'downlink' && ['one-bit', 'none'].includes(given))) continue;
      const expected = `a compressor such as { kind: sign }${link === 'downlink' ? ', one-bit or none' : ''}`;
      checked.issues.push(wrongValue(['program', link], given, expected));
      continue;
    }
    const nested = validateComponent(registries.compressors, given, ['program', link], COMPRESSOR_OPTIONS);
    checked.issues.push(...nested.issues);
    checked.spec[link] = nested.spec;
  }
  return checked;
}

/**
 * Flows that leave the choice say the state itself where nothing is compressed, else what changed: with a memory where they have one and choose their gains
 * themselves (it takes fewer rounds nearly everywhere, docs/auto.md), without where somebody chose gains, which would be another mode's.
 */
function flowWithDefaults(
  spec: Record<string, unknown>,
  compressor: CompressorSpec,
  flows: Registries['flows'],
): FlowSpec {
  const { kind, ...given } = spec as FlowSpec;
  const { modes } = flows[kind];
  if (!modes) return { kind, ...given };
  const chosen = ['step', 'alpha', 'beta', 'mu'].some((gain) => typeof given[gain] === 'number');
  const compressed: Compress = modes.includes('error-memory') && !chosen ? 'error-memory' : 'error-state';
  return { kind, compress: compressor.kind === 'identity' ? 'none' : compressed, ...given };
}

/** One graph of a config, the run's own unless `path` says otherwise. */
export function checkTopology(
  generators: Registry,
  spec: unknown,
  path: SpecPath = ['topology'],
): { spec: Record<string, unknown>; issues: Issue[] } {
  if (!isMapping(spec)) {
    const expected = 'a mapping such as { kind: ring, nodes: 25 } or { file: graph.gml }';
    return { spec: {}, issues: [wrongValue(path, spec, expected)] };
  }
  const hasFile = spec['file'] !== undefined;
  const hasKind = spec['kind'] !== undefined;
  if (hasFile && hasKind) {
    const text = `${formatPath(path)} has both file and kind: a graph is either read from a file or generated; remove one`;
    return { spec: {}, issues: [{ path: [...path, 'kind'], at: 'key', text }] };
  }
  if (hasKind) return validateComponent(generators, spec, path, GENERATOR_OPTIONS);
  if (!hasFile) {
    const kinds = Object.keys(generators).join(', ');
    const text = `${formatPath(path)} has neither file nor kind, expected one of them (kinds: ${kinds})`;
    const unknown = Object.keys(spec)
      .filter((key) => !Object.hasOwn(FILE_TOPOLOGY.shape, key))
      .map((key) => unknownKey(path, key, [...Object.keys(FILE_TOPOLOGY.shape), 'kind']))
      .filter((issue) => issue.text.includes('did you mean'));
    return { spec: {}, issues: [{ path, at: 'value', text }, ...unknown] };
  }
  const result = FILE_TOPOLOGY.safeParse(spec, REPORT_INPUT);
  if (result.success) return { spec: result.data, issues: [] };
  return { spec: {}, issues: explain(result.error, FILE_TOPOLOGY, spec, path) };
}

/** The whole shape as JSON Schema (draft 2020-12), which editors complete and check configs with. */
export function configJsonSchema(registries: Registries): JsonSchema {
  const { $schema, properties, additionalProperties } = toJsonSchema(z.strictObject(topLevel));
  const file = withoutDialect(toJsonSchema(FILE_TOPOLOGY));
  return {
    $schema,
    title: 'Sottovoce run configuration',
    description: 'What `sottovoce run` reads. Paths in it are relative to the file it stands in.',
    type: 'object',
    properties: {
      $schema: { type: 'string' },
      ...pick(properties ?? {}, ['name']),
      topology: {
        description: 'The graph: read from a file, or generated.',
        anyOf: [file, ...variants(registries.topologies, GENERATOR_OPTIONS)],
      },
      ...pick(properties ?? {}, ['weights']),
      cost: { description: 'Private cost of every agent.', oneOf: variants(registries.costs) },
      flow: { description: 'The distributed flow.', oneOf: variants(registries.flows) },
      compressor: { $ref: '#/$defs/compressor' },
      program: {
        description: 'Instead of topology, flow and compressor: a program with links of its own.',
        oneOf: programVariants(registries.programs),
      },
      links: {
        description: 'Links that change from round to round.',
        oneOf: variants(registries.links),
      },
      ...pick(properties ?? {}, ['rounds', 'stop', 'seed', 'workers', 'trace', 'layout', 'network', 'init']),
    },
    required: ['cost'],
    oneOf: [{ required: ['topology', 'flow'] }, { required: ['program'] }],
    additionalProperties: additionalProperties ?? false,
    $defs: {
      compressor: {
        description: 'What a message keeps of the vector it stands for.',
        oneOf: variants(registries.compressors, COMPRESSOR_OPTIONS),
      },
    },
  };
}

function programVariants(registry: Registries['programs']): JsonSchema[] {
  return Object.entries(registry).map(([kind, definition]) => {
    const schema = variant(kind, definition, {});
    const properties = { ...schema.properties };
    for (const link of definition.links) {
      const { description } = properties[link];
      const reference = { $ref: '#/$defs/compressor' };
      properties[link] = {
        ...(description === undefined ? {} : { description }),
        ...(link === 'downlink' ? { anyOf: [{ enum: ['one-bit', 'none'] }, reference] } : reference),
      };
    }
    return { ...schema, properties };
  });
}

function variants(registry: Registry, options: ComponentOptions = {}): JsonSchema[] {
  return Object.entries(registry).map(([kind, definition]) => variant(kind, definition, options));
}

function variant(kind: string, definition: ComponentDefinition, options: ComponentOptions): JsonSchema {
  const schema = withoutDialect(toJsonSchema(bodySchema(definition, kind, options.common)));
  const properties: Record<string, JsonSchema> = { ...schema.properties, kind: { const: kind } };
  const { nestedKey } = options;
  if (nestedKey !== undefined && Object.hasOwn(properties, nestedKey)) {
    const reference = { $ref: '#/$defs/compressor' };
    const { type, description } = properties[nestedKey];
    properties[nestedKey] = {
      ...(description === undefined ? {} : { description }),
      ...(type === 'array' ? { type, items: reference } : reference),
    };
  }
  const required = [...new Set(['kind', ...(schema.required ?? [])])];
  return { title: kind, description: definition.card.summary, ...schema, properties, required };
}

function withoutDialect(schema: JsonSchema): JsonSchema {
  const { $schema: _, ...rest } = schema;
  return rest;
}

function pick(properties: Record<string, JsonSchema>, keys: readonly string[]): Record<string, JsonSchema> {
  return Object.fromEntries(keys.filter((key) => properties[key]).map((key) => [key, properties[key]]));
}
