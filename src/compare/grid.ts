/**
 * The grid: configs x compressors x flows x seeds, each cell the config that `sottovoce run CONFIG --set ...
 * --seed ... --workers 1` would run. Everything that a schema can refuse is refused here, before anything
 * runs; what only a plan can refuse (k > dim) becomes a row of its own.
 */

import { resolve } from 'node:path';
import { digestOf } from '../base/canonical.js';
import { inWords } from '../base/data-in-words.js';
import { InputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import { checkSpec, parseSpecText } from '../certify/spec-text.js';
import { describeMethod } from '../config/describe-method.js';
import { loadConfig, parseConfig, parseOverride } from '../config/load.js';
import { loadRegistries } from '../config/registries.js';
import { COMPRESS_MODES } from '../flow/types.js';
import { kernelsDigest, ownVersion } from '../output/versions.js';
import type { LoadedConfig, Override, StopSpec } from '../run/config.js';
import { configDigest } from '../run/inputs.js';
import { QUANTITIES, type Quantity } from '../run/targets.js';
import { NamedInputs } from './cell-inputs.js';
import type { Cell, CellAsk, Target } from './types.js';

export interface GridInputs {
  /** Paths of files, or plain data. */
  configs: readonly (string | object)[];
  /** `top-k(k=8); flatten(sign)`, or a list of such texts; absent: the configs' own. */
  compressors?: string | readonly string[] | undefined;
  /** `error-state; observer`, or whole flows: `primal-dual(compress=observer, mu=0.5)`. */
  flows?: string | readonly string[] | undefined;
  seeds?: readonly number[] | undefined;
  /** `rmsError=1e-6`; absent: the configs' own stop, or that where they have none. */
  target?: string | undefined;
  /** `path=value`, for every cell. */
  set?: readonly string[] | undefined;
  /** Trial runs of every cell's search for gains; 0: none. */
  tune?: number | undefined;
}

export interface Grid {
  cells: Cell[];
  target: Target;
}

/** What agents hold, for averaging and optimising alike. */
const DEFAULT_TARGET: Target = { quantity: 'rmsError', bound: 1e-6 };

interface Choice {
  text: string | null;
  overrides: Override[];
}

export async function makeGrid(inputs: GridInputs): Promise<Grid> {
  const registries = await loadRegistries();
  const set = (inputs.set ?? []).map(parseOverride);
  const compressors = choices(inputs.compressors, '--compressors', (text) => {
    const value = checkSpec(parseSpecText(text, registries.compressors), registries.compressors);
    return [{ path: ['compressor'], value, origin: `--compressors '${text}'` }];
  });
  const flows = choices(inputs.flows, '--flows', (text) => {
    const origin = `--flows '${text}'`;
    if ((COMPRESS_MODES as readonly string[]).includes(text))
      return [{ path: ['flow', 'compress'], value: text, origin }];
    const value = parseSpecText(text, registries.flows, 'flow').spec;
    return [{ path: ['flow'], value, origin }];
  });
  const target = inputs.target === undefined ? null : parseTarget(inputs.target);
  const load = (config: string | object, changes: readonly Override[]) => {
    const overrides = [...set, ...changes, ...alone(target)];
    return typeof config === 'string'
      ? loadConfig(config, overrides, registries)
      : parseConfig(config, { overrides, registries });
  };

  const cells: Cell[] = [];
  const problems = new Map<string, number>();
  let method = 0;
  for (const [at, given] of inputs.configs.entries()) {
    for (const compressor of compressors) {
      for (const flow of flows) {
        const overrides = [...compressor.overrides, ...flow.overrides];
        const own = await load(given, overrides);
        const { network, ...kinds } = describeMethod(registries, own.config);
        for (const seed of inputs.seeds ?? [own.config.seed]) {
          const loaded = await load(given, [
            ...overrides,
            { path: ['seed'], value: seed, origin: `--seeds ${seed}` },
          ]);
          const key = problemKey(loaded, network);
          if (!problems.has(key)) problems.set(key, problems.size);
          cells.push({
            id: '',
            setting: '',
            inputs: [],
            method,
            problem: problems.get(key) as number,
            config: loaded.config.name ?? (typeof given === 'string' ? showPath(given) : `config ${at}`),
            compressor: compressor.text,
            flow: flow.text,
            kinds,
            seed,
            loaded,
          });
        }
        method++;
      }
    }
  }
  return { cells, target: await completeCells(cells, target, inputs.tune ?? 0) };
}

/**
 * Gives every cell its end, what it is known by, and its files. `ask`: what is wanted of them beside the run.
 * Without a target it is what all configs stop at, which is given back.
 */
export async function completeCells(
  cells: readonly Cell[],
  target: Target | null,
  tune: number,
  ask?: CellAsk,
): Promise<Target> {
  const common = target ?? commonTarget(cells);
  const named = new NamedInputs();
  for (const cell of cells) {
    // What ends a cell is the target and nothing else: one that stops short of it could not be compared.
    cell.loaded.config.stop = { [common.quantity]: common.bound };
    cell.setting = settingOf(cell.loaded, tune, ask);
    cell.inputs = await named.of(cell.loaded);
    cell.id = cellId(cell);
  }
  return common;
}

/** The same cell, of which something else is asked. */
export function askAgain(cell: Cell, tune: number, ask: CellAsk): Cell {
  const again = { ...cell, setting: settingOf(cell.loaded, tune, ask) };
  return { ...again, id: cellId(again) };
}

/** `a; b`, or a list, as choices; the config's own where nothing is given. */
function choices(
  given: string | readonly string[] | undefined,
  option: string,
  read: (text: string) => Override[],
): Choice[] {
  if (given === undefined) return [{ text: null, overrides: [] }];
  const parts = (typeof given === 'string' ? given.split(';') : given).map((part) => part.trim());
  if (parts.every((part) => part === ''))
    throw new InputError(`${option} is empty, expected kinds with a ; between them`);
  const empty = parts.indexOf('');
  if (empty >= 0)
    throw new InputError(
      `entry ${empty + 1} of ${option} is empty, expected kinds with a ; between them, and none at the end`,
    );
  return [...new Set(parts)].map((part) => ({ text: part, overrides: read(part) }));
}

/** One worker a cell, and the target for its end. */
export function alone(target: Target | null): Override[] {
  const one: Override = { path: ['workers'], value: 1, origin: 'one worker a cell' };
  if (target === null) return [one];
  const { quantity, bound } = target;
  return [one, { path: ['stop'], value: { [quantity]: bound }, origin: `--target ${quantity}=${bound}` }];
}

export function parseTarget(text: string): Target {
  const [name, value, ...rest] = text.split('=').map((part) => part.trim());
  const bound = value === undefined || value === '' ? Number.NaN : Number(value);
  if (rest.length > 0 || !Object.hasOwn(QUANTITIES, name) || !(bound > 0)) {
    throw new InputError(
      `--target is ${text}, expected one of ${Object.keys(QUANTITIES).join(', ')} = a number > 0`,
      {
        hint: 'for example: --target rmsError=1e-6',
      },
    );
  }
  return { quantity: name as Quantity, bound };
}

/** What every config stops at, if they agree on one quantity. */
function commonTarget(cells: readonly Cell[]): Target {
  const stops = new Set(cells.map(({ loaded }) => JSON.stringify(loaded.config.stop)));
  const [first] = stops;
  const entries = Object.entries(JSON.parse(first ?? '{}') as StopSpec) as [Quantity, number][];
  if (stops.size === 1 && entries.length === 0) return DEFAULT_TARGET;
  if (stops.size > 1 || entries.length > 1) {
    throw new InputError(
      stops.size > 1
        ? 'the configs stop at different targets, expected one for all of them'
        : 'the config stops at several quantities at once, expected one target',
      { path: ['stop'], hint: 'give --target, for example: --target gap=1e-6' },
    );
  }
  const [[quantity, bound]] = entries;
  return { quantity, bound };
}

/**
 * Same graph, cost, beginning and links: what may be compared. Seeds are repetitions of it, weights a choice
 * of the method.
 */
function problemKey({ config, folder }: LoadedConfig, graph: unknown): string {
  const { cost, init, network } = config;
  const parts = JSON.stringify(inWords([graph, cost, init ?? null, network ?? null]));
  // Relative files of the same name in two folders are two files.
  return /"[^"]*\.[^"]*"/.test(parts) ? `${resolve(folder)} ${parts}` : parts;
}

/** In its config, its folder and the trials of its search, whatever its files hold. */
function settingOf({ config, folder }: LoadedConfig, tune: number, ask?: CellAsk): string {
  const asked = ask === undefined || Object.keys(ask).length === 0 ? [] : [ask];
  return digestOf([configDigest(config), resolve(folder), tune, ...asked]);
}

function cellId({ setting, inputs }: Cell): string {
  const contents = inputs.map(({ path, sha256 }) => [path, sha256]);
  return digestOf([ownVersion(), kernelsDigest(), setting, contents]).slice(0, 20);
}
