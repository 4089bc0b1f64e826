/** The clock counts what it says, and changes no bit of a run. */

import { expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { countFrom, createClock, readClock } from '../../src/run/clock.js';
import { RunSession } from '../../src/session/run-session.js';

const ROUNDS = 60;
const config = () =>
  parseConfig({
    topology: { kind: 'ring', nodes: 30 },
    cost: { kind: 'quadratic', dim: 8, condition: 4 },
    flow: { kind: 'primal-dual', step: 0.05, alpha: 0.5, beta: 0.5 },
    compressor: { kind: 'top-k', k: 2 },
    rounds: ROUNDS,
    trace: { every: 7 },
    workers: 2,
  });

it('counts the rounds from the one it is told, on every worker', async () => {
  const clock = createClock(2);
  countFrom(clock, 10);
  const session = new RunSession();
  await session.prepare({ config: await config(), outDir: null, clock });
  await session.start();
  for (const { rounds, workMs, waitMs, spanMs } of readClock(clock)) {
    expect(rounds).toBe(ROUNDS - 10);
    expect(workMs).toBeGreaterThan(0);
    expect(waitMs).toBeGreaterThan(0);
    // Every reading of the time ends one interval and begins the next.
    expect(workMs + waitMs).toBeCloseTo(spanMs, 6);
  }
});

it('gives the same bits as a run without it', async () => {
  const hash = async (clock: { clock?: SharedArrayBuffer }) => {
    const session = new RunSession();
    await session.prepare({ config: await config(), outDir: null, ...clock });
    return (await session.start()).summary.stateHash;
  };
  expect(await hash({ clock: createClock(2) })).toBe(await hash({}));
});
