type Size = { samples?: number; features?: number; seed?: number };
type Cost = { kind: string; a: string; b: string };
export function overlapping(folder: string, size?: Size): string;
export function separable(folder: string, size?: Size): string;
export function threeClasses(folder: string, size?: Size): string;
export function lowRank(folder: string, size?: Size & { rank?: number }): string;
export function oneCurved(
  folder: string,
  size?: { agents?: number; dim?: number; at?: number; seed?: number },
): Promise<Cost>;
export function illConditioned(
  folder: string,
  size?: { agents?: number; dim?: number; condition?: number; seed?: number },
): Promise<Cost>;
