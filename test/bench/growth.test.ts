/** What grows how fast is read off times that are made for it. */

import { describe, expect, it } from 'vitest';
import { cacheBytes } from '../../src/base/caches.js';
import { cacheEnds, slope, summarizeAxis } from '../../src/bench/growth.js';
import type { Axis } from '../../src/bench/growth-axes.js';
import { drawGrowth } from '../../src/bench/growth-picture.js';
import { meets } from '../../src/bench/types.js';

const sizes = [1000, 10_000, 100_000];
const axis: Axis = {
  id: 'round/made',
  title: 'made up',
  of: 'agents',
  unit: 'coordinate',
  sizes,
  target: { size: 100_000, seconds: 5 },
  open: () => Promise.reject(new Error('nothing is measured here')),
};
const points = sizes.map((size) => ({ units: 8 * size, edges: 4 * size, bytes: 64 * size }));

/** Two passes, the second twice as slow; out of cache a loop takes ten times as long for each. */
function summarized(exponent: number) {
  const cache = (size: number) => (size > 20_000 ? 10 : 1);
  const samples = sizes.flatMap((size) => {
    const [own, loop] = [1e-9 * size ** exponent * cache(size), 1e-9 * size * cache(size)];
    return [
      [own, 2 * own],
      [loop, 2 * loop],
    ];
  });
  return summarizeAxis(axis, points, samples);
}

describe('exponents', () => {
  it.each([0.8, 1, 1.5])('%s, with the caches left out', (exponent) => {
    const { exponents, figures } = summarized(exponent);
    expect(exponents.own.median).toBeCloseTo(exponent, 12);
    // A tenfold step in the second half of two decades.
    expect(exponents.raw.median).toBeCloseTo(exponent + 0.5, 12);
    const { median, target } = exponents.own;
    expect(target !== undefined && meets(median, target)).toBe(exponent < 1.1);
    // 1.5 times the first pass: median of it and of the second, for 8 coordinates an agent.
    const first = figures.find(({ id }) => id === 'growth/round/made/1000');
    expect(first?.median).toBeCloseTo((1.5 * 1000 ** exponent) / 8000, 9);
    expect(figures.find(({ id }) => id === 'growth/round/made/100000/seconds')?.target).toEqual({
      atMost: 5,
    });
  });

  it('a line by hand: 1, 3, 5 over 0, 1, 2 rises by 2', () => {
    expect(slope([0, 1, 2], [1, 3, 5])).toBeCloseTo(2, 12);
  });
});

describe('where a cache ends', () => {
  const { second, last } = cacheBytes();
  it('half way between a half and twice of it, in proportion', () => {
    const [end] = cacheEnds([100, 400], [second / 2, second * 2]);
    expect(end?.cache).toBe('second');
    expect(end?.at).toBeCloseTo(200, 9);
  });

  it('not said where all fits, or nothing', () => {
    expect(cacheEnds([1, 2], [1, 2])).toEqual([]);
    expect(cacheEnds([1, 2], [2 * last, 4 * last])).toEqual([]);
  });
});

it('the picture has a panel an axis, and a line where a cache ends', () => {
  const curve = { ...summarized(1).curve, ends: [{ cache: 'second', at: 5000 }] };
  const svg = drawGrowth([curve, { ...curve, id: 'gains', title: 'gains' }]);
  expect(svg.match(/<clipPath/g)).toHaveLength(2);
  expect(svg).toContain('the second cache ends');
  expect(svg).toContain('a plain loop over as much memory');
});
