/**
 * IDX files: arrays of unsigned bytes as MNIST and its successors are published (Y. LeCun, C. Cortes, C. J.
 * C. Burges, The MNIST database).
 *
 *     two bytes 0, the type (0x08: unsigned byte), the number of dimensions D; D sizes (uint32, big-endian); the bytes, last dimension fastest
 *
 * Other types than bytes are refused. An image is a row of height x width features, each byte / 255: numbers
 * in [0, 1].
 */

import { InputError, type SpecPath } from '../base/errors.js';
import { readBytes } from './text.js';

export interface IdxArray {
  shape: number[];
  data: Uint8Array;
}

/** What a byte is divided by to be a feature. */
export const PIXEL_RANGE = 255;

const UNSIGNED_BYTE = 0x08;
const TYPES: Readonly<Record<number, string>> = {
  9: 'signed bytes',
  11: '16-bit integers',
  12: '32-bit integers',
  13: '32-bit floats',
  14: '64-bit floats',
};

export async function readIdx(file: string, path: SpecPath = []): Promise<IdxArray> {
  // A view without Buffer's own `slice`, which does not copy.
  const { buffer, byteOffset, length } = await readBytes(file, { path });
  const bytes = new Uint8Array(buffer, byteOffset, length);
  return parseIdx(bytes, file, path);
}

export function parseIdx(bytes: Uint8Array, file: string, path: SpecPath = []): IdxArray {
  const refuse = (what: string, hint?: string) => new InputError(`${file}: ${what}`, { file, path, hint });
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) throw refuse('is compressed', 'unpack it first: gunzip');
  if (bytes.length < 4) throw refuse(`has ${bytes.length} bytes, too few for the header of an IDX file`);
  const [zero, zeroToo, type, dimensions] = bytes as unknown as [number, number, number, number];
  if (zero !== 0 || zeroToo !== 0 || !(type === UNSIGNED_BYTE || type in TYPES) || dimensions === 0) {
    const magic = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw refuse(
      `begins with ${magic}, expected the magic number of an IDX file (00 00 08 and its dimensions)`,
    );
  }
  if (type !== UNSIGNED_BYTE) throw refuse(`holds ${TYPES[type]}, expected unsigned bytes`);
  const headerBytes = 4 + 4 * dimensions;
  if (bytes.length < headerBytes) {
    throw refuse(`is cut short: ${bytes.length} bytes, expected a header of ${headerBytes}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const shape = Array.from({ length: dimensions }, (_, d) => view.getUint32(4 + 4 * d));
  const expected = headerBytes + shape.reduce((product, size) => product * size, 1);
  if (bytes.length !== expected) {
    const what = bytes.length < expected ? 'is cut short' : 'is too long';
    const size = `${bytes.length} bytes, expected ${expected}`;
    throw refuse(`${what}: ${size} (a header of ${headerBytes}, then ${shape.join(' x ')})`);
  }
  return { shape, data: bytes.subarray(headerBytes) };
}
