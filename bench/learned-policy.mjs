/**
 * How many bits does a policy that was trained on random graphs save on graphs and costs that it never saw?
 *
 *     node bench/learned-policy.mjs [--quick] [--seeds 1,2] [--trials 40] [--only NAMES] [--policy FILE] [--out FOLDER]
 *
 * Bits to rms(x - x*) <= 1e-6 (kept for as long again), each message counted once an agent, on five problems of
 * which none was in training: a ring, a grid, a Barabasi-Albert graph, Abilene (the research network of the
 * Internet2 consortium, as the Internet Topology Zoo has it: 11 nodes, 14 links) with random quadratics of 64
 * entries, and logistic costs. The policy has the gains that `auto` gives it. Fixed compressors have theirs by
 * `auto`, and by a search of `--trials` trial runs each. Ratios are the policy's bits over the best fixed
 * compressor's of the same problem and seed.
 *
 * `--quick`: the ring and Abilene, two compressors, few trials. `--only`: some of the compressors. `--out`: writes
 * learned-policy.json there, and goes on with runs that it finds. Build first: `npm run build`.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compare } from '../dist/src/index.js';

const here = path.dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '1' },
    trials: { type: 'string' },
    only: { type: 'string' },
    policy: { type: 'string', default: path.join(here, '../examples/13-learned/policy.json') },
    jobs: { type: 'string', default: '1' },
    out: { type: 'string' },
  },
});
const quick = options.quick;
const seeds = options.seeds.split(',').map(Number);
const trials = Number(options.trials ?? (quick ? 4 : 40));

const quadratic = { kind: 'quadratic', dim: quick ? 16 : 64 };
const ABILENE = [
  ['New York', 'Chicago'],
  ['New York', 'Washington DC'],
  ['Chicago', 'Indianapolis'],
  ['Washington DC', 'Atlanta'],
  ['Seattle', 'Sunnyvale'],
  ['Seattle', 'Denver'],
  ['Sunnyvale', 'Los Angeles'],
  ['Sunnyvale', 'Denver'],
  ['Los Angeles', 'Houston'],
  ['Denver', 'Kansas City'],
  ['Kansas City', 'Houston'],
  ['Kansas City', 'Indianapolis'],
  ['Houston', 'Atlanta'],
  ['Atlanta', 'Indianapolis'],
];
const data = path.join(here, '../examples/data/train.libsvm');
const problems = {
  ring: { topology: { kind: 'ring', nodes: quick ? 6 : 24 }, cost: quadratic },
  abilene: { topology: { edges: ABILENE }, cost: quadratic },
  grid: { topology: { kind: 'grid', rows: 5, columns: 6 }, cost: quadratic },
  'barabasi-albert': { topology: { kind: 'barabasi-albert', nodes: 40, attach: 2 }, cost: quadratic },
  logistic: {
    topology: { kind: 'barabasi-albert', nodes: 20, attach: 2 },
    cost: { kind: 'logistic', data, regularization: 0.1, split: 'shuffled' },
  },
};

/** Of the registry, each with the parameters that take the fewest bits; those that only combine others are left out. */
const FIXED = [
  'flatten(sign(scaleBits=32))',
  'best-rotation(scaleBits=32)',
  'flatten(sign)',
  'flatten(one-bit)',
  'eden(bits=2)',
  'eden(bits=3)',
  'sign(scaleBits=32)',
  'qsgd(levels=2)',
  'natural',
  'terngrad',
  'top-k(k=8)',
  'rand-k(k=8)',
  'threshold(0.5)',
  'scalarize-sweep',
  'identity',
];
const fixed = options.only?.split(';') ?? (quick ? FIXED.slice(0, 2) : FIXED);
const policy = JSON.parse(readFileSync(options.policy, 'utf8'));
const { compressors: inner, ...content } = policy;
const learned = { kind: 'learned', policy: content, ...(inner && { inner }) };

const rows = [];
for (const [name, problem] of Object.entries(problems).slice(0, quick ? 2 : undefined)) {
  const config = {
    ...problem,
    flow: { kind: 'primal-dual' },
    rounds: quick ? 3000 : 20_000,
    stop: { rmsError: 1e-6 },
  };
  const measure = async (compressors, given, folder) => {
    const outDir = options.out && path.join(options.out, `${name}-${folder}`);
    const own = compressors === null ? { ...config, compressor: learned } : config;
    const { cells } = await compare([own], {
      ...(compressors && { compressors }),
      seeds,
      trials: given,
      jobs: Number(options.jobs),
      ...(outDir && { outDir }),
    });
    for (const cell of cells) {
      const { label, compressor, seed, bitsToTarget, roundsToTarget, status } = cell;
      const row = {
        problem: name,
        gains: given === 0 ? 'auto' : 'searched',
        compressor,
        label,
        seed,
        bits: bitsToTarget,
        rounds: roundsToTarget,
        status,
      };
      rows.push(row);
      console.log(JSON.stringify(row));
    }
  };
  await measure(null, 0, 'policy');
  await measure(fixed, 0, 'auto');
  // What is three times behind the best by `auto` does not overtake it: trial runs go to the others.
  const own = rows.filter((row) => row.problem === name && row.gains === 'auto').slice(seeds.length);
  const least = Math.min(...own.map(({ bits }) => bits ?? Number.POSITIVE_INFINITY));
  const near = fixed.filter((_, at) => {
    const bits = own
      .slice(at * seeds.length, (at + 1) * seeds.length)
      .map((row) => row.bits ?? Number.POSITIVE_INFINITY);
    return Math.min(...bits) <= 1.5 * least;
  });
  await measure(near, trials, 'searched');
}

const ratios = [];
for (const name of Object.keys(problems)) {
  for (const seed of seeds) {
    const own = rows.filter((row) => row.problem === name && row.seed === seed);
    if (own.length === 0) continue;
    const [first, ...others] = own;
    const best = (gains) =>
      others
        .filter((row) => row.gains === gains && row.bits !== null)
        .reduce((least, row) => (row.bits < least.bits ? row : least), { bits: Number.POSITIVE_INFINITY });
    const [auto, searched] = [best('auto'), best('searched')];
    ratios.push({
      problem: name,
      seed,
      bits: first.bits,
      rounds: first.rounds,
      auto: { compressor: auto.compressor, bits: auto.bits, ratio: first.bits / auto.bits },
      searched: { compressor: searched.compressor, bits: searched.bits, ratio: first.bits / searched.bits },
    });
  }
}
const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};
const summary = Object.fromEntries(
  ['auto', 'searched'].map((gains) => {
    const all = ratios.map((row) => row[gains].ratio);
    return [gains, { median: median(all), worst: Math.max(...all) }];
  }),
);
for (const { problem, seed, auto, searched } of ratios)
  console.log(
    `${problem} ${seed}: ${auto.ratio.toFixed(3)} of ${auto.compressor} (auto), ${searched.ratio.toFixed(3)} of ${searched.compressor} (searched)`,
  );
console.log(JSON.stringify(summary));
if (options.out) {
  mkdirSync(options.out, { recursive: true });
  const [cpu] = os.cpus();
  const machine = { cpu: cpu?.model, node: process.version };
  const record = { machine, policy: policy.name, trials, seeds, summary, ratios, rows };
  writeFileSync(path.join(options.out, 'learned-policy.json'), `${JSON.stringify(record, null, 2)}\n`);
}
