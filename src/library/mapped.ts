/** What is made of a map that has run, or of a part of it: rows, files, and the picture. */

import type { CompareDirectory } from '../compare/store.js';
import { renderPng } from '../figures/png.js';
import { captionOf, drawMap } from '../report/heat-map.js';
import type { Sweep } from '../sweep/make.js';
import {
  type Agreement,
  agreementOf,
  type Boundary,
  classOf,
  type MapClass,
  type MapQuantity,
} from '../sweep/map.js';
import { sweepResults } from '../sweep/results.js';
import type { SweepRun } from '../sweep/run.js';
import { type Swept, swept } from './swept.js';

export interface Mapped extends Swept {
  svg: string;
  caption: string;
  agreement: Agreement | null;
  /** Of each point that has run. */
  classes: MapClass[];
}

/** @param directory where everything is written; null: nowhere */
export async function mapped(
  sweep: Sweep,
  run: SweepRun,
  of: MapQuantity,
  boundary: Boundary | null,
  directory: CompareDirectory | null,
): Promise<Mapped> {
  const results = sweepResults(sweep, run.outcomes);
  const agreement = agreementOf(results.points);
  const svg = drawMap({ sweep, results, of, boundary, agreement });
  const caption = captionOf(sweep, boundary, agreement);
  const png = directory === null ? [] : [{ name: 'map.png', content: await renderPng(svg) }];
  const made = await swept(sweep, run.outcomes, run.complete(), directory, { svg, caption }, png);
  const classes = results.points.map(classOf);
  return { ...made, svg, caption, agreement, classes };
}
