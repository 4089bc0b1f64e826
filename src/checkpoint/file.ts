/**
 * A checkpoint as a file: what is kept of a run (`kept.ts`), where it stood, and what it is of.
 *
 *     sottovoce-checkpoint/1\n
 *     { "run": ..., "round": ..., "sections": [...], ... }\n      one line of JSON, padded to a multiple of 8 bytes
 *     the sections, little-endian
 *     SHA-256 of all that stands before it, hexadecimal\n
 *
 * Of a run over several ranks each rank writes such a file of its own agents, and the first one, when all of these are
 * there, another one that names them: the head, which has no sections of its own (`parts.ts`).
 *
 * `head -2 FILE` shows what it is. One that is torn, foreign or of another version is never used: whoever opens
 * it is told why, and takes the one before.
 */

import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { PartFile } from '../../topology/whole-file.js';
import type { Standing } from '../run/tasks.js';
import type { Section } from './kept.js';

const FORMAT = 'sottovoce-checkpoint/1';
const DIGEST_BYTES = 65;
const ALIGNMENT = 8;
/** A header is a list of sections, some hundred bytes each. */
const MOST_HEADER_BYTES = 2 ** 20;
const CHUNK_BYTES = 2 ** 20;
/** Other work of the thread goes on between as many chunks. */
const CHUNKS_A_BREATH = 8;

/** What decides the bits of a run beside its state. */
export interface Origin {
  /** Digest of its config, without its number of rounds. */
  config: string;
  /** Versions; those of Node may differ. */
  sottovoce: string;
  kernels: string;
  node: string;
}

/** What a checkpoint is of. */
export interface CheckpointHeader extends Standing, Origin {
  /** Id of the run. */
  run: string;
  sections: readonly Section[];
  /** Bytes of all sections. */
  bytes: number;
  time: string;
  /** Of one rank's part: whose it is. */
  part?: { rank: number; ranks: number };
  /** Of a head: its parts, by rank. Sections and bytes are those that they have together. */
  parts?: readonly PartFileOf[];
}

/** A part of a checkpoint, beside its head. */
export interface PartFileOf {
  file: string;
  /** SHA-256 of all before it, which is what stands at its end. */
  digest: string;
}

/** Why a checkpoint cannot be used, as half a sentence. */
export class Unusable extends Error {}

/** Gives its length in bytes and its digest; `told` is called with the bytes of each piece. The disk has it when this resolves. Throws what the file system throws. */
export async function writeCheckpoint(
  file: string,
  header: CheckpointHeader,
  kept: Uint8Array,
  told: (bytes: number) => void = () => {},
): Promise<{ bytes: number; digest: string }> {
  const part = new PartFile(file);
  try {
    part.write(headerText(header));
    // Neither hashes nor files take shared memory: a chunk at a time goes through a buffer of our own.
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, kept.length));
    for (let at = 0, chunks = 0; at < kept.length; at += chunk.length) {
      const bytes = chunk.subarray(0, Math.min(chunk.length, kept.length - at));
      bytes.set(kept.subarray(at, at + bytes.length));
      part.write(bytes);
      told(bytes.length);
      if (++chunks % CHUNKS_A_BREATH === 0) await new Promise(setImmediate);
    }
    const digest = part.digest();
    part.write(`${digest}\n`);
    const { bytes } = await part.finishLater();
    return { bytes, digest };
  } catch (error) {
    part.discard();
    throw error;
  }
}

function headerText(header: CheckpointHeader): string {
  const text = `${FORMAT}\n${JSON.stringify(header)}`;
  const bytes = Buffer.byteLength(text) + 1;
  return `${text}${' '.repeat((ALIGNMENT - (bytes % ALIGNMENT)) % ALIGNMENT)}\n`;
}

/** What it says of itself. Throws Unusable; what the file system refuses is said so, too. */
export function readHeader(file: string): CheckpointHeader {
  return opened(file, (handle) => headerOf(handle).header);
}

/**
 * What was kept, once all of it has been checked.
 *
 * @param into as many bytes as the header says; null checks and keeps nothing
 */
export function readCheckpoint(file: string, into: Uint8Array | null): CheckpointHeader {
  return readThrough(file, ({ bytes }) => {
    if (into !== null && into.length !== bytes)
      throw new Unusable(`holds ${bytes} bytes of state, expected ${into.length}`);
    return (piece, at) => into?.set(piece, at);
  }).header;
}

/** Bytes of a file's sections, from `at` on. */
export type Peek = (at: number, length: number) => Uint8Array;

/** Piece after piece of a file's sections, which hold only if nothing is thrown at the end. */
export function readThrough(
  file: string,
  take: (header: CheckpointHeader, peek: Peek) => (piece: Uint8Array, at: number) => void,
): { header: CheckpointHeader; digest: string } {
  return opened(file, (handle) => {
    const { header, text } = headerOf(handle);
    const size = fstatSync(handle).size;
    const body = header.parts === undefined ? header.bytes : 0;
    const expected = text.length + body + DIGEST_BYTES;
    if (size !== expected) throw new Unusable(`has ${size} bytes, expected ${expected}: it is torn`);
    const took = take(header, (at, length) =>
      readPart(handle, Buffer.alloc(length), text.length + at, length),
    );
    const hash = createHash('sha256').update(text);
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (let at = 0; at < body; ) {
      const bytes = readPart(handle, chunk, text.length + at, Math.min(CHUNK_BYTES, body - at));
      hash.update(bytes);
      took(bytes, at);
      at += bytes.length;
    }
    const written = readPart(handle, chunk, text.length + body, DIGEST_BYTES).toString('latin1');
    const digest = hash.digest('hex');
    if (written !== `${digest}\n`)
      throw new Unusable('is not as it was written: its bytes have another SHA-256');
    return { header, digest };
  });
}

function opened<T>(file: string, act: (handle: number) => T): T {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch (error) {
    throw new Unusable(`cannot be read: ${(error as Error).message}`);
  }
  try {
    return act(handle);
  } catch (error) {
    if (error instanceof Unusable) throw error;
    throw new Unusable(`cannot be read: ${(error as Error).message}`);
  } finally {
    closeSync(handle);
  }
}

function headerOf(handle: number): { header: CheckpointHeader; text: Buffer } {
  const size = fstatSync(handle).size;
  const start = readPart(handle, Buffer.alloc(Math.min(size, MOST_HEADER_BYTES)), 0, size);
  const first = start.indexOf('\n');
  const format = start.subarray(0, Math.max(0, Math.min(first, FORMAT.length * 2))).toString('latin1');
  if (format !== FORMAT) {
    const what = format.startsWith('sottovoce-checkpoint/')
      ? `is a ${JSON.stringify(format)}, expected ${FORMAT}: another version wrote it`
      : 'is no checkpoint, or its beginning is torn';
    throw new Unusable(what);
  }
  const end = start.indexOf('\n', first + 1);
  if (end < 0) throw new Unusable('has no whole header: it is torn');
  let header: unknown;
  try {
    header = JSON.parse(start.subarray(first + 1, end).toString('utf8'));
  } catch {
    throw new Unusable('has a header that is no JSON');
  }
  if (!isHeader(header)) throw new Unusable('has a header that says too little of it');
  return { header, text: start.subarray(0, end + 1) };
}

function isHeader(data: unknown): data is CheckpointHeader {
  if (data === null || typeof data !== 'object') return false;
  const { run, config, sottovoce, kernels, round, seconds, refining, sections, bytes } =
    data as Partial<CheckpointHeader>;
  const texts = [run, config, sottovoce, kernels].every((text) => typeof text === 'string');
  const numbers = [round, bytes].every((number) => Number.isSafeInteger(number) && (number as number) >= 0);
  return (
    texts &&
    numbers &&
    typeof seconds === 'number' &&
    typeof refining === 'boolean' &&
    Array.isArray(sections)
  );
}

/** Of `length` bytes those that are there. */
function readPart(handle: number, buffer: Buffer, at: number, length: number): Buffer {
  const wanted = Math.min(length, buffer.length);
  let done = 0;
  while (done < wanted) {
    const read = readSync(handle, buffer, done, wanted - done, at + done);
    if (read === 0) break;
    done += read;
  }
  return buffer.subarray(0, done);
}
