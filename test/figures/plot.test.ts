/**
 * `sottovoce plot`: the numbers of a picture are those of the files, medians and ends are what they are said
 * to be, and what cannot be drawn is refused with nothing written.
 */

import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { plot } from '../../src/index.js';
import { sottovoce } from '../support/command-line.js';
import { temporaryFolder } from '../support/run.js';
import { decay, fakeRun } from './folders.js';
import { axesOf, polylinesOf } from './read-svg.js';

const folder = temporaryFolder();
const at = (name: string) => path.join(folder, name);

/** One curve, e-1 a round. */
const one = fakeRun(at('one'), { rows: decay(7, 1, Math.exp(-1)) });

describe('numbers of the picture are those of the file', () => {
  test('read back from the SVG by its ticks', async () => {
    const { svg, figure } = await plot(one, { width: '5in' });
    const { x, y } = axesOf(svg);
    const [curve = []] = polylinesOf(svg);
    const csv = readFileSync(path.join(one, 'trace.csv'), 'utf8').trimEnd().split('\n').slice(1);
    const rows = csv.map((line) => line.split(',').map(Number));
    // A straight line: its ends are all that is drawn, and they are rows.
    const ends = [rows[0]!, rows.at(-1)!];
    expect(curve).toHaveLength(2);
    curve.forEach(([across, up], i) => {
      expect(x(across)).toBeCloseTo(ends[i]![0]!, 1);
      expect(Math.log(y(up))).toBeCloseTo(Math.log(ends[i]![3]!), 1);
    });
    expect(figure.panels[0]?.curves[0]?.x).toEqual(rows.map(([round]) => round));
    expect(figure.panels[0]?.curves[0]?.y).toEqual(rows.map((row) => row[3]));
  });

  test('of a run that was traced every round: all of its rows', async () => {
    const many = fakeRun(at('many'), { stop: {}, rows: decay(150_000, 1, 0.9999) });
    const { figure } = await plot(many, {});
    expect(figure.panels[0]?.curves[0]?.y).toHaveLength(150_001);
  });

  test('a bent curve keeps each row at which it bends', async () => {
    const rows = decay(8, 1, 0.3).map((row, i) => ({
      ...row,
      rmsError: 10 ** -(i % 2 === 0 ? i / 4 : i / 4 + 1),
    }));
    const bent = fakeRun(at('bent'), { rows, status: 'finished' });
    const { svg } = await plot(bent, { target: null });
    const { x, y } = axesOf(svg);
    const [curve = []] = polylinesOf(svg);
    expect(curve.map(([across]) => Math.round(x(across)))).toEqual(rows.map(({ round }) => round));
    for (const [i, [, up]] of curve.entries())
      expect(Math.log10(y(up))).toBeCloseTo(Math.log10(rows[i]!.rmsError), 1);
  });

  test('the last number across stands whole on the page', async () => {
    // Four digits, at the end of the frame.
    const long = fakeRun(at('long'), { rows: decay(4000, 1, 0.997, 10), status: 'finished' });
    const { svg } = await plot(long, { width: '3.5in', target: null });
    const numbers = [...svg.matchAll(/<text x="([\d.]+)"[^>]*text-anchor="middle">(\d+)</g)];
    const [, place, text] = numbers.at(-1)!;
    expect(text).toBe('4000');
    // A digit of this font at 8 points is 5.1 wide.
    expect(Number(place) + (5.09 * text!.length) / 2).toBeLessThanOrEqual(3.5 * 72);
  });

  test('bits are labelled in an SI unit', async () => {
    const rows = decay(7, 1, 0.3).map((row) => ({ ...row, bitsBroadcast: 1e6 * (row.round ?? 0) }));
    const { svg } = await plot(fakeRun(at('bits'), { rows }), { x: 'bits' });
    expect(svg).toContain('>Mbit sent, every message once an agent<');
  });
});

describe('several seeds are one curve', () => {
  const seeds = [0.2, 0.3, 0.4].map((factor, i) =>
    fakeRun(at(`seed-${i}`), {
      seed: i,
      rows: decay(20, 1, factor).filter(({ rmsError }) => rmsError! > 1e-3 * factor),
    }),
  );

  test('median and quartiles of each round; one that has arrived keeps its last value', async () => {
    const { figure } = await plot(seeds);
    const [curve] = figure.panels[0]!.curves;
    expect(figure.panels[0]!.curves).toHaveLength(1);
    expect(curve!.y[2]).toBeCloseTo(0.09, 12);
    expect(curve!.low![2]).toBeCloseTo((0.04 + 0.09) / 2, 12);
    expect(curve!.high![2]).toBeCloseTo((0.16 + 0.09) / 2, 12);
    const rounds = seeds.map(
      (name) => readFileSync(path.join(name, 'trace.csv'), 'utf8').trimEnd().split('\n').length - 2,
    );
    expect(curve!.x.at(-1)).toBe(rounds[2]);
    // Two of three are over: the line has ended, the band has not.
    expect(curve!.y.at(-1)).toBeNaN();
    expect(curve!.high!.at(-1)).toBeGreaterThan(0);
  });

  test('one that diverged is infinitely large from then on', async () => {
    const away = fakeRun(at('away'), { seed: 9, status: 'diverged', rows: decay(3, 1, 100) });
    const { figure, caption } = await plot([...seeds, away], { band: 'range' });
    expect(figure.panels[0]!.curves[0]!.high!.at(-1)).toBe(Number.POSITIVE_INFINITY);
    expect(caption).toContain('diverges for 1 of 4 seeds');
  });

  test('rows of other rounds have nothing in common', async () => {
    const two = fakeRun(at('every-2'), { seed: 7, rows: decay(20, 1, 0.5, 7) });
    const three = fakeRun(at('every-3'), { seed: 8, rows: decay(20, 1, 0.5, 9) });
    await expect(plot([two, three])).rejects.toThrow('no two rounds in common');
  });
});

describe('the frame', () => {
  test('is of the methods that arrive; a diverged curve leaves it, at its true slope', async () => {
    const away = fakeRun(at('diverged'), { compressor: 'top-k', status: 'diverged', rows: decay(9, 1, 1e3) });
    const { figure, svg } = await plot([one, away]);
    expect(figure.x.high).toBeLessThan(8);
    expect(figure.y.high).toBeLessThan(1e3);
    const { y } = axesOf(svg);
    const lines = polylinesOf(svg);
    const last = lines.find((points) => y(points.at(-1)![1]) > 1e20)!.at(-1)!;
    // Of round 8, the first that lies right of the frame: nothing was cut down to the frame's height.
    expect(Math.log10(y(last[1]))).toBeCloseTo(24, 1);
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  test('ends below the target, which is what all runs stop at', async () => {
    expect((await plot(one)).figure).toMatchObject({ target: 1e-3 });
    expect((await plot(one, { y: 'consensus' })).figure).toMatchObject({ target: null });
    expect((await plot(one, { target: 0.1 })).figure.y.low).toBeGreaterThan(0.05);
  });

  test('a logarithmic axis has no place for round 0, and breaks at values that are not positive', async () => {
    const rows = decay(6, 1, 0.5).map((row, i) => ({ ...row, gap: i === 3 ? -1e-17 : 0.5 ** i }));
    const { svg } = await plot(fakeRun(at('negative'), { rows }), { y: 'gap', logX: true });
    expect(polylinesOf(svg)).toHaveLength(2);
    expect(svg).not.toMatch(/NaN|Infinity/);
  });
});

describe('who is who', () => {
  test('labels say what differs, and no more; graphs are panels', async () => {
    const torus = { kind: 'ring', nodes: 9 };
    const more = ['sign', 'top-k'].flatMap((compressor) => [
      fakeRun(at(`${compressor}-5`), { compressor, rows: decay(7, 1, 0.3) }),
      fakeRun(at(`${compressor}-9`), { compressor, topology: torus, rows: decay(7, 1, 0.3) }),
    ]);
    const { figure } = await plot(more, { facet: 'graph', width: '7in' });
    expect(figure.labels).toEqual(['sign', 'top-k']);
    expect(figure.panels.map(({ title }) => title)).toEqual(['ring(nodes=5)', 'ring(nodes=9)']);
    const { figure: other } = await plot(more, { facet: 'method', width: '7in' });
    expect(other.labels).toEqual(['ring(nodes=5)', 'ring(nodes=9)']);
    const slow = fakeRun(at('slow'), { step: 0.05, rows: decay(7, 1, 0.3) });
    expect((await plot([one, slow])).figure.labels).toEqual([
      'primal-dual, sign, step=0.1',
      'primal-dual, sign, step=0.05',
    ]);
    expect((await plot([one, slow], { labels: ['a', 'b'] })).figure.labels).toEqual(['a', 'b']);
    await expect(plot([one, slow], { labels: ['a'] })).rejects.toThrow('labels has 1, expected 2');
  });

  test('labels stand at the curves where they have room, else below', async () => {
    const slow = fakeRun(at('slower'), { compressor: 'top-k', rows: decay(30, 1, 0.75) });
    const direct = await plot([one, slow], { width: '6in' });
    expect(direct.svg).not.toContain('<line x1="0"');
    expect(direct.svg.match(/>sign</g)).toHaveLength(1);
    const narrow = await plot([one, slow], { legend: 'below', width: '6in' });
    const height = (svg: string) => Number(/height="([\d.]+)pt"/.exec(svg)?.[1]);
    expect(height(narrow.svg)).toBeGreaterThan(height(direct.svg));
    await expect(plot([one, slow], { legend: 'direct', width: '1.2in' })).rejects.toThrow('has room');
  });
});

describe('files', () => {
  test('every format, the same for the same folders', async () => {
    const out = ['svg', 'png', 'pdf'].map((extension) => at(`same.${extension}`));
    const { files } = await plot([one, at('diverged')], { out });
    expect(files).toEqual(out);
    const first = out.map((file) => readFileSync(file));
    expect(first[1]!.subarray(1, 4).toString()).toBe('PNG');
    expect(first[2]!.subarray(0, 5).toString()).toBe('%PDF-');
    await plot([one, at('diverged')], { out });
    for (const [i, file] of out.entries()) expect(readFileSync(file).equals(first[i]!)).toBe(true);
  });

  test('the command says what it wrote, and a caption', async () => {
    const { status, stdout } = await sottovoce(
      folder,
      'plot',
      'one',
      '--out',
      'a.svg',
      '--width',
      '88mm',
      '--caption',
    );
    expect(stdout).toMatch(/^written {2}a\.svg\nRms error against rounds; logarithmic vertical/);
    expect(status).toBe(0);
    expect(readFileSync(at('a.svg'), 'utf8')).toContain('width="249.45pt"');
  });

  test('a trace that was edited is drawn, and said', async () => {
    const edited = fakeRun(at('edited'), { rows: decay(7, 1, 0.3) });
    const summary = JSON.parse(readFileSync(path.join(edited, 'summary.json'), 'utf8'));
    const files = { 'trace.csv': { bytes: 1, sha256: '0' } };
    writeFileSync(path.join(edited, 'summary.json'), JSON.stringify({ ...summary, files }));
    expect((await plot(edited)).notes).toEqual([expect.stringContaining('is not as its run wrote it')]);
  });
});

describe('what cannot be drawn is refused, and nothing is written', () => {
  fakeRun(at('half'), { rows: decay(7, 1, 0.3) });
  rmSync(at('half/summary.json'));
  fakeRun(at('failed'), { status: 'failed', rows: decay(7, 1, 0.3) });
  fakeRun(at('empty-trace'), { rows: [] });
  writeFileSync(at('file.txt'), '');

  test.each([
    [['nowhere'], 'error: nowhere: there is no such folder\n'],
    [['file.txt'], 'error: file.txt is a file, expected the folder of a run'],
    [['.'], 'error: . holds no run and no comparison\nhint: runs are one level below: '],
    [['half'], 'error: half holds no finished run: there is no summary.json'],
    [['failed'], 'error: failed holds no finished run: the run failed'],
    [['empty-trace'], 'trace.csv has no row with the columns of a trace'],
    [['one', '--y', 'consenus'], 'error: --y is "consenus", expected one of gap, rms, consensus'],
    [['one', '--y', 'consenus'], 'did you mean consensus?'],
    [['one', '--x', 'hours'], 'error: --x is "hours", expected one of rounds, bits'],
    [['one', '--y', 'accuracy'], 'the trace in one has no accuracy: its config gives no test samples'],
    [['one', '--x', 'network'], 'has no networkSeconds: it is known where the config gives the links'],
    [['one', '--width', '3'], 'error: --width is "3", expected a length such as 3.5in'],
    [['one', '--width', '300in'], 'expected a length from 0.5in to 60in'],
    [['one', '--width', '0.6in'], 'error: --width leaves 0 pt to a panel, expected at least 40'],
    [['one', '--height', '0.6in'], 'error: --height is 43 pt, expected at least'],
    [['one', '--columns', '0'], 'error: --columns is 0, expected a whole number >= 1'],
    [['one', '--target', '-1'], 'error: --target is "-1", expected a number > 0, or none'],
    [['one', '--facet', 'graphs'], 'error: --facet is "graphs", expected one of graph, method, none'],
    [['one', '--labels', 'a; b'], 'error: --labels has 2, expected 1, one for each method'],
  ])('%j', async (args, message) => {
    const before = readdirSync(folder);
    const { status, stdout, stderr } = await sottovoce(folder, 'plot', ...args, '--out', 'refused.svg');
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(status).toBe(2);
    expect(readdirSync(folder)).toEqual(before);
  });

  test('a format that there is not, and no file at all', async () => {
    expect((await sottovoce(folder, 'plot', 'one', '--out', 'a.gif')).stderr).toContain(
      'error: --out is "a.gif", expected a file that ends in .svg, .png, .pdf, .tex',
    );
    expect((await sottovoce(folder, 'plot', 'one')).stderr).toContain('error: --out is missing');
    expect(existsSync(at('a.gif'))).toBe(false);
  });
});
