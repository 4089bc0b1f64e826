/**
 * The reference implementations: what the kernels compute, one agent at a time, over ordinary arrays. They
 * are the documentation of the kernels and what the tests hold them against; nothing in the round loop uses
 * them.
 */
export * from './arithmetic.js';
export * from './batches.js';
export * from './compressors.js';
export { gather, gatherSingle, type ReferenceGraph } from './gather.js';
export * from './gradients.js';
export * from './mlp.js';
export * from './philox.js';
export * from './server.js';
export * from './softmax.js';
export * from './steps.js';
export * from './sums.js';
export * from './values.js';
export * from './wht.js';
