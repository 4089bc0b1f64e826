/**
 * Modules of a comparison, loaded once before any cell runs: a file that is not there, or cannot be loaded, is
 * bad input and no row of a table. What a plan refuses is one, since it depends on the cell.
 */

import { isInputError } from '../base/errors.js';
import { resolveModules } from '../plugin/modules.js';
import type { LoadedConfig } from '../run/config.js';
import { onCoordinator } from './tasks.js';

/** Throws InputError with the line of the config. */
export async function loadModulesOf(cells: readonly { loaded: LoadedConfig }[]): Promise<void> {
  const tried = new Set<string>();
  for (const { loaded } of cells) {
    const { modules } = resolveModules(loaded.config, loaded.folder, []);
    const others = modules.filter(({ url }) => !tried.has(url));
    if (others.length === 0) continue;
    for (const { url } of others) tried.add(url);
    try {
      await onCoordinator('load', others, { loaded });
    } catch (error) {
      if (!isInputError(error)) throw error;
      throw (await import('../config/load.js')).locate(error, loaded);
    }
  }
}
