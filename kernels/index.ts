/** Everything that kernels.wasm exports. bindings.ts lists the same names; a test holds the two together. */
export { decodeDense, decodeScalar, decodeSign, decodeSparse } from './decode';
export { encodeDense, encodeFlattenedSign, encodeScalar, encodeSign, encodeSparse } from './encode';
export { gatherDense, gatherScalar, gatherSign, gatherSparse } from './gather';
export { gradientLinearDense, gradientLinearSparse, gradientQuadratic } from './gradient';
export { exp, log1p } from './math';
export { flattenMasks, philoxUniform, philoxWords } from './philox';
export { stepConsensus, stepConsensusError, stepPrimalDual, stepPrimalDualError, subtract } from './step';
export { columnMeans, distancesBetweenRows, distancesToPoint, sum } from './trace';
export { valueLinearDense, valueLinearSparse, valueQuadratic } from './value';
export { flattenBlock, unflattenBlock, wht } from './wht';
