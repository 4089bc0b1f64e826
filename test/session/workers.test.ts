import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Precision } from '../../src/arena/layout.js';
import { type Cores, candidates, mostWorkers } from '../../src/base/cores.js';
import { parseConfig } from '../../src/config/load.js';
import { compileKernels } from '../../src/run/kernels.js';
import type { Prepared } from '../../src/run/program.js';
import { prepareRun } from '../../src/session/prepare.js';
import { best, chooseWorkers, evident, predictRound, tryOut } from '../../src/session/workers.js';
import { runConfig, temporaryFolder } from '../support/run.js';

const config = {
  topology: { kind: 'random-regular', nodes: 40, degree: 4, seed: 1 },
  cost: { kind: 'quadratic', dim: 16 },
  flow: { kind: 'primal-dual', compress: 'error-state', step: 0.02, alpha: 0.5, beta: 0.5 },
  compressor: { kind: 'flatten', inner: { kind: 'sign' } },
  rounds: 50,
};
const prepared = async (changes: object = {}) => prepareRun(await parseConfig({ ...config, ...changes }), 1);

describe('the model', () => {
  const rows = (count: number) => (workers: number) => (workers === 1 ? 0 : count);

  it('is the work, shared, and the barrier, and lines from elsewhere', () => {
    const model = { one: 1e-3, agents: 100, phases: 2, foreignBytes: rows(6400) };
    expect(predictRound(model, 1)).toBe(1e-3);
    expect(predictRound(model, 2)).toBeCloseTo(0.5e-3 + 2 * 2e-6 + 100 * 30e-9, 12);
    expect(predictRound(model, 4)).toBeCloseTo(0.25e-3 + 2 * 2.12e-6 + 100 * 30e-9, 12);
  });

  it('knows that an agent is not divided', () => {
    const model = { one: 3e-3, agents: 3, phases: 0, foreignBytes: rows(0) };
    expect(predictRound(model, 2)).toBeCloseTo(2e-3, 12);
    expect(predictRound(model, 4)).toBeCloseTo(1e-3, 12);
  });

  it('takes the smaller of two that are about as fast', () => {
    expect(best([1, 2, 4], (count) => 1 / count)).toBe(4);
    expect(best([1, 2, 4], (count) => (count === 2 ? 0.98 : 1))).toBe(1);
    expect(best([1, 2, 4], (count) => (count === 2 ? 0.9 : 1))).toBe(2);
  });

  it('looks at no round where none could change the answer', () => {
    const model = { agents: 1000, foreignBytes: rows(0) };
    // A millisecond: a quarter of it is worth fifteen crossings of the dearest barrier, four times of it as well.
    expect(evident({ ...model, about: 1e-3 }, 10_000, [1, 2])).toBe(2);
    // Ten microseconds: one worker where it is less, two where it is more.
    expect(evident({ ...model, about: 1e-5 }, 1e6, [1, 2])).toBeNull();
    // So many bytes from elsewhere that one worker is best even where lines are cheap.
    expect(evident({ ...model, foreignBytes: (count) => (count - 1) * 1e8, about: 1e-3 }, 1e4, [1, 2])).toBe(
      1,
    );
    // Perhaps over before a second thread has come up.
    expect(evident({ ...model, about: 1e-3 }, 100, [1, 2])).toBeNull();
  });

  it('tries powers of two, and all', () => {
    expect([1, 2, 3, 8, 12].map(candidates)).toEqual([
      [1],
      [1, 2],
      [1, 2, 3],
      [1, 2, 4, 8],
      [1, 2, 4, 8, 12],
    ]);
  });
});

describe('auto', () => {
  const cores = { count: 64, limit: null };
  const choose = async (changes: object, most: Pick<Cores, 'count' | 'limit'> = cores) =>
    chooseWorkers(await prepared(changes), undefined, most);

  it('takes one where all is over before a second thread has come up', async () => {
    expect(await choose({})).toEqual({ workers: 1, why: expect.stringMatching(/all rounds/) });
  });

  it('looks at rounds of float32 with the kernels of float32', async () => {
    const asked: string[] = [];
    const kernels = (precision: Precision) => {
      asked.push(precision);
      return compileKernels(precision);
    };
    await chooseWorkers(await prepared({ precision: 'float32', rounds: 1e5 }), kernels, cores);
    expect(asked).toEqual(['float32']);
    // Rows of another width are found elsewhere: read with the other kernels they lie outside of the memory.
    const file = path.join(temporaryFolder(), 'samples.txt');
    writeFileSync(
      file,
      Array.from({ length: 400 }, (_, i) => `${i % 2} ${(i % 9) + 1}:0.5 12:${i}`).join('\n'),
    );
    const cost = { kind: 'logistic', data: file, regularization: 1 };
    expect(await choose({ cost, precision: 'float32', rounds: 1e5 })).toHaveProperty('workers');
  });

  it('takes no more than there are cores, and agents', async () => {
    const large = { cost: { kind: 'quadratic', dim: 4096 }, rounds: 1000 };
    expect(await choose(large, { count: 1, limit: null })).toEqual({ workers: 1, why: 'there is one core' });
    const alone = { topology: { kind: 'complete', nodes: 1 } };
    expect(await choose(alone)).toEqual({ workers: 1, why: 'there is one agent' });
    const heavy = {
      topology: { kind: 'random-regular', nodes: 40, degree: 39, seed: 1 },
      cost: { kind: 'quadratic', dim: 20_000 },
    };
    expect(await choose(heavy)).toMatchObject({ workers: 40 });
  });

  it('takes some of many cores for a round of ten microseconds, of which it reckons and calls nothing', async () => {
    const plan = { agents: 1000, rounds: 1e6, layout: { totalBytes: 1000 }, modules: ['own.mjs'] };
    const foreignBytes = (workers: number) => (workers === 1 ? 0 : 100 * 64);
    const some = { plan, load: { ns: 10_000, foreignBytes } } as unknown as Prepared;
    const { workers, why } = await chooseWorkers(some, undefined, cores);
    expect(workers).toBe(16);
    expect(why).toBe('a round takes 10 us on one');
  });

  it('tries nothing where any machine would answer alike', async () => {
    // 300 us a round and next to no messages from elsewhere, 100,000 times: worth a trial, if one could tell.
    const long = {
      cost: { kind: 'quadratic', dim: 4096 },
      compressor: { kind: 'top-k', k: 1 },
      rounds: 100_000,
    };
    expect(await choose(long, { count: 2, limit: null })).toEqual({
      workers: 2,
      why: expect.stringMatching(/^a round takes about \d/),
    });
  });

  it('tries on threads where it hangs on what a line costs', async () => {
    const tried = await tryOut(await prepared(), [1, 2], 1e-4);
    expect([...tried.keys()]).toEqual([1, 2]);
    for (const seconds of tried.values()) expect(seconds).toBeGreaterThan(1e-7);
  });

  it('names what limits it', async () => {
    const heavy = { cost: { kind: 'quadratic', dim: 60_000 } };
    expect((await choose(heavy, { count: 2, limit: 'cgroup quota 2.5 of 64 cores' })).why).toMatch(
      /^cgroup quota 2.5 of 64 cores; /,
    );
  });

  it('changes no bit', async () => {
    const hashes = [];
    for (const workers of ['auto', 1, 2, 3])
      hashes.push((await runConfig({ ...config, workers })).summary.stateHash);
    expect(new Set(hashes).size).toBe(1);
  });

  it('is at most all cores for who must know before', () => {
    expect(mostWorkers({ workers: 'auto' }, 6)).toBe(6);
    expect(mostWorkers({ workers: 3 }, 6)).toBe(3);
  });
});

describe('prepared for another number', () => {
  const server = {
    program: { kind: 'parameter-server', agents: 6, lambda: 0.1, gamma: 0.05 },
    cost: { kind: 'quadratic', dim: 20 },
    rounds: 20,
  };
  it.each([
    ['a flow', config],
    ['gains that are auto, another mode', { ...config, flow: { kind: 'primal-dual' } }],
    ['agents in another order', { ...config, layout: { order: 'rcm', block: 3 } }],
    ['a parameter server', server],
  ])('%s is as if it had been from the start', async (_, given) => {
    const loaded = await parseConfig(given);
    const divided = await (await prepareRun(loaded, 1)).withWorkers(3);
    expect(divided.plan).toEqual((await prepareRun(loaded, 3)).plan);
  });
});
