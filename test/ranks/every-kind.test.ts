/**
 * Runs of every kind over several ranks against the run on one machine: the final state, every row of the trace, and
 * how it ended. The ranks are sessions of this process.
 *
 * What would break it: a field that neighbours read and that does not go over, a draw by position, a sum in another
 * order, a row that one rank decides and another does not.
 */

import { describe, expect, it } from 'vitest';
import { isInputError } from '../../src/base/errors.js';
import { everyCase } from '../support/every-case.js';
import { rowsOf, runAlone, runOverRanks } from '../support/ranks/runs.js';
import { ALL, someOf } from '../support/some.js';

/** Ranks, and threads of each. */
const WAYS = [
  [2, 2],
  [3, 1],
  [1, 2],
  [4, 1],
  [2, 1],
] as const;

/** A rank is a thread that speaks and others that work: many cases take long to start. */
const SHARE = 211;

const cases = [...everyCase()].flatMap(([flow, ofFlow]) => ofFlow.map((one) => ({ flow, ...one })));

describe('the same bits over ranks', () => {
  let turn = 0;
  const tried: string[] = [];
  it.each(someOf(cases, SHARE))('$flow: $name $over', async ({ flow, name, config }) => {
    const whole = {
      ...config,
      trace: { every: 2, ...(config['trace'] as object) },
    };
    let alone: Awaited<ReturnType<typeof runAlone>>;
    try {
      alone = await runAlone(whole);
    } catch (error) {
      // What does not go together is refused on one machine too.
      if (isInputError(error)) return;
      throw error;
    }
    const [ranks, workers] = WAYS[turn++ % WAYS.length] as (typeof WAYS)[number];
    let over: Awaited<ReturnType<typeof runOverRanks>>;
    try {
      over = await runOverRanks(whole, ranks, { workers });
    } catch (error) {
      throw new Error(`${flow} ${name} over ${ranks} x ${workers}: ${(error as Error).message}`, {
        cause: error,
      });
    }
    tried.push(flow);
    expect(rowsOf(over)).toEqual(rowsOf(alone));
    expect(over.summary.stateHash).toBe(alone.summary.stateHash);
    expect(over.summary.status).toBe(alone.summary.status);
  });

  it('there were some of each flow', () => {
    if (ALL) expect(new Set(tried).size).toBeGreaterThan(14);
    else expect(tried.length).toBeGreaterThan(5);
  });
});
