/**
 * The engine on the bench: a session as any other, that stands paused at a round and is stepped, a batch of
 * rounds a sample. So what is timed is the round loop that runs use, with its pool, its barrier and its
 * control words; the clock sits between phases and barrier (`src/run/clock.ts`).
 *
 * Several rigs may stand beside one another; those that are not stepped sleep.
 */

import { parseConfig } from '../config/load.js';
import { countFrom, createClock, readClock, type WorkerTime } from '../run/clock.js';
import type { LoadedConfig } from '../run/config.js';
import type { CheckpointReport, PlanReport } from '../run/reports.js';
import { RunSession } from '../session/run-session.js';
import type { RunResult } from '../session/types.js';

/** No run on a bench gets this far, and no row of a trace falls into a sample. */
const ROUNDS = 100_000_000;
/** Rounds before the counted ones of a sample: threads wake up, caches fill again. */
export const WARM_ROUNDS = 2;
const MAX_BATCH = 1_000_000;

export interface RoundSample {
  /**
   * Seconds a round: the leader's time from the first counted round's beginning to the last barrier, over the
   * rounds.
   */
  seconds: number;
  /** Share of all workers' time that went to the barrier. */
  barrier: number;
  /** Slowest worker's time in phases over the mean, minus 1. */
  imbalance: number;
}

export class Rig {
  readonly report: PlanReport;
  private readonly session: RunSession;
  private readonly clock: SharedArrayBuffer;
  private readonly running: Promise<RunResult>;
  private round = 0;
  private batch = 1;

  private constructor(
    session: RunSession,
    report: PlanReport,
    clock: SharedArrayBuffer,
    running: Promise<RunResult>,
  ) {
    this.session = session;
    this.report = report;
    this.clock = clock;
    this.running = running;
  }

  /**
   * `config`: as a YAML file would hold it, without rounds and workers. Throws InputError where it is wrong.
   */
  static async open(
    config: object | LoadedConfig,
    workers: number,
    checkpoints?: { folder: string; everyRounds: number },
  ): Promise<Rig> {
    const loaded: LoadedConfig = 'folder' in config ? config : await parseConfig(config);
    const session = new RunSession();
    const clock = createClock(workers);
    const report = await session.prepare({
      config: {
        ...loaded,
        config: {
          ...loaded.config,
          workers,
          rounds: ROUNDS,
          stop: {},
          trace: { sample: 0, every: ROUNDS },
          ...(checkpoints && { checkpoint: { everyRounds: checkpoints.everyRounds, keep: 1 } }),
        },
      },
      outDir: checkpoints?.folder ?? null,
      clock,
    });
    await session.pause();
    const running = session.start();
    // Whoever steps hears of a failure; until then nobody does.
    running.catch(() => {});
    return new Rig(session, report, clock, running);
  }

  /** Sets the batch so that a sample takes about this long; gives the seconds of a round. */
  async calibrate(sampleSeconds: number): Promise<number> {
    this.batch = 1;
    for (;;) {
      const { seconds } = await this.sample();
      const wanted = Math.max(1, Math.min(MAX_BATCH, Math.round(sampleSeconds / seconds)));
      const trusted = this.batch * seconds >= sampleSeconds / 4 || this.batch >= wanted;
      // In small steps until a batch is long enough to be trusted: the first rounds are those of cold code.
      this.batch = trusted ? wanted : Math.min(wanted, this.batch * 8);
      if (trusted) return seconds;
    }
  }

  /** Rounds of a sample. */
  get rounds(): number {
    return this.batch;
  }

  set rounds(count: number) {
    this.batch = count;
  }

  /** Ends it; gives what became of its checkpoints. */
  async checkpoints(): Promise<CheckpointReport> {
    await this.close();
    const { checkpoints } = (await this.running).summary;
    if (checkpoints === undefined) throw new Error('no checkpoint was taken');
    return checkpoints;
  }

  /** One batch of rounds. */
  async sample(): Promise<RoundSample> {
    const from = this.round + WARM_ROUNDS;
    countFrom(this.clock, from);
    const stepped = this.session.step(WARM_ROUNDS + this.batch);
    // A run that fails never comes back to its pause.
    this.round = await Promise.race([stepped, this.running.then(() => Number.NaN)]);
    return summarizeClock(readClock(this.clock));
  }

  async close(): Promise<void> {
    await this.session.stop();
    await this.running;
  }
}

export function summarizeClock(times: readonly WorkerTime[]): RoundSample {
  const [leader] = times;
  const work = times.map(({ workMs }) => workMs);
  const totalWork = work.reduce((sum, ms) => sum + ms, 0);
  const totalWait = times.reduce((sum, { waitMs }) => sum + waitMs, 0);
  return {
    seconds: leader.spanMs / 1000 / leader.rounds,
    barrier: totalWait / (totalWork + totalWait),
    imbalance: (Math.max(...work) * times.length) / totalWork - 1,
  };
}
