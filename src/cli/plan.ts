/**
 * `sottovoce plan`: what a run over several machines would take, before any of them is there. Times a few rounds of
 * a small run, and reckons.
 */

import type { Command } from 'commander';
import { ownCores } from '../base/cores.js';
import { InputError } from '../base/errors.js';
import type { PlanOptions } from '../machines/plan.js';
import { wholeNumber } from '../schema/whole-numbers.js';
import { collect } from './repeated.js';
import { colours, printLine, type Terminal } from './terminal.js';

const HELP = `
One rank on each machine, with as many threads as --cores says, holds a part of the graph. In a round it works on the agents that other ranks hear, sends what
these say while it works on the others, and hears from rank 0 whether to go on.

  boundary, interior   work on agents that others hear, and on the others; timed here on one core, on a smaller graph of the same kind
  exchange             messages of a rank over its one link: latency, what Open MPI takes of each message, and bytes over bandwidth
  a round              boundary, then the longer of interior and exchange, then the command and the rows of the trace, shared out over their rounds
  ranks at least       a rank addresses 4 GiB of shared memory

Graphs of up to 100,000 nodes are made and their cuts counted; of larger ones the parameters say how many agents a part hears. Nothing here is as long as
such a graph. With a compressor in the config everything stands there twice, with it and without, and the bandwidth above which it no longer pays, round
for round; --more-rounds says how many times as many rounds it takes. docs/scale.md has the equations, and what was measured against them.

Examples:
  $ sottovoce plan ring.yaml --machines 8 --link 10Gbit/s,20us
  $ sottovoce plan large.yaml --machines 1000 --link 1Gbit/s,50us --link 100Gbit/s,2us,rdma --cores 32 --memory 128GiB
  $ sottovoce plan large.yaml --machines 64 --link 10Gbit/s,20us --json | jq '.variants[].scaling[].rounds[-1].total'
`;

interface Options {
  machines?: string;
  link?: string[];
  cores?: string;
  memory?: string;
  bench?: string;
  moreRounds?: string;
  set?: string[];
  json?: boolean;
}

export function addPlanCommand(program: Command, terminal: Terminal): void {
  program
    .command('plan')
    .summary('what would a run take over several machines?')
    .description(
      'Predict a run over several machines: seconds a round, what they go to, memory, and whether compression pays.',
    )
    .argument('<config>', 'config file (YAML)')
    .option('--machines <count>', 'machines, a rank on each')
    .option(
      '--link <bandwidth,latency>',
      'link of each machine, such as 10Gbit/s,20us or 100Gbit/s,2us,rdma; may be repeated',
      collect,
    )
    .option('--cores <count>', 'threads of a rank (default: cores of this machine)')
    .option('--memory <size>', 'memory of a machine, such as 64GiB')
    .option(
      '--bench <file>',
      'what `bench scaling CONFIG --json` wrote of this config: rounds are taken from there',
    )
    .option('--more-rounds <factor>', 'rounds with compression for each one without', '1')
    .option('--set <path=value>', 'set any value of the config; may be repeated', collect)
    .option('--json', 'print everything as JSON')
    .option('--no-custom', 'refuse kind: custom: modules run code')
    .option('--debug', 'print stack traces')
    .addHelpText('after', HELP)
    .action((file: string, options: Options) => planCommand(file, options, terminal));
}

/** Throws InputError. */
export async function planCommand(file: string, options: Options, terminal: Terminal): Promise<void> {
  const asked = await readOptions(options);
  const [{ loadConfig, parseOverride }, { planMachines }, { formatMachinesPlan }] = await Promise.all([
    import('../config/load.js'),
    import('../machines/plan.js'),
    import('../report/machines.js'),
  ]);
  const loaded = await loadConfig(file, (options.set ?? []).map(parseOverride));
  const plan = await planMachines(loaded, asked);
  printLine(
    terminal.stdout,
    options.json
      ? JSON.stringify(plan, finite, 2)
      : formatMachinesPlan(plan, colours(terminal, terminal.stdout)),
  );
}

/** JSON has no infinity. */
function finite(_key: string, value: unknown): unknown {
  return value === Number.POSITIVE_INFINITY ? 'infinite' : value;
}

async function readOptions({
  machines,
  link,
  cores,
  memory,
  bench,
  moreRounds,
}: Options): Promise<PlanOptions> {
  const { parseBytes, parseLink } = await import('../machines/link.js');
  if (machines === undefined) throw new InputError('--machines is missing, expected how many there are');
  if (link === undefined) {
    throw new InputError('--link is missing, expected bandwidth and latency of the link of each machine', {
      hint: 'for example: --link 10Gbit/s,20us',
    });
  }
  const more = Number(moreRounds);
  if (!(more > 0 && more < Number.POSITIVE_INFINITY))
    throw new InputError(`--more-rounds is ${moreRounds}, expected a number > 0`);
  const threads = cores === undefined ? ownCores().count : wholeNumber('--cores', cores, 1);
  return {
    machines: wholeNumber('--machines', machines, 1),
    links: link.map(parseLink),
    cores: threads,
    memoryBytes: memory === undefined ? null : parseBytes('--memory', memory),
    more,
    coordinatesPerSecond: bench === undefined ? null : await speedIn(bench, threads),
  };
}

/** Entries of x a second on so many threads, as `bench scaling CONFIG --json` found them. */
async function speedIn(file: string, threads: number): Promise<number> {
  const { readDocument } = await import('./bench-files.js');
  const { benchmark, figures, details, config } = await readDocument('--bench', file);
  const curve = (details['curves'] as { id: string; kind: string }[] | undefined)?.find(
    ({ kind }) => kind === 'strong',
  );
  if (benchmark !== 'scaling' || config === undefined || curve === undefined)
    throw new InputError(
      `--bench ${file} is of bench ${benchmark}, expected the strong scaling of a config`,
      {
        hint: `sottovoce bench scaling CONFIG --workers ${threads} --json ${file}`,
      },
    );
  const found = figures.find(({ id }) => id === `scaling/${curve.id}/${threads}`);
  if (found !== undefined) return found.median * 1e6;
  throw new InputError(`--bench ${file} has nothing of ${threads} workers, expected as many as --cores`, {
    hint: `sottovoce bench scaling CONFIG --workers ${threads} --json ${file}`,
  });
}
