/** Looking a kind up in a registry: the same answer for every family of components when it is not there. */

import { formatPath, formatValue, InputError, type SpecPath } from './errors.js';
import { didYouMean } from './suggest.js';

/** `path` is where the component stands in the config. */
export function lookUp<T>(registry: Readonly<Record<string, T>>, kind: unknown, path: SpecPath): T {
  const found = typeof kind === 'string' && Object.hasOwn(registry, kind) ? registry[kind] : undefined;
  if (found !== undefined) return found;
  const kinds = Object.keys(registry);
  const kindPath = [...path, 'kind'];
  throw new InputError(
    `${formatPath(kindPath)} is ${formatValue(kind)}, expected one of ${kinds.join(', ')}${didYouMean(String(kind), kinds)}`,
    { path: kindPath },
  );
}
