/** Whole numbers on a command line, alone and in lists. */

import { InputError } from '../base/errors.js';
import { writeInstead } from './numbers.js';

/** A list this long is a typing error. */
const MOST = 10_000;

export function wholeNumber(name: string, text: string, low: number): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isSafeInteger(value) && value >= low) return value;
  const repair = Number.isNaN(value) ? writeInstead(text) : '';
  throw new InputError(`${name} is ${shown(text)}, expected a whole number >= ${low}${repair}`);
}

/** `1,2,5..7` is 1, 2, 5, 6 and 7, each once. */
export function wholeNumbers(name: string, text: string, low: number): number[] {
  const refuse = (part: string, why: string) =>
    new InputError(`${name} is ${shown(part)}, ${why}`, {
      hint: `for example: ${name} 1..10, or ${name} 1,2,5..7`,
    });
  const found = new Set<number>();
  for (const part of text.split(',')) {
    const range = /^\s*(\d+)\s*\.\.\s*(\d+)\s*$/.exec(part);
    const [first, last] = range ? [Number(range[1]), Number(range[2])] : [Number(part), Number(part)];
    if (part.trim() === '' || !Number.isSafeInteger(first) || !Number.isSafeInteger(last) || first < low)
      throw refuse(part, `expected a whole number >= ${low}, or a range of them`);
    if (last < first) throw refuse(part, 'which runs backwards, expected the smaller number first');
    if (last - first >= MOST || found.size >= MOST) throw refuse(text, `expected at most ${MOST} numbers`);
    for (let number = first; number <= last; number++) found.add(number);
  }
  return [...found];
}

function shown(text: string): string {
  return text.trim() === '' ? 'empty' : text.trim();
}
