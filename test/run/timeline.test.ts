/** What a timeline records is what happened, and recording changes no bit and allocates nothing. */

import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { parseConfig, type TimelineWindow } from '../../dist/src/index.js';
import { RunSession } from '../../dist/src/session/run-session.js';
import { createTimeline, endTimeline, type Lap, readLaps, withTimeline } from '../../src/run/timeline.js';
import type { BoundProgram } from '../../src/run/types.js';
import { expectFlat } from '../support/heap.js';
import { runConfig } from '../support/run.js';

const config = (more: Record<string, unknown> = {}) => ({
  topology: { kind: 'ring', nodes: 30 },
  cost: { kind: 'quadratic', dim: 8, condition: 4 },
  flow: { kind: 'primal-dual', step: 0.05, alpha: 0.5, beta: 0.5 },
  compressor: { kind: 'top-k', k: 2 },
  rounds: 600,
  trace: { every: 7 },
  workers: 2,
  ...more,
});

const HUB = {
  topology: { kind: 'star', nodes: 4001 },
  flow: { kind: 'primal-dual', step: 0.00005, alpha: 0.5, beta: 0.5 },
  compressor: undefined,
  rounds: 90,
};
const SERVER = {
  program: { kind: 'parameter-server', agents: 6, lambda: 0.3, gamma: 0.05, batch: 'all' },
  topology: undefined,
  flow: undefined,
  compressor: undefined,
};

describe('a run that is recorded', () => {
  it.each([
    ['a flow', {}, ['round']],
    ['a hub that workers share', HUB, ['hubs', 'round']],
    ['a parameter server', SERVER, ['send', 'reduce', 'apply']],
  ])('%s: the same bits, and the rounds in its middle, each phase of them', async (_, more, phases) => {
    const given = config(more);
    const timeline: TimelineWindow = { rounds: 50 };
    const recorded = await runConfig(given, { timeline });
    expect(recorded.summary.stateHash).toBe((await runConfig(given)).summary.stateHash);
    const { rounds, phases: names } = recorded.timeline!;
    expect(names).toEqual(phases);
    const middle = given.rounds / 2;
    expect(rounds.map(([lap]) => lap!.round)).toEqual(Array.from({ length: 50 }, (_, i) => middle - 25 + i));
    for (const laps of rounds) {
      const own = laps.filter(({ kind }) => kind === 'phase').map(({ phase, round }) => [phase, round]);
      expect(own).toEqual(phases.map((_, phase) => [phase, laps[0]!.round]));
      // Rows stand after the round of which they are.
      const after = laps[0]!.round + 1;
      const row = laps.filter(({ kind }) => kind === 'row');
      expect(row.length > 0).toBe(after % 7 === 0);
      expect(row.every(({ round }) => round === after)).toBe(true);
    }
  });

  it('on one clock: nobody goes on before everybody has come', async () => {
    const { timeline } = await runConfig(config({ workers: 3 }), { timeline: { rounds: 100 } });
    const { rounds, clockErrorMs } = timeline!;
    expect(clockErrorMs).toBeGreaterThan(0);
    // Half of what two readings of a clock lie apart: far less than the machine needs for anything here.
    expect(clockErrorMs).toBeLessThan(0.01);
    const laps = rounds.flat();
    for (const [at, { began, arrived, released }] of laps.entries()) {
      expect(began).toHaveLength(3);
      const last = Math.max(...arrived);
      for (const worker of [0, 1, 2]) {
        expect(arrived[worker]).toBeGreaterThanOrEqual(began[worker]!);
        expect(released[worker]).toBeGreaterThanOrEqual(last - clockErrorMs);
        if (at > 0) expect(began[worker]).toBe(laps[at - 1]!.released[worker]);
      }
    }
    expect(Math.min(...laps[0]!.began)).toBe(0);
  });

  it('the last rounds where the run ends before its middle is known', async () => {
    const { timeline, summary } = await runConfig(config({ rounds: 1e8, stop: { rmsError: 0.1 } }), {
      timeline: { rounds: 20, afterSeconds: 3600 },
    });
    expect(summary.status).toBe('converged');
    expect(timeline!.rounds.at(-1)![0]!.round).toBe(summary.rounds - 1);
    expect(timeline!.rounds.length).toBeLessThanOrEqual(20);
  });

  it('the middle by seconds where it is ended from outside', async () => {
    const session = new RunSession();
    const loaded = await parseConfig(config({ rounds: 1e9, trace: { every: 1e6 } }));
    await session.prepare({ config: loaded, outDir: null, timeline: { rounds: 20, afterSeconds: 0.01 } });
    const running = session.start();
    // On any machine: timers of a thread go off in their order, so the middle is known once the second has.
    const goesOn = async (rounds: number) => {
      const { round } = await session.progress();
      while ((await session.progress()).round < round + rounds) await setTimeout(5);
    };
    await goesOn(1);
    await setTimeout(50);
    await goesOn(50);
    await session.stop();
    const { timeline, summary } = await running;
    expect(timeline!.rounds).toHaveLength(20);
    expect(timeline!.rounds.at(-1)![0]!.round).toBeLessThan(summary.rounds - 1);
  });

  it('as many as were asked for where the middle by seconds comes after a few', async () => {
    const { timeline } = await runConfig(config({ rounds: 2000 }), {
      timeline: { rounds: 500, afterSeconds: 0 },
    });
    expect(timeline!.rounds).toHaveLength(500);
  });

  it('allocates nothing in the loop', { retry: 2 }, async () => {
    const warm = 20_000;
    const { heap } = await runConfig(config({ rounds: 50_000, trace: { every: 1e6 } }), {
      timeline: { rounds: 100, afterSeconds: 3600 },
      heapAtRounds: [warm, warm + 10_000, warm + 20_000, warm + 30_000],
    });
    for (const used of heap) expectFlat(used, 10_000);
  });
});

describe('the ring', () => {
  /** Two workers by hand, on one thread: each does rounds of one phase, and the barrier is not there. */
  function byHand(rounds: number, until = Number.POSITIVE_INFINITY) {
    const timeline = createTimeline(2, rounds, until);
    const program: BoundProgram = {
      prologue() {},
      phases: [() => {}],
      tracePhases: [() => {}],
      traceRow: () => 'go',
    };
    const workers = [0, 1].map((worker) => withTimeline(program, { wait() {} }, timeline, worker, 2));
    const does = (worker: number, round: number, row = false) => {
      const { program, barrier } = workers[worker]!;
      (row ? program.tracePhases : program.phases)[0]!(round);
      barrier.wait();
    };
    const read = () => readLaps(timeline, 2, rounds).rounds.map((laps) => laps.map(nameOf));
    return { timeline, does, read, reports: () => Promise.all(workers.map(({ report }) => report())) };
  }
  const nameOf = ({ kind, round }: Lap) => `${kind} ${round}`;

  it('keeps the last rounds, whatever came before', async () => {
    const { does, read, reports } = byHand(3);
    for (let round = 0; round < 1000; round++) for (const worker of [0, 1]) does(worker, round);
    expect(read()).toEqual([['phase 997'], ['phase 998'], ['phase 999']]);
    expect(await reports()).toMatchObject([{ phases: ['phase 1'] }, { phases: ['phase 1'] }]);
  });

  it('ends before the round that it is told, rows of the round before included', () => {
    const { does, read, timeline } = byHand(3, 500);
    endTimeline(timeline, 8);
    endTimeline(timeline, 90);
    for (let round = 0; round < 20; round++) {
      for (const worker of [0, 1]) {
        does(worker, round);
        if (round % 2 === 1) does(worker, round + 1, true);
      }
    }
    expect(read()).toEqual([['phase 5', 'row 6'], ['phase 6'], ['phase 7', 'row 8']]);
  });

  it('leaves out a round that one worker has seen and another not', () => {
    const { does, read } = byHand(5);
    for (let round = 0; round < 4; round++) for (const worker of [0, 1]) does(worker, round);
    does(0, 4);
    expect(read()).toEqual([['phase 0'], ['phase 1'], ['phase 2'], ['phase 3']]);
    does(1, 4);
    does(0, 5, true);
    // Round 4 has a row, which one of them has not done.
    expect(read()).toEqual([['phase 0'], ['phase 1'], ['phase 2'], ['phase 3']]);
  });

  it('begins anew where a run goes back', () => {
    const { does, read } = byHand(50);
    for (const round of [0, 1, 2, 3, 4, 2, 3]) for (const worker of [0, 1]) does(worker, round);
    expect(read()).toEqual([['phase 2'], ['phase 3']]);
  });

  it('of no round at all is empty', () => {
    expect(byHand(4).read()).toEqual([]);
  });
});
