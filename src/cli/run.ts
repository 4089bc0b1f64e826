/**
 * `sottovoce run`: plan, progress, summary. Drives a Session and does nothing that a program could not do
 * through the same interface.
 *
 * Interrupts. The first Ctrl-C asks the run to end after its round, and waits for it and for its results for
 * as long as something moves; then everything is closed. The second one leaves at once. SIGTERM and a closed
 * terminal are treated alike, and said in the exit code.
 */

import { rmdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { InputError, isInputError, RunError } from '../base/errors.js';
import { formatSeconds } from '../base/format.js';
import { showPath } from '../base/show-path.js';
import { recallConfig } from '../config/recalled.js';
import { refusal } from '../output/failures.js';
import { makeNewFolder } from '../output/make-folder.js';
import { checkWritable, nearestExisting, toJson } from '../output/run-directory.js';
import type { TransportTask } from '../ranks/transport.js';
import { formatPlan, rankMemory } from '../report/plan.js';
import { formatSummary } from '../report/summary.js';
import type { LoadedConfig, Override } from '../run/config.js';
import type { Summary } from '../run/reports.js';
import { openSession } from '../session/client.js';
import type { Progress, ResumePoint, RunResult, Session, StartOptions } from '../session/types.js';
import { RowStore } from '../trace/row-store.js';
import { reportError } from './errors.js';
import { type ProgressView, progressView, silent } from './progress.js';
import { collect } from './repeated.js';
import { reproduction } from './reproduce.js';
import { exitCodeFor, FINISHING, onSignal } from './signals.js';
import { colours, ExitCode, printLine, type Terminal } from './terminal.js';

export interface RunOptions {
  out?: string;
  workers?: string;
  rounds?: string;
  seed?: string;
  set?: string[];
  custom?: boolean;
  report?: boolean;
  allowChanged?: boolean;
  quiet?: boolean;
  json?: boolean;
  mpi?: boolean;
}

/** What the command line changes in the config. */
export interface Changes {
  /** `path=value`, as typed. */
  set: readonly string[];
  overrides: readonly Override[];
}

export interface RunDependencies {
  openSession(): Promise<{ session: Session; close(): Promise<void> }>;
  load(file: string, changes: Changes): Promise<LoadedConfig>;
  /** Calls back on every SIGINT, SIGTERM and SIGHUP; returns how to stop listening. */
  onSignal(listener: (signal: NodeJS.Signals) => void): () => void;
  /** A folder that nobody had: of this name, or with a number behind it. Throws InputError. */
  newFolder(base: string): string;
  /** How long a run that was asked to end may stand in a user's function before it is closed. */
  stopGraceMs: number;
  /** Leaves at once. */
  exit(code: number): void;
  now(): Date;
  /** Of a run that is made again: whether it is the same. */
  judge?(summary: Summary): { line: string; exitCode: number | null };
}

export const processDependencies: RunDependencies = {
  openSession,
  load: (file, { set, overrides }) => recallConfig(file, set, overrides),
  onSignal,
  newFolder,
  stopGraceMs: 5000,
  exit: (code) => process.exit(code),
  now: () => new Date(),
};

const POLL_MS = 100;
/** How often a run that was asked to end is looked at. */
const LOOK_MS = 200;
const WORTH_TELLING_SECONDS = 1;
export const CLOSE_GRACE_MS = 500;
/** How long another rank than the first waits before it says what is probably wrong on all. */
const RANK_GRACE_MS = 1500;

/** A test holds it against the defaults that a config gets. */
export const EXAMPLE_CONFIG = `  topology: { kind: ring, nodes: 25 }       # or { file: graph.gml }; see \`sottovoce list topologies\`
  weights: unit                             # unit | metropolis | file
  cost: { kind: quadratic, dim: 16 }        # see \`sottovoce list costs\`
  flow: { kind: primal-dual, step: auto, alpha: auto, beta: auto, eta: auto, mu: auto, gamma: auto, inner: 1, batch: all }
  compressor: { kind: identity }            # try { kind: flatten, inner: { kind: sign } }
  rounds: 1000
  stop: {}                                  # { rmsError: 1e-6 } ends the run in the first round in which the agents are that near
  seed: 0
  workers: auto
  trace: { every: 5 }                       # a 200th of the rounds: about 200 rows, however many rounds
  layout: { order: auto, block: auto, ahead: auto }   # how agents lie in memory and are read: order auto | given | rcm; never changes a bit`;

const HELP = `
A config, with its defaults written out (\`sottovoce list flows\` has the other flows and all parameters):
${EXAMPLE_CONFIG}
Instead of topology, flow and compressor, a parameter server (FO-SGD; see \`sottovoce list programs\`):
  program: { kind: parameter-server, agents: 10, lambda: 0.1, gamma: 0.5, batch: 32 }
Paths in a config are relative to the config.

The run directory:
  manifest.json  the resolved config, versions, seed and machine: what it takes to run it again
  summary.json   status, rounds, bits, gaps, a hash of the final state; written last
  trace.csv      objective, gaps, errors and bits, one row every trace.every rounds
  trace.parquet  the same with types, written at the end
  agents-trace.csv  what chosen agents hold at each row, with trace: { agents: [0, 5], coordinates: [0, 1] }
  x.npy          the agents' estimates, agents x dim (1 x dim with a parameter server)
  agents.csv     row of x.npy, label, degree and samples of every agent
  report.html    a page with all of it: curves, the network, set-up; --no-report leaves it out
In a folder with an earlier run these files take the places of the earlier ones together, when all are written; a run that fails leaves the earlier
results, and itself in incomplete/ beside them. A file that does not fit on the disk is named in summary.json (incomplete), and the exit code is 1.

Examples:
  $ sottovoce run profiles/ring-topk.yaml
  $ sottovoce run ring.yaml --out runs/one-bit --set compressor='{ kind: sign }' --set stop.rmsError=1e-6
  $ sottovoce run ring.yaml --workers 4 --json | jq .roundsPerSecond

Exit codes: 0 done, 1 the run failed (diverged, a worker died), 2 bad usage or bad input, 130 interrupted, 129 and 143 for SIGHUP and SIGTERM.
`;

/** With a page beside it; gives the exit code. */
type RunWatched = (
  file: string,
  options: RunOptions,
  terminal: Terminal,
  load: RunDependencies['load'],
) => Promise<number>;

export function addRunCommand(
  program: Command,
  terminal: Terminal,
  dependencies: RunDependencies,
  runWatched: RunWatched,
  setExitCode: (code: number) => void,
): void {
  program
    .command('run')
    .summary('run a config and write its results')
    .description('Run a config: plan, rounds, results in a folder.')
    .argument('<config>', 'config file (YAML), or the manifest or folder of a run that is to be made again')
    .option('-o, --out <folder>', 'where to write results (default: a new one, runs/<name>-<time>)')
    .option('-w, --workers <count>', 'worker threads, or auto')
    .option('--rounds <count>', 'rounds the run lasts at most')
    .option('--seed <number>', 'seed of every random draw')
    .option('--set <path=value>', 'set any value of the config; may be repeated', collect)
    .option('--allow-changed', 'make a run again though files that it was made from have changed')
    .option('--no-report', 'write no report.html')
    .option('--no-custom', 'refuse kind: custom: modules run code')
    .option('-q, --quiet', 'print nothing but errors')
    .option('--json', 'print the summary as JSON on stdout, everything else on stderr')
    .option('--mpi', 'be one rank of a run over several machines: mpirun -n 4 sottovoce run CONFIG --mpi')
    .option('--dashboard', 'serve a page on which the run is watched and steered: sottovoce dashboard --help')
    .option('--host <address>', 'with --dashboard: address to listen at (default: 127.0.0.1)')
    .option('--port <number>', 'with --dashboard: port to listen at (default: any that is free)')
    .option('--token <text>', 'with --dashboard: secret in the address (default: a new random one)')
    .option('--open', 'with --dashboard: open a browser, if there is one')
    .option('--debug', 'print stack traces')
    .addHelpText('after', HELP)
    .action(async (config: string, options: RunOptions & { dashboard?: boolean }) => {
      if (options.mpi && options.dashboard) {
        throw new InputError(
          '--dashboard watches a run in this process alone, and --mpi is one rank of several',
          {
            hint: 'leave one of them out',
          },
        );
      }
      const again = await reproduction(config, { ...options, ...changesOf(options) }, terminal);
      const own = again && { ...dependencies, load: async () => again.loaded, judge: again.judge };
      if (options.dashboard !== true) {
        setExitCode(await runCommand(config, options, terminal, own ?? dependencies));
        return;
      }
      setExitCode(await runWatched(config, options, terminal, (own ?? dependencies).load));
    });
}

/** Options that are short for `--set`. */
export function changesOf({ workers, rounds, seed, set = [], report }: RunOptions): Changes {
  const short = (key: string, text: string | undefined): Override[] => {
    if (text === undefined) return [];
    const number = text.trim() === '' ? Number.NaN : Number(text);
    return [{ path: [key], value: Number.isNaN(number) ? text : number, origin: `--${key} ${text}` }];
  };
  const without: Override[] =
    report === false ? [{ path: ['report'], value: false, origin: '--no-report' }] : [];
  return {
    set,
    overrides: [...short('workers', workers), ...short('rounds', rounds), ...short('seed', seed), ...without],
  };
}

/** Gives the exit code; whatever goes wrong is printed. */
export async function runCommand(
  file: string,
  options: RunOptions,
  terminal: Terminal,
  dependencies: RunDependencies,
  again?: { from: ResumePoint; runId: string },
): Promise<number> {
  const over = options.mpi ? await ranksOf() : null;
  // What there is to say and to write is said and written once.
  const isFirst = over === null || over.rank === 0;
  const quiet = options.quiet === true || !isFirst;
  const json = options.json === true && isFirst;
  const report = json ? terminal.stderr : terminal.stdout;
  const paint = colours(terminal, report);
  const interrupt = new Interrupt(terminal, dependencies);
  let close: () => Promise<void> = async () => {};
  let made: string | null = null;
  let started = false;
  try {
    // The coordinator's thread comes up while this one reads the config.
    const opening = dependencies.openSession();
    opening.catch(() => {});
    close = async () => (await opening).close();
    const loaded = await dependencies.load(file, changesOf(options));
    // Before anything is planned or written. Threads that speak with other ranks load it for themselves.
    if (over !== null) (await import('../ranks/mpi/library.js')).MpiLibrary.load();
    const given = options.out === undefined || !isFirst ? null : resolve(options.out);
    const base = resolve(defaultDirectory(loaded, file, dependencies.now()));
    if (given === null && isFirst) checkParent(base);
    const { session } = await interrupt.race(opening);
    const plan = await interrupt.race(
      session.prepare({
        config: loaded,
        outDir: given,
        ...(again && { from: again.from }),
        ...(over && { ranks: over.task }),
      }),
    );
    if (!quiet) printLine(report, formatPlan(plan, paint));
    else if (!isFirst && options.quiet !== true && plan.ranks)
      printLine(terminal.stderr, `memory: ${rankMemory(plan.ranks, plan)}`);

    const view = quiet ? silent : await progressView(terminal.stderr, plan.rounds);
    interrupt.running(session, view);
    const kept = new RowStore();
    // Made as late as this: nothing is left of a config that is refused.
    if (given === null && isFirst) made = dependencies.newFolder(base);
    const outDir = given ?? made;
    started = true;
    const race = (running: Promise<RunResult>) => interrupt.race(running);
    const result = await watch(session, view, kept, race, {
      ...(outDir !== null && { outDir }),
      ...(again && { runId: again.runId }),
    }).finally(() => view.end());
    if (outDir === null) return interrupt.exitCode ?? ExitCode.OK;

    const { summary } = result;
    const gaps = kept.rows().map(({ agentsGapMean }) => agentsGapMean);
    const extras = { name: plan.name, directory: showPath(outDir), gaps, width: report.columns ?? 80 };
    if (json) printLine(terminal.stdout, toJson(summary));
    if (!quiet) printLine(report, formatSummary(summary, extras, paint));
    else if (summary.status === 'diverged') reportError(diverged(summary), terminal);
    else if (summary.incomplete !== undefined) reportError(incomplete(summary, outDir), terminal);
    const verdict = dependencies.judge?.(summary);
    if (verdict && (!quiet || verdict.exitCode !== null)) printLine(report, verdict.line);
    return interrupt.exitCode ?? verdict?.exitCode ?? exitCodeOf(summary);
  } catch (error) {
    if (error instanceof GivenUp) {
      const what = started
        ? 'interrupted before the run could end by itself: its results are incomplete'
        : 'interrupted before the run began: nothing was written';
      printLine(terminal.stderr, what);
      return error.exitCode;
    }
    if (interrupt.exitCode !== null && (error as { code?: unknown }).code === 'STOPPED')
      return interrupt.exitCode;
    // What is wrong on all ranks the first one says; the job ends with it.
    // A timer of its own, since this process would end before one that nobody waits for.
    if (!isFirst && isInputError(error)) {
      await new Promise((done) => setTimeout(done, RANK_GRACE_MS));
      // mpirun ends this rank, since the first one has said it and gone.
      if (interrupt.exitCode !== null) return ExitCode.BAD_INPUT;
    }
    const code = reportError(over === null ? error : onRank(over, error as Error), terminal);
    if (json)
      printLine(
        terminal.stdout,
        toJson({ status: 'failed', error: (error as Error).message ?? String(error) }),
      );
    return code;
  } finally {
    interrupt.end();
    await Promise.race([close().catch(() => {}), sleep(CLOSE_GRACE_MS)]);
    if (made !== null) removeIfEmpty(made);
  }
}

/** One of several ranks, and how it speaks with the others. */
export interface RankOf {
  rank: number;
  ranks: number;
  host: string;
  task: TransportTask;
}

/** This process as one rank of several: what the starter of all of them has said to it. */
export async function ranksOf(): Promise<RankOf> {
  const [{ rankEnvironment }, { mpiTask }] = await Promise.all([
    import('../ranks/environment.js'),
    import('../ranks/mpi/task.js'),
  ]);
  const environment = rankEnvironment();
  const { rank, ranks, host, localRanks } = environment;
  return {
    rank,
    ranks,
    host,
    task: { ...mpiTask(environment), ...(localRanks !== null && { onHost: localRanks }) },
  };
}

/** Which rank has failed, and where. */
function onRank({ rank, ranks, host }: { rank: number; ranks: number; host: string }, error: Error): Error {
  const message = `rank ${rank} of ${ranks}, on ${host}: ${error.message}`;
  const { code, hint, path, file, line } = error as Error & Record<string, unknown>;
  return Object.assign(new Error(message, { cause: error }), { code, hint, path, file, line });
}

/** Of a folder that is still to be made. Throws InputError. */
export function checkParent(folder: string): void {
  checkWritable(nearestExisting(dirname(folder)), showPath(folder));
}

/** See `RunDependencies`. */
export function newFolder(base: string): string {
  try {
    return makeNewFolder(base);
  } catch (error) {
    throw refusal(showPath(base), error);
  }
}

/** A run that ended before it began leaves no folder. */
export function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // There are results in it.
  }
}

/** Starts the run and shows how it goes until it has ended. */
export async function watch(
  session: Session,
  view: ProgressView,
  kept: RowStore,
  race: (running: Promise<RunResult>) => Promise<RunResult>,
  options?: StartOptions,
): Promise<RunResult> {
  const started = Date.now();
  const running = race(session.start(options));
  // Only for the sparkline: a run without it is still a run.
  session
    .subscribe((rows) => {
      for (const row of rows) kept.push(row);
    })
    .catch(() => {});
  let asking = false;
  const timer = setInterval(async () => {
    if (asking) return;
    asking = true;
    try {
      view.update(await session.progress(), (Date.now() - started) / 1000);
    } catch {
      // The run has ended in between; `running` says how.
    }
    asking = false;
  }, POLL_MS);
  try {
    return await running;
  } finally {
    clearInterval(timer);
  }
}

export class GivenUp extends Error {
  readonly exitCode: number;
  constructor(exitCode: number) {
    super('interrupted');
    this.exitCode = exitCode;
  }
}

/** What the user's Ctrl-C means, by what is going on when it comes. */
export class Interrupt {
  /** 129, 130 or 143 once a signal has come. */
  exitCode: number | null = null;
  private session: Session | null = null;
  private writing = false;
  private view: ProgressView = silent;
  private readonly told = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private giveUp: (error: GivenUp) => void = () => {};
  private readonly givenUp: Promise<never>;
  private readonly stopListening: () => void;
  private readonly terminal: Terminal;
  private readonly exit: (code: number) => void;
  private readonly graceMs: number;

  constructor(terminal: Terminal, dependencies: RunDependencies) {
    this.terminal = terminal;
    this.exit = dependencies.exit;
    this.graceMs = dependencies.stopGraceMs;
    this.givenUp = new Promise((_resolve, reject) => {
      this.giveUp = reject;
    });
    this.givenUp.catch(() => {});
    this.stopListening = dependencies.onSignal((signal) => this.onSignal(signal));
  }

  race<T>(promise: Promise<T>): Promise<T> {
    // If we leave first, what becomes of the other is nobody's business any more.
    promise.catch(() => {});
    return Promise.race([promise, this.givenUp]);
  }

  running(session: Session, view: ProgressView): void {
    this.session = session;
    this.view = view;
  }

  /** The run has ended; its results are being written. */
  finishing(): void {
    clearTimeout(this.timer);
    this.session = null;
    this.writing = true;
  }

  end(): void {
    this.stopListening();
    clearTimeout(this.timer);
  }

  private onSignal(signal: NodeJS.Signals): void {
    const code = exitCodeFor(signal);
    this.view.end();
    if (this.exitCode !== null) {
      this.exit(code);
      return;
    }
    this.exitCode = code;
    if (this.writing) {
      printLine(this.terminal.stderr, FINISHING);
      return;
    }
    if (this.session === null) {
      this.giveUp(new GivenUp(code));
      return;
    }
    printLine(this.terminal.stderr, 'stopping after this round… (again to leave at once)');
    this.session.stop().catch(() => {});
    this.giveUpWhenStill(this.session, code, '', 0);
  }

  /**
   * A round may be long, and so may results, and neither can be lost by waiting: our own work comes to its
   * end. What need not is a function of a user's module: one that has not returned for a while is given up. A
   * coordinator that does not answer is at work itself.
   */
  private giveUpWhenStill(session: Session, code: number, standing: string, stoodMs: number): void {
    const lookMs = Math.min(LOOK_MS, this.graceMs);
    this.timer = setTimeout(async () => {
      const progress = await session.progress().catch(() => null);
      if (progress === null) {
        this.giveUp(new GivenUp(code));
        return;
      }
      this.tell(progress);
      const { calling, round } = progress;
      const now = calling ? `${round} ${calling}` : '';
      const ms = now !== '' && now === standing ? stoodMs + lookMs : 0;
      if (ms >= this.graceMs) this.giveUp(new GivenUp(code));
      else this.giveUpWhenStill(session, code, now, ms);
    }, lookMs);
  }

  /** Once of each part of the ending that takes its time. */
  private tell({ writing }: Progress): void {
    if (!writing || this.told.has(writing.what) || !(writing.secondsLeft >= WORTH_TELLING_SECONDS)) return;
    this.told.add(writing.what);
    const text = `writing ${writing.what}, about ${formatSeconds(writing.secondsLeft)} (again to leave at once)`;
    printLine(this.terminal.stderr, text);
  }
}

export function exitCodeOf(summary: Summary): number {
  // A file that was asked for is not there: what comes next must not take the run for done.
  if (summary.incomplete !== undefined) return ExitCode.RUN_FAILED;
  switch (summary.status) {
    case 'converged':
    case 'finished':
      return ExitCode.OK;
    case 'stopped':
      return ExitCode.INTERRUPTED;
    default:
      return ExitCode.RUN_FAILED;
  }
}

export function diverged({ rounds, hint }: Summary): Error {
  return Object.assign(new Error(`the run diverged after ${rounds} rounds`), { code: 'DIVERGED', hint });
}

function incomplete({ incomplete = {} }: Summary, folder: string): Error {
  const lost = Object.entries(incomplete).map(([name, why]) => `${name} could not be written: ${why}`);
  return new RunError('OUTPUT_FAILED', `${showPath(folder)}: ${lost.join('; ')}`);
}

/** `runs/ring-of-eight-20250131-142530`. */
export function defaultDirectory(loaded: LoadedConfig, file: string, now: Date): string {
  return timedDirectory(loaded.config.name ?? basename(file).replace(/\.(ya?ml|json)$/i, ''), now);
}

/** `runs/<name>-<time>`. */
export function timedDirectory(name: string, now: Date): string {
  const slug =
    name
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, 60) || 'run';
  const two = (part: number) => String(part).padStart(2, '0');
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  return join('runs', `${slug}-${day}-${time}`);
}

export function sleep(ms: number): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, ms).unref();
  });
}
