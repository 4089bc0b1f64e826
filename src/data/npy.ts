/**
 * NumPy's .npy files: a magic string, a Python dict that says type, order and shape, then the numbers.
 *
 * Reads format versions 1, 2 and 3; floats, integers and booleans of either byte order; C and Fortran order;
 * one or two dimensions, or three where the caller can do with them. Whatever the file holds, the reader
 * gives float64 in C order (64-bit integers beyond 2^53 are rounded). The writer writes '<f8', of float32
 * '<f4', in C order, and takes the rows of an arena as they lie, padding included, without a second copy of
 * them. Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */

import { type FileHandle, open, stat } from 'node:fs/promises';
import {
  MAX_NPY_HEADER_BYTES,
  NPY_MAGIC,
  type NpyHeader,
  parseNpyHeader,
} from '../../topology/npy-header.js';
import { checkKind } from '../../topology/read-file.js';
import { type Written, writeWholeLater } from '../../topology/whole-file.js';
import type { Reals } from '../arena/layout.js';
import { InputError } from '../base/errors.js';
import { InputReading } from '../base/inputs.js';
import { checkMemory } from '../base/memory.js';

export interface NpyArray {
  /** [length] or [rows, columns]; [tables, rows, columns] where three dimensions were allowed. */
  shape: number[];
  /** C order: row by row. */
  data: Float64Array;
}

/**
 * Rows as they lie in an arena: row r starts at data[r * rowStride] (with `positions`, at data[positions[r] *
 * rowStride]), its first `columns` entries count.
 */
export interface PaddedRows {
  data: Reals;
  rows: number;
  columns: number;
  /** Entries, not bytes. */
  rowStride: number;
  positions?: Uint32Array | undefined;
}

const HEADER_ALIGNMENT_BYTES = 64;
const CHUNK_BYTES = 4 * 2 ** 20;

/** `dimensions`: how many the array may have. */
export async function readNpy(file: string, dimensions: 2 | 3 = 2): Promise<NpyArray> {
  const handle = await openForReading(file);
  try {
    const fileBytes = (await handle.stat()).size;
    const head = Buffer.alloc(Math.min(fileBytes, MAX_NPY_HEADER_BYTES));
    await readFully(file, handle, head, 0);
    const header = parseNpyHeader(
      head,
      file,
      dimensions,
      (message, hint) => new InputError(message, { file, hint }),
    );

    const itemBytes = Number(header.type.slice(1));
    const length = header.shape.reduce((product, extent) => product * extent, 1);
    const payloadBytes = fileBytes - header.payloadOffset;
    if (payloadBytes !== length * itemBytes) {
      const what = payloadBytes < length * itemBytes ? 'is cut short' : 'is too long';
      throw new InputError(
        `${file} ${what}: ${payloadBytes} bytes of numbers found, expected ${length * itemBytes} (shape ${formatShape(header.shape)}, type ${header.type})`,
        { file },
      );
    }
    checkMemory(file, length * 8 * (header.fortranOrder ? 2 : 1), { file });
    const data = new Float64Array(length);
    const reading = new InputReading(file);
    reading.update(head.subarray(0, header.payloadOffset));
    if (header.type === 'f8' && header.littleEndian) {
      const payload = new Uint8Array(data.buffer);
      await readFully(file, handle, payload, header.payloadOffset);
      reading.update(payload);
    } else {
      await readConverted(file, handle, header, itemBytes, data, reading);
    }
    reading.end();
    return { shape: header.shape, data: header.fortranOrder ? transposed(data, header.shape) : data };
  } finally {
    await handle.close();
  }
}

async function readConverted(
  file: string,
  handle: FileHandle,
  header: NpyHeader,
  itemBytes: number,
  data: Float64Array,
  reading: InputReading,
): Promise<void> {
  const { decode } = header;
  const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, data.length * itemBytes));
  const chunkItems = Math.floor(CHUNK_BYTES / itemBytes);
  for (let first = 0; first < data.length; first += chunkItems) {
    const count = Math.min(chunkItems, data.length - first);
    await readFully(
      file,
      handle,
      chunk.subarray(0, count * itemBytes),
      header.payloadOffset + first * itemBytes,
    );
    reading.update(chunk.subarray(0, count * itemBytes));
    const view = new DataView(chunk.buffer, chunk.byteOffset, count * itemBytes);
    for (let i = 0; i < count; i++) data[first + i] = decode(view, i * itemBytes, header.littleEndian);
  }
}

function transposed(data: Float64Array, shape: readonly number[]): Float64Array {
  if (shape.length === 1) return data;
  const [rows, columns, depth = 1] = shape as [number, number, number?];
  const result = new Float64Array(data.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      for (let d = 0; d < depth; d++) {
        result[(r * columns + c) * depth + d] = data[(d * columns + c) * rows + r]!;
      }
    }
  }
  return result;
}

export async function writeNpy(file: string, array: NpyArray): Promise<void> {
  const columns = array.shape.slice(1).reduce((product, extent) => product * extent, 1);
  const rows = { data: array.data, rows: array.shape[0]!, columns, rowStride: columns };
  await writeWholeLater(file, npyPieces(rows, array.shape));
}

/**
 * Writes rows x columns, a few MiB at a time: the memory it takes does not grow with the array. A reader
 * never sees half a file. `told` hears of every piece that is written, in entries.
 */
export async function writeNpyRows(
  file: string,
  rows: PaddedRows,
  told?: (entries: number) => void,
): Promise<Written> {
  return writeWholeLater(file, npyPieces(rows, [rows.rows, rows.columns], told));
}

/** Each piece is to be written before the next is asked for: they share their memory. */
function* npyPieces(
  source: PaddedRows,
  shape: readonly number[],
  told: (entries: number) => void = () => {},
): Generator<Uint8Array> {
  const single = source.data instanceof Float32Array;
  yield formatHeader(shape, single);
  const { data, rows, columns, rowStride, positions } = source;
  const numbers = single ? Float32Array : Float64Array;
  const itemBytes = numbers.BYTES_PER_ELEMENT;
  const chunkRows = Math.max(1, Math.floor(CHUNK_BYTES / (itemBytes * Math.max(columns, 1))));
  // A chunk of its own, because a file cannot be written from shared memory.
  const chunk = new numbers(Math.min(chunkRows, rows) * columns);
  for (let first = 0; first < rows; first += chunkRows) {
    const count = Math.min(chunkRows, rows - first);
    for (let r = 0; r < count; r++) {
      const start = (positions === undefined ? first + r : positions[first + r]!) * rowStride;
      for (let c = 0; c < columns; c++) chunk[r * columns + c] = data[start + c]!;
    }
    yield new Uint8Array(chunk.buffer, 0, count * columns * itemBytes);
    told(count * columns);
  }
}

function formatHeader(shape: readonly number[], single: boolean): Buffer {
  const dict = `{'descr': '${single ? '<f4' : '<f8'}', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  const unpadded = 10 + dict.length + 1;
  const total = Math.ceil(unpadded / HEADER_ALIGNMENT_BYTES) * HEADER_ALIGNMENT_BYTES;
  const header = Buffer.alloc(total, ' ');
  header.write(`${NPY_MAGIC}\x01\x00`, 0, 'latin1');
  header.writeUInt16LE(total - 10, 8);
  header.write(dict, 10, 'latin1');
  header.write('\n', total - 1, 'latin1');
  return header;
}

async function openForReading(file: string): Promise<FileHandle> {
  try {
    const info = await stat(file);
    checkKind(info);
    // How much there is must be known before an array is made for it.
    if (!info.isFile()) throw new Error('it is a pipe, expected a file');
    return await open(file, 'r');
  } catch (error) {
    throw new InputError(`cannot read ${file}: ${(error as Error).message}`, { file }, { cause: error });
  }
}

/** One read call may return less than it was asked for, and never more than 2 GiB. */
async function readFully(
  file: string,
  handle: FileHandle,
  target: Uint8Array,
  position: number,
): Promise<void> {
  let done = 0;
  while (done < target.length) {
    const { bytesRead } = await handle.read(
      target,
      done,
      Math.min(target.length - done, 2 ** 30),
      position + done,
    );
    if (bytesRead === 0)
      throw new InputError(`${file} ended after ${position + done} bytes, while it was being read`, { file });
    done += bytesRead;
  }
}

export function formatShape(shape: readonly number[]): string {
  return `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
}
