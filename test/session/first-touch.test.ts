/** Large arenas: workers touch their rows before anything is written there. */

import { describe, expect, it, vi } from 'vitest';
import { createArena } from '../../dist/src/arena/arena.js';
import { layoutArena } from '../../dist/src/arena/layout.js';
import { parseConfig } from '../../dist/src/index.js';
import { WorkerPool } from '../../dist/src/session/pool.js';
import { prepareRun } from '../../dist/src/session/prepare.js';
import { RunSession } from '../../dist/src/session/run-session.js';

const config = (nodes: number, workers: number) =>
  parseConfig({
    topology: { kind: 'ring', nodes },
    cost: { kind: 'quadratic', dim: 128 },
    flow: { kind: 'primal-dual', step: 0.05, alpha: 0.5, beta: 0.5 },
    rounds: 3,
    workers,
    trace: { every: 3 },
  });

/** With the state of an agent right after the start. */
async function run(nodes: number, workers: number) {
  const touch = vi.spyOn(WorkerPool.prototype, 'touch');
  const session = new RunSession();
  await session.prepare({ config: await config(nodes, workers), outDir: null });
  await session.pause();
  const ended = session.start();
  const { x } = await session.inspect(7);
  await session.resume();
  const { stateHash } = (await ended).summary;
  const touches = touch.mock.calls.length;
  touch.mockRestore();
  return { stateHash, x, touches };
}

describe('the first touch', () => {
  it('of a large arena is its workers', async () => {
    const alone = await run(16_000, 1);
    const shared = await run(16_000, 3);
    expect([alone.touches, shared.touches]).toEqual([0, 1]);
    expect(shared.stateHash).toBe(alone.stateHash);
    expect(shared.x).toEqual(alone.x);
    expect((await run(100, 2)).touches).toBe(0);
  });

  it('that fails leaves no thread behind', async () => {
    const { plan } = await prepareRun(await config(100, 2), 2);
    const pool = new WorkerPool(2);
    const destroy = vi.spyOn(pool, 'destroy');
    const other = createArena(layoutArena([{ name: 'x', type: 'f64', length: 10 }], 2));
    await expect(
      pool.touch({ ...other, layout: plan.layout } as typeof other, plan, null),
    ).rejects.toThrowError(/not the arena of this run/);
    expect(destroy).toHaveBeenCalledOnce();
  });
});
