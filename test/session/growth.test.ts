/**
 * A run that went the wrong way says so, with its values; one that stands at its rounding, or wavers, does
 * not.
 */

import { describe, expect, it } from 'vitest';
import { growthWarning } from '../../src/session/growth.js';
import type { TraceRow } from '../../src/trace/row.js';

const rows = (errors: readonly number[], objectives?: readonly number[]) =>
  errors.map((rmsError, at) => ({ round: 10 * at, rmsError, objective: objectives?.[at] ?? 0 }) as TraceRow);
const decay = (from: number, factor: number, count: number) =>
  Array.from({ length: count }, (_, at) => from * factor ** at);

describe('growthWarning', () => {
  it('names where the error began, was least and ended, where it has grown past its start', () => {
    const warning = growthWarning(rows([0.5, 0.2, 0.012, 0.4, 876]), false);
    expect(warning).toContain('from 0.5 to 876 in round 40');
    expect(warning).toContain('least in round 20, 0.012');
  });

  it('sees an error that grows steadily at the end, though it is still below its start', () => {
    const errors = [...decay(1, 0.5, 20), ...decay(1e-5, 1.3, 10)];
    expect(growthWarning(rows(errors), false)).toContain('grows at the end of the run');
  });

  it('looks at the objective where the optimum is unknown', () => {
    const unknown = [1, 2, 3, 4, 5, 6].map(() => Number.NaN);
    expect(growthWarning(rows(unknown, [3, 2, 1, 2, 4, 9]), false)).toContain('the objective has grown');
    expect(growthWarning(rows(unknown, [9, 4, 2, 1, 0.9, 0.8]), false)).toBeNull();
  });

  it.each<[string, number[]]>([
    ['a plain decay', decay(1, 0.7, 40)],
    ['rounding at the end', [...decay(1, 0.01, 8), ...decay(1e-16, 1.2, 12)]],
    ['noise around a bias', [...decay(1, 0.5, 8), 4e-3, 3e-3, 5e-3, 4e-3, 3e-3, 4e-3, 5e-3, 3e-3]],
    ['a start at the optimum', [0, 1e-17, 2e-17, 3e-17, 4e-17, 5e-17, 6e-17]],
    ['nothing but a start', [1]],
  ])('is silent: %s', (_, errors) => {
    expect(growthWarning(rows(errors), false)).toBeNull();
  });

  it('is silent where what is followed moves', () => {
    expect(growthWarning(rows([0.1, 1, 2, 3, 4, 5]), true)).toBeNull();
  });
});
