/** The Walsh-Hadamard kernel alone, on this thread. */

import { readFile } from 'node:fs/promises';
import { bindKernels } from '../../kernels/bindings.js';
import { kernelsUrl } from '../run/locations.js';

const PAGE_BYTES = 65_536;
/**
 * Restored before it overflows, as the C reference does: every transform multiplies the length by sqrt(n).
 */
const RESTORE_EVERY = 32;

export interface Transform {
  /** The transform of these entries, out of place. */
  of(entries: Float64Array): Float64Array;
  /** Seconds that `repeats` transforms of n entries take. */
  time(n: number, repeats: number): number;
}

export async function bindTransform(largest: number): Promise<Transform> {
  const module = await WebAssembly.compile(await readFile(kernelsUrl));
  const pages = Math.ceil((largest * 8) / PAGE_BYTES) + 1;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const { wht } = bindKernels(module, memory);
  const data = (n: number) => new Float64Array(memory.buffer, PAGE_BYTES, n);
  return {
    of(entries) {
      const view = data(entries.length);
      view.set(entries);
      wht(PAGE_BYTES, entries.length);
      return view.slice();
    },
    time(n, repeats) {
      const view = data(n);
      const source = Float64Array.from({ length: n }, (_, c) => Math.sin(1 + c));
      view.set(source);
      wht(PAGE_BYTES, n);
      const startedMs = performance.now();
      for (let k = 0; k < repeats; k++) {
        if (k % RESTORE_EVERY === 0) view.set(source);
        wht(PAGE_BYTES, n);
      }
      return (performance.now() - startedMs) / 1000;
    },
  };
}
