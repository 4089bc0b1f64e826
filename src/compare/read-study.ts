/**
 * A study as its folder has it: what pictures and pages are made from. results.json says who is compared and
 * who wins, curves.csv has the medians with their quartiles, and cells/ what every single seed did.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Papa from 'papaparse';
import { InputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import type { TraceRow } from '../trace/row.js';
import { AXIS_NAMES, CURVE_COLUMNS, CURVE_QUANTITIES, type Curve, type CurveAxis } from './curves.js';
import type { ResultsFile } from './results.js';
import { isComparisonFolder, parseCell, resultsIn } from './store.js';

export interface StudyData {
  /** Absolute. */
  folder: string;
  /** What results.json holds. */
  results: ResultsFile;
  /** Medians and quartiles, by method, problem and axis. */
  curves: Curve[];
}

/** The rows of one cell. */
export interface CellTrace {
  cell: string;
  method: number;
  label: string;
  problem: number;
  graph: string;
  seed: number;
  status: string;
  rows: TraceRow[];
}

/** Throws InputError where it is no folder of a comparison, or of one that has left no results yet. */
export function readStudy(folder: string): StudyData {
  const whole = path.resolve(folder);
  if (!isComparisonFolder(whole)) {
    throw new InputError(`${showPath(whole)} is no folder of a comparison, expected one`, {
      hint: '`sottovoce compare` leaves compare.json in its folder',
    });
  }
  if (resultsIn(whole) === 'sweep') {
    throw new InputError(`${showPath(whole)} holds a sweep, expected the folder of a comparison`, {
      hint: 'a sweep leaves tables; `sottovoce map` draws two of its axes, and each row has the command of its run',
    });
  }
  const results = JSON.parse(read(whole, 'results.json')) as ResultsFile;
  return { folder: whole, results, curves: parseCurves(read(whole, 'curves.csv')) };
}

/** Every cell's own rows, in the order of the grid; cells that could not run have none. */
export function readTraces(folder: string): CellTrace[] {
  const { cells } = JSON.parse(read(folder, 'results.json')) as ResultsFile;
  const names = new Set(readdirSync(path.join(folder, 'cells')));
  return cells.flatMap(({ cell, method, label, problem, graph, seed, status }) => {
    const file = `${cell}.json`;
    const kept = names.has(file) ? parseCell(readFileSync(path.join(folder, 'cells', file), 'utf8')) : null;
    if (kept === null || !('trace' in kept.outcome)) return [];
    return [{ cell, method, label, problem, graph, seed, status, rows: kept.outcome.trace }];
  });
}

function read(folder: string, name: string): string {
  const file = path.join(folder, name);
  if (!existsSync(file)) {
    throw new InputError(`${showPath(file)} is not there, expected what a comparison leaves`, {
      hint: 'a comparison writes it when it ends; the same command with the same --out goes on',
    });
  }
  return readFileSync(file, 'utf8');
}

/** Of curves.csv. */
export function parseCurves(csv: string): Curve[] {
  const { data } = Papa.parse<string[]>(csv.trimEnd());
  const [head = [], ...lines] = data;
  if (head.join() !== CURVE_COLUMNS.join())
    throw new InputError(
      `curves.csv has the columns ${head.join(', ')}, expected ${CURVE_COLUMNS.join(', ')}`,
    );
  const column = new Map(head.map((name, at) => [name, at]));
  const curves: Curve[] = [];
  for (const line of lines) {
    const text = (name: string) => line[column.get(name) as number] ?? '';
    const value = (name: string) => (text(name) === '' ? Number.NaN : Number(text(name)));
    const [method, axis] = [value('method'), text('axis') as CurveAxis];
    let curve = curves.at(-1);
    if (curve?.method !== method || curve.axis !== axis) {
      const names = { label: text('label'), problem: value('problem'), graph: text('graph') };
      curve = { method, ...names, axis, x: [], at: {}, seeds: [], values: {} };
      curves.push(curve);
    }
    curve.x.push(value(axis));
    curve.seeds.push(value('seeds'));
    for (const name of AXIS_NAMES) {
      if (text(name) === '') continue;
      curve.at[name] ??= [];
      curve.at[name].push(value(name));
    }
    for (const quantity of CURVE_QUANTITIES) {
      if (text(quantity) === '') continue;
      curve.values[quantity] ??= { median: [], q1: [], q3: [] };
      const band = curve.values[quantity];
      band.median.push(value(quantity));
      band.q1.push(value(`${quantity}Q1`));
      band.q3.push(value(`${quantity}Q3`));
    }
  }
  return curves;
}
