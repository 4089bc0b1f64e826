/**
 * A user's own modules: found in a spec, loaded on the host before anything is planned, and on every worker
 * before anything is bound.
 *
 * ES modules load asynchronously while plan and bind are synchronous, so loading is a step of its own:
 *
 *     host     resolveModules(spec, folder)  ->  loadModules  ->  plan (asks userModule)       RunPlan.modules carries the URLs
 *     worker   loadModules(plan.modules)     ->  bind (asks userModule)
 *
 * Nothing here knows what a module is for: a spec names one as `{ kind: custom, module: FILE }`, wherever it
 * stands.
 */

import { spawnSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { formatPath, formatValue, InputError, type SpecPath } from '../base/errors.js';
import { type InputFile, noteInput } from '../base/inputs.js';
import { showPath } from '../base/show-path.js';
import { visibleLine } from '../base/visible.js';
import { changedSince } from './loaded-files.js';
import { isTypeScript, loadTypeScript, refusedTypes } from './typescript.js';
import { watchedLoading } from './watch.js';

/** A module of this thread, while it is being loaded too. */
export interface KnownModule {
  url: string;
  /** The file as messages show it. */
  file: string;
  /** Where the config names it first; empty on workers. */
  path: SpecPath;
}

export interface UserModule extends KnownModule {
  exports: Readonly<Record<string, unknown>>;
  /** What it was loaded from, its own file first; empty on workers, which are told what the host has loaded. */
  files: readonly InputFile[];
}

export interface ModuleReference {
  url: string;
  /** Where the config names it. */
  path: SpecPath;
}

const KIND = 'custom';
/** A module that has not loaded by then waits for something that does not come (a top-level await). */
const LOAD_MS = 10_000;

// ES modules exist once a thread, whichever copy of this package asks for them; so does what we know of them.
const KEY = Symbol.for('sottovoce.modules');
const shared = globalThis as {
  [KEY]?: { loaded: Map<string, UserModule>; known: Map<string, KnownModule> };
};
shared[KEY] ??= { loaded: new Map(), known: new Map() };
const { loaded, known } = shared[KEY];

/** Whose code has run on this thread. */
export function modulesOfThread(): readonly KnownModule[] {
  return [...known.values()];
}

/** The spec with every module as a file URL, and the list of them. The spec given is not changed. */
export function resolveModules<T>(
  spec: T,
  folder: string,
  at: SpecPath,
): { spec: T; modules: ModuleReference[] } {
  const modules: ModuleReference[] = [];
  const visit = (value: unknown, where: SpecPath): unknown => {
    if (Array.isArray(value)) return value.map((entry, i) => visit(entry, [...where, i]));
    if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return value;
    const entries = Object.entries(value).map(([key, entry]) => [key, visit(entry, [...where, key])]);
    const copy = Object.fromEntries(entries) as Record<string, unknown>;
    if (copy['kind'] === KIND && typeof copy['module'] === 'string') {
      const url = moduleUrl(copy['module'], folder);
      modules.push({ url, path: [...where, 'module'] });
      copy['module'] = url;
    }
    return copy;
  };
  return { spec: visit(spec, at) as T, modules };
}

export function moduleUrl(file: string, folder = '.'): string {
  return file.startsWith('file:') ? new URL(file).href : pathToFileURL(path.resolve(folder, file)).href;
}

/** Imports what is not loaded yet, in order. On the host a reference says where the config names it. */
export async function loadModules(references: readonly (ModuleReference | string)[]): Promise<void> {
  refuseForbidden(references.map((reference) => (typeof reference === 'string' ? { path: [] } : reference)));
  for (const reference of references) {
    const { url, path: at } = typeof reference === 'string' ? { url: reference, path: [] } : reference;
    const there = loaded.get(url);
    if (there !== undefined) {
      for (const input of there.files) noteInput(input);
      continue;
    }
    const filename = fileURLToPath(url);
    const file = showPath(filename);
    const info = await stat(filename).catch(() => null);
    const prefix = at.length === 0 ? '' : `${formatPath(at)}: `;
    if (!info?.isFile()) {
      const what =
        info === null ? 'there is no such file' : 'this is a folder, expected a module (.mjs or .ts)';
      throw new InputError(`${prefix}${file}: ${what}`, { path: at });
    }
    const onHost = typeof reference !== 'string';
    const before = onHost ? await filesOf(url) : [];
    let exports: Readonly<Record<string, unknown>>;
    try {
      if (isTypeScript(filename)) await loadTypeScript();
      known.set(url, { url, file, path: at });
      const load = () => withinTime(import(/* @vite-ignore */ url), file);
      exports = await watchedLoading({ file, path: at }, load);
    } catch (cause) {
      refuseExtension(cause, filename, `${prefix}${file}`, at);
      const refused = refusedTypes(cause, prefix, at);
      if (refused) throw refused;
      const place = cause instanceof SyntaxError ? syntaxErrorIn(filename, file) : placeIn(cause, url, file);
      const text = `${place}: cannot be loaded: ${describeThrown(cause)}`;
      throw new InputError(prefix + text, { path: at }, { cause });
    }
    // Node has read them between these two looks.
    const files = onHost ? sameFiles(before, await filesOf(url), at) : [];
    for (const input of files) noteInput(input);
    loaded.set(url, { url, file, path: at, exports, files });
  }
}

/** Files of the modules that this thread has loaded as the host, for workers to look whether they still are. */
export function filesOfModules(urls: readonly string[]): InputFile[] {
  const files = urls.flatMap((url) => loaded.get(url)?.files ?? []);
  return [...new Map(files.map((input) => [input.file, input])).values()];
}

/** Throws InputError where modules are forbidden and there is one: before anything of it is looked at. */
export function refuseForbidden(modules: readonly Pick<ModuleReference, 'path'>[]): void {
  const forbidden = process.env['SOTTOVOCE_NO_CUSTOM'];
  const [first] = modules;
  if (first === undefined || forbidden === undefined || forbidden === '' || forbidden === '0') return;
  const path = first.path;
  const where = path.length === 0 ? '' : `${formatPath(path)}: `;
  throw new InputError(
    `${where}a module of your own runs code, and --no-custom (SOTTOVOCE_NO_CUSTOM) forbids it`,
    {
      path,
      hint: 'read the module; if you trust it, run without --no-custom',
    },
  );
}

async function filesOf(url: string): Promise<InputFile[]> {
  return (await import('./module-files.js')).moduleFiles(url);
}

/** Throws InputError where one has changed: what was loaded could be either. */
function sameFiles(
  before: readonly InputFile[],
  after: readonly InputFile[],
  path: SpecPath,
): readonly InputFile[] {
  // A file that another module brought is the one of then: a thread loads each once.
  const earlier = [...before, ...[...loaded.values()].flatMap(({ files }) => files)];
  const digests = new Map(earlier.map(({ file, sha256 }) => [file, sha256]));
  const changed = after.find(({ file, sha256 }) => digests.get(file) !== sha256);
  if (changed === undefined) return after;
  throw changedSince(changed.file, 'has changed', path);
}

/** Throws InputError where Node does not know what to make of the file's name. */
function refuseExtension(cause: unknown, filename: string, shown: string, at: SpecPath): void {
  if ((cause as NodeJS.ErrnoException).code !== 'ERR_UNKNOWN_FILE_EXTENSION') return;
  const extension = path.extname(filename);
  const culprit = / for (.+)$/.exec((cause as Error).message)?.[1] ?? filename;
  if (culprit !== filename) {
    const imported = `${shown}: imports ${showPath(culprit)}, which Node does not load from here`;
    const typescript = isTypeScript(culprit);
    const renamed = `${path.basename(filename, extension)}.ts`;
    const hint = typescript
      ? `name the file ${renamed}: a module in TypeScript may import others`
      : undefined;
    throw new InputError(imported, { path: at, hint }, { cause });
  }
  const hint = 'name a module of JavaScript (.mjs) or of TypeScript (.ts, .mts)';
  const text = `${shown}: is a ${extension} file, expected a module (.mjs or .ts)`;
  throw new InputError(text, { path: at, hint }, { cause });
}

/** A module that has been loaded on this thread. */
export function userModule(url: string): UserModule {
  const found = loaded.get(url);
  if (!found)
    throw new Error(`${url} has not been loaded on this thread: await loadModules() before planning`);
  return found;
}

/** `mine.mjs:12:5`: where in the module an error was thrown, or the file alone. */
export function placeIn(thrown: unknown, url: string, file: string): string {
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
  for (const name of [url, fileURLToPath(url)]) {
    const from = stack.indexOf(`${name}:`);
    const place = from < 0 ? null : /^(:\d+){1,2}/.exec(stack.slice(from + name.length));
    if (place) return file + place[0];
  }
  return file;
}

/** A syntax error does not carry its line; `node --check` prints it. */
function syntaxErrorIn(filename: string, file: string): string {
  const { stderr } = spawnSync(process.execPath, ['--check', filename], { encoding: 'utf8' });
  for (const name of [pathToFileURL(filename).href, filename]) {
    const from = stderr.indexOf(`${name}:`);
    const line = from < 0 ? null : /^:\d+/.exec(stderr.slice(from + name.length));
    if (line) return file + line[0];
  }
  return file;
}

export function describeThrown(thrown: unknown): string {
  if (!(thrown instanceof Error)) {
    try {
      return visibleLine(`${typeof thrown} ${String(thrown)}`);
    } catch {
      return `${typeof thrown} that cannot be shown`;
    }
  }
  return visibleLine(`${thrown.name}: ${thrown.message.split('\n')[0]}`);
}

export function describeReturned(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value instanceof Promise) return 'a Promise (it must not be async)';
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`;
  return value === null ? 'null' : `${typeof value} ${formatValue(value)}`;
}

async function withinTime<T>(promise: Promise<T>, file: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const text = `it has not loaded within ${LOAD_MS / 1000} s`;
    timer = setTimeout(() => reject(new Error(`${file}: ${text}: does it await something?`)), LOAD_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
