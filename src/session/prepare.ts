/**
 * From a config to a run that is ready to start. Nothing big is allocated; whatever is wrong with the input
 * is said here, with its place.
 */

import { InputError } from '../base/errors.js';
import { type InputFile, recordInputs } from '../base/inputs.js';
import { type StrayFailure, settleStrays } from '../plugin/stray.js';
import { programDefinition } from '../program/registry.js';
import type { LoadedConfig } from '../run/config.js';
import type { Prepared } from '../run/program.js';

/** A run that is ready to start, and the files that it was made from. */
export type PreparedRun = Prepared & { inputs: readonly InputFile[] };

/** @throws InputError with the line of the config where that is known */
export async function prepareRun(loaded: LoadedConfig, workers: number): Promise<PreparedRun> {
  try {
    const program = programDefinition(loaded.config.program?.kind);
    const { result, inputs } = await recordInputs(() => program.prepare(loaded, workers));
    await settleStrays().catch(refuseStray);
    return { ...result, inputs };
  } catch (error) {
    throw await located(error as Error, loaded);
  }
}

/** With the line of the config. Its parser is loaded only to say where something stands. */
export async function located(error: Error, loaded: LoadedConfig): Promise<Error> {
  const { locate } = await import('../config/load.js');
  return locate(error, loaded);
}

/** Where nothing has run yet, it is bad input, as a module is that throws. */
export function refuseStray({ message, module, cause }: StrayFailure): never {
  throw new InputError(message, { path: module?.path }, { cause });
}
