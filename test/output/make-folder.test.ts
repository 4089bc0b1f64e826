import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { makeFolder, tryFolder } from '../../src/output/make-folder.js';
import { temporaryFolder } from '../support/run.js';

const MAIN = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const folder = temporaryFolder();

test('makes what is missing, and leaves what is there', () => {
  const deep = join(folder, 'one', 'two', 'three');
  makeFolder(deep);
  writeFileSync(join(deep, 'kept'), '');
  makeFolder(deep);
  makeFolder(join(folder, 'one', 'beside', '..', 'other'));
  expect(readdirSync(deep)).toEqual(['kept']);
  expect(readdirSync(join(folder, 'one')).sort()).toEqual(['other', 'two']);
});

test('goes through links to folders, and refuses files and links to nowhere', () => {
  const there = join(folder, 'there');
  makeFolder(there);
  symlinkSync(there, join(folder, 'link'));
  makeFolder(join(folder, 'link', 'inside'));
  expect(statSync(join(there, 'inside')).isDirectory()).toBe(true);

  writeFileSync(join(folder, 'file'), '');
  symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling'));
  expect(() => makeFolder(join(folder, 'file'))).toThrow(/EEXIST/);
  expect(() => makeFolder(join(folder, 'file', 'below'))).toThrow(/ENOTDIR/);
  expect(() => makeFolder(join(folder, 'dangling'))).toThrow(/EEXIST/);
});

test('a folder that is tried has nothing in it afterwards', () => {
  const tried = join(folder, 'tried');
  makeFolder(tried);
  tryFolder(tried);
  expect(readdirSync(tried)).toEqual([]);
});

// In a process each: what never returns could not be timed out here.
test.runIf(existsSync('/proc/self')).each([
  ['run', '/proc/x'],
  ['run', '/proc/x/y'],
  ['compare', '/proc/x'],
  ['profile', '/proc/x'],
])('%s --out %s, where the system makes no folder, is refused before anything runs', (command, out) => {
  const config = join(folder, 'ring.yaml');
  writeFileSync(
    config,
    `topology: { kind: ring, nodes: 6 }
cost: { kind: quadratic, dim: 4 }
flow: { kind: primal-dual, compress: error-state, step: 0.02, alpha: 1, beta: 1 }
rounds: 20
`,
  );
  const args = [
    MAIN,
    command,
    config,
    '--out',
    out,
    ...(command === 'compare' ? ['--target', 'gap=0.1'] : []),
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    timeout: 240_000,
  });
  expect(stderr).toContain(`cannot write results to ${out}`);
  expect(status).toBe(2);
  expect(stdout).toBe('');
});
