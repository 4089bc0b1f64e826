/**
 * The machine's own ceiling for a speed-up: as many threads do arithmetic in registers only, with the barrier
 * of a run after every round of it and the clock of a run around it (`kernels/arithmetic.ts`,
 * `workers/bench.ts`). They share nothing but the barrier's words, so what they lack of n times one thread's
 * throughput no partition, layout or kernel can win: cores that are two threads of one, a clock that falls
 * when all are busy, neighbours on a shared host.
 *
 * A round here takes one thread as long as the round that it bounds takes one worker, so that both cross the
 * barrier as often.
 */

import { readFile } from 'node:fs/promises';
import { countFrom, createClock, readClock } from '../run/clock.js';
import { kernelsUrl } from '../run/locations.js';
import { type RoundSample, summarizeClock, WARM_ROUNDS } from './rig.js';
import type { BenchTask } from './tasks.js';
import { BenchThreads, meetings } from './threads.js';

/** Shorter trials say little: the first calls run code that is still to be compiled well. */
const TRIAL_SECONDS = 0.02;
const FIRST_STEPS = 10_000;
const TRIAL_ROUNDS = 8;

export class Ceiling {
  private readonly threads: BenchThreads;
  private readonly module: WebAssembly.Module;
  /** Kernels want one; nothing is in it. */
  private readonly memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });

  private constructor(threads: BenchThreads, module: WebAssembly.Module) {
    this.threads = threads;
    this.module = module;
  }

  /** For up to so many threads. */
  static async open(most: number): Promise<Ceiling> {
    return new Ceiling(new BenchThreads(most), await WebAssembly.compile(await readFile(kernelsUrl)));
  }

  /** Steps a second of one thread that is alone. */
  async pace(): Promise<number> {
    for (let steps = FIRST_STEPS; ; steps *= 4) {
      const { seconds } = await this.sample(1, steps, TRIAL_ROUNDS);
      if (seconds * TRIAL_ROUNDS >= TRIAL_SECONDS) return steps / seconds;
    }
  }

  /** So many rounds, of so many steps for each thread. */
  async sample(parties: number, steps: number, rounds: number): Promise<RoundSample> {
    const clock = createClock(parties);
    countFrom(clock, WARM_ROUNDS);
    const tasks = meetings(parties).map(
      (meeting, party): BenchTask => ({
        kind: 'arithmetic',
        ...meeting,
        module: this.module,
        memory: this.memory,
        clock,
        party,
        steps,
        rounds: WARM_ROUNDS + rounds,
      }),
    );
    await this.threads.run(tasks);
    return summarizeClock(readClock(clock));
  }

  close(): Promise<void> {
    return this.threads.close();
  }
}
