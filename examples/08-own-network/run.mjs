/**
 * A network of one's own: what far friends are worth, and what it costs that links fail for a while.
 * `node examples/08-own-network/run.mjs`
 */

import { fileURLToPath } from 'node:url';
import { loadConfig, run } from 'sottovoce';

const file = fileURLToPath(new URL('own-network.yaml', import.meta.url));

console.log('chords   outages of   rounds   over links');
for (const chords of [20, 80]) {
  for (const length of [1, 5]) {
    const config = await loadConfig(file, [
      { path: ['topology', 'chords'], value: chords, origin: 'chords' },
      { path: ['links', 'length'], value: length, origin: 'length' },
    ]);
    const { rounds, bits } = (await run(config)).summary;
    const columns = [
      String(chords).padStart(6),
      `${length} round${length > 1 ? 's' : ''}`.padStart(13),
      String(rounds).padStart(9),
      `${(bits.links / 1e6).toFixed(1)} Mbit`.padStart(13),
    ];
    console.log(columns.join(''));
  }
}
