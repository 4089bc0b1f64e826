/** Two answers beside one another: what is said of them, what is refused, and with which exit code. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { compareDocuments, worseBy } from '../../src/bench/diff.js';
import { failures, parseFailOn } from '../../src/bench/fail-on.js';
import { figure } from '../../src/bench/figures.js';
import { type BenchDocument, makeDocument } from '../../src/bench/report.js';
import type { Figure } from '../../src/bench/types.js';
import { main } from '../../src/cli/main.js';
import { philoxBlock } from '../../src/data/random.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'sottovoce-diff-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const machine = {
  cpu: 'a cpu',
  cores: 2,
  memoryBytes: 2 ** 34,
  caches: null,
  system: 'Linux',
  node: '20.0.0',
  v8: '11',
  sottovoce: '0.1.0',
  time: '2026-01-01T00:00:00.000Z',
  load: 0,
};
const document = (figures: Figure[], given: Partial<BenchDocument> = {}): BenchDocument => ({
  ...makeDocument(
    { benchmark: 'round', quick: false, seed: 1, passes: 11, workers: [1, 2], machine, seconds: 1 },
    { figures, tables: [] },
  ),
  ...given,
});

/** Eleven samples, uniform within 4% of a middle; another draw for each. */
const words = new Uint32Array(4);
let drawn = 0;
const around = (middle: number) => {
  drawn++;
  return Array.from({ length: 11 }, (_, at) => {
    philoxBlock(words, 0, at, drawn, 0, 0, { low: 7, high: 7 });
    return middle * (0.96 + (0.08 * words[0]) / 2 ** 32);
  });
};
const time = (id: string, values: number[]) => figure(id, id, 'ms', 'lower', values);
const speed = (id: string, values: number[]) => figure(id, id, 'rounds/s', 'higher', values);

describe('verdicts', () => {
  const of = (now: Figure, before: Figure) => compareDocuments(document([now]), document([before]))[0]!;

  it('a tenth slower is told, with its sign for times and for speeds', () => {
    expect(of(time('a', around(110)), time('a', around(100)))).toMatchObject({ verdict: 'slower' });
    expect(of(time('a', around(90)), time('a', around(100)))).toMatchObject({ verdict: 'faster' });
    expect(of(speed('a', around(110)), speed('a', around(100)))).toMatchObject({ verdict: 'faster' });
    const { ratio, interval } = of(time('a', around(110)), time('a', around(100)));
    expect(ratio).toBeCloseTo(1.1, 1);
    expect(interval!.low).toBeLessThan(ratio);
    expect(interval!.high).toBeGreaterThan(ratio);
  });

  it('of equal ones hardly one in twenty is told apart', () => {
    const told = Array.from({ length: 200 }, () => of(time('a', around(100)), time('a', around(100))));
    const wrong = told.filter(({ verdict }) => verdict !== 'same').length;
    expect(wrong).toBeLessThan(0.12 * 200);
  });

  it('without samples, of files of earlier versions, quartiles decide', () => {
    const { values: _, interval: __, ...bare } = time('a', [9, 10, 11]);
    const { values: ___, interval: ____, ...slow } = time('a', [19, 20, 21]);
    expect(of(slow, bare)).toMatchObject({ verdict: 'slower', interval: null, ratio: 2 });
  });

  it('is worse by what the interval leaves at least', () => {
    const change = { ...of(time('a', around(110)), time('a', around(100))), verdict: 'slower' as const };
    expect(worseBy({ ...change, interval: { low: 1.06, high: 1.2, level: 0.95 } })).toBeCloseTo(0.06, 12);
    const fewer = { ...change, better: 'higher' as const, interval: { low: 0.5, high: 0.8, level: 0.95 } };
    expect(worseBy(fewer)).toBeCloseTo(0.25, 12);
    expect(worseBy({ ...change, verdict: 'same' })).toBe(0);
  });
});

describe('--fail-on', () => {
  it('reads its conditions', () => {
    expect(parseFailOn('targets|slower:5%')).toEqual({ targets: true, slower: 0.05 });
    expect(parseFailOn('slower:2.5%')).toEqual({ targets: false, slower: 0.025 });
    for (const wrong of ['', 'slower', 'slower:5', 'faster:5%', 'slower:-1%'])
      expect(() => parseFailOn(wrong)).toThrow(/expected targets or slower:5%/);
  });

  it('names what has missed its target, and what is worse by more than it may', () => {
    const missed = { ...speed('a', [1, 1, 1]), target: { atLeast: 2 } };
    const met = { ...speed('b', [3, 3, 3]), target: { atLeast: 2 } };
    expect(failures({ targets: true, slower: null }, [missed, met], [])).toEqual([
      'a: 1, and the target is >= 2',
    ]);
    const changes = compareDocuments(document([time('a', around(120))]), document([time('a', around(100))]));
    expect(failures({ targets: false, slower: 0.05 }, [], changes)).toHaveLength(1);
    expect(failures({ targets: false, slower: 0.5 }, [], changes)).toEqual([]);
  });
});

async function bench(...argv: string[]) {
  const texts = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr') => ({
    write(text: string) {
      texts[name] += text;
    },
  });
  const terminal = { stdout: output('stdout'), stderr: output('stderr'), env: {}, debug: false };
  return { exitCode: await main(['bench', ...argv], terminal), ...texts };
}
const file = (name: string, data: unknown) => {
  const place = path.join(folder, name);
  writeFileSync(place, JSON.stringify(data));
  return place;
};

describe('bench diff', () => {
  const before = file('before.json', document([time('a', around(100)), time('b', around(50))]));
  const after = file('after.json', document([time('a', around(120)), time('b', around(50))]));

  it('shows ratios with their intervals, and fails where it was asked to', async () => {
    const shown = await bench('diff', before, after);
    expect(shown).toMatchObject({ exitCode: 0, stderr: '' });
    expect(shown.stdout).toMatch(/a, ms .* 1\.\d+ \(1\.\d+ to 1\.\d+\) +worse/);
    const failed = await bench('diff', before, after, '--fail-on', 'slower:5%');
    expect(failed.exitCode).toBe(1);
    expect(failed.stderr).toMatch(/^failed: a: worse than before by 1\d[.\d]*% at least/);
    expect(await bench('diff', before, before, '--fail-on', 'slower:1%')).toMatchObject({ exitCode: 0 });
  });

  it('has JSON alone on stdout', async () => {
    const { stdout, stderr } = await bench('diff', before, after, '--json', '-');
    const { changes } = JSON.parse(stdout) as { changes: { id: string; ratio: number; verdict: string }[] };
    expect(changes.map(({ id, verdict }) => [id, verdict])[0]).toEqual(['a', 'slower']);
    expect(stderr).toContain('now / before');
    const json = path.join(folder, 'diff.json');
    await bench('diff', before, after, '--json', json);
    expect(JSON.parse(readFileSync(json, 'utf8'))).toEqual(JSON.parse(stdout));
  });

  it('refuses other benchmarks, quick runs and other machines, and warns of the rest', async () => {
    const figures = [time('a', around(100))];
    const other = async (given: Partial<BenchDocument>, ...more: string[]) =>
      bench('diff', before, file('other.json', document(figures, given)), ...more);
    expect(await other({ benchmark: 'barrier' })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('one is of bench round, the other of bench barrier'),
    });
    expect(await other({ quick: true })).toMatchObject({ exitCode: 2 });
    const elsewhere = { machine: { ...machine, cpu: 'another cpu' } };
    expect(await other(elsewhere)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('not the same processor: another cpu, before a cpu'),
    });
    // Two processors that a hypervisor calls by one name.
    expect(await other({ machine: { ...machine, caches: 'L2 512K' } })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('not the same caches: L2 512K, before unknown'),
    });
    expect(await other(elsewhere, '--anyway')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('not the same processor'),
    });
    const newer = await other({ machine: { ...machine, node: '22.1.0' }, seed: 2 });
    expect(newer.exitCode).toBe(0);
    expect(newer.stdout).toContain('not the same node: 22.1.0, before 20.0.0');
    expect(newer.stdout).toContain('not the same seed: 2, before 1');
    expect(await bench('diff', before, file('odd.json', { a: 1 }))).toMatchObject({ exitCode: 2 });
    expect(await bench('diff', before, file('null.json', null))).toMatchObject({ exitCode: 2 });
  });
});

it('refuses conditions that cannot hold, before anything is measured', async () => {
  const before = file('barrier.json', document([time('a', [1, 2, 3])]));
  expect(await bench('barrier', '--quick', '--fail-on', 'targets')).toMatchObject({ exitCode: 2 });
  expect(await bench('barrier', '--fail-on', 'slower:5%')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('--against'),
  });
  expect(await bench('barrier', '--against', before)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('is of bench round, expected one of bench barrier'),
  });
});
