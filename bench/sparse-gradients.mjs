/**
 * Where plain one-bit messages and signSGD fail: sparse features. Does flattening mend it, when every method
 * has the lambda and the step that suit it best?
 *
 *     node bench/sparse-gradients.mjs [--quick] [--seeds N] [--only METHOD] [--out FILE.json]
 *
 * Logistic regression, d = 256, in which feature j (1, 2, ...) is present with probability j^-0.8, so that a
 * few coordinates of a gradient carry most of its energy: 16 workers, batches of 8, 6,000 rounds. All methods
 * run through the engine's own program; each is given the same grid of lambdas and of steps and judged by the
 * best pair: the lowest final gap on average over the seeds, which draw data, model, batches and dither
 * alike. signSGD and SGD have no lambda; signSGD's step is tried at all products gamma lambda, which is how
 * far the one-bit methods move a coordinate. Seeded. `--only` (the beginning of a name) runs one method and
 * puts it beside what the file has already. Build first: `npm run build`.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { parseConfig } from '../dist/src/index.js';
import { kernelsUrl } from '../dist/src/run/locations.js';
import { prepareRun } from '../dist/src/session/prepare.js';
import { runOnOneThread } from '../dist/src/session/single-thread.js';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '5' },
    out: { type: 'string' },
    only: { type: 'string' },
  },
});

const DIM = 256;
const WORKERS = 16;
const SAMPLES = 4096;
const BATCH = 8;
const ROUNDS = options.quick ? 600 : 6000;
const REGULARIZATION = 0.001;
const SEEDS = Array.from({ length: options.quick ? 1 : Number(options.seeds) }, (_, i) => i + 1);
const LAMBDAS = [0.005, 0.01, 0.02, 0.04, 0.08];
const GAMMAS = [0.1, 0.2, 0.4, 0.8];

const sign = { kind: 'sign', scale: 'unit' };
const pairs = LAMBDAS.flatMap((lambda) => GAMMAS.map((gamma) => ({ lambda, gamma })));
const products = [...new Set(pairs.map(({ lambda, gamma }) => Number((lambda * gamma).toPrecision(3))))];
const METHODS = {
  'FO-SGD': pairs.map(({ lambda, gamma }) => ({ lambda, gamma })),
  'one-bit, not flattened': pairs.map(({ lambda, gamma }) => ({ lambda, gamma, flatten: false })),
  'signSGD, majority vote': products.map((gamma) => ({ gamma, uplink: sign, downlink: sign })),
  'SGD, 64 bits': GAMMAS.map((gamma) => ({ gamma, uplink: { kind: 'identity' } })),
};

const folder = mkdtempSync(path.join(os.tmpdir(), 'sottovoce-sparse-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const module = new WebAssembly.Module(readFileSync(kernelsUrl));

/** mulberry32. */
function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Present features are standard normal, and so is the model that draws the labels. */
function writeData(seed) {
  const random = seeded(1000 + seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const model = Float64Array.from({ length: DIM }, normal);
  const lines = [];
  for (let r = 0; r < SAMPLES; r++) {
    const entries = [];
    let margin = 0;
    for (let c = 0; c < DIM; c++) {
      if (random() >= (c + 1) ** -0.8) continue;
      const value = normal();
      margin += value * model[c];
      entries.push(`${c + 1}:${value}`);
    }
    // The last feature is named, so that every seed has the same dimension.
    if (!entries.at(-1)?.startsWith(`${DIM}:`)) entries.push(`${DIM}:0`);
    lines.push(`${random() < 1 / (1 + Math.exp(-margin)) ? 1 : -1} ${entries.join(' ')}`);
  }
  const file = path.join(folder, `${seed}.libsvm`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

async function finalGap(file, seed, program) {
  const config = await parseConfig({
    program: { kind: 'parameter-server', agents: WORKERS, batch: BATCH, ...program },
    cost: { kind: 'logistic', data: file, regularization: REGULARIZATION },
    rounds: ROUNDS,
    seed,
    trace: { every: ROUNDS },
  });
  const { summary, rows } = runOnOneThread(await prepareRun(config, 1), module);
  const gap =
    summary.status === 'diverged'
      ? Number.POSITIVE_INFINITY
      : (summary.final.gap ?? Number.POSITIVE_INFINITY);
  return { gap, start: rows[0].gap, bits: summary.bits };
}

const files = SEEDS.map((seed) => writeData(seed));
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
const started = performance.now();
const earlier =
  options.only && options.out && existsSync(options.out)
    ? JSON.parse(readFileSync(options.out, 'utf8'))
    : null;
const results = earlier?.results ?? {};
for (const [name, programs] of Object.entries(METHODS)) {
  if (options.only && !name.startsWith(options.only)) continue;
  let best = null;
  for (const program of programs) {
    const runs = [];
    for (const [i, seed] of SEEDS.entries()) runs.push(await finalGap(files[i], seed, program));
    const gap = mean(runs.map((run) => run.gap));
    if (best === null || gap < best.gap) best = { gap, program, runs };
  }
  const { up, down } = best.runs[0].bits;
  const messages = WORKERS * ROUNDS;
  results[name] = {
    lambda: best.program.lambda ?? null,
    gamma: best.program.gamma,
    gap: best.gap,
    gaps: best.runs.map(({ gap }) => gap),
    bitsUp: up / messages,
    bitsDown: down / messages,
    tried: programs.length,
  };
  const { lambda, gamma } = results[name];
  console.log(
    `${name.padEnd(24)} gap ${best.gap.toExponential(3)}  (${best.runs.map(({ gap }) => gap.toExponential(2)).join(' ')})  lambda ${lambda ?? '-'}, gamma ${gamma}; ${up / messages} bits up, ${down / messages} down; start ${best.runs[0].start.toFixed(3)}`,
  );
}
const ratios = {};
for (const rival of ['one-bit, not flattened', 'signSGD, majority vote']) {
  if (results['FO-SGD'] && results[rival])
    ratios[`FO-SGD to ${rival}`] = results['FO-SGD'].gap / results[rival].gap;
}
for (const [name, ratio] of Object.entries(ratios)) console.log(`${name}: ${ratio.toFixed(4)}`);
console.log(`${((performance.now() - started) / 1000).toFixed(0)} s, Node ${process.version}`);
if (options.out) {
  const about = {
    dim: DIM,
    workers: WORKERS,
    samples: SAMPLES,
    batch: BATCH,
    rounds: ROUNDS,
    regularization: REGULARIZATION,
    seeds: SEEDS,
    lambdas: LAMBDAS,
    gammas: GAMMAS,
  };
  writeFileSync(options.out, `${JSON.stringify({ about, results, ratios }, null, 2)}\n`);
}
