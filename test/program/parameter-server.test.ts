/**
 * The parameter server in the engine: golden figures, the same bits for any number of workers, and its
 * reference implementation for every pair of links.
 */

import { describe, expect, it } from 'vitest';
import { RunSession } from '../../dist/src/session/run-session.js';
import { adam, momentum } from '../../kernels/reference/server.js';
import { planSchedule, valueAt } from '../../src/base/schedules.js';
import { planCompressor, referenceCompressor } from '../../src/compress/registry.js';
import { referenceRotation } from '../../src/compress/rotation.js';
import type { CompressorSpec } from '../../src/compress/types.js';
import { parseConfig } from '../../src/config/load.js';
import { LinearProblem } from '../../src/cost/linear-problem.js';
import { logisticLoss } from '../../src/cost/logistic.js';
import { DenseRows } from '../../src/cost/rows.js';
import { channelSeed } from '../../src/flow/channel.js';
import { foSgd, type Link, serve } from '../../src/program/parameter-server/reference.js';
import { linksOf, planOptimizer } from '../../src/program/parameter-server/spec.js';
import type { ServerSpec } from '../../src/program/parameter-server/types.js';
import { seedWords } from '../../src/runtime.js';
import { prepareRun } from '../../src/session/prepare.js';
import { hasSharedData, sharedData } from '../cost/support.js';
import golden from '../golden/fo-sgd.json' with { type: 'json' };
import { runSequentially } from '../support/sequential.js';
import { AGENTS, DIM, PROGRAMS, serverProblem } from './programs.js';

const { samples, config } = serverProblem();

describe.skipIf(!hasSharedData)('golden figures of FO-SGD', () => {
  describe.each(golden.cases)('$name', (example) => {
    it.each([1, 2, 3])('with %i workers', async (workers) => {
      const { lam, gamma, rounds, seed, samples, flatten, downlink, regularization } = example;
      const session = new RunSession();
      await session.prepare({
        config: await parseConfig({
          program: {
            kind: 'parameter-server',
            agents: example.workers,
            flatten,
            lambda: lam,
            gamma,
            batch: 'all',
            downlink,
          },
          cost: { kind: 'logistic', data: sharedData(`libsvm/${example.data}`), regularization },
          rounds,
          seed,
          workers,
          trace: { every: 1 },
        }),
        outDir: null,
      });
      const losses = new Map<number, number>();
      await session.subscribe((rows) => {
        for (const row of rows) losses.set(row.round, row.objective);
      });
      await session.pause();
      const ended = session.start();
      let round = 0;
      for (const sample of samples.filter((sample) => sample.round <= 10)) {
        round = await session.step(sample.round - round);
        const { x } = await session.inspect(0);
        for (const [c, entry] of sample.x_first.entries())
          expect(Math.abs(x[c] - entry)).toBeLessThanOrEqual(1e-9);
        expect(Math.abs(x.reduce((a, b) => a + b, 0) - sample.x_sum)).toBeLessThanOrEqual(1e-9);
      }
      await session.resume();
      const { summary } = await ended;
      for (const sample of samples) {
        const tolerance = sample.round <= 10 ? 1e-9 : 1e-7;
        expect(Math.abs((losses.get(sample.round) as number) - sample.loss)).toBeLessThanOrEqual(tolerance);
      }
      const { regularization: strength } = example;
      expect(summary.final.optimum).toBeCloseTo(golden.optimum.heart_scale[String(strength) as '0.01'], 12);
      const bits = flatten ? 16 : 13;
      expect(summary.bits).toMatchObject({
        perMessage: bits,
        up: rounds * example.workers * bits,
        down: rounds * example.workers * (downlink === 'none' ? 64 * 13 : bits),
      });
    });
  });
});

describe.each(Object.entries(PROGRAMS))('%s', (_name, program) => {
  it('has the same bits for 1, 2, 3 workers', async () => {
    const runs = [];
    for (const workers of [1, 2, 3]) runs.push(await runSequentially(config(program), workers));
    for (const run of runs) {
      expect(run.stateHash).toBe(runs[0].stateHash);
      expect(run.final).toEqual({ ...runs[0].final, seconds: run.final.seconds });
    }
    expect(runs[0].x.length).toBe(DIM);
    expect(runs[0].final.consensusError).toBe(0);
    expect(runs[0].final.bitsLinks).toBe(runs[0].final.bitsUp + runs[0].final.bitsDown);
  });

  it('is its equations', async () => {
    if (program['batch'] !== undefined) return;
    const rounds = 12;
    const { x } = await runSequentially(config(program, rounds), 1);
    const expected = twinOf(program, rounds);
    for (let c = 0; c < DIM; c++) expect(Math.abs(x[c] - expected[c])).toBeLessThan(1e-9);
  });
});

/**
 * The same program as equations: links by their reference compressors, each in its own coordinates unless
 * both are rotated alike.
 */
function twinOf(program: Record<string, unknown>, rounds: number): Float64Array {
  const seed = seedWords(7);
  const spec = { kind: 'parameter-server', agents: AGENTS, gamma: 0.2, ...program } as ServerSpec;
  const { uplink, downlink } = linksOf(spec, ['program']);
  const server = channelSeed(seed, 1);
  const context = { agents: AGENTS, dim: DIM, blockAgents: 1, seed, rounds, path: ['link'] };
  const link = (given: CompressorSpec, dim: number, ofServer: boolean): Link => {
    const plan = planCompressor(given, { ...context, dim });
    // A server's dithered signs have a stream of their own, its other draws a key of their own.
    const { commonScale } = plan;
    if (ofServer && commonScale !== undefined && commonScale !== 'plain') {
      const { down } = foSgd((k) => valueAt(commonScale.lambda, k), 'one-bit', seed);
      return down;
    }
    const apply = referenceCompressor(plan, ofServer ? server : seed);
    return (vector, round, agent) => apply(vector, round, ofServer ? 0 : agent);
  };
  const rotationOf = (given: CompressorSpec) => {
    const { rotates } = planCompressor(given, context);
    return rotates ? { ...rotates.rotation, fixed: rotates.fixed } : null;
  };
  const [up, down] = [rotationOf(uplink), rotationOf(downlink)];
  const shared = up && down && up.part === down.part && up.fixed === down.fixed ? up : null;
  const inner = (given: CompressorSpec) => given['inner'] as CompressorSpec;
  const gamma = planSchedule(spec.gamma, rounds);
  const [first, second] = [new Float64Array(DIM), new Float64Array(DIM)];
  const { kind, beta, nesterov, side, ...gains } = planOptimizer(spec.optimizer);
  const parts = partsOf(samples.rows, samples.labels);
  return serve({
    agents: AGENTS,
    start: new Float64Array(DIM),
    rounds,
    gradient: (x, m) => {
      const out = new Float64Array(DIM);
      parts[m].gradient(x, out);
      return out;
    },
    up: shared ? link(inner(uplink), shared.size, false) : link(uplink, DIM, false),
    down: shared ? link(inner(downlink), shared.size, true) : link(downlink, DIM, true),
    rotation: shared ? (k) => referenceRotation(shared, shared.fixed ? 0 : k, seed) : null,
    gamma: (k) => valueAt(gamma, k),
    ...(kind !== 'sgd' && {
      optimizer: {
        side,
        direction: (d: Float64Array, k: number) =>
          kind === 'adam' ? adam(d, first, second, gains, k + 1) : momentum(d, first, beta, nesterov),
      },
    }),
  });
}

/** Agent m's own problem: the mean over its own samples, however many they are. */
function partsOf(rows: readonly Float64Array[], labels: readonly number[]) {
  const sizes = Array.from({ length: AGENTS }, (_, m) => Math.floor(37 / AGENTS) + (m < 37 % AGENTS ? 1 : 0));
  let from = 0;
  return sizes.map((size) => {
    const own = rows.slice(from, from + size);
    const dense = new Float64Array(size * DIM);
    for (const [r, row] of own.entries()) dense.set(row, r * DIM);
    const signs = Float64Array.from(labels.slice(from, from + size));
    from += size;
    return new LinearProblem(new DenseRows(dense, DIM, DIM), signs, DIM, logisticLoss, 0.01);
  });
}

describe('bits', () => {
  it('each way, by hand: 5 agents, 16 coordinates, 12 rounds', async () => {
    const { final } = await runSequentially(config({ lambda: 0.3 }), 2);
    expect(final.bitsUp).toBe(5 * 16 * 12);
    expect(final.bitsDown).toBe(5 * 16 * 12);
    expect(final.bitsLinks).toBe(2 * 5 * 16 * 12);
    // The server says its message once to all.
    expect(final.bitsBroadcast).toBe(5 * 16 * 12 + 16 * 12);
  });

  it('nothing padded, nothing wasted', async () => {
    const { final } = await runSequentially(config({ lambda: 0.3, flatten: 'exact' }), 1);
    expect(final.bitsUp).toBe(5 * DIM * 12);
  });

  it('on links: two latencies a round, and the time of a message each way', async () => {
    const network = { bandwidth: 16, latency: 0.5 };
    const { final } = await runSequentially({ ...config({ lambda: 0.3 }), network }, 1);
    expect(final.networkSeconds).toBe(12 * (2 * 0.5 + 32 / 16));
  });
});

describe('lambda: auto', () => {
  it('is the same every time, and said', async () => {
    const load = async () => prepareRun(await parseConfig(config({ lambda: 'auto' }, 60)), 1);
    const [one, two] = [await load(), await load()];
    expect(one.report.server?.lambda).toMatch(/^0\.\d+ \(auto: objective .* after a trial run of 60 rounds/);
    expect(two.report).toEqual(one.report);
    expect(one.report.server?.uplink).toMatch(/^flatten\(one-bit\(lambda=0\.\d+\)\)$/);
  });
});

describe('refused, with its place', () => {
  const refusal = async (program: Record<string, unknown>, more: Record<string, unknown> = {}) => {
    try {
      await prepareRun(await parseConfig({ ...config(program), ...more }), 1);
    } catch (error) {
      return (error as Error).message;
    }
    return 'nothing';
  };

  it.each<[Record<string, unknown>, string | RegExp]>([
    [{ lambda: 0 }, /program\.lambda is 0, expected .*> 0/],
    [{ lambda: -1 }, /program\.lambda is -1, expected .*> 0/],
    [{}, /program\.lambda is missing/],
    [{ lambda: 0.1, amplitude: 1 }, /program\.amplitude is 1, expected nothing beside lambda/],
    [{ lambda: 0.1, gamma: 0 }, /program\.gamma is 0, expected .*> 0/],
    [{ lambda: 0.1, agents: 0 }, /program\.agents is 0/],
    [{ lambda: 0.1, agents: 38 }, /program\.agents is 38, expected 1\.\.37 \(samples\)/],
    [{ lambda: 0.1, flatten: 16 }, /flatten.* is 16|size is 16, expected a power of two in 1\.\.11/],
    [{ lambda: 0.1, flatten: 3 }, /is 3, expected padded, exact, or a power of two/],
    [{ lambda: 0.1, batch: 0 }, /program\.batch is 0/],
    [{ uplink: { kind: 'topk', k: 1 } }, /program\.uplink\.kind is "topk".*did you mean top-k/],
    [{ uplink: { kind: 'top-k', k: 99 } }, /program\.uplink\.k is 99, expected 1\.\.11/],
    [{ lambda: 0.1, downlink: 'two-bit' }, /program\.downlink is "two-bit"/],
    [{ uplink: { kind: 'sign' }, lambda: 0.1 }, /program\.lambda is for links that are one-bit/],
    [{ lambda: { kind: 'linear', initial: 1 } }, /program\.lambda/],
    [{ lambda: 0.1, optimizer: { kind: 'momentum', beta: 1 } }, /program\.optimizer/],
    [{ lambda: 0.1, step: 0.1 }, /program.*step/],
  ])('%j', async (program, expected) => {
    expect(await refusal(program)).toMatch(expected);
  });

  it('a flow beside it', async () => {
    expect(await refusal({ lambda: 0.1 }, { flow: { kind: 'primal-dual' } })).toMatch(
      /flow stands beside program/,
    );
  });

  it('links that change beside it', async () => {
    expect(await refusal({ lambda: 0.1 }, { links: { kind: 'drops', rate: 0.1 } })).toMatch(
      /links stands beside program, expected one of them: a program has links of its own/,
    );
  });

  it('an agent without samples', async () => {
    const cost = {
      kind: 'logistic',
      data: samples.file,
      regularization: 0.01,
      split: { kind: 'counts', counts: [10, 10, 0, 10, 7] },
    };
    expect(await refusal({ lambda: 0.1 }, { cost })).toMatch(/agent 2 of 5 has no samples/);
  });
});
