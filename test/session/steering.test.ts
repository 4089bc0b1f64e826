/**
 * Steering: what each call does in each state of a run, alone and at once with others. Whatever is asked for
 * and whenever, every call settles, and pause() has resolved only when nothing moves.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { InputError, parseConfig } from '../../dist/src/index.js';
import { RunSession } from '../../dist/src/session/run-session.js';
import type { RunResult } from '../../dist/src/session/types.js';
import { random, steerAtOnce } from '../support/steer-at-random.js';

const MANY = 1_000_000_000;

interface Started {
  session: RunSession;
  ended: Promise<RunResult>;
}

async function prepared(rounds = MANY, workers = 2): Promise<RunSession> {
  const session = new RunSession();
  const config = await parseConfig({
    topology: { kind: 'ring', nodes: 12 },
    cost: { kind: 'quadratic', dim: 5, condition: 4 },
    flow: { kind: 'primal-dual', compress: 'error-state', step: 0.05, alpha: 1, beta: 1 },
    compressor: { kind: 'flattened-sign' },
    rounds,
    workers,
    trace: { every: 1000 },
  });
  await session.prepare({ config, outDir: null });
  return session;
}

/** A run, and its end however the test leaves it. */
async function withRun(use: (started: Started) => Promise<void>, rounds = MANY, workers = 2): Promise<void> {
  const session = await prepared(rounds, workers);
  const ended = session.start();
  try {
    await use({ session, ended });
  } finally {
    await session.stop();
    await ended;
  }
}

/** The same, standing still at round 0. */
const fromStart = (use: (started: Started) => Promise<void>, rounds = MANY) =>
  withRun(async (started) => {
    await started.session.pause();
    await started.session.step(1);
    await use(started);
  }, rounds);

const refusal = (call: Promise<unknown>): Promise<Error> =>
  call.then(
    () => new Error('was not refused'),
    (error: Error) => error,
  );

/** Nothing moves: neither the round nor an agent's state. */
async function expectStill(session: RunSession, round?: number): Promise<void> {
  const before = await session.inspect(3);
  expect(await session.progress()).toMatchObject({ paused: true, round: round ?? before.round });
  await sleep(20);
  expect(await session.inspect(3)).toEqual(before);
}

async function expectRunning(session: RunSession): Promise<void> {
  const { round, paused } = await session.progress();
  expect(paused).toBe(false);
  const later = async () => (await session.progress()).round;
  await expect.poll(later, { interval: 2, timeout: 60_000 }).toBeGreaterThan(round);
}

describe('calls at once are carried out in their order', () => {
  it('resume and pause: goes on, and stands still', () =>
    fromStart(async ({ session }) => {
      for (let time = 0; time < 20; time++) {
        const [, round] = await Promise.all([session.resume(), session.pause()]);
        await expectStill(session, round);
      }
    }));

  it('pause and resume: stood still, and goes on', () =>
    withRun(async ({ session }) => {
      for (let time = 0; time < 20; time++) await Promise.all([session.pause(), session.resume()]);
      await expectRunning(session);
    }));

  it('two pauses give the same round', () =>
    withRun(async ({ session }) => {
      const [first, second] = await Promise.all([session.pause(), session.pause()]);
      expect(second).toBe(first);
      await expectStill(session, first);
    }));

  it('two steps are one after the other', () =>
    fromStart(async ({ session }) => {
      expect(await Promise.all([session.step(3), session.step(4)])).toEqual([4, 8]);
      await expectStill(session, 8);
    }));

  it('a pause and a step', () =>
    withRun(async ({ session }) => {
      const [paused, stepped] = await Promise.all([session.pause(), session.step(5)]);
      expect(stepped).toBe(paused + 5);
      await expectStill(session, stepped);
    }));

  it('a step and a resume: goes on behind the step', () =>
    fromStart(async ({ session }) => {
      const [stepped] = await Promise.all([session.step(5), session.resume()]);
      expect(stepped).toBe(6);
      await expectRunning(session);
    }));

  it('a pause cuts short the steps before it, and no others', () =>
    fromStart(async ({ session }) => {
      const first = session.step(MANY - 1);
      const second = session.step(7);
      await sleep(5);
      const paused = await session.pause();
      expect(await first).toBe(paused);
      expect(await second).toBe(paused);
      expect(await session.step(7)).toBe(paused + 7);
    }));

  it('inspect and progress answer at once, whatever is under way', () =>
    fromStart(async ({ session }) => {
      const stepped = session.step(MANY - 1);
      await sleep(5);
      expect((await session.inspect(0)).neighbours).toEqual([1, 11]);
      expect((await session.progress()).paused).toBe(false);
      await session.pause();
      await stepped;
    }));
});

describe('step', () => {
  it('is refused while the run goes on, and after a resume', () =>
    withRun(async ({ session }) => {
      const running = /step was called while the run goes on, expected a run that stands still/;
      expect(await refusal(session.step(1))).toMatchObject({ message: expect.stringMatching(running) });
      await session.pause();
      const [, step] = await Promise.all([session.resume(), refusal(session.step(1))]);
      expect(step).toBeInstanceOf(InputError);
      expect(step.message).toMatch(running);
      await expectRunning(session);
    }));

  it('of a number that is no number of rounds is refused with the value and what was expected', () =>
    fromStart(async ({ session }) => {
      for (const rounds of [
        0,
        -1,
        1.5,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        2 ** 31,
        2 ** 32 + 1,
        '3',
        null,
      ]) {
        const refused = await refusal(session.step(rounds as number));
        expect(refused).toBeInstanceOf(InputError);
        expect(refused.message).toMatch(/^step is .+, expected a whole number of rounds, 1\.\.2147483647$/);
      }
      expect((await refusal(session.step(2 ** 32 + 1))).message).toContain('step is 4294967297,');
      await expectStill(session, 1);
    }));

  it('to the last round stands still there; the next comes to the end', () =>
    fromStart(async ({ session, ended }) => {
      expect(await session.step(9)).toBe(10);
      await expectStill(session, 10);
      expect(await session.step(2 ** 31 - 1)).toBe(10);
      expect((await ended).summary).toMatchObject({ status: 'finished', rounds: 10 });
    }, 10));

  it('over the last round comes to the end', () =>
    fromStart(async ({ session, ended }) => {
      expect(await session.step(1000)).toBe(10);
      expect((await ended).summary.status).toBe('finished');
    }, 10));
});

/** The short form of test/chaos: the seeds are fixed. */
describe.each([1, 2, 3, 4])('calls at random, seed %i', (seed) => {
  it('settle, and mean what they say', async () => {
    const next = random(seed);
    const rounds = 20_000;
    const session = await prepared(rounds, 1 + next(3));
    if (next(2) === 0) await session.pause();
    let over = false;
    const ended = session.start().finally(() => {
      over = true;
    });
    const wrong: string[] = [];
    for (let group = 0; group < 25; group++) {
      wrong.push(...(await steerAtOnce(session, next, rounds, () => over)));
    }
    expect(wrong).toEqual([]);
    await session.stop();
    const { summary } = await ended;
    expect(await session.pause()).toBe(summary.rounds);
  });
});

describe('before the first round and after the last', () => {
  it('a pause before the start stands still at round 0, and may be stepped from at once', async () => {
    const session = await prepared();
    expect(await session.pause()).toBe(0);
    const ended = session.start();
    expect(await session.step(2)).toBe(2);
    await expectStill(session, 2);
    await session.stop();
    await ended;
  });

  it('a pause while the workers come up', () =>
    withRun(async ({ session }) => {
      const round = await session.pause();
      await expectStill(session, round);
    }));

  it('after the end every call settles with the last round', async () => {
    const session = await prepared(10);
    await session.start();
    expect(await Promise.all([session.pause(), session.step(3), session.resume(), session.step(3)])).toEqual([
      10,
      10,
      undefined,
      10,
    ]);
    await session.stop();
    expect(await session.progress()).toMatchObject({ round: 10, paused: false });
    expect(await session.inspect(0)).toMatchObject({ round: 10 });
  });

  it.each([
    ['a pause', (session: RunSession) => [session.pause()]],
    ['a step', (session: RunSession) => [session.step(MANY - 1)]],
    [
      'a queue',
      (session: RunSession) => [session.step(5), session.resume(), session.pause(), session.step(2)],
    ],
  ])('a stop ends what is under way: %s', (_name, calls) =>
    fromStart(async ({ session, ended }) => {
      const settled = Promise.all(calls(session));
      await session.stop();
      await session.resume();
      const rounds = await settled;
      const { summary } = await ended;
      expect(summary.status).toBe('stopped');
      for (const round of rounds) expect(round ?? summary.rounds).toBeLessThanOrEqual(summary.rounds);
      expect(await session.pause()).toBe(summary.rounds);
    }),
  );

  it('a worker that fails in a step ends the whole queue', async () => {
    const session = await prepared();
    const { ready } = session as unknown as { ready: { options: { fault?: object } } };
    ready.options.fault = { worker: 1, round: 5, kind: 'throw' };
    await session.pause();
    const ended = refusal(session.start());
    await Promise.all([session.step(100), session.step(1), session.resume(), session.step(1)]);
    expect((await ended).message).toMatch(/worker 1 failed/);
    expect(await session.pause()).toBeLessThanOrEqual(6);
  });
});
