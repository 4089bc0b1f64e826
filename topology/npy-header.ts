/**
 * The beginning of NumPy's .npy files: a magic string and a Python dict that says type, order and shape.
 * Graphs and data read it alike; who reads says what kind of error a wrong one is. Format:
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */

import { show } from './errors.js';

export interface NpyHeader {
  type: string;
  decode: Decode;
  littleEndian: boolean;
  fortranOrder: boolean;
  shape: number[];
  payloadOffset: number;
}

type Decode = (view: DataView, offset: number, littleEndian: boolean) => number;

export const NPY_DECODERS: Record<string, Decode> = {
  f8: (view, offset, little) => view.getFloat64(offset, little),
  f4: (view, offset, little) => view.getFloat32(offset, little),
  i8: (view, offset, little) => Number(view.getBigInt64(offset, little)),
  u8: (view, offset, little) => Number(view.getBigUint64(offset, little)),
  i4: (view, offset, little) => view.getInt32(offset, little),
  u4: (view, offset, little) => view.getUint32(offset, little),
  i2: (view, offset, little) => view.getInt16(offset, little),
  u2: (view, offset, little) => view.getUint16(offset, little),
  i1: (view, offset) => view.getInt8(offset),
  u1: (view, offset) => view.getUint8(offset),
  b1: (view, offset) => (view.getUint8(offset) === 0 ? 0 : 1),
};

export const NPY_MAGIC = '\x93NUMPY';

export const MAX_NPY_HEADER_BYTES = 65_536;

/** The header says how many bytes follow, so a file is checked before its array is allocated. */
export function parseNpyHeader(
  head: Buffer,
  file: string,
  dimensions: 2 | 3,
  fail: (message: string, hint?: string) => Error,
): NpyHeader {
  if (head.length < 10 || head.toString('latin1', 0, 6) !== NPY_MAGIC) {
    throw fail(
      `${file} is not a .npy file: it begins with ${formatBytesFound(head)}, expected "\\x93NUMPY"`,
      hintOfMagic(head),
    );
  }
  const version = head[6]!;
  if (version < 1 || version > 3) {
    throw fail(`${file} has .npy format version ${version}.${head[7]}, expected 1, 2 or 3`);
  }
  const textStart = version === 1 ? 10 : 12;
  const textBytes = version === 1 ? head.readUInt16LE(8) : head.length < 12 ? 0 : head.readUInt32LE(8);
  const payloadOffset = textStart + textBytes;
  if (payloadOffset > head.length || textBytes === 0) {
    throw fail(`${file} is cut short: ${head.length} bytes found, expected a header of ${payloadOffset}`);
  }
  const text = head.toString(version === 3 ? 'utf8' : 'latin1', textStart, payloadOffset).trim();
  const descr = /'descr':\s*'([<>|=])(\w+)'/.exec(text);
  const fortran = /'fortran_order':\s*(True|False)/.exec(text);
  const extents = /'shape':\s*\(([^()]*)\)/.exec(text);
  if (!fortran || !extents || !/'descr':/.test(text)) {
    throw fail(`${file} has the header ${show(text)}, expected a dict with descr, fortran_order and shape`);
  }
  const decode = NPY_DECODERS[descr?.[2] ?? ''];
  if (!descr || !decode) {
    const found = descr ? `${descr[1]}${descr[2]}` : show(text);
    throw fail(
      `${file} holds numbers of type ${found}, expected one of ${Object.keys(NPY_DECODERS).join(', ')}`,
      hintOfType(descr?.[2]),
    );
  }
  const shape = extents[1]!
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(Number);
  if (shape.some((extent) => !Number.isSafeInteger(extent) || extent < 0)) {
    throw fail(`${file} has the shape (${extents[1]}), expected whole numbers, 0 or more`);
  }
  if (shape.length < 1 || shape.length > dimensions) {
    const expected = dimensions === 2 ? 'one or two' : 'one to three';
    throw fail(`${file} has the shape (${extents[1]}), expected ${expected} dimensions`);
  }
  return {
    type: descr[2]!,
    decode,
    littleEndian: descr[1] !== '>',
    fortranOrder: fortran[1] === 'True',
    shape,
    payloadOffset,
  };
}

function formatBytesFound(head: Buffer): string {
  return head.length === 0 ? 'nothing' : show(head.toString('latin1', 0, 6));
}

function hintOfMagic(head: Buffer): string | undefined {
  const begins = head.toString('latin1', 0, 4);
  if (begins.startsWith('PK'))
    return 'numpy.savez writes an archive of several arrays: write one with numpy.save';
  if (begins.startsWith('\x1f\x8b')) return 'it is compressed: unpack it first, gunzip';
  if (begins.startsWith('\x80')) return 'a pickle is not read: numpy.save(FILE, a)';
  return undefined;
}

function hintOfType(type: string | undefined): string {
  if (type?.startsWith('O'))
    return 'an array of Python objects is a pickle, which is not read: numpy.save(FILE, a.astype(float))';
  if (type?.startsWith('c'))
    return 'complex numbers are not read: numpy.save(FILE, a.real), or real and imaginary parts as columns';
  return 'numpy.save(FILE, a.astype(float))';
}
