import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readNpy, writeNpy, writeNpyRows } from '../../src/data/npy.js';
import { scratchFile, scratchFolder } from '../cost/support.js';
import { runs } from '../support/properties.js';

/** A file as NumPy would write it, from its header's dict and its numbers' bytes. */
function npyBytes(
  descr: string,
  fortranOrder: boolean,
  shape: string,
  payload: Uint8Array,
  version = 1,
): Buffer {
  const order = fortranOrder ? 'True' : 'False';
  const dict = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;
  const fixedBytes = version === 1 ? 10 : 12;
  const text = `${dict.padEnd(Math.ceil((fixedBytes + dict.length + 1) / 64) * 64 - fixedBytes - 1)}\n`;
  const head = Buffer.alloc(fixedBytes);
  head.write('\x93NUMPY', 'latin1');
  head[6] = version;
  if (version === 1) head.writeUInt16LE(text.length, 8);
  else head.writeUInt32LE(text.length, 8);
  return Buffer.concat([head, Buffer.from(text), payload]);
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const littleEndian = (array: Float64Array | Float32Array | Int32Array | BigInt64Array): Uint8Array =>
  new Uint8Array(array.buffer);
const bigEndian = (array: Float64Array | Float32Array | Int32Array | BigInt64Array): Uint8Array => {
  const result = new Uint8Array(array.buffer.slice(0));
  for (let i = 0; i < result.length; i += array.BYTES_PER_ELEMENT)
    result.subarray(i, i + array.BYTES_PER_ELEMENT).reverse();
  return result;
};

describe('readNpy', () => {
  const doubles = Float64Array.of(1.5, -2, 3, 4, 5, 6);
  it.each([
    ['<f8', littleEndian(doubles), [1.5, -2, 3, 4, 5, 6]],
    ['>f8', bigEndian(doubles), [1.5, -2, 3, 4, 5, 6]],
    ['<f4', littleEndian(Float32Array.from(doubles)), [1.5, -2, 3, 4, 5, 6]],
    ['>f4', bigEndian(Float32Array.from(doubles)), [1.5, -2, 3, 4, 5, 6]],
    ['<i4', littleEndian(Int32Array.from(doubles)), [1, -2, 3, 4, 5, 6]],
    ['>i4', bigEndian(Int32Array.from(doubles)), [1, -2, 3, 4, 5, 6]],
    ['<i8', littleEndian(BigInt64Array.of(1n, -2n, 3n, 4n, 5n, 6n)), [1, -2, 3, 4, 5, 6]],
    ['>i8', bigEndian(BigInt64Array.of(1n, -2n, 3n, 4n, 5n, 6n)), [1, -2, 3, 4, 5, 6]],
    ['|u1', bytes(1, 254, 3, 4, 5, 6), [1, 254, 3, 4, 5, 6]],
    ['|b1', bytes(1, 0, 1, 1, 0, 0), [1, 0, 1, 1, 0, 0]],
  ])('reads %s', async (descr, payload, expected) => {
    const array = await readNpy(scratchFile('a.npy', npyBytes(descr, false, '(2, 3)', payload)));
    expect(array.shape).toEqual([2, 3]);
    expect([...array.data]).toEqual(expected);
  });

  it('turns Fortran order into C order', async () => {
    // Column by column on disk: [[1, 3, 5], [2, 4, 6]].
    const payload = littleEndian(Float64Array.of(1, 2, 3, 4, 5, 6));
    const { data } = await readNpy(scratchFile('a.npy', npyBytes('<f8', true, '(2, 3)', payload)));
    expect([...data]).toEqual([1, 3, 5, 2, 4, 6]);
  });

  it.each([1, 2, 3])('reads format version %i', async (version) => {
    const file = scratchFile('a.npy', npyBytes('<f8', false, '(6,)', littleEndian(doubles), version));
    expect(await readNpy(file)).toEqual({ shape: [6], data: doubles });
  });

  it('reads what is larger than one chunk of conversion', async () => {
    const many = Float32Array.from({ length: 1_300_000 }, (_, i) => i);
    const { data } = await readNpy(
      scratchFile('a.npy', npyBytes('<f4', false, '(1300000,)', littleEndian(many))),
    );
    expect(data.every((value, i) => value === i)).toBe(true);
  });

  it.each([
    ['text', Buffer.from('1,2,3\n4,5,6\n'), /is not a \.npy file: it begins with "1,2,3\\n"/],
    ['an empty file', Buffer.alloc(0), /is not a \.npy file: it begins with nothing/],
    [
      'a format of the future',
      npyBytes('<f8', false, '(1,)', bytes(), 4),
      /version 4\.0, expected 1, 2 or 3/,
    ],
    [
      'complex numbers',
      npyBytes('<c16', false, '(1,)', bytes()),
      /numbers of type <c16, expected one of f8, f4/,
    ],
    ['a table of records', npyBytes("<f8'), ('x", false, '(1,)', bytes()), /expected one of|cut short/],
    [
      'three dimensions',
      npyBytes('<f8', false, '(1, 1, 1)', bytes()),
      /shape \(1, 1, 1\), expected one or two dimensions/,
    ],
    [
      'extents below zero',
      npyBytes('<f8', false, '(-3, -3)', bytes()),
      /has the shape \(-3, -3\), expected whole numbers, 0 or more/,
    ],
    ['a single number', npyBytes('<f8', false, '()', bytes()), /shape \(\), expected one or two dimensions/],
    [
      'numbers cut short',
      npyBytes('<f8', false, '(2, 3)', new Uint8Array(40)),
      /is cut short: 40 bytes of numbers found, expected 48 \(shape \(2, 3\), type f8\)/,
    ],
    [
      'a header cut short',
      npyBytes('<f8', false, '(2, 3)', bytes()).subarray(0, 60),
      /is cut short: 60 bytes found, expected a header of 128/,
    ],
  ])('refuses %s', async (_, content, message) => {
    const file = scratchFile('a.npy', content);
    await expect(readNpy(file)).rejects.toThrow(message);
    await expect(readNpy(file)).rejects.toMatchObject({ code: 'BAD_INPUT', file });
  });

  it('says which file is missing', async () => {
    await expect(readNpy('/nowhere/a.npy')).rejects.toThrow(/cannot read \/nowhere\/a\.npy: ENOENT/);
  });
});

describe('writeNpy', () => {
  it('writes the bytes that NumPy writes', async () => {
    const file = `${scratchFolder()}/a.npy`;
    await writeNpy(file, { shape: [1, 2], data: Float64Array.of(1, -0) });
    const written = readFileSync(file);
    expect(written.toString('latin1', 0, 128)).toBe(
      `\x93NUMPY\x01\x00\x76\x00${"{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }".padEnd(117)}\n`,
    );
    expect(written.length).toBe(128 + 16);
  });

  it('gives back any array, bit for bit', async () => {
    const folder = scratchFolder();
    const arrays = fc
      .tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 9 }))
      .chain(([rows, columns]) =>
        fc.record({
          shape: fc.constantFrom([rows, columns], [rows * columns]),
          values: fc.array(fc.double(), { minLength: rows * columns, maxLength: rows * columns }),
        }),
      );
    await fc.assert(
      fc.asyncProperty(arrays, async ({ shape, values }) => {
        const data = Float64Array.from(values);
        await writeNpy(`${folder}/a.npy`, { shape: [...shape], data });
        expect(await readNpy(`${folder}/a.npy`)).toEqual({ shape: [...shape], data });
      }),
      { numRuns: runs(50) },
    );
  });

  it('leaves padding out, takes shared memory, and crosses chunks', async () => {
    const file = `${scratchFolder()}/x.npy`;
    const rows = 120_000;
    const data = new Float64Array(new SharedArrayBuffer(rows * 8 * 8)).map((_, i) => (i % 8 < 5 ? i : NaN));
    await writeNpyRows(file, { data, rows, columns: 5, rowStride: 8 });
    const array = await readNpy(file);
    expect(array.shape).toEqual([rows, 5]);
    expect(array.data.every((value, i) => value === Math.floor(i / 5) * 8 + (i % 5))).toBe(true);
    expect(readdirSync(dirname(file))).toEqual(['x.npy']);
  });

  it('leaves the old file alone when it cannot finish', async () => {
    const file = scratchFile('x.npy', 'old');
    const failing = {
      rows: 2,
      columns: 1,
      rowStride: 1,
      get data(): Float64Array {
        throw new Error('gone');
      },
    };
    await expect(writeNpyRows(file, failing)).rejects.toThrow('gone');
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(readdirSync(dirname(file))).toEqual(['x.npy']);
  });

  it('is read back as cut short when bytes go missing', async () => {
    const file = `${scratchFolder()}/x.npy`;
    await writeNpy(file, { shape: [4], data: new Float64Array(4) });
    truncateSync(file, 150);
    await expect(readNpy(file)).rejects.toThrow(/22 bytes of numbers found, expected 32/);
    writeFileSync(file, readFileSync(file).subarray(0, 5));
    await expect(readNpy(file)).rejects.toThrow(/not a \.npy file/);
  });
});

describe('headers that lie, and files of other kinds', () => {
  const written = (dict: string, payload: Uint8Array) => {
    const text = `${dict}\n`;
    const head = Buffer.from(`\x93NUMPY\x01\x00\0\0${text}`, 'latin1');
    head.writeUInt16LE(text.length, 8);
    return scratchFile('a.npy', Buffer.concat([head, payload]));
  };
  const dict = (descr: string, shape: string) =>
    `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`;
  const bytes = (count: number) => new Uint8Array(count);

  it.each([
    [
      dict("'<f8'", '(4000000000, 4000000000)'),
      8,
      'is cut short: 8 bytes of numbers found, expected 128000000000000000000',
    ],
    [dict("'<f8'", '(3,)'), 16, 'is cut short: 16 bytes of numbers found, expected 24 (shape (3,), type f8)'],
    [dict("'<f8'", '(2,)'), 24, 'is too long: 24 bytes of numbers found, expected 16'],
    [dict("'|O'", '(2,)'), 16, 'holds numbers of type |O, expected one of f8'],
    [dict("'<c16'", '(1,)'), 16, 'holds numbers of type <c16, expected one of f8'],
    [dict("'<f2'", '(8,)'), 16, 'holds numbers of type <f2, expected one of f8'],
    [dict("[('a\u001b', '<f8')]", '(1,)'), 8, "holds numbers of type \"{'descr': [('a\\u001b"],
    [dict("'<f8'", '()'), 8, 'has the shape (), expected one or two dimensions'],
    [dict("'<f8'", '(-1,)'), 8, 'has the shape (-1,), expected'],
  ])('%s', async (text, count, message) => {
    await expect(readNpy(written(text, bytes(count)))).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringContaining(`a.npy ${message}`),
    });
  });

  it.each([
    ['PK\x03\x04......', 'numpy.savez'],
    ['\x1f\x8b\x08.........', 'gunzip'],
    ['\x80\x04\x95........', 'pickle'],
  ])('%j', async (content, hint) => {
    const file = scratchFile('a.npy', Buffer.from(content, 'latin1'));
    await expect(readNpy(file)).rejects.toMatchObject({
      message: expect.stringMatching(/^[^\p{Cc}]*is not a \.npy file[^\p{Cc}]*$/u),
      hint: expect.stringContaining(hint),
    });
  });
});
