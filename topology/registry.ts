/**
 * The generators: one line each. A new kind is one file in `generators/` and one line here; tests, help and
 * the configuration's schema find it through this list.
 */
import { parameterError, TopologyError } from './errors.js';
import { balancedTree } from './generators/balanced-tree.js';
import { barabasiAlbert } from './generators/barabasi-albert.js';
import { barbell } from './generators/barbell.js';
import { complete } from './generators/complete.js';
import { directedRing } from './generators/directed-ring.js';
import { erdosRenyi } from './generators/erdos-renyi.js';
import { exponential } from './generators/exponential.js';
import type { Generator, GeneratorSpec } from './generators/generator.js';
import { grid } from './generators/grid.js';
import { hypercube } from './generators/hypercube.js';
import { kronecker } from './generators/kronecker.js';
import { path } from './generators/path.js';
import { randomDigraph } from './generators/random-digraph.js';
import { randomGeometric } from './generators/random-geometric.js';
import { randomRegular } from './generators/random-regular.js';
import { ring } from './generators/ring.js';
import { star } from './generators/star.js';
import { stochasticBlock } from './generators/stochastic-block.js';
import { torus } from './generators/torus.js';
import { uniformRandom } from './generators/uniform-random.js';
import { wattsStrogatz } from './generators/watts-strogatz.js';
import type { Graph } from './graph.js';
import type { Outline } from './outline.js';
import type { GraphPart } from './part.js';

/** Every generator. */
export const generators: readonly Generator[] = [
  path,
  ring,
  star,
  complete,
  grid,
  torus,
  hypercube,
  balancedTree,
  barbell,
  exponential,
  erdosRenyi,
  randomRegular,
  wattsStrogatz,
  barabasiAlbert,
  randomGeometric,
  stochasticBlock,
  kronecker,
  uniformRandom,
  directedRing,
  randomDigraph,
];

/**
 * Makes the graph that a spec such as `{ kind: 'torus', rows: 5, columns: 5 }` describes.
 *
 * ```ts
 * const graph = generate({ kind: 'torus', rows: 5, columns: 5 });
 * const { lambda2, lambdaMax } = spectrum(graph);
 * console.log(graph.nodes, graph.edges, lambda2, lambdaMax);
 * ```
 *
 * @param seed for random kinds whose spec has no `seed` of its own: a non-negative safe integer
 * @throws TopologyError when the kind is unknown or a parameter does not fit
 */
export function generate(spec: GeneratorSpec, seed = 0): Graph {
  return generatorOf(spec).generate(spec, seed);
}

function generatorOf({ kind }: GeneratorSpec): Generator {
  const generator = generators.find((candidate) => candidate.kind === kind);
  if (generator === undefined) {
    const known = generators.map((candidate) => candidate.kind).join(', ');
    throw new TopologyError(`kind is ${JSON.stringify(kind) ?? 'missing'}, expected one of ${known}`, {
      path: ['kind'],
      value: kind,
      expected: `one of ${known}`,
    });
  }
  return generator;
}

/**
 * Rows first .. end-1 of the graph of a spec, the same as those of the whole graph, which is not made. Only
 * kinds whose definition says how (`parts`): others draw each edge with an eye on the others.
 *
 * @param seed as of `generate`
 * @throws TopologyError when the kind is unknown or cannot, or a parameter, `first` or `end` does not fit
 */
export function partOf(spec: GeneratorSpec, seed: number, first: number, end: number): GraphPart {
  const generator = generatorOf(spec);
  if (generator.partOf === undefined) {
    const able = generators.filter(({ parts }) => parts !== null).map(({ kind }) => kind);
    const expected = `a kind of which parts can be made: ${able.join(', ')}`;
    throw parameterError(['kind'], spec.kind, expected);
  }
  return generator.partOf(spec, seed, first, end);
}

/**
 * What is known of the graph of a spec without making it, however large it is; null where its kind says nothing
 * (each edge is drawn with an eye on the others).
 *
 * @throws TopologyError when the kind is unknown or a parameter does not fit
 */
export function outlineOf(spec: GeneratorSpec): Outline | null {
  return generatorOf(spec).outline?.(spec) ?? null;
}
