/**
 * The sections of a config that are a flow's, checked and completed: topology, weights, flow, compressor,
 * links, layout.
 */

import path from 'node:path';
import { z } from 'zod';
import { describeSpec } from '../../base/describe.js';
import { formatPath, type SpecPath } from '../../base/errors.js';
import { AUTO, type AutoSpec, autoCompressor, isAuto, leavesChoice } from '../../compress/auto.js';
import { UNCOMPRESSED } from '../../compress/registry.js';
import type { CompressorSpec } from '../../compress/types.js';
import { flowKind, flowLabel } from '../../flow/registry.js';
import type { FlowSpec } from '../../flow/types.js';
import type { CutChoice } from '../../ranks/cut.js';
import { type ComponentOptions, type Registry, validateComponent } from '../../schema/component.js';
import {
  explain,
  type Issue,
  isMapping,
  type JsonSchema,
  REPORT_INPUT,
  toJsonSchema,
  unknownKey,
  wrongValue,
} from '../../schema/explain.js';
import type { CheckedSections, ProgramSections, Registries } from '../../schema/program.js';
import {
  COMPRESSOR_OPTIONS,
  COMPRESSOR_REFERENCE,
  variant,
  variants,
  withoutDialect,
} from '../../schema/variants.js';
import type { FlowConfig, TopologySpec } from './config.js';
import { EDGES_TOPOLOGY, GRAPH_TOPOLOGY, givenGraph } from './given-graph.js';
import { completeFlow } from './mode.js';

const MAX_BLOCK_AGENTS = 4096;
const MAX_AHEAD = 64;

/** What is no component. */
const plainSections = {
  weights: z
    .enum(['unit', 'metropolis', 'file'])
    .default('unit')
    .describe('edge weights: all 1, Metropolis 1 / (1 + max degree), or those of the graph file'),
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
      ahead: z
        .union([z.literal('auto'), z.number().int().min(0).max(MAX_AHEAD)])
        .default('auto')
        .describe(
          "how many agents ahead the messages of an agent's neighbours are asked for; auto: none where all messages fit into the caches",
        ),
      cut: z
        .enum(['auto', 'metis', 'rcm', 'given'] satisfies CutChoice[])
        .optional()
        .describe(
          'over several ranks (run --mpi), which holds which agents: metis, rcm (strips), given (ranges of numbers); auto, as where it is left out: the first two where clearly fewer messages go between ranks',
        ),
    })
    .prefault({})
    .describe('how agents lie in memory and are worked on: it changes how fast a run is, and no bits'),
};

const PLAIN = z.strictObject(plainSections);

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

const GENERATOR_OPTIONS: ComponentOptions = { common: GENERATED_COMMON };

export const flowSections: ProgramSections = {
  kind: 'flow',
  definition: null,
  keys: ['topology', 'weights', 'flow', 'compressor', 'links', 'layout'],
  beside: { layout: 'layout is for agents on a graph, and a program has none' },
  check,
  jsonSchema(registries) {
    const file = withoutDialect(toJsonSchema(FILE_TOPOLOGY));
    const edges = withoutDialect(toJsonSchema(EDGES_TOPOLOGY));
    const { weights, layout } = toJsonSchema(PLAIN).properties ?? {};
    return {
      properties: {
        topology: {
          description: 'The graph: read from a file, given by its edges, or generated.',
          anyOf: [file, edges, ...variants(registries.topologies, GENERATOR_OPTIONS)],
        },
        weights: weights ?? {},
        flow: { description: 'The distributed flow.', oneOf: variants(registries.flows) },
        compressor: {
          description: 'What a message keeps; auto: chosen by trial runs.',
          anyOf: [COMPRESSOR_REFERENCE, { const: autoCompressor.kind }, autoVariant()],
        },
        links: {
          description: 'Links that change from round to round.',
          oneOf: variants(registries.links),
        },
        layout: layout ?? {},
      },
      required: ['topology', 'flow'],
    };
  },
  describe: (config) => {
    const { flow, compressor, topology, links } = config as FlowConfig;
    const { reference } = flow;
    const definition = flowKind(flow.kind);
    return {
      flow: flowLabel(flow),
      compressor: describeSpec(compressor),
      // What a module sends is known when it has been loaded.
      uncompressed:
        definition.of === undefined && !isAuto(compressor) && !definition.messages(flow).compressed,
      network: [topology, links ?? null],
      graph: graphName(topology),
      // A series of references ends where its file does.
      endless: reference === undefined || !('file' in reference),
    };
  },
};

/** A file without its folder and ending, a generator with its parameters, or what a given graph is called. */
function graphName({ file, kind, name = 'graph', ...parameters }: TopologySpec): string {
  if (file !== undefined) return path.basename(file).replace(/(\.\w+)?\.\w+$/, '');
  return kind === undefined ? name : describeSpec({ kind, ...parameters });
}

function check(input: Record<string, unknown>, registries: Registries): CheckedSections {
  const { topology, flow, compressor = UNCOMPRESSED, links, weights, layout } = input;
  const given = {
    ...(weights !== undefined && { weights }),
    // A section that may stand there with nothing behind it: each of its keys may be left out.
    ...(layout !== undefined && layout !== null && { layout }),
  };
  const plain = PLAIN.safeParse(given, REPORT_INPUT);
  const checked = {
    topology: checkTopology(registries.topologies, topology),
    flow: validateComponent(registries.flows, flow, ['flow']),
    compressor: checkCompressor(compressor, input, registries),
    ...(links !== undefined && { links: validateComponent(registries.links, links, ['links']) }),
  };
  const issues: Issue[] = plain.success ? [] : explain(plain.error, PLAIN, given, []);
  for (const part of Object.values(checked)) issues.push(...part.issues);
  if (issues.length > 0) return { sections: {}, issues };
  const compressorSpec = checked.compressor.spec as CompressorSpec;
  const auto = isAuto(compressorSpec);
  const refused = auto ? refuseChoice(checked.flow.spec as FlowSpec) : [];
  if (refused.length > 0) return { sections: {}, issues: refused };
  const precision = input['precision'] === 'float32' ? 'float32' : 'float64';
  // What suits a compressor is known when it is chosen.
  const flowSpec = checked.flow.spec as FlowSpec;
  const { flow: complete, otherMode } = auto
    ? { flow: flowSpec, otherMode: null }
    : completeFlow(flowSpec, compressorSpec, precision);
  return {
    sections: {
      topology: checked.topology.spec,
      weights: plain.data?.weights,
      flow: complete,
      compressor: compressorSpec,
      ...(checked.links && { links: checked.links.spec }),
      layout: plain.data?.layout,
    },
    issues,
    ...(otherMode !== null && { alternatives: { 'flow.compress': otherMode } }),
  };
}

/** Of a choice: what it is among are compressors. */
function autoVariant(): JsonSchema {
  const schema = variant(autoCompressor.kind, autoCompressor, {});
  const among = { ...schema.properties?.['among'], items: COMPRESSOR_REFERENCE };
  return { ...schema, properties: { ...schema.properties, among } };
}

/** A compressor, or the wish that one be chosen. */
function checkCompressor(
  given: unknown,
  { network }: Record<string, unknown>,
  { compressors }: Registries,
): { spec: Record<string, unknown>; issues: Issue[] } {
  const at = ['compressor'];
  if (!leavesChoice(given))
    return validateComponent(compressors, given, at, { ...COMPRESSOR_OPTIONS, words: [autoCompressor.kind] });
  const spec = typeof given === 'string' ? { kind: given } : given;
  const own = validateComponent(AUTO, spec, at);
  if (own.issues.length > 0) return own;
  const hasNetwork = network !== undefined && network !== null;
  const { for: purpose = hasNetwork ? 'seconds' : 'bits', among } = own.spec as Partial<AutoSpec>;
  if (purpose === 'seconds' && !hasNetwork) {
    const expected = 'rounds or bits, since the config has no network, whose seconds these would be';
    return { spec: {}, issues: [wrongValue([...at, 'for'], purpose, expected)] };
  }
  const checked = among?.map((entry, i) =>
    validateComponent(compressors, entry, [...at, 'among', i], COMPRESSOR_OPTIONS),
  );
  return {
    spec: {
      kind: autoCompressor.kind,
      for: purpose,
      ...(checked && { among: checked.map(({ spec }) => spec) }),
    },
    issues: checked?.flatMap(({ issues }) => issues) ?? [],
  };
}

/** Where there is nothing to choose. */
function refuseChoice(flow: FlowSpec): Issue[] {
  const { modes, messages, of } = flowKind(flow.kind);
  if (flow.compress === 'none') {
    const expected = 'another mode, or none given: compressor is auto, and with none nothing is compressed';
    return [wrongValue(['flow', 'compress'], 'none', expected)];
  }
  // What a module sends is known when it has been loaded.
  if (of !== undefined || modes !== undefined || messages(flow).compressed) return [];
  const expected = `no compressor, since ${flowLabel(flow)} sends its vectors as they are: there is nothing to choose`;
  return [wrongValue(['compressor'], 'auto', expected)];
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
  const sources = ['file', 'edges', 'graph', 'kind'].filter((key) => spec[key] !== undefined);
  const [source, other] = sources;
  if (other !== undefined) {
    const why = 'a graph is either read from a file, given by its edges or generated; remove one';
    const text = `${formatPath(path)} has both ${source} and ${other}: ${why}`;
    return { spec: {}, issues: [{ path: [...path, other], at: 'key', text }] };
  }
  if (source === 'kind') return validateComponent(generators, spec, path, GENERATOR_OPTIONS);
  if (source === 'edges' || source === 'graph') return checkGiven(spec, path);
  if (source === undefined) {
    const kinds = Object.keys(generators).join(', ');
    const text = `${formatPath(path)} has neither file nor kind, expected one of them (kinds: ${kinds})`;
    const unknown = Object.keys(spec)
      .filter((key) => !Object.hasOwn(FILE_TOPOLOGY.shape, key))
      .slice(0, 20)
      .map((key) => unknownKey(path, key, [...Object.keys(FILE_TOPOLOGY.shape), 'edges', 'kind']))
      .filter((issue) => issue.text.includes('did you mean'));
    return { spec: {}, issues: [{ path, at: 'value', text }, ...unknown] };
  }
  const result = FILE_TOPOLOGY.safeParse(spec, REPORT_INPUT);
  if (result.success) return { spec: result.data, issues: [] };
  return { spec: {}, issues: explain(result.error, FILE_TOPOLOGY, spec, path) };
}

/** A graph that the config brings itself: what is kept of it is the graph. */
function checkGiven(
  spec: Record<string, unknown>,
  path: SpecPath,
): { spec: Record<string, unknown>; issues: Issue[] } {
  const shape = spec['graph'] === undefined ? EDGES_TOPOLOGY : GRAPH_TOPOLOGY;
  const result = shape.safeParse(spec, REPORT_INPUT);
  if (!result.success) return { spec: {}, issues: explain(result.error, shape, spec, path) };
  const graph = givenGraph(spec, path);
  if ('issue' in graph) return { spec: {}, issues: [graph.issue] };
  const { name, largestComponent } = result.data;
  return {
    spec: {
      graph,
      ...(name !== undefined && { name }),
      ...(largestComponent !== undefined && { largestComponent }),
    },
    issues: [],
  };
}

/** Kinds of graphs that are made and not read. */
export async function loadGenerators(): Promise<Registry> {
  return (await import('./topologies.js')).topologies;
}
