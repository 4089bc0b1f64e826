import { Session } from 'node:inspector';
import { expect, test, vi } from 'vitest';
import { layoutArena } from '../../src/arena/layout.js';
import { collectGarbage } from '../../src/base/collect-garbage.js';
import { leavesGarbage, PROCESS_BYTES, WORKER_BYTES } from '../../src/run/memory.js';

test('what nobody holds is gone when it has answered, and what somebody holds is not', async () => {
  const held = { memory: new Uint8Array(2 ** 20) };
  const [gone, kept] = [new WeakRef(new Uint8Array(2 ** 20)), new WeakRef(held.memory)];
  await collectGarbage();
  expect(gone.deref()).toBeUndefined();
  expect(kept.deref()).toBe(held.memory);
});

test('it is asked for where a run is large beside its process, and not where it is small', () => {
  const small = { arenaBytes: 2 ** 20, processBytes: 2 ** 20 + PROCESS_BYTES + 2 * WORKER_BYTES };
  const run = { layout: layoutArena([], 2), rounds: 100, traceEvery: 10 };
  expect(leavesGarbage(small, run)).toBe(false);
  expect(leavesGarbage({ ...small, processBytes: small.processBytes + 2 ** 26 }, run)).toBe(true);
  // Nor is a run large that has many rows.
  const rows = { ...run, rounds: 1e6, traceEvery: 1 };
  expect(leavesGarbage({ ...small, processBytes: small.processBytes + 2 ** 26 }, rows)).toBe(false);
});

test('a process that may not use the inspector goes on without', async () => {
  const connect = vi.spyOn(Session.prototype, 'connect').mockImplementation(() => {
    throw Object.assign(new Error('Access to this API has been restricted'), { code: 'ERR_ACCESS_DENIED' });
  });
  try {
    await expect(collectGarbage()).resolves.toBeUndefined();
    expect(connect).toHaveBeenCalledOnce();
  } finally {
    connect.mockRestore();
  }
});
