/**
 * `sottovoce dashboard`, and `sottovoce run --dashboard`: the server of the page on which a run is watched and
 * steered. The first ends by Ctrl-C, the second with its run; either way results are written first.
 */

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { InputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import type { DashboardServer } from '../dashboard/server.js';
import { toJson } from '../output/run-directory.js';
import { formatPlan } from '../report/plan.js';
import { formatSummary } from '../report/summary.js';
import type { LoadedConfig } from '../run/config.js';
import { examplesUrl } from '../run/locations.js';
import { wholeNumber } from '../schema/whole-numbers.js';
import {
  changesOf,
  checkParent,
  defaultDirectory,
  exitCodeOf,
  newFolder,
  type RunOptions,
  removeIfEmpty,
} from './run.js';
import { exitCodeFor, onSignal } from './signals.js';
import { colours, ExitCode, printLine, type Terminal } from './terminal.js';

const HELP = `
It prints an address for a browser. Whoever has the address may steer the run, so the token in it is a secret:
  http://127.0.0.1:41873/?token=...
Without a config the page begins with a form, and with the configs of this folder. Results of runs go to runs/<name>-<time>.

On another machine, through ssh (there is then no need for --host):
  $ ssh -L 8080:127.0.0.1:8080 me@machine sottovoce dashboard ring.yaml --port 8080
and here open the address that it prints.

With --port and --token (or the token in SOTTOVOCE_DASHBOARD_TOKEN) a server that is started again has the same address, and pages come back by themselves.

Examples:
  $ sottovoce dashboard profiles/ring-topk.yaml
  $ sottovoce dashboard --port 8080 --open
  $ sottovoce dashboard --tour
  $ sottovoce run profiles/ring-topk.yaml --dashboard     the run begins at once, and the server ends with it

Exit codes: 0 ended by Ctrl-C with everything written, 2 bad usage or bad input.
`;

const TOKEN_VARIABLE = 'SOTTOVOCE_DASHBOARD_TOKEN';
const TOKEN = /^[A-Za-z0-9_.~-]{16,200}$/;
const LARGEST_PORT = 65_535;

interface ServerOptions {
  host?: string;
  port?: string;
  token?: string;
  open?: boolean;
}

interface CommandOptions extends ServerOptions {
  tour?: boolean;
  json?: boolean;
}

export function addDashboardCommand(
  program: Command,
  terminal: Terminal,
  setExitCode: (code: number) => void,
): void {
  withServerOptions(
    program
      .command('dashboard')
      .summary('watch and steer a run in a browser')
      .description('Serve a page on which a run is started, watched, paused, stepped and changed.')
      .argument('[config]', 'config that the page begins with (YAML)'),
  )
    .option('--tour', 'begin with the guided tour of the flights example')
    .option('--no-custom', 'refuse kind: custom: modules run code')
    .option('--json', 'print the address as JSON')
    .option('--debug', 'print stack traces')
    .addHelpText('after', HELP)
    .action(async (config: string | undefined, options: CommandOptions) => {
      setExitCode(await dashboardCommand(config, options, terminal));
    });
}

/** Of both commands. */
export function withServerOptions(command: Command): Command {
  return command
    .option('--host <address>', 'address to listen at (default: 127.0.0.1, this machine alone)')
    .option('--port <number>', 'port to listen at (default: any that is free)')
    .option('--token <text>', 'secret in the address (default: a new random one)')
    .option('--open', 'open a browser, if there is one');
}

async function dashboardCommand(
  file: string | undefined,
  options: CommandOptions,
  terminal: Terminal,
): Promise<number> {
  if (options.tour === true && file !== undefined)
    throw new InputError('--tour brings a config of its own, expected none beside it');
  const given = options.tour === true ? await flights() : file;
  const config = given === undefined ? null : await textOf(given);
  checkParent(path.resolve('runs', 'run'));
  const { server, made } = await serve(options, config);
  const url = options.tour === true ? `${server.url}&tour` : server.url;
  if (options.json === true)
    printLine(terminal.stdout, JSON.stringify({ url, port: server.port, token: server.token }));
  else {
    printLine(terminal.stdout, `dashboard: ${url}`);
    printLine(terminal.stderr, 'Ctrl-C ends it; the results of a run under way are written first');
  }
  if (options.open === true) openBrowser(url, terminal);
  const code = await new Promise<number>((resolve) => {
    let asked = false;
    const stopListening = onSignal((signal) => {
      const code = exitCodeFor(signal);
      if (asked) process.exit(code);
      asked = true;
      if (server.driver.busy)
        printLine(terminal.stderr, 'stopping after this round… (again to leave at once)');
      server.close(`ended by ${signal}`).then(() => {
        stopListening();
        resolve(code === ExitCode.INTERRUPTED ? ExitCode.OK : code);
      });
    });
  });
  for (const folder of made) removeIfEmpty(folder);
  return code;
}

/** A run that is watched from its beginning, and ends as any other. Gives the exit code. */
export async function runWithDashboard(
  file: string,
  options: RunOptions & ServerOptions,
  terminal: Terminal,
  load: (file: string, changes: ReturnType<typeof changesOf>) => Promise<LoadedConfig>,
): Promise<number> {
  const { quiet = false, json = false } = options;
  const report = json ? terminal.stderr : terminal.stdout;
  const paint = colours(terminal, report);
  const loaded = await load(file, changesOf(options));
  const base = options.out === undefined ? path.resolve(defaultDirectory(loaded, file, new Date())) : null;
  if (base !== null) checkParent(base);
  const { server, made } = await serve(options, null, () => {
    if (base === null) return path.resolve(options.out as string);
    return newFolder(base);
  });
  const { driver } = server;
  let signalled: number | null = null;
  const stopListening = onSignal((signal) => {
    const code = exitCodeFor(signal);
    if (signalled !== null) process.exit(code);
    signalled = code;
    printLine(terminal.stderr, 'stopping after this round… (again to leave at once)');
    driver.close().catch(() => {});
  });
  try {
    printLine(report, `dashboard: ${server.url}`);
    if (options.open === true) openBrowser(server.url, terminal);
    const plan = await driver.start(loaded, false);
    if (!quiet) printLine(report, formatPlan(plan, paint));
    await driver.ended();
    const { summary, failure, folder } = driver;
    if (summary === null) throw failure ?? new Error('the run ended without a word');
    const gaps = driver.rowsSoFar().map(({ agentsGapMean }) => agentsGapMean);
    const extras = { name: plan.name, directory: showPath(folder ?? '.'), gaps, width: report.columns ?? 80 };
    if (json) printLine(terminal.stdout, toJson(summary));
    if (!quiet) printLine(report, formatSummary(summary, extras, paint));
    return signalled ?? exitCodeOf(summary);
  } finally {
    await server.close('the run has ended');
    stopListening();
    for (const folder of made) removeIfEmpty(folder);
  }
}

async function serve(
  options: ServerOptions,
  config: { text: string; folder: string; shown: string } | null,
  folderFor?: (loaded: LoadedConfig) => string,
): Promise<{ server: DashboardServer; made: string[] }> {
  const { host, port, token = process.env[TOKEN_VARIABLE] } = options;
  const number = port === undefined ? 0 : wholeNumber('--port', port, 0);
  if (number > LARGEST_PORT) throw new InputError(`--port is ${port}, expected at most ${LARGEST_PORT}`);
  if (token !== undefined && !TOKEN.test(token))
    throw new InputError(
      'the token is too short or has other characters, expected 16 letters and digits or more',
    );
  const { startDashboard } = await import('../dashboard/server.js');
  const made: string[] = [];
  const server = await startDashboard({
    port: number,
    ...(host !== undefined && { host }),
    ...(token !== undefined && { token }),
    config,
    folderOf(loaded) {
      const folder = folderFor
        ? folderFor(loaded)
        : newFolder(path.resolve(defaultDirectory(loaded, loaded.file ?? 'run.yaml', new Date())));
      made.push(folder);
      return folder;
    },
  });
  return { server, made };
}

/** Checked as a run would, so that what is wrong with it is said here. */
async function textOf(file: string): Promise<{ text: string; folder: string; shown: string }> {
  const { loadConfig } = await import('../config/load.js');
  const { source, folder } = await loadConfig(file);
  return { text: source ?? readFileSync(file, 'utf8'), folder, shown: showPath(file) };
}

/** The config of the tour; its data are made where they are not there yet. */
async function flights(): Promise<string> {
  const folder = new URL('01-flights/', examplesUrl);
  if (!existsSync(new URL('data/flights.csv', folder))) {
    try {
      const { loadFlights, writeFlights } = await import(new URL('data.mjs', folder).href);
      await writeFlights(await loadFlights());
    } catch (error) {
      throw new InputError(`the data of the tour cannot be made: ${(error as Error).message}`, {
        hint: 'they come of the package vega-datasets: npm install vega-datasets',
      });
    }
  }
  return fileURLToPath(new URL('flights.yaml', folder));
}

/** Nobody waits for it, and nothing hangs on whether it comes up. */
function openBrowser(url: string, terminal: Terminal): void {
  const { env } = terminal;
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', url]
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '', url.replaceAll('&', '^&')]
        : ['xdg-open', url];
  const hasScreen =
    process.platform === 'darwin' ||
    process.platform === 'win32' ||
    env['DISPLAY'] !== undefined ||
    env['WAYLAND_DISPLAY'] !== undefined;
  const missing = () =>
    printLine(terminal.stderr, 'there is no browser here to open: open the address in one');
  if (!hasScreen) {
    missing();
    return;
  }
  try {
    const child = spawn(command as string, args, { detached: true, stdio: 'ignore' });
    child.on('error', missing);
    child.unref();
  } catch {
    missing();
  }
}
