/**
 * Which rows of a trace a picture takes. A page of a few hundred pixels shows no more of a million rows than of
 * some hundreds, if those are the right ones: of every stretch of rounds the rows with the least and with the
 * greatest error, so that no peak is lost, stretches being even both in rounds and in their logarithm, so that
 * the beginning is not lost either; and the first and the last.
 */

/** Stretches, of each kind. */
export const EVEN_STRETCHES = 160;
export const LOGARITHMIC_STRETCHES = 80;

/**
 * Indices of rows, ascending; all of them where there are few.
 *
 * @param rounds ascending
 * @param errors as many; what is not finite counts as neither least nor greatest
 */
export function decimate(rounds: readonly number[], errors: readonly number[]): number[] {
  const count = rounds.length;
  if (count <= 2 * (EVEN_STRETCHES + LOGARITHMIC_STRETCHES)) return rounds.map((_, at) => at);
  const chosen = new Set([0, count - 1]);
  const last = rounds[count - 1] ?? 0;
  const even = (round: number) => Math.floor((EVEN_STRETCHES * round) / (last + 1));
  const scale = LOGARITHMIC_STRETCHES / Math.log(last + 2);
  const logarithmic = (round: number) => Math.floor(scale * Math.log(round + 1));
  for (const stretchOf of [even, logarithmic]) {
    let begin = 0;
    for (let at = 1; at <= count; at++) {
      if (at < count && stretchOf(rounds[at] ?? 0) === stretchOf(rounds[begin] ?? 0)) continue;
      const [least, greatest] = extremes(errors, begin, at);
      chosen.add(least);
      chosen.add(greatest);
      begin = at;
    }
  }
  return [...chosen].sort((a, b) => a - b);
}

/** Indices in begin .. end - 1; the first where nothing is finite. */
function extremes(errors: readonly number[], begin: number, end: number): [number, number] {
  let least = begin;
  let greatest = begin;
  for (let at = begin + 1; at < end; at++) {
    const error = errors[at] ?? Number.NaN;
    if (!Number.isFinite(error)) continue;
    if (!(error >= (errors[least] ?? Number.NaN))) least = at;
    if (!(error <= (errors[greatest] ?? Number.NaN))) greatest = at;
  }
  return [least, greatest];
}

/** So many rows for a table, of those that are drawn: first and last, and between them evenly. */
export function forTable<T>(rows: readonly T[], most: number): T[] {
  if (rows.length <= most) return [...rows];
  return Array.from(
    { length: most },
    (_, at) => rows[Math.round((at * (rows.length - 1)) / (most - 1))] as T,
  );
}
