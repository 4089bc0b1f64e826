/**
 * `auto` where it is hard: 40 problems of curvature that is 0 somewhere, at one agent only, or a million
 * times itself; of one agent, long paths, stars, complete graphs and networks that exist; with several
 * compressors, and with the methods of other papers.
 *
 *     node bench/auto-grid.mjs [--out bench] [--trials 100] [--only TEXT] [--networks FOLDER]
 *
 * Rounds until rms(x - x*) is a millionth of what it was, and stays there: with the gains that `auto`
 * chooses, and with the best that `tuneFlow` finds by as many trial runs (auto's own gains count among them).
 * FOLDER holds networks in any format that a topology may have (the Internet Topology Zoo, say); without it
 * two synthetic ones of their kind take their place. Cells that OUT/auto-grid.json has are not measured
 * again. Seeded. Build first: `npm run build`.
 */

import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { parseConfig } from '../dist/src/index.js';
import { prepareRun } from '../dist/src/session/prepare.js';
import { openPilot } from '../dist/src/tune/pilot.js';
import { tuneFlow } from '../dist/src/tune/tune-flow.js';
import { Random } from '../dist/topology/index.js';
import { illConditioned, lowRank, oneCurved, overlapping, separable, threeClasses } from './degenerate.mjs';

const { values: options } = parseArgs({
  options: {
    out: { type: 'string', default: 'bench' },
    trials: { type: 'string', default: '100' },
    only: { type: 'string', default: '' },
    networks: { type: 'string' },
  },
});
const TRIALS = Number(options.trials);
const MOST_ROUNDS = 12_000_000;
/** Beyond so many rounds with auto a search of many trial runs is a job of its own, and is left out. */
const SEARCHED_ROUNDS = 60_000;
const PATIENT = { after: Number.POSITIVE_INFINITY, beyond: Number.POSITIVE_INFINITY };

const folder = mkdtempSync(path.join(os.tmpdir(), 'auto-grid-'));
const ring = { kind: 'ring', nodes: 20 };
const random = { kind: 'erdos-renyi', nodes: 30, averageDegree: 5, seed: 1, largestComponent: true };
const flatSign = { kind: 'flatten', inner: { kind: 'sign' } };
const sign = { kind: 'sign' };
const top2 = { kind: 'top-k', k: 2 };
const none = undefined;
const overlap = overlapping(folder);
const classes = threeClasses(folder);
const logistic = (regularization) => ({ kind: 'logistic', data: overlap, regularization });
const softmax = (regularization) => ({ kind: 'softmax', data: classes, regularization });
const line = { kind: 'least-squares', data: lowRank(folder), regularization: 0 };
const plane = { kind: 'least-squares', data: lowRank(folder, { rank: 2, seed: 8 }), regularization: 0 };
const quadratic = (condition, dim = 16) => ({ kind: 'quadratic', dim, condition });
const networks = options.networks
  ? readdirSync(options.networks)
      .sort()
      .map((file) => ({ file: path.resolve(options.networks, file), largestComponent: true }))
      .slice(0, 2)
  : [
      { kind: 'barabasi-albert', nodes: 80, attach: 1, seed: 4 },
      { kind: 'watts-strogatz', nodes: 60, degree: 4, rewire: 0.3, seed: 4 },
    ];
const primalDual = { kind: 'primal-dual' };
const cell = (name, topology, cost, compressor, flow = primalDual, more = {}) => ({
  name,
  config: { topology, cost, flow, ...(compressor && { compressor }), rounds: 20_000, seed: 7, ...more },
});
const metropolis = { weights: 'metropolis' };
const path12 = { kind: 'path', nodes: 12 };

const cells = [
  cell('logistic, no regularization', ring, logistic(0), none),
  cell('logistic, no regularization', ring, logistic(0), flatSign),
  cell('logistic, no regularization', ring, logistic(0), top2),
  cell('logistic, no regularization', random, logistic(0), sign),
  cell('logistic, 1e-6', random, logistic(1e-6), none),
  cell('logistic, 1e-6', random, logistic(1e-6), flatSign),
  cell('softmax, no regularization', ring, softmax(0), none),
  cell('softmax, no regularization', ring, softmax(0), flatSign),
  cell('softmax, 1e-6', random, softmax(1e-6), flatSign),
  cell('softmax, no regularization', random, softmax(0), { kind: 'top-k', k: 4 }),
  cell('least squares, rank 1', ring, line, none),
  cell('least squares, rank 1', ring, line, flatSign),
  cell('least squares, rank 2', random, plane, flatSign),
  cell('least squares, rank 2', random, plane, top2),
  cell('curvature at one agent', path12, await oneCurved(folder), none),
  cell('curvature at one agent', path12, await oneCurved(folder), flatSign),
  cell('curvature at the end', path12, await oneCurved(folder, { at: 0 }), flatSign),
  cell('curvature at a leaf', { kind: 'star', nodes: 12 }, await oneCurved(folder, { at: 3 }), top2),
  cell('condition 1e6 for all', { kind: 'path', nodes: 6 }, await illConditioned(folder), none),
  cell(
    'condition 1e3 for all',
    { kind: 'path', nodes: 6 },
    await illConditioned(folder, { condition: 1e3 }),
    flatSign,
  ),
  cell('one agent', { kind: 'path', nodes: 1 }, quadratic(10), none),
  cell('one agent, logistic', { kind: 'path', nodes: 1 }, logistic(0), sign),
  cell('path of 300', { kind: 'path', nodes: 300 }, quadratic(4, 8), none),
  cell('path of 300', { kind: 'path', nodes: 300 }, quadratic(4, 8), flatSign),
  cell('star of 500', { kind: 'star', nodes: 500 }, quadratic(10, 8), none),
  cell('star of 500', { kind: 'star', nodes: 500 }, quadratic(10, 8), flatSign),
  cell('complete, 200', { kind: 'complete', nodes: 200 }, quadratic(10, 8), none),
  cell('complete, 200', { kind: 'complete', nodes: 200 }, quadratic(10, 8), flatSign),
  cell('network 1', networks[0], quadratic(10), flatSign),
  cell('network 1', networks[0], logistic(0), none),
  cell('network 2', networks[1], quadratic(10), sign),
  cell('separable', ring, { kind: 'logistic', data: separable(folder), regularization: 0 }, flatSign),
  cell('logistic, 0.01', random, logistic(0.01), top2, { kind: 'lead' }, metropolis),
  cell('logistic, no regularization', random, logistic(0), flatSign, { kind: 'lead' }, metropolis),
  cell('logistic, no regularization', ring, logistic(0), none, { kind: 'nids' }),
  cell('least squares, rank 1', ring, line, none, { kind: 'extra' }),
  cell('curvature at one agent', path12, await oneCurved(folder), none, { kind: 'diging' }),
  cell('softmax, no regularization', ring, softmax(0), none, { kind: 'pdmm' }),
  cell('logistic, 0.01', random, logistic(0.01), flatSign, { kind: 'c-gt' }),
  cell('logistic, 0.01', random, logistic(0.01), flatSign, { kind: 'choco-sgd' }),
];

const file = path.join(options.out, 'auto-grid.json');
const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { trials: TRIALS, rows: [] };
const keyOf = ({ name, config }) =>
  [name, described(config.topology), config.flow.kind, describeCompressor(config.compressor)].join(', ');
for (const one of cells) {
  const key = keyOf(one);
  if (report.rows.some((row) => row.key === key) || !key.includes(options.only)) continue;
  const row = { key, ...(await measure(one.config)) };
  report.rows.push(row);
  console.error(`${key}: auto ${row.auto ?? row.why}, best ${row.best}, ratio ${row.ratio}`);
  writeFileSync(`${file}.new`, `${JSON.stringify(report, null, 1)}\n`);
  renameSync(`${file}.new`, file);
}
rmSync(folder, { recursive: true });
console.log(markdown(report));

async function measure(config) {
  const begun = process.cpuUsage();
  const prepared = await prepareRun(await parseConfig(config), 1);
  const tuneSeconds = process.cpuUsage(begun).user / 1e6;
  const { tuning, gains, warnings } = prepared.report;
  const why = tuning.doubt ?? (prepared.optimum === null ? warnings[0] : null);
  const row = { compress: tuning.compress, gains, tuneSeconds, why };
  if (prepared.optimum === null) return { ...row, auto: null, best: null, ratio: null };
  // What is not expected to arrive is not waited for.
  const most = tuning.roundsToMillionth === null ? config.rounds : MOST_ROUNDS;
  const flown = openPilot(prepared).fly(
    prepared.program.planFlow(gains),
    Number.POSITIVE_INFINITY,
    most,
    1e-6,
    PATIENT,
  );
  const auto = flown.reached ? flown.rounds : null;
  if (auto === null || auto > SEARCHED_ROUNDS)
    return { ...row, auto, share: flown.share, best: null, ratio: null };
  const mode = tuning.compress === null ? {} : { compress: tuning.compress };
  const found = await tuneFlow(await parseConfig({ ...config, flow: { ...config.flow, ...mode } }), {
    budget: TRIALS,
    rounds: 2 * auto + 100,
  });
  const better = walk(prepared, tuning.chosen, found, { gains, rounds: auto });
  return {
    ...row,
    auto,
    best: better.rounds,
    bestGains: better.gains,
    ratio: auto === 0 ? 1 : auto / better.rounds,
  };
}

/** What is left of the trial runs is spent on a random walk from the best so far. */
function walk(prepared, names, found, auto) {
  const pilot = openPilot(prepared);
  let best =
    found.reached && found.rounds < auto.rounds ? { gains: found.gains, rounds: found.rounds } : auto;
  const random = new Random(1);
  const normal = () =>
    Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
  let width = 0.3;
  for (let trial = found.trials; trial < TRIALS && best.rounds > 0; trial++) {
    const one = random.uniform() < 0.5 ? names[Math.floor(random.uniform() * names.length)] : null;
    const gains = { ...best.gains };
    for (const name of names) if (one === null || name === one) gains[name] *= Math.exp(width * normal());
    for (const name of ['mu', 'alpha']) {
      const bounded = name === 'mu' || ['lead', 'c-gt'].includes(prepared.config.flow.kind);
      if (bounded && gains[name] > 1) gains[name] = 1;
    }
    const flow = prepared.program.planFlow(gains);
    const { rounds, reached } = pilot.fly(flow, best.rounds, best.rounds, 1e-6, PATIENT);
    if (reached && rounds < best.rounds) {
      best = { gains, rounds };
      width = Math.min(0.5, 1.3 * width);
    } else width = width < 0.02 ? 0.2 : 0.95 * width;
  }
  return best;
}

function described(topology) {
  return topology.file ? path.basename(topology.file) : `${topology.kind} ${topology.nodes}`;
}

function describeCompressor(spec) {
  if (spec === undefined) return 'none';
  return spec.inner ? `${spec.kind}(${spec.inner.kind})` : spec.k ? `${spec.kind} ${spec.k}` : spec.kind;
}

function markdown({ rows, trials }) {
  const ratios = rows
    .map(({ ratio }) => ratio)
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  const text = ({ auto, best, ratio, why }) =>
    `${auto ?? why} | ${best ?? ''} | ${ratio === null ? '' : ratio.toFixed(2)}`;
  return [
    `| problem, graph, flow, compressor | auto | best of ${trials} trial runs | ratio |`,
    '| --- | ---: | ---: | ---: |',
    ...rows.map((row) => `| ${row.key} | ${text(row)} |`),
    '',
    `${rows.length} cells: median ${ratios[Math.floor(ratios.length / 2)]?.toFixed(2)}, worst ${ratios.at(-1)?.toFixed(2)}.`,
  ].join('\n');
}
