/**
 * Line plots as SVG text: with a logarithmic vertical axis, for things that shrink by decades, or with a
 * linear one from 0. Panels side by side share the vertical axis and one legend below, in which a label
 * stands once, whatever panels it is in. Pure; no library, no fonts of its own.
 */

import { CHARACTER, COLOURS, escapeXml, heading, line, niceStep, round, svgDocument, text } from './svg.js';

export interface PlotSeries {
  label: string;
  x: readonly number[];
  y: readonly number[];
  /** A lighter band between these two, if given. */
  low?: readonly number[];
  high?: readonly number[];
  /** One of several with the same label. */
  thin?: boolean;
  /**
   * Dots at x, y instead of a line through them; and a line of its own, in the same colour, for what was
   * fitted to them.
   */
  fit?: { x: readonly number[]; y: readonly number[] };
}

export interface Panel {
  xLabel: string;
  /** Logarithmic from the smallest positive x. */
  logX?: boolean;
  series: readonly PlotSeries[];
}

export interface PlotOptions {
  title: string;
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
  options: Pick<PlotOptions, 'title' | 'yLabel'>,
  vertical: VerticalAxis,
): string {
  const { title, yLabel } = options;
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
    panel.series.forEach(({ label, x, y, low, high, fit, thin }) => {
      const s = labels.indexOf(label);
      const points = (values: readonly number[]) =>
        zip(x, values).map(([along, value]) => `${round(scale.of(along))},${round(yOf(value))}`);
      if (low && high) {
        const outline = [...points(low), ...points(high).reverse()].join(' ');
        body.push(`<polygon points="${outline}" fill="${colour(s)}" fill-opacity="0.13"/>`);
      }
      if (fit) {
        for (const [along, value] of zip(x, y)) {
          const centre = `cx="${round(scale.of(along))}" cy="${round(yOf(value))}"`;
          body.push(`<circle ${centre} r="4" fill="${colour(s)}"/>`);
        }
        const curve = zip(fit.x, fit.y).map(
          ([along, value]) => `${round(scale.of(along))},${round(yOf(value))}`,
        );
        body.push(`<polyline points="${curve.join(' ')}" fill="none" ${stroke(s)}/>`);
        return;
      }
      // A logarithmic axis has no place for 0.
      const placed = points(y).filter((_, i) => !panel.logX || (x[i] ?? 0) > 0);
      const fine = thin ? ' stroke-opacity="0.6"' : '';
      body.push(
        `<polyline points="${placed.join(' ')}" fill="none" clip-path="url(#${clip})" ${stroke(s, thin ? 1.2 : 2)}${fine}/>`,
      );
    });
    const frame = `x="${left}" y="${TOP}" width="${PANEL_WIDTH}" height="${PANEL_HEIGHT}"`;
    body.push(`<rect ${frame} fill="none" stroke="#666"/>`);
    body.push(text(left + PANEL_WIDTH / 2, TOP + PANEL_HEIGHT + 40, escapeXml(panel.xLabel), 'middle'));
  });

  labels.forEach((label, s) => {
    const x = LEFT + (s % columns) * columnWidth;
    const y = TOP + PANEL_HEIGHT + BOTTOM + Math.floor(s / columns) * LEGEND_LINE + 8;
    body.push(`<line x1="${round(x)}" y1="${y - 4}" x2="${round(x + 26)}" y2="${y - 4}" ${stroke(s)}/>`);
    body.push(text(x + 33, y, escapeXml(label), 'start'));
  });
  const middle = TOP + PANEL_HEIGHT / 2;
  body.push(
    `<text x="20" y="${middle}" text-anchor="middle" transform="rotate(-90 20 ${middle})">${escapeXml(yLabel)}</text>`,
    heading(LEFT, 26, title),
  );
  return svgDocument(width, height, title, body);
}

interface Axis {
  of: (value: number) => number;
  ticks: { value: number; label: string }[];
}

function horizontal({ series, logX = false }: Panel, left: number): Axis {
  const known = series
    .flatMap(({ x, fit }) => [...x, ...(fit?.x ?? [])])
    .filter((value) => Number.isFinite(value) && (!logX || value > 0));
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

function stroke(index: number, width = 2): string {
  const dash = DASHES[Math.floor(index / COLOURS.length) % DASHES.length];
  const dashes = dash === '' ? '' : ` stroke-dasharray="${dash}"`;
  return `stroke="${colour(index)}" stroke-width="${width}" stroke-linejoin="round"${dashes}`;
}
