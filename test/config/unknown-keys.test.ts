/**
 * Every mapping of a config refuses a key that it does not know, at every depth: examples of all of them are
 * made from the registries' own schemas, so a component that is added tomorrow is held to it too.
 */

import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { formatPath, type SpecPath } from '../../src/base/errors.js';
import { loadRegistries } from '../../src/config/registries.js';
import { checkConfig, configJsonSchema } from '../../src/config/schema.js';
import { bodySchema, type Registry } from '../../src/schema/component.js';
import {
  isMapping,
  type JsonSchema,
  SECTION_KEYS,
  TOP_LEVEL_KEYS,
  toJsonSchema,
} from '../../src/schema/explain.js';

const registries = await loadRegistries();

/**
 * Values with every property, one for each branch of every union; what a schema leaves open is a component.
 */
function examples(schema: JsonSchema, open: unknown): unknown[] {
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches) return branches.flatMap((branch) => examples(branch, open));
  if (schema.const !== undefined) return [schema.const];
  if (schema.enum) return schema.enum.slice(0, 1);
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'object': {
      const entries = Object.entries(schema.properties ?? {}).map(
        ([key, value]) => [key, examples(value, open)] as const,
      );
      const most = Math.max(1, ...entries.map(([, values]) => values.length));
      return Array.from({ length: most }, (_, i) =>
        Object.fromEntries(entries.map(([key, values]) => [key, values[i % values.length]])),
      );
    }
    case 'array': {
      const parts = schema['prefixItems'] as JsonSchema[] | undefined;
      if (parts) return [parts.map((part) => examples(part, open)[0])];
      return examples(schema.items ?? {}, open).map((entry) => [entry]);
    }
    case 'integer':
    case 'number':
      return [1];
    case 'string':
      return ['text'];
    case 'boolean':
      return [true];
    case 'null':
      return [null];
    default:
      return [open];
  }
}

function mappingsIn(value: unknown, path: SpecPath = []): SpecPath[] {
  if (Array.isArray(value)) return value.flatMap((entry, i) => mappingsIn(entry, [...path, i]));
  // What takes any key knows none: a policy's `training` is for people.
  if (!isMapping(value) || Object.keys(value).length === 0) return [];
  return [path, ...Object.entries(value).flatMap(([key, entry]) => mappingsIn(entry, [...path, key]))];
}

/** A copy of `config` with one key of the mapping at `path` spelt wrong beside the right one. */
function withTypo(
  config: unknown,
  path: SpecPath,
  value: unknown,
): { changed: unknown; key: string; meant: string } {
  const changed = structuredClone(config);
  let place = changed as Record<string, unknown>;
  for (const part of path) place = place[part] as Record<string, unknown>;
  const meant = Object.keys(place).sort((a, b) => b.length - a.length)[0];
  const key = `${meant}q`;
  place[key] = value;
  return { changed, key, meant };
}

const BASE = {
  topology: { kind: 'ring', nodes: 5 },
  cost: { kind: 'quadratic', dim: 4 },
  flow: { kind: 'primal-dual' },
};
const SIGN = { kind: 'sign' };

function family(
  name: string,
  registry: Registry,
  open: unknown,
  common: Record<string, z.ZodType> = {},
): [string, unknown][] {
  return Object.entries(registry).flatMap(([kind, definition]) => {
    // A user's own module says what it takes.
    if (kind === 'custom') return [];
    const found = examples(toJsonSchema(bodySchema(definition, kind, common)), open);
    return found.map((spec): [string, unknown] => [
      `${name} ${kind}`,
      { ...BASE, [name]: { ...(spec as object), kind } },
    ]);
  });
}

const sections = Object.entries(configJsonSchema(registries).properties ?? {})
  .filter(([key]) => ['stop', 'trace', 'layout', 'network'].includes(key))
  .flatMap(([key, schema]) =>
    examples(schema, SIGN).map((value): [string, unknown] => [key, { ...BASE, [key]: value }]),
  );

const { topology: _, flow: __, ...PROGRAM } = BASE;
const programs = family('program', registries.programs, SIGN).map(([name, config]): [string, unknown] => [
  name,
  { ...PROGRAM, program: (config as { program: unknown }).program },
]);

const all: [string, unknown][] = [
  ['top level', BASE],
  ['file', { ...BASE, topology: { file: 'a.gml', format: 'gml', largestComponent: true, directed: false } }],
  ...sections,
  ...family('topology', registries.topologies, 1, { largestComponent: z.boolean().optional() }),
  ...family('cost', registries.costs, 1),
  ...family('flow', registries.flows, 1),
  ...family('compressor', registries.compressors, {
    kind: 'every',
    rounds: 3,
    inner: { kind: 'top-k', k: 2 },
  }),
  ...family('links', registries.links, { kind: 'ring', nodes: 5 }),
  ...programs,
];

describe('a key that is not known', () => {
  it('has examples of every component to be put into', () => {
    expect(all.length).toBeGreaterThan(60);
  });

  it.each(all)('is refused in every mapping of %s', (_name, config) => {
    for (const path of mappingsIn(config)) {
      // Graphs of a schedule are looked at when they are loaded, as the run's own graph is.
      if (path[0] === 'links' && path[1] === 'graphs') continue;
      for (const value of path.length < 2 ? [1, null, undefined] : [1]) {
        const { changed, key, meant } = withTypo(config, path, value);
        const { config: accepted, issues } = checkConfig(changed, registries);
        const where = formatPath([...path, key]);
        expect(accepted, where).toBeNull();
        const issue = issues.find((one) => formatPath(one.path) === where);
        expect(issue, `${where} in ${JSON.stringify(issues.map(({ text }) => text))}`).toMatchObject({
          at: 'key',
        });
        expect(issue?.text).toBe(`unknown key ${where}; did you mean ${meant}?`);
      }
    }
  });
});

describe('a key that stands elsewhere', () => {
  const told = (more: object) =>
    checkConfig({ ...BASE, ...more }, registries)
      .issues.filter(({ at }) => at === 'key')
      .map(({ text }) => text);
  const sections = Object.entries(SECTION_KEYS);

  it('is looked for in the keys that sections have', () => {
    const { properties = {} } = configJsonSchema(registries);
    for (const [section, keys] of sections)
      expect(Object.keys(properties[section]?.properties ?? {}), section).toEqual(keys);
    // A study's and a lesson's keys are no part of a run, and components have too many.
    const others = Object.keys(properties).filter((key) => properties[key]?.properties !== undefined);
    expect(others.filter((key) => !Object.hasOwn(SECTION_KEYS, key))).toEqual(['study', 'learn']);
  });

  const misplaced = sections.flatMap(([section, keys]) => keys.map((key) => [key, section] as const));
  it.each(misplaced)('%s at the top level is told to stand in %s', (key, section) => {
    if ((TOP_LEVEL_KEYS as readonly string[]).includes(key)) return;
    const [text = ''] = told({ [key]: 1 });
    expect(text).toMatch(`unknown key ${key}; did you mean `);
    expect(text).toMatch(`${section}.${key}`);
  });

  it.each([
    // The mapping's own keys come first, wherever else the name is known.
    [{ checkpoint: { every: 5 } }, 'checkpoint.every; did you mean everyRounds?'],
    [{ checkpoint: { seconds: 5 } }, 'checkpoint.seconds; did you mean everySeconds?'],
    [
      { checkpoint: { rounds: 5 } },
      'checkpoint.rounds; did you mean everyRounds? (rounds stands at the top level, outside checkpoint)',
    ],
    [{ checkpoint: { evry: 5 } }, 'checkpoint.evry (known here: everyRounds, everySeconds, keep)'],
    [{ checkpoints: { every: 5 } }, 'checkpoints; did you mean checkpoint?'],
    [{ timeout: { rounds: 5 } }, /^unknown key timeout\.rounds; did you mean round\? /],
    [{ trace: { everyRounds: 5 } }, 'trace.everyRounds; did you mean every?'],
    // And all places where no key of the mapping is like it.
    [{ every: 5 }, 'every; did you mean trace.every or checkpoint.everyRounds?'],
    [{ stop: { every: 5 } }, 'stop.every; did you mean trace.every or checkpoint.everyRounds?'],
    [{ trace: { keep: 5 } }, 'trace.keep; did you mean checkpoint.keep?'],
    [{ agents: 5 }, 'agents; did you mean topology.nodes, program.agents or trace.agents?'],
    [{ topology: { kind: 'ring', agents: 5 } }, /^unknown key topology\.agents \(known here: nodes, /],
    [
      { flow: { kind: 'primal-dual', compression: 'sign' } },
      'flow.compression; did you mean compress, or compressor at the top level?',
    ],
    [{ flow: { kind: 'primal-dual', threads: 5 } }, 'flow.threads; did you mean workers, at the top level?'],
    [{ step: 0.1 }, 'step; did you mean flow.step?'],
  ])('%j', (more, expected) => {
    const [text = ''] = told(more);
    if (typeof expected === 'string') expect(text).toBe(`unknown key ${expected}`);
    else expect(text).toMatch(expected);
  });
});
