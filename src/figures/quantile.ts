/** Quantile by linear interpolation (type 7), where some values may be infinite. NaN of nothing. */
export function quantileOf(values: readonly number[], share: number): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  if (sorted.length === 0) return Number.NaN;
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)] as number;
  const above = sorted[Math.ceil(at)] as number;
  return below === above ? below : below + (at - Math.floor(at)) * (above - below);
}
