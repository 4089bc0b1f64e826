/**
 * Numbers that change with the round: steps, and the lambda of dithered signs.
 *
 * | kind | value in round k = 0, 1, ... of a run of K rounds |
 * | --- | --- |
 * | a number, or `constant` | initial |
 * | `1/sqrt(k)` | initial / sqrt(1 + k / after) |
 * | `1/k` | initial / (1 + k / after) |
 * | `cosine` | final + (initial - final) (1 + cos(pi k / K)) / 2 |
 *
 * `after` is the round from which the value falls like its name (1 by default: from the beginning); K is the
 * config's `rounds`, also where a run stops earlier. Robbins, Monro 1951 ask of a step that its sum diverges
 * and the sum of its squares does not: of these `1/k`. Cosine: Loshchilov, Hutter 2017 (arXiv 1608.03983),
 * without restarts.
 */

import type { z } from 'zod';

export const SCHEDULES = ['constant', '1/sqrt(k)', '1/k', 'cosine'] as const;

/** Plain data. */
export interface Schedule {
  kind: (typeof SCHEDULES)[number];
  initial: number;
  final: number;
  after: number;
  rounds: number;
}

export function scheduleParameter(zod: typeof z) {
  const positive = zod.number().positive();
  return zod.union([
    positive,
    zod.strictObject({
      kind: zod.enum(SCHEDULES),
      initial: positive.describe('value in round 0'),
      final: zod.number().min(0).optional().describe('cosine: value after the last round, 0 by default'),
      after: positive.optional().describe('rounds until it falls like its name, 1 by default'),
    }),
  ]);
}

export type ScheduleSpec = z.infer<ReturnType<typeof scheduleParameter>>;

export function planSchedule(given: ScheduleSpec, rounds: number): Schedule {
  if (typeof given === 'number') return { kind: 'constant', initial: given, final: given, after: 1, rounds };
  const { kind, initial, final = 0, after = 1 } = given;
  return { kind, initial, final, after, rounds };
}

export function valueAt({ kind, initial, final, after, rounds }: Schedule, round: number): number {
  switch (kind) {
    case '1/sqrt(k)':
      return initial / Math.sqrt(1 + round / after);
    case '1/k':
      return initial / (1 + round / after);
    case 'cosine':
      return final + ((initial - final) * (1 + Math.cos((Math.PI * round) / rounds))) / 2;
    default:
      return initial;
  }
}

/** For people: `0.5`, `0.5 1/sqrt(k) after 100`. */
export function describeSchedule({ kind, initial, final, after }: Schedule): string {
  if (kind === 'constant') return String(initial);
  if (kind === 'cosine') return `${initial} to ${final} (cosine)`;
  return `${initial} ${kind}${after === 1 ? '' : ` after ${after}`}`;
}
