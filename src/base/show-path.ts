import { relative, resolve } from 'node:path';
import { visibleLine } from './visible.js';

/**
 * A path as a message shows it: relative inside the working directory, absolute outside, where `../../x`
 * helps nobody.
 */
export function showPath(file: string): string {
  const inside = relative(process.cwd(), file);
  if (inside === '') return '.';
  return visibleLine(inside.startsWith('..') ? resolve(file) : inside);
}
