/**
 * When a benchmark is to fail, for continuous integration: `targets`, where one of them is not met; `slower:5%`,
 * where a figure is worse than before by more than that, and its interval leaves no doubt.
 */

import { InputError } from '../base/errors.js';
import { formatQuantity } from '../base/format.js';
import { type Change, worseBy } from './diff.js';
import { targetText } from './figures.js';
import { type Figure, meets } from './types.js';

export interface FailOn {
  targets: boolean;
  /** 0.05 for 5%; null where not asked for. */
  slower: number | null;
}

/** @throws InputError */
export function parseFailOn(text: string): FailOn {
  const found: FailOn = { targets: false, slower: null };
  for (const part of text.split(/[,|]/).map((each) => each.trim())) {
    const [, percent] = /^slower:(\d+(?:\.\d+)?)%$/.exec(part) ?? [];
    if (part === 'targets') found.targets = true;
    else if (percent !== undefined) found.slower = Number(percent) / 100;
    else
      throw new InputError(`--fail-on is ${part === '' ? 'empty' : part}, expected targets or slower:5%`, {
        hint: "both with a | between them: --fail-on 'targets|slower:5%'",
      });
  }
  return found;
}

/** Why it fails, a sentence each; none where it does not. */
export function failures(
  { targets, slower }: FailOn,
  figures: readonly Figure[],
  changes: readonly Change[],
): string[] {
  const missed = targets
    ? figures.flatMap(({ label, median, target }) =>
        target === undefined || meets(median, target)
          ? []
          : [`${label}: ${formatQuantity(median, 3)}, and the target is ${targetText(target)}`],
      )
    : [];
  const worse =
    slower === null
      ? []
      : changes
          .filter((change) => worseBy(change) > slower)
          .map(
            (change) =>
              `${change.label}: worse than before by ${formatQuantity(100 * worseBy(change), 3)}% at least, and ${formatQuantity(100 * slower, 3)}% are allowed`,
          );
  return [...missed, ...worse];
}
