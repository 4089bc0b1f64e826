import type { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import {
  beginCoordinator,
  claimCoordinator,
  dismissCoordinator,
} from '../../src/session/coordinator-thread.js';

const begun = () =>
  (globalThis as { [key: symbol]: Worker | undefined })[Symbol.for('sottovoce.coordinator')];

describe('the coordinator begun early', () => {
  it('goes to the first session, and the next one gets its own', async () => {
    beginCoordinator();
    const first = begun();
    beginCoordinator();
    expect(begun()).toBe(first);
    expect(claimCoordinator()).toBe(first);
    const second = claimCoordinator();
    expect(second).not.toBe(first);
    expect(first?.listenerCount('exit')).toBe(0);
    await Promise.all([first?.terminate(), second.terminate()]);
  });

  it('is not handed out once it has died: a session would wait for it for ever', async () => {
    beginCoordinator();
    const dead = begun() as Worker;
    await dead.terminate();
    const alive = claimCoordinator();
    expect(alive).not.toBe(dead);
    expect(alive.threadId).toBeGreaterThan(0);
    await alive.terminate();
  });

  it('is ended where nobody wanted it', async () => {
    beginCoordinator();
    const idle = begun() as Worker;
    await dismissCoordinator();
    expect(idle.threadId).toBe(-1);
    expect(begun()).toBeUndefined();
    await dismissCoordinator();
  });
});
