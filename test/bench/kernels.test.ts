/**
 * Every kernel of the table gives its reference implementation's numbers, at a size that is no multiple of a
 * block.
 */

import { expect, it } from 'vitest';
import { kernelCases } from '../../src/bench/kernel-cases.js';
import { check } from '../../src/bench/kernels.js';
import { summarizeRoofline } from '../../src/bench/roofline.js';
import {
  bytesAskedFor,
  bytesThatMustMove,
  FLATTENED_ROUND,
  PLAIN_ROUND,
} from '../../src/bench/round-bytes.js';

const { cases, missing } = await kernelCases(20, 64, 4, 1);

it.each(cases.map((each) => [each.name, each] as const))('%s', (_, each) => {
  expect(each.coordinates).toBeGreaterThan(0);
  expect(each.bytes).toBeGreaterThan(0);
  check(each);
});

it('notices a kernel that is wrong', () => {
  const [first] = cases;
  const wrong = {
    ...first,
    results: () => Array.from(first.results(), (value, i) => (i === 3 ? value + 1 : value)),
  };
  expect(() => check(wrong)).toThrow(`${first.name} and its reference differ at 3`);
});

it('covers the kernels that rounds spend their time in', () => {
  const hot = [
    'gatherDense',
    'gatherSign',
    'stepPrimalDual',
    'stepPrimalDualError',
    'encodeFlattenedSign',
    'wht',
  ];
  for (const name of hot) expect(missing).not.toContain(name);
});

it('bytes that must move, by hand', () => {
  const none = { ownBytes: 5 * 512, messageBytes: 512 };
  // All of x in cache: 5 rows in order and x once, 12 bytes and 8 columns of the graph.
  expect(bytesThatMustMove(1000, 8, none, 2 ** 25)).toBe(1000 * (6 * 512 + 12 + 32));
  // Half of x in cache: half of the nine reads come from memory.
  expect(bytesThatMustMove(1000, 8, none, 256_000)).toBe(1000 * (5 * 512 + 4.5 * 512 + 12 + 32));
  // Small messages: read once and written once.
  expect(bytesThatMustMove(1000, 8, { ownBytes: 10 * 512 + 16, messageBytes: 16 }, 2 ** 25)).toBe(
    1000 * (10 * 512 + 32 + 12 + 32),
  );
  // v, a, b, x', v' and the rows of eight neighbours.
  expect(bytesAskedFor(1000)).toBe(1000 * 13 * 512);
});

it('operations a coordinate, by hand: degree 8, d = 64', () => {
  // 8 subtractions, degree times x; a (x - b); three products, three sums; v' in two.
  expect(PLAIN_ROUND.operations(8, 64)).toBe(9 + 2 + 6 + 2);
  // Three transforms of 6 additions among them.
  expect(FLATTENED_ROUND.operations(8, 64)).toBe(3 * 6 + 25);
});

it('the share of a roof, by hand: bytes limit where operations a byte are few', () => {
  const point = (method: typeof PLAIN_ROUND) => ({
    id: method.name,
    label: method.name,
    agents: 64,
    method,
    isFar: false,
  });
  // 13 rows of 8 bytes a coordinate: 19 / 104 operations a byte.
  const seconds = (19 * 64 * 64) / 5e9;
  const { figures, tables, picture } = summarizeRoofline(
    [point(PLAIN_ROUND)],
    [[40e9], [100e9], [50e9], [seconds]],
    2,
  );
  const found = (id: string) => figures.find((each) => each.id === `roofline/${id}`)!.median;
  expect(found('none')).toBeCloseTo(5, 9);
  expect(found('none/of-roof')).toBeCloseTo(5e9 / ((100e9 * 19) / 104), 9);
  expect(tables[0]!.rows[0]).toContain('caches');
  // A memory so fast that arithmetic is the limit.
  const fast = summarizeRoofline([point(PLAIN_ROUND)], [[40e9], [900e9], [50e9], [seconds]], 2);
  expect(fast.tables[0]!.rows[0]).toContain('arithmetic');
  expect(picture).toContain('>Roofline: what limits a round<');
  expect(picture).not.toContain('NaN');
});
