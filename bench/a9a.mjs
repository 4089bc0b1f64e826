/**
 * Which method needs the fewest bits, rounds and seconds to learn a9a over 50 agents, when every method has the gains that suit it best?
 *
 *     node bench/a9a.mjs A9A [--only "NAME; NAME"] [--evaluations N] [--time] [--out FOLDER]
 *
 * A9A is the file `a9a` of the LIBSVM data sets (Chang, Lin; from UCI Adult): 32,561 samples, 123 features. Logistic loss, lambda 0.01,
 * f* = 0.37272374686393; agents are an Erdős–Rényi graph of 50 nodes with 6 neighbours on average, Metropolis weights, samples split contiguously, x(0) = 0.
 * Counted until f(mean x) - f* <= 1e-6.
 *
 * Gains. Every method is searched in the same way, with the same number of evaluations a gain: Hooke and Jeeves' pattern search on the logarithms of its gains,
 * from its own `auto`, by factors 2, then 2^(1/2), then 2^(1/4); an evaluation is a run on all of the data, given up when it has said more than the best so far. What is
 * searched is the number of bits. The gains found are rounded to three digits, and counted again in a run of its own that looks at every round.
 *
 * Results go to a9a.json in the folder, method by method: a second call does those that are missing. `--only` does the named ones again. `--time` does nothing
 * else than run what is there (or named) with its gains, three times in turn, check that it ends at the recorded gap, record the median seconds of the rounds
 * (one thread, no trace but the first and last row), and print the table.
 */

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { parseConfig } from '../dist/src/index.js';
import { kernelsUrl } from '../dist/src/session/locations.js';
import { prepareRun } from '../dist/src/session/prepare.js';
import { runOnOneThread } from '../dist/src/session/single-thread.js';
import { table } from './a9a-table.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    evaluations: { type: 'string', default: '16' },
    time: { type: 'boolean', default: false },
    out: { type: 'string', default: import.meta.dirname },
  },
});
const [data] = positionals;
if (data === undefined || !existsSync(data)) {
  console.error('usage: node bench/a9a.mjs A9A   (the file a9a of the LIBSVM data sets, uncompressed)');
  process.exit(2);
}
const evaluations = Number(options.evaluations);
const MOST_ROUNDS = 1500;
const TARGET = 1e-6;
const TRACE_EVERY = 4;
const file = path.join(options.out, 'a9a.json');

const sign = { kind: 'flatten', inner: { kind: 'sign', scaleBits: 32 } };
/** 123 entries as they are, and not padded to 128: for the best of each kind. */
const exactSign = { ...sign, size: 'exact' };
const bestSign = { kind: 'best-rotation', choices: 16, scaleBits: 32 };
const topK = { kind: 'top-k', k: 12 };
const everyOther = { kind: 'every', rounds: 2, inner: sign };
const fourBits = { kind: 'qsgd', levels: 7 };
const flow = (kind, free, more = {}) => ({ flow: { kind, ...more }, free });
/** Methods with W = I - tau L: beyond tau = 2/lambdaMax = 1.567 it does not average. */
const mixed = (kind) => ({ ...flow(kind, ['step', 'mixing']), largest: { mixing: 1.5 } });
const primalDual = (compress, free = []) => ({
  ...flow('primal-dual', ['step', 'alpha', 'beta', ...free], { compress }),
  largest: { mu: 1, gamma: 2 },
});

/** LEAD's local steps: several gradients a message. */
const seldomLead = (rounds) => ({
  ...flow('lead', ['step', 'gamma', 'alpha']),
  largest: { alpha: 1 },
  compressor: { kind: 'every', rounds, inner: exactSign },
});

/**
 * Ours with local steps. What its stability rests on are h alpha and h beta, so that h is searched with these held. It has six gains that hang together, and from `auto` the search
 * stops in a valley (59 rounds with 20 steps); so it begins at the best of twelve: h 5 or 20, alpha 0.02, 0.05 or 0.1, h beta^2 / alpha 0.5 or 1, at ADMM's rho.
 */
const local = (compress, inner, free = [], more = {}) => ({
  ...flow('primal-dual', ['step', 'alpha', 'beta', ...free, 'rho'], { compress, inner }),
  start:
    compress === 'none'
      ? { step: 20, alpha: 0.1, beta: 0.0707, rho: 0.485 }
      : { step: 20, alpha: 0.05, beta: 0.0354, mu: 1, gamma: 0.5, rho: 0.485 },
  moves: { step: { step: 1, alpha: -1, beta: -1 } },
  largest: { mu: 1, gamma: 2 },
  ...more,
});

const memoryEnds = { step: 1.98, alpha: 0.0531, beta: 0.104 };

/** `free`: the gains that are searched; `largest`: up to where they mean something; `moves`: what else moves with a gain, as exponents. */
const methods = {
  // From where the search of error-memory ended: from `auto` it stops in a valley at 356 rounds, and what compresses cannot be ahead of what does not.
  'primal-dual': { ...primalDual('none'), start: memoryEnds },
  'primal-dual, inner 5': local('none', 5),
  'primal-dual, inner 20': local('none', 20),
  dgd: mixed('dgd'),
  extra: mixed('extra'),
  nids: mixed('nids'),
  'exact-diffusion': mixed('exact-diffusion'),
  diging: mixed('diging'),
  dlm: flow('admm', ['penalty', 'rho'], { inner: 1 }),
  'admm, inner 5': flow('admm', ['penalty', 'rho'], { inner: 5 }),
  'admm, inner 20': flow('admm', ['penalty', 'rho'], { inner: 20 }),
  'pdmm, inner 1': flow('pdmm', ['penalty', 'rho'], { inner: 1 }),
  'pdmm, inner 5': flow('pdmm', ['penalty', 'rho'], { inner: 5 }),
  'pdmm, inner 20': flow('pdmm', ['penalty', 'rho'], { inner: 20 }),
  'primal-dual error-state, flatten(sign)': { ...primalDual('error-state', ['mu']), compressor: sign },
  'primal-dual observer, flatten(sign)': { ...primalDual('observer', ['mu']), compressor: sign },
  'primal-dual error-memory, flatten(sign)': {
    ...primalDual('error-memory', ['mu', 'gamma']),
    compressor: sign,
  },
  'primal-dual error-memory, best-rotation': {
    ...primalDual('error-memory', ['mu', 'gamma']),
    compressor: bestSign,
    // Likewise: from `auto` it stops at 204 rounds.
    start: { ...memoryEnds, mu: 1, gamma: 0.5 },
  },
  'primal-dual error-memory, every 2nd round flatten(sign)': {
    ...primalDual('error-memory', ['gamma']),
    compressor: everyOther,
  },
  'primal-dual error-state, top-k': { ...primalDual('error-state', ['mu']), compressor: topK },
  'primal-dual error-memory, inner 5, flatten(sign) exact': local('error-memory', 5, ['mu', 'gamma'], {
    compressor: exactSign,
  }),
  'primal-dual error-memory, inner 20, flatten(sign) exact': local('error-memory', 20, ['mu', 'gamma'], {
    compressor: exactSign,
  }),
  'choco-sgd, flatten(sign)': { ...flow('choco-sgd', ['step', 'gamma']), compressor: sign },
  'lead, flatten(sign)': {
    ...flow('lead', ['step', 'gamma', 'alpha']),
    largest: { alpha: 1 },
    compressor: sign,
  },
  'lead, flatten(sign) exact': {
    ...flow('lead', ['step', 'gamma', 'alpha']),
    largest: { alpha: 1 },
    compressor: exactSign,
  },
  'lead, best-rotation': {
    ...flow('lead', ['step', 'gamma', 'alpha']),
    largest: { alpha: 1 },
    compressor: bestSign,
  },
  'lead, every 2nd round flatten(sign)': {
    ...flow('lead', ['step', 'gamma', 'alpha']),
    largest: { alpha: 1 },
    compressor: everyOther,
  },
  'lead, every 3rd round flatten(sign) exact': seldomLead(3),
  'lead, every 4th round flatten(sign) exact': seldomLead(4),
  'lead, every 5th round flatten(sign) exact': seldomLead(5),
  'lead, qsgd': { ...flow('lead', ['step', 'gamma', 'alpha']), largest: { alpha: 1 }, compressor: fourBits },
  'beer, flatten(sign)': { ...flow('beer', ['step', 'gamma']), compressor: sign },
  'beer, top-k': { ...flow('beer', ['step', 'gamma']), compressor: topK },
  'c-gt, flatten(sign)': {
    ...flow('c-gt', ['step', 'gamma', 'alpha']),
    largest: { alpha: 1 },
    compressor: sign,
  },
  'c-gt, qsgd': { ...flow('c-gt', ['step', 'gamma', 'alpha']), largest: { alpha: 1 }, compressor: fourBits },
};

const module = new WebAssembly.Module(readFileSync(kernelsUrl));
const problem = {
  topology: { kind: 'erdos-renyi', nodes: 50, averageDegree: 6, seed: 1, largestComponent: true },
  weights: 'metropolis',
  cost: { kind: 'logistic', data: path.resolve(data), regularization: 0.01 },
  stop: { gap: TARGET },
};

async function prepare({ flow, compressor }, more = {}) {
  const config = { ...problem, rounds: MOST_ROUNDS, flow, ...(compressor && { compressor }), ...more };
  return prepareRun(await parseConfig(config), 1);
}

/** On average; messages of these methods are equally long, where there are any. */
function bitsPerRound({ messageBits, channels: [compressor] }) {
  return messageBits ?? compressor.longestBits / compressor.rounds;
}

/** Bits an agent has said when the target is reached; more than any of these where it is not, the further off the more. */
function evaluator(prepared) {
  const { run } = prepared.program;
  let best = Number.POSITIVE_INFINITY;
  return (gains) => {
    run.flow.gains = gains;
    // Who cannot be the best any more need not go on.
    run.rounds = Math.min(MOST_ROUNDS, Math.ceil(best / bitsPerRound(run)));
    run.traceEvery = TRACE_EVERY;
    const { verdict, rows } = runOnOneThread(prepared, module);
    const last = rows.at(-1);
    if (verdict !== 'converged')
      return {
        bits: Number.POSITIVE_INFINITY,
        gap: verdict === 'diverged' ? Number.POSITIVE_INFINITY : last.gap,
      };
    const bits = last.bitsBroadcast / run.agents;
    best = Math.min(best, bits);
    return { bits, gap: last.gap };
  };
}

const better = (a, b) =>
  a.bits === b.bits ? a.bits === Number.POSITIVE_INFINITY && a.gap < b.gap : a.bits < b.bits;

/** Hooke, Jeeves 1961, in the logarithms. */
function search(start, { free, largest = {}, moves = {} }, evaluate) {
  const budget = evaluations * free.length;
  let left = budget;
  const attempt = (gains) => {
    left--;
    return { gains, ...evaluate(gains) };
  };
  const scaled = (gains, name, factor) => {
    const moved = { ...gains };
    for (const [gain, exponent] of Object.entries(moves[name] ?? { [name]: 1 }))
      moved[gain] = Math.min(gains[gain] * factor ** exponent, largest[gain] ?? Number.POSITIVE_INFINITY);
    return moved;
  };
  const explore = (from, factor) => {
    let at = from;
    for (const name of free) {
      for (const by of [factor, 1 / factor]) {
        const gains = scaled(at.gains, name, by);
        if (left === 0 || gains[name] === at.gains[name]) continue;
        const there = attempt(gains);
        if (!better(there, at)) continue;
        at = there;
        break;
      }
    }
    return at;
  };
  let base = attempt(start);
  for (const factor of [2, Math.SQRT2, 2 ** 0.25]) {
    while (left > 0) {
      let found = explore(base, factor);
      if (found === base) break;
      // What helped may help again: the same move once more, with a look around.
      while (left > 0) {
        const again = { ...found.gains };
        for (const name of free) {
          const most = largest[name] ?? Number.POSITIVE_INFINITY;
          again[name] = Math.min(found.gains[name] * (found.gains[name] / base.gains[name]), most);
        }
        base = found;
        const there = attempt(again);
        found = better(there, base) ? there : base;
        if (found === base) break;
      }
    }
  }
  return { ...base, evaluations: budget - left };
}

const round3 = (value) => Number(value.toPrecision(3));

async function tune(name) {
  const { flow, compressor, free, start } = methods[name];
  const prepared = await prepare(methods[name]);
  const { optimum, program } = prepared;
  const found = search({ ...program.run.flow.gains, ...start }, methods[name], evaluator(prepared));
  const gains = Object.fromEntries(free.map((gain) => [gain, round3(found.gains[gain])]));
  const tuned = { flow: { ...flow, ...gains }, compressor };
  const counted = await prepare(tuned, { trace: { every: 1 } });
  const { verdict, rows, summary } = runOnOneThread(counted, module);
  const last = rows.at(-1);
  return {
    method: name,
    ...tuned,
    reached: verdict === 'converged',
    rounds: last.round,
    kilobitsPerAgent: last.bitsBroadcast / counted.graph.nodes / 1000,
    bitsPerRound: summary.bits.perMessage,
    gradientsPerAgent: last.round * (flow.inner ?? flow.localSteps ?? 1),
    gap: last.gap,
    consensusError: last.consensusError,
    evaluations: found.evaluations,
    optimum: optimum.value,
    lambda2: prepared.report.spectrum?.lambda2,
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
      'bits, rounds and seconds to a gap of 1e-6 on a9a over 50 agents, every method with searched gains',
    problem: { ...problem, cost: { ...problem.cost, data: 'a9a' } },
    evaluationsPerGain: evaluations,
    node: process.version,
    machine: `${os.cpus()[0].model}, ${os.availableParallelism()} cores; runs on one thread`,
  };
  writeFileSync(`${file}.tmp`, `${JSON.stringify({ ...about, results }, null, 1)}\n`);
  renameSync(`${file}.tmp`, file);
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

const named = options.only?.split(';').map((name) => name.trim());

if (options.time) {
  const { results } = read();
  const reached = results.filter(({ reached, method }) => reached && (named?.includes(method) ?? true));
  const runs = [];
  for (const { flow, compressor, rounds } of reached) {
    runs.push(await prepare({ flow, compressor }, { rounds, stop: {}, trace: { every: rounds } }));
  }
  const seconds = reached.map(() => []);
  for (let repetition = 0; repetition < 3; repetition++) {
    for (const [at, prepared] of runs.entries()) {
      const { summary } = runOnOneThread(prepared, module);
      seconds[at].push(summary.seconds);
      const { method, gap } = reached[at];
      // Not the same bits: signs turn over where the engine has learned to add in another order.
      if (Math.abs(summary.final.gap / gap - 1) > 1e-2)
        throw new Error(
          `${method} ends at a gap of ${summary.final.gap}, recorded are ${gap}; --only "${method}" searches anew`,
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
    const startedMs = performance.now();
    const result = await tune(name);
    record((all) => [...all.filter(({ method }) => method !== name), result]);
    const { rounds, kilobitsPerAgent, reached, gap, flow } = result;
    console.log(
      `${name.padEnd(42)} ${reached ? `${rounds} rounds, ${kilobitsPerAgent.toFixed(1)} kbit` : `not reached: ${gap.toExponential(1)}`}  ${JSON.stringify(flow)}  (${((performance.now() - startedMs) / 1000).toFixed(0)} s)`,
    );
  }
}
