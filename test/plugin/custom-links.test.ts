/**
 * A user's own links: beside the built-in kinds, bit for bit; on arcs; and everything that a module can do
 * wrong. test/links/masks.test.ts and test/flow/link-by-link.test.ts hold the example against its reference.
 */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { edgeWords } from '../../src/links/draws.js';
import type { LinksModel } from '../../src/links/types.js';
import type { FlowRunPlan } from '../../src/program/flow/types.js';
import { seedWords } from '../../src/runtime.js';
import { prepareRun } from '../../src/session/prepare.js';
import { generate } from '../../topology/index.js';
import { sottovoce } from '../support/command-line.js';
import { loadLinks } from '../support/load-links.js';
import { runConfig, temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';

const folder = temporaryFolder();

let files = 0;
/** A module of its own: what a module is, is remembered by its address. */
function moduleFile(source: string): string {
  const file = path.join(folder, `links-${++files}.mjs`);
  writeFileSync(file, source);
  return file;
}
const custom = (source: string, parameters: object = {}) => ({
  kind: 'custom',
  module: moduleFile(source),
  ...parameters,
});

const DROPS = `
  export const directed = true;
  export const up = (round, from, to, { parameters: { rate }, random }) => random.word() >= rate * 2 ** 32;
  export const presence = (from, to, { parameters: { rate } }) => 1 - rate;`;
const BURSTS = `
  const bad = (random, round, { toBad, toGood }) => {
    // The state is that of the last round whose draw decides it, whatever was before: nothing is remembered.
    for (let at = round; ; at--) {
      const move = random.at(at).uniform();
      if (at === 0) return move < toBad / (toBad + toGood);
      if (move < Math.min(toBad, 1 - toGood)) return true;
      if (move >= Math.max(toBad, 1 - toGood)) return false;
      if (toBad < 1 - toGood) continue;
      return !bad(random, at - 1, { toBad, toGood });
    }
  };
  export const up = (round, from, to, { parameters, random }) => !bad(random, round, parameters);`;
const BASE = {
  topology: { kind: 'erdos-renyi', nodes: 14, averageDegree: 5, seed: 2 },
  cost: { kind: 'quadratic', dim: 5 },
  flow: { kind: 'primal-dual', compress: 'error-state', step: 0.06, alpha: 0.5, beta: 0.5 },
  compressor: { kind: 'sign' },
  rounds: 60,
  seed: 11,
};

describe('in the engine', () => {
  it.each([
    ['edges', {}],
    [
      'arcs',
      {
        topology: { kind: 'random-digraph', nodes: 14, averageDegree: 6, seed: 2 },
        cost: { kind: 'average', dim: 5 },
        flow: { kind: 'push-sum' },
        compressor: { kind: 'identity' },
      },
    ],
  ])('drops written by a user are the drops, bit for bit: %s', async (_, changed) => {
    const config = { ...BASE, ...changed };
    const own = await runSequentially({ ...config, links: custom(DROPS, { rate: 0.35 }) }, 2);
    const ours = await runSequentially({ ...config, links: { kind: 'drops', rate: 0.35 } }, 2);
    expect(own.stateHash).toBe(ours.stateHash);
    expect({ ...own.final, seconds: 0 }).toEqual({ ...ours.final, seconds: 0 });
    const without = await runSequentially(config, 2);
    expect(without.stateHash).not.toBe(ours.stateHash);
  });

  it.each([1, 2, 3, 5])('%i workers compute the same, in threads', async (workers) => {
    const config = { ...BASE, links: custom(BURSTS, { toBad: 0.1, toGood: 0.3 }) };
    const { summary } = await runConfig({ ...config, workers });
    expect(summary.stateHash).toBe((await runSequentially(config, 1)).stateHash);
  });

  it('takes the gains of the drops where it says the same of its presence', async () => {
    const flow = { kind: 'primal-dual', compress: 'error-state', tuning: 'formula' };
    const gains = async (links: object) => {
      const { plan } = await prepareRun(await parseConfig({ ...BASE, flow, links }), 1);
      return (plan as FlowRunPlan).flow.gains;
    };
    const ours = await gains({ kind: 'drops', rate: 0.25 });
    expect(await gains(custom(DROPS, { rate: 0.25 }))).toEqual(ours);
    // A link that is seldom up is another matter.
    expect(await gains(custom(DROPS.replace('1 - rate', '0.1'), { rate: 0.25 }))).not.toEqual(ours);
  });
});

describe('what a module is told', () => {
  const graph = generate({ kind: 'star', nodes: 4 });

  it('plan: nodes, edges, names, rounds and parameters; its data come back', async () => {
    const module = custom(
      `export const plan = (inputs) => ({ data: JSON.stringify(inputs) });
       export const up = (round, from, to, { data, parameters }) => data.length > 0 && parameters.deep.of === 1;`,
      { deep: { of: 1 } },
    );
    const model = await loadLinks(module, graph);
    expect(JSON.parse((model.plan as unknown as { data: string }).data)).toEqual({
      nodes: 4,
      edges: [
        [0, 1],
        [0, 2],
        [0, 3],
      ],
      labels: null,
      directed: false,
      rounds: 100,
      parameters: { deep: { of: 1 } },
    });
    expect(model.reference(seedWords(1))(0, 0, 1)).toBe(true);
  });

  it('the smaller end first, and the draws of the edge and round: those of built-in links, and more', async () => {
    const seed = seedWords(5);
    const model = await loadLinks(
      custom(`export function up(round, from, to, { random }) {
        if (from >= to) throw new Error('from >= to');
        const words = Array.from({ length: 9 }, () => random.word());
        const again = random.at(round);
        if (!words.every((word) => word === again.word())) throw new Error('at(round) draws otherwise');
        if (new Set(words).size < 9) throw new Error('words repeat');
        return words[1] >= 2 ** 31;
      }`),
      graph,
    );
    const up = model.reference(seed);
    for (let round = 0; round < 20; round++) {
      const expected = edgeWords(false, 0, 3, round, seed)[1] >= 2 ** 31;
      expect([up(round, 0, 3), up(round, 3, 0)]).toEqual([expected, expected]);
    }
  });

  it.each<[string, string, number[]]>([
    ['a number', 'export const presence = 0.25;', [0.25]],
    ['a function of the edge', 'export const presence = (from, to) => to / 4;', [0.25, 0.5, 0.75]],
    ['counted in the first 64 rounds where absent', '', [0, 0.5, 0.75]],
  ])('presence: %s', async (_, presence, expected) => {
    const up = 'export const up = (round, from, to) => round < 64 ? round % 4 >= [4, 4, 2, 1][to] : false;';
    const model: LinksModel = await loadLinks(custom(up + presence), graph);
    const shares = typeof model.presence === 'number' ? [model.presence] : [...model.presence.slice(0, 3)];
    expect(shares).toEqual(expected);
    if (typeof model.presence !== 'number') expect([...model.presence.slice(3)]).toEqual(expected);
  });
});

it('presence of arcs is their mean', async () => {
  const links =
    'export const directed = true; export const up = (round, from, to) => (round + to) % (from + 1) === 0;';
  const arcs = generate({ kind: 'directed-ring', nodes: 4 });
  // Arcs 0 -> 1, 1 -> 2, 2 -> 3, 3 -> 0: up always, every second, third and fourth of 64 rounds.
  expect((await loadLinks(custom(links), arcs)).presence).toBeCloseTo((64 + 32 + 22 + 16) / 64 / 4, 12);
});

const load = (source: string) => loadLinks(custom(source), generate({ kind: 'ring', nodes: 8 }));

describe('what can be known before the run is refused before it, with the path in the config', () => {
  const up = 'export const up = () => true;';
  it.each([
    ['no up', 'export const plan = () => ({});', /links-\d+\.mjs: exports no function up, expected up, and/],
    [
      'plan is data',
      `${up} export const plan = { data: 1 };`,
      /exports a plan that is object .*, expected a/,
    ],
    [
      'plan throws',
      `export function plan() { throw new Error('rate is 2'); } ${up}`,
      /links-\d+\.mjs:1:\d+: plan threw Error: rate is 2/,
    ],
    [
      'plan returns a number',
      `export const plan = () => 3; ${up}`,
      /plan returned number 3, expected nothing/,
    ],
    ['plan is async', `export const plan = async () => ({}); ${up}`, /plan returned a Promise/],
    [
      'plan returns another name',
      `export const plan = () => ({ date: 3 }); ${up}`,
      /plan returned an unknown date, expected data/,
    ],
    [
      'functions as data',
      `export const plan = () => ({ data: () => 1 }); ${up}`,
      /data that cannot be sent to workers/,
    ],
    [
      'presence is too large',
      `${up} export const presence = 1.5;`,
      /a presence that is number 1\.5, expected/,
    ],
    ['directed is a word', `${up} export const directed = 'yes';`, /exports directed as string "yes"/],
    [
      'up throws',
      'export function up(round, from, to) { if (round === 3 && to === 5) null.x; return true; }',
      /links-\d+\.mjs:1:\d+: up threw TypeError: .* \(edge 4-5, round 3\)/,
    ],
    [
      'up returns nothing',
      'export function up(round) { if (round < 2) return true; }',
      /links-\d+\.mjs: up returned nothing, expected true or false \(edge 0-1, round 2\)/,
    ],
    ['up returns a number', 'export const up = () => 1;', /up returned number 1, expected true or false/],
    ['up is async', 'export const up = async () => true;', /up returned a Promise \(it must not be async\)/],
    [
      'up draws elsewhere',
      'export const up = () => Math.random() < 0.5;',
      /up answers (true|false) and, asked/,
    ],
    [
      'up remembers',
      'let calls = 0; export const up = () => calls++ % 2 === 0;',
      /asked again, (true|false) \(edge \d-\d, round \d+\), expected the same whenever it is asked/,
    ],
    [
      'up moves a chain of its own, call by call',
      `const bad = new Map();
       export function up(round, from, to, { random }) {
         const key = from + ' ' + to;
         bad.set(key, bad.get(key) ? random.uniform() > 0.3 : random.uniform() < 0.2);
         return !bad.get(key);
       }`,
      /asked again, (true|false) \(edge \d-\d, round \d+\)/,
    ],
  ])('%s', async (_, source, message) => {
    const refused = load(source);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toMatchObject({ code: 'BAD_INPUT', path: ['links', 'module'] });
  });

  it.each([
    ['throws', 'null.x', /presence threw TypeError: .* \(edge 0-1\)/],
    ['returns nothing', 'undefined', /presence returned nothing, expected a number in \[0, 1\] \(edge 0-1\)/],
    ['is a percentage', '70', /presence returned number 70, expected a number in \[0, 1\]/],
  ])('presence %s', async (_, value, message) => {
    const model = await load(`${up} export const presence = () => ${value};`);
    expect(() => model.presence).toThrow(message);
  });

  it('a directed graph, where the module does not say that it means arcs', async () => {
    const links = custom('export const up = () => true;');
    const config = { ...BASE, topology: { kind: 'directed-ring', nodes: 5 }, flow: { kind: 'push-sum' } };
    await expect(runSequentially({ ...config, compressor: { kind: 'identity' }, links }, 1)).rejects.toThrow(
      'exports no directed = true, expected that where the topology is directed',
    );
  });

  it('what needs the same weights in every round', async () => {
    const config = { ...BASE, flow: { kind: 'extra', step: 0.1 }, compressor: { kind: 'identity' } };
    await expect(runSequentially({ ...config, links: custom(DROPS, { rate: 0.1 }) }, 1)).rejects.toThrow(
      'links.kind is custom, and extra needs the same weights in every round',
    );
  });

  it('links that never come up are warned of', async () => {
    const { warnings } = await load('export const up = () => false;');
    expect(warnings).toEqual([
      expect.stringMatching(/links-\d+\.mjs: up answered false for every edge that was tried/),
    ]);
  });

  it('exits with 2 and the line of the config; in a run with 1', async () => {
    const configOf = (source: string) => {
      const file = path.join(folder, `run-${files}.yaml`);
      writeFileSync(
        file,
        `topology: { kind: ring, nodes: 5 }\nlinks:\n  kind: custom\n  module: ${moduleFile(source)}\ncost: { kind: quadratic, dim: 1 }\nflow: { kind: dgd, step: 0.1 }\nrounds: 200\nworkers: 2\n`,
      );
      return file;
    };
    const before = await sottovoce(folder, 'run', configOf('export const up = () => "yes";'), '-q');
    expect(before.status).toBe(2);
    expect(before.stderr).toMatch(/run-\d+\.yaml:4:11: .*links-\d+\.mjs: up returned string "yes", expected/);
    const late = 'export function up(round) { if (round > 150) throw new Error("enough"); return true; }';
    const during = await sottovoce(folder, 'run', configOf(late), '-q');
    expect(during.status).toBe(1);
    expect(during.stderr).toMatch(
      /worker \d failed: links-\d+\.mjs:1:\d+: up threw Error: enough \(edge \d-\d, round 151\)/,
    );
  });
});

it.each([
  [
    'throws',
    'throw new Error("enough")',
    /links-\d+\.mjs:1:\d+: up threw Error: enough \(edge 0-1, round 25\)/,
  ],
  [
    'returns nothing',
    'return',
    /links-\d+\.mjs: up returned nothing, expected true or false \(edge 0-1, round 25\)/,
  ],
])(
  'what it does wrong in the run ends it, with file, function, edge and round: %s',
  async (_, does, message) => {
    const source = `export function up(round) { if (round === 25) ${does}; return true; }`;
    const config = { ...BASE, topology: { kind: 'ring', nodes: 6 }, links: custom(source) };
    await expect(runSequentially(config, 1)).rejects.toThrow(message);
  },
);
