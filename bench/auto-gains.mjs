/**
 * How far from the best fixed gains are those that `auto` chooses?
 *
 *     node bench/auto-gains.mjs [--out FOLDER] [--graphs ring,star] [--compressors sign,none] [--modes observer] [--conditions 4] [--flows consensus]
 *                               [--dim 64] [--evaluations 120] [--share 1/2]
 *
 * Rounds until rms(x - x*) is a millionth of what it was at the beginning, and stays there, for every graph x
 * compressor x compress mode x condition of drawn quadratics (curvatures uniform in [1, condition]), through
 * the engine's own program and kernels on one thread.
 *
 *  - *formula*: the gains that `auto` falls back on for large graphs, without pilots;
 *  - *auto*: what `auto` chooses, with the rounds that its pilots took; run on until 1e-9, to see that
 *    nothing grows later;
 *  - *search*: fixed gains from a coarse grid in the logarithms of step, alpha, beta (and mu, gamma) around
 *    auto's choice and the formula's, followed by an adaptive random walk and a last pattern search with
 *    small factors; given up early where a run diverges or cannot beat the best so far.
 *
 * auto's own gains are among the search's starts, so the ratio is at least 1 and the search at least as good
 * as everything that auto tried. Everything is seeded. Cells that FOLDER/auto-gains.json has already are not
 * measured again, so a stopped bench goes on where it was; `--share 1/2` and `--share 2/2` divide the cells
 * between two processes (with a FOLDER each; `--merge A B` makes one table of them). `--improve A B` flies
 * the gains that searches in other folders found for the same cells, and keeps those that beat the best: a
 * search is only as good as the valley it is in. Build first: `npm run build`.
 */

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { patternSearch } from '../dist/src/base/pattern-search.js';
import { parseConfig } from '../dist/src/index.js';
import { prepareRun } from '../dist/src/session/prepare.js';
import { openPilot } from '../dist/src/tune/pilot.js';
import { Random } from '../dist/topology/index.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string' },
    graphs: { type: 'string' },
    compressors: { type: 'string' },
    modes: { type: 'string' },
    conditions: { type: 'string' },
    flows: { type: 'string' },
    dim: { type: 'string', default: '64' },
    evaluations: { type: 'string', default: '120' },
    share: { type: 'string', default: '1/1' },
    merge: { type: 'boolean', default: false },
    improve: { type: 'boolean', default: false },
  },
});
const DIM = Number(options.dim);
const EVALUATIONS = Number(options.evaluations);
/** A scalarized run takes d times the rounds, and its model begins close to the best: fewer tries suffice. */
const LINEAR_EVALUATIONS = Math.ceil(EVALUATIONS / 3);
const MOST_ROUNDS = 150_000;
const LARGEST = { mu: 1, gamma: 2 };
/** The search waits longer than the tuner before it gives a run up: what starts slowly may still win. */
const PATIENT = { after: 1 / 3, beyond: 2 };

const graphs = {
  ring: { kind: 'ring', nodes: 50 },
  grid: { kind: 'grid', rows: 10, columns: 10 },
  karate: { file: fileURLToPath(new URL('../test/fixtures/topology/karate.edges', import.meta.url)) },
  'erdos-renyi': { kind: 'erdos-renyi', nodes: 100, averageDegree: 6, seed: 1, largestComponent: true },
  star: { kind: 'star', nodes: 50 },
  complete: { kind: 'complete', nodes: 20 },
  'barabasi-albert': { kind: 'barabasi-albert', nodes: 200, attach: 2, seed: 1 },
};
const compressors = {
  none: null,
  'flatten(sign)': { kind: 'flatten', inner: { kind: 'sign' } },
  sign: { kind: 'sign' },
  'top-1/8': { kind: 'top-k', k: DIM / 8 },
  'rand-1/8': { kind: 'rand-k', k: DIM / 8 },
  'scalarize-cyclic': { kind: 'scalarize-cyclic' },
  'scalarize-sweep': { kind: 'scalarize-sweep' },
  'scalarize-random': { kind: 'scalarize-random' },
};
const TABLE = Object.keys(compressors).slice(0, 6);

const listed = (text, all) => (text === undefined ? all : text.split(','));
const cells = [];
for (const flow of listed(options.flows, ['primal-dual', 'consensus'])) {
  const modes =
    flow === 'consensus'
      ? ['error-state', 'observer']
      : ['error-memory', 'error-state', 'observer', 'node-state'];
  for (const mode of ['none', ...listed(options.modes, modes)]) {
    for (const compressor of listed(options.compressors, TABLE)) {
      if ((mode === 'none') !== (compressor === 'none')) continue;
      if (mode === 'node-state' && !compressor.startsWith('scalarize')) continue;
      for (const condition of flow === 'consensus'
        ? [4]
        : listed(options.conditions, ['4', '50']).map(Number)) {
        for (const graph of listed(options.graphs, Object.keys(graphs))) {
          cells.push({ graph, flow, compressor, mode, condition });
        }
      }
    }
  }
}
const keyOf = ({ graph, flow, compressor, mode, condition }) =>
  [graph, flow, compressor, mode, condition].join(' ');

if (options.merge) {
  const rows = positionals.flatMap((folder) => load(folder).rows);
  save(options.out, { ...load(positionals[0]), rows });
  process.exit(0);
}

if (options.improve) {
  const report = load(options.out);
  const others = positionals.flatMap((folder) => load(folder).rows);
  for (const [at, row] of report.rows.entries()) {
    const known = others.filter((other) => keyOf(other) === keyOf(row));
    if (known.length > 0) report.rows[at] = await improved(row, known);
    if (report.rows[at] !== row) console.error(`${keyOf(row)}: best ${row.best} -> ${report.rows[at].best}`);
  }
  save(options.out, report);
  console.log(markdown(report));
  process.exit(0);
}

const [part, parts] = options.share.split('/').map(Number);
const report = options.out ? load(options.out) : empty();
const known = new Set(report.rows.map(keyOf));
for (const [at, cell] of cells.entries()) {
  if (at % parts !== part - 1 || known.has(keyOf(cell))) continue;
  const row = await measure(cell);
  report.rows.push(row);
  console.error(
    `${keyOf(cell)}: formula ${row.formula}, auto ${row.auto} (${row.ratio.toFixed(2)}), best ${row.best}; ${row.tuneSeconds.toFixed(1)} + ${row.searchSeconds.toFixed(1)} s`,
  );
  if (options.out) save(options.out, report);
}
console.log(markdown(report));

function empty() {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const machine = `${os.cpus()[0].model.trim()}, Node ${process.versions.node}, sottovoce ${version}`;
  return { dim: DIM, evaluations: EVALUATIONS, linearEvaluations: LINEAR_EVALUATIONS, machine, rows: [] };
}

function load(folder) {
  const file = path.join(folder, 'auto-gains.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : empty();
}

function save(folder, what) {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'auto-gains.json');
  writeFileSync(`${file}.new`, `${JSON.stringify(what, null, 1)}\n`);
  renameSync(`${file}.new`, file);
}

function prepare({ graph, flow, compressor, mode, condition }, tuning) {
  return parseConfig({
    topology: graphs[graph],
    cost: { kind: 'quadratic', dim: DIM, condition },
    flow: { kind: flow, compress: mode, tuning },
    ...(compressors[compressor] && { compressor: compressors[compressor] }),
    rounds: MOST_ROUNDS,
    seed: 7,
  }).then((config) => prepareRun(config, 1));
}

/** The row with the best gains of all rows of its cell, its own included. */
async function improved(row, others) {
  const prepared = await prepare(row, 'formula');
  const pilot = openPilot(prepared);
  let { best, bestGains } = row;
  for (const gains of others.flatMap((other) => [other.bestGains, other.gains])) {
    const { rounds, reached } = pilot.fly(
      prepared.program.planFlow(gains),
      best ?? MOST_ROUNDS,
      MOST_ROUNDS,
      undefined,
      PATIENT,
    );
    if (reached && rounds < (best ?? MOST_ROUNDS)) [best, bestGains] = [rounds, gains];
  }
  if (best === row.best) return row;
  return { ...row, best, bestGains, ratio: row.auto / best, formulaRatio: finite(row.formula / best) };
}

async function measure(cell) {
  const formula = (await prepare(cell, 'formula')).report.gains;
  const begun = performance.now();
  const prepared = await prepare(cell, 'pilot');
  const tuneSeconds = (performance.now() - begun) / 1000;
  const { tuning, gains: auto } = prepared.report;
  const pilot = openPilot(prepared);
  const rounds = (gains, limit = MOST_ROUNDS, target = undefined) =>
    pilot.fly(prepared.program.planFlow(gains), limit, MOST_ROUNDS, target, PATIENT);

  const formulaRounds = rounds(formula).rounds;
  const autoResult = rounds(auto);
  const further = rounds(auto, Number.POSITIVE_INFINITY, 1e-9);
  const { linear, delta } = prepared.program.gains();
  const evaluations = linear && delta < 1 ? LINEAR_EVALUATIONS : EVALUATIONS;
  const started = performance.now();
  const found = search(
    tuning.chosen,
    [auto, formula].map((gains) => Object.fromEntries(tuning.chosen.map((name) => [name, gains[name]]))),
    (gains, least) =>
      (least === Number.POSITIVE_INFINITY ? rounds(gains) : rounds(gains, Math.ceil(least * 1.005))).rounds,
    evaluations,
  );
  return {
    ...cell,
    evaluations,
    formula: finite(formulaRounds),
    auto: finite(autoResult.rounds),
    autoReached: autoResult.reached,
    autoReachesBillionth: further.reached,
    best: finite(found.fewest),
    ratio: autoResult.rounds / found.fewest,
    formulaRatio: finite(formulaRounds / found.fewest),
    predicted: tuning.roundsToMillionth,
    method: tuning.method,
    pilots: tuning.pilots,
    gains: auto,
    bestGains: found.gains,
    tuneSeconds,
    searchSeconds: (performance.now() - started) / 1000,
  };
}

function finite(value) {
  return Number.isFinite(value) ? value : null;
}

/** Grid, walk, pattern: the fewest rounds that fixed gains were found to need. */
function search(names, starts, cost, evaluations) {
  let gains = starts[0];
  let fewest = Number.POSITIVE_INFINITY;
  let spent = 0;
  const attempt = (candidate) => {
    spent++;
    const now = cost(candidate, fewest);
    if (now < fewest) {
      [gains, fewest] = [candidate, now];
      return true;
    }
    return false;
  };
  for (const start of starts) attempt(start);
  // A coarse grid around the formula: what a walk from auto's choice might never see.
  const base = starts[1];
  const bounded = (candidate) =>
    Object.fromEntries(
      Object.entries(candidate).map(([name, value]) => [
        name,
        Math.min(value, LARGEST[name] ?? Number.POSITIVE_INFINITY),
      ]),
    );
  const steps = [1, 2.5, 6];
  const others = names.includes('alpha')
    ? [
        [1, 1],
        [3, 1],
        [0.5, 0.6],
        [2.5, 1.6],
      ]
    : [[1, 1]];
  for (const step of steps) {
    for (const [alpha, beta] of others) {
      if (spent >= evaluations / 2) break;
      attempt(
        bounded({
          ...base,
          step: base.step * step,
          ...(base.alpha !== undefined && { alpha: base.alpha * step * alpha }),
          ...(base.beta !== undefined && { beta: base.beta * beta }),
        }),
      );
    }
  }
  const random = new Random(1);
  const normal = () =>
    Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
  let width = 0.3;
  while (spent < 0.8 * evaluations) {
    const kind = random.uniform();
    const one = names[Math.floor(random.uniform() * names.length)];
    const next = { ...gains };
    for (const name of names) if (kind < 0.5 || name === one) next[name] *= Math.exp(width * normal());
    if (attempt(bounded(next))) width = Math.min(0.5, width * 1.3);
    else width = width < 0.012 ? 0.15 : width * 0.95;
  }
  const last = patternSearch([gains], 'step', (candidate) => cost(candidate, fewest * 1.01), {
    directions: [
      { step: 1, alpha: 1 },
      { step: 1 },
      { mu: 1 },
      { beta: 1, alpha: 2 },
      { alpha: 1 },
      { beta: 1 },
      { gamma: 1 },
    ],
    largest: LARGEST,
    factors: [1.15, 1.06],
    evaluations: Math.max(1, evaluations - spent),
  });
  return last.cost < fewest ? { gains: last.best, fewest: last.cost } : { gains, fewest };
}

/**
 * A row for every mode, compressor and condition, a column for every graph: rounds with auto / best found
 * (ratio).
 */
function markdown({ rows, dim, machine }) {
  const columns = [...new Set(rows.map(({ graph }) => graph))];
  const groups = new Map();
  for (const row of rows) {
    const key = [row.flow, row.mode, row.compressor, row.condition].join(' | ');
    if (!groups.has(key)) groups.set(key, new Map());
    groups.get(key).set(row.graph, row);
  }
  const text = (row) =>
    row === undefined
      ? 'not measured'
      : `${row.auto ?? 'never'} / ${row.best ?? 'never'} (${Number.isFinite(row.ratio) ? row.ratio.toFixed(2) : '-'})`;
  const sorted = (pick) =>
    rows
      .map(pick)
      .filter(Number.isFinite)
      .sort((x, y) => x - y);
  const middle = (values) => values[Math.floor(values.length / 2)]?.toFixed(2);
  const [ratios, formulaRatios] = [sorted(({ ratio }) => ratio), sorted((row) => row.formulaRatio)];
  const reached = rows.filter((row) => row.autoReached && row.autoReachesBillionth).length;
  return [
    `| flow | compress | compressor | condition | ${columns.join(' | ')} |`,
    `| ${Array(columns.length + 4)
      .fill('---')
      .join(' | ')} |`,
    ...[...groups].map(
      ([key, group]) => `| ${key} | ${columns.map((graph) => text(group.get(graph))).join(' | ')} |`,
    ),
    '',
    `${machine}; d = ${dim}. ${rows.length} cells: median ${middle(ratios)}, worst ${ratios.at(-1)?.toFixed(2)}; the formula alone ${middle(formulaRatios)} in the median, ${formulaRatios.at(-1)?.toFixed(2)} at worst, and no convergence in ${rows.length - formulaRatios.length}.`,
    `${reached} of ${rows.length} reach a billionth too.`,
  ].join('\n');
}
