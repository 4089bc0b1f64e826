/** Which rows a picture takes of a long trace. */
import { describe, expect, it } from 'vitest';
import { decimate, EVEN_STRETCHES, forTable, LOGARITHMIC_STRETCHES } from '../../src/page/decimate.js';

const MOST = 4 * (EVEN_STRETCHES + LOGARITHMIC_STRETCHES) + 2;

describe('decimate', () => {
  it('keeps all of few rows', () => {
    expect(decimate([0, 1, 2], [3, 2, 1])).toEqual([0, 1, 2]);
    expect(decimate([], [])).toEqual([]);
  });

  it('keeps first, last, peaks and dips of many, ascending, and not more than a picture shows', () => {
    const count = 100_000;
    const rounds = Array.from({ length: count }, (_, at) => 10 * at);
    const errors = rounds.map((round) => Math.exp(-round / 2e5));
    errors[77_777] = 50;
    errors[33_333] = 1e-9;
    const kept = decimate(rounds, errors);
    for (const at of [0, 77_777, 33_333, count - 1]) expect(kept).toContain(at);
    expect(kept).toEqual([...new Set(kept)].sort((a, b) => a - b));
    expect(kept.length).toBeLessThanOrEqual(MOST);
    // The first rounds, too: on a logarithmic axis they are a third of it.
    expect(kept.filter((at) => at < 100).length).toBeGreaterThan(20);
  });

  it('takes numbers as they come: NaN and Infinity are neither least nor greatest', () => {
    const rounds = Array.from({ length: 5000 }, (_, at) => at);
    const errors = rounds.map((round) =>
      round % 3 === 0 ? Number.NaN : round % 7 === 0 ? Infinity : 5000 - round,
    );
    errors[2500] = 1e9;
    expect(decimate(rounds, errors)).toContain(2500);
    expect(decimate(rounds, errors.fill(Number.NaN))).toContain(4999);
  });

  it('a million rows are decimated in no time, to the same number', () => {
    const rounds = Array.from({ length: 1_000_000 }, (_, at) => at);
    expect(decimate(rounds, rounds).length).toBeLessThanOrEqual(MOST);
  });
});

describe('forTable', () => {
  it('keeps the first and the last', () => {
    const rows = Array.from({ length: 1000 }, (_, at) => at);
    const shown = forTable(rows, 24);
    expect(shown).toHaveLength(24);
    expect([shown[0], shown.at(-1)]).toEqual([0, 999]);
    expect(forTable([1, 2], 24)).toEqual([1, 2]);
  });
});
