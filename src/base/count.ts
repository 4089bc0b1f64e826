/** Counts as people read them, for the host and for workers, who load little. */

/** 12345.6 -> `12,346`. By hand: the first use of a locale takes Node 20 ms, a tenth of a start. */
export function formatCount(value: number): string {
  return inThousands(Math.round(value));
}

/** Decimals stay. */
export function inThousands(value: number): string {
  const text = String(value);
  if (text.includes('e')) return text;
  const [whole = '', ...decimals] = text.split('.');
  return [whole.replace(/\B(?=(\d{3})+$)/g, ','), ...decimals].join('.');
}
