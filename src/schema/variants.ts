/** A family of components as JSON Schema: one variant for each kind. */

import { bodySchema, type ComponentDefinition, type ComponentOptions, type Registry } from './component.js';
import { type JsonSchema, toJsonSchema } from './explain.js';

/** Where a schema says what compressors may stand in it. */
export const COMPRESSOR_REFERENCE: JsonSchema = { $ref: '#/$defs/compressor' };
/** Compressors nest under this key. */
export const COMPRESSOR_OPTIONS: ComponentOptions = { nestedKey: 'inner' };

export function variants(registry: Registry, options: ComponentOptions = {}): JsonSchema[] {
  return Object.entries(registry).map(([kind, definition]) => variant(kind, definition, options));
}

export function variant(
  kind: string,
  definition: ComponentDefinition,
  options: ComponentOptions,
): JsonSchema {
  const schema = withoutDialect(toJsonSchema(bodySchema(definition, kind, options.common)));
  const properties: Record<string, JsonSchema> = { ...schema.properties, kind: { const: kind } };
  const { nestedKey } = options;
  const nested =
    nestedKey !== undefined && Object.hasOwn(properties, nestedKey) ? properties[nestedKey] : null;
  if (nestedKey !== undefined && nested) {
    const reference = COMPRESSOR_REFERENCE;
    const { type, description } = nested;
    properties[nestedKey] = {
      ...(description === undefined ? {} : { description }),
      ...(type === 'array' ? { type, items: reference } : reference),
    };
  }
  const required = [...new Set(['kind', ...(schema.required ?? [])])];
  return { title: kind, description: definition.metadata.summary, ...schema, properties, required };
}

export function withoutDialect(schema: JsonSchema): JsonSchema {
  const { $schema: _, ...rest } = schema;
  return rest;
}
