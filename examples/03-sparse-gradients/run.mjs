/**
 * Gradients whose energy sits in a few coordinates, with one bit a coordinate each way. From a gap of 0.28,
 * flattened messages end at 0.014, plain ones at 0.044, and a majority vote hardly moves (0.22). SGD, with 64
 * bits, ends at 0.0007: one bit is not free.
 *
 *     node examples/03-sparse-gradients/run.mjs [--rounds N]
 *
 * The same config four times, with other links; `lambda` and `gamma` are the best of
 * bench/sparse-gradients.mjs for each method. docs/fo-sgd.md explains what you see.
 */

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadConfig, run } from 'sottovoce';
import { writeSparseData } from './data.mjs';

const { values: options } = parseArgs({ options: { rounds: { type: 'string' } } });
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const data = here('../../runs/sparse/data.libsvm');
mkdirSync(path.dirname(data), { recursive: true });
await writeSparseData(data, 1);

const sign = { kind: 'sign', scale: 'unit' };
/** @type {[name: string, changes: Record<string, unknown>][]} */
const METHODS = [
  ['SGD, 64 bits a coordinate', { uplink: { kind: 'identity' }, lambda: null, gamma: 0.4 }],
  ['FO-SGD: flattened, one bit', {}],
  ['one bit, not flattened', { flatten: false, lambda: 0.04, gamma: 0.1 }],
  ['signSGD, majority vote', { uplink: sign, downlink: sign, lambda: null, gamma: 0.0005 }],
];

console.log('log. regression, 256 sparse features, 16 workers, batches of 8\n');
console.log('method                        final gap   bits up   bits down  a coordinate and round');
for (const [name, changes] of METHODS) {
  const config = await loadConfig(here('sparse.yaml'));
  const program = /** @type {Record<string, unknown>} */ (config.config.program);
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) delete program[key];
    else program[key] = value;
  }
  const { summary, plan } = await run(config, options.rounds ? { rounds: Number(options.rounds) } : {});
  const { rounds, agents, dim, bits, final } = summary;
  const each = (sent) => (sent / rounds / agents / dim).toFixed(0).padStart(9);
  console.log(
    `${name.padEnd(28)} ${String(final.gap?.toExponential(2)).padStart(10)} ${each(bits.up)} ${each(bits.down)}    (${plan.rounds} rounds)`,
  );
}
