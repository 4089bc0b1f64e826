/**
 * Flows of one's own beside built-in ones, on one problem: `node examples/07-own-flow/run.mjs`
 */

import { fileURLToPath } from 'node:url';
import { loadConfig, run } from 'sottovoce';

const file = fileURLToPath(new URL('own-flow.yaml', import.meta.url));
/** @type {any} */
const config = (await loadConfig(file)).config;
/** @param {string} name */
const own = (name) => ({ kind: 'custom', module: fileURLToPath(new URL(`${name}.mjs`, import.meta.url)) });
const none = { kind: 'identity' };

const methods = {
  'dgd.mjs': { flow: own('dgd'), compressor: none },
  dgd: { flow: { kind: 'dgd' }, compressor: none },
  'extra.mjs': { flow: own('extra'), compressor: none },
  'lead.mjs': { flow: own('lead') },
  lead: { flow: { kind: 'lead' } },
};
console.log('method      rounds   kbit an agent   rms error');
for (const [name, method] of Object.entries(methods)) {
  const { summary } = await run({ ...config, ...method });
  const { rounds, bits, agents, final } = summary;
  const kbit = (bits.broadcast / agents / 1000).toFixed(0);
  const error = final.rmsError?.toExponential(1) ?? '-';
  console.log(name.padEnd(10), String(rounds).padStart(7), kbit.padStart(15), error.padStart(11));
}
