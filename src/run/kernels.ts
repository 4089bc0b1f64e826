/** The compiled kernels of a precision. */

import { readFile } from 'node:fs/promises';
import type { Precision } from '../arena/layout.js';
import { kernelsOf } from './locations.js';

export async function compileKernels(precision: Precision = 'float64'): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await readFile(kernelsOf(precision)));
}
