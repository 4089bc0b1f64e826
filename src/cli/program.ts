/**
 * The command line. Commands load what they need when they are called, so `--help` and `--version` answer at
 * once.
 */

import { Command } from 'commander';
import { ownVersion } from '../output/versions.js';
import { checkHost } from '../session/host.js';
import { addBenchCommands } from './bench.js';
import { addCertifyCommand } from './certify.js';
import { addCompareCommand } from './compare.js';
import { addDashboardCommand, runWithDashboard } from './dashboard.js';
import { reportError } from './errors.js';
import { addLearnCommand } from './learn.js';
import { addListCommand } from './list.js';
import { addMapCommand } from './map.js';
import { addNewCommand } from './new.js';
import { addPlanCommand } from './plan.js';
import { addPlotCommand } from './plot.js';
import { addProfileCommand } from './profile.js';
import { addReportCommand } from './report.js';
import { addResumeCommand } from './resume.js';
import { addRunCommand, processDependencies, type RunDependencies } from './run.js';
import { addSchemaCommand } from './schema.js';
import { heedNohup } from './signals.js';
import { addSweepCommand } from './sweep.js';
import { colours, ExitCode, printText, type Terminal } from './terminal.js';
import { addTuneCommand } from './tune.js';
import { addVerifyCommand } from './verify.js';
import { addWorkerCommand } from './worker.js';

const TOPOLOGY_HELP = `
Examples:
  $ sottovoce topology inspect network.gml
  $ sottovoce topology generate ring --nodes 25 --out ring.graphml
  $ sottovoce topology convert network.gml network.graphml
`;

const HELP = `
Examples:
  $ sottovoce run profiles/ring-topk.yaml            run a config; results go to runs/<name>-<time>/
  $ sottovoce resume runs/ring-20250131-142530       go on with a run that was stopped or killed
  $ sottovoce verify runs/ring-20250131-142530       is it whole, and does it end in the same bits again?
  $ sottovoce dashboard ring.yaml                    watch and steer a run in a browser
  $ sottovoce report runs/ring-20250131-142530       the page of a run again: curves, network, set-up
  $ sottovoce compare ring.yaml --compressors 'identity; flatten(sign)'   which needs the fewest rounds and bits?
  $ sottovoce sweep ring.yaml --grid flow.step=0.01..0.1:log:12   which values are best?
  $ sottovoce map ring.yaml --x flow.step=0.01..1:log:20 --y flow.mu=0.1..1:lin:20   where does it converge?
  $ sottovoce learn ring.yaml --out policy.json      what should a message say, and when?
  $ sottovoce worker --queue nats://host:4222        runs of sweeps on many machines; docs/queue.md
  $ sottovoce tune ring.yaml                         which gains does auto choose, and why?
  $ sottovoce plan ring.yaml --machines 8 --link 10Gbit/s,20us   what would it take over eight machines?
  $ sottovoce topology inspect network.gml           is it connected, and how well?
  $ sottovoce certify sign 'flatten(sign)' --dim 64  what does a thousandth of the error cost in bits?
  $ sottovoce plot runs/ring-* --x bits --out ring.pdf   curves of runs, as a figure for a paper
  $ sottovoce profile profiles/one-bit-100k.yaml     flame graphs: where does the time go?
  $ sottovoce bench scaling --picture scaling.png    does it scale with workers?
  $ sottovoce new compressor mine                    a compressor of your own, and a config that runs it
  $ sottovoce list compressors                       what can stand under \`compressor:\`
  $ sottovoce run --help                             what a config and a run directory look like

Exit codes: 0 done, 1 the run failed (diverged, a worker died), 2 bad usage or bad input, 130 interrupted, 129 and 143 for SIGHUP and SIGTERM.
Set SOTTOVOCE_DEBUG=1 (or give --debug) for stack traces, NO_COLOR=1 for plain text.
`;

/** They run nothing, and work wherever node does. */
const NEEDS_NO_THREADS = new Set(['list', 'new', 'report', 'plot', 'schema', 'topology']);

/** Runs one command; gives the exit code. */
export async function main(
  argv: readonly string[],
  terminal: Terminal,
  adapt = (dependencies: RunDependencies) => dependencies,
): Promise<number> {
  let exitCode: number = ExitCode.OK;
  const forbidden = process.env['SOTTOVOCE_NO_CUSTOM'];
  // Threads and processes that are started meanwhile have it in their environment, too.
  if (argv.includes('--no-custom')) process.env['SOTTOVOCE_NO_CUSTOM'] = '1';
  const program = new Command('sottovoce');
  program
    .description(
      'Agents on a graph agree on the minimiser of the sum of their private costs while saying as little as possible.',
    )
    .version(ownVersion(), '-V, --version', 'print the version')
    .exitOverride()
    .showHelpAfterError('(--help says more)')
    .configureOutput({
      writeOut: (text) => printText(terminal.stdout, text),
      writeErr: (text) => printText(terminal.stderr, text),
      outputError: (text, write) =>
        write(text.replace(/^error:/, colours(terminal, terminal.stderr).red('error:'))),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText('after', HELP)
    .hook('preAction', (_program, command) => {
      const within = command.parent === program ? command : command.parent;
      if (!NEEDS_NO_THREADS.has(within?.name() ?? '')) checkHost();
    });
  heedNohup();
  try {
    addRunCommand(program, terminal, adapt(processDependencies), runWithDashboard, (code) => {
      exitCode = code;
    });
    addResumeCommand(program, terminal, adapt(processDependencies), (code) => {
      exitCode = code;
    });
    addVerifyCommand(program, terminal, adapt(processDependencies), (code) => {
      exitCode = code;
    });
    addDashboardCommand(program, terminal, (code) => {
      exitCode = code;
    });
    addCompareCommand(program, terminal, (code) => {
      exitCode = code;
    });
    addSweepCommand(program, terminal, (code) => {
      exitCode = code;
    });
    addMapCommand(program, terminal, (code) => {
      exitCode = code;
    });
    addLearnCommand(program, terminal, (code) => {
      exitCode = code;
    });
    addWorkerCommand(program, terminal, (code) => {
      exitCode = code;
    });
    const topology = program
      .command('topology')
      .summary('inspect, generate and convert graphs')
      .description('Look at graphs, make them, and turn one file format into another.')
      .addHelpText('after', TOPOLOGY_HELP);
    if (argv.includes('topology')) {
      // Its flags are made from the generators, which nobody else should wait for.
      const { addTopologyCommands } = await import('./topology.js');
      await addTopologyCommands(topology, terminal, argv);
    }
    addTuneCommand(program, terminal);
    addPlanCommand(program, terminal);
    addCertifyCommand(program, terminal, (code) => {
      exitCode = code;
    });
    addPlotCommand(program, terminal);
    addReportCommand(program, terminal);
    addProfileCommand(program, terminal, (code) => {
      exitCode = code;
    });
    await addBenchCommands(program, terminal, argv, (code) => {
      exitCode = code;
    });
    addNewCommand(program, terminal);
    addListCommand(program, terminal);
    addSchemaCommand(program, terminal);
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    return reportError(error, terminal);
  } finally {
    if (forbidden === undefined) delete process.env['SOTTOVOCE_NO_CUSTOM'];
    else process.env['SOTTOVOCE_NO_CUSTOM'] = forbidden;
  }
}
