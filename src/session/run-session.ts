/**
 * A Session as the coordinator thread carries it out. A session runs once: new -> prepared -> running -> over; each call says which
 * phase it expected. The work is done by `prepareRun` and `ActiveRun`.
 */

import { ownCores } from '../cores.js';
import { RunDirectory } from '../report/run-directory.js';
import { ActiveRun } from './active-run.js';
import { WorkerPool } from './pool.js';
import { type Prepared, prepareRun } from './prepare.js';
import type {
  AgentState,
  PlanReport,
  PrepareOptions,
  Progress,
  RunResult,
  Session,
  TraceRow,
} from './types.js';
import { countWorkers } from './workers.js';

interface Ready {
  prepared: Prepared;
  pool: WorkerPool;
  options: PrepareOptions;
  directory: RunDirectory | null;
}

export class RunSession implements Session {
  private ready: Ready | null = null;
  private active: ActiveRun | null = null;
  private readonly subscribers: ((rows: TraceRow[]) => void)[] = [];
  private stopAsked = false;
  private pauseAsked = false;

  async prepare(options: PrepareOptions): Promise<PlanReport> {
    if (this.ready) throw new Error('this session is prepared already; a session runs once');
    const directory = options.outDir === null ? null : RunDirectory.create(options.outDir);
    const pool = new WorkerPool(countWorkers(options.config.config));
    try {
      const prepared = await prepareRun(options.config, pool.workers);
      if (options.config.config.workers === 'auto') prepared.report.coreLimit = ownCores().limit;
      this.ready = { prepared, pool, options, directory };
      return prepared.report;
    } catch (error) {
      await pool.destroy();
      throw error;
    }
  }

  async start(): Promise<RunResult> {
    if (!this.ready) throw new Error('this session is new, expected prepared: call prepare() first');
    if (this.active) throw new Error('this session has been started already; a session runs once');
    const { prepared, pool, options, directory } = this.ready;
    this.active = new ActiveRun(prepared, pool, options, directory, (rows) => {
      for (const subscriber of this.subscribers) subscriber(rows);
    });
    if (this.pauseAsked) this.active.requestPause();
    if (this.stopAsked) this.active.stop();
    return this.active.run();
  }

  private running(): ActiveRun {
    if (!this.active) throw new Error('this session is not running: call start() first');
    return this.active;
  }

  /** Before the start it makes the run stand still at round 0. */
  async pause(): Promise<number> {
    this.pauseAsked = true;
    return this.active ? this.active.pause() : 0;
  }

  resume(): Promise<void> {
    return this.running().resume();
  }

  step(rounds: number): Promise<number> {
    return this.running().step(rounds);
  }

  /** May be asked for at any time: before the run it ends it at round 0. */
  async stop(): Promise<void> {
    this.stopAsked = true;
    this.active?.stop();
  }

  async progress(): Promise<Progress> {
    const rounds = this.ready?.prepared.program.run.rounds ?? 0;
    return this.active?.progress() ?? { round: 0, rounds, paused: false, last: null };
  }

  async inspect(agent: number): Promise<AgentState> {
    return this.running().inspect(agent);
  }

  async subscribe(onRows: (rows: TraceRow[]) => void): Promise<void> {
    if (this.active && this.active.rows.length > 0) onRows(this.active.rows);
    this.subscribers.push(onRows);
  }
}
