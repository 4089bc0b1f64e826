/** A kind of links on the host, from a spec as a config has it: parameters parsed, defaults filled in. */

import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { links } from '../../src/links/registry.js';
import type { LinksModel, LinksSpec } from '../../src/links/types.js';
import { loadModules, resolveModules } from '../../src/plugin/modules.js';
import { seedWords } from '../../src/runtime.js';
import { type Graph, generate } from '../../topology/index.js';

/** A module of links: those of the example. */
export const ownLinks = fileURLToPath(new URL('../../examples/08-own-network/bursts.mjs', import.meta.url));

const generated = async (topology: unknown): Promise<Graph> => generate(topology as { kind: string });

export async function loadLinks(spec: LinksSpec, graph: Graph, loadGraph = generated): Promise<LinksModel> {
  const definition = links[spec.kind];
  const { spec: resolved, modules } = resolveModules(spec, '.', ['links']);
  await loadModules(modules);
  const parameters = definition.parameters(z).parse(resolved);
  return definition.load(parameters, { graph, path: ['links'], seed: seedWords(1), rounds: 100, loadGraph });
}
