/**
 * Every registered flow over every sort of network, with and without compression: the engine computes what agents would who hear only their neighbours
 * (test/support/link-by-link.ts), or says beforehand that it cannot. The table below says which; a flow without agents of its own there fails.
 */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { philoxUniform } from '../../kernels/reference/philox.js';
import { planCompressor, referenceCompressor } from '../../src/compress/registry.js';
import type { CompressorSpec } from '../../src/compress/types.js';
import { writeNpy } from '../../src/data/npy.js';
import { isInputError } from '../../src/errors.js';
import { channelSeed } from '../../src/flow/channel.js';
import { flows } from '../../src/flow/registry.js';
import { links } from '../../src/links/registry.js';
import type { LinksSpec } from '../../src/links/types.js';
import { seedWords } from '../../src/runtime.js';
import { type Graph, generate } from '../../topology/index.js';
import { graphFromEdges } from '../../topology/graph.js';
import { goldenProblem } from '../golden/problem.js';
import {
  admm,
  chocoGossip,
  chocoSgd,
  dgd,
  diging,
  type EulerGains,
  euler,
  exactDiffusion,
  extra,
  lead,
  type MakeAgent,
  nids,
  pdmm,
  powerGossip,
  pushSum,
  runLinkByLink,
  tracking,
  type Vector,
} from '../support/link-by-link.js';
import { writeQuadratic } from '../support/quadratic.js';
import { temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';

const folder = temporaryFolder();
const nodes = 8;
// A multiple of 8: the kernels that do a whole round take part.
const dim = 8;
const seed = 90_210;
const rounds = 12;
const { a, b } = goldenProblem(nodes, dim, 0);
const { cost } = await writeQuadratic(folder, 'q', a, b, dim);
const wave = (i: number) => Math.sin(1 + 1.7 * i + 0.3 * i * i);
const rowsOf = (entry: (i: number, c: number) => number): Vector[] =>
  Array.from({ length: nodes }, (_, i) => Float64Array.from({ length: dim }, (_, c) => entry(i, c)));
const start = rowsOf((i, c) => 3 + wave(c + 9 * i));
const init = path.join(folder, 'init.npy');
await writeNpy(init, { shape: [nodes, dim], data: Float64Array.from(start.flatMap((row) => [...row])) });
/** A series of references, round by round. */
const series = Array.from({ length: 6 }, (_, k) => rowsOf((i, c) => wave(c + 5 * i + 31 * k)));
const seriesFile = path.join(folder, 'series.npy');
await writeNpy(seriesFile, {
  shape: [series.length, nodes, dim],
  data: Float64Array.from(series.flatMap((rows) => rows.flatMap((row) => [...row]))),
});
const moved = (round: number, agent: number): Vector => {
  const at = (k: number) => series[Math.min(k, series.length - 1)][agent];
  return at(round + 1).map((entry, c) => entry - at(round)[c]);
};
const gradient = (x: Vector, i: number): Vector =>
  x.map((entry, c) => a[i * dim + c] * (entry - b[i * dim + c]));

// The networks.

type Edge = [from: number, to: number, weight: number];
const weighted: Edge[] = [
  [0, 1, 0.5],
  [1, 2, 2],
  [2, 3, 0.25],
  [3, 4, 1.5],
  [4, 5, 0.75],
  [5, 6, 1],
  [6, 7, 0.3],
  [0, 7, 0.9],
  [1, 5, 0.6],
  [2, 7, 1.2],
];
/** A ring of arcs, a shorter one and an edge said both ways: degrees from 1 to 3, arcs mostly one way. */
const balanced: Edge[] = [
  ...Array.from({ length: nodes }, (_, i): Edge => [i, (i + 1) % nodes, 1]),
  [0, 3, 1],
  [3, 5, 1],
  [5, 0, 1],
  [2, 6, 1],
  [6, 2, 1],
  [5, 3, 1],
  [3, 0, 1],
  [0, 5, 1],
];
const unbalanced: Edge[] = [...balanced.slice(0, 11), [1, 4, 1], [1, 6, 1]];

function listed(name: string, edges: Edge[]): string {
  const file = path.join(folder, `${name}.csv`);
  writeFileSync(file, `source,target,weight\n${edges.map((edge) => edge.join(',')).join('\n')}\n`);
  return file;
}

/** Who hears whom: [i][j] where i hears j. */
type Weights = number[][];
const noWeights = (): Weights => Array.from({ length: nodes }, () => new Array<number>(nodes).fill(0));

function matrixOf(edges: Edge[], directed: boolean): Weights {
  const given = noWeights();
  for (const [from, to, weight] of edges) {
    given[to][from] = weight;
    if (!directed) given[from][to] = weight;
  }
  return given;
}

interface Network {
  topology: Record<string, unknown>;
  weights: 'unit' | 'metropolis' | 'file';
  edges: Edge[];
  directed: boolean;
}
const balancedFile = { file: listed('balanced', balanced), directed: true };
const unbalancedFile = { file: listed('unbalanced', unbalanced), directed: true };
const edgesFile = listed('weighted', weighted);
/** The last two are refused whatever the links, and tried where links stay. */
const networks: Network[] = [
  { topology: { file: edgesFile }, weights: 'unit', edges: weighted, directed: false },
  { topology: { file: edgesFile }, weights: 'file', edges: weighted, directed: false },
  { topology: { file: edgesFile }, weights: 'metropolis', edges: weighted, directed: false },
  { topology: balancedFile, weights: 'unit', edges: balanced, directed: true },
  { topology: unbalancedFile, weights: 'unit', edges: unbalanced, directed: true },
  { topology: balancedFile, weights: 'file', edges: balanced, directed: true },
  { topology: balancedFile, weights: 'metropolis', edges: balanced, directed: true },
];

/** Parameters of the kinds of links. */
const parameters: Record<string, Record<string, unknown>> = {
  drops: { rate: 0.3 },
  'gilbert-elliott': { toBad: 0.3, toGood: 0.4 },
  schedule: { graphs: [{ file: edgesFile }, { kind: 'path', nodes }], every: 2 },
  'one-peer-exponential': {},
  'random-matching': {},
};
/** First links that stay. */
const changes: (LinksSpec | null)[] = [
  null,
  ...Object.keys(links).map((kind) => ({ kind, ...parameters[kind] })),
];

// The flows.

interface Variant {
  spec: { kind: string; compress?: string; [parameter: string]: unknown };
  make: MakeAgent;
  /** What comes of it with each of `compressors`. */
  lines: Lines;
  /** It need not end at the optimum. */
  biased?: boolean;
  /** In the place of `init`. */
  start?: Vector[];
}

/**
 * `=` held against its agents; a letter: the reason why it is refused (`reasons`). Groups are links that stay, then the kinds of `links/registry.ts`; a group has edges of
 * weight 1, with weights of their own, with Metropolis weights, arcs that are balanced and that are not, and where links stay, balanced ones with such weights.
 */
type Lines = [identity: string, topK: string, flatSign: string];
const ANY_EDGES = '===dddd ===dd ===dd =o=== =o=dd ===dd';
const SAME_EDGES = '===dddd wwwdd wwwdd wowww wowdd wwwdd';
// Tried where links stay, and nowhere else.
const STAYING = '===dddd';
const REFUSED = 'cccdddd';
const plain: Lines = [ANY_EDGES, REFUSED, REFUSED];
const plainStaying: Lines = [STAYING, REFUSED, REFUSED];
const plainSame: Lines = [SAME_EDGES, REFUSED, REFUSED];
const compressed: Lines = [ANY_EDGES, ANY_EDGES, STAYING];
const compressedStaying: Lines = [STAYING, STAYING, STAYING];
const compressedSame: Lines = [SAME_EDGES, SAME_EDGES, STAYING];
const overArcs: Lines = ['====baa ===sb ===sb =o=== =o=== ===mb', 'ccccbaa', 'ccccbaa'];
const shares: Lines = ['=ee==aa =ee== =ee== =oe== =oe== feemm', 'ceeccaa', 'ceeccaa'];

const ofEuler = (kind: string, spec: EulerGains, lines: Lines): Variant => ({
  spec: { kind, ...spec },
  make: euler({ ...spec, eta: kind === 'primal-dual' ? 1 : 0 }),
  lines,
});
const dual = { step: 0.05, alpha: 0.6, beta: 0.5 };
const filtered = { ...dual, mu: 0.8 };
const remembered = { compress: 'error-memory', ...filtered, gamma: 0.1 };
const implicit = { integrator: 'semi-implicit' };
const local = { inner: 3, rho: 4 };
const mean = { step: 0.1, alpha: 0.8 };

const h = 0.1;
const edge = { penalty: 0.4, rho: 4, inner: 3 };
const shape: [number, number] = [2, 4];
/** The unit vector that agents i < j begin with. */
const draw = (i: number, j: number, n: number): Vector => {
  const { low, high } = seedWords(seed);
  const entries = philoxUniform(8 * j + n, i, 0, 13, [low, high]).slice(8 * j);
  const norm = Math.hypot(...entries);
  return entries.map((entry) => entry / norm);
};

/** Agents of every flow, in the variants that are programmed apart. */
const variants: Record<string, Variant[]> = {
  'primal-dual': [
    ofEuler('primal-dual', { compress: 'none', ...dual }, plain),
    ofEuler('primal-dual', { compress: 'none', ...dual, ...implicit }, plainStaying),
    ofEuler('primal-dual', { compress: 'none', ...dual, ...local }, plain),
    ofEuler('primal-dual', { compress: 'none', ...dual, ...local, ...implicit }, plainStaying),
    { ...ofEuler('primal-dual', { compress: 'node-state', ...dual }, compressed), biased: true },
    ofEuler('primal-dual', { compress: 'error-state', ...filtered }, compressed),
    ofEuler('primal-dual', { compress: 'error-state', ...filtered, ...implicit }, compressedStaying),
    ofEuler('primal-dual', { compress: 'error-state', ...filtered, ...local }, compressedStaying),
    ofEuler('primal-dual', { compress: 'observer', ...filtered }, compressed),
    ofEuler('primal-dual', remembered, compressed),
    ofEuler('primal-dual', { ...remembered, ...implicit }, compressed),
    ofEuler('primal-dual', { ...remembered, ...local }, compressed),
  ],
  consensus: [
    ofEuler('consensus', { compress: 'none', ...mean }, overArcs),
    { ...ofEuler('consensus', { compress: 'node-state', ...mean }, compressed), biased: true },
    ofEuler('consensus', { compress: 'error-state', ...mean, mu: 0.7 }, compressed),
    ofEuler('consensus', { compress: 'observer', ...mean, mu: 0.7 }, compressed),
    ...['none', 'error-state'].map(
      (compress): Variant => ({
        spec: { kind: 'consensus', compress, ...mean, reference: { file: seriesFile } },
        make: euler({ compress, ...mean, moved }),
        lines: compress === 'none' ? overArcs : compressed,
        start: series[0],
      }),
    ),
  ],
  'push-sum': [{ spec: { kind: 'push-sum' }, make: pushSum, lines: shares }],
  dgd: [
    {
      spec: { kind: 'dgd', step: h, decay: 0.5, localSteps: 2 },
      make: dgd((k) => h / (k + 1) ** 0.5, 2, false),
      lines: plain,
      biased: true,
    },
    {
      spec: { kind: 'dgd', step: h, variant: 'diffusion', localSteps: 2 },
      make: dgd(() => h, 2, true),
      lines: plain,
      biased: true,
    },
  ],
  extra: [{ spec: { kind: 'extra', step: h }, make: extra(h), lines: plainSame }],
  nids: [{ spec: { kind: 'nids', step: h }, make: nids(h), lines: plainSame }],
  'exact-diffusion': [
    { spec: { kind: 'exact-diffusion', step: h }, make: exactDiffusion(h), lines: plainSame },
  ],
  diging: [{ spec: { kind: 'diging', step: 0.03 }, make: diging(0.03), lines: plain }],
  admm: [
    { spec: { kind: 'admm', ...edge }, make: admm(edge), lines: plainSame },
    { spec: { kind: 'admm', ...edge, inner: 1 }, make: admm({ ...edge, inner: 1 }), lines: plainSame },
  ],
  pdmm: [
    { spec: { kind: 'pdmm', ...edge }, make: pdmm(edge, 1), lines: plainSame },
    { spec: { kind: 'pdmm', ...edge, theta: 0.7 }, make: pdmm(edge, 0.7), lines: plainSame },
  ],
  'choco-gossip': [
    { spec: { kind: 'choco-gossip', gamma: 0.3 }, make: chocoGossip(0.3), lines: compressedSame },
  ],
  'choco-sgd': [
    {
      spec: { kind: 'choco-sgd', gamma: 0.3, step: 0.05, decayRounds: 30, localSteps: 2 },
      make: chocoSgd(0.3, (k) => (0.05 * 30) / (30 + k), 2),
      lines: compressedSame,
      biased: true,
    },
  ],
  lead: [
    {
      spec: { kind: 'lead', gamma: 0.3, alpha: 0.8, step: h },
      make: lead(h, 0.3, 0.8),
      lines: compressedSame,
    },
  ],
  beer: [
    {
      spec: { kind: 'beer', gamma: 0.3, step: 0.02 },
      make: tracking({ h: 0.02, gamma: 0.3, alpha: 1, alphaTracker: 1, speaksFirst: false }),
      lines: compressedSame,
    },
  ],
  'c-gt': [
    {
      spec: { kind: 'c-gt', gamma: 0.3, step: 0.02, alpha: 0.8, alphaTracker: 0.6 },
      make: tracking({ h: 0.02, gamma: 0.3, alpha: 0.8, alphaTracker: 0.6, speaksFirst: true }),
      lines: compressedSame,
    },
  ],
  'power-gossip': [
    { spec: { kind: 'power-gossip', shape }, make: powerGossip(shape, draw, 0), lines: plainSame },
  ],
  'power-gossip-sgd': [
    {
      spec: { kind: 'power-gossip-sgd', shape, step: h },
      make: powerGossip(shape, draw, h),
      lines: plainSame,
      biased: true,
    },
  ],
};

const compressors: CompressorSpec[] = [
  { kind: 'identity' },
  { kind: 'top-k', k: 3 },
  { kind: 'flatten', inner: { kind: 'sign' } },
];

/** Why something is refused. */
const reasons: Record<string, RegExp> = {
  a: /since the arcs of a directed graph have no weights/,
  b: /needs everyone to hear as many as hear it, and agent \d does not/,
  c: /expected identity, since|with none nothing is compressed/,
  d: /needs every link to work in both directions, and the topology is directed/,
  e: /since push-sum gives even shares/,
  f: /has to know a round ahead how many will hear/,
  m: /which needs links that work in both directions, and the topology is directed/,
  o: /brings edges of its own, without weights/,
  s: /lets single arcs fail/,
  w: /needs the same weights in every round/,
};

interface Ready {
  hears: { from: number; weight: number }[][];
  up(round: number, from: number, to: number): boolean;
  tau: number;
}

/** What the agents are told of a network: its links in all, their weights, and which of them are up. */
async function told({ edges, weights, directed }: Network, spec: LinksSpec | null): Promise<Ready> {
  const given = matrixOf(edges, directed);
  let all: Weights = given.map((row) => row.map((weight) => (weight > 0 ? 1 : 0)));
  let up: Ready['up'] = () => true;
  if (spec !== null) {
    const loadGraph = async (one: unknown): Promise<Graph> =>
      'file' in (one as object) ? graphOf(matrixOf(weighted, false)) : generate(one as { kind: string });
    const model = await links[spec.kind].load(spec, {
      graph: graphOf(given, directed),
      path: ['links'],
      loadGraph,
    });
    up = model.reference(seedWords(seed));
    all = noWeights();
    const { arcs, rowStart, columns } = model.graph;
    const [begin, others] = arcs ? [arcs.inStart, arcs.inColumns] : [rowStart, columns];
    for (let i = 0; i < nodes; i++) for (const j of others.subarray(begin[i], begin[i + 1])) all[i][j] = 1;
  }
  const count = all.map((row) => row.reduce((sum, entry) => sum + entry, 0));
  const hears = all.map((row, i) =>
    row.flatMap((there, from) => {
      if (there === 0) return [];
      const weight =
        weights === 'unit'
          ? 1
          : weights === 'file'
            ? given[i][from]
            : 1 / (1 + Math.max(count[i], count[from]));
      return [{ from, weight }];
    }),
  );
  const most = Math.max(...hears.map((row) => row.reduce((sum, { weight }) => sum + weight, 0)));
  return { hears, up, tau: most < 1 ? 1 : 1 / (1 + most) };
}

function graphOf(given: Weights, directed = false): Graph {
  const pairs = given.flatMap((row, to) => row.flatMap((weight, from) => (weight > 0 ? [[from, to]] : [])));
  const ends = (side: 0 | 1) => Uint32Array.from(pairs, (pair) => pair[side]);
  return graphFromEdges(nodes, ends(0), ends(1), null, null, { directed: true, keepDirections: directed });
}

function configOf({ spec, start }: Variant, { topology, weights }: Network, linksSpec: LinksSpec | null) {
  return {
    topology,
    weights,
    ...(linksSpec && { links: linksSpec }),
    cost,
    ...(start === undefined && { init }),
    flow: spec,
    seed,
  };
}

const compressorContext = { agents: nodes, dim, blockAgents: 1, seed: seedWords(seed), rounds, path: ['c'] };

/** Largest distance of an entry, relative to the largest there is. */
function distance(twin: Vector[], x: Float64Array): number {
  const all = twin.flatMap((row) => [...row]);
  const largest = all.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
  return all.reduce((most, entry, at) => Math.max(most, Math.abs(entry - x[at])), 0) / largest;
}

/** `=` where the engine was held against the agents, else the letter of the reason why it is refused. */
async function cell(variant: Variant, compressor: CompressorSpec, network: Network, spec: LinksSpec | null) {
  let x: Float64Array;
  try {
    const config = { ...configOf(variant, network, spec), compressor, rounds };
    x = (await runSequentially(config, 1)).x;
  } catch (error) {
    if (!isInputError(error)) throw error;
    const letters = Object.keys(reasons).filter((letter) => reasons[letter].test(error.message));
    expect(letters, error.message).toHaveLength(1);
    return letters[0];
  }
  const channels = [0, 1].map((channel) => {
    const context = { ...compressorContext, seed: channelSeed(seedWords(seed), channel) };
    return referenceCompressor(planCompressor(compressor, context), context.seed);
  });
  const twin = runLinkByLink({
    ...(await told(network, spec)),
    make: variant.make,
    // What is wider than x is a share, which nobody compresses.
    compress: (message, round, agent, channel) =>
      message.length === dim ? channels[channel](message, round, agent) : message,
    gradient,
    start: variant.start ?? start,
    rounds,
  });
  expect(
    distance(twin, x),
    JSON.stringify([variant.spec, compressor, network.topology, network.weights, spec]),
  ).toBeLessThanOrEqual(1e-12);
  return '=';
}

/** A variant by what sets it apart. */
function nameOf({ kind, compress, integrator, inner, variant, theta, reference }: Variant['spec']): string {
  const told = [compress, integrator, inner && `inner ${inner}`, variant, theta && `theta ${theta}`];
  return [kind, ...told, reference && 'reference'].filter(Boolean).join(' ');
}

/** As many groups as the line that is expected has. */
async function lineOf(variant: Variant, compressor: CompressorSpec, like: string): Promise<string> {
  const groups: string[] = [];
  for (const [index, group] of like.split(' ').entries()) {
    let found = '';
    for (const network of networks.slice(0, group.length)) {
      found += await cell(variant, compressor, network, changes[index]);
    }
    groups.push(found);
  }
  return groups.join(' ');
}

const all = Object.values(variants).flat();

describe('the engine computes what agents would who hear only their neighbours', () => {
  it('knows agents for every registered flow and mode, parameters for every kind of links, and no reason in vain', () => {
    expect(Object.keys(variants)).toEqual(Object.keys(flows));
    for (const [kind, { modes = [] }] of Object.entries(flows)) {
      const tried = variants[kind].flatMap(({ spec: { compress } }) => compress ?? []);
      expect([...new Set(tried)], kind).toEqual(modes);
    }
    expect(Object.keys(parameters)).toEqual(Object.keys(links));
    const letters = new Set(
      all
        .flatMap(({ lines }) => lines)
        .join('')
        .replace(/[= ]/g, ''),
    );
    expect([...letters].sort()).toEqual(Object.keys(reasons));
    for (const {
      lines: [line],
    } of all) {
      const groups = line.split(' ').map(({ length }) => length);
      expect(line === STAYING ? 1 : changes.length, line).toBe(groups.length);
      expect(groups[0]).toBe(networks.length);
    }
  });

  it.each(all.map((variant) => ({ variant, name: nameOf(variant.spec) })))('$name', async ({ variant }) => {
    for (const [which, line] of variant.lines.entries()) {
      expect(await lineOf(variant, compressors[which], line), compressors[which].kind).toBe(line);
    }
  });
});

describe('and it ends where it should', () => {
  const meanOf = (rows: Vector[]) =>
    rows[0].map((_, c) => rows.reduce((sum, row) => sum + row[c], 0) / nodes);
  const minimiser = Float64Array.from({ length: dim }, (_, c) => {
    const total = (term: (at: number) => number) => start.reduce((sum, _, i) => sum + term(i * dim + c), 0);
    return total((at) => a[at] * b[at]) / total((at) => a[at]);
  });
  const exact = all.filter(({ biased }) => !biased);

  it.each(exact.map((variant) => ({ variant, name: nameOf(variant.spec) })))('$name', async ({ variant }) => {
    const { spec, lines } = variant;
    const averages = flows[spec.kind].problem === 'average';
    const right = averages ? meanOf(spec['reference'] ? (series.at(-1) as Vector[]) : start) : minimiser;
    const tried = lines.flatMap((line, which) =>
      line
        .split(' ')
        .slice(0, which === 0 ? changes.length : 1)
        .flatMap((group, index) =>
          // One network of edges and one of arcs.
          [index === 0 && group[1] === '=' ? 1 : 0, 3].flatMap((at) =>
            group[at] === '=' ? [{ compressor: compressors[which], index, network: networks[at] }] : [],
          ),
        ),
    );
    for (const { compressor, index, network } of tried) {
      const config = configOf(variant, network, changes[index]);
      const { x } = await runSequentially(
        { ...config, compressor, rounds: 8000, stop: { rmsError: 1e-6 } },
        1,
      );
      const off = Math.max(...x.map((entry, at) => Math.abs(entry - right[at % dim])));
      expect(off, JSON.stringify([compressor, network.topology, changes[index]])).toBeLessThan(1e-5);
    }
  });
});
