import { isAbsolute, relative, resolve } from 'node:path';

/** A path as a message shows it: relative inside the working directory, otherwise whichever form is shorter. */
export function showPath(file: string): string {
  const inside = relative(process.cwd(), file);
  if (inside === '') return '.';
  const absolute = resolve(file);
  return !inside.startsWith('..') || (!isAbsolute(inside) && inside.length < absolute.length)
    ? inside
    : absolute;
}
