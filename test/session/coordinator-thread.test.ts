import { describe, expect, it } from 'vitest';
import {
  beginCoordinator,
  type Coordinator,
  claimCoordinator,
  dismissCoordinator,
} from '../../src/session/coordinator-thread.js';

const begun = () =>
  (globalThis as { [key: symbol]: Coordinator | undefined })[Symbol.for('sottovoce.coordinator')];

describe('the coordinator begun early', () => {
  it('goes to the first session, and the next one gets its own', async () => {
    beginCoordinator();
    const first = begun();
    beginCoordinator();
    expect(begun()).toBe(first);
    expect(claimCoordinator()).toBe(first);
    const second = claimCoordinator();
    expect(second).not.toBe(first);
    expect(first?.worker.listenerCount('exit')).toBe(0);
    await Promise.all([first?.worker.terminate(), second.worker.terminate()]);
  });

  it('is not handed out once it has died: a session would wait for it for ever', async () => {
    beginCoordinator();
    const dead = begun() as Coordinator;
    await dead.worker.terminate();
    const alive = claimCoordinator();
    expect(alive).not.toBe(dead);
    expect(alive.worker.threadId).toBeGreaterThan(0);
    await alive.worker.terminate();
  });

  it('is ended where nobody wanted it', async () => {
    beginCoordinator();
    const idle = begun() as Coordinator;
    await dismissCoordinator();
    expect(idle.worker.threadId).toBe(-1);
    expect(begun()).toBeUndefined();
    await dismissCoordinator();
  });
});
