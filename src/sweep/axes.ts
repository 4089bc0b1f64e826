/**
 * Axes of a sweep as people write them: a path of a config, and the values that it takes.
 *
 *     flow.step=0.01..0.1:log:12        12 values, each a constant factor above the one before
 *     flow.mu=0.2..1:lin:5              5 values, evenly spaced (lin may be left out)
 *     compressor.k=1..64:log:7:whole    rounded to whole numbers
 *     topology.nodes=10..14             all whole numbers between the two
 *     flow.mu=0.2,0.5,1                 a list; a ; between its entries does as well
 *     compressor=sign; top-k(k=4)       kinds with parameters, as in `sottovoce certify`, or { YAML }
 *
 * Values of a range have as few digits as tell neighbours apart, and six at least: what is printed is what is
 * run.
 */

import { formatPath, formatValue, InputError, isInputError, type SpecPath } from '../base/errors.js';
import { parseSpecText } from '../certify/spec-text.js';
import { AUTO } from '../compress/auto.js';
import { parseOverride } from '../config/load.js';
import type { Override } from '../run/config.js';
import type { Registry } from '../schema/component.js';
import type { Registries } from '../schema/program.js';

/** Values of one axis, at most. */
const MOST_VALUES = 10_000;
const DIGITS = 6;

/** One value of an axis. */
export interface AxisValue {
  /** As it stands in the config. */
  value: unknown;
  /** As people read it. */
  text: string;
}

/** From one number to another. */
export interface AxisRange {
  /** The smallest value. */
  from: number;
  /** The largest. */
  to: number;
  /** `log`: each value is a constant factor above the one before. */
  scale: 'log' | 'lin';
  /** Whether values are rounded to whole numbers. */
  whole: boolean;
}

/** A path of a config, and the values that it takes. */
export interface Axis {
  /** As in messages: `flow.step`. */
  name: string;
  /** Where in the config. */
  path: SpecPath;
  /** In their order; of a random search none where it is a range. */
  values: AxisValue[];
  /** Null where it is a list. */
  range: AxisRange | null;
  /** Where it was given, for messages: `--grid flow.step=...`. */
  origin: string;
}

/** An axis as a program gives it: values, a range, or what stands behind the `=` on the command line. */
export type AxisInput =
  | string
  | readonly unknown[]
  | { from: number; to: number; count?: number; scale?: 'log' | 'lin'; whole?: boolean };

const NUMBER = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?`;
const RANGE = new RegExp(String.raw`^(${NUMBER})\s*\.\.\s*(${NUMBER})((?::[a-z0-9]*)*)$`);
const EXAMPLES = 'for example: flow.step=0.01..0.1:log:12, flow.mu=0.2,0.5,1 or compressor=sign; top-k(k=4)';

/** `flow.step=0.01..0.1:log:12`. `option` is said in messages. Throws InputError. */
export function parseAxis(text: string, option: string, registries: Registries): Axis {
  const equals = text.indexOf('=');
  const origin = `${option} ${text}`;
  const name = equals < 0 ? '' : text.slice(0, equals).trim();
  return axisOf(name, text.slice(equals + 1), origin, registries);
}

/** The axis of a path. Throws InputError. */
export function axisOf(name: string, given: AxisInput, origin: string, registries: Registries): Axis {
  const path = pathOf(name, origin);
  const axis = { name: formatPath(path), path, origin };
  if (typeof given !== 'string') return { ...axis, ...fromProgram(given, origin) };
  const text = given.trim();
  if (text === '') throw refuse(origin, 'has no values', EXAMPLES);
  if (/^[+-]?\.?\d/.test(text) && text.includes('..') && !/[;,]/.test(text))
    return { ...axis, ...parseRange(text, origin) };
  const registry = registryOf(path, registries);
  const entries = entriesOf(text);
  const empty = entries.indexOf('');
  if (empty >= 0)
    throw refuse(
      origin,
      `entry ${empty + 1} is empty, expected a , or a ; between values and none at the end`,
    );
  const values = entries.map((entry) => ({ value: readValue(entry, path, registry, origin), text: entry }));
  const keys = values.map(({ value }) => JSON.stringify(value));
  const again = entries.find((_, at) => keys.indexOf(keys[at]!) < at);
  if (again !== undefined) throw refuse(origin, `${again} stands there twice, expected every value once`);
  return { ...axis, values, range: null };
}

/** What a `--set` of this value is: `flow.step=0.1`. */
export function settingOf({ name }: Pick<Axis, 'name'>, { value, text }: AxisValue): string {
  return `${name}=${typeof value === 'object' && value !== null ? JSON.stringify(value) : text}`;
}

export function overrideOf({ path, name, origin }: Axis, value: AxisValue): Override {
  return { path, value: value.value, origin: `${origin.split(' ')[0]} ${settingOf({ name }, value)}` };
}

/** A number as one of an axis: with as many digits as were asked for. */
export function numberValue(value: number, digits: number, whole: boolean): AxisValue {
  const short = whole ? Math.round(value) : Number(value.toPrecision(digits));
  return { value: short, text: String(short) };
}

/** The value of a range at a share of its way, from 0 to 1. */
export function along({ from, to, scale }: AxisRange, share: number): number {
  if (share <= 0) return from;
  if (share >= 1) return to;
  if (scale === 'lin') return from + (to - from) * share;
  const ratio = to / from;
  // Between the smallest and the largest numbers there is a factor that is none.
  if (ratio === Number.POSITIVE_INFINITY) return from ** (1 - share) * to ** share;
  return from * ratio ** share;
}

function pathOf(name: string, origin: string): SpecPath {
  try {
    return parseOverride(`${name}=0`).path;
  } catch (error) {
    if (!isInputError(error)) throw error;
    throw refuse(origin, 'expected path=values, with a path of the config in front', EXAMPLES);
  }
}

function refuse(origin: string, problem: string, hint?: string): InputError {
  return new InputError(`${origin}: ${problem}`, hint === undefined ? {} : { hint });
}

function parseRange(text: string, origin: string): Pick<Axis, 'values' | 'range'> {
  const found = RANGE.exec(text);
  if (found === null) {
    throw refuse(
      origin,
      `${text} is no range, expected lo..hi:log:N or lo..hi:lin:N`,
      'N is how many values there are, for example: flow.step=0.01..0.1:log:12',
    );
  }
  const words = found[3]!.split(':').slice(1);
  const whole = words.at(-1) === 'whole';
  if (whole) words.pop();
  const scale = words[0] === 'log' || words[0] === 'lin' ? (words.shift() as 'log' | 'lin') : null;
  const [count, ...more] = words;
  if (more.length > 0 || (count !== undefined && !/^\d+$/.test(count))) {
    const wrong = more.length > 0 ? more[0] : count;
    throw refuse(
      origin,
      `${formatValue(wrong)} stands in the range, expected log or lin, then how many values, then whole or nothing`,
    );
  }
  return spaced(
    { from: Number(found[1]), to: Number(found[2]), scale, whole },
    count === undefined ? null : Number(count),
    origin,
  );
}

function fromProgram(given: Exclude<AxisInput, string>, origin: string): Pick<Axis, 'values' | 'range'> {
  if (Array.isArray(given)) {
    if (given.length === 0) throw refuse(origin, 'has no values, expected one at least');
    const values = given.map((value: unknown) => ({
      value,
      text: typeof value === 'object' ? JSON.stringify(value) : String(value),
    }));
    return { values, range: null };
  }
  const {
    from,
    to,
    count = null,
    scale = null,
    whole = false,
  } = given as Exclude<AxisInput, string | readonly unknown[]>;
  return spaced({ from, to, scale, whole }, count, origin);
}

/**
 * Values of a range. Without a count, whole numbers one apart; or none, where both ends are not whole: that is
 * a range for a random search alone.
 */
function spaced(
  given: { from: number; to: number; scale: 'log' | 'lin' | null; whole: boolean },
  count: number | null,
  origin: string,
): Pick<Axis, 'values' | 'range'> {
  const { from, to } = given;
  const scale = given.scale ?? 'lin';
  if (!(Number.isFinite(from) && Number.isFinite(to)))
    throw refuse(origin, `the range is from ${from} to ${to}, expected two numbers`);
  if (!(from < to))
    throw refuse(origin, `the range is from ${from} to ${to}, expected the smaller number first`);
  if (scale === 'log' && !(from > 0))
    throw refuse(
      origin,
      `a range with log begins at ${from}, expected a number > 0`,
      'or lin in the place of log',
    );
  if (count !== null && !(Number.isInteger(count) && count >= 2 && count <= MOST_VALUES))
    throw refuse(origin, `the range has ${count} values, expected 2..${MOST_VALUES}`);
  const whole = given.whole || (count === null && given.scale === null && isWhole(from) && isWhole(to));
  const range = { from, to, scale, whole };
  if (count === null && !(whole && scale === 'lin')) return { values: [], range };
  const many = count ?? to - from + 1;
  if (many > MOST_VALUES)
    throw refuse(origin, `the range has ${many} values, expected at most ${MOST_VALUES}`);
  const digits = digitsOf(range, many);
  const values = new Map<string, AxisValue>();
  for (let i = 0; i < many; i++) {
    const value = numberValue(along(range, i / (many - 1)), digits, whole);
    values.set(value.text, value);
  }
  return { values: [...values.values()], range };
}

/** As many as tell neighbours apart, and six at least. */
function digitsOf({ from, to }: AxisRange, count: number): number {
  const share = (to - from) / Math.max(Math.abs(from), Math.abs(to)) / count;
  return Math.min(17, Math.max(DIGITS, Math.ceil(2 - Math.log10(share))));
}

const isWhole = (value: number) => Number.isInteger(value);

/** The family of components that a path leads to; null where it is a plain value. */
function registryOf(path: SpecPath, registries: Registries): { family: string; registry: Registry } | null {
  const [first] = path;
  const families: Record<string, Registry> = {
    topology: registries.topologies,
    cost: registries.costs,
    flow: registries.flows,
    compressor: { ...registries.compressors, ...AUTO },
    links: registries.links,
  };
  const registry = Object.hasOwn(families, String(first)) ? families[String(first)] : undefined;
  const nested = path.slice(1).every((part) => part === 'inner');
  return registry !== undefined && nested ? { family: String(first), registry } : null;
}

function readValue(
  entry: string,
  path: SpecPath,
  family: ReturnType<typeof registryOf>,
  origin: string,
): unknown {
  try {
    if (family !== null) return parseSpecText(entry, family.registry, family.family).spec;
    return parseOverride(`${formatPath(path)}=${entry}`).value;
  } catch (error) {
    if (!isInputError(error)) throw error;
    const { message, hint } = error;
    throw refuse(origin, message.replace(/^--set [^:]*: /, ''), hint);
  }
}

/** At every ; that stands in no parentheses; where there is none, at every comma that does not. */
function entriesOf(text: string): string[] {
  const split = (separator: string): string[] => {
    const parts = [''];
    let depth = 0;
    let quote = '';
    for (const letter of text) {
      if (quote !== '') quote = letter === quote ? '' : quote;
      else if (letter === '"' || letter === "'") quote = letter;
      else if ('([{'.includes(letter)) depth++;
      else if (')]}'.includes(letter)) depth--;
      if (letter === separator && depth === 0 && quote === '') parts.push('');
      else parts[parts.length - 1] += letter;
    }
    return parts.map((part) => part.trim());
  };
  const parts = split(';');
  return parts.length > 1 ? parts : split(',');
}
