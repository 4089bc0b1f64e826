/**
 * What the direction of links costs: the same agents over a directed graph that is not balanced, uncompressed and
 * with one bit a coordinate, by both exact methods. `node examples/12-digraph/run.mjs`
 */

import { fileURLToPath } from 'node:url';
import { loadConfig, run } from 'sottovoce';

const file = fileURLToPath(new URL('digraph.yaml', import.meta.url));
const compressors = {
  none: { kind: 'identity' },
  'flatten(sign)': { kind: 'flatten', inner: { kind: 'sign' } },
};

console.log('flow          compressor      rounds   rms error   bits an agent');
for (const kind of ['push-pull', 'push-diging']) {
  for (const [name, compressor] of Object.entries(compressors)) {
    const config = await loadConfig(file, [
      { path: ['flow', 'kind'], value: kind, origin: kind },
      { path: ['compressor'], value: compressor, origin: name },
    ]);
    const { rounds, bits, final, agents } = (await run(config)).summary;
    const columns = [
      kind.padEnd(14),
      name.padEnd(14),
      String(rounds).padStart(8),
      (final.rmsError ?? Number.NaN).toExponential(1).padStart(12),
      `${(bits.broadcast / agents / 1000).toFixed(0)} kbit`.padStart(16),
    ];
    console.log(columns.join(''));
  }
}
