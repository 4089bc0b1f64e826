/**
 * The network: nodes where their neighbours are near, in the colour of their disagreement, larger where it is
 * larger. On a canvas, since it may have some thousand nodes. Which node is under the pointer stands below it;
 * those that disagree most have their names beside them, where nodes have names.
 */

import type { NetworkPayload } from '../../src/page/payload.js';
import { positionsOf } from '../../topology/positions.js';
import { gradient, paletteTexts, type Scale, STEPS, stepOf } from '../shared/disagreement.js';
import { cssColour, h, setText } from '../shared/dom.js';
import { count, short } from '../shared/numbers.js';
import { isDark } from './theme.js';

const MOST_NAMES = 6;
const MARGIN = 26;
/** Arrow heads of more arcs than this are a smear. */
const MOST_ARROWS = 300;
/** A network whose disagreement spans more is drawn as if it spanned this: rounding has no colours. */
const DECADES = 12;

export class NetworkPicture {
  private readonly graph: NetworkPayload;
  private readonly ends: Uint16Array | Uint32Array;
  private readonly disagreement: Float32Array | null;
  private readonly canvas: HTMLCanvasElement;
  private readonly said: HTMLElement;
  private readonly legend: HTMLElement;
  private readonly scale: Scale | null;
  private readonly positions: { x: Float32Array; y: Float32Array };
  private places = new Float32Array(0);
  private radius = 4;

  constructor(place: HTMLElement, graph: NetworkPayload) {
    this.graph = graph;
    this.ends = endsOf(graph);
    this.disagreement =
      graph.disagreement === null ? null : new Float32Array(bytesOf(graph.disagreement).buffer);
    this.scale = this.disagreement === null ? null : scaleOf(this.disagreement);
    const positions = positionsOf(rowsOf(graph.nodes, this.ends));
    this.positions = positions;
    this.canvas = h('canvas', {
      attrs: {
        role: 'img',
        'aria-label': `The network, ${count(graph.nodes)} agents drawn ${positions.how}; the sentence below says what it shows`,
      },
    });
    this.said = h('p', { className: 'said', attrs: { 'aria-live': 'off' } });
    this.legend = h('div', { className: 'scale' });
    place.append(this.canvas, this.said, this.legend);
    this.canvas.addEventListener('pointermove', (event) => this.point(event));
    this.canvas.addEventListener('pointerleave', () => setText(this.said, this.drawnHow()));
    setText(this.said, this.drawnHow());
  }

  private drawnHow(): string {
    return `Drawn ${(this.positions as { how?: string }).how ?? ''}.`;
  }

  draw(): void {
    const { canvas, graph, positions, ends, disagreement, scale } = this;
    const width = Math.max(240, (canvas.parentElement?.clientWidth ?? 640) - 2);
    const [tall, wide] = extent(positions);
    const height = Math.max(
      120,
      Math.min(0.72 * width, 560, (width * tall) / Math.max(wide, 1e-9) + 2 * MARGIN),
    );
    const ratio = Math.max(2, devicePixelRatio);
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    canvas.style.height = `${height}px`;
    const unit = Math.min(
      (width - 2 * MARGIN) / Math.max(2 * wide, 1e-9),
      (height - 2 * MARGIN) / Math.max(2 * tall, 1e-9),
      width,
    );
    this.places = new Float32Array(2 * graph.nodes);
    for (let node = 0; node < graph.nodes; node++) {
      this.places[2 * node] = width / 2 + unit * (positions.x[node] ?? 0);
      this.places[2 * node + 1] = height / 2 - unit * (positions.y[node] ?? 0);
    }
    this.radius = Math.max(1.5, Math.min(7, 0.22 * Math.sqrt((width * height) / graph.nodes)));
    const context = canvas.getContext('2d');
    if (context === null) return;
    context.scale(ratio, ratio);
    this.drawEdges(context, ends);
    const colours = paletteTexts(isDark());
    const ring = cssColour('--surface');
    const order = Array.from({ length: graph.nodes }, (_, node) => node);
    // Whoever disagrees most lies on top.
    if (disagreement !== null)
      order.sort((a, b) => orInfinite(disagreement, a) - orInfinite(disagreement, b));
    for (const node of order) {
      const step =
        scale === null || disagreement === null
          ? STEPS >> 1
          : stepOf(disagreement[node] ?? Number.NaN, scale);
      context.beginPath();
      context.arc(
        this.places[2 * node] ?? 0,
        this.places[2 * node + 1] ?? 0,
        this.sizeOf(step),
        0,
        2 * Math.PI,
      );
      context.fillStyle = colours[step] ?? '#888';
      context.fill();
      if (this.radius < 2.5) continue;
      context.lineWidth = 1;
      context.strokeStyle = ring;
      context.stroke();
    }
    this.drawNames(context, order, width);
    this.drawLegend();
  }

  /** From 0.75 to 1.35 of the usual radius. */
  private sizeOf(step: number): number {
    return this.scale === null ? this.radius : this.radius * (0.75 + (0.6 * step) / (STEPS - 1));
  }

  private drawEdges(context: CanvasRenderingContext2D, ends: Uint16Array | Uint32Array): void {
    const edges = ends.length / 2;
    context.strokeStyle = cssColour('--control');
    context.globalAlpha = Math.max(0.12, Math.min(0.75, 900 / edges));
    context.lineWidth = edges > 2000 ? 0.6 : 1;
    context.beginPath();
    for (let edge = 0; edge < edges; edge++) {
      const [x1, y1, x2, y2] = this.lineOf(edge);
      context.moveTo(x1, y1);
      context.lineTo(x2, y2);
      if (this.graph.directed && edges <= MOST_ARROWS) arrow(context, x1, y1, x2, y2, this.radius);
    }
    context.stroke();
    context.globalAlpha = 1;
  }

  private lineOf(edge: number): [number, number, number, number] {
    const [a = 0, b = 0] = [this.ends[2 * edge], this.ends[2 * edge + 1]];
    return [
      this.places[2 * a] ?? 0,
      this.places[2 * a + 1] ?? 0,
      this.places[2 * b] ?? 0,
      this.places[2 * b + 1] ?? 0,
    ];
  }

  private drawNames(context: CanvasRenderingContext2D, order: readonly number[], width: number): void {
    const { labels } = this.graph;
    if (labels === null || this.disagreement === null || this.scale === null) return;
    context.font = `12px ${cssColour('--sans')}`;
    context.textBaseline = 'middle';
    const taken: [number, number][] = [];
    for (const node of order.toReversed()) {
      if (taken.length === MOST_NAMES) break;
      const [x = 0, y = 0] = [this.places[2 * node], this.places[2 * node + 1]];
      if (taken.some(([a, b]) => Math.abs(a - x) < 90 && Math.abs(b - y) < 18)) continue;
      taken.push([x, y]);
      const left = x > width - 110;
      context.textAlign = left ? 'right' : 'left';
      const at = x + (left ? -1 : 1) * (this.radius * 1.35 + 4);
      context.lineWidth = 3;
      context.strokeStyle = cssColour('--surface');
      const name = shortened(labels[node] ?? '');
      context.strokeText(name, at, y);
      context.fillStyle = cssColour('--text');
      context.fillText(name, at, y);
    }
  }

  private drawLegend(): void {
    const { scale, legend } = this;
    if (scale === null) return;
    const bar = h('span', { className: 'gradient' });
    bar.style.background = gradient(isDark());
    legend.replaceChildren(
      h('span', {}, `agrees: ${short(scale.low)}`),
      bar,
      h('span', {}, `disagrees: ${short(scale.high)}`),
      h('span', { className: 'what' }, 'distance from the mean of all, logarithmic; larger dots are farther'),
    );
  }

  private point(event: PointerEvent): void {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let nearest = -1;
    let least = 144;
    for (let node = 0; node < this.graph.nodes; node++) {
      const apart = ((this.places[2 * node] ?? 0) - x) ** 2 + ((this.places[2 * node + 1] ?? 0) - y) ** 2;
      if (apart >= least) continue;
      nearest = node;
      least = apart;
    }
    if (nearest < 0) {
      setText(this.said, this.drawnHow());
      return;
    }
    const name = this.graph.labels?.[nearest] ?? String(nearest);
    const value = this.disagreement === null ? '' : `, ${short(this.disagreement[nearest])} from the mean`;
    setText(this.said, `Agent ${name}${value}.`);
  }
}

/** Beside a node there is not much room. */
function shortened(name: string): string {
  return name.length > 22 ? `${name.slice(0, 21)}…` : name;
}

function orInfinite(values: Float32Array, at: number): number {
  const value = values[at] ?? Number.NaN;
  return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
}

function scaleOf(values: Float32Array): Scale | null {
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    high = Math.max(high, value);
    if (value > 0) low = Math.min(low, value);
  }
  if (!(high > 0)) return null;
  low = Math.max(low, high * 10 ** -DECADES);
  return low < high ? { low, high } : { low: high / 10, high };
}

/** Half of the height, half of the width. */
function extent({ x, y }: { x: Float32Array; y: Float32Array }): [number, number] {
  let [tall, wide] = [0.02, 0.02];
  for (let node = 0; node < x.length; node++) {
    wide = Math.max(wide, Math.abs(x[node] ?? 0));
    tall = Math.max(tall, Math.abs(y[node] ?? 0));
  }
  return [tall, wide];
}

function arrow(
  context: CanvasRenderingContext2D,
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  radius: number,
): void {
  const length = Math.hypot(x2 - x1, y2 - y1);
  if (length < 3 * radius) return;
  const [dx, dy] = [(x2 - x1) / length, (y2 - y1) / length];
  const [x, y] = [x2 - dx * (1.4 * radius + 1), y2 - dy * (1.4 * radius + 1)];
  for (const side of [1, -1]) {
    context.moveTo(x, y);
    context.lineTo(x - 6 * dx + side * 3 * dy, y - 6 * dy - side * 3 * dx);
  }
}

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

export function endsOf({ ends, wide }: NetworkPayload): Uint16Array | Uint32Array {
  const { buffer } = bytesOf(ends);
  return wide ? new Uint32Array(buffer) : new Uint16Array(buffer);
}

/** Neighbours of each node, ascending; both ways of an edge, and of two arcs between the same nodes one. */
function rowsOf(nodes: number, ends: Uint16Array | Uint32Array) {
  const neighbours = Array.from({ length: nodes }, () => new Set<number>());
  for (let edge = 0; edge < ends.length; edge += 2) {
    const [a = 0, b = 0] = [ends[edge], ends[edge + 1]];
    neighbours[a]?.add(b);
    neighbours[b]?.add(a);
  }
  const rowStart = new Uint32Array(nodes + 1);
  const columns: number[] = [];
  for (const [node, row] of neighbours.entries()) {
    columns.push(...[...row].sort((a, b) => a - b));
    rowStart[node + 1] = columns.length;
  }
  return { nodes, rowStart, columns: Uint32Array.from(columns) };
}
