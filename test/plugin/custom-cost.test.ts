/**
 * A user's own cost: first by hand, then beside built-in ones, then everything it can do wrong.
 * test/cost/every-cost.test.ts holds the example's gradient against its values and counts workers;
 * test/cost/custom-checks.test.ts and test/cost/lbfgs.test.ts try the checks and the solver by themselves.
 */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadModules, moduleUrl } from '../../src/plugin/modules.js';
import { contextOf, loadSpec } from '../cost/support.js';
import { runConfig, temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';

const EXAMPLE = fileURLToPath(new URL('../../examples/05-own-cost/median.mjs', import.meta.url));
const folder = temporaryFolder();

let files = 0;
/** A module of its own: what a module is, is remembered by its address. */
function moduleFile(source: string): string {
  const file = path.join(folder, `cost-${++files}.mjs`);
  writeFileSync(file, source);
  return file;
}

async function load(module: string, parameters: object = {}, agents = 4) {
  await loadModules([moduleUrl(module)]);
  return loadSpec({ kind: 'custom', module, ...parameters }, contextOf(agents));
}

/** f_i(x) = |x - (i, i, i)|^2 / 2 */
const GOOD = {
  plan: 'export const plan = () => ({ dim: 3, m: 1, l: 1 });',
  value: 'export function value(x, agent) { return x.reduce((s, e) => s + (e - agent) ** 2 / 2, 0); }',
  gradient: 'export function gradient(x, out, agent) { for (let c = 0; c < 3; c++) out[c] = x[c] - agent; }',
  optimum: 'export const optimum = ({ agents, dim }) => Array(dim).fill((agents - 1) / 2);',
};
const withParts = (parts: Partial<typeof GOOD>) => Object.values({ ...GOOD, ...parts }).join('\n');
/** f_i(x) = mean over three samples r of (x - i - r)^2 / 2, as N = 3 n */
const SAMPLES = {
  plan: 'export const plan = () => ({ dim: 1, m: 1, l: 1, samples: 3 });',
  sampleValue: 'export const sampleValue = (x, agent, sample) => (x[0] - agent - sample) ** 2 / 2;',
  sampleGradient:
    'export const sampleGradient = (x, out, agent, sample) => { out[0] = x[0] - agent - sample; };',
};
const withSamples = (parts: object) => Object.values({ ...SAMPLES, ...parts }).join('\n');
const BASE = {
  topology: { kind: 'ring', nodes: 6 },
  flow: { kind: 'primal-dual', step: 0.1, alpha: 0.5, beta: 0.5 },
  rounds: 40,
  seed: 3,
};

describe('by hand', () => {
  it('four agents around 0, 1, 2 and 3', async () => {
    const model = await load(moduleFile(withParts({})));
    // (9/4 + 1/4 + 1/4 + 9/4) / 2 for each of three entries, over four agents
    expect(model.optimum()).toMatchObject({ value: 1.875, gradientNorm: 0 });
    expect([...model.optimum()!.x]).toEqual([1.5, 1.5, 1.5]);
    expect(model.curvature).toEqual({ m: 1, l: 1, meanM: 1, meanL: 1 });
  });

  it('without optimum a solver finds it, where l says that the cost is smooth', async () => {
    const model = await load(moduleFile(withParts({ optimum: '' })));
    expect(model.optimum()).toMatchObject({ value: 1.875, method: 'L-BFGS' });
    expect(model.optimum()!.gradientNorm).toBeLessThan(1e-15);
    model.optimum()!.x.forEach((entry) => {
      expect(entry).toBeCloseTo(1.5, 14);
    });
    expect(model.whyNoOptimum).toBeNull();
  });

  it.each([
    ['no l', 'dim: 3', /cost-\d+\.mjs exports no optimum\(\), and no l by which a solver/],
    ['not convex', 'dim: 3, l: 1, convex: false', /declares convex: false: a stationary point need not be/],
    ['not asked for', 'dim: 3, l: 1, solve: false', /and plan returned solve: false/],
  ])('%s: the gap is unknown, and the reason given', async (_, answer, reason) => {
    const plan = `export const plan = () => ({ ${answer} });`;
    const model = await load(moduleFile(withParts({ plan, optimum: '' })));
    expect(model.optimum()).toBeNull();
    expect(model.whyNoOptimum).toMatch(reason);
    // Flows that need convex costs ask.
    expect(model.nonconvex).toBe(answer.includes('convex'));
  });

  it('a cost that falls for ever has no optimum, with the figures that say so', async () => {
    const model = await load(
      moduleFile(`
        export const plan = () => ({ dim: 1, l: 1 });
        export const value = (x, agent) => Math.log1p(Math.exp(-x[0] - agent));
        export const gradient = (x, out, agent) => { out[0] = -1 / (1 + Math.exp(x[0] + agent)); };`),
    );
    expect(model.optimum()).toBeNull();
    expect(model.whyNoOptimum).toMatch(
      /f falls for ever in some direction: where the largest entry of its gradient is \S+e-\d+, \|x\| is/,
    );
  });

  it('an optimum that is none is warned of', async () => {
    const warnings: string[] = [];
    const module = moduleFile(withParts({ optimum: 'export const optimum = () => [1, 1.5, 1.5];' }));
    await loadModules([moduleUrl(module)]);
    const context = contextOf(4, { warn: (message) => warnings.push(message) });
    const model = await loadSpec({ kind: 'custom', module }, context);
    expect(model.optimum()!.gradientNorm).toBe(0.5);
    expect(warnings.join()).toMatch(
      /at what optimum returned the largest entry of the mean gradient is 5\.0e-1, expected about 0/,
    );
  });

  it('the example is stationary where its optimum says', async () => {
    expect((await load(EXAMPLE, {}, 20)).optimum()!.gradientNorm).toBeLessThan(1e-14);
  });
});

describe('in the engine', () => {
  it('the average written by a user is the average, bit for bit, in the same threads', async () => {
    // `i/3 - 1` is no sum of few powers of two, so that rounding would tell.
    const module = moduleFile(`
      export const plan = () => ({ dim: 1, m: 1, l: 1 });
      export const value = (x, agent) => (x[0] - (agent / 3 - 1)) ** 2 / 2;
      export const gradient = (x, out, agent) => { out[0] = x[0] - (agent / 3 - 1); };`);
    const { writeNpy } = await import('../../src/data/npy.js');
    const values = path.join(folder, 'values.npy');
    await writeNpy(values, { shape: [6, 1], data: Float64Array.from({ length: 6 }, (_, i) => i / 3 - 1) });
    const own = await runConfig({ ...BASE, cost: { kind: 'custom', module }, workers: 2 });
    const ours = await runConfig({ ...BASE, cost: { kind: 'average', values }, workers: 2 });
    expect(own.summary.stateHash).toBe(ours.summary.stateHash);
  });

  it('sees the round', async () => {
    const gradient = `export function gradient(x, out, agent, { round, parameters }) {
      if (round === parameters.last && agent === 5) throw new Error('enough');
      for (let c = 0; c < 3; c++) out[c] = x[c] - agent;
    }`;
    const module = moduleFile(withParts({ gradient }));
    const run = runSequentially({ ...BASE, cost: { kind: 'custom', module, last: 17 } }, 2);
    await expect(run).rejects.toThrow(
      /cost-\d+\.mjs:\d+:\d+: gradient threw Error: enough \(agent 5, round 17\)/,
    );
  });

  it('ends as diverged, not with the blame, where the step is too long', async () => {
    const flow = { ...BASE.flow, step: 1e6 };
    const cost = { kind: 'custom', module: moduleFile(withParts({})) };
    const { verdict } = await runSequentially(
      { ...BASE, flow, cost, rounds: 3000, trace: { every: 500 } },
      1,
    );
    expect(verdict).toBe('diverged');
  });

  it('has to say l before gains can be auto', async () => {
    const module = moduleFile(withParts({ plan: 'export const plan = () => ({ dim: 3 });' }));
    const config = { ...BASE, flow: { kind: 'primal-dual' }, cost: { kind: 'custom', module } };
    await expect(runSequentially(config, 1)).rejects.toThrow(
      /flow\.\w+ is "auto", expected a number: the cost does not say how smooth it is/,
    );
    // Consensus does not look at costs, so it has nothing to miss.
    const { writeNpy } = await import('../../src/data/npy.js');
    const init = path.join(folder, 'init.npy');
    await writeNpy(init, { shape: [6, 3], data: Float64Array.from({ length: 18 }, (_, at) => at) });
    const { verdict } = await runSequentially({ ...config, flow: { kind: 'consensus' }, init }, 1);
    expect(verdict).toBe('go');
  });
});

/** In the run and not before: from round 3 on. */
const late = (wrong: string, right: string) => `(round >= 3 ? ${wrong} : ${right})`;
const SUM = 'x.reduce((s, e) => s + (e - agent) ** 2 / 2, 0)';

describe('what it does wrong in the run ends it, with file, function, agent and round', () => {
  it.each([
    [
      'value throws',
      `export const value = (x, agent, { round }) => ${late('x.nothing.here', SUM)};`,
      /:2:\d+: value threw TypeError: .* \(agent 0, round [3-9]\)/,
    ],
    [
      'value returns nothing',
      `export const value = (x, agent, { round }) => ${late('undefined', SUM)};`,
      /value returned nothing, expected a finite number \(agent 0, round [3-9]\)/,
    ],
    [
      'value is NaN',
      `export const value = (x, agent, { round }) => ${late('0 / 0', SUM)};`,
      /value returned NaN, expected a finite number \(agent 0, round [3-9]\)/,
    ],
    [
      'gradient leaves NaN',
      `export const gradient = (x, out, agent, { round }) => {
        for (let c = 0; c < 3; c++) out[c] = x[c] - agent;
        if (round === 3 && agent === 2) out[1] = NaN;
      };`,
      /gradient left NaN in entry 1 of out, expected finite numbers \(agent 2, round 3\)/,
    ],
    [
      'gradient returns what it should fill in',
      `export const gradient = (x, out, agent, { round }) => {
        for (let c = 0; c < 3; c++) out[c] = x[c] - agent;
        if (round === 3) return out.slice();
      };`,
      /gradient returned a Float64Array, expected nothing: it fills out \(agent 0, round 3\)/,
    ],
    [
      'gradient becomes async',
      `export const gradient = (x, out, agent, { round }) => {
        for (let c = 0; c < 3; c++) out[c] = x[c] - agent;
        if (round === 4) return Promise.resolve();
      };`,
      /gradient returned a Promise \(it must not be async\), expected nothing: .* \(agent 0, round 4\)/,
    ],
  ])('%s', async (_, part, message) => {
    const name = part.includes('const value') ? 'value' : 'gradient';
    const module = moduleFile(withParts({ optimum: '', [name]: part }));
    const config = { ...BASE, cost: { kind: 'custom', module }, trace: { every: 1 } };
    const run = runSequentially(config, 1);
    await expect(run).rejects.toThrow(message);
    await expect(run).rejects.not.toMatchObject({ code: 'BAD_INPUT' });
  });

  it.each([
    [
      'throws',
      `if (round === 2 && sample === 1) throw new Error('enough');`,
      /sampleGradient threw Error: enough \(agent 0, sample 1, round 2\)/,
    ],
    [
      'leaves an infinite entry',
      'if (round === 2 && agent === 1 && sample === 2) out[0] = 1 / 0;',
      /sampleGradient left Infinity in entry 0 of out, .* \(agent 1, sample 2, round 2\)/,
    ],
    [
      'returns something',
      'if (round === 2) return 1;',
      /sampleGradient returned number 1, expected nothing: it fills out \(agent 0, sample 0, round 2\)/,
    ],
  ])('sampleGradient %s', async (_, wrong, message) => {
    const sampleGradient = `export function sampleGradient(x, out, agent, sample, { round }) {
      out[0] = x[0] - agent - sample;
      ${wrong}
    }`;
    const module = moduleFile(withSamples({ sampleGradient }));
    const run = runSequentially({ ...BASE, cost: { kind: 'custom', module } }, 1);
    await expect(run).rejects.toThrow(message);
  });

  it('in a thread: the run fails with the same words', async () => {
    const value = `export const value = (x, agent, { round }) => (round > 20 ? undefined : ${SUM});`;
    const module = moduleFile(withParts({ optimum: '', value }));
    const run = runConfig({ ...BASE, cost: { kind: 'custom', module }, workers: 2 });
    await expect(run).rejects.toThrow(
      /worker \d failed: .*value returned nothing, .* \(agent \d, round \d+\)/,
    );
  });
});

/**
 * Rows a_r and labels y_r that a module is given in its config; an agent without samples, one with an odd
 * number.
 */
const counts = [4, 7, 0, 11, 1];
const LAMBDA = 0.2;
const wave = (i: number) => Math.sin(1 + 1.7 * i + 0.3 * i * i);
const rows = Array.from({ length: 23 }, (_, r) => Array.from({ length: 5 }, (_, c) => wave(5 * r + c)));
const labels = rows.map((_, r) => 2 * wave(7 * r));
/** f_i(x) = (n/N) sum_r (a_r . x - y_r)^2 / 2 + (lambda/2) |x|^2 */
const BY_SAMPLE = `
  export function plan({ parameters: { rows, labels, counts, lambda } }) {
    const first = counts.map((_, i) => counts.slice(0, i).reduce((a, b) => a + b, 0));
    const data = { rows, labels, first, lambda };
    return { dim: rows[0].length, m: lambda, l: 1000, samples: counts, data };
  }
  const residual = (x, r, { rows, labels }) => rows[r].reduce((s, a, c) => s + a * x[c], 0) - labels[r];
  export const sampleValue = (x, agent, sample, { data }) =>
    residual(x, data.first[agent] + sample, data) ** 2 / 2;
  export function sampleGradient(x, out, agent, sample, { data }) {
    const r = data.first[agent] + sample;
    const t = residual(x, r, data);
    for (let c = 0; c < out.length; c++) out[c] = t * data.rows[r][c];
  }
  export const value = (x, agent, { data }) => (data.lambda / 2) * x.reduce((s, e) => s + e * e, 0);
  export function gradient(x, out, agent, { data }) {
    for (let c = 0; c < out.length; c++) out[c] = data.lambda * x[c];
  }`;

describe('a cost that is made of samples', () => {
  let own: Record<string, unknown>;
  let ridge: Record<string, unknown>;
  beforeAll(async () => {
    const { writeNpy } = await import('../../src/data/npy.js');
    const data = { x: path.join(folder, 'rows.npy'), y: path.join(folder, 'labels.npy') };
    await writeNpy(data.x, { shape: [23, 5], data: Float64Array.from(rows.flat()) });
    await writeNpy(data.y, { shape: [23], data: Float64Array.from(labels) });
    ridge = { kind: 'ridge', data, regularization: LAMBDA, split: { kind: 'counts', counts } };
    own = { kind: 'custom', module: moduleFile(BY_SAMPLE), rows, labels, counts, lambda: LAMBDA };
  });

  const apart = (a: Float64Array, b: Float64Array) =>
    a.reduce((most, entry, at) => Math.max(most, Math.abs(entry - b[at]!)), 0);
  const topology = { kind: 'ring', nodes: counts.length };
  const inFlow = (flow: object) => ({ topology, flow, rounds: 150, seed: 9 });
  const base = { step: 0.02, alpha: 0.5, beta: 0.5 };
  it.each([
    ['primal-dual', inFlow({ kind: 'primal-dual', ...base })],
    ['primal-dual, batch 4', inFlow({ kind: 'primal-dual', ...base, batch: 4 })],
    ['dgd, batch 4, three local steps', inFlow({ kind: 'dgd', step: 0.01, localSteps: 3, batch: 4 })],
    ['diging, batch 4', inFlow({ kind: 'diging', step: 0.01, batch: 4 })],
  ])('%s: the trajectory of ridge, and the same bits for 1, 2, 3 and 5 workers', async (_, config) => {
    const expected = await runSequentially({ ...config, cost: ridge }, 1);
    const runs = await Promise.all(
      [1, 2, 3, 5].map((workers) => runSequentially({ ...config, cost: own }, workers)),
    );
    expect(Math.max(...expected.x.map(Math.abs))).toBeGreaterThan(0.1);
    expect(apart(runs[0]!.x, expected.x)).toBeLessThan(1e-12);
    expect(new Set(runs.map(({ stateHash }) => stateHash)).size).toBe(1);
    for (const name of ['objective', 'gap', 'agentsGapMean', 'gradientNorm'] as const) {
      expect(Math.abs(runs[0]!.final[name]! - expected.final[name]!)).toBeLessThan(1e-12);
    }
  });

  it('a parameter server: every agent sends the mean over its own samples', async () => {
    const server = (cost: object, batch: number | 'all') =>
      runSequentially(
        {
          program: { kind: 'parameter-server', agents: 5, uplink: { kind: 'identity' }, gamma: 0.05, batch },
          cost,
          rounds: 100,
          seed: 4,
        },
        2,
      );
    // Each agent with some: the mean over none is nobody's gradient.
    const some = [4, 7, 1, 10, 1];
    for (const batch of ['all', 4] as const) {
      const expected = await server({ ...ridge, split: { kind: 'counts', counts: some } }, batch);
      const found = await server({ ...own, counts: some }, batch);
      expect(apart(found.x, expected.x)).toBeLessThan(1e-12);
    }
  });

  it('its optimum is that of ridge, and agents.csv knows how many samples there are', async () => {
    const model = await loadSpec(own, contextOf(counts.length));
    const expected = (await loadSpec(ridge, contextOf(counts.length))).optimum()!;
    expect(apart(model.optimum()!.x, expected.x)).toBeLessThan(1e-13);
    expect(model.optimum()!.value).toBeCloseTo(expected.value, 14);
    expect([...model.samples!]).toEqual([0, 4, 11, 11, 22, 23]);
    expect(model.description).toMatch(/^custom, .*\.mjs, 23 samples$/);
  });

  it('without a part beside its samples, and with means of them by one number', async () => {
    const model = await load(moduleFile(withSamples({})));
    // Means of i, i + 1, i + 2 over four agents.
    expect(model.optimum()!.x[0]).toBeCloseTo(2.5, 14);
    expect(model.value(Float64Array.of(2.5))).toBeCloseTo((1.25 + 2 / 3) / 2, 14);
  });

  it('a batch is refused where the module is not made of samples', async () => {
    const module = moduleFile(withParts({}));
    const config = { ...BASE, flow: { ...BASE.flow, batch: 3 }, cost: { kind: 'custom', module } };
    await expect(runSequentially(config, 1)).rejects.toMatchObject({
      code: 'BAD_INPUT',
      path: ['flow', 'batch'],
      message: expect.stringMatching(/flow\.batch is 3, expected all: .*\.mjs is not made of samples/),
    });
  });
});

describe('what can be known before the run is refused before it, with the path in the config', () => {
  it.each([
    [
      'no gradient',
      withParts({ gradient: '' }),
      /exports no function gradient, expected plan, value and gradient/,
    ],
    [
      'plan throws',
      withParts({ plan: 'export function plan() { throw new Error("p is 3"); }' }),
      /cost-\d+\.mjs:1:\d+: plan threw Error: p is 3/,
    ],
    [
      'plan returns nothing',
      withParts({ plan: 'export function plan() {}' }),
      /plan returned nothing, expected an/,
    ],
    [
      'plan returns another name',
      withParts({ plan: 'export const plan = () => ({ dim: 3, L: 1 });' }),
      /plan returned an unknown L, expected dim, m, l, convex, samples, check, solve, data/,
    ],
    [
      'half a dimension',
      withParts({ plan: 'export const plan = () => ({ dim: 2.5 });' }),
      /plan returned dim 2\.5, expected a whole number/,
    ],
    [
      'm above l',
      withParts({ plan: 'export const plan = () => ({ dim: 3, m: 2, l: 1 });' }),
      /plan returned m 2 and l 1, expected m <= l/,
    ],
    [
      'functions as data',
      withParts({ plan: 'export const plan = () => ({ dim: 3, data: () => 1 });' }),
      /data that cannot be sent to workers/,
    ],
    [
      'an optimum of another length',
      withParts({ optimum: 'export const optimum = () => [1, 2];' }),
      /optimum returned 2 numbers, expected 3 numbers/,
    ],
    [
      'an optimum that is not finite',
      withParts({ optimum: 'export const optimum = () => [1, NaN, 2];' }),
      /optimum returned NaN in entry 1/,
    ],
    [
      'convex that is no truth value',
      withParts({ plan: 'export const plan = () => ({ dim: 3, convex: 0 });' }),
      /plan returned convex 0, expected true or false/,
    ],
    [
      'm of a cost that is not convex',
      withParts({ plan: 'export const plan = () => ({ dim: 3, m: 1, convex: false });' }),
      /plan returned convex false and m 1, expected no m/,
    ],
    [
      'm below 0',
      withParts({ plan: 'export const plan = () => ({ dim: 3, m: -1 });' }),
      /plan returned m -1, expected a number >= 0 \(convex: false is for costs that are not convex\)/,
    ],
    [
      'value throws',
      withParts({ value: 'export function value(x) { x.nothing.here; }' }),
      /cost-\d+\.mjs:2:\d+: value threw TypeError: .* \(agent 0, round 0\)/,
    ],
    [
      'value returns nothing',
      withParts({ value: 'export function value() {}' }),
      /value returned nothing, expected a finite number \(agent 0, round 0\)/,
    ],
    [
      'value is async',
      withParts({ value: 'export async function value() { return 1; }' }),
      /value returned a Promise \(it must not be async\)/,
    ],
    [
      'gradient returns what it should fill in',
      withParts({ gradient: 'export const gradient = (x) => x.slice();' }),
      /gradient returned a Float64Array, expected nothing: it fills out \(agent 0, round 0\)/,
    ],
    [
      'gradient that is not the slope of value',
      withParts({
        gradient:
          'export const gradient = (x, out, i) => x.forEach((e, c) => { out[c] = c < 2 ? e - i : 0; });',
      }),
      /gradient made 0 of entry 2 of out, differences of value give -?[\d.]+, near the start \(agent/,
    ],
    [
      'gradient past the end of out',
      withParts({
        gradient:
          'export const gradient = (x, out, i) => { for (let c = 0; c <= 3; c++) out[c] = x[c] - i; };',
      }),
      /gradient wrote entry 3 of out, expected entries 0\.\.2 \(plan: dim is 3\) \(agent 0, round 0\)/,
    ],
    [
      'set past the end of out',
      withParts({ gradient: 'export const gradient = (x, out, i) => out.set([1, 2, 3, 4]);' }),
      /gradient threw RangeError: .* \(agent 0, round 0\)/,
    ],
    [
      'another value every time',
      withParts({ value: 'let k = 0; export const value = () => k++;' }),
      /value returned 0 and then 1 for the same x and agent, expected the same one/,
    ],
    [
      'another gradient every time',
      withParts({ gradient: 'let k = 0; export const gradient = (x, out) => { out[1] = k++; };' }),
      /gradient made \d+ and then \d+ of entry 1 of out for the same x and agent, expected the same one/,
    ],
    [
      'l that is too small',
      withParts({ plan: 'export const plan = () => ({ dim: 3, l: 0.5 });' }),
      /plan returned l 0\.5, but gradients at two points near the start differ by 1 of their distance/,
    ],
    [
      'm that is too large',
      withParts({ plan: 'export const plan = () => ({ dim: 3, m: 2 });' }),
      /plan returned m 2, but \(x - y\) \. \(grad f\(x\) - grad f\(y\)\) is 1 \|.*expected at least m/,
    ],
    [
      'a cost that is not convex',
      withParts({
        value: 'export const value = (x, i) => -x.reduce((s, e) => s + (e - i) ** 2 / 2, 0);',
        gradient: 'export const gradient = (x, out, i) => x.forEach((e, c) => { out[c] = i - e; });',
        plan: 'export const plan = () => ({ dim: 3, l: 1 });',
      }),
      /returned no m, which says that every f_i is convex, but .* is -1 \|x - y\|\^2 .*\(or convex: false\)/,
    ],
    [
      'one of two functions of samples',
      withSamples({ sampleValue: '' }),
      /exports no function sampleValue, expected plan, sampleValue and sampleGradient/,
    ],
    [
      'a value without gradient beside samples',
      withSamples({ value: 'export const value = () => 0;' }),
      /exports no function gradient, expected plan, value, gradient, sampleValue and sampleGradient/,
    ],
    [
      'samples without their number',
      withSamples({ plan: 'export const plan = () => ({ dim: 1 });' }),
      /exports sampleValue, but plan returned no samples: expected how many each agent has/,
    ],
    [
      'a number of samples without functions of them',
      withParts({ plan: 'export const plan = () => ({ dim: 3, samples: 4 });' }),
      /plan returned samples, but the module exports no function sampleValue and sampleGradient/,
    ],
    [
      'half a sample',
      withSamples({ plan: 'export const plan = () => ({ dim: 1, samples: 1.5 });' }),
      /plan returned samples 1\.5, expected a whole number > 0, or 6 of them/,
    ],
    [
      'samples of too few agents',
      withSamples({ plan: 'export const plan = () => ({ dim: 1, samples: [1, 2] });' }),
      /plan returned samples of 2 agents, expected 6: one number for each/,
    ],
    [
      'fewer than no samples',
      withSamples({ plan: 'export const plan = () => ({ dim: 1, samples: [1, 1, -1, 1, 1, 1] });' }),
      /plan returned samples -1 of agent 2, expected a whole number >= 0/,
    ],
    [
      'a sample with a wrong gradient',
      withSamples({
        sampleGradient:
          'export const sampleGradient = (x, out, i, r) => { out[0] = x[0] - i - (r === 2 ? 3 : r); };',
      }),
      /sampleGradient made \S+ of entry 0 of out, differences of sampleValue .* \(agent 0, sample 2, round 0\)/,
    ],
    [
      'a sample that changes x',
      withSamples({ sampleValue: 'export const sampleValue = (x, i, r) => (x[0] -= i + r) ** 2 / 2;' }),
      /sampleValue changed entry 0 of x, expected x as it was: all samples share it \(agent/,
    ],
    [
      'a value that is the sum of its samples',
      withSamples({
        value: 'export const value = (x, i) => [0, 1, 2].reduce((s, r) => s + (x[0] - i - r) ** 2 / 6, 0);',
        gradient: 'export const gradient = (x, out, i) => { out[0] = x[0] - i - 1; };',
        plan: 'export const plan = () => ({ dim: 1, l: 2, samples: 3 });',
      }),
      /value is what sampleValue adds up to, so f_i would count it twice/,
    ],
  ])('%s', async (_, source, message) => {
    const run = runSequentially({ ...BASE, cost: { kind: 'custom', module: moduleFile(source) } }, 1);
    await expect(run).rejects.toThrow(message);
    await expect(run).rejects.toMatchObject({ code: 'BAD_INPUT', path: ['cost', 'module'] });
  });

  it('a file that is not there', async () => {
    const run = runSequentially({ ...BASE, cost: { kind: 'custom', module: 'gone.mjs' } }, 1);
    await expect(run).rejects.toThrow(/cost\.module: .*gone\.mjs: there is no such file/);
  });
});

describe('checks can be left out', () => {
  it('a gradient that is not the slope of value runs, if plan wants it so', async () => {
    const module = moduleFile(
      withParts({
        plan: 'export const plan = () => ({ dim: 3, check: false });',
        gradient: 'export const gradient = (x, out, i) => x.forEach((e, c) => { out[c] = 2 * (e - i); });',
        optimum: '',
      }),
    );
    expect((await runSequentially({ ...BASE, cost: { kind: 'custom', module } }, 1)).verdict).toBe('go');
  });

  it('where the cost is not finite nobody judges it', async () => {
    const module = moduleFile(`
      export const plan = () => ({ dim: 1 });
      export const value = (x) => -Math.log(x[0] - 1) + x[0];
      export const gradient = (x, out) => { out[0] = 1 - 1 / (x[0] - 1); };`);
    const { writeNpy } = await import('../../src/data/npy.js');
    const init = path.join(folder, 'inside.npy');
    await writeNpy(init, { shape: [6, 1], data: new Float64Array(6).fill(3) });
    const { verdict, x } = await runSequentially(
      { ...BASE, cost: { kind: 'custom', module }, init, rounds: 400 },
      1,
    );
    expect(verdict).toBe('go');
    expect(x[0]).toBeCloseTo(2, 6);
  });
});

describe('a kernel of one`s own', () => {
  const wasm = fileURLToPath(new URL('../../examples/07-own-flow/kernel/step.wasm', import.meta.url));
  // x - h (slope + alpha row + beta v) with h = -1, slope = x and alpha = beta = 0, from zeros: x.
  const kernel = (length: string) => `
    import { readFileSync } from 'node:fs';
    const kernel = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(${JSON.stringify(wasm)}))).exports;
    export const memory = kernel.memory;
    export const plan = () => ({ dim: 3, m: 1, l: 1 });
    export const value = (x) => x.reduce((sum, entry) => sum + entry ** 2 / 2, 0);
    export function gradient(x, out) {
      kernel.step(${length}, out.byteOffset, x.byteOffset, x.byteOffset, x.byteOffset, -1, 0, 0);
    }`;
  const plain = `export const plan = () => ({ dim: 3, m: 1, l: 1 });
    export const value = (x) => x.reduce((sum, entry) => sum + entry ** 2 / 2, 0);
    export function gradient(x, out) { for (let c = 0; c < 3; c++) out[c] = x[c]; }`;
  const config = (source: string) => ({ ...BASE, cost: { kind: 'custom', module: moduleFile(source) } });

  it('has the bits of the function without one, for any number of workers', async () => {
    const { stateHash } = await runSequentially(config(plain), 1);
    for (const workers of [1, 3]) {
      expect((await runSequentially(config(kernel('3')), workers)).stateHash).toBe(stateHash);
    }
  });

  it('is told where it writes past the end of out', async () => {
    await expect(runSequentially(config(kernel('4')), 1)).rejects.toThrow(
      /gradient wrote past the end of out/,
    );
  });
});
