/** What a user's function did wrong in a run, in words that name file, function, agent and round. */

import { placeIn, type UserModule } from './modules.js';

/** Thrown where a user's function threw, or left behind what it must not. */
export class ModuleFailure extends Error {
  override name = 'ModuleFailure';
  /** Without the place in the file, and without whose call it was. */
  readonly what: string;

  /**
   * `what` begins with the function's name; `agent` may say more of whose call it was; `cause` is what it
   * threw.
   */
  constructor(
    module: Pick<UserModule, 'url' | 'file'>,
    what: string,
    agent: number | string,
    round: number,
    cause?: unknown,
  ) {
    super(`${placeIn(cause, module.url, module.file)}: ${what} (agent ${agent}, round ${round})`, { cause });
    this.what = what;
  }
}

/** Whether all entries are finite. */
export function allFinite(entries: Float64Array): boolean {
  // 0 * x is 0 for every finite x and NaN for the rest.
  let sum = 0;
  for (let c = 0; c < entries.length; c++) sum += 0 * (entries[c] as number);
  return sum === 0;
}
