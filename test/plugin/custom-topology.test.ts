/** A user's own graph: in a run, beside what else takes a topology, and everything that it can do wrong. */

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { type FlowProblem, loadFlow } from '../../src/program/flow/load.js';
import { generate } from '../../topology/index.js';
import { Random } from '../../topology/random.js';
import { sottovoce } from '../support/command-line.js';
import { temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';

const folder = temporaryFolder();

let files = 0;
/** A module of its own: what a module is, is remembered by its address. */
function moduleFile(source: string): string {
  const file = path.join(folder, `graph-${++files}.mjs`);
  writeFileSync(file, source);
  return file;
}

const RING = `
  export function* edges({ parameters: { nodes = 6 } }) {
    for (let i = 0; i < nodes; i++) yield [i, (i + 1) % nodes];
  }`;
const BASE = {
  cost: { kind: 'quadratic', dim: 3 },
  flow: { kind: 'primal-dual', step: 0.1, alpha: 0.5, beta: 0.5 },
  rounds: 30,
  seed: 4,
};
const custom = (source: string, parameters: object = {}) => ({
  kind: 'custom',
  module: moduleFile(source),
  ...parameters,
});

async function load(config: Record<string, unknown>): Promise<FlowProblem> {
  return loadFlow(await parseConfig({ ...BASE, ...config }));
}
const graphOf = async (topology: object) => (await load({ topology })).graph;

describe('in a run', () => {
  it('a ring written by a user is the ring, bit for bit, whatever the workers', async () => {
    const topology = custom(RING, { nodes: 9 });
    const own = await runSequentially({ ...BASE, topology }, 1);
    const ours = await runSequentially({ ...BASE, topology: { kind: 'ring', nodes: 9 } }, 1);
    expect(own.stateHash).toBe(ours.stateHash);
    for (const workers of [2, 3, 5])
      expect((await runSequentially({ ...BASE, topology }, workers)).stateHash).toBe(own.stateHash);
  });

  it('is relative to the config', async () => {
    mkdirSync(path.join(folder, 'sub'), { recursive: true });
    writeFileSync(path.join(folder, 'sub', 'beside.mjs'), RING);
    const loaded = await parseConfig({ ...BASE, topology: { kind: 'custom', module: 'beside.mjs' } });
    const { graph, topology } = await loadFlow({ ...loaded, folder: path.join(folder, 'sub') });
    expect([graph.nodes, topology]).toEqual([6, 'custom(module=beside.mjs)']);
  });

  it('draws by the seed of the topology, else of the run, each function from the first', async () => {
    const source = `
      const draw = ({ random }) => [random.integer(1000), random.uniform()];
      export const labels = (inputs) => draw(inputs).map(String).concat(String(inputs.seed));
      export const edges = (inputs) => { const [a, b] = draw(inputs); return [[0, 1, a + 1], [1, 2, b + 1]]; };`;
    const random = (seed: number) => {
      const drawn = new Random(seed);
      return [drawn.below(1000), drawn.uniform()];
    };
    for (const [parameters, seed] of [
      [{}, 4],
      [{ seed: 77 }, 77],
    ] as const) {
      const graph = await graphOf(custom(source, parameters));
      const [a, b] = random(seed);
      expect(graph.labels).toEqual([String(a), String(b), String(seed)]);
      expect([...(graph.weights ?? [])]).toEqual([a + 1, a + 1, b + 1, b + 1]);
    }
  });

  it('weights: file are the weights that it yields', async () => {
    const source = 'export const edges = () => [[0, 1, 0.5], [1, 2, 2]];';
    const { weights } = await load({ topology: custom(source), weights: 'file' });
    expect([...(weights ?? [])]).toEqual([0.5, 0.5, 2, 2]);
    await expect(load({ topology: custom(RING), weights: 'file' })).rejects.toThrow(
      'weights is "file", but the graph has none, expected unit or metropolis',
    );
  });

  it('says what was dropped', async () => {
    const { warnings } = await load({
      topology: custom('export const edges = () => [[0, 1, 1], [1, 0, 1], [1, 1, 1], [1, 2, 1]];'),
      weights: 'file',
    });
    expect(warnings).toEqual([
      expect.stringMatching(
        /graph-\d+\.mjs: 1 parallel edge counts as one with the edge between the same two nodes, with the sum of their weights; 1 self-loop is left out$/,
      ),
    ]);
  });

  it('refuses what is not connected, and takes the largest component with the numbers it had', async () => {
    const source = 'export const edges = () => [[0, 1], [2, 3], [3, 4]];';
    await expect(load({ topology: custom(source) })).rejects.toThrow(
      'the graph is disconnected: 2 components of 3, 2 nodes',
    );
    const { nodes, labels } = await graphOf(custom(source, { largestComponent: true }));
    expect([nodes, labels]).toEqual([3, ['2', '3', '4']]);
  });

  it('arcs, where the module says so, for push-sum; refused where links must work both ways', async () => {
    const source = `
      export const directed = ({ parameters }) => parameters.oneWay === true;
      ${RING}`;
    const flow = { kind: 'push-sum' };
    const cost = { kind: 'average', dim: 2 };
    const own = await runSequentially({ ...BASE, flow, cost, topology: custom(source, { oneWay: true }) }, 2);
    const ours = { kind: 'directed-ring', nodes: 6 };
    expect(own.stateHash).toBe((await runSequentially({ ...BASE, flow, cost, topology: ours }, 2)).stateHash);
    await expect(runSequentially({ ...BASE, topology: custom(source, { oneWay: true }) }, 1)).rejects.toThrow(
      'needs every link to work in both directions, and the topology is directed',
    );
    expect((await graphOf(custom(source))).arcs).toBeUndefined();
    await expect(
      load({
        flow,
        cost,
        topology: custom('export const directed = true; export const edges = () => [[0, 1]];'),
      }),
    ).rejects.toThrow('the directed graph is not strongly connected');
  });

  it('lies in memory in another order, and computes the same', async () => {
    // Two rings, sewn together at the far ends of their numbers.
    const source = `export function* edges({ parameters: { nodes } }) {
      for (let i = 0; i + 2 < nodes; i++) yield [i, i + 2];
      yield [0, 1]; yield [nodes - 2, nodes - 1]; yield [3, nodes - 4];
    }`;
    const topology = custom(source, { nodes: 40 });
    const hashes = await Promise.all(
      ['given', 'rcm'].map(async (order) => {
        const config = { ...BASE, topology, layout: { order } };
        return (await runSequentially(config, 3)).stateHash;
      }),
    );
    expect(hashes[1]).toBe(hashes[0]);
  });

  it('beside links that bring graphs of their own: by number, and by name where it has labels', async () => {
    const links = (graphs: object[]) => ({ kind: 'schedule', graphs });
    const day = { kind: 'ring', nodes: 6 };
    const night = custom(RING, { nodes: 6 });
    const own = await load({ topology: day, links: links([day, night]) });
    expect(own.graph).toEqual(generate(day));
    expect(own.modules).toEqual([]);
    const named = 'export const labels = ["c", "a", "b"]; export const edges = () => [[0, 1], [1, 2]];';
    const { graph, warnings } = await load({
      topology: custom('export const labels = ["a", "b", "c"]; export const edges = () => [[0, 1], [1, 2]];'),
      links: links([custom(named)]),
    });
    // c-a and a-b: 0-2 and 0-1.
    expect([...graph.columns]).toEqual([1, 2, 0, 0]);
    expect(warnings).toHaveLength(1);
    await expect(
      load({ topology: day, links: links([{ kind: 'custom', module: 'nowhere.mjs' }]) }),
    ).rejects.toThrow(/^links\.graphs\[0\]\.module: nowhere\.mjs: there is no such file/);
  });
});

describe('what it does wrong is refused before the run, with file, function and edge', () => {
  it.each([
    ['no edges', 'export const nodes = 3;', /graph-\d+\.mjs: exports no function edges/],
    ['edges are data', 'export const edges = [[0, 1]];', /exports no function edges/],
    [
      'throws at once',
      'export function edges({ parameters }) { throw new Error("p is " + parameters.p); }',
      /graph-\d+\.mjs:1:\d+: edges threw Error: p is undefined/,
    ],
    [
      'throws after two edges',
      'export function* edges() { yield [0, 1];\n yield [1, 2];\n null.x; }',
      /graph-\d+\.mjs:3:\d+: edges threw TypeError: .*, after 2 edges/,
    ],
    [
      'yields half a node',
      'export function* edges() { yield [0, 1]; yield [1, 1.5]; }',
      /graph-\d+\.mjs: edges: edge 1 is \[1, 1\.5\], expected whole numbers/,
    ],
    [
      'yields past its nodes',
      'export const nodes = 2; export function* edges() { yield [0, 1]; yield [1, 2]; }',
      /edges: edge 1 is \[1, 2\], expected whole numbers in 0\.\.1 for its nodes \(there are 2 nodes\)/,
    ],
    ['yields nothing', 'export function* edges() {}', /edges: there is no edge, expected at least one/],
    ['returns nothing', 'export function edges() {}', /edges returned nothing, expected edges: a generator/],
    ['returns a number', 'export const edges = () => 7;', /edges returned number 7, expected edges/],
    [
      'is async',
      'export async function edges() { return [[0, 1]]; }',
      /edges returned a Promise \(it must not be async\), expected edges/,
    ],
    [
      'is an async generator',
      'export async function* edges() { yield [0, 1]; }',
      /edges is an async generator, expected one that is not \(function\*\)/,
    ],
    [
      'a weight of 0',
      'export const edges = () => [[0, 1, 0]];',
      /edges: edge 0 is \[0, 1, 0\], expected a positive, finite weight/,
    ],
    [
      'too many nodes',
      `export const nodes = 1e9; ${RING}`,
      /nodes is 1000000000, expected a whole number in 1\.\.67108864/,
    ],
    ['nodes throws', `export const nodes = () => { x; }; ${RING}`, /nodes threw ReferenceError/],
    ['nodes is async', `export const nodes = async () => 6; ${RING}`, /nodes returned a Promise/],
    ['labels are no texts', `export const labels = [1, 2]; ${RING}`, /labels\[0\] is 1, expected a text/],
    ['labels are one text', `export const labels = "ab"; ${RING}`, /labels is string "ab", expected a list/],
    [
      'more labels than nodes',
      `export const nodes = 1; export const labels = ["a", "b"]; ${RING}`,
      /labels are 2, expected 1, one a node/,
    ],
    ['directed is a word', `export const directed = "yes"; ${RING}`, /directed is "yes", expected true or/],
    [
      'asks for one of none',
      'export const edges = ({ random }) => [[0, random.integer(0)]];',
      /edges threw RangeError: random\.integer is asked for one of 0, expected a whole number in 1\.\.2\^32/,
    ],
  ])('%s', async (_, source, message) => {
    const refused = load({ topology: custom(source) });
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toMatchObject({ code: 'BAD_INPUT', path: ['topology', 'module'] });
  });

  it('exits with 2 and the line of the config', async () => {
    const file = path.join(folder, 'bad.yaml');
    const module = moduleFile('export const edges = () => [[0, 1], [0, "x"]];');
    writeFileSync(
      file,
      `topology:\n  kind: custom\n  module: ${module}\ncost: { kind: quadratic, dim: 1 }\nflow: { kind: dgd }\nrounds: 1\n`,
    );
    const { status, stderr } = await sottovoce(folder, 'run', file);
    expect(status).toBe(2);
    expect(stderr).toMatch(/bad\.yaml:3:11: .*graph-\d+\.mjs: edges: edge 1 is \[0, "x"\], expected whole/);
  });
});

describe('commands that take a topology', () => {
  it('inspect and generate hand further flags on, read as in a config', async () => {
    const source = `
      export const directed = ({ parameters }) => parameters.directed === true;
      export function* edges({ parameters: { sideLengths: [a, b], chord } }) {
        for (let i = 0; i < a + b; i++) yield [i, (i + 1) % (a + b)];
        if (chord === true) yield [0, a];
      }`;
    const module = moduleFile(source);
    const flags = ['--kind', 'custom', '--module', module, '--side-lengths', '[3, 4]'];
    const inspected = async (...more: string[]) => {
      const { status, stdout, stderr } = await sottovoce(
        folder,
        'topology',
        'inspect',
        ...flags,
        ...more,
        '--json',
      );
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      return JSON.parse(stdout);
    };
    expect(await inspected()).toMatchObject({ nodes: 7, edges: 7, arcs: null });
    expect(await inspected('--chord')).toMatchObject({ nodes: 7, edges: 8 });
    expect(await inspected('--chord=false', '--directed')).toMatchObject({ edges: 7, arcs: 7 });

    const out = path.join(folder, 'made.graphml');
    const [, , ...given] = flags;
    const made = await sottovoce(folder, 'topology', 'generate', 'custom', ...given, '--chord', '--out', out);
    expect(made).toMatchObject({ status: 0, stdout: `${out}: 7 nodes, 8 edges\n` });
  });

  it('says what is wrong with the module, and exits with 2', async () => {
    const missing = await sottovoce(
      folder,
      'topology',
      'inspect',
      '--kind',
      'custom',
      '--module',
      'nowhere.mjs',
    );
    expect(missing.status).toBe(2);
    expect(missing.stderr).toContain('--module: nowhere.mjs: there is no such file');
    const none = await sottovoce(folder, 'topology', 'inspect', '--kind', 'custom');
    expect(none.status).toBe(2);
    expect(none.stderr).toContain('--module is missing');
    const module = moduleFile('export const edges = () => [[0, 0.5]];');
    const bad = await sottovoce(folder, 'topology', 'inspect', '--kind', 'custom', '--module', module);
    expect(bad.status).toBe(2);
    expect(bad.stderr).toMatch(/graph-\d+\.mjs: edges: edge 0 is \[0, 0\.5\], expected whole numbers/);
  });
});
