/**
 * How many more rounds does one bit a coordinate take, when every contender has the gains that suit it best?
 *
 *     node bench/one-bit-rounds.mjs [--quick] [--evaluations N] [--power FILE.gml] [--out FOLDER]
 *
 * Rounds until rms(x - x*) <= 1e-6, and stays there, on drawn quadratics (d = 64, condition 4), for no
 * compression and for flatten(sign) in three flows; once with the same moderate gains for all, once with
 * gains tuned for each. The search is an adaptive random walk in the logarithms of the gains: seeded, the
 * same number of evaluations for every contender, given up early where a run diverges or cannot beat the best
 * so far. Everything runs on one thread through the engine's own program and kernels, so rounds and bits are
 * those of `sottovoce run`.
 *
 * `--quick`: the ring alone, 60 evaluations. `--power`: a graph file (the western US power grid), of which
 * the 300 nodes nearest its hub are taken; without it that row is left out. `--only`: graphs whose name
 * begins so. `--out`: writes one-bit-rounds.json and .md there. Build first: `npm run build`.
 */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { bindKernels } from '../dist/kernels/bindings.js';
import { createArena } from '../dist/src/arena/arena.js';
import { parseConfig } from '../dist/src/index.js';
import { bindProgram } from '../dist/src/program/registry.js';
import { kernelsUrl } from '../dist/src/run/locations.js';
import { prepareRun } from '../dist/src/session/prepare.js';
import { Random, readGraph, spectrum } from '../dist/topology/index.js';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    evaluations: { type: 'string' },
    power: { type: 'string' },
    out: { type: 'string' },
    only: { type: 'string' },
  },
});
const evaluations = Number(options.evaluations ?? (options.quick ? 60 : 160));
const TOLERANCE = 1e-6;
const DIM = 64;
const CURVATURE = { smallest: 1, mean: 2.5, largest: 4 };
const MOST_ROUNDS = 30_000;
const BALL_NODES = 300;

const flattened = { kind: 'flatten', inner: { kind: 'sign', scaleBits: 32 } };
const best = { kind: 'best-rotation', choices: 16, scaleBits: 32 };
const three = ['step', 'alpha', 'beta'];
const contenders = [
  { name: 'none', compress: 'none', free: three },
  { name: 'error-state', compress: 'error-state', compressor: flattened, free: [...three, 'mu'] },
  { name: 'observer', compress: 'observer', compressor: flattened, free: [...three, 'mu'] },
  { name: 'error-memory', compress: 'error-memory', compressor: flattened, free: [...three, 'mu', 'gamma'] },
  {
    name: 'error-state, best of 16',
    compress: 'error-state',
    compressor: best,
    free: [...three, 'mu'],
    heavy: true,
  },
  {
    name: 'error-memory, best of 16',
    compress: 'error-memory',
    compressor: best,
    free: [...three, 'mu', 'gamma'],
    heavy: true,
  },
];
const LARGEST = { mu: 1, gamma: 2 };

const folder = mkdtempSync(path.join(os.tmpdir(), 'one-bit-'));
const module = new WebAssembly.Module(readFileSync(kernelsUrl));

let graphs = [
  { name: 'ring 50', topology: { kind: 'ring', nodes: 50 } },
  { name: 'grid 10 x 10', topology: { kind: 'grid', rows: 10, columns: 10 } },
  {
    name: 'Erdős–Rényi 100, degree 6',
    topology: { kind: 'erdos-renyi', nodes: 100, averageDegree: 6, seed: 1, largestComponent: true },
    irregular: true,
  },
  {
    name: 'Barabási–Albert 200, attach 2',
    topology: { kind: 'barabasi-albert', nodes: 200, attach: 2, seed: 1 },
    irregular: true,
  },
];
if (options.power)
  graphs.push({
    name: `power grid, ${BALL_NODES} around its hub`,
    topology: await ball(options.power),
    irregular: true,
  });
const order = graphs.map(({ name }) => name);
if (options.quick) graphs = graphs.slice(0, 1);
if (options.only) graphs = graphs.filter(({ name }) => name.startsWith(options.only));

/** The nodes nearest the one of highest degree, in breadth-first order, as an edge list. */
async function ball(file) {
  const { nodes, rowStart, columns } = await readGraph(file);
  let hub = 0;
  for (let i = 1; i < nodes; i++) {
    if (rowStart[i + 1] - rowStart[i] > rowStart[hub + 1] - rowStart[hub]) hub = i;
  }
  const order = [hub];
  const place = new Map([[hub, 0]]);
  for (let at = 0; at < order.length && order.length < BALL_NODES; at++) {
    for (
      let edge = rowStart[order[at]];
      edge < rowStart[order[at] + 1] && order.length < BALL_NODES;
      edge++
    ) {
      if (place.has(columns[edge])) continue;
      place.set(columns[edge], order.length);
      order.push(columns[edge]);
    }
  }
  const lines = [];
  for (const [i, node] of order.entries()) {
    for (let edge = rowStart[node]; edge < rowStart[node + 1]; edge++) {
      const j = place.get(columns[edge]);
      if (j !== undefined && i < j) lines.push(`${i} ${j}`);
    }
  }
  const out = path.join(folder, 'ball.edges');
  writeFileSync(out, `${lines.join('\n')}\n`);
  return { file: out, format: 'edgelist' };
}

/** A problem that can be run again and again with other gains. */
async function problemOf(topology, { compress, compressor }) {
  const config = {
    topology,
    cost: { kind: 'quadratic', dim: DIM, condition: 4 },
    flow: { kind: 'primal-dual', compress, step: 0.01, alpha: 1, beta: 1 },
    ...(compressor && { compressor }),
    rounds: MOST_ROUNDS,
    seed: 7,
  };
  const prepared = await prepareRun(await parseConfig(config), 1);
  const { run } = prepared.program;
  const arena = createArena(run.layout);
  prepared.fill(arena);
  const kernels = bindKernels(module, arena.memory);
  const [x, optimum, distances] = ['x', 'trace.optimum', 'trace.toOptimum'].map((name) =>
    arena.address(name),
  );
  const state = ['x', 'v', 's', 'z', 'm', 'outbox'].filter((name) => arena.has(name));
  const { agents, rowBytes, dim } = run;
  const parityBytes = run.flow.stateIsMessage ? agents * rowBytes : 0;

  const rmsError = (round) => {
    const at = x + (round & 1) * parityBytes;
    kernels.distancesToPoint(0, agents, at, rowBytes, rowBytes / 8, optimum, distances);
    return Math.sqrt(kernels.sum(distances, agents) / (agents * dim));
  };
  /**
   * Rounds (with a fraction, so that a walk sees small gains) until the tolerance holds; Infinity beyond
   * `limit`.
   */
  const rounds = (gains, limit = MOST_ROUNDS) => {
    for (const name of state) arena.view(name, run.layout.fields[name].type).fill(0);
    const program = bindProgram({ ...run, flow: { ...run.flow, ...gains } }, arena, kernels, 0);
    program.prologue();
    const first = rmsError(0);
    let before = first;
    let lastAbove = 0;
    let reached = Number.POSITIVE_INFINITY;
    for (let k = 0; ; k++) {
      const now = rmsError(k);
      if (!(now < 1e3 * first)) return Number.POSITIVE_INFINITY;
      if (now > TOLERANCE) {
        lastAbove = k;
        if (k >= limit) return Number.POSITIVE_INFINITY;
        // Decay is close to geometric: a third of the way on, a run that is heading for twice the limit is
        // not the best.
        const share = Math.log(now / first) / Math.log(TOLERANCE / first);
        if (k > limit / 3 && k / share > 2 * limit) return Number.POSITIVE_INFINITY;
        reached = Number.POSITIVE_INFINITY;
      } else {
        if (reached === Number.POSITIVE_INFINITY)
          reached = k - Math.log(TOLERANCE / now) / Math.log(before / now);
        if (k - lastAbove > 20 + lastAbove / 8) return reached;
      }
      before = now;
      program.phases[0](k);
    }
  };
  return { rounds, agents, edges: run.edges, messageBits: run.messageBits, graph: prepared.graph };
}

function tune(problem, free, starts, random, onProgress) {
  let gains = starts[0];
  let fewest = Number.POSITIVE_INFINITY;
  let spent = 0;
  for (const start of starts) {
    const rounds = problem.rounds(start);
    spent++;
    if (rounds < fewest) [gains, fewest] = [start, rounds];
  }
  let width = 0.25;
  const normal = () =>
    Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
  while (spent < evaluations) {
    const kind = random.uniform();
    const one = free[Math.floor(random.uniform() * free.length)];
    const next = { ...gains };
    for (const name of free) {
      if (kind < 0.5 || name === one)
        next[name] = Math.min(next[name] * Math.exp(width * normal()), LARGEST[name] ?? 1e9);
    }
    const rounds = problem.rounds(next, Math.min(MOST_ROUNDS, Math.ceil(fewest * 1.01)));
    spent++;
    if (rounds < fewest) {
      [gains, fewest] = [next, rounds];
      width = Math.min(0.5, width * 1.3);
    } else {
      width *= 0.96;
      if (width < 0.01) width = 0.12;
    }
    onProgress(spent, fewest);
  }
  return {
    gains: Object.fromEntries(Object.entries(gains).map(([k, v]) => [k, Number(v.toPrecision(5))])),
    fewest,
  };
}

const started = performance.now();
const jobs = graphs.length * contenders.length;
let done = 0;
const report = { dim: DIM, tolerance: TOLERANCE, evaluations, machine: machine(), graphs: [] };
for (const { name, topology, irregular } of graphs) {
  const { graph } = await problemOf(topology, contenders[0]);
  const { lambda2, lambdaMax } = spectrum(graph);
  const moderate = {
    alpha: (0.3 * CURVATURE.mean) / lambda2,
    beta: 0.5 * Math.sqrt((CURVATURE.mean * 5) / lambda2),
  };
  moderate.step = Number((0.5 / (CURVATURE.largest + moderate.alpha * lambdaMax)).toPrecision(2));
  const entry = {
    name,
    topology: topology.file ? 'file' : topology,
    nodes: graph.nodes,
    lambda2,
    lambdaMax,
    moderate,
    rows: [],
  };
  report.graphs.push(entry);
  // The corner where an uncompressed run is fastest: the dual acts like momentum, damped by the gradient
  // alone (docs/one-bit.md).
  const resonant = { beta: (0.6 * CURVATURE.mean) / Math.sqrt(lambda2) };
  resonant.step = 1.5 / (resonant.beta * Math.sqrt(lambdaMax));
  resonant.alpha = resonant.step * resonant.beta ** 2;
  let reference = null;
  let plain = 0;
  for (const contender of contenders) {
    const problem = await problemOf(topology, contender);
    entry.edges = problem.edges;
    const extra = {
      ...(contender.free.includes('mu') && { mu: 1 }),
      ...(contender.free.includes('gamma') && { gamma: 0.5 }),
    };
    const same = Math.ceil(problem.rounds({ ...moderate, ...extra }));
    if (contender.compress === 'none') plain = same;
    const starts = [
      { ...moderate, ...extra },
      { ...resonant, ...extra },
    ];
    if (reference) {
      const near = { ...reference.gains, ...extra, mu: 0.5, gamma: 0.8 };
      starts.push(
        { ...near, step: near.step * 0.5, beta: near.beta * 0.9 },
        {
          ...near,
          step: near.step * 0.9,
          alpha: near.alpha * 0.9,
          beta: near.beta * 0.76,
          mu: 0.7,
        },
      );
    }
    const skip = contender.heavy && irregular;
    let said = 0;
    const result = skip
      ? null
      : tune(problem, contender.free, starts, new Random(1), (spent, fewest) => {
          if (performance.now() - said < 5000) return;
          said = performance.now();
          const share = (done + spent / evaluations) / jobs;
          const leftSeconds = ((said - started) / 1000 / share) * (1 - share);
          console.error(
            `${name}, ${contender.name}: ${spent}/${evaluations}, best ${fewest.toFixed(1)}; about ${leftSeconds.toFixed(0)} s left`,
          );
        });
    done++;
    if (result) {
      if (contender.compress !== 'none') {
        for (const key of Object.keys(result.gains))
          if (!contender.free.includes(key)) delete result.gains[key];
      }
      const rounds = Math.ceil(problem.rounds(result.gains));
      reference ??= { ...result, rounds };
      const bits = problem.messageBits;
      const row = {
        contender: contender.name,
        compress: contender.compress,
        compressor: contender.compressor ?? null,
        messageBits: bits,
        sameGains: same,
        sameGainsRatio: same / plain,
        sameGainsFewerBits: (plain * 64 * DIM) / (same * bits),
        tuned: rounds,
        ratio: rounds / reference.rounds,
        fewerBits: (reference.rounds * 64 * DIM) / (rounds * bits),
        gains: result.gains,
      };
      entry.rows.push(row);
      console.error(
        `${name}, ${contender.name}: same gains ${same} (${row.sameGainsRatio.toFixed(3)}), tuned ${rounds} (${row.ratio.toFixed(3)}), ${row.fewerBits.toFixed(1)} times fewer bits`,
      );
    }
  }
}
report.seconds = Math.round((performance.now() - started) / 1000);
if (options.out) keepOthers(path.join(options.out, 'one-bit-rounds.json'));
const table = markdown(report);
console.log(table);
if (options.out) {
  mkdirSync(options.out, { recursive: true });
  writeFileSync(path.join(options.out, 'one-bit-rounds.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(path.join(options.out, 'one-bit-rounds.md'), table);
}
rmSync(folder, { recursive: true, force: true });

/** Graphs that an earlier run measured and this one (`--only`) did not stay in the report. */
function keepOthers(file) {
  if (!options.only || !existsSync(file)) return;
  const earlier = JSON.parse(readFileSync(file, 'utf8'));
  const measured = new Set(report.graphs.map(({ name }) => name));
  report.graphs.unshift(...earlier.graphs.filter(({ name }) => !measured.has(name)));
  report.seconds += earlier.seconds;
  const place = ({ name }) => (order.includes(name) ? order.indexOf(name) : order.length);
  report.graphs.sort((p, q) => place(p) - place(q));
}

function machine() {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return `${os.cpus()[0].model.trim()}, Node ${process.versions.node}, sottovoce ${version}`;
}

function markdown({ graphs: measured, machine: where, seconds }) {
  const lines = [
    `${where}; ${evaluations} evaluations each, one thread, ${seconds} s.`,
    '',
    '| graph | contender | bits a message | rounds, same gains | ratio | times fewer bits | rounds, tuned | ratio | times fewer bits | h, alpha, beta, mu, gamma |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
  ];
  for (const { name, rows } of measured) {
    for (const row of rows) {
      const gains = ['step', 'alpha', 'beta', 'mu', 'gamma']
        .map((key) => row.gains[key])
        .filter((value) => value !== undefined);
      lines.push(
        `| ${[name, row.contender, row.messageBits, row.sameGains, row.sameGainsRatio.toFixed(3), row.sameGainsFewerBits.toFixed(1), row.tuned, row.ratio.toFixed(2), row.fewerBits.toFixed(1), gains.join(', ')].join(' | ')} |`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}
