/**
 * A network of up to ten thousand nodes, drawn by sigma.
 *
 * Between two frames of a run nothing changes but colours. Sigma would go through all nodes and edges for
 * that, with their attributes; here its programs remember where in their arrays the colour of each stands, and
 * a frame writes there. Dashes, which sigma has not, are drawn over it.
 */

import { MultiUndirectedGraph } from 'graphology';
import Sigma from 'sigma';
import { EdgeLineProgram, EdgeRectangleProgram, NodeCircleProgram, NodePointProgram } from 'sigma/rendering';
import { paletteTexts, type Scale, STEPS, stepOf } from '../shared/disagreement.js';
import type { NetworkPicture, PictureEvents } from './picture.js';

type Node = { x: number; y: number; size: number; label: string; color: string; agent: number };
type Edge = { color: string; size: number; at: number };

/** Where the colour stands behind the beginning of an item, in sigma's programs; lines have one at either end. */
const NODE_COLOUR = 3;
const RECTANGLE_COLOUR = 6;
const LINE_COLOURS = [2, 6] as const;
/**
 * From so many on nodes are points and edges lines: one vertex and two instead of an instance of three and
 * of six. Where no graphics card draws, each instance costs as much as a picture of its own.
 */
const MANY_NODES = 1500;
const MANY_EDGES = 4000;
/** How near to an edge one has to click. */
const EDGE_PX = 6;
/** More edges than these are not lighted: they run into one another anyway. */
const MOST_LIGHTED = 6000;

const bytes = new Uint8Array(4);
const asFloat = new Float32Array(bytes.buffer);

/** Four bytes as the float that a program's array holds. */
function packed(r: number, g: number, b: number, a = 255): number {
  // Sigma's own bias: bit 24 stays 0, so that the number is never a NaN, which may lose bits on its way.
  bytes.set([r, g, b, Math.min(a, 255) & 254]);
  return asFloat[0] ?? 0;
}

function rgb(text: string): [number, number, number] {
  const value = Number.parseInt(text.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** Where colours stand, by agent and by edge; the programs that were made write themselves down. */
class Places {
  nodes: Int32Array;
  edges: Int32Array;
  nodeProgram: { array: Float32Array } | null = null;
  edgeProgram: { array: Float32Array } | null = null;

  constructor(nodes: number, edges: number) {
    this.nodes = new Int32Array(nodes).fill(-1);
    this.edges = new Int32Array(edges).fill(-1);
  }
}

function programs(places: Places) {
  class LiveNodes extends NodeCircleProgram<Node, Edge> {
    override processVisibleItem(index: number, start: number, data: never): void {
      super.processVisibleItem(index, start, data);
      places.nodes[(data as unknown as Node).agent] = start + NODE_COLOUR;
      places.nodeProgram = this as unknown as { array: Float32Array };
    }
  }
  class LivePoints extends NodePointProgram<Node, Edge> {
    override processVisibleItem(index: number, start: number, data: never): void {
      super.processVisibleItem(index, start, data);
      places.nodes[(data as unknown as Node).agent] = start + NODE_COLOUR;
      places.nodeProgram = this as unknown as { array: Float32Array };
    }
  }
  class LiveEdges extends EdgeRectangleProgram<Node, Edge> {
    override processVisibleItem(
      index: number,
      start: number,
      source: never,
      target: never,
      data: never,
    ): void {
      super.processVisibleItem(index, start, source, target, data);
      places.edges[(data as unknown as Edge).at] = start;
      places.edgeProgram = this as unknown as { array: Float32Array };
    }
  }
  class LiveLines extends EdgeLineProgram<Node, Edge> {
    override processVisibleItem(
      index: number,
      start: number,
      source: never,
      target: never,
      data: never,
    ): void {
      super.processVisibleItem(index, start, source, target, data);
      places.edges[(data as unknown as Edge).at] = start;
      places.edgeProgram = this as unknown as { array: Float32Array };
    }
  }
  return { LiveNodes, LivePoints, LiveEdges, LiveLines };
}

export class SigmaPicture implements NetworkPicture {
  private readonly graph = new MultiUndirectedGraph<Node, Edge>();
  private readonly sigma: Sigma<Node, Edge>;
  private readonly places: Places;
  private readonly ends: Uint32Array;
  private readonly levels: Uint8Array;
  private readonly overlay: HTMLCanvasElement;
  private readonly isCut = new Map<string, readonly [number, number]>();
  private nodeColours = new Float32Array(STEPS);
  private dark: boolean;
  private selected: number | null = null;
  private lit: Float32Array | null = null;
  private fading = 0;
  private readonly colourAt: readonly [number, number];
  /** What the last frames took, for whoever measures. */
  readonly frameTimes: number[] = [];
  readonly drawnAt: number[] = [];

  constructor(
    place: HTMLElement,
    positions: Float32Array,
    ends: Uint32Array,
    labels: readonly string[] | null,
    dark: boolean,
    events: PictureEvents,
  ) {
    const agents = positions.length / 2;
    const pairs = ends.length / 2;
    this.ends = ends;
    this.dark = dark;
    this.levels = new Uint8Array(agents).fill(STEPS - 1);
    this.places = new Places(agents, pairs);
    const degrees = new Uint32Array(agents);
    for (const end of ends) degrees[end] = (degrees[end] ?? 0) + 1;
    const room = Math.max(0.45, Math.min(1, place.clientWidth / 640));
    const base = room * Math.max(2.2, Math.min(7, 110 / Math.sqrt(agents)));
    for (let agent = 0; agent < agents; agent++) {
      this.graph.addNode(String(agent), {
        x: positions[2 * agent] ?? 0,
        y: positions[2 * agent + 1] ?? 0,
        // Hubs are seen as such: the area grows with the degree's root.
        size: base * Math.min(2.2, Math.max(0.7, ((degrees[agent] ?? 0) + 1) ** 0.25 / 1.6)),
        label: labels?.[agent] ?? String(agent),
        color: '#888888',
        agent,
      });
    }
    const size = pairs > 20_000 ? 0.4 : pairs > 2000 ? 0.5 : pairs > 400 ? 0.9 : 1.6;
    for (let at = 0; at < pairs; at++) {
      const [from = 0, to = 0] = ends.subarray(2 * at, 2 * at + 2);
      this.graph.addEdgeWithKey(String(at), String(from), String(to), { color: '#888888', size, at });
    }
    const { LiveNodes, LivePoints, LiveEdges, LiveLines } = programs(this.places);
    this.colourAt = pairs > MANY_EDGES ? LINE_COLOURS : [RECTANGLE_COLOUR, RECTANGLE_COLOUR];
    this.sigma = new Sigma<Node, Edge>(this.graph, place, {
      allowInvalidContainer: true,
      nodeProgramClasses: { circle: (agents > MANY_NODES ? LivePoints : LiveNodes) as never },
      edgeProgramClasses: { line: (pairs > MANY_EDGES ? LiveLines : LiveEdges) as never },
      hideEdgesOnMove: pairs > 20_000,
      minEdgeThickness: pairs > 10_000 ? 0.5 : pairs > 400 ? 0.9 : 1.6,
      zIndex: false,
      labelDensity: 0.6,
      labelRenderedSizeThreshold: Math.max(4 * room, 1.25 * base),
      labelFont: 'system-ui, "DejaVu Sans", sans-serif',
      labelSize: 12,
      stagePadding: 24,
      maxCameraRatio: 2,
      minCameraRatio: 0.005,
    });
    this.overlay = this.sigma.createCanvas('dashes', { beforeLayer: 'labels' });
    this.overlay.style.pointerEvents = 'none';
    this.sigma.on('clickNode', ({ node }) => events.onNode(Number(node)));
    this.sigma.on('clickStage', ({ event }) => {
      const at = this.edgeNear(event.x, event.y);
      if (at !== null) events.onEdge([ends[2 * at] ?? 0, ends[2 * at + 1] ?? 0]);
    });
    const pointer = (shape: string) => () => {
      place.style.cursor = shape;
    };
    this.sigma.on('enterNode', pointer('pointer'));
    this.sigma.on('leaveNode', pointer(''));
    if (pairs <= MANY_EDGES) {
      this.sigma.on('moveBody', ({ event }) => {
        if (place.style.cursor !== 'pointer') {
          place.style.cursor = this.edgeNear(event.x, event.y) === null ? '' : 'crosshair';
        }
      });
    }
    this.sigma.on('beforeRender', () => {
      this.rendering = performance.now();
    });
    this.sigma.on('afterRender', () => {
      this.drawOverlay();
      this.frameTimes.push(performance.now() - this.rendering);
      this.drawnAt.push(performance.now());
      if (this.frameTimes.length > 240) this.frameTimes.shift();
      if (this.drawnAt.length > 240) this.drawnAt.shift();
    });
    // Sigma has gone through all of them anew: their colours are its own again.
    this.sigma.on('afterProcess', () => this.paintAll());
    this.restyle(dark);
  }

  private rendering = 0;

  paint(values: Float32Array, first: number, stride: number, scale: Scale): void {
    const { levels } = this;
    for (let at = 0; at < values.length; at++) {
      const level = stepOf(values[at] ?? Number.NaN, scale);
      const from = first + at * stride;
      for (let agent = from; agent < Math.min(from + stride, levels.length); agent++) levels[agent] = level;
    }
    this.paintNodes();
    this.draw();
  }

  light(share: Float32Array): void {
    if (this.ends.length / 2 > MOST_LIGHTED) return;
    this.lit = share;
    this.paintEdges();
    this.draw();
    // What was said is seen for a moment, and fades.
    clearTimeout(this.fading);
    this.fading = window.setTimeout(() => {
      this.lit = null;
      this.paintEdges();
      this.draw();
    }, 450);
  }

  setCut(cut: readonly (readonly [number, number])[]): void {
    this.isCut.clear();
    for (const [a, b] of cut) this.isCut.set(keyOf(a, b), [a, b]);
    this.paintEdges();
    this.draw();
  }

  /** The edge within a few pixels of a point, the nearest one; null where there is none. */
  private edgeNear(x: number, y: number): number | null {
    const { ends, levels } = this;
    const at = new Float64Array(2 * levels.length);
    for (let agent = 0; agent < levels.length; agent++) {
      const point = this.where(agent);
      at[2 * agent] = point.x - x;
      at[2 * agent + 1] = point.y - y;
    }
    let best: number | null = null;
    let nearest = EDGE_PX * EDGE_PX;
    for (let edge = 0; edge < ends.length / 2; edge++) {
      const from = 2 * (ends[2 * edge] ?? 0);
      const to = 2 * (ends[2 * edge + 1] ?? 0);
      const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = [at[from], at[from + 1], at[to], at[to + 1]];
      const [dx, dy] = [x2 - x1, y2 - y1];
      const along = Math.min(1, Math.max(0, -(x1 * dx + y1 * dy) / (dx * dx + dy * dy || 1)));
      const distance = (x1 + along * dx) ** 2 + (y1 + along * dy) ** 2;
      if (distance >= nearest) continue;
      nearest = distance;
      best = edge;
    }
    return best;
  }

  select(agent: number | null): void {
    this.selected = agent;
    this.draw();
  }

  look(agent: number): void {
    const at = this.sigma.getNodeDisplayData(String(agent));
    if (at === undefined) return;
    // A few dozen nodes are all in view, and told apart.
    const near = Math.max(0.06, 6 / Math.sqrt(this.levels.length));
    if (near >= 0.5) return;
    const ratio = Math.min(this.sigma.getCamera().ratio, near);
    this.sigma.getCamera().animate({ x: at.x, y: at.y, ratio }, { duration: 400 });
  }

  where(agent: number): { x: number; y: number } {
    return this.sigma.graphToViewport({
      x: this.graph.getNodeAttribute(String(agent), 'x'),
      y: this.graph.getNodeAttribute(String(agent), 'y'),
    });
  }

  zoomBy(factor: number): void {
    const camera = this.sigma.getCamera();
    camera.animate({ ratio: camera.ratio / factor }, { duration: 150 });
  }

  whole(): void {
    this.sigma.getCamera().animatedReset({ duration: 200 });
  }

  restyle(dark: boolean): void {
    this.dark = dark;
    this.nodeColours = Float32Array.from(paletteTexts(dark), (text) => packed(...rgb(text)));
    this.sigma.setSetting('labelColor', { color: dark ? '#e8e9ea' : '#1c1e21' });
    this.sigma.setSetting('defaultDrawNodeHover', hoverIn(dark) as never);
    this.paintAll();
    this.draw();
  }

  destroy(): void {
    clearTimeout(this.fading);
    this.sigma.kill();
  }

  /** With the next frame of the screen. */
  private draw(): void {
    this.sigma.scheduleRender();
  }

  private paintAll(): void {
    this.paintNodes();
    this.paintEdges();
  }

  private paintNodes(): void {
    const array = this.places.nodeProgram?.array;
    if (array === undefined) return;
    const { nodes } = this.places;
    for (let agent = 0; agent < nodes.length; agent++) {
      const at = nodes[agent] ?? -1;
      if (at >= 0) array[at] = this.nodeColours[this.levels[agent] ?? 0] ?? 0;
    }
  }

  private paintEdges(): void {
    const array = this.places.edgeProgram?.array;
    if (array === undefined) return;
    const { edges } = this.places;
    const [grey, faint] = this.dark ? [150, 0.6] : [90, 0.55];
    const many = edges.length > 1500;
    const rest = Math.round(255 * faint * (edges.length > 10_000 ? 0.3 : many ? 0.55 : 1));
    const quiet = premultiplied(grey, grey, grey, rest);
    const cut = this.dark ? premultiplied(255, 143, 133, 60) : premultiplied(179, 38, 30, 60);
    const loud = Array.from({ length: 9 }, (_, step) =>
      this.dark
        ? premultiplied(255, 196, 84, Math.round(rest + (step / 8) * (many ? 70 : 110)))
        : premultiplied(208, 96, 0, Math.round(rest + (step / 8) * (many ? 50 : 110))),
    );
    const { lit, ends } = this;
    for (let edge = 0; edge < edges.length; edge++) {
      const at = edges[edge] ?? -1;
      if (at < 0) continue;
      const from = ends[2 * edge] ?? 0;
      const to = ends[2 * edge + 1] ?? 0;
      let colour = quiet;
      if (this.isCut.size > 0 && this.isCut.has(keyOf(from, to))) colour = cut;
      else if (lit !== null) {
        const share = Math.max(lit[from] ?? 0, lit[to] ?? 0);
        if (share > 0) colour = loud[Math.round(8 * Math.min(1, share))] ?? quiet;
      }
      array[at + this.colourAt[0]] = colour;
      array[at + this.colourAt[1]] = colour;
    }
  }

  private drawOverlay(): void {
    const { overlay } = this;
    const main = this.sigma.getDimensions();
    const ratio = devicePixelRatio;
    if (
      overlay.width !== Math.round(main.width * ratio) ||
      overlay.height !== Math.round(main.height * ratio)
    ) {
      overlay.width = Math.round(main.width * ratio);
      overlay.height = Math.round(main.height * ratio);
      overlay.style.width = `${main.width}px`;
      overlay.style.height = `${main.height}px`;
    }
    const context = overlay.getContext('2d');
    if (context === null) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, main.width, main.height);
    const at = (agent: number) => this.where(agent);
    context.lineWidth = this.isCut.size > 40 ? 1.1 : 2;
    context.strokeStyle = this.dark ? '#ff8f85' : '#b3261e';
    context.setLineDash([6, 4]);
    context.beginPath();
    for (const [a, b] of this.isCut.values()) {
      const from = at(a);
      const to = at(b);
      context.moveTo(from.x, from.y);
      context.lineTo(to.x, to.y);
    }
    context.stroke();
    if (this.selected === null || !this.graph.hasNode(String(this.selected))) return;
    const { x, y } = at(this.selected);
    const { size = 6 } = this.sigma.getNodeDisplayData(String(this.selected)) ?? {};
    context.setLineDash([]);
    context.lineWidth = 2.5;
    context.strokeStyle = this.dark ? '#ffffff' : '#000000';
    context.beginPath();
    context.arc(x, y, this.sigma.scaleSize(size) + 4, 0, 2 * Math.PI);
    context.stroke();
    context.fillStyle = context.strokeStyle;
    context.font = '600 13px system-ui, "DejaVu Sans", sans-serif';
    context.strokeStyle = this.dark ? '#1b1e21' : '#ffffff';
    context.lineWidth = 4;
    if (this.sigma.getNodeDisplayedLabels().has(String(this.selected))) return;
    const label = this.graph.getNodeAttribute(String(this.selected), 'label');
    const where = x + this.sigma.scaleSize(size) + 8;
    context.strokeText(label, where, y + 4);
    context.fillText(label, where, y + 4);
  }
}

function keyOf(a: number, b: number): string {
  return a < b ? `${a},${b}` : `${b},${a}`;
}

/** Sigma blends as colours that hold their alpha already. */
function premultiplied(r: number, g: number, b: number, a: number): number {
  const part = a / 255;
  return packed(Math.round(r * part), Math.round(g * part), Math.round(b * part), a);
}

function hoverIn(dark: boolean) {
  return (
    context: CanvasRenderingContext2D,
    { label, x, y, size }: { label: string | null; x: number; y: number; size: number },
  ) => {
    if (label === null) return;
    context.font = '600 12px system-ui, "DejaVu Sans", sans-serif';
    const { width } = context.measureText(label);
    context.fillStyle = dark ? '#24282c' : '#ffffff';
    context.strokeStyle = dark ? '#7c858f' : '#8b9097';
    context.lineWidth = 1;
    context.beginPath();
    context.roundRect(x + size + 4, y - 11, width + 12, 22, 5);
    context.fill();
    context.stroke();
    context.fillStyle = dark ? '#e8e9ea' : '#1c1e21';
    context.fillText(label, x + size + 10, y + 4);
  };
}
