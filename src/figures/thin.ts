/**
 * Fewer points of a line, none of them moved: Ramer, Douglas and Peucker's. What is left out lies within
 * `tolerance` of the line through what is kept.
 */

/** Numbers of the points that are kept, ascending, of one that is not broken: finite x, y, x, y, ... */
export function keptPoints(points: readonly number[], tolerance: number): number[] {
  const count = points.length / 2;
  if (count <= 2) return Array.from({ length: count }, (_, i) => i);
  const keep = new Uint8Array(count);
  keep[0] = 1;
  keep[count - 1] = 1;
  const open: [number, number][] = [[0, count - 1]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [first, last] = next;
    let [farthest, most] = [0, tolerance];
    for (let i = first + 1; i < last; i++) {
      const away = distance(points, i, first, last);
      if (away > most) [farthest, most] = [i, away];
    }
    if (farthest === 0) continue;
    keep[farthest] = 1;
    open.push([first, farthest], [farthest, last]);
  }
  return Array.from(keep.keys()).filter((i) => keep[i] === 1);
}

/** Of point i from the line through two others. */
function distance(points: readonly number[], i: number, first: number, last: number): number {
  const at = (k: number): [number, number] => [points[2 * k] as number, points[2 * k + 1] as number];
  const [[x, y], [x1, y1], [x2, y2]] = [at(i), at(first), at(last)];
  const length = Math.hypot(x2 - x1, y2 - y1);
  if (length === 0) return Math.hypot(x - x1, y - y1);
  return Math.abs((x2 - x1) * (y1 - y) - (x1 - x) * (y2 - y1)) / length;
}
