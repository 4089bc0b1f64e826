/**
 * The grid: configs x graphs x methods x seeds, each cell the config that `sottovoce run CONFIG --set ...
 * --seed ... --workers 1` would run. Methods are a list of flows with their compressors, or all flows with all
 * compressors; there a flow whose messages go as they are stands once, with identity. Everything that a schema can refuse is refused here, before anything
 * runs; what only a plan can refuse (k > dim) becomes a row of its own.
 */

import { dirname, resolve } from 'node:path';
import { digestOf } from '../base/canonical.js';
import { inWords } from '../base/data-in-words.js';
import { InputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import { UNCOMPRESSED } from '../compress/registry.js';
import { describeMethod } from '../config/describe-method.js';
import { loadConfig, parseConfig, parseOverride } from '../config/load.js';
import { loadRegistries } from '../config/registries.js';
import { kernelsDigest, ownVersion } from '../output/versions.js';
import type { LoadedConfig, Override, StopSpec } from '../run/config.js';
import { configDigest } from '../run/inputs.js';
import { QUANTITIES, type Quantity } from '../run/targets.js';
import type { Registries } from '../schema/program.js';
import { NamedInputs } from './cell-inputs.js';
import {
  type GraphText,
  graphChoices,
  gridMethods,
  type MethodChoice,
  type MethodText,
  namedMethods,
} from './methods.js';
import type { Cell, CellAsk, Target } from './types.js';

export interface GridInputs {
  /** Paths of files, or plain data. */
  configs: readonly (string | object)[];
  /** What paths in plain data, and in `graphs`, are relative to; the working directory where absent. */
  folder?: string | undefined;
  /** `ring(nodes=20); town: data/town.graphml`, or a list of such texts; absent: the configs' own. */
  graphs?: string | readonly GraphText[] | undefined;
  /** `extra; one bit: lead + flatten(sign)`, instead of compressors and flows. */
  methods?: string | readonly MethodText[] | undefined;
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

export async function makeGrid(inputs: GridInputs): Promise<Grid> {
  const registries = await loadRegistries();
  const set = (inputs.set ?? []).map(parseOverride);
  const folder = resolve(inputs.folder ?? '.');
  const methods = methodsOf(inputs, registries);
  const graphs = graphChoices(inputs.graphs, registries, folder);
  const target = inputs.target === undefined ? null : parseTarget(inputs.target);
  const load = (config: string | object, changes: readonly Override[]) => {
    const overrides = [...set, ...changes, ...alone(target)];
    return typeof config === 'string'
      ? loadConfig(config, overrides, registries)
      : parseConfig(config, { folder, overrides, registries });
  };

  const cells: Cell[] = [];
  const problems = new Map<string, number>();
  let method = 0;
  for (const [at, given] of inputs.configs.entries()) {
    const place = typeof given === 'string' ? dirname(resolve(given)) : folder;
    for (const graph of graphs) {
      const plain = new Set<string | null>();
      for (const { label, compressor, flow, together } of methods) {
        const overrides = [...graph.overrides(place), ...flow.overrides, ...compressor.overrides];
        let own = await load(given, overrides);
        let text = compressor.text;
        const chosen = !together && (flow.text !== null || compressor.text !== null);
        if (chosen && describeMethod(registries, own.config).uncompressed) {
          if (plain.has(flow.text)) continue;
          plain.add(flow.text);
          overrides.push({ path: ['compressor'], value: UNCOMPRESSED, origin: flow.text ?? 'the flow' });
          own = await load(given, overrides);
          text = null;
        }
        const { network, graph: itsName, uncompressed, ...names } = describeMethod(registries, own.config);
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
            label: label ?? '',
            graph: graph.label ?? itsName,
            config: loaded.config.name ?? (typeof given === 'string' ? showPath(given) : `config ${at}`),
            compressor: text,
            flow: flow.text,
            kinds: { compressor: names.compressor, flow: names.flow },
            plain: uncompressed,
            seed,
            loaded,
          });
        }
        method++;
      }
    }
  }
  nameMethods(cells);
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

/** Throws InputError where both kinds of list are given. */
function methodsOf({ methods, compressors, flows }: GridInputs, registries: Registries): MethodChoice[] {
  if (methods === undefined) return gridMethods(compressors, flows, registries);
  if (compressors !== undefined || flows !== undefined) {
    const other = compressors !== undefined ? '--compressors' : '--flows';
    throw new InputError(`--methods and ${other} are given, expected one of them`, {
      hint: "--methods lists flows with their compressors ('lead + sign'); the other two make a full grid",
    });
  }
  return namedMethods(methods, registries);
}

/**
 * What methods are called in legends: as somebody chose, else by what they differ in from the others of the
 * comparison. The same method has the same name on every problem, and no two have one name on the same one.
 */
function nameMethods(cells: readonly Cell[]): void {
  const unnamed = cells.filter(({ label }) => label === '');
  const differ = (of: (cell: Cell) => string | null) => new Set(cells.map(of)).size > 1;
  // What can only be written whole, such as a policy, is called as runs call it.
  const compressorOf = ({ compressor, kinds }: Cell) =>
    compressor === null || compressor.startsWith('{') ? kinds.compressor : compressor;
  const flowOf = ({ flow, kinds }: Cell) => flow ?? kinds.flow;
  // What the configs say themselves is part of the config.
  const compressors = differ(({ compressor }) => compressor);
  const flows = differ(({ flow }) => flow);
  for (const cell of unnamed) {
    const parts = [
      ...(flows ? [flowOf(cell)] : []),
      ...(compressors && !(flows && cell.plain) ? [compressorOf(cell)] : []),
    ];
    cell.label =
      parts.length === 0
        ? differ(({ config }) => config)
          ? cell.config
          : compressorOf(cell)
        : parts.join(' + ');
  }
  const labels = new Map<string, Map<number, Cell[]>>();
  for (const cell of cells) {
    const key = JSON.stringify([cell.problem, cell.label]);
    const methods = labels.get(key) ?? new Map<number, Cell[]>();
    labels.set(key, methods.set(cell.method, [...(methods.get(cell.method) ?? []), cell]));
  }
  for (const methods of labels.values()) {
    if (methods.size === 1) continue;
    const configs = new Set([...methods.values()].map(([first]) => first.config));
    const byConfig = configs.size === methods.size;
    [...methods.values()].forEach((group, at) => {
      for (const cell of group) cell.label += ` (${byConfig ? cell.config : at + 1})`;
    });
  }
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
