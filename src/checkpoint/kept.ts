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
 *
 * One of several ranks keeps the same of its own agents, and before it which they are: all ranks together have what
 * one machine has, and either can be read into the other (`parts.ts`).
 */

import type { Arena } from '../arena/arena.js';
import { BYTES, type Field, type FieldType, type Layout, type Merge, roundUp } from '../arena/layout.js';
import type { PartPlan } from '../ranks/part.js';

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
  /** In a rank's part, of what has an entry for every arc: halves, and whether the rows are of those who hear. */
  perArc?: 1 | 2;
  out?: boolean;
  /** In a rank's part, of what every worker has. */
  merge?: readonly Merge[];
}

/** What ranks share out. */
export type KeptPart = Pick<PartPlan, 'rank' | 'own' | 'rows' | 'total' | 'arcs' | 'inArcs' | 'outArcs'>;

/** Numbers of a part's agents, ascending; and how many arcs each has, to those it hears and to those who hear it. */
export const NUMBERS = 'part.numbers';
export const DEGREES = 'part.degrees';
export const OUT_DEGREES = 'part.outDegrees';

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

/** The same of one of several ranks. */
export function sectionsOfPart(layout: Layout, { own, inArcs, outArcs }: KeptPart): Section[] {
  const mine = [NUMBERS, DEGREES, OUT_DEGREES].map(
    (name): Section => ({ name, type: 'u32', as: 'whole', rows: 1, rowBytes: 4 * own, offset: 0 }),
  );
  const shares = sectionsOf(layout).map((section): Section => {
    const { lasts } = layout.fields[section.name];
    // Rows of ghosts are not kept.
    if (lasts?.as === 'rows') return { ...section, rows: own };
    if (lasts?.as === 'workers') return { ...section, merge: lasts.merge };
    const arcs = arcsOf(layout.fields[section.name]);
    if (arcs === null) return section;
    const { halves, out, unit } = arcs;
    const rowBytes = halves * unit * (out ? outArcs : inArcs);
    return { ...section, rowBytes, perArc: halves, ...(out && { out }) };
  });
  return placed([...mine, ...shares]);
}

/** What one machine would keep of a run of which a rank keeps this. */
export function sectionsOfAll(
  sections: readonly Section[],
  { total, arcs, inArcs, outArcs }: KeptPart,
): Section[] {
  return placed(
    sections
      .filter(({ name }) => !isWho(name))
      .map(({ perArc, out, merge, ...section }): Section => {
        if (section.as === 'rows') return { ...section, rows: total };
        if (perArc === undefined) return section;
        const own = out ? outArcs : inArcs;
        return { ...section, rowBytes: own === 0 ? 0 : (section.rowBytes / own) * arcs };
      }),
  );
}

function placed(sections: readonly Section[]): Section[] {
  let end = 0;
  return sections.map((section) => {
    const offset = roundUp(end, SECTION_ALIGNMENT);
    end = offset + section.rows * section.rowBytes;
    return { ...section, offset };
  });
}

/** Bytes of all sections together. */
export function keptBytes(sections: readonly Section[]): number {
  const last = sections.at(-1);
  return last === undefined ? 0 : roundUp(last.offset + last.rows * last.rowBytes, SECTION_ALIGNMENT);
}

/** Of a part, which agents it has, which is no field of the arena. */
export function isWho(name: string): boolean {
  return name.startsWith('part.');
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

  /** `part`: of one of several ranks; its graph stands in the arena by now. */
  constructor(arena: Arena, part: KeptPart | null = null) {
    this.sections = part === null ? sectionsOf(arena.layout) : sectionsOfPart(arena.layout, part);
    this.bytes = keptBytes(this.sections);
    this.#arena = arena;
    this.#memory = new Uint8Array(arena.memory.buffer);
    this.#words = new Uint32Array(arena.memory.buffer, 0, arena.memory.buffer.byteLength / WORD_BYTES);
    if (part !== null) this.#positions = byNumber(arena, part.own);
    else this.#positions = arena.has('agents.positions') ? arena.view('agents.positions', 'u32') : undefined;
    const perArc = this.sections.some(({ name }) => !isWho(name) && arcsOf(arena.field(name)) !== null);
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
      if (isWho(section.name)) {
        if (worker === 0) this.#sayWho(section, kept);
        continue;
      }
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
      if (isWho(section.name)) continue;
      if (section.as === 'workers') {
        this.#split(section, kept, worker);
        continue;
      }
      this.#copyShare(section, round, worker, workers, kept, false);
    }
  }

  /** Of a part, which agents it has. */
  #sayWho({ name, offset, rowBytes }: Section, kept: Uint8Array): void {
    const into = new Uint32Array(kept.buffer, kept.byteOffset + offset, rowBytes / 4);
    const positions = this.#positions as Uint32Array;
    const start = this.#arena.view(this.#rowsNamed(name === OUT_DEGREES), 'u32');
    const numbers = this.#arena.view('agents.numbers', 'u32');
    for (let i = 0; i < into.length; i++) {
      const at = positions[i];
      into[i] = name === NUMBERS ? numbers[at] : start[at + 1] - start[at];
    }
  }

  /** Of one of several ranks: how another form's rows come into this one's. */
  whose(): Whose {
    const who = (name: string) => {
      const { rowBytes } = this.sections.find((section) => section.name === name) as Section;
      const bytes = new Uint8Array(rowBytes);
      this.#sayWho({ ...(this.sections[0] as Section), name, offset: 0, rowBytes }, bytes);
      return new Uint32Array(bytes.buffer);
    };
    const first = (name: string) =>
      this.#arena.has(name)
        ? Uint32Array.from(this.#positions as Uint32Array, (at) => this.#arena.view(name, 'u32')[at])
        : null;
    const inward = first('agents.firstArc');
    return {
      numbers: who(NUMBERS),
      degrees: who(DEGREES),
      outDegrees: who(OUT_DEGREES),
      firstArc: inward,
      firstOutArc: first('agents.firstOutArc') ?? inward,
    };
  }

  #rowsNamed(out: boolean): string {
    return out && this.#arena.has('graph.outStart') ? 'graph.outStart' : 'graph.rowStart';
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
      const { from, to } = shareOfMany(arcs.positions.length, worker, workers);
      this.#copyArcs(section, lasts, arcs, from, to, kept, out);
      return;
    }
    const { from, to } = shareOf(section, worker, workers);
    this.#copy(section, round, from, to, kept, out);
  }

  /** Of the agents numbered `from` to `to - 1`. */
  #copyArcs(
    { name, rowBytes, offset }: Section,
    { halves, unit, arcs }: Arcs,
    { start, given, positions }: PlacedArcs,
    from: number,
    to: number,
    kept: Uint8Array,
    out: boolean,
  ): void {
    const base = this.#arena.field(name).offset;
    // A rank has arcs of others behind its own.
    const half = unit * arcs;
    const keptHalf = rowBytes / halves;
    for (let number = from; number < to; number++) {
      const length = (given[number + 1]! - given[number]!) * unit;
      for (let h = 0; h < halves; h++) {
        const at = base + h * half + start[positions[number]!]! * unit;
        const there = offset + h * keptHalf + given[number]! * unit;
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
    // A rank's halves have rows of ghosts as well.
    const parity = isDoubled(field) ? (round & 1) * (field.length / 2) * BYTES[field.type] : 0;
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
        else if (rule === 'largest') merged[i] = Math.max(merged[i], own[i]);
      });
    }
  }

  /** The first has what was summed, everyone the rest: merged again it is the same. */
  #split({ name, offset }: Section, kept: Uint8Array, worker: number): void {
    const merge = this.#rules(name);
    const merged = new Float64Array(kept.buffer, kept.byteOffset + offset, merge.length);
    const own = this.#arena.view(name, 'f64', worker);
    merge.forEach((rule, i) => {
      own[i] = rule === 'sum' && worker > 0 ? 0 : merged[i];
    });
  }

  #rules(name: string): readonly Merge[] {
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
  const given = new Uint32Array(positions.length + 1);
  for (let number = 0; number < positions.length; number++) {
    const at = positions[number]!;
    given[number + 1] = given[number]! + start[at + 1]! - start[at]!;
  }
  return { start, given, positions };
}

/** Of a field with entries for every arc; null of any other. */
interface Arcs {
  halves: 1 | 2;
  out: boolean;
  /** In the arena. */
  arcs: number;
  /** Bytes of an arc. */
  unit: number;
}

function arcsOf({ lasts, length, type }: Field): Arcs | null {
  if (lasts?.as !== 'whole' || lasts.perArc === undefined) return null;
  const { perArc, arcs, out = false } = lasts;
  return { halves: perArc, out, arcs, unit: arcs === 0 ? 0 : (length * BYTES[type]) / perArc / arcs };
}

/** Positions of a rank's own agents, in the order of their numbers. */
function byNumber(arena: Arena, own: number): Uint32Array {
  const numbers = arena.view('agents.numbers', 'u32');
  return Uint32Array.from({ length: own }, (_, at) => at).sort((a, b) => numbers[a] - numbers[b]);
}

/** Agents of a rank, ascending, and where their rows of arcs begin in the graph as given. */
export interface Whose {
  numbers: Uint32Array;
  degrees: Uint32Array;
  outDegrees: Uint32Array;
  firstArc: Uint32Array | null;
  firstOutArc: Uint32Array | null;
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
