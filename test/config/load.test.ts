import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { InputError } from '../../src/base/errors.js';
import { loadConfig, locate, parseConfig, parseOverride } from '../../src/config/load.js';
import type { FlowConfig } from '../../src/program/flow/config.js';
import type { LoadedConfig } from '../../src/run/config.js';
import { MINIMAL, registries } from './fixtures.js';

const folder = mkdtempSync(join(tmpdir(), 'sottovoce-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function write(text: string): string {
  const file = join(folder, `config-${files++}.yaml`);
  writeFileSync(file, text);
  return file;
}

const load = (text: string, ...set: string[]) => loadConfig(write(text), set.map(parseOverride), registries);

/** The message, with the folder taken off so that it reads as a user would see it. */
async function refusal(text: string, ...set: string[]): Promise<string> {
  const file = write(text);
  try {
    await loadConfig(file, set.map(parseOverride), registries);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message.replaceAll(/\S*config-\d+\.yaml/g, 'ring.yaml');
  }
  throw new Error('the config was accepted');
}

const RING = `# a comment
name: ring of eight
topology: { kind: ring, nodes: 8 }
cost: { kind: quadratic, a: a.npy, b: b.npy }
flow:
  kind: primal-dual
compressor:
  kind: top-k
  k: 3
`;

describe('what is left out', () => {
  test('is filled in', async () => {
    const { config } = await parseConfig(MINIMAL, { registries });
    expect(config).toEqual({
      ...MINIMAL,
      weights: 'unit',
      layout: { order: 'auto', block: 'auto', ahead: 'auto' },
      flow: {
        kind: 'primal-dual',
        compress: 'none',
        step: 'auto',
        alpha: 'auto',
        beta: 'auto',
        eta: 1,
        mu: 1,
      },
      compressor: { kind: 'identity' },
      rounds: 1000,
      stop: {},
      seed: 0,
      workers: 'auto',
      trace: { every: 5, sample: 'auto' },
    });
  });

  test('a compressor is used: error-state is the default as soon as there is one', async () => {
    const { config } = await load(RING);
    expect(config).toHaveProperty('flow.compress', 'error-state');
    expect(config.compressor).toEqual({ kind: 'top-k', k: 3 });
  });

  test('a flow that has a memory uses it where it chooses its own gains', async () => {
    const compress = async (flow: object) =>
      (
        (await parseConfig({
          ...MINIMAL,
          cost: { kind: 'quadratic', dim: 4 },
          flow,
          compressor: { kind: 'sign' },
        })) as LoadedConfig<FlowConfig>
      ).config.flow.compress;
    expect(await compress({ kind: 'primal-dual' })).toBe('error-memory');
    expect(await compress({ kind: 'primal-dual', step: 'auto' })).toBe('error-memory');
    expect(await compress({ kind: 'primal-dual', step: 0.1 })).toBe('error-state');
    expect(await compress({ kind: 'consensus' })).toBe('error-state');
  });

  test('a hint is nothing that would be refused too: no 1.5 where a whole number is wanted', async () => {
    const said = (config: object) => parseConfig({ ...MINIMAL, ...config }, { registries }).catch(String);
    expect(await said({ seed: '1,5' })).toMatch(/expected a whole number in 0\.\.\d+$/);
    expect(await said({ seed: '1,0' })).toContain('(write 1');
  });

  test('a trace has about 200 rows, however long the run', async () => {
    const every = async (rounds: number) =>
      (await parseConfig({ ...MINIMAL, rounds }, { registries })).config.trace.every;
    expect(await every(1)).toBe(1);
    expect(await every(200)).toBe(1);
    expect(await every(201)).toBe(2);
    expect(await every(100_000)).toBe(500);
  });

  test("definitions fill in their own defaults, and a flow's own parameters stand beside the common ones", async () => {
    const { config } = await parseConfig(
      { ...MINIMAL, cost: { kind: 'logistic', data: 'a9a' }, flow: { kind: 'consensus', step: 0.1 } },
      { registries },
    );
    expect(config.cost).toEqual({ kind: 'logistic', data: 'a9a', regularization: 0.01 });
    expect(config.flow).toMatchObject({ kind: 'consensus', decay: 0.5, step: 0.1 });
  });

  test('a section with nothing behind it is left out: people comment out its lines', async () => {
    const { config } = await load(`${RING}stop:\n  # gap: 1e-6\ntrace:\nlayout: ~\n`);
    expect(config.stop).toEqual({});
  });

  test.each([
    ['init:', 'init is empty: expected a .npy file'],
    ['network:', 'network is empty, expected a mapping with bandwidth'],
    ['links: null', 'links is empty, expected a mapping such as { kind: drops }'],
    ['stop: { gap: }', 'stop.gap is empty, expected a number >= 0'],
    ['stop: { rmsEror: }', 'unknown key stop.rmsEror; did you mean rmsError?'],
    ['trace: { evry: ~ }', 'unknown key trace.evry; did you mean every?'],
    ['seed:', 'seed is empty, expected a whole number'],
    ['workers:', 'workers is empty, expected auto or a whole number'],
    ['program:', 'program is empty, expected a mapping'],
  ])('%s: nothing where something is needed means nothing', async (tail, message) => {
    expect(await refusal(RING + tail)).toMatch(/^ring\.yaml:10:\d+: /m);
    expect(await refusal(RING + tail)).toContain(message);
  });

  test('a name with control characters is refused: it is printed, and names a folder', async () => {
    for (const name of ['a\\e[31mb', 'a\\nb', 'a\\u202eb', 'a\\x9bb'])
      expect(await refusal(RING.replace('name: ring of eight', `name: "${name}"`))).toContain(
        'expected text without control characters',
      );
  });

  test('a key that is not known is refused from the command line too, with nothing behind it or a value', async () => {
    for (const set of [
      'stop.rmsEror=',
      'stop.rmsEror=null',
      'stop.rmsEror=1',
      'trace.evry=~',
      'network.bandwith=1',
      'links.kin=x',
      'layout.blok=3',
    ])
      expect(await refusal(RING, set), set).toContain(`--set ${set}: unknown key`);
    expect(await refusal(RING, 'flow.alpha=')).toContain('flow.alpha is empty');
  });
});

describe('YAML', () => {
  test('numbers are numbers, in every notation people use', async () => {
    const { config } = await load(`${RING}stop: { gap: 1e-6, rmsError: .5 }\nrounds: 1e3\nseed: 0x10\n`);
    expect(config.stop).toEqual({ gap: 1e-6, rmsError: 0.5 });
    expect(config.rounds).toBe(1000);
    expect(config.seed).toBe(16);
  });

  test('aliases and merge keys', async () => {
    const { config } = await load(`
topology: { kind: ring, nodes: 8 }
cost: &cost { kind: quadratic, a: a.npy, b: b.npy }
flow: { kind: primal-dual }
compressor: { kind: flatten, inner: { kind: sign } }
`);
    expect(config.compressor).toEqual({ kind: 'flatten', inner: { kind: 'sign' } });
    const merged = await refusal(`
topology: { kind: ring, nodes: 8 }
cost: &cost
  kind: quadratic
  a: 3
  b: b.npy
flow: { kind: primal-dual, <<: *cost }
`);
    // The value was written on line 5; both places that use it point there.
    expect(merged).toContain('ring.yaml:5:6: cost.a is 3, expected text');
  });

  test.each([
    ['a: 1\nb: [1, 2\n', 'ring.yaml:3:1: '],
    ['rounds: 5\nrounds: 6\n', 'ring.yaml:2:1: the key rounds stands here a second time, expected it once'],
    ['flow:\n\tkind: x\n', 'ring.yaml:2:1: a tab indents this line, and YAML allows only spaces'],
    ['rounds:5\nseed: 1\n', 'is there a space after the colon?'],
    ['rounds: 5\n---\nrounds: 6\n', 'a second YAML document begins here (---), expected one config a file'],
    ['rounds: *many\n', 'ring.yaml:1:9: Unresolved alias'],
    ['', 'ring.yaml is empty, expected topology, cost and flow'],
    ['# nothing here\n', 'ring.yaml is empty'],
    ['- 1\n', 'ring.yaml:1:1: the config is a list ([1]), expected a mapping with topology, cost and flow'],
    ['rounds = 5\n', 'ring.yaml:1:1: the config is the text "rounds = 5", expected a mapping'],
    ['a\0b', 'ring.yaml is a binary file'],
  ])('%j is refused', async (text, message) => {
    expect(await refusal(text)).toContain(message);
  });

  test('an alias bomb is refused, not unfolded', async () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(', ')}]`,
    );
    expect(await refusal(`l0: &l0 [x]\n${levels.join('\n')}\n`)).toContain('Excessive alias count');
  });
});

describe('numbers that YAML reads as something else', () => {
  test.each([
    ['stop: { rmsError: 0,001 }', '10:19: stop.rmsError is 0,001, with a decimal comma: write 0.001'],
    ['stop: { gap: 1,5e-3, rmsError: 1 }', '10:14: stop.gap is 1,5e-3, with a decimal comma: write 1.5e-3'],
    ['stop: { gap: -0,5 }', 'stop.gap is -0,5, with a decimal comma: write -0.5'],
    ['stop: { gap: 1.000,5 }', 'stop.gap is 1.000,5, with a decimal comma: write 1000.5'],
    [
      'rounds: 1,000',
      'rounds is the text "1,000", expected a whole number in 1..2147483647 (write 1000, or 1.000 where',
    ],
    ['links: { kind: drops, rate: 0,1 }', 'links.rate is 0,1, with a decimal comma: write 0.1'],
    ['links: { kind: drops, rate: ,1 }', 'links.rate is ,1, with a decimal comma: write 0.1'],
    ['stop: { gap: 1,000,000 }', 'stop.gap is 1,000,000, with a decimal comma: write 1000000'],
    [
      'network: { bandwidth: 1,5 Mbit/s }',
      'network.bandwidth is 1,5 Mbit/s, with a decimal comma: write 1.5 Mbit/s',
    ],
    [
      'network: { bandwidth: 1 Mbit/s, latency: 0,5 ms }',
      'network.latency is 0,5 ms, with a decimal comma: write 0.5 ms',
    ],
    ['network:\n  bandwidth: 1,5 Mbit/s', '11:14: network.bandwidth is "1,5 Mbit/s": expected a number'],
    ['network:\n  bandwidth: 1,5 Mbit/s', '(write 1.5 Mbit/s)'],
    [
      'network: { bandwidth: 1, edges: [{ between: [0, 1], latency: 0,5 }] }',
      'network.edges[0].latency is 0,5, with',
    ],
    ['rounds: 010', '10:9: rounds is 010, 10 to some and 8 (octal) to others: write 10, or'],
    ['rounds: 089', 'rounds is 089, a number with zeros in front: write 89'],
    [
      'network: { bandwidth: 1, edges: [{ between: [007, 1] }] }',
      "between[0] is 007, 7 to some and 7 (octal) to others: write 7, or '007' in quotes",
    ],
    [
      'network: { bandwidth: 1, edges: [{ between: [9007199254740993, 1] }] }',
      'which a double does not hold exactly',
    ],
    ['rounds: 1_000', '(write 1000)'],
    ['rounds: 1 000', '(write 1000)'],
    ['rounds: "1000"', '(write it without quotes)'],
    ['stop: { gap: 10% }', '(write 0.1)'],
    ['stop: { gap: 1/8 }', '(write 0.125)'],
    ['stop: { gap: .nan }', 'stop.gap is NaN, expected a number'],
    ['stop: { gap: .inf }', 'stop.gap is Infinity, expected a number'],
    ['stop: { gap: 1e999 }', 'stop.gap is Infinity, expected a number'],
    ['rounds: yes', 'rounds is the text "yes", expected a whole number'],
  ])('%s is refused', async (tail, message) => {
    expect(await refusal(RING + tail)).toContain(message);
  });

  test.each([
    ['seed: 1.0e3', 1000],
    ['seed: 0o17', 15],
    ['seed: 5.', 5],
    ['seed: +7', 7],
    ['seed: 0', 0],
  ])('%s is a number', async (tail, seed) => {
    expect((await load(RING + tail)).config.seed).toBe(seed);
  });

  test('lists of numbers keep their commas', async () => {
    const text = `${RING}network: { bandwidth: 1, edges: [{ between: [0,1], latency: 2 }] }`;
    expect((await load(text)).config.network?.edges).toEqual([{ between: [0, 1], latency: 2 }]);
  });

  test.each([
    [
      'flow.alpha=1,5',
      '--set flow.alpha=1,5: flow.alpha is the text "1,5", expected auto or a number >= 0 (write 1.5)',
    ],
    ['stop={ gap: 0,001 }', '--set stop={ gap: 0,001 }: gap is 0,001, with a decimal comma: write 0.001'],
    ['rounds=010', '--set rounds=010: rounds is 010, 10 to some and 8 (octal) to others: write 10'],
  ])('%s on the command line', async (set, message) => {
    expect(await refusal(RING, set)).toContain(message);
  });
});

describe('encodings', () => {
  const bytes = async (content: Buffer): Promise<string> => {
    const file = join(folder, 'bytes.yaml');
    writeFileSync(file, content);
    return loadConfig(file, [], registries).then(
      ({ config }) => `rounds ${config.rounds}`,
      (error: Error) => error.message.replace(/^\S*bytes\.yaml/, 'bytes.yaml'),
    );
  };
  const text = `${RING}rounds: 7\n`;

  test('UTF-8 with and without its mark, and lines that end as on Windows', async () => {
    expect(await bytes(Buffer.from(`\ufeff${text}`))).toBe('rounds 7');
    expect(await bytes(Buffer.from(text.replaceAll('\n', '\r\n')))).toBe('rounds 7');
  });

  test('UTF-16 and Latin-1 are refused by name', async () => {
    expect(await bytes(Buffer.from(`\ufeff${text}`, 'utf16le'))).toBe(
      'bytes.yaml is written in UTF-16, expected UTF-8',
    );
    expect(await bytes(Buffer.from(`${text}name: Z\xfcrich\n`, 'latin1'))).toBe(
      'bytes.yaml:11:8: what stands here is not UTF-8, expected UTF-8',
    );
  });

  test('JSON is YAML', async () => {
    expect(await bytes(Buffer.from(JSON.stringify({ ...MINIMAL, rounds: 7 }, null, '\t')))).toBe('rounds 7');
  });
});

describe('files', () => {
  test('a missing file, a folder', async () => {
    await expect(loadConfig(join(folder, 'none.yaml'), [], registries)).rejects.toThrow(
      /none\.yaml: there is no such file$/,
    );
    await expect(loadConfig(folder, [], registries)).rejects.toThrow(/is a folder, expected a config file$/);
    await expect(loadConfig(join(folder, 'none'), [], registries)).rejects.toMatchObject({
      code: 'BAD_INPUT',
      hint: 'is its extension missing (.yaml)?',
    });
  });

  test('knows its folder, so that paths in it can be resolved', async () => {
    const loaded = await load(RING);
    expect(loaded.folder).toBe(folder);
    expect(basename(loaded.file as string)).toMatch(/^config-\d+\.yaml$/);
    expect(loaded.source).toBe(RING);
  });
});

describe('what is wrong is said with its line, its value and what was expected', () => {
  const with_ = (tail: string) => `topology: { kind: ring, nodes: 8 }
cost: { kind: quadratic, a: a.npy, b: b.npy }
flow: { kind: primal-dual }
${tail}`;

  test.each([
    ['compressor: { kind: top-k, k: 0 }', '4:31: compressor.k is 0, expected a whole number >= 1'],
    ['compressor: { kind: top-k, k: 0.5 }', '4:31: compressor.k is 0.5, expected a whole number >= 1'],
    ['compressor: { kind: top-k }', '4:13: compressor.k is missing, expected a whole number >= 1'],
    ['compressor:\n  kind: top-k\n  k:\n', '6:3: compressor.k is empty, expected a whole number >= 1'],
    [
      'compressor: { kind: topk, k: 3 }',
      '4:21: compressor.kind is "topk", expected one of identity, top-k, sign, flatten, chain, auto; did you mean top-k?',
    ],
    [
      'compressor: top-k',
      '4:13: compressor is the text "top-k", expected auto, or a mapping such as { kind: top-k }',
    ],
    [
      'compressor: sgin',
      '4:13: compressor is the text "sgin", expected auto, or a mapping such as { kind: sign }',
    ],
    ['compressor: atuo', 'or a mapping such as { kind: identity }; did you mean auto?'],
    [
      'compressor:\nkind: top-k',
      '4:1: compressor is empty, expected auto, or a mapping such as { kind: identity }',
    ],
    ['compressor: { kind: sign, k: 3 }', '4:27: unknown key compressor.k (known here: kind)'],
    [
      'compressor: { kind: flatten }',
      '4:13: compressor.inner is missing, expected a mapping such as { kind: identity }',
    ],
    [
      'compressor: { kind: flatten, inner: { kind: flatten, inner: { kind: sing } } }',
      '4:69: compressor.inner.inner.kind is "sing", expected one of identity, top-k, sign, flatten, chain; did you mean sign?',
    ],
    [
      'compressor: { kind: chain, inner: [{ kind: sign }, { kind: top-k, k: x }] }',
      '4:70: compressor.inner[1].k is the text "x", expected a whole number >= 1',
    ],
    ['rounds: 1.5', '4:9: rounds is 1.5, expected a whole number in 1..2147483647'],
    [
      'rounds: 1_000',
      '4:9: rounds is the text "1_000", expected a whole number in 1..2147483647 (write 1000)',
    ],
    ['rounds: .inf', '4:9: rounds is Infinity, expected a whole number'],
    [
      'stop: { gap: "1e-6" }',
      '4:14: stop.gap is the text "1e-6", expected a number >= 0 (write it without quotes)',
    ],
    ['stop: 1e-6', '4:7: stop is 0.000001, expected a mapping with any of rmsError, '],
    [
      'checkpoint: 5',
      '4:13: checkpoint is 5, expected a mapping with any of everyRounds, everySeconds, keep',
    ],
    ['seed: -1', '4:7: seed is -1, expected a whole number in 0..9007199254740991'],
    ['seed: 9007199254740993', 'expected a whole number in 0..9007199254740991'],
    ['workers: 0', '4:10: workers is 0, expected auto or a whole number in 1..1024'],
    ['workers: all', '4:10: workers is the text "all", expected auto or a whole number in 1..1024'],
    ['weights: metropolitan', '4:10: weights is "metropolitan", expected unit, metropolis or file'],
    ['iterations: 5', '4:1: unknown key iterations; did you mean rounds?'],
    ['step: 0.1', '4:1: unknown key step; did you mean flow.step?'],
    ['worker: 2', '4:1: unknown key worker; did you mean workers?'],
    ['zzz: 2', '4:1: unknown key zzz (known here: name, topology, weights,'],
    ['__proto__: 2', '4:1: unknown key __proto__'],
  ])('%s', async (tail, message) => {
    expect(await refusal(with_(tail))).toContain(message);
  });

  test.each([
    ['{ kind: primal-dual, mu: 1.5 }', '3:32: flow.mu is 1.5, expected auto or a number in (0, 1]'],
    ['{ kind: primal-dual, step: 0 }', '3:34: flow.step is 0, expected auto or a number > 0'],
    [
      '{ kind: primal-dual, compress: errorstate }',
      'flow.compress is "errorstate", expected one of none, node-state, error-state, observer',
    ],
    [
      '{ kind: primal-dual, rounds: 5 }',
      '3:28: unknown key flow.rounds; it stands at the top level, outside flow',
    ],
    ['{ kind: primal-dual, alhpa: 5 }', '3:28: unknown key flow.alhpa; did you mean alpha?'],
    ['{ kind: primal-dual, decay: 5 }', '3:28: unknown key flow.decay (known here: '],
  ])('flow: %s', async (flow, message) => {
    const text = with_('').replace('flow: { kind: primal-dual }', `flow: ${flow}`);
    expect(await refusal(text)).toContain(message);
  });

  test.each([
    ['{ kind: ring, file: graph.gml }', '1:13: topology has both file and kind'],
    ['{ nodes: 8 }', '1:11: topology has neither file nor kind, expected one of them (kinds: ring, torus)'],
    ['{ fiel: graph.gml }', '1:13: unknown key topology.fiel; did you mean file?'],
    [
      'graph.gml',
      '1:11: topology is the text "graph.gml", expected a mapping such as { kind: ring, nodes: 25 } or { file: graph.gml }',
    ],
    [
      '{ kind: rings, nodes: 8 }',
      '1:19: topology.kind is "rings", expected one of ring, torus; did you mean ring?',
    ],
    [
      '{ kind: ring, nodes: 8, largestComponent: yes }',
      '1:53: topology.largestComponent is the text "yes", expected true or false (write true, without quotes)',
    ],
    ['{ file: graph.gml, nodes: 8 }', '1:30: unknown key topology.nodes'],
  ])('topology: %s', async (topology, message) => {
    const text = with_('').replace('topology: { kind: ring, nodes: 8 }', `topology: ${topology}`);
    expect(await refusal(text)).toContain(message);
  });

  test('a missing component is reported where the config begins', async () => {
    expect(await refusal('# first\nrounds: 10\n')).toContain(
      'ring.yaml:2:1: cost is missing, expected a mapping',
    );
  });

  test('everything wrong is said at once, in the order of the lines', async () => {
    const message = await refusal(`topology: { kind: ring, nodes: 0 }
cost: { kind: quadratic, a: 1 }
flow: { kind: primal-dual, mu: 0 }
rounds: 0
`);
    expect(message.split('\n')).toEqual([
      'ring.yaml:1:32: topology.nodes is 0, expected a whole number >= 1',
      'ring.yaml:2:7: cost.b is missing, expected text',
      'ring.yaml:2:29: cost.a is 1, expected text',
      'ring.yaml:3:32: flow.mu is 0, expected auto or a number in (0, 1]',
      'ring.yaml:4:9: rounds is 0, expected a whole number in 1..2147483647',
    ]);
  });

  test('the first decides the position', async () => {
    await expect(load(with_('rounds: 0\nseed: -1'))).rejects.toMatchObject({
      line: 4,
      column: 9,
      path: ['rounds'],
    });
  });

  test('an object has no lines, and says the same', async () => {
    await expect(parseConfig({ ...MINIMAL, rounds: 0 }, { registries })).rejects.toThrow(
      /^rounds is 0, expected a whole number in 1\.\.2147483647$/,
    );
    await expect(parseConfig(null, { registries })).rejects.toThrow('the config is empty');
  });

  test("a definition's own sentence is kept", async () => {
    const powers = {
      ...registries,
      costs: {
        quadratic: {
          ...registries.costs['quadratic'],
          parameters: (z: typeof import('zod').z) =>
            z.object({
              a: z.number().refine((a) => a % 2 === 0, 'it must be even'),
              b: z.number().min(3, 'three or nothing'),
            }),
        },
      },
    };
    const config = { ...MINIMAL, cost: { kind: 'quadratic', a: 3, b: 2 } };
    await expect(parseConfig(config, { registries: powers })).rejects.toThrow(
      'cost.a is 3: it must be even\ncost.b is 2: three or nothing',
    );
  });
});

describe('overrides', () => {
  test('lie over the file, and defaults that depend on them follow', async () => {
    const { config } = await load(
      RING,
      'rounds=2000',
      'flow.step=1e-2',
      'compressor.k=5',
      'stop.gap=1e-3',
      'init=x0.npy',
    );
    expect(config).toMatchObject({
      rounds: 2000,
      trace: { every: 10 },
      flow: { step: 0.01 },
      compressor: { kind: 'top-k', k: 5 },
      stop: { gap: 1e-3 },
      init: 'x0.npy',
    });
  });

  test('a whole component, an entry of a list, and nothing', async () => {
    const { config } = await load(
      `${RING}stop: { gap: 1 }\n`,
      'compressor={ kind: chain, inner: [{ kind: sign }] }',
      'stop.gap=',
    );
    expect(config.compressor).toEqual({ kind: 'chain', inner: [{ kind: 'sign' }] });
    expect(config.stop).toEqual({});
    const nested = await load(
      RING,
      'compressor={ kind: chain, inner: [{ kind: top-k, k: 1 }] }',
      'compressor.inner[0].k=2',
    );
    expect(nested.config.compressor).toEqual({ kind: 'chain', inner: [{ kind: 'top-k', k: 2 }] });
  });

  test('errors name the option and no line', async () => {
    expect(await refusal(RING, 'compressor.k=0')).toBe(
      '--set compressor.k=0: compressor.k is 0, expected a whole number >= 1',
    );
    expect(await refusal(RING, 'compresor.k=2')).toContain(
      '--set compresor.k=2: unknown key compresor; did you mean compressor?',
    );
    expect(await refusal(RING, 'rounds.k=2')).toContain('rounds');
    expect(await refusal(RING, 'name.k=2')).toBe(
      '--set name.k=2: name is "ring of eight", which has no parts to set',
    );
    expect(await refusal(RING, '__proto__.polluted=1')).toContain('unknown key __proto__');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test.each(['rounds', '=3', 'a..b=3', 'a b=3', 'rounds=[1'])('%s cannot be read', (text) => {
    expect(() => parseOverride(text)).toThrow(InputError);
  });
});

describe('locate: errors thrown after loading', () => {
  test('get the line of the value they name', async () => {
    const loaded = await load(RING);
    const late = new InputError('compressor.k is 3, expected 1..2 (dim)', {
      path: ['compressor', 'k'],
      hint: 'try 2',
    });
    const located = locate(late, loaded);
    expect(located.message).toMatch(/config-\d+\.yaml:9:6: compressor\.k is 3, expected 1\.\.2 \(dim\)$/);
    expect(located).toMatchObject({ code: 'BAD_INPUT', line: 9, column: 6, hint: 'try 2' });
    expect(locate(located, loaded)).toBe(located);
  });

  test('of a default, the parent', async () => {
    const loaded = await load(RING);
    const located = locate(new InputError('flow.mu is 1, expected less', { path: ['flow', 'mu'] }), loaded);
    expect(located).toMatchObject({ line: 6, column: 3 });
  });

  test('that came over a thread, by code alone, and from a component that does not know where it stands', async () => {
    const loaded = await load(RING);
    const plain = Object.assign(new Error('nodes is 8, expected an odd number'), {
      code: 'BAD_INPUT',
      path: ['nodes'],
    });
    const located = locate(plain, loaded, ['topology']);
    expect(located.message).toMatch(/:3:32: topology\.nodes is 8, expected an odd number$/);
  });

  test('of an override, name the option, once', async () => {
    const loaded = await load(RING, 'compressor.k=7');
    const late = new InputError('compressor.k is 7, expected 1..2 (dim)', { path: ['compressor', 'k'] });
    const located = locate(late, loaded);
    expect(located.message).toBe('--set compressor.k=7: compressor.k is 7, expected 1..2 (dim)');
    expect(locate(located, loaded).message).toBe(located.message);
  });

  test('of an object, stay as they are', async () => {
    const loaded = await parseConfig(MINIMAL, { registries });
    const late = new InputError('topology.nodes is 8, expected 9', { path: ['topology', 'nodes'] });
    expect(locate(late, loaded).message).toBe('topology.nodes is 8, expected 9');
  });

  test('with a place of their own, or about something else, stay as they are', async () => {
    const loaded = await load(RING);
    const own = new InputError('data.libsvm:17: no label', {
      file: 'data.libsvm',
      line: 17,
      path: ['cost', 'data'],
    });
    expect(locate(own, loaded)).toBe(own);
    const other = new Error('no space left');
    expect(locate(other, loaded)).toBe(other);
    expect(locate('thrown text', loaded).message).toBe('thrown text');
  });
});
