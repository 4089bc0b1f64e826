/** What is made of a grid that has run, or of a part of it: rows, files and pictures. */

import path from 'node:path';
import { type Curve, makeCurves } from '../compare/curves.js';
import { type Comparison, compareOutcomes, type ResultsFile } from '../compare/results.js';
import type { CompareDirectory } from '../compare/store.js';
import type { Cell, CellOutcome, Target } from '../compare/types.js';
import { toJson } from '../output/run-directory.js';
import { comparisonCsv, comparisonJson, comparisonParquet, drawComparison } from '../report/comparison.js';
import { curvesCsv, curvesParquet, tracesParquet } from '../report/study-files.js';
import { studyPage } from '../report/study-page.js';

export interface Compared {
  comparison: Comparison;
  /** What results.json holds, and its text. */
  results: ResultsFile;
  json: string;
  curves: Curve[];
  pictures: { name: string; svg: string }[];
}

/** @param directory where everything is written; null: nowhere */
export async function compared(
  { cells, target }: Readonly<{ cells: readonly Cell[]; target: Target }>,
  outcomes: ReadonlyMap<string, CellOutcome>,
  trials: number,
  directory: CompareDirectory | null,
): Promise<Compared> {
  const comparison = compareOutcomes(cells, outcomes, target);
  const complete = comparison.cells.length === cells.length;
  const results = comparisonJson(comparison, target, trials, complete);
  const json = toJson(results);
  const curves = makeCurves(cells, outcomes, comparison.methods);
  const pictures = drawComparison(curves, comparison, target);
  if (directory !== null) {
    directory.writeResults([
      { name: 'results.csv', content: comparisonCsv(comparison) },
      { name: 'results.json', content: `${json}\n` },
      { name: 'results.parquet', content: await comparisonParquet(comparison) },
      { name: 'curves.csv', content: curvesCsv(curves) },
      { name: 'curves.parquet', content: await curvesParquet(curves) },
      { name: 'traces.parquet', content: await tracesParquet(cells, outcomes) },
      ...pictures.map(({ name, svg }) => ({ name, content: svg })),
      ...pageOf(results, curves, directory.path),
    ]);
  }
  return { comparison, results, json, curves, pictures };
}

/** A page is no result: where it cannot be made, nothing else is lost by it. */
function pageOf(
  results: ResultsFile,
  curves: readonly Curve[],
  folder: string,
): { name: string; content: string }[] {
  try {
    return [{ name: 'report.html', content: studyPage(results, curves, path.basename(folder)) }];
  } catch (error) {
    process.emitWarning(`report.html could not be written: ${(error as Error).message}`);
    return [];
  }
}
