/**
 * `sottovoce learn`: a policy for `compressor: { kind: learned }`, trained by runs on graphs of a family.
 *
 * Interrupts as in `compare`: the first Ctrl-C ends the runs under way, and the same command goes on bit for bit; the
 * second one leaves at once.
 */

import { existsSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { writeNamed } from '../../topology/whole-file.js';
import { ownCores } from '../base/cores.js';
import { InputError } from '../base/errors.js';
import { plural } from '../base/format.js';
import { showPath } from '../base/show-path.js';
import type { CompareDirectory } from '../compare/store.js';
import type { Figures, Generation } from '../learn/train.js';
import { unwritable } from '../output/failures.js';
import { toJson } from '../output/run-directory.js';
import { wholeNumber } from '../schema/whole-numbers.js';
import { Interrupt, Watch } from './compare.js';
import { addQueueOptions, type OpenWhere, openWhere, QUEUE_HELP, type QueueOptions } from './queue.js';
import { collect } from './repeated.js';
import { processDependencies, type RunDependencies } from './run.js';
import { writtenWhole } from './signals.js';
import { colours, printLine, type Terminal } from './terminal.js';

interface LearnOptions extends QueueOptions {
  out: string;
  jobs?: string;
  set?: string[];
  quiet?: boolean;
  json?: boolean;
}

const HELP = `
The config is that of a run, with cost and flow as the policy will meet them. A section \`learn\` may say on what it is trained; all of it has defaults:

  learn:
    graphs: [{ kind: random-regular, nodes: 30, degree: 4 }, { kind: erdos-renyi, nodes: 44, probability: 0.14, largestComponent: true }]
    problems: 6        each with a seed of its own         validation: 6   as many that it never sees, to be measured on
    generations: 12    of an evolution strategy            population: 8
    seed: 1            the same seed, the same policy      target: 1e-6    rmsError to reach with few bits

The policy looks at an agent's own error, its trend and the round, and says what the next message is: signs of all entries, signs of which some follow
from the others, more levels, another compressor, or silence. Figures are bits to the target as shares of the first action's alone, which is what a policy
begins with. Runs that have finished are kept in FILE.runs until the policy is written: after Ctrl-C the same command goes on, to the same bits.

${QUEUE_HELP}
Examples:
  $ sottovoce learn quadratic.yaml --out policy.json
  $ sottovoce run other.yaml --set compressor='{ kind: learned, policy: policy.json }'

Exit codes: 0 done; 1 a run failed (a worker died); 2 bad usage or bad input, 130 interrupted, 129 and 143 for SIGHUP and SIGTERM.
`;

export function addLearnCommand(
  program: Command,
  terminal: Terminal,
  setExitCode: (code: number) => void,
): void {
  const command = program
    .command('learn')
    .summary('train a policy that chooses what messages say')
    .description('Train a policy for `compressor: { kind: learned }`: which message, when, of how many bits.')
    .argument('<config>', 'config file (YAML)')
    .requiredOption('-o, --out <file>', 'where to write the policy (JSON)')
    .option('--set <path=value>', 'set any value of the config, for all runs; may be repeated', collect)
    .option('-j, --jobs <count>', 'runs at a time (default: one for each core)')
    .option('-q, --quiet', 'print nothing but errors')
    .option('--json', 'print the policy on stdout, everything else on stderr');
  addQueueOptions(command)
    .option('--no-custom', 'refuse kind: custom: modules run code')
    .option('--debug', 'print stack traces')
    .addHelpText('after', HELP)
    .action(async (config: string, options: LearnOptions) => {
      setExitCode(await learnCommand(config, options, terminal, processDependencies));
    });
}

type LearnDependencies = Pick<RunDependencies, 'onSignal' | 'exit'>;

/** Gives the exit code. Throws InputError. */
export async function learnCommand(
  config: string,
  options: LearnOptions,
  terminal: Terminal,
  dependencies: LearnDependencies,
): Promise<number> {
  const { out, set, quiet = false, json = false } = options;
  const jobs = options.jobs === undefined ? ownCores().count : wholeNumber('--jobs', options.jobs, 1);
  const interrupt = new Interrupt(terminal, dependencies);
  let directory: CompareDirectory | null = null;
  let where: OpenWhere | null = null;
  let written = false;
  const runs = `${out}.runs`;
  const isNew = !existsSync(runs);
  try {
    const [{ makeLesson }, { runsOf, train }, { CompareDirectory }] = await Promise.all([
      import('../learn/lesson.js'),
      import('../learn/train.js'),
      import('../compare/store.js'),
    ]);
    checkOut(out, config);
    const name = basename(config).replace(/\.\w+$/, '');
    const lesson = await makeLesson(config, { name, ...(set && { set }) });
    const opened = await openWhere(jobs, options, terminal);
    where = opened;
    directory = CompareDirectory.open(runs);
    interrupt.holds(directory);
    directory.begin(lesson.target, runsOf(lesson));
    await where.begin(directory.path);
    const watch = new Watch(
      quiet ? null : terminal.stderr,
      ({ label }) => label,
      () => opened.fleet(),
    );
    where.tells(watch);
    await watch.begin({ pending: runsOf(lesson), kept: 0, again: new Map() });
    const run = train(lesson, {
      where,
      directory,
      onDone: (cell, outcome) => watch.done(cell, outcome),
      onGeneration: (made) => watch.say(describeGeneration(made, lesson.spec)),
    });
    interrupt.running(() => {
      watch.end();
      run.stop();
    });
    const { policy, training, validation } = await run.finished.finally(() => watch.end());
    if (policy === null) {
      printLine(terminal.stderr, 'stopped; to go on, repeat the command');
      return interrupt.exitCode ?? 1;
    }
    interrupt.finishing();
    await writtenWhole(terminal.stderr, () => writeNamed(out, toJson(policy))).catch((cause: Error) => {
      throw unwritable(`--out ${out}`, out, cause);
    });
    written = true;
    where.complete = true;
    const output = json ? terminal.stderr : terminal.stdout;
    const paint = colours(terminal, output);
    if (!quiet) {
      printLine(output, paint.bold(`${policy.name}: ${plural(policy.actions.length, 'action')}`));
      for (const [what, figures] of [
        ['training', training],
        ['validation', validation],
      ] as const)
        if (figures !== null) printLine(output, `${what.padEnd(12)}${describeFigures(figures)}`);
      printLine(output, `${paint.dim('policy')}      ${showPath(out)}`);
      printLine(
        output,
        `${paint.dim('use it')}      compressor: { kind: learned, policy: ${showPath(out)} }`,
      );
    }
    if (json) printLine(terminal.stdout, toJson(policy));
    return 0;
  } finally {
    await where?.end();
    interrupt.end();
    directory?.release();
    // Of what was refused before a run had finished there is nothing to go on with.
    if (written || (isNew && directory !== null && readdirSync(join(directory.path, 'cells')).length === 0))
      rmSync(runs, { recursive: true, force: true });
  }
}

/**
 * What is lost counts in the search as more than any share: of shares only those that were reached are told.
 */
export function describeGeneration(
  { generation, best, arrived }: Generation,
  { generations, population }: { generations: number; population: number },
): string {
  const share = `the best takes ${(100 * Math.exp(best)).toFixed(1)}% of the first policy's bits`;
  const reached = `${arrived} of ${population} policies reach the target on all problems`;
  return `generation ${generation} of ${generations}: ${arrived > 0 ? `${share}; ` : ''}${reached}`;
}

/** What would otherwise be found out after hours. */
function checkOut(out: string, config: string): void {
  if (statSync(out, { throwIfNoEntry: false })?.isDirectory())
    throw new InputError(`--out ${showPath(out)} is a folder, expected a file for the policy`);
  const there = (file: string) => (existsSync(file) ? realpathSync(file) : resolve(file));
  if (there(out) === there(config))
    throw new InputError(`--out ${showPath(out)} is the config itself, expected another file for the policy`);
}

function describeFigures({ median, worst, ratios }: Figures): string {
  const share = (value: number | null) => (value === null ? 'not reached' : `${(100 * value).toFixed(1)}%`);
  return `${share(median)} of the best single action's bits in the median, ${share(worst)} the worst of ${ratios.length}`;
}
