/** What is made of a sweep that has run, or of a part of it: rows, files, and a page. */

import path from 'node:path';
import type { CompareDirectory } from '../compare/store.js';
import type { CellOutcome } from '../compare/types.js';
import { toJson } from '../output/run-directory.js';
import { kernelsDigest, ownVersion } from '../output/versions.js';
import { drawMap } from '../report/heat-map.js';
import { type SweepFile, sweepCsv, sweepJson, sweepParquet } from '../report/sweep.js';
import { sweepPage } from '../report/sweep-page.js';
import type { Sweep } from '../sweep/make.js';
import { type SweepResults, sweepResults } from '../sweep/results.js';

/** Cells of a map that a sweep draws by itself. */
const MOST_DRAWN = 10_000;

export interface Swept {
  results: SweepResults;
  /** What results.json holds, and its text. */
  file: SweepFile;
  json: string;
}

/** A map as a picture, and what its line is. */
interface Picture {
  svg: string;
  caption: string;
}

/**
 * @param directory where everything is written; null: nowhere
 * @param given the map, where it has been drawn; absent: one is, where there are two axes
 * @param others files beside
 */
export async function swept(
  sweep: Sweep,
  outcomes: ReadonlyMap<string, CellOutcome>,
  complete: boolean,
  directory: CompareDirectory | null,
  given?: Picture,
  others: readonly { name: string; content: string | Uint8Array }[] = [],
): Promise<Swept> {
  const results = sweepResults(sweep, outcomes);
  const map = given ?? (directory === null ? null : withoutBoundary(sweep, results));
  const file = sweepJson(sweep, results, complete, map?.caption);
  const json = toJson(file);
  if (directory !== null) {
    directory.writeResults([
      { name: 'results.csv', content: sweepCsv(results, sweep.axes) },
      { name: 'results.json', content: `${json}\n` },
      { name: 'results.parquet', content: await sweepParquet(results, sweep.axes) },
      ...(map === null ? [] : [{ name: 'map.svg', content: map.svg }]),
      ...others,
      ...pageOf(file, map?.svg ?? null, directory.path),
    ]);
  }
  return { results, file, json };
}

/** Of a whole grid of two axes; null where there is none, or it has more cells than are told apart. */
function withoutBoundary(sweep: Sweep, results: SweepResults): Picture | null {
  const [x, y, ...more] = sweep.axes;
  const cells = (x?.values.length ?? 0) * (y?.values.length ?? 0);
  if (more.length > 0 || cells === 0 || cells > MOST_DRAWN || cells !== sweep.points.length) return null;
  const caption = 'The boundary that theory predicts is drawn by sottovoce map.';
  return {
    svg: drawMap({ sweep, results, of: 'rounds', boundary: null, agreement: null, caption }),
    caption,
  };
}

/** A page is no result: where it cannot be made, nothing else is lost by it. */
function pageOf(file: SweepFile, map: string | null, folder: string): { name: string; content: string }[] {
  try {
    const versions = { sottovoce: ownVersion(), kernels: kernelsDigest() };
    return [
      { name: 'report.html', content: sweepPage(file, { name: path.basename(folder), map, versions }) },
    ];
  } catch (error) {
    process.emitWarning(`report.html could not be written: ${(error as Error).message}`);
    return [];
  }
}
