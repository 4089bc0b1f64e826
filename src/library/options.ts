/** Options of the library's calls, as programs give them: a name that there is not is no option left out. */

import { formatValue, InputError } from '../base/errors.js';
import { didYouMean } from '../base/suggest.js';

const FUNCTIONS = ['onRows', 'onProgress', 'onCell', 'onQueue', 'onWord'];

/** @throws InputError where it is no object, has other keys than these, or a callback or signal is none */
export function checkOptions(call: string, options: unknown, keys: readonly string[]): void {
  if (options === null || typeof options !== 'object' || Array.isArray(options)) {
    throw new InputError(`${call}: its options are ${formatValue(options)}, expected an object such as {}`);
  }
  for (const [key, value] of Object.entries(options)) {
    if (!keys.includes(key)) {
      throw new InputError(
        `${call}: unknown option ${key}, expected ${keys.join(', ')}${didYouMean(key, keys)}`,
      );
    }
    if (value === undefined) continue;
    if (FUNCTIONS.includes(key) && typeof value !== 'function') {
      throw new InputError(`${call}: ${key} is ${formatValue(value)}, expected a function`);
    }
    if (key === 'signal' && !(value instanceof AbortSignal)) {
      throw new InputError(`${call}: signal is ${formatValue(value)}, expected an AbortSignal`);
    }
  }
}
