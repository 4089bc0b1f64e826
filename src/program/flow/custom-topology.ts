/**
 * A user's own graph: `edges` of a module that the config names, with its parameters and a seed. The module
 * runs once, on the host, before anything is planned; workers never load it. What it yields is checked edge
 * by edge (`topology/yielded.ts`). The interface is documented in docs/your-own-network.md.
 */

import { type Graph, TopologyError } from '../../../topology/index.js';
import { Random } from '../../../topology/random.js';
import { graphFromYielded, MOST_YIELDED_NODES } from '../../../topology/yielded.js';
import { formatValue, InputError } from '../../base/errors.js';
import {
  describeReturned,
  describeThrown,
  moduleUrl,
  placeIn,
  type UserModule,
  userModule,
} from '../../plugin/modules.js';
import { NOBODY, WatchedFunction, watchedCall } from '../../plugin/watch.js';
import type { ComponentDefinition } from '../../schema/component.js';

/** What a topology's module exports. `Parameters`: what stands beside `kind` and `module` in the config. */
export interface TopologyModule<Parameters extends object = Readonly<Record<string, unknown>>> {
  /**
   * The edges: a generator, or a function that returns anything iterable. `[a, b]` are the numbers of two
   * nodes, from 0; a third entry is the edge's weight, positive and finite, of all edges or of none, for
   * `weights: file`. Self-loops and parallel edges are left out, and a warning counts them. Refuse parameters
   * by throwing an Error that says what was expected.
   */
  edges(inputs: TopologyInputs<Parameters>): Iterable<YieldedEdge>;
  /** How many nodes there are. Default: as many as there are labels; without them 1 + the largest number. */
  nodes?: number | ((inputs: TopologyInputs<Parameters>) => number);
  /** One name a node. Default: their numbers. */
  labels?: readonly string[] | ((inputs: TopologyInputs<Parameters>) => readonly string[]);
  /** Whether edges are arcs: `[a, b]` from a to b, a sends to b. Default false. */
  directed?: boolean | ((inputs: TopologyInputs<Parameters>) => boolean);
}

/** Numbers of two nodes, and perhaps a weight. */
export type YieldedEdge = readonly [a: number, b: number] | readonly [a: number, b: number, weight: number];

/** What a topology module's functions are told. */
export interface TopologyInputs<Parameters extends object = Readonly<Record<string, unknown>>> {
  /** Everything that stands beside `kind`, `module` and `seed` in the config. */
  readonly parameters: Parameters;
  /** `seed` of the topology where the config gives it one, else the run's. */
  readonly seed: number;
  /** Draws of that seed, the same on every machine. Each function of the module sees them from the first. */
  readonly random: TopologyRandom;
}

/** Random draws of a topology: the same for the same seed. */
export interface TopologyRandom {
  /** The next number, uniform in [0, 1). */
  uniform(): number;
  /** The next whole number, uniform in 0..count-1; `count` in 1..2^32. */
  integer(count: number): number;
}

const MOST_DRAWN = 2 ** 32;

/** One of the topologies that are made and not read: see `topologies.ts`. */
export interface TopologyDefinition extends ComponentDefinition {
  /** @throws an error whose path begins inside the spec */
  generate(spec: Readonly<Record<string, unknown>>, seed: number): Graph;
}

export const customTopology: TopologyDefinition = {
  kind: 'custom',
  metadata: {
    title: "A user's own graph",
    summary: 'the edges that your module yields; parameters beside it are handed to it',
    source: 'docs/your-own-network.md',
  },
  parameters: (z) =>
    z.looseObject({
      kind: z.literal('custom'),
      module: z.string().min(1).describe('your .mjs file, relative to the config'),
      seed: z
        .number()
        .int()
        .min(0)
        .max(Number.MAX_SAFE_INTEGER)
        .optional()
        .describe("seed of this graph (default: the run's seed)"),
    }),

  generate({ kind: _, module: file, seed: own, ...parameters }, runSeed) {
    const module = userModule(moduleUrl(file as string));
    const seed = (own as number | undefined) ?? runSeed;
    const refuse: Refuse = (what, cause, hint) =>
      new InputError(
        `${placeIn(cause, module.url, module.file)}: ${what}`,
        { path: ['module'], hint },
        { cause },
      );
    const inputs = (): TopologyInputs => ({ parameters, seed, random: drawsOf(seed) });
    const { edges } = module.exports;
    if (typeof edges !== 'function')
      throw refuse('exports no function edges, expected edges, and perhaps nodes, labels and directed');
    const said = (name: string) => statedOf(module, name, inputs, refuse);
    const options = {
      nodes: checkNodes(said('nodes'), refuse),
      labels: checkLabels(said('labels'), refuse),
      directed: checkDirected(said('directed'), refuse),
    };
    const { nodes, labels } = options;
    if (nodes !== undefined && labels !== undefined && labels.length !== nodes)
      throw refuse(`labels are ${labels.length}, expected ${nodes}, one a node`);

    let yielded: unknown;
    try {
      yielded = watchedCall(module, 'edges', () => edges(inputs()));
    } catch (cause) {
      throw refuse(`edges threw ${describeThrown(cause)}`, cause);
    }
    try {
      return graphFromYielded(oneByOne(module, yielded, refuse), options);
    } catch (error) {
      if (!(error instanceof TopologyError)) throw error;
      throw refuse(`edges: ${error.message}`, error, error.hint);
    }
  },
};

type Refuse = (what: string, cause?: unknown, hint?: string) => InputError;

function drawsOf(seed: number): TopologyRandom {
  const random = new Random(seed);
  return {
    uniform: () => random.uniform(),
    integer(count) {
      if (!Number.isInteger(count) || count < 1 || count > MOST_DRAWN) {
        throw new RangeError(
          `random.integer is asked for one of ${formatValue(count)}, expected a whole number in 1..2^32`,
        );
      }
      return random.below(count);
    },
  };
}

/** What is thrown between two edges is the module's, and said with how far it came. */
function* oneByOne(module: UserModule, yielded: unknown, refuse: Refuse): Iterable<unknown> {
  const iterator = iteratorOf(yielded, refuse);
  const yielding = new WatchedFunction(module, 'edges');
  for (let count = 0; ; count++) {
    let next: IteratorResult<unknown>;
    yielding.begin(NOBODY, NOBODY);
    try {
      next = iterator.next();
    } catch (cause) {
      throw refuse(`edges threw ${describeThrown(cause)}, after ${count} edges`, cause);
    } finally {
      yielding.end();
    }
    if (next.done) return;
    yield next.value;
  }
}

function iteratorOf(yielded: unknown, refuse: Refuse): Iterator<unknown> {
  if (typeof yielded === 'object' && yielded !== null) {
    if (Symbol.asyncIterator in yielded)
      throw refuse('edges is an async generator, expected one that is not (function*)');
    if (Symbol.iterator in yielded) return (yielded as Iterable<unknown>)[Symbol.iterator]();
  }
  const expected = 'expected edges: a generator (function*), or a list such as [[0, 1], [1, 2]]';
  throw refuse(`edges returned ${describeReturned(yielded)}, ${expected}`);
}

/** What a module exports by a name: a value, or a function of the inputs that says it. */
function statedOf(module: UserModule, name: string, inputs: () => TopologyInputs, refuse: Refuse): unknown {
  const found = module.exports[name];
  if (typeof found !== 'function') return found;
  let value: unknown;
  try {
    value = watchedCall(module, name, () => found(inputs()));
  } catch (cause) {
    throw refuse(`${name} threw ${describeThrown(cause)}`, cause);
  }
  if (value === undefined || value instanceof Promise)
    throw refuse(`${name} returned ${describeReturned(value)}, expected what it says of the graph`);
  return value;
}

function checkNodes(nodes: unknown, refuse: Refuse): number | undefined {
  if (nodes === undefined) return undefined;
  if (typeof nodes === 'number' && Number.isInteger(nodes) && nodes >= 1 && nodes <= MOST_YIELDED_NODES)
    return nodes;
  throw refuse(`nodes is ${formatValue(nodes)}, expected a whole number in 1..${MOST_YIELDED_NODES}`);
}

function checkLabels(labels: unknown, refuse: Refuse): string[] | undefined {
  if (labels === undefined) return undefined;
  if (!Array.isArray(labels) || labels.length === 0)
    throw refuse(`labels is ${describeReturned(labels)}, expected a list of texts, one a node`);
  const bad = labels.findIndex((label) => typeof label !== 'string');
  if (bad >= 0) throw refuse(`labels[${bad}] is ${formatValue(labels[bad])}, expected a text`);
  return [...labels];
}

function checkDirected(directed: unknown, refuse: Refuse): boolean | undefined {
  if (directed === undefined || typeof directed === 'boolean') return directed;
  throw refuse(`directed is ${formatValue(directed)}, expected true or false`);
}
