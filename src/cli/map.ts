/**
 * `sottovoce map`: a sweep over two axes as a picture, with the line beyond which theory says that errors grow.
 */

import type { Command } from 'commander';
import { formatCount } from '../base/count.js';
import { InputError } from '../base/errors.js';
import { plural } from '../base/format.js';
import type { Boundary, MapQuantity } from '../sweep/map.js';
import { addQueueOptions, type QueueOptions } from './queue.js';
import { collect } from './repeated.js';
import { processDependencies } from './run.js';
import { GIVES_UP, runMany, type SweepDependencies, type SweepOptions } from './sweep.js';
import { printLine, type Terminal } from './terminal.js';

export interface MapOptions
  extends Pick<
    SweepOptions,
    | 'seeds'
    | 'target'
    | 'rounds'
    | 'set'
    | 'out'
    | 'jobs'
    | 'earlyStop'
    | 'quiet'
    | 'json'
    | keyof QueueOptions
  > {
  x?: string;
  y?: string;
  of?: string;
}

const HELP = `
Each axis is a path of the config and its values, as in \`sottovoce sweep --help\`:
  --x flow.step=0.01..1:log:20   --y flow.mu=0.1..1:lin:20        gain x gain
  --x compressor='sign; top-k(k=4)'  --y topology='ring(nodes=20); torus(rows=4, columns=5)'   compressor x topology

--of rounds   rounds to the target (the default), dark where they are few
     bits     bits to the target, each message counted once an agent
     rate     factor of the error in a round, measured beside predicted
     status   who arrives, and nothing else

Dots: not there yet. Hatching: diverged. A cross: refused. The line is where theory says that errors stop to shrink: the spectral radius of the round,
for flows without compression over quadratic costs (exact); the model of docs/auto.md for scalarizers taken in turn (dashed). Of other compressors no
exact condition is known, and no line is drawn. Every cell is a run, as in \`sottovoce sweep\`, and the folder is the same, with map.svg and map.png.

Examples:
  $ sottovoce map ring.yaml --x flow.step=0.01..1:log:20 --y flow.mu=0.1..1:lin:20
  $ sottovoce map ring.yaml --x flow.step=0.01..1:log:20 --y flow.alpha=0.1..10:log:20 --of rate --set compressor='{ kind: identity }' --set flow.compress=none
  $ sottovoce map ring.yaml --x compressor='sign; flatten(sign); top-k(k=8)' --y topology='ring(nodes=25); torus(rows=5, columns=5)' --seeds 1..5 --of bits

Exit codes: as of \`sottovoce sweep\`.
`;

export function addMapCommand(
  program: Command,
  terminal: Terminal,
  setExitCode: (code: number) => void,
): void {
  const command = program
    .command('map')
    .summary('draw where a config converges, over two axes, with the boundary that theory predicts')
    .description(
      'Where does it converge, how fast, and does theory say so? A picture of a sweep over two axes.',
    )
    .argument('<config>', 'config file (YAML)')
    .option('--x <path=values>', 'the axis to the right: flow.step=0.01..1:log:20')
    .option('--y <path=values>', 'the axis upwards: flow.mu=0.1..1:lin:20')
    .option('--of <quantity>', 'what is drawn: rounds, rate, status or bits (default: rounds)')
    .option('--seeds <list>', 'seeds of every cell: 1,2,3 or 1..10')
    .option('--target <quantity=bound>', 'what to reach, for example rmsError=1e-6')
    .option('--rounds <count>', 'rounds a run lasts at most')
    .option('--set <path=value>', 'set any value of the config, for all runs; may be repeated', collect)
    .option('--no-early-stop', 'run hopeless cells to their end too')
    .option('-o, --out <folder>', 'where to write results, or to go on (default: a new one, runs/map-<time>)')
    .option('-j, --jobs <count>', 'runs at a time (default: one for each core)')
    .option('-q, --quiet', 'print nothing but errors')
    .option('--json', 'print results.json on stdout, everything else on stderr');
  addQueueOptions(command)
    .option('--no-custom', 'refuse kind: custom: modules run code')
    .option('--debug', 'print stack traces')
    .addHelpText('after', HELP)
    .action(async (config: string, options: MapOptions) => {
      setExitCode(await mapCommand(config, options, terminal, processDependencies));
    });
}

/** Gives the exit code. Throws InputError. */
export async function mapCommand(
  config: string,
  options: MapOptions,
  terminal: Terminal,
  dependencies: SweepDependencies,
): Promise<number> {
  const { MAP_QUANTITIES, predictBoundary, makeMap } = await import('../sweep/map.js');
  const { x, y, of = 'rounds', target, earlyStop = true } = options;
  if (!(MAP_QUANTITIES as readonly string[]).includes(of))
    throw new InputError(`--of is ${of}, expected one of ${MAP_QUANTITIES.join(', ')}`);
  for (const [name, given] of Object.entries({ x, y })) {
    if (given === undefined) {
      throw new InputError(`--${name} is missing, expected path=values`, {
        hint: `for example: --${name} flow.step=0.01..1:log:20`,
      });
    }
  }
  let boundary: Boundary | null = null;
  return runMany('map', options, terminal, dependencies, {
    make: (seeds, set) =>
      makeMap({
        config,
        x: x as string,
        y: y as string,
        of: of as MapQuantity,
        seeds,
        target,
        set,
        giveUp: earlyStop ? GIVES_UP : null,
      }),
    halving: false,
    async between(sweep, where, onRun) {
      boundary = await predictBoundary(sweep, { where, onRun });
    },
    async report(sweep, run, directory, output, paint) {
      const { mapped } = await import('../library/mapped.js');
      const made = await mapped(sweep, run, of as MapQuantity, boundary, directory);
      const { results, caption } = made;
      if (output !== null && results.points.length > 0) {
        const counts = new Map<string, number>();
        for (const found of made.classes) counts.set(found, (counts.get(found) ?? 0) + 1);
        const parts = [...counts].map(([found, count]) => `${formatCount(count)} ${found}`);
        const [best] = results.ranking.map((number) => results.points.find(({ point }) => point === number));
        printLine(
          output,
          paint.bold(`${sweep.config}: ${plural(sweep.points.length, 'cell')}, ${parts.join(', ')}`),
        );
        if (best !== undefined) {
          const at = Object.entries(best.values).map(([name, value]) => `${name}=${value}`);
          printLine(output, `fewest rounds: ${formatCount(best.rounds!.median)} at ${at.join(' ')}`);
          printLine(output, `${paint.cyan('alone:')} ${best.command}`);
        }
        printLine(output, paint.dim(caption));
      }
      return made;
    },
  });
}
