/**
 * Refuses what is announced (an arena, a data set, rows of a cost) and does not fit into the memory that is
 * free, before any of it is taken: topology/memory.ts.
 */

import { beyondMemory } from '../../topology/memory.js';
import { InputError, type InputErrorDetails } from './errors.js';

/**
 * @param what what takes the memory, as the beginning of a sentence: 'this run', 'a.npy'
 * @throws InputError 'this run takes 40.0 GiB at least, expected at most the 12.1 GiB that are free'
 */
export function checkMemory(what: string, bytes: number, details: InputErrorDetails = {}): void {
  const problem = beyondMemory(bytes);
  if (problem === null) return;
  throw new InputError(`${what} ${problem}`, { hint: 'fewer agents, samples or dimensions', ...details });
}
