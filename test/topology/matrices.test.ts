import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { edgeWeights, parseGraph, type ReadOptions } from '../../topology/index.js';
import { arcTexts, edgeTexts, errorOf } from './helpers.js';

const read = (text: string, options: ReadOptions = {}) => parseGraph(text, 'table', 'x.csv', options);
const matrix = (text: string, options: ReadOptions = {}) => parseGraph(text, 'matrix', 'x.csv', options);

// A path of four: 0-1, 1-2, 2-3.
const PATH = ['0-1', '1-2', '2-3'];
const ROWS = ['0,1,0,0', '1,0,2,0', '0,2,0,1', '0,0,1,0'];

describe('adjacency matrices in text', () => {
  test.each<[string, string]>([
    ['bare', ROWS.join('\n')],
    ['spaces', ROWS.join('\n').replaceAll(',', ' ')],
    ['under a header', ['a,b,c,d', ...ROWS].join('\n')],
    ['beside names', ROWS.map((row, at) => `${'abcd'[at]},${row}`).join('\n')],
    ['both', [',a,b,c,d', ...ROWS.map((row, at) => `${'abcd'[at]},${row}`)].join('\n')],
    [
      'both, the corner left out, as R writes it',
      ['a b c d', ...ROWS.map((row, at) => `${'abcd'[at]} ${row.replaceAll(',', ' ')}`)].join('\n'),
    ],
    [
      'numbers as names, as pandas writes them',
      [',0,1,2,3', ...ROWS.map((row, at) => `${at},${row}`)].join('\n'),
    ],
  ])('%s', (how, text) => {
    const graph = read(text);
    expect(edgeTexts(graph)).toEqual(PATH);
    expect([...(edgeWeights(graph, 'file').weights ?? [])]).toEqual([1, 1, 2, 2, 1, 1]);
    expect(graph.labels).toEqual(/bare|spaces|numbers/.test(how) ? null : ['a', 'b', 'c', 'd']);
    expect(graph.readAs).toMatch(/^adjacency matrix, /);
  });

  test('the diagonal is self-loops, and an unlike pair of weights is told who asks', () => {
    const graph = matrix('5 1 0\n1 0 2\n0 3 0\n');
    expect(graph.dropped.selfLoops).toBe(1);
    expect(edgeTexts(graph)).toEqual(['0-1', '1-2']);
    expect(errorOf(() => edgeWeights(graph, 'file')).message).toContain(
      'has weight 2 one way and 3 the other',
    );
    expect(errorOf(() => edgeWeights(matrix('0 -1\n-1 0\n'), 'file')).message).toBe(
      'x.csv:1: weight is "-1", expected a positive, finite number',
    );
  });

  test('one that is not symmetric has directions', () => {
    const ring = '0 1 0 0\n0 0 1 0\n0 0 0 1\n1 0 0 0\n';
    expect(arcTexts(read(ring, { directions: 'stated' }))).toBe('0>1 1>2 2>3 3>0');
    const error = errorOf(() => read(ring));
    expect(error.message).toBe(
      'x.csv: matrix is directed, entry (1, 2) is not zero and (2, 1) is, expected a symmetric one',
    );
    expect(error.hint).toContain('directed: true');
  });

  test.each<[string, ReadOptions]>([
    ['0 1 1\n1 0 0\n1 0 0\n', {}],
    ['0 1 0\n0 0 1\n1 0 0\n', {}],
    ['0 5\n5 0\n', {}],
    ['1 2 3\n2 3 1\n3 1 2\n', {}],
    ['0,1,2,3\n0,1,0,0\n1,0,2,0\n0,2,0,1\n0,0,1,0\n', {}],
    // Rows, or columns, that sum to 1; nodes that would be called 0.5; a weight of zero.
    ['0.5 0.2 0.2 0.1\n0.1 0.5 0.2 0.2\n0.3 0.1 0.5 0.1\n0.25 0.25 0.25 0.25\n', {}],
    ['0.5,0.5\n0.3,0.7\n', {}],
    ['0.5,0.25,0.25\n0.25,0.5,0.25\n0.1,0.2,0.7\n', {}],
    ['1e0 0e0\n0e0 1e0\n', {}],
    ['0 0 1\n0 1 0\n0 0 1\n', {}],
    ['0 1 0.5\n1 0 0.25\n0 0 0.25\n', {}],
    ['3 1 0\n2 5 1\n1 2 4\n', {}],
    ['A 0.5 0.5\nB 0.3 0.7\n', {}],
    ['a,b\n0.5,0.5\n0.3,0.7\n', {}],
    ['1 2 3 4\n2 1 3 4\n1 4 6 2\n7 8 1 1\n', {}],
    ['0,0x1,0\n0x1,0,1\n0,1,0\n', {}],
    // Four edges with weights and times, of which one weighs nothing.
    ['0 1 5 5\n2 0 6 6\n3 1 0 7\n1 2 3 0\n', {}],
  ])('%j could be edges too', (text, options) => {
    const error = errorOf(() => read(text, options));
    expect(error.message).toMatch(
      /^x.csv:1: this table could be an edge list, or an adjacency matrix of \d nodes, expected one reading only$/,
    );
    expect(error.hint).toContain('format: edgelist | matrix');
    expect(parseGraph(text, 'edgelist', 'x', { columns: [1, 2] }).edges).toBeGreaterThan(0);
  });

  const cell = (entry: string) =>
    [
      `0,2,${entry},${entry},${entry},2`,
      `2,0,2,${entry},${entry},${entry}`,
      `${entry},2,0,2,${entry},${entry}`,
      `${entry},${entry},2,0,2,${entry}`,
      `${entry},${entry},${entry},2,0,2`,
      `2,${entry},${entry},${entry},2,0`,
    ].join('\n');
  test.each<[string, string]>([
    [cell('inf'), 'x.csv:1: entry (1, 3) is "inf", expected a number, 0 for no edge'],
    [cell('nan').replaceAll(',', ' '), 'x.csv:1: entry (1, 3) is "nan", expected a number'],
    [cell('-Infinity'), 'x.csv:1: entry (1, 3) is "-Infinity", expected a number'],
    [`a,b,c,d,e,f\n${cell('nan')}`, 'x.csv:2: entry (1, 3) is "nan", expected a number'],
    [cell(''), 'a table of 6 columns, all numbers,'],
    [cell('inf').replace('0,2', '1,3'), 'could be an edge list, or an adjacency matrix of 6 nodes'],
    [cell('inf').split('\n').slice(2).join('\n'), 'a table of 6 columns, all numbers,'],
    ['inf 1\n1 inf\n', 'could be an edge list, or an adjacency matrix of 2 nodes'],
    [',a,b\na,0,nan\nb,nan,0\n', 'x.csv:2: entry (1, 2) is "nan", expected a number'],
    [',a,b\nb,0,1\na,1,0\n', 'x.csv:2: name of row 1 is "b", expected "a", as in the header'],
  ])('%j holds what is no number', (text, message) => {
    expect(errorOf(() => read(text)).message).toContain(message);
  });

  test.each<[string, string[]]>([
    ['0 1\n1 2\n', ['0-1', '1-2']],
    ['1 0\n0 1\n', ['0-1']],
    ['3 1 2.5\n1 2 0.5\n2 3 1\n', ['0-1', '0-2', '1-2']],
    ['0 1\n1 0\n', ['0-1']],
    ['0 1\n1 2\n2 0\n', ['0-1', '0-2', '1-2']],
    ['0 1 2.5\n1 2 3\n2 0 1\n', ['0-1', '0-2', '1-2']],
    ['0 1 1 10\n1 2 1 20\n2 3 1 30\n3 0 1 40\n', ['0-1', '0-3', '1-2', '2-3']],
  ])('%j is a list', (text, edges) => {
    expect(edgeTexts(read(text))).toEqual(edges);
  });

  test('rows by the hundred thousand are refused like others', () => {
    expect(errorOf(() => matrix('1 2\n'.repeat(200_000))).message).toBe(
      'x.csv: matrix is 200000 x 2, expected a square adjacency matrix',
    );
  });

  test.each<[string, string]>([
    ['0 1 0\n1 0 1\n', 'x.csv: matrix is 2 x 3, expected a square adjacency matrix'],
    ['0 1 0\n1 0\n0 1 0\n', 'x.csv:2: row 2 has 2 numbers, expected 3'],
    ['0 nan\nnan 0\n', 'entry (1, 2) is "nan", expected a number'],
    ['0 1\n1 Infinity\n', 'x.csv:2: entry (2, 2) is "Infinity", expected a number, 0 for no edge'],
    ['0;0,5\n0,5;0\n', 'x.csv:1: entry (1, 2) is "0,5", expected a number with a decimal point'],
    [',a,b\na,0,1\nc,1,0\n', 'x.csv:3: name of row 2 is "c", expected "b", as in the header'],
    [',a,a\na,0,1\na,1,0\n', 'name "a" is used twice'],
    ['0 0x1\n0x1 0\n', 'x.csv:1: entry (1, 2) is "0x1", expected a number'],
    ['0 1e400\n1 0\n', 'x.csv:1: entry (1, 2) is "1e400", expected a number'],
  ])('%j is refused', (text, message) => {
    expect(
      errorOf(() => matrix(text, { separator: text.includes(';') ? 'semicolon' : undefined })).message,
    ).toContain(message);
  });
});

/** A .npy file: numbers by a writer of one. */
function npy(
  descr: string,
  shape: string,
  fortran: boolean,
  size: number,
  numbers: number[],
  write: (view: DataView, at: number, value: number) => void,
): Uint8Array {
  const dict = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${shape}, }\n`;
  const head = Buffer.alloc(10 + dict.length);
  head.write('\x93NUMPY\x01\x00', 0, 'latin1');
  head.writeUInt16LE(dict.length, 8);
  head.write(dict, 10, 'latin1');
  const body = new DataView(new ArrayBuffer(size * numbers.length));
  for (const [at, value] of numbers.entries()) write(body, at * size, value);
  return Buffer.concat([head, new Uint8Array(body.buffer)]);
}

describe('.npy', () => {
  const path = ROWS.join(',').split(',').map(Number);
  test.each<[string, Uint8Array]>([
    ['float64', npy('<f8', '(4, 4)', false, 8, path, (view, at, value) => view.setFloat64(at, value, true))],
    [
      'float64, big end first, Fortran',
      npy('>f8', '(4, 4)', true, 8, path, (view, at, value) => view.setFloat64(at, value)),
    ],
    ['float32', npy('<f4', '(4, 4)', false, 4, path, (view, at, value) => view.setFloat32(at, value, true))],
    [
      'int64',
      npy('<i8', '(4, 4)', false, 8, path, (view, at, value) => view.setBigInt64(at, BigInt(value), true)),
    ],
    ['uint8', npy('|u1', '(4, 4)', false, 1, path, (view, at, value) => view.setUint8(at, value))],
  ])('%s', (_, bytes) => {
    const graph = parseGraph(bytes, 'npy', 'x.npy');
    expect(edgeTexts(graph)).toEqual(PATH);
    expect([...(edgeWeights(graph, 'file').weights ?? [])]).toEqual([1, 1, 2, 2, 1, 1]);
  });

  test('booleans have no weights; Fortran order turns arcs round', () => {
    const numbers = [0, 1, 0, 0];
    const write = (view: DataView, at: number, value: number) => view.setUint8(at, value);
    const graph = (fortran: boolean) =>
      parseGraph(npy('|b1', '(2, 2)', fortran, 1, numbers, write), 'npy', 'x', { directions: 'stated' });
    expect(graph(false).weights).toBeNull();
    expect(arcTexts(graph(false))).toBe('0>1');
    expect(arcTexts(graph(true))).toBe('1>0');
  });

  test.each<[string, Uint8Array, string]>([
    [
      'not square',
      npy('|u1', '(2, 3)', false, 1, [0, 1, 0, 1, 0, 0], (view, at, value) => view.setUint8(at, value)),
      'x: matrix is 2 x 3, expected a square adjacency matrix',
    ],
    [
      'cut short',
      npy('|u1', '(90000, 90000)', false, 1, [0], (view, at, value) => view.setUint8(at, value)),
      'x: file is cut short: 1 bytes of numbers found, expected 8100000000',
    ],
    ['something else', Buffer.from('0 1\n1 0\n'), 'x: file is not a .npy file'],
  ])('%s is refused', (_, bytes, message) => {
    expect(errorOf(() => parseGraph(bytes, 'npy', 'x')).message).toContain(message);
  });
});

describe('.mat', () => {
  const word = (...values: number[]) => Buffer.from(Uint32Array.from(values).buffer);
  const element = (type: number, data: Uint8Array) =>
    Buffer.concat([word(type, data.length), data, Buffer.alloc((8 - (data.length % 8)) % 8)]);
  const doubles = (...values: number[]) => Buffer.from(Float64Array.from(values).buffer);
  const array = (name: string, flags: number, rows: number, columns: number, ...parts: Buffer[]) =>
    element(
      14,
      Buffer.concat([
        element(6, word(flags, 0)),
        element(5, word(rows, columns)),
        element(1, Buffer.from(name)),
        ...parts,
      ]),
    );
  const file = (...elements: Buffer[]) => {
    const head = Buffer.alloc(128, ' ');
    head.write('MATLAB 5.0 MAT-file', 0, 'latin1');
    head.writeUInt16LE(0x0100, 124);
    head.write('IM', 126, 'latin1');
    return Buffer.concat([head, ...elements]);
  };
  const withZeros = array(
    'A',
    5,
    2,
    2,
    element(5, word(0, 1, 0)),
    element(5, word(0, 2, 3)),
    element(9, doubles(0, 2, 2)),
  );
  const compressed = (inner: Buffer) => {
    const data = deflateSync(inner);
    return Buffer.concat([word(15, data.length), data]);
  };
  // Columns one after another: 0-1 with weight 2.
  const full = array('A', 6, 2, 2, element(9, doubles(0, 2, 2, 0)));
  // The same, its numbers stored in bytes, in the short form of an element: type and length in two bytes
  // each.
  const short = array(
    'A',
    6,
    2,
    2,
    Buffer.concat([Buffer.from(Uint16Array.of(2, 4).buffer), Buffer.of(0, 2, 2, 0)]),
  );
  const sparse = array(
    'A',
    5,
    2,
    2,
    element(5, word(1, 0)),
    element(5, word(0, 1, 2)),
    element(9, doubles(2, 2)),
  );

  test.each<[string, Buffer]>([
    ['full', file(full)],
    ['in short elements', file(short)],
    ['sparse', file(sparse)],
    ['compressed', file(compressed(full))],
    [
      'beside a vector',
      file(compressed(array('x', 6, 3, 1, element(9, doubles(1, 2, 3)))), compressed(sparse)),
    ],
  ])('%s', (_, bytes) => {
    const graph = parseGraph(bytes, 'mat', 'x.mat');
    expect(edgeTexts(graph)).toEqual(['0-1']);
    expect([...(edgeWeights(graph, 'file').weights ?? [])]).toEqual([2, 2]);
  });

  test('a stored zero is no edge', () => {
    const graph = parseGraph(file(withZeros), 'mat', 'x.mat');
    expect(edgeTexts(graph)).toEqual(['0-1']);
    expect(graph.dropped.selfLoops).toBe(0);
    expect(graph.readAs).toBe('adjacency matrix, sparse array "A", without 1 stored zero');
  });

  test.each<[string, Buffer, string]>([
    ['HDF5', Buffer.from('MATLAB 7.3 MAT-file'.padEnd(200)), 'which is HDF5'],
    ['another file', Buffer.from('0 1\n'), 'no MAT-file of version 5'],
    ['not square', file(array('A', 6, 1, 2, element(9, doubles(0, 1)))), 'matrix is 1 x 2'],
    ['cut short', file(full).subarray(0, 200), 'cut short'],
    [
      'numbers that are not there',
      file(array('A', 6, 60000, 60000, element(9, doubles(0, 1)))),
      'an array of 3600000000 numbers has 2',
    ],
    ['complex', file(array('A', 6 + 0x800, 2, 2, element(9, doubles(0, 2, 2, 0)))), 'is complex'],
    [
      'two of them',
      file(
        array('B', 6, 2, 2, element(9, doubles(0, 1, 1, 0))),
        array('C', 6, 2, 2, element(9, doubles(0, 1, 1, 0))),
      ),
      'found the arrays B (2 x 2), C (2 x 2)',
    ],
    ['none', file(), 'no array of numbers found'],
    [
      'a number beside a structure',
      file(array('n', 6, 1, 1, element(9, doubles(4))), array('s', 2, 1, 1)),
      'found the arrays n (1 x 1), 1 of text, cells or structures, expected one square array',
    ],
  ])('%s is refused', (_, bytes, message) => {
    expect(errorOf(() => parseGraph(bytes, 'mat', 'x.mat')).message).toContain(message);
  });
});

describe('Matrix Market', () => {
  const head = (kind: string) => `%%MatrixMarket matrix ${kind}\n`;
  test.each<[string, string, string[]]>([
    ['a full matrix', `${head('array real general')}3 3\n0\n1\n0\n1\n0\n2\n0\n2\n0\n`, ['0-1', '1-2']],
    ['the lower half of one', `${head('array integer symmetric')}3 3\n0\n1\n0\n0\n2\n0\n`, ['0-1', '1-2']],
    ['below the diagonal', `${head('array real skew-symmetric')}3 3\n1\n0\n2\n`, ['0-1', '1-2']],
    ['skew and sparse', `${head('coordinate real skew-symmetric')}3 3 2\n2 1 1\n3 2 2\n`, ['0-1', '1-2']],
    [
      'negative weights',
      `${head('coordinate real symmetric')}3 3 3\n1 1 1\n2 1 -1\n3 2 -1\n`,
      ['0-1', '1-2'],
    ],
  ])('%s', (_, text, edges) => {
    expect(edgeTexts(parseGraph(text, 'mtx', 'x'))).toEqual(edges);
  });

  test.each<[string, string]>([
    [
      `${head('coordinate pattern symmetric')}500000000 500000000 1\n2 1\n`,
      'x:2: file has 500000000 nodes, expected at most 268435456',
    ],
    [`${head('coordinate pattern general')}4000000000 4000000000 1\n2 1\n`, 'x:2: file has 4000000000 nodes'],
    [`${head('coordinate pattern general')}4 4 4000000000\n2 1\n`, 'x:2: file has 4000000000 edges'],
    [`${head('array real general')}99999 99999\n1\n`, 'x:3: found end of file, expected entry (2, 1)'],
    [`${head('array real general')}2 2\n0\n1\nnan\n0\n`, 'x:5: entry (1, 2) is "nan", expected a number'],
    [`${head('array real general')}2 2\n0\n1\n0\n0\n`, 'x: matrix is directed'],
    [`${head('array real general')}2 2\n0\n0x1\n1\n0\n`, 'x:4: entry (2, 1) is "0x1", expected a number'],
    [`${head('coordinate real general')}0x3 3e0 2\n1 2 1\n2 1 1\n`, 'x:2: size is "0x3 3e0 2", expected'],
  ])('%j is refused', (text, message) => {
    expect(errorOf(() => parseGraph(text, 'mtx', 'x')).message).toContain(message);
  });

  test('a stored zero is no edge', () => {
    const text = `${head('coordinate real symmetric')}3 3 4\n2 1 0\n3 2 2.5\n3 1 0.0e5\n2 2 0\n`;
    const graph = parseGraph(text, 'mtx', 'x');
    expect(graph).toMatchObject({ edges: 1, dropped: { selfLoops: 1 } });
    expect(graph.readAs).toBe('Matrix Market, without 2 stored zeros');
    expect([...(edgeWeights(graph, 'file').weights ?? [])]).toEqual([2.5, 2.5]);
  });

  test('a skew-symmetric matrix has no weights', () => {
    const graph = parseGraph(`${head('coordinate real skew-symmetric')}2 2 1\n2 1 3\n`, 'mtx', 'x');
    expect(errorOf(() => edgeWeights(graph, 'file')).message).toContain('skew-symmetric');
  });
});
