/**
 * `sottovoce bench`: how fast is it, against what, and does it scale? One sub-command for each benchmark of
 * the registry.
 */

import type { Command } from 'commander';
import { ownCores } from '../base/cores.js';
import { InputError } from '../base/errors.js';
import type { Benchmark, Progress } from '../bench/types.js';
import { candidates } from '../session/workers.js';
import { addBenchDiffCommand } from './bench-diff.js';
import { readDocument, writeFigure, writeJson } from './bench-files.js';
import { progressView, silent } from './progress.js';
import { exitCodeFor, onSignal } from './signals.js';
import { colours, ExitCode, printLine, type Terminal } from './terminal.js';
import { wholeNumber, wholeNumbers } from './whole-numbers.js';

const HELP = `
Everything is seeded and warmed, what is compared takes turns within one run, and every figure is a median with its quartiles. Close what else
runs on the machine: the load before the run is printed with the rest.

Examples:
  $ sottovoce bench scaling --picture scaling.png
  $ sottovoce bench round --json before.json         then change something, and
  $ sottovoce bench round --against before.json      ratios with intervals; better or worse only where they leave no doubt
  $ sottovoce bench diff before.json after.json      the same of two files
  $ sottovoce bench round --against main.json --fail-on slower:5% --json - | jq '.figures[].median'
  $ sottovoce bench peers                            C/OpenMP and NumPy on the same problem, if they are there
  $ sottovoce bench scaling my.yaml --workers 1,2,4,8

Exit codes: 0 measured, 1 what --fail-on names has happened, or it failed; 2 bad usage or bad input, 130 interrupted, 129 and 143 for SIGHUP and SIGTERM.
`;

const QUICK_PASSES = 3;
/**
 * With eleven samples the quartiles are order statistics, and two equal things look different once in thirty
 * times.
 */
const PASSES = 11;

interface BenchOptions {
  quick?: boolean;
  json?: string;
  against?: string;
  failOn?: string;
  picture?: string;
  seed?: string;
  passes?: string;
  workers?: string;
  quiet?: boolean;
}

/** The registry is loaded only for `bench`, which alone needs it for its sub-commands. */
export async function addBenchCommands(
  program: Command,
  terminal: Terminal,
  argv: readonly string[],
  setExitCode: (code: number) => void,
): Promise<void> {
  const bench = program
    .command('bench')
    .summary('measure the barrier, kernels, rounds, scaling, memory, and other programs beside it')
    .description('How fast is it, against what, and does it scale?')
    .addHelpText('after', HELP);
  if (!argv.includes('bench')) return;
  const { benchmarks } = await import('../bench/registry.js');
  for (const benchmark of benchmarks) {
    const command = bench
      .command(benchmark.name)
      .summary(benchmark.summary)
      .description(benchmark.description);
    if (benchmark.takesConfig) command.argument('[config]', 'a config of your own (YAML)');
    for (const { flags, description } of benchmark.options ?? []) command.option(flags, description);
    command
      .option('--quick', 'a second or two: shows that it works, and roughly how fast')
      .option('--json <file>', 'write everything as JSON; - for stdout, and all else goes to stderr')
      .option('--against <file>', 'compare with what --json wrote before')
      .option('--fail-on <conditions>', "exit with 1: 'targets' not met, 'slower:5%' than --against")
      .option('--picture <file>', 'draw it, as .svg or .png (where there is something to draw)')
      .option('--seed <number>', 'of graphs and costs', '1')
      .option('--passes <count>', `samples of each (default: ${PASSES})`)
      .option(
        '--workers <list>',
        'numbers of workers, a comma between them, or all (default: 1, 2, 4, ... and all cores)',
      )
      .option('-q, --quiet', 'no progress')
      .option('--debug', 'print stack traces')
      .action(async (...given: unknown[]) => {
        const config = benchmark.takesConfig ? (given[0] as string | undefined) : undefined;
        const options = given[benchmark.takesConfig ? 1 : 0] as BenchOptions;
        setExitCode(await benchCommand(benchmark, config ?? null, options, terminal));
      });
  }
  addBenchDiffCommand(bench, terminal, setExitCode);
}

/** Gives the exit code. Throws InputError. */
export async function benchCommand(
  benchmark: Benchmark,
  config: string | null,
  options: BenchOptions,
  terminal: Terminal,
): Promise<number> {
  const { describeMachine } = await import('../bench/machine.js');
  const report = await import('../bench/report.js');
  const { disturbances, readProcessorTime, scatter } = await import('../bench/noise.js');
  const { adviceOn } = await import('../bench/machine-topology.js');
  const quick = options.quick ?? false;
  const seed = wholeNumber('--seed', options.seed ?? '1', 0);
  const passes = wholeNumber('--passes', options.passes ?? String(quick ? QUICK_PASSES : PASSES), 1);
  const workers = parseWorkers(options.workers);
  const picture = options.picture;
  if (picture !== undefined && !/\.(svg|png)$/i.test(picture)) {
    throw new InputError(`--picture is ${picture}, expected a file that ends in .svg or .png`);
  }
  const { compareDocuments, changesTable } = await import('../bench/diff.js');
  const { failures, parseFailOn } = await import('../bench/fail-on.js');
  const failOn = options.failOn === undefined ? null : parseFailOn(options.failOn);
  const before = options.against === undefined ? null : await readDocument('--against', options.against);
  if (before !== null && before.benchmark !== benchmark.name)
    throw new InputError(
      `--against ${options.against} is of bench ${before.benchmark}, expected one of bench ${benchmark.name}`,
    );
  if (before !== null && before.quick !== quick)
    throw new InputError(
      `--against ${options.against} is ${before.quick ? 'a' : 'no'} --quick run, expected ${quick ? 'one' : 'one without'}: the problems differ`,
    );
  if (failOn?.targets && quick)
    throw new InputError('--fail-on targets and --quick do not go together: targets are of whole problems');
  if (failOn !== null && failOn.slower !== null && before === null)
    throw new InputError('--fail-on slower: than what? expected --against with what --json wrote before');
  const machine = describeMachine();
  // JSON for a pipe has stdout to itself.
  const out = options.json === '-' ? terminal.stderr : terminal.stdout;
  const paint = colours(terminal, out);
  printLine(out, `${paint.bold(benchmark.name)}: ${benchmark.summary}${quick ? ' (quick)' : ''}`);
  printLine(out, paint.dim(report.formatMachine(machine)));

  const startedMs = performance.now();
  const processorsBefore = readProcessorTime();
  const steps = new Steps(options.quiet ? null : terminal.stderr, (sentence) =>
    printLine(out, paint.dim(sentence)),
  );
  // What it has started and put aside goes with it; there are no figures before the end.
  const stopListening = onSignal((signal) => {
    steps.end();
    printLine(terminal.stderr, 'interrupted: nothing was written');
    process.exit(exitCodeFor(signal));
  });
  const result = await benchmark
    .run({ quick, seed, workers, passes, config, progress: steps, given: givenOf(benchmark, options) })
    .finally(() => {
      stopListening();
      steps.end();
    });
  const seconds = (performance.now() - startedMs) / 1000;
  const noise = [
    ...disturbances(processorsBefore, readProcessorTime(), seconds),
    ...scatter(result.figures),
    ...(machine.topology ? adviceOn(machine.topology) : []),
  ];
  const document = report.makeDocument(
    { benchmark: benchmark.name, quick, seed, passes, workers, machine, seconds, noise },
    result,
  );

  const tables = [...result.tables];
  const targets = quick ? null : report.targetTable(result.figures);
  if (targets) tables.push(targets);
  const changes = before ? compareDocuments(document, before) : [];
  if (before) tables.push(changesTable(changes, document, before));
  for (const table of tables) printLine(out, `\n${report.formatTable(table, paint)}`);
  // A second of anything is noisy.
  if (!quick && noise.length > 0) printLine(out, `\n${paint.yellow(`Noise: ${noise.join('\n       ')}`)}`);
  if (options.json !== undefined) await writeJson(options.json, document, terminal);
  if (picture !== undefined) {
    if (result.picture === undefined)
      throw new InputError(`${benchmark.name} has nothing to draw for --picture`);
    const { renderPng } = await import('../report/png.js');
    await writeFigure(
      '--picture',
      picture,
      /\.png$/i.test(picture) ? await renderPng(result.picture) : result.picture,
      terminal,
    );
    printLine(out, `${paint.dim('picture')}  ${picture}`);
  }
  const failed = failOn === null ? [] : failures(failOn, result.figures, changes);
  for (const why of failed)
    printLine(terminal.stderr, `${colours(terminal, terminal.stderr).red('failed:')} ${why}`);
  return failed.length > 0 ? ExitCode.RUN_FAILED : ExitCode.OK;
}

function givenOf({ options = [] }: Benchmark, found: BenchOptions): Record<string, string | true> {
  return Object.fromEntries(
    options.flatMap(({ name }) => {
      const value = found[name as keyof BenchOptions];
      return typeof value === 'string' || value === true ? [[name, value]] : [];
    }),
  );
}

function parseWorkers(text: string | undefined): number[] {
  const cores = ownCores().count;
  if (text === undefined) return candidates(cores);
  if (text === 'all') return Array.from({ length: cores }, (_, i) => i + 1);
  const counts = wholeNumbers('--workers', text, 1);
  // Speed-ups are over one worker.
  return [...new Set([1, ...counts])].sort((a, b) => a - b);
}

/** A benchmark's steps as progress with an ETA. */
class Steps implements Progress {
  readonly say: (sentence: string) => void;
  private readonly output: Terminal['stderr'] | null;
  private view = silent;
  private expected = 0;
  private done = 0;
  private opening: Promise<void> | null = null;
  private ended = false;
  private readonly startedMs = performance.now();

  constructor(output: Terminal['stderr'] | null, say: (sentence: string) => void) {
    this.output = output;
    this.say = say;
  }

  expect(steps: number): void {
    this.expected += steps;
    if (this.output === null) return;
    this.opening ??= progressView(this.output, this.expected).then((view) => {
      if (this.ended) view.end();
      else this.view = view;
    });
  }

  step(what: string): void {
    this.done++;
    const elapsed = (performance.now() - this.startedMs) / 1000;
    const rounds = Math.max(this.done, this.expected);
    this.view.update({ round: this.done, rounds, paused: false, last: null, doing: what }, elapsed);
  }

  end(): void {
    this.ended = true;
    this.view.end();
  }
}
