/** Which barrier a run has: by what a crossing costs, unless SOTTOVOCE_BARRIER says one. No bits hang on it. */

import { InputError } from '../base/errors.js';
import { BARRIERS, type BarrierChoice } from '../sync/tree.js';

const SWITCH = 'SOTTOVOCE_BARRIER';

/** Throws InputError where it names none. */
export function barrierChoice(given = process.env[SWITCH]): BarrierChoice {
  if (given === undefined || given === '') return 'auto';
  const found = BARRIERS.find((choice) => choice === given);
  if (found === undefined)
    throw new InputError(`${SWITCH} is ${given}, expected one of ${BARRIERS.join(', ')}`);
  return found;
}
