/**
 * A run again from its manifest: the same bits, whatever `auto` had chosen; and what is said where they cannot
 * be. Here some of the kinds; all with `npm run test:chaos`.
 */

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../dist/src/index.js';
import { loadManifest } from '../../src/output/load-manifest.js';
import { sottovoce } from '../support/command-line.js';
import { temporaryFolder } from '../support/run.js';
import { ALL } from '../support/some.js';

/** Their figures come from trial runs, the server's search, and a module. */
const SOME = ['choco-sgd', 'a cost of a module', 'a parameter server, lambda auto'];
const folder = temporaryFolder();
const put = (name: string, content: string) => writeFileSync(path.join(folder, name), content);
put('g.edges', '0 1\n1 2\n2 3\n3 4\n4 0\n');
put('a.libsvm', '1 1:0.5 2:1\n-1 1:2\n1 2:3\n-1 1:1 2:1\n1 1:3\n-1 2:2\n1 1:1\n-1 2:1\n1 2:2\n-1 1:4\n');
put(
  'cost.mjs',
  `export const plan = () => ({ dim: 2, m: 1, l: 1 });
export const value = (x, i) => 0.5 * ((x[0] - i) ** 2 + x[1] ** 2);
export const gradient = (x, out, i) => { out[0] = x[0] - i; out[1] = x[1]; };`,
);
const topology = { file: path.join(folder, 'g.edges') };
const cost = { kind: 'quadratic', dim: 6 };
const compressor = { kind: 'flatten', inner: { kind: 'sign' } };
const logistic = { kind: 'logistic', data: path.join(folder, 'a.libsvm'), regularization: 0.1 };

describe('the gains of then, given back', () => {
  const kinds: [what: string, config: object][] = [
    ['primal-dual, mode and gains auto', { topology, cost, flow: { kind: 'primal-dual' }, compressor }],
    [
      'primal-dual, samples',
      { topology, cost: logistic, flow: { kind: 'primal-dual' }, compressor: { kind: 'top-k', k: 1 } },
    ],
    ['choco-sgd', { topology, cost, flow: { kind: 'choco-sgd' }, compressor }],
    ['lead', { topology, cost, flow: { kind: 'lead' }, compressor }],
    ['dgd', { topology, cost, flow: { kind: 'dgd' } }],
    ['extra', { topology, cost, flow: { kind: 'extra' } }],
    ['nids', { topology, cost, flow: { kind: 'nids' } }],
    ['diging', { topology, cost, flow: { kind: 'diging' } }],
    ['admm', { topology, cost, flow: { kind: 'admm' } }],
    ['consensus', { topology, cost, flow: { kind: 'consensus' }, compressor: { kind: 'sign' } }],
    ['choco-gossip', { topology, cost, flow: { kind: 'choco-gossip' }, compressor: { kind: 'top-k', k: 2 } }],
    ['beer', { topology, cost, flow: { kind: 'beer' }, compressor: { kind: 'top-k', k: 2 } }],
    [
      'links that fail',
      { topology, cost, flow: { kind: 'primal-dual' }, links: { kind: 'drops', rate: 0.2 } },
    ],
    [
      'a cost of a module',
      {
        topology,
        cost: { kind: 'custom', module: path.join(folder, 'cost.mjs') },
        flow: { kind: 'primal-dual' },
      },
    ],
    [
      'a parameter server, lambda auto',
      { program: { kind: 'parameter-server', agents: 3, lambda: 'auto', gamma: 0.1 }, cost: logistic },
    ],
  ];
  it.each(kinds.filter(([what]) => ALL || SOME.includes(what)))('%s', async (_what, config) => {
    const outDir = path.join(folder, 'gains', _what.replaceAll(/\W/g, '-'));
    const { summary } = await run({ rounds: 40, ...config } as never, { outDir, workers: 1 });
    const kept = await loadManifest(outDir);
    expect(kept.changed).toEqual([]);
    expect(JSON.stringify(kept.loaded.config['flow'] ?? kept.loaded.config.program)).not.toMatch(
      /"(step|alpha|beta|lambda)":"auto"/,
    );
    const again = await run(kept.loaded, { workers: 2 });
    expect(again.summary.stateHash).toBe(summary.stateHash);
  });
});

describe('sottovoce run DIR/manifest.json', () => {
  put(
    'ring.yaml',
    'topology: { file: g.edges }\ncost: { kind: quadratic, dim: 3 }\nflow: { kind: primal-dual }\nrounds: 30\n',
  );
  const first = path.join(folder, 'first');
  const again = (name: string, ...rest: string[]) =>
    sottovoce(folder, 'run', name, '--out', path.join(folder, `again-${Math.random()}`), ...rest);

  it('says whether it is the same, what changed it, and what is not as it was', async () => {
    expect((await sottovoce(folder, 'run', path.join(folder, 'ring.yaml'), '--out', first)).status).toBe(0);
    const manifest = path.join(first, 'manifest.json');
    const { stateHash } = JSON.parse(readFileSync(path.join(first, 'summary.json'), 'utf8'));

    const same = await again(first, '--workers', '2');
    expect([same.status, same.stdout]).toEqual([
      0,
      expect.stringContaining(`reproduced: same hash ${stateHash.slice(0, 12)}`),
    ]);
    const other = await again(manifest, '--rounds', '20');
    expect([other.status, other.stdout]).toEqual([
      0,
      expect.stringContaining('not a reproduction: --rounds 20 changed the run'),
    ]);

    put('g.edges', '0 1\n1 2\n2 3\n3 4\n4 0\n0 2\n');
    const refused = await again(manifest);
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('g.edges has changed')]);
    if (!ALL) return put('g.edges', '0 1\n1 2\n2 3\n3 4\n4 0\n');
    const allowed = await again(manifest, '--allow-changed');
    expect([allowed.status, allowed.stdout]).toEqual([
      1,
      expect.stringMatching(/differs: .*g\.edges has changed/),
    ]);
    put('g.edges', '0 1\n1 2\n2 3\n3 4\n4 0\n');
  });

  it('is refused where a program had its data, and takes files beside it where its folder is gone', async () => {
    const outDir = path.join(folder, 'memory');
    const init = Float64Array.from({ length: 30 }, (_, i) => i);
    await run({ topology, cost, flow: { kind: 'primal-dual' }, rounds: 5, init } as never, { outDir });
    await expect(loadManifest(outDir)).rejects.toThrow(/init was in the memory of a program/);

    const moved = path.join(folder, 'moved');
    renameSync(first, moved);
    const file = path.join(moved, 'manifest.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    const gone = path.join(folder, 'gone');
    writeFileSync(file, JSON.stringify({ ...manifest, machine: { ...manifest.machine, folder: gone } }));
    const kept = await loadManifest(moved);
    expect(kept.notes).toEqual([
      expect.stringMatching(/gone is gone: paths in the config are taken from .*moved/),
    ]);
    expect(kept.changed).toMatchObject([{ input: { path: 'g.edges' }, sha256: null }]);
  });
});

describe('--no-custom', () => {
  const mark = path.join(folder, 'ran');
  const module = `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(mark)}, '');`;
  for (const name of ['evil.mjs', 'evil.ts']) put(name, module);
  const flow = 'flow: { kind: primal-dual }';
  const config = (text: string) => {
    put('own.yaml', `${text}\nrounds: 3\n`);
    return path.join(folder, 'own.yaml');
  };
  const commands: [what: string, command: string[], text: string][] = [
    ['run', ['run'], `topology: { kind: ring, nodes: 3 }\ncost: { kind: custom, module: evil.mjs }\n${flow}`],
    [
      'run, TypeScript',
      ['run'],
      `topology: { kind: custom, module: evil.ts }\ncost: { kind: quadratic, dim: 2 }\n${flow}`,
    ],
    [
      'compare',
      ['compare'],
      `topology: { kind: ring, nodes: 3 }\ncost: { kind: custom, module: evil.mjs }\n${flow}`,
    ],
    [
      'tune',
      ['tune'],
      `topology: { kind: ring, nodes: 3 }\ncost: { kind: custom, module: evil.mjs }\n${flow}`,
    ],
  ];
  it.each(commands.slice(0, ALL ? undefined : 1))('%s', async (_what, command, text) => {
    const { status, stderr } = await sottovoce(folder, ...command, config(text), '--no-custom');
    expect([status, stderr]).toEqual([2, expect.stringMatching(/own\.yaml:\d+:\d+: .*module.*--no-custom/)]);
    expect(() => readFileSync(mark)).toThrow(/ENOENT/);
  });
});
