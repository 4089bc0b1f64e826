/** What studies reckon with: medians with their spread, least-squares lines, and numbers as they are recorded. */

/** Digits of a number that is recorded: more than a claim is judged by, fewer than machines differ in. */
const DIGITS = 6;

/** Plain data with every number to six digits; what is not finite becomes null, as JSON has it. */
export function recorded(value) {
  if (typeof value === 'number') return Number.isFinite(value) ? Number(value.toPrecision(DIGITS)) : null;
  if (Array.isArray(value)) return value.map(recorded);
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, recorded(each)]));
  return value ?? null;
}

/** Median; null where there is nothing, or where half or more of the values are missing. */
export function median(values) {
  return quantile(values, 0.5);
}

/** Between two values it is interpolated; what is missing counts as infinite. */
export function quantile(values, share) {
  if (values.length === 0) return null;
  const sorted = values.map((value) => value ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  if (!Number.isFinite(low) || (high !== low && !Number.isFinite(high))) return null;
  return low + (at - Math.floor(at)) * (high - low);
}

/**
 * The least-squares line y = slope x + base through points, and the share of the variance that it explains
 * (`r2`), which is 1 where the points lie on it. Null where there are fewer than three.
 */
export function lineThrough(x, y) {
  const count = x.length;
  if (count < 3) return null;
  const meanX = x.reduce((sum, value) => sum + value, 0) / count;
  const meanY = y.reduce((sum, value) => sum + value, 0) / count;
  let [xx, xy, yy] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    xx += (x[i] - meanX) ** 2;
    xy += (x[i] - meanX) * (y[i] - meanY);
    yy += (y[i] - meanY) ** 2;
  }
  if (xx === 0 || yy === 0) return null;
  const slope = xy / xx;
  return { slope, base: meanY - slope * meanX, r2: (xy * xy) / (xx * yy) };
}

/** 0.00123 -> 0.00123, 12345 -> 12,345: three digits, as people read them; a dash for what is missing. */
export function show(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7))
    return value.toExponential(1).replace('.0e', 'e').replace('e+', 'e');
  if (Number.isInteger(value) || size >= 1000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}
