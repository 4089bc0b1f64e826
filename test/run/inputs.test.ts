/**
 * Every file that a run was made from has a digest in its manifest: whatever kind of file it is, and wherever
 * the config names it. What must not slip in: a file that changes between being hashed and being used.
 */

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { noteInput, noteRead, recordInputs } from '../../src/base/inputs.js';
import { parseConfig } from '../../src/config/load.js';
import { writeNpy } from '../../src/data/npy.js';
import { moduleFiles } from '../../src/plugin/module-files.js';
import { configDigest, describeInputs } from '../../src/run/inputs.js';
import { prepareRun } from '../../src/session/prepare.js';
import { temporaryFolder } from '../support/run.js';

const folder = temporaryFolder();
const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');

function put(name: string, content: string | Uint8Array): string {
  writeFileSync(path.join(folder, name), content);
  return name;
}

async function numbers(name: string, shape: number[], entry: (index: number) => number): Promise<string> {
  const length = shape.reduce((product, extent) => product * extent, 1);
  await writeNpy(path.join(folder, name), { shape, data: Float64Array.from({ length }, (_, i) => entry(i)) });
  return name;
}

/** IDX: unsigned bytes. */
function idx(name: string, shape: number[], entry: (index: number) => number): string {
  const head = Buffer.alloc(4 + 4 * shape.length);
  head.set([0, 0, 8, shape.length]);
  for (const [at, extent] of shape.entries()) head.writeUInt32BE(extent, 4 + 4 * at);
  const length = shape.reduce((product, extent) => product * extent, 1);
  return put(name, Buffer.concat([head, Uint8Array.from({ length }, (_, i) => entry(i))]));
}

/** What a manifest would say was read. */
async function inputsOf(config: object) {
  const loaded = await parseConfig({ rounds: 5, ...config }, { folder });
  const prepared = await prepareRun(loaded, 1);
  const inputs = describeInputs({ ...loaded, config: prepared.config }, prepared.inputs);
  // The digest of the file as it lies there, by a second way.
  for (const input of inputs) {
    const content = readFileSync(path.resolve(folder, input.path));
    expect(input).toMatchObject({ bytes: content.length, sha256: sha256(content) });
  }
  return Object.fromEntries(inputs.map((input) => [input.path, input.role]));
}

const ring = { kind: 'ring', nodes: 4 };
const cost = { kind: 'quadratic', dim: 2 };
const flow = { kind: 'primal-dual', step: 0.1 };
const edges = put('g.edges', '0 1\n1 2\n2 3\n3 0\n');
const CELLS = '1,0.5,2\n-1,1.5,1\n1,2.5,0\n-1,0,1\n1,1,1\n-1,2,2\n1,3,1\n-1,0,3\n';
const libsvm = put('a.libsvm', '1 1:0.5 2:1\n-1 1:2\n1 2:3\n-1 1:1 2:1\n1 1:3\n-1 2:2\n1 1:1\n-1 2:1\n');

const custom = {
  compressor: readFileSync(new URL('../../examples/04-own-compressor/two-level.mjs', import.meta.url)),
  cost: 'export const plan = () => ({ dim: 2, m: 1, l: 1 });\nexport const value = (x, i) => 0.5 * ((x[0] - i) ** 2 + x[1] ** 2);\nexport const gradient = (x, out, i) => { out[0] = x[0] - i; out[1] = x[1]; };',
  links: "import './beside-links.mjs';\nexport const up = (round) => round % 2 === 0;",
  topology: 'export function* edges() { yield [0, 1]; yield [1, 2]; yield [2, 0]; }',
};

describe('the files of a run', () => {
  const table: [what: string, make: () => Promise<[config: object, expected: Record<string, string>]>][] = [
    ['a graph', async () => [{ topology: { file: edges }, cost, flow }, { [edges]: 'topology.file' }]],
    [
      'a packed graph',
      async () => {
        const file = put('g2.edges.gz', gzipSync('a b\nb c\nc a\n'));
        return [{ topology: { file }, cost, flow }, { [file]: 'topology.file' }];
      },
    ],
    [
      'graphs of links, and of their networks',
      async () => {
        const [one, two] = [put('one.edges', '0 1\n2 3\n'), put('two.edges', '1 2\n3 0\n')];
        const rates = put('rates.csv', 'source,target,bandwidth,latency\n0,1,1 Mbit/s,5 ms\n');
        return [
          {
            topology: { file: edges },
            cost,
            flow,
            links: { kind: 'schedule', graphs: [{ file: one }, { file: two }] },
            network: { bandwidth: '1 Mbit/s', latency: '1 ms', edges: rates },
          },
          {
            [edges]: 'topology.file',
            [one]: 'links.graphs[0].file',
            [two]: 'links.graphs[1].file',
            [rates]: 'network.edges',
          },
        ];
      },
    ],
    [
      'LIBSVM and test data',
      async () => {
        const test = put('test.libsvm', '1 1:0.5\n-1 2:1\n');
        const logistic = { kind: 'logistic', data: libsvm, test, regularization: 0.1 };
        return [
          { topology: ring, cost: logistic, flow },
          { [libsvm]: 'cost.data', [test]: 'cost.test' },
        ];
      },
    ],
    [
      'CSV, and counts of a split',
      async () => {
        const file = put('a.csv', CELLS);
        const counts = await numbers('counts.npy', [4], () => 2);
        const split = { kind: 'counts', counts };
        return [
          {
            topology: ring,
            cost: { kind: 'logistic', data: file, target: 0, header: false, split, regularization: 0.1 },
            flow,
          },
          { [file]: 'cost.data', [counts]: 'cost.split.counts' },
        ];
      },
    ],
    [
      'IDX',
      async () => {
        const images = idx('images', [8, 2, 2], (i) => (i * 37) % 256);
        const labels = idx('labels', [8], (i) => i % 2);
        return [
          { topology: ring, cost: { kind: 'softmax', data: { images, labels }, regularization: 0.1 }, flow },
          { [images]: 'cost.data.images', [labels]: 'cost.data.labels' },
        ];
      },
    ],
    [
      'NumPy: a, b, and a beginning',
      async () => {
        const a = await numbers('a.npy', [4, 2], (i) => 1 + i);
        const b = await numbers('b.npy', [4, 2], (i) => i);
        const init = await numbers('init.npy', [4, 2], (i) => -i);
        return [
          { topology: ring, cost: { kind: 'quadratic', a, b }, flow, init },
          { [a]: 'cost.a', [b]: 'cost.b', [init]: 'init' },
        ];
      },
    ],
    [
      'NumPy: samples and labels, of other types than float64',
      async () => {
        const dict = `${"{'descr': '|u1', 'fortran_order': False, 'shape': (8,), }".padEnd(117)}\n`;
        const head = Buffer.from(`\x93NUMPY\x01\x00\x76\x00${dict}`, 'latin1');
        const y = put('y.npy', Buffer.concat([head, Uint8Array.from({ length: 8 }, (_, i) => i % 2)]));
        const x = await numbers('x.npy', [8, 2], (i) => i % 3);
        return [
          { topology: ring, cost: { kind: 'softmax', data: { x, y }, regularization: 0.1 }, flow },
          { [y]: 'cost.data.y', [x]: 'cost.data.x' },
        ];
      },
    ],
    [
      'a series that a flow follows',
      async () => {
        const file = await numbers('series.npy', [3, 4, 2], (i) => i);
        const following = { kind: 'consensus', step: 0.1, reference: { file } };
        return [{ topology: ring, cost, flow: following }, { [file]: 'flow.reference.file' }];
      },
    ],
    [
      'modules, and what they bring',
      async () => {
        put('beside-links.mjs', "export * from './farther.mjs';");
        put('farther.mjs', 'export const nothing = 0;');
        const [own, graph, links] = [
          put('cost.mjs', custom.cost),
          put('topology.mjs', custom.topology),
          put('links.mjs', custom.links),
        ];
        return [
          {
            topology: { kind: 'custom', module: graph },
            cost: { kind: 'custom', module: own },
            links: { kind: 'custom', module: links },
            flow,
          },
          {
            [graph]: 'topology.module',
            [links]: 'links.module',
            'beside-links.mjs': 'links.module',
            'farther.mjs': 'links.module',
            [own]: 'cost.module',
          },
        ];
      },
    ],
    [
      'a module further in',
      async () => {
        const module = put('compressor.mjs', custom.compressor);
        return [
          {
            topology: ring,
            cost,
            flow: { ...flow, compress: 'error-state' },
            compressor: { kind: 'scale', factor: 0.5, inner: { kind: 'custom', module } },
          },
          { [module]: 'compressor.inner.module' },
        ];
      },
    ],
    [
      'the data of a parameter server',
      async () => [
        {
          program: { kind: 'parameter-server', agents: 4, lambda: 0.1, gamma: 0.1 },
          cost: { kind: 'logistic', data: libsvm, regularization: 0.1 },
        },
        { [libsvm]: 'cost.data' },
      ],
    ],
    ['none', async () => [{ topology: ring, cost, flow }, {}]],
  ];
  it.each(table)('%s', async (_what, make) => {
    const [config, expected] = await make();
    expect(await inputsOf(config)).toEqual(expected);
  });

  it('of two runs that are prepared at once are told apart', async () => {
    const other = put('other.edges', '0 1\n1 2\n2 0\n');
    const [one, two] = await Promise.all([
      inputsOf({ topology: { file: edges }, cost, flow }),
      inputsOf({ topology: { file: other }, cost, flow }),
    ]);
    expect([one, two]).toEqual([{ [edges]: 'topology.file' }, { [other]: 'topology.file' }]);
  });

  it('are refused where they change while a run is prepared', async () => {
    const twice = recordInputs(async () => {
      noteRead('/data/a', Buffer.from('before'));
      noteRead('/data/a', Buffer.from('before'));
      noteRead('/data/a', Buffer.from('after'));
    });
    await expect(twice).rejects.toThrow(/\/data\/a changed while the run was being prepared/);
  });

  it('are nothing to whoever does not ask', () => {
    expect(() => noteInput({ file: '/data/a', bytes: 1, sha256: '00' })).not.toThrow();
  });
});

describe('the files of a module', () => {
  it('are those that it imports, asks for, and reads beside itself', async () => {
    put('t.ts', 'export interface T { a: number }');
    put('u.mts', "import './v.mjs';\nexport const u: number = 1;");
    put('v.mjs', "import './main.ts'; // A circle ends.");
    put('w.cjs', "module.exports = require('./w2');");
    put('w2.js', '');
    put('k.wasm', 'bytes');
    put('d.json', '{}');
    const main = put(
      'main.ts',
      [
        "import type { T } from './t.ts';",
        "import { u } from './u.mts';",
        "import 'node:fs'; import 'zod'; import { createRequire } from 'node:module';",
        "// import './not-me.mjs'",
        "const kernel: URL = new URL('./k.wasm', import.meta.url);",
        "const later = () => import('./later.mjs');",
        "const other2 = require('./gone');",
        "const other = require('./w.cjs');",
      ].join('\n'),
    );
    put('later.mjs', "import d from './d.json' with { type: 'json' };");
    put('not-me.mjs', '');
    const found = await moduleFiles(new URL(`file://${path.join(folder, main)}`).href);
    expect(found.map(({ file }) => path.basename(file)).sort()).toEqual(
      ['d.json', 'k.wasm', 'later.mjs', 'main.ts', 'u.mts', 'v.mjs', 'w.cjs', 'w2.js'].sort(),
    );
    expect(found[0]).toMatchObject({ file: path.join(folder, main) });
    expect(found.slice(1).every(({ importedBy }) => importedBy === path.join(folder, main))).toBe(true);
  });

  it('are refused where a file that is loaded already has changed since', async () => {
    put('shared.mjs', 'export const level = 1;');
    const module = (name: string) => put(name, `import { level } from './shared.mjs';\n${custom.topology}`);
    const run = (file: string) => inputsOf({ topology: { kind: 'custom', module: file }, cost, flow });
    await run(module('first.mjs'));
    put('shared.mjs', 'export const level = 2;');
    await expect(run(module('second.mjs'))).rejects.toThrow(/shared\.mjs has changed since it was loaded/);
  });
});

describe('the digest of a config', () => {
  const digest = async (config: object, except?: string[]) =>
    configDigest((await parseConfig({ topology: ring, cost, flow, rounds: 5, ...config })).config, except);

  it('is what the reader can compute: canonical JSON of what decides', () => {
    const config = { seed: 1, cost: { kind: 'q', dim: 2 }, name: 'n', workers: 3 };
    expect(configDigest(config as never)).toBe(sha256('{"cost":{"dim":2,"kind":"q"},"seed":1}'));
  });

  it('changes with what decides, and with nothing else', async () => {
    const own = await digest({});
    for (const same of [
      { name: 'b' },
      { workers: 2 },
      { layout: { order: 'given' } },
      { modules: { seconds: 3 } },
    ])
      expect(await digest(same)).toBe(own);
    for (const other of [
      { seed: 1 },
      { rounds: 6 },
      { stop: { gap: 1 } },
      { cost: { kind: 'quadratic', dim: 3 } },
    ])
      expect(await digest(other)).not.toBe(own);
    expect(await digest({ rounds: 6 }, ['rounds'])).toBe(await digest({}, ['rounds']));
  });

  it('tells data of a memory apart', async () => {
    const of = (last: number) => digest({ init: Float64Array.of(1, 2, 3, 4, 5, 6, 7, last) });
    expect(await of(4)).toBe(await of(4));
    expect(await of(4)).not.toBe(await of(5));
  });
});

it('this repository: an example names its graph', async () => {
  const { loadConfig } = await import('../../src/config/load.js');
  const loaded = await loadConfig(
    fileURLToPath(new URL('../../examples/08-own-network/own-network.yaml', import.meta.url)),
  );
  const { inputs } = await prepareRun(loaded, 1);
  expect(describeInputs(loaded, inputs).map(({ role }) => role)).toContain('topology.module');
});
