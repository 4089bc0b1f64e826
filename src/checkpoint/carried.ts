/**
 * What a run that is changed between two rounds takes over: all that lasts in the arena that it leaves, in the
 * form of a checkpoint (`kept.ts`), as the run that it becomes will read it. What that one has beside it begins as
 * its host has filled it.
 */

import type { Arena } from '../arena/arena.js';
import { BYTES } from '../arena/layout.js';
import type { Edit } from '../run/changes.js';
import type { CarriedRows, CarryOver } from '../run/program.js';
import { Kept, type Section, sectionsOf } from './kept.js';

export interface Takeover {
  from: Arena;
  /** Filled, and run by nobody yet. */
  to: Arena;
  round: number;
  /** Null: both keep the same. */
  carry: CarryOver | null;
  edits: readonly Edit[];
  /** Of the change. */
  ordinal: number;
}

/** Into as many bytes as the new arena keeps. */
export function takeOver({ from, to, round, carry, edits, ordinal }: Takeover, into: Uint8Array): void {
  new Kept(to).save(into, round, 0, 1);
  const old = new Kept(from);
  const bytes = new Uint8Array(old.bytes);
  old.save(bytes, round, 0, 1);
  const sections = sectionsOf(to.layout);
  const before = new Map(old.sections.map((section) => [section.name, section]));
  for (const section of sections) {
    const earlier = before.get(section.name);
    if (earlier === undefined || carry?.anew.has(section.name)) continue;
    const halves = halvesOfArcs(to, section.name);
    if (halves !== null && carry !== null && carry.arcs !== null)
      takeArcs(bytes, earlier, into, section, carry.arcs, halves);
    else if (
      earlier.as === section.as &&
      earlier.type === section.type &&
      sizeOf(earlier) === sizeOf(section)
    )
      into.set(bytes.subarray(earlier.offset, earlier.offset + sizeOf(earlier)), section.offset);
  }
  carry?.settle({ round, rows: rowsIn(into, sections), before: rowsIn(bytes, old.sections) }, edits, ordinal);
}

function sizeOf({ rows, rowBytes }: Section): number {
  return rows * rowBytes;
}

/** How many entries of each arc's stand there, in a field of arcs; null in any other. */
function halvesOfArcs(arena: Arena, name: string): number | null {
  const { lasts } = arena.field(name);
  return lasts?.as === 'whole' ? (lasts.perArc ?? null) : null;
}

/** Arcs that were not there before begin as they were filled. */
function takeArcs(
  bytes: Uint8Array,
  earlier: Section,
  into: Uint8Array,
  section: Section,
  arcs: Int32Array,
  halves: number,
): void {
  if (arcs.length === 0) return;
  const half = sizeOf(section) / halves;
  const unit = half / arcs.length;
  const halfBefore = sizeOf(earlier) / halves;
  for (let h = 0; h < halves; h++) {
    for (let arc = 0; arc < arcs.length; arc++) {
      if (arcs[arc] < 0) continue;
      const at = earlier.offset + h * halfBefore + arcs[arc] * unit;
      into.set(bytes.subarray(at, at + unit), section.offset + h * half + arc * unit);
    }
  }
}

function rowsIn(bytes: Uint8Array, sections: readonly Section[]) {
  return (name: string): CarriedRows | null => {
    const section = sections.find((one) => one.name === name);
    if (section === undefined || section.as !== 'rows') return null;
    const { type, rows, rowBytes, offset } = section;
    if (type !== 'f64' && type !== 'f32') return null;
    const stride = rowBytes / BYTES[type];
    const at = bytes.byteOffset + offset;
    const length = rows * stride;
    const data =
      type === 'f64'
        ? new Float64Array(bytes.buffer, at, length)
        : new Float32Array(bytes.buffer, at, length);
    return { data, stride, count: rows };
  };
}
