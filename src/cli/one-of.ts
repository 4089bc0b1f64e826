/** A word of the command line that is one of a few. */

import { formatValue, InputError } from '../base/errors.js';
import { didYouMean } from '../base/suggest.js';

/** Reads it, behind `choices`, which says them in the help. */
export function oneOf<Choice extends string>(name: string, choices: readonly Choice[]) {
  return (text: string): Choice => {
    const found = choices.find((choice) => choice === text);
    if (found !== undefined) return found;
    throw new InputError(
      `${name} is ${formatValue(text)}, expected one of ${choices.join(', ')}${didYouMean(text, choices)}`,
    );
  };
}
