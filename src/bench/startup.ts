/**
 * How long from the shell to the first round? A process of its own each time: Node starts, modules load, the
 * config is read and validated, the reference solver finds the optimum, threads come up, the arena is filled,
 * and the first round is over.
 */

import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { atExit } from '../../topology/at-exit.js';
import { InputError } from '../base/errors.js';
import { makeTemporaryFolder } from '../base/temporary-folder.js';
import { commandLineUrl, examplesUrl, startupUrl } from '../run/locations.js';
import { figure, spreadText } from './figures.js';
import { interleave } from './interleave.js';
import type { Benchmark, Figure } from './types.js';

const run = promisify(execFile);
const example = new URL('01-flights/', examplesUrl);

/** Milliseconds since the process began, as it tells itself; `outside` as seen by whoever started it. */
export interface Startup {
  node: number;
  loaded: number;
  config: number;
  coordinator: number;
  prepared: number;
  firstRound: number;
  outside: number;
}

const PHASES = [
  ['node', 'Node has started'],
  ['loaded', 'the command line is loaded'],
  ['config', 'the config is read and validated'],
  ['coordinator', 'the coordinator, begun before that, answers'],
  ['prepared', 'graph and data are read, the optimum is found'],
  ['firstRound', 'the first round is over'],
  ['outside', 'the same, seen from outside (and the process ended)'],
] as const;

export const startup: Benchmark = {
  name: 'startup',
  summary: 'from the shell to the first round, 305 agents',
  description: `How long from the shell to the first round? Without a CONFIG that of the quickstart: 305 airports, 19,979 flights from a CSV file, and a logistic cost whose
optimum is solved for before the run. Each sample is a process of its own. Compiled code, parsed data and the optimum are kept from one start to the
next; in turns with it the same where nothing is kept (SOTTOVOCE_CACHE=never), as at the first start.`,
  takesConfig: true,
  async run({ config, passes, progress, quick }) {
    const file = config ?? (await flightsConfig());
    await asLater(file);
    progress.expect(2 * passes);
    const [samples, firsts] = (await interleave(
      [
        { name: 'again', sample: () => startOnce(file, {}) },
        { name: 'nothing kept', sample: () => startOnce(file, { SOTTOVOCE_CACHE: 'never' }) },
      ],
      passes,
      progress,
    )) as [Startup[], Startup[]];
    const target = config === null && !quick ? { atMost: 200 } : undefined;
    const figures = PHASES.map(
      ([phase, label]): Figure =>
        figure(
          `startup/${phase}`,
          phase === 'firstRound' ? 'start-up to first round, 305 agents' : label,
          'ms',
          'lower',
          samples.map((sample) => sample[phase]),
          phase === 'firstRound' ? target : undefined,
        ),
    );
    const first = PHASES.map(
      ([phase, label]): Figure =>
        figure(
          `startup/nothing-kept/${phase}`,
          `${label}, nothing kept`,
          'ms',
          'lower',
          firsts.map((sample) => sample[phase]),
        ),
    );
    return {
      figures: [...figures, ...first],
      tables: [
        {
          title: `Start-up: ${config ?? 'the quickstart, 305 agents'}`,
          columns: ['since the process began', 'ms (quartiles)', 'nothing kept from before'],
          rows: PHASES.map(([, label], index) => [
            label,
            spreadText(figures[index]!),
            spreadText(first[index]!),
          ]),
          notes: [],
        },
      ],
    };
  },
};

/** A run that came to its end, as on any machine but a new one: compiled code of threads is written in it. */
async function asLater(config: string): Promise<void> {
  const command = [fileURLToPath(commandLineUrl), 'run', config, '--quiet', '--set', 'rounds=2', '--out'];
  // One that cannot be run says so when it is measured.
  await intoFolder((folder) => run(process.execPath, [...command, folder])).catch(() => {});
}

async function startOnce(config: string, changes: NodeJS.ProcessEnv): Promise<Startup> {
  let startedMs = 0;
  const { stdout } = await intoFolder((folder) => {
    startedMs = performance.now();
    return run(process.execPath, [fileURLToPath(startupUrl), 'run', config, folder], {
      env: { ...process.env, ...changes },
    });
  });
  return {
    ...(JSON.parse(stdout.toString()) as Omit<Startup, 'outside'>),
    outside: performance.now() - startedMs,
  };
}

/** Of a process that writes into a folder which is gone with it. */
async function intoFolder(begin: (folder: string) => ReturnType<typeof run>) {
  let running: ReturnType<typeof run> | null = null;
  // Where this one is ended: before the folder goes, which it would make again.
  const isOver = atExit(() => running?.child.kill('SIGKILL'));
  const folder = makeTemporaryFolder('startup');
  try {
    running = begin(folder.path);
    return await running;
  } finally {
    isOver();
    folder.remove();
  }
}

/** The quickstart's config; its data are made from a package if they are not there yet. */
async function flightsConfig(): Promise<string> {
  const data = new URL('data/flights.csv', example);
  await access(data).catch(async () => {
    try {
      const { loadFlights, writeFlights } = (await import(
        pathToFileURL(fileURLToPath(new URL('data.mjs', example))).href
      )) as { loadFlights(): Promise<unknown>; writeFlights(data: unknown): Promise<void> };
      await writeFlights(await loadFlights());
    } catch (cause) {
      throw new InputError(
        `the quickstart's data are missing and cannot be made: ${(cause as Error).message}`,
        { hint: 'npm start in a clone makes them; or give a config of your own' },
        { cause },
      );
    }
  });
  return fileURLToPath(new URL('flights.yaml', example));
}
