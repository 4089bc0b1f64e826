import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  besideEachOther,
  callTree,
  type Frame,
  mergeThreads,
  ROUND_LOOP,
  totalSamples,
  totalUs,
} from '../../src/profile/call-tree.js';
import { byFile, formatHottest, formatThreadTimes, timeShares } from '../../src/profile/hottest.js';
import type { CpuProfile } from '../../src/profile/record.js';
import { kernelsUrl } from '../../src/run/locations.js';
import { schedulerTimes, timeThread } from '../../src/run/thread-times.js';
import { temporaryFolder } from '../support/run.js';

const compiled = (file: string) => new URL(`../${file}`, kernelsUrl).href;

/** `[function, url, children]` */
type Stack = [functionName: string, url: string, children?: Stack[]];

/**
 * Nodes are numbered from 1 in the order in which they are written; `samples` are pairs of node and
 * microseconds.
 */
function profileOf(root: Stack, samples: [node: number, us: number][]): CpuProfile {
  const nodes: CpuProfile['nodes'] = [];
  const place = ([functionName, url, children = []]: Stack): number => {
    const id = nodes.length + 1;
    const node = {
      id,
      callFrame: { functionName, scriptId: '0', url, lineNumber: 6, columnNumber: 0 },
      children: [] as number[],
    };
    nodes.push(node);
    node.children = children.map(place);
    return id;
  };
  place(root);
  return {
    nodes,
    startTime: 0,
    endTime: 0,
    samples: samples.map(([node]) => node),
    timeDeltas: samples.map(([, us]) => us),
  };
}

/**
 * Node 1 is the root, 2 the task, 3 the round loop, 4 a kernel below it, 5 the barrier, 6 what comes after, 7
 * and 8 V8's own.
 */
const TASK: Stack = [
  '(root)',
  '',
  [
    [
      'agents',
      compiled('workers/agents.js'),
      [
        [
          'runRounds',
          compiled('workers/round-loop.js'),
          [
            ['kernels/gather/gatherSign', 'wasm://wasm/0002caa2'],
            ['barrierWait', compiled('src/sync/barrier.js')],
          ],
        ],
        ['post', 'node:inspector'],
      ],
    ],
    ['(garbage collector)', ''],
    ['(program)', ''],
  ],
];

/** Name -> microseconds, with the names of callers in front. */
function flatten(frame: Frame, callers = ''): Record<string, number> {
  const path = callers + frame.name;
  return Object.assign(
    { [path]: frame.selfUs },
    ...frame.children.map((child) => flatten(child, `${path} > `)),
  );
}

const short = (name: string) => name.replace(/(\.ts:)\d+/g, '$1L');

describe('the tree of a profile', () => {
  it('keeps the round loop alone: nothing before its first sample, nothing after its last', () => {
    const profile = profileOf(TASK, [
      [6, 1000], // starting the profiler
      [4, 70], // the first: how much of the 70 us was the loop's is not known
      [4, 10],
      [7, 3],
      [5, 20],
      [8, 2],
      [3, 1],
      [6, 500], // stopping it
      [7, 400], // a collection after the loop
    ]);
    const { root } = callTree(profile, 'worker 0', ROUND_LOOP);
    const times = Object.entries(flatten(root)).map(([name, us]) => [short(name), us]);
    expect(Object.fromEntries(times)).toEqual({
      'worker 0': 0,
      'worker 0 > runRounds workers/round-loop.ts:L': 1,
      'worker 0 > runRounds workers/round-loop.ts:L > gatherSign [WASM]': 10,
      'worker 0 > runRounds workers/round-loop.ts:L > barrierWait src/sync/barrier.ts:L': 20,
      'worker 0 > garbage collector [VM]': 3,
      'worker 0 > unnamed (program)': 2,
    });
    expect(totalUs(root)).toBe(36);
    expect(totalSamples(root)).toBe(6);
  });

  it('has everything where it is not told what to look for, and leaves idle time out', () => {
    const profile = profileOf(
      [
        '(root)',
        '',
        [
          ['(idle)', ''],
          ['start', 'node:internal/main'],
          ['(program)', ''],
        ],
      ],
      [
        [2, 100],
        [3, 7],
        [2, 50],
        [4, 1],
      ],
    );
    const { root, idleUs } = callTree(profile, 'main');
    expect(flatten(root)).toEqual({
      main: 0,
      'main > start node:internal/main:7': 7,
      'main > unnamed (program)': 1,
    });
    expect(idleUs).toBe(150);
  });

  it('keeps a kernel in one box whatever the engine put between it and its caller', () => {
    const kernel: Stack = ['kernels/gather/gatherSign', 'wasm://wasm/0002caa2'];
    const profile = profileOf(
      [
        '(root)',
        '',
        [
          [
            'start',
            'node:internal/main',
            [
              kernel,
              ['GenericJSToWasmWrapper', '', [kernel]],
              ['js-to-wasm:ii:', 'wasm://wasm/0002caa2', [kernel]],
            ],
          ],
        ],
      ],
      [
        [3, 10],
        [4, 1],
        [5, 20],
        [6, 2],
        [7, 30],
      ],
    );
    expect(flatten(callTree(profile, 'main').root)).toEqual({
      main: 0,
      'main > start node:internal/main:7': 0,
      'main > start node:internal/main:7 > gatherSign [WASM]': 60,
      'main > start node:internal/main:7 > call of a kernel [VM]': 3,
    });
  });

  it('is empty where the function never ran', () => {
    const profile = profileOf(['(root)', '', [['start', 'node:internal/main']]], [[2, 10]]);
    expect(totalUs(callTree(profile, 'worker 0', ROUND_LOOP).root)).toBe(0);
  });

  it('names what it can and shows no path outside of the project', () => {
    const profile = profileOf(
      [
        '(root)',
        '',
        [
          ['wasm-function[12]', 'wasm://wasm/0002caa2'],
          ['js-to-wasm:iii', 'wasm://wasm/0002caa2'],
          ['', 'file:///home/somebody/secret/median.mjs'],
          ['run', 'file:///home/somebody/secret/node_modules/piscina/dist/worker.js'],
          ['old', compiled('src/no-map.js')],
        ],
      ],
      [2, 3, 4, 5, 6].map((node) => [node, 1]),
    );
    const { root } = callTree(profile, 'main');
    expect(root.children.map(({ name, kind }) => [name, kind])).toEqual([
      ['wasm-function[12] [WASM]', 'unnamed'],
      ['call of a kernel [VM]', 'vm'],
      ['(anonymous) median.mjs:7', 'app'],
      ['run node_modules/piscina/dist/worker.js:7', 'deps'],
      ['old dist/src/no-map.js:7', 'app'],
    ]);
    expect(timeShares(root).unnamed).toBe(0.2);
  });
});

describe('merging threads', () => {
  const leaf = (name: string, selfUs: number, children: Frame[] = []): Frame => ({
    name,
    kind: 'wasm',
    file: name === 'wait' ? 'src/sync/barrier.ts' : 'kernels/gather.ts',
    selfUs,
    samples: 1,
    children,
  });
  const a = leaf('worker 0', 0, [leaf('loop', 1, [leaf('gather', 10), leaf('wait', 29)])]);
  const b = leaf('worker 1', 0, [leaf('loop', 2, [leaf('gather', 58, [leaf('gather', 20)])])]);

  it('adds frames of the same name below the same callers, and no others', () => {
    expect(flatten(mergeThreads([a, b]))).toEqual({
      'all threads': 0,
      'all threads > loop': 3,
      'all threads > loop > gather': 68,
      'all threads > loop > gather > gather': 20,
      'all threads > loop > wait': 29,
    });
    // What was merged is as it was.
    expect(totalUs(a)).toBe(40);
    expect(totalUs(b)).toBe(80);
  });

  it('puts them side by side', () => {
    const tree = besideEachOther([a, b]);
    expect(tree.children.map(({ name }) => name)).toEqual(['worker 0', 'worker 1']);
    expect(totalUs(tree)).toBe(120);
  });

  it('the hottest frames: once each however deep they stand, and shares that add up to 1', () => {
    const shares = timeShares(mergeThreads([a, b]));
    expect(shares.frames.map(({ name, selfUs }) => [name, selfUs])).toEqual([
      ['gather', 88],
      ['wait', 29],
      ['loop', 3],
    ]);
    expect(shares.frames.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(shares.barrier).toBeCloseTo(29 / 120, 12);
    expect(byFile(shares).map(({ file, share }) => [file, Math.round(share * 120)])).toEqual([
      ['kernels/gather.ts', 91],
      ['src/sync/barrier.ts', 29],
    ]);
  });

  it('as text: the frames asked for, the rest in one line, a column for each thread', () => {
    // Two agents of three coordinates, ten rounds: 120 us are 2,000 ns each.
    const work = { agents: 2, dim: 3, rounds: 10 };
    const text = formatHottest(timeShares(mergeThreads([a, b])), [a, b].map(timeShares), work, 1);
    expect(text.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['all threads', 'ms', 'ns/coord.', 'worker 0', 'worker 1', 'self time in'],
      ['73.3%', '0.1', '1,467', '25.0%', '97.5%', 'gather'],
      ['26.7%', '0.0', '533.3', '75.0%', '2.5%', '2 more'],
      ['24.2%', '0.0', '483.3', '72.5%', '0.0%', 'time at the barrier'],
      ['0.0%', '0.0', '0.000', '0.0%', '0.0%', 'time without a name'],
    ]);
  });

  it('of many threads shows the least and the most', () => {
    const threads = [a, b, b, b, b, b].map(timeShares);
    const [head, first] = formatHottest(timeShares(mergeThreads([a, b])), threads, null, 1).split('\n');
    expect(head.trim().split(/ {2,}/)).toEqual(['all threads', 'ms', 'least', 'most', 'self time in']);
    expect(first.trim().split(/ {2,}/)).toEqual(['73.3%', '0.1', '25.0%', '97.5%', 'gather']);
  });

  it('tells asleep at the barrier from awake, and says of a thread what the system says of it', () => {
    const barrier = 'src/sync/barrier.ts';
    const parked = { ...leaf('barrierWait src/sync/barrier.ts:83', 30), file: barrier };
    const spinning = { ...leaf('barrierSpin src/sync/barrier.ts:101', 10), file: barrier };
    const shares = timeShares(leaf('worker 0', 60, [{ ...parked, children: [spinning] }]));
    expect([shares.barrier, shares.parked]).toEqual([0.4, 0.3]);
    const { label } = shares;
    const known = { ...shares, label, wall: 2, onCore: 1.25, putAside: 0.15 };
    const unknown = { ...shares, label, wall: 2, onCore: 1, putAside: null };
    expect(
      formatThreadTimes([known, unknown])
        .split('\n')
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([
      ['thread', 'time', 'on a core', 'put aside', 'asleep', 'barrier: spinning', 'parked'],
      ['worker 0', '2 s', '62.5%', '7.5%', '30.0%', '10.0%', '30.0%'],
      ['worker 0', '2 s', '50.0%', 'unknown', 'unknown', '10.0%', '30.0%'],
    ]);
  });
});

describe('what the operating system says of a thread', () => {
  it('time asleep is neither on a core nor put aside', () => {
    const stop = timeThread();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
    const { wall, onCore, putAside } = stop();
    expect(wall).toBeGreaterThan(0.055);
    if (onCore !== null) expect(onCore).toBeLessThan(0.5 * wall);
    if (onCore !== null && putAside !== null) expect(onCore + putAside).toBeLessThanOrEqual(wall * 1.01);
  });

  it('is unknown where there is no such file, and where nothing is counted', () => {
    expect(schedulerTimes('/proc/nowhere/schedstat')).toBeNull();
    const file = path.join(temporaryFolder(), 'schedstat');
    writeFileSync(file, '0 0 0\n');
    expect(schedulerTimes(file)).toBeNull();
    writeFileSync(file, '2000 300 7\n');
    expect(schedulerTimes(file)).toEqual([2000, 300]);
  });
});
