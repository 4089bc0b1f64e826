/** What people call the method and the problem of a config, whatever its program. */

import type { RunConfig } from '../run/config.js';
import type { MethodDescription, ProgramSections, Registries } from '../schema/program.js';

export function describeMethod({ sections }: Registries, config: RunConfig): MethodDescription {
  const [unnamed] = sections;
  const own = sections.find(({ kind }) => kind === config.program?.kind) ?? unnamed;
  return (own as ProgramSections).describe(config);
}
