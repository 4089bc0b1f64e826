/** Lengths on paper: 3.5in, 88mm, 8.8cm, 252pt. */

import { InputError } from '../base/errors.js';

/** Points of 1/72 inch in each unit. */
const UNITS: Readonly<Record<string, number>> = { in: 72, mm: 72 / 25.4, cm: 72 / 2.54, pt: 1 };
const [LEAST, MOST] = [36, 72 * 60];

/** In points. @throws InputError */
export function lengthInPoints(name: string, text: string): number {
  const [, number = '', unit = ''] = /^\s*([0-9]*\.?[0-9]+)\s*(in|mm|cm|pt)\s*$/.exec(text) ?? [];
  const points = Number(number) * (UNITS[unit] ?? Number.NaN);
  if (number !== '' && points >= LEAST && points <= MOST) return points;
  const expected =
    unit === '' ? 'a length such as 3.5in, 88mm, 8.8cm or 252pt' : 'a length from 0.5in to 60in';
  throw new InputError(`${name} is ${JSON.stringify(text)}, expected ${expected}`);
}
