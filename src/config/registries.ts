/**
 * The registries, loaded on demand: `--help` and `--version` must not wait for readers and kernels.
 * Generators live in `topology/`, which knows nothing of identity cards, so they are given one here.
 */

import type { FlowDefinition } from '../flow/types.js';
import type { ComponentDefinition, Registry } from './component.js';

export interface Registries {
  costs: Registry;
  compressors: Registry;
  flows: Registry<ComponentDefinition & Pick<FlowDefinition, 'modes'>>;
  topologies: Registry;
  /** What a run may be instead of a flow; `links` are the parameters that are compressors. */
  programs: Registry<ComponentDefinition & { links: readonly string[] }>;
  /** Links that change from round to round. */
  links: Registry;
}

export async function loadRegistries(): Promise<Registries> {
  const [{ costs }, { compressors }, { flows }, { parameterServer }, topologies, { links }] =
    await Promise.all([
      import('../cost/registry.js'),
      import('../compress/registry.js'),
      import('../flow/registry.js'),
      import('../program/parameter-server/spec.js'),
      loadTopologies(),
      import('../links/registry.js'),
    ]);
  const programs = { [parameterServer.kind]: parameterServer };
  return { costs, compressors, flows, topologies, programs, links };
}

/** The generators alone: what `sottovoce topology` needs. */
export async function loadTopologies(): Promise<Registry> {
  const { generators } = await import('../../topology/registry.js');
  const entries = generators.map((generator): [string, ComponentDefinition] => [
    generator.kind,
    {
      kind: generator.kind,
      card: { title: generator.kind, summary: generator.summary, source: 'none' },
      parameters: (zod) => generator.parameters(zod),
    },
  ]);
  return Object.fromEntries(entries);
}
