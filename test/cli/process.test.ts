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

const RESULTS = ['agents.csv', 'checkpoints', 'manifest.json', 'summary.json', 'trace.csv', 'x.npy'];
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
    expect(readdirSync(join(folder, signal)).sort()).toEqual(RESULTS);
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

  test.runIf(existsSync('/dev/full'))('a disk that is full is one, in a sentence', async () => {
    const child = spawn('sh', ['-c', `"${process.execPath}" "${main}" schema > /dev/full`], {
      env: environment,
    });
    let stderr = '';
    for await (const text of child.stderr) stderr += text;
    expect(stderr).toMatch(/^error: output could not be written: ENOSPC/);
    expect(child.exitCode ?? (await new Promise((resolve) => child.once('exit', resolve)))).toBe(1);
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
