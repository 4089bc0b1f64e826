/**
 * Line plots as SVG text: with a logarithmic vertical axis, for things that shrink by decades, or with a
 * linear one from 0. Panels side by side share the vertical axis and one legend below, in which a label
 * stands once, whatever panels it is in. Pure; no library, no fonts of its own.
 */

import {
  CHARACTER,
  COLOURS,
  escapeXml,
  heading,
  line,
  niceStep,
  round,
  svgDocument,
  text,
} from '../figures/svg.js';

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
const DASHES = ['', '7 4', '2 3'];
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
const REFERENCE = 'stroke="#888" stroke-width="1.2" stroke-dasharray="5 4"';

interface VerticalAxis {
  of: (value: number) => number;
  /** Lines across; those without a label are for the eye alone. */
  ticks: { value: number; label: string | null; strong: boolean }[];
}

export function logPlot(panels: readonly Panel[], options: PlotOptions): string {
  const { floor, ceiling } = options;
  const top = Math.log10(ceiling);
  const decades = top - Math.log10(floor);
  const ticks: VerticalAxis['ticks'] = [];
  for (let power = Math.ceil(Math.log10(floor)); power <= top; power++) {
    const shown = power % Math.ceil(decades / 7) === 0;
    const label = power === 0 ? '1' : `10<tspan dy="-5" font-size="9">${power}</tspan>`;
    ticks.push({ value: 10 ** power, label: shown ? label : null, strong: power === 0 });
  }
  return draw(panels, options, {
    of(value) {
      // Beyond the frame it goes on, far enough to be seen leaving.
      const log = Math.log10(Math.min(ceiling ** 2 / floor, Math.max(floor ** 2 / ceiling, value)));
      return TOP + ((top - (Number.isNaN(log) ? top : log)) / decades) * PANEL_HEIGHT;
    },
    ticks,
  });
}

/** Powers of two up the vertical axis: for what doubles. */
export function log2Plot(panels: readonly Panel[], options: PlotOptions): string {
  const top = Math.log2(options.ceiling);
  const octaves = top - Math.log2(options.floor);
  return draw(panels, options, {
    of(value) {
      const log = value > 0 ? Math.log2(value) : -octaves;
      return TOP + ((top - Math.min(2 * top, log)) / octaves) * PANEL_HEIGHT;
    },
    ticks: powersOfTwo(options.floor, options.ceiling).map((value) => ({
      value,
      label: short(value),
      strong: value === 1,
    })),
  });
}

/** Those between two numbers; every other one where there are many. */
function powersOfTwo(low: number, high: number): number[] {
  const first = Math.ceil(Math.log2(low) - 1e-9);
  const last = Math.floor(Math.log2(high) + 1e-9);
  const every = Math.ceil((last - first + 1) / 10);
  const powers = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  return powers.filter((power) => power % every === 0).map((power) => 2 ** power);
}

/** From 0 to the ceiling. */
export function linearPlot(panels: readonly Panel[], options: Omit<PlotOptions, 'floor'>): string {
  const { ceiling } = options;
  const step = niceStep(ceiling / 8);
  const count = Math.floor(ceiling / step + 1e-9);
  return draw(panels, options, {
    of(value) {
      const kept = Number.isNaN(value) ? ceiling : Math.min(ceiling, Math.max(0, value));
      return TOP + (1 - kept / ceiling) * PANEL_HEIGHT;
    },
    ticks: Array.from({ length: count + 1 }, (_, i) => ({
      value: i * step,
      label: short(i * step),
      strong: false,
    })),
  });
}

function draw(
  panels: readonly Panel[],
  options: Pick<PlotOptions, 'title' | 'subtitle' | 'yLabel'>,
  vertical: VerticalAxis,
): string {
  const { title, subtitle, yLabel } = options;
  const labels = [...new Set(panels.flatMap(({ series }) => series.map(({ label }) => label)))];
  const width = LEFT + panels.length * PANEL_WIDTH + (panels.length - 1) * GAP + 20;
  const columnWidth = 46 + CHARACTER * Math.max(...labels.map((label) => label.length));
  const columns = Math.max(1, Math.floor((width - LEFT) / columnWidth));
  const height = TOP + PANEL_HEIGHT + BOTTOM + Math.ceil(labels.length / columns) * LEGEND_LINE + 12;
  const yOf = vertical.of;
  const body: string[] = [];

  panels.forEach((panel, p) => {
    const left = LEFT + p * (PANEL_WIDTH + GAP);
    const scale = horizontal(panel, left);
    for (const { value, label, strong } of vertical.ticks) {
      const y = yOf(value);
      body.push(line(left, y, left + PANEL_WIDTH, y, strong ? '#999' : '#e4e4e4'));
      if (p === 0 && label !== null) body.push(text(left - 8, y + 4, label, 'end'));
    }
    for (const { value, label } of scale.ticks) {
      const x = scale.of(value);
      body.push(line(x, TOP + PANEL_HEIGHT, x, TOP + PANEL_HEIGHT + 5, '#666'));
      body.push(text(x, TOP + PANEL_HEIGHT + 19, label, 'middle'));
    }
    const clip = `clip-${p}`;
    body.push(
      `<clipPath id="${clip}"><rect x="${left}" y="${TOP}" width="${PANEL_WIDTH}" height="${PANEL_HEIGHT}"/></clipPath>`,
    );
    panel.series.forEach(({ label, x, y, low, high, fit, thin, isReference }) => {
      const s = labels.indexOf(label);
      const points = (values: readonly number[]) =>
        zip(x, values).map(([along, value]) => `${round(scale.of(along))},${round(yOf(value))}`);
      if (low && high && !fit) {
        const outline = [...points(low), ...points(high).reverse()].join(' ');
        body.push(`<polygon points="${outline}" fill="${colour(s)}" fill-opacity="0.13"/>`);
      }
      if (fit) {
        zip(x, y).forEach(([along, value], i) => {
          const [from, to] = [low?.[i], high?.[i]];
          if (from !== undefined && to !== undefined) body.push(bar(scale.of(along), yOf(from), yOf(to), s));
          const centre = `cx="${round(scale.of(along))}" cy="${round(yOf(value))}"`;
          body.push(`<circle ${centre} r="4" fill="${colour(s)}"/>`);
        });
        const curve = zip(fit.x, fit.y).map(
          ([along, value]) => `${round(scale.of(along))},${round(yOf(value))}`,
        );
        body.push(
          `<polyline points="${curve.join(' ')}" fill="none" clip-path="url(#${clip})" ${stroke(s)}/>`,
        );
        return;
      }
      // A logarithmic axis has no place for 0.
      const placed = points(y).filter((_, i) => !panel.logX || (x[i] ?? 0) > 0);
      const fine = thin ? ' stroke-opacity="0.6"' : '';
      const pen = isReference ? REFERENCE : stroke(s, thin ? 1.2 : 2);
      body.push(
        `<polyline points="${placed.join(' ')}" fill="none" clip-path="url(#${clip})" ${pen}${fine}/>`,
      );
    });
    const frame = `x="${left}" y="${TOP}" width="${PANEL_WIDTH}" height="${PANEL_HEIGHT}"`;
    body.push(`<rect ${frame} fill="none" stroke="#666"/>`);
    body.push(text(left + PANEL_WIDTH / 2, TOP + PANEL_HEIGHT + 40, escapeXml(panel.xLabel), 'middle'));
  });

  labels.forEach((label, s) => {
    const x = LEFT + (s % columns) * columnWidth;
    const y = TOP + PANEL_HEIGHT + BOTTOM + Math.floor(s / columns) * LEGEND_LINE + 8;
    const isReference = panels.some(({ series }) =>
      series.some((each) => each.label === label && each.isReference),
    );
    const pen = isReference ? REFERENCE : stroke(s);
    const areDots = panels.every(({ series }) =>
      series.every((each) => each.label !== label || each.fit?.x.length === 0),
    );
    if (areDots) body.push(`<circle cx="${round(x + 13)}" cy="${y - 4}" r="4" fill="${colour(s)}"/>`);
    else body.push(`<line x1="${round(x)}" y1="${y - 4}" x2="${round(x + 26)}" y2="${y - 4}" ${pen}/>`);
    body.push(text(x + 33, y, escapeXml(label), 'start'));
  });
  const middle = TOP + PANEL_HEIGHT / 2;
  body.push(
    `<text x="20" y="${middle}" text-anchor="middle" transform="rotate(-90 20 ${middle})">${escapeXml(yLabel)}</text>`,
  );
  // What does not fit beside one another stands below one another, and moves the panels down.
  const titles = wrap(title, (width - LEFT) / TITLE_CHARACTER);
  const subtitles = wrap(subtitle ?? '', (width - LEFT) / CHARACTER);
  const firstSmall = HEAD + (titles.length - 1) * TITLE_LINE + SMALL_LINE;
  const head = [
    ...titles.map((words, at) => heading(LEFT, HEAD + at * TITLE_LINE, words)),
    ...subtitles.map((words, at) => text(LEFT, firstSmall + at * SMALL_LINE, escapeXml(words), 'start')),
  ];
  const moved = (titles.length - 1) * TITLE_LINE + subtitles.length * SMALL_LINE;
  const panelsBelow = moved > 0 ? [`<g transform="translate(0 ${moved})">`, ...body, '</g>'] : body;
  return svgDocument(width, height + moved, title, [...head, ...panelsBelow]);
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

interface Axis {
  of: (value: number) => number;
  ticks: { value: number; label: string }[];
}

function horizontal({ series, logX = false, xRange }: Panel, left: number): Axis {
  const known = (xRange ?? series.flatMap(({ x, fit }) => [...x, ...(fit?.x ?? [])])).filter(
    (value) => Number.isFinite(value) && (!logX || value > 0),
  );
  const high = Math.max(...known, 1);
  if (!logX) {
    const step = niceStep(high / 5);
    const count = Math.floor(high / step + 1e-9);
    return {
      of: (value) => left + (value / high) * PANEL_WIDTH,
      ticks: Array.from({ length: count + 1 }, (_, i) => ({ value: i * step, label: short(i * step) })),
    };
  }
  const low = Math.min(...known);
  const from = Math.log10(low);
  const span = Math.max(1e-9, Math.log10(high) - from);
  const of = (value: number) =>
    left + (Math.max(0, Math.log10(Math.max(value, low)) - from) / span) * PANEL_WIDTH;
  if (logX === 2) {
    const values = powersOfTwo(low, high);
    return { of, ticks: values.map((value) => ({ value, label: short(value) })) };
  }
  const factors = span < 1.5 ? [1, 2, 5] : [1];
  const ticks: Axis['ticks'] = [];
  for (let power = Math.floor(from); power <= Math.log10(high); power++) {
    for (const factor of factors) {
      const value = factor * 10 ** power;
      if (value >= low && value <= high) ticks.push({ value, label: short(value) });
    }
  }
  return { of, ticks };
}

/** 25000 -> 25k. */
function short(value: number): string {
  const units = ['', 'k', 'M', 'G', 'T', 'P'];
  let unit = 0;
  let rest = value;
  while (rest >= 1000 && unit < units.length - 1) {
    rest /= 1000;
    unit++;
  }
  return `${Number(rest.toPrecision(3))}${units[unit]}`;
}

function colour(index: number): string {
  return COLOURS[index % COLOURS.length] ?? 'black';
}

function zip(x: readonly number[], y: readonly number[]): [number, number][] {
  return y.map((value, i) => [x[i] ?? Number.NaN, value]);
}

/** From one value to another, with a cap at each. */
function bar(x: number, y1: number, y2: number, s: number): string {
  const caps = [y1, y2].map((y) => `M${round(x - 4)} ${round(y)}H${round(x + 4)}`).join('');
  return `<path d="M${round(x)} ${round(y1)}V${round(y2)}${caps}" fill="none" stroke="${colour(s)}" stroke-width="1.2"/>`;
}

function stroke(index: number, width = 2): string {
  const dash = DASHES[Math.floor(index / COLOURS.length) % DASHES.length];
  const dashes = dash === '' ? '' : ` stroke-dasharray="${dash}"`;
  return `stroke="${colour(index)}" stroke-width="${width}" stroke-linejoin="round"${dashes}`;
}
