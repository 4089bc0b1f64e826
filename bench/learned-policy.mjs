/**
 * How many bits does a policy that was trained on random graphs save on graphs and costs that it never saw?
 *
 *     node bench/learned-policy.mjs [--quick] [--only NAME] [--short] [--searched 2] [--trials 40] [--seeds 1,2,3] [--policy FILE] [--out FOLDER]
 *
 * Bits to rms(x - x*) <= 1e-6 (kept for as long again), each message counted once an agent, on problems of which
 * none was in training: random quadratics of 64 entries on a ring, a grid, a Barabasi-Albert graph and Abilene (the
 * research network of the Internet2 consortium, as the Internet Topology Zoo has it: 11 nodes, 14 links), and
 * logistic costs over few samples.
 *
 *  - *policy*: at the gains that `auto` gives it;
 *  - *plain*: the policy with a bit for the sign of every entry, and its scale by the change as before;
 *  - *auto*: the fixed compressors of the registry, with all parameters that `compressor: auto` goes through, at
 *    auto gains. Trial runs sort them out as `auto` does; the RUN best by these, within NEAR of the best,
 *    run whole. Those that only combine others are among them;
 *  - *searched*: the best `--searched` of these with gains by `--trials` trial runs; the better of both gains counts.
 *
 * `--short`: instead of the whole registry those of SHORT, which come first wherever all were tried.
 *
 * Ratios are the policy's bits over the best fixed compressor's of the same problem and seed (costs, signs
 * and dithers are drawn from it); of a problem the median over its seeds. `--quick`: a small ring, few
 * trials, one seed. FOLDER/learned-policy.json is written after each problem, and what it has already is not
 * measured again. Build first: `npm run build`.
 */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseConfig } from '../dist/src/config/load.js';
import { compare } from '../dist/src/index.js';
import { loadRun } from '../dist/src/program/flow/load-run.js';
import { Random } from '../dist/topology/index.js';

const here = path.dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    short: { type: 'boolean', default: false },
    searched: { type: 'string', default: '2' },
    trials: { type: 'string', default: '40' },
    seeds: { type: 'string', default: '1,2,3' },
    policy: { type: 'string', default: path.join(here, '../examples/13-learned/policy.json') },
    out: { type: 'string' },
  },
});
const { quick, out } = options;
const trials = quick ? 4 : Number(options.trials);
const seeds = quick ? [1] : options.seeds.split(',').map(Number);
/** Of the trial runs by which the registry is sorted out. */
const [SEED] = seeds;
/** So many of them run whole, if trial runs see them within so many times the best. */
const RUN = 2;
const NEAR = 1.5;

const SHORT = [
  'best-rotation(scaleBits=32)',
  'flatten(sign(scaleBits=32))',
  'flatten(sign(scaleBits=32), size=exact)',
  'eden(bits=2, scaleBits=32)',
];

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
const folder = mkdtempSync(path.join(os.tmpdir(), 'learned-policy-'));
const quadratic = { kind: 'quadratic', dim: 64 };
const logistic = (samples, dim, seed) => ({
  kind: 'logistic',
  data: drawn(samples, dim, seed),
  regularization: 0.1,
  split: 'shuffled',
});
const attached = (nodes) => ({ kind: 'barabasi-albert', nodes, attach: 2 });
const problems = quick
  ? {
      'ring 6': [
        { kind: 'ring', nodes: 6 },
        { kind: 'quadratic', dim: 16 },
      ],
    }
  : {
      'ring 24': [{ kind: 'ring', nodes: 24 }, quadratic],
      'logistic, Abilene': [{ edges: ABILENE }, logistic(220, 32, 1)],
      'logistic, Barabasi-Albert 20': [attached(20), logistic(300, 40, 2)],
      Abilene: [{ edges: ABILENE }, quadratic],
      'grid 5x6': [{ kind: 'grid', rows: 5, columns: 6 }, quadratic],
      'Barabasi-Albert 40': [attached(40), quadratic],
      'logistic, ring 24': [{ kind: 'ring', nodes: 24 }, logistic(240, 64, 3)],
    };

const { compressors: inner, ...content } = JSON.parse(readFileSync(options.policy, 'utf8'));
const learned = { kind: 'learned', policy: content, ...(inner && { inner }) };
/** A sign says most of a normal number where it stands for sqrt(2 / pi). */
const signs = { do: 'signs', size: 0.7979, checks: [] };
const plain = {
  kind: 'learned',
  policy: {
    format: content.format,
    name: 'plain signs',
    rotate: content.rotate,
    steps: content.steps,
    features: [],
    actions: [signs],
    weights: [[]],
  },
};

const file = out && path.join(out, 'learned-policy.json');
const [cpu] = os.cpus();
const report = load();
const mine = Object.entries(problems).filter(([name]) => name.includes(options.only));
for (const [name, problem] of mine) {
  if (report.problems.some((one) => one.name === name)) continue;
  report.problems.push({ name, ...(await atAutoGains(problem)) });
  save();
}
for (const [name, problem] of mine) {
  const one = report.problems.find((known) => known.name === name);
  if (one.searched !== null || Number(options.searched) === 0) continue;
  const near = one.auto.filter(({ bits }) => bits.every((some) => some !== null));
  const names = near.slice(0, Number(options.searched)).map(({ compressor }) => compressor);
  one.searched = await run(problem, { compressors: names }, trials);
  save();
}
rmSync(folder, { recursive: true });
console.log(JSON.stringify(report.summary));

function load() {
  if (file !== undefined && existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const machine = { cpu: cpu?.model, node: process.versions.node };
  return { version, machine, policy: content.name, trials, seeds, summary: null, problems: [] };
}

function save() {
  for (const problem of report.problems) {
    const { policy, plain, auto, searched } = problem;
    problem.ratios = {
      auto: ratiosOf(policy, auto),
      // A search of few trials may miss what `auto` found.
      searched: searched && ratiosOf(policy, [...auto, ...searched]),
      plain: ratiosOf(plain, auto),
    };
  }
  report.summary = Object.fromEntries(
    ['auto', 'searched'].map((gains) => {
      const all = report.problems.flatMap(({ ratios }) => ratios[gains] ?? []);
      return [
        gains,
        {
          problems: all.length,
          median: median(all.map((ratio) => ratio.median)),
          worst: all.length > 0 ? Math.max(...all.map((ratio) => ratio.worst)) : null,
        },
      ];
    }),
  );
  const { name, ratios } = report.problems.at(-1);
  console.error(`${name}: ${JSON.stringify(ratios)}; ${JSON.stringify(report.summary)}`);
  if (file === undefined) return;
  mkdirSync(out, { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(report, null, 1)}\n`);
  renameSync(`${file}.new`, file);
}

/**
 * Of a method's bits and the fewest of the fixed compressors', seed by seed; null where one did not arrive.
 */
function ratiosOf({ bits }, fixed) {
  const each = bits.map((own, seed) => own / Math.min(...fixed.map((row) => row.bits[seed] ?? Infinity)));
  return bits.includes(null) ? null : { median: median(each), worst: Math.max(...each), each };
}

function median(values) {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

function configOf([topology, cost]) {
  return {
    topology,
    cost,
    flow: { kind: 'primal-dual' },
    rounds: quick ? 3000 : 20_000,
    seed: SEED,
    stop: { rmsError: 1e-6 },
  };
}

/** Runs to the target of every seed; what did not arrive has no bits. The fewest in the median first. */
async function run(problem, { compressors, own }, given) {
  const config = configOf(problem);
  const configs = own === undefined ? [config] : own.map((compressor) => ({ ...config, compressor }));
  const { cells } = await compare(configs, {
    ...(compressors && { compressors }),
    seeds,
    trials: given,
    jobs: 1,
  });
  const rows = new Map();
  for (const { compressor, seed, bitsToTarget, roundsToTarget } of cells) {
    const row = rows.get(compressor) ?? { compressor, bits: [], rounds: [] };
    row.bits[seeds.indexOf(seed)] = bitsToTarget;
    row.rounds[seeds.indexOf(seed)] = roundsToTarget;
    rows.set(compressor, row);
  }
  const middle = ({ bits }) => median(bits.map((some) => some ?? Infinity));
  const all = [...rows.values()];
  return own === undefined ? all.sort((a, b) => middle(a) - middle(b)) : all;
}

async function atAutoGains(problem) {
  const [policy, alone] = await run(problem, { own: [learned, plain] }, 0);
  const looked = options.short ? null : await look(problem);
  const auto = await run(problem, { compressors: looked?.near ?? SHORT }, 0);
  const { trials: known = null, refused = null } = looked ?? {};
  return { policy, plain: alone, auto, searched: null, trials: known, refused };
}

/**
 * The registry by trial runs, as `compressor: auto` goes through it; of others what was known as they were
 * given up.
 */
async function look(problem) {
  const config = await parseConfig({ ...configOf(problem), compressor: { kind: 'auto', for: 'bits' } });
  const { candidates, refused } = (await loadRun(config)).choice.report;
  const known = candidates.filter(({ bits }) => bits !== null);
  const least = Math.min(...known.map(({ bits }) => bits));
  const near = known.filter(({ bits }) => bits <= NEAR * least).slice(0, RUN);
  return {
    near: near.map(({ compressor }) => compressor),
    trials: candidates.map(({ compressor, how, bits }) => ({ compressor, how, bits })),
    refused: refused.map(({ compressor }) => compressor),
  };
}

/** Samples of a linear model with normal features, and the sign of what it says. */
function drawn(samples, dim, seed) {
  const random = new Random(seed);
  const normal = () =>
    Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
  const weights = Array.from({ length: dim }, normal);
  const lines = Array.from({ length: samples }, () => {
    const row = weights.map(normal);
    const value = row.reduce((sum, a, c) => sum + a * weights[c], 0) / Math.sqrt(dim) + normal();
    return `${value > 0 ? 1 : -1} ${row.map((a, c) => `${c + 1}:${a}`).join(' ')}`;
  });
  const name = path.join(folder, `samples-${seed}.svm`);
  writeFileSync(name, `${lines.join('\n')}\n`);
  return name;
}
