/** What only dim can say of a parameter. */

import { unexpected } from '../base/errors.js';
import type { PlanContext } from '../runtime.js';

/** A whole number of entries is in 1..dim; that it is at least 1 is in its shape. */
export function atMostDim(value: number, name: string, { dim, path }: PlanContext): void {
  if (value > dim) throw unexpected([...path, name], value, `1..${dim} (dim)`);
}
