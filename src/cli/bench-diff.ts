/** `sottovoce bench diff`: two files that `bench --json` wrote, figure by figure. */

import type { Command } from 'commander';
import { InputError } from '../base/errors.js';
import { readDocument, writeJson } from './bench-files.js';
import { colours, ExitCode, printLine, type Terminal } from './terminal.js';

const HELP = `
Ratios are after over before, of the medians, each with a 95% bootstrap interval. Answers of different benchmarks are refused, and those of
different machines, unless --anyway says that you know; what else differs (Node, system, quota, seed) is said below.

Examples:
  $ sottovoce bench diff main.json branch.json
  $ sottovoce bench diff main.json branch.json --fail-on slower:5%      exit 1 where a figure is worse by more
  $ sottovoce bench diff main.json branch.json --json - | jq '.changes[] | select(.verdict == "slower") | .label'
`;

interface DiffOptions {
  json?: string;
  failOn?: string;
  anyway?: boolean;
}

export function addBenchDiffCommand(
  bench: Command,
  terminal: Terminal,
  setExitCode: (code: number) => void,
): void {
  bench
    .command('diff')
    .summary('compare two files that --json wrote')
    .description('What became faster or slower between two runs of a benchmark, and how sure is that?')
    .argument('<before>', 'what --json wrote')
    .argument('<after>', 'what --json wrote later, or elsewhere')
    .option('--fail-on <condition>', "exit with 1 where a figure is worse: 'slower:5%'")
    .option('--anyway', 'compare answers of different machines all the same')
    .option('--json <file>', 'write everything as JSON; - for stdout, and all else goes to stderr')
    .option('--debug', 'print stack traces')
    .addHelpText('after', HELP)
    .action(async (before: string, after: string, options: DiffOptions) => {
      setExitCode(await diffCommand(before, after, options, terminal));
    });
}

/** Gives the exit code. Throws InputError. */
async function diffCommand(
  beforeFile: string,
  afterFile: string,
  options: DiffOptions,
  terminal: Terminal,
): Promise<number> {
  const { changesTable, compareDocuments, incomparable, otherMachine } = await import('../bench/diff.js');
  const { failures, parseFailOn } = await import('../bench/fail-on.js');
  const { formatTable } = await import('../bench/report.js');
  const failOn = options.failOn === undefined ? null : parseFailOn(options.failOn);
  if (failOn?.targets) throw new InputError('--fail-on targets is of one run, expected slower:5% here');
  const before = await readDocument('', beforeFile);
  const after = await readDocument('', afterFile);
  const refused = incomparable(after, before);
  if (refused !== null) throw new InputError(`${beforeFile} and ${afterFile} cannot be compared: ${refused}`);
  const machine = otherMachine(after, before);
  if (machine !== null && !options.anyway) {
    throw new InputError(`${beforeFile} and ${afterFile} are of different machines: ${machine}`, {
      hint: 'ratios within one run travel better than times; --anyway compares them all the same',
    });
  }
  const changes = compareDocuments(after, before);
  const table = changesTable(changes, after, before);
  const out = options.json === '-' ? terminal.stderr : terminal.stdout;
  printLine(out, formatTable(table, colours(terminal, out)));
  if (options.json !== undefined) {
    const { benchmark } = after;
    const document = {
      format: 'sottovoce-bench-diff-1',
      benchmark,
      before: before.machine,
      after: after.machine,
      notes: table.notes,
      changes: changes.map(({ before: earlier, now, ...change }) => ({
        ...change,
        before: earlier.median,
        after: now.median,
      })),
    };
    await writeJson(options.json, document, terminal);
  }
  const failed = failOn === null ? [] : failures(failOn, [], changes);
  const paint = colours(terminal, terminal.stderr);
  for (const why of failed) printLine(terminal.stderr, `${paint.red('failed:')} ${why}`);
  return failed.length > 0 ? ExitCode.RUN_FAILED : ExitCode.OK;
}
