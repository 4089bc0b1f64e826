/** The equations of a round over machines, with numbers that can be followed by hand. */
import { describe, expect, test } from 'vitest';
import { parseBytes, parseLink } from '../../src/machines/link.js';
import {
  breakEven,
  dominant,
  EAGER_BYTES,
  type Link,
  type MessageCost,
  type RankWork,
  RDMA,
  type RowWork,
  roundSeconds,
  TCP,
} from '../../src/machines/model.js';

const cost: MessageCost = { overheadSeconds: 1e-4, longSeconds: 1e-2, bytesPerSecond: 1e12 };
const link: Link = { name: '', bitsPerSecond: 8e6, latencySeconds: 1e-3, cost };
const work: RankWork = {
  secondsAnAgent: 1e-3,
  onThreads: false,
  phases: 1,
  own: 100,
  boundary: 20,
  peers: 2,
  messagesAPeer: 3,
  bytesIn: 1000,
  bytesOut: 5000,
  foreignBytes: () => 0,
};
const noRows: RowWork = { seconds: 0, chainSeconds: 0, gatheredBytes: 0, chainBytes: 0, every: 1e300 };

describe('a round', () => {
  test('works on the boundary, exchanges while it works on the rest, and hears the command', () => {
    const found = roundSeconds(work, noRows, 4, 1, link);
    expect(found.boundary).toBeCloseTo(0.02, 12);
    expect(found.interior).toBeCloseTo(0.08, 12);
    // 1 ms of latency, six messages of 0.1 ms, 5000 bytes at a megabyte a second.
    expect(found.waiting).toBeCloseTo(0.0016, 12);
    expect(found.exchange).toBeCloseTo(0.0066, 12);
    // Two steps of a tree of four.
    expect(found.command).toBeCloseTo(2 * 0.0011, 12);
    expect(found.total).toBeCloseTo(0.02 + 0.08 + 0.0022, 12);
    expect(dominant(found)).toBe('compute');
  });

  test('has no time inside where everybody has neighbours elsewhere', () => {
    for (let own = 1; own < 200; own++) {
      const everybody = { ...work, own, boundary: own, secondsAnAgent: 0.1 / own };
      expect(roundSeconds(everybody, noRows, 4, 1, link).interior, `${own}`).toBe(0);
    }
  });

  test('takes as long as its exchange where that is longer than the rest of the work', () => {
    const slow = { ...link, bitsPerSecond: 8e4 };
    const found = roundSeconds(work, noRows, 4, 1, slow);
    expect(found.exchange).toBeCloseTo(0.0016 + 0.5, 12);
    expect(found.total).toBeCloseTo(0.02 + 0.5016 + 0.0022, 12);
    expect(dominant(found)).toBe('bytes on the link');
  });

  test('asks before it sends a long message: a way there and back more, and what that costs of each', () => {
    const long = { ...work, bytesOut: 6 * (EAGER_BYTES + 1) };
    const found = roundSeconds(long, noRows, 4, 1, link);
    expect(found.waiting).toBeCloseTo(0.003 + 6 * 0.0101, 12);
  });

  test('gets no more bytes through than one thread does', () => {
    const found = roundSeconds(work, noRows, 2, 1, { ...link, cost: { ...cost, bytesPerSecond: 1e3 } });
    expect(found.exchange - found.waiting).toBeCloseTo(5, 12);
  });

  test('of one rank has no link, and one of measured threads no barrier', () => {
    const found = roundSeconds(work, noRows, 1, 1, link);
    expect(found).toMatchObject({ exchange: 0, command: 0, waiting: 0 });
    expect(roundSeconds({ ...work, onThreads: true }, noRows, 1, 8, link).total).toBeCloseTo(0.1, 12);
    const shared = roundSeconds(work, noRows, 1, 4, link).total;
    expect(shared).toBeGreaterThan(0.025);
    expect(shared).toBeLessThan(0.026);
  });

  test('has a share of a row: its work, what is gathered, and what goes from rank to rank', () => {
    const row: RowWork = { seconds: 1, chainSeconds: 0.2, gatheredBytes: 1e6, chainBytes: 1000, every: 10 };
    const found = roundSeconds(work, row, 4, 2, link);
    const gathering = 3 * 1e-4 + 1;
    const chain = 4 * (1.1e-3 + 1e-3);
    expect(found.row).toBeCloseTo((0.8 / 8 + 0.2 + gathering + chain) / 10, 12);
    expect(roundSeconds(work, row, 1, 1, link).row).toBeCloseTo(0.1, 12);
  });
});

describe('compression pays', () => {
  const seconds = (compute: number, bits: number) => (bandwidth: number) => compute + bits / bandwidth;

  test('below the bandwidth at which the bits that it saves take as long as its own work', () => {
    // 2 s + 1e6 / b < 1 s + 9e6 / b  where  b < 8e6.
    expect(breakEven(seconds(2, 1e6), seconds(1, 9e6))).toBeCloseTo(8e6, -1);
  });

  test('at less where it takes more rounds', () => {
    // 2 (2 + 1e6 / b) < 1 + 9e6 / b  where  b < 7e6 / 3.
    expect(breakEven(seconds(2, 1e6), seconds(1, 9e6), 2)).toBeCloseTo(7e6 / 3, -1);
  });

  test('always, or never', () => {
    expect(breakEven(seconds(1, 1e6), seconds(2, 9e6))).toBe(Number.POSITIVE_INFINITY);
    expect(breakEven(seconds(2, 9e6), seconds(1, 1e6))).toBeNull();
  });
});

describe('what the command line says', () => {
  test.each([
    ['10Gbit/s,20us', 1e10, 2e-5, TCP],
    [' 100 Mbit/s , 0.5 ms', 1e8, 5e-4, TCP],
    ['1GB/s,0', 8e9, 0, TCP],
    ['400Gbit/s,2us,rdma', 4e11, 2e-6, RDMA],
  ])('%s', (text, bitsPerSecond, latencySeconds, cost) => {
    expect(parseLink(text)).toEqual({ name: text.trim(), bitsPerSecond, latencySeconds, cost });
  });

  test.each([
    '',
    '10Gbit/s',
    '10Gbit/s,20us,ib',
    '0Mbit/s,1us',
    '10 parsecs,1us',
    '1Gbit/s,-1us',
    '1gbit/s,1us',
  ])('%j is refused with what was expected', (text) => {
    expect(() => parseLink(text)).toThrow(
      `--link is ${text}, expected bandwidth and latency with a comma between them, and perhaps ,rdma: 10Gbit/s,20us`,
    );
  });

  test('sizes', () => {
    expect(parseBytes('--memory', '64GiB')).toBe(64 * 2 ** 30);
    expect(parseBytes('--memory', '1.5 MB')).toBe(1.5e6);
    for (const text of ['', '0GiB', '3 GiBs', '-1GiB'])
      expect(() => parseBytes('--memory', text)).toThrow(
        `--memory is ${text}, expected a size such as 64GiB`,
      );
  });
});
