import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formOf, parseAny, parseCsv, parsePlain, readCsv, type TableOptions } from '../../src/data/csv.js';
import { scratchFile } from '../cost/support.js';
import { runs } from '../support/properties.js';

const parse = (text: string, options?: TableOptions) => parseCsv(text, 'data.csv', options);

describe('parseCsv', () => {
  it('takes the last column for the labels', () => {
    expect(parse('7,2,3\n4,5,6\n')).toEqual({
      rows: 2,
      columnCount: 2,
      values: Float64Array.of(7, 2, 4, 5),
      labels: Float64Array.of(3, 6),
      names: null,
      groups: null,
      lines: Uint32Array.of(1, 2),
    });
  });

  it.each([
    ['comma', 'height, weight ,late\n1.5,2e1,-1\n\n-.5,3,1'],
    ['semicolon', 'height;weight;late\r\n1.5;2e1;-1\r\n\r\n-.5;3;1\r\n'],
    ['tab', '\uFEFFheight\tweight\tlate\n1.5\t2e1\t-1\n\t\n-.5\t3\t1'.replace('\n\t\n', '\n\n')],
  ])('knows a header and guesses a %s', (_, text) => {
    const table = parse(text);
    expect(table.names).toEqual(['height', 'weight']);
    expect([...table.values]).toEqual([1.5, 20, -0.5, 3]);
    expect([...table.labels]).toEqual([-1, 1]);
    expect([...table.lines]).toEqual([2, 4]);
  });

  it('finds the target by name or number', () => {
    const text = 'a,b,c\n1,2,3\n';
    expect(parse(text, { target: 'a' })).toMatchObject({ names: ['b', 'c'], labels: Float64Array.of(1) });
    expect(parse(text, { target: 1 })).toMatchObject({ names: ['a', 'c'], labels: Float64Array.of(2) });
  });

  it('sets the group column apart, text or not', () => {
    const table = parse('origin,distance,late\nJFK,1,0\nSFO,2,1\n', { group: 'origin' });
    expect(table).toMatchObject({ groups: ['JFK', 'SFO'], names: ['distance'], columnCount: 1 });
  });

  it.each([
    ['7,2,3\n4,5\n', {}, 'data.csv:2: the row has 2 columns, expected 3', 2, undefined],
    ['x,y\n1,2\n\n3,4,5\n', {}, 'data.csv:4: the row has 3 columns, expected 2', 4, undefined],
    ['x,y\n1,2\n3,\n', {}, 'data.csv:3: column 2 (y) is "", expected a finite number', 3, 2],
    ['7,2\n3,NaN\n', {}, 'data.csv:2: column 2 is "NaN", expected a finite number', 2, 2],
    ['7,2\n1e999,4\n', {}, 'data.csv:2: column 1 is "1e999", expected a finite number', 2, 1],
    ['7,2\n0x10,4\n', {}, 'data.csv:2: column 1 is "0x10", expected a finite number', 2, 1],
    ['x,y\n', {}, 'data.csv has no rows of numbers', undefined, undefined],
    ['', {}, 'data.csv has no rows of numbers', undefined, undefined],
    ['x,y\n1,2\n', { target: 'z' }, 'data.csv has no column z (target); it has x, y', undefined, undefined],
    [
      '7,2\n',
      { target: 'z' },
      'data.csv has no column z (target); it has no header; give the number of the column, 0..1',
      undefined,
      undefined,
    ],
    ['7,2\n', { target: 2 }, 'data.csv has no column 2 (target), expected 0..1', undefined, undefined],
    ['x,y\n1,2\n', { group: 'who' }, 'data.csv has no column who (group); it has x, y', undefined, undefined],
  ])('refuses %j %j', (text, options, message, line, column) => {
    expect(() => parse(text, options)).toThrow(message);
    expect(() => parse(text, options)).toThrow(expect.objectContaining({ code: 'BAD_INPUT', line, column }));
  });

  it('says which file is missing', async () => {
    await expect(readCsv('/nowhere/a.csv')).rejects.toThrow('cannot read /nowhere/a.csv: no such file');
  });
});

describe('what two readings would make different data of', () => {
  const refusal = (text: string, options?: TableOptions) => {
    try {
      parse(text, options);
    } catch (error) {
      expect(error).toMatchObject({ code: 'BAD_INPUT' });
      const { message, hint = '' } = error as Error & { hint?: string };
      return `${message} | ${hint}`;
    }
    throw new Error('was not refused');
  };

  it.each([
    ['pandas numbers columns', '0,1,2\n5,6,1\n7,8,0\n'],
    ['from 1', '1,2,3\n5,6,1\n7,8,0\n'],
    ['in quotes', '"0","1"\n5,6\n'],
    ['years in quotes', '"2001","2002"\n5,6\n'],
    ['after an empty line, between semicolons', '\n0;1;2\n5;6;1\n'],
  ])('a first line that counts, header or sample: %s', (_, text) => {
    expect(refusal(text)).toMatch(/data\.csv:[12]: the first line is .*header: true or header: false/);
    const header = parse(text, { header: true });
    expect(parse(text, { header: false }).rows - header.rows).toBe(1);
    expect(header.values[0]).toBe(5);
  });

  it('names and numbers in one line are a header where they count, and else neither', () => {
    expect(parse('0,1,2,label\n5,6,7,1\n')).toMatchObject({ names: ['0', '1', '2'], rows: 1 });
    expect(refusal('5.1,x,1\n3,4,0\n')).toMatch(/sample that has words in it.*header: true/);
    expect(refusal('a,1\n3,4\n')).toMatch(/sample that has words in it/);
    expect(refusal('5,NA,1\n3,4,0\n')).toMatch(/data\.csv:1: column 2 is "NA".* \| a missing value/);
    expect(refusal('5,,1\n3,4,0\n')).toMatch(/data\.csv:1: column 2 is "".* \| a missing value/);
    expect(refusal('5,4,setosa\n3,4,virginica\n')).toMatch(/:1: column 3 is "setosa".*number the classes/);
    expect(parse('0,1,2\n5,6,1\n', { target: '2' })).toMatchObject({ names: ['0', '1'], rows: 1 });
  });

  it('a column without a name counts rows, or is a feature', () => {
    for (const text of [',a,y\n0,5,1\n', '"","a","y"\n"1",5,1\n', 'Unnamed: 0,a,y\n0,5,1\n']) {
      expect(refusal(text)).toMatch(/data\.csv:1: column 1 is called ".*index=False/);
    }
  });

  it('a name for two columns, a number that is the name of another', () => {
    expect(refusal('y,a,y\n1,2,1\n')).toMatch(/data\.csv:1: 2 columns are called "y" \(0, 2, from 0\)/);
    expect(refusal('u,u,y\n1,2,1\n', { group: 'u' })).toMatch(/2 columns are called "u"/);
    expect(parse('u,u,y\n1,2,1\n').names).toEqual(['u', 'u']);
    expect(refusal('1,2,0\n5,6,7\n', { header: true, target: 2 })).toMatch(
      /is called "0", and column 1 is called "2"/,
    );
    expect(refusal('who,0,1\nJFK,5,1\n', { group: 0 })).toMatch(
      /the first line is "who", "0", "1": names of columns, or a sample/,
    );
    expect(refusal('a,y\n1,2\n', { target: 'y', group: 'y' })).toMatch(/cannot be target and group at once/);
  });

  it('numbers in quotes are samples where the others stand in quotes too', () => {
    expect(parse('"2001","2002"\n"5","6"\n')).toMatchObject({ rows: 2, names: null });
    expect(parse('2001,"2002"\n5,6\n')).toMatchObject({ rows: 2, names: null });
  });

  it('a number larger than a double holds', () => {
    expect(refusal('a,y\n1e400,1\n')).toMatch(
      /:2: column 1 \(a\) is "1e400".* \| larger than a double holds/,
    );
  });

  it("Excel's first line says what separates cells", () => {
    for (const line of ['sep=;\n', '"sep=;"\r\n', 'SEP=;\r']) {
      const text = `${line}a;b;y\n1;2;3\n4;"5";6\n`;
      expect(parse(text)).toMatchObject({ names: ['a', 'b'], rows: 2, lines: Uint32Array.of(3, 4) });
    }
    expect(refusal('sep=|\n7|2\n3|x\n')).toMatch(/data\.csv:3: column 2/);
    expect(refusal('sep=;\n1;2\n', { delimiter: ',' })).toMatch(
      /data\.csv:1: the line "sep=;" says what separates cells, and delimiter is ","/,
    );
  });

  it('one-hot labels', () => {
    const rows = '5,1,0,0\n6,0,1,0\n7,0,0,1\n8,0,1,0\n';
    expect(refusal(`a,y0,y1,y2\n${rows}`)).toMatch(
      /the last 3 columns \("y0", "y1" and the last\) are one-hot/,
    );
    expect(refusal(rows)).toMatch(/the last 3 columns are one-hot.*argmax/);
    expect(refusal('a,no,yes\n5,1,0\n6,0,1\n')).toMatch(/the last 2 columns/);
    expect(parse(`a,y0,y1,y2\n${rows}`, { target: 'y2' }).columnCount).toBe(3);
    expect(parse('1,0\n0,1\n', { header: false }).rows).toBe(2);
    expect(parse('5,1,0\n6,0,1\n7,1,1\n').rows).toBe(3);
    expect(parse('5,1,1\n6,0,1\n').rows).toBe(2);
  });

  it('commas within numbers', () => {
    expect(refusal('a;b;y\n1,5;2;1\n')).toMatch(/:2: column 1 \(a\) is "1,5".*set decimal: ","/);
    expect(refusal('1,5;2,5;1\n2,5;3,5;0\n')).toMatch(/:1: column 1 is "1,5".*set decimal/);
    expect(refusal('a\tb\n"1,234"\t1\n')).toMatch(/separator of thousands/);
    expect(refusal('a,y\n"1,234",1\n')).toMatch(/separator of thousands/);
    expect(refusal("a,y\n1'234,1\n")).toMatch(/without a separator of thousands/);
    expect(refusal('a,y\n1\u00a0234,1\n')).toMatch(/"1\\u00a0234".*without a separator of thousands/);
    expect([...parse('a;b;y\n1,5;-2;1\n,5e1;3;0\n', { decimal: ',' }).values]).toEqual([1.5, -2, 5, 3]);
    expect(refusal('a;y\n1.5;1\n', { decimal: ',' })).toMatch(/this number has a point/);
    expect(refusal('a,b,y\n1,5,2,5,1\n')).toMatch(/:2: the row has 5 columns, expected 3/);
  });
});

describe('lines are those of the file', () => {
  it.each([
    ['CR alone', 'a,y\r5,1\r\r6,0\r7,x\r', 5],
    ['CR LF and LF', 'a,y\r\n5,1\n6,0\r\n7,x\n', 4],
    ['names of two lines in quotes', 'who,a,y\n"New\nYork",5,1\n"Bo\r\nnn",6,0\nx,y,1\n', 6],
    ['quotes and empty lines', '"a",y\n\n\n5,1\n"6",\n', 5],
  ])('%s', (_, text, line) => {
    expect(() => parse(text, text.startsWith('who') ? { group: 'who' } : {})).toThrow(
      expect.objectContaining({ line, message: expect.stringMatching(`^data.csv:${line}: column`) }),
    );
  });

  it('reads what ends in CR alone, and names of two lines', () => {
    expect(parse('a,y\r5,1\r6,0\r')).toMatchObject({ rows: 2, lines: Uint32Array.of(2, 3) });
    expect(parse('who,a,y\n"New\nYork",5,1\nx,6,0\n', { group: 'who' })).toMatchObject({
      groups: ['New\nYork', 'x'],
      lines: Uint32Array.of(2, 4),
    });
  });

  it('a quote that never ends, and what steers a terminal', () => {
    expect(() => parse('a,y\n5,1\n"6,0\n7,1\n')).toThrow('data.csv:3: quoted field unterminated');
    expect(() => parse('a,y\n\u001b[31m,1\n')).toThrow('column 1 (a) is "\\u001b[31m", expected');
    expect(() => parse(`a,y\n${'9'.repeat(1e5)}x,1\n`)).toThrow(/is "9{56}\.\.\., expected/);
    expect(() => parse('a\u001b,y\n5,1\n', { target: 'z\u0007' })).toThrow(
      'no column z\\u0007 (target); it has a\\u001b, y',
    );
  });
});

describe('bytes', () => {
  const read = (bytes: Uint8Array | string, options?: TableOptions) =>
    readCsv(scratchFile('t.csv', bytes), options);

  it('UTF-16, gzip, a mark', async () => {
    const text = 'stadt,a,y\nKöln,5,1\nWien,6,0\n';
    const expected = { groups: ['Köln', 'Wien'], values: Float64Array.of(5, 6) };
    for (const bytes of [
      Buffer.from(`\ufeff${text}`, 'utf16le'),
      Buffer.from(`\ufeff${text}`),
      gzipSync(Buffer.from(text)),
    ]) {
      expect(await read(bytes, { group: 'stadt' })).toMatchObject(expected);
    }
    const latin1 = Buffer.from(text, 'latin1');
    expect(await read(latin1, { group: 'stadt', encoding: 'latin1' })).toMatchObject(expected);
    await expect(read(latin1, { group: 'stadt' })).rejects.toThrow(/t\.csv:2:2: found byte 0xf6 .*UTF-8/);
    await expect(read('a,y\n5,1\n6\0,0\n')).rejects.toThrow(/t\.csv:3:2: found a NUL byte/);
  });
});

describe('plain tables are read in one pass', () => {
  const number = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.integer().map(String),
    fc.stringMatching(/^[+-]?(\d{1,20}\.?\d{0,20}|\.\d{1,20})(e[+-]?\d{1,2})?$/),
  );
  const cell = fc.oneof(
    { weight: 30, arbitrary: number },
    fc.constantFrom('', ' 1 ', 'x', '.', '-', '"1"', '0x1', '1e999'),
  );
  const tableOf = (cells: fc.Arbitrary<string>) =>
    fc.record({
      width: fc.integer({ min: 1, max: 4 }),
      cells: fc.array(cells, { minLength: 1, maxLength: 24 }),
      delimiter: fc.constantFrom(',', ';', '\t', '|'),
      newline: fc.constantFrom('\n', '\r\n', '\n\n', '\r'),
      header: fc.boolean(),
      named: fc.boolean(),
      end: fc.constantFrom('', '\n', '\r\n'),
    });
  type Made = {
    width: number;
    cells: string[];
    delimiter: string;
    newline: string;
    header: boolean;
    named: boolean;
    end: string;
  };
  const written = ({ width, cells, delimiter, newline, header, named, end }: Made) => {
    const rows = Array.from({ length: Math.ceil(cells.length / width) }, (_, r) =>
      [...(named ? [`n${r % 2}`] : []), ...cells.slice(r * width, (r + 1) * width)].join(delimiter),
    );
    const names = [...(named ? ['who'] : []), ...'abcd'.slice(0, width)];
    return (header ? names.join(delimiter) + newline : '') + rows.join(newline) + end;
  };
  const outcome = (read: () => unknown) => {
    try {
      return read();
    } catch (error) {
      return (error as Error).message;
    }
  };

  it('and mean what they mean to the general parser, whatever is in them', () => {
    let plain = 0;
    fc.assert(
      fc.property(fc.oneof(tableOf(number), tableOf(cell)), (made) => {
        const text = written(made);
        const options = made.named ? { group: 0 } : {};
        const form = { delimiter: made.delimiter, header: made.header };
        const quick = parsePlain(text, form, options);
        if (quick === null) return;
        plain++;
        // toEqual tells -0 from 0.
        expect(quick).toEqual(outcome(() => parseAny(text, 'data.csv', form, options)));
      }),
      { numRuns: runs(300) },
    );
    expect(plain).toBeGreaterThan(60);
  });

  it('are not given up for a header, names, blank lines, signs, long decimals or an end of the line as on Windows', () => {
    const text = 'who,a,late\r\nJFK,-5.7552010000000005,1\r\n\r\nSFO,+.5,-1\r\n';
    const options = { group: 'who', target: 'late' };
    expect(parsePlain(text, formOf(text, 'data.csv', options), options)).toEqual({
      rows: 2,
      columnCount: 1,
      values: Float64Array.of(-5.7552010000000005, 0.5),
      labels: Float64Array.of(1, -1),
      names: ['a'],
      groups: ['JFK', 'SFO'],
      lines: Uint32Array.of(2, 4),
    });
  });
});
