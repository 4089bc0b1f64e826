/** What the commands `sweep` and `map` do, as calls of a program. */

import { InputError } from '../base/errors.js';
import type { CompareDirectory } from '../compare/store.js';
import type { Cell, CellOutcome, Target } from '../compare/types.js';
import type { Where } from '../compare/where.js';
import type { AxisInput } from '../sweep/axes.js';
import type { Sweep } from '../sweep/make.js';
import type { Agreement, Boundary, MapQuantity } from '../sweep/map.js';
import type { SweepResults } from '../sweep/results.js';
import type { SweepRun } from '../sweep/run.js';
import { checkOptions } from './options.js';
import type { ConfigInput } from './specs.js';
import { QUEUE_OPTIONS, type QueueOptions, whereOf } from './where.js';

/** What sweeps and maps have in common. */
export interface ManyOptions extends QueueOptions {
  /** One run of every point for each of them; the config's own where absent. */
  seeds?: readonly number[];
  /** What to reach, one quantity of `stop`; by default what the config stops at, or `{ rmsError: 1e-6 }`. */
  target?: Partial<Record<Target['quantity'], number>>;
  /** Rounds a run lasts at most. */
  rounds?: number;
  /** Whether hopeless runs are given up, where that cannot change who wins; true where absent. */
  earlyStop?: boolean;
  /** Runs at a time; one for each core where absent. */
  jobs?: number;
  /** Folder for all that the command writes, with which it goes on; nothing is written where absent. */
  outDir?: string;
  /** Ends what is under way; what has finished is in the outcome, which is then not `complete`. */
  signal?: AbortSignal;
  /** Called after each run. What it throws ends the sweep and rejects it. */
  onCell?: (cell: Cell, outcome: CellOutcome) => void;
}

/** Over which values, and how. */
export interface SweepOptions extends ManyOptions {
  /** Values by the path of the config that they are put at: `{ 'flow.step': '0.01..0.1:log:12' }`. */
  grid: Readonly<Record<string, AxisInput>>;
  /** So many points drawn from the axes instead of all. */
  random?: number;
  /** What they are drawn from; 0 where absent. */
  randomSeed?: number;
  /** Successive halving by thirds, which may miss the best, in the place of `earlyStop`. */
  halving?: boolean;
}

/** Runs and points, as in results.json. */
export interface SweepOutcome extends SweepResults {
  /** What the points are ranked by. */
  target: Target;
  /** Whether every run has ended. */
  complete: boolean;
}

/** Over which two axes, and what is drawn. */
export interface MapOptions extends ManyOptions {
  /** The axis to the right: a path of the config, and its values. */
  x: { path: string; values: AxisInput };
  /** The axis upwards. */
  y: { path: string; values: AxisInput };
  /** What is drawn; rounds where absent. */
  of?: MapQuantity;
}

/** A sweep over two axes, and its picture. */
export interface MapOutcome extends SweepOutcome {
  /** The picture. */
  svg: string;
  /** What stands below it. */
  caption: string;
  /** Where theory says that errors stop to shrink; null where it says nothing. */
  boundary: Boundary | null;
  /** Of prediction and measurement; null where nothing is predicted. */
  agreement: Agreement | null;
}

const MANY = [
  'seeds',
  'target',
  'rounds',
  'earlyStop',
  'jobs',
  'outDir',
  'signal',
  'onCell',
  ...QUEUE_OPTIONS,
];

/**
 * Runs one config over a grid of values, one run a thread. A run that fails or is refused is a row that says
 * so, and no rejection.
 *
 * ```ts
 * const { points, ranking } = await sweep(
 *   {
 *     topology: { kind: 'ring', nodes: 8 },
 *     cost: { kind: 'quadratic', dim: 4 },
 *     flow: { kind: 'primal-dual', alpha: 1, beta: 1 },
 *     rounds: 2000,
 *   },
 *   { grid: { 'flow.step': '0.02..0.2:log:4', 'flow.compress': ['none'] }, seeds: [1, 2] },
 * );
 * const best = points.find(({ point }) => point === ranking[0]);
 * console.log(best?.values, best?.rounds?.median, best?.command);
 * ```
 *
 * @throws InputError where the config, an axis or an option is wrong, before anything runs
 */
export async function sweep(config: ConfigInput | string, options: SweepOptions): Promise<SweepOutcome> {
  checkOptions('sweep', options, [...MANY, 'grid', 'random', 'randomSeed', 'halving']);
  const { grid, random, randomSeed, halving = false, earlyStop = true } = options;
  const { makeSweep } = await import('../sweep/make.js');
  const made = await makeSweep({
    config,
    grid: Object.entries(grid ?? {}).map(([path, values]) => ({ path, values })),
    option: 'grid',
    random,
    randomSeed,
    ...common(options),
    ask: earlyStop && !halving ? { giveUp: ['growing', 'slow'] } : {},
  });
  return runAll(made, options, halving, async (run, directory) => {
    const { swept } = await import('./swept.js');
    const { results } = await swept(made, run.outcomes, run.complete(), directory);
    return { ...results, target: made.target, complete: run.complete() };
  });
}

/**
 * A sweep over two axes as a picture, with the line beyond which theory says that errors grow.
 *
 * ```ts
 * const { svg, caption, agreement } = await map(
 *   {
 *     topology: { kind: 'ring', nodes: 8 },
 *     cost: { kind: 'quadratic', dim: 2 },
 *     flow: { kind: 'consensus' },
 *     rounds: 300,
 *   },
 *   {
 *     x: { path: 'flow.step', values: { from: 0.1, to: 0.8, count: 4, scale: 'log' } },
 *     y: { path: 'flow.alpha', values: [0.5, 1, 2] },
 *   },
 * );
 * console.log(svg.length, caption, agreement?.agree);
 * ```
 *
 * @throws InputError where the config, an axis or an option is wrong, before anything runs
 */
export async function map(config: ConfigInput | string, options: MapOptions): Promise<MapOutcome> {
  checkOptions('map', options, [...MANY, 'x', 'y', 'of']);
  const { x, y, of = 'rounds', earlyStop = true } = options;
  const { MAP_QUANTITIES, makeMap, predictBoundary } = await import('../sweep/map.js');
  if (!MAP_QUANTITIES.includes(of))
    throw new InputError(`of is ${of}, expected one of ${MAP_QUANTITIES.join(', ')}`);
  for (const [name, given] of Object.entries({ x, y }))
    if (typeof given !== 'object' || typeof given.path !== 'string')
      throw new InputError(`${name} is no axis, expected { path, values }`);
  const giveUp = earlyStop ? (['growing', 'slow'] as const) : null;
  const made = await makeMap({ config, x, y, of, giveUp, ...common(options) });
  return runAll(made, options, false, async (run, directory, where, holdStop) => {
    const boundary = run.complete() ? await predictBoundary(made, { where, onRun: holdStop }) : null;
    const { mapped } = await import('./mapped.js');
    const { results, svg, caption, agreement } = await mapped(made, run, of, boundary, directory);
    const complete = run.complete();
    return { ...results, target: made.target, complete, svg, caption, boundary, agreement };
  });
}

function common({ seeds, target = {}, rounds }: ManyOptions) {
  const [text, ...more] = Object.entries(target).map(([quantity, bound]) => `${quantity}=${bound}`);
  if (more.length > 0)
    throw new InputError(`the target is ${[text, ...more].join(', ')}, expected one quantity`);
  return { seeds, target: text, set: rounds === undefined ? [] : [`rounds=${rounds}`] };
}

async function runAll<Outcome>(
  made: Sweep,
  { jobs, outDir, signal, onCell, ...queue }: ManyOptions,
  halving: boolean,
  finish: (
    run: SweepRun,
    directory: CompareDirectory | null,
    where: Where,
    holdStop: (stop: () => void) => void,
  ) => Promise<Outcome>,
): Promise<Outcome> {
  const [{ loadModulesOf }, { runSweep }, { ownCores }] = await Promise.all([
    import('./load-modules.js'),
    import('../sweep/run.js'),
    import('../base/cores.js'),
  ]);
  const many = jobs ?? ownCores().count;
  if (!(Number.isInteger(many) && many >= 1 && many <= 1024))
    throw new InputError(`jobs is ${many}, expected a whole number in 1..1024`);
  await loadModulesOf(made.cells);
  const where = await whereOf(many, queue);
  let complete = false;
  let directory: CompareDirectory | null = null;
  let stop = () => {};
  const onAbort = () => stop();
  try {
    if (outDir !== undefined)
      directory = (await import('../compare/store.js')).CompareDirectory.open(outDir, 'sweep');
    directory?.begin(made.target, made.cells.length);
    await where.begin(directory?.path ?? null);
    const thrown: unknown[] = [];
    const run = runSweep(made, directory ?? { read: () => null, keep: () => {} }, {
      where,
      halving,
      onDone: (cell, outcome) => {
        if (thrown.length > 0) return;
        try {
          onCell?.(cell, outcome);
        } catch (error) {
          thrown.push(error);
          run.stop();
        }
      },
    });
    stop = () => run.stop();
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) stop();
    await run.finished;
    if (thrown.length > 0) throw thrown[0];
    const outcome = await finish(run, directory, where, (end) => {
      stop = end;
      if (signal?.aborted) end();
    });
    complete = run.complete();
    return outcome;
  } finally {
    await where.close(complete);
    signal?.removeEventListener('abort', onAbort);
    directory?.release();
  }
}
