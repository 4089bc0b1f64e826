// primal-dual.mjs with its arithmetic in a WebAssembly kernel (kernel/step.ts). The module exports the kernel's
// memory; then the agent's arrays lie in it, and the kernel takes their addresses.

import { readFileSync } from 'node:fs';

const bytes = readFileSync(new URL('kernel/step.wasm', import.meta.url));
/** @type {any} */
const kernel = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;

/** @param {Float64Array} array */
const at = (array) => array.byteOffset;

export const memory = kernel.memory;
export { messages, needs, parameters, state } from './primal-dual.mjs';

/** @type {import('sottovoce').FlowFunction<'v', 'x', 'step' | 'alpha' | 'beta' | 'mu'>} */
export function step({ dim, x, v, heard, gradient, parameters: { step, alpha, beta } }) {
  const { laplacian } = heard.x;
  const slope = gradient(x);
  kernel.step(dim, at(x), at(v), at(slope), at(laplacian), step, alpha, beta);
}
