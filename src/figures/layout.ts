/**
 * Where everything of a figure stands on its page. Text has its size in print, whatever the width of the
 * figure: a figure of 3.5 in is made at 3.5 in, and not scaled down to it.
 *
 * Panels share both axes: numbers stand left of the first column and below the last panel of each column.
 */

import { InputError } from '../base/errors.js';
import { type Axis, boundInWords, placeAxis } from './axes.js';
import type { Curve, Figure, Panel } from './figure.js';
import type { Measure } from './fonts.js';
import { type Box, isFree, type PlacedLabel, placeLabels } from './place-labels.js';
import { RAISED, type Words } from './scene.js';
import { keptPoints } from './thin.js';

/** Of text in print, in points. */
export const SIZE = 8;
export const SMALL = 7;
const LEAST_PANEL = 96;
const LEAST_HEIGHT = 45;
const GAP = 9;
const TICK = 3;
/** What is left out of a curve is nearer to it than this, in points: a tenth of a line's width. */
const TOLERANCE = 0.1;
const SAMPLE = 22;

export type LegendPlace = 'auto' | 'direct' | 'below' | 'none';

export interface Page {
  width: number;
  /** Null: from the width. */
  height: number | null;
  /** Panels side by side; null: as many as have room. */
  columns: number | null;
  legend: LegendPlace;
}

export interface PlacedCurve {
  curve: Curve;
  /** Pieces that are not broken: x, y, x, y, ... on the page. */
  pieces: number[][];
  /** Outlines of its band, and the rows along their upper and lower edges. */
  bands: number[][];
  bandRows: { top: number[]; bottom: number[] }[];
  /** Numbers of the rows that its line, its band and its dots are drawn through, ascending. */
  rows: number[];
  /** Its dots, which stand on rows. */
  dots: { row: number; x: number; y: number }[];
  /** Where it ends because of an overflow, if within the frame. */
  lost: [number, number] | null;
}

export interface PlacedPanel {
  title: string | null;
  levels: NonNullable<Panel['levels']>;
  frame: Box;
  x: Axis;
  y: Axis;
  curves: PlacedCurve[];
  labels: PlacedLabel[];
  /** Whether numbers stand left of it, and below it. */
  numbered: { left: boolean; below: boolean };
}

export interface Layout {
  width: number;
  height: number;
  columns: number;
  panels: PlacedPanel[];
  /** Base line of the figure's title. */
  title: { x: number; y: number } | null;
  xTitle: { x: number; y: number };
  yTitle: { x: number; y: number };
  legend: { label: string; style: number; x: number; y: number; sample: number }[];
  /** Words at the target's line, in the first panel; null where they have no room, too. */
  target: Box | null;
}

export function layOut(figure: Figure, page: Page, measure: Measure): Layout {
  const wantsDirect = page.legend === 'direct' || page.legend === 'auto';
  if (figure.labels.length > 1 && wantsDirect) {
    const direct = place(figure, page, measure, false);
    if (addLabels(figure, direct, measure)) return direct;
    if (page.legend === 'direct') {
      throw new InputError('--legend direct: not every label has room at its curve', {
        hint: 'a larger --width or --height makes room; --legend below puts them under the figure',
      });
    }
  }
  return place(figure, page, measure, figure.labels.length > 1 && page.legend !== 'none');
}

/** At the right edge of the page, where no number below the axis asks for more. */
const RIGHT = 6;

function place(
  figure: Figure,
  page: Page,
  measure: Measure,
  withLegend: boolean,
  right: number = RIGHT,
): Layout {
  const { panels, title } = figure;
  const widest = Math.max(...labelsUp(figure).map((words) => widthOf(words, SIZE, measure)));
  const left = SIZE + 8 + widest + TICK + 2;
  const across = page.width - left - right;
  const columns = Math.min(
    panels.length,
    page.columns ?? Math.max(1, Math.floor((across + GAP) / (LEAST_PANEL + GAP))),
  );
  const rows = Math.ceil(panels.length / columns);
  const panelWidth = (across - (columns - 1) * GAP) / columns;
  if (panelWidth < 40) {
    throw new InputError(
      `--width leaves ${Math.max(0, Math.round(panelWidth))} pt to a panel, expected at least 40: ${columns} side by side in ${Math.round(page.width)} pt`,
      { hint: 'a larger --width, or fewer --columns' },
    );
  }
  const titles = panels.some((panel) => panel.title !== null);
  const top = 5 + (title === null ? 0 : SIZE + 7);
  const head = titles ? SIZE + 5 : 0;
  // Where the last row is not full, the panels above its gap have numbers below them.
  const foot = panels.length % columns === 0 ? 0 : TICK + SIZE + 3;
  const below = TICK + SIZE + 3 + SIZE + 6;
  const legend = withLegend ? legendLines(figure, left, page.width - right, measure) : [];
  const legendHeight = legend.length === 0 ? 0 : legend.length * (SIZE + 4) + 4;
  const fixed = top + rows * head + (rows - 1) * (GAP + foot) + below + legendHeight;
  const panelHeight =
    page.height === null
      ? Math.max(70, panelWidth * (panels.length === 1 ? 0.66 : 0.85))
      : (page.height - fixed) / rows;
  if (panelHeight < LEAST_HEIGHT) {
    throw new InputError(
      `--height is ${Math.round(page.height ?? 0)} pt, expected at least ${Math.ceil(fixed + rows * LEAST_HEIGHT)} for ${rows === 1 ? 'one row' : `${rows} rows`} of panels`,
    );
  }
  const height = fixed + rows * panelHeight;
  const xCount = Math.max(2, Math.floor(panelWidth / (figure.x.labels === 'si' ? 34 : 28)));
  const yCount = Math.max(2, Math.floor(panelHeight / 17));

  const placed = panels.map((panel, p): PlacedPanel => {
    const [column, row] = [p % columns, Math.floor(p / columns)];
    const frame = {
      x: left + column * (panelWidth + GAP),
      y: top + head + row * (panelHeight + head + GAP + foot),
      width: panelWidth,
      height: panelHeight,
    };
    const x = placeAxis(figure.x, frame.x, frame.x + frame.width, {
      count: xCount,
      labels: figure.x.labels,
      unit: figure.x.unit,
    });
    const y = placeAxis(figure.y, frame.y + frame.height, frame.y, {
      count: yCount,
      labels: figure.y.labels,
      unit: figure.y.unit,
    });
    return {
      title: panel.title === null ? null : shortened(panel.title, panelWidth + GAP - 3, measure),
      levels: panel.levels ?? [],
      frame,
      x,
      y,
      curves: panel.curves.map((curve) => placeCurve(curve, x, y, frame, figure.labels.length)),
      labels: [],
      numbered: { left: column === 0, below: p + columns >= panels.length },
    };
  });
  // The last number stands around its tick, and half of it may lie beyond the page.
  const beyond = Math.max(...placed.map(({ x }) => endOfNumbers(x, measure))) - (page.width - 1);
  if (beyond > 0 && right === RIGHT) return place(figure, page, measure, withLegend, right + beyond);
  const [first] = placed as [PlacedPanel];
  const panelsHeight = (rows - 1) * (panelHeight + head + GAP + foot) + panelHeight;
  const bottom = top + head + panelsHeight;
  const legendTop = bottom + below + SIZE - 1;
  return {
    width: page.width,
    height,
    columns,
    panels: placed,
    title: title === null ? null : { x: left, y: top - 6 },
    xTitle: { x: left + across / 2, y: bottom + TICK + SIZE + 3 + SIZE + 1 },
    yTitle: { x: SIZE + 1, y: top + head + panelsHeight / 2 },
    legend: legend.flatMap((line, i) =>
      line.map(({ label, style, x }) => ({
        label,
        style,
        x,
        y: legendTop + i * (SIZE + 4),
        sample: SAMPLE,
      })),
    ),
    target: figure.target === null ? null : placeTarget(figure.target, first, measure),
  };
}

/** Words that say the target, where no curve crosses them: on its line, from the left to the right, or below; else nowhere. */
function placeTarget(target: number, panel: PlacedPanel, measure: Measure): Box | null {
  const { frame } = panel;
  const width = widthOf(targetWords(target), SMALL, measure);
  const at = panel.y.of(target);
  const lines = panel.curves.flatMap(({ pieces }) => pieces);
  const places = [at - 3 - SMALL, at + 3].flatMap((y) =>
    Array.from({ length: 21 }, (_, i) => ({
      x: frame.x + 4 + (i / 20) * (frame.width - 8 - width),
      y,
      width,
      height: SMALL,
    })),
  );
  return places.find((place) => isFree(place, lines, frame)) ?? null;
}

/** Whether every label has found a place, all in one panel. */
function addLabels(figure: Figure, layout: Layout, measure: Measure): boolean {
  for (const panel of layout.panels) {
    const lines = figure.labels.map((label) => {
      const own = panel.curves.filter(({ curve }) => curve.label === label);
      // A gap between pieces is crossed by no line.
      const points = own.flatMap(({ pieces }) =>
        pieces.flatMap((piece) => [...piece, Number.NaN, Number.NaN]),
      );
      return { label, points, width: measure(label, SIZE) };
    });
    if (lines.some(({ points }) => points.length === 0)) continue;
    const taken: Box[] = [];
    if (figure.target !== null) {
      const { x, width } = panel.frame;
      taken.push({ x, y: panel.y.of(figure.target) - 1, width, height: 2 });
      if (layout.target !== null && panel === layout.panels[0]) taken.push(layout.target);
    }
    const placed = placeLabels(lines, panel.frame, SIZE, taken);
    if (placed === null) continue;
    panel.labels = placed;
    return true;
  }
  return false;
}

function placeCurve(curve: Curve, x: Axis, y: Axis, frame: Box, curves: number): PlacedCurve {
  const right = frame.x + frame.width;
  const everywhere = curve.x.map(x.of);
  // One row beyond the frame gives the direction in which the line leaves it.
  const end = everywhere.findIndex((at) => at > right);
  const across = end < 0 ? everywhere : everywhere.slice(0, end + 1);
  const up = curve.y.slice(0, across.length).map(y.of);
  const pieces: number[][] = [];
  const rows = new Set<number>();
  for (const run of finiteRuns(across, up)) {
    const points = run.flatMap((i) => [across[i] as number, up[i] as number]);
    const kept = keptPoints(points, TOLERANCE);
    for (const i of kept) rows.add(run[i] as number);
    pieces.push(kept.flatMap((i) => [points[2 * i] as number, points[2 * i + 1] as number]));
  }
  const band = bandOf(curve, across, y, frame);
  const dots = curves < 2 || curve.thin ? [] : dotsOf(curve, across, up, frame);
  for (const i of [...band.rows.flatMap(({ top, bottom }) => [...top, ...bottom]), ...dots]) rows.add(i);
  const last = pieces.at(-1)?.slice(-2) as [number, number] | undefined;
  return {
    curve,
    pieces,
    rows: [...rows].sort((a, b) => a - b),
    bands: band.outlines,
    bandRows: band.rows,
    dots: dots.map((row) => ({ row, x: across[row] as number, y: up[row] as number })),
    lost: curve.diverges && last !== undefined && isWithin(last, frame) ? last : null,
  };
}

/** Numbers of neighbouring points that both have a place. */
function finiteRuns(across: readonly number[], up: readonly number[]): number[][] {
  const runs: number[][] = [];
  let open: number[] | null = null;
  across.forEach((at, i) => {
    if (!Number.isFinite(at) || !Number.isFinite(up[i])) {
      open = null;
      return;
    }
    if (open === null) {
      open = [];
      runs.push(open);
    }
    open.push(i);
  });
  return runs;
}

/**
 * Outlines, each of a stretch over which both ends are known. An end that is infinite lies at the frame's
 * edge: the area is not drawn any further.
 */
function bandOf(
  { low, high }: Curve,
  across: readonly number[],
  y: Axis,
  frame: Box,
): { outlines: number[][]; rows: { top: number[]; bottom: number[] }[] } {
  if (low === null || high === null) return { outlines: [], rows: [] };
  const place = (value: number) => {
    if (value === Number.POSITIVE_INFINITY) return frame.y - 1;
    const at = y.of(value);
    return value <= 0 && Number.isNaN(at) ? frame.y + frame.height + 1 : at;
  };
  const [bottom, top] = [low.map(place), high.map(place)];
  const known = across.map((at, i) => (Number.isFinite(bottom[i]) ? at : Number.NaN));
  const rows = finiteRuns(known, top)
    .filter((run) => run.length > 1)
    .map((run) => {
      const edge = (places: readonly number[]) => {
        const points = run.flatMap((i) => [across[i] as number, places[i] as number]);
        return keptPoints(points, TOLERANCE).map((i) => run[i] as number);
      };
      return { top: edge(top), bottom: edge(bottom) };
    });
  const along = (edge: readonly number[], places: readonly number[]) =>
    edge.map((i) => [across[i] as number, places[i] as number]);
  const outlines = rows.map((edges) =>
    [...along(edges.top, top), ...along(edges.bottom, bottom).reverse()].flat(),
  );
  return { outlines, rows };
}

/** Numbers of the rows that have a dot, about equally far apart along it; of each curve elsewhere. */
function dotsOf({ style }: Curve, across: readonly number[], up: readonly number[], frame: Box): number[] {
  const dots: number[] = [];
  const apart = 42;
  let walked = apart * (0.35 + ((style * 0.37) % 0.5));
  let before: [number, number] | null = null;
  across.forEach((x, i) => {
    const here: [number, number] = [x, up[i] as number];
    if (!isWithin(here, frame)) {
      before = null;
      return;
    }
    if (before !== null) walked += Math.hypot(here[0] - before[0], here[1] - before[1]);
    before = here;
    if (walked < apart) return;
    dots.push(i);
    walked = 0;
  });
  return dots;
}

function isWithin([x, y]: readonly [number, number], { x: left, y: top, width, height }: Box): boolean {
  return x >= left && x <= left + width && y >= top && y <= top + height;
}

function labelsUp({ y }: Figure): Words[] {
  const { ticks } = placeAxis(y, 100, 0, { count: 6, labels: y.labels, unit: y.unit });
  return ['0', ...ticks.flatMap(({ label }) => (label === null ? [] : [label]))];
}

/** target 10^-6. */
export function targetWords(target: number): Words {
  const bound = boundInWords(target);
  return [{ text: 'target ' }, ...(typeof bound === 'string' ? [{ text: bound }] : bound)];
}

/** How far right the numbers below an axis reach. */
function endOfNumbers(axis: Axis, measure: Measure): number {
  const ends = axis.ticks.map(({ value, label }) =>
    label === null ? 0 : axis.of(value) + widthOf(label, SIZE, measure) / 2,
  );
  return Math.max(0, ...ends);
}

export function widthOf(words: Words, size: number, measure: Measure): number {
  if (typeof words === 'string') return measure(words, size);
  return words.reduce((sum, { text, raised }) => sum + measure(text, raised ? RAISED.size * size : size), 0);
}

/** Entries in lines of the width that there is; where it is short, they begin at the edge of the page. */
function legendLines(
  { labels }: Figure,
  left: number,
  right: number,
  measure: Measure,
): { label: string; style: number; x: number }[][] {
  const widths = labels.map((label) => SAMPLE + 4 + measure(label, SIZE));
  const from = left + Math.max(...widths) > right ? 4 : left;
  const lines: { label: string; style: number; x: number }[][] = [];
  let x = Number.POSITIVE_INFINITY;
  labels.forEach((label, style) => {
    const own = widths[style] as number;
    if (x + own > right) {
      lines.push([]);
      x = from;
    }
    lines.at(-1)?.push({ label: shortened(label, right - x - SAMPLE - 4, measure), style, x });
    x += own + 12;
  });
  return lines;
}

/** With an ellipsis in its middle where it is wider. */
function shortened(text: string, width: number, measure: Measure): string {
  if (measure(text, SIZE) <= width) return text;
  const letters = [...text];
  for (let kept = letters.length - 1; kept > 2; kept--) {
    const short = `${letters.slice(0, Math.ceil(kept / 2)).join('')}…${letters.slice(-Math.floor(kept / 2)).join('')}`;
    if (measure(short, SIZE) <= width) return short;
  }
  return '…';
}
