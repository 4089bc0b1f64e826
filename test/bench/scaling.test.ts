/** What scaling will take is known before it begins; problems that grow stay within a kernels' memory. */

import { describe, expect, it } from 'vitest';
import { candidates } from '../../src/base/cores.js';
import { announcement } from '../../src/bench/announce.js';
import { fitAmdahl, uslSpeedup } from '../../src/bench/fits.js';
import { bytesHeld, FLATTENED_ROUND, PLAIN_ROUND } from '../../src/bench/round-bytes.js';
import { needOf } from '../../src/bench/scaling.js';
import { drawScaling } from '../../src/bench/scaling-picture.js';
import { agentsEach, builtInStudies } from '../../src/bench/scaling-studies.js';
import { summarizeStudy } from '../../src/bench/scaling-summary.js';
import type { BenchInputs } from '../../src/bench/types.js';

const inputs = (workers: number[], passes = 11): BenchInputs => ({
  quick: false,
  seed: 1,
  workers,
  passes,
  config: null,
  progress: { expect() {}, step() {} },
});

it('with 64 cores: 1, 2, 4, ... 64; with 96, these and 96', () => {
  expect(candidates(64)).toEqual([1, 2, 4, 8, 16, 32, 64]);
  expect(candidates(96)).toEqual([1, 2, 4, 8, 16, 32, 64, 96]);
});

it('time grows with numbers of workers and passes, memory with those that are there at a time', () => {
  const need = (workers: number[], passes?: number) => {
    const given = inputs(workers, passes);
    return needOf(given, builtInStudies(given));
  };
  const two = need([1, 2]);
  // Six samples of a quarter of a second for each pass and curve at least.
  expect(two.seconds).toBeGreaterThan(7 * 2 * 2 * 11 * 0.25);
  expect(need([1, 2], 22).seconds).toBeLessThan(2 * two.seconds);
  const many = need(candidates(64));
  expect(many.seconds).toBeGreaterThan(3 * two.seconds);
  // Seven times 100,000 agents of 2.6 kB, and 127 + 64 threads.
  expect(many.bytes).toBeGreaterThan(7 * 265e6);
  expect(many.bytes).toBeLessThan(16 * 2 ** 30);
});

it('a problem that grows with workers ends below 4 GiB, however many there are', () => {
  expect(agentsEach(50_000, 2, FLATTENED_ROUND)).toBe(50_000);
  for (const most of [64, 128, 192, 384]) {
    const each = agentsEach(50_000, most, FLATTENED_ROUND);
    expect(bytesHeld(each * most, FLATTENED_ROUND)).toBeLessThan(3 * 2 ** 30);
    expect(bytesHeld(each * most, FLATTENED_ROUND)).toBeGreaterThan(2 ** 30);
  }
});

it('memory of agents, by hand: five rows of 512 bytes without compression, six with', () => {
  expect(bytesHeld(10, PLAIN_ROUND)).toBe(10 * (5 * 512 + 100));
  expect(bytesHeld(10, FLATTENED_ROUND)).toBe(10 * (6 * 512 + 100));
});

it('is announced with no more digits than an estimate has', () => {
  expect(announcement('one curve', { seconds: 203.7, bytes: 1.5 * 2 ** 30 })).toBe(
    'one curve: about 3 min 30 s, and 1.50 GiB of memory at most',
  );
  expect(announcement('one curve', { seconds: 3.21, bytes: 2 ** 20 })).toMatch(/about 3 s, and 1\.0\d* MiB/);
});

const round = { seconds: 1, barrier: 0, imbalance: 0 };
/** Speeds of rounds and of arithmetic alone. */
const study = (of: Record<number, [number, number]>) => {
  const measured = Object.entries(of).map(([workers, [speed, ceiling]]) => ({
    workers: Number(workers),
    agents: 10,
    speeds: [speed],
    rounds: [round],
    ceilingSpeeds: [ceiling],
    ceilings: [round],
  }));
  return summarizeStudy({ id: 'x', title: 'x', kind: 'strong' }, measured, []);
};

it('a busy machine is no serial share of the code', () => {
  // Two threads of arithmetic are hardly faster than one, and the rounds are as fast as they.
  const busy = study({ 1: [1, 1], 2: [1.06, 1.1] });
  expect(busy.curve.overCeiling).toBe(true);
  expect(busy.curve.amdahl?.sigma).toBeLessThan(0.05);
  expect(busy.table.notes[0]).toContain('fitted to speed-up / ceiling');
  const quiet = study({ 1: [1, 1], 2: [1.6, 1.98] });
  expect(quiet.curve.overCeiling).toBe(false);
  expect(quiet.curve.amdahl?.sigma).toBeCloseTo(0.25, 12);
  expect(quiet.table.notes[0]).toBe("Amdahl's law: serial share 25.0%, never more than 4 times");
});

describe('a server of 64 cores with two threads each', () => {
  const cores = { count: 64, threads: 128 };
  const counts = [1, 2, 4, 8, 16, 32, 64, 128, 256];
  const law = (n: number) => uslSpeedup(n, 0.02, 0.0005);
  const measured = counts.map((workers) => ({
    workers,
    agents: 10,
    // More threads than cores gain a little, and more than hardware threads nothing.
    speeds: [0.99, 1, 1.01].map((factor) => factor * law(Math.min(workers, 64))),
    rounds: [round, round, round],
    ceilingSpeeds: [0.99, 1, 1.01].map((factor) => factor * Math.min(workers, 64)),
    ceilings: [round, round, round],
  }));
  const { curve, table } = summarizeStudy({ id: 'x', title: 'x', kind: 'strong' }, measured, [], cores);

  it('gives back the law that its speeds were made with, from the cores alone', () => {
    expect(curve.overCeiling).toBe(false);
    expect(curve.usl?.sigma).toBeCloseTo(0.02, 6);
    expect(curve.usl?.kappa).toBeCloseTo(0.0005, 8);
    // sqrt(0.98 / 0.0005) = 44.3
    expect(table.notes[1]).toBe(
      `Universal Scalability Law: contention 2.0%, coherency 0.1%, best with 44 workers (${law(44).toPrecision(3)} times)`,
    );
  });

  it('says which numbers are two threads to a core, and which are more than there are', () => {
    expect(table.rows.map(([first]) => first).slice(-3)).toEqual([
      '64',
      '128 (two to a core)',
      '256 (more than cores)',
    ]);
  });

  it('draws the law as far as it is fitted, and the dots beyond', () => {
    expect(curve.fittedTo).toBe(64);
    const svg = drawScaling([curve], 'a server');
    expect(svg).not.toContain('NaN');
    expect(svg).toContain('>256<');
  });

  it('fits to speed-up over ceiling where the cores themselves lose, and draws through the dots all the same', () => {
    const busy = measured.map((each) => {
      const lost = each.workers ** -0.2;
      const slower = (values: number[]) => values.map((value) => value * lost);
      return { ...each, speeds: slower(each.speeds), ceilingSpeeds: slower(each.ceilingSpeeds) };
    });
    const found = summarizeStudy({ id: 'x', title: 'x', kind: 'strong' }, busy, [], cores);
    expect(found.curve.overCeiling).toBe(true);
    expect(found.curve.usl?.sigma).toBeCloseTo(0.02, 6);
    expect(found.table.notes[1]).toContain('Universal Scalability Law, fitted to speed-up / ceiling');
    const svg = drawScaling([found.curve], 'a server');
    const dots = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [
      Number(x),
      Number(y),
    ]);
    const [, line = ''] = /<polyline points="([^"]+)" fill="none"/.exec(svg) ?? [];
    const path = line.split(' ').map((point) => point.split(',').map(Number));
    // At the numbers of workers up to the cores the fitted line passes near the dots: it is drawn in forty pieces.
    for (const [x, y] of dots.slice(0, 7)) {
      const nearest = path.reduce((best, point) =>
        Math.abs(point[0]! - x!) < Math.abs(best[0]! - x!) ? point : best,
      );
      expect(Math.abs(nearest[1]! - y!)).toBeLessThan(12);
    }
  });
});

describe('the picture', () => {
  const points = [1, 2, 4, 8].map((workers) => ({
    workers,
    speedup: workers ** 0.9,
    low: workers ** 0.85,
    high: workers ** 0.95,
    barrier: 0,
    imbalance: 0,
    ceiling: { speedup: workers ** 0.97, barrier: 0 },
  }));
  const curve = {
    id: 'x',
    title: 'Strong scaling: a ring',
    kind: 'strong' as const,
    points,
    overCeiling: false,
    fittedTo: 8,
    amdahl: fitAmdahl(points),
    usl: null,
  };
  const svg = drawScaling([curve], 'a machine');

  it('has equal steps from one number of workers to its double', () => {
    const across = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [
      Number(x),
      Number(y),
    ]);
    expect(across).toHaveLength(4);
    const steps = across.slice(1).map(([x, y], at) => [x - across[at][0], across[at][1] - y]);
    for (const [right, up] of steps) {
      expect(right).toBeCloseTo(steps[0][0], 1);
      expect(up).toBeCloseTo(steps[0][1], 1);
    }
  });

  it('has bars, an ideal line and the machine, and a title that ends within it', () => {
    expect(svg.match(/<line x1="([\d.]+)" y1="[\d.]+" x2="\1" [^>]*stroke-width="1.2"/g)).toHaveLength(4);
    expect(svg).toContain('>ideal<');
    expect(svg).toContain('a machine. Dots');
    const width = Number(/ width="([\d.]+)"/.exec(svg)?.[1]);
    for (const [, x, words] of svg.matchAll(/<text x="([\d.]+)"[^>]*>([^<]*)</g))
      expect(Number(x) + 5 * (words ?? '').length).toBeLessThan(width);
  });
});
