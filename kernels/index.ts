/** Everything that kernels.wasm exports. bindings.ts lists the same names; a test holds the two together. */
export { arithmetic } from './arithmetic';
export { drawBatch } from './batch';
export { decodeDense, decodeFlattenedSign, decodeSign, decodeSignSingle, decodeSparse } from './decode';
export { primalDualDense } from './dense-round';
export {
  encodeDense,
  encodeFlattenedSign,
  encodeOneBit,
  encodeSign,
  encodeSignScaled,
  encodeSparse,
} from './encode';
export { gatherDense, gatherSign, gatherSignSingle, gatherSparse } from './gather';
export { gradientLinearDense, gradientLinearSparse, gradientQuadratic } from './gradient';
export { decodeLevels, encodeLevels, encodeLevelsDithered, gatherLevels } from './levels';
export { exp, log1p } from './math';
export { correctMlp, gradientMlp, valueMlp } from './mlp';
export { flattenMasks, linkWords, philoxUniform, philoxWords } from './philox';
export { powerBegin, powerMix, powerSend } from './power';
export { stepPushSum } from './push-sum';
export { primalDualRotatedSigns } from './rotated-signs';
export {
  decodeProjections,
  decodeScalars,
  encodeProjections,
  encodeScalars,
  gatherProjections,
  gatherScalars,
} from './scalars';
export {
  countSigns,
  ditherSignRange,
  meanSigns,
  packSignRange,
  serverAdam,
  serverMomentum,
  serverSgd,
} from './server';
export {
  correctSoftmaxDense,
  correctSoftmaxSparse,
  gradientSoftmaxDense,
  gradientSoftmaxSparse,
  valueSoftmaxDense,
  valueSoftmaxSparse,
} from './softmax';
export {
  combine,
  stepConsensus,
  stepConsensusError,
  stepPrimalDual,
  stepPrimalDualError,
  stepPrimalDualMemory,
  subtract,
} from './step';
export { columnMeans, columnMeansPlaced, distancesBetweenRows, distancesToPoint, sum } from './trace';
export {
  correctLinearDense,
  correctLinearSparse,
  valueLinearDense,
  valueLinearSparse,
  valueQuadratic,
} from './value';
export { flattenBlock, flattenParts, unflattenBlock, unflattenParts, wht } from './wht';
