/**
 * What a generator is, and the checks that all of them share.
 *
 * A generator is one file beside this one and one line in `../registry.ts`. Its `parameters` are described by a function
 * that is handed zod, so that this folder needs zod's types alone; the texts of `.describe()` are the help of the command
 * line. `generate` checks again what it needs, because a library's user may call it without a schema.
 */
import type { z } from 'zod';
import { formatPath, parameterError, TopologyError } from '../errors.js';
import type { EdgeBuffer, Graph } from '../graph.js';
import { MAX_EDGES } from '../graph.js';

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
   * @param seed used by random generators whose spec has no `seed` of its own
   * @throws TopologyError with `path`, `value` and `expected` when a parameter does not fit
   */
  /** The graph of a spec. */
  generate(spec: Record<string, unknown>, seed: number): Graph;
}

const MAX_NODES = 0xffff_fffe;

/** Reads a whole number in low..high from a spec; `why` explains the upper end in the message. */
export function integerOf(
  spec: Record<string, unknown>,
  name: string,
  low: number,
  high: number = MAX_NODES,
  why = '',
): number {
  const value = spec[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < low || value > high) {
    const open = high === MAX_NODES && !(Number(value) > high);
    const range = open ? `a whole number, ${low} or more` : `${low}..${high}`;
    throw parameterError([name], value, why === '' ? range : `${range} (${why})`);
  }
  return value;
}

/** Reads a finite number in low..high from a spec. */
export function numberOf(
  spec: Record<string, unknown>,
  name: string,
  low: number,
  high: number,
  why = '',
): number {
  const value = spec[name];
  if (typeof value !== 'number' || !(value >= low && value <= high)) {
    const range = `a number in [${low}, ${high}]`;
    throw parameterError([name], value, why === '' ? range : `${range} (${why})`);
  }
  return value;
}

export function probabilityOf(spec: Record<string, unknown>, name: string): number {
  return numberOf(spec, name, 0, 1, 'a probability');
}

/** The spec's own seed if it has one, else the caller's. */
export function seedOf(spec: Record<string, unknown>, seed: number): number {
  const value = spec['seed'] ?? seed;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw parameterError(['seed'], value, 'a whole number in 0..9007199254740991');
  }
  return value;
}

/** Says which one of two alternative parameters is given; both or none is an error. */
export function oneOf(spec: Record<string, unknown>, first: string, second: string): string {
  const hasFirst = spec[first] !== undefined;
  const hasSecond = spec[second] !== undefined;
  if (hasFirst && hasSecond) {
    throw parameterError([second], spec[second], `only one of ${first} and ${second}`);
  }
  if (!hasFirst && !hasSecond) {
    throw parameterError([first], undefined, `${first} or ${second}`);
  }
  return hasFirst ? first : second;
}

/** Refuses, before anything is allocated, a graph with more edges than fit. */
export function checkEdgeCount(path: (string | number)[], value: unknown, edges: number): void {
  if (!(edges <= MAX_EDGES)) {
    throw new TopologyError(
      `${formatPath(path)} is ${JSON.stringify(value)}, which makes ${edges} edges, expected at most ${MAX_EDGES}`,
      { path, value, expected: `at most ${MAX_EDGES} edges` },
    );
  }
}

/** The graph of generated edges. A generator that names an edge twice drops nothing that a user would miss. */
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

/** Parameters that many generators share, so that their help reads the same everywhere. */
export function nodesParameter(zod: Zod, low = 1) {
  return zod.number().int().min(low).describe('number of nodes');
}

export function seedParameter(zod: Zod) {
  return zod.number().int().min(0).optional().describe("seed of this graph (default: the run's seed)");
}
