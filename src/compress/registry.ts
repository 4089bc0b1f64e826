/**
 * Every compressor, one line each. A new one is a file beside this one and a line here: the config, `sottovoce list`, and the tests
 * that run every compressor in every flow find it by themselves.
 */

import type { SpecPath } from '../errors.js';
import { lookUp } from '../registry.js';
import type { PlanContext, Runtime, Seed } from '../runtime.js';
import { adaptive } from './adaptive.js';
import { flattenedOneBit, flattenedSign } from './aliases.js';
import { bestRotation } from './best-rotation.js';
import { custom } from './custom.js';
import { errorFeedback } from './error-feedback.js';
import { eventTriggered } from './event-triggered.js';
import { every } from './every.js';
import { flatten } from './flatten.js';
import { identity } from './identity.js';
import { natural } from './natural.js';
import { normSign } from './norm-sign.js';
import { oneBit } from './one-bit.js';
import { qsgd } from './qsgd.js';
import { randK } from './rand-k.js';
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
import type {
  BoundCompressor,
  CompressorAlias,
  CompressorDefinition,
  CompressorPlan,
  CompressorSpec,
  Nested,
  ReferenceCompressor,
} from './types.js';
import { uniformQuantize } from './uniform-quantize.js';

const byKind = <T extends { kind: string }>(...entries: T[]): Record<string, T> =>
  Object.fromEntries(entries.map((entry) => [entry.kind, entry]));

/** Every compressor by its kind. */
export const compressors: Record<string, CompressorDefinition | CompressorAlias> = byKind<
  CompressorDefinition | CompressorAlias
>(
  identity,
  topK,
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
  scalarizeCyclic,
  scalarizeSinusoid,
  scalarizeRandom,
  scalarizeSweep,
  flatten,
  bestRotation,
  flattenedSign,
  flattenedOneBit,
  custom,
  adaptive,
  errorFeedback,
  eventTriggered,
  every,
  scale,
  schedule,
);

export function isAlias(entry: CompressorDefinition | CompressorAlias): entry is CompressorAlias {
  return 'expand' in entry;
}

function definition(kind: string): CompressorDefinition {
  const entry = compressors[kind];
  if (!entry || isAlias(entry)) throw new Error(`no compressor is planned as ${kind}`);
  return entry;
}

const nested: Nested = { plan: planCompressor, bind: bindCompressor, reference: referenceCompressor };

/** What a short name stands for; everything else as it is. */
export function expandCompressor(spec: CompressorSpec, path: SpecPath): CompressorSpec {
  const entry = lookUp(compressors, spec?.kind, path);
  return isAlias(entry) ? expandCompressor(entry.expand(spec), path) : spec;
}

export function planCompressor(spec: CompressorSpec, context: PlanContext): CompressorPlan {
  const expanded = expandCompressor(spec, context.path);
  return definition(expanded.kind).plan(expanded, context, nested);
}

export function bindCompressor(plan: CompressorPlan, runtime: Runtime): BoundCompressor {
  return definition(plan.kind).bind(plan, runtime, nested);
}

export function referenceCompressor(plan: CompressorPlan, seed: Seed): ReferenceCompressor {
  return definition(plan.kind).reference(plan, seed, nested);
}
