/**
 * What is published: small, with no path of whoever packed it, and at work where it is unpacked: in a folder
 * that cannot be written to, with caches of compiled code that are not there yet, damaged, or shared by
 * processes that start at once.
 */

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/run.js';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const folder = temporaryFolder();
const modules = join(folder, 'lib', 'node_modules');
const installed = join(modules, 'sottovoce');
const caches = join(folder, 'caches');
let files: string[];
let packedBytes: number;

beforeAll(() => {
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--ignore-scripts', '--offline', '--json', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  packedBytes = packed.size;
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(folder, packed.filename), '-C', installed, '--strip-components=1']);
  files = readdirSync(installed, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(installed, name)).isFile(),
  );
  // Dependencies as npm would install them, and no development ones.
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) {
    mkdirSync(join(modules, name, '..'), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  writeFileSync(
    join(folder, 'ring.yaml'),
    'topology: { kind: ring, nodes: 5 }\ncost: { kind: quadratic, dim: 2 }\nflow: { kind: primal-dual }\nrounds: 20\nworkers: 1\n',
  );
});

const env = { ...process.env, XDG_CACHE_HOME: caches, NO_COLOR: '1' };
const main = join(installed, 'dist/src/cli/main.js');
function sottovoce(args: string[], environment: NodeJS.ProcessEnv = env) {
  return spawnSync(process.execPath, [main, ...args], { cwd: folder, encoding: 'utf8', env: environment });
}
const run = (environment?: NodeJS.ProcessEnv) => sottovoce(['run', 'ring.yaml', '--json', '-q'], environment);
const hashOf = ({ status, stdout, stderr }: ReturnType<typeof run>) => {
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout).stateHash as string;
};
const cacheFiles = () =>
  readdirSync(caches, { recursive: true, encoding: 'utf8' }).filter((name) => /\.cjs/.test(name));

describe('the tarball', () => {
  test('is small, and has all that it takes', () => {
    expect(packedBytes).toBeLessThan(4.6e6);
    expect(files.reduce((sum, name) => sum + statSync(join(installed, name)).size, 0)).toBeLessThan(16e6);
    for (const name of [
      'dist/kernels/kernels.wasm',
      'dist/bundle/load.cjs',
      'dist/pages/flame-graph.js',
      'dist/pages/dashboard/index.html',
      'dist/pages/dashboard/refused.html',
      'dist/pages/report.js',
      'dist/pages/report.css',
      'dist/src/index.d.ts',
      'templates/compressor.ts',
      'README.md',
    ]) {
      expect(files).toContain(name);
    }
    expect(files.filter((name) => /\.(cache|tgz|log)$|\.test\.|cpuprofile/.test(name))).toEqual([]);
  });

  test('says nowhere where it was packed', () => {
    expect(files.filter((name) => readFileSync(join(installed, name)).includes(root))).toEqual([]);
  });
});

describe('unpacked', () => {
  // From Node 22 on the cache is Node's own.
  const ownCache = Number(process.versions.node.split('.')[0]) < 22;
  let hash: string;

  test('runs, and leaves the code that it compiled where caches belong', () => {
    const before = files.length;
    hash = hashOf(run());
    if (ownCache) expect(cacheFiles().filter((name) => name.endsWith('.cjs')).length).toBeGreaterThan(5);
    const after = readdirSync(installed, { recursive: true, encoding: 'utf8' });
    expect(after.filter((name) => statSync(join(installed, name)).isFile())).toHaveLength(before);
  });

  test('begins a module of one`s own, in a folder of one`s own', () => {
    const { status, stderr } = sottovoce(['new', 'links', 'begun']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { stdout } = sottovoce(['run', 'begun.yaml', '--json', '-q', '--workers', '1']);
    expect(JSON.parse(stdout).status).toBe('converged');
  });

  test('starts from that code without writing it again, with the same result', () => {
    const times = () => cacheFiles().map((name) => statSync(join(caches, name)).mtimeMs);
    const before = times();
    expect(hashOf(run())).toBe(hash);
    expect(times()).toEqual(before);
  });

  test('a damaged cache is compiled anew', () => {
    const damaged = cacheFiles();
    for (const [at, name] of damaged.entries()) {
      const bytes = readFileSync(join(caches, name));
      if (at % 2 === 0) bytes[bytes.length >> 1] ^= 1;
      writeFileSync(join(caches, name), at % 2 === 0 ? bytes : bytes.subarray(0, bytes.length / 3));
    }
    expect(hashOf(run())).toBe(hash);
    expect(hashOf(run())).toBe(hash);
  });

  test('first starts at once leave whole files and no others', async () => {
    const environment = { ...env, XDG_CACHE_HOME: join(folder, 'caches-of-many') };
    const codes = await Promise.all(
      Array.from(
        { length: 3 },
        (_, i) =>
          new Promise((resolve) =>
            spawn(process.execPath, [main, 'run', 'ring.yaml', '-q', '--out', `many-${i}`], {
              cwd: folder,
              env: environment,
            }).once('exit', resolve),
          ),
      ),
    );
    expect(codes).toEqual([0, 0, 0]);
    if (!ownCache) return;
    const left = readdirSync(environment.XDG_CACHE_HOME, { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('where no cache can be written it compiles, and says nothing', () => {
    writeFileSync(join(folder, 'file'), '');
    const nowhere = join(folder, 'file', 'caches');
    expect(hashOf(run({ ...env, XDG_CACHE_HOME: nowhere, HOME: nowhere, TMPDIR: nowhere }))).toBe(hash);
  });

  test('runs a module in TypeScript', () => {
    writeFileSync(
      join(folder, 'half.ts'),
      `type Out = Float64Array;
export const plan = ({ dim }: { dim: number }) => ({ messageBits: 64 * dim, linear: true });
export const encode = (error: Out, message: any): void => error.forEach((entry) => message.float64(entry));
export const decode = (message: any, out: Out): void => out.forEach((_, c) => { out[c] = message.float64(); });
`,
    );
    const compressor = 'compressor={ kind: custom, module: half.ts }';
    expect(hashOf(sottovoce(['run', 'ring.yaml', '--json', '-q', '--set', compressor]))).toMatch(
      /^[0-9a-f]{64}$/,
    );
  });

  test('a stack trace is of this place', () => {
    const { stderr, status } = sottovoce([
      'run',
      'ring.yaml',
      '--debug',
      '--set',
      'compressor={ kind: top-k, k: 99 }',
    ]);
    expect(status).toBe(2);
    expect(stderr).toContain(join(installed, 'dist'));
    expect(stderr).not.toContain(`${root}/dist`);
    expect(stderr).not.toContain(`${root}/src`);
  });

  test('draws the flame graphs of a profile, of its own round loop, with nothing else installed', () => {
    const { status, stderr } = sottovoce([
      'profile',
      'ring.yaml',
      '-q',
      '--rounds',
      '20000',
      '--out',
      'profile',
    ]);
    expect({ status, stderr: stderr.replace(/^warning: .*\n/gm, '') }).toEqual({ status: 0, stderr: '' });
    const { merged } = JSON.parse(readFileSync(join(folder, 'profile', 'profile.json'), 'utf8'));
    expect(merged.samples).toBeGreaterThan(0);
    expect(merged.frames.map(({ name }: { name: string }) => name).join()).toContain('workers/round-loop.ts');
    expect(readFileSync(join(folder, 'profile', 'merged.html'), 'utf8')).toContain('workers/round-loop.ts');
  });
});
