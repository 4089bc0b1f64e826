/**
 * A sweep as cells: every point of the grid, or points drawn at random, with every seed, each the config that
 * `sottovoce run CONFIG --set ... --seed ...` would run. What a schema refuses of a single value is refused
 * here, before anything runs; what only a plan can refuse (k > dim) becomes a row of its own.
 */

import { Random } from '../../topology/random.js';
import { InputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import { alone, completeCells, parseTarget } from '../compare/grid.js';
import type { Cell, CellAsk, Target } from '../compare/types.js';
import { describeMethod } from '../config/describe-method.js';
import { loadConfig, parseConfig, parseOverride } from '../config/load.js';
import { loadRegistries } from '../config/registries.js';
import type { LoadedConfig, Override } from '../run/config.js';
import {
  type Axis,
  type AxisInput,
  type AxisValue,
  along,
  axisOf,
  numberValue,
  overrideOf,
  parseAxis,
} from './axes.js';

/** Runs of one sweep, at most. */
const MOST_CELLS = 100_000;
/** Of numbers that are drawn. */
const DRAWN_DIGITS = 6;

export interface SweepInputs {
  /** Path of a file, or plain data. */
  config: string | object;
  /** Axes: `flow.step=0.01..0.1:log:12`, or a path and its values. */
  grid: readonly (string | { path: string; values: AxisInput })[];
  /** Option that messages name: `--grid`; or one for each axis. */
  option?: string | readonly string[];
  /** So many points drawn from the axes, in the place of all of them. */
  random?: number | undefined;
  /** What they are drawn from. */
  randomSeed?: number | undefined;
  seeds?: readonly number[] | undefined;
  target?: string | undefined;
  /** `path=value`, for every cell. */
  set?: readonly string[] | undefined;
  ask: CellAsk;
}

/** One point: a value of each axis. */
export interface Point {
  values: AxisValue[];
  /** Its cells, one for each seed, by their places in `Sweep.cells`. */
  cells: number[];
}

export interface Sweep {
  /** Name or file of the config. */
  config: string;
  axes: Axis[];
  points: Point[];
  cells: Cell[];
  target: Target;
  /** What stands in the command of every cell: the config, and what was set for all. */
  base: { config: string; set: readonly string[] };
  ask: CellAsk;
  /** The config at a point that no cell has, for whoever looks between two of them. */
  loadAt(values: readonly AxisValue[], seed: number): Promise<LoadedConfig>;
}

/** Throws InputError. */
export async function makeSweep(inputs: SweepInputs): Promise<Sweep> {
  const { config, grid, option = '--grid', random, ask } = inputs;
  const registries = await loadRegistries();
  const axes = grid.map((given, at) =>
    typeof given === 'string'
      ? parseAxis(given, typeof option === 'string' ? option : (option[at] as string), registries)
      : axisOf(given.path, given.values, `axis ${given.path}`, registries),
  );
  checkAxes(axes, inputs, typeof option === 'string' ? option : '--x');
  if (random !== undefined && random > MOST_CELLS)
    throw new InputError(`--random is ${random}, expected at most ${MOST_CELLS} points`);
  const points = random === undefined ? full(axes) : drawn(axes, random, inputs.randomSeed ?? 0);
  const target = inputs.target === undefined ? null : parseTarget(inputs.target);
  const set = (inputs.set ?? []).map(parseOverride);
  const load = (changes: readonly Override[]) => {
    const overrides = [...set, ...changes, ...alone(target)];
    return typeof config === 'string'
      ? loadConfig(config, overrides, registries)
      : parseConfig(config, { overrides, registries });
  };
  const loadAt = (values: readonly AxisValue[], seed?: number) => {
    const changes = axes.map((axis, at) => overrideOf(axis, values[at]!));
    if (seed !== undefined) changes.push({ path: ['seed'], value: seed, origin: `--seeds ${seed}` });
    return load(changes);
  };

  const seeds = inputs.seeds ?? [null];
  if (points.length * seeds.length > MOST_CELLS) {
    throw new InputError(
      `the sweep has ${points.length * seeds.length} runs, expected at most ${MOST_CELLS}`,
      { hint: '--random 500 draws points from the same ranges' },
    );
  }
  const name = typeof config === 'string' ? showPath(config) : 'config';
  const cells: Cell[] = [];
  let called = name;
  for (const [method, point] of points.entries()) {
    for (const seed of seeds) {
      const loaded = await loadAt(point.values, seed ?? undefined);
      const { flow, compressor } = describeMethod(registries, loaded.config);
      called = loaded.config.name ?? name;
      point.cells.push(cells.length);
      cells.push({
        id: '',
        setting: '',
        inputs: [],
        method,
        problem: 0,
        label: axes.map(({ name }, at) => `${name}=${point.values[at]!.text}`).join(' '),
        graph: '',
        config: called,
        compressor: null,
        flow: null,
        kinds: { flow, compressor },
        seed: loaded.config.seed,
        loaded,
      });
    }
  }
  return {
    config: called,
    axes,
    points,
    cells,
    target: await completeCells(cells, target, 0, ask),
    base: { config: name, set: inputs.set ?? [] },
    ask,
    loadAt,
  };
}

function checkAxes(axes: readonly Axis[], { random, seeds }: SweepInputs, option: string): void {
  if (axes.length === 0) {
    throw new InputError(`${option} has no axis, expected one at least`, {
      hint: `for example: ${option} flow.step=0.01..0.1:log:12`,
    });
  }
  for (const [at, { name, origin, values }] of axes.entries()) {
    const other = axes.slice(0, at).find((axis) => name === axis.name || name.startsWith(`${axis.name}.`));
    if (other?.name === name)
      throw new InputError(`${origin}: ${name} is an axis already, expected each once`);
    if (other !== undefined) continue;
    const inside = axes.slice(0, at).find((axis) => axis.name.startsWith(`${name}.`));
    // A later axis would undo what an earlier one sets.
    if (inside !== undefined)
      throw new InputError(`${origin}: ${inside.name} is a part of ${name}, expected ${name} before it`);
    if (name === 'seed' && seeds !== undefined)
      throw new InputError(`${origin}: --seeds is given too, expected one of the two`);
    if (values.length === 0 && random === undefined) {
      throw new InputError(
        `${origin}: the range does not say how many values, expected lo..hi:log:N or lo..hi:lin:N`,
        {
          hint: 'or --random 50, which draws from the whole range',
        },
      );
    }
  }
}

/** Every point; the last axis changes fastest. */
function full(axes: readonly Axis[]): Point[] {
  const count = axes.reduce((product, { values }) => product * values.length, 1);
  if (count > MOST_CELLS)
    throw new InputError(`the grid has ${count} points, expected at most ${MOST_CELLS}`, {
      hint: '--random 500 draws points from the same ranges',
    });
  return Array.from({ length: count }, (_, number) => {
    const values: AxisValue[] = [];
    let rest = number;
    for (const axis of [...axes].reverse()) {
      values.unshift(axis.values[rest % axis.values.length]!);
      rest = Math.floor(rest / axis.values.length);
    }
    return { values, cells: [] };
  });
}

/**
 * Points drawn independently: log-uniform where the range says log, uniform elsewhere, entries of a list alike.
 * The first so many of a longer draw are those of a shorter one.
 */
function drawn(axes: readonly Axis[], count: number, seed: number): Point[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => ({
    values: axes.map(({ values, range }) => {
      const share = random.uniform();
      return range === null
        ? values[Math.floor(share * values.length)]!
        : numberValue(along(range, share), DRAWN_DIGITS, range.whole);
    }),
    cells: [],
  }));
}
