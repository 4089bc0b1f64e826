/**
 * References from a file: its rows are those of the rounds, and the last of them stays. Floats an agent:
 * (rounds in the file) dim.
 */

import { rowLength } from '../arena/layout.js';
import { InputError } from '../base/errors.js';
import type { Reference, Runtime } from '../runtime.js';
import type { ReferenceContext, ReferenceModel } from './reference-types.js';

export async function loadSeries(name: string, context: ReferenceContext): Promise<ReferenceModel> {
  const { agents, dim, resolve, path, precision } = context;
  const { readNpy, formatShape } = await import('../data/npy.js');
  const file = resolve(name);
  const where = { path: [...path, 'file'], file };
  const { shape, data } = await readNpy(file, 3);
  if (shape.length !== 3 || shape[0] === 0 || shape[1] !== agents || shape[2] !== dim) {
    const expected = `(rounds, ${agents}, ${dim}): rounds, agents, dim`;
    throw new InputError(`${file} has shape ${formatShape(shape)}, expected ${expected}`, where);
  }
  const bad = data.findIndex((entry) => !Number.isFinite(entry));
  if (bad >= 0) {
    const place = [Math.floor(bad / dim / agents), Math.floor(bad / dim) % agents, bad % dim].join(', ');
    throw new InputError(`${file}: entry [${place}] is ${data[bad]}, expected a finite number`, where);
  }
  const [rows] = shape;
  const stride = rowLength(dim, precision);
  return {
    plan: { kind: 'series', rows },
    start: data.subarray(0, agents * dim),
    fields: [
      { name: 'reference.series', type: 'real', length: rows * agents * stride },
      { name: 'reference.least', type: 'f64', length: rows },
    ],
    fill(arena) {
      const series = arena.reals('reference.series');
      for (let row = 0; row < rows * agents; row++) {
        series.set(data.subarray(row * dim, (row + 1) * dim), row * stride);
      }
      const least = arena.view('reference.least', 'f64');
      for (let k = 0; k < rows; k++) {
        for (let c = 0; c < dim; c++) least[k] += spread(data, k * agents * dim + c, agents, dim) / 2;
      }
    },
  };
}

/** Mean square distance of `count` entries, `step` apart from `first` on, from their mean. */
function spread(data: Float64Array, first: number, count: number, step: number): number {
  let mean = 0;
  for (let i = 0; i < count; i++) mean += data[first + i * step] / count;
  let total = 0;
  for (let i = 0; i < count; i++) total += (data[first + i * step] - mean) ** 2;
  return total / count;
}

export function bindSeries(
  rows: number,
  { arena, kernels, agents: rowsInArena, total: agents = rowsInArena, rowBytes }: Omit<Runtime, 'reference'>,
): Reference {
  const n = rowBytes / arena.realBytes;
  const series = arena.address('reference.series');
  const least = arena.view('reference.least', 'f64');
  const row = (round: number) => Math.min(round, rows - 1);
  const at = (round: number) => series + row(round) * agents * rowBytes;
  return {
    advance(first, count, round, to) {
      if (round + 1 >= rows) return;
      const offset = first * rowBytes;
      const now = at(round) + offset;
      const next = at(round + 1) + offset;
      kernels.combine(count, rowBytes, n, to, 1, to, 1, next, -1, now, 0, 0, 0, 0);
    },
    mean: (round, firstColumn, columns, out) =>
      kernels.columnMeans(at(round), rowBytes, agents, firstColumn, columns, out),
    least: (round) => least[row(round)],
  };
}
