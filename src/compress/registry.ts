/** Compressors by their kind: planned, bound and as reference implementations, whatever they are. */

import { type Precision, REAL } from '../arena/layout.js';
import type { SpecPath } from '../base/errors.js';
import { lookUp } from '../base/registry.js';
import type { PlanContext, Runtime, Seed } from '../runtime.js';
import kinds from './kinds.js';
import type {
  BoundCompressor,
  CompressorAlias,
  CompressorDefinition,
  CompressorPlan,
  CompressorSpec,
  Nested,
  ReferenceCompressor,
} from './types.js';

/** Every compressor by its kind. */
export const compressors: Readonly<Record<string, CompressorDefinition | CompressorAlias>> =
  Object.fromEntries(kinds.map((entry) => [entry.kind, entry as CompressorDefinition | CompressorAlias]));

export function isAlias(entry: CompressorDefinition | CompressorAlias): entry is CompressorAlias {
  return 'expand' in entry;
}

/** Those that are planned as what they are; the others are short names. */
export function definitions(): CompressorDefinition[] {
  return Object.values(compressors).filter((entry) => !isAlias(entry)) as CompressorDefinition[];
}

export function compressorDefinition(kind: string): CompressorDefinition {
  const entry = compressors[kind];
  if (!entry || isAlias(entry)) throw new Error(`no compressor is planned as ${kind}`);
  return entry;
}

/** Whether a compressor does more than send vectors as they are, in numbers of so many bits. */
export function compresses(spec: CompressorSpec, precision: Precision = 'float64'): boolean {
  const entry = compressors[spec.kind];
  return entry === undefined || isAlias(entry) || entry.asIs?.(spec, REAL[precision].bits) !== true;
}

/** What a config that names no compressor goes with. */
export const UNCOMPRESSED: CompressorSpec = {
  kind: Object.keys(compressors).find((kind) => !compresses({ kind })) as string,
};

const nested: Nested = { plan: planCompressor, bind: bindCompressor, reference: referenceCompressor };

/** What a short name stands for; everything else as it is. */
function expandCompressor(spec: CompressorSpec, path: SpecPath): CompressorSpec {
  const entry = lookUp(compressors, spec?.kind, path);
  return isAlias(entry) ? expandCompressor(entry.expand(spec), path) : spec;
}

/** Of a spec that its shape has checked, as everything in a config is (`config/component.ts`). */
export function planCompressor(spec: CompressorSpec, context: PlanContext): CompressorPlan {
  const expanded = expandCompressor(spec, context.path);
  return compressorDefinition(expanded.kind).plan(expanded, context, nested);
}

export function bindCompressor(plan: CompressorPlan, runtime: Runtime): BoundCompressor {
  return compressorDefinition(plan.kind).bind(plan, runtime, nested);
}

export function referenceCompressor(plan: CompressorPlan, seed: Seed): ReferenceCompressor {
  return compressorDefinition(plan.kind).reference(plan, seed, nested);
}
