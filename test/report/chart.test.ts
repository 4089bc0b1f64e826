import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bar, barChart, gapSparkline, pairedBarChart, sparkline } from '../../src/report/chart.js';

test('a sparkline by hand: eight values, eight heights', () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7])).toBe('▁▂▃▄▅▆▇█');
  expect(sparkline([3, 3, 3])).toBe('▁▁▁');
  expect(sparkline([0, Number.NaN, 7])).toBe('▁ █');
  expect(sparkline([])).toBe('');
  expect(sparkline([Number.NaN])).toBe('');
});

test('a long run is averaged into the width it has', () => {
  expect(sparkline([0, 0, 7, 7], 2)).toBe('▁█');
  expect([
    ...sparkline(
      Array.from({ length: 1001 }, (_, i) => i),
      40,
    ),
  ]).toHaveLength(40);
});

test('a row of every one of many rounds', () => {
  const gaps = Array.from({ length: 3e5 }, (_, i) => 10 ** (-i / 1e5));
  expect(gapSparkline(gaps, 8)).toEqual({ line: '█▇▆▅▄▃▂▁', from: 0, to: Math.log10(gaps.at(-1)!) });
  expect(sparkline(gaps)).toHaveLength(3e5);
});

test('log10 of the gap: rounding below zero counts as the smallest gap seen', () => {
  expect(gapSparkline([1, 0.1, 0.01, -1e-18])).toEqual({ line: '█▅▁▁', from: 0, to: -2 });
  expect(gapSparkline([Number.NaN, 1, 0.1])).toEqual({ line: ' █▁', from: 0, to: -1 });
  expect(gapSparkline([0.5])).toBeNull();
  expect(gapSparkline([Number.NaN, Number.NaN])).toBeNull();
});

test('a bar, to an eighth of a character', () => {
  expect(bar(0.5, 4)).toBe('██');
  expect(bar(0.5 + 1 / 32, 4)).toBe('██▏');
  expect(bar(2, 4)).toBe('████');
  expect(bar(-1, 4)).toBe('');
  expect(bar(Number.NaN, 4)).toBe('');
});

test('bars beside their labels and values', () => {
  const bars = [
    { label: 'gather', value: 0.5 },
    { label: 'step', value: 0.25 },
  ];
  // 6 for labels, 5 for values, two spaces: 8 of 21 are left for a full bar.
  expect(barChart(bars, { width: 21, full: 1 })).toEqual(['gather ████     50.0%', 'step   ██       25.0%']);
});

test('two series under one label', () => {
  const bars = [{ label: 'gather', first: 0.5, second: 1 }];
  expect(pairedBarChart(bars, ['predicted', 'observed'], { width: 40, full: 1 })).toEqual([
    `gather predicted ${'█'.repeat(8)}${' '.repeat(8)}  50.0%`,
    `       observed  ${'░'.repeat(16)} 100.0%`,
  ]);
});

test('no line is wider than it may be, whatever the labels', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ label: fc.string({ maxLength: 60 }), value: fc.double({ min: 0, max: 1, noNaN: true }) }),
      ),
      fc.integer({ min: 24, max: 120 }),
      (bars, width) => {
        for (const line of barChart(bars, { width })) expect([...line].length).toBeLessThanOrEqual(width);
      },
    ),
  );
});
