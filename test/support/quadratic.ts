/** Quadratics that a config reads from files: f_i(x) = 1/2 sum_c a_ic (x_c - b_ic)^2. */

import path from 'node:path';
import { writeNpy } from '../../dist/src/data/npy.js';

/** Writes a and b, rows of `dim` entries; of a config, the cost, and x(0) = b for those that begin there. */
export async function writeQuadratic(
  folder: string,
  name: string,
  a: Float64Array,
  b: Float64Array,
  dim: number,
) {
  const [fileA, fileB] = ['a', 'b'].map((which) => path.join(folder, `${name}-${which}.npy`));
  await writeNpy(fileA, { shape: [a.length / dim, dim], data: a });
  await writeNpy(fileB, { shape: [b.length / dim, dim], data: b });
  return { cost: { kind: 'quadratic', a: fileA, b: fileB }, init: fileB };
}
