import { expect, it } from 'vitest';
import { coloursFor } from '../../src/base/format.js';
import { changesTable, compareDocuments } from '../../src/bench/diff.js';
import { interleave } from '../../src/bench/interleave.js';
import { formatTable, makeDocument } from '../../src/bench/report.js';
import { summarizeClock } from '../../src/bench/rig.js';
import { compareSpreads, medianInterval, ratios, spreadOf } from '../../src/bench/stats.js';
import type { Figure } from '../../src/bench/types.js';
import { philoxBlock } from '../../src/data/random.js';

it('median and quartiles, by hand', () => {
  expect(spreadOf([5, 1, 2, 4, 3])).toEqual({ median: 3, q1: 2, q3: 4, samples: 5 });
  expect(spreadOf([1, 2, 3, 4])).toEqual({ median: 2.5, q1: 1.75, q3: 3.25, samples: 4 });
  expect(spreadOf([7])).toEqual({ median: 7, q1: 7, q3: 7, samples: 1 });
  expect(() => spreadOf([])).toThrow('nothing was measured');
});

it('the interval of a median holds it about as often as it says', () => {
  expect(medianInterval([1, 2])).toBeNull();
  expect(medianInterval([3, 3, 3])).toEqual({ low: 3, high: 3, level: 0.95 });
  // Uniform draws, of which the median is a half. A bootstrap of eleven samples is known to be a little short.
  const words = new Uint32Array(4);
  const draw = (trial: number) =>
    Array.from({ length: 11 }, (_, at) => {
      philoxBlock(words, 0, at, trial, 0, 0, { low: 1, high: 2 });
      return words[0] / 2 ** 32;
    });
  let held = 0;
  for (let trial = 0; trial < 200; trial++) {
    const { low, high } = medianInterval(draw(trial))!;
    if (low <= 0.5 && 0.5 <= high) held++;
  }
  expect(held).toBeGreaterThan(0.88 * 200);
  expect(held).toBeLessThan(200);
  // The same each time.
  expect(medianInterval(draw(1))).toEqual(medianInterval(draw(1)));
});

it('ratios are taken pass by pass: a slow pass slows both and drops out', () => {
  expect(ratios([10, 100, 10], [5, 50, 5])).toEqual([2, 2, 2]);
});

it('says faster or slower only where the quartile ranges lie apart', () => {
  const at = (median: number, half: number) => ({ median, q1: median - half, q3: median + half, samples: 9 });
  expect(compareSpreads(at(10, 1), at(8, 0.5), 'higher')).toBe('faster');
  expect(compareSpreads(at(10, 1), at(8, 0.5), 'lower')).toBe('slower');
  expect(compareSpreads(at(10, 2), at(8, 0.5), 'higher')).toBe('same');
  expect(compareSpreads(at(10, 1), at(10, 1), 'lower')).toBe('same');
});

it('every pass takes one sample of each, and each begins in turn', async () => {
  const order: string[] = [];
  const contestants = ['a', 'b', 'c'].map((name) => ({ name, sample: async () => order.push(name) }));
  const steps: string[] = [];
  const samples = await interleave(contestants, 3, { expect: () => {}, step: (what) => steps.push(what) });
  expect(order.join('')).toBe('abcbcacab');
  expect(samples).toEqual([
    [1, 6, 8],
    [2, 4, 9],
    [3, 5, 7],
  ]);
  expect(steps).toHaveLength(9);
});

it("reads the clock: two workers, one of which works three times as long as the other's wait", () => {
  const sample = summarizeClock([
    { workMs: 300, waitMs: 100, spanMs: 400, rounds: 1000 },
    { workMs: 390, waitMs: 10, spanMs: 400, rounds: 1000 },
  ]);
  expect(sample.seconds).toBeCloseTo(0.0004, 12);
  expect(sample.barrier).toBeCloseTo(110 / 800, 12);
  expect(sample.imbalance).toBeCloseTo(390 / 345 - 1, 12);
});

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
const speed = (id: string, median: number): Figure => ({
  id,
  label: id,
  unit: 'Mcoordinates/s',
  better: 'higher',
  median,
  q1: median - 1,
  q3: median + 1,
  samples: 9,
});
const document = (figures: Figure[]) =>
  makeDocument(
    { benchmark: 'round', quick: false, seed: 1, passes: 9, workers: [1, 2], machine, seconds: 1 },
    { figures, tables: [] },
  );

it('compares with a baseline by id, and says what differs between the machines', () => {
  const before = document([speed('a', 100), speed('b', 50), speed('gone', 1)]);
  const now = { ...document([speed('a', 150), speed('b', 50.5), speed('new', 1)]) };
  const changes = compareDocuments(now, before);
  expect(changes.map(({ label, ratio, verdict }) => [label, ratio, verdict])).toEqual([
    ['a', 1.5, 'faster'],
    ['b', 1.01, 'same'],
  ]);
  const other = { ...now, machine: { ...machine, cpu: 'another' } };
  const text = formatTable(changesTable(changes, other, before), coloursFor({ isTTY: false }));
  expect(text).toContain('better');
  expect(text).toContain('within the spread');
  expect(text).toContain('not the same processor: another, before a cpu');
  expect(text).toContain('1 figures have nothing');
});

it('marks targets as met or not', () => {
  const [met, missed] = document([
    { ...speed('a', 2), target: { atLeast: 2 } },
    { ...speed('b', 2), target: { atMost: 1 } },
  ]).figures;
  expect(met.met).toBe(true);
  expect(missed.met).toBe(false);
});
