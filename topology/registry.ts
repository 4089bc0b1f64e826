/**
 * The generators: one line each. A new kind is one file in `generators/` and one line here; tests, help and
 * the configuration's schema find it through this list.
 */
import { TopologyError } from './errors.js';
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
  const generator = generators.find((candidate) => candidate.kind === spec.kind);
  if (generator === undefined) {
    const known = generators.map((candidate) => candidate.kind).join(', ');
    throw new TopologyError(`kind is ${JSON.stringify(spec.kind) ?? 'missing'}, expected one of ${known}`, {
      path: ['kind'],
      value: spec.kind,
      expected: `one of ${known}`,
    });
  }
  return generator.generate(spec, seed);
}
