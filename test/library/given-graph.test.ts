/** Graphs from memory: the same runs as from a file, and messages that name the edge and the value. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ConfigInput, compare, isInputError, loadConfig, run, tune } from '../../src/index.js';
import { type Graph, generate, graphFromEdges, readGraph } from '../../topology/index.js';
import { temporaryFolder } from '../support/run.js';

const folder = temporaryFolder();
const PAIRS: [number, number][] = [
  [0, 1],
  [1, 2],
  [2, 3],
  [3, 4],
  [4, 0],
  [1, 3],
];
const WEIGHTS = [1, 2, 0.5, 1, 3, 0.25];
const FLAT = Uint32Array.from(PAIRS.flat());
const REST = {
  cost: { kind: 'quadratic', dim: 3 },
  flow: { kind: 'primal-dual', step: 0.1, alpha: 1, beta: 1 },
  rounds: 40,
  workers: 1,
} satisfies Omit<ConfigInput, 'topology'>;
type Topology = NonNullable<ConfigInput['topology']>;
type Rest = Partial<Exclude<ConfigInput, { program: object }>>;

const outcome = (topology: Topology, rest: Rest = {}, outDir?: string) =>
  run({ ...REST, ...rest, topology } as ConfigInput, outDir === undefined ? {} : { outDir });
const hash = async (...given: Parameters<typeof outcome>) => (await outcome(...given)).summary.stateHash;
const written = (name: string, text: string) => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};
const refusal = (topology: unknown) =>
  run({ ...REST, topology } as never).then(
    () => expect.fail('nothing was thrown'),
    (error) => error,
  );

describe('a graph from memory is the run that its file is', () => {
  test('as pairs, as a typed array, as a Graph, by label', async () => {
    const file = written('plain.edges', PAIRS.map((pair) => pair.join(' ')).join('\n'));
    const expected = await hash({ file });
    const ends = (side: 0 | 1) => Uint32Array.from(PAIRS, (pair) => pair[side]);
    expect(await hash({ edges: PAIRS })).toBe(expected);
    expect(await hash({ edges: FLAT })).toBe(expected);
    expect(await hash({ edges: Int32Array.from(FLAT) })).toBe(expected);
    expect(await hash({ graph: graphFromEdges(5, ends(0), ends(1)) })).toBe(expected);
    expect(await hash({ graph: await readGraph(file) })).toBe(expected);
    expect(await hash({ edges: PAIRS.map((pair) => pair.map((node) => 'abcde'[node])) })).toBe(expected);
  });

  test('with weights of its own and labels', async () => {
    const lines = PAIRS.map(([a, b], edge) => `${'abcde'[a]} ${'abcde'[b]} ${WEIGHTS[edge]}`);
    const file = written('weighted.edges', lines.join('\n'));
    const expected = await hash({ file }, { weights: 'file' });
    expect(expected).not.toBe(await hash({ file }));
    const labels = [...'abcde'];
    for (const topology of [
      { edges: PAIRS, weights: WEIGHTS, labels },
      { edges: FLAT, weights: Float64Array.from(WEIGHTS), labels },
      { graph: await readGraph(file) },
    ]) {
      const { summary, labels: names } = await outcome(topology, { weights: 'file' });
      expect(summary.stateHash).toBe(expected);
      expect(names).toEqual(labels);
    }
  });

  test('directed', async () => {
    const file = written('arcs.edges', PAIRS.map((pair) => pair.join(' ')).join('\n'));
    const rest: Rest = { flow: { kind: 'push-sum' } };
    const expected = await hash({ file, directed: true }, rest);
    expect(await hash({ edges: FLAT, directed: true }, rest)).toBe(expected);
    expect(await hash({ graph: await readGraph(file, { directions: 'keep' }) }, rest)).toBe(expected);
    expect(await hash({ edges: FLAT }, rest)).not.toBe(expected);
  });

  test('its largest component; its agents keep their numbers as names', async () => {
    const { labels, summary } = await outcome({ edges: [...PAIRS, [6, 7]], largestComponent: true });
    expect(summary.agents).toBe(5);
    expect(labels).toEqual(['0', '1', '2', '3', '4']);
  });

  test('in a file of YAML too, but for a Graph', async () => {
    const config = { ...REST, topology: { edges: PAIRS } };
    const file = written('inline.yaml', JSON.stringify(config));
    expect((await run(file)).summary.stateHash).toBe(await hash({ edges: PAIRS }));
    const other = written('graph.yaml', JSON.stringify({ ...config, topology: { graph: { nodes: 3 } } }));
    const error = await loadConfig(other).catch((thrown) => thrown);
    expect(error.message).toMatch(/graph\.yaml:1:\d+: topology\.graph is a mapping without rows, expected/);
    expect(error.hint).toContain('topology: { edges: [[0, 1], [1, 2]] }');
  });

  test('in schedules of links', async () => {
    const graphs = [{ edges: PAIRS.slice(0, 3) }, { edges: PAIRS.slice(3) }];
    const ends = (pairs: [number, number][], side: 0 | 1) => Uint32Array.from(pairs, (pair) => pair[side]);
    const objects = [PAIRS.slice(0, 3), PAIRS.slice(3)].map((pairs) => ({
      graph: graphFromEdges(5, ends(pairs, 0), ends(pairs, 1)),
    }));
    const rest = (list: unknown[]): Rest => ({ links: { kind: 'schedule', graphs: list } });
    const whole = graphs.map(({ edges }) => ({ edges, nodes: 5 }));
    expect(await hash({ edges: PAIRS }, rest(whole))).toBe(await hash({ edges: PAIRS }, rest(objects)));
  });
});

describe('what is said of it', () => {
  const manifest = (outDir: string) => JSON.parse(readFileSync(join(outDir, 'manifest.json'), 'utf8'));

  test('a small one stands in the manifest, which is a config again', async () => {
    const outDir = join(folder, 'small');
    const topology = { edges: FLAT, weights: Float64Array.from(WEIGHTS), name: 'five' };
    const { summary, plan } = await outcome(topology, { weights: 'file' }, outDir);
    expect(plan.topology).toMatch(/^five \(sha256 [0-9a-f]{12}\)$/);
    const { config } = manifest(outDir);
    expect(config.topology).toMatchObject({
      name: 'five',
      nodes: 5,
      edges: expect.arrayContaining([[0, 4]]),
    });
    expect((await run(config)).summary.stateHash).toBe(summary.stateHash);
  });

  test('of a large one its size and a hash, which tells it from others', async () => {
    const outDir = join(folder, 'large');
    const graph = generate({ kind: 'ring', nodes: 3000 });
    const { plan } = await outcome({ graph }, { rounds: 2 }, outDir);
    const { config } = manifest(outDir);
    expect(config.topology).toEqual({ graph: { nodes: 3000, edges: 3000, sha256: expect.any(String) } });
    expect(plan.topology).toContain(config.topology.graph.sha256.slice(0, 12));
    expect(readFileSync(join(outDir, 'manifest.json')).length).toBeLessThan(20_000);
    expect((await refusal(config.topology)).message).toMatch(/topology\.graph is the hash of a graph/);
  });

  test('self-loops and parallel edges are told as of a file', async () => {
    const { plan } = await outcome({ edges: [...PAIRS, [1, 0], [2, 2]] });
    expect(plan.warnings.join()).toMatch(
      /given graph: 1 parallel edge counts as one.*1 self-loop is left out/,
    );
  });
});

describe('the other calls take it too', () => {
  test('tune and compare, which tells two graphs of one size apart', async () => {
    const ring = { ...REST, flow: { kind: 'primal-dual' }, topology: { edges: PAIRS } } satisfies ConfigInput;
    expect((await tune(ring)).chosen).toContain('step');
    const path = { ...ring, topology: { graph: generate({ kind: 'path', nodes: 7 }) } } satisfies ConfigInput;
    const star = { ...ring, topology: { graph: generate({ kind: 'star', nodes: 7 }) } } satisfies ConfigInput;
    const { cells } = await compare([path, star, path], { trials: 0 });
    expect(cells.map(({ problem }) => problem)).toEqual([0, 1, 0]);
    expect(cells.map(({ topology }) => topology?.slice(0, 12))).toEqual(Array(3).fill('given graph '));
    expect(cells[0].stateHash).toBe(cells[2].stateHash);
    expect(cells[0].stateHash).not.toBe(cells[1].stateHash);
  });
});

describe('what is refused', () => {
  const ring = () => generate({ kind: 'ring', nodes: 5 });
  const without = (change: (graph: Graph) => void) => {
    const graph = ring();
    change(graph);
    return { graph };
  };
  test.each<[string, unknown, RegExp]>([
    [
      'a node that there is not',
      { edges: [...PAIRS, [1, 7]], nodes: 5 },
      /edges\[6\]\[1\] is 7, expected a node, 0\.\.4/,
    ],
    [
      'the same in an array',
      { edges: Uint32Array.of(0, 7), nodes: 5 },
      /edges\[1\] is 7, expected a node, 0\.\.4/,
    ],
    ['half a pair', { edges: [[0, 1], [1]] }, /edges\[1\] is a list \(\[1\]\), expected a pair of nodes/],
    [
      'half a pair of an array',
      { edges: Uint32Array.of(0, 1, 2) },
      /edges\.length is 3, expected an even number/,
    ],
    ['a negative node', { edges: Int32Array.of(0, -1) }, /edges\[1\] is -1, expected a node of edge 0/],
    ['a broken node', { edges: [[0, 0.5]] }, /edges\[0\]\[1\] is 0\.5, expected a node/],
    [
      'a label that there is not',
      { edges: [['a', 'b']], labels: ['a'] },
      /edges\[0\]\[1\] is "b", expected one of topology\.labels/,
    ],
    [
      'a label of two',
      { edges: [['a', 'a']], labels: ['a', 'a'] },
      /edges\[0\]\[0\] is the text "a", expected a number, since two nodes/,
    ],
    [
      'labels and numbers',
      { edges: [['a', 1]] },
      /edges\[0\]\[1\] is 1, expected numbers alone or labels alone/,
    ],
    [
      'a label that is none',
      { edges: [[0, 1]], labels: ['a', {}] },
      /labels\[1\] is a mapping.*expected a text/,
    ],
    ['too few labels', { edges: PAIRS, nodes: 5, labels: ['a'] }, /labels\.length is 1, expected 5/],
    [
      'a weight of 0',
      { edges: PAIRS, weights: [1, 1, 0, 1, 1, 1] },
      /weights\[2\] is 0, expected a positive, finite number, the weight of edge \[2, 3\]/,
    ],
    ['too few weights', { edges: PAIRS, weights: [1] }, /weights\.length is 1, expected 6/],
    ['no edge at all', { edges: [] }, /edges is a list \(\[\]\), expected at least one edge/],
    ['a text', { edges: 'ring.edges' }, /edges is the text "ring\.edges", expected a list of pairs/],
    ['two sources', { edges: PAIRS, kind: 'ring' }, /has both edges and kind/],
    ['a typing error', { edges: PAIRS, weight: [1] }, /unknown key topology\.weight; did you mean weights\?/],
    ['no graph', { graph: 'ring.gml' }, /graph is "ring\.gml", expected a Graph/],
    [
      'a graph whose edge has one end',
      without((graph) => graph.columns.set([4], 3)),
      /graph\.columns is \[1,4\], expected the edge 1, 4 in the row of 4 too/,
    ],
    [
      'a graph whose rows do not ascend',
      without((graph) => graph.columns.set([4, 1], 0)),
      /graph\.columns\[1\] is 1, expected more than 4/,
    ],
    ['a graph of too many edges', { graph: { ...ring(), edges: 6 } }, /graph\.edges is 6, expected 5/],
    [
      'a graph with a broken weight',
      { graph: { ...ring(), weights: new Float64Array(10) } },
      /graph\.weights\[0\] is 0, expected a positive, finite weight of edge \[0, 1\]/,
    ],
    [
      'a graph with broken rows',
      without((graph) => graph.rowStart.set([11], 1)),
      /graph\.rowStart\[1\] is 11, expected 0\.\.10/,
    ],
  ])('%s', async (_what, topology, message) => {
    const error = await refusal(topology);
    expect(isInputError(error)).toBe(true);
    expect(error.message).toMatch(message);
    expect(error.path?.[0]).toBe('topology');
  });
});

describe('other data from memory', () => {
  const topology = { kind: 'ring', nodes: 3 } as const;

  test('curvatures, minimisers, a beginning: shape and numbers are checked', async () => {
    const a = Float64Array.of(1, 2, 3, 4, 5, 6);
    const b = Float64Array.of(0, 1, 1, 0, 2, 2);
    const cost = { kind: 'quadratic', a, b } as const;
    const { x, summary } = await run({ ...REST, topology, cost, rounds: 3000 });
    expect(summary.dim).toBe(2);
    // x*_c = sum_i a_ic b_ic / sum_i a_ic
    expect(x[0]).toBeCloseTo((0 + 3 + 10) / 9, 6);
    expect(x[1]).toBeCloseTo((2 + 0 + 12) / 12, 6);
    const again = await run({ ...REST, topology, cost, init: x, rounds: 1 });
    expect(again.rows[0].rmsError).toBe(summary.final.rmsError);

    const message = (change: object) =>
      run({ ...REST, topology, cost, ...change } as ConfigInput).catch((error) => error.message);
    expect(await message({ init: x.subarray(1) })).toMatch(/init has 5 numbers, expected 3 x 2/);
    expect(await message({ init: x.map((value, i) => (i === 3 ? Number.NaN : value)) })).toMatch(
      /init: entry \[1, 1\].* is NaN/,
    );
    expect(await message({ cost: { ...cost, a: a.subarray(1) } })).toMatch(
      /cost\.a\.length is 5, expected a multiple of 3/,
    );
    expect(await message({ cost: { ...cost, a: a.map((value) => -value) } })).toMatch(
      /cost\.a: entry \[0, 0\].* is -1, expected/,
    );
    expect(await message({ cost: { ...cost, b: b.subarray(0, 3) } })).toMatch(
      /cost\.b has shape \(3, 1\), expected that of cost\.a: \(3, 2\)/,
    );
    expect(await message({ init: [1, 2] })).toMatch(
      /init: expected a \.npy file, or from a program a Float64Array/,
    );
  });

  test('values to average, samples and labels: the same run as from files', async () => {
    const values = Float64Array.of(1, 2, 6);
    const { x } = await run({
      ...REST,
      topology,
      cost: { kind: 'average', values },
      flow: { kind: 'consensus' },
      rounds: 300,
    });
    for (const entry of x) expect(entry).toBeCloseTo(3, 9);

    const samples = Float64Array.from({ length: 24 }, (_, i) => Math.sin(1 + i));
    const labels = Float64Array.from({ length: 12 }, (_, i) => (i % 3 === 0 ? 1 : -1));
    const { writeNpy } = await import('../../src/data/npy.js');
    const [xFile, yFile] = [join(folder, 'x.npy'), join(folder, 'y.npy')];
    await writeNpy(xFile, { shape: [12, 2], data: samples });
    await writeNpy(yFile, { shape: [12], data: labels });
    const cost = { kind: 'logistic', regularization: 0.1 } as const;
    const of = async (x: string | Float64Array, y: string | Float64Array) =>
      (await run({ ...REST, topology, cost: { ...cost, data: { x, y } } })).summary;
    const expected = await of(xFile, yFile);
    expect((await of(samples, labels)).stateHash).toBe(expected.stateHash);
    await expect(of(samples.subarray(1), labels)).rejects.toThrow(
      /cost\.data\.x\.length is 23, expected a multiple of 12/,
    );
  });

  test('its manifest says how many numbers, and their hash', async () => {
    const outDir = join(folder, 'arrays');
    await run({ ...REST, topology, init: new Float64Array(9) }, { outDir });
    const { config } = JSON.parse(readFileSync(join(outDir, 'manifest.json'), 'utf8'));
    expect(config.init).toEqual({ values: 9, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });
});
