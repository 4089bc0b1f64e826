import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAny, parseCsv, parsePlain, readCsv, type TableOptions } from '../../src/data/csv.js';

const parse = (text: string, options?: TableOptions) => parseCsv(text, 'data.csv', options);

describe('parseCsv', () => {
  it('takes the last column for the labels', () => {
    expect(parse('1,2,3\n4,5,6\n')).toEqual({
      rows: 2,
      columnCount: 2,
      values: Float64Array.of(1, 2, 4, 5),
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
    ['1,2,3\n4,5\n', {}, 'data.csv:2: the row has 2 columns, expected 3', 2, undefined],
    ['x,y\n1,2\n\n3,4,5\n', {}, 'data.csv:4: the row has 3 columns, expected 2', 4, undefined],
    ['x,y\n1,2\n3,\n', {}, 'data.csv:3: column 2 (y) is "", expected a finite number', 3, 2],
    ['1,2\n3,NaN\n', {}, 'data.csv:2: column 2 is "NaN", expected a finite number', 2, 2],
    ['1,2\n1e999,4\n', {}, 'data.csv:2: column 1 is "1e999", expected a finite number', 2, 1],
    ['1,2\n0x10,4\n', {}, 'data.csv:2: column 1 is "0x10", expected a finite number', 2, 1],
    ['x,y\n', {}, 'data.csv has no rows of numbers', undefined, undefined],
    ['', {}, 'data.csv has no rows of numbers', undefined, undefined],
    ['x,y\n1,2\n', { target: 'z' }, 'data.csv has no column z (target); it has x, y', undefined, undefined],
    [
      '1,2\n',
      { target: 'z' },
      'data.csv has no column z (target); it has no header; give the number of the column, 0..1',
      undefined,
      undefined,
    ],
    ['1,2\n', { target: 2 }, 'data.csv has no column 2 (target), expected 0..1', undefined, undefined],
    ['x,y\n1,2\n', { group: 'who' }, 'data.csv has no column who (group); it has x, y', undefined, undefined],
  ])('refuses %j %j', (text, options, message, line, column) => {
    expect(() => parse(text, options)).toThrow(message);
    expect(() => parse(text, options)).toThrow(expect.objectContaining({ code: 'BAD_INPUT', line, column }));
  });

  it('says which file is missing', async () => {
    await expect(readCsv('/nowhere/a.csv')).rejects.toThrow(/cannot read \/nowhere\/a\.csv: ENOENT/);
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
        const quick = parsePlain(text, options);
        if (quick === null) return;
        plain++;
        // toEqual tells -0 from 0.
        expect(quick).toEqual(outcome(() => parseAny(text, 'data.csv', options)));
      }),
      { numRuns: 300 },
    );
    expect(plain).toBeGreaterThan(60);
  });

  it('are not given up for a header, names, blank lines, signs, long decimals or an end of the line as on Windows', () => {
    const text = 'who,a,late\r\nJFK,-5.7552010000000005,1\r\n\r\nSFO,+.5,-1\r\n';
    expect(parsePlain(text, { group: 'who', target: 'late' })).toEqual({
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
