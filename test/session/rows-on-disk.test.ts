/**
 * Rows of the trace on their way to the disk: there within half a second though nothing else happens, and when
 * the disk takes no more, the run ends in good order and says which file it was.
 */

import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { parseConfig } from '../../src/index.js';
import { checkFolder } from '../../src/output/check-folder.js';
import { RunSession } from '../../src/session/run-session.js';
import { COLUMNS } from '../../src/trace/ring.js';
import { BOUND_ROWS } from '../../src/trace/row-store.js';
import { fileSystem } from '../../topology/file-system.js';
import { temporaryFolder } from '../support/run.js';

const folder = temporaryFolder();
const CONFIG = {
  topology: { kind: 'ring', nodes: 4 },
  cost: { kind: 'quadratic', dim: 2 },
  flow: { kind: 'primal-dual', step: 0.01, alpha: 1, beta: 1 },
  workers: 1,
  trace: { every: 1 },
};
const prepared = async (name: string, rounds: number, options = {}) => {
  const outDir = path.join(folder, name);
  const session = new RunSession();
  await session.prepare({ config: await parseConfig({ ...CONFIG, rounds }), outDir, ...options });
  return { session, outDir };
};
const lines = (outDir: string) => readFileSync(path.join(outDir, 'trace.csv'), 'utf8').trimEnd().split('\n');
const full = () => {
  throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
};

test('of a paused run all rows are there within half a second, also where somebody sets the clock back', async () => {
  const { session, outDir } = await prepared('paused', 1e6);
  const { now } = Date;
  let lateMs = 0;
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() - lateMs);
  try {
    await session.pause();
    const running = session.start();
    await vi.waitFor(() => expect(lines(outDir)).toHaveLength(2), { timeout: 60_000 });
    lateMs = 3_600_000;
    // Few enough not to fill a buffer.
    expect(await session.step(100)).toBe(100);
    // The promise is half a second; a loaded machine is given more.
    await vi.waitFor(() => expect(lines(outDir)).toHaveLength(1 + 101), { timeout: 60_000, interval: 50 });
    await session.stop();
    expect((await running).summary.status).toBe('stopped');
  } finally {
    clock.mockRestore();
  }
});

test('a trace that cannot be written ends the run, with its state, whole rows, and a name', async () => {
  const { session, outDir } = await prepared('full', 1e8);
  const { writeSync } = fileSystem;
  let room = 20_000;
  let x: 'fits' | 'does not' = 'fits';
  fileSystem.writeSync = (handle, bytes, offset, length) => {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + offset, length);
    const isTrace = /^(round,|\d+,)/.test(text.toString('latin1', 0, 20));
    if (!isTrace && (x === 'fits' || !text.includes('NUMPY')))
      return writeSync(handle, bytes, offset, length);
    if (!isTrace) return full();
    if (room === 0) return full();
    // As a disk does that has some room left: a part, in the middle of a number.
    const taken = Math.min(room, length);
    room -= taken;
    return writeSync(handle, bytes, offset, taken);
  };
  try {
    const rounds: number[] = [];
    await session.subscribe((rows) => void rounds.push(rows.at(-1)!.round));
    const error = await session.start().then(
      () => null,
      (thrown) => thrown,
    );
    expect(error).toMatchObject({
      code: 'OUTPUT_FAILED',
      message: expect.stringMatching(/full\/trace\.csv cannot be written: no space is left \(ENOSPC\)/),
      hint: expect.stringContaining('make room'),
    });
    const rows = lines(outDir);
    expect(rows.every((line) => line.split(',').length === COLUMNS.length)).toBe(true);
    const summary = JSON.parse(readFileSync(path.join(outDir, 'summary.json'), 'utf8'));
    expect(summary).toMatchObject({
      status: 'failed',
      stateHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      incomplete: { 'trace.csv': 'no space is left (ENOSPC)' },
    });
    // Whoever listens is told to the end.
    expect(rounds.at(-1)).toBe(summary.rounds);
    expect(summary.rounds).toBeGreaterThanOrEqual(rows.length - 2);
    const { problems, intact } = checkFolder(outDir);
    expect(problems).toEqual([expect.objectContaining({ file: 'trace.csv', kind: 'incomplete' })]);
    expect(intact.sort()).toEqual([
      'agents.csv',
      'manifest.json',
      'report.html',
      'summary.json',
      'trace.csv',
      'x.npy',
    ]);

    // And the next one, where only x does not fit.
    room = Number.POSITIVE_INFINITY;
    x = 'does not';
    const next = await prepared('x', 50);
    const { summary: said } = await next.session.start();
    expect(said).toMatchObject({
      status: 'finished',
      stateHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      incomplete: { 'x.npy': 'no space is left (ENOSPC)' },
      warnings: expect.arrayContaining(['x.npy could not be written: no space is left (ENOSPC)']),
    });
    expect(readdirSync(next.outDir).sort()).toEqual([
      'agents.csv',
      'manifest.json',
      'report.html',
      'summary.json',
      'trace.csv',
      'trace.parquet',
    ]);
  } finally {
    fileSystem.writeSync = writeSync;
  }
});

test('a folder that is removed during its run ends it with a name', async () => {
  const { session, outDir } = await prepared('removed', 1e8);
  const running = session.start().then(
    () => null,
    (thrown) => thrown,
  );
  await vi.waitFor(() => expect(lines(outDir).length).toBeGreaterThan(1), { timeout: 60_000 });
  rmSync(outDir, { recursive: true });
  await session.stop();
  expect(await running).toMatchObject({
    code: 'OUTPUT_FAILED',
    message: expect.stringMatching(/summary\.json cannot be written: its folder is gone/),
  });
  mkdirSync(outDir);
  expect(readdirSync(outDir)).toEqual([]);
});

test('a long run keeps thinned rows for late subscribers, and all of them where they are asked for', async () => {
  const rounds = BOUND_ROWS + 500;
  const told: number[][] = [];
  const late = async (options: object) => {
    const session = new RunSession();
    await session.prepare({
      config: await parseConfig({ ...CONFIG, rounds }),
      outDir: null,
      ...options,
    });
    const { summary, rows } = await session.start();
    await session.subscribe((given) => void told.push(given.map(({ round }) => round)));
    return { summary, rows };
  };
  const thinned = await late({});
  const all = await late({ keepRows: true });
  expect(thinned.rows).toEqual([]);
  expect(all.rows.map(({ round }) => round)).toEqual(Array.from({ length: rounds + 1 }, (_, at) => at));
  expect(told[0]!.length).toBeLessThanOrEqual(BOUND_ROWS + 2);
  expect(told[0]!.at(-1)).toBe(rounds);
  expect(told[1]).toHaveLength(rounds + 1);
  // What the summary says does not depend on who listens.
  expect(all.summary.rate).toEqual(thinned.summary.rate);
  expect(all.summary.warnings).toEqual(thinned.summary.warnings);
});
