/**
 * What is put into the form of a new run comes out of it as it was: whatever stands in a config is found in
 * the schema that the form is made of, in a document without a browser.
 */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Window } from 'happy-dom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadRegistries } from '../../dist/src/config/registries.js';
import { configJsonSchema } from '../../dist/src/config/schema.js';
import { ConfigForm } from '../../pages/dashboard/form.js';
import { recordedTables } from '../engine/recorded.js';
import { compressorSpecs } from '../engine/table.js';
import { someOf } from '../support/some.js';

type Config = Record<string, unknown>;

const root = fileURLToPath(new URL('../..', import.meta.url));
const names = ['document', 'Node', 'HTMLElement'] as const;
const before = names.map((name) => (globalThis as Config)[name]);
let form: ConfigForm;

beforeAll(async () => {
  const window = new Window();
  for (const name of names) (globalThis as Config)[name] = (window as unknown as Config)[name];
  const schema = configJsonSchema(await loadRegistries());
  form = new ConfigForm(schema as ConstructorParameters<typeof ConfigForm>[0], () => {});
});
afterAll(() => {
  for (const [at, name] of names.entries()) (globalThis as Config)[name] = before[at];
});

/** What a file has of it. */
const plain = (config: Config) => JSON.parse(JSON.stringify(config)) as Config;

function through(config: Config): Config {
  form.set(config);
  expect(form.check()).toEqual([]);
  return plain(form.get());
}

describe('comes out of the form as it was', () => {
  it.each(
    ['examples', 'profiles', 'studies'].flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.yaml') && !/\/data\//.test(file))
        .map((file) => `${folder}/${file}`),
    ),
  )('%s', (file) => {
    const config = parse(readFileSync(path.join(root, file), 'utf8')) as Config;
    expect(through(config)).toEqual(plain(config));
  });

  it('every kind of run of which bits are recorded', async () => {
    let configs = 0;
    for (const table of Object.values(await recordedTables())) {
      for (const [name, config] of someOf([...table()], 80)) {
        expect(through(config), name).toEqual(plain(config));
        configs++;
      }
    }
    expect(configs).toBeGreaterThan(10);
  });
});

it.each([
  'auto',
  0.2,
  { kind: '1/sqrt(k)', initial: 0.5, after: 3 },
  { kind: 'geometric', initial: 1, rate: 0.99 },
])('a width of %j is one of several kinds', (lambda) => {
  const config = {
    program: { kind: 'parameter-server', agents: 4, gamma: 0.05, lambda },
    cost: { kind: 'average' },
  };
  expect(through(config)).toEqual(config);
});

it('what has no field goes on as it was written', () => {
  const config = { cost: { kind: 'average', dmi: 3 }, timeout: { round: '3 s' }, checkpoint: { every: 7 } };
  expect(through(config)).toEqual(config);
});

describe('messages', () => {
  const config = { cost: { kind: 'average' }, compressor: 'auto' as unknown };

  it('that are chosen by trial runs', () => {
    expect(through(config)).toEqual({ ...config, compressor: { kind: 'auto' } });
    const compressor = { kind: 'auto', for: 'bits', among: [{ kind: 'sign' }, { kind: 'top-k', k: 3 }] };
    expect(through({ ...config, compressor })).toEqual({ ...config, compressor });
  });

  it.each(compressorSpecs)('$kind', (compressor) => {
    expect(through({ ...config, compressor })).toEqual(plain({ ...config, compressor }));
  });

  it('of a kind that is none are kept, until another is chosen', () => {
    const wrong = { ...config, compressor: { kind: 'no-such', k: 1 } };
    expect(through(wrong)).toEqual(wrong);
    form.set(config);
    expect(form.get()).toEqual({ ...config, compressor: { kind: 'auto' } });
  });
});
