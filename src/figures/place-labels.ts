/**
 * Labels at their curves instead of in a legend: for each curve the place nearest its end at which the words
 * touch no curve, no other label and no edge. Either all labels of a panel have a place, or none is used.
 */

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface PlacedLabel {
  label: string;
  /** Left end of the words, and their base line. */
  x: number;
  y: number;
}

interface Line {
  label: string;
  /** x, y, x, y, ... on the page; NaN where it is broken. */
  points: readonly number[];
  width: number;
}

/** Along a curve, places are tried this far apart; in points. */
const STEP = 4;
/** Words keep this far from their own curve, and from others. */
const OWN_AWAY = 2;
const AWAY = 4;

/** Null where one of them has no place. `taken`: boxes in which nothing may stand. */
export function placeLabels(
  lines: readonly Line[],
  frame: Box,
  size: number,
  taken: readonly Box[],
): PlacedLabel[] | null {
  const segments = lines.map(({ points }) => segmentsIn(points, frame));
  const boxes = [...taken];
  const placed: PlacedLabel[] = [];
  // Those that have least room come first.
  const order = lines.map((_, i) => i).sort((a, b) => lengthOf(segments[a]!) - lengthOf(segments[b]!));
  for (const own of order) {
    const { label, width } = lines[own] as Line;
    const isFree = (box: Box) =>
      inside(box, frame) &&
      boxes.every((other) => !overlap(grown(box, 1.5), other)) &&
      segments.every((those, i) => {
        const kept = grown(box, i === own ? OWN_AWAY : AWAY);
        return those.every((segment) => !crosses(segment, kept));
      });
    const found = candidates(segments[own]!, width, size).find(isFree);
    if (found === undefined) return null;
    boxes.push(found);
    placed.push({ label, x: found.x, y: found.y + 0.8 * size });
  }
  return placed;
}

/** Whether a box lies in the frame and no line crosses it. */
export function isFree(box: Box, lines: readonly (readonly number[])[], frame: Box): boolean {
  const kept = grown(box, 1.5);
  return (
    inside(box, frame) &&
    lines.every((points) => segmentsIn(points, frame).every((segment) => !crosses(segment, kept)))
  );
}

type Segment = readonly [x1: number, y1: number, x2: number, y2: number];

/** What of a line lies in the frame. */
function segmentsIn(points: readonly number[], frame: Box): Segment[] {
  const segments: Segment[] = [];
  for (let i = 0; i + 3 < points.length; i += 2) {
    const cut = cutToBox([points[i]!, points[i + 1]!, points[i + 2]!, points[i + 3]!], frame);
    if (cut !== null) segments.push(cut);
  }
  return segments;
}

/** Liang and Barsky: the part of a segment within a box; null where there is none. */
export function cutToBox([x1, y1, x2, y2]: Segment, box: Box): Segment | null {
  let from = 0;
  let to = 1;
  const [dx, dy] = [x2 - x1, y2 - y1];
  for (const [step, room] of [
    [-dx, x1 - box.x],
    [dx, box.x + box.width - x1],
    [-dy, y1 - box.y],
    [dy, box.y + box.height - y1],
  ] as const) {
    if (!(Number.isFinite(step) && Number.isFinite(room))) return null;
    if (step === 0 && room < 0) return null;
    if (step < 0) from = Math.max(from, room / step);
    if (step > 0) to = Math.min(to, room / step);
  }
  return from <= to ? [x1 + from * dx, y1 + from * dy, x1 + to * dx, y1 + to * dy] : null;
}

/** Boxes beside the points of a curve, from its end backwards. */
function candidates(segments: readonly Segment[], width: number, size: number): Box[] {
  const places: [number, number][] = [];
  for (const [x1, y1, x2, y2] of [...segments].reverse()) {
    const pieces = Math.max(1, Math.ceil(Math.hypot(x2 - x1, y2 - y1) / STEP));
    for (let i = 0; i < pieces; i++) {
      const share = i / pieces;
      places.push([x2 + share * (x1 - x2), y2 + share * (y1 - y2)]);
    }
  }
  const away = 4;
  return places.flatMap(([x, y]) => {
    const middle = y - size / 2;
    const [above, below] = [y - size - away, y + away];
    const [right, left] = [x + away, x - away - width];
    return [
      [right, middle],
      [right, above],
      [x - width / 2, above],
      [left, middle],
      [left, below],
      [right, below],
      [x - width / 2, below],
      [left, above],
    ].map(([at = 0, top = 0]) => ({ x: at, y: top, width, height: size }));
  });
}

function lengthOf(segments: readonly Segment[]): number {
  return segments.reduce((sum, [x1, y1, x2, y2]) => sum + Math.hypot(x2 - x1, y2 - y1), 0);
}

function crosses(segment: Segment, box: Box): boolean {
  return cutToBox(segment, box) !== null;
}

function grown({ x, y, width, height }: Box, by: number): Box {
  return { x: x - by, y: y - by, width: width + 2 * by, height: height + 2 * by };
}

function inside(box: Box, frame: Box): boolean {
  const { x, y, width, height } = grown(box, 1);
  return (
    x >= frame.x && y >= frame.y && x + width <= frame.x + frame.width && y + height <= frame.y + frame.height
  );
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
