/** `sottovoce profile`: a run under V8's sampling profiler, as flame graphs and as text. */

import { basename, join, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { showPath } from '../base/show-path.js';
import { toJson } from '../output/run-directory.js';
import type { Page } from '../profile/flame-graph.js';
import type { ProfiledRun, RecordedThread } from '../profile/write.js';
import { formatPlan } from '../report/plan.js';
import type { LoadedConfig } from '../run/config.js';
import type { Summary } from '../run/reports.js';
import type { MethodDescription } from '../schema/program.js';
import { reportError } from './errors.js';
import { progressView, silent } from './progress.js';
import {
  CLOSE_GRACE_MS,
  changesOf,
  checkParent,
  collect,
  diverged,
  GivenUp,
  Interrupt,
  processDependencies,
  type RunDependencies,
  sleep,
  timedDirectory,
  watch,
} from './run.js';
import { colours, ExitCode, printLine, printText, type Terminal } from './terminal.js';

const HELP = `
The folder that is written:
  merged.html         flame graph of all threads, as one or side by side; any browser opens it
  worker-0.html ...   flame graph of one thread
  hottest.txt         the ten hottest frames of all threads and of each, and self time by source file
  profile.json        the same for programs, with every frame, rounds per second and the machine
  worker-0.cpuprofile what V8 recorded, for the developer tools of a browser or an editor

What is recorded: the round loop for --seconds, or --rounds of it. \`stop\` and \`rounds\` of the config do not end it: a run that converges in a few milliseconds
leaves too few samples to say anything. With --whole it is the run as the config says, stop and all.

What to read in it:
  gatherSign [WASM]   a kernel, by the name it has in kernels/
  barrierWait         time at the barrier: below barrierSpin spinning, the rest parked; the others are not there yet
  [VM], unnamed       the engine's own parts, and what it cannot name
docs/flame-graphs.md explains flame graphs to newcomers; profiles/ has named runs and what to look for in each.

Examples:
  $ sottovoce profile profiles/one-bit-100k.yaml
  $ sottovoce profile ring.yaml --rounds 5000 --set compressor='{ kind: sign }' --out profiles/ring-sign
  $ sottovoce profile ring.yaml --whole          start-up, parsing and the coordinator too
  $ sottovoce profile ring.yaml --no-html --json | jq .merged.barrier

Exit codes: 0 done, 1 the run failed (diverged, a worker died), 2 bad usage or bad input, 130 interrupted, 129 and 143 for SIGHUP and SIGTERM.
`;

export interface ProfileOptions {
  out?: string;
  workers?: string;
  rounds?: string;
  seed?: string;
  set?: string[];
  interval: number;
  /** How long the round loop is recorded, unless `rounds` says it. */
  seconds?: number;
  whole?: boolean;
  /** commander's name for --no-html. */
  html: boolean;
  quiet?: boolean;
  json?: boolean;
}

/** What is recorded where nothing is said. */
const SECONDS = 5;
/** More than anything runs in any time that somebody waits for; schedules that look ahead have a horizon. */
const ENDLESS_ROUNDS = 1e9;

/** Fewer samples than this say little: a tenth of a second at the usual interval. */
const FEW_SAMPLES = 200;

export function addProfileCommand(
  program: Command,
  terminal: Terminal,
  setExitCode: (code: number) => void,
): void {
  program
    .command('profile')
    .summary('record flame graphs of a run')
    .description(
      'Run a config under the sampling profiler and draw flame graphs: each thread, and all of them together.',
    )
    .argument('<config>', 'config file (YAML)')
    .option(
      '-o, --out <folder>',
      'where to write the profile (default: a new one, runs/<name>-profile-<time>)',
    )
    .option('-w, --workers <count>', 'worker threads, or auto')
    .option(
      '--seconds <number>',
      `how long the round loop is recorded (default: ${SECONDS}, or as --rounds says)`,
      seconds,
    )
    .option('--rounds <count>', 'rounds to record, however long they take')
    .option('--seed <number>', 'seed of every random draw')
    .option('--set <path=value>', 'set any value of the config; may be repeated', collect)
    .option('--interval <us>', 'microseconds between two samples of a thread', interval, 500)
    .option('--whole', 'profile everything from the start of the process, not the round loop alone')
    .option('--no-html', 'draw no flame graphs (0x is not needed then)')
    .option('-q, --quiet', 'print nothing but errors')
    .option('--json', 'print profile.json on stdout, everything else on stderr')
    .option('--debug', 'print stack traces')
    .addHelpText('after', HELP)
    .action(async (config: string, options: ProfileOptions) => {
      setExitCode(await profileCommand(config, options, terminal, processDependencies));
    });
}

/** Gives the exit code; whatever goes wrong is printed. */
export async function profileCommand(
  file: string,
  options: ProfileOptions,
  terminal: Terminal,
  dependencies: RunDependencies,
): Promise<number> {
  const { quiet = false, json = false, whole = false } = options;
  const report = json ? terminal.stderr : terminal.stdout;
  const say = (text: string) => {
    if (!quiet) printLine(report, text);
  };
  try {
    const loaded = await dependencies.load(file, changesOf(options));
    const { checkFolder, writeProfile } = await import('../profile/write.js');
    const { drawPage, loadZeroX } = await import('../profile/flame-graph.js');
    const draw = options.html ? await loadZeroX() : null;
    const name = loaded.config.name ?? basename(file).replace(/\.(ya?ml|json)$/i, '');
    const given = options.out === undefined ? null : resolve(options.out);
    const base = resolve(timedDirectory(`${name}-profile`, dependencies.now()));
    if (given === null) checkParent(base);
    else checkFolder(given);

    const recorded = await (whole ? recordWhole : recordLoop)(
      file,
      loaded,
      options,
      terminal,
      dependencies,
      say,
    );
    if (recorded.threads === null) return recorded.exitCode;
    const { run, threads, summary } = recorded;
    const page: Page | null = draw && (await drawPage(draw));
    const folder = given ?? dependencies.newFolder(base);
    const written = writeProfile(folder, { ...run, name }, threads, page);

    const { formatHottest } = await import('../profile/hottest.js');
    say(`\n${formatHottest(written.merged, written.threads)}\n`);
    say(`profile in ${showPath(folder)}: ${written.files.join(', ')}`);
    if (page !== null) say(`open ${showPath(join(folder, 'merged.html'))} in a browser`);
    if (written.merged.samples < FEW_SAMPLES) {
      const paint = colours(terminal, terminal.stderr);
      printLine(
        terminal.stderr,
        `${paint.yellow('warning:')} ${written.merged.samples} samples say little: give more ${options.rounds === undefined ? '--seconds' : '--rounds'}`,
      );
    }
    if (summary.status === 'diverged') reportError(diverged(summary), terminal);
    if (json) {
      const { readFile } = await import('node:fs/promises');
      printText(terminal.stdout, await readFile(join(folder, 'profile.json'), 'utf8'));
    }
    return recorded.exitCode;
  } catch (error) {
    const code = reportError(error, terminal);
    if (json) printLine(terminal.stdout, toJson({ status: 'failed', error: (error as Error).message }));
    return code;
  }
}

type Recorded =
  | { exitCode: number; threads: null }
  | { exitCode: number; threads: RecordedThread[]; run: Omit<ProfiledRun, 'name'>; summary: Summary };

type Record = (
  file: string,
  loaded: LoadedConfig,
  options: ProfileOptions,
  terminal: Terminal,
  dependencies: RunDependencies,
  say: (text: string) => void,
) => Promise<Recorded>;

/** The round loop alone: a profiler in each worker, switched on when all are ready. */
const recordLoop: Record = async (_file, loaded, options, terminal, dependencies, say) => {
  const { callTree, ROUND_LOOP } = await import('../profile/call-tree.js');
  const interrupt = new Interrupt(terminal, dependencies);
  let close: () => Promise<void> = async () => {};
  const lasting = options.seconds ?? (options.rounds === undefined ? SECONDS : null);
  let timer: NodeJS.Timeout | undefined;
  try {
    const opened = await interrupt.race(dependencies.openSession());
    close = opened.close;
    const { session } = opened;
    const plan = await interrupt.race(
      session.prepare({
        config: await unending(loaded, options.rounds === undefined),
        outDir: null,
        profileUs: options.interval,
      }),
    );
    const report = options.json ? terminal.stderr : terminal.stdout;
    say(formatPlan(plan, colours(terminal, report)));
    const timed = lasting !== null && options.rounds === undefined;
    if (timed) say(`recording for ${lasting} s`);
    const view = options.quiet || timed ? silent : await progressView(terminal.stderr, plan.rounds);
    interrupt.running(session, view);
    if (lasting !== null) {
      // From the first row on: what comes before it is not the loop.
      await session.subscribe(() => {
        timer ??= setTimeout(() => session.stop().catch(() => {}), 1000 * lasting);
      });
    }
    const { summary, profiles } = await watch(session, view, [], (running) =>
      interrupt.race(running),
    ).finally(() => view.end());
    return {
      exitCode: interrupt.exitCode ?? exitCodeOf(summary),
      threads: profiles.map((profile, worker) => ({
        profile,
        tree: callTree(profile, `worker ${worker}`, ROUND_LOOP),
      })),
      run: describeRun('loop', summary, plan.flow, plan.compressor, options),
      summary,
    };
  } catch (error) {
    if (
      error instanceof GivenUp ||
      (interrupt.exitCode !== null && (error as { code?: unknown }).code === 'STOPPED')
    ) {
      printLine(terminal.stderr, 'interrupted: there is no profile');
      return { exitCode: interrupt.exitCode ?? ExitCode.INTERRUPTED, threads: null };
    }
    throw error;
  } finally {
    clearTimeout(timer);
    interrupt.end();
    await Promise.race([close().catch(() => {}), sleep(CLOSE_GRACE_MS)]);
  }
};

/** The same run without an end of its own. */
async function unending(loaded: LoadedConfig, endless: boolean): Promise<LoadedConfig> {
  const { config } = loaded;
  const goesOn = endless && (await describe(loaded)).endless;
  const rounds = goesOn ? Math.max(config.rounds, ENDLESS_ROUNDS) : config.rounds;
  return { ...loaded, config: { ...config, stop: {}, rounds } };
}

/** Everything: the command line again, in a process of its own under the profiler. */
const recordWhole: Record = async (file, loaded, options, _terminal, { onSignal }) => {
  const { profileWhole } = await import('../profile/whole.js');
  const argv = [file];
  for (const name of ['workers', 'rounds', 'seed'] as const) {
    const value = options[name];
    if (value !== undefined) argv.push(`--${name}`, value);
  }
  for (const change of options.set ?? []) argv.push('--set', change);
  if (options.quiet) argv.push('--quiet');
  const { summary, threads, exitCode } = await profileWhole(argv, options.interval, onSignal);
  if (summary === null) return { exitCode, threads: null };
  const { flow, compressor } = await describe(loaded);
  return {
    exitCode,
    threads,
    run: describeRun('whole', summary, flow, compressor, options),
    summary,
  };
};

async function describe({ config }: LoadedConfig): Promise<MethodDescription> {
  const [{ describeMethod }, { loadRegistries }] = await Promise.all([
    import('../config/describe-method.js'),
    import('../config/registries.js'),
  ]);
  return describeMethod(await loadRegistries(), config);
}

function describeRun(
  scope: ProfiledRun['scope'],
  { agents, edges, dim, workers, rounds, seconds }: Summary,
  flow: string,
  compressor: string,
  { interval: intervalUs }: ProfileOptions,
): Omit<ProfiledRun, 'name'> {
  return { scope, agents, edges, dim, flow, compressor, workers, rounds, seconds, intervalUs };
}

/** A run that was stopped in time has a profile; one that diverged has one too, of numbers that grow. */
function exitCodeOf({ status }: Summary): number {
  return status === 'diverged' ? ExitCode.RUN_FAILED : ExitCode.OK;
}

function seconds(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value > 0 && value <= 3600) return value;
  throw new InvalidArgumentError(`--seconds is ${text}, expected a number in (0, 3600].`);
}

/** Below 50 us a thread does little but take samples; above 0.1 s there are none. */
function interval(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 50 && value <= 100_000) return value;
  throw new InvalidArgumentError(
    `--interval is ${text}, expected a whole number of microseconds in 50..100000.`,
  );
}
