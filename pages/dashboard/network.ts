/**
 * The network and everything around it: which picture draws it, what colours mean, how an agent is found,
 * and who disagrees most, as a table.
 */

import { airports } from 'virtual:airports';
import {
  type Dashboard,
  type EdgeEnds,
  type Frame,
  FrameKind,
  type NetworkReport,
  type Watch,
} from '../../src/dashboard/protocol.js';
import { gradient, type Scale } from '../shared/disagreement.js';
import { byId, h, setText } from '../shared/dom.js';
import { count, short } from '../shared/numbers.js';
import type { NetworkPicture, PictureEvents } from './picture.js';
import { PointsPicture } from './points.js';
import { SigmaPicture } from './sigma-picture.js';

/** Up to here sigma draws, and its edges; beyond, points. */
const MOST_FOR_SIGMA = 10_000;
const MOST_EDGES_FOR_SIGMA = 60_000;
const MOST_EDGES = 2_000_000;
/** From the greatest disagreement that there has been down to this part of it. */
const DECADES = 1e-4;

export class NetworkPanel {
  private readonly place = byId('picture');
  private readonly loudest = byId<HTMLDetailsElement>('loudest');
  private readonly events: PictureEvents;
  private picture: NetworkPicture | null = null;
  private report: NetworkReport | null = null;
  private places: Float32Array | null = null;
  private edges: Uint32Array | null = null;
  private arrived = { places: 0, edges: 0 };
  private values: Float32Array | null = null;
  private scale: Scale = { low: 1e-6, high: 1e-2 };
  private cut: readonly EdgeEnds[] = [];
  private mostBits = 0;
  private litRound = -1;
  private selected: number | null = null;
  private asked = 0;
  private tableDue = 0;
  /** No frame of this network has been seen that said anything. */
  private fresh = true;
  /** When frames of the network were drawn, for whoever measures. */
  readonly painted: number[] = [];
  dark: boolean;

  constructor(dark: boolean, events: Omit<PictureEvents, 'onLost'>) {
    this.dark = dark;
    this.events = { ...events, onLost: () => this.build() };
    byId('zoom-in').onclick = () => this.picture?.zoomBy(1.6);
    byId('zoom-out').onclick = () => this.picture?.zoomBy(1 / 1.6);
    byId('zoom-all').onclick = () => this.picture?.whole();
    this.loudest.addEventListener('toggle', () => this.drawTable());
    this.note('No run yet. Start one with “New run…”, or take the tour.');
    this.legend();
  }

  /** What to be sent of a network of this size. */
  static watch(agents: number): Pick<Watch, 'disagreement' | 'bits'> {
    const hz = agents <= 20_000 ? 30 : agents <= 200_000 ? 10 : 4;
    return {
      disagreement: { hz, most: 1_000_000 },
      ...(agents <= 2000 ? { bits: { hz: 5, most: 2000 } } : {}),
    };
  }

  /** Asks for the network and draws it once all of it is there. */
  async load(call: Dashboard, agents: number): Promise<void> {
    const mine = ++this.asked;
    this.places = this.edges = this.values = null;
    this.report = null;
    this.arrived = { places: 0, edges: 0 };
    this.scale = { low: 1e-6, high: 1e-2 };
    this.mostBits = 0;
    this.fresh = true;
    this.note(`Fetching the network of ${count(agents)} agents…`);
    const mostEdges = agents <= MOST_FOR_SIGMA ? MOST_EDGES_FOR_SIGMA : MOST_EDGES;
    const report = await call.network({ edges: true, mostEdges, positions: true });
    if (mine !== this.asked) return;
    this.report = report;
    this.cut = report.cut;
    byId('network-facts').textContent = facts(report);
    const names = byId<HTMLDataListElement>('search-names');
    names.replaceChildren(
      ...(report.labels ?? []).slice(0, 2000).map((label) => h('option', { value: this.full(label) })),
    );
    this.buildWhenWhole();
  }

  forget(): void {
    this.asked++;
    this.report = null;
    this.picture?.destroy();
    this.picture = null;
    this.values = null;
  }

  onFrame(frame: Frame): void {
    if (frame.kind === FrameKind.POSITIONS) {
      this.places ??= new Float32Array(2 * frame.total);
      this.places.set(frame.values, 2 * frame.first);
      this.arrived.places += frame.count;
      this.buildWhenWhole();
    } else if (frame.kind === FrameKind.EDGES) {
      this.edges ??= new Uint32Array(2 * frame.total);
      // Where edges were thinned, `first` counts those of the network, `arrived` those that are here.
      this.edges.set(
        frame.values.subarray(0, this.edges.length - 2 * this.arrived.edges),
        2 * this.arrived.edges,
      );
      this.arrived.edges += frame.count;
      this.buildWhenWhole();
    } else if (frame.kind === FrameKind.DISAGREEMENT) this.paint(frame.values, frame.first, frame.stride);
    else if (frame.round !== this.litRound) {
      // Nothing is said in a pause.
      this.litRound = frame.round;
      this.light(frame.values, frame.first, frame.stride);
    }
  }

  setCut(cut: readonly EdgeEnds[]): void {
    this.cut = cut;
    this.picture?.setCut(cut);
    this.describe();
  }

  select(agent: number | null): void {
    this.selected = agent;
    this.picture?.select(agent);
  }

  look(agent: number): void {
    this.picture?.look(agent);
  }

  whole(): void {
    this.picture?.whole();
  }

  /** Where an agent is seen, in pixels of the picture; null where there is none. */
  where(agent: number): { x: number; y: number } | null {
    return this.picture?.where(agent) ?? null;
  }

  /** The mean over the agents of |x - mean x|, as the last frame had it; NaN before the first. */
  meanDisagreement(): number {
    const { values } = this;
    if (values === null) return Number.NaN;
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  }

  /** Of the last frames: what they took to draw, in milliseconds, and when that was. */
  drawn(): { took: number[]; at: number[] } {
    return { took: [...(this.picture?.frameTimes ?? [])], at: [...(this.picture?.drawnAt ?? [])] };
  }

  restyle(dark: boolean): void {
    this.dark = dark;
    this.picture?.restyle(dark);
    this.legend();
  }

  nameOf(agent: number): string {
    const label = this.report?.labels?.[agent];
    return label === undefined ? String(agent) : this.full(label);
  }

  /** By its label, its city or its number; null where there is none. */
  find(text: string): number | null {
    const wanted = text.trim().toLowerCase();
    if (wanted === '') return null;
    const labels = this.report?.labels ?? [];
    const exact = labels.findIndex((label) =>
      [label, this.full(label)].some((name) => name.toLowerCase() === wanted),
    );
    if (exact >= 0) return exact;
    if (/^\d+$/.test(wanted) && Number(wanted) < (this.report?.agents ?? 0)) return Number(wanted);
    const begins = labels.findIndex((label) => label.toLowerCase().startsWith(wanted));
    if (begins >= 0) return begins;
    const within = labels.findIndex((label) => this.full(label).toLowerCase().includes(wanted));
    return within < 0 ? null : within;
  }

  cutOff(agent: number): number[] {
    return this.cut.flatMap(([a, b]) => (a === agent ? [b] : b === agent ? [a] : []));
  }

  isCut([a, b]: EdgeEnds): boolean {
    return this.cut.some(([c, d]) => (a === c && b === d) || (a === d && b === c));
  }

  /** Numbers of those who disagree most. */
  mostDisagreeing(most: number): { agent: number; value: number }[] {
    const { values } = this;
    if (values === null) return [];
    const best: { agent: number; value: number }[] = [];
    for (let agent = 0; agent < values.length; agent++) {
      const value = values[agent] ?? 0;
      if (best.length === most && value <= (best[most - 1]?.value ?? 0)) continue;
      best.push({ agent, value });
      best.sort((a, b) => b.value - a.value);
      if (best.length > most) best.pop();
    }
    return best;
  }

  private full(label: string): string {
    const city = this.isMap ? airports[label]?.[0] : undefined;
    return city === undefined ? label : `${label} (${city})`;
  }

  /** Whether the agents are airports, which have places of their own. */
  private isMap = false;

  private buildWhenWhole(): void {
    const { report } = this;
    if (report === null || this.places === null || this.arrived.places < report.agents) return;
    if (this.arrived.edges < report.sentEdges) return;
    this.edges ??= new Uint32Array();
    const labels = report.labels ?? [];
    const known = labels.filter((label) => label in airports).length;
    this.isMap = labels.length > 0 && known > 0.95 * labels.length;
    if (this.isMap) {
      for (const [agent, label] of labels.entries()) {
        const [, x = 0, y = 0] = airports[label] ?? ['', 0, -0.95];
        this.places.set([x, y], 2 * agent);
      }
      byId<HTMLDataListElement>('search-names').replaceChildren(
        ...labels.map((label) => h('option', { value: this.full(label) })),
      );
    }
    this.build();
  }

  private build(): void {
    const { report, places, edges } = this;
    if (report === null || places === null || edges === null) return;
    this.picture?.destroy();
    this.place.replaceChildren();
    try {
      this.picture =
        report.agents <= MOST_FOR_SIGMA
          ? new SigmaPicture(this.place, places, edges, report.labels, this.dark, this.events)
          : new PointsPicture(this.place, places, edges, this.dark, this.events);
    } catch (error) {
      this.picture = null;
      this.note(
        `The network cannot be drawn here: ${(error as Error).message}. The table below has who disagrees most.`,
      );
      return;
    }
    this.picture.setCut(this.cut);
    this.picture.select(this.selected);
    if (this.values !== null) this.picture.paint(this.values, 0, 1, this.scale);
    this.describe();
  }

  private paint(values: Float32Array, first: number, stride: number): void {
    const agents = this.report?.agents ?? 0;
    if (agents === 0) return;
    this.values ??= new Float32Array(agents);
    let high = 0;
    for (let at = 0; at < values.length; at++) {
      const value = values[at] ?? 0;
      if (value > high && value < 1e300) high = value;
      if (stride === 1) this.values[first + at] = value;
      else this.values.fill(value, first + at * stride, Math.min(first + (at + 1) * stride, agents));
    }
    this.widen(high);
    this.picture?.paint(values, first, stride, this.scale);
    this.painted.push(performance.now());
    if (this.painted.length > 240) this.painted.shift();
    if (this.loudest.open && performance.now() - this.tableDue > 1000) this.drawTable();
  }

  /** The scale ends above the greatest disagreement that there has been, which may have been before a page came. */
  widen(high: number): void {
    if (!(high > this.scale.high || (this.fresh && high > 0))) return;
    // A whole step up, so that colours do not creep.
    const power = 10 ** Math.floor(Math.log10(high));
    const top = power * ([1, 2, 5, 10].find((step) => step * power >= high * 0.999) ?? 10);
    this.scale = { high: top, low: top * DECADES };
    this.fresh = false;
    this.legend();
  }

  private light(values: Float32Array, first: number, stride: number): void {
    if (first !== 0 || stride !== 1) return;
    for (const value of values) if (value > this.mostBits) this.mostBits = value;
    if (this.mostBits === 0) return;
    this.picture?.light(values.map((value) => value / this.mostBits));
  }

  private legend(): void {
    byId('scale').style.background = gradient(this.dark);
    setText(byId('scale-low'), short(this.scale.low, 1));
    setText(byId('scale-high'), short(this.scale.high, 1));
  }

  private describe(): void {
    const { report } = this;
    if (report === null) return;
    const cut = this.cut.length;
    this.place.setAttribute(
      'aria-label',
      `The network: ${facts(report)}${cut > 0 ? `, ${count(cut)} links cut` : ''}. Nodes are coloured by how far they are from the mean of all; the table below has the same in numbers.`,
    );
    const links = report.neighbours
      ? `${report.agents <= 2000 ? 'links light up with what is said; ' : ''}dashed red: cut`
      : 'a server hears all of them; they have no links of their own';
    setText(
      byId('edge-legend'),
      report.sentEdges < report.edges
        ? `${count(report.sentEdges)} of ${count(report.edges)} links are drawn`
        : links,
    );
  }

  private drawTable(): void {
    if (!this.loudest.open) return;
    this.tableDue = performance.now();
    const rows = this.mostDisagreeing(12);
    const body = this.loudest.lastElementChild as HTMLElement;
    body.replaceChildren(
      h(
        'table',
        {},
        h('thead', {}, h('tr', {}, h('th', {}, 'agent'), h('th', {}, '|x − mean x|'))),
        h(
          'tbody',
          {},
          ...rows.map(({ agent, value }) =>
            h(
              'tr',
              {},
              h(
                'td',
                {},
                h(
                  'button',
                  { type: 'button', className: 'link', onclick: () => this.events.onNode(agent) },
                  this.nameOf(agent),
                ),
              ),
              h('td', {}, short(value)),
            ),
          ),
        ),
      ),
    );
  }

  private note(text: string): void {
    this.picture?.destroy();
    this.picture = null;
    this.place.replaceChildren(h('p', { className: 'note' }, text));
  }
}

function facts({ agents, edges, directed, neighbours }: NetworkReport): string {
  if (!neighbours) return `${count(agents)} agents around a server`;
  return `${count(agents)} agents, ${count(edges)} ${directed ? 'directed ' : ''}links`;
}
