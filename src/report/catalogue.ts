/**
 * Every kind of component with its parameters, straight from the registries: as data, and as people read it.
 */

import type { Colours } from '../base/format.js';
import { parametersOf, type Registry } from '../schema/component.js';
import { describeExpected } from '../schema/explain.js';
import type { Registries } from '../schema/program.js';

export type Family = Exclude<keyof Registries, 'sections'>;

export function catalogue(registries: Registries, families: readonly Family[]): object {
  const describe = (registry: Registry) =>
    Object.entries(registry).map(([kind, definition]) => ({
      kind,
      ...definition.metadata,
      parameters: parametersOf(definition).map(({ name, required, schema }) => ({
        name,
        required,
        expected: describeExpected(schema),
        ...(schema.default === undefined ? {} : { default: schema.default }),
        ...(schema.description === undefined ? {} : { description: schema.description }),
      })),
    }));
  return Object.fromEntries(families.map((family) => [family, describe(registries[family])]));
}

export function formatCatalogue(registries: Registries, families: readonly Family[], paint: Colours): string {
  const kindWidth = Math.max(
    ...families.flatMap((family) => Object.keys(registries[family]).map((kind) => kind.length)),
  );
  return families.map((family) => formatFamily(family, registries[family], kindWidth, paint)).join('\n\n');
}

function formatFamily(family: Family, registry: Registry, kindWidth: number, paint: Colours): string {
  const lines = [paint.bold(family)];
  for (const [kind, definition] of Object.entries(registry)) {
    lines.push(`  ${paint.cyan(kind.padEnd(kindWidth))}  ${definition.metadata.summary}`);
    const parameters = parametersOf(definition);
    const nameWidth = Math.max(0, ...parameters.map(({ name }) => name.length));
    for (const { name, required, schema } of parameters) {
      const what = [
        schema.description,
        name === 'inner' ? undefined : describeExpected(schema),
        schema.default === undefined
          ? required
            ? 'required'
            : undefined
          : `default ${String(schema.default)}`,
      ];
      const text = what.filter((part) => part !== undefined).join('; ');
      lines.push(`  ${' '.repeat(kindWidth)}    ${name.padEnd(nameWidth)}  ${paint.dim(text)}`);
    }
  }
  return lines.join('\n');
}
