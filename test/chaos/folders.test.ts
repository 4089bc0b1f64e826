/**
 * Folders under fire, with whole commands: killed at random moments, on disks that fail, and with a million rows.
 * Run by `npm run test:chaos`; `SOTTOVOCE_CHAOS_RUNS` says how many (100), `SOTTOVOCE_CHAOS_SEED` from which (1).
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { parseConfig } from '../../dist/src/index.js';
import { checkFolder } from '../../dist/src/output/check-folder.js';
import { openSettled } from '../../dist/src/output/run-folder.js';
import { RunSession } from '../../dist/src/session/run-session.js';
import { COLUMNS } from '../../dist/src/trace/ring.js';
import { temporaryFolder } from '../support/run.js';

const RUNS = Number(process.env['SOTTOVOCE_CHAOS_RUNS'] ?? 100);
const SEED = Number(process.env['SOTTOVOCE_CHAOS_SEED'] ?? 1);
const MAIN = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const PRELOAD = fileURLToPath(new URL('../support/file-faults-preload.mjs', import.meta.url));
const MILLION = 1_000_000;
const root = temporaryFolder();
const config = path.join(root, 'ring.yaml');
writeFileSync(
  config,
  `topology: { kind: ring, nodes: 50 }
cost: { kind: quadratic, dim: 64 }
flow: { kind: primal-dual, step: 0.02, alpha: 1, beta: 1 }
rounds: 500
trace: { every: 1 }
workers: 1
`,
);

function random(seed: number): (below: number) => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function start(out: string, seed: number, fault = ''): ChildProcess {
  const args = ['--import', PRELOAD, MAIN, 'run', config, '-q', '--out', out, '--seed', String(seed)];
  const env = { ...process.env, SOTTOVOCE_FILE_FAULT: fault };
  return spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], env });
}

async function ended(child: ChildProcess): Promise<{ code: number | null; stderr: string }> {
  let stderr = '';
  child.stderr?.on('data', (text) => {
    stderr += text;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stderr })));
}

const model = path.join(root, 'model');
let lastMs = 0;
beforeAll(async () => {
  const before = performance.now();
  expect(await ended(start(model, 0))).toEqual({ code: 0, stderr: '' });
  lastMs = performance.now() - before;
  expect(checkFolder(model).problems).toEqual([]);
});

function fresh(at: number, earlier: boolean): string {
  const out = path.join(root, `case-${at}`);
  if (earlier) cpSync(model, out, { recursive: true });
  return out;
}

/** Settled as the next command would: one whole run, rows whole, nothing hidden left. */
function look(out: string, earlier: boolean): void {
  if (!existsSync(out)) {
    expect(earlier).toBe(false);
    return;
  }
  openSettled(out, 'looking');
  for (const folder of [out, path.join(out, 'incomplete')]) {
    if (!existsSync(folder)) continue;
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
    const trace = path.join(folder, 'trace.csv');
    if (existsSync(trace)) {
      const text = readFileSync(trace, 'utf8');
      const lines = text.trimEnd().split('\n');
      expect(text === '' || text.endsWith('\n')).toBe(true);
      if (text !== '') expect(lines.every((line) => line.split(',').length === COLUMNS.length)).toBe(true);
    }
    const { problems } = checkFolder(folder);
    const over = existsSync(path.join(folder, 'summary.json'));
    if (over) expect(problems.filter(({ kind }) => kind !== 'incomplete')).toEqual([]);
    if (folder === out && earlier) expect(over).toBe(true);
  }
}

test('killed at a random moment: the earlier run whole, or the later one, and no remains', async () => {
  const found = { earlier: 0, later: 0 };
  for (let run = 0; run < RUNS; run++) {
    const next = random(SEED + run);
    const earlier = next(4) > 0;
    const out = fresh(run, earlier);
    const child = start(out, 1);
    const end = ended(child);
    // At any time, or, where there is a folder to look at, as soon as so much has happened in it: renames of a
    // commit are over in a millisecond.
    const kill = () => child.kill('SIGKILL');
    const timer = setTimeout(kill, next(1.2 * lastMs));
    let events = earlier && next(2) > 0 ? 1 + next(30) : 0;
    const watcher = events > 0 ? watch(out, () => --events === 0 && kill()) : null;
    if (watcher) clearTimeout(timer);
    await end;
    watcher?.close();
    clearTimeout(timer);
    look(out, earlier);
    if (earlier) {
      const { seed } = JSON.parse(readFileSync(path.join(out, 'manifest.json'), 'utf8'));
      found[seed === 0 ? 'earlier' : 'later']++;
    }
    rmSync(out, { recursive: true, force: true });
  }
  console.log(`killed ${RUNS} times: ${found.earlier} left the earlier run, ${found.later} the later one`);
  expect(found.earlier).toBeGreaterThan(0);
}, 3_600_000);

test('on a disk that fails: said by name, exit code 1 or 2, nothing earlier lost', async () => {
  const codes: Record<string, number> = {};
  for (let run = 0; run < RUNS; run++) {
    const next = random(SEED + RUNS + run);
    const earlier = next(2) > 0;
    const out = fresh(run, earlier);
    const kind = ['error', 'full', 'short'][next(3)];
    const code = ['ENOSPC', 'EIO', 'EMFILE', 'EDQUOT', 'EINTR', 'EAGAIN'][next(kind === 'full' ? 2 : 6)];
    const { code: exit, stderr } = await ended(start(out, 1, `${kind}:${code}:${run}`));
    const what = `${kind} ${code}: ${exit}`;
    codes[what] = (codes[what] ?? 0) + 1;
    expect([0, 1, 2], `${what} ${stderr}`).toContain(exit);
    if (kind === 'short') expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    if (exit === 2 || stderr.includes('error:')) {
      expect(stderr, what).toContain(path.basename(out));
      expect(stderr, what).not.toMatch(/^\s+at /m);
    }
    look(out, earlier);
    rmSync(out, { recursive: true, force: true });
  }
  console.log(codes);
}, 3_600_000);

test('a run of a million rows does not grow the heap of the thread that takes them', async () => {
  const session = new RunSession();
  const loaded = await parseConfig({
    topology: { kind: 'ring', nodes: 2 },
    cost: { kind: 'quadratic', dim: 1 },
    flow: { kind: 'primal-dual', step: 0.01, alpha: 1, beta: 1 },
    rounds: MILLION,
    trace: { every: 1 },
    workers: 1,
  });
  await session.prepare({ config: loaded, outDir: path.join(root, 'million') });
  let told = 0;
  const heap: number[] = [];
  await session.subscribe((rows) => {
    told += rows.length;
    if (told / MILLION < (heap.length + 1) / 10) return;
    globalThis.gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    heap.push((heapUsed + arrayBuffers) / 2 ** 20);
  });
  const { summary } = await session.start();
  expect(summary.rounds).toBe(MILLION);
  expect(told).toBe(MILLION + 1);
  console.log(`MiB at each tenth: ${heap.map((mib) => mib.toFixed(1)).join(' ')}`);
  expect(heap.at(-1)! - heap[1]!).toBeLessThan(globalThis.gc ? 3 : 60);
  expect(checkFolder(path.join(root, 'million')).problems).toEqual([]);
}, 3_600_000);
