/**
 * Every registered flow, in the variants that are programmed apart, with the agents that compute it
 * (`link-by-link.ts`) and the problem that they all solve.
 */

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { philoxUniform } from '../../kernels/reference/philox.js';
import { planCompressor, referenceCompressor } from '../../src/compress/registry.js';
import type { CompressorSpec } from '../../src/compress/types.js';
import { writeNpy } from '../../src/data/npy.js';
import { channelSeed } from '../../src/flow/channel.js';
import { flows } from '../../src/flow/registry.js';
import { seedWords } from '../../src/runtime.js';
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
  type NetworkInputs,
  nids,
  pdmm,
  powerGossip,
  pushPull,
  pushSum,
  quantizedPushSum,
  ratio,
  scaledPrimalDual,
  tracking,
  type Vector,
} from './link-by-link.js';
import { writeQuadratic } from './quadratic.js';

export const nodes = 8;
// A multiple of 8: the kernels that do a whole round take part.
export const dim = 8;
export const seed = 90_210;
export const { a, b } = goldenProblem(nodes, dim, 0);
export const wave = (i: number) => Math.sin(1 + 1.7 * i + 0.3 * i * i);
const rowsOf = (entry: (i: number, c: number) => number): Vector[] =>
  Array.from({ length: nodes }, (_, i) => Float64Array.from({ length: dim }, (_, c) => entry(i, c)));
export const start = rowsOf((i, c) => 3 + wave(c + 9 * i));
/** A series of references, round by round. */
const series = Array.from({ length: 6 }, (_, k) => rowsOf((i, c) => wave(c + 5 * i + 31 * k)));
const moved = (round: number, agent: number): Vector => {
  const at = (k: number) => series[Math.min(k, series.length - 1)][agent];
  return at(round + 1).map((entry, c) => entry - at(round)[c]);
};
export const gradient = (x: Vector, i: number): Vector =>
  x.map((entry, c) => a[i * dim + c] * (entry - b[i * dim + c]));

// The networks.
export interface Variant {
  spec: { kind: string; compress?: string; [parameter: string]: unknown };
  make: MakeAgent;
  /** What comes of it with each of `compressors`. */
  lines: Lines;
  /** It need not end at the optimum. */
  biased?: boolean;
  /** In the place of `init`, where what is averaged is the series of references. */
  start?: Vector[];
}

/**
 * `=` held against its agents; a letter: the reason why it is refused (`reasons`). Groups are links that
 * stay, then the kinds of `links/registry.ts`, then directed graphs that follow one another; a group has
 * edges of weight 1, with weights of their own, with Metropolis weights, arcs that are balanced and that are
 * not, and where links stay, balanced ones with such weights.
 */
type Lines = [identity: string, topK: string, flatSign: string];
const ANY_EDGES = '===dddd ===dd ===dd =o=== =o=dd ===dd ===dd doddd';
const SAME_EDGES = '===dddd wwwdd wwwdd wowww wowdd wwwdd wwwdd doddd';
// Tried where links stay, and nowhere else.
export const STAYING = '===dddd';
const REFUSED = 'cccdddd';
const plain: Lines = [ANY_EDGES, REFUSED, REFUSED];
const plainStaying: Lines = [STAYING, REFUSED, REFUSED];
const plainSame: Lines = [SAME_EDGES, REFUSED, REFUSED];
const compressed: Lines = [ANY_EDGES, ANY_EDGES, STAYING];
const compressedStaying: Lines = [STAYING, STAYING, STAYING];
const compressedSame: Lines = [SAME_EDGES, SAME_EDGES, STAYING];
const overArcs: Lines = ['====baa ===sb ===sb =o=== =o=== ===mb ===sb bobbb', 'ccccbaa', 'ccccbaa'];
const shares: Lines = ['=ee==aa =ee== =ee== =oe== =oe== feemm =ee== =oa==', 'ceeccaa', 'ceeccaa'];

/** Over arcs, and compressed. */
const kept = shares[0].replace('f', '=');
const pushed: Lines = [kept, kept, '=ee==aa'];
const pushedRatio: Lines = [kept, kept, kept];

const ownFlow = (name: string) =>
  fileURLToPath(new URL(`../../examples/07-own-flow/${name}.mjs`, import.meta.url));

const ofEuler = (kind: string, spec: EulerGains, lines: Lines): Variant => ({
  spec: { kind, ...spec },
  make: euler({ ...spec, eta: kind === 'primal-dual' ? 1 : 0 }),
  lines,
});
const dual = { step: 0.05, alpha: 0.6, beta: 0.5 };
const filtered = { ...dual, mu: 0.8 };
const remembered = { compress: 'error-memory', ...filtered, gamma: 0.1 };
const ranged = { ...dual, mu: 0.8, range: 1.5, decay: 0.998 };
const implicit = { integrator: 'semi-implicit' };
const local = { inner: 3, rho: 4 };
const mean = { step: 0.1, alpha: 0.8 };

const pushGains = { gamma: 0.3, gammaTracker: 0.25, alpha: 0.8, alphaTracker: 0.6 };

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
export const variants: Record<string, Variant[]> = {
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
        spec: { kind: 'consensus', compress, ...mean },
        make: euler({ compress, ...mean, moved }),
        lines: compress === 'none' ? overArcs : compressed,
        start: series[0],
      }),
    ),
  ],
  'push-sum': [{ spec: { kind: 'push-sum' }, make: pushSum, lines: shares }],
  'surplus-consensus': [
    {
      spec: { kind: 'surplus-consensus', step: 0.05, ...pushGains },
      make: pushPull({ h: 0.05, ...pushGains, follows: 'x' }),
      // Surpluses begin as differences of signs in one rotation, which in another one are often exactly 0: their
      // signs are those of rounding. test/flow/digraphs.test.ts has one bit an entry as it is.
      lines: [pushed[0], pushed[1], ''],
    },
  ],
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
  'push-pull': [
    {
      spec: { kind: 'push-pull', step: 0.02, ...pushGains },
      make: pushPull({ h: 0.02, ...pushGains }),
      lines: pushed,
    },
  ],
  'push-diging': [
    {
      spec: { kind: 'push-diging', step: 0.02, ...pushGains },
      make: ratio({
        step: () => 0.02,
        gamma: pushGains.gamma,
        alpha: pushGains.alpha,
        tracker: { gamma: pushGains.gammaTracker, alpha: pushGains.alphaTracker },
      }),
      lines: pushedRatio,
    },
  ],
  sgp: [
    {
      spec: { kind: 'sgp', step: 0.05, decayRounds: 30, gamma: 0.3, alpha: 0.8 },
      make: ratio({ step: (k) => (0.05 * 30) / (30 + k), gamma: 0.3, alpha: 0.8, tracker: null }),
      lines: pushedRatio,
      biased: true,
    },
  ],
  'quantized-push-sum': [
    {
      spec: { kind: 'quantized-push-sum', gamma: 0.3, alpha: 0.8 },
      make: quantizedPushSum({ gamma: 0.3, alpha: 0.8 }),
      lines: pushedRatio,
    },
  ],
  'power-gossip': [
    {
      spec: { kind: 'power-gossip', shape, tuning: 'formula' },
      make: powerGossip(shape, draw, 0),
      lines: plainSame,
    },
  ],
  'power-gossip-sgd': [
    {
      spec: { kind: 'power-gossip-sgd', shape, step: h },
      make: powerGossip(shape, draw, h),
      lines: plainSame,
      biased: true,
    },
  ],
  'scaled-primal-dual': [
    {
      spec: { kind: 'scaled-primal-dual', ...ranged },
      make: scaledPrimalDual(ranged),
      lines: compressed,
    },
    {
      spec: { kind: 'scaled-primal-dual', ...dual, mu: 1, range: 0.25 },
      make: scaledPrimalDual({ ...dual, mu: 1, range: 0.25, decay: 1 }),
      lines: compressedStaying,
    },
  ],
  // Modules of the examples: what they say is what the engine makes of them.
  custom: [
    {
      spec: { kind: 'custom', module: ownFlow('extra'), step: h, tuning: 'formula' },
      make: extra(h),
      lines: plainSame,
    },
    {
      spec: { kind: 'custom', module: ownFlow('primal-dual'), ...filtered },
      make: euler({ compress: 'error-state', ...filtered, eta: 1 }),
      lines: compressed,
    },
  ],
};

export const compressors: CompressorSpec[] = [
  { kind: 'identity' },
  { kind: 'top-k', k: 3 },
  { kind: 'flatten', inner: { kind: 'sign' } },
];

export const all = Object.values(variants).flat();

/** A variant by what sets it apart. */
export function nameOf({ spec, start: own }: Variant): string {
  const { kind, compress, integrator, inner, variant, theta, range } = spec;
  const told = [
    compress,
    integrator,
    inner && `inner ${inner}`,
    variant,
    theta && `theta ${theta}`,
    range && `range ${range}`,
  ];
  return [kind, ...told, own && 'reference'].filter(Boolean).join(' ');
}

/** What is decoded of a message, plainly. */
export function compressedBy(compressor: CompressorSpec): NetworkInputs['compress'] {
  const context = { agents: nodes, dim, blockAgents: 1, rounds: 1, path: ['compressor'] };
  const channels = [0, 1].map((channel) => {
    const keyed = channelSeed(seedWords(seed), channel);
    return referenceCompressor(planCompressor(compressor, { ...context, seed: keyed }), keyed);
  });
  // What is wider than x is a share of push-sum's, and a number a weight, which nobody compresses.
  return (message, round, agent, channel) =>
    message.length === dim ? channels[channel](message, round, agent) : message;
}

/** Writes the problem; what comes back makes the config of a variant: cost, beginning, flow and seed. */
export async function writeProblem(folder: string) {
  const { cost } = await writeQuadratic(folder, 'problem', a, b, dim);
  const [init, file] = ['init.npy', 'series.npy'].map((name) => path.join(folder, name));
  const flat = (rows: Vector[]) => rows.flatMap((row) => [...row]);
  await writeNpy(init, { shape: [nodes, dim], data: Float64Array.from(flat(start)) });
  await writeNpy(file, {
    shape: [series.length, nodes, dim],
    data: Float64Array.from(series.flatMap(flat)),
  });
  return ({ spec, start: own }: Variant) => ({
    cost,
    seed,
    ...(own === undefined ? { init, flow: spec } : { flow: { ...spec, reference: { file } } }),
  });
}

/**
 * Of an averaging flow the mean of what it begins with (or of the last references), else the minimiser of the
 * mean cost.
 */
export function answerOf({ spec, start: own }: Variant): Vector {
  return Float64Array.from({ length: dim }, (_, c) => {
    const total = (term: (i: number) => number) => start.reduce((sum, _row, i) => sum + term(i), 0);
    if (own !== undefined) return total((i) => series[series.length - 1][i][c]) / nodes;
    if (flows[spec.kind].problem === 'average') return total((i) => start[i][c]) / nodes;
    return total((i) => a[i * dim + c] * b[i * dim + c]) / total((i) => a[i * dim + c]);
  });
}

/** Largest distance of an entry, relative to the largest there is. */
export function distance(reference: Vector[], x: Float64Array): number {
  const entries = reference.flatMap((row) => [...row]);
  const largest = entries.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
  return entries.reduce((most, entry, at) => Math.max(most, Math.abs(entry - x[at])), 0) / largest;
}
