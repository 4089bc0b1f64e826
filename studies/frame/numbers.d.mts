export function recorded(value: unknown): unknown;
export function median(values: readonly (number | null)[]): number | null;
export function quantile(values: readonly (number | null)[], share: number): number | null;
export function lineThrough(
  x: readonly number[],
  y: readonly number[],
): { slope: number; base: number; r2: number } | null;
export function show(value: number | null | undefined): string;
