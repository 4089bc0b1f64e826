/**
 * The Session as its users drive it: pause, step, look inside, go on, stop; and in which order calls make
 * sense.
 */

import { describe, expect, it } from 'vitest';
import { type OpenSession, openSession, parseConfig, type TraceRow } from '../../dist/src/index.js';

const config = (overrides: Record<string, unknown> = {}) =>
  parseConfig({
    topology: { kind: 'ring', nodes: 12 },
    cost: { kind: 'quadratic', dim: 5, condition: 4 },
    flow: { kind: 'primal-dual', compress: 'error-state', step: 0.05, alpha: 1, beta: 1 },
    compressor: { kind: 'flattened-sign' },
    rounds: 1_000_000_000,
    workers: 2,
    trace: { every: 50 },
    ...overrides,
  });

async function withSession<T>(use: (open: OpenSession) => Promise<T>): Promise<T> {
  const open = await openSession();
  try {
    return await use(open);
  } finally {
    await open.close();
  }
}

describe('session', () => {
  it('pauses between rounds, steps, shows an agent, goes on and stops', () =>
    withSession(async ({ session }) => {
      const report = await session.prepare({ config: await config(), outDir: null });
      expect(report).toMatchObject({ agents: 12, dim: 5, edges: 12, workers: 2 });
      const ended = session.start();

      const round = await session.pause();
      expect(await session.progress()).toMatchObject({ round, paused: true });
      const before = await session.inspect(3);
      expect(before.neighbours).toEqual([2, 4]);
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(await session.inspect(3), 'nothing moves in a pause').toEqual(before);

      expect(await session.step(1)).toBe(round + 1);
      expect((await session.inspect(3)).x).not.toEqual(before.x);
      expect(await session.step(7)).toBe(round + 8);

      await session.resume();
      expect(await session.pause()).toBeGreaterThanOrEqual(round + 8);
      await session.stop();
      const { summary } = await ended;
      expect(summary.status).toBe('stopped');
      expect(summary.rounds).toBeGreaterThanOrEqual(round + 8);
    }));

  it('pausing and stepping leave no mark on the result', async () => {
    const rounds = 400;
    const straight = await withSession(async ({ session }) => {
      await session.prepare({ config: await config({ rounds }), outDir: null });
      return session.start();
    });
    const halting = await withSession(async ({ session }) => {
      await session.prepare({ config: await config({ rounds }), outDir: null });
      const ended = session.start();
      await session.pause();
      for (let i = 0; i < 10; i++) await session.step(3);
      await session.resume();
      return ended;
    });
    expect(halting.summary.stateHash).toBe(straight.summary.stateHash);
  });

  it('delivers the whole trace to a late subscriber, in order', () =>
    withSession(async ({ session }) => {
      await session.prepare({ config: await config({ rounds: 5000, trace: { every: 1 } }), outDir: null });
      const rows: TraceRow[] = [];
      const ended = session.start();
      await session.progress();
      await session.subscribe((batch) => rows.push(...batch));
      await ended;
      await session.progress();
      expect(rows.map((row) => row.round)).toEqual(Array.from({ length: 5001 }, (_, round) => round));
    }));

  it('calls made at once arrive in their order', () =>
    withSession(async ({ session }) => {
      await session.prepare({ config: await config(), outDir: null });
      const ended = session.start();
      const [first, second] = await Promise.all([session.pause(), session.step(3)]);
      expect(second).toBe(first + 3);
      const [, third, fourth] = await Promise.all([session.resume(), session.pause(), session.step(4)]);
      expect(third).toBeGreaterThanOrEqual(second);
      expect(fourth).toBe(third + 4);
      await session.stop();
      expect((await ended).summary.rounds).toBe(fourth);
    }));

  it('says which phase a call expected', () =>
    withSession(async ({ session }) => {
      await expect(session.start()).rejects.toThrow('expected prepared');
      await expect(session.resume()).rejects.toThrow('not running');
      await session.prepare({ config: await config({ rounds: 1 }), outDir: null });
      await expect(session.prepare({ config: await config(), outDir: null })).rejects.toThrow(
        'prepared already',
      );
      await session.start();
      await expect(session.start()).rejects.toThrow('started already');
      await expect(session.inspect(12)).rejects.toThrow('agent is 12, expected 0..11');
    }));

  it('a stop before the start ends the run at round 0', () =>
    withSession(async ({ session }) => {
      await session.prepare({ config: await config(), outDir: null });
      await session.stop();
      expect((await session.start()).summary).toMatchObject({ status: 'stopped', rounds: 0 });
    }));

  it('input errors keep their code and place across the threads', () =>
    withSession(async ({ session }) => {
      const refused = session.prepare({
        config: await config({ compressor: { kind: 'top-k', k: 6 } }),
        outDir: null,
      });
      await expect(refused).rejects.toMatchObject({
        code: 'BAD_INPUT',
        message: expect.stringContaining('compressor.k is 6, expected 1..5 (dim)'),
      });
    }));
});
