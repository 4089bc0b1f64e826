/**
 * Many who write at once, in one second: commands, library calls in one process, with a folder of their own, with
 * the same one, with one inside of another's. Whoever has a folder has it alone, and every file in it is of one
 * run. `npm run test:chaos` starts twenty of each, and profiles and comparisons too.
 */

import { type SpawnOptions, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { run } from '../../src/index.js';
import { checkFolder } from '../../src/output/check-folder.js';
import { temporaryFolder } from '../support/run.js';
import { ALL } from '../support/some.js';

const MAIN = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const AT_ONCE = ALL ? 20 : 3;
const root = temporaryFolder();
const config = path.join(root, 'ring.yaml');
writeFileSync(
  config,
  `name: ring
topology: { kind: ring, nodes: 6 }
cost: { kind: quadratic, dim: 4 }
flow: { kind: primal-dual, compress: error-state, step: 0.02, alpha: 1, beta: 1 }
rounds: 400
trace: { every: 1 }
workers: 1
`,
);

interface Ended {
  code: number | null;
  stderr: string;
}

function command(args: readonly string[], cwd: string): Promise<Ended> {
  const options: SpawnOptions = { cwd, stdio: ['ignore', 'ignore', 'pipe'] };
  const child = spawn(process.execPath, [MAIN, ...args], options);
  let stderr = '';
  child.stderr?.on('data', (text) => {
    stderr += text;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stderr })));
}

const many = (act: (at: number) => Promise<Ended>) =>
  Promise.all(Array.from({ length: AT_ONCE }, (_, at) => act(at)));

/** Of one run, of the seed that its manifest says, and with nothing half written. */
function seedOf(folder: string): number {
  expect(checkFolder(folder)).toMatchObject({ problems: [], run: expect.any(String) });
  expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  const trace = readFileSync(path.join(folder, 'trace.csv'), 'utf8');
  expect(trace.split('\n').filter((line) => line.startsWith('round,'))).toHaveLength(1);
  expect(trace.trimEnd().split('\n')).toHaveLength(402);
  return JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8')).seed;
}

test('without --out each has a folder of its own', async () => {
  const cwd = path.join(root, 'own');
  mkdirSync(cwd);
  const ended = await many((at) => command(['run', config, '-q', '--seed', String(at)], cwd));
  expect(ended).toEqual(ended.map(() => ({ code: 0, stderr: '' })));
  const folders = readdirSync(path.join(cwd, 'runs')).map((name) => path.join(cwd, 'runs', name));
  expect(folders.map(seedOf).sort((a, b) => a - b)).toEqual(ended.map((_, at) => at));
});

test('with the same --out one has it, others are refused or come after it', async () => {
  const folder = path.join(root, 'same');
  for (let again = 0; again < (ALL ? 2 : 1); again++) {
    const ended = await many((at) =>
      command(['run', config, '-q', '--out', folder, '--seed', String(at)], root),
    );
    for (const { code, stderr } of ended) {
      expect([0, 2]).toContain(code);
      if (code === 2) expect(stderr).toMatch(/same is in use: process \d+ has been writing there since/);
    }
    const wrote = ended.flatMap(({ code }, at) => (code === 0 ? [at] : []));
    expect(wrote).toContain(seedOf(folder));
  }
});

test('with one inside of another’s, each folder is of its own run', async () => {
  const outer = path.join(root, 'outer');
  const ended = await many((at) =>
    command(
      ['run', config, '-q', '--seed', String(at), '--out', path.join(outer, ...Array(at % 3).fill('in'))],
      root,
    ),
  );
  const folders = [outer, path.join(outer, 'in'), path.join(outer, 'in', 'in')];
  const theirs = folders.filter((folder) => existsSync(path.join(folder, 'manifest.json')));
  expect(theirs.length).toBeGreaterThan(0);
  theirs.forEach((folder) => void seedOf(folder));
  for (const { code, stderr } of ended)
    if (code !== 0) expect(stderr).toMatch(/is in use|is not empty and holds no earlier run/);
});

test('in one process: as many calls, as many folders', async () => {
  const outDirs = Array.from({ length: AT_ONCE }, (_, at) => path.join(root, 'library', String(at)));
  const outcomes = await Promise.all(
    outDirs.map((outDir, seed) => run(config, { outDir, seed, keepX: false })),
  );
  outDirs.forEach((outDir, seed) => {
    expect(seedOf(outDir)).toBe(seed);
    expect(checkFolder(outDir).run).toBe(outcomes[seed]!.summary.run);
  });
});

test.runIf(ALL)('profiles, comparisons and benchmarks at once', async () => {
  const cwd = path.join(root, 'others');
  mkdirSync(cwd);
  const same = path.join(cwd, 'same');
  const compare = ['compare', config, '-q', '--target', 'rmsError=1e-3', '--tune', '0', '-j', '1'];
  const profile = ['profile', config, '-q', '--no-html', '--rounds', '200'];
  const ended = await Promise.all([
    ...Array.from({ length: 5 }, () => command(profile, cwd)),
    ...Array.from({ length: 5 }, () => command(compare, cwd)),
    ...Array.from({ length: 3 }, () => command([...profile, '--out', `${same}-profile`], cwd)),
    ...Array.from({ length: 3 }, () => command([...compare, '--out', `${same}-compare`], cwd)),
    command(['run', config, '-q', '--out', `${same}-compare`], cwd),
  ]);
  for (const { code, stderr } of ended) {
    expect([0, 2]).toContain(code);
    if (code === 2) expect(stderr).toMatch(/is in use|holds no earlier|holds more than a profile/);
  }
  const names = readdirSync(path.join(cwd, 'runs'));
  expect(names.filter((name) => name.startsWith('ring-profile-'))).toHaveLength(5);
  expect(names.filter((name) => name.startsWith('compare-'))).toHaveLength(5);
  for (const name of names) {
    const folder = path.join(cwd, 'runs', name);
    expect(readdirSync(folder).filter((file) => file.startsWith('.'))).toEqual([]);
    const whole = name.startsWith('compare') ? 'results.json' : 'profile.json';
    expect(() => JSON.parse(readFileSync(path.join(folder, whole), 'utf8'))).not.toThrow();
  }
});
