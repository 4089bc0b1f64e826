/**
 * Every compressor: a new one is a file beside this one and its name here. The config, `sottovoce list`, the
 * builders of specs that programs import, and the tables of tests and benchmarks find it by themselves.
 */

import { adacgd } from './adacgd.js';
import { adaptive } from './adaptive.js';
import { annealedSign, eden, flattenedOneBit, flattenedSign } from './aliases.js';
import { bestRotation } from './best-rotation.js';
import { custom } from './custom.js';
import { errorFeedback } from './error-feedback.js';
import { eventTriggered } from './event-triggered.js';
import { every } from './every.js';
import { flatten } from './flatten.js';
import { identity } from './identity.js';
import { kimad } from './kimad.js';
import { learned } from './learned.js';
import { lloydMax } from './lloyd-max.js';
import { lowRank } from './low-rank.js';
import { natural } from './natural.js';
import { normSign } from './norm-sign.js';
import { oneBit } from './one-bit.js';
import { qsgd } from './qsgd.js';
import { randK } from './rand-k.js';
import { sampledTopK } from './sampled-top-k.js';
import { saturatedQuantize } from './saturated-quantize.js';
import { scalarizeCyclic } from './scalarize-cyclic.js';
import { scalarizeRandom } from './scalarize-random.js';
import { scalarizeSinusoid } from './scalarize-sinusoid.js';
import { scalarizeSweep } from './scalarize-sweep.js';
import { scale } from './scale.js';
import { schedule } from './schedule.js';
import { sign } from './sign.js';
import { terngrad } from './terngrad.js';
import { threshold } from './threshold.js';
import { topK } from './top-k.js';
import { uniformQuantize } from './uniform-quantize.js';

/** In the order in which people see them. */
export default [
  identity,
  topK,
  sampledTopK,
  randK,
  threshold,
  sign,
  normSign,
  oneBit,
  uniformQuantize,
  saturatedQuantize,
  qsgd,
  terngrad,
  natural,
  lloydMax,
  lowRank,
  scalarizeCyclic,
  scalarizeSinusoid,
  scalarizeRandom,
  scalarizeSweep,
  flatten,
  bestRotation,
  flattenedSign,
  flattenedOneBit,
  annealedSign,
  eden,
  custom,
  adaptive,
  adacgd,
  kimad,
  learned,
  errorFeedback,
  eventTriggered,
  every,
  scale,
  schedule,
];

/** Each is the builder of its specs, too: `errorFeedback(topK(4))`. */
export {
  adacgd,
  adaptive,
  annealedSign,
  bestRotation,
  custom,
  eden,
  errorFeedback,
  eventTriggered,
  every,
  flatten,
  flattenedOneBit,
  flattenedSign,
  identity,
  kimad,
  learned,
  lloydMax,
  lowRank,
  natural,
  normSign,
  oneBit,
  qsgd,
  randK,
  sampledTopK,
  saturatedQuantize,
  scalarizeCyclic,
  scalarizeRandom,
  scalarizeSinusoid,
  scalarizeSweep,
  scale,
  schedule,
  sign,
  terngrad,
  threshold,
  topK,
  uniformQuantize,
};
