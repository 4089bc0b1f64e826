/** x(0) from a .npy file. */

import { InputError } from '../base/errors.js';
import { readNpy } from './npy.js';

/**
 * A beginning: agents x dim finite numbers, row by row; `expected` says so to a person.
 *
 * @throws InputError with the file's name where its shape is another one or a number is not finite
 */
export async function readBeginning(
  file: string,
  agents: number,
  dim: number,
  expected = 'agents x dim',
): Promise<Float64Array> {
  const { shape, data } = await readNpy(file);
  const [rows, columns = 1] = shape;
  const where = { path: ['init'], file };
  if (rows !== agents || columns !== dim) {
    throw new InputError(
      `${file} holds ${rows} x ${columns} numbers, expected ${agents} x ${dim} (${expected})`,
      where,
    );
  }
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new InputError(
      `${file}: entry [${Math.floor(bad / dim)}, ${bad % dim}] (agent, coordinate, from 0) is ${data[bad]}, expected a finite number`,
      where,
    );
  }
  return data;
}
