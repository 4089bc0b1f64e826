/** "Did you mean": the known name nearest to a mistyped one. */

const LONGEST = 100;

/**
 * The candidate nearest to `name`, or null where none is near enough to be worth saying. Case, hyphens and
 * underscores do not count (`topK`, `top_k` and `TOPK` are all `top-k`), nor does leaving off the end
 * (`quadr`).
 */
export function nearest(name: string, candidates: Iterable<string>): string | null {
  // Names are short; of a long text there is nothing to infer, and comparing takes its length times theirs.
  if (name.length > LONGEST) return null;
  const wanted = plain(name);
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const known = plain(candidate);
    const shortened = wanted.length >= 3 && (known.startsWith(wanted) || wanted.startsWith(known));
    const edits = editDistance(wanted, known);
    // Of two that begin alike, the one that needs fewer edits.
    const distance = shortened ? Math.min(1, edits / 2) + edits / 1000 : edits;
    if (distance < bestDistance) {
      bestDistance = distance;
      best = candidate;
    }
  }
  const allowed = Math.max(1, Math.floor(wanted.length / 3));
  // A single letter is within one edit of every other: there is nothing to infer from it.
  return Math.floor(bestDistance) <= (wanted.length < 2 ? 0 : allowed) ? best : null;
}

/** `; did you mean X?`, or nothing. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const found = nearest(name, candidates);
  return found === null ? '' : `; did you mean ${found}?`;
}

/**
 * The candidate that begins or ends with `name`, or that `name` goes on from, or null: `every` is a part of
 * `everyRounds`, and `compression` goes on from `compress`. Of several the shortest.
 */
export function partlyNamed(name: string, candidates: Iterable<string>): string | null {
  const wanted = plain(name);
  if (wanted.length < 3) return null;
  let best: string | null = null;
  for (const candidate of candidates) {
    const known = plain(candidate);
    const part = known.startsWith(wanted) || known.endsWith(wanted);
    if (!part && !(known.length >= 3 && wanted.startsWith(known))) continue;
    if (best === null || candidate.length < best.length) best = candidate;
  }
  return best;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_\s.]/g, '');
}

/** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours, one each. */
export function editDistance(a: string, b: string): number {
  const width = b.length + 1;
  const d = new Uint16Array((a.length + 1) * width);
  for (let i = 0; i <= a.length; i++) d[i * width] = i;
  for (let j = 0; j <= b.length; j++) d[j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        d[(i - 1) * width + j] + 1,
        d[i * width + j - 1] + 1,
        d[(i - 1) * width + j - 1] + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, d[(i - 2) * width + j - 2] + 1);
      }
      d[i * width + j] = cost;
    }
  }
  return d[d.length - 1];
}
