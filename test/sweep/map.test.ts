/** `sottovoce map`: what is measured against what theory predicts, and what the picture shows. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type MapOptions, mapCommand } from '../../dist/src/cli/map.js';
import { here } from '../../dist/src/compare/here.js';
import { colourAt } from '../../dist/src/report/heat-map.js';
import type { SweepFile } from '../../dist/src/report/sweep.js';
import { makeMap, predictBoundary } from '../../dist/src/sweep/map.js';

const folder = mkdtempSync(join(tmpdir(), 'sottovoce-map-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const config = join(folder, 'ring.yaml');
writeFileSync(
  config,
  `topology: { kind: ring, nodes: 16 }
cost: { kind: quadratic, dim: 2, condition: 4 }
flow: { kind: primal-dual, compress: none, step: 0.1, alpha: 1, beta: 1 }
rounds: 3000
`,
);

async function map(options: MapOptions) {
  const said = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr') => ({
    write(text: string) {
      said[name] += text;
    },
  });
  const terminal = { stdout: output('stdout'), stderr: output('stderr'), env: {}, debug: false };
  const code = await mapCommand(config, { jobs: '2', ...options }, terminal, {
    newFolder: (base: string) => base,
    now: () => new Date(),
    exit: () => {},
    onSignal: () => () => {},
  });
  return { code, ...said };
}

describe('the predicted boundary', () => {
  it('is that of consensus, h alpha lambdaMax = 2, to a sixteenth of a cell', async () => {
    const sweep = await makeMap({
      config: {
        topology: { kind: 'ring', nodes: 16 },
        cost: { kind: 'quadratic', dim: 2 },
        flow: { kind: 'consensus' },
        rounds: 100,
      },
      x: { path: 'flow.step', values: { from: 0.05, to: 0.8, count: 5, scale: 'log' } },
      y: 'flow.alpha=0.5..8:log:5',
      of: 'status',
      giveUp: null,
    });
    const boundary = await predictBoundary(sweep, { where: here(1) });
    expect(boundary?.exact).toBe(true);
    expect(boundary!.pieces.length).toBeGreaterThan(4);
    for (const [i, j] of boundary!.pieces.flat()) {
      // Both axes double from one cell to the next: h alpha = 0.025 * 2^(i + j), and lambdaMax is 4.
      expect(Math.abs(Math.log2(0.5 / 0.025) - (i + j))).toBeLessThan(1 / 16 + 1e-9);
    }
  });

  it('agrees with what is measured over a ring of quadratics, but for a hundredth about it', async () => {
    const out = join(folder, 'ring');
    const { code, stdout } = await map({
      x: 'flow.step=0.02..0.8:log:9',
      y: 'flow.beta=0.3..6:log:9',
      of: 'rate',
      out,
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/spectral radius of a round is 1\. .* agree in \d+ of 81 cells/);
    const { points } = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')) as SweepFile;
    const sides = { stable: 0, unstable: 0, about: 0 };
    for (const { predictedRate, grows, rate, values } of points) {
      expect(predictedRate).not.toBeNull();
      if (Math.abs(predictedRate! - 1) < 0.01 && predictedRate! > 0.999) {
        sides.about++;
        continue;
      }
      sides[predictedRate! < 1 ? 'stable' : 'unstable']++;
      expect([values, grows]).toEqual([values, predictedRate! > 1]);
      // How fast, too, as far as a run shows it.
      if (predictedRate! < 1) expect(Math.abs(rate! - predictedRate!)).toBeLessThan(0.05);
    }
    expect(Math.min(sides.stable, sides.unstable)).toBeGreaterThan(15);
    expect(sides.about).toBeLessThan(15);
    const svg = readFileSync(join(out, 'map.svg'), 'utf8');
    for (const word of ['measured', 'predicted', 'flow.step', 'flow.beta', 'diverged', 'predicted boundary'])
      expect(svg).toContain(word);
    expect(readFileSync(join(out, 'map.png')).subarray(1, 4).toString()).toBe('PNG');
  });
});

describe('a map of compressors and graphs', () => {
  it('has a mark for what is refused, and says that there is no boundary to draw', async () => {
    const out = join(folder, 'kinds');
    const { code, stdout } = await map({
      x: 'compressor=sign; top-k(k=1); top-k(k=9)',
      y: 'topology=ring(nodes=6); star(nodes=5)',
      set: ['flow={ kind: primal-dual, tuning: formula }'],
      seeds: '1,2',
      of: 'bits',
      out,
    });
    expect(code).toBe(0);
    expect(stdout).toContain('2 refused');
    expect(stdout).toContain('No boundary is drawn');
    const svg = readFileSync(join(out, 'map.svg'), 'utf8');
    for (const word of ['top-k(k=9)', 'star(nodes=5)', 'refused', 'medians over 2 seeds', 'bit'])
      expect(svg).toContain(word);
  });
});

describe('colours', () => {
  it('grow lighter evenly, so that a grey print has the same order', () => {
    const luminance = (share: number) => {
      const [r, g, b] = [1, 3, 5].map((at) => {
        const value = Number.parseInt(colourAt(share).slice(at, at + 2), 16) / 255;
        return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
      }) as [number, number, number];
      return Math.cbrt(0.2126 * r + 0.7152 * g + 0.0722 * b);
    };
    for (let i = 0; i < 40; i++) expect(luminance((i + 1) / 40) - luminance(i / 40)).toBeGreaterThan(0.008);
  });
});

describe('bad input', () => {
  it.each<[MapOptions, string]>([
    [{ y: 'flow.step=1,2' }, '--x is missing'],
    [{ x: 'flow.step=1,2' }, '--y is missing'],
    [{ x: 'flow.step=1,2', y: 'flow.alpha=1,2', of: 'speed' }, '--of is speed, expected one of rounds'],
    [{ x: 'flow.step=1,2', y: 'flow.step=1,2' }, 'flow.step is an axis already'],
    [{ x: 'flow.step=1,2', y: 'flow.alfa=1,2' }, '--y flow.alfa=1'],
  ])('%o', async (options, message) => {
    await expect(map(options)).rejects.toThrow(message);
  });
});
