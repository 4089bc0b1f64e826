/**
 * Every kernel of the table gives its reference implementation's numbers, at a size that is no multiple of a
 * block.
 */

import { expect, it } from 'vitest';
import { kernelCases } from '../../src/bench/kernel-cases.js';
import { check } from '../../src/bench/kernels.js';
import { bytesAskedFor, bytesThatMustMove } from '../../src/bench/round-bytes.js';

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
