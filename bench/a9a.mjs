/**
 * Which method needs the fewest bits, rounds and seconds to learn a9a over 50 agents, so that every agent
 * holds the answer, when all methods were searched alike?
 *
 *     node bench/a9a.mjs A9A [--only "NAME; NAME"] [--trials N] [--time] [--out FOLDER]
 *
 * A9A is the file `a9a` of the LIBSVM data sets (Chang, Lin; from UCI Adult): 32,561 samples, 123 features.
 * Logistic loss, lambda 0.01, f* = 0.37272374686393; agents are an Erdős–Rényi graph of 50 nodes with 6
 * neighbours on average, Metropolis weights, samples split contiguously, x(0) = 0.
 *
 * Arrived is the first round from which rms(x_i - x*) over agents and coordinates is, and for as long again
 * stays, at or below 1e-4; at it f(x_i) - f* is written down, for the mean of the agents and the worst. (The
 * gap of the mean of all x, which an earlier table used, hides what agents hold: it can be 1e-6 while no
 * agent is within 1e-4.)
 *
 * Gains. Every method is searched by the same search (src/tune/trials.ts: pattern search in the logarithms,
 * from the flow's own starts, which are those of `auto`) with the same number of trial runs, whatever the
 * number of its gains. A trial is a run on all of the data, given up when it needs more rounds than the best
 * so far; a winner has to go on beyond the target. What is counted is then a run of its own for each of five
 * seeds (they draw the signs of rotations and the dither; what draws nothing is the same for all): median,
 * least and most.
 *
 * Results go to a9a.json in the folder, method by method: a second call does those that are missing. `--only`
 * does the named ones again. `--time` does nothing else than run what is there (or named) with its gains,
 * three times in turn, check that it ends at the recorded error, record the median seconds of the rounds (one
 * thread, no trace but the first and last row), and print the table.
 */

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runCell } from '../dist/src/compare/run-cell.js';
import { searchCell } from '../dist/src/compare/search-cell.js';
import { parseConfig } from '../dist/src/index.js';
import { kernelsUrl } from '../dist/src/run/locations.js';
import { prepareRun } from '../dist/src/session/prepare.js';
import { runOnOneThread, Stepper } from '../dist/src/session/single-thread.js';
import { table } from './a9a-table.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    trials: { type: 'string', default: '60' },
    time: { type: 'boolean', default: false },
    out: { type: 'string', default: import.meta.dirname },
  },
});
const [data] = positionals;
if (data === undefined || !existsSync(data)) {
  console.error('usage: node bench/a9a.mjs A9A   (the file a9a of the LIBSVM data sets, uncompressed)');
  process.exit(2);
}
const trials = Number(options.trials);
const MOST_ROUNDS = 1500;
const TARGET = { quantity: 'rmsError', bound: 1e-4 };
const SEEDS = [0, 1, 2, 3, 4];
const file = path.join(options.out, 'a9a.json');

/** 123 entries as they are, not padded to 128. */
const sign = { kind: 'flatten', inner: { kind: 'sign', scaleBits: 32 }, size: 'exact' };
const bestSign = { kind: 'best-rotation', choices: 16, scaleBits: 32 };
const topK = { kind: 'top-k', k: 12 };
const fourBits = { kind: 'qsgd', levels: 7 };
const every = (rounds) => ({ kind: 'every', rounds, inner: sign });
const plain = (kind, more = {}) => ({ flow: { kind, ...more } });
const compressed = (kind, compressor, more = {}) => ({ flow: { kind, ...more }, compressor });
const primalDual = (compress, more = {}) => ({ kind: 'primal-dual', compress, ...more });

const methods = {
  'primal-dual': { flow: primalDual('none') },
  'primal-dual, inner 5': { flow: primalDual('none', { inner: 5 }) },
  'primal-dual, inner 20': { flow: primalDual('none', { inner: 20 }) },
  dgd: plain('dgd'),
  extra: plain('extra'),
  nids: plain('nids'),
  'exact-diffusion': plain('exact-diffusion'),
  diging: plain('diging'),
  dlm: plain('admm', { inner: 1 }),
  'admm, inner 5': plain('admm', { inner: 5 }),
  'admm, inner 20': plain('admm', { inner: 20 }),
  'pdmm, inner 1': plain('pdmm', { inner: 1 }),
  'pdmm, inner 5': plain('pdmm', { inner: 5 }),
  'pdmm, inner 20': plain('pdmm', { inner: 20 }),
  'primal-dual error-state, flatten(sign)': { flow: primalDual('error-state'), compressor: sign },
  'primal-dual observer, flatten(sign)': { flow: primalDual('observer'), compressor: sign },
  'primal-dual error-memory, flatten(sign)': { flow: primalDual('error-memory'), compressor: sign },
  'primal-dual error-memory, best-rotation': { flow: primalDual('error-memory'), compressor: bestSign },
  'primal-dual error-state, top-k': { flow: primalDual('error-state'), compressor: topK },
  'primal-dual error-memory, inner 2, flatten(sign)': {
    flow: primalDual('error-memory', { inner: 2 }),
    compressor: sign,
  },
  'primal-dual error-memory, inner 5, flatten(sign)': {
    flow: primalDual('error-memory', { inner: 5 }),
    compressor: sign,
  },
  'primal-dual error-memory, inner 20, flatten(sign)': {
    flow: primalDual('error-memory', { inner: 20 }),
    compressor: sign,
  },
  'primal-dual error-state, inner 5, flatten(sign)': {
    flow: primalDual('error-state', { inner: 5 }),
    compressor: sign,
  },
  'choco-sgd, flatten(sign)': compressed('choco-sgd', sign),
  'lead, flatten(sign)': compressed('lead', sign),
  'lead, best-rotation': compressed('lead', bestSign),
  'lead, every 2nd round flatten(sign)': compressed('lead', every(2)),
  'lead, every 4th round flatten(sign)': compressed('lead', every(4)),
  'lead, qsgd': compressed('lead', fourBits),
  'lead, top-k': compressed('lead', topK),
  'beer, flatten(sign)': compressed('beer', sign),
  'beer, top-k': compressed('beer', topK),
  'c-gt, flatten(sign)': compressed('c-gt', sign),
  'c-gt, qsgd': compressed('c-gt', fourBits),
};

const module = new WebAssembly.Module(readFileSync(kernelsUrl));
const problem = {
  topology: { kind: 'erdos-renyi', nodes: 50, averageDegree: 6, seed: 1, largestComponent: true },
  weights: 'metropolis',
  cost: { kind: 'logistic', data: path.resolve(data), regularization: 0.01 },
  stop: { [TARGET.quantity]: TARGET.bound },
};

async function prepare({ flow, compressor }, more = {}) {
  // The search of this file takes the place of `auto`.
  const config = {
    ...problem,
    rounds: MOST_ROUNDS,
    flow: { tuning: 'formula', ...flow },
    ...(compressor && { compressor }),
    ...more,
  };
  return prepareRun(await parseConfig(config), 1);
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const spread = (values) => [median(values), Math.min(...values), Math.max(...values)];
const round3 = (value) => Number(value.toPrecision(3));

async function search({ flow, compressor }) {
  const prepared = await prepare({ flow, compressor }, { trace: { sample: 0 } });
  return searchCell(new Stepper(prepared, module), prepared, TARGET, flow, trials);
}

async function tune(name) {
  const method = methods[name];
  const started = performance.now();
  const { gains, rounds: _, ...searched } = await search(method);
  if (gains === null) return { method: name, ...method, reached: false, ...searched };
  const tuned = { ...method, flow: { ...method.flow, ...gains } };
  const runs = [];
  for (const seed of SEEDS) {
    const prepared = await prepare(tuned, { seed, trace: { sample: 0 } });
    runs.push(runCell(new Stepper(prepared, module), TARGET));
    // What draws nothing is the same for all seeds.
    if (!method.compressor) break;
  }
  const common = {
    method: name,
    ...tuned,
    ...searched,
    searchSeconds: Math.round((performance.now() - started) / 1000),
  };
  const arrivals = runs.map(({ arrival }) => arrival);
  if (arrivals.some((arrival) => arrival === null)) {
    const worst = runs.find(({ arrival }) => arrival === null);
    return {
      ...common,
      reached: false,
      status: worst.summary.status,
      rounds: [worst.summary.rounds],
      rmsError: worst.summary.final.rmsError,
      touched: worst.touched,
    };
  }
  const gaps = [];
  for (const [at, { round }] of arrivals.entries()) {
    const there = await prepare(tuned, {
      seed: SEEDS[at],
      rounds: round,
      stop: {},
      trace: { every: round, sample: 'all' },
    });
    gaps.push(runOnOneThread(there, module).summary.final);
  }
  const rounds = spread(arrivals.map(({ round }) => round));
  return {
    ...common,
    reached: true,
    rounds,
    kilobitsPerAgent: spread(arrivals.map(({ bitsBroadcast }) => bitsBroadcast / 50 / 1000)),
    bitsPerRound: runs[0].summary.bits.perMessage,
    gradientsPerAgent: rounds[0] * (method.flow.inner ?? 1),
    heldUntil: runs.map(({ held }) => held.until),
    heldBelow: Math.max(...runs.map(({ held }) => held.worst)),
    rmsError: median(arrivals.map(({ rmsError }) => rmsError)),
    agentsGapMean: Math.max(...gaps.map(({ agentsGapMean }) => agentsGapMean)),
    agentsGapWorst: Math.max(...gaps.map(({ agentsGapWorst }) => agentsGapWorst)),
    optimum: gaps[0].optimum,
  };
}

function read() {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { results: [] };
}

/** Read again just before: two calls for different methods may run side by side. */
function record(change) {
  const results = change(read().results);
  const order = Object.keys(methods);
  results.sort((a, b) => order.indexOf(a.method) - order.indexOf(b.method));
  const about = {
    question:
      'bits, rounds and seconds until all agents hold the answer on a9a (rms error 1e-4, kept for as long again), every method searched with the same number of trial runs',
    problem: { ...problem, cost: { ...problem.cost, data: 'a9a' } },
    trials,
    seeds: SEEDS,
    node: process.version,
    machine: `${os.cpus()[0].model}, ${os.availableParallelism()} cores; runs on one thread`,
  };
  writeFileSync(`${file}.tmp`, `${JSON.stringify({ ...about, results }, null, 1)}\n`);
  renameSync(`${file}.tmp`, file);
}

const named = options.only?.split(';').map((name) => name.trim());

if (options.time) {
  const { results } = read();
  const reached = results.filter(({ reached, method }) => reached && (named?.includes(method) ?? true));
  const runs = [];
  for (const { flow, compressor, rounds } of reached) {
    const more = { rounds: rounds[0], stop: {}, trace: { every: rounds[0], sample: 0 } };
    runs.push(await prepare({ flow, compressor }, more));
  }
  const seconds = reached.map(() => []);
  for (let repetition = 0; repetition < 3; repetition++) {
    for (const [at, prepared] of runs.entries()) {
      const { summary } = runOnOneThread(prepared, module);
      seconds[at].push(summary.seconds);
      const { method } = reached[at];
      // Another seed may arrive some rounds later; one that has lost its way is farther off.
      if (!(summary.final.rmsError <= 2 * TARGET.bound))
        throw new Error(
          `${method} ends at an error of ${summary.final.rmsError}; --only "${method}" searches anew`,
        );
    }
  }
  record((all) =>
    all.map((result) => {
      const at = reached.findIndex(({ method }) => method === result.method);
      return at < 0
        ? result
        : { ...result, seconds: round3(median(seconds[at])), secondsSpread: seconds[at].map(round3) };
    }),
  );
  console.log(table(read().results));
} else {
  const known = new Set(read().results.map(({ method }) => method));
  const wanted = named ?? Object.keys(methods).filter((name) => !known.has(name));
  for (const name of wanted) {
    if (!methods[name])
      throw new Error(`no method is named ${name}; there are: ${Object.keys(methods).join('; ')}`);
    const result = await tune(name);
    record((results) => [...results.filter(({ method }) => method !== name), result]);
    const { reached, rounds, kilobitsPerAgent, agentsGapMean, agentsGapWorst, searchSeconds } = result;
    console.log(
      reached
        ? `${name}: ${rounds.join(' ')} rounds, ${kilobitsPerAgent[0].toPrecision(3)} kbit, gaps ${agentsGapMean.toExponential(1)} ${agentsGapWorst.toExponential(1)} (${searchSeconds} s)`
        : `${name}: not reached (${searchSeconds} s)`,
    );
  }
}
