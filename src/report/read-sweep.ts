/** A sweep as its folder has it: what its page is made from again. */

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { InputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import { isComparisonFolder } from '../compare/store.js';
import type { SweepFile } from './sweep.js';

export interface SweepData {
  /** What results.json holds. */
  file: SweepFile;
  /** map.svg; null where there is none. */
  map: string | null;
  /** Of what ran. */
  versions: { sottovoce?: string | undefined; kernels?: string | undefined };
}

/** Whether a folder holds the results of a sweep. */
export function isSweepFolder(folder: string): boolean {
  if (!isComparisonFolder(folder)) return false;
  try {
    const { format } = JSON.parse(readFileSync(path.join(folder, 'results.json'), 'utf8')) as {
      format?: unknown;
    };
    return typeof format === 'string' && format.startsWith('sottovoce-sweep/');
  } catch {
    return false;
  }
}

/** Throws InputError where results.json is of a later version, or is not what a sweep writes. */
export function readSweep(folder: string): SweepData {
  const json = path.join(folder, 'results.json');
  const file = JSON.parse(readFileSync(json, 'utf8')) as SweepFile;
  const { format, axes, points, rows, ranking, target } = file as Partial<SweepFile>;
  const whole = [axes, points, rows, ranking].every(Array.isArray) && typeof target?.bound === 'number';
  if (format !== 'sottovoce-sweep/1' || !whole) {
    throw new InputError(
      `${showPath(json)} is of format ${String(format)}${whole ? '' : ', and parts are missing'}, expected a whole sottovoce-sweep/1`,
    );
  }
  const map = path.join(folder, 'map.svg');
  const { versions = {} } = JSON.parse(readFileSync(path.join(folder, 'compare.json'), 'utf8')) as {
    versions?: SweepData['versions'];
  };
  return { file, map: existsSync(map) ? readFileSync(map, 'utf8') : null, versions };
}
