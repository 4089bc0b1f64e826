/** Rows of a page in bounded memory, colours of disagreement, bits of a message: what needs no browser. */

import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { EXAMPLES } from '../../pages/dashboard/examples.js';
import { bitsOf } from '../../pages/dashboard/message.js';
import { COLUMNS, Rows } from '../../pages/dashboard/rows.js';
import { palette, STEPS, stepOf } from '../../pages/shared/disagreement.js';
import { parseConfig } from '../../src/index.js';
import type { TraceRow } from '../../src/trace/row.js';

const row = (round: number) =>
  Object.fromEntries(
    COLUMNS.map((name) => [name, name === 'round' ? round : 10 * round]),
  ) as unknown as TraceRow;

describe('rows', () => {
  test('all of them, while they fit', () => {
    const rows = new Rows(8);
    for (let round = 0; round < 8; round++) rows.push(row(round));
    expect([...rows.column('round')]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect([...rows.column('gap')]).toEqual([0, 10, 20, 30, 40, 50, 60, 70]);
  });

  test('then every second one, with the last', () => {
    const rows = new Rows(8);
    for (let round = 0; round <= 8; round++) rows.push(row(round));
    expect([...rows.column('round')]).toEqual([0, 2, 4, 6, 8]);
    rows.push(row(9));
    expect([...rows.column('round')]).toEqual([0, 2, 4, 6, 8, 9]);
    rows.push(row(10));
    expect([...rows.column('round')]).toEqual([0, 2, 4, 6, 8, 10]);
  });

  test('of a hundred thousand, evenly some hundred, from the first to the last', () => {
    const rows = new Rows(1000);
    for (let round = 0; round < 100_000; round++) rows.push(row(round));
    const rounds = [...rows.column('round')];
    expect(rounds.length).toBeGreaterThan(490);
    expect(rounds.length).toBeLessThanOrEqual(1001);
    expect([rounds[0], rounds.at(-1)]).toEqual([0, 99_999]);
    const steps = new Set(rounds.slice(1, -1).map((round, at) => round - (rounds[at] ?? 0)));
    expect(steps.size).toBe(1);
    expect(rows.last('seconds')).toBe(999_990);
  });

  test('none twice, where they are sent again', () => {
    const rows = new Rows(8);
    for (const round of [0, 1, 2, 1, 2, 3]) rows.push(row(round));
    expect([...rows.column('round')]).toEqual([0, 1, 2, 3]);
  });

  test('the row at a round, or the last one before it', () => {
    const rows = new Rows(8);
    for (const round of [0, 5, 10]) rows.push(row(round));
    expect([rows.at(0)?.round, rows.at(7)?.round, rows.at(99)?.round]).toEqual([0, 5, 10]);
    expect(new Rows(8).at(3)).toBeUndefined();
  });
});

describe('colours', () => {
  test('are logarithmic between both ends, and those of the ends beyond them', () => {
    const scale = { low: 1e-4, high: 1 };
    const top = STEPS - 1;
    expect([0, 1e-9, 1e-4, 1, 1e9].map((value) => stepOf(value, scale))).toEqual([0, 0, 0, top, top]);
    expect(stepOf(1e-2, scale)).toBe(Math.floor(top / 2));
    // What is not a number any more has diverged.
    expect(stepOf(Number.NaN, scale)).toBe(top);
  });

  test('go one way in lightness: they are told apart in grey', () => {
    for (const dark of [false, true]) {
      const colours = palette(dark);
      const lightness = Array.from(
        { length: STEPS },
        (_, step) =>
          0.2126 * (colours[3 * step] ?? 0) +
          0.7152 * (colours[3 * step + 1] ?? 0) +
          0.0722 * (colours[3 * step + 2] ?? 0),
      );
      const ways = lightness.slice(8).map((value, at) => Math.sign(value - (lightness[at] ?? 0)));
      expect(new Set(ways)).toEqual(new Set([dark ? 1 : -1]));
    }
  });
});

test('bits of a slot, least significant bit of a byte first', () => {
  const bit = bitsOf('05ff80');
  expect(Array.from({ length: 24 }, (_, at) => bit(at)).join('')).toBe('101000001111111100000001');
});

test('examples of the form are configs', async () => {
  for (const { name, yaml } of EXAMPLES) {
    const { config } = await parseConfig(parse(yaml));
    expect(config.rounds, name).toBeGreaterThan(1000);
  }
});
