/**
 * Curves, drawn by uPlot: a logarithmic axis upwards, the target as a line across, bands between quartiles, what
 * was expected with dashes. The numbers under the pointer stand in the legend; with the keys left and right they
 * are those of one row after the other.
 */

import uPlot from 'uplot';
import type { AxisPayload, PanelPayload, SeriesPayload } from '../../src/page/payload.js';
import { cssColour, h, setText } from '../shared/dom.js';
import { bits, count, short } from '../shared/numbers.js';

/** Told apart without colour as well. */
const DASHES: number[][] = [[], [9, 3], [2, 3], [10, 3, 2, 3], [5, 2], [14, 4]];
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const TALL = 300;
const NARROW = 520;

interface Line {
  payload: SeriesPayload;
  /** Index of its values in what uPlot is given. */
  at: number;
}

export class Chart {
  private readonly place: HTMLElement;
  private readonly panel: PanelPayload;
  private readonly shared: readonly AxisPayload[];
  private readonly legend: HTMLElement;
  private readonly frame: HTMLElement;
  private plot: uPlot | null = null;
  private axis = '';
  /** The row whose numbers are shown; null: none. */
  private row: number | null = null;

  constructor(place: HTMLElement, panel: PanelPayload, shared: readonly AxisPayload[]) {
    this.place = place;
    this.panel = panel;
    this.shared = shared;
    this.frame = h('div', {
      className: 'frame',
      tabIndex: 0,
      attrs: {
        role: 'img',
        'aria-label': `${panel.label}: a picture of curves; the sentence below says what it shows, and keys left and right read it row by row`,
      },
    });
    this.legend = h('p', { className: 'legend', attrs: { 'aria-live': 'polite' } });
    place.append(this.frame, this.legend);
    this.frame.addEventListener('keydown', (event) => this.key(event));
  }

  along(axis: string): void {
    this.axis = axis;
    this.row = null;
    this.draw();
  }

  /** Anew, in the colours and the width of now. */
  draw(): void {
    if (this.axis === '') return;
    this.plot?.destroy();
    const { lines, data, label } = this.data();
    const width = Math.max(240, this.place.clientWidth);
    const font = `12px ${cssColour('--sans')}`;
    const stroke = cssColour('--soft');
    const grid = { stroke: cssColour('--line'), width: 1 };
    const ticks = { ...grid, size: 4 };
    const isBits = this.axis === 'bits';
    this.plot = new uPlot(
      {
        width,
        height: width < NARROW ? TALL - 50 : TALL,
        legend: { show: false },
        cursor: { drag: { x: true, y: false, setScale: true }, points: { size: 6 } },
        scales: {
          x: { time: false, range: (_, low, high) => [low, high > low ? high : low + 1] },
          y: this.panel.log
            ? { distr: 3, log: 10, range: (_, low, high) => this.decades(low, high) }
            : { distr: 1 },
        },
        axes: [
          {
            label,
            labelFont: font,
            labelSize: 24,
            font,
            stroke,
            grid: { ...grid, show: false },
            ticks,
            values: (_, splits) => splits.map((value) => (isBits ? bits(value) : short(value, 4))),
            space: isBits ? 80 : 60,
          },
          {
            font,
            stroke,
            grid,
            ticks,
            size: 58,
            // As they are: uPlot would take labels of some powers away.
            filter: (_: uPlot, splits: number[]) => splits,
            ...(this.panel.log && {
              splits: (_: uPlot, __: number, low: number, high: number) => powers(low, high),
            }),
            values: (_, splits) => splits.map((value) => (this.panel.log ? power(value) : short(value, 3))),
          },
        ],
        series: [{}, ...lines.flatMap((line) => this.seriesOf(line))],
        bands: lines.flatMap(({ payload, at }) =>
          payload.low === undefined
            ? []
            : [{ series: [at + 2, at + 1] as [number, number], fill: faint(colourOf(payload)) }],
        ),
        hooks: {
          draw: [(plot) => this.target(plot)],
          setCursor: [(plot) => this.read(plot.cursor.idx ?? null)],
        },
      },
      data,
      this.frame,
    );
    this.tell(lines);
  }

  private data(): { lines: Line[]; data: uPlot.AlignedData; label: string } {
    const { series } = this.panel;
    const own = series.some(({ axes }) => axes !== undefined);
    const axisOf = (axes: readonly AxisPayload[]) => axes.find(({ key }) => key === this.axis) ?? axes[0];
    const parts = series.map((payload) => ({ payload, axis: axisOf(payload.axes ?? this.shared) }));
    const [firstPart] = parts;
    const label = firstPart?.axis?.label ?? '';
    const columnsOf = ({ values, low, high }: SeriesPayload) => [values, ...(low && high ? [low, high] : [])];
    if (!own) {
      const x = firstPart?.axis?.values ?? [];
      const kept = increasing(x);
      const columns = series.flatMap(columnsOf).map((column) => kept.map((at) => column[at] ?? null));
      return { lines: linesOf(series), label, data: [kept.map((at) => x[at] as number), ...columns] };
    }
    const tables = parts.map(({ payload, axis }): uPlot.AlignedData => {
      const x = axis?.values ?? [];
      const kept = increasing(x);
      return [
        kept.map((at) => x[at] as number),
        ...columnsOf(payload).map((column) => kept.map((at) => column[at] ?? null)),
      ];
    });
    const joined = uPlot.join(
      tables,
      tables.map((table) => table.map(() => 0)),
    );
    return { lines: linesOf(series), label, data: joined };
  }

  private seriesOf({ payload }: Line): uPlot.Series[] {
    const colour = colourOf(payload);
    const dash = payload.dashed ? [6, 6] : (DASHES[(payload.colour - 1) % DASHES.length] ?? []);
    const line: uPlot.Series = {
      label: payload.label,
      stroke: colour,
      width: payload.dashed ? 1.5 : 2,
      dash,
      spanGaps: payload.axes !== undefined,
      points: { show: false },
    };
    const edge: uPlot.Series = { stroke: 'transparent', width: 0, points: { show: false }, spanGaps: true };
    return payload.low === undefined ? [line] : [line, edge, edge];
  }

  /** From a power of ten to a power of ten, with the target between them. */
  private decades(low: number, high: number): [number, number] {
    const target = this.panel.target?.value;
    const least = Math.min(low > 0 ? low : 1e-16, target ?? Infinity);
    const most = Math.max(high > 0 ? high : 1, target ?? 0);
    return [10 ** Math.floor(Math.log10(least) + 1e-9), 10 ** Math.ceil(Math.log10(most) + 1e-9)];
  }

  private target(plot: uPlot): void {
    const { target } = this.panel;
    if (target === null) return;
    const { ctx, bbox } = plot;
    const y = Math.round(plot.valToPos(target.value, 'y', true));
    if (y < bbox.top - 1 || y > bbox.top + bbox.height + 1) return;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = cssColour('--good');
    ctx.lineWidth = uPlot.pxRatio;
    ctx.setLineDash([3 * uPlot.pxRatio, 3 * uPlot.pxRatio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.font = `${12 * uPlot.pxRatio}px ${cssColour('--sans')}`;
    ctx.textAlign = 'right';
    ctx.textBaseline = y - bbox.top < 20 * uPlot.pxRatio ? 'top' : 'bottom';
    ctx.fillText(
      `target ${short(target.value)}`,
      bbox.left + bbox.width - 4 * uPlot.pxRatio,
      y - 3 * uPlot.pxRatio * (ctx.textBaseline === 'top' ? -1 : 1),
    );
    ctx.restore();
  }

  /** Names of the curves, in their colours and dashes, and their numbers where a row is looked at. */
  private tell(lines: readonly Line[]): void {
    this.legend.replaceChildren(
      h('span', { className: 'at' }),
      ...lines.map(({ payload }) => {
        const key = h('span', { className: 'key' }, sample(payload), payload.label, ' ', h('b', {}));
        return key;
      }),
    );
    this.numbers();
  }

  private read(row: number | null): void {
    this.row = row;
    this.numbers();
  }

  private numbers(): void {
    const { plot, row, legend } = this;
    if (plot === null) return;
    const { lines, label } = { lines: linesOf(this.panel.series), label: labelOf(plot) };
    const at = legend.querySelector('.at');
    const x = row === null ? null : plot.data[0][row];
    if (at !== null)
      setText(
        at,
        x === null || x === undefined
          ? ''
          : `${label} ${this.axis === 'bits' ? bits(x) : this.axis === 'rounds' ? count(x) : short(x, 4)}:`,
      );
    for (const [index, key] of [...legend.querySelectorAll('b')].entries()) {
      const column = lines[index]?.at;
      const value = row === null || column === undefined ? null : plot.data[column]?.[row];
      setText(key, value === null || value === undefined ? '' : short(value));
    }
  }

  private key(event: KeyboardEvent): void {
    const { plot } = this;
    if (plot === null) return;
    const last = plot.data[0].length - 1;
    const step = event.shiftKey ? Math.max(1, Math.round(last / 20)) : 1;
    const from = this.row ?? (event.key === 'ArrowLeft' ? last + step : -step);
    const to = { ArrowRight: from + step, ArrowLeft: from - step, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const row = Math.min(last, Math.max(0, to));
    const x = plot.data[0][row] as number;
    plot.setCursor({ left: plot.valToPos(x, 'x'), top: 0 }, false);
    this.read(row);
  }
}

function labelOf(plot: uPlot): string {
  const label = plot.axes[0]?.label;
  return typeof label === 'string' ? label : '';
}

function linesOf(series: readonly SeriesPayload[]): Line[] {
  let at = 1;
  return series.map((payload) => {
    const line = { payload, at };
    at += payload.low === undefined ? 1 : 3;
    return line;
  });
}

export function colourOf({ colour }: Pick<SeriesPayload, 'colour'>): string {
  return cssColour(colour === 0 ? '--soft' : `--series-${1 + ((colour - 1) % 6)}`);
}

/** Of a colour, in hexadecimal, what is left behind a curve. */
function faint(colour: string): string {
  return `${colour}2e`;
}

/** A piece of a line as the curve is drawn. */
export function sample(payload: SeriesPayload): Node {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('viewBox', '0 0 26 8');
  svg.setAttribute('width', '26');
  svg.setAttribute('height', '8');
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(space, 'line');
  const dash = payload.dashed ? [6, 6] : (DASHES[(payload.colour - 1) % DASHES.length] ?? []);
  for (const [name, value] of Object.entries({
    x1: 0,
    x2: 26,
    y1: 4,
    y2: 4,
    stroke: colourOf(payload),
    'stroke-width': payload.dashed ? 1.5 : 2.5,
    'stroke-dasharray': dash.join(' '),
  }))
    line.setAttribute(name, String(value));
  svg.append(line);
  return svg;
}

/** Indices at which the axis goes on; rows in which it stands still would make a wall. */
function increasing(values: readonly (number | null)[]): number[] {
  let last = Number.NEGATIVE_INFINITY;
  return values.flatMap((value, at) => {
    if (value === null || value <= last) return [];
    last = value;
    return [at];
  });
}

/** Powers of ten, so many that they have room. */
function powers(low: number, high: number): number[] {
  const [from, to] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  const step = Math.max(1, Math.ceil((to - from) / 8));
  const found: number[] = [];
  for (let exponent = from; exponent <= to; exponent += step) found.push(10 ** exponent);
  return found;
}

function power(value: number): string {
  const exponent = Math.round(Math.log10(value));
  if (exponent >= -2 && exponent <= 4)
    return String(10 ** exponent >= 1 ? 10 ** exponent : Number((10 ** exponent).toFixed(2)));
  const digits = String(Math.abs(exponent)).replace(/\d/g, (digit) => SUPERSCRIPTS[Number(digit)] ?? digit);
  return `10${exponent < 0 ? '⁻' : ''}${digits}`;
}
