/**
 * What pure arithmetic says of the machine, and how it stands beside the rounds. No time is asserted: only
 * what is counted, and what is made of given times.
 */

import { expect, it } from 'vitest';
import { Ceiling } from '../../src/bench/ceiling.js';
import { targetTable } from '../../src/bench/report.js';
import { drawScaling } from '../../src/bench/scaling-picture.js';
import { summarizeStudy } from '../../src/bench/scaling-summary.js';
import type { Figure } from '../../src/bench/types.js';

it('every thread does its rounds, and the work of twice the steps takes longer', async () => {
  const ceiling = await Ceiling.open(2);
  try {
    const pace = await ceiling.pace();
    expect(pace).toBeGreaterThan(0);
    const { seconds, barrier, imbalance } = await ceiling.sample(2, 2000, 20);
    expect(seconds).toBeGreaterThan(0);
    expect(barrier).toBeGreaterThan(0);
    expect(barrier).toBeLessThan(1);
    expect(imbalance).toBeGreaterThanOrEqual(0);
    // A hundred times the arithmetic: a kernel that left it out would take the same. Of the short ones the
    // least, for a machine that does something else.
    const short: number[] = [];
    for (let i = 0; i < 5; i++) short.push((await ceiling.sample(1, 10_000, 10)).seconds);
    const long = await ceiling.sample(1, 1_000_000, 10);
    expect(long.seconds).toBeGreaterThan(Math.min(...short));
  } finally {
    await ceiling.close();
  }
});

const round = (seconds: number, barrier: number) => ({ seconds, barrier, imbalance: 0.01 });

it('no law of scaling is fitted to what more workers made slower', () => {
  const measured = [1, 2].map((workers) => ({
    workers,
    agents: 10,
    speeds: [2 / workers ** 2],
    rounds: [round(1, 0)],
    ceilingSpeeds: [workers],
    ceilings: [round(1, 0)],
  }));
  const { table } = summarizeStudy({ id: 'x', title: 'x', kind: 'strong' }, measured, []);
  expect(table.notes[0]).toContain('more workers were no faster');
  expect(table.notes[1]).toContain('from six numbers of workers on');
});

it('by hand: speed-ups, their ceilings and the ratio of both are taken pass by pass', () => {
  const figures: Figure[] = [];
  const single = {
    workers: 1,
    agents: 10,
    speeds: [1e6, 2e6, 4e6],
    rounds: [round(1, 0), round(1, 0), round(1, 0)],
    ceilingSpeeds: [10, 10, 20],
    ceilings: [round(1, 0), round(1, 0), round(1, 0)],
  };
  const two = {
    workers: 2,
    agents: 10,
    // Speed-ups 1.5, 1.2 and 1.8, where arithmetic had 2, 1.2 and 1.5.
    speeds: [1.5e6, 2.4e6, 7.2e6],
    rounds: [round(1, 0.1), round(1, 0.3), round(1, 0.2)],
    ceilingSpeeds: [20, 12, 30],
    ceilings: [round(1, 0.05), round(1, 0.25), round(1, 0.1)],
  };
  const study = {
    id: 'strong/x',
    title: 'x',
    kind: 'strong' as const,
    target: { atLeast: 1.85 },
    barrierTarget: { atMost: 3 },
  };
  const { curve, table } = summarizeStudy(study, [single, two], figures);
  const found = (id: string) => figures.find((each) => each.id === `scaling/strong/x/2/${id}`)!;
  expect(found('speed-up').median).toBeCloseTo(1.5, 12);
  expect(found('speed-up').ceiling?.median).toBeCloseTo(1.5, 12);
  // 0.75, 1 and 1.2: not the ratio of the medians.
  expect(found('of-ceiling').median).toBeCloseTo(1, 12);
  expect(found('of-ceiling').q1).toBeCloseTo(0.875, 12);
  expect(found('barrier').median).toBeCloseTo(20, 12);
  expect(found('barrier').ceiling?.median).toBeCloseTo(10, 12);
  expect(curve.points[1].ceiling).toEqual({ speedup: 1.5, barrier: 0.1 });
  for (const row of table.rows) expect(row).toHaveLength(table.columns.length);

  // One worker over itself is no measurement.
  expect(table.rows[0].slice(3, 6)).toEqual(['1', '1', '']);
  expect(table.rows[1][5]).toMatch(/^1 \(0\.875 to 1\.1\)$/);
  expect(table.notes[0]).toMatch(/^Amdahl's law, fitted to speed-up \/ ceiling: serial share 0/);

  const picture = drawScaling([curve], 'a machine');
  expect(picture).toContain('arithmetic in registers only');

  // The promise is held against the plain speed-up; the ceiling stands beside it.
  const promised = { ...found('speed-up'), target: { atLeast: 1.85 } };
  const targets = targetTable([promised, { ...promised, ceiling: undefined } as unknown as Figure])!;
  expect(targets.columns).toContain('pure arithmetic');
  expect(targets.rows.map((row) => row.slice(-3))).toEqual([
    ['>= 1.85', expect.stringMatching(/^1\.5 /), 'not met'],
    ['>= 1.85', '', 'not met'],
  ]);
});
