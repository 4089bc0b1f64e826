/**
 * Compiles the kernels, for both precisions side by side, where they are not what is compiled already: it
 * takes a minute and more, and they change seldom. Whether they are is said by digests of all that goes in
 * (sources, options, the transform, the compiler's version) and of what came out, not by times: a fresh clone
 * has those of its checkout.
 *
 *     node scripts/build-kernels.mjs [--force]
 */

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (file) => path.join(root, file);
/** Written by a build, from the sources. */
const OUTPUTS = [
  'kernels/interface.ts',
  'dist/kernels/lines.json',
  'dist/kernels/kernels.wasm',
  'dist/kernels/kernels-float32.wasm',
];
const STAMP = 'node_modules/.cache/sottovoce/kernels.json';
const TARGETS = [
  ['--target', 'float64', '--transform', './scripts/kernel-interface.mjs'],
  ['--target', 'float32'],
];
const require = createRequire(import.meta.url);
const compiler = path.join(path.dirname(require.resolve('assemblyscript/package.json')), 'bin/asc.js');

function inputs() {
  const sources = readdirSync(at('kernels'), { recursive: true, encoding: 'utf8' })
    .map((name) => `kernels/${name.replaceAll('\\', '/')}`)
    .filter((name) => /\.(ts|json)$/.test(name) && !OUTPUTS.includes(name))
    // Plain TypeScript, which the kernels are held against.
    .filter((name) => !name.startsWith('kernels/reference/'))
    .sort();
  return [...sources, 'scripts/build-kernels.mjs', 'scripts/kernel-interface.mjs'];
}

function digest(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    if (!existsSync(at(file))) return null;
    const content = readFileSync(at(file));
    hash.update(`${file}\n${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}

function state() {
  const { version } = require('assemblyscript/package.json');
  return JSON.stringify({ version, inputs: digest(inputs()), outputs: digest(OUTPUTS) });
}

function compile(options) {
  const all = [compiler, 'kernels/index.ts', '--config', 'kernels/asconfig.json', ...options];
  const child = spawn(process.execPath, all, { cwd: root, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
}

const isBuilt = existsSync(at(STAMP)) && readFileSync(at(STAMP), 'utf8') === state();
if (process.argv.includes('--force') || !isBuilt) {
  rmSync(at(STAMP), { force: true });
  const ends = await Promise.all(TARGETS.map(compile));
  if (ends.some((end) => end !== 0)) process.exit(1);
  mkdirSync(path.dirname(at(STAMP)), { recursive: true });
  writeFileSync(at(STAMP), state());
} else {
  // For whoever compares times.
  const now = new Date();
  for (const file of OUTPUTS.filter((name) => name.endsWith('.wasm'))) utimesSync(at(file), now, now);
  console.log('kernels: as they are compiled');
}
