/** Has this thread load modules in TypeScript, from the first one on; see `strip-types.ts`. */

import nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';
import { InputError, type SpecPath } from '../base/errors.js';
import { showPath } from '../base/show-path.js';

// As in run/locations.ts: dist is two folders up from here, from a bundle, and beside src from a test.
const dist = import.meta.url.endsWith('.ts') ? '../../dist/' : '../../';
const hooksUrl = new URL(`${dist}src/plugin/strip-types.js`, import.meta.url).href;

const HINT =
  'types are stripped from a .ts file and nothing is compiled: write enums as objects, and fields in full';

/** Of this thread, whichever copy of this package asks. */
const KEY = Symbol.for('sottovoce.typescript');
const shared = globalThis as { [KEY]?: Promise<void> };

type Hooks = { load: unknown };

export function isTypeScript(file: string): boolean {
  return /\.m?ts$/.test(file);
}

export function loadTypeScript(): Promise<void> {
  shared[KEY] ??= (async () => {
    const { registerHooks } = nodeModule as { registerHooks?: (hooks: Hooks) => void };
    if (registerHooks) registerHooks((await import(/* @vite-ignore */ hooksUrl)) as Hooks);
    else nodeModule.register(hooksUrl);
  })();
  return shared[KEY];
}

/** What the hook refused, with its place; null where the error is another one. */
export function refusedTypes(cause: unknown, prefix: string, path: SpecPath): InputError | null {
  const found = /^(file:.*?\.m?ts):(\d+:\d+): (.*)$/s.exec((cause as Partial<Error> | null)?.message ?? '');
  if (!found) return null;
  const [, url, place, what] = found as unknown as [string, string, string, string];
  const text = `${prefix}${showPath(fileURLToPath(url))}:${place}: cannot be loaded: ${what.split('\n')[0]}`;
  const hint = /not supported/.test(what) ? HINT : undefined;
  return new InputError(text, { path, hint }, { cause });
}
