/**
 * What a generator is, and the checks that all of them share.
 *
 * A generator is one file beside this one and one line in `../registry.ts`. Its parameters are listed once:
 * the list is their type, their zod schema (handed in, so that this folder needs zod's types alone) and what
 * `generate` refuses where a library's user calls it without a schema. The texts are the help of the command
 * line.
 */
import type { z } from 'zod';
import { formatPath, parameterError, show, TopologyError } from '../errors.js';
import { EdgeBuffer, type Graph, MAX_EDGES } from '../graph.js';
import { beyondMemory } from '../memory.js';
import type { Outline } from '../outline.js';
import { type EdgeSink, type GraphPart, PartBuffer, partOfRows, type Rows } from '../part.js';
import { Random } from '../random.js';

/** The library that describes parameters, as a type. */
export type Zod = typeof z;

/** Plain data: `kind` names the generator, the rest are its parameters. */
export interface GeneratorSpec {
  /** Name of the generator. */
  kind: string;
  /** Parameters of its kind. */
  [parameter: string]: unknown;
}

/** A kind of graph that is generated: one file, and one line in the registry. */
export interface Generator {
  /** Its name in a config. */
  kind: string;
  /** One sentence for people. */
  summary: string;
  /** Whether it draws random numbers, and so takes `seed`. */
  random: boolean;
  /** The schema of the parameters, without `kind`. */
  parameters(zod: Zod): z.ZodObject;
  /**
   * The graph of a spec.
   *
   * @param seed used by random generators whose spec has no `seed` of its own
   * @throws TopologyError with `path`, `value` and `expected` when a parameter does not fit
   */
  generate(spec: Record<string, unknown>, seed: number): Graph;
  /**
   * How rows of some nodes can be had without the rest of the graph: 'rows', each is written down; 'edges',
   * all edges are drawn, and those that touch the part are kept; null: only the whole can be made.
   */
  parts: 'rows' | 'edges' | null;
  /**
   * The rows of nodes first .. end-1, the same as those of the whole graph. Only where `parts` is not null.
   *
   * @throws TopologyError as `generate`, and where first and end are not such numbers
   */
  partOf?(spec: Record<string, unknown>, seed: number, first: number, end: number): GraphPart;
  /** What is known of the graph without making it; absent: nothing is. It takes no memory, however large that is. */
  outline?(spec: Record<string, unknown>): Outline;
}

/** Numbers of nodes are words. */
export const MAX_NODES = 0xffff_fffe;

/** One parameter: its schema, and the same check without zod. */
export interface Parameter<T> {
  schema(zod: Zod): z.ZodType;
  read(value: unknown, path: (string | number)[]): T;
  /** What the whole graph takes at least, by this parameter alone. */
  bytes?(value: T): number;
}

/** A whole number in low..high; what has no upper end of its own counts nodes or edges. */
export function whole(help: string, low: number, high = MAX_NODES): Parameter<number> {
  const open = high === MAX_NODES;
  return {
    schema(zod) {
      const type = zod.number().int().min(low);
      return (open ? type : type.max(high)).describe(help);
    },
    read(value, path) {
      if (typeof value === 'number' && Number.isSafeInteger(value) && value >= low && value <= high)
        return value;
      const range =
        open && !(Number(value) > high)
          ? `a whole number, ${low} or more`
          : `a whole number in ${low}..${high}`;
      throw parameterError(path, value, range);
    },
  };
}

/** A number >= 0; what is the most depends on others. */
export function amount(help: string): Parameter<number> {
  return {
    schema: (zod) => zod.number().min(0).describe(help),
    read(value, path) {
      if (typeof value === 'number' && value >= 0 && value < Infinity) return value;
      throw parameterError(path, value, 'a number >= 0');
    },
  };
}

export function probability(help: string): Parameter<number> {
  return {
    schema: (zod) => zod.number().min(0).max(1).describe(help),
    read(value, path) {
      if (typeof value === 'number' && value >= 0 && value <= 1) return value;
      throw parameterError(path, value, 'a number in [0, 1] (a probability)');
    },
  };
}

export function flag(help: string): Parameter<boolean> {
  return {
    schema: (zod) => zod.boolean().describe(help),
    read(value, path) {
      if (typeof value === 'boolean') return value;
      throw parameterError(path, value, 'true or false');
    },
  };
}

export function wholeList(help: string, low: number): Parameter<number[]> {
  const item = whole('', low);
  return {
    schema: (zod) => zod.array(zod.number().int().min(low)).min(1).describe(help),
    read(value, path) {
      if (!Array.isArray(value) || value.length === 0) {
        throw parameterError(path, value, 'a list with at least one entry');
      }
      return value.map((entry, i) => item.read(entry, [...path, i]));
    },
  };
}

export function optional<T>({ schema, read }: Parameter<T>): Parameter<T | undefined> {
  return {
    schema: (zod) => {
      const type = schema(zod);
      return type.optional().describe(type.description ?? '');
    },
    read: (value, path) => (value === undefined ? undefined : read(value, path)),
  };
}

/** The parameter that most of them have: as many as memory has room for. */
export function nodeCount(low = 1): Parameter<number> {
  return { ...whole('number of nodes', low), bytes: (nodes) => nodes * BYTES_PER_NODE };
}

/** A word, but for its last value. */
const MAX_DRAWN = 0xffff_ffff;

/** Offsets, degrees and what a generator keeps of a node; an edge in a list of edges and in rows. */
const BYTES_PER_NODE = 24;
const BYTES_PER_EDGE = 24;

function refuseBeyondMemory(path: (string | number)[], value: unknown, bytes: number): void {
  const problem = beyondMemory(bytes);
  if (problem === null) return;
  throw new TopologyError(`${formatPath(path)} is ${show(value)}, which ${problem}`, { path, value });
}

const seedParameter = optional(
  whole("seed of this graph (default: the run's seed)", 0, Number.MAX_SAFE_INTEGER),
);

type Values<Parameters> = {
  [Name in keyof Parameters]: Parameters[Name] extends Parameter<infer T> ? T : never;
};

interface Definition<Parameters> {
  kind: string;
  summary: string;
  parameters: Parameters;
  /** Known beforehand, where it is. */
  outline?(values: Values<Parameters>): Outline;
}

/** A graph that its parameters determine; `rows` where each of its rows can be written down by itself. */
export function defineGenerator<Parameters extends Record<string, Parameter<unknown>>>(
  definition: Definition<Parameters> & {
    generate(values: Values<Parameters>): Graph;
    rows?(values: Values<Parameters>): Rows;
  },
): Generator {
  const { rows } = definition;
  return generator(definition, {
    random: false,
    generate: (values) => definition.generate(values),
    ...(rows && { partOf: (values, _seed, first, end) => partOfRows(rows(values), first, end) }),
    parts: rows ? 'rows' : null,
  });
}

/** A graph that is drawn; `seed` is a parameter of all such. */
export function defineRandomGenerator<Parameters extends Record<string, Parameter<unknown>>>(
  definition: Definition<Parameters> & { generate(values: Values<Parameters>, random: Random): Graph },
): Generator {
  return generator(definition, {
    random: true,
    generate: (values, seed) => definition.generate(values, new Random(seed)),
    parts: null,
  });
}

/** Edges that are drawn one after the other, of which nobody needs to remember the earlier ones. */
export interface Drawing {
  nodes: number;
  /** So many are drawn, or are expected to be. */
  edges: number;
  /** The parameter that is to blame where those are too many. */
  blame: string;
  /** They are arcs. Default false. */
  directed?: boolean;
  /** Draws them all, the same ones each time. */
  into(edges: EdgeSink): void;
}

/** A graph whose edges are drawn one after the other; `seed` is a parameter of all such. */
export function defineDrawnGenerator<Parameters extends Record<string, Parameter<unknown>>>(
  definition: Definition<Parameters> & { draw(values: Values<Parameters>, seed: number): Drawing },
): Generator {
  return generator(definition, {
    random: true,
    generate(values, seed) {
      const { nodes, edges, blame, directed, into } = definition.draw(values, seed);
      checkEdgeCount([blame], values[blame], edges);
      const buffer = new EdgeBuffer(Math.ceil(edges + 4 * Math.sqrt(edges)));
      into(buffer);
      return directed ? generatedDirected(nodes, buffer) : generated(nodes, buffer);
    },
    partOf(values, seed, first, end) {
      const { nodes, edges, directed, into } = definition.draw(values, seed);
      const buffer = new PartBuffer(nodes, first, end, edges);
      into(buffer);
      return buffer.toPart(directed);
    },
    parts: 'edges',
  });
}

interface Made<Read> {
  random: boolean;
  generate(values: Read, seed: number): Graph;
  partOf?(values: Read, seed: number, first: number, end: number): GraphPart;
  parts: Generator['parts'];
}

function generator<Parameters extends Record<string, Parameter<unknown>>>(
  { kind, summary, parameters, outline }: Definition<Parameters>,
  { random, parts, generate, partOf }: Made<Values<Parameters>>,
): Generator {
  const own = Object.entries(parameters);
  const valuesOf = (spec: Record<string, unknown>) =>
    Object.fromEntries(own.map(([name, { read }]) => [name, read(spec[name], [name])])) as Values<Parameters>;
  const seedOf = (spec: Record<string, unknown>, seed: number) =>
    random ? (seedParameter.read(spec['seed'] ?? seed, ['seed']) as number) : 0;
  return {
    kind,
    summary,
    random,
    parts,
    parameters(zod) {
      const all = random ? [...own, ['seed', seedParameter] as const] : own;
      return zod.strictObject(Object.fromEntries(all.map(([name, { schema }]) => [name, schema(zod)])));
    },
    generate(spec, seed) {
      const values = valuesOf(spec);
      for (const [name, { bytes }] of own) {
        if (bytes) refuseBeyondMemory([name], spec[name], bytes(values[name]));
      }
      return generate(values, seedOf(spec, seed));
    },
    ...(outline && { outline: (spec: Record<string, unknown>) => outline(valuesOf(spec)) }),
    ...(partOf && {
      partOf: (spec: Record<string, unknown>, seed: number, first: number, end: number) =>
        partOf(valuesOf(spec), seedOf(spec, seed), first, end),
    }),
  };
}

/** Refuses a whole number outside low..high, an upper end that another parameter sets. */
export function refuseOutside(name: string, value: number, low: number, high: number, why: string): void {
  if (value < low || value > high) throw parameterError([name], value, `${low}..${high} (${why})`);
}

/** Refuses an amount above what other parameters allow. */
export function refuseAbove(name: string, value: number, most: number, why: string): void {
  if (!(value <= most)) throw parameterError([name], value, `a number in [0, ${most}] (${why})`);
}

/** Of two alternative parameters the one that is given; both or none is an error. */
export function oneOf<A extends string, B extends string>(
  values: { [Name in A | B]: number | undefined },
  first: A,
  second: B,
): { name: A | B; value: number } {
  const [a, b] = [values[first], values[second]];
  if (a !== undefined && b !== undefined)
    throw parameterError([second], b, `only one of ${first} and ${second}`);
  if (a !== undefined) return { name: first, value: a };
  if (b !== undefined) return { name: second, value: b };
  throw parameterError([first], undefined, `${first} or ${second}`);
}

/** Refuses, before anything is allocated, a graph with more edges than fit. */
export function checkEdgeCount(path: (string | number)[], value: unknown, edges: number): void {
  if (edges <= MAX_EDGES) refuseBeyondMemory(path, value, edges * BYTES_PER_EDGE);
  if (!(edges <= MAX_EDGES)) {
    throw new TopologyError(
      `${formatPath(path)} is ${JSON.stringify(value)}, which makes ${edges} edges, expected at most ${MAX_EDGES}`,
      { path, value, expected: `at most ${MAX_EDGES} edges` },
    );
  }
}

/** Refuses more edges than numbers that a counter has for them. */
export function checkDrawCount(name: string, value: unknown, edges: number): void {
  if (edges <= MAX_DRAWN) return;
  throw parameterError([name], value, `at most ${MAX_DRAWN} edges drawn (it makes ${edges})`);
}

/**
 * The graph of generated edges. A generator that names an edge twice drops nothing that a user would miss.
 */
export function generated(nodes: number, edges: EdgeBuffer): Graph {
  const graph = edges.toGraph(nodes);
  graph.dropped = { selfLoops: 0, parallelEdges: 0 };
  return graph;
}

/** The same of generated arcs. */
export function generatedDirected(nodes: number, arcs: EdgeBuffer): Graph {
  const graph = arcs.toGraph(nodes, null, { keepDirections: true });
  graph.dropped = { selfLoops: 0, parallelEdges: 0 };
  return graph;
}
