/**
 * Checkpoints of several files: the head, and a part for every rank that wrote it, with the rows of its own agents.
 * Together the parts are what one machine keeps (`kept.ts`); so one machine reads them as one file, and a rank of any
 * number of ranks takes what is its own from whatever there is. Nothing but that is ever held in memory.
 *
 * A row is found by its agent's number, an arc by where it stands in the graph as given.
 */

import path from 'node:path';
import type { Merge } from '../arena/layout.js';
import {
  type CheckpointHeader,
  type Peek,
  readCheckpoint,
  readHeader,
  readThrough,
  Unusable,
} from './file.js';
import { DEGREES, isWho, NUMBERS, OUT_DEGREES, type Section, type Whose } from './kept.js';

/** What is filled, and of which agents. */
export interface Target {
  bytes: Uint8Array;
  sections: readonly Section[];
  /** Null: of all. */
  whose: Whose | null;
  rank: number;
}

/**
 * The same as `readCheckpoint`, of one file or several.
 *
 * @param into as many bytes as the header says, of all agents; null checks and keeps nothing
 */
export function readWhole(file: string, into: Uint8Array | null): CheckpointHeader {
  const header = readHeader(file);
  if (header.parts === undefined) return readCheckpoint(file, into);
  if (into !== null && into.length !== header.bytes)
    throw new Unusable(`holds ${header.bytes} bytes of state, expected ${into.length}`);
  const { sections } = header;
  return readParts(file, header, into === null ? null : { bytes: into, sections, whose: null, rank: 0 });
}

/** What a rank has of it. */
export function readShare(file: string, target: Target): CheckpointHeader {
  const header = readHeader(file);
  if (header.parts !== undefined) return readParts(file, header, target);
  return readThrough(file, ({ sections }) => placer({ sections, said: null, rank: 0 }, null, target)).header;
}

/** Agents of a part and their arcs, as its first sections say. */
interface Said {
  numbers: Uint32Array;
  degrees: Uint32Array;
  outDegrees: Uint32Array;
}

function readParts(head: string, header: CheckpointHeader, target: Target | null): CheckpointHeader {
  readThrough(head, () => () => {});
  const parts = header.parts ?? [];
  const files = parts.map(({ file }) => path.join(path.dirname(head), path.basename(file)));
  const total = Math.max(...header.sections.map(({ as, rows }) => (as === 'rows' ? rows : 0)));
  const starts = target !== null && target.whose === null ? startsOf(files, total) : null;
  target?.bytes.fill(0);
  let agents = 0;
  for (const [rank, file] of files.entries()) {
    try {
      const { digest } = readThrough(file, ({ part, sections, ...own }, peek) => {
        const { run, round } = header;
        if (part?.rank !== rank || part.ranks !== files.length || own.run !== run || own.round !== round)
          throw new Unusable('is no part of it');
        const said = saidBy(sections, peek, total);
        agents += said.numbers.length;
        return target === null ? () => {} : placer({ sections, said, rank }, starts, target);
      });
      if (digest !== parts[rank]?.digest) throw new Unusable('is another than its head names');
    } catch (error) {
      if (error instanceof Unusable) throw new Unusable(`${path.basename(file)} ${error.message}`);
      throw error;
    }
  }
  if (agents !== total) throw new Unusable(`has parts of ${agents} agents, expected ${total}`);
  return header;
}

function saidBy(sections: readonly Section[], peek: Peek, total: number): Said {
  const [numbers, degrees, outDegrees] = [NUMBERS, DEGREES, OUT_DEGREES].map((name) => {
    const section = sections.find((one) => one.name === name);
    if (section === undefined) throw new Unusable('does not say which agents it has');
    return new Uint32Array(Uint8Array.from(peek(section.offset, section.rowBytes)).buffer);
  }) as [Uint32Array, Uint32Array, Uint32Array];
  for (let i = 0; i < numbers.length; i++)
    if (numbers[i] >= total || (i > 0 && numbers[i] <= numbers[i - 1]))
      throw new Unusable(`says that agent ${numbers[i]} is its ${i}-th one of ${total}`);
  return { numbers, degrees, outDegrees };
}

/** Where each agent's arcs begin, of those it hears and of those who hear it. */
interface Starts {
  inward: Float64Array;
  outward: Float64Array;
}

function startsOf(files: readonly string[], total: number): Starts {
  const inward = new Float64Array(total + 1);
  const outward = new Float64Array(total + 1);
  for (const file of files) {
    // Of what it says first: it is checked with all the rest.
    const { numbers, degrees, outDegrees } = sayingOf(file, total);
    for (let i = 0; i < numbers.length; i++) {
      inward[numbers[i] + 1] = degrees[i];
      outward[numbers[i] + 1] = outDegrees[i];
    }
  }
  for (let agent = 0; agent < total; agent++) {
    inward[agent + 1] += inward[agent];
    outward[agent + 1] += outward[agent];
  }
  return { inward, outward };
}

class Enough extends Error {}

function sayingOf(file: string, total: number): Said {
  let said: Said | null = null;
  try {
    readThrough(file, ({ sections }, peek) => {
      said = saidBy(sections, peek, total);
      throw new Enough();
    });
  } catch (error) {
    if (said === null) throw new Unusable(`${path.basename(file)} ${(error as Error).message}`);
  }
  return said as unknown as Said;
}

/** Bytes of a source that go somewhere, ascending. `into`: where they are gathered. */
interface Move {
  from: number;
  length: number;
  into: Uint8Array;
  to: number;
}

/** Where bytes come from: a rank's part, or a file with all agents. */
interface Source {
  sections: readonly Section[];
  said: Said | null;
  rank: number;
}

/** Takes the bytes of a source's sections, in order, to where they belong. */
function placer(
  source: Source,
  starts: Starts | null,
  target: Target,
): (piece: Uint8Array, at: number) => void {
  const moves = movesOf(source, starts, target);
  let next = moves.next();
  return (piece, at) => {
    const to = at + piece.length;
    while (!next.done && next.value.from < to) {
      const { from, length, into, to: there } = next.value;
      const first = Math.max(from, at);
      const last = Math.min(from + length, to);
      if (last > first) into.set(piece.subarray(first - at, last - at), there + first - from);
      if (from + length > to) return;
      next = moves.next();
    }
  };
}

function* movesOf(source: Source, starts: Starts | null, target: Target): Generator<Move> {
  const { sections, said } = source;
  const { bytes } = target;
  const pairs = pairsOf(said?.numbers ?? null, target.whose?.numbers ?? null);
  for (const section of sections) {
    const own = target.sections.find(({ name }) => name === section.name);
    if (own === undefined || isWho(section.name)) continue;
    const perArc = section.perArc ?? own.perArc;
    if (section.as === 'rows') {
      if (section.rowBytes !== own.rowBytes) throw new Unusable(`has other rows of ${section.name}`);
      yield* rowMoves(section, own, pairs, bytes);
    } else if (section.as === 'workers') {
      const gathered = new Uint8Array(section.rowBytes);
      yield { from: section.offset, length: gathered.length, into: gathered, to: 0 };
      merge(own, section.merge ?? own.merge ?? [], new Float64Array(gathered.buffer), source.rank, target);
    } else if (perArc !== undefined) {
      yield* arcMoves(
        section,
        own,
        perArc,
        arcPairs(section.out ?? own.out ?? false, source, starts, target, pairs),
        bytes,
      );
    } else if (source.rank === 0) {
      yield { from: section.offset, length: section.rowBytes, into: bytes, to: own.offset };
    }
  }
}

/** Rows that both have: which of the source's, and which of the target's. */
interface Pairs {
  from: Uint32Array;
  to: Uint32Array;
}

/** Null: all agents. */
function pairsOf(source: Uint32Array | null, target: Uint32Array | null): Pairs {
  const counted = (length: number) => Uint32Array.from({ length }, (_, i) => i);
  if (target === null) return { from: counted(source?.length ?? 0), to: source ?? new Uint32Array() };
  if (source === null) return { from: target, to: counted(target.length) };
  const from: number[] = [];
  const to: number[] = [];
  for (let s = 0, t = 0; s < source.length && t < target.length; ) {
    if (source[s] === target[t]) {
      from.push(s++);
      to.push(t++);
    } else if (source[s] < target[t]) s++;
    else t++;
  }
  return { from: Uint32Array.from(from), to: Uint32Array.from(to) };
}

function* rowMoves(
  { offset, rowBytes }: Section,
  own: Section,
  { from, to }: Pairs,
  into: Uint8Array,
): Generator<Move> {
  for (let i = 0; i < from.length; ) {
    const first = i++;
    while (i < from.length && from[i] === from[i - 1] + 1 && to[i] === to[i - 1] + 1) i++;
    yield {
      from: offset + from[first] * rowBytes,
      length: (i - first) * rowBytes,
      into,
      to: own.offset + to[first] * rowBytes,
    };
  }
}

/** Arcs of the rows that both have: where they begin in the source and in the target, and how many there are. */
interface ArcPairs {
  from: Float64Array;
  to: Float64Array;
  count: Uint32Array;
  /** Arcs of the whole source, or null and those of the whole target: by them the bytes of one are known. */
  ofSource: number | null;
  ofTarget: number;
}

function arcPairs(
  out: boolean,
  { said }: Source,
  starts: Starts | null,
  { whose }: Target,
  pairs: Pairs,
): ArcPairs {
  const theirs = said === null ? null : startsOfRows(out ? said.outDegrees : said.degrees);
  const mine = whose === null ? null : startsOfRows(out ? whose.outDegrees : whose.degrees);
  const given = (out ? starts?.outward : starts?.inward) ?? null;
  const first = out ? whose?.firstOutArc : whose?.firstArc;
  const length = pairs.from.length;
  const from = new Float64Array(length);
  const to = new Float64Array(length);
  const count = new Uint32Array(length);
  for (let i = 0; i < length; i++) {
    const [s, t] = [pairs.from[i], pairs.to[i]];
    from[i] = theirs?.[s] ?? first?.[t] ?? 0;
    to[i] = mine?.[t] ?? given?.[t] ?? 0;
    const rows = theirs ?? mine;
    const row = theirs === null ? t : s;
    count[i] = rows === null ? 0 : rows[row + 1] - rows[row];
  }
  return { from, to, count, ofSource: theirs?.at(-1) ?? null, ofTarget: mine?.at(-1) ?? 0 };
}

function startsOfRows(degrees: Uint32Array): Float64Array {
  const starts = new Float64Array(degrees.length + 1);
  for (let row = 0; row < degrees.length; row++) starts[row + 1] = starts[row] + degrees[row];
  return starts;
}

function* arcMoves(
  { offset, rowBytes }: Section,
  own: Section,
  halves: number,
  { from, to, count, ofSource, ofTarget }: ArcPairs,
  into: Uint8Array,
): Generator<Move> {
  const unit = ofSource === null ? own.rowBytes / halves / ofTarget : rowBytes / halves / ofSource;
  if (!Number.isFinite(unit)) return;
  for (let half = 0; half < halves; half++) {
    const there = offset + (half * rowBytes) / halves;
    const here = own.offset + (half * own.rowBytes) / halves;
    for (let i = 0; i < from.length; i++)
      yield { from: there + from[i] * unit, length: count[i] * unit, into, to: here + to[i] * unit };
  }
}

/** Sums are the first rank's, the rest everybody's: written again it is the same. */
function merge(
  { offset }: Section,
  rules: readonly Merge[],
  values: Float64Array,
  from: number,
  { bytes, rank }: Target,
): void {
  const into = new Float64Array(bytes.buffer, bytes.byteOffset + offset, rules.length);
  rules.forEach((rule, i) => {
    if (rule === 'sum') into[i] = rank > 0 ? 0 : (from === 0 ? 0 : into[i]) + values[i];
    else if (from === 0) into[i] = values[i];
    else if (rule === 'largest') into[i] = Math.max(into[i], values[i]);
  });
}
