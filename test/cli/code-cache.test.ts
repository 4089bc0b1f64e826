/**
 * The cache of compiled code never changes what runs: whatever its files hold, the right code does, and the
 * file is made anew. V8 itself would crash on some of them, and run the old code of an edited bundle.
 */

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/run.js';

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
/** From 22 on Node keeps the cache, and checks it. */
const oursAlone = !('enableCompileCache' in createRequire(import.meta.url)('node:module'));
const FLIPS = 200;

/** A bundle of two files, and the loader beside it. */
function bundle(): { folder: string; cache: string } {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, 'one'));
  copyFileSync(path.join(dist, 'bundle/load.cjs'), path.join(folder, 'load.cjs'));
  write(folder, 'one', 1);
  write(folder, 'two', 2);
  return { folder, cache: path.join(folder, 'cache') };
}

/** Same length for every value of one digit. */
function write(folder: string, name: string, value: number): void {
  const functions = Array.from({ length: 40 }, (_, i) => `function f${i}(x) { return x + ${value} * ${i}; }`);
  const sum = Array.from({ length: 40 }, (_, i) => `f${i}(1)`).join(' + ');
  const next = name === 'one' ? "require('./two.cjs')" : '""';
  writeFileSync(
    path.join(folder, 'one', `${name}.cjs`),
    `"use strict";\n${functions.join('\n')}\nmodule.exports = '${name}: ' + (${sum}) + ' ' + ${next};\n`,
  );
}
const of = (value: number) => 40 + (value * 39 * 40) / 2;
const answer = (one: number, two: number) => `one: ${of(one)} two: ${of(two)} `;

/** What a thread that loads the bundle as often as this gets; `between` is done before each time. */
function loadOften({ folder, cache }: { folder: string; cache: string }, between: string, times = 1) {
  const code = `
    const { parentPort } = require('node:worker_threads');
    const fs = require('node:fs');
    const path = require('node:path');
    const loader = ${JSON.stringify(path.join(folder, 'load.cjs'))};
    const files = () => fs.statSync(${JSON.stringify(cache)}, { throwIfNoEntry: false })?.isDirectory()
      ? fs.readdirSync(${JSON.stringify(cache)}, { recursive: true })
          .map((name) => path.join(${JSON.stringify(cache)}, name)).filter((file) => fs.lstatSync(file).isFile())
      : [];
    const results = [];
    for (let time = 0; time < ${times}; time++) {
      (() => { ${between} })();
      for (const name of Object.keys(require.cache)) delete require.cache[name];
      results.push(require(loader)('one/one.cjs'));
    }
    parentPort.postMessage({ results, files: files() });`;
  const worker = new Worker(code, {
    eval: true,
    execArgv: [],
    env: { ...process.env, XDG_CACHE_HOME: cache },
  });
  return new Promise<{ results: string[]; files: string[] }>((resolve, reject) => {
    worker.once('message', resolve).once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the thread ended with ${code}`)));
  });
}

const onlyAnswer = (times: number) => Array.from({ length: times }, () => answer(1, 2));

describe('whatever a file of the cache holds, the right code runs', () => {
  it(`${FLIPS} flipped bits, one after another`, async () => {
    const given = bundle();
    const flip = `
      const all = files();
      if (all.length === 0) return;
      globalThis.state = (Math.imul(globalThis.state ?? 1, 1664525) + 1013904223) >>> 0;
      const file = all[time % all.length];
      const bytes = fs.readFileSync(file);
      globalThis.held ??= new Map();
      // What was harmed the last time has been made anew.
      if (${oursAlone} && globalThis.held.has(file) && globalThis.held.get(file).equals(bytes)) throw new Error('still harmed');
      const bit = globalThis.state % (8 * bytes.length);
      bytes[bit >> 3] ^= 1 << (bit & 7);
      fs.writeFileSync(file, bytes);
      globalThis.held.set(file, bytes);`;
    const { results, files } = await loadOften(given, flip, FLIPS);
    expect(results).toEqual(onlyAnswer(FLIPS));
    if (oursAlone) expect(files.map((file) => path.basename(file)).sort()).toHaveLength(2);
  });

  it.each([
    [
      'cut short, at every sixteenth of it',
      'fs.truncateSync(file, Math.floor((time % 16) / 16 * size));',
      34,
    ],
    ['of another file of the bundle', 'fs.copyFileSync(all[(time + 1) % all.length], file);', 4],
    ['of zeros', 'fs.writeFileSync(file, Buffer.alloc(size));', 4],
    ['longer than it was', "fs.appendFileSync(file, 'more');", 4],
  ])('one that is %s', async (_, harm, times) => {
    const between = `
      const all = files().sort();
      if (all.length === 0) return;
      const file = all[time % all.length];
      const { size } = fs.statSync(file);
      ${harm}`;
    expect((await loadOften(bundle(), between, times)).results).toEqual(onlyAnswer(times));
  });

  it('of a bundle that was edited since, at the same length: the new code runs', async () => {
    const given = bundle();
    await loadOften(given, '');
    write(given.folder, 'two', 3);
    expect((await loadOften(given, '')).results).toEqual([answer(1, 3)]);
    write(given.folder, 'one', 4);
    expect((await loadOften(given, '', 2)).results).toEqual([answer(4, 3), answer(4, 3)]);
  });
});

it.runIf(oursAlone)('what a thread calls after loading is kept when it says so, once', async () => {
  const given = bundle();
  const lines = Array.from({ length: 200 }, (_, i) => `  sum += x * ${i};`).join('\n');
  writeFileSync(
    path.join(given.folder, 'one/one.cjs'),
    `"use strict";\nglobalThis.late = (x) => {\n  let sum = 0;\n${lines}\n  return sum;\n};\nmodule.exports = 'one';\n`,
  );
  // Before each time: what the cache holds. It is told after the first loading, and after the third.
  const between = `
    if (time === 1 || time === 3) {
      if (globalThis.late(2) !== 39800) throw new Error('another function');
      globalThis[Symbol.for('sottovoce.record')]();
    }
    const [file] = files();
    results.push(file ? fs.readFileSync(file).toString('base64') : '');`;
  const { results } = await loadOften(given, between, 5);
  const caches = results.filter((_, at) => at % 2 === 0);
  expect(results.filter((_, at) => at % 2 === 1)).toEqual(Array.from({ length: 5 }, () => 'one'));
  const [before, told, loaded, again, after] = caches as [string, string, string, string, string];
  expect(before).toBe('');
  // The function's own code is in it, of some thousand bytes.
  expect(told.length).toBeGreaterThan(2000);
  expect([loaded, again, after]).toEqual([told, told, told]);
  const other = bundle();
  writeFileSync(path.join(other.folder, 'one/one.cjs'), readFileSync(path.join(given.folder, 'one/one.cjs')));
  const untold = await loadOften(other, between.replace('time === 1 || time === 3', 'false'), 2);
  expect(untold.results[2]!.length).toBeLessThan(told.length - 1000);
});

describe('where it lies', () => {
  it('threads that start together for the first time leave whole files', async () => {
    const given = bundle();
    const all = await Promise.all(Array.from({ length: 8 }, () => loadOften(given, '')));
    for (const { results } of all) expect(results).toEqual(onlyAnswer(1));
    const { results, files } = await loadOften(given, '');
    expect(results).toEqual(onlyAnswer(1));
    expect(files.filter((file) => file.endsWith('.part'))).toEqual([]);
  });

  it('a folder that cannot be written, or that is a link, is left alone', async () => {
    const given = bundle();
    const elsewhere = path.join(given.folder, 'elsewhere');
    mkdirSync(elsewhere);
    mkdirSync(given.cache);
    symlinkSync(elsewhere, path.join(given.cache, 'sottovoce'));
    expect((await loadOften(given, '', 2)).results).toEqual(onlyAnswer(2));
    if (oursAlone)
      expect(readdirSync(elsewhere, { recursive: true }).filter((n) => String(n).endsWith('.cjs'))).toEqual(
        [],
      );
    const second = bundle();
    writeFileSync(second.cache, 'a file where a folder should be');
    expect((await loadOften(second, '', 2)).results).toEqual(onlyAnswer(2));
    const third = bundle();
    mkdirSync(third.cache);
    chmodSync(third.cache, 0o500);
    expect((await loadOften(third, '', 2)).results).toEqual(onlyAnswer(2));
  });

  it.runIf(oursAlone)('what cannot be written whole leaves no half behind, as on a full disk', async () => {
    const given = bundle();
    const full = `fs.writeFileSync = new Proxy(fs.writeFileSync, { apply(write, self, [file, bytes, how]) {
      write.call(self, file, bytes.subarray(0, 100), how);
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    } });`;
    const { results, files } = await loadOften(given, full);
    expect(results).toEqual(onlyAnswer(1));
    expect(files).toEqual([]);
  });

  it("a relative XDG_CACHE_HOME is nobody's folder: nothing is written where one stands", async () => {
    const given = bundle();
    const relative = path.relative(process.cwd(), path.join(given.folder, 'near'));
    const { results } = await loadOften({ ...given, cache: relative }, '', 2);
    expect(results).toEqual(onlyAnswer(2));
    expect(existsSync(path.join(given.folder, 'near'))).toBe(false);
  });
});

it('the command line with every file of its cache harmed', () => {
  const cache = path.join(temporaryFolder(), 'cache');
  const list = () => {
    const env = { ...process.env, XDG_CACHE_HOME: cache, NO_COLOR: '1' };
    return spawnSync(process.execPath, [path.join(dist, 'src/cli/main.js'), 'list', 'compressors'], { env });
  };
  const { stdout, status } = list();
  expect(status).toBe(0);
  const files = existsSync(cache) ? readdirSync(cache, { recursive: true, withFileTypes: true }) : [];
  let harmed = 0;
  for (const file of files) {
    if (!file.isFile()) continue;
    const name = path.join(file.parentPath ?? file.path, file.name);
    const bytes = readFileSync(name);
    // In the middle of the code, where V8 looks for nothing.
    for (let at = bytes.length >> 1; at < bytes.length; at += 97) bytes[at] ^= 0x10;
    writeFileSync(`${name}.new`, bytes);
    renameSync(`${name}.new`, name);
    harmed++;
  }
  if (oursAlone) expect(harmed).toBeGreaterThan(2);
  for (let time = 0; time < 2; time++) {
    const again = list();
    expect(again.stderr.toString()).toBe('');
    expect(again.status).toBe(0);
    expect(again.stdout.equals(stdout)).toBe(true);
  }
});

it.runIf(oursAlone)('a build that is used stays while others come', () => {
  const base = path.join(temporaryFolder(), 'cache');
  const env = { ...process.env, XDG_CACHE_HOME: base, NO_COLOR: '1' };
  const start = (...flags: string[]) => {
    const command = [...flags, path.join(dist, 'src/cli/main.js'), 'list', 'compressors'];
    expect(spawnSync(process.execPath, command, { env }).status).toBe(0);
    return readdirSync(path.join(base, 'sottovoce'));
  };
  const [own] = start() as [string];
  const at = (name: string) => path.join(base, 'sottovoce', name);
  const hoursAgo = (hours: number) => new Date(Date.now() - 3_600_000 * hours);
  utimesSync(at(own), hoursAgo(50), hoursAgo(50));
  for (let k = 1; k <= 12; k++) {
    mkdirSync(at(`other-${k}`));
    utimesSync(at(`other-${k}`), hoursAgo(k), hoursAgo(k));
  }
  start();
  // Another one writes, and tidies up: eight are kept, its own among them.
  const kept = start('--no-deprecation');
  expect(kept).toHaveLength(8);
  expect(kept).toEqual(expect.arrayContaining([own, 'other-1', 'other-6']));
  expect(kept).not.toContain('other-7');
});

it('a run of data that were kept is the run of the data', () => {
  const folder = temporaryFolder();
  const cache = path.join(folder, 'cache');
  const table = (changed: number) =>
    Array.from({ length: 20_000 }, (_, r) =>
      [
        ...Array.from({ length: 12 }, (_, c) =>
          r === 17 && c === 3 ? changed : ((r * 7 + c * 13) % 101) / 8,
        ),
        r % 2,
      ].join(),
    ).join('\n');
  const config = path.join(folder, 'kept.yaml');
  writeFileSync(
    config,
    `topology: { kind: ring, nodes: 4 }
cost: { kind: logistic, data: table.csv, header: false, regularization: 0.1 }
flow: { kind: primal-dual, step: 0.01, alpha: 0.1, beta: 0.1 }
compressor: { kind: identity }
rounds: 5
workers: 1
`,
  );
  const run = (env: NodeJS.ProcessEnv = {}) => {
    const out = path.join(folder, `out-${readdirSync(folder).length}`);
    const { stderr, status } = spawnSync(
      process.execPath,
      [path.join(dist, 'src/cli/main.js'), 'run', config, '--quiet', '--out', out],
      { env: { ...process.env, XDG_CACHE_HOME: cache, NO_COLOR: '1', ...env } },
    );
    expect(stderr.toString()).toBe('');
    expect(status).toBe(0);
    const { stateHash, final } = JSON.parse(readFileSync(path.join(out, 'summary.json'), 'utf8'));
    return { stateHash, optimum: final.optimum };
  };
  const kept = () =>
    readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.includes(`made${path.sep}`),
    );

  writeFileSync(path.join(folder, 'table.csv'), table(1));
  const right = run({ SOTTOVOCE_CACHE: 'never' });
  expect(existsSync(cache)).toBe(false);
  expect(run()).toEqual(right);
  const kinds = kept().map((name) => path.basename(name).split('-')[0]);
  expect(kinds.sort()).toEqual(['config', 'optimum', 'samples', 'table']);
  expect(run()).toEqual(right);
  for (const name of kept()) {
    const bytes = readFileSync(path.join(cache, name));
    bytes[bytes.length - 9] ^= 1;
    writeFileSync(path.join(cache, name), bytes);
  }
  expect(run()).toEqual(right);

  // Of the same length, changed in one cell.
  writeFileSync(path.join(folder, 'table.csv'), table(9));
  const other = run();
  expect(other.stateHash).not.toBe(right.stateHash);
  expect(other.optimum).not.toBe(right.optimum);
  expect(run({ SOTTOVOCE_CACHE: 'never' })).toEqual(other);
});
