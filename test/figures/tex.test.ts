/** A figure for LaTeX: its numbers lie beside it as they stand in the files, and every word is escaped. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { escapeTex } from '../../src/figures/tex.js';
import { plot } from '../../src/index.js';
import { sottovoce } from '../support/command-line.js';
import { temporaryFolder } from '../support/run.js';
import { decay, fakeRun } from './folders.js';

const folder = temporaryFolder();
const at = (name: string) => path.join(folder, name);
const bent = decay(9, 1, 0.3).map((row, i) => ({
  ...row,
  rmsError: 10 ** -(i % 2 === 0 ? i / 3 : i / 3 + 1),
}));
const one = fakeRun(at('one'), { rows: bent, compressor: 'top-k' });
const seeds = [0.3, 0.4].map((factor, seed) => fakeRun(at(`s-${seed}`), { seed, rows: decay(9, 1, factor) }));

const table = (file: string) => {
  const [head = '', ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
  return { head, rows: lines.map((line) => line.split(' ').map(Number)) };
};

test('numbers beside it are those of the trace, to the last bit', async () => {
  const { files } = await plot([one, ...seeds], { out: at('figure.tex'), target: null });
  const data = files.filter((file) => file.endsWith('.dat'));
  expect(data.map((file) => path.basename(file))).toEqual([
    '1-1-top-k.dat',
    '1-2-sign.dat',
    '1-2-sign-band.dat',
  ]);
  expect(table(data[0]!)).toEqual({
    head: 'x y',
    rows: bent.map(({ round, rmsError }) => [round, rmsError]),
  });
  const { head, rows } = table(data[1]!);
  expect(head).toBe('x y low high');
  for (const [x, y, low, high] of rows) {
    const [fast, slow] = [0.3 ** x!, 0.4 ** x!];
    expect(y).toBeCloseTo((fast + slow) / 2, 14);
    expect(low).toBeCloseTo(0.75 * fast + 0.25 * slow, 14);
    expect(high).toBeCloseTo(0.25 * fast + 0.75 * slow, 14);
  }
  const tex = readFileSync(at('figure.tex'), 'utf8');
  for (const file of data) expect(tex).toContain(`{\\figuredata ${path.basename(file)}}`);
});

test('numbers of an earlier figure of the name go, files of others stay', async () => {
  mkdirSync(at('later-data'), { recursive: true });
  writeFileSync(at('later-data/notes.dat'), 'mine');
  await plot([one, ...seeds], { out: at('later.tex') });
  await plot(one, { out: at('later.tex') });
  expect(readdirSync(at('later-data')).sort()).toEqual(['1-1-primal-dual-top-k.dat', 'notes.dat']);
});

test('a table has medians, quartiles and how many arrived, the best in bold', async () => {
  const { status, stdout } = await sottovoce(
    folder,
    'plot',
    'one',
    's-0',
    's-1',
    '--table',
    't.tex',
    '--target',
    '0.01',
  );
  expect(stdout).toBe('written  t.tex\n');
  expect(status).toBe(0);
  const text = readFileSync(at('t.tex'), 'utf8');
  // 0.3 and 0.4 a round are at a hundredth after 4 and 6 rounds of 640 bits; the other method after 5.
  expect(text).toContain('sign & \\textbf{5} [4.5, 5.5] & \\textbf{3.2} [2.88, 3.52] & 2/2 \\\\');
  expect(text).toContain('top-k & \\textbf{5} & \\textbf{3.2} & 1/1 \\\\');
  const never = await plot([one, ...seeds], { table: at('never.tex'), target: 1e-9 });
  expect(never.files).toEqual([at('never.tex')]);
  expect(readFileSync(at('never.tex'), 'utf8')).toContain('sign & --- & --- & 0/2 \\\\');
  await expect(plot(one, { table: at('t.csv') })).rejects.toThrow('table is');
});

test('what TeX would take for something else is escaped', () => {
  expect(escapeTex('50% of a_b & c^2 #1 {x} ~ \\ $')).toBe(
    '50\\% of a\\_b \\& c\\textasciicircum{}2 \\#1 \\{x\\} \\textasciitilde{} \\textbackslash{} \\$',
  );
});
