/**
 * Points where a trace evaluates are rows of float64, the state's rows are of the run's precision: what
 * stands in one is brought into a row of the other, of this worker's own. In a float64 run they are the same
 * rows, and nothing is copied.
 */

import { type FieldSpec, type Precision, pointLength, rowLength } from '../arena/layout.js';
import type { Runtime } from '../runtime.js';

export function pointFields(dim: number, precision: Precision | undefined): FieldSpec[] {
  if ((precision ?? 'float64') === 'float64') return [];
  return [
    { name: 'scratch.wide', type: 'f64', length: pointLength(dim), perWorker: true },
    { name: 'scratch.narrow', type: 'real', length: rowLength(dim, precision), perWorker: true },
  ];
}

export interface Points {
  /** Address of a point with the entries of a row; the next call writes over it. */
  wide(row: number): number;
  /** Address of a row with the entries of a point, rounded; the next call writes over it. */
  narrow(point: number): number;
}

export function bindPoints({
  arena,
  kernels,
  dim,
  worker,
}: Pick<Runtime, 'arena' | 'kernels' | 'dim' | 'worker'>): Points {
  if (arena.precision === 'float64') return { wide: (row) => row, narrow: (point) => point };
  const point = arena.address('scratch.wide', worker);
  const narrowed = arena.address('scratch.narrow', worker);
  return {
    wide(row) {
      kernels.widen(row, dim, point);
      return point;
    },
    narrow(at) {
      kernels.narrow(at, dim, narrowed);
      return narrowed;
    },
  };
}
