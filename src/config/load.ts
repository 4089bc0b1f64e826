/**
 * Reads a config and knows, for everything wrong in it, which line says so:
 *
 *     profiles/ring.yaml:7:6: compressor.k is 12, expected 1..8 (dim)
 *
 * Positions come from the YAML document (aliases and merge keys followed to where the value was written). A
 * value that the command line set has no line: its errors name the option. A config given as an object has
 * neither.
 */

import { dirname, resolve } from 'node:path';
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Scalar } from 'yaml';
import type { z } from 'zod';
import { formatPath, formatValue, InputError, isInputError, type SpecPath } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import { refuseForbidden, resolveModules } from '../plugin/modules.js';
import type { LoadedConfig, Override, RunConfig } from '../run/config.js';
import { explain, type Issue, isMapping, REPORT_INPUT } from '../schema/explain.js';
import { misreadings } from '../schema/misread.js';
import type { Registries } from '../schema/program.js';
import { DEEPEST, parseYaml } from '../schema/yaml.js';
import { embedFiles } from './embed.js';
import { type LearnSpec, learnSection } from './learn.js';
import { loadRegistries } from './registries.js';
import { checkConfig } from './schema.js';
import { EXAMPLE_HINT, readSource } from './source.js';
import { type StudySpec, studySection } from './study.js';

/** Characters of a `--set` that messages repeat. */
const LONGEST = 200;

const MAY_BE_SWITCHED_OFF = new Set(['name', 'stop', 'trace', 'layout', 'network', 'links', 'init']);

/**
 * Reads, validates and completes the config in `file`, with `overrides` laid over what it says. Throws
 * InputError.
 */
export async function loadConfig(
  file: string,
  overrides: readonly Override[] = [],
  registries?: Registries,
): Promise<LoadedConfig> {
  return checkSource(await readSource(file), file, overrides, registries);
}

/** The same for the text of the file, where it has been read. */
export async function checkSource(
  source: string,
  file: string,
  overrides: readonly Override[] = [],
  registries?: Registries,
): Promise<LoadedConfig> {
  const { document, lines } = parseSource(source, file);
  const data = applyOverrides(toData(document, lines, file), overrides);
  const loaded = { file: resolve(file), folder: dirname(resolve(file)), source, overrides };
  const { config, issues, ...choices } = await checked(data, loaded, registries);
  if (config === null) throw report(issues, loaded, document, lines);
  refuseModules(config, loaded);
  return { config, ...choices, ...loaded };
}

/**
 * Section `study` of a config, a file or plain data, whatever else stands in it, with those of the overrides
 * that are of the section; null where it has none. Throws InputError.
 */
export function loadStudy(
  config: string | object,
  overrides: readonly Override[] = [],
): Promise<StudySpec | null> {
  return loadSection(config, 'study', studySection, overrides);
}

/** The same of section `learn`. */
export function loadLearn(
  config: string | object,
  overrides: readonly Override[] = [],
): Promise<LearnSpec | null> {
  return loadSection(config, 'learn', learnSection, overrides);
}

async function loadSection<Shape extends z.ZodType>(
  config: string | object,
  name: string,
  shape: Shape,
  all: readonly Override[],
): Promise<z.infer<Shape> | null> {
  const overrides = all.filter(({ path: [first] }) => first === name);
  const isFile = typeof config === 'string';
  const source = isFile ? await readSource(config) : null;
  const { document, lines } = isFile
    ? parseSource(source as string, config)
    : { document: null, lines: null };
  const given = document ? toData(document, lines, config as string) : { ...(config as object) };
  const data = applyOverrides(given, overrides);
  if (!isMapping(data) || data[name] === undefined) return null;
  const checked = shape.safeParse(data[name], REPORT_INPUT);
  if (checked.success) return checked.data;
  const issues = explain(checked.error, shape, data[name], [name]);
  throw report(issues, { file: isFile ? resolve(config) : null, source, overrides }, document, lines);
}

/** The same for the text of a config. Paths in it are relative to `folder`; `shown`: what messages call it. */
export async function parseConfigText(
  source: string,
  { folder, shown, overrides = [] }: { folder: string; shown: string; overrides?: readonly Override[] },
): Promise<LoadedConfig> {
  const { document, lines } = parseSource(source, shown);
  const data = applyOverrides(toData(document, lines, shown), overrides);
  const loaded = { file: null, folder: resolve(folder), source, overrides };
  const { config, issues, ...choices } = await checked(data, loaded);
  if (config === null) throw report(issues, loaded, document, lines);
  refuseModules(config, loaded);
  return { config, ...choices, ...loaded };
}

/** What is wrong with the text of a config, with the lines; empty where nothing is. */
export async function issuesOf(
  source: string,
  shown: string,
): Promise<(Issue & { line: number | undefined })[]> {
  let read: ReturnType<typeof parseSource>;
  let data: unknown;
  try {
    read = parseSource(source, shown);
    data = toData(read.document, read.lines, shown);
  } catch (error) {
    if (!isInputError(error)) throw error;
    const { message, line, hint } = error;
    return [{ path: [], at: 'value', text: message, hint, line }];
  }
  const { issues } = checkConfig(data, await loadRegistries());
  const loaded = { file: shown, overrides: [] };
  return issues.map((issue) => ({ ...issue, line: placeOf(issue, loaded, read.document, read.lines).line }));
}

/** The same for a config that a program made. Paths in it are relative to `folder`. */
export async function parseConfig(
  data: unknown,
  options: { folder?: string; overrides?: readonly Override[]; registries?: Registries } = {},
): Promise<LoadedConfig> {
  const overrides = options.overrides ?? [];
  const loaded = { file: null, folder: resolve(options.folder ?? '.'), source: null, overrides };
  const changed = applyOverrides(copyOf(data) as typeof data, overrides);
  const { config, issues, ...choices } = await checked(changed, loaded, options.registries);
  if (config === null) throw report(issues, loaded, null, null);
  refuseModules(config, loaded);
  return { config, ...choices, ...loaded };
}

/** With the files that it holds the content of. */
async function checked(
  data: unknown,
  loaded: Omit<LoadedConfig, 'config'>,
  registries?: Registries,
): Promise<ReturnType<typeof checkConfig>> {
  const known = registries ?? (await loadRegistries());
  const whole = await embedFiles(data, known, loaded.folder).catch((error: unknown) => {
    throw locate(error, loaded);
  });
  return checkConfig(whole, known);
}

/** Where a user's modules are forbidden (`--no-custom`): before anything that the config names is read. */
function refuseModules(config: RunConfig, loaded: Omit<LoadedConfig, 'config'>): void {
  try {
    refuseForbidden(resolveModules(config, loaded.folder, []).modules);
  } catch (error) {
    throw locate(error, loaded);
  }
}

/** A config is plain data: what stands in a file, or could, and typed arrays, which stay the caller's. */
function copyOf(data: unknown, path: SpecPath = []): unknown {
  if (typeof data === 'function' || typeof data === 'bigint' || typeof data === 'symbol') {
    throw new InputError(
      `${path.length === 0 ? 'the config' : formatPath(path)} is a ${typeof data}, expected plain data: numbers, texts, lists and mappings`,
      typeof data === 'function'
        ? { path, hint: 'functions of your own stand in a module of yours, and the config has its path' }
        : { path },
    );
  }
  if (path.length > DEEPEST)
    throw new InputError(`${formatPath(path.slice(0, 4))} goes deeper than ${DEEPEST} levels`);
  if (Array.isArray(data)) return data.map((entry, at) => copyOf(entry, [...path, at]));
  if (!isMapping(data) || ArrayBuffer.isView(data)) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, copyOf(value, [...path, key])]));
}

/**
 * Gives an error that was thrown after loading (k > dim, a missing data file) its place in the config. Errors
 * that know their own file and line, and those that are not about the input, come back as they are.
 *
 * @param within where the component that threw stands, for errors whose path begins at the component:
 *   `['topology']`
 */
export function locate(
  error: unknown,
  loaded: Pick<LoadedConfig, 'file' | 'source' | 'overrides'>,
  within: SpecPath = [],
): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if (!isInputError(error) || error.line !== undefined) return error;
  if (error.path === undefined && within.length === 0) return error;
  const path = [...within, ...(error.path ?? [])];
  const text = withWholePath(error.message, path);
  let document: Document | null = null;
  let lines: LineCounter | null = null;
  if (loaded.source !== null) ({ document, lines } = parseDocumentOf(loaded.source));
  const place = placeOf({ path, at: 'value', text }, loaded, document, lines);
  if (place.prefix !== '' && text.startsWith(place.prefix)) return error;
  return new InputError(
    place.prefix + text,
    {
      path,
      file: loaded.file ?? error.file,
      line: place.line,
      column: place.column,
      hint: error.hint,
    },
    { cause: error },
  );
}

/**
 * `nodes is 2` was said by a generator, which does not know where in the config it stands: `topology.nodes is
 * 2`.
 */
function withWholePath(message: string, path: SpecPath): string {
  for (let start = 1; start < path.length; start++) {
    const tail = formatPath(path.slice(start));
    if (message.startsWith(`${tail} `)) return formatPath(path) + message.slice(tail.length);
  }
  return message;
}

/** `flow.step=0.1`, as given to --set. Throws InputError where it cannot be read. */
export function parseOverride(text: string): Override {
  const origin = `--set ${text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}...`}`;
  const equals = text.indexOf('=');
  const key = equals < 0 ? '' : text.slice(0, equals).trim();
  const path = key === '' ? null : parsePath(key);
  if (path === null) {
    throw new InputError(`${origin}: expected path=value`, {
      hint: 'for example: --set flow.step=0.1 --set compressor.k=4',
    });
  }
  const source = text.slice(equals + 1);
  const { document } = parseDocumentOf(source);
  const [misread] = misreadings(document.contents);
  if (misread) {
    const text = misread.text.replace(/^the value/, formatPath(path));
    throw new InputError(`${origin}: ${text}`, { path });
  }
  try {
    if (document.errors.length + document.warnings.length > 0) throw document.errors[0];
    return { path, value: source.trim() === '' ? null : document.toJS(), origin };
  } catch {
    throw new InputError(`${origin}: the value cannot be read as YAML`, {
      hint: 'quote it for the shell and for YAML, for example: --set \'name="a: b"\'',
    });
  }
}

/** `topology.sizes[2]` and `topology.sizes.2` -> ['topology', 'sizes', 2]. */
function parsePath(text: string): (string | number)[] | null {
  const parts = text.replaceAll(/\[(\d+)\]/g, '.$1').split('.');
  if (parts.some((part) => !/^[\w$-]+$/.test(part))) return null;
  return parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

function parseDocumentOf(source: string): { document: Document; lines: LineCounter } {
  const lines = new LineCounter();
  // Duplicate keys are an error of the library; merge keys (<<) are YAML 1.1 that everybody still writes.
  return { document: parseYaml(source, { lineCounter: lines, merge: true }), lines };
}

function parseSource(source: string, file: string): { document: Document; lines: LineCounter } {
  const { document, lines } = parseDocumentOf(source);
  const misread = misreadings(document.contents);
  const problems = [
    ...misread.map(({ offset, text }) => ({ offset, text })),
    // `1,000,000` between braces is two keys 000: said above, and better.
    ...(misread.length > 0 ? [] : [...document.errors, ...document.warnings]).map((problem) => ({
      offset: problem.pos[0],
      text: yamlProblem(problem, source),
    })),
  ].slice(0, 5);
  if (problems.length > 0) {
    const places = problems.map(({ offset, text }) => ({ ...lines.linePos(offset), text }));
    const shown = showPath(file);
    const messages = places.map(({ line, col, text }) => `${shown}:${line}:${col}: ${text}`);
    const [first] = places;
    throw new InputError(messages.join('\n'), { file: resolve(file), line: first?.line, column: first?.col });
  }
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    throw new InputError(`${showPath(file)} is empty, expected topology, cost and flow`, {
      file,
      hint: EXAMPLE_HINT,
    });
  }
  return { document, lines };
}

/** The library's message, with what to do about it where people usually trip. */
function yamlProblem(
  problem: { code: string; message: string; pos: [number, number] },
  source: string,
): string {
  switch (problem.code) {
    case 'DUPLICATE_KEY': {
      const key = /^[^:\r\n]*/.exec(source.slice(problem.pos[0]))?.[0].trim();
      return `the key ${key} stands here a second time, expected it once`;
    }
    case 'TAB_AS_INDENT':
      return 'a tab indents this line, and YAML allows only spaces';
    case 'MULTIPLE_DOCS':
      return 'a second YAML document begins here (---), expected one config a file';
    case 'MULTILINE_IMPLICIT_KEY':
      return `${problem.message} (is there a space after the colon?)`;
    default:
      return problem.message;
  }
}

function toData(document: Document, lines: LineCounter, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // Unresolved aliases, and alias bombs, which the library refuses to unfold.
    const reason = error instanceof Error ? error.message : String(error);
    let line: number | undefined;
    const name = /alias[^:]*: (\S+)$/.exec(reason)?.[1];
    const offset = name === undefined ? -1 : lines.lineStarts.length > 0 ? aliasOffset(document, name) : -1;
    let place = showPath(file);
    let column: number | undefined;
    if (offset >= 0) {
      ({ line, col: column } = lines.linePos(offset));
      place += `:${line}:${column}`;
    }
    throw new InputError(`${place}: ${reason}`, { file: resolve(file), line, column }, { cause: error });
  }
}

function aliasOffset(document: Document, name: string): number {
  const seek = (node: unknown): number => {
    if (isAlias(node)) return node.source === name ? (node.range?.[0] ?? -1) : -1;
    const children = isMap(node)
      ? node.items.flatMap((pair) => [pair.key, pair.value])
      : isSeq(node)
        ? node.items
        : [];
    for (const child of children) {
      const found = seek(child);
      if (found >= 0) return found;
    }
    return -1;
  };
  return seek(document.contents);
}

function applyOverrides(data: unknown, overrides: readonly Override[]): unknown {
  for (const { path, value, origin } of overrides) {
    if (!isMapping(data)) return data; // Not a config at all; the schema says so better.
    let parent: Record<string | number, unknown> = data;
    path.slice(0, -1).forEach((part, depth) => {
      const here = path.slice(0, depth + 1);
      let next: unknown = Object.hasOwn(parent, part) ? parent[part] : undefined;
      // Copied before it is changed: an alias shares its mapping with the place it came from.
      if (next === undefined || next === null) next = {};
      else if (Array.isArray(next)) next = [...next];
      else if (isMapping(next)) next = { ...next };
      else
        throw new InputError(
          `${origin}: ${formatPath(here)} is ${formatValue(next)}, which has no parts to set`,
        );
      define(parent, part, next);
      parent = next as Record<string | number, unknown>;
    });
    // `--set stop.gap=` switches off what the file asks for; anything else that is empty is refused as it is
    // in a file.
    const off = value === null && MAY_BE_SWITCHED_OFF.has(String(path[0]));
    define(parent, path.at(-1) ?? '', off ? undefined : value);
  }
  return data;
}

/** As a property of its own, so that `__proto__` is an unknown key like any other. */
function define(target: object, key: string | number, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

interface Place {
  prefix: string;
  line?: number | undefined;
  column?: number | undefined;
}

/** All issues as one error, in the order of their lines. */
function report(
  issues: readonly Issue[],
  loaded: Pick<LoadedConfig, 'file' | 'source' | 'overrides'>,
  document: Document | null,
  lines: LineCounter | null,
): InputError {
  const placed = issues.map((issue) => ({ issue, place: placeOf(issue, loaded, document, lines) }));
  placed.sort(
    (a, b) => (a.place.line ?? 0) - (b.place.line ?? 0) || (a.place.column ?? 0) - (b.place.column ?? 0),
  );
  const [first] = placed;
  const message = placed.map((entry) => entry.place.prefix + entry.issue.text).join('\n');
  const hint = placed.map((entry) => entry.issue.hint).find((text) => text !== undefined);
  return new InputError(message, {
    path: first?.issue.path,
    file: loaded.file ?? undefined,
    line: first?.place.line,
    column: first?.place.column,
    hint,
  });
}

function placeOf(
  issue: Issue,
  loaded: Pick<LoadedConfig, 'file' | 'overrides'>,
  document: Document | null,
  lines: LineCounter | null,
): Place {
  const setBy = loaded.overrides?.findLast((override) => begins(issue.path, override.path));
  if (setBy) return { prefix: `${setBy.origin}: ` };
  if (loaded.file === null || document === null || lines === null) return { prefix: '' };
  const { offset, found } = offsetOf(document, issue);
  // `--set compresor.k=3` made a mapping that the file does not have.
  const madeBy = found
    ? undefined
    : loaded.overrides?.findLast((override) => begins(override.path, issue.path));
  if (madeBy) return { prefix: `${madeBy.origin}: ` };
  const { line, col } = lines.linePos(offset);
  return { prefix: `${showPath(loaded.file)}:${line}:${col}: `, line, column: col };
}

function begins(path: SpecPath, start: SpecPath): boolean {
  return start.length > 0 && start.length <= path.length && start.every((part, i) => part === path[i]);
}

/** Where in the source the issue's key or value stands; for what is missing, its nearest parent. */
function offsetOf(document: Document, issue: Issue): { offset: number; found: boolean } {
  let node = follow(document, document.contents);
  let offset = startOf(document.contents);
  for (let depth = 0; depth < issue.path.length; depth++) {
    const part = issue.path[depth];
    const last = depth === issue.path.length - 1;
    let child: unknown;
    let key: unknown;
    if (isMap(node)) ({ key, value: child } = pairOf(document, node, String(part)) ?? {});
    else if (isSeq(node)) child = node.items[Number(part)];
    if (child === undefined || child === null) {
      const keyOffset = startOf(key);
      return { offset: Math.max(0, keyOffset >= 0 ? keyOffset : offset), found: key !== undefined };
    }
    const wanted = last && issue.at === 'key' ? startOf(key) : startOf(child);
    if (wanted >= 0) offset = wanted;
    // `stop:` with nothing behind it: an empty value stands at the end of the line, the key says more.
    if (isScalar(child) && child.value === null && startOf(key) >= 0) offset = startOf(key);
    node = follow(document, child);
  }
  return { offset: Math.max(0, offset), found: true };
}

type Pair = { key: unknown; value: unknown };

/** The pair of a key, its own or merged in by `<<`. */
function pairOf(document: Document, map: { items: unknown[] }, name: string): Pair | undefined {
  const pairs = map.items as Pair[];
  const keyText = (pair: Pair) => String(isScalar(pair.key) ? (pair.key as Scalar).value : pair.key);
  const own = pairs.find((pair) => keyText(pair) === name);
  if (own) return own;
  for (const pair of pairs) {
    if (keyText(pair) !== '<<') continue;
    const source = follow(document, pair.value);
    for (const merged of isSeq(source) ? source.items.map((item) => follow(document, item)) : [source]) {
      if (!isMap(merged)) continue;
      const found = pairOf(document, merged, name);
      if (found) return found;
    }
  }
  return undefined;
}

function follow(document: Document, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

function startOf(node: unknown): number {
  return (node as Node | null | undefined)?.range?.[0] ?? -1;
}

export type { LoadedConfig, Override, RunConfig };
