/** Every cost by its kind: one line each. Workers import this file, so it and what it names stay free of readers and solvers. */

import { formatPath, formatValue, InputError, type SpecPath } from '../errors.js';
import { leastSquares } from './least-squares.js';
import { logistic } from './logistic.js';
import { quadratic } from './quadratic.js';
import type { CostDefinition } from './types.js';

export const costs: Readonly<Record<string, CostDefinition>> = {
  quadratic,
  'least-squares': leastSquares,
  logistic,
};

/** The definition of a kind; `path` is where the cost stands in the config. */
export function costDefinition(kind: string, path: SpecPath = ['cost']): CostDefinition {
  const definition = Object.hasOwn(costs, kind) ? costs[kind] : undefined;
  if (definition) return definition;
  const kinds = Object.keys(costs);
  const near = nearest(String(kind), kinds);
  throw new InputError(
    `${formatPath([...path, 'kind'])} is ${formatValue(kind)}, expected one of ${kinds.join(', ')}`,
    {
      path: [...path, 'kind'],
      hint: near ? `did you mean ${near}?` : undefined,
    },
  );
}

/** The candidate that fewest edits away from `word`, where those are few enough to be a slip of the hand. */
function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein's distance, one row of its table at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(substitution, row[j]! + 1, next[j - 1]! + 1);
    }
    row = next;
  }
  return row[b.length]!;
}
