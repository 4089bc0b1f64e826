/**
 * Kinds of graphs that are made and not read: the generators, and a user's own. Generators live in
 * `topology/`, which knows nothing of metadata, so they are given some here.
 */

import type { Generator, Graph } from '../../../topology/index.js';
import { generators } from '../../../topology/registry.js';
import { isInputError, type SpecPath } from '../../base/errors.js';
import { lookUp } from '../../base/registry.js';
import { loadModules, resolveModules } from '../../plugin/modules.js';
import { customTopology, type TopologyDefinition } from './custom-topology.js';

/** What it takes to have the rows of some nodes only. */
const PARTS: Readonly<Record<NonNullable<Generator['parts']>, string>> = {
  rows: 'any part can be made without the rest',
  edges: 'any part can be made in memory of its own, in the time of the whole',
};

export const topologies: Readonly<Record<string, TopologyDefinition>> = Object.fromEntries(
  [
    ...generators.map(
      (generator): TopologyDefinition => ({
        kind: generator.kind,
        metadata: {
          title: generator.kind,
          summary: generator.summary,
          source: 'none',
          ...(generator.parts !== null && { note: PARTS[generator.parts] }),
        },
        parameters: (zod) => generator.parameters(zod),
        generate: (spec, seed) => generator.generate(spec, seed),
      }),
    ),
    customTopology,
  ].map((definition) => [definition.kind, definition]),
);

/**
 * The graph of a spec that has been checked. `folder` is what a module's file is relative to; `path` is where
 * the spec stands in the config.
 *
 * @throws an InputError or a TopologyError, at its place in the config
 */
export async function makeGraph(
  given: Readonly<Record<string, unknown>>,
  seed: number,
  folder: string,
  path: SpecPath,
): Promise<Graph> {
  const { spec, modules } = resolveModules(given, folder, path);
  await loadModules(modules);
  const definition = lookUp(topologies, spec['kind'], path);
  try {
    return definition.generate(spec, seed);
  } catch (error) {
    if (isInputError(error)) error.path = [...path, ...(error.path ?? [])];
    throw error;
  }
}
