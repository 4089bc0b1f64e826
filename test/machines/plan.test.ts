/** Plans over machines, against runs that are prepared and graphs that are cut. */
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { parseLink } from '../../src/machines/link.js';
import { type PlanOptions, planMachines } from '../../src/machines/plan.js';
import { cutGraph } from '../../src/ranks/cut.js';
import { prepareRun } from '../../src/session/prepare.js';
import { generate } from '../../topology/index.js';
import { busiest, cutsOfGraph } from '../../topology/outline.js';

const options: PlanOptions = {
  machines: 4,
  links: [parseLink('1Gbit/s,50us')],
  cores: 1,
  memoryBytes: null,
  more: 1,
};

const config = (topology: object, more: object = {}) => ({
  topology,
  cost: { kind: 'quadratic', dim: 16 },
  flow: { kind: 'primal-dual', compress: 'error-state' },
  compressor: { kind: 'flatten', inner: { kind: 'sign' } },
  rounds: 500,
  ...more,
});

const plan = async (topology: object, more: object = {}, asked: Partial<PlanOptions> = {}) =>
  planMachines(await parseConfig(config(topology, more)), { ...options, ...asked });

describe('of a graph that is made', () => {
  test('the cut is that of the graph', async () => {
    const topology = { kind: 'erdos-renyi', nodes: 600, averageDegree: 6, largestComponent: true };
    const { cut, agents } = await plan(topology);
    const { network } = await prepareRun(await parseConfig(config(topology)), 1);
    const graph = network()!.graph;
    expect(agents).toBe(graph.nodes);
    const weights = Float64Array.from(
      { length: graph.nodes },
      (_, i) => 1 + graph.rowStart[i + 1]! - graph.rowStart[i]!,
    );
    const { part, cut: report } = cutGraph(graph, 4, weights);
    expect(cut).toEqual({ ...busiest(cutsOfGraph(graph, 4, part)), how: 'counted', method: report.method });
    expect(cut.ghosts).toBeLessThanOrEqual(Math.max(...report.ghosts));
    expect(report.ghosts).toContain(cut.ghosts);
  });

  test('bytes are those of the messages: with compression, and whole rows without', async () => {
    const { variants, cut } = await plan({ kind: 'torus', rows: 40, columns: 40 });
    expect(variants.map(({ compressor }) => compressor)).toEqual(['flatten(sign)', 'none']);
    const [compressed, plain] = variants;
    // 16 numbers of 8 bytes; 16 signs and a scale, in whole words.
    expect(plain?.bytesAnAgent).toBe(128);
    expect(compressed?.bytesAnAgent).toBeLessThanOrEqual(24);
    expect(plain?.bytesIn).toBe(128 * cut.ghosts);
    expect(plain?.bytesOut).toBe(128 * cut.sent);
  });

  test('memory of one rank is that of the run, from a smaller one', async () => {
    const topology = { kind: 'torus', rows: 120, columns: 100 };
    const { variants, samples } = await plan(topology, {}, { machines: 1 });
    expect(samples[0]?.agents).toBeLessThanOrEqual(2000);
    const { plan: prepared } = await prepareRun(await parseConfig(config(topology, { workers: 1 })), 1);
    const said = variants[0]!.memory.arenaBytes / prepared.layout.totalBytes;
    expect(said).toBeGreaterThan(0.99);
    expect(said).toBeLessThan(1.01);
  });

  test('more machines take less time for the work, and the table goes to all of them', async () => {
    const { variants } = await plan({ kind: 'torus', rows: 60, columns: 60 }, {}, { machines: 6 });
    const [{ rounds }] = variants[0]!.scaling as [(typeof variants)[number]['scaling'][number]];
    expect(rounds.map(({ ranks }) => ranks)).toEqual([1, 2, 4, 6]);
    expect(rounds[0]).toMatchObject({ exchange: 0, command: 0, speedUp: 1 });
    for (let at = 1; at < rounds.length; at++) {
      const [before, after] = [rounds[at - 1]!, rounds[at]!];
      expect(after.boundary + after.interior).toBeLessThan(before.boundary + before.interior);
      expect(after.total).toBeCloseTo(
        after.boundary + Math.max(after.interior, after.exchange) + after.command + after.row,
        12,
      );
    }
  });

  test('a config that compresses nothing stands there once, and pays nothing', async () => {
    const more = { compressor: { kind: 'identity' }, flow: { kind: 'primal-dual' } };
    const { variants, breakEven } = await plan({ kind: 'ring', nodes: 100 }, more);
    expect(variants.map(({ variant }) => variant)).toEqual(['plain']);
    expect(breakEven).toEqual([]);
  });

  test('rounds that were measured elsewhere are taken as they are', async () => {
    const { variants } = await plan(
      { kind: 'ring', nodes: 1000 },
      {},
      { coordinatesPerSecond: 16e6, cores: 8 },
    );
    // 16 coordinates an agent: a microsecond, on all threads.
    expect(variants[0]?.secondsAnAgent).toBeCloseTo(1e-6, 12);
    const [one] = variants[0]!.scaling[0]!.rounds;
    expect(one!.boundary + one!.interior).toBeCloseTo(1e-3, 12);
  });
});

describe('of a graph that is too large to be made', () => {
  test('a billion agents on a thousand machines: no array is as long as that', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const cpu = process.cpuUsage();
    const found = await plan({ kind: 'torus', rows: 40_000, columns: 25_000 }, {}, { machines: 1000 });
    const { user, system } = process.cpuUsage(cpu);
    expect(found).toMatchObject({
      agents: 1_000_000_000,
      arcs: 4_000_000_000,
      cut: { how: 'exact', own: 1_000_000, ghosts: 50_000, peers: 2 },
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 29);
    expect((user + system) / 1e6).toBeLessThan(10);
    // What rank 0 keeps of every agent is more than a rank addresses.
    expect(found.variants[0]).toMatchObject({ leastRanks: null, memory: { fits: false } });
  });

  test('as many ranks as it takes are found', async () => {
    const found = await plan({ kind: 'torus', rows: 4000, columns: 4000 }, {}, { machines: 64 });
    const least = found.variants[0]!.leastRanks as number;
    expect(least).toBeGreaterThan(1);
    for (const [machines, fits] of [
      [least, true],
      [least - 1, false],
    ] as const) {
      const { variants } = await plan({ kind: 'torus', rows: 4000, columns: 4000 }, {}, { machines });
      expect(variants[0]?.memory.fits).toBe(fits);
    }
  });

  test('the cut that is expected is about that of a graph of the kind', async () => {
    const topology = { kind: 'uniform-random', nodes: 120_000, edgeFactor: 4 };
    const { cut } = await plan(topology, {}, { machines: 8 });
    expect(cut.how).toBe('expected');
    const counted = busiest(cutsOfGraph(generate(topology, 1), 8));
    expect(cut.ghosts / counted.ghosts).toBeGreaterThan(0.98);
    expect(cut.ghosts / counted.ghosts).toBeLessThan(1.02);
  });
});

describe('is refused', () => {
  test('more machines than agents', async () => {
    await expect(plan({ kind: 'ring', nodes: 10 }, {}, { machines: 11 })).rejects.toThrow(
      '--machines is 11, expected at most 10: there are no more agents',
    );
  });

  test('a program without a graph', async () => {
    const server = await parseConfig({
      program: { kind: 'parameter-server', agents: 4, gamma: 0.5 },
      cost: { kind: 'quadratic', dim: 4 },
    });
    await expect(planMachines(server, options)).rejects.toThrow(
      'program.kind is parameter-server, expected a config of agents on a graph',
    );
  });
});
