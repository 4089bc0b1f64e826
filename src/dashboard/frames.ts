/**
 * Numbers of all agents for a page, read from the memory of the run while its workers go on: nobody waits for
 * anybody, so in a run that goes on a frame may straddle two rounds.
 */

import { type Arena, attachArena } from '../arena/arena.js';
import { lengthsField } from '../flow/channel.js';
import type { SharedRun } from '../session/shared-run.js';
import { stateRows } from '../session/state-hash.js';
import { standsStill, Word } from '../sync/control.js';
import { FRAME_HEADER_BYTES, type FrameHeader, FrameKind, writeFrameHeader } from './protocol.js';

const DEFAULT_MOST = 100_000;
/** Pairs in one frame: what a page takes in at once without a pause that is felt. */
const PAIRS_A_FRAME = 50_000;

/** Which agents, in how many values. */
export interface Section {
  first?: number | undefined;
  count?: number | undefined;
  most?: number | undefined;
}

/** What lies between an agent's number and its value in a frame. */
export interface Tiles {
  first: number;
  /** Agents. */
  agents: number;
  stride: number;
  /** Values. */
  count: number;
}

export function tilesOf({ first = 0, count, most = DEFAULT_MOST }: Section, all: number): Tiles {
  const begin = Math.min(first, Math.max(0, all - 1));
  const agents = Math.max(0, Math.min(count ?? all, all - begin));
  const stride = Math.max(1, Math.ceil(agents / most));
  return { first: begin, agents, stride, count: Math.ceil(agents / stride) };
}

/** The fields of a flow's plan that messages lie in; a parameter server has none. */
interface Sends {
  channels?: readonly { slotBytes: number; messageBits: number | null }[];
}

export class RunFrames {
  readonly shared: SharedRun;
  readonly arena: Arena;
  readonly words: Int32Array;
  /** Rounds done when the number of changes was this. */
  readonly changes: number;
  readonly #numbers: Uint32Array | null;
  readonly #mean: Float64Array;

  constructor(shared: SharedRun, changes: number) {
    this.shared = shared;
    this.changes = changes;
    const { plan, memory } = shared;
    this.arena = attachArena(memory, plan.layout);
    this.words = this.arena.view('control', 'i32');
    this.#numbers = this.arena.has('agents.numbers') ? this.arena.view('agents.numbers', 'u32') : null;
    this.#mean = new Float64Array(plan.dim);
  }

  /** Rounds done. */
  get round(): number {
    return Atomics.load(this.words, Word.ROUND); // [C8]
  }

  get stands(): boolean {
    return standsStill(this.words);
  }

  /** |x_i - mean x| of every agent or, of a tile, the largest; the mean is that of all agents. */
  disagreement(section: Section): ArrayBuffer {
    const { plan } = this.shared;
    const tiles = tilesOf(section, plan.agents);
    const { buffer, values } = this.#frame(FrameKind.DISAGREEMENT, tiles);
    const [x] = plan.state;
    if (x === undefined || x.rows === 1) return buffer;
    const { data, rowStride, columns, positions } = stateRows(this.arena, plan, x, this.round);
    const mean = this.#meanOf(data, rowStride, columns);
    const { first, agents, stride } = tiles;
    for (let i = 0; i < agents; i++) {
      const at = (positions === undefined ? first + i : (positions[first + i] as number)) * rowStride;
      let sum = 0;
      for (let c = 0; c < columns; c++) {
        const apart = (data[at + c] as number) - (mean[c] as number);
        sum += apart * apart;
      }
      const distance = Math.sqrt(sum);
      const tile = stride === 1 ? i : Math.floor(i / stride);
      if (!(distance <= (values[tile] as number))) values[tile] = distance;
    }
    return buffer;
  }

  /** |x_i - mean x| of one agent. */
  disagreementOf(agent: number): number {
    const values = new Float32Array(this.disagreement({ first: agent, count: 1 }), FRAME_HEADER_BYTES);
    return values[0] ?? 0;
  }

  #meanOf(data: ArrayLike<number>, rowStride: number, columns: number): Float64Array {
    const { agents } = this.shared.plan;
    const mean = this.#mean.fill(0);
    for (let i = 0, at = 0; i < agents; i++, at += rowStride)
      for (let c = 0; c < columns; c++) mean[c] = (mean[c] as number) + (data[at + c] as number);
    for (let c = 0; c < columns; c++) mean[c] = (mean[c] as number) / agents;
    return mean;
  }

  /** Bits of the messages that every agent has out; of a tile, the most. */
  bits(section: Section): ArrayBuffer {
    const { plan } = this.shared;
    const tiles = tilesOf(section, plan.agents);
    const { buffer, values } = this.#frame(FrameKind.BITS, tiles);
    const fixed = plan.messageBits;
    if (fixed !== null) {
      values.fill(fixed);
      return buffer;
    }
    const { channels = [] } = plan as Sends;
    const parity = (this.round & 1) * plan.agents;
    const lengths = channels.map(({ messageBits }, channel) =>
      messageBits === null ? this.arena.view(lengthsField(channel), 'u32') : null,
    );
    const positions = this.arena.has('agents.positions') ? this.arena.view('agents.positions', 'u32') : null;
    const { first, agents, stride } = tiles;
    for (let i = 0; i < agents; i++) {
      const position = positions === null ? first + i : (positions[first + i] as number);
      let bits = 0;
      channels.forEach(({ messageBits }, channel) => {
        bits += messageBits ?? (lengths[channel]?.[parity + position] as number);
      });
      const tile = Math.floor(i / stride);
      if (bits > (values[tile] as number)) values[tile] = bits;
    }
    return buffer;
  }

  /** Ends of the edges, by number, each once: every `stride`-th of them. */
  edges(most: number): { frames: ArrayBuffer[]; sent: number } {
    const { plan } = this.shared;
    if (!this.arena.has('graph.columns')) return { frames: [], sent: 0 };
    const directed = this.arena.has('graph.outStart');
    const rowStart = this.arena.view(directed ? 'graph.outStart' : 'graph.rowStart', 'u32');
    const columns = this.arena.view(directed ? 'graph.outColumns' : 'graph.columns', 'u32');
    const isDirected = (plan as { directed?: boolean }).directed === true;
    const total = plan.edges;
    const stride = Math.max(1, Math.ceil(total / most));
    const sent = Math.ceil(total / stride);
    const ends = new Uint32Array(2 * sent);
    const number = (position: number) => this.#numbers?.[position] ?? position;
    let seen = 0;
    let kept = 0;
    for (let row = 0; row < plan.agents; row++) {
      for (let arc = rowStart[row] as number; arc < (rowStart[row + 1] as number); arc++) {
        const from = number(row);
        const to = number(columns[arc] as number);
        if (!isDirected && to < from) continue;
        if (seen++ % stride !== 0) continue;
        ends[kept++] = from;
        ends[kept++] = to;
      }
    }
    return { frames: this.#pairs(FrameKind.EDGES, ends.subarray(0, kept), stride, kept / 2), sent: kept / 2 };
  }

  /** A place in the plane of every agent, two numbers each, in -1..1. */
  positions(places: Float32Array): ArrayBuffer[] {
    return this.#pairs(FrameKind.POSITIONS, places, 1, places.length / 2);
  }

  #pairs(kind: FrameKind, numbers: Uint32Array | Float32Array, stride: number, total: number): ArrayBuffer[] {
    const frames: ArrayBuffer[] = [];
    for (let at = 0; at < total || frames.length === 0; at += PAIRS_A_FRAME) {
      const count = Math.min(PAIRS_A_FRAME, total - at);
      const buffer = new ArrayBuffer(FRAME_HEADER_BYTES + 8 * count);
      writeFrameHeader(buffer, this.#header(kind, { first: at, count, stride, total }));
      const part = numbers.subarray(2 * at, 2 * (at + count));
      if (part instanceof Uint32Array) new Uint32Array(buffer, FRAME_HEADER_BYTES).set(part);
      else new Float32Array(buffer, FRAME_HEADER_BYTES).set(part);
      frames.push(buffer);
    }
    return frames;
  }

  #frame(kind: FrameKind, { first, count, stride }: Tiles) {
    const buffer = new ArrayBuffer(FRAME_HEADER_BYTES + 4 * count);
    writeFrameHeader(buffer, this.#header(kind, { first, count, stride, total: count }));
    return { buffer, values: new Float32Array(buffer, FRAME_HEADER_BYTES) };
  }

  #header(kind: FrameKind, where: Pick<FrameHeader, 'first' | 'count' | 'stride' | 'total'>): FrameHeader {
    return { kind, round: this.round, changes: this.changes, ...where };
  }
}
