/**
 * A wire format is one module: how long its messages are, how they are packed and unpacked plainly, what a
 * message means, and the kernels that read it. Little-endian; a slot is a whole number of 8-byte words,
 * fields follow one another without gaps, least significant bit first, and bits that belong to no field are
 * zero.
 */

import { gather as gatherRows, type ReferenceGraph } from '../../../kernels/reference/gather.js';
import { type NumberBits, type Precision, REAL } from '../../arena/layout.js';
import type { Runtime } from '../../runtime.js';
import { agentsAhead } from './ahead.js';
import { BitReader, BitWriter } from './bits.js';

/** Plain and slow: the documentation of the kernels, and what tests hold them against. */
export interface WireFormat<Message> {
  /** Of every message. */
  bits: number;
  write(message: Message, slot: BitWriter): void;
  read(slot: BitReader, round: number): Message;
  /** The vector that a message stands for. */
  value(message: Message, round: number): Float64Array;
  /**
   * What the kernel makes of neighbours, where it does not add up vectors one after the other: bit for bit.
   */
  gathered?(graph: ReferenceGraph, messages: readonly Message[], i: number, round: number): Float64Array;
  /** What the n-th thing that `read` reads is, for people. */
  fieldAt(n: number, round: number): FieldName;
  /** For tables, behind a kernel's name: `k=8`. */
  label?: string;
}

/** One field of a message, in words. */
export interface FieldName {
  /** `scale`, `sign`, `level`, `index`, `value`. */
  name: string;
  /** Of which entry of the vector; null where of none, or of one that another field names. */
  coordinate: number | null;
  meaning: string;
}

/** Bytes of the slot that holds a message. */
export function slotBytes(bits: number): number {
  return Math.ceil(bits / 64) * 8;
}

/**
 * The same where kernels write what stands behind the first `head` bits in whole words, from wherever it
 * begins.
 */
export function slotBytesBehind(head: number, body: number): number {
  return slotBytes(head + Math.ceil(body / 64) * 64);
}

/** Bits of a number that is sent as it is. */
export function realBitsOf({ precision }: { precision?: Precision | undefined }): NumberBits {
  return REAL[precision ?? 'float64'].bits;
}

/** Bits of one index into dim entries: ceil(log2 dim). */
export function indexBits(dim: number): number {
  return dim <= 1 ? 0 : 32 - Math.clz32(dim - 1);
}

/** The slot of a message. */
export function pack<Message>(format: WireFormat<Message>, message: Message): Uint8Array {
  const slot = new Uint8Array(slotBytes(format.bits));
  const writer = new BitWriter(slot);
  writer.begin(0, slot.length);
  format.write(message, writer);
  return slot;
}

/** The vector that a slot stands for. */
export function unpack<Message>(format: WireFormat<Message>, slot: Uint8Array, round = 0): Float64Array {
  const reader = new BitReader(slot);
  reader.begin(0);
  return format.value(format.read(reader, round), round);
}

/** Row i of the Laplacian applied to messages. */
export function gathered<Message>(
  format: WireFormat<Message>,
  graph: ReferenceGraph,
  messages: readonly Message[],
  i: number,
  round = 0,
): Float64Array {
  if (format.gathered) return format.gathered(graph, messages, i, round);
  const rows = messages.map((message) => format.value(message, round));
  return gatherRows(graph, rows, i);
}

/**
 * What every kernel that reads messages is called with; a format has up to three numbers of its own behind
 * dim.
 */
interface ReadingKernels {
  gather(
    first: number,
    count: number,
    rowStart: number,
    columns: number,
    weights: number,
    weightStride: number,
    degrees: number,
    slots: number,
    slotBytes: number,
    out: number,
    outStride: number,
    dim: number,
    a: number,
    b: number,
    c: number,
  ): void;
  decode(
    first: number,
    count: number,
    slots: number,
    slotBytes: number,
    out: number,
    outStride: number,
    dim: number,
    a: number,
    b: number,
  ): void;
}

/** The numbers of a format, in the order of its kernels; those that it has not are not looked at. */
interface OwnNumbers {
  a?(round: number): number;
  b?(round: number): number;
  c?: number;
}

/**
 * Messages of vectors of dim entries, and how far apart they lie: an agent's stands at `agent * slotBytes`.
 */
export interface Slots {
  dim: number;
  slotBytes: number;
}

export interface Readers {
  /** out (block rows) = sum_j L_ij q_j, padding zero. */
  gather(first: number, count: number, round: number, slots: number, out: number, outStride: number): void;
  /** out (block rows) = the agents' own decoded messages q_i. */
  decode(first: number, count: number, round: number, slots: number, out: number, outStride: number): void;
}

const none = () => 0;

export function bindReaders(
  { gather, decode }: ReadingKernels,
  { dim, slotBytes }: Slots,
  runtime: Runtime,
  { a = none, b = none, c = 0 }: OwnNumbers = {},
): Readers {
  const { graph: g, kernels } = runtime;
  const far = agentsAhead(runtime, slotBytes) > 0;
  return {
    gather(first, count, round, slots, out, outStride) {
      if (far) kernels.touchSlots(first, count, g.rowStart, g.columns, slots, slotBytes, out);
      gather(
        first,
        count,
        g.rowStart,
        g.columns,
        g.weights,
        g.weightStride,
        g.degrees,
        slots,
        slotBytes,
        out,
        outStride,
        dim,
        a(round),
        b(round),
        c,
      );
    },
    decode: (first, count, round, slots, out, outStride) =>
      decode(first, count, slots, slotBytes, out, outStride, dim, a(round), b(round)),
  };
}
