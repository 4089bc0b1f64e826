/**
 * Every kind of component with its parameters, straight from the registries: as data, and as people read it.
 */

import type { Colours } from '../base/format.js';
import { AUTO } from '../compress/auto.js';
import { parametersOf, type Registry } from '../schema/component.js';
import { describeExpected } from '../schema/explain.js';
import type { Registries } from '../schema/program.js';

export type Family = Exclude<keyof Registries, 'sections'>;

/** What numbers a run is made of, and how exact it can be. */
export const PRECISION = {
  float64: 'the default: 16 digits; x to 1e-13 of its size, gaps to 1e-15 of f',
  float32: 'half the memory, up to twice the speed; x to about 1e-6 of its size, traces summed in float64',
};

/** `whole`: with what stands beside the families. */
export function catalogue(registries: Registries, families: readonly Family[], whole = false): object {
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
  const precision = Object.entries(PRECISION).map(([kind, summary]) => ({ kind, summary, parameters: [] }));
  return {
    ...Object.fromEntries(families.map((family) => [family, describe(namable(registries, family))])),
    ...(whole && { precision }),
  };
}

/** What a config can name, which of compressors is one more than there are. */
function namable(registries: Registries, family: Family): Registry {
  const registry = registries[family];
  return registry === registries.compressors ? { ...registry, ...AUTO } : registry;
}

/** The same as text. */
export function formatCatalogue(
  registries: Registries,
  families: readonly Family[],
  paint: Colours,
  whole = false,
): string {
  const kindWidth = Math.max(
    ...families.flatMap((family) => Object.keys(registries[family]).map((kind) => kind.length)),
  );
  const parts = families.map((family) => formatFamily(family, namable(registries, family), kindWidth, paint));
  if (whole) {
    const lines = Object.entries(PRECISION).map(
      ([name, what]) => `  ${paint.cyan(name.padEnd(kindWidth))}  ${what}`,
    );
    parts.push([paint.bold('precision'), ...lines].join('\n'));
  }
  return parts.join('\n\n');
}

function formatFamily(family: Family, registry: Registry, kindWidth: number, paint: Colours): string {
  const lines = [paint.bold(family)];
  for (const [kind, definition] of Object.entries(registry)) {
    lines.push(`  ${paint.cyan(kind.padEnd(kindWidth))}  ${definition.metadata.summary}`);
    const { note } = definition.metadata;
    if (note !== undefined) lines.push(`  ${' '.repeat(kindWidth)}    ${paint.dim(note)}`);
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
