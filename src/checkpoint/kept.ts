/**
 * What of a run is kept so that it can go on later: all that lasts in its arena, between two rounds, in a form
 * that neither the number of workers nor the order of agents in memory touches.
 *
 *     rows      of agents in the order of their numbers; where a field is doubled, those of the coming round
 *     whole     as it stands; what is kept edge by edge row after row of agents in the order of their numbers
 *     workers   one copy for all: sums, or the largest
 *
 * Sections follow each other in the order of the arena's fields, each from a multiple of 8 bytes. Whatever is
 * not here is written once by the host, or anew before it is read.
 */

import type { Arena } from '../arena/arena.js';
import { BYTES, type Field, type FieldType, type Layout, roundUp } from '../arena/layout.js';

/** A field as it is kept. Plain data: what a checkpoint says of itself. */
export interface Section {
  name: string;
  type: FieldType;
  as: 'rows' | 'whole' | 'workers';
  /** Rows of agents; 1 of what is whole. */
  rows: number;
  /** Of one row. */
  rowBytes: number;
  /** Where it begins. */
  offset: number;
}

const SECTION_ALIGNMENT = 8;
/** What is copied row by row is copied by words of so many bytes. */
const WORD_BYTES = 4;

export function sectionsOf({ fields }: Layout): Section[] {
  let end = 0;
  return Object.values(fields).flatMap(({ name, type, length, lasts }) => {
    if (lasts === undefined) return [];
    const rows = lasts.as === 'rows' ? lasts.rows : 1;
    const copies = lasts.as === 'rows' && lasts.doubled ? 2 : 1;
    const rowBytes = (length * BYTES[type]) / rows / copies;
    const offset = roundUp(end, SECTION_ALIGNMENT);
    end = offset + rows * rowBytes;
    return [{ name, type, as: lasts.as, rows, rowBytes, offset }];
  });
}

/** Bytes of all sections together. */
export function keptBytes(sections: readonly Section[]): number {
  const last = sections.at(-1);
  return last === undefined ? 0 : roundUp(last.offset + last.rows * last.rowBytes, SECTION_ALIGNMENT);
}

/** Copies what is kept of an arena, there and back. */
export class Kept {
  readonly sections: readonly Section[];
  readonly bytes: number;
  readonly #arena: Arena;
  readonly #memory: Uint8Array;
  readonly #words: Uint32Array;
  /** By number; undefined where agents lie in the order of their numbers. */
  readonly #positions: Uint32Array | undefined;
  /** Rows of arcs, where agents lie otherwise: those that an agent hears, and those who hear it. */
  readonly #inward: PlacedArcs | null;
  readonly #outward: PlacedArcs | null;

  constructor(arena: Arena) {
    this.sections = sectionsOf(arena.layout);
    this.bytes = keptBytes(this.sections);
    this.#arena = arena;
    this.#memory = new Uint8Array(arena.memory.buffer);
    this.#words = new Uint32Array(arena.memory.buffer, 0, arena.memory.buffer.byteLength / WORD_BYTES);
    this.#positions = arena.has('agents.positions') ? arena.view('agents.positions', 'u32') : undefined;
    const perArc = this.sections.some(({ name }) => arcsOf(arena.field(name)) !== null);
    const placed = (name: string) =>
      perArc && this.#positions !== undefined && arena.has(name)
        ? placedArcs(arena.view(name, 'u32'), this.#positions)
        : null;
    this.#inward = placed('graph.rowStart');
    this.#outward = placed('graph.outStart') ?? this.#inward;
  }

  /** One worker's share of the state after `round` rounds: arena -> kept. */
  save(kept: Uint8Array, round: number, worker: number, workers: number): void {
    for (const section of this.sections) {
      if (section.as === 'workers') {
        if (worker === 0) this.#merge(section, kept);
        continue;
      }
      this.#copyShare(section, round, worker, workers, kept, true);
    }
  }

  /** The same, the other way: kept -> arena. */
  restore(kept: Uint8Array, round: number, worker: number, workers: number): void {
    for (const section of this.sections) {
      if (section.as === 'workers') {
        this.#split(section, kept, worker);
        continue;
      }
      this.#copyShare(section, round, worker, workers, kept, false);
    }
  }

  #copyShare(
    section: Section,
    round: number,
    worker: number,
    workers: number,
    kept: Uint8Array,
    out: boolean,
  ): void {
    const lasts = arcsOf(this.#arena.field(section.name));
    const arcs = lasts?.out === true ? this.#outward : this.#inward;
    if (lasts !== null && arcs !== null) {
      const { from, to } = shareOfMany(arcs.given.length - 1, worker, workers);
      this.#copyArcs(section, lasts.halves, arcs, from, to, kept, out);
      return;
    }
    const { from, to } = shareOf(section, worker, workers);
    this.#copy(section, round, from, to, kept, out);
  }

  /** Of the agents numbered `from` to `to - 1`. */
  #copyArcs(
    { name, rowBytes, offset }: Section,
    halves: number,
    { start, given, positions }: PlacedArcs,
    from: number,
    to: number,
    kept: Uint8Array,
    out: boolean,
  ): void {
    const base = this.#arena.field(name).offset;
    const half = rowBytes / halves;
    const unit = half / given[given.length - 1]!;
    for (let number = from; number < to; number++) {
      const length = (given[number + 1]! - given[number]!) * unit;
      for (let h = 0; h < halves; h++) {
        const at = base + h * half + start[positions[number]!]! * unit;
        const there = offset + h * half + given[number]! * unit;
        const memory = this.#memory.subarray(at, at + length);
        const bytes = kept.subarray(there, there + length);
        if (out) bytes.set(memory);
        else memory.set(bytes);
      }
    }
  }

  /** Of `from` to `to`, rows or, of what is whole, bytes. */
  #copy(section: Section, round: number, from: number, to: number, kept: Uint8Array, out: boolean): void {
    if (to <= from) return;
    const { rows, rowBytes, offset, as } = section;
    const field = this.#arena.field(section.name);
    const unit = as === 'rows' ? rowBytes : 1;
    const parity = isDoubled(field) ? (round & 1) * rows * rowBytes : 0;
    const base = field.offset + parity;
    const positions = this.#positions;
    if (as === 'whole' || positions === undefined || positions.length !== rows) {
      const memory = this.#memory.subarray(base + from * unit, base + to * unit);
      const bytes = kept.subarray(offset + from * unit, offset + to * unit);
      if (out) bytes.set(memory);
      else memory.set(bytes);
      return;
    }
    const words = this.#words;
    const keptWords = new Uint32Array(kept.buffer, kept.byteOffset, kept.byteLength / WORD_BYTES);
    const count = rowBytes / WORD_BYTES;
    for (let number = from; number < to; number++) {
      const at = (base + positions[number] * rowBytes) / WORD_BYTES;
      const there = (offset + number * rowBytes) / WORD_BYTES;
      if (out) for (let i = 0; i < count; i++) keptWords[there + i] = words[at + i];
      else for (let i = 0; i < count; i++) words[at + i] = keptWords[there + i];
    }
  }

  #merge({ name, offset }: Section, kept: Uint8Array): void {
    const merge = this.#rules(name);
    const merged = new Float64Array(kept.buffer, kept.byteOffset + offset, merge.length);
    merged.set(this.#arena.view(name, 'f64', 0));
    for (let w = 1; w < this.#arena.layout.workers; w++) {
      const own = this.#arena.view(name, 'f64', w);
      merge.forEach((rule, i) => {
        if (rule === 'sum') merged[i] += own[i];
        else merged[i] = Math.max(merged[i], own[i]);
      });
    }
  }

  /** The first has what was summed, everyone the largest: merged again it is the same. */
  #split({ name, offset }: Section, kept: Uint8Array, worker: number): void {
    const merge = this.#rules(name);
    const merged = new Float64Array(kept.buffer, kept.byteOffset + offset, merge.length);
    const own = this.#arena.view(name, 'f64', worker);
    merge.forEach((rule, i) => {
      own[i] = rule === 'sum' && worker > 0 ? 0 : merged[i];
    });
  }

  #rules(name: string): readonly ('sum' | 'largest')[] {
    const { lasts } = this.#arena.field(name);
    if (lasts?.as !== 'workers') throw new Error(`field ${name} is not kept worker by worker`);
    return lasts.merge;
  }
}

function isDoubled({ lasts }: Field): boolean {
  return lasts?.as === 'rows' && lasts.doubled === true;
}

/** Where rows of arcs begin: by position in the arena, by number where they are kept. */
interface PlacedArcs {
  start: Uint32Array;
  given: Uint32Array;
  positions: Uint32Array;
}

function placedArcs(start: Uint32Array, positions: Uint32Array): PlacedArcs {
  const given = new Uint32Array(start.length);
  for (let number = 0; number < positions.length; number++) {
    const at = positions[number]!;
    given[number + 1] = given[number]! + start[at + 1]! - start[at]!;
  }
  return { start, given, positions };
}

/** Of a field with entries for every arc; null of any other. */
function arcsOf({ lasts }: Field): { halves: number; out: boolean } | null {
  if (lasts?.as !== 'whole' || lasts.perArc === undefined) return null;
  return { halves: lasts.perArc, out: lasts.out ?? false };
}

/** Rows, or bytes of what is whole. */
function shareOf({ as, rows, rowBytes }: Section, worker: number, workers: number) {
  return shareOfMany(as === 'rows' ? rows : rowBytes, worker, workers);
}

function shareOfMany(length: number, worker: number, workers: number) {
  return {
    from: Math.floor((length * worker) / workers),
    to: Math.floor((length * (worker + 1)) / workers),
  };
}
