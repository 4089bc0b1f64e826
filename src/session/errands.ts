/**
 * What tools ask of a coordinator where a user's modules are called: planning for `tune`, measuring for
 * `certify`. On the calling thread nobody could end a function that does not return.
 */

import { InputError } from '../base/errors.js';
import { resolveModules } from '../plugin/modules.js';
import { describeOverdue, OVERDUE_HINT, type OverdueCall } from '../plugin/watch.js';
import type { LoadedConfig } from '../run/config.js';
import type { PlanReport } from '../run/reports.js';
import { openCoordinator } from './coordinator-client.js';
import { prepareRun } from './prepare.js';

/** What a coordinator does for tools, by name: `workers/coordinator.ts`. All of it is plain data. */
type Errands = { errand(name: string, inputs: readonly unknown[]): Promise<unknown> };

export interface OpenErrands {
  /** The caller knows what comes back. */
  ask<Result>(name: 'load' | 'certify' | 'plan' | 'tune', ...inputs: readonly unknown[]): Promise<Result>;
  close(): Promise<void>;
}

/** `seconds` as in `modules: { seconds }`. A call that lasts longer is an InputError with the module's path. */
export function openErrands(seconds: number | undefined, loaded?: LoadedConfig): OpenErrands {
  const { remote, call, watch, close } = openCoordinator<Errands>();
  watch(seconds, (overdue) => (loaded ? locatedRefusal(overdue, loaded) : refusalOf(overdue)));
  return {
    ask: async <Result>(name: string, ...inputs: readonly unknown[]) =>
      (await call(name, () => remote.errand(name, inputs))) as Result,
    close,
  };
}

/** As bad input, where nothing has run yet. */
export function refusalOf(call: OverdueCall): InputError {
  return new InputError(describeOverdue(call), { path: call.path, hint: OVERDUE_HINT });
}

/** The same with its line in the config. */
export async function locatedRefusal(call: OverdueCall, loaded: LoadedConfig): Promise<Error> {
  // The parser of configs is loaded only to say where something stands.
  const { locate } = await import('../config/load.js');
  return locate(refusalOf(call), loaded);
}

/**
 * Whatever a config is asked of a tool: here, and on a thread of its own where it has modules of the user's.
 */
export async function forTool<Result>(
  loaded: LoadedConfig,
  name: 'plan' | 'tune',
  options: readonly unknown[],
  here: () => Promise<Result>,
): Promise<Result> {
  if (resolveModules(loaded.config, loaded.folder, []).modules.length === 0) return here();
  const errands = openErrands(loaded.config.modules?.seconds, loaded);
  try {
    return await errands.ask<Result>(name, loaded, ...options);
  } finally {
    await errands.close();
  }
}

/** What is planned for one worker. */
export function planApart(loaded: LoadedConfig): Promise<PlanReport> {
  return forTool(loaded, 'plan', [], async () => (await prepareRun(loaded, 1)).report);
}
