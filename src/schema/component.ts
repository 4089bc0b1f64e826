/**
 * Validates a component (`compressor`, `cost`, `flow`, a generator) against the definition that its `kind`
 * names in a registry. The config knows no component by name: a new line in a registry is validated, listed
 * and exported without touching this file.
 */

import { z } from 'zod';
import type { SpecPath } from '../base/errors.js';
import { formatPath, InputError } from '../base/errors.js';
import { didYouMean, nearest } from '../base/suggest.js';
import type { Metadata } from '../runtime.js';
import {
  explain,
  type Issue,
  isMapping,
  type JsonSchema,
  REPORT_INPUT,
  toJsonSchema,
  unknownKey,
  wrongValue,
} from './explain.js';

/** What every registry entry has, whatever else it does. */
export interface ComponentDefinition {
  kind: string;
  metadata: Metadata;
  parameters(zod: typeof z): z.ZodType;
}

export type Registry<Definition = ComponentDefinition> = Readonly<Record<string, Definition>>;

export interface ComponentOptions {
  /** Keys that every kind in this registry accepts, beside its own. */
  common?: Record<string, z.ZodType>;
  /** The key under which a component of the same registry is nested. */
  nestedKey?: string;
  /** Words that may stand in the place of a component, and are no kind inside another. */
  words?: readonly string[];
}

export type Validated = { spec: Record<string, unknown>; issues: Issue[] };

/** Compositions deeper than this are an alias that contains itself. */
const MAX_NESTING = 16;

/**
 * `spec` with the definition's defaults filled in, and everything that is wrong with it, nested components
 * included.
 */
export function validateComponent(
  registry: Registry,
  spec: unknown,
  path: SpecPath,
  options: ComponentOptions = {},
  depth = 0,
): Validated {
  const words = depth === 0 ? (options.words ?? []) : [];
  const kinds = [...Object.keys(registry), ...words];
  if (!isMapping(spec)) {
    const meant = typeof spec === 'string' ? nearest(spec, kinds) : null;
    const example = meant === null || words.includes(meant) ? kinds[0] : meant;
    const expected = [...words, `a mapping such as { kind: ${example} }`].join(', or ');
    const issue = wrongValue(path, spec, expected);
    if (meant !== null && words.includes(meant)) issue.text += `; did you mean ${meant}?`;
    return { spec: {}, issues: [issue] };
  }
  const kind = spec['kind'];
  const definition = typeof kind === 'string' && Object.hasOwn(registry, kind) ? registry[kind] : undefined;
  if (typeof kind !== 'string' || definition === undefined) {
    const at = [...path, 'kind'];
    const issue = wrongValue(at, kind, `one of ${kinds.join(', ')}`);
    if (typeof kind === 'string') issue.text += didYouMean(kind, kinds);
    // `kin: drops` is why there is no kind.
    const mistyped = Object.keys(spec)
      .slice(0, 20)
      .filter((key) => key !== 'kind' && nearest(key, ['kind']) !== null);
    return { spec: {}, issues: [issue, ...mistyped.map((key) => unknownKey(path, key, ['kind']))] };
  }
  if (depth >= MAX_NESTING) {
    const text = `${formatPath(path.slice(0, 4))}... is nested more than ${MAX_NESTING} deep: does it contain itself?`;
    return { spec: {}, issues: [{ path, at: 'value', text }] };
  }

  const schema = bodySchema(definition, kind, options.common);
  const result = schema.safeParse(spec, REPORT_INPUT);
  const issues = result.success ? [] : explain(result.error, schema, spec, path);
  const output: Record<string, unknown> = result.success && isMapping(result.data) ? { ...result.data } : {};

  const { nestedKey } = options;
  if (nestedKey !== undefined && declares(schema, nestedKey)) {
    const inner = spec[nestedKey];
    const at = [...path, nestedKey];
    const nest = (value: unknown, where: SpecPath): unknown => {
      const nested = validateComponent(registry, value, where, options, depth + 1);
      // The outer shape may already have complained of the same place ("inner is missing"); ours says more.
      for (const issue of nested.issues) {
        const key = formatPath(issue.path);
        const same = issues.findIndex((other) => formatPath(other.path) === key);
        if (same >= 0) issues.splice(same, 1);
      }
      issues.push(...nested.issues);
      return nested.spec;
    };
    if (inner !== undefined || !isOptional(schema, nestedKey)) {
      output[nestedKey] = Array.isArray(inner)
        ? inner.map((value, i) => nest(value, [...at, i]))
        : nest(inner, at);
    }
  }
  return { spec: output, issues };
}

/**
 * The spec, checked. Throws what is wrong with it, a mistyped name first: it is why the right one is missing.
 */
export function parseComponent<Spec extends { kind: string }>(
  registry: Registry,
  given: unknown,
  path: SpecPath,
  options: ComponentOptions = {},
): Spec {
  const { spec, issues } = validateComponent(registry, given, path, options);
  const issue = issues.find(({ at }) => at === 'key') ?? issues[0];
  if (issue) throw new InputError(issue.text, { path: issue.path, hint: issue.hint });
  return spec as Spec;
}

/** Of each definition the last that was made: what checks many configs compiles each schema once. */
const made = new WeakMap<ComponentDefinition, { kind: string; common: object; schema: z.ZodType }>();
const NOTHING_COMMON = {};

/** The strict shape of a component: its own parameters, `kind`, and what its family has in common. */
export function bodySchema(
  definition: ComponentDefinition,
  kind: string,
  common: Record<string, z.ZodType> = NOTHING_COMMON,
): z.ZodType {
  const known = made.get(definition);
  if (known?.kind === kind && known.common === common) return known.schema;
  const schema = makeBodySchema(definition, kind, common);
  made.set(definition, { kind, common, schema });
  return schema;
}

function makeBodySchema(
  definition: ComponentDefinition,
  kind: string,
  common: Record<string, z.ZodType>,
): z.ZodType {
  const shape = definition.parameters(z);
  if (!(shape instanceof z.ZodObject)) return shape;
  const missing: Record<string, z.ZodType> = {};
  if (!Object.hasOwn(shape.shape, 'kind')) missing['kind'] = z.literal(kind);
  for (const [key, type] of Object.entries(common)) if (!Object.hasOwn(shape.shape, key)) missing[key] = type;
  const whole = Object.keys(missing).length > 0 ? shape.safeExtend(missing) : shape;
  // A definition that said `loose` or `catchall` meant it; one that said nothing forgot to refuse typing
  // errors.
  return whole.def.catchall === undefined ? whole.strict() : whole;
}

function declares(schema: z.ZodType, key: string): boolean {
  return schema instanceof z.ZodObject && Object.hasOwn(schema.shape, key);
}

function isOptional(schema: z.ZodType, key: string): boolean {
  const type = schema instanceof z.ZodObject ? schema.shape[key] : undefined;
  return type instanceof z.ZodOptional || type instanceof z.ZodDefault;
}

/** Whether a kind takes parameters that it does not name, and hands them on. */
export function isOpen(definition: ComponentDefinition): boolean {
  return typeof toJsonSchema(definition.parameters(z)).additionalProperties === 'object';
}

/** A component's parameters as people see them in help and tables: everything but `kind`. */
export function parametersOf(
  definition: ComponentDefinition,
): { name: string; required: boolean; schema: JsonSchema }[] {
  const { properties = {}, required = [] } = toJsonSchema(definition.parameters(z));
  return Object.entries(properties)
    .filter(([name]) => name !== 'kind')
    .map(([name, schema]) => ({ name, required: required.includes(name), schema }));
}
