/** `sottovoce resume`: goes on with a run that was ended before its time, to the bits of one that never was. */

import type { Command } from 'commander';
import { plural } from '../base/format.js';
import { showPath } from '../base/show-path.js';
import { changesOf, type RunDependencies, runCommand } from './run.js';
import { printLine, type Terminal } from './terminal.js';

const HELP = `
A run that is stopped (Ctrl-C, SIGTERM) leaves a checkpoint in its folder. One with
  checkpoint: { everySeconds: 60 }          # or everyRounds: 1000; keep: 2 of them
in its config writes one now and then, and goes on from there when it was killed, or the machine lost its power.

It ends with the same state, bit for bit, as a run that never stopped, with any number of workers, on one machine or over any number of ranks. Its gains stay those that were chosen
when it began. The results take the place of those in the folder when they are whole; until then these stay.

Refused, with the reason: checkpoints that are torn, of another run, config or version (the one before is taken); inputs that have changed.

Examples:
  $ sottovoce resume runs/ring-20250131-142530
  $ sottovoce resume runs/ring-20250131-142530 --workers 4
  $ sottovoce resume runs/ring-20250131-142530 --rounds 20000      a run that has all its rounds, and should have more
  $ mpirun -n 3 sottovoce resume runs/ring-20250131-142530 --mpi

Exit codes: 0 done, 1 the run failed (diverged, a worker died), 2 bad usage or nothing to go on with, 130 interrupted, 129 and 143 for SIGHUP and SIGTERM.
`;

interface ResumeOptions {
  workers?: string;
  rounds?: string;
  quiet?: boolean;
  json?: boolean;
  mpi?: boolean;
}

export function addResumeCommand(
  program: Command,
  terminal: Terminal,
  dependencies: RunDependencies,
  setExitCode: (code: number) => void,
): void {
  program
    .command('resume')
    .summary('go on with a run that was stopped or killed')
    .description('Go on with a run from its newest checkpoint, to the bits of one that never stopped.')
    .argument('<folder>', 'the folder of the run')
    .option('-w, --workers <count>', 'worker threads, or auto')
    .option('--rounds <count>', 'rounds the run lasts at most, those that it has included')
    .option('-q, --quiet', 'print nothing but errors')
    .option('--json', 'print the summary as JSON on stdout, everything else on stderr')
    .option('--mpi', 'go on over several ranks: mpirun -n 4 sottovoce resume FOLDER --mpi')
    .option('--debug', 'print stack traces')
    .addHelpText('after', HELP)
    .action(async (folder: string, options: ResumeOptions) => {
      setExitCode(await resumeCommand(folder, options, terminal, dependencies));
    });
}

/** Gives the exit code. Throws InputError. */
export async function resumeCommand(
  given: string,
  options: ResumeOptions,
  terminal: Terminal,
  dependencies: RunDependencies,
): Promise<number> {
  const { findResumption, findResumptionOfRank } = await import('../session/resume-point.js');
  if (options.mpi) {
    const { rankEnvironment } = await import('../ranks/environment.js');
    if (rankEnvironment().rank > 0) {
      const { run, loaded, from } = await findResumptionOfRank(given, changesOf(options).overrides);
      const own: RunDependencies = { ...dependencies, load: async () => loaded };
      return runCommand(given, options, terminal, own, { from, runId: run });
    }
  }
  const found = await findResumption(given, changesOf(options).overrides);
  const { folder, run, loaded, from, notes } = found;
  for (const note of notes) printLine(terminal.stderr, `note: ${note}`);
  if (!options.quiet) {
    const output = options.json ? terminal.stderr : terminal.stdout;
    printLine(
      output,
      `going on after ${plural(from.round, 'round')}, from ${showPath(from.checkpoint as string)}`,
    );
  }
  const own: RunDependencies = { ...dependencies, load: async () => loaded };
  return runCommand(given, { ...options, out: folder }, terminal, own, { from, runId: run });
}
