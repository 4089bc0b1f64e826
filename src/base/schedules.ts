/**
 * Numbers that change with the round: steps, and the lambda of dithered signs.
 *
 * | kind | value in round k = 0, 1, ... of a run of K rounds |
 * | --- | --- |
 * | a number, or `constant` | initial |
 * | `1/sqrt(k)` | initial / sqrt(1 + k / after) |
 * | `1/k` | initial / (1 + k / after) |
 * | `cosine` | final + (initial - final) (1 + cos(pi k / K)) / 2 |
 * | `geometric` | initial rate^k |
 *
 * `after` is the round from which the value falls like its name (1 by default: from the beginning); K is the
 * config's `rounds`, also where a run stops earlier. Robbins, Monro 1951 ask of a step that its sum diverges
 * and the sum of its squares does not: of these `1/k`. Cosine: Loshchilov, Hutter 2017 (arXiv 1608.03983),
 * without restarts. Geometric is for what is to follow an error that shrinks by a factor a round: dither, not
 * steps, whose sum stays finite.
 */

import type { z } from 'zod';
import { wholePower } from './whole-power.js';

const SCHEDULES = ['constant', '1/sqrt(k)', '1/k', 'cosine'] as const;

/** Plain data. */
export interface Schedule {
  kind: (typeof SCHEDULES)[number] | 'geometric';
  initial: number;
  final: number;
  after: number;
  /** Factor a round. */
  rate: number;
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
    zod.strictObject({ kind: zod.literal('geometric'), ...geometricParameters(zod) }),
  ]);
}

/** A number that shrinks by the same factor every round. */
export function geometricParameters(zod: typeof z) {
  return {
    initial: zod.number().positive().describe('value in round 0'),
    rate: zod.number().gt(0).max(1).describe('factor a round, in (0, 1]'),
  };
}

export type ScheduleSpec = z.infer<ReturnType<typeof scheduleParameter>>;

export function planSchedule(given: ScheduleSpec, rounds: number): Schedule {
  const plain = { final: 0, after: 1, rate: 1, rounds };
  if (typeof given === 'number') return { ...plain, kind: 'constant', initial: given, final: given };
  if (given.kind === 'geometric') return { ...plain, ...given };
  const { kind, initial, final = 0, after = 1 } = given;
  return { ...plain, kind, initial, final, after };
}

export function valueAt({ kind, initial, final, after, rate, rounds }: Schedule, round: number): number {
  switch (kind) {
    case '1/sqrt(k)':
      return initial / Math.sqrt(1 + round / after);
    case '1/k':
      return initial / (1 + round / after);
    case 'cosine':
      return final + ((initial - final) * (1 + Math.cos((Math.PI * round) / rounds))) / 2;
    case 'geometric':
      return initial * wholePower(rate, round);
    default:
      return initial;
  }
}

/** For people: `0.5`, `0.5 1/sqrt(k) after 100`, `0.5 0.99^k`. */
export function describeSchedule({ kind, initial, final, after, rate }: Schedule): string {
  if (kind === 'constant') return String(initial);
  if (kind === 'cosine') return `${initial} to ${final} (cosine)`;
  if (kind === 'geometric') return `${initial} ${rate}^k`;
  return `${initial} ${kind}${after === 1 ? '' : ` after ${after}`}`;
}
