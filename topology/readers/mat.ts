/**
 * MATLAB's MAT-files of version 5 to 7.2 with one square numeric or logical array, full or sparse: the
 * adjacency matrix. Version 7.3 is HDF5, and refused; so is version 4. Elements may be compressed. Of several
 * arrays the only square one counts, or the one called A, W, adj or adjacency; other kinds are passed over.
 * Format: https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf
 *
 * A file is a header of 128 bytes and elements: a type and a number of bytes, 4 bytes each, and the data,
 * padded to 8 bytes; or, up to 4 bytes of data, the two numbers in 2 bytes each and the data behind them.
 */
import { inflateSync } from 'node:zlib';
import { fileError, printable, show } from '../errors.js';
import { checkSquare, MatrixEntries, type MatrixSource, withoutZeros } from './matrix.js';
import type { Reader } from './reader.js';

export const mat: Reader = {
  format: 'mat',
  extensions: ['.mat'],
  summary: "MATLAB's .mat, version 5: the adjacency matrix, full or sparse",
  parseBytes(bytes, file, options) {
    const chosen = choose(arraysOf(bytes, file), file);
    const { name, rows, columns, isSparse, isLogical } = chosen;
    checkSquare(file, 0, rows, columns);
    const kind = `${isSparse ? 'sparse ' : ''}${isLogical ? 'logical ' : ''}array ${show(name)}`;
    const source: MatrixSource = { file, labels: null, readAs: `adjacency matrix, ${kind}`, lineOf: () => 0 };
    const entries = new MatrixEntries(rows, source, !isLogical);
    let zeros = 0;
    chosen.each((row, column, value) => {
      if (value === 0) zeros++;
      entries.add(row, column, value);
    });
    const graph = entries.toGraph(options);
    if (isSparse && zeros > 0) graph.readAs += withoutZeros(zeros);
    return graph;
  },
};

interface MatArray {
  name: string;
  rows: number;
  columns: number;
  isSparse: boolean;
  isLogical: boolean;
  each(entry: (row: number, column: number, value: number) => void): void;
}

const MATRIX = 14;
const COMPRESSED = 15;
/** Bytes of a number by its type. */
const SIZES: Record<number, number> = { 1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8 };
const MAX_BYTES = 2 ** 31 - 1;

/** null for what is passed over: text, cells, structures. */
function arraysOf(bytes: Uint8Array, file: string): (MatArray | null)[] {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 128)).toString('latin1');
  if (head.startsWith('MATLAB 7.3') || head.slice(1, 4) === 'HDF') {
    throw fileError(
      file,
      0,
      'file is of MATLAB 7.3, which is HDF5, expected version 7 or older: save it with -v7',
    );
  }
  if (bytes.length < 128 || !/^(MI|IM)$/.test(head.slice(126, 128))) {
    throw fileError(file, 0, 'file is no MAT-file of version 5, expected one: save it with -v7');
  }
  const little = head.slice(126, 128) === 'IM';
  const arrays: (MatArray | null)[] = [];
  for (const element of elements(bytes.subarray(128), little, file)) {
    let { type, data } = element;
    if (type === COMPRESSED) {
      const inner = elements(inflated(data, file), little, file).next().value;
      if (inner === undefined) continue;
      ({ type, data } = inner);
    }
    if (type === MATRIX) arrays.push(arrayOf(data, little, file));
  }
  return arrays;
}

function inflated(data: Uint8Array, file: string): Uint8Array {
  try {
    return inflateSync(data, { maxOutputLength: MAX_BYTES });
  } catch (cause) {
    throw fileError(file, 0, `an array cannot be unpacked (${(cause as Error).message})`, cause);
  }
}

interface Element {
  type: number;
  data: Uint8Array;
}

function* elements(bytes: Uint8Array, little: boolean, file: string): Generator<Element, undefined> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at + 8 <= bytes.length) {
    const word = view.getUint32(at, little);
    // Which half of the word is which depends on the order of bytes, and so they are read from the word.
    const isSmall = word >>> 16 !== 0;
    const type = isSmall ? word & 0xffff : word;
    const length = isSmall ? word >>> 16 : view.getUint32(at + 4, little);
    const begin = at + (isSmall ? 4 : 8);
    if (begin + length > bytes.length || (isSmall && length > 4)) {
      throw fileError(
        file,
        0,
        `file is cut short: an element of ${length} bytes, ${bytes.length - begin} found`,
      );
    }
    yield { type, data: bytes.subarray(begin, begin + length) };
    // Compressed elements stand side by side without padding.
    at = isSmall ? at + 8 : begin + (type === COMPRESSED ? length : Math.ceil(length / 8) * 8);
  }
  return undefined;
}

/** null for what is no array of real numbers in two dimensions: text, cells, structures. */
function arrayOf(data: Uint8Array, little: boolean, file: string): MatArray | null {
  const parts = [...elements(data, little, file)];
  const [flagsPart, shapePart, namePart, ...rest] = parts;
  if (flagsPart === undefined || shapePart === undefined || namePart === undefined) return null;
  const flags = numbersIn(flagsPart, little, file)(0);
  const kind = flags & 0xff;
  const isSparse = kind === 5;
  if (!isSparse && (kind < 6 || kind > 15)) return null;
  const name = Buffer.from(namePart.data).toString('latin1');
  const shape = numbersIn(shapePart, little, file);
  if (shapePart.data.length !== 8) return null;
  const [rows, columns] = [shape(0), shape(1)];
  if (![rows, columns].every((size) => Number.isSafeInteger(size) && size >= 0))
    throw fileError(file, 0, `array ${show(name)} is ${rows} x ${columns}, expected whole numbers`);
  const isLogical = (flags & 0x200) !== 0;
  if ((flags & 0x800) !== 0)
    throw fileError(file, 0, `array ${show(name)} is complex, expected real numbers`);
  const common = { name, rows, columns, isSparse, isLogical };
  if (!isSparse) {
    const values = numbersIn(rest[0], little, file, rows * columns);
    return {
      ...common,
      each(entry) {
        for (let column = 0; column < columns; column++)
          for (let row = 0; row < rows; row++) entry(row, column, values(column * rows + row));
      },
    };
  }
  const starts = numbersIn(rest[1], little, file, columns + 1);
  const count = starts(columns);
  const rowOf = numbersIn(rest[0], little, file, count);
  const values = numbersIn(rest[2], little, file, count);
  return {
    ...common,
    each(entry) {
      for (let column = 0; column < columns; column++) {
        for (let at = starts(column); at < starts(column + 1); at++) {
          const row = at >= 0 && at < count ? rowOf(at) : -1;
          if (!(row >= 0 && row < rows)) {
            const found = row === -1 ? `entry ${at + 1} of ${count}` : `an entry in row ${row + 1}`;
            throw fileError(file, 0, `array ${show(name)} has ${found}, expected rows 1..${rows}`);
          }
          entry(row, column, values(at));
        }
      }
    },
  };
}

/** Numbers as they are stored, which may be shorter than what they stand for. */
function numbersIn(
  element: Element | undefined,
  little: boolean,
  file: string,
  expected = 1,
): (at: number) => number {
  const size = element === undefined ? 0 : SIZES[element.type];
  if (element === undefined || size === undefined)
    throw fileError(file, 0, 'an array has no numbers, expected some');
  const { type, data } = element;
  const found = Math.floor(data.length / size);
  if (found < expected)
    throw fileError(file, 0, `file is cut short: an array of ${expected} numbers has ${found}`);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return (at) => {
    const offset = at * size;
    switch (type) {
      case 1:
        return view.getInt8(offset);
      case 2:
        return view.getUint8(offset);
      case 3:
        return view.getInt16(offset, little);
      case 4:
        return view.getUint16(offset, little);
      case 5:
        return view.getInt32(offset, little);
      case 6:
        return view.getUint32(offset, little);
      case 7:
        return view.getFloat32(offset, little);
      case 9:
        return view.getFloat64(offset, little);
      case 12:
        return Number(view.getBigInt64(offset, little));
      default:
        return Number(view.getBigUint64(offset, little));
    }
  };
}

function choose(found: readonly (MatArray | null)[], file: string): MatArray {
  const arrays = found.filter((array) => array !== null);
  if (arrays.length === 0)
    throw fileError(file, 0, 'no array of numbers found, expected an adjacency matrix');
  const square = arrays.filter(({ rows, columns }) => rows === columns && rows > 1);
  const named = square.filter(({ name }) => /^(a|w|adj|adjacency|adjacency_?matrix|graph)$/i.test(name));
  for (const [only, ...others] of [arrays, square, named]) {
    // A single number is a graph of one node only where nothing else could be the graph.
    const isBeside = found.length > 1 && only?.rows === 1 && only.columns === 1;
    if (only !== undefined && others.length === 0 && !isBeside) return only;
  }
  const others = found.length - arrays.length;
  const names = [
    ...arrays.map(({ name, rows, columns }) => `${printable(name)} (${rows} x ${columns})`),
    ...(others > 0 ? [`${others} of text, cells or structures`] : []),
  ].join(', ');
  throw fileError(file, 0, `found the arrays ${names}, expected one square array, or one that is called A`);
}
