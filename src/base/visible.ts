/**
 * Text as it may leave the program. Names in files, configs and modules may hold anything: an escape sequence
 * that clears the terminal, a mark that turns the direction of writing, a character that XML forbids. On its
 * way to a terminal, an SVG or a page each of them is written as an escape, `\u001b`.
 */

import { printable } from './errors.js';

const ESCAPE = '\u001b';
const COLOUR = new RegExp(`(${ESCAPE}\\[\\d{1,2}m)`);

/** Everything but line feeds. Escapes are JSON's, so that JSON stays what it was. */
export function visible(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** The same for what has been painted: colours stay. */
export function visiblePainted(text: string): string {
  return text
    .split(COLOUR)
    .map((part, i) => (i % 2 === 1 ? part : visible(part)))
    .join('');
}

/** A name that has to stay on its line. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll('\n', '\\n');
}

export function isVisible(text: string): boolean {
  return visibleLine(text) === text;
}
