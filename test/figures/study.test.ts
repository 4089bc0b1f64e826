/** A comparison's folder as a figure: its curves are drawn as curves.csv has them. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import Papa from 'papaparse';
import { beforeAll, expect, test } from 'vitest';
import { compare, plot } from '../../dist/src/index.js';
import { temporaryFolder } from '../support/run.js';

const folder = temporaryFolder();
const study = path.join(folder, 'study');
const base = {
  cost: { kind: 'quadratic', dim: 4 },
  flow: { kind: 'primal-dual', compress: 'error-state' },
  rounds: 2000,
  stop: { rmsError: 1e-5 },
} as const;

beforeAll(async () => {
  const configs = [5, 8].map((nodes) => ({ ...base, topology: { kind: 'ring', nodes } as const }));
  await compare(configs, {
    ...{ compressors: ['identity', 'sign'], seeds: [1, 2, 3], trials: 3, jobs: 1, outDir: study },
  });
});

interface Line {
  label: string;
  graph: string;
  axis: string;
  round: string;
  bits: string;
  rmsError: string;
  rmsErrorQ1: string;
  rmsErrorQ3: string;
}

test('curves and bands are those of curves.csv, a panel for each graph', async () => {
  const csv = readFileSync(path.join(study, 'curves.csv'), 'utf8').trimEnd();
  const lines = Papa.parse<Line>(csv, { header: true }).data;
  for (const [x, axis] of [
    ['rounds', 'round'],
    ['bits', 'bits'],
  ] as const) {
    const { figure } = await plot(study, { x, facet: 'graph', width: '7in' });
    expect(figure.panels).toHaveLength(2);
    expect(figure).toMatchObject({ target: 1e-5, labels: ['identity', 'sign'] });
    for (const { title, curves } of figure.panels) {
      for (const curve of curves) {
        const own = lines.filter(
          (line) => line.axis === axis && line.graph === title && line.label === curve.label,
        );
        expect(curve.x).toEqual(own.map((line) => Number(line[axis])));
        expect(curve.low).toEqual(own.map(({ rmsErrorQ1 }) => Number(rmsErrorQ1)));
        expect(curve.high).toEqual(own.map(({ rmsErrorQ3 }) => Number(rmsErrorQ3)));
        // The line ends where its median has come to the target for good.
        const drawn = curve.y.filter((value) => !Number.isNaN(value));
        expect(drawn).toEqual(own.slice(0, drawn.length).map(({ rmsError }) => Number(rmsError)));
        expect(drawn.at(-1)).toBeLessThanOrEqual(1e-5);
        expect(drawn.at(-2)).toBeGreaterThan(1e-5);
      }
    }
  }
});

test('its table counts cells, exactly', async () => {
  const table = path.join(folder, 'table.tex');
  await plot(study, { table });
  const { methods } = JSON.parse(readFileSync(path.join(study, 'results.json'), 'utf8'));
  const text = readFileSync(table, 'utf8');
  for (const { rounds } of methods) expect(text).toMatch(new RegExp(`[ {]${rounds}[} ]`));
  expect(text.match(/ 3\/3 /g)).toHaveLength(4);
});

test('what its curves do not have is refused', async () => {
  await expect(plot(study, { y: 'observer' })).rejects.toThrow('have no observerError: they have rmsError');
  await expect(plot(study, { x: 'network' })).rejects.toThrow('have no networkSeconds: it is known where');
  await expect(plot(study, { x: 'link-bits' })).rejects.toThrow('expected rounds, bits, seconds or network');
  await expect(plot(study, { band: 'range' })).rejects.toThrow('expected iqr or none');
});
