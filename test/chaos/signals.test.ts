/**
 * Signals to runs of some hundred MB: the first ends them in good order, in whatever phase they are, and the
 * second leaves at once, with nothing that the next run does not clear up.
 */

import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/run.js';

const MAIN = path.resolve('dist/src/cli/main.js');
const folder = temporaryFolder();
const [AGENTS, DIM] = [150_000, 128];
const RESULTS = [
  ...['agents.csv', 'manifest.json', 'report.html', 'summary.json'],
  ...['trace.csv', 'trace.parquet', 'x.npy'],
];
writeFileSync(
  path.join(folder, 'large.yaml'),
  `topology: { kind: ring, nodes: ${AGENTS} }
cost: { kind: quadratic, dim: ${DIM} }
flow: { kind: primal-dual, step: 0.05, alpha: 1, beta: 0.3 }
rounds: 100000
workers: 2
`,
);

function start(out: string, ...more: string[]) {
  const args = [MAIN, 'run', 'large.yaml', '--out', out, ...more];
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, _: 'node', NO_COLOR: '1' },
  });
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  child.stdout.resume();
  return {
    child,
    stderr: () => stderr,
    exited: new Promise<number | null>((resolve) => child.once('exit', resolve)),
  };
}

const until = async (isSo: () => boolean, alive: () => boolean) => {
  while (!isSo() && alive()) await sleep(5);
};
const names = (out: string) =>
  existsSync(path.join(folder, out)) ? readdirSync(path.join(folder, out)) : [];
const half = (out: string) => names(out).some((name) => /\.(tmp|part)$/.test(name) && name.includes('x.npy'));

describe('a run of 150,000 agents, d = 128', () => {
  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
  ] as const)('%s in its rounds: everything is written', async (signal, code) => {
    const { child, exited, stderr } = start(signal);
    await until(
      () => names(signal).includes('trace.csv'),
      () => child.exitCode === null,
    );
    child.kill(signal);
    expect(await exited).toBe(code);
    // And a checkpoint, from which `resume` goes on.
    expect(names(signal).sort()).toEqual([...RESULTS, 'checkpoints'].sort());
    expect(statSync(path.join(folder, signal, 'x.npy')).size).toBeGreaterThan(8 * AGENTS * DIM);
    const summary = JSON.parse(readFileSync(path.join(folder, signal, 'summary.json'), 'utf8'));
    expect(summary.status).toBe('stopped');
    expect(summary.stateHash).toMatch(/^[0-9a-f]{64}$/);
    expect(stderr()).toContain('stopping after this round');
  });

  it('SIGTERM while x.npy is being written: it is written to its end', async () => {
    const { child, exited } = start('late', '--rounds', '2');
    await until(
      () => half('late'),
      () => child.exitCode === null,
    );
    child.kill('SIGTERM');
    await exited;
    expect(names('late').sort()).toEqual(RESULTS);
  });

  it('a second one leaves at once, with nothing that the next run does not clear up', async () => {
    const { child, exited } = start('twice', '--rounds', '2');
    await until(
      () => half('twice'),
      () => child.exitCode === null,
    );
    child.kill('SIGINT');
    await sleep(30);
    const left = Date.now();
    child.kill('SIGINT');
    expect([0, 130]).toContain(await exited);
    expect(Date.now() - left).toBeLessThan(5000);
    expect(names('twice').filter((name) => !RESULTS.includes(name))).toEqual([]);
    expect(await start('twice', '--rounds', '1').exited).toBe(0);
    expect(names('twice').sort()).toEqual(RESULTS);
  });

  it('a signal before its rounds: nothing is written', async () => {
    const { child, exited, stderr } = start('early');
    await sleep(400);
    child.kill('SIGTERM');
    // Null where it came before anybody listened, and ended the process as it ends every other.
    expect([143, null]).toContain(await exited);
    if (!existsSync(path.join(folder, 'early'))) return;
    expect(stderr()).toContain('stopping');
    expect(names('early').sort()).toEqual(RESULTS);
  });
});
