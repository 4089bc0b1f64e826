/**
 * Everything that kernels.wasm exports, and kernels-float32.wasm, which is made of the same sources
 * (real.ts). The interface for TypeScript (interface.ts) is written from this file and from the comments that
 * stand at the kernels, whenever they are compiled.
 *
 * Every argument is a number. `slots`, `errors`, `out` and other plain nouns are byte addresses in the shared
 * memory; `...Stride` is in BYTES, from one row or slot to the next; `count`, `first`, `dim`, `n`, `k` count
 * agents or entries. Two addressing rules hold everywhere:
 *
 *  - *block rows* (`errors`, `out`, `gradient`, ...): row r is that of agent `first + r`;
 *  - *slots* and graph arrays belong to all agents and are indexed by the agent's own number.
 *
 * Rows are padded to whole cache lines: 8 float64, or 16 float32. Points of float64 to a multiple of 8. The
 * padding is always +0 or -0: kernels rely on this.
 *
 * Wire formats (little-endian; a slot starts 8-byte aligned; in float32 a float64 below is a float32):
 *
 *  | message | layout | bits |
 *  | --- | --- | --- |
 *  | dense | n float64 | 64 n |
 *  | scalars | m float64 | 64 m |
 *  | sign | float64 scale, then n bits: bit c = sign bit of entry c (1 = negative) | 64 + n |
 *  | sign, single | the same after a float32 scale | 32 + n |
 *  | sign, common scale | as sign; the scale is known to all, so not sent and not counted | n |
 *  | levels | float64 step (if not shared), n integers of `bits` bits, two's complement | (64 +) n bits |
 *  | sparse | k float64, then their indices, ascending, of `indexBits` bits each | k (64 + indexBits) |
 *
 * Bits are packed least significant first.
 */
export { arithmetic, triad } from './arithmetic';
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
export { gatherDense, gatherDenseApart, gatherSign, gatherSignSingle, gatherSparse } from './gather';
export { gradientLinearDense, gradientLinearSparse, gradientQuadratic } from './gradient';
export { decodeLevels, encodeLevels, encodeLevelsDithered, gatherLevels } from './levels';
export { exp, log1p } from './math';
export { correctMlp, gradientMlp, valueMlp } from './mlp';
export { flattenMasks, linkWords, philoxUniform, philoxWords } from './philox';
export { powerBegin, powerMix, powerSend } from './power';
export { pushSum } from './push-sum';
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
  copyFinite,
  stepPrimalDual,
  stepPrimalDualError,
  stepPrimalDualMemory,
  subtract,
} from './step';
export { touchSlots } from './touch';
export {
  columnMeans,
  columnMeansPlaced,
  distancesBetweenRows,
  distancesToPoint,
  narrow,
  sum,
  widen,
} from './trace';
export {
  correctLinearDense,
  correctLinearSparse,
  valueLinearDense,
  valueLinearSparse,
  valueQuadratic,
} from './value';
export { flattenBlock, flattenParts, unflattenBlock, unflattenParts, wht } from './wht';
