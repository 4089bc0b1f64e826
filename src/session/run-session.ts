/**
 * A Session as the coordinator thread carries it out. A session runs once: new -> prepared -> running ->
 * over; each call says which phase it expected. The work is done by `prepareRun` and `ActiveRun`.
 */

import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { collectGarbage } from '../base/collect-garbage.js';
import { ownCores } from '../base/cores.js';
import { formatValue, InputError, isInputError } from '../base/errors.js';
import { RunDirectory } from '../output/run-directory.js';
import type { TransportTask } from '../ranks/transport.js';
import type { ChangeReport, Edit } from '../run/changes.js';
import { leavesGarbage } from '../run/memory.js';
import { placesFor } from '../run/places.js';
import type { PlanReport } from '../run/reports.js';
import type { TraceRow } from '../trace/row.js';
import { ActiveRun } from './active-run.js';
import { barrierChoice } from './barrier-choice.js';
import { WorkerPool } from './pool.js';
import { located, type PreparedRun, prepareRun } from './prepare.js';
import type { SharedNow, Watchable } from './shared-run.js';
import type { AgentState, PrepareOptions, Progress, RunResult, Session, StartOptions } from './types.js';
import { chooseWorkers } from './workers.js';

interface Ready {
  prepared: PreparedRun;
  pool: WorkerPool;
  options: PrepareOptions;
  directory: RunDirectory | null;
}

/** Of an open number: they come up while the run is prepared; if more pay, they are started then. */
const THREADS_AT_ONCE = 4;

/** What is planned has to know of which rank it is. */
function withRanks(options: PrepareOptions): PrepareOptions {
  const { ranks, config } = options;
  if (ranks === undefined) return options;
  return { ...options, config: { ...config, ranks: { rank: ranks.rank, ranks: ranks.ranks } } };
}

/** Workers of a rank where nobody says how many: its cores, of which it may share some with others of its host. */
function coresOfRank({ onHost = 1 }: TransportTask): number {
  return Math.max(1, Math.floor(ownCores().count / onHost));
}

const fixed = (workers: number) => ({ workers, why: null });

/** What goes on says how many workers it goes on with. */
function resumedBy(options: PrepareOptions, workers: number): PrepareOptions {
  const { from } = options;
  if (from === undefined) return options;
  const { resumed = [] } = from.manifest;
  const last = resumed.slice(-1).map((entry) => ({ ...entry, workers }));
  return {
    ...options,
    from: { ...from, manifest: { ...from.manifest, resumed: [...resumed.slice(0, -1), ...last] } },
  };
}

/**
 * Whether workers can be held to processors is said before anything is read. A run that is gone on with,
 * perhaps on another machine, goes on without.
 */
async function withPlaces(
  options: PrepareOptions,
): Promise<{ options: PrepareOptions; left: string | null }> {
  const { config: loaded, from } = options;
  const { pin, workers, ...unpinned } = loaded.config;
  try {
    placesFor(pin, workers === 'auto' ? 1 : workers);
    return { options, left: null };
  } catch (error) {
    if (from === undefined || !isInputError(error)) throw await located(error as Error, loaded);
    return {
      options: { ...options, config: { ...loaded, config: { ...unpinned, workers } } },
      left: `workers are held to no processors: ${error.message}`,
    };
  }
}

/** A parameter server's state stands on the first rank alone, and nothing is kept of it rank by rank. */
function refuseUnkept({ config, from }: PrepareOptions, { plan }: PreparedRun): void {
  const asked = config.config.checkpoint !== undefined;
  if (plan.kept !== undefined || (!asked && from === undefined)) return;
  const what = asked ? 'checkpoint asks for checkpoints' : 'the run is to be gone on with over ranks';
  throw new InputError(
    `${what}, expected a run on a graph: over several ranks a ${plan.program} leaves none, and goes on from none`,
    { path: ['checkpoint'], hint: 'run it on one machine, without --mpi, or leave checkpoint out' },
  );
}

const ONCE = 'a session runs once; open another with openSession()';

export class RunSession implements Session, Watchable {
  private ready: Ready | null = null;
  private preparing = false;
  private active: ActiveRun | null = null;
  private readonly subscribers = new Set<(rows: TraceRow[]) => unknown>();
  private stopAsked = false;
  private pauseAsked = false;

  async prepare(given: PrepareOptions): Promise<PlanReport> {
    if (this.ready) throw new InputError(`this session is prepared already; ${ONCE}`);
    if (this.preparing) throw new InputError('this session is being prepared: await the first prepare()');
    checkOptions(given);
    this.preparing = true;
    try {
      barrierChoice();
      const { options, left } = await withPlaces(withRanks(given));
      const { ranks } = options;
      const { workers: asked } = options.config.config;
      // A rank has a thread more, which speaks with the others.
      const extra = ranks === undefined ? 0 : 1;
      const workers = asked === 'auto' && ranks !== undefined ? coresOfRank(ranks) : asked;
      const isOpen = workers === 'auto';
      // First of all: its threads come up while the run is prepared.
      let pool = new WorkerPool(isOpen ? Math.min(ownCores().count, THREADS_AT_ONCE) : workers + extra);
      try {
        const directory = options.outDir === null ? null : RunDirectory.create(options.outDir);
        let prepared = await prepareRun(options.config, isOpen ? 1 : workers);
        if (ranks !== undefined) refuseUnkept(options, prepared);
        const { why, workers: chosen } = isOpen
          ? await chooseWorkers(prepared, (precision) => pool.kernels(precision))
          : fixed(workers);
        if (isOpen && chosen !== prepared.plan.workers)
          prepared = { ...(await prepared.withWorkers(chosen)), inputs: prepared.inputs };
        if (isOpen && chosen > pool.threads) {
          await pool.destroy();
          pool = new WorkerPool(chosen);
        }
        const notes = await this.notesOn(options, prepared, chosen);
        prepared.report.warnings.push(...notes);
        // What was expected of gains that were chosen when the run began.
        prepared.report.tuning ??= options.from?.manifest.plan?.tuning ?? null;
        if (left !== null) prepared.report.warnings.push(left);
        if (leavesGarbage(prepared.report, prepared.plan)) await collectGarbage();
        const pinned = placesFor(options.config.config.pin, chosen);
        const report = {
          ...prepared.report,
          ...(pinned && { pinned }),
          ...(isOpen && { coreLimit: ownCores().limit, whyWorkers: why }),
        };
        this.ready = {
          prepared: { ...prepared, report },
          pool,
          options: resumedBy(options, chosen),
          directory,
        };
        return report;
      } catch (error) {
        await pool.destroy();
        throw error;
      }
    } finally {
      this.preparing = false;
    }
  }

  /** Whether more rounds than were planned make another run of what has been done. */
  private async notesOn(
    { from, config: loaded }: PrepareOptions,
    { plan }: PreparedRun,
    workers: number,
  ): Promise<string[]> {
    const { rounds } = loaded.config;
    if (from === undefined || from.plannedRounds === rounds) return [];
    const config = { ...loaded.config, rounds: from.plannedRounds };
    const before = (await prepareRun({ ...loaded, config }, workers)).plan;
    if (isDeepStrictEqual({ ...before, rounds }, plan)) return [];
    return [
      `what it does depends on how many rounds it is to have (a schedule, or a module that asks for them): until round ${from.round} it was to have ${from.plannedRounds}, so this is not the run of ${rounds} rounds from the start`,
    ];
  }

  async start({ outDir, runId }: StartOptions = {}): Promise<RunResult> {
    if (this.preparing)
      throw new InputError('this session is still being prepared: await prepare() before start()');
    if (!this.ready) throw new InputError('this session is new, expected prepared: call prepare() first');
    if (this.active) throw new InputError(`this session has been started already; ${ONCE}`);
    const { prepared, pool, options } = this.ready;
    const directory = outDir === undefined ? this.ready.directory : RunDirectory.create(outDir);
    const writes = (options.ranks?.rank ?? 0) === 0;
    if (directory === null && writes && options.config.config.checkpoint !== undefined) {
      throw new InputError('checkpoint asks for checkpoints, and this run has no folder to write them to', {
        path: ['checkpoint'],
        hint: 'give it an outDir, or leave checkpoint out',
      });
    }
    const deliver = (rows: TraceRow[]) => {
      for (const subscriber of this.subscribers) this.tell(subscriber, rows);
    };
    this.active = new ActiveRun(prepared, pool, options, directory, deliver, runId ?? randomUUID());
    const { steering } = this.active;
    if (this.pauseAsked) steering.standAtStart();
    if (this.stopAsked) steering.stop();
    // However the run ends, whoever still waits for it to stand still is told.
    return this.active.run().finally(() => steering.end());
  }

  private running(): ActiveRun {
    if (!this.active) throw new InputError('this session is not running: call start() first');
    return this.active;
  }

  /** Before the start it makes the run stand still at round 0. */
  async pause(): Promise<number> {
    this.pauseAsked = true;
    return this.active ? this.active.steering.pause() : 0;
  }

  async resume(): Promise<void> {
    return this.running().steering.resume();
  }

  async step(rounds: number): Promise<number> {
    return this.running().steering.step(rounds);
  }

  async change(edits: Edit | readonly Edit[]): Promise<ChangeReport> {
    const run = this.running();
    const { checkEdits } = await import('../run/edits.js');
    return run.change(checkEdits(edits));
  }

  /** May be asked for at any time: before the run it ends it at round 0. */
  async stop(): Promise<void> {
    this.stopAsked = true;
    this.active?.steering.stop();
  }

  async progress(): Promise<Progress> {
    const rounds = this.ready?.prepared.plan.rounds ?? 0;
    return this.active?.progress() ?? { round: 0, rounds, paused: false, ending: false, last: null };
  }

  async inspect(agent: number): Promise<AgentState> {
    const active = this.running();
    await active.filled;
    return active.inspect(agent);
  }

  async shared(): Promise<SharedNow> {
    const active = this.running();
    await active.filled;
    return active.shared();
  }

  async subscribe(onRows: (rows: TraceRow[]) => void): Promise<void> {
    if (typeof onRows !== 'function') {
      throw new InputError(
        `subscribe was given ${formatValue(onRows)}, expected a function that takes rows of the trace`,
      );
    }
    this.subscribers.add(onRows);
    const soFar = this.active?.rowsSoFar() ?? [];
    if (soFar.length > 0) this.tell(onRows, soFar);
  }

  /**
   * A subscriber that throws ends nothing but its own subscription: rows go to the others and to the files
   * all the same.
   */
  private async tell(subscriber: (rows: TraceRow[]) => unknown, rows: TraceRow[]): Promise<void> {
    try {
      await subscriber(rows);
    } catch (error) {
      if (!this.subscribers.delete(subscriber)) return;
      const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      process.emitWarning(`a subscriber of a session threw, and is told no more: ${what}`);
    }
  }
}

/** What a program may get wrong that types would have told it. */
function checkOptions(options: unknown): asserts options is PrepareOptions {
  const { config, outDir } = (options ?? {}) as Partial<Record<keyof PrepareOptions, unknown>>;
  if (!isLoaded(config)) {
    const given = isLoaded(options) ? 'a loaded config' : `config ${formatValue(config)}`;
    throw new InputError(
      `prepare was given ${given}, expected { config: what parseConfig or loadConfig gives, outDir: a folder or null }`,
      {
        hint: 'await session.prepare({ config: await parseConfig({ topology, cost, flow, ... }), outDir: null })',
      },
    );
  }
  if (outDir !== null && typeof outDir !== 'string') {
    throw new InputError(
      `prepare was given outDir ${formatValue(outDir)}, expected a folder, or null to write nothing`,
    );
  }
}

function isLoaded(config: unknown): boolean {
  const { config: inner, folder } = (config ?? {}) as { config?: unknown; folder?: unknown };
  return inner !== null && typeof inner === 'object' && typeof folder === 'string';
}
