/**
 * The files of a user's module: its own, and those that it brings with it, so that a run can say what code it
 * ran. Node reads modules itself; this reads the same files beside it and follows what they name:
 *
 *     import ... from './a.mjs', export ... from, import('./a.mjs')   relative, absolute, or a file: URL
 *     new URL('./kernel.wasm', import.meta.url)                       what a module reads beside itself
 *     require('./a.cjs')                                              .js, .json and .cjs may be missing
 *
 * all of them as literals. Not seen: packages of node_modules and Node's own modules; files whose names are made when the code runs;
 * what a module reads from elsewhere, or asks of the network or the clock.
 */

import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { InputFile } from '../base/inputs.js';
import { isTypeScript } from './typescript.js';

const CODE = /\.(m|c)?[jt]s$/;
const BESIDE = /new\s+URL\(\s*(['"`])([^'"`$\n]+)\1\s*,\s*import\.meta\.url\s*\)/g;
const REQUIRED = /\brequire\w*\s*\(\s*(['"`])(\.{0,2}\/[^'"`$\n]+)\1\s*\)/g;
/** What `require` tries behind a name. */
const TRIED = ['', '.js', '.json', '.cjs', '/index.js'];

/** Its own file first. One that cannot be read is left out: loading the module says so, and says it better. */
export async function moduleFiles(url: string): Promise<InputFile[]> {
  const own = fileURLToPath(url);
  const found = new Map<string, InputFile>();
  const waiting = [own];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (found.has(file)) continue;
    const content = await readFile(file).catch(() => null);
    if (content === null) continue;
    found.set(file, {
      file,
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
      ...(file !== own && { importedBy: own }),
    });
    if (CODE.test(file)) waiting.push(...(await namedIn(content.toString('utf8'), file)).reverse());
  }
  return [...found.values()];
}

/** Absolute paths of the files that a module names. */
async function namedIn(source: string, file: string): Promise<string[]> {
  // Node resolves what a module imports from where the file really is.
  const base = pathToFileURL(await realpath(file)).href;
  const names = [
    ...(await importedIn(source, file)).map((specifier) => [specifier]),
    ...Array.from(source.matchAll(BESIDE), (match) => [match[2] as string]),
    ...Array.from(source.matchAll(REQUIRED), (match) => TRIED.map((end) => `${match[2]}${end}`)),
  ];
  return names.flatMap((tried) => tried.flatMap((name) => fileOf(name, base)));
}

async function importedIn(source: string, file: string): Promise<string[]> {
  try {
    // Only here: it is WebAssembly, which some processes do without.
    const { init, parse } = await import('es-module-lexer');
    await init;
    const [imports] = parse(isTypeScript(file) ? await withoutTypes(source) : source, file);
    return imports.flatMap(({ n: name }) =>
      name !== undefined && /^(\.{0,2}\/|file:)/.test(name) ? [name] : [],
    );
  } catch {
    // What cannot be parsed cannot be loaded, or is CommonJS, whose names are found above.
    return [];
  }
}

async function withoutTypes(source: string): Promise<string> {
  const { default: swc } = await import('@swc/wasm-typescript');
  return swc.transformSync(source, { mode: 'strip-only' }).code;
}

function fileOf(name: string, base: string): string[] {
  try {
    const url = new URL(name, base);
    return url.protocol === 'file:' ? [fileURLToPath(url)] : [];
  } catch {
    return [];
  }
}
