/** A user's function that has not returned, as bad input: where nothing has run yet. */

import { InputError } from '../base/errors.js';
import { describeOverdue, OVERDUE_HINT, type OverdueCall } from '../plugin/watch.js';
import type { LoadedConfig } from '../run/config.js';

/** With the module's place in the config. */
export function refusalOf(call: OverdueCall): InputError {
  return new InputError(describeOverdue(call), { path: call.path, hint: OVERDUE_HINT });
}

/** The same with its line in the config's file. */
export async function locatedRefusal(call: OverdueCall, loaded: LoadedConfig): Promise<Error> {
  // The parser of configs is loaded only to say where something stands.
  const { locate } = await import('../config/load.js');
  return locate(refusalOf(call), loaded);
}
