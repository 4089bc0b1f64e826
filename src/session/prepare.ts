/**
 * From a config to a run that is ready to start. Nothing big is allocated; whatever is wrong with the input
 * is said here, with its place.
 */

import { programDefinition } from '../program/registry.js';
import type { LoadedConfig } from '../run/config.js';
import type { Prepared } from '../run/program.js';

/** @throws InputError with the line of the config where that is known */
export async function prepareRun(loaded: LoadedConfig, workers: number): Promise<Prepared> {
  try {
    return await programDefinition(loaded.config.program?.kind).prepare(loaded, workers);
  } catch (error) {
    // The parser of configs is loaded only to say where something stands.
    const { locate } = await import('../config/load.js');
    throw locate(error as Error, loaded);
  }
}
