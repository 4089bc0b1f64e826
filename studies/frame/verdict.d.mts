import type { Verdict } from './make.mjs';

type Values = readonly (number | null)[];

export function atMost(values: Values, bound: number, what: string): Verdict;
export function atLeast(values: Values, bound: number, what: string): Verdict;
export function meanAtMost(values: Values, bound: number, what: string): Verdict;
export function within(values: Values, low: number, high: number, what: string): Verdict;
export function each(flags: readonly (boolean | null)[], what: string): Verdict;
export function all(...verdicts: Verdict[]): Verdict;
