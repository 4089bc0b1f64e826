/** Numbers as pages write them. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** 1,234,567 */
export const count = (value: number): string => whole.format(value);

/** Four digits, with an exponent where that is shorter; a dash where nothing is known. */
export function short(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (value === 0) return '0';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  const text =
    size >= 1e-3 && size < 1e5 ? String(Number(value.toPrecision(digits))) : value.toExponential(digits - 1);
  return text.replace('e+', 'e').replaceAll('-', '−');
}

/** 12.3 Mbit */
export function bits(value: number): string {
  const units = ['bit', 'kbit', 'Mbit', 'Gbit', 'Tbit', 'Pbit'];
  let at = 0;
  while (value >= 1000 && at < units.length - 1) {
    value /= 1000;
    at++;
  }
  return `${at === 0 ? whole.format(value) : Number(value.toPrecision(3))} ${units[at]}`;
}

/** 250 ms, 12.3 s, 4 min 10 s */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 1) return `${whole.format(1000 * seconds)} ms`;
  if (seconds < 100) return `${Number(seconds.toPrecision(3))} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.round(seconds - 60 * minutes)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
