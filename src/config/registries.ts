/** The registries, loaded on demand: `--help` and `--version` must not wait for readers and kernels. */

import type { Registries } from '../schema/program.js';

export async function loadRegistries(): Promise<Registries> {
  const [{ costs }, { compressors }, { flows }, { loadGenerators }, { links }, { programs }] =
    await Promise.all([
      import('../cost/registry.js'),
      import('../compress/registry.js'),
      import('../flow/registry.js'),
      import('../program/flow/sections.js'),
      import('../links/registry.js'),
      import('../program/registry.js'),
    ]);
  const [topologies, sections] = await Promise.all([
    loadGenerators(),
    Promise.all(Object.values(programs).map((program) => program.sections())),
  ]);
  const named = sections.flatMap(({ kind, definition }) => (definition ? [[kind, definition] as const] : []));
  return { costs, compressors, flows, topologies, links, programs: Object.fromEntries(named), sections };
}
