/**
 * What failing links cost: the same agents with all links up, with 30% dropped in every round, and with
 * failures in bursts. `node examples/06-failing-links/run.mjs`
 */

import { fileURLToPath } from 'node:url';
import { loadConfig, run } from 'sottovoce';

const file = fileURLToPath(new URL('failing-links.yaml', import.meta.url));
/** @type {[name: string, links: import('sottovoce').LinksInput | null][]} */
const cases = [
  ['all links up', null],
  ['30% dropped', { kind: 'drops', rate: 0.3 }],
  ['bursts of 5 rounds', { kind: 'gilbert-elliott', toBad: 0.1, toGood: 0.2 }],
];

console.log('links                     rounds   rms error   over links   on the network');
for (const [name, links] of cases) {
  const config = await loadConfig(file, [{ path: ['links'], value: links, origin: name }]);
  const { rounds, bits, final } = (await run(config)).summary;
  const columns = [
    name.padEnd(24),
    String(rounds).padStart(8),
    (final.rmsError ?? Number.NaN).toExponential(1).padStart(12),
    `${(bits.links / 1e6).toFixed(1)} Mbit`.padStart(13),
    `${(final.networkSeconds ?? Number.NaN).toFixed(1)} s`.padStart(17),
  ];
  console.log(columns.join(''));
}
