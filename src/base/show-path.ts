import { AsyncLocalStorage } from 'node:async_hooks';
import { relative, resolve } from 'node:path';
import { visibleLine } from './visible.js';

// Of this thread, whichever copy of this package shows.
const KEY = Symbol.for('sottovoce.stands');
const shared = globalThis as { [KEY]?: AsyncLocalStorage<string> };
shared[KEY] ??= new AsyncLocalStorage();
const stands = shared[KEY];

/**
 * A path as a message shows it: relative inside the working directory, absolute outside, where `../../x`
 * helps nobody.
 */
export function showPath(file: string): string {
  const inside = relative(stands.getStore() ?? process.cwd(), file);
  if (inside === '') return '.';
  return visibleLine(inside.startsWith('..') ? resolve(file) : inside);
}

/** The work, in which paths are shown as somebody sees them who stands in `folder`; null: as ever. */
export function standingIn<T>(folder: string | null, work: () => T): T {
  return folder === null ? work() : stands.run(folder, work);
}
