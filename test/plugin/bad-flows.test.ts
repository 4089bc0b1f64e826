/** Everything that a user's flow can do wrong: what is said of it, and with which exit code. */

import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runOnThisThread, type Said } from '../support/command-line.js';
import { temporaryFolder } from '../support/run.js';

const folder = temporaryFolder();
let files = 0;

const GOOD = {
  parameters: 'export const parameters = { step: 0.05 };',
  messages: "export const messages = { x: 'raw' };",
  step: `export function step({ x, heard, gradient, parameters }) {
    const slope = gradient(x);
    for (let c = 0; c < x.length; c++) x[c] -= parameters.step * slope[c] + 0.1 * heard.x.laplacian[c];
  }`,
};

/** Parts of a module with the example's kernel. */
function kernel(call: string): Record<string, string> {
  const wasm = fileURLToPath(new URL('../../examples/07-own-flow/kernel/step.wasm', import.meta.url));
  return {
    kernel: `import { readFileSync } from 'node:fs';
      const kernel = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(${JSON.stringify(wasm)}))).exports;
      export const memory = kernel.memory;
      export const state = ['v'];`,
    step: `export function step({ dim, x, v, heard, gradient }) {
      const arrays = [x, v, gradient(x), heard.x.laplacian];
      ${call}
    }`,
  };
}

/** A config with a module of these parts. */
function writeRun(
  parts: Record<string, string>,
  flow = '',
  more = '',
  cost = '{ kind: quadratic, dim: 6 }',
): void {
  const module = `flow-${++files}.mjs`;
  writeFileSync(path.join(folder, module), Object.values({ ...GOOD, ...parts }).join('\n'));
  writeFileSync(
    path.join(folder, 'run.yaml'),
    `topology: { kind: ring, nodes: 12 }
cost: ${cost}
flow: { kind: custom, module: ${module}${flow} }
rounds: 50
workers: 2
${more}`,
  );
}

/** `sottovoce run` of it. */
function run(...written: Parameters<typeof writeRun>): Promise<Said> {
  writeRun(...written);
  return runOnThisThread(folder, 'run.yaml', { quiet: true, out: `out-${files}` });
}

it('the module that the others are made from is right', async () => {
  expect((await run({})).status).toBe(0);
});

const BEFORE: [string, Record<string, string>, RegExp][] = [
  ['no step', { step: '' }, /exports no function step, expected step\(me\)/],
  [
    'no step, another name',
    { step: 'export function steps() {}' },
    /exports no function step \(it has steps\)/,
  ],
  ['a step that is no function', { step: 'export const step = 5;' }, /exports no function step/],
  [
    'a send that is none',
    { send: 'export const send = {};' },
    /exports a send that is object .*, expected a function/,
  ],
  ['no messages', { messages: '' }, /messages is missing, expected \{ x: 'raw' \}/],
  [
    'a form that there is not',
    { messages: "export const messages = { x: 'compresed' };" },
    /messages\.x is "compresed", expected one of raw, compressed, difference; did you mean compressed\?/,
  ],
  [
    'a message that nobody fills',
    { messages: "export const messages = { y: 'raw' };" },
    /messages\.y is no state vector \(x\) and there is no function send to fill it/,
  ],
  [
    'a gain that is no parameter',
    { messages: "export const messages = { x: { form: 'difference', gain: 'mu' } };" },
    /messages\.x\.gain is "mu", expected a number in \(0, 1\] or one of step/,
  ],
  [
    'a gain without an estimate',
    { messages: "export const messages = { x: { form: 'raw', gain: 0.5 } };" },
    /messages\.x has a gain, expected that of the form difference alone/,
  ],
  [
    'an unknown key of a message',
    { messages: "export const messages = { x: { form: 'raw', lenght: 3 } };" },
    /messages\.x\.lenght is unknown, expected form, length, gain, each; did you mean length\?/,
  ],
  [
    'a length that is none',
    {
      messages:
        "export const messages = { x: 'raw', y: { form: 'raw', length: 0.5 } }; export function send() {}",
    },
    /messages\.y has length 0\.5, expected dim or a whole number/,
  ],
  ['state x', { state: "export const state = ['x'];" }, /state has x, expected the vectors beside x/],
  [
    'state with a word of the agent',
    { state: "export const state = ['round'];" },
    /state has round, expected another name/,
  ],
  ['state that is a number', { state: 'export const state = 3;' }, /state is 3, expected \['v'\]/],
  ['state twice', { state: "export const state = ['v', 'v'];" }, /state has v twice/],
  [
    'needs unknown',
    { needs: 'export const needs = { directed: true };' },
    /needs\.directed is unknown, expected graph/,
  ],
  [
    'needs wrong',
    { needs: "export const needs = { graph: 'any' };" },
    /needs\.graph is "any", expected one of undirected/,
  ],
  ['problem', { problem: "export const problem = 'costs';" }, /problem is "costs", expected cost or average/],
  [
    'auto without a rule',
    { parameters: "export const parameters = { step: { default: 'auto' } };" },
    /parameters\.step\.default is "auto", expected a number, or a rule beside it/,
  ],
  [
    'a rule that throws',
    { parameters: 'export const parameters = { step: { auto: () => { throw new Error("mine"); } } };' },
    /the auto rule of step threw Error: mine/,
  ],
  [
    'a rule that gives nothing',
    { parameters: 'export const parameters = { step: { auto: () => {} } };' },
    /the auto rule of step gave nothing, expected a finite number \(of lambda2 /,
  ],
  [
    'unknown state, read',
    { step: 'export function step({ x, velocity }) { x[0] += velocity[0]; }' },
    /flow-\d+\.mjs:3:\d+: step reads velocity, expected one of x, agent, agents/,
  ],
  [
    'unknown state, a slip',
    { state: "export const state = ['dual'];", step: 'export function step(me) { me.x[0] += me.duals[0]; }' },
    /step reads duals, expected one of x, dual, .*; did you mean dual\?/,
  ],
  [
    'unknown message',
    { step: 'export function step({ heard }) { heard.y.own; }' },
    /step reads heard\.y, expected one of x/,
  ],
  [
    'unknown parameter',
    { step: 'export function step({ parameters }) { parameters.stepp; }' },
    /step reads parameters\.stepp, expected one of step; did you mean step\?/,
  ],
  [
    'unknown column',
    { step: 'export function step({ heard }) { heard.x.laplacan; }' },
    /step reads heard\.x\.laplacan, expected one of own, laplacian, sum, each; did you mean laplacian\?/,
  ],
  [
    'writes past the end',
    { step: 'export function step({ x }) {\n for (let c = 0; c <= x.length; c++) x[c] = 0; }' },
    /flow-\d+\.mjs:4:\d+: step writes entry 6 of x, expected 0\.\.5/,
  ],
  [
    'writes a string',
    { step: 'export function step({ x }) { x[0] = "1"; }' },
    /step writes string "1" into entry 0 of x, expected a number/,
  ],
  [
    'assigns a vector',
    { step: 'export function step(me) { me.x = me.x.map((entry) => entry / 2); }' },
    /step threw TypeError: .*'?x'?/,
  ],
  [
    'returns what it should change',
    { step: 'export function step({ x }) { return x.map((entry) => entry / 2); }' },
    /step returned a Float64Array, expected nothing: it changes its state in place/,
  ],
  [
    'is asynchronous',
    { step: 'export async function step() {}' },
    /step returned a Promise \(it must not be async\)/,
  ],
  [
    'gradient of another length',
    { step: 'export function step({ gradient }) { gradient(new Float64Array(5)); }' },
    /step calls gradient with at of 5 entries, expected 6, a Float64Array/,
  ],
  [
    'gradient of nothing',
    { step: 'export function step({ gradient }) { gradient(); }' },
    /step calls gradient with at of nothing, expected 6, a Float64Array/,
  ],
  [
    'prox without a step',
    { step: 'export function step({ x, prox }) { prox(x); }' },
    /step calls prox with t undefined, expected a number > 0/,
  ],
  [
    'listens before anything was sent',
    { send: 'export function send({ heard }) { heard.x.own; }' },
    /send reads heard\.x\.own, expected that in step alone/,
  ],
  [
    'out-neighbours unasked',
    { send: 'export function send({ outNeighbours }) {}' },
    /send reads outNeighbours, expected needs: \{ outNeighbours: true \}/,
  ],
  [
    'chance of its own',
    { step: 'export function step({ x }) { x[0] = Math.random(); }' },
    /entry 0 of x is [\d.e-]+ and then [\d.e-]+ of the same agent in the same round, expected the same/,
  ],
  [
    'a memory of its own',
    { step: 'let calls = 0; export function step({ x }) { x[0] = ++calls; }' },
    /entry 0 of x is 1 and then 2 of the same agent in the same round/,
  ],
  [
    'a kernel that writes past an array',
    kernel('kernel.step(dim + 1, ...arrays.map((array) => array.byteOffset), 0.1, 0.1, 0.1);'),
    /step wrote past the end of [xv]/,
  ],
  [
    'a kernel that grows its memory',
    kernel('kernel.memory.grow(1);'),
    /step has grown its memory, expected it to keep its size in a run/,
  ],
  [
    'the buffer behind a vector',
    { step: 'export function step({ x }) { new Float64Array(x.buffer)[0] = 1; }' },
    /step reads x\.buffer, expected its entries alone/,
  ],
  [
    'a rule with a name that there is not',
    { parameters: 'export const parameters = { step: { auto: ({ L }) => 1 / L } };' },
    /the auto rule of step reads L, expected one of lambda2, .* \(of lambda2 /,
  ],
  [
    'a vector set from a longer one',
    { state: 'export const state = { y: 2 };', step: 'export function step({ x, y }) { y.set(x); }' },
    /step threw RangeError: /,
  ],
  [
    'out, in step',
    { step: 'export function step({ out }) { out.x[0] = 1; }' },
    /step reads out, expected that in send alone/,
  ],
  [
    'an export that nobody reads',
    { needs: "export const need = { graph: 'directed' };" },
    /exports need, which nobody reads; did you mean needs\?/,
  ],
  [
    'a reference error',
    { step: 'export function step() { nothing.here; }' },
    /step threw ReferenceError: nothing is not/,
  ],
];

describe('before the run: exit code 2, and the line of the config', () => {
  it.each(BEFORE)('%s', async (_, parts, expected) => {
    const { status, stderr } = await run(parts);
    expect(stderr).toMatch(expected);
    expect(stderr).toMatch(
      /^error: run\.yaml:3:\d+: flow\.module: |^error: run\.yaml:3:\d+: flow-|^error: run\.yaml:3:\d+: /,
    );
    expect(status).toBe(2);
    expect(existsSync(path.join(folder, `out-${files}`))).toBe(false);
  });

  it.each([
    [', stepp: 3', /flow\.stepp is no parameter of flow-\d+\.mjs \(it has step\); did you mean step\?/],
    [', step: auto', /flow\.step is "auto", expected a number \(flow-\d+\.mjs has no auto rule for it\)/],
    [', step: big', /flow\.step is "big", expected a number/],
    [', batch: 3', /flow\.batch is 3, expected all: the cost quadratic is not made of samples/],
    [', batch: 0', /flow\.batch is 0/],
  ])('parameters: %s', async (flow, expected) => {
    const { status, stderr } = await run({}, flow);
    expect(stderr).toMatch(expected);
    expect(status).toBe(2);
  });

  it.each([
    [
      'a compressor for what goes as it is',
      'compressor: { kind: sign }',
      /identity, since flow-\d+\.mjs sends its vectors/,
    ],
    [
      'links',
      'links: { kind: drops, rate: 0.1 }',
      /flow-\d+\.mjs needs the same weights in every round[\s\S]*export const needs = \{ changingLinks: true \}/,
    ],
  ])('what it does not go with: %s', async (_, more, expected) => {
    const { status, stderr } = await run({}, '', more);
    expect(stderr).toMatch(expected);
    expect(status).toBe(2);
  });

  it.each([
    ['strongly-convex', 'huber', /flow-\d+\.mjs needs strongly convex costs, and this one has no m > 0/],
    ['convex', 'nonconvex-logistic', /flow-\d+\.mjs needs convex costs, and this one is not convex/],
    ['strongly-convex', 'nonconvex-logistic', /needs strongly convex costs, and this one is not convex/],
    ['strongly-convex', 'quadratic', null],
    ['convex', 'logistic', null],
    ['any', 'nonconvex-logistic', null],
  ])('costs: one that needs %s, beside %s', async (needs, kind, expected) => {
    writeFileSync(
      path.join(folder, 'samples.libsvm'),
      Array.from({ length: 24 }, (_, r) => `${r % 2 ? 1 : -1} 1:${r / 24} 2:${Math.sin(r)}\n`).join(''),
    );
    const weight = kind === 'huber' ? 0 : 0.1;
    const cost = kind === 'quadratic' ? 'dim: 6' : `data: samples.libsvm, regularization: ${weight}`;
    const { status, stderr } = await run(
      { needs: `export const needs = { cost: '${needs}' };` },
      '',
      '',
      `{ kind: ${kind}, ${cost} }`,
    );
    expect(status).toBe(expected === null ? 0 : 2);
    if (expected !== null) expect(stderr).toMatch(expected);
  });
});

const DURING: [string, Record<string, string>, RegExp][] = [
  [
    'NaN',
    { step: 'export function step({ x, round }) { if (round === 7) x[3] = 0 / 0; }' },
    /step left NaN in entry 3 of x, expected finite numbers \(agent \d+, round 7\)/,
  ],
  [
    'infinite, in a message',
    {
      messages: "export const messages = { y: { form: 'raw', length: 2 } };",
      send: 'export function send({ out, round }) { out.y[1] = 1 / (round === 4 ? 0 : 1); }',
      step: 'export function step() {}',
    },
    /send left Infinity in entry 1 of out\.y, expected finite numbers \(agent \d+, round 4\)/,
  ],
  [
    'throws',
    {
      step: 'export function step({ agent, round }) {\n if (agent === 8 && round === 17) throw new Error("seventeen"); }',
    },
    /flow-\d+\.mjs:4:\d+: step threw Error: seventeen \(agent 8, round 17\)/,
  ],
  [
    'begin throws',
    { begin: 'export function begin({ agent }) { if (agent === 3) throw new Error("three"); }' },
    /begin threw Error: three \(agent 3, round 0\)/,
  ],
  [
    'turns asynchronous',
    { step: 'export function step({ round }) { if (round > 2) return Promise.resolve(); }' },
    /step returned a Promise \(it must not be async\), expected nothing.* \(agent \d+, round 3\)/,
  ],
  [
    'gradient of another length, later',
    { step: 'export function step({ gradient, round }) { gradient(new Float64Array(round > 2 ? 5 : 6)); }' },
    /step threw TypeError: gradient: at has 5 entries, expected 6, a Float64Array \(agent \d+, round 3\)/,
  ],
  [
    'listens in send, later',
    { send: 'export function send({ heard, round }) { if (round > 2) heard.x.sum; }' },
    /send threw Error: heard\.x\.sum is read, expected that in step alone.* \(agent \d+, round 3\)/,
  ],
];

describe('in the run: exit code 1, with file, function, agent and round', () => {
  it.each(DURING)('%s', async (_, parts, expected) => {
    const { status, stderr } = await run(parts);
    expect(stderr).toMatch(expected);
    expect(stderr).toMatch(/^error: worker \d failed: /);
    expect(status).toBe(1);
  });

  it('a run that diverges is not blamed on the module', async () => {
    const { status, stderr } = await run({ parameters: 'export const parameters = { step: 1000 };' });
    expect(stderr).toMatch(/diverged/);
    expect(stderr).not.toMatch(/step left/);
    expect(status).toBe(1);
  });
});

/** All functions of all kinds of modules, and who watches them: test/chaos/watch.test.ts. */
describe('a function that does not return is ended from outside', () => {
  const spawned = (parts: Record<string, string>) => {
    writeRun(parts, '', 'modules: { seconds: 0.5 }');
    const environment = { ...process.env, NO_COLOR: '1', SOTTOVOCE_DEBUG: '' };
    const options = { cwd: folder, encoding: 'utf8', timeout: 240_000, env: environment } as const;
    return spawnSync(
      process.execPath,
      [path.resolve('dist/src/cli/main.js'), 'run', 'run.yaml', '-q'],
      options,
    );
  };

  it('before the run: exit code 2, and the line of the config', () => {
    const { status, stderr } = spawned({ step: 'export function step() { for (;;); }' });
    expect(stderr).toMatch(/^error: run\.yaml:3:\d+: flow-\d+\.mjs: step has not returned within 0\.5 s/);
    expect(status).toBe(2);
  });

  it('in the run: exit code 1, with agent and round', () => {
    const { status, stderr } = spawned({
      step: 'export function step({ agent, round }) { while (agent === 7 && round === 3); }',
    });
    expect(stderr).toMatch(/flow-\d+\.mjs: step has not returned within 0\.5 s \(agent 7, round 3\)/);
    expect(status).toBe(1);
  });
});
