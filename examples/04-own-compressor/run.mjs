/**
 * A compressor of one's own, from a file to a comparison: two-level.mjs beside one bit a coordinate and no
 * compression at all, on the same problem. `node examples/04-own-compressor/run.mjs`
 */

import { fileURLToPath } from 'node:url';
import { loadConfig, run } from 'sottovoce';

const file = fileURLToPath(new URL('own-compressor.yaml', import.meta.url));
/** @type {import('sottovoce').CompressorInput} */
const own = { kind: 'custom', module: 'two-level.mjs' };

/**
 * A list of changes to the config, as `--set` makes them.
 *
 * @type {[name: string, compressor: import('sottovoce').CompressorInput][]}
 */
const runs = [
  ['no compression', { kind: 'identity' }],
  ['one bit a coordinate', { kind: 'sign' }],
  ['two-level.mjs', own],
  ['flatten(two-level.mjs)', { kind: 'flatten', inner: own }],
];

console.log("compressor              bits a message   rounds   bits in all   agents' gap");
for (const [name, compressor] of runs) {
  const config = await loadConfig(file, [{ path: ['compressor'], value: compressor, origin: name }]);
  const { rounds, bits, final } = (await run(config)).summary;
  const columns = [
    name.padEnd(24),
    String(bits.perMessage).padStart(13),
    String(rounds).padStart(9),
    `${(bits.broadcast / 1e6).toFixed(1)} Mbit`.padStart(14),
    `   ${final.agentsGapMean?.toExponential(1)}`,
  ];
  console.log(columns.join(''));
}
