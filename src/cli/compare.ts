/**
 * `sottovoce compare`: a grid of runs side by side, one a thread, and who needs the fewest rounds, bits and
 * seconds to a target.
 *
 * Interrupts. The first Ctrl-C ends the cells under way and reports those that have finished; the same
 * command with the same --out goes on with the rest. The second one leaves at once.
 */

import type { Command } from 'commander';
import { ownCores } from '../base/cores.js';
import { InputError } from '../base/errors.js';
import { formatSeconds, plural } from '../base/format.js';
import { showPath } from '../base/show-path.js';
import { visibleLine } from '../base/visible.js';
import type { GridRun } from '../compare/run-grid.js';
import type { CompareDirectory } from '../compare/store.js';
import type { Cell, CellOutcome, Target } from '../compare/types.js';
import { wholeNumber, wholeNumbers } from '../schema/whole-numbers.js';
import { addQueueOptions, type OpenWhere, openWhere, QUEUE_HELP, type QueueOptions } from './queue.js';
import { collect } from './repeated.js';
import { processDependencies, type RunDependencies, timedDirectory } from './run.js';
import { exitCodeFor, FINISHING } from './signals.js';
import { colours, ExitCode, type Output, printLine, type Terminal } from './terminal.js';

/** Cells by whose ends the time that is left is judged. */
const OF_LATE = 64;
/** How often a fleet is looked at. */
const TICK_MS = 1000;
/** Trial runs of a cell's search. */
const DEFAULT_TUNE = 40;

export interface CompareOptions extends QueueOptions {
  methods?: string;
  graphs?: string;
  compressors?: string;
  flows?: string;
  seeds?: string;
  target?: string;
  out?: string;
  jobs?: string;
  rounds?: string;
  tune?: string;
  set?: string[];
  quiet?: boolean;
  json?: boolean;
}

const HELP = `
The grid is every config on every graph with every method and every seed. What is not given is what the configs say.
  --methods      flows, each with its compressor, under a label or not: 'extra; one bit: lead + flatten(sign)'. A flow without one has the config's own
  --graphs       generators and files, under a label or not: 'ring(nodes=20); town: data/town.graphml'
Instead of --methods, every flow with every compressor (flows whose messages go as they are stand there once, with identity):
  --compressors  kinds with parameters, a ; between them: 'top-k(k=8); flatten(sign); identity'
  --flows        what a message says ('error-state; observer'), or whole flows: 'primal-dual(compress=observer, mu=0.5); consensus'
  --seeds        1,2,3 or 1..10: rows are then medians and quartiles over the seeds; a seed that does not reach the target counts as infinite, and
                 a method of which not all did stands behind those of which all did
  --tune         trial runs for the gains that a config leaves open (auto, or not given), the same search for every method: without one (0) a method
                 that is searched would stand beside one that has a formula
  --target       rmsError | agentsGapMean | agentsGapWorst | gradientNorm | gap | consensusError = a number; without it what the configs stop at, or
                 rmsError=1e-6. All but \`gap\` (of the mean of all x) and \`consensusError\` say what the agents hold

${QUEUE_HELP}
Every cell is one run on one thread, with the same bits as \`sottovoce run CONFIG --set ... --workers 1\` alone with its gains (stateHash says so). It arrives in the first
round from which it stays at the target for as long again (it is run that long to see), whatever trace.every says. It ends there, at the config's
rounds, or when it diverges. Seconds are those of a thread with others beside it; compare them with care. With \`network: { bandwidth: 1 Mbit/s, latency: 20 ms }\` in a config there are
the seconds its rounds would have taken on such links.

The folder:
  results.csv, results.json, results.parquet   a row for each cell (results.json also has the methods and the Pareto front)
  curves.csv, curves.parquet                   medians and quartiles over the seeds, against rounds, bits and seconds
  traces.parquet                               the rows of every cell
  picture.svg                                  the target's quantity against rounds and against bits: medians with quartiles
  cells/                                       every finished cell with its trace: a second call with the same --out runs only what is missing

Examples:
  $ sottovoce compare study.yaml --out study          methods, graphs, seeds and target stand under \`study:\` in the config
  $ sottovoce compare ring.yaml --compressors 'identity; sign; flatten(sign); top-k(k=8)'
  $ sottovoce compare ring.yaml --methods 'extra; one bit: lead + flatten(sign)' --graphs 'ring(nodes=20); torus(rows=5, columns=5)' --seeds 1..10
  $ sottovoce compare ring.yaml --compressors 'flatten(sign)' --flows 'error-state; observer' --seeds 1,2,3 --out study
  $ sottovoce compare ring.yaml grid.yaml --target rmsError=1e-8 --rounds 20000 --json | jq '.methods[] | select(.pareto)'
  $ sottovoce compare study.yaml --queue nats://queue-host:4222 --out study     on every machine that runs \`sottovoce worker\`

Exit codes: 0 every cell has run, whatever came out; 1 a cell failed (a worker died); 2 bad usage or bad input, 130 interrupted, 129 and 143 for SIGHUP and SIGTERM.
`;

export function addCompareCommand(
  program: Command,
  terminal: Terminal,
  setExitCode: (code: number) => void,
): void {
  const command = program
    .command('compare')
    .summary('run a grid of configs, compressors, flows and seeds, and rank them')
    .description('Which method needs the fewest rounds, bits and seconds to a target? Run them all and see.')
    .argument('<config...>', 'config files (YAML)')
    .option('--methods <list>', 'methods to try, a ; between them: [label:] flow [+ compressor]')
    .option('--graphs <list>', 'graphs to try them on, a ; between them: [label:] generator or file')
    .option('--compressors <list>', 'compressors to try, a ; between them')
    .option('--flows <list>', 'what messages say, or whole flows, a ; between them')
    .option('--seeds <list>', 'seeds: 1,2,3 or 1..10')
    .option('--target <quantity=bound>', 'what to reach, for example rmsError=1e-6')
    .option(
      '-o, --out <folder>',
      'where to write results, or to go on (default: a new one, runs/compare-<time>)',
    )
    .option('-j, --jobs <count>', 'runs at a time (default: one for each core)')
    .option('--rounds <count>', 'rounds a run lasts at most')
    .option(
      '--tune <trials>',
      `trial runs to search every cell's open gains with; 0: none (default: ${DEFAULT_TUNE})`,
    )
    .option('--set <path=value>', 'set any value of every config; may be repeated', collect)
    .option('-q, --quiet', 'print nothing but errors')
    .option('--json', 'print results.json on stdout, everything else on stderr');
  addQueueOptions(command)
    .option('--no-custom', 'refuse kind: custom: modules run code')
    .option('--debug', 'print stack traces')
    .addHelpText('after', HELP)
    .action(async (configs: string[], options: CompareOptions) => {
      setExitCode(await compareCommand(configs, options, terminal, processDependencies));
    });
}

/** Gives the exit code. Throws InputError. */
export async function compareCommand(
  configs: readonly string[],
  options: CompareOptions,
  terminal: Terminal,
  dependencies: Pick<RunDependencies, 'onSignal' | 'exit' | 'now' | 'newFolder'>,
): Promise<number> {
  const jobs = options.jobs === undefined ? ownCores().count : wholeNumber('--jobs', options.jobs, 1);
  const seeds = options.seeds === undefined ? undefined : wholeNumbers('--seeds', options.seeds, 0);
  const rounds = options.rounds === undefined ? [] : [`rounds=${wholeNumber('--rounds', options.rounds, 1)}`];
  const asked = options.tune === undefined ? undefined : wholeNumber('--tune', options.tune, 0);
  const interrupt = new Interrupt(terminal, dependencies);
  let directory: CompareDirectory | null = null;
  let where: OpenWhere | null = null;
  try {
    const { grid, tune, open } = await makeCells(configs, { ...options, seeds, rounds, tune: asked });
    where = await openWhere(jobs, options, terminal);
    const folder = options.out ?? dependencies.newFolder(timedDirectory('compare', dependencies.now()));
    directory = open(folder);
    interrupt.holds(directory);
    directory.begin(grid.target, grid.cells.length);
    await where.begin(directory.path);
    return await compareCells(grid, directory, { where, tune }, options, terminal, interrupt);
  } finally {
    await where?.end();
    interrupt.end();
    directory?.release();
  }
}

/** All that can be refused before a folder is made. Throws InputError. */
async function makeCells(
  configs: readonly string[],
  {
    seeds,
    rounds,
    tune,
    ...options
  }: Pick<CompareOptions, 'methods' | 'graphs' | 'compressors' | 'flows' | 'target' | 'set'> & {
    seeds: number[] | undefined;
    rounds: string[];
    tune: number | undefined;
  },
) {
  const [{ makeGrid }, { studyInputs }, { CompareDirectory }, { loadModulesOf }] = await Promise.all([
    import('../compare/grid.js'),
    import('../compare/study.js'),
    import('../compare/store.js'),
    import('../library/load-modules.js'),
  ]);
  const { methods, graphs, compressors, flows, target, set = [] } = options;
  const study = await studyInputs(configs, { methods, graphs, compressors, flows, seeds, target }, set);
  const trials = tune ?? study.tune ?? DEFAULT_TUNE;
  const grid = await makeGrid({ ...study.inputs, set: [...set, ...rounds], tune: trials });
  await loadModulesOf(grid.cells);
  return { grid, tune: trials, open: (folder: string) => CompareDirectory.open(folder) };
}

async function compareCells(
  { cells, target }: Readonly<{ cells: readonly Cell[]; target: Target }>,
  directory: CompareDirectory,
  { where, tune }: { where: OpenWhere; tune: number },
  options: CompareOptions,
  terminal: Terminal,
  interrupt: Interrupt,
): Promise<number> {
  const [{ runGrid }, { compared }, report] = await Promise.all([
    import('../compare/run-grid.js'),
    import('../library/compared.js'),
    import('../report/comparison.js'),
  ]);
  const watch = new Watch(options.quiet ? null : terminal.stderr, describeCell, () => where.fleet());
  where.tells(watch);
  const run = runGrid(cells, directory, {
    where,
    target,
    tune,
    onDone: (cell, outcome) => watch.done(cell, outcome),
  });
  await watch.begin(run);
  const stop = () => {
    watch.end();
    run.stop();
  };
  interrupt.running(stop);
  await run.finished.finally(() => watch.end());

  interrupt.finishing();
  const { comparison, results, json } = await compared({ cells, target }, run.outcomes, tune, directory);
  const { complete } = results;
  where.complete = complete;

  const output = options.json ? terminal.stderr : terminal.stdout;
  const paint = colours(terminal, output);
  if (!options.quiet) {
    if (comparison.methods.length > 0)
      printLine(output, report.formatComparison(comparison, target, tune, paint));
    printLine(output, `${paint.dim('results')}  ${showPath(directory.path)}`);
  }
  if (options.json) printLine(terminal.stdout, json);
  if (!complete) {
    const done = `stopped: ${comparison.cells.length} of ${plural(cells.length, 'cell')} are done`;
    printLine(
      terminal.stderr,
      `${done}; to go on, repeat the command with --out ${showPath(directory.path)}`,
    );
  }
  if (interrupt.exitCode !== null && !complete) return interrupt.exitCode;
  const statuses = comparison.cells.map(({ status }) => status);
  if (statuses.every((status) => status === 'refused')) {
    throw new InputError(comparison.cells[0]?.error ?? 'every cell was refused');
  }
  return statuses.includes('failed') ? ExitCode.RUN_FAILED : ExitCode.OK;
}

/**
 * What the user's Ctrl-C means, by what is going on when it comes: nothing is there yet, and we leave; cells
 * run, and no more of them do; results are written, and come to their end. A second one leaves at once.
 */
export class Interrupt {
  /** 129, 130 or 143 once a signal has come. */
  exitCode: number | null = null;
  readonly end: () => void;
  private readonly terminal: Terminal;
  private readonly exit: (code: number) => void;
  private held: CompareDirectory | null = null;
  private stop: (() => void) | null = null;

  constructor(terminal: Terminal, { onSignal, exit }: Pick<RunDependencies, 'onSignal' | 'exit'>) {
    this.terminal = terminal;
    this.exit = exit;
    this.end = onSignal((signal) => this.onSignal(exitCodeFor(signal)));
  }

  /** From here on something is left behind. */
  holds(directory: CompareDirectory): void {
    this.held = directory;
  }

  /** `stop` ends what runs, at once if a signal has come already. */
  running(stop: () => void): void {
    this.stop = stop;
    if (this.exitCode !== null) stop();
  }

  finishing(): void {
    this.stop = () => printLine(this.terminal.stderr, FINISHING);
  }

  private onSignal(code: number): void {
    const first = this.exitCode === null;
    this.exitCode = code;
    if (first && this.held !== null) {
      this.stop?.();
      return;
    }
    this.held?.release();
    this.exit(code);
  }
}

/** Progress with an ETA: a bar on a terminal, now and then a line in a log. */
export class Watch {
  private readonly output: Output | null;
  private bar: { update(value: number, payload: object): void; stop(): void } | null = null;
  private pending = 0;
  private ran = 0;
  private startedMs = 0;
  private nextLineMs = 2000;
  private readonly describe: (cell: Cell) => string;
  private readonly fleet: () => string | null;
  private ticking: NodeJS.Timeout | null = null;
  private last = '';
  private ends: number[] = [];

  /** @param fleet who works, where that is not this machine */
  constructor(output: Output | null, describe = describeCell, fleet: () => string | null = () => null) {
    this.output = output;
    this.describe = describe;
    this.fleet = fleet;
  }

  /** A line of its own, above the bar. */
  say(line: string): void {
    if (this.output === null) return;
    // The bar is drawn anew below it.
    if (this.bar !== null) this.output.write('\r\x1b[K');
    printLine(this.output, visibleLine(line));
  }

  /** Once, or once for each pass. */
  async begin({ pending, kept, again }: Pick<GridRun, 'pending' | 'kept' | 'again'>): Promise<void> {
    this.end();
    this.ran = 0;
    this.ends = [];
    this.pending = pending;
    this.startedMs = Date.now();
    if (this.output === null) return;
    const known = kept > 0 ? `, ${kept} known from before` : '';
    printLine(this.output, `${plural(pending, 'cell')} to run${known}`);
    for (const [why, count] of again)
      printLine(this.output, `${plural(count, 'cell')} of them ran before: ${why}`);
    if (pending > 0) {
      this.ticking = setInterval(() => this.tick(), TICK_MS);
      this.ticking.unref();
    }
    if (!this.output.isTTY || pending === 0) return;
    const { default: cliProgress } = await import('cli-progress');
    const bar = new cliProgress.SingleBar({
      format: '{bar} {value}/{total}  {details}',
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 24,
      hideCursor: true,
      clearOnComplete: true,
      linewrap: false,
      stream: this.output as NodeJS.WritableStream,
    });
    bar.start(pending, this.ran, { details: 'starting' });
    this.bar = bar;
  }

  done(cell: Cell, outcome: CellOutcome): void {
    this.ran++;
    const elapsedMs = Date.now() - this.startedMs;
    const left = formatSeconds((this.pending - this.ran) * this.secondsEach());
    const what = `${this.describe(cell)}, seed ${cell.seed}: ${outcome.status}`;
    const fleet = this.fleet();
    this.last = `${left} left, ${what}`;
    this.show();
    if (this.output === null || this.output.isTTY || elapsedMs < this.nextLineMs) return;
    this.nextLineMs = 2 * elapsedMs;
    const by = fleet === null ? '' : `; ${fleet}`;
    printLine(this.output, `cell ${this.ran} of ${this.pending}, ${left} left (${what})${by}`);
  }

  /** From one cell to the next, of late: a fleet grows and shrinks. */
  private secondsEach(): number {
    const now = Date.now();
    this.ends.push(now);
    if (this.ends.length > OF_LATE) this.ends.shift();
    const [first] = this.ends;
    const before = this.ran > this.ends.length ? (first as number) : this.startedMs;
    const cells = this.ran > this.ends.length ? this.ends.length - 1 : this.ran;
    return (now - before) / cells / 1000;
  }

  /** Workers come and go between two cells, too. */
  private tick(): void {
    const fleet = this.fleet();
    if (fleet === null) return;
    this.show();
    const elapsedMs = Date.now() - this.startedMs;
    if (this.output === null || this.output.isTTY || elapsedMs < this.nextLineMs) return;
    this.nextLineMs = 2 * elapsedMs;
    printLine(this.output, `cell ${this.ran} of ${this.pending}; ${fleet}`);
  }

  private show(): void {
    const parts = [this.fleet(), this.last].filter((part) => part !== null && part !== '');
    this.bar?.update(this.ran, { details: visibleLine(parts.join('; ')) });
  }

  end(): void {
    if (this.ticking !== null) clearInterval(this.ticking);
    this.ticking = null;
    this.bar?.stop();
    this.bar = null;
  }
}

function describeCell({ label, graph }: Cell): string {
  return `${label} on ${graph}`;
}
