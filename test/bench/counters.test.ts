/** What perf writes, on machines that count and on those that do not; and without perf. */

import { expect, it } from 'vitest';
import { summarizeCounters } from '../../src/bench/counters.js';
import { PerfStat, parsePerfStat } from '../../src/bench/perf-stat.js';

const BARE = `Events disabled
Events enabled
Events disabled
40000000,,instructions,1200000000,83.00,2.00,insn per cycle
20000000,,cycles,1200000000,83.00,3.2,GHz
64000,,branch-misses:u,1200000000,83.00,,
<not counted>,,L1-dcache-load-misses,0,100.00,,
128000,,cache-misses,1200000000,83.00,,
6400,,dTLB-load-misses,1200000000,83.00,,
600.50,msec,task-clock,600500000,100.00,2.000,CPUs utilized
12,,context-switches,600500000,100.00,20.0,/sec
0,,cpu-migrations,600500000,100.00,0.0,/sec
3,,page-faults,600500000,100.00,5.0,/sec
`;

it('reads counts, of user mode too, and knows what was not counted', () => {
  expect(parsePerfStat(BARE)).toEqual({
    instructions: 4e7,
    cycles: 2e7,
    'branch-misses': 64_000,
    'L1-dcache-load-misses': null,
    'cache-misses': 128_000,
    'dTLB-load-misses': 6400,
    'task-clock': 600.5,
    'context-switches': 12,
    'cpu-migrations': 0,
    'page-faults': 3,
  });
  const virtual = parsePerfStat('<not supported>,,cycles,0,100.00,,\n30,,context-switches,5,100.00,,\n');
  expect(virtual).toMatchObject({ cycles: null, 'context-switches': 30 });
});

it('by hand: a thousand rounds of 64 coordinates', () => {
  const sample = { seconds: 1e-4, rounds: 1000, counters: parsePerfStat(BARE), missing: null };
  const { figures, row } = summarizeCounters('x', 'x', 64, [sample]);
  const found = Object.fromEntries(figures.map(({ id, median }) => [id.replace('counters/x/', ''), median]));
  expect(found).toMatchObject({
    ns: expect.closeTo(1e5 / 64, 9),
    instructions: expect.closeTo(625, 9),
    'instructions-per-cycle': expect.closeTo(2, 12),
    'branch-misses': expect.closeTo(1, 12),
    'cache-misses': expect.closeTo(2, 12),
    'TLB-misses': expect.closeTo(0.1, 12),
    'context-switches': expect.closeTo(120, 9),
    'page-faults': expect.closeTo(30, 9),
  });
  // L1 misses are not there, and nothing stands in their place.
  expect(row[5]).toBe('');
  expect(figures).toHaveLength(8);
});

it('without perf there are times, and the reason', async () => {
  await expect(PerfStat.attach('no-such-perf')).rejects.toThrow(/ENOENT/);
  const missing = { seconds: 1e-4, rounds: 1000, counters: null, missing: 'no perf' };
  const { figures, row } = summarizeCounters('x', 'x', 64, [missing]);
  expect(figures.map(({ id }) => id)).toEqual(['counters/x/ns']);
  expect(row.slice(2).join('')).toBe('');
});

it('a program that is not perf ends with its own words', async () => {
  await expect(PerfStat.attach('false')).rejects.toThrow('perf ended without a word');
});
