import { expect, test } from 'vitest';
import { checkConfig, configJsonSchema } from '../../src/config/schema.js';
import { parametersOf } from '../../src/schema/component.js';
import { describeExpected } from '../../src/schema/explain.js';
import { MINIMAL, registries } from './fixtures.js';

test('JSON Schema: one branch for each kind, nested compressors by reference', () => {
  const schema = configJsonSchema(registries);
  expect(schema.required).toEqual(['cost']);
  expect(schema.oneOf).toEqual([{ required: ['topology', 'flow'] }]);
  expect(schema.additionalProperties).toBe(false);
  const definitions = schema['$defs'] as Record<string, { oneOf: Record<string, unknown>[] }>;
  const byTitle = (title: string) =>
    definitions['compressor'].oneOf.find((branch) => branch['title'] === title);
  expect(byTitle('top-k')).toMatchObject({
    properties: { kind: { const: 'top-k' }, k: { type: 'integer', minimum: 1 } },
    required: ['kind', 'k'],
    additionalProperties: false,
  });
  expect(byTitle('flatten')).toMatchObject({ properties: { inner: { $ref: '#/$defs/compressor' } } });
  expect(byTitle('chain')).toMatchObject({
    properties: { inner: { items: { $ref: '#/$defs/compressor' } } },
  });
  expect(Object.keys(schema.properties?.['flow'].oneOf?.[0].properties ?? {})).toContain('mu');
  expect(schema.properties?.['topology'].anyOf).toHaveLength(4);
  expect(schema.properties?.['init']).toMatchObject({ type: 'string', minLength: 1 });
  expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
});

test("an editor's $schema key in a JSON config is not ours to refuse", () => {
  expect(checkConfig({ $schema: './sottovoce.schema.json', ...MINIMAL }, registries).issues).toEqual([]);
});

test('a resolved config is a fixed point: what stands in a manifest can be run again', () => {
  const { config } = checkConfig(
    { ...MINIMAL, compressor: { kind: 'flatten', inner: { kind: 'sign' } } },
    registries,
  );
  expect(checkConfig(config, registries).config).toEqual(config);
});

test('a component that contains itself is refused', () => {
  const loop: Record<string, unknown> = { kind: 'flatten' };
  loop['inner'] = loop;
  const { issues } = checkConfig({ ...MINIMAL, compressor: loop }, registries);
  expect(issues[0].text).toContain('does it contain itself?');
});

test('parameters, as help shows them', () => {
  expect(parametersOf(registries.compressors['top-k'])).toMatchObject([{ name: 'k', required: true }]);
  expect(parametersOf(registries.costs['logistic'])).toMatchObject([
    { name: 'data', required: true },
    { name: 'regularization', required: false, schema: { default: 0.01 } },
  ]);
});

test.each([
  [{ type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER }, 'a whole number >= 1'],
  [{ type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }, 'a whole number'],
  [{ type: 'integer', minimum: 1, maximum: 8 }, 'a whole number in 1..8'],
  [{ type: 'number', exclusiveMinimum: 0, maximum: 1 }, 'a number in (0, 1]'],
  [{ type: 'number', exclusiveMaximum: 0 }, 'a number < 0'],
  [{ enum: ['a', 'b', 'c', 'd'] }, 'one of a, b, c, d'],
  [{ anyOf: [{ type: 'number' }, { const: 'auto' }] }, 'auto or a number'],
  [{ type: 'array', items: { type: 'boolean' } }, 'a list, each entry true or false'],
  [{}, 'a value'],
])('%j is said as: %s', (schema, text) => {
  expect(describeExpected(schema)).toBe(text);
});
