/**
 * `sottovoce sweep`: one config over a grid of values, or over values drawn at random, one run a thread; and
 * which of them arrive, and where it is fastest.
 *
 * Interrupts as in `compare`: the first Ctrl-C ends the runs under way and reports those that have finished,
 * the same command with the same --out goes on with the rest, and the second one leaves at once.
 */

import type { Command } from 'commander';
import { ownCores } from '../base/cores.js';
import { InputError } from '../base/errors.js';
import { plural } from '../base/format.js';
import { showPath } from '../base/show-path.js';
import type { CompareDirectory } from '../compare/store.js';
import type { GivingUp } from '../compare/types.js';
import type { Where } from '../compare/where.js';
import type { Swept } from '../library/swept.js';
import { wholeNumber, wholeNumbers } from '../schema/whole-numbers.js';
import type { Sweep } from '../sweep/make.js';
import type { SweepRun } from '../sweep/run.js';
import { Interrupt, Watch } from './compare.js';
import { addQueueOptions, type OpenWhere, openWhere, QUEUE_HELP, type QueueOptions } from './queue.js';
import { collect } from './repeated.js';
import { processDependencies, type RunDependencies, timedDirectory } from './run.js';
import { colours, ExitCode, printLine, type Terminal } from './terminal.js';

/** What a sweep gives up where nothing else is asked for. */
export const GIVES_UP: readonly GivingUp[] = ['growing', 'slow'];

export interface SweepOptions extends QueueOptions {
  grid?: string[];
  random?: string;
  randomSeed?: string;
  seeds?: string;
  target?: string;
  rounds?: string;
  set?: string[];
  out?: string;
  jobs?: string;
  halving?: boolean;
  earlyStop?: boolean;
  quiet?: boolean;
  json?: boolean;
}

const HELP = `
An axis is a path of the config and its values. Any path will do, and any number of axes:
  flow.step=0.01..0.1:log:12      12 values, each a constant factor above the one before
  flow.mu=0.2..1:lin:5            5 values, evenly spaced
  compressor.k=1..64:log:7:whole  rounded to whole numbers
  topology.nodes=10..14           whole numbers, one apart
  flow.mu=0.2,0.5,1               a list; with a ; between its entries where a comma stands in them
  compressor='sign; flatten(sign); top-k(k=4)'   topology='ring(nodes=20); { file: net.gml }'   kinds, with parameters

--random 50 draws 50 points instead of taking all: log-uniform where a range says log, uniform elsewhere (then a range needs no count).
--random-seed draws others. --seeds 1..5 repeats every point; it counts as arrived where every seed arrives, and its rounds are the median.

Early stop. A run is given up where its error grows past where it began, or falls too slowly to reach the target within the config's rounds. That
cannot change who wins: what was given up and could still need fewer rounds than the best is run on afterwards, until it cannot. --no-early-stop
runs all of them whole. --halving (all points a few rounds, the best third of them three times as many, and so on) is faster, and may miss the best.

Every run is \`sottovoce run CONFIG --set ... --seed ...\` on one thread, with the same stateHash; its command is in the results. Gains that are auto are
chosen as in that run. The same sweep gives the same results with any number of --jobs.

${QUEUE_HELP}
The folder:
  results.csv, results.json, results.parquet   a row for each run, a column for each axis; results.json also has the points over their seeds, ranked
  report.html                                  a page with the best point, the points by rank, and a curve or a map
  cells/                                       every finished run with its trace: the same command with the same --out runs only what is missing

Examples:
  $ sottovoce sweep ring.yaml --grid flow.step=0.01..0.1:log:12 flow.mu=0.2,0.5,1
  $ sottovoce sweep ring.yaml --grid flow.step=0.001..1:log flow.alpha=0.1..10:log --random 200 --seeds 1..3 --out study
  $ sottovoce sweep ring.yaml --grid compressor='sign; flatten(sign); top-k(k=4)' topology='ring(nodes=20); torus(rows=4, columns=5)'
  $ sottovoce sweep ring.yaml --grid topology.nodes=10..100:lin:10 --target rmsError=1e-4 --json | jq '.points[] | [.values, .rounds.median]'
  $ sottovoce sweep ring.yaml --grid flow.step=0.001..1:log:200 --queue nats://queue-host:4222 --out study

Exit codes: 0 every run has ended, whatever came out; 1 one failed (a worker died); 2 bad usage or bad input, 130 interrupted, 129 and 143 for SIGHUP and SIGTERM.
`;

export function addSweepCommand(
  program: Command,
  terminal: Terminal,
  setExitCode: (code: number) => void,
): void {
  const command = program
    .command('sweep')
    .summary('run one config over a grid of values, or over values drawn at random')
    .description('Which gains, compressor or graph is best? Run the config with all of them and see.')
    .argument('<config>', 'config file (YAML)')
    .option('--grid <path=values...>', 'axes: flow.step=0.01..0.1:log:12 flow.mu=0.2,0.5,1')
    .option('--random <count>', 'draw so many points from the axes instead of taking all')
    .option('--random-seed <seed>', 'what they are drawn from (default: 0)')
    .option('--seeds <list>', 'seeds of every point: 1,2,3 or 1..10')
    .option('--target <quantity=bound>', 'what to reach, for example rmsError=1e-6')
    .option('--rounds <count>', 'rounds a run lasts at most')
    .option('--set <path=value>', 'set any value of the config, for all runs; may be repeated', collect)
    .option('--halving', 'give points up by thirds, for having the larger error: may miss the best')
    .option('--no-early-stop', 'run hopeless points to their end too')
    .option(
      '-o, --out <folder>',
      'where to write results, or to go on (default: a new one, runs/sweep-<time>)',
    )
    .option('-j, --jobs <count>', 'runs at a time (default: one for each core)')
    .option('-q, --quiet', 'print nothing but errors')
    .option('--json', 'print results.json on stdout, everything else on stderr');
  addQueueOptions(command)
    .option('--no-custom', 'refuse kind: custom: modules run code')
    .option('--debug', 'print stack traces')
    .addHelpText('after', HELP)
    .action(async (config: string, options: SweepOptions) => {
      setExitCode(await sweepCommand(config, options, terminal, processDependencies));
    });
}

export type SweepDependencies = Pick<RunDependencies, 'onSignal' | 'exit' | 'now' | 'newFolder'>;

/** Gives the exit code. Throws InputError. */
export async function sweepCommand(
  config: string,
  options: SweepOptions,
  terminal: Terminal,
  dependencies: SweepDependencies,
): Promise<number> {
  const { grid = [], halving = false, earlyStop = true, target } = options;
  const number = (name: string, text: string | undefined, low: number) =>
    text === undefined ? undefined : wholeNumber(name, text, low);
  const random = number('--random', options.random, 1);
  const randomSeed = number('--random-seed', options.randomSeed, 0);
  if (randomSeed !== undefined && random === undefined)
    throw new InputError('--random-seed is given without --random, expected both');
  const { makeSweep } = await import('../sweep/make.js');
  return runMany('sweep', options, terminal, dependencies, {
    make: (seeds, set) =>
      makeSweep({
        config,
        grid,
        random,
        randomSeed,
        seeds,
        target,
        set,
        ask: earlyStop && !halving ? { giveUp: GIVES_UP } : {},
      }),
    halving,
    async report(sweep, run, directory, output, paint) {
      const [{ swept }, { formatSweep }] = await Promise.all([
        import('../library/swept.js'),
        import('../report/sweep.js'),
      ]);
      const made = await swept(sweep, run.outcomes, run.complete(), directory);
      if (output !== null && made.results.points.length > 0)
        printLine(output, formatSweep(sweep, made.results, paint));
      return made;
    },
  });
}

/** What is said before a pass. */
const SAID: Readonly<Record<string, string>> = {
  again: 'given up, and run on until they cannot win any more:',
  whole: 'run to their end, since they still can:',
};

interface Many {
  make(seeds: number[] | undefined, set: string[]): Promise<Sweep>;
  halving: boolean;
  /** What is computed between the runs and the results; `onRun` is told how to end it. */
  between?(sweep: Sweep, where: Where, onRun: (stop: () => void) => void): Promise<void>;
  /** Writes the results, and says them where there is an output. */
  report(
    sweep: Sweep,
    run: SweepRun,
    directory: CompareDirectory,
    output: Terminal['stdout'] | null,
    paint: ReturnType<typeof colours>,
  ): Promise<Swept>;
}

/** What `sweep` and `map` have in common: folder, interrupts, progress, exit code. */
export async function runMany(
  name: 'sweep' | 'map',
  options: Pick<
    SweepOptions,
    'jobs' | 'seeds' | 'rounds' | 'set' | 'out' | 'quiet' | 'json' | keyof QueueOptions
  >,
  terminal: Terminal,
  dependencies: SweepDependencies,
  { make, halving, between, report }: Many,
): Promise<number> {
  const jobs = options.jobs === undefined ? ownCores().count : wholeNumber('--jobs', options.jobs, 1);
  const seeds = options.seeds === undefined ? undefined : wholeNumbers('--seeds', options.seeds, 0);
  const rounds = options.rounds === undefined ? [] : [`rounds=${wholeNumber('--rounds', options.rounds, 1)}`];
  const interrupt = new Interrupt(terminal, dependencies);
  let directory: CompareDirectory | null = null;
  let where: OpenWhere | null = null;
  try {
    const sweep = await make(seeds, [...(options.set ?? []), ...rounds]);
    const [{ CompareDirectory }, { loadModulesOf }, { runSweep }] = await Promise.all([
      import('../compare/store.js'),
      import('../library/load-modules.js'),
      import('../sweep/run.js'),
    ]);
    await loadModulesOf(sweep.cells);
    const opened = await openWhere(jobs, options, terminal);
    where = opened;
    const folder = options.out ?? dependencies.newFolder(timedDirectory(name, dependencies.now()));
    directory = CompareDirectory.open(folder, 'sweep');
    interrupt.holds(directory);
    directory.begin(sweep.target, sweep.cells.length);
    await where.begin(directory.path);

    const watch = new Watch(
      options.quiet ? null : terminal.stderr,
      ({ label }) => label,
      () => opened.fleet(),
    );
    where.tells(watch);
    const begun: Promise<void>[] = [];
    const run = runSweep(sweep, directory, {
      where,
      halving,
      onPass: (pass) => {
        if (pass.name !== 'all' && pass.pending > 0 && !options.quiet)
          printLine(terminal.stderr, SAID[pass.name] ?? pass.name);
        begun.push(watch.begin(pass));
      },
      onDone: (cell, outcome) => watch.done(cell, outcome),
    });
    interrupt.running(() => {
      watch.end();
      run.stop();
    });
    await run.finished.finally(async () => {
      await Promise.all(begun);
      watch.end();
    });

    if (run.complete()) await between?.(sweep, where, (stop) => interrupt.running(stop));
    interrupt.finishing();
    const output = options.json ? terminal.stderr : terminal.stdout;
    const paint = colours(terminal, output);
    const { results, json } = await report(sweep, run, directory, options.quiet ? null : output, paint);
    if (!options.quiet) printLine(output, `${paint.dim('results')}  ${showPath(directory.path)}`);
    if (options.json) printLine(terminal.stdout, json);
    const complete = run.complete();
    where.complete = complete;
    if (!complete) {
      const done = `stopped: ${results.rows.length} of ${plural(sweep.cells.length, 'run')} are done`;
      printLine(
        terminal.stderr,
        `${done}; to go on, repeat the command with --out ${showPath(directory.path)}`,
      );
    }
    if (interrupt.exitCode !== null && !complete) return interrupt.exitCode;
    const statuses = results.rows.map(({ status }) => status);
    if (statuses.every((status) => status === 'refused'))
      throw new InputError(results.rows[0]?.error ?? 'every run was refused');
    return statuses.includes('failed') ? ExitCode.RUN_FAILED : ExitCode.OK;
  } finally {
    await where?.end();
    interrupt.end();
    directory?.release();
  }
}
