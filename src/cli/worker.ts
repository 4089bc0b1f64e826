/**
 * `sottovoce worker`: runs jobs of a queue on this machine, until it is told to end or nothing comes any more.
 *
 * A first signal hands back what is under way, at once, and ends with 0: nothing is lost by it. A second one
 * leaves at once; the queue then gives the jobs to others after some seconds.
 */

import type { Command } from 'commander';
import { ownCores } from '../base/cores.js';
import { InputError } from '../base/errors.js';
import { plural } from '../base/format.js';
import { wholeNumber } from '../schema/whole-numbers.js';
import { processDependencies, type RunDependencies } from './run.js';
import { exitCodeFor } from './signals.js';
import { ExitCode, printLine, type Terminal } from './terminal.js';

export interface WorkerOptions {
  queue?: string;
  jobs?: string;
  idleExit?: string;
  modules?: boolean;
  cache?: string;
  cacheSize?: string;
  quiet?: boolean;
}

const HELP = `
One on each machine; they share what is there, studies in turns. Where the queue is one line:
  $ nats-server -js -sd /var/lib/nats               Debian: apt-get install nats-server
and then, on any machine that reaches it, the orders:
  $ sottovoce sweep ring.yaml --grid flow.step=0.01..0.1:log:12 --queue nats://queue-host:4222 --out study

A worker that dies loses nothing: after a few seconds its jobs go to others, and each result is kept once. Ctrl-C (or SIGTERM) hands its jobs back at once.
Files of configs come through the queue and lie in --cache under their SHA-256; the longest unused ones go first when they are more than --cache-size.

It runs code: modules (kind: custom) come through the queue and run here, as the user who started the worker. Whoever may write to the queue may run code
on this machine. Give the server a login (docs/queue.md), or refuse such jobs with --no-modules.

The login of the queue stands in the address, nats://user:password@host or nats://token@host, or in SOTTOVOCE_QUEUE_LOGIN (user:password, or a token), where no
list of processes shows it. tls://host encrypts; NODE_EXTRA_CA_CERTS names a certificate authority of your own.

Examples:
  $ sottovoce worker --queue nats://queue-host:4222
  $ sottovoce worker --queue nats://queue-host:4222 --jobs 16 --idle-exit 60s      leaves when nothing comes any more: for batch systems
  $ sottovoce worker --queue tls://token@queue-host:4222 --no-modules

Exit codes: 0 nothing came any more, or it was told to end; 1 the queue has ended the connection; 2 bad usage, or the queue does not answer.
`;

export function addWorkerCommand(
  program: Command,
  terminal: Terminal,
  setExitCode: (code: number) => void,
): void {
  program
    .command('worker')
    .summary('run jobs of a queue on this machine')
    .description('Take runs of sweeps, comparisons and maps from a queue, and run them here.')
    .option('--queue <address>', 'the queue: nats://host:4222 (default: SOTTOVOCE_QUEUE)')
    .option('-j, --jobs <count>', 'runs at a time (default: one for each core)')
    .option('--idle-exit <time>', 'leave after so long without a job: 60s, 10m (default: never)')
    .option('--no-modules', 'take no jobs that bring code')
    .option('--cache <folder>', 'where files lie (default: ~/.cache/sottovoce/queue)')
    .option('--cache-size <GB>', 'how much of them is kept (default: 10)')
    .option('-q, --quiet', 'print nothing but errors')
    .option('--debug', 'print stack traces')
    .addHelpText('after', HELP)
    .action(async (options: WorkerOptions) => {
      setExitCode(await workerCommand(options, terminal, processDependencies));
    });
}

/** Gives the exit code. Throws InputError. */
export async function workerCommand(
  options: WorkerOptions,
  terminal: Terminal,
  dependencies: Pick<RunDependencies, 'onSignal' | 'exit'>,
): Promise<number> {
  const address = options.queue ?? terminal.env['SOTTOVOCE_QUEUE'];
  if (address === undefined)
    throw new InputError('--queue is missing, expected an address', {
      hint: 'for example: --queue nats://queue-host:4222',
    });
  const jobs = options.jobs === undefined ? ownCores().count : wholeNumber('--jobs', options.jobs, 1);
  const idleExitMs = options.idleExit === undefined ? null : milliseconds('--idle-exit', options.idleExit);
  const cacheGB = wholeNumber('--cache-size', options.cacheSize ?? '10', 1);
  const { modules = true, cache: folder, quiet = false } = options;
  const say = (line: string) => {
    if (!quiet) printLine(terminal.stderr, line);
  };
  const { work } = await import('../library/work.js');
  const ending = new AbortController();
  const stopListening = dependencies.onSignal((signal) => {
    if (ending.signal.aborted) dependencies.exit(exitCodeFor(signal));
    say('handing back what is under way… (again to leave at once)');
    ending.abort();
  });
  try {
    say(
      modules
        ? 'it runs modules that come through the queue: whoever may write there may run code here (--no-modules refuses)'
        : 'it takes no jobs that bring code',
    );
    const { done, dropped, handedBack } = await work(address, {
      jobs,
      idleExitMs,
      modules,
      ...(folder !== undefined && { cacheFolder: folder }),
      cacheBytes: cacheGB * 1e9,
      signal: ending.signal,
      onWord: say,
    });
    const others = [
      ...(dropped > 0 ? [`${dropped} were done already`] : []),
      ...(handedBack > 0 ? [`${handedBack} handed back`] : []),
    ];
    say([`${plural(done, 'job')} done`, ...others].join(', '));
    return ExitCode.OK;
  } finally {
    stopListening();
  }
}

/** `60s`, `10m`, `2h`; a number alone is seconds. */
function milliseconds(name: string, text: string): number {
  const found = /^(\d+(?:\.\d+)?)\s*(s|m|h|)$/.exec(text.trim());
  if (found === null) throw new InputError(`${name} is ${text}, expected a time such as 60s, 10m or 2h`);
  const unit = { s: 1000, m: 60_000, h: 3_600_000, '': 1000 }[found[2] as 's' | 'm' | 'h' | ''];
  return Number(found[1]) * unit;
}
