/** The partition: contiguous, complete, balanced by work. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partition } from '../../src/program/partition.js';

describe('partition', () => {
  it('by hand', () => {
    expect(partition(Float64Array.of(1, 1, 1, 1), 2)).toEqual([0, 2, 4]);
    // One agent with all the work keeps a worker to itself.
    expect(partition(Float64Array.of(9, 1, 1, 1), 2)).toEqual([0, 1, 4]);
    expect(partition(Float64Array.of(1, 1, 1, 9), 2)).toEqual([0, 3, 4]);
  });

  it('gives some workers nothing where there are more of them than agents', () => {
    const boundaries = partition(Float64Array.of(1, 1), 5);
    expect(boundaries).toHaveLength(6);
    expect(boundaries[0]).toBe(0);
    expect(boundaries[5]).toBe(2);
  });

  it('covers every agent once, and no range exceeds its share by more than its last agent', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 9 }),
        (work, workers) => {
          const boundaries = partition(Float64Array.from(work), workers);
          expect(boundaries).toHaveLength(workers + 1);
          const total = work.reduce((a, b) => a + b, 0);
          const largest = Math.max(...work);
          for (let w = 0; w < workers; w++) {
            expect(boundaries[w]).toBeLessThanOrEqual(boundaries[w + 1]);
            const share = work.slice(boundaries[w], boundaries[w + 1]).reduce((a, b) => a + b, 0);
            expect(share).toBeLessThanOrEqual(total / workers + largest);
          }
          expect(boundaries[workers]).toBe(work.length);
        },
      ),
    );
  });
});
