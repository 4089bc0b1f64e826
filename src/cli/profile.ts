/** `sottovoce profile`: a run under V8's sampling profiler, as flame graphs and as text. */

import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { InputError } from '../base/errors.js';
import { plural } from '../base/format.js';
import { showPath } from '../base/show-path.js';
import { INTERVAL_US, MOST_REPEATS, REPEATS, type Recorded, SECONDS } from '../library/record.js';
import type { Against } from '../library/repeated.js';
import { checkWindow, describeTimeline, timelineFiles, WINDOW } from '../library/timeline.js';
import { toJson } from '../output/run-directory.js';
import { asText } from '../page/html.js';
import { LEAST_REPEATS } from '../profile/significance.js';
import type { Compared } from '../profile/write.js';
import { formatPlan } from '../report/plan.js';
import type { LoadedConfig } from '../run/config.js';
import type { Summary } from '../run/reports.js';
import { wholeNumber } from '../schema/whole-numbers.js';
import { RowStore } from '../trace/row-store.js';
import { reportError } from './errors.js';
import { progressView, silent } from './progress.js';
import { collect } from './repeated.js';
import {
  CLOSE_GRACE_MS,
  changesOf,
  checkParent,
  diverged,
  GivenUp,
  Interrupt,
  processDependencies,
  type RankOf,
  type RunDependencies,
  ranksOf,
  sleep,
  timedDirectory,
  watch,
} from './run.js';
import { exitCodeFor } from './signals.js';
import { colours, ExitCode, printLine, type Terminal } from './terminal.js';

const HELP = `
The folder that is written:
  merged.html         flame graph of all threads, as one or side by side; any browser opens it
  worker-0.html ...   flame graph of one thread
  hottest.txt         the ten hottest frames of all threads and of each: shares, ms, ns a coordinate; time on and off the cores;
                      self time by source file
  profile.json        the same for programs, with every frame, rounds per second and the machine
  merged.folded       all threads as folded stacks, for other tools, and for a later --against
  difference.html     with --against...: a differential flame graph, red where there is more time than before and blue where less
  comparison.txt      with --against...: the verdict, and the frames that differ most
  worker-0.cpuprofile what V8 recorded, in lines of the sources, for the developer tools of a browser or an editor
  speedscope.json     all threads in one file, for speedscope
  trace.json          with --timeline: when each worker worked, waited and collected garbage; Chrome, Perfetto and Firefox's profiler open it
  timeline.svg        with --timeline: a picture of who waits for whom

What is recorded: the round loop for --seconds, or --rounds of it. \`stop\` and \`rounds\` of the config do not end it: a run that converges in a few milliseconds
leaves too few samples to say anything. With --whole it is the run as the config says, stop and all.

Is it slower? --against-build and --against-config run both in turns, each repeat a fresh process of each, and the second one once more: what equal builds
come to here. --against holds the run against an earlier folder, whose machine may have been faster or slower: that is said. "slower" is said only where the
99% interval over repeats leaves zero out and the difference is larger than what equal builds come to. --fail-slower makes it exit code 1.

What to read in it:
  gatherSign [WASM]   a kernel, by the name it has in kernels/
  barrierWait         time at the barrier: below barrierSpin spinning, the rest parked; the others are not there yet
  [VM], unnamed       the engine's own parts, and what it cannot name
docs/flame-graphs.md explains flame graphs to newcomers, docs/timeline.md timelines; profiles/ has named runs and what to look for in each.

Examples:
  $ sottovoce profile profiles/one-bit-100k.yaml
  $ sottovoce profile ring.yaml --rounds 5000 --set compressor='{ kind: sign }' --out profiles/ring-sign
  $ sottovoce profile ring.yaml --whole          start-up, parsing and the coordinator too
  $ sottovoce profile ring.yaml --timeline       who waits for whom, in 200 rounds in the middle
  $ sottovoce profile ring.yaml --no-html --json | jq .merged.barrier
  $ sottovoce profile ring.yaml --set compressor='{ kind: custom, module: mine.mjs }' --deopts
  $ sottovoce profile ring.yaml --repeats 10 --out before          to be compared with later
  $ sottovoce profile ring.yaml --against before --fail-slower 5%
  $ sottovoce profile ring.yaml --against-build ../other-copy
  $ sottovoce profile ring.yaml --against-config ring-signs.yaml

Exit codes: 0 done, 1 the run failed (diverged, a worker died) or is slower than --fail-slower allows, 2 bad usage or bad input, 130 interrupted, 129 and 143 for SIGHUP and SIGTERM.
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
  timeline?: boolean;
  timelineRounds?: string;
  deopts?: boolean;
  repeats?: number;
  against?: string;
  againstConfig?: string;
  againstBuild?: string;
  /** As a part: 0.05. */
  failSlower?: number;
  /** commander's name for --no-html. */
  html: boolean;
  mpi?: boolean;
  quiet?: boolean;
  json?: boolean;
}

/** Fewer samples than this say little: a tenth of a second at the usual interval. */
const FEW_SAMPLES = 200;
/** Time put aside for others beyond which it is said. */
const BUSY = 0.1;

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
    .option('--interval <us>', 'microseconds between two samples of a thread', interval, INTERVAL_US)
    .option('--whole', 'profile everything from the start of the process, not the round loop alone')
    .option('--timeline', 'record when each worker worked and waited, and for whom, too')
    .option(
      '--timeline-rounds <count>',
      `rounds of the timeline, in the middle of the run (default: ${WINDOW}; implies --timeline)`,
    )
    .option(
      '--mpi',
      'every rank of a run over several machines, each in a folder of its own: mpirun -n 2 sottovoce profile CONFIG --mpi --out FOLDER',
    )
    .option('--deopts', 'look for code that V8 gave up, in modules of your own, in a run beside it')
    .option(
      '--repeats <count>',
      `starts to record, each a fresh process (default with --against…: ${REPEATS})`,
      repeats,
    )
    .option('--against <folder>', 'compare with an earlier profile')
    .option('--against-config <file>', 'compare with another config, in turns')
    .option('--against-build <folder>', 'compare with another built copy of this package, in turns')
    .option('--fail-slower <percent>', 'exit with 1 where it is slower by more: 5%', percent)
    .option('--no-html', 'draw no flame graphs')
    .option('-q, --quiet', 'print nothing but errors')
    .option('--json', 'print profile.json on stdout, everything else on stderr')
    .option('--no-custom', 'refuse kind: custom: modules run code')
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
  const { json = false, whole = false } = options;
  let over: RankOf | null = null;
  const quiet = () => options.quiet === true || (over !== null && over.rank > 0);
  const report = json ? terminal.stderr : terminal.stdout;
  const say = (text: string) => {
    if (!quiet()) printLine(report, text);
  };
  let interrupt: Interrupt | null = null;
  try {
    if (options.mpi) {
      refuseOverRanks(options);
      over = await ranksOf();
    }
    const loaded = await dependencies.load(file, changesOf(options));
    const [{ checkFolder, describeProfile, workOf, writeProfile }, { loadPage }, { profileName }] =
      await Promise.all([
        import('../profile/write.js'),
        import('../profile/flame-graph.js'),
        import('../library/record.js'),
      ]);
    const window = windowOf(options);
    const repeated = options.repeats !== undefined || comparisonsOf(options).length > 0;
    if (repeated || options.failSlower !== undefined) refuseBeside(options);
    const page = options.html ? loadPage() : null;
    const name = profileName({ ...loaded, file });
    const shared = options.out === undefined ? null : resolve(options.out);
    const given = over !== null && shared !== null ? join(shared, `rank-${over.rank}`) : shared;
    // Before the folder is looked at: it may be the same.
    const against = repeated ? await againstOf(options, dependencies) : {};
    const base = resolve(timedDirectory(`${name}-profile`, dependencies.now()));
    if (given === null) checkParent(base);
    else checkFolder(given);

    // A whole run is a process of its own, which is told of signals itself.
    if (!whole && !repeated) interrupt = new Interrupt(terminal, dependencies);
    const { exitCode, recorded, ...several } = await (repeated
      ? severalRuns(loaded, against, options, terminal, dependencies, say)
      : interrupt === null
        ? wholeRun(loaded, options, dependencies)
        : roundLoop(loaded, { ...options, window, over }, terminal, dependencies, say, interrupt));
    if (recorded === null) return exitCode;
    interrupt ??= new Interrupt(terminal, dependencies);
    interrupt.finishing();
    const run = { ...recorded.run, name };
    const deoptimised = options.deopts
      ? await (await import('../library/deopts.js')).recordDeoptimisations(
          loaded,
          options.seconds ?? SECONDS,
          recorded.threads.map(({ profile: recording }) => recording),
        )
      : null;
    const described = describeProfile(run, recorded.threads, { ...several, deoptimised });
    const { comparison = null } = several;
    const folder = given ?? dependencies.newFolder(base);
    const timeline = recorded.timeline && (await describeTimeline(name, recorded.timeline));
    const more = timeline && (await timelineFiles(timeline));
    const files = writeProfile(folder, run, recorded.threads, described, page, more);

    const { formatHottest, mostPutAside } = await import('../profile/hottest.js');
    say(`\n${formatHottest(described.merged, described.threads, workOf(run))}\n`);
    if (timeline) say(`${timeline.text}\n`);
    if (deoptimised) {
      const { formatDeoptimisations } = await import('../profile/deopts.js');
      say(`${formatDeoptimisations(deoptimised.found, deoptimised.seconds)}\n`);
    }
    if (comparison) {
      const { formatComparison } = await import('../profile/comparison.js');
      say(`${formatComparison(comparison)}\n`);
    }
    say(`profile in ${showPath(folder)}: ${files.join(', ')}`);
    if (over?.rank === 0 && shared !== null)
      say(`all ranks: ${showPath(writeRanksPage(shared, name, over.ranks))}`);
    if (page !== null) say(`open ${showPath(join(folder, 'merged.html'))} in a browser`);
    const warn = (text: string) =>
      printLine(terminal.stderr, `${colours(terminal, terminal.stderr).yellow('warning:')} ${text}`);
    if (described.merged.samples < FEW_SAMPLES) {
      const more = options.rounds === undefined ? '--seconds' : '--rounds';
      warn(`${described.merged.samples} samples say little: give more ${more}`);
    }
    const putAside = mostPutAside(recorded.threads.map(({ times }) => times));
    if (putAside !== null && putAside > BUSY && !quiet()) {
      warn(
        `others had the cores for ${Math.round(100 * putAside)}% of a thread's time: record on a machine that does nothing else`,
      );
    }
    if (recorded.summary.status === 'diverged') reportError(diverged(recorded.summary), terminal);
    if (json) printLine(terminal.stdout, toJson(described.report));
    const { isTooSlow } = await import('../profile/comparison.js');
    const tooSlow = isTooSlow(comparison, options.failSlower);
    return interrupt.exitCode ?? (tooSlow ? ExitCode.RUN_FAILED : exitCode);
  } catch (error) {
    const code = reportError(error, terminal);
    if (json) printLine(terminal.stdout, toJson({ status: 'failed', error: (error as Error).message }));
    return code;
  } finally {
    interrupt?.end();
  }
}

interface Ended extends Compared {
  exitCode: number;
  /** Null where there is no profile. */
  recorded: Recorded | null;
}

function comparisonsOf({ against, againstConfig, againstBuild }: ProfileOptions): string[] {
  const given = { against, 'against-config': againstConfig, 'against-build': againstBuild };
  return Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : `--${name}`));
}

/** Over several ranks it is one run that is recorded, and each rank has to know where to. */
function refuseOverRanks(options: ProfileOptions): void {
  const { out, whole, deopts, repeats } = options;
  const beside = [
    ...comparisonsOf(options),
    ...(whole ? ['--whole'] : []),
    ...(deopts ? ['--deopts'] : []),
    ...(repeats !== undefined ? ['--repeats'] : []),
  ];
  if (beside.length > 0) {
    throw new InputError(
      `--mpi is given with ${beside.join(' and ')}: over ranks one round loop is recorded`,
    );
  }
  if (out === undefined) {
    throw new InputError('--mpi is given without --out, expected the folder where every rank makes its own');
  }
}

/** A page with the flame graphs of all ranks, beside their folders. */
function writeRanksPage(folder: string, name: string, ranks: number): string {
  const title = `Profile of ${name}, ${ranks} ranks`;
  const parts = Array.from({ length: ranks }, (_, rank) => {
    const at = `rank-${rank}`;
    return `<h2>Rank ${rank}</h2><p><a href="${at}/merged.html">alone</a></p><iframe src="${at}/merged.html" title="flame graph of rank ${rank}"></iframe>`;
  });
  const text = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${asText(title)}</title>
<style>body { font: 16px system-ui, sans-serif; margin: 1.5rem; } iframe { width: 100%; height: 32rem; border: 1px solid #888; }</style></head>
<body><h1>${asText(title)}</h1><p>Worker 0 of each rank speaks with the other ranks; the others work for its agents.</p>
${parts.join('\n')}
</body></html>
`;
  const file = join(folder, 'ranks.html');
  writeFileSync(file, text);
  return file;
}

/** What makes no sense beside repeats, or without a comparison. */
function refuseBeside(options: ProfileOptions): void {
  const comparisons = comparisonsOf(options);
  if (comparisons.length > 1) {
    throw new InputError(`${comparisons.join(' and ')} are given, expected one of them`);
  }
  if (options.failSlower !== undefined) {
    if (comparisons.length === 0) {
      throw new InputError('--fail-slower is given alone, expected what to compare with as well', {
        hint: 'give --against, --against-config or --against-build',
      });
    }
    const { repeats = REPEATS } = options;
    if (repeats < LEAST_REPEATS) {
      throw new InputError(
        `--repeats is ${repeats} with --fail-slower, expected ${LEAST_REPEATS} or more: fewer say nothing`,
      );
    }
  }
  const asked = comparisons[0] ?? '--repeats';
  if (options.whole) throw new InputError(`--whole is given with ${asked}: whole runs are not compared`);
  if (windowOf(options) !== undefined) {
    throw new InputError(`--timeline is given with ${asked}: a timeline is of one run`);
  }
  if (options.rounds !== undefined) {
    throw new InputError(
      `--rounds is given with ${asked}, whose turns take as many rounds as they have time for`,
      {
        hint: 'give --seconds: how long each side is recorded, over all repeats',
      },
    );
  }
}

async function againstOf(options: ProfileOptions, { load }: RunDependencies): Promise<Against> {
  const { against, againstConfig, againstBuild } = options;
  if (against !== undefined) {
    return { recorded: (await import('../library/earlier.js')).readEarlier(resolve(against)) };
  }
  if (againstConfig !== undefined) return { config: await load(againstConfig, changesOf(options)) };
  if (againstBuild === undefined) return {};
  return { build: (await import('../library/turns.js')).findBuild(resolve(againstBuild)) };
}

async function severalRuns(
  loaded: LoadedConfig,
  against: Against,
  options: ProfileOptions,
  terminal: Terminal,
  { onSignal }: RunDependencies,
  say: (text: string) => void,
): Promise<Ended> {
  const { recordRepeats } = await import('../library/repeated.js');
  const { repeats = REPEATS, seconds = SECONDS, interval: intervalUs } = options;
  const abort = new AbortController();
  let code: number = ExitCode.OK;
  const stopListening = onSignal((signal) => {
    code = exitCodeFor(signal);
    abort.abort();
  });
  const shown = terminal.stderr.isTTY === true && !options.quiet;
  const tell = (done: number, of: number) => {
    if (shown) terminal.stderr.write(`\r${done} of ${of} repeats${done < of ? '' : '\n'}`);
  };
  say(
    `${plural(repeats, 'repeat')}, each a fresh process${comparisonsOf(options).length > 0 ? ' of each side' : ''}`,
  );
  try {
    tell(0, repeats);
    const { signal } = abort;
    const { recorded, ...several } = await recordRepeats(loaded, against, {
      repeats,
      seconds,
      intervalUs,
      signal,
      onRepeat: tell,
    });
    return { exitCode: exitCodeOf(recorded.summary), recorded, ...several };
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    printLine(terminal.stderr, 'interrupted: there is no profile');
    return { exitCode: code, recorded: null };
  } finally {
    stopListening();
  }
}

/** With what people see of it meanwhile, and with what their Ctrl-C means. */
async function roundLoop(
  loaded: LoadedConfig,
  options: ProfileOptions & { window: number | undefined; over: RankOf | null },
  terminal: Terminal,
  dependencies: RunDependencies,
  say: (text: string) => void,
  interrupt: Interrupt,
): Promise<Ended> {
  const { lasting, recordLoop } = await import('../library/record.js');
  let close: () => Promise<void> = async () => {};
  const loop = {
    ...lasting(options.seconds, options.rounds),
    intervalUs: options.interval,
    // Of a run over several ranks the first one's: all of them pass the same rounds.
    window: options.over === null || options.over.rank === 0 ? options.window : undefined,
    ...(options.over && { ranks: options.over.task }),
  };
  const isQuiet = options.quiet || (options.over !== null && options.over.rank > 0);
  const race = <T>(promise: Promise<T>) => interrupt.race(promise);
  try {
    const opened = await race(dependencies.openSession());
    close = opened.close;
    const { session } = opened;
    const recorded = await recordLoop(session, loaded, loop, race, async (plan) => {
      say(formatPlan(plan, colours(terminal, options.json ? terminal.stderr : terminal.stdout)));
      const timed = loop.seconds !== null && !loop.allRounds;
      if (timed) say(`recording for ${loop.seconds} s`);
      const view = isQuiet || timed ? silent : await progressView(terminal.stderr, plan.rounds);
      interrupt.running(session, view);
      return watch(session, view, new RowStore(), race).finally(() => view.end());
    });
    return { exitCode: interrupt.exitCode ?? exitCodeOf(recorded.summary), recorded };
  } catch (error) {
    if (
      error instanceof GivenUp ||
      (interrupt.exitCode !== null && (error as { code?: unknown }).code === 'STOPPED')
    ) {
      printLine(terminal.stderr, 'interrupted: there is no profile');
      return { exitCode: interrupt.exitCode ?? ExitCode.INTERRUPTED, recorded: null };
    }
    throw error;
  } finally {
    await Promise.race([close().catch(() => {}), sleep(CLOSE_GRACE_MS)]);
  }
}

async function wholeRun(
  loaded: LoadedConfig,
  { interval: intervalUs, quiet = false }: ProfileOptions,
  { onSignal }: RunDependencies,
): Promise<Ended> {
  const { recordWhole } = await import('../library/record.js');
  return recordWhole(loaded, intervalUs, quiet, onSignal);
}

/** Rounds of the timeline; undefined where none is asked for. */
function windowOf({ timeline, timelineRounds, whole }: ProfileOptions): number | undefined {
  if (!timeline && timelineRounds === undefined) return undefined;
  if (whole) {
    throw new InputError('--timeline is given with --whole, expected one of them: it is of the round loop', {
      hint: 'leave out --whole for a timeline',
    });
  }
  const window = timelineRounds === undefined ? WINDOW : wholeNumber('--timeline-rounds', timelineRounds, 1);
  checkWindow('--timeline-rounds', window);
  return window;
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

function repeats(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= MOST_REPEATS) return value;
  throw new InvalidArgumentError(`--repeats is ${text}, expected a whole number in 1..${MOST_REPEATS}.`);
}

function percent(text: string): number {
  const value = /^\s*[\d.]+\s*%\s*$/.test(text) ? Number(text.replace('%', '')) / 100 : Number.NaN;
  if (value >= 0 && value < 100) return value;
  throw new InvalidArgumentError(`--fail-slower is ${text}, expected a percentage such as 5%.`);
}

/** Below 50 us a thread does little but take samples; above 0.1 s there are none. */
function interval(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 50 && value <= 100_000) return value;
  throw new InvalidArgumentError(
    `--interval is ${text}, expected a whole number of microseconds in 50..100000.`,
  );
}
