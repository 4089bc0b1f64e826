/** Rounds until a run stops: predicted for all that `stop` names, or not at all. */

import { expect, it } from 'vitest';
import { roundsToStop } from '../../src/report/tuning.js';
import type { Tuning } from '../../src/run/reports.js';

/** From an error of 1: a factor of ten every 10 rounds, a millionth after 60. */
const tuning = { firstError: 1, roundsPerDecade: 10, roundsToMillionth: 60, roundsToGap: 35 } as Tuning;

it('are those of the last part to arrive', () => {
  expect(roundsToStop(tuning, { rmsError: 1e-4 })).toBe(40);
  expect(roundsToStop(tuning, { gap: 1e-6 })).toBe(35);
  expect(roundsToStop(tuning, { rmsError: 1e-4, gap: 1e-6 })).toBe(40);
  expect(roundsToStop(tuning, {})).toBeNull();
});

it.each(['agentsGapMean', 'agentsGapWorst', 'gradientNorm', 'consensusError'])(
  'are not predicted beside %s, which nobody predicts',
  (quantity) => {
    expect(roundsToStop(tuning, { [quantity]: 1e-6 })).toBeNull();
    expect(roundsToStop(tuning, { rmsError: 1e-4, [quantity]: 1e-6 })).toBeNull();
  },
);
