/** The page of a sweep, of results written by hand: who is best, the curve, what is cut, and what is text. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeReport } from '../../src/library/report.js';
import type { SweepFile } from '../../src/report/sweep.js';
import { sweepPage } from '../../src/report/sweep-page.js';
import type { SweepPoint } from '../../src/sweep/results.js';

const EVIL = '</script><img src=x onerror=alert(1)>';

function pointOf(point: number, value: string | number, rounds: number | null): SweepPoint {
  const spread = (median: number) => ({ q1: median - 1, median, q3: median + 2 }) as SweepPoint['rounds'];
  return {
    point,
    values: { 'flow.step': value },
    seeds: 3,
    ran: 3,
    reached: rounds === null ? 0 : 3,
    status: rounds === null ? 'diverged' : 'converged',
    givenUp: null,
    grows: rounds === null,
    rounds: rounds === null ? null : spread(rounds),
    bits: rounds === null ? null : spread(1000 * rounds),
    rate: 0.9,
    predictedRate: null,
    final: null,
    command: `sottovoce run ring.yaml --set flow.step=${value}`,
    error: null,
  };
}

function fileOf(points: SweepPoint[], config = 'ring.yaml'): SweepFile {
  const ranking = points
    .filter(({ rounds }) => rounds !== null)
    .sort((a, b) => a.rounds!.median - b.rounds!.median)
    .map(({ point }) => point);
  return {
    format: 'sottovoce-sweep/1',
    config,
    axes: [
      { path: 'flow.step', values: points.map(({ values }) => values['flow.step'] as number), scale: 'log' },
    ],
    target: { quantity: 'rmsError', bound: 1e-6 },
    complete: true,
    rows: [],
    points,
    ranking,
  };
}

const pageOf = (file: SweepFile) => sweepPage(file, { name: 'study', map: null, versions: {} });
const count = (text: string, what: RegExp) => [...text.matchAll(what)].length;

describe('the page of a sweep over one axis', () => {
  it('says the best, and draws a dot for who arrived and a cross for who did not', () => {
    const html = pageOf(fileOf([pointOf(0, 0.1, 300), pointOf(1, 0.2, 120), pointOf(2, 0.4, null)]));
    expect(html).toContain(
      'The best is flow.step=0.2: 120 rounds (median of 3 seeds; 119 to 122 between the quartiles)',
    );
    expect(html).toContain('2 points arrived, 1 diverged.');
    expect(count(html, /<circle/g)).toBe(2);
    expect(count(html, /<circle class="best"[^>]*><title>flow\.step=0\.2: 120 rounds/g)).toBe(1);
    expect(count(html, /class="away"/g)).toBe(1);
    expect(count(html, /class="spread"/g)).toBe(2);
  });

  it('draws the same of one point, and of none that arrived, without a number that is none', () => {
    for (const points of [[pointOf(0, 0.1, 300)], [pointOf(0, 0.1, null), pointOf(1, 0.2, null)]]) {
      const html = pageOf(fileOf(points));
      const [picture] = /<svg class="pareto".*?<\/svg>/s.exec(html) ?? [];
      expect(picture).toBeDefined();
      expect(picture).not.toMatch(/NaN|Infinity|undefined/);
    }
    expect(pageOf(fileOf([pointOf(0, 0.1, null)]))).toContain('No point arrived with every seed.');
  });

  it('shows fifty points by rank, and counts the others', () => {
    const html = pageOf(fileOf(Array.from({ length: 73 }, (_, at) => pointOf(at, at + 1, 1000 - at))));
    expect(html).toContain('The first 50 are shown; results.csv has the other 23.');
    expect(html).toContain('--set flow.step=73<');
    expect(html).toContain('--set flow.step=24<');
    expect(html).not.toContain('--set flow.step=23<');
  });

  it('draws bars where the axis has no numbers', () => {
    const html = pageOf(fileOf([pointOf(0, 'sign', 300), pointOf(1, 'top-k(k=4)', 120)]));
    expect(html).toContain('<svg class="bars"');
    expect(html.indexOf('>top-k(k=4)<')).toBeLessThan(html.indexOf('>sign<'));
  });

  it('takes whatever stands in a config for text', () => {
    const point = { ...pointOf(0, EVIL, 10), command: EVIL, error: EVIL };
    const html = pageOf({ ...fileOf([point], EVIL), bestConfig: EVIL });
    expect(html).not.toContain('<img');
    expect(count(html, /<script/g)).toBe(2);
    expect(count(html, /<\/script/g)).toBe(2);
  });
});

it('results of another format are refused, and say so', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sottovoce-sweep-page-'));
  try {
    writeFileSync(join(folder, 'compare.json'), JSON.stringify({ format: 'sottovoce-compare/2' }));
    writeFileSync(join(folder, 'results.json'), JSON.stringify({ format: 'sottovoce-sweep/9' }));
    await expect(makeReport(folder)).rejects.toThrow(
      /sottovoce-sweep\/9.*expected a whole sottovoce-sweep\/1/,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
