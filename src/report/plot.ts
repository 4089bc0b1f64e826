/**
 * Line plots for the screen, as SVG text: with a logarithmic vertical axis, for things that shrink by decades,
 * or with a linear one from 0. Panels side by side share the vertical axis and one legend below, in which a
 * label stands once, whatever panels it is in. Axes and SVG are those of figures for print (`src/figures`).
 */

import { greatestOf, leastOf } from '../base/extremes.js';
import { type Axis, type AxisRange, placeAxis } from '../figures/axes.js';
import { renderSvg } from '../figures/render-svg.js';
import type { Mark, Pen, Words } from '../figures/scene.js';
import { CHARACTER, COLOURS } from '../figures/svg.js';

export interface PlotSeries {
  label: string;
  x: readonly number[];
  y: readonly number[];
  /** A lighter band between these two, if given; bars at dots. */
  low?: readonly number[];
  high?: readonly number[];
  /** One of several with the same label. */
  thin?: boolean;
  /**
   * Dots at x, y instead of a line through them; and a line of its own, in the same colour, for what was
   * fitted to them.
   */
  fit?: { x: readonly number[]; y: readonly number[] };
  /** What the others are held against: a thin grey line. */
  isReference?: boolean;
}

export interface Panel {
  xLabel: string;
  /** Logarithmic from the smallest positive x; 2: with powers of two along it. */
  logX?: boolean | 2;
  /** Ends of the horizontal axis, where it is not to be that of the series. */
  xRange?: readonly [number, number];
  series: readonly PlotSeries[];
}

export interface PlotOptions {
  title: string;
  /** In small letters below it. */
  subtitle?: string;
  yLabel: string;
  /** Ends of the vertical axis: a curve leaves the frame there. */
  floor: number;
  ceiling: number;
}

/** Of lines beyond the seventh: the same colours again, dashed. */
const DASHES = [null, [7, 4], [2, 3]] as const;
const PANEL_WIDTH = 440;
const PANEL_HEIGHT = 330;
const LEFT = 74;
const GAP = 34;
const TOP = 48;
const BOTTOM = 54;
const LEGEND_LINE = 20;
const HEAD = 26;
const TITLE_CHARACTER = 8.6;
const TITLE_LINE = 20;
const SMALL_LINE = 17;
const SIZE = 12;
const REFERENCE: Pen = { colour: '#888', width: 1.2, dash: [5, 4] };

/** A logarithmic vertical axis. */
export function logPlot(panels: readonly Panel[], options: PlotOptions): string {
  return draw(panels, options, { scale: 'log', low: options.floor, high: options.ceiling });
}

/** Powers of two up the vertical axis: for what doubles. */
export function log2Plot(panels: readonly Panel[], options: PlotOptions): string {
  return draw(panels, options, { scale: 'log2', low: options.floor, high: options.ceiling });
}

/** From 0 to the ceiling. */
export function linearPlot(panels: readonly Panel[], options: Omit<PlotOptions, 'floor'>): string {
  return draw(panels, options, { scale: 'linear', low: 0, high: options.ceiling });
}

function draw(
  panels: readonly Panel[],
  { title, subtitle = '', yLabel }: Pick<PlotOptions, 'title' | 'subtitle' | 'yLabel'>,
  range: AxisRange,
): string {
  const labels = [...new Set(panels.flatMap(({ series }) => series.map(({ label }) => label)))];
  const width = LEFT + panels.length * PANEL_WIDTH + (panels.length - 1) * GAP + 20;
  // What does not fit beside one another stands below one another, and moves the panels down.
  const titles = wrap(title, (width - LEFT) / TITLE_CHARACTER);
  const subtitles = wrap(subtitle, (width - LEFT) / CHARACTER);
  const top = TOP + (titles.length - 1) * TITLE_LINE + subtitles.length * SMALL_LINE;
  const y = placeAxis(range, top + PANEL_HEIGHT, top, { count: 8, labels: 'power' });
  const marks: Mark[] = [
    ...titles.map(
      (line, at): Mark => ({ ...words(LEFT, HEAD + at * TITLE_LINE, line), size: 15, bold: true }),
    ),
    ...subtitles.map((line, at) =>
      words(LEFT, HEAD + (titles.length - 1) * TITLE_LINE + (at + 1) * SMALL_LINE, line),
    ),
    ...panels.flatMap((panel, p) => drawPanel(panel, { labels, y, range, top, first: p === 0, p })),
  ];
  const legend = drawLegend(labels, panels, width, top + PANEL_HEIGHT + BOTTOM + 8);
  marks.push(...legend.marks, {
    ...words(20, top + PANEL_HEIGHT / 2, yLabel, 'middle'),
    upwards: true,
  });
  return renderSvg({
    ...{ width, height: top + PANEL_HEIGHT + BOTTOM + legend.height + 12, unit: 'px', title, marks },
    ...{ background: '#fff', colour: '#222', size: SIZE },
  });
}

interface Place {
  labels: readonly string[];
  y: Axis;
  range: AxisRange;
  top: number;
  p: number;
  first: boolean;
}

function drawPanel(panel: Panel, { labels, y, range, top, first, p }: Place): Mark[] {
  const left = LEFT + p * (PANEL_WIDTH + GAP);
  const bottom = top + PANEL_HEIGHT;
  const x = across(panel, left);
  const marks: Mark[] = [];
  for (const { value, label } of y.ticks) {
    const at = y.of(value);
    if (label === null) continue;
    const isOne = value === 1 && range.scale !== 'linear';
    marks.push(rule(left, at, left + PANEL_WIDTH, at, { colour: isOne ? '#999' : '#e4e4e4', width: 1 }));
    if (first) marks.push(words(left - 8, at + 4, label, 'end'));
  }
  for (const { value, label } of x.ticks) {
    const at = x.of(value);
    marks.push(rule(at, bottom, at, bottom + (label === null ? 3 : 5), { colour: '#666', width: 1 }));
    if (label !== null) marks.push(words(at, bottom + 19, label, 'middle'));
  }
  // What is 0 on a logarithmic axis leaves the frame downwards.
  const up = (value: number) => (value === 0 ? y.of(range.low ** 2 / range.high || 0) : y.of(value));
  const frame = { x: left, y: top, width: PANEL_WIDTH, height: PANEL_HEIGHT };
  const curves = panel.series.flatMap((series) => drawSeries(series, labels.indexOf(series.label), x.of, up));
  marks.push({ mark: 'window', ...frame, marks: curves });
  marks.push({ mark: 'box', ...frame, pen: { colour: '#666', width: 1 } });
  marks.push(words(left + PANEL_WIDTH / 2, bottom + 40, panel.xLabel, 'middle'));
  return marks;
}

function drawSeries(
  { x, y, low, high, fit, thin, isReference }: PlotSeries,
  s: number,
  across: (value: number) => number,
  up: (value: number) => number,
): Mark[] {
  const colour = colourOf(s);
  const line = (along: readonly number[], values: readonly number[], pen: Pen): Mark[] =>
    unbroken(along.map(across), values.map(up)).map((points) => ({ mark: 'stroke', points, pen }));
  if (fit) {
    const dots = y.flatMap((value, i): Mark[] => {
      const at = across(x[i] ?? Number.NaN);
      const [from, to] = [low?.[i], high?.[i]];
      const bar = from === undefined || to === undefined ? [] : errorBar(at, up(from), up(to), colour);
      return [...bar, { mark: 'dot', shape: 'circle', x: at, y: up(value), radius: 4, colour }];
    });
    return [...dots, ...line(fit.x, fit.y, penOf(s))];
  }
  const marks: Mark[] = [];
  if (low && high) {
    const edge = (values: readonly number[]) => values.map((value, i) => [across(x[i] ?? 0), up(value)]);
    const points = [...edge(low), ...edge(high).reverse()].flat();
    marks.push({ mark: 'area', points, fill: colour, opacity: 0.13 });
  }
  const pen = isReference ? REFERENCE : penOf(s, thin ? 1.2 : 2);
  return [...marks, ...line(x, y, thin ? { ...pen, opacity: 0.6 } : pen)];
}

/** x, y, x, y, ... of the stretches whose points all have a place. */
function unbroken(across: readonly number[], up: readonly number[]): number[][] {
  const pieces: number[][] = [[]];
  up.forEach((y, i) => {
    const x = across[i] ?? Number.NaN;
    if (Number.isFinite(x) && Number.isFinite(y)) pieces.at(-1)?.push(x, y);
    else pieces.push([]);
  });
  return pieces.filter(({ length }) => length > 2);
}

/** From one value to another, with a cap at each. */
function errorBar(x: number, y1: number, y2: number, colour: string): Mark[] {
  const pen = { colour, width: 1.2 };
  return [rule(x, y1, x, y2, pen), ...[y1, y2].map((y) => rule(x - 4, y, x + 4, y, pen))];
}

function drawLegend(
  labels: readonly string[],
  panels: readonly Panel[],
  width: number,
  top: number,
): { marks: Mark[]; height: number } {
  const columnWidth = 46 + CHARACTER * Math.max(...labels.map((label) => label.length));
  const columns = Math.max(1, Math.floor((width - LEFT) / columnWidth));
  const marks = labels.flatMap((label, s): Mark[] => {
    const x = LEFT + (s % columns) * columnWidth;
    const y = top + Math.floor(s / columns) * LEGEND_LINE;
    const own = panels.flatMap(({ series }) => series.filter((each) => each.label === label));
    const sample: Mark = own.every(({ fit }) => fit?.x.length === 0)
      ? { mark: 'dot', shape: 'circle', x: x + 13, y: y - 4, radius: 4, colour: colourOf(s) }
      : rule(x, y - 4, x + 26, y - 4, own.some(({ isReference }) => isReference) ? REFERENCE : penOf(s));
    return [sample, words(x + 33, y, label)];
  });
  return { marks, height: Math.ceil(labels.length / columns) * LEGEND_LINE };
}

/** Words in lines of so many characters; a word that is longer has one to itself. */
function wrap(content: string, characters: number): string[] {
  const lines: string[] = [];
  for (const word of content.split(' ').filter((each) => each !== '')) {
    const longer = `${lines.at(-1) ?? ''} ${word}`;
    if (lines.length > 0 && longer.length <= characters) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** From 0 or, where it is logarithmic, from the smallest positive x. */
function across({ series, logX = false, xRange }: Panel, left: number): Axis {
  const known = (xRange ?? series.flatMap(({ x, fit }) => [...x, ...(fit?.x ?? [])])).filter(
    (value) => Number.isFinite(value) && (!logX || value > 0),
  );
  const high = Math.max(greatestOf(known), 1);
  const scale = logX === 2 ? 'log2' : logX ? 'log' : 'linear';
  // One value alone stands in the middle of a decade.
  const low = logX ? Math.min(leastOf(known), high / 1.0001) : 0;
  return placeAxis({ scale, low, high }, left, left + PANEL_WIDTH, { count: 7, labels: 'si' });
}

function colourOf(index: number): string {
  return COLOURS[index % COLOURS.length] ?? 'black';
}

function penOf(index: number, width = 2): Pen {
  const dash = DASHES[Math.floor(index / COLOURS.length) % DASHES.length];
  return { colour: colourOf(index), width, ...(dash && { dash }) };
}

function rule(x1: number, y1: number, x2: number, y2: number, pen: Pen): Mark {
  return { mark: 'rule', from: [x1, y1], to: [x2, y2], pen };
}

function words(
  x: number,
  y: number,
  content: Words,
  anchor: 'start' | 'middle' | 'end' = 'start',
): Mark & { mark: 'words' } {
  return { mark: 'words', x, y, words: content, size: SIZE, anchor };
}
