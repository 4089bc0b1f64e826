/** What a build leaves for what is started: bundles of strict code that know what is in them. */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './support/run.js';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const files = (name: string, extension: string) =>
  readdirSync(path.join(dist, 'bundle', name))
    .filter((file) => file.endsWith(extension))
    .map((file) => path.join(dist, 'bundle', name, file));

describe.each(['program', 'coordinator', 'agents', 'cell'])('the bundle %s', (name) => {
  it('is strict, as modules are, and leaves no import to a script that cannot do it', () => {
    for (const file of files(name, '.cjs')) {
      const code = readFileSync(file, 'utf8');
      expect(code.startsWith('"use strict"'), file).toBe(true);
      expect(code, file).not.toMatch(/(?<![\w$.'"])import\(/);
    }
  });
});

it('versions in a manifest are those that were bundled', () => {
  const bundled = JSON.parse(readFileSync(path.join(dist, 'bundle/packages.json'), 'utf8')) as Record<
    string,
    string
  >;
  const require = createRequire(import.meta.url);
  expect(bundled['zod']).toBe((require('zod/package.json') as { version: string }).version);
  expect(existsSync(path.join(dist, 'bundle/LICENSES.txt'))).toBe(true);
});

// From version 22 on Node reads bundles itself, where nobody can look on.
const readByUs = !('enableCompileCache' in Module);

it.runIf(readByUs)(
  'a coordinator that is called at once loads what it is called for, and nothing beside',
  () => {
    const folder = temporaryFolder();
    const hook = path.join(folder, 'hook.cjs');
    writeFileSync(
      hook,
      `const fs = require('node:fs'), path = require('node:path'), read = fs.readFileSync;
     fs.readFileSync = (file, ...rest) => {
       const [part, name] = String(file).split(path.sep).slice(-2);
       if (part === 'coordinator' && name.endsWith('.cjs')) process._rawDebug('reads ' + name);
       return read(file, ...rest);
     };`,
    );
    const script = path.join(folder, 'run.mjs');
    const config = {
      topology: { kind: 'ring', nodes: 4 },
      cost: { kind: 'quadratic', dim: 4 },
      flow: { kind: 'primal-dual', step: 0.05, alpha: 1, beta: 1 },
      rounds: 5,
    };
    writeFileSync(
      script,
      `import { run } from ${JSON.stringify(path.join(dist, 'src/index.js'))};
     await run(${JSON.stringify(config)}, { workers: 1 });`,
    );
    const { status, stderr } = spawnSync(process.execPath, ['--require', hook, script], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    const names = [...stderr.matchAll(/^reads ([a-z-]+?)(?:-[\w-]{8})?\.cjs$/gm)].map(([, name]) => name);
    expect(names).toContain('coordinator');
    expect(names).toContain('stages');
    // The reader of CSV files, which a thread loads that waits for its config.
    expect(names).not.toContain('csv');
  },
);
