/** Curves of a comparison, as its folder has them: medians and quartiles that `sottovoce compare` has taken. */

import path from 'node:path';
import { InputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import type { CurveAxis } from '../compare/curves.js';
import { readStudy, readTraces, type StudyData } from '../compare/read-study.js';
import { readJson } from '../output/run-folder.js';
import type { Quantity } from '../run/targets.js';
import { ALONG_X, ALONG_Y, type XName } from './quantities.js';
import type { BandName, Quantities, Series } from './series.js';
import type { TableCell } from './table.js';

export interface Study {
  data: StudyData;
  /** When it began. */
  started: string;
  notes: string[];
}

/** Which of a curve's axes it is; link bits have none. */
const AXES: Readonly<Partial<Record<XName, CurveAxis>>> = {
  rounds: 'round',
  bits: 'bits',
  seconds: 'seconds',
  network: 'networkSeconds',
};

/** @throws InputError where there are no results yet */
export function readStudyFolder(folder: string): Study {
  const data = readStudy(folder);
  const { started } = (readJson(path.join(folder, 'compare.json'))['time'] ?? {}) as { started?: string };
  const notes = data.results.complete
    ? []
    : [`${showPath(folder)} is not complete: the comparison was stopped; the same command goes on`];
  return { data, started: started ?? new Date(0).toISOString(), notes };
}

/** @throws InputError where the curves do not have what is asked for */
export function seriesOfStudy(
  { data }: Study,
  { x, y }: Quantities,
  target: number | null,
  band: BandName,
): Series[] {
  const { results, curves, folder } = data;
  const axis = AXES[x];
  const column = ALONG_Y[y].column as Quantity;
  const shown = showPath(folder);
  if (band === 'range') {
    throw new InputError(`--band range: the curves in ${shown} have quartiles, expected iqr or none`, {
      file: folder,
    });
  }
  if (axis === undefined || !curves.some((curve) => curve.axis === axis)) {
    const why = axis === undefined ? 'expected rounds, bits, seconds or network' : ALONG_X[x].lacks;
    throw new InputError(`--x ${x}: the curves in ${shown} have no ${ALONG_X[x].column}: ${why}`, {
      file: folder,
    });
  }
  const own = curves.filter((curve) => curve.axis === axis);
  if (!own.some(({ values }) => values[column] !== undefined)) {
    throw new InputError(
      `--y ${y}: the curves in ${shown} have no ${column}: they have ${Object.keys(own[0]?.values ?? {}).join(', ')}`,
      { file: folder },
    );
  }
  const isTarget = results.target.quantity === column;
  return own.flatMap((curve): Series[] => {
    const values = curve.values[column];
    if (values === undefined) return [];
    const row = results.methods.find(({ method }) => method === curve.method);
    const cells = results.cells.filter(({ method }) => method === curve.method);
    return [
      {
        method: curve.label,
        graph: curve.graph,
        x: curve.x,
        y: isTarget ? untilArrival(values.median, target) : values.median,
        low: band === 'none' || cells.length < 2 ? null : values.q1,
        high: band === 'none' || cells.length < 2 ? null : values.q3,
        seeds: cells.length,
        arrived: row?.reached ?? 0,
        diverged: cells.filter(({ status }) => status === 'diverged').length,
      },
    ];
  });
}

/** A median that has come to the target for good ends there. */
function untilArrival(median: readonly number[], target: number | null): number[] {
  if (target === null) return [...median];
  const last = median.findLastIndex((value) => !(value <= target));
  return median.map((value, i) => (i > last + 1 ? Number.NaN : value));
}

/** What the target took, cell by cell. */
export function tableOfStudy({ data }: Study): TableCell[] {
  const { methods, cells } = data.results;
  return methods.map(({ method, label, graph }) => {
    const own = cells.filter((cell) => cell.method === method);
    const counts = (of: (cell: (typeof own)[number]) => number | null) =>
      own.map((cell) => (cell.reached ? (of(cell) ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY));
    return {
      method: label,
      graph,
      seeds: own.length,
      arrived: own.filter(({ reached }) => reached).length,
      rounds: counts(({ roundsToTarget }) => roundsToTarget),
      bits: counts(({ bitsToTarget }) => bitsToTarget),
    };
  });
}

/** The largest objective at the end of a cell, without its sign. Reads every cell. */
export function objectiveOfStudy({ data }: Study): number {
  const lasts = readTraces(data.folder).flatMap(({ rows }) => rows.at(-1)?.objective ?? []);
  return Math.max(0, ...lasts.map(Math.abs).filter(Number.isFinite));
}
