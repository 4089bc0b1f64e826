/**
 * The same bits in whatever order agents lie in memory, and in whatever blocks they are worked on: state, x
 * and every row of the trace, for every flow, compressor and cost.
 *
 * What would break it: a draw by position, neighbours added up in another order, a trace row summed by
 * position, a row that stays behind.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { chooseOrder, layOut, placeRows } from '../../src/program/flow/order.js';
import { kernelsUrl } from '../../src/run/locations.js';
import { runOnOneThread } from '../../src/session/single-thread.js';
import { rowAt } from '../../src/session/state-hash.js';
import { generate } from '../../topology/index.js';
import { bandwidth, meanDistance, permute, reverseCuthillMcKee } from '../../topology/ordering.js';
import { prepareFlow } from '../support/prepare-flow.js';
import { runConfig } from '../support/run.js';
import { someOf } from '../support/some.js';
import { baselines, combinations, messagesOf } from './table.js';

type Config = Record<string, unknown>;

const DRAWN = new Set(['identity', 'flattened-one-bit']);

const module = new WebAssembly.Module(readFileSync(kernelsUrl));
const folder = mkdtempSync(join(tmpdir(), 'sottovoce-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const base = {
  topology: { kind: 'erdos-renyi', nodes: 19, averageDegree: 4, seed: 3, largestComponent: true },
  cost: { kind: 'quadratic', dim: 11, condition: 6 },
  rounds: 8,
  seed: 5,
  trace: { every: 4 },
};

/** All that a user sees of a run. */
async function outcome(config: Config, layout: object, workers: number) {
  const prepared = await prepareFlow({ ...config, layout }, workers);
  const { plan: run, choice } = prepared.made;
  const { order } = choice.outline;
  const { rows, state, summary } = runOnOneThread(prepared, module);
  const moved = order?.numbers.some((number, at) => number !== at) ?? false;
  return {
    moved,
    blockAgents: run.blockAgents,
    seen: {
      hash: summary.stateHash,
      rows: rows.map((row) => ({ ...row, seconds: 0 })),
      bits: summary.bits,
      x: Array.from({ length: state[0].rows }, (_, agent) =>
        Array.from(state[0].data.subarray(rowAt(state[0], agent), rowAt(state[0], agent) + run.dim)),
      ),
    },
  };
}

const ways = [
  { workers: 1, block: 'auto' },
  { workers: 2, block: 5, ahead: 2 },
  { workers: 3, block: 1, ahead: 64 },
] as const;

async function expectSame(config: Config, among: readonly (typeof ways)[number][] = ways) {
  const given = await outcome(config, { order: 'given' }, 1);
  expect(given.moved).toBe(false);
  for (const { workers, ...layout } of among) {
    const placed = await outcome(config, { order: 'rcm', ...layout }, workers);
    const { block } = layout;
    expect(placed.moved).toBe(true);
    if (block !== 'auto') expect(placed.blockAgents).toBe(block);
    expect(placed.seen, `${workers} workers`).toEqual(given.seen);
  }
}

describe('the same bits in either order, for 1, 2 and 3 workers, in blocks of any size', () => {
  // Every compressor in one flow, every flow with one that draws; each pair in one of the ways, in turns.
  const pairs = [
    ...combinations.filter(
      ({ flow, compressor }) =>
        (flow.kind === 'primal-dual' && flow.compress === 'error-state') || DRAWN.has(compressor.kind),
    ),
    ...baselines.filter(({ flow }) => messagesOf(flow).unicast === undefined),
  ].map((pair, index) => ({ ...pair, way: ways[index % ways.length] }));
  it.each(someOf(pairs, 3))('$name on $way.workers workers', ({ flow, compressor, way }) =>
    expectSame({ ...base, flow, compressor }, [way]),
  );

  const wave = (i: number) => Math.sin(1 + 1.7 * i + 0.3 * i * i);
  const line = (label: number, r: number) =>
    `${label} ${(r % 3) + 1}:${wave(r)} ${4 + (r % 4)}:${2 * wave(3 * r)}\n`;
  const libsvm = (name: string, label: (r: number) => number) => {
    const file = join(folder, name);
    writeFileSync(file, Array.from({ length: 70 }, (_, r) => line(label(r), r)).join(''));
    return file;
  };
  const two = libsvm('two.libsvm', (r) => (wave(5 * r) > 0 ? 1 : -1));
  const three = libsvm('three.libsvm', (r) => Math.floor(1.5 * (wave(5 * r) + 1)) % 3);
  const median = fileURLToPath(new URL('../../examples/05-own-cost/median.mjs', import.meta.url));
  const samples = { data: two, test: two, regularization: 0.2, split: 'shuffled' };
  const flow = { kind: 'primal-dual', compress: 'error-state', step: 0.02, alpha: 0.5, beta: 0.5 };
  const dithered = { kind: 'flatten', inner: { kind: 'one-bit' } };
  const sinusoid = { kind: 'sinusoid', amplitude: 2, period: 7 };
  const rest: [string, Config][] = [
    ['least-squares', { cost: { kind: 'least-squares', data: two, regularization: 0.2 } }],
    ['logistic', { cost: { kind: 'logistic', ...samples, split: 'contiguous' } }],
    ['logistic, dense', { cost: { kind: 'logistic', ...samples, storage: 'dense' } }],
    ['mini-batches', { cost: { kind: 'logistic', ...samples }, flow: { ...flow, batch: 2 } }],
    [
      'softmax, mini-batches',
      { cost: { kind: 'softmax', ...samples, data: three, test: three }, flow: { ...flow, batch: 2 } },
    ],
    ['mlp', { cost: { kind: 'mlp', hidden: [3], ...samples, data: three, test: three } }],
    ['a cost of one`s own', { cost: { kind: 'custom', module: median } }],
    ['average', { cost: { kind: 'average', dim: 11 }, flow: { kind: 'consensus', step: 0.05, alpha: 1 } }],
    ['a reference that moves', { flow: { kind: 'consensus', step: 0.05, alpha: 1, reference: sinusoid } }],
    [
      'a round in one kernel, messages that are states',
      {
        cost: { kind: 'quadratic', dim: 16 },
        compressor: { kind: 'identity' },
        flow: { ...flow, compress: 'none' },
      },
    ],
    [
      'a round in one kernel',
      { cost: { kind: 'quadratic', dim: 16 }, compressor: { kind: 'flatten', inner: { kind: 'sign' } } },
    ],
    [
      'gradients between messages',
      { flow: { ...flow, inner: 3, batch: 2 }, cost: { kind: 'logistic', ...samples } },
    ],
    [
      'gradients of samples, messages that are states',
      {
        cost: { kind: 'logistic', ...samples },
        compressor: { kind: 'identity' },
        flow: { ...flow, compress: 'none' },
      },
    ],
    ['weights of edges', { weights: 'metropolis' }],
    [
      'a compressor that draws a sample',
      { cost: { kind: 'quadratic', dim: 60 }, compressor: { kind: 'sampled-top-k', k: 20 } },
    ],
    [
      'edges of their own bandwidth',
      {
        compressor: { kind: 'event-triggered', threshold: { absolute: 0.5 }, inner: { kind: 'sign' } },
        network: { bandwidth: 1000, latency: 0.01, edges: [{ between: [1, 2], bandwidth: 10 }] },
        topology: { kind: 'torus', rows: 5, columns: 6 },
      },
    ],
    [
      'gradients several times a round',
      {
        flow: { kind: 'dgd', step: 0.05, localSteps: 3, batch: 1 },
        cost: { kind: 'logistic', ...samples },
        compressor: { kind: 'identity' },
      },
    ],
  ];
  it.each(rest)('%s', (_, more) =>
    expectSame({ ...base, flow, compressor: dithered, ...more }, ways.slice(1)),
  );

  it('a hub, whose row is cut into chunks', async () => {
    const topology = { kind: 'star', nodes: 4200 };
    const cost = { kind: 'quadratic', dim: 3 };
    await expectSame({ ...base, topology, cost, rounds: 3, flow: { ...flow, step: 1e-4 } }, [ways[1]]);
  });

  const matrix = { shape: [11, 1], step: 0.05, mixing: 0.05 };
  it.each<[string, Config]>([
    ['a compressor that draws', { compressor: { kind: 'one-bit' } }],
    ['pairs', { compressor: { kind: 'one-bit' }, links: { kind: 'random-matching' } }],
    [
      'arcs that fail',
      {
        topology: { kind: 'random-digraph', nodes: 19, averageDegree: 5, seed: 2 },
        cost: { kind: 'average', dim: 11 },
        flow: { kind: 'push-sum' },
        links: { kind: 'gilbert-elliott', toBad: 0.3, toGood: 0.15 },
      },
    ],
    ['messages to one neighbour each', { flow: { kind: 'power-gossip-sgd', ...matrix } }],
  ])('on threads: %s', async (_, more) => {
    const config = { ...base, flow, ...more };
    const { seen } = await outcome(config, { order: 'given' }, 1);
    const { summary, x } = await runConfig(
      { ...config, workers: 2, layout: { order: 'rcm' } },
      { keepX: true },
    );
    expect(summary.stateHash).toBe(seen.hash);
    expect(Array.from(x!)).toEqual(seen.x.flat());
  });
});

it('sees a draw by position', async () => {
  const config = {
    ...base,
    flow: { kind: 'consensus', step: 0.01, alpha: 1 },
    compressor: { kind: 'one-bit' },
  };
  const prepared = await prepareFlow({ ...config, layout: { order: 'rcm' } }, 1);
  const honest = runOnOneThread(prepared, module).summary.stateHash;
  const cheat = runOnOneThread(
    {
      ...prepared,
      fill(arena) {
        prepared.fill(arena);
        arena.view('agents.numbers', 'u32').forEach((_, at, numbers) => {
          numbers[at] = at;
        });
      },
    },
    module,
  ).summary.stateHash;
  expect(cheat).not.toBe(honest);
});

describe('auto', () => {
  const torus = generate({ kind: 'torus', rows: 40, columns: 50 }, 0);
  const shuffled = permute(
    torus,
    Uint32Array.from({ length: 2000 }, (_, i) => (i * 1237) % 2000),
  );
  const choose = (graph: typeof torus, more = {}) =>
    chooseOrder({ choice: 'auto', graph, unproven: null, messageBytes: 512, secondBytes: 2 ** 19, ...more });

  it('brings neighbours near each other where they are far apart', () => {
    const { order, report } = choose(shuffled);
    expect(report.chosen).toBe('rcm');
    expect(report.given?.meanDistance).toBeGreaterThan(400);
    expect(report.rcm?.meanDistance).toBeLessThan(60);
    // The rows as laid out are those of the permuted graph, but that columns stand in the order of their
    // numbers.
    const renumbered = permute(shuffled, reverseCuthillMcKee(shuffled));
    expect(report.rcm).toEqual({ meanDistance: meanDistance(renumbered), bandwidth: bandwidth(renumbered) });
    expect(order?.rowStart).toEqual(renumbered.rowStart);
    const numbersOf = (at: number) =>
      Array.from(
        order!.columns.subarray(order!.rowStart[at], order!.rowStart[at + 1]),
        (to) => order!.numbers[to],
      );
    for (const at of [0, 7, 1999]) {
      const { rowStart, columns } = shuffled;
      const number = order!.numbers[at];
      expect(numbersOf(at)).toEqual(Array.from(columns.subarray(rowStart[number], rowStart[number + 1])));
    }
  });

  it.each([
    ['as numbered neighbours are near', torus, {}],
    ['all messages fit into a cache', shuffled, { messageBytes: 16 }],
    ['there is no such order', generate({ kind: 'random-regular', nodes: 2000, degree: 8 }, 1), {}],
    ['nobody has measured that it pays', shuffled, { unproven: 'links change' }],
  ])('keeps the order where %s', (_, graph, more) => {
    const { order, report } = choose(graph, more);
    expect(order).toBeNull();
    expect(report.chosen).toBe('given');
  });

  it.each([
    ['links change', { links: { kind: 'drops', rate: 0.1 } }],
    ['the graph is directed', { topology: { kind: 'exponential', nodes: 19, directed: true } }],
    [
      'neighbours are told different things',
      { flow: { kind: 'power-gossip-sgd', shape: [11, 1], step: 0.01, mixing: 0.01 } },
    ],
  ])('leaves it where %s, and takes the one that is asked for', async (why, more) => {
    const config = { ...base, flow: { kind: 'consensus', step: 0.01, alpha: 1 }, ...more };
    const orderOf = async (layout: object) =>
      (await prepareFlow({ ...config, layout }, 1)).report.layout?.order;
    const told = `${why}, and whether another order pays there is not measured`;
    expect(await orderOf({})).toMatchObject({ chosen: 'given', why: told });
    expect(await orderOf({ order: 'rcm' })).toMatchObject({ chosen: 'rcm', why: 'as asked for' });
  });
});

it('rows are placed cycle by cycle', () => {
  const rows = Float64Array.of(0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5);
  placeRows(rows, 2, layOut(generate({ kind: 'path', nodes: 4 }, 0), Uint32Array.of(2, 1, 3, 0)));
  expect([...rows]).toEqual([2, 2.5, 1, 1.5, 3, 3.5, 0, 0.5]);
});
