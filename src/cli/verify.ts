/** `sottovoce verify`: is a run the same however it is made, and a folder what its run left there? */

import type { Command } from 'commander';
import { wholeNumber } from '../schema/whole-numbers.js';
import { type ProgressView, progressView, silent } from './progress.js';
import type { RunDependencies } from './run.js';
import { exitCodeFor } from './signals.js';
import { colours, ExitCode, printLine, type Terminal } from './terminal.js';

const HELP = `
A config is run some nine times, as long as it says, or --rounds:
  with 1, 2, 3 and 5 workers, agents in the order given and in rcm, in blocks of several sizes
  on one thread and on threads
  in one piece, and broken off after a third and two thirds, kept, and gone on with by other workers that know nothing of it
State hash and trace (but for seconds) have to be the same each time. Gains that are auto are chosen once, and stay.
Where they are not, a module of your own is likely the reason: it draws on Math.random or a clock, or keeps something outside of its state.
What differs, from which row of the trace on, and what it looks like, is said.

A folder of a run (or its manifest) is looked at, and nothing is written there:
  files        each as the run wrote it, of this run, by the digests in summary.json
  inputs       graphs, data and modules as they were, by the digests in manifest.json
  checkpoints  each whole, and of this run, config and version
  the run      made again with other workers and laid out otherwise, and from its earliest checkpoint: the same hash and trace?
--quick leaves out the last. Of a comparison's folder, every cell is looked at.

Examples:
  $ sottovoce verify ring.yaml
  $ sottovoce verify my-flow.yaml --rounds 200
  $ sottovoce verify runs/ring-20250131-142530
  $ sottovoce verify runs/ring-20250131-142530 --quick --json | jq '.checks[] | select(.good | not)'

Exit codes: 0 all is the same, 1 something is not, 2 bad usage, or neither config nor run; 130 interrupted, 129 and 143 for SIGHUP and SIGTERM.
`;

/** Of the bar: how long the runs are is known after the first. */
const STEPS = 100;

interface VerifyOptions {
  rounds?: string;
  quick?: boolean;
  quiet?: boolean;
  json?: boolean;
}

export function addVerifyCommand(
  program: Command,
  terminal: Terminal,
  dependencies: Pick<RunDependencies, 'onSignal' | 'exit'>,
  setExitCode: (code: number) => void,
): void {
  program
    .command('verify')
    .summary('is a run the same however it is made, and a folder as its run left it?')
    .description('Run a config in many ways, or look at what a run has left: is it the same, bit for bit?')
    .argument(
      '<config>',
      'config file (YAML), or the folder or manifest of a run, or the folder of a comparison',
    )
    .option('--rounds <count>', 'of a config: rounds of each run, at most')
    .option('--quick', 'of a folder: look at its files, and run nothing')
    .option('-q, --quiet', 'print nothing but errors')
    .option('--json', 'print everything as JSON on stdout, progress on stderr')
    .option('--no-custom', 'refuse kind: custom: modules run code')
    .option('--debug', 'print stack traces')
    .addHelpText('after', HELP)
    .action(async (given: string, options: VerifyOptions) => {
      setExitCode(await verifyCommand(given, options, terminal, dependencies));
    });
}

/** Gives the exit code. Throws InputError. */
export async function verifyCommand(
  given: string,
  { rounds, quick = false, quiet = false, json = false }: VerifyOptions,
  terminal: Terminal,
  dependencies: Pick<RunDependencies, 'onSignal' | 'exit'>,
): Promise<number> {
  const count = rounds === undefined ? undefined : wholeNumber('--rounds', rounds, 1);
  const [{ verify }, { formatVerification }] = await Promise.all([
    import('../library/verify.js'),
    import('../report/verification.js'),
  ]);
  const controller = new AbortController();
  let exitCode: number | null = null;
  let view: ProgressView | null = null;
  const stopListening = dependencies.onSignal((signal) => {
    const code = exitCodeFor(signal);
    if (exitCode !== null) dependencies.exit(code);
    exitCode = code;
    view?.end();
    controller.abort();
  });
  const startedMs = Date.now();
  view = quiet ? silent : await progressView(terminal.stderr, STEPS);
  try {
    const verification = await verify(given, {
      ...(count !== undefined && { rounds: count }),
      quick,
      signal: controller.signal,
      onProgress: ({ doing, round, rounds: of }) => {
        const done = of > 0 ? Math.floor((STEPS * round) / of) : 0;
        const elapsed = (Date.now() - startedMs) / 1000;
        view?.update({ round: done, rounds: STEPS, paused: false, last: null, doing }, elapsed);
      },
    });
    view.end();
    const { good, complete } = verification;
    if (json) printLine(terminal.stdout, JSON.stringify(verification, null, 2));
    else if (!quiet || !good) {
      const output = quiet ? terminal.stderr : terminal.stdout;
      printLine(output, formatVerification(verification, colours(terminal, output)));
    }
    if (!complete && exitCode !== null) return exitCode;
    return good ? ExitCode.OK : ExitCode.RUN_FAILED;
  } finally {
    view.end();
    stopListening();
  }
}
