/**
 * Average: f_i(x) = 1/2 |x - value_i|^2, whose mean is least where x is the average of the agents' values.
 *
 * The quadratic with a = 1, and its kernels: m = l = 1, closed form. `values` is a .npy file of shape agents
 * x dim (from a program, a Float64Array), or values are drawn uniform in (-1, 1) from Philox stream 8 (round
 * 1; agent i draws for itself). The consensus flow begins at these values where there is no `init`, so that
 * both flows solve the same problem.
 */

import { rowsParameter } from '../schema/array.js';
import {
  badEntry,
  bindQuadratic,
  QuadraticModel,
  type Rows,
  readAgentRows,
  uniformSource,
} from './quadratic.js';
import { defineCost } from './types.js';

/** Rows of curvature 1 around the agents' values. */
function around(values: (agent: number, b: Float64Array) => void): Rows {
  return {
    read(agent, a, b) {
      a.fill(1);
      values(agent, b);
    },
  };
}

export const average = defineCost({
  kind: 'average',
  metadata: {
    title: 'Average',
    summary: 'f_i(x) = 1/2 |x - value_i|^2, values from a file or drawn; the consensus flow begins at them',
    source: 'none',
  },
  placed: true,
  parameters: (zod) =>
    zod
      .strictObject({
        kind: zod.literal('average'),
        values: rowsParameter(zod, 'the values: a .npy file, agents x dim').optional(),
        dim: zod.int().min(1).optional(),
        seed: zod.int().min(0).optional(),
      })
      .refine((spec) => (spec.values === undefined) === (spec.dim !== undefined), {
        message:
          'expected either values (a .npy file, agents x dim) or dim (with seed) for values that are drawn',
      })
      .refine((spec) => spec.values === undefined || spec.seed === undefined, {
        message: 'expected no seed beside values: nothing is drawn',
      }),
  async load({ values, dim, seed }, context) {
    if (dim !== undefined) {
      const { STREAM_QUADRATIC } = await import('../data/random.js');
      const uniform = await uniformSource(seed, context);
      const row = (agent: number, b: Float64Array) => uniform.fill(b, 0, dim, agent, 1, STREAM_QUADRATIC);
      return new QuadraticModel('average', dim, around(row), 'drawn', context);
    }
    const read = await readAgentRows(values, 'values', context);
    const bad = read.data.findIndex((entry) => !Number.isFinite(entry));
    if (bad >= 0) throw badEntry(read, bad, 'a finite number');
    const origin = read.file === undefined ? 'given' : 'from a file';
    const row = (agent: number, b: Float64Array) => {
      for (let c = 0; c < read.dim; c++) b[c] = read.data[agent * read.dim + c]!;
    };
    return new QuadraticModel('average', read.dim, around(row), origin, context);
  },
  bind: bindQuadratic,
});
