/**
 * A graph that a config brings itself, instead of a file or a generator:
 *
 *     topology: { edges: [[0, 1], [1, 2]] }        pairs of nodes, in YAML too
 *     topology: { edges: Uint32Array.of(0, 1, 1, 2) }   the same from a program, for large graphs
 *     topology: { graph }                          a `Graph`: graphFromEdges, readGraph, generate
 *
 * Whichever it was, what comes of it is the last.
 */

import { z } from 'zod';
import { checkGraph } from '../../../topology/check.js';
import { type Graph, graphFromEdges } from '../../../topology/graph.js';
import { AMBIGUOUS } from '../../../topology/names.js';
import { formatPath, isInputError, type SpecPath } from '../../base/errors.js';
import { isVisible } from '../../base/visible.js';
import { type Issue, isMapping, wrongValue } from '../../schema/explain.js';

/** Numbers, however they are kept. */
type Numbers = Uint32Array | Int32Array | Float64Array;

const END = { anyOf: [{ type: 'integer', minimum: 0 }, { type: 'string' }] };

const COMMON = {
  name: z
    .string()
    .min(1)
    .refine(isVisible, 'expected text without control characters')
    .optional()
    .describe('what the graph is called in summaries and pictures'),
  largestComponent: z.boolean().optional().describe('keep only the largest connected component'),
};

/** What stands in a config. Lists are looked at below: a schema of a million pairs would take seconds. */
export const EDGES_TOPOLOGY = z.strictObject({
  edges: z.unknown().meta({
    description:
      'both nodes of every edge: by number from 0, or by label; a program may give a Uint32Array or Int32Array, node after node',
    type: 'array',
    items: { type: 'array', minItems: 2, maxItems: 2, items: END },
    $comment: 'or Uint32Array | Int32Array',
  }),
  nodes: z
    .int()
    .min(1)
    .optional()
    .describe('number of nodes; by default as many labels as there are, or one more than the largest number'),
  labels: z
    .unknown()
    .optional()
    .meta({ description: 'what the nodes are called', type: 'array', items: { type: 'string' } }),
  weights: z
    .unknown()
    .optional()
    .meta({
      description: 'weight of every edge, in their order, for weights: file',
      type: 'array',
      items: { type: 'number', exclusiveMinimum: 0 },
      $comment: 'or Float64Array',
    }),
  directed: z.boolean().optional().describe('every pair is an arc, from its first node to its second'),
  ...COMMON,
});

/** From a program alone: no file can hold one. */
export const GRAPH_TOPOLOGY = z.strictObject({ graph: z.unknown(), ...COMMON });

interface Problem {
  issue: Issue;
}

const problem = (path: SpecPath, value: unknown, expected: string): Problem => ({
  issue: wrongValue(path, value, expected),
});

/** The graph of `{ edges, ... }` or `{ graph }` whose other keys are fine; or what is wrong with it. */
export function givenGraph(spec: Record<string, unknown>, path: SpecPath): Graph | Problem {
  return spec['graph'] === undefined ? graphOfEdges(spec, path) : graphOfObject(spec['graph'], path);
}

function graphOfObject(graph: unknown, path: SpecPath): Graph | Problem {
  const at = [...path, 'graph'];
  if (!isMapping(graph)) {
    return problem(at, graph, 'a Graph, as graphFromEdges, readGraph and generate give it');
  }
  if (typeof graph['sha256'] === 'string') {
    const text =
      `${formatPath(at)} is the hash of a graph that was in the memory of a program, expected the graph: ` +
      'the program has it, and a manifest keeps no more of a large one';
    return {
      issue: { path: at, at: 'value', text, hint: 'write it to a file: topology: { file: graph.edges }' },
    };
  }
  if (!ArrayBuffer.isView(graph['columns'])) {
    const text =
      `${formatPath(at)} is a mapping without rows, expected a Graph, as graphFromEdges, readGraph and generate ` +
      'give it to a program';
    const hint = 'in a file, write topology: { edges: [[0, 1], [1, 2]] } or { file: graph.edges }';
    return { issue: { path: at, at: 'value', text, hint } };
  }
  return attempt(path, () => {
    checkGraph(graph as unknown as Graph, at);
    return graph as unknown as Graph;
  });
}

function graphOfEdges(spec: Record<string, unknown>, path: SpecPath): Graph | Problem {
  const { edges, nodes, labels, weights, directed } = spec as {
    edges: unknown;
    nodes?: number;
    labels?: unknown;
    weights?: unknown;
    directed?: boolean;
  };
  const names = labels === undefined ? null : readLabels(labels, nodes, [...path, 'labels']);
  if (names !== null && 'issue' in names) return names;
  const ends = isNumbers(edges)
    ? endsOfArray(edges, [...path, 'edges'])
    : endsOfPairs(edges, names, [...path, 'edges']);
  if ('issue' in ends) return ends;
  const called = names ?? ends.names;
  const count = nodes ?? called?.length ?? ends.largest + 1;
  if (count < 1) return problem([...path, 'edges'], edges, 'at least one edge, or nodes beside it');
  if (called !== null && called.length !== count) {
    return problem([...path, 'nodes'], nodes, `${called.length}, as many as edges has labels`);
  }
  if (ends.largest >= count) return outside(edges, ends, count, [...path, 'edges']);
  const weighed = weights === undefined ? null : readWeights(weights, ends, [...path, 'weights']);
  if (weighed !== null && 'issue' in weighed) return weighed;
  return attempt(path, () =>
    graphFromEdges(count, ends.from, ends.to, weighed, called, { keepDirections: directed === true }),
  );
}

function isNumbers(value: unknown): value is Numbers {
  return value instanceof Uint32Array || value instanceof Int32Array || value instanceof Float64Array;
}

interface Ends {
  from: Uint32Array;
  to: Uint32Array;
  /** -1 where there is no edge. */
  largest: number;
  /** Texts in the order in which they came; null where nodes are numbers. */
  names: string[] | null;
}

/** a[0], a[1] are the first edge, a[2], a[3] the second. */
function endsOfArray(array: Numbers, path: SpecPath): Ends | Problem {
  if (array.length % 2 !== 0) {
    return problem([...path, 'length'], array.length, 'an even number: two nodes for every edge');
  }
  const ends = emptyEnds(array.length / 2);
  for (let i = 0; i < array.length; i++) {
    const node = array[i] as number;
    if (!isNode(node)) return problem([...path, i], node, `a node of edge ${i >> 1}: a whole number >= 0`);
    (i % 2 === 0 ? ends.from : ends.to)[i >> 1] = node;
    if (node > ends.largest) ends.largest = node;
  }
  return ends;
}

function endsOfPairs(pairs: unknown, labels: string[] | null, path: SpecPath): Ends | Problem {
  if (!Array.isArray(pairs)) {
    return problem(path, pairs, 'a list of pairs of nodes: [[0, 1], [1, 2]], or a Uint32Array');
  }
  const ends = emptyEnds(pairs.length);
  const nodeOf = new Map<string, number>();
  for (const [node, label] of labels?.entries() ?? [])
    nodeOf.set(label, nodeOf.has(label) ? AMBIGUOUS : node);
  const names: string[] = [];
  let numbered: number | null = null;
  for (const [edge, pair] of pairs.entries()) {
    if (!Array.isArray(pair) || pair.length !== 2) {
      return problem([...path, edge], pair, 'a pair of nodes: [0, 1]');
    }
    for (const side of [0, 1] as const) {
      const end: unknown = pair[side];
      const at = [...path, edge, side];
      let node = end as number;
      if (typeof end === 'string') {
        const known = nodeOf.get(end);
        if (known === AMBIGUOUS) return problem(at, end, 'a number, since two nodes have this label');
        if (known === undefined && labels !== null) {
          return problem(at, end, `one of ${formatPath([...path.slice(0, -1), 'labels'])}`);
        }
        node = known ?? names.push(end) - 1;
        nodeOf.set(end, node);
      } else if (!isNode(end)) return problem(at, end, 'a node: its number, from 0, or its label');
      else numbered ??= edge;
      if (names.length > 0 && numbered !== null) {
        return problem(at, end, 'numbers alone or labels alone, unless labels are given beside edges');
      }
      (side === 0 ? ends.from : ends.to)[edge] = node;
      if (node > ends.largest) ends.largest = node;
    }
  }
  return { ...ends, names: names.length > 0 ? names : null };
}

const emptyEnds = (edges: number): Ends => ({
  from: new Uint32Array(edges),
  to: new Uint32Array(edges),
  largest: -1,
  names: null,
});

function isNode(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 0xffff_ffff;
}

/** The first node that there is not, as it was given. */
function outside(edges: unknown, { from, to }: Ends, nodes: number, path: SpecPath): Problem {
  const edge = from.findIndex((node, i) => node >= nodes || (to[i] as number) >= nodes);
  const side = (from[edge] as number) >= nodes ? 0 : 1;
  const at = isNumbers(edges) ? [...path, 2 * edge + side] : [...path, edge, side];
  return problem(at, (side === 0 ? from : to)[edge], `a node, 0..${nodes - 1}`);
}

function readLabels(labels: unknown, nodes: number | undefined, path: SpecPath): string[] | Problem {
  if (!Array.isArray(labels)) return problem(path, labels, 'a list of texts, one for each node');
  const wrong = labels.findIndex((label) => typeof label !== 'string' && !Number.isSafeInteger(label));
  if (wrong >= 0) return problem([...path, wrong], labels[wrong], 'a text');
  if (nodes !== undefined && labels.length !== nodes) {
    return problem([...path, 'length'], labels.length, `${nodes}: one for each node`);
  }
  return labels.map(String);
}

function readWeights(weights: unknown, { from, to }: Ends, path: SpecPath): Float64Array | Problem {
  if (!Array.isArray(weights) && !isNumbers(weights)) {
    return problem(path, weights, 'a list of numbers or a Float64Array, one for each edge');
  }
  if (weights.length !== from.length) {
    return problem([...path, 'length'], weights.length, `${from.length}: one for each edge`);
  }
  const wrong = (weights as unknown[]).findIndex(
    (weight) => !(typeof weight === 'number' && weight > 0 && weight < Infinity),
  );
  if (wrong >= 0) {
    const edge = `edge [${from[wrong]}, ${to[wrong]}]`;
    return problem([...path, wrong], weights[wrong], `a positive, finite number, the weight of ${edge}`);
  }
  return Float64Array.from(weights as number[]);
}

/** What the graph itself refuses: too many edges, rows that are none. */
function attempt(path: SpecPath, make: () => Graph): Graph | Problem {
  try {
    return make();
  } catch (error) {
    if (!isInputError(error)) throw error;
    const { message, hint } = error;
    return { issue: { path: error.path ?? path, at: 'value', text: message, hint } };
  }
}
