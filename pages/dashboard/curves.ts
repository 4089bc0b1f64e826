/**
 * The curves of a run while it grows (uPlot): gap, agents' gap, error and disagreement on a logarithmic
 * axis, against rounds, bits or seconds; marks where something was changed; and an earlier run behind it.
 * Beside them stands the same as a table, for those who cannot see curves.
 */

import uPlot from 'uplot';
import { byId, cssColour, h, setText } from '../shared/dom.js';
import { bits, count, duration, short } from '../shared/numbers.js';
import type { Column, Rows } from './rows.js';

type Axis = 'round' | 'bitsBroadcast' | 'seconds' | 'networkSeconds';

/** `least`: an axis is never shorter, so that ticks are no parts of a round. */
const AXES = [
  { column: 'round', name: 'rounds', write: count, least: 10 },
  { column: 'bitsBroadcast', name: 'bits', write: bits, least: 1000 },
  { column: 'seconds', name: 'seconds', write: duration, least: 0.01 },
  { column: 'networkSeconds', name: 'network seconds', write: duration, least: 0.01 },
] as const;

const CURVES: { column: Column; name: string; colour: string; help: string }[] = [
  {
    column: 'agentsGapMean',
    name: "agents' gap",
    colour: '--series-2',
    help: 'mean of f(x_i) − f*: how much worse what each agent holds is than the best',
  },
  {
    column: 'gap',
    name: 'gap of mean',
    colour: '--series-5',
    help: 'f(mean x) − f*: of a point that no agent need hold',
  },
  { column: 'rmsError', name: 'error', colour: '--series-1', help: 'root mean square of x − x*' },
  {
    column: 'consensusError',
    name: 'disagreement',
    colour: '--series-3',
    help: 'consensus error: root mean square of x − mean x',
  },
];

/** Something that was changed, and when. */
export interface Mark {
  round: number;
  text: string;
}

export class Curves {
  private readonly place: HTMLElement;
  private readonly box: HTMLElement;
  private readonly table: HTMLElement;
  private readonly markList: HTMLElement;
  private readonly axisChoice: HTMLSelectElement;
  private readonly shown = new Set<Column>(['agentsGapMean', 'rmsError', 'consensusError']);
  private plot: uPlot | null = null;
  private rows: Rows;
  private earlier: { rows: Rows; name: string } | null = null;
  private marks: readonly Mark[] = [];
  private axis: Axis = 'round';
  private due = 0;
  private tableDue = 0;

  constructor(place: HTMLElement, rows: Rows) {
    this.place = place;
    this.rows = rows;
    this.axisChoice = byId<HTMLSelectElement>('axis');
    this.axisChoice.append(...AXES.map(({ column, name }) => h('option', { value: column }, name)));
    this.axisChoice.onchange = () => this.setAxis(this.axisChoice.value as Axis);
    const toggles = CURVES.map(({ column, name, colour, help }) => {
      const box = h('input', {
        type: 'checkbox',
        checked: this.shown.has(column),
        onchange: () => {
          if (box.checked) this.shown.add(column);
          else this.shown.delete(column);
          this.build();
        },
      });
      const swatch = h('span', { className: 'swatch', attrs: { style: `background: var(${colour})` } });
      return h(
        'label',
        { title: help },
        box,
        swatch,
        ` ${name} `,
        h('output', { className: 'value', attrs: { 'data-column': column } }),
      );
    });
    this.box = h('div', { className: 'plot', attrs: { role: 'img' } });
    this.table = h('div', {
      className: 'scroll',
      tabIndex: 0,
      attrs: { role: 'region', 'aria-label': 'Curves as a table' },
    });
    // It scrolls where there are many.
    this.markList = h('ol', {
      className: 'marks',
      tabIndex: 0,
      hidden: true,
      attrs: { 'aria-label': 'What was changed' },
    });
    const details = h(
      'details',
      { ontoggle: () => this.drawTable() },
      h('summary', {}, 'The curves as a table'),
      this.table,
    );
    place.append(h('div', { className: 'toggles' }, ...toggles), this.box, this.markList, details);
    new ResizeObserver(() => this.resize()).observe(this.box);
    this.build();
  }

  /** Another run, from its beginning. */
  show(rows: Rows): void {
    this.rows = rows;
    this.mark([]);
    this.build();
  }

  /** An earlier run, behind this one; null for none. */
  compare(earlier: { rows: Rows; name: string } | null): void {
    this.earlier = earlier;
    this.build();
    this.drawTable();
  }

  mark(marks: readonly Mark[]): void {
    this.marks = marks;
    this.markList.hidden = marks.length === 0;
    this.markList.replaceChildren(
      ...marks.map(({ round, text }) =>
        h('li', {}, h('span', { className: 'soft' }, `round ${count(round)} `), text),
      ),
    );
    this.changed();
  }

  /** Rows were added: drawn with the next frame, and no more often than eight times a second. */
  changed(): void {
    if (this.due !== 0) return;
    this.due = window.setTimeout(() => {
      this.due = 0;
      if (document.visibilityState === 'visible') this.draw();
    }, 120);
  }

  /** Colours of another theme. */
  restyle(): void {
    this.build();
  }

  /** Of the newest row; NaN where there is none. */
  newest(column: Column): number {
    return this.rows.last(column);
  }

  /** What the curves say, as a sentence. */
  describe(): string {
    if (this.rows.length === 0) return 'No rounds yet.';
    const parts = CURVES.filter(
      ({ column }) => this.shown.has(column) && !Number.isNaN(this.rows.last(column)),
    ).map(({ column, name }) => `${name} ${short(this.rows.last(column))}`);
    return `Round ${count(this.rows.last('round'))}: ${parts.join(', ')}.${this.describeEarlier()}`;
  }

  private describeEarlier(): string {
    if (this.earlier === null) return '';
    const { rows, name } = this.earlier;
    const parts = this.curves()
      .filter(({ column }) => !Number.isNaN(rows.last(column)))
      .map(({ column, name }) => `${name} ${short(rows.last(column))}`);
    return ` Behind it, dashed, ${name}: ${parts.join(', ')} after ${count(rows.last('round'))} rounds.`;
  }

  private setAxis(axis: Axis): void {
    this.axis = axis;
    this.build();
  }

  private curves() {
    return CURVES.filter(({ column }) => this.shown.has(column));
  }

  private data(): uPlot.AlignedData {
    const positive = (column: Float64Array) =>
      Array.from(column, (value) => (value > 0 && value < 1e300 ? value : null));
    const own: uPlot.AlignedData = [
      Array.from(this.rows.column(this.axis), (value) => (Number.isNaN(value) ? 0 : value)),
      ...this.curves().map(({ column }) => positive(this.rows.column(column))),
    ];
    if (this.earlier === null) return own;
    const { rows } = this.earlier;
    const behind: uPlot.AlignedData = [
      Array.from(rows.column(this.axis), (value) => (Number.isNaN(value) ? 0 : value)),
      ...this.curves().map(({ column }) => positive(rows.column(column))),
    ];
    return uPlot.join([own, behind]) as uPlot.AlignedData;
  }

  private build(): void {
    this.plot?.destroy();
    const { write, least } = AXES.find(({ column }) => column === this.axis) ?? AXES[0];
    const text = cssColour('--soft');
    const grid = { stroke: cssColour('--line'), width: 1 };
    const font = '12px system-ui, "DejaVu Sans", sans-serif';
    const series = (dash: boolean): uPlot.Series[] =>
      this.curves().map(({ name, colour }) => ({
        label: dash ? `${name}, earlier` : name,
        stroke: dash ? `${cssColour(colour)}99` : cssColour(colour),
        width: dash ? 1.25 : 2,
        ...(dash ? { dash: [5, 4] } : {}),
        spanGaps: true,
        points: { show: false },
      }));
    this.plot = new uPlot(
      {
        ...this.size(),
        legend: { show: false },
        cursor: { y: false, drag: { x: true, y: false } },
        scales: {
          x: {
            time: false,
            range: (_, low, high) => [low ?? 0, Math.max(high ?? 0, (low ?? 0) + least)],
          },
          y: { distr: 3, range: (_, low, high) => decades(low, high) },
        },
        axes: [
          {
            stroke: text,
            grid,
            ticks: grid,
            font,
            values: (_, ticks) => ticks.map((tick) => write(tick)),
            space: 90,
          },
          {
            stroke: text,
            grid: { ...grid, filter: powersOnly },
            ticks: { ...grid, filter: powersOnly },
            font,
            size: 58,
            values: (_, ticks) => ticks.map((tick) => powerText(tick)),
          },
        ],
        series: [{}, ...series(false), ...(this.earlier === null ? [] : series(true))],
        hooks: { draw: [(plot) => this.drawMarks(plot)], setCursor: [() => this.writeValues()] },
      },
      this.data(),
      this.box,
    );
    this.draw();
  }

  private size() {
    return { width: Math.max(240, this.box.clientWidth), height: Math.max(140, this.box.clientHeight) };
  }

  private resize(): void {
    this.plot?.setSize(this.size());
  }

  private draw(): void {
    this.plot?.setData(this.data());
    this.writeValues();
    this.box.setAttribute('aria-label', `Curves of the run. ${this.describe()}`);
    const now = performance.now();
    if (now - this.tableDue > 1000) {
      this.tableDue = now;
      this.drawTable();
    }
  }

  /** Beside each name: the newest value, or that under the pointer. */
  private writeValues(): void {
    const at = this.plot?.cursor.idx;
    const x = at === null || at === undefined ? undefined : this.plot?.data[0][at];
    for (const output of this.place.querySelectorAll('output')) {
      const column = output.dataset['column'] as Column;
      let value = this.rows.last(column);
      if (x !== undefined && this.axis === 'round') value = this.rows.at(x)?.[column] ?? value;
      setText(output, this.rows.length === 0 ? '' : short(value));
    }
  }

  private drawMarks(plot: uPlot): void {
    const context = plot.ctx;
    const { left, top, width, height } = plot.bbox;
    context.save();
    context.strokeStyle = cssColour('--bad');
    context.fillStyle = cssColour('--bad');
    context.lineWidth = devicePixelRatio;
    context.font = `${11 * devicePixelRatio}px system-ui, "DejaVu Sans", sans-serif`;
    context.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
    for (const [at, { round }] of this.marks.entries()) {
      const value = this.axis === 'round' ? round : this.rows.at(round)?.[this.axis];
      if (value === undefined || Number.isNaN(value)) continue;
      const x = plot.valToPos(value, 'x', true);
      if (x < left || x > left + width) continue;
      context.beginPath();
      context.moveTo(x, top);
      context.lineTo(x, top + height);
      context.stroke();
      context.fillText(String(at + 1), x + 3 * devicePixelRatio, top + 11 * devicePixelRatio);
    }
    context.restore();
  }

  private drawTable(): void {
    if (!this.table.parentElement?.hasAttribute('open')) return;
    const { earlier } = this;
    this.table.replaceChildren(
      tableOf(this.rows, earlier === null ? null : 'This run'),
      ...(earlier === null ? [] : [tableOf(earlier.rows, `Behind it, dashed: ${earlier.name}`)]),
    );
  }
}

/** A few of the rows, from the first to the last. */
function tableOf(rows: Rows, caption: string | null): HTMLElement {
  const rounds = rows.column('round');
  const picks = new Set<number>();
  for (let at = 0; at < 14; at++) picks.add(Math.round((at / 13) * (rounds.length - 1)));
  const cells = (tag: 'th' | 'td', texts: string[]) =>
    h('tr', {}, ...texts.map((text) => h(tag, tag === 'th' ? ({ scope: 'col' } as never) : {}, text)));
  return h(
    'table',
    {},
    caption === null ? null : h('caption', {}, caption),
    h('thead', {}, cells('th', ['round', 'bits', 'seconds', ...CURVES.map(({ name }) => name)])),
    h(
      'tbody',
      {},
      ...[...picks]
        .filter((at) => at >= 0 && at < rounds.length)
        .map((at) =>
          cells('td', [
            count(rounds[at] ?? 0),
            bits(rows.column('bitsBroadcast')[at] ?? 0),
            duration(rows.column('seconds')[at] ?? 0),
            ...CURVES.map(({ column }) => short(rows.column(column)[at])),
          ]),
        ),
    ),
  );
}

/** Whole decades around what is drawn, 16 at most from the top. */
function decades(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null || !(high > 0)) return [1e-3, 1];
  const top = 10 ** Math.ceil(Math.log10(high) + 1e-9);
  const bottom = 10 ** Math.floor(Math.log10(Math.max(low, top * 1e-16)) - 1e-9);
  return [bottom, Math.max(top, bottom * 10)];
}

/** Lines at powers of ten only: those between would be most of the picture. */
const powersOnly: uPlot.Axis.Filter = (_, splits) => splits.map((tick) => (isPower(tick) ? tick : null));

function isPower(tick: number): boolean {
  return Math.abs(tick / 10 ** Math.round(Math.log10(tick)) - 1) < 1e-6;
}

function powerText(tick: number | null): string {
  if (tick === null) return '';
  const power = Math.round(Math.log10(tick));
  if (!isPower(tick)) return '';
  return `10${[...String(power)].map((sign) => '⁰¹²³⁴⁵⁶⁷⁸⁹⁻'['0123456789-'.indexOf(sign)] ?? '').join('')}`;
}
