/**
 * `sottovoce bench`: how fast is it, against what, and does it scale? One sub-command for each benchmark of
 * the registry.
 */

import type { Command } from 'commander';
import { candidates, ownCores } from '../base/cores.js';
import { InputError } from '../base/errors.js';
import type { Change } from '../bench/diff.js';
import type { FailOn } from '../bench/fail-on.js';
import type { BenchDocument } from '../bench/report.js';
import type { Benchmark, BenchResult, Progress } from '../bench/types.js';
import { refuseNoFolder } from '../output/failures.js';
import { wholeNumber, wholeNumbers } from '../schema/whole-numbers.js';
import { addBenchDiffCommand } from './bench-diff.js';
import { digestOf, readDocument, writeJson, writePicture } from './bench-files.js';
import { progressView, silent } from './progress.js';
import { exitCodeFor, onSignal } from './signals.js';
import { colours, ExitCode, type Output, printLine, type Terminal } from './terminal.js';

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
  checklist?: boolean;
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
      .option('--checklist', 'say how the answer keeps the rules for such reports (Hoefler and Belli, SC15)')
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

/** Options that were read, and files that they name. */
interface Asked {
  quick: boolean;
  seed: number;
  passes: number;
  workers: number[];
  failOn: FailOn | null;
  before: BenchDocument | null;
}

/** All that can be refused before anything is measured. Throws InputError. */
async function readOptions({ name }: Benchmark, options: BenchOptions): Promise<Asked> {
  const { parseFailOn } = await import('../bench/fail-on.js');
  const quick = options.quick ?? false;
  const seed = wholeNumber('--seed', options.seed ?? '1', 0);
  const passes = wholeNumber('--passes', options.passes ?? String(quick ? QUICK_PASSES : PASSES), 1);
  const workers = parseWorkers(options.workers);
  const { picture, against } = options;
  if (picture !== undefined && !/\.(svg|png)$/i.test(picture)) {
    throw new InputError(`--picture is ${picture}, expected a file that ends in .svg or .png`);
  }
  if (picture !== undefined) refuseNoFolder(`--picture ${picture}`, picture);
  const { json = '-' } = options;
  if (json !== '-') refuseNoFolder(`--json ${json}`, json);
  const failOn = options.failOn === undefined ? null : parseFailOn(options.failOn);
  const before = against === undefined ? null : await readDocument('--against', against);
  if (before !== null && before.benchmark !== name) {
    throw new InputError(
      `--against ${against} is of bench ${before.benchmark}, expected one of bench ${name}`,
    );
  }
  if (before !== null && before.quick !== quick) {
    throw new InputError(
      `--against ${against} is ${before.quick ? 'a' : 'no'} --quick run, expected ${quick ? 'one' : 'one without'}: the problems differ`,
    );
  }
  if (failOn?.targets && quick) {
    throw new InputError('--fail-on targets and --quick do not go together: targets are of whole problems');
  }
  if (failOn !== null && failOn.slower !== null && before === null) {
    throw new InputError('--fail-on slower: than what? expected --against with what --json wrote before');
  }
  return { quick, seed, passes, workers, failOn, before };
}

/** Gives the exit code. Throws InputError. */
export async function benchCommand(
  benchmark: Benchmark,
  config: string | null,
  options: BenchOptions,
  terminal: Terminal,
): Promise<number> {
  const asked = await readOptions(benchmark, options);
  // JSON for a pipe has stdout to itself.
  const out = options.json === '-' ? terminal.stderr : terminal.stdout;
  const { document, result } = await measure(benchmark, config, asked, options, terminal, out);
  const changes = await show(document, asked, options, terminal, out);
  if (options.json !== undefined) await writeJson(options.json, document, terminal);
  if (options.picture !== undefined) {
    await writePicture(options.picture, benchmark.name, result.picture, terminal);
    printLine(out, `${colours(terminal, out).dim('picture')}  ${options.picture}`);
  }
  if (asked.failOn === null) return ExitCode.OK;
  const { failures } = await import('../bench/fail-on.js');
  const failed = failures(asked.failOn, document.figures, changes);
  const paint = colours(terminal, terminal.stderr);
  for (const why of failed) printLine(terminal.stderr, `${paint.red('failed:')} ${why}`);
  return failed.length > 0 ? ExitCode.RUN_FAILED : ExitCode.OK;
}

async function measure(
  benchmark: Benchmark,
  config: string | null,
  { failOn: _, before: __, ...inputs }: Asked,
  options: BenchOptions,
  terminal: Terminal,
  out: Output,
): Promise<{ document: BenchDocument; result: BenchResult }> {
  const { describeMachine } = await import('../bench/machine.js');
  const { adviceOn } = await import('../bench/machine-topology.js');
  const { disturbances, readProcessorTime, scatter } = await import('../bench/noise.js');
  const { formatMachine, makeDocument } = await import('../bench/report.js');
  const machine = describeMachine();
  const paint = colours(terminal, out);
  const quick = inputs.quick ? ' (quick)' : '';
  printLine(out, `${paint.bold(benchmark.name)}: ${benchmark.summary}${quick}`);
  printLine(out, paint.dim(formatMachine(machine)));

  const startedMs = performance.now();
  const processors = readProcessorTime();
  const progress = new Steps(options.quiet ? null : terminal.stderr, (sentence) =>
    printLine(out, paint.dim(sentence)),
  );
  // What it has started and put aside goes with it; there are no figures before the end.
  const stopListening = onSignal((signal) => {
    progress.end();
    printLine(terminal.stderr, 'interrupted: nothing was written');
    process.exit(exitCodeFor(signal));
  });
  const given = givenOf(benchmark, options);
  const result = await benchmark.run({ ...inputs, config, progress, given }).finally(() => {
    stopListening();
    progress.end();
  });
  const seconds = (performance.now() - startedMs) / 1000;
  const noise = [
    ...disturbances(processors, readProcessorTime(), seconds),
    ...scatter(result.figures),
    ...(machine.topology ? adviceOn(machine.topology) : []),
  ];
  const document = makeDocument(
    {
      benchmark: benchmark.name,
      ...inputs,
      machine,
      seconds,
      noise,
      given,
      ...(config !== null && { config: await digestOf(config) }),
    },
    result,
  );
  return { document, result };
}

/** For people; gives what has changed since --against. */
async function show(
  document: BenchDocument,
  { quick, before }: Asked,
  options: BenchOptions,
  terminal: Terminal,
  out: Output,
): Promise<Change[]> {
  const { formatTable, targetTable } = await import('../bench/report.js');
  const { changesTable, compareDocuments } = await import('../bench/diff.js');
  const { checklistTable } = await import('../bench/checklist.js');
  const tables = [...document.tables];
  const targets = quick ? null : targetTable(document.figures);
  if (targets) tables.push(targets);
  const changes = before ? compareDocuments(document, before) : [];
  if (before) tables.push(changesTable(changes, document, before));
  if (options.checklist) tables.push(checklistTable(document.checklist ?? []));
  const paint = colours(terminal, out);
  for (const table of tables) printLine(out, `\n${formatTable(table, paint)}`);
  const noise = document.noise ?? [];
  // A second of anything is noisy.
  if (!quick && noise.length > 0) printLine(out, `\n${paint.yellow(`Noise: ${noise.join('\n       ')}`)}`);
  return changes;
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
