/** x(0), from a .npy file or from the memory of a program. */

import { InputError } from '../base/errors.js';
import { readNpy } from './npy.js';

/** A file by its absolute path; numbers as they are. */
export function placed<T>(given: string | T, resolve: (file: string) => string): string | T {
  return typeof given === 'string' ? resolve(given) : given;
}

/**
 * A beginning: agents x dim finite numbers, row by row; `expected` says so to a person.
 *
 * @param given the numbers, or the .npy file that has them
 * @throws InputError with the file's name where its shape is another one or a number is not finite
 */
export async function readBeginning(
  given: string | Float64Array,
  agents: number,
  dim: number,
  expected = 'agents x dim',
): Promise<Float64Array> {
  const { name, holds, right, data, where } =
    typeof given === 'string' ? await fromFile(given, agents, dim) : fromMemory(given, agents, dim);
  if (!right) {
    throw new InputError(`${name} ${holds} numbers, expected ${agents} x ${dim} (${expected})`, where);
  }
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new InputError(
      `${name}: entry [${Math.floor(bad / dim)}, ${bad % dim}] (agent, coordinate, from 0) is ${data[bad]}, expected a finite number`,
      where,
    );
  }
  return data;
}

async function fromFile(file: string, agents: number, dim: number) {
  const { shape, data } = await readNpy(file);
  const [rows, columns = 1] = shape;
  const right = rows === agents && columns === dim;
  return { name: file, holds: `holds ${rows} x ${columns}`, right, data, where: { path: ['init'], file } };
}

function fromMemory(data: Float64Array, agents: number, dim: number) {
  const right = data.length === agents * dim;
  return { name: 'init', holds: `has ${data.length}`, right, data, where: { path: ['init'] } };
}
