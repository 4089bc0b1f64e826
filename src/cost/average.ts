/**
 * Average: f_i(x) = 1/2 |x - value_i|^2, whose mean is least where x is the average of the agents' values.
 *
 * The quadratic with a = 1, and its kernels: m = l = 1, closed form. `values` is a .npy file of shape agents x dim, or values are drawn uniform
 * in (-1, 1) from Philox stream 8 (round 1; agent i draws for itself). The consensus flow begins at these values where there
 * is no `init`, so that both flows solve the same problem.
 */

import type { z } from 'zod';
import { unexpected } from '../errors.js';
import {
  badEntry,
  bindQuadratic,
  QuadraticModel,
  type Rows,
  readAgentRows,
  uniformSource,
} from './quadratic.js';
import type { CostContext, CostDefinition, CostModel, CostSpec } from './types.js';

function parameters(zod: typeof z): z.ZodType {
  return zod
    .strictObject({
      kind: zod.literal('average'),
      values: zod.string().optional(),
      dim: zod.int().min(1).optional(),
      seed: zod.int().min(0).optional(),
    })
    .refine((spec) => (spec.values === undefined) === (spec.dim !== undefined), {
      message:
        'expected either values (a .npy file, agents x dim) or dim (with seed) for values that are drawn',
    })
    .refine((spec) => spec.values === undefined || spec.seed === undefined, {
      message: 'expected no seed beside values: nothing is drawn',
    });
}

async function load(spec: CostSpec, context: CostContext): Promise<CostModel> {
  const { values, dim } = spec;
  if (values !== undefined) {
    const read = await readAgentRows(spec, 'values', context);
    const bad = read.data.findIndex((entry) => !Number.isFinite(entry));
    if (bad >= 0) throw badEntry(read, bad, 'a finite number');
    const row = (agent: number, b: Float64Array) => {
      for (let c = 0; c < read.dim; c++) b[c] = read.data[agent * read.dim + c]!;
    };
    return new QuadraticModel('average', read.dim, around(row), 'from a file', context);
  }
  if (!Number.isSafeInteger(dim) || (dim as number) < 1) {
    throw unexpected([...context.path, 'dim'], dim, 'a whole number >= 1');
  }
  const { STREAM_QUADRATIC } = await import('../data/random.js');
  const uniform = await uniformSource(spec, context);
  const row = (agent: number, b: Float64Array) =>
    uniform.fill(b, 0, dim as number, agent, 1, STREAM_QUADRATIC);
  return new QuadraticModel('average', dim as number, around(row), 'drawn', context);
}

/** Rows of curvature 1 around the agents' values. */
function around(values: (agent: number, b: Float64Array) => void): Rows {
  return {
    read(agent, a, b) {
      a.fill(1);
      values(agent, b);
    },
  };
}

export const average: CostDefinition = {
  kind: 'average',
  card: {
    title: 'Average',
    summary: 'f_i(x) = 1/2 |x - value_i|^2, values from a file or drawn; the consensus flow begins at them',
    source: 'none',
  },
  placed: true,
  parameters,
  load,
  bind: bindQuadratic,
};
