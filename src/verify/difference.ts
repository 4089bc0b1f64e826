/** Where two traces of one run part. */

import { COLUMNS } from '../trace/ring.js';
import type { TraceRow } from '../trace/row.js';
import type { Variant } from './types.js';

/** All that the run decides; time is not. */
const COMPARED = COLUMNS.filter((name) => name !== 'seconds');

/**
 * The first row that both have and that differs; where only one has a row of some round, pieces and earlier
 * ends are the reason, and rounds and hash tell.
 */
export function firstDifference(
  expected: readonly TraceRow[],
  found: Iterable<TraceRow>,
): Variant['firstDifference'] {
  const known = new Map(expected.map((row) => [row.round, row]));
  for (const row of found) {
    const other = known.get(row.round);
    if (other === undefined) continue;
    const columns = COMPARED.filter((name) => !Object.is(row[name], other[name]));
    if (columns.length > 0) return { round: row.round, columns };
  }
  return null;
}
