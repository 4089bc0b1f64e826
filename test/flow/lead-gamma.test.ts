/**
 * LEAD's gamma by the formula: small contractions beside little curvature, where gamma = delta^2 grows
 * without end.
 */

import { describe, expect, it } from 'vitest';
import { runConfig } from '../support/run.js';

const configOf = (flow: object) => ({
  topology: { kind: 'ring', nodes: 10 },
  cost: { kind: 'quadratic', dim: 64, condition: 300 },
  flow: { kind: 'lead', tuning: 'formula', ...flow },
  compressor: { kind: 'flatten', size: 8, inner: { kind: 'sign' } },
  rounds: 6000,
  trace: { every: 100 },
  workers: 1,
});

describe('flatten(sign) in parts of 8 of 64 entries', () => {
  it('keeps to the lag of the estimates, and comes nearer all the time', async () => {
    const { summary } = await runConfig(configOf({}));
    expect(summary.warnings.join()).not.toMatch(/grow/);
    expect(summary.final.rmsError).toBeLessThan(0.03);
  });

  it('with the square of what the whole vector mixed would keep it grows', async () => {
    const { summary } = await runConfig(configOf({ gamma: (2 / Math.PI) ** 2 }));
    expect(summary.status === 'diverged' || /grows|grown/.test(summary.warnings.join())).toBe(true);
  });
});
