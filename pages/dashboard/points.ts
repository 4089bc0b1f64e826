/**
 * A network of more than ten thousand nodes: points drawn by a WebGL program of our own, up to a million and
 * beyond, edges as lines. 8 bytes a node for its place and one for its colour are all that the graphics card
 * is given; a new frame of disagreement costs one byte a node.
 *
 * Whatever comes (a frame, a zoom) marks the picture as stale, and it is drawn with the next frame of the
 * screen. Of large networks those edges are drawn that are in view, once nothing moves and they can be told
 * apart.
 */

import { palette, type Scale, STEPS, stepOf } from '../shared/disagreement.js';
import type { NetworkPicture, PictureEvents } from './picture.js';

const POINT_SHADER = `#version 300 es
in vec2 place;
in float level;
uniform vec2 scale;
uniform vec2 shift;
uniform float size;
uniform sampler2D colours;
out vec4 colour;
void main() {
  gl_Position = vec4(place * scale + shift, 0.0, 1.0);
  gl_PointSize = size;
  colour = texture(colours, vec2((level * 255.0 + 0.5) / 256.0, 0.5));
}`;
const POINT_COLOUR = `#version 300 es
precision mediump float;
in vec4 colour;
uniform float round;
out vec4 pixel;
void main() {
  if (round > 0.5 && length(gl_PointCoord - vec2(0.5)) > 0.5) discard;
  pixel = colour;
}`;
const LINE_SHADER = `#version 300 es
in vec2 place;
uniform vec2 scale;
uniform vec2 shift;
void main() { gl_Position = vec4(place * scale + shift, 0.0, 1.0); }`;
const LINE_COLOUR = `#version 300 es
precision mediump float;
uniform vec4 colour;
out vec4 pixel;
void main() { pixel = colour; }`;

/** Cells of the grid by which a node is found under the pointer, at most, along each side. */
const GRID = 512;
const PICK_PX = 10;
/** Edges that are drawn at most: more of them are one smear, and take long. */
const MOST_LINES = 100_000;

export class PointsPicture implements NetworkPicture {
  private readonly canvas: HTMLCanvasElement;
  private readonly overlay: HTMLCanvasElement;
  private readonly gl: WebGL2RenderingContext;
  private readonly places: Float32Array;
  private readonly levels: Uint8Array;
  private readonly events: PictureEvents;
  private readonly points: WebGLProgram;
  private readonly lines: WebGLProgram;
  private readonly levelBuffer: WebGLBuffer;
  private readonly pointArray: WebGLVertexArrayObject;
  private readonly lineArray: WebGLVertexArrayObject;
  private readonly colours: WebGLTexture;
  private readonly edges: Uint32Array;
  /** Of which view the edges are that the graphics card has, and how many. */
  private linesOf = '';
  private lineCount = 0;
  private inView: Uint32Array | null = null;
  private cut = new Uint32Array();
  private dark: boolean;
  private zoom = 1;
  private centre: [number, number] = [0, 0];
  private selected: number | null = null;
  private cells: { start: Uint32Array; nodes: Uint32Array; side: number } | null = null;
  private due = 0;
  private moving = 0;
  private readonly observer: ResizeObserver;
  private readonly place: HTMLElement;
  /** What the last frames took, for whoever measures. */
  readonly frameTimes: number[] = [];
  readonly drawnAt: number[] = [];

  constructor(
    place: HTMLElement,
    places: Float32Array,
    edges: Uint32Array,
    dark: boolean,
    events: PictureEvents,
  ) {
    this.place = place;
    this.places = places;
    this.edges = edges;
    this.events = events;
    this.dark = dark;
    this.levels = new Uint8Array(places.length / 2).fill(STEPS - 1);
    this.canvas = document.createElement('canvas');
    this.overlay = document.createElement('canvas');
    this.overlay.className = 'overlay';
    place.append(this.canvas, this.overlay);
    const gl = this.canvas.getContext('webgl2', {
      antialias: false,
      alpha: true,
      powerPreference: 'high-performance',
    });
    if (gl === null) throw new Error('this browser has no WebGL 2');
    this.gl = gl;
    this.points = program(gl, POINT_SHADER, POINT_COLOUR);
    this.lines = program(gl, LINE_SHADER, LINE_COLOUR);
    const placeBuffer = buffer(gl, gl.ARRAY_BUFFER, places, gl.STATIC_DRAW);
    this.pointArray = gl.createVertexArray() as WebGLVertexArrayObject;
    gl.bindVertexArray(this.pointArray);
    attribute(gl, this.points, 'place', placeBuffer, 2, gl.FLOAT);
    this.levelBuffer = buffer(gl, gl.ARRAY_BUFFER, this.levels, gl.DYNAMIC_DRAW);
    attribute(gl, this.points, 'level', this.levelBuffer, 1, gl.UNSIGNED_BYTE);
    this.lineArray = gl.createVertexArray() as WebGLVertexArrayObject;
    gl.bindVertexArray(this.lineArray);
    attribute(gl, this.lines, 'place', placeBuffer, 2, gl.FLOAT);
    buffer(gl, gl.ELEMENT_ARRAY_BUFFER, new Uint32Array(2), gl.DYNAMIC_DRAW);
    gl.bindVertexArray(null);
    this.colours = gl.createTexture() as WebGLTexture;
    this.restyle(dark);
    this.listen();
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(place);
    this.canvas.addEventListener('webglcontextlost', (event) => {
      event.preventDefault();
      events.onLost();
    });
  }

  paint(values: Float32Array, first: number, stride: number, scale: Scale): void {
    const { levels } = this;
    // One step a value, however many agents its tile has.
    for (let at = 0; at < values.length; at++) {
      const level = stepOf(values[at] ?? Number.NaN, scale);
      const from = first + at * stride;
      if (stride === 1) levels[from] = level;
      else levels.fill(level, from, Math.min(from + stride, levels.length));
    }
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.levelBuffer);
    const count = Math.min(values.length * stride, levels.length - first);
    gl.bufferSubData(gl.ARRAY_BUFFER, first, levels, first, count);
    this.draw();
  }

  light(): void {
    // Too many to be told apart: edges of large networks are not lighted one by one.
  }

  setCut(cut: readonly (readonly [number, number])[]): void {
    this.cut = Uint32Array.from(cut.flat());
    this.draw();
  }

  select(agent: number | null): void {
    this.selected = agent;
    this.draw();
  }

  look(agent: number): void {
    const [x = 0, y = 0] = this.places.subarray(2 * agent, 2 * agent + 2);
    this.centre = [x, y];
    this.zoom = Math.max(this.zoom, Math.sqrt(this.levels.length) / 12);
    this.draw();
  }

  where(agent: number): { x: number; y: number } {
    const [right, up] = this.extent();
    return {
      x: (((this.places[2 * agent] ?? 0) - this.centre[0]) / right + 1) * 0.5 * this.place.clientWidth,
      y: (1 - ((this.places[2 * agent + 1] ?? 0) - this.centre[1]) / up) * 0.5 * this.place.clientHeight,
    };
  }

  zoomBy(factor: number): void {
    this.zoom = Math.min(1e5, Math.max(0.5, this.zoom * factor));
    this.draw();
  }

  whole(): void {
    this.zoom = 1;
    this.centre = [0, 0];
    this.draw();
  }

  restyle(dark: boolean): void {
    this.dark = dark;
    const { gl } = this;
    const rgb = palette(dark);
    const rgba = new Uint8Array(4 * STEPS).fill(255);
    for (let step = 0; step < STEPS; step++) rgba.set(rgb.subarray(3 * step, 3 * step + 3), 4 * step);
    gl.bindTexture(gl.TEXTURE_2D, this.colours);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, STEPS, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, rgba);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    this.draw();
  }

  destroy(): void {
    cancelAnimationFrame(this.due);
    this.observer.disconnect();
    this.gl.getExtension('WEBGL_lose_context')?.loseContext();
    this.canvas.remove();
    this.overlay.remove();
  }

  private draw(): void {
    if (this.due !== 0) return;
    this.due = requestAnimationFrame(() => {
      this.due = 0;
      this.drawNow();
    });
  }

  /** Half the side of the picture in its own units, across and up. */
  private extent(): [number, number] {
    const { clientWidth: width, clientHeight: height } = this.place;
    const half = 1.06 / this.zoom;
    return width > height ? [(half * width) / height, half] : [half, (half * height) / width];
  }

  private drawNow(): void {
    const began = performance.now();
    const { gl, canvas, place } = this;
    const ratio = Math.min(2, devicePixelRatio);
    const width = Math.max(1, Math.round(place.clientWidth * ratio));
    const height = Math.max(1, Math.round(place.clientHeight * ratio));
    for (const each of [canvas, this.overlay]) {
      if (each.width === width && each.height === height) continue;
      each.width = width;
      each.height = height;
    }
    const [right, up] = this.extent();
    const scale = [1 / right, 1 / up] as const;
    const shift = [-this.centre[0] / right, -this.centre[1] / up] as const;
    gl.viewport(0, 0, width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
    const count = this.levels.length;
    const lines = this.linesInView();
    if (lines > 0) {
      gl.useProgram(this.lines);
      gl.uniform2f(gl.getUniformLocation(this.lines, 'scale'), ...scale);
      gl.uniform2f(gl.getUniformLocation(this.lines, 'shift'), ...shift);
      const alpha = Math.min(0.5, Math.max(0.03, 1500 / lines));
      const grey = this.dark ? 0.75 : 0.35;
      gl.uniform4f(gl.getUniformLocation(this.lines, 'colour'), grey, grey, grey, alpha);
      gl.bindVertexArray(this.lineArray);
      gl.drawElements(gl.LINES, 2 * lines, gl.UNSIGNED_INT, 0);
    }
    gl.useProgram(this.points);
    gl.uniform2f(gl.getUniformLocation(this.points, 'scale'), ...scale);
    gl.uniform2f(gl.getUniformLocation(this.points, 'shift'), ...shift);
    // As large as leaves half of the picture free, were they spread evenly.
    const even = Math.sqrt((width * height) / count) * 0.6 * this.zoom;
    const size = Math.max(1, Math.min(14 * ratio, even));
    gl.uniform1f(gl.getUniformLocation(this.points, 'size'), size);
    gl.uniform1f(gl.getUniformLocation(this.points, 'round'), size >= 4 ? 1 : 0);
    gl.bindTexture(gl.TEXTURE_2D, this.colours);
    gl.bindVertexArray(this.pointArray);
    gl.drawArrays(gl.POINTS, 0, count);
    gl.bindVertexArray(null);
    this.drawOverlay(width, height, ratio);
    this.frameTimes.push(performance.now() - began);
    this.drawnAt.push(performance.now());
    if (this.frameTimes.length > 240) this.frameTimes.shift();
    if (this.drawnAt.length > 240) this.drawnAt.shift();
  }

  /** Edges in view that are on the graphics card; none while something moves, or where they would be one smear. */
  private linesInView(): number {
    const { gl, edges } = this;
    if (edges.length <= 2 * MOST_LINES) {
      if (this.linesOf !== 'all') this.upload(edges, 'all');
      return edges.length / 2;
    }
    if (this.moving !== 0) return 0;
    const view = `${this.zoom},${this.centre.join()}`;
    if (this.linesOf !== view) {
      const [right, up] = this.extent();
      const [x, y] = this.centre;
      const seen = (agent: number) =>
        Math.abs((this.places[2 * agent] ?? 0) - x) < right &&
        Math.abs((this.places[2 * agent + 1] ?? 0) - y) < up;
      this.inView ??= new Uint32Array(2 * MOST_LINES);
      let filled = 0;
      for (let at = 0; at < edges.length; at += 2) {
        const from = edges[at] ?? 0;
        const to = edges[at + 1] ?? 0;
        if (!seen(from) && !seen(to)) continue;
        if (filled === this.inView.length) {
          filled = 0;
          break;
        }
        this.inView[filled++] = from;
        this.inView[filled++] = to;
      }
      this.upload(this.inView.subarray(0, filled), view);
    }
    gl.bindVertexArray(null);
    return this.lineCount;
  }

  private upload(edges: Uint32Array, what: string): void {
    const { gl } = this;
    gl.bindVertexArray(this.lineArray);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, edges, gl.DYNAMIC_DRAW);
    gl.bindVertexArray(null);
    this.linesOf = what;
    this.lineCount = edges.length / 2;
  }

  /** What is cut, dashed, and who is selected. */
  private drawOverlay(width: number, height: number, ratio: number): void {
    const context = this.overlay.getContext('2d');
    if (context === null) return;
    context.clearRect(0, 0, width, height);
    const at = (agent: number): [number, number] => {
      const { x, y } = this.where(agent);
      return [x * ratio, y * ratio];
    };
    context.lineWidth = 2 * ratio;
    context.strokeStyle = this.dark ? '#ff8f85' : '#b3261e';
    context.setLineDash([6 * ratio, 4 * ratio]);
    context.beginPath();
    for (let pair = 0; pair < Math.min(this.cut.length, 20_000); pair += 2) {
      context.moveTo(...at(this.cut[pair] ?? 0));
      context.lineTo(...at(this.cut[pair + 1] ?? 0));
    }
    context.stroke();
    if (this.selected === null) return;
    context.setLineDash([]);
    context.strokeStyle = this.dark ? '#ffffff' : '#000000';
    context.beginPath();
    context.arc(...at(this.selected), 9 * ratio, 0, 2 * Math.PI);
    context.stroke();
  }

  private listen(): void {
    const { overlay } = this;
    const pointers = new Map<number, { x: number; y: number }>();
    let travelled = 0;
    overlay.addEventListener('wheel', (event) => {
      event.preventDefault();
      this.zoomAt(event.offsetX, event.offsetY, 1.0015 ** -event.deltaY);
    });
    overlay.addEventListener('pointerdown', (event) => {
      overlay.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
      travelled = 0;
    });
    overlay.addEventListener('pointermove', (event) => {
      const before = pointers.get(event.pointerId);
      if (before === undefined) return;
      const others = [...pointers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
      const [other] = others;
      const now = { x: event.offsetX, y: event.offsetY };
      travelled += Math.hypot(now.x - before.x, now.y - before.y);
      if (other === undefined) this.drag(now.x - before.x, now.y - before.y);
      else {
        const apart = (point: { x: number; y: number }) => Math.hypot(point.x - other.x, point.y - other.y);
        this.zoomAt((now.x + other.x) / 2, (now.y + other.y) / 2, apart(now) / Math.max(1, apart(before)));
      }
      pointers.set(event.pointerId, now);
    });
    const up = (event: PointerEvent) => {
      const was = pointers.get(event.pointerId);
      pointers.delete(event.pointerId);
      if (was === undefined || event.type === 'pointercancel' || travelled > 5) return;
      const agent = this.pick(event.offsetX, event.offsetY);
      if (agent !== null) this.events.onNode(agent);
    };
    overlay.addEventListener('pointerup', up);
    overlay.addEventListener('pointercancel', up);
  }

  private drag(dx: number, dy: number): void {
    const [right, up] = this.extent();
    this.centre[0] -= (2 * right * dx) / this.place.clientWidth;
    this.centre[1] += (2 * up * dy) / this.place.clientHeight;
    this.settle();
  }

  private zoomAt(x: number, y: number, factor: number): void {
    const [wx, wy] = this.toPlane(x, y);
    this.zoom = Math.min(1e5, Math.max(0.5, this.zoom * factor));
    const [nx, ny] = this.toPlane(x, y);
    this.centre[0] += wx - nx;
    this.centre[1] += wy - ny;
    this.settle();
  }

  private settle(): void {
    clearTimeout(this.moving);
    this.moving = window.setTimeout(() => {
      this.moving = 0;
      this.draw();
    }, 180);
    this.draw();
  }

  private toPlane(x: number, y: number): [number, number] {
    const [right, up] = this.extent();
    return [
      this.centre[0] + right * ((2 * x) / this.place.clientWidth - 1),
      this.centre[1] - up * ((2 * y) / this.place.clientHeight - 1),
    ];
  }

  /** The nearest node within ten pixels. */
  private pick(x: number, y: number): number | null {
    this.cells ??= gridOf(this.places);
    const { cells } = this;
    const [wx, wy] = this.toPlane(x, y);
    const reach = (PICK_PX * 2 * this.extent()[0]) / this.place.clientWidth;
    const cell = (value: number) =>
      Math.min(cells.side - 1, Math.max(0, Math.floor(((value + 1) / 2) * cells.side)));
    let best: number | null = null;
    let nearest = reach * reach;
    for (let row = cell(wy - reach); row <= cell(wy + reach); row++) {
      for (let column = cell(wx - reach); column <= cell(wx + reach); column++) {
        const at = row * cells.side + column;
        for (let k = cells.start[at] ?? 0; k < (cells.start[at + 1] ?? 0); k++) {
          const agent = cells.nodes[k] ?? 0;
          const dx = (this.places[2 * agent] ?? 0) - wx;
          const dy = (this.places[2 * agent + 1] ?? 0) - wy;
          if (dx * dx + dy * dy >= nearest) continue;
          nearest = dx * dx + dy * dy;
          best = agent;
        }
      }
    }
    return best;
  }
}

/** Nodes by cell of a grid over -1..1, counted and then filled: 4 bytes a node. */
function gridOf(places: Float32Array) {
  const count = places.length / 2;
  const side = Math.max(1, Math.min(GRID, Math.ceil(Math.sqrt(count / 2))));
  const cell = (at: number) => {
    const along = (value: number) => Math.min(side - 1, Math.max(0, Math.floor(((value + 1) / 2) * side)));
    return along(places[2 * at + 1] ?? 0) * side + along(places[2 * at] ?? 0);
  };
  const start = new Uint32Array(side * side + 1);
  for (let at = 0; at < count; at++) start[cell(at) + 1] = (start[cell(at) + 1] ?? 0) + 1;
  for (let at = 0; at < side * side; at++) start[at + 1] = (start[at + 1] ?? 0) + (start[at] ?? 0);
  const next = start.slice();
  const nodes = new Uint32Array(count);
  for (let at = 0; at < count; at++) {
    const where = next[cell(at)] ?? 0;
    nodes[where] = at;
    next[cell(at)] = where + 1;
  }
  return { start, nodes, side };
}

function program(gl: WebGL2RenderingContext, vertex: string, fragment: string): WebGLProgram {
  const made = gl.createProgram() as WebGLProgram;
  for (const [type, source] of [
    [gl.VERTEX_SHADER, vertex],
    [gl.FRAGMENT_SHADER, fragment],
  ] as const) {
    const shader = gl.createShader(type) as WebGLShader;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS))
      throw new Error(gl.getShaderInfoLog(shader) ?? 'no shader');
    gl.attachShader(made, shader);
  }
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS))
    throw new Error(gl.getProgramInfoLog(made) ?? 'no program');
  return made;
}

function buffer(
  gl: WebGL2RenderingContext,
  target: number,
  data: AllowSharedBufferSource,
  usage: number,
): WebGLBuffer {
  const made = gl.createBuffer() as WebGLBuffer;
  gl.bindBuffer(target, made);
  gl.bufferData(target, data, usage);
  return made;
}

function attribute(
  gl: WebGL2RenderingContext,
  of: WebGLProgram,
  name: string,
  data: WebGLBuffer,
  size: number,
  type: number,
): void {
  const at = gl.getAttribLocation(of, name);
  gl.bindBuffer(gl.ARRAY_BUFFER, data);
  gl.enableVertexAttribArray(at);
  // Levels are bytes: 0..255 becomes 0..1.
  gl.vertexAttribPointer(at, size, type, type === gl.UNSIGNED_BYTE, 0, 0);
}
