/** A kind of links on the host, from a spec as a config has it: parameters parsed, defaults filled in. */

import { z } from 'zod';
import { links } from '../../src/links/registry.js';
import type { LinksModel, LinksSpec } from '../../src/links/types.js';
import { type Graph, generate } from '../../topology/index.js';

const generated = async (topology: unknown): Promise<Graph> => generate(topology as { kind: string });

export async function loadLinks(spec: LinksSpec, graph: Graph, loadGraph = generated): Promise<LinksModel> {
  const definition = links[spec.kind];
  const parameters = definition.parameters(z).parse(spec);
  return definition.load(parameters, { graph, path: ['links'], loadGraph });
}
