/** `sottovoce sweep` through the compiled command, with its pool. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SweepOptions, sweepCommand } from '../../dist/src/cli/sweep.js';
import { parseOverride } from '../../dist/src/config/load.js';
import { loadConfig } from '../../dist/src/index.js';
import { makeReport } from '../../dist/src/library/report.js';
import type { SweepFile } from '../../dist/src/report/sweep.js';
import { RunSession } from '../../dist/src/session/run-session.js';

const folder = mkdtempSync(join(tmpdir(), 'sottovoce-sweep-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const config = join(folder, 'ring.yaml');
writeFileSync(
  config,
  `topology: { kind: ring, nodes: 10 }
cost: { kind: quadratic, dim: 4, condition: 4 }
flow: { kind: primal-dual, step: 0.1, alpha: 1, beta: 1 }
rounds: 3000
`,
);

async function sweep(options: SweepOptions, signalAfterMs?: number) {
  const said = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr') => ({
    write(text: string) {
      said[name] += text;
    },
  });
  const terminal = { stdout: output('stdout'), stderr: output('stderr'), env: {}, debug: false };
  const code = await sweepCommand(config, { jobs: '2', ...options }, terminal, {
    newFolder: (base: string) => base,
    now: () => new Date(),
    exit: () => {},
    onSignal(listener) {
      if (signalAfterMs !== undefined) setTimeout(() => listener('SIGINT'), signalAfterMs);
      return () => {};
    },
  });
  return { code, ...said };
}

const read = (out: string) => JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')) as SweepFile;
/** All of it but the clock. */
const timeless = ({ rows, ...rest }: SweepFile) => ({
  ...rest,
  rows: rows.map(({ seconds: _, ...row }) => row),
});

describe('a grid of steps, gains and seeds', () => {
  const grid = ['flow.step=0.02..2:log:5', 'flow.alpha=0.5,1'];
  const out = join(folder, 'grid');
  let results: SweepFile;

  beforeAll(async () => {
    const { code } = await sweep({ grid, seeds: '1..2', out });
    expect(code).toBe(0);
    results = read(out);
  });

  it('has a row for each run, with a column for each axis', async () => {
    expect(results.complete).toBe(true);
    expect(results.rows).toHaveLength(20);
    const [head, first] = readFileSync(join(out, 'results.csv'), 'utf8').split('\n');
    expect(head).toMatch(/^point,flow\.step,flow\.alpha,seed,status,/);
    expect(first).toMatch(/^0,0\.02,0\.5,1,/);
    const file = readFileSync(join(out, 'results.parquet'));
    const rows = await parquetReadObjects({
      file: file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer,
    });
    expect(rows[19]).toMatchObject({ 'flow.step': 2, 'flow.alpha': 1, seed: 2, status: 'diverged' });
  });

  it('ends every run in the bits of the command that stands beside it', async () => {
    const ends = new Set<string>();
    for (const row of results.rows.filter(({ seed }) => seed === 2)) {
      ends.add(row.givenUp ?? row.status);
      const words = [...row.command.matchAll(/'([^']*)'|(\S+)/g)].map((found) => found[1] ?? found[2]!);
      expect(words.slice(0, 2)).toEqual(['sottovoce', 'run']);
      const set = words.flatMap((word, at) => (word === '--set' ? [parseOverride(words[at + 1]!)] : []));
      const seed = Number(words[words.indexOf('--seed') + 1]);
      const loaded = await loadConfig(config, [
        ...set,
        { path: ['seed'], value: seed, origin: '--seed' },
        { path: ['workers'], value: 2, origin: '--workers 2' },
      ]);
      const session = new RunSession();
      await session.prepare({ config: loaded, outDir: null });
      const { summary } = await session.start();
      expect([row.values, summary.stateHash]).toEqual([row.values, row.stateHash]);
    }
    expect([...ends].sort()).toEqual(expect.arrayContaining(['converged', 'diverged', 'slow']));
  });

  it('is the same whatever the number of jobs', async () => {
    const alone = join(folder, 'alone');
    await sweep({ grid, seeds: '1..2', out: alone, jobs: '1' });
    expect(timeless(read(alone))).toEqual(timeless(results));
  });

  it('has the winner of a sweep that gives nothing up, and gave something up', async () => {
    const whole = join(folder, 'whole');
    await sweep({ grid, seeds: '1..2', out: whole, earlyStop: false });
    const all = read(whole);
    expect(all.rows.every(({ givenUp }) => givenUp === null)).toBe(true);
    expect(results.rows.some(({ givenUp }) => givenUp !== null)).toBe(true);
    expect(results.ranking[0]).toBe(all.ranking[0]);
    const best = (file: SweepFile) => file.points[file.ranking[0]!]!.rounds;
    expect(best(results)).toEqual(best(all));
  });

  it('leaves a page with the best point, its map and the commands, and the same again from the folder', async () => {
    const page = join(out, 'report.html');
    const html = readFileSync(page, 'utf8');
    const best = results.points[results.ranking[0]!]!;
    expect(html).toContain(
      `The best is flow.step=${best.values['flow.step']} flow.alpha=${best.values['flow.alpha']}: ${best.rounds!.median}`,
    );
    expect(html).toContain(best.command.replaceAll("'", '&#39;'));
    const hashes = results.rows.filter(({ point }) => point === best.point).map(({ stateHash }) => stateHash);
    expect(hashes).toHaveLength(2);
    for (const hash of hashes) expect(html).toContain(hash!);
    const [, picture] = /src="data:image\/svg\+xml;base64,([^"]+)"/.exec(html) ?? [];
    expect(Buffer.from(picture!, 'base64').toString()).toBe(readFileSync(join(out, 'map.svg'), 'utf8'));
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html).toContain('cost: { kind: quadratic');
    const again = await makeReport(out, join(folder, 'again.html'));
    expect(readFileSync(again, 'utf8')).toBe(html);
  });

  it('runs nothing a second time', async () => {
    const { stderr } = await sweep({ grid, seeds: '1..2', out });
    expect(stderr).toContain('0 cells to run, 20 known from before');
  });
});

describe('a sweep that is interrupted', () => {
  it('says how to go on, exits with 130, and ends in the same results', async () => {
    // Steps so small that no run arrives, and each takes its time.
    const grid = ['flow.step=0.000001..0.00001:log:12'];
    const rounds = '200000';
    const out = join(folder, 'cut');
    const first = await sweep({ grid, rounds, out, earlyStop: false }, 700);
    expect(first.code).toBe(130);
    expect(first.stderr).toMatch(/stopped: \d+ of 12 runs are done; to go on, repeat the command with --out/);
    expect(read(out).complete).toBe(false);
    const second = await sweep({ grid, rounds, out, earlyStop: false });
    expect(second.code).toBe(0);
    const whole = join(folder, 'uncut');
    await sweep({ grid, rounds, out: whole, earlyStop: false });
    expect(timeless(read(out))).toEqual(timeless(read(whole)));
  });
});

describe('points drawn at random', () => {
  it('lie in the ranges, are the same for the same seed, and more of them begin with the fewer', async () => {
    const grid = ['flow.step=0.01..0.3:log', 'flow.beta=0.5..2', 'flow.alpha=1,2'];
    const draw = async (random: string, more: SweepOptions = {}) => {
      const out = join(folder, `random-${random}-${more.randomSeed ?? 0}`);
      expect((await sweep({ grid, random, rounds: '300', out, ...more })).code).toBe(0);
      return read(out).points.map(({ values }) => values);
    };
    const ten = await draw('10');
    expect(new Set(ten.map((values) => values['flow.step'])).size).toBe(10);
    for (const values of ten) {
      expect(values['flow.step']).toBeGreaterThanOrEqual(0.01);
      expect(values['flow.step']).toBeLessThanOrEqual(0.3);
      expect([1, 2]).toContain(values['flow.alpha']);
    }
    expect((await draw('4')).slice(0, 4)).toEqual(ten.slice(0, 4));
    expect(await draw('4', { randomSeed: '7' })).not.toEqual(ten.slice(0, 4));
  });
});

describe('halving', () => {
  it('gives most of the rounds to the best points', async () => {
    const out = join(folder, 'halving');
    const { code, stderr } = await sweep({ grid: ['flow.step=0.01..0.5:log:9'], halving: true, out });
    expect(code).toBe(0);
    expect(stderr).toContain('rung 1 of');
    const { points, ranking } = read(out);
    expect(points.filter(({ givenUp }) => givenUp === 'halving').length).toBeGreaterThan(4);
    expect(points[ranking[0]!]!.status).toBe('converged');
  });
});

describe('bad input', () => {
  it.each<[string, SweepOptions, string]>([
    ['no axis', {}, '--grid has no axis'],
    ['an unknown path', { grid: ['flow.stpe=1,2'] }, 'did you mean step?'],
    ['a value that cannot be', { grid: ['flow.step=-1,2'] }, 'flow.step is -1, expected'],
    ['a range without a count', { grid: ['flow.step=0.1..0.2'] }, 'does not say how many values'],
    ['an axis twice', { grid: ['flow.step=1,2', 'flow.step=3,4'] }, 'flow.step is an axis already'],
    ['a part before the whole', { grid: ['flow.step=1,2', 'flow=dgd'] }, 'flow.step is a part of flow'],
    ['seeds twice', { grid: ['seed=1,2'], seeds: '1,2' }, '--seeds is given too'],
    [
      'far too many',
      { grid: ['flow.step=0.1..1:log:400', 'flow.mu=0.1..1:400'] },
      '160000 points, expected at most',
    ],
    ['a seed of no draw', { grid: ['flow.step=1,2'], randomSeed: '1' }, '--random-seed is given without'],
    [
      'far too many drawn',
      { grid: ['flow.step=1,2'], random: '1000000000' },
      '--random is 1000000000, expected at most',
    ],
    ['no number', { grid: ['flow.step=1,2'], random: 'x' }, '--random is x, expected a whole number'],
  ])('%s is said before a folder is made', async (_, options, message) => {
    const out = join(folder, 'never');
    const error = await sweep({ ...options, out }).catch((thrown: unknown) => thrown as Error);
    expect((error as Error & { code?: string }).code).toBe('BAD_INPUT');
    expect((error as Error).message).toContain(message);
    expect(() => readFileSync(join(out, 'compare.json'))).toThrow();
  });
});
