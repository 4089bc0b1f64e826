/** Making figures and the cells of tables. */

import { formatQuantity } from '../base/format.js';
import { medianInterval, ratios, type Spread, spreadOf } from './stats.js';
import type { Figure, Target } from './types.js';

export function figure(
  id: string,
  label: string,
  unit: string,
  better: Figure['better'],
  values: readonly number[],
  target?: Target,
): Figure {
  const interval = medianInterval(values);
  return { id, label, unit, better, ...spreadOf(values), values, interval, ...(target && { target }) };
}

/** Pass by pass `numerators / denominators`; a ratio of times or of speeds, which the label says. */
export function ratioFigure(
  id: string,
  label: string,
  numerators: readonly number[],
  denominators: readonly number[],
  better: Figure['better'] = 'higher',
  target?: Target,
): Figure {
  return figure(id, label, 'x', better, ratios(numerators, denominators), target);
}

/** `12.3 (11.9 to 12.8)`, of which the brackets are the quartiles. */
export function spreadText({ median, q1, q3 }: Spread, digits = 3): string {
  const text = (value: number) => formatQuantity(value, digits);
  return `${text(median)} (${text(q1)} to ${text(q3)})`;
}

export function medianText(values: readonly number[], digits = 3): string {
  return formatQuantity(spreadOf(values).median, digits);
}

export function targetText(target: Target): string {
  return 'atLeast' in target ? `>= ${target.atLeast}` : `<= ${target.atMost}`;
}

/** `100,000`. */
export function countText(value: number): string {
  return value.toLocaleString('en-US');
}
