/** How kernels are instantiated. `npm run build:kernels` writes their interface from their sources. */
import type { Kernels } from './interface.js';

export type { Kernels };

/** Instantiates the compiled kernels over the arena's memory: once per thread. */
export function bindKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const abort = () => {
    throw new Error('a kernel aborted');
  };
  return new WebAssembly.Instance(module, { env: { memory, abort } }).exports as unknown as Kernels;
}
