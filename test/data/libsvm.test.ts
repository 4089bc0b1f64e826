import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDataset } from '../../src/data/dataset.js';
import { parseLibsvm, readLibsvm } from '../../src/data/libsvm.js';
import { hasSharedData, scratchFile, sharedData } from '../cost/support.js';

const parse = (text: string) => parseLibsvm(Buffer.from(text), 'data.libsvm');

describe('parseLibsvm', () => {
  it('reads two samples', () => {
    expect(parse('+1 1:0.5 3:-2\n-1 2:1e3\n')).toEqual({
      rows: 2,
      columnCount: 3,
      rowStart: Uint32Array.of(0, 2, 3),
      columns: Uint32Array.of(0, 2, 1),
      values: Float64Array.of(0.5, -2, 1000),
      labels: Float64Array.of(1, -1),
      lines: Uint32Array.of(1, 2),
      firstIndex: 1,
      largestLine: 1,
    });
  });

  it('counts from 0 where a 0 occurs anywhere, even on the last line', () => {
    const { columns, columnCount, firstIndex } = parse('1 1:1 4:1\n1 0:1\n');
    expect([...columns]).toEqual([1, 4, 0]);
    expect([columnCount, firstIndex]).toEqual([5, 0]);
  });

  it('takes the word of who knows that a file counts from 0 though it never does', () => {
    const text = Buffer.from('1 1:1 4:1\n');
    expect(parseLibsvm(text, 'f', 0)).toMatchObject({ columnCount: 5, columns: Uint32Array.of(1, 4) });
    expect(parseLibsvm(text, 'f', 1)).toMatchObject({ columnCount: 4, columns: Uint32Array.of(0, 3) });
    expect(() => parseLibsvm(Buffer.from('1 1:1\n1 0:1\n'), 'f', 1)).toThrow(
      'f:2: index 0 occurs, expected indices from 1',
    );
  });

  it('passes over comments, query ids, empty lines, tabs, and the endings of every system', () => {
    const { rows, labels, lines, values } = parse(
      '# head\r\n\r\n2 qid:7 1:1\t2:3 # tail 9:9\r\n   \n-0.5#\n 3 1:4',
    );
    expect(rows).toBe(3);
    expect([...labels]).toEqual([2, -0.5, 3]);
    expect([...lines]).toEqual([3, 5, 6]);
    expect([...values]).toEqual([1, 3, 4]);
  });

  it('reads samples without features', () => {
    expect(parse('1\n-1\n')).toMatchObject({ rows: 2, columnCount: 0, rowStart: Uint32Array.of(0, 0, 0) });
  });

  it('reads every number as the language does', () => {
    const numbers = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.tuple(fc.maxSafeInteger(), fc.nat({ max: 999_999 })).map(([whole, rest]) => `${whole}.${rest}`),
      fc
        .tuple(fc.integer(), fc.integer({ min: 0, max: 15 }))
        .map(([v, digits]) => (v / 2 ** 31).toFixed(digits)),
      fc.constantFrom(
        '.5',
        '5.',
        '+1',
        '-0',
        '1e-320',
        '123456789012345678901234567890',
        '0.000000000000001',
        '1E5',
      ),
    );
    fc.assert(
      fc.property(fc.array(numbers, { minLength: 1, maxLength: 20 }), (texts) => {
        const line = `${texts[0]} ${texts.map((text, i) => `${i + 1}:${text}`).join(' ')}`;
        const { labels, values } = parse(line);
        expect(labels[0]).toBe(Number(texts[0]));
        expect([...values]).toEqual(texts.map(Number));
      }),
    );
  });

  it.each([
    ['', 'data.libsvm has no samples, expected lines of "label index:value ..."'],
    ['# nothing\n\n', 'data.libsvm has no samples, expected lines of "label index:value ..."'],
    ['1 1:1\n1 3:1 2:1\n', 'data.libsvm:2: index 2 stands after 3, expected ascending indices'],
    ['1 1:1\n\n1 2:1 2:1\n', 'data.libsvm:3: index 2 occurs twice, expected ascending indices'],
    ['1 1:nan\n', 'data.libsvm:1: found "1:nan", expected a finite number as value of index 1'],
    ['1 1:1\n1 2:-inf\n', 'data.libsvm:2: found "2:-inf", expected a finite number as value of index 2'],
    ['1 1:1e999\n', 'data.libsvm:1: found "1:1e999", expected a finite number as value of index 1'],
    ['1 1:\n', 'data.libsvm:1: found "1:", expected a finite number as value of index 1'],
    ['1 1:0x10\n', 'data.libsvm:1: found "1:0x10", expected a finite number as value of index 1'],
    ['1 1:2:3\n', 'data.libsvm:1: found "1:2:3", expected a finite number as value of index 1'],
    ['1 a:1\n', 'data.libsvm:1: found "a:1", expected index:value'],
    ['1 -1:1\n', 'data.libsvm:1: found "-1:1", expected index:value'],
    ['1 5\n', 'data.libsvm:1: found "5", expected index:value'],
    ['1 4294967295:1\n', 'data.libsvm:1: found "4294967295:1", expected an index of at most 4294967294'],
    ['1 1:1\nyes 1:1\n', 'data.libsvm:2: found "yes", expected a finite number as the label'],
    ['1,2 1:1\n', 'data.libsvm:1: found "1,2", expected a finite number as the label'],
    ['1:1 2:1\n', 'data.libsvm:1: found "1:1", expected a finite number as the label'],
  ])('refuses %j', (text, message) => {
    expect(() => parse(text)).toThrow(message);
    const line = /libsvm:(\d+)/.exec(message)?.[1];
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT', file: 'data.libsvm', line: line && Number(line) }),
    );
  });

  it('says which file is missing', async () => {
    await expect(readLibsvm('/nowhere/a9a')).rejects.toThrow('cannot read /nowhere/a9a: no such file');
  });
});

it('asks of a wide line at once whether it is a table', () => {
  const wide = Array.from({ length: 5000 }, (_, k) => k).join(',');
  expect(() => parse(`${wide}:1\n`)).toThrow('expected a finite number as the label');
  expect(() => parse(`${wide}\n`)).toThrow(expect.objectContaining({ hint: expect.stringContaining('csv') }));
}, 1000);

describe.skipIf(!hasSharedData)('files that everyone knows', () => {
  it.each([
    ['heart_scale', 270, 13, 3378],
    ['agaricus.train', 6513, 126, 143_286],
    ['a9a', 32_561, 123, 451_592],
  ])('%s', async (name, rows, columnCount, entries) => {
    const data = await readLibsvm(sharedData(`libsvm/${name}`));
    expect(data).toMatchObject({ rows, columnCount });
    expect(data.values.length).toBe(entries);
  });
});

describe('what other programs write', () => {
  const read = async (content: string | Uint8Array) => {
    const dataset = await readDataset(scratchFile('d.libsvm', content), {
      resolve: (path) => path,
      path: ['cost', 'data'],
    });
    return dataset;
  };
  const samples = '+1 1:0.5 2:1\n-1 2:3\n';

  it.each([
    ['a byte order mark', `\ufeff${samples}`],
    ['CR alone', samples.replaceAll('\n', '\r')],
    ['CR LF', samples.replaceAll('\n', '\r\n')],
    [
      'empty lines, blanks at the end, comments, qid',
      '# ours\n\n+1 qid:7 1:0.5 2:1 \t\n  \n-1 2:3 # last\n\n',
    ],
    ['UTF-16', Buffer.from(`\ufeff${samples}`, 'utf16le')],
    ['gzip', gzipSync(Buffer.from(samples))],
  ])('%s', async (_, content) => {
    expect(await read(content)).toMatchObject({
      rows: 2,
      columnCount: 2,
      labels: Float64Array.of(1, -1),
      matrix: {
        rowStart: Uint32Array.of(0, 2, 3),
        columns: Uint32Array.of(0, 1, 1),
        values: Float64Array.of(0.5, 1, 3),
      },
    });
  });

  it.each([
    ['1,3 1:2\n', ':1: found "1,3", expected a finite number as the label', 'several labels'],
    ['1 1:0,5\n', ':1: found "1:0,5", expected a finite number as value of index 1', 'decimal point'],
    ['1 1:1\r-1 1:nan\r', ':2: found "1:nan", expected', 'leave the entry out'],
    ['1 1:inf\n', ':1: found "1:inf", expected', 'leave the entry out'],
    ['a,b,y\n1,2,3\n', ':1: found "a,b,y", expected', 'format: csv'],
    ['spam 1:2\n', ':1: found "spam", expected', 'number the classes'],
    ['1 2:1 1:1\n', ':1: index 1 stands after 2, expected ascending indices', undefined],
    ['1 2:1 2:1\n', ':1: index 2 occurs twice, expected ascending indices', undefined],
    ['1 1:2\n1 \u001b[31m:3\n', ':2: found "\\u001b[31m:3", expected index:value', undefined],
    [`1 1:${'9'.repeat(1e5)}x\n`, ':1: found "1:99999999', undefined],
    ['1 1:2\n1 1:\0\n', ':2:5: found a NUL byte', undefined],
    [Buffer.from('1 1:2 # Köln\n', 'latin1'), ':1:10: found byte 0xf6', undefined],
    ['1 -1:2\n', ':1: found "-1:2", expected index:value', undefined],
    ['1 99999999999:2\n', ':1: found "99999999999:2", expected an index of at most 4294967294', undefined],
  ])('refuses %j', async (content, message, hint) => {
    const refused = read(content);
    await expect(refused).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringContaining(`d.libsvm${message}`),
      ...(hint && { hint: expect.stringContaining(hint) }),
    });
  });
});
