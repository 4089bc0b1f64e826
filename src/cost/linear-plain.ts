/**
 * A linear model on a worker without kernels: its definition, sample by sample, with the loss's own
 * functions. For losses that the kernels do not know; the tests hold those that they know against it.
 *
 *     grad f_i(x) = scale sum_r loss'(a_r . x, y_r) a_r + regularization penalty'(x)
 */

import type { Reals } from '../arena/layout.js';
import type { Runtime } from '../runtime.js';
import type { LinearPlan } from './linear-host.js';
import { HALF_SQUARE, type Loss } from './loss.js';
import { rowsIn } from './rows.js';
import type { SampledKernels } from './sampled.js';

export function plainKernels(loss: Loss, plan: LinearPlan, { arena, rowBytes }: Runtime): SampledKernels {
  const { dim, storage, scale, regularization } = plan;
  const { value: penalty, slope: pull } = loss.penalty ?? HALF_SQUARE;
  const memory = new Float64Array(arena.memory.buffer);
  const reals = arena.allReals;
  const { realBytes } = arena;
  const numbers = new Uint32Array(arena.memory.buffer);
  const samples = arena.view('cost.samples', 'u32');
  const rows = rowsIn(arena, storage, dim);
  const labels = arena.view('cost.labels', 'f64');
  const tests = arena.has('cost.test.labels');
  const testRows = tests ? rowsIn(arena, storage, dim, 'cost.test.') : rows;
  const testLabels = tests ? arena.view('cost.test.labels', 'f64') : labels;
  const x = new Float64Array(dim);
  const sum = new Float64Array(rowBytes / realBytes);
  const read = (from: Reals, at: number): void => {
    for (let c = 0; c < dim; c++) x[c] = from[at + c]!;
  };
  return {
    gradient(first, count, points, out, picks, size, weight) {
      for (let r = 0; r < count; r++) {
        read(reals, (points + r * rowBytes) / realBytes);
        for (let c = 0; c < dim; c++) sum[c] = regularization * pull(x[c]!);
        const from = samples[first + r]!;
        const all = samples[first + r + 1]! - from;
        const used = picks === 0 ? all : size;
        const factor = picks === 0 ? weight : weight * (all / size);
        for (let t = 0; t < used; t++) {
          const sample = picks === 0 ? from + t : numbers[picks / 4 + t]!;
          rows.addTo(sample, factor * loss.slope(rows.dot(sample, x), labels[sample]!), sum);
        }
        reals.set(sum, (out + r * rowBytes) / realBytes);
      }
    },
    values(first, count, point, out) {
      read(memory, point / 8);
      let own = 0;
      for (let c = 0; c < dim; c++) own += penalty(x[c]!);
      for (let i = first; i < first + count; i++) {
        let losses = 0;
        for (let r = samples[i]!; r < samples[i + 1]!; r++) losses += loss.value(rows.dot(r, x), labels[r]!);
        memory[out / 8 + i] = scale * losses + regularization * own;
      }
    },
    correct(from, to, point) {
      read(memory, point / 8);
      let count = 0;
      for (let r = from; r < to; r++) if (testRows.dot(r, x) > 0 === testLabels[r]! > 0) count++;
      return count;
    },
  };
}
