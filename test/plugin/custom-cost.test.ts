/**
 * A user's own cost: first by hand, then beside a built-in one, then everything it can do wrong.
 * test/cost/every-cost.test.ts holds the example's gradient against its values and counts workers.
 */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
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

  it('without optimum the gap is unknown, and the reason given', async () => {
    const model = await load(moduleFile(withParts({ optimum: '' })));
    expect(model.optimum()).toBeNull();
    expect(model.whyNoOptimum).toMatch(/cost-\d+\.mjs exports no optimum\(\)/);
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

describe('what it does wrong in the run ends it, with file, function, agent and round', () => {
  it.each([
    [
      'value throws',
      { value: 'export function value(x) { x.nothing.here; }' },
      /:2:\d+: value threw TypeError/,
    ],
    [
      'value returns nothing',
      { value: 'export function value() {}' },
      /value returned nothing, expected a finite number \(agent 0, round 0\)/,
    ],
    [
      'value is async',
      { value: 'export async function value() { return 1; }' },
      /value returned a Promise \(it must not be async\)/,
    ],
    ['value is NaN', { value: 'export const value = () => 0 / 0;' }, /value returned NaN, expected a finite/],
    [
      'gradient leaves NaN',
      { gradient: 'export function gradient(x, out, agent) { out[1] = agent === 2 ? NaN : 0; }' },
      /gradient left NaN in entry 1 of out, expected finite numbers \(agent 2, round 0\)/,
    ],
    [
      'gradient returns what it should fill in',
      { gradient: 'export const gradient = (x) => x.slice();' },
      /gradient returned a Float64Array, expected nothing: it fills out \(agent 0, round 0\)/,
    ],
  ])('%s', async (_, parts, message) => {
    const module = moduleFile(withParts({ optimum: '', ...parts }));
    await expect(runSequentially({ ...BASE, cost: { kind: 'custom', module } }, 1)).rejects.toThrow(message);
  });

  it('in a thread: the run fails with the same words', async () => {
    const value = 'export function value(x, agent, { round }) { return round > 20 ? undefined : 1; }';
    const module = moduleFile(withParts({ optimum: '', value }));
    const run = runConfig({ ...BASE, cost: { kind: 'custom', module }, workers: 2 });
    await expect(run).rejects.toThrow(
      /worker \d failed: .*value returned nothing, .* \(agent \d, round \d+\)/,
    );
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
      /plan returned an unknown L, expected dim, m, l, data/,
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
