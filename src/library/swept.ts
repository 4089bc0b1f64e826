/** What is made of a sweep that has run, or of a part of it: rows and files. */

import type { CompareDirectory } from '../compare/store.js';
import type { CellOutcome } from '../compare/types.js';
import { toJson } from '../output/run-directory.js';
import { type SweepFile, sweepCsv, sweepJson, sweepParquet } from '../report/sweep.js';
import type { Sweep } from '../sweep/make.js';
import { type SweepResults, sweepResults } from '../sweep/results.js';

export interface Swept {
  results: SweepResults;
  /** What results.json holds, and its text. */
  file: SweepFile;
  json: string;
}

/** @param directory where everything is written; null: nowhere */
export async function swept(
  sweep: Sweep,
  outcomes: ReadonlyMap<string, CellOutcome>,
  complete: boolean,
  directory: CompareDirectory | null,
  pictures: readonly { name: string; content: string | Uint8Array }[] = [],
): Promise<Swept> {
  const results = sweepResults(sweep, outcomes);
  const file = sweepJson(sweep, results, complete);
  const json = toJson(file);
  if (directory !== null) {
    directory.writeResults([
      { name: 'results.csv', content: sweepCsv(results, sweep.axes) },
      { name: 'results.json', content: `${json}\n` },
      { name: 'results.parquet', content: await sweepParquet(results, sweep.axes) },
      ...pictures,
    ]);
  }
  return { results, file, json };
}
