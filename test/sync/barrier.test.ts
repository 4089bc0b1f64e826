/**
 * The barrier among real threads, and its unkind cases. A race shows here as a wrong tally (a party saw
 * another's value of an earlier crossing) or as a test that never ends; with 20,000 immediate re-entries a
 * lost wake-up or a missing reset is found in practice, though no finite test proves their absence: the
 * argument stands beside the Atomics in src/sync/barrier.ts.
 */

import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { Barrier, BarrierPoisoned, nextBudget, poison } from '../../src/sync/barrier.js';
import { controlWords, Poison } from '../../src/sync/control.js';
import { type BarrierShape, centralShape, pathOf, treeShape } from '../../src/sync/tree.js';
import { someOf } from '../support/some.js';

interface Outcome {
  wrong?: number;
  thrown?: string;
  reason?: number;
}

interface Parties {
  parties: number;
  /** Threads started; fewer than parties means that the barrier can never complete. */
  started?: number;
  crossings: number;
  spins: number;
  /** Who is, and by how much. */
  late?: number;
  lateMs?: number;
  shape?: BarrierShape;
}

const freshWords = (parties: number) => new Int32Array(new SharedArrayBuffer(controlWords(parties) * 4));

function start({
  parties,
  started = parties,
  crossings,
  spins,
  late = 0,
  lateMs = 0,
  shape = centralShape(parties),
}: Parties) {
  const words = freshWords(parties);
  const tally = new Int32Array(new SharedArrayBuffer(parties * 4));
  const outcomes = Array.from({ length: started }, (_, party) => {
    const worker = new Worker(new URL('./party.mjs', import.meta.url), {
      workerData: {
        ...{ words, path: pathOf(shape, party), tally, parties, party },
        ...{ crossings, spins, late, lateMs },
      },
    });
    return new Promise<Outcome>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  });
  return { words, outcomes: Promise.all(outcomes) };
}

describe('barrier', () => {
  it('lets a single party through at once', () => {
    const barrier = new Barrier(freshWords(1), pathOf(centralShape(1), 0));
    for (let i = 0; i < 1000; i++) barrier.wait();
  });

  it.each([
    { parties: 2, crossings: 20_000, spins: 20_000 },
    { parties: 2, crossings: 2_000, spins: 0 },
    { parties: 3, crossings: 500, spins: 100 },
    { parties: 5, crossings: 500, spins: 0 },
  ])('publishes plain writes: $parties parties, $crossings crossings, $spins spins', async (parties) => {
    const outcomes = await start(parties).outcomes;
    expect(outcomes).toEqual(Array(parties.parties).fill({ wrong: 0 }));
  });

  it('waits for one that is late', async () => {
    const outcomes = await start({ parties: 2, crossings: 3, spins: 10, lateMs: 30 }).outcomes;
    expect(outcomes).toEqual([{ wrong: 0 }, { wrong: 0 }]);
  });

  it.each([{ spins: 0 }, { spins: 1_000_000_000 }])(
    'poisoned, lets go those who sleep and those who spin ($spins spins)',
    async ({ spins }) => {
      // Two of three parties arrive: only the poison can end this.
      const { words, outcomes } = start({ parties: 3, started: 2, crossings: 1, spins });
      await new Promise((resolve) => setTimeout(resolve, 150));
      poison(words, Poison.STOPPED);
      const left = { thrown: 'BarrierPoisoned', reason: Poison.STOPPED };
      expect(await outcomes).toEqual([left, left]);
    },
  );

  it('stays poisoned: later arrivals leave too, and the first reason stays', () => {
    const words = freshWords(2);
    poison(words, Poison.WORKER_FAILED);
    poison(words, Poison.STOPPED);
    for (let i = 0; i < 3; i++) {
      expect(() => new Barrier(words, pathOf(centralShape(2), 0)).wait()).toThrowError(
        expect.objectContaining({ name: 'BarrierPoisoned', reason: Poison.WORKER_FAILED }),
      );
    }
    expect(new BarrierPoisoned(Poison.STOPPED).message).toBe('the run was stopped');
  });
});

describe('a tree of nodes', () => {
  it.each(
    someOf(
      Array.from({ length: 15 }, (_, at) => 17 - at),
      5,
    ),
  )('of %d parties publishes plain writes', async (parties) => {
    const shape = treeShape(parties);
    expect(shape.above.length).toBeGreaterThan(1);
    const outcomes = await start({ parties, crossings: 60, spins: 0, shape }).outcomes;
    expect(outcomes).toEqual(Array(parties).fill({ wrong: 0 }));
  });

  it.each([100, 20_000])('of four spins as well: %d spins', async (spins) => {
    const outcomes = await start({ parties: 4, crossings: 300, spins, shape: treeShape(4) }).outcomes;
    expect(outcomes).toEqual(Array(4).fill({ wrong: 0 }));
  });

  it.each(someOf([4, 1, 0, 2, 3], 2))('waits for party %d of five', async (late) => {
    const lateParty = { parties: 5, crossings: 2, spins: 10, late, lateMs: 20, shape: treeShape(5) };
    expect(await start(lateParty).outcomes).toEqual(Array(5).fill({ wrong: 0 }));
  });

  it.each(someOf([1, 2, 3, 4, 5, 6, 7, 8], 3))(
    'poisoned, lets go all that wait, at whatever node: %d of nine have come',
    async (started) => {
      const { words, outcomes } = start({
        parties: 9,
        started,
        crossings: 1,
        spins: started % 2 === 0 ? 0 : 1_000,
        shape: treeShape(9),
      });
      await new Promise((resolve) => setTimeout(resolve, 100));
      poison(words, Poison.STOPPED);
      const left = { thrown: 'BarrierPoisoned', reason: Poison.STOPPED };
      expect(await outcomes).toEqual(Array(started).fill(left));
    },
  );
});

describe('the spin budget follows the waits', () => {
  const most = 20_000;
  const follow = (budget: number, sleptLong: boolean) =>
    Array.from({ length: 20 }).reduce<number>((now) => nextBudget(now, most, sleptLong), budget);

  it('falls where every wait is long, and not below a floor', () => {
    expect(nextBudget(most, most, true)).toBe(most / 2);
    expect(follow(most, true)).toBe(500);
  });

  it('comes back where waits are short', () => {
    expect(nextBudget(500, most, false)).toBe(1000);
    expect(follow(500, false)).toBe(most);
  });

  it('stays 0 where there are more workers than cores', () => {
    for (const sleptLong of [true, false]) expect(nextBudget(0, 0, sleptLong)).toBe(0);
  });
});
