/**
 * What only a process shows: signals, pipes that nobody or somebody slow reads, and two processes that want
 * one folder.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { writeWhole } from '../../src/cli/streams.js';
import { temporaryFolder } from '../support/run.js';

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const folder = temporaryFolder();
writeFileSync(
  join(folder, 'long.yaml'),
  'topology: { kind: ring, nodes: 25 }\ncost: { kind: quadratic, dim: 4 }\nflow: { kind: primal-dual, step: 0.05, alpha: 1, beta: 0.3 }\nrounds: 100000000\nworkers: 1\n',
);
const environment = { ...process.env, _: 'node', NO_COLOR: '1' };

function start(args: string[], env: NodeJS.ProcessEnv = environment) {
  const child = spawn(process.execPath, [main, ...args], { cwd: folder, env });
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { child, exited, stderr: () => stderr };
}

async function underWay(child: ChildProcess, out: string): Promise<void> {
  while (!existsSync(join(folder, out, 'trace.csv')) && child.exitCode === null) await sleep(20);
}

const RESULTS = [
  ...['agents.csv', 'manifest.json', 'report.html', 'summary.json'],
  ...['trace.csv', 'trace.parquet', 'x.npy'],
];
/** Of a run that was stopped. */
const STOPPED = ['checkpoints', ...RESULTS].sort();
const read = (out: string, name: string) => JSON.parse(readFileSync(join(folder, out, name), 'utf8'));

describe('a signal ends a run in good order, with what it has', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGHUP', 129],
    ['SIGTERM', 143],
  ] as const)('%s is %i', async (signal, code) => {
    const { child, exited } = start(['run', 'long.yaml', '-q', '--out', signal]);
    await underWay(child, signal);
    if (signal === 'SIGINT') {
      const second = start(['run', 'long.yaml', '-q', '--out', signal, '--rounds', '5']);
      expect(await second.exited).toBe(2);
      expect(second.stderr()).toMatch(
        new RegExp(`error: SIGINT is in use: process ${child.pid} has been writing there since `),
      );
    }
    child.kill(signal);
    expect(await exited).toBe(code);
    expect(readdirSync(join(folder, signal)).sort()).toEqual(STOPPED);
    const summary = read(signal, 'summary.json');
    expect(summary.status).toBe('stopped');
    expect(summary.run).toBe(read(signal, 'manifest.json').run);
  });

  test('under nohup a hang-up is ignored, as its user wished', async () => {
    const { child, exited } = start(['run', 'long.yaml', '-q', '--out', 'nohup'], {
      ...environment,
      _: '/usr/bin/nohup',
    });
    await underWay(child, 'nohup');
    child.kill('SIGHUP');
    await sleep(300);
    expect(child.exitCode).toBeNull();
    child.kill('SIGTERM');
    expect(await exited).toBe(143);
  });
});

describe('pipes', () => {
  test('a slow reader gets everything: a pipe holds 65,536 bytes', async () => {
    // Longer than what is left running is waited for.
    const pipe = `"${process.execPath}" "${main}" schema | (sleep 2.5; cat)`;
    const child = spawn('sh', ['-c', pipe], { env: environment });
    let text = '';
    for await (const part of child.stdout) text += part;
    expect(text.length).toBeGreaterThan(2 ** 16);
    expect(JSON.parse(text)).toHaveProperty('properties');
  });

  test('a reader who leaves (head -1) is no error', async () => {
    const { child, exited, stderr } = start(['schema']);
    child.stdout.destroy();
    expect(await exited).toBe(0);
    expect(stderr()).toBe('');
  });

  const inShell = async (script: string) => {
    const child = spawn('sh', ['-c', script.replaceAll('sottovoce', `"${process.execPath}" "${main}"`)], {
      cwd: folder,
      env: environment,
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text) => {
      stdout += text;
    });
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    const status = await new Promise((resolve) => child.once('close', resolve));
    return { status, stdout, stderr };
  };
  const short = 'run long.yaml --rounds 5';

  test.runIf(existsSync('/dev/full'))('a disk that is full is one, in a sentence', async () => {
    const { status, stderr } = await inShell('sottovoce schema > /dev/full');
    expect(stderr).toMatch(/^error: output could not be written: ENOSPC/);
    expect(status).toBe(1);
  });

  test.runIf(existsSync('/dev/full'))('a run has its results all the same', async () => {
    const { status, stderr } = await inShell(`sottovoce ${short} --out full --json > /dev/full`);
    expect(stderr).toMatch(/\nerror: output could not be written: ENOSPC/);
    expect(stderr).not.toMatch(/\n +at /);
    expect(status).toBe(1);
    expect(readdirSync(join(folder, 'full')).sort()).toEqual(RESULTS);
  });

  test('progress that cannot be written, and streams that are closed, are no failure', async () => {
    const [full, closed, none] = await Promise.all([
      existsSync('/dev/full') ? inShell(`sottovoce ${short} --out no-progress 2> /dev/full`) : null,
      inShell(`sottovoce ${short} --out no-stderr 2>&-`),
      inShell(`sottovoce ${short} --out no-stdout >&- 2>&- <&-`),
    ]);
    if (full) expect([full.status, full.stdout]).toEqual([0, expect.stringContaining('finished')]);
    expect([closed.status, closed.stdout]).toEqual([0, expect.stringContaining('finished')]);
    expect(none.status).toBe(0);
    for (const out of [...(full ? ['no-progress'] : []), 'no-stderr', 'no-stdout'])
      expect(readdirSync(join(folder, out)).sort()).toEqual(RESULTS);
  });

  test('a run whose reader leaves (| head -1) has its results', async () => {
    const { stdout } = await inShell(`(sottovoce ${short} --out head; echo $? > code) | head -1`);
    expect(stdout.split('\n')).toHaveLength(2);
    expect(readFileSync(join(folder, 'code'), 'utf8')).toBe('0\n');
    expect(readdirSync(join(folder, 'head')).sort()).toEqual(RESULTS);
  });

  // A file that may not grow beyond 50 kB takes a part of the text first, as a disk does that is nearly full.
  test.runIf(process.platform === 'linux')('a file that took a part of it is an error', async () => {
    const { status, stderr } = await inShell('ulimit -f 100; sottovoce schema > part.json');
    expect(stderr).toMatch(/^error: output could not be written: EFBIG/);
    expect(status).toBe(1);
  });

  test('what is taken in parts arrives whole', () => {
    const taken: number[] = [];
    writeWhole(Uint8Array.from([1, 2, 3, 4, 5, 6, 7]), (bytes) => {
      const part = Math.min(3, bytes.length);
      taken.push(...bytes.subarray(0, part));
      return part;
    });
    expect(taken).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });
});

test('runs that start together have a folder each, of one run', async () => {
  const seeds = [1, 2, 3];
  const runs = seeds.map((seed) =>
    start(['run', 'long.yaml', '-q', '--rounds', '5', '--seed', String(seed)]),
  );
  for (const { exited } of runs) expect(await exited).toBe(0);
  const folders = readdirSync(join(folder, 'runs'));
  const found = folders.map((name) => read(join('runs', name), 'manifest.json').seed);
  expect(found.sort()).toEqual(seeds);
  for (const name of folders) expect(readdirSync(join(folder, 'runs', name)).sort()).toEqual(RESULTS);
});
