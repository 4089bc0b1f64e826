/**
 * `verify` says of a good run that it is good, and of every kind of damage what is wrong; modules that are not
 * the same each time are found out, and by the right reason.
 */

import { cpSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openSession, parseConfig, run, type Verification, verify } from '../../dist/src/index.js';
import { sottovoce } from '../support/command-line.js';
import { temporaryFolder } from '../support/run.js';
import { ALL } from '../support/some.js';

const folder = temporaryFolder();
const at = (...names: string[]) => path.join(folder, ...names);
const put = (name: string, text: string) => writeFileSync(at(name), text);
const topology = { kind: 'ring' as const, nodes: 7 };
const cost = { kind: 'quadratic' as const, dim: 3 };
const wrong = ({ checks }: Verification) =>
  checks.filter(({ good }) => !good).map(({ what, found }) => `${what} ${found}`);

function module(name: string, before: string, term: string, after: string): object {
  put(
    name,
    `${before}
export const messages = { x: 'raw' };
export function step({ x, heard, gradient, agent, round }) {
  const slope = gradient(x);
  for (let c = 0; c < x.length; c++) x[c] -= 0.05 * slope[c] + 0.1 * heard.x.laplacian[c] + ${term};
  ${after}
}
`,
  );
  return { topology, cost, flow: { kind: 'custom', module: at(name) }, rounds: 40, workers: 2 };
}

describe('a config', () => {
  it('is the same in every way, and broken off with a compressor that remembers', async () => {
    const seen: string[] = [];
    const found = await verify(
      {
        topology,
        cost,
        flow: { kind: 'primal-dual', tuning: 'formula' },
        compressor: { kind: 'error-feedback', inner: { kind: 'top-k', k: 1 } },
        rounds: 30,
      },
      { onProgress: ({ doing }) => seen.push(doing) },
    );
    expect(found).toMatchObject({ of: 'config', good: true, complete: true, notes: [] });
    const outcomes = found.variants.map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['reference', ...Array(8).fill('same')]);
    expect(new Set(found.variants.map(({ stateHash }) => stateHash)).size).toBe(1);
    expect(
      found.variants.filter(({ name }) => /gone on with after rounds 10 and 20/.test(name)),
    ).toHaveLength(2);
    expect(new Set(seen).size).toBe(9);
  });

  it('state outside of the arrays is found out by going on', async () => {
    const config = module(
      'outside.mjs',
      'const before = new Map();',
      '(round > 6 ? 0.01 * (before.get(agent) ?? 0) : 0)',
      'if (round > 5) before.set(agent, x[0]);',
    );
    const found = await verify(config as never);
    expect(found.good).toBe(false);
    const bad = found.variants.filter(({ outcome }) => outcome !== 'same' && outcome !== 'reference');
    expect(bad.length).toBeGreaterThan(0);
    for (const { name, firstDifference } of bad) {
      expect(name).toContain('gone on with');
      expect(firstDifference?.round).toBeGreaterThan(13);
    }
    expect(found.notes.join()).toMatch(
      /cannot go on from a checkpoint: .*outside\.mjs keeps something outside/,
    );
  });

  it.runIf(ALL)('a draw of Math.random is found out, and said by the command', async () => {
    const config = module('chance.mjs', '', '(round > 6 ? 1e-9 * Math.random() : 0)', '');
    put('chance.yaml', JSON.stringify(config));
    const said = await sottovoce(folder, 'verify', 'chance.yaml', '--rounds', '12');
    expect(said.status).toBe(1);
    expect(said.stdout).toMatch(/the same once more +12 +[0-9a-f]{12} +differs/);
    expect(said.stdout).toContain('first row of the trace that differs: round 8');
    expect(said.stdout).toMatch(/not even the same when nothing is changed: .*chance\.mjs draws on/);
    expect(said.stdout).toMatch(/not verified: \d of 9 runs differ$/m);
  });
});

describe('a folder', () => {
  let number = 0;
  /** A copy of the run, to be damaged. */
  const copy = () => {
    const to = at(`copy-${number++}`);
    cpSync(at('first'), to, { recursive: true });
    return to;
  };
  const edit = (file: string, change: (text: string) => string) =>
    writeFileSync(file, change(readFileSync(file, 'latin1')), 'latin1');
  const flip = (file: string) => {
    const bytes = readFileSync(file);
    bytes[bytes.length - 100] ^= 1;
    writeFileSync(file, bytes);
  };

  beforeAll(async () => {
    put('g.edges', '0 1\n1 2\n2 3\n3 0\n0 2\n');
    const config = {
      topology: { file: at('g.edges') },
      cost,
      flow: { kind: 'primal-dual' as const, step: 0.05, alpha: 0.5, beta: 0.5 },
      rounds: 30,
      checkpoint: { everyRounds: 10 },
    };
    await run(config, { outDir: at('first'), workers: 1 });
    await run(config, { outDir: at('second'), workers: 1, seed: 2 });
  });

  it('that is whole is, made again and from its checkpoint', async () => {
    const found = await verify(at('first'));
    expect(wrong(found)).toEqual([]);
    expect(found).toMatchObject({ of: 'run', good: true, complete: true });
    expect(found.variants.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['3 workers on one thread, order rcm, blocks of 3', 'same'],
      ['1 worker on one thread', 'same'],
      [expect.stringMatching(/^3 workers on one thread, from the checkpoint of round [12]0$/), 'same'],
    ]);
    const looked = found.checks.map(({ what }) => what);
    expect(looked).toEqual(expect.arrayContaining(['x.npy', 'trace.csv', 'manifest.json', at('g.edges')]));
    expect(looked.filter((what) => /^checkpoints\/.*\.checkpoint$/.test(what))).toHaveLength(2);
  });

  it.each<[what: string, damage: (to: string) => void, said: RegExp]>([
    ['a byte of x.npy', (to) => flip(path.join(to, 'x.npy')), /^x\.npy is not as run .* wrote it/],
    [
      'a row of the trace',
      (to) => edit(path.join(to, 'trace.csv'), (text) => text.replace(/^20,/m, '21,')),
      /^trace\.csv is not as run/,
    ],
    [
      'the manifest of another run',
      (to) => cpSync(at('second', 'manifest.json'), path.join(to, 'manifest.json')),
      /^manifest\.json is of run .*, and summary\.json of run/,
    ],
    [
      'a checkpoint of another run',
      (to) => cpSync(at('second', 'checkpoints'), path.join(to, 'checkpoints'), { recursive: true }),
      /^checkpoints\/.* is of another run/,
    ],
    [
      'the config in the manifest',
      (to) => edit(path.join(to, 'manifest.json'), (text) => text.replace('"dim": 3', '"dim": 4')),
      /^manifest\.json the config in the manifest has been edited/,
    ],
  ])('%s', async (_what, damage, said) => {
    const to = copy();
    damage(to);
    const found = await verify(to, { quick: true });
    expect(found.good).toBe(false);
    expect(found.variants).toEqual([]);
    expect(wrong(found)).toContainEqual(expect.stringMatching(said));
  });

  it('a bit of a checkpoint, which is then not gone on from', async () => {
    const to = copy();
    const isEarly = ({ what }: { what: string }) => /^checkpoints.*-00000000[12]0\./.test(what);
    const [file] = (await verify(to, { quick: true })).checks.filter(isEarly);
    flip(path.join(to, file.what));
    const found = await verify(to);
    expect(wrong(found)).toEqual([`${file.what} is not as it was written: its bytes have another SHA-256`]);
    expect(found.variants.map(({ outcome }) => outcome)).toEqual(['same', 'same']);
  });

  it('a hash in the summary is held against the run made again, and what else tells', async () => {
    const to = copy();
    edit(path.join(to, 'summary.json'), (text) => text.replace(/("stateHash": ")..../, '$10000'));
    const said = await sottovoce(folder, 'verify', to);
    expect(said.status).toBe(1);
    expect(said.stdout).toContain('the state hash in summary.json is not: it has been edited');
    expect(said.stdout).toMatch(/not verified: 3 of 3 runs differ$/m);
    expect((await sottovoce(folder, 'verify', to, '--quick', '--quiet')).stdout).toBe('');
  });

  it('a graph that has changed is named, and the run not made again', async () => {
    const to = copy();
    renameSync(at('g.edges'), at('kept.edges'));
    put('g.edges', '0 1\n1 2\n2 3\n3 0\n1 3\n');
    try {
      const said = await sottovoce(folder, 'verify', to, '--json');
      expect(said.status).toBe(1);
      const found = JSON.parse(said.stdout) as Verification;
      expect(wrong(found)).toEqual([`${at('g.edges')} has changed since the run was made from it`]);
      expect(found.variants).toEqual([]);
    } finally {
      renameSync(at('kept.edges'), at('g.edges'));
    }
  });

  it('that holds neither is bad usage', async () => {
    const said = await sottovoce(folder, 'verify', folder);
    expect([said.status, said.stderr]).toEqual([
      2,
      expect.stringContaining('holds no run and no comparison'),
    ]);
    expect((await sottovoce(folder, 'verify', at('first'), '--rounds', '5')).status).toBe(2);
    expect((await sottovoce(folder, 'verify', at('missing.yaml'))).status).toBe(2);
  });
});

it.each(['finished', 'stopped'])(
  'a run that was changed on its way, and has %s, is made again changed',
  async (end) => {
    const to = at(`changed-${end}`);
    const config = {
      topology,
      cost,
      flow: { kind: 'primal-dual', tuning: 'formula' },
      compressor: { kind: 'sign' },
      rounds: 60,
    };
    const { session, close } = await openSession();
    try {
      await session.prepare({ config: await parseConfig({ ...config, workers: 2 }), outDir: to });
      await session.pause();
      const running = session.start();
      running.catch(() => {});
      await session.step(7);
      await session.change([{ kind: 'cut', edges: [[0, 1]] }]);
      await session.step(11);
      await session.change([
        { kind: 'restore', edges: 'all' },
        { kind: 'noise', agents: [2], sd: 1 },
      ]);
      await session.step(12);
      await (end === 'stopped' ? session.stop() : session.resume());
      expect((await running).summary.status).toBe(end);
    } finally {
      await close();
    }
    const found = await verify(to);
    expect(found).toMatchObject({ of: 'run', good: true, complete: true });
    expect(found.variants.map(({ outcome, rounds }) => [outcome, rounds])).toEqual(
      Array(2).fill(['same', end === 'stopped' ? 30 : 60]),
    );
    const manifest = path.join(to, 'manifest.json');
    const changed = readFileSync(manifest, 'utf8').replace('"sd": 1', '"sd": 2');
    writeFileSync(manifest, changed);
    expect((await verify(to)).variants.map(({ outcome }) => outcome)).toEqual(['differs', 'differs']);
  },
);

it('a signal ends it, with what was done', async () => {
  const controller = new AbortController();
  const found = await verify(
    { topology, cost, flow: { kind: 'primal-dual', tuning: 'formula' }, rounds: 20 },
    {
      signal: controller.signal,
      onProgress: ({ doing }) => doing.startsWith('2 workers') && controller.abort(),
    },
  );
  expect(found).toMatchObject({ complete: false, good: true });
  expect(found.variants.map(({ outcome }) => outcome)).toEqual(['reference', 'same']);
});

it('cells of a comparison are held against their own digests', async () => {
  put(
    'ring.yaml',
    JSON.stringify({ topology, cost, flow: { kind: 'primal-dual', tuning: 'formula' }, rounds: 20 }),
  );
  const grid = ['compare', 'ring.yaml', '--seeds', '1,2', '--tune', '0', '--out', 'grid', '--quiet'];
  expect((await sottovoce(folder, ...grid)).status).toBe(0);
  const whole = await verify(at('grid'));
  expect(whole).toMatchObject({ of: 'comparison', good: true });
  expect(whole.checks).toHaveLength(3);
  const [first, second] = whole.checks
    .filter(({ what }) => what.startsWith('cells/'))
    .map(({ what }) => what);
  cpSync(at('grid', first), at('grid', second));
  expect(wrong(await verify(at('grid')))).toEqual([expect.stringContaining(`${second} is of cell`)]);
});
