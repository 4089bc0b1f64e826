/**
 * A cost of one's own, from a file to an answer: the geometric median of twenty places, of which four are far
 * away, beside their mean. `node examples/05-own-cost/run.mjs`
 */

import { fileURLToPath } from 'node:url';
import { run } from 'sottovoce';
import { plan } from './median.mjs';

const { summary, x } = await run(fileURLToPath(new URL('own-cost.yaml', import.meta.url)));
const { rounds, bits, final } = summary;
const { places } = plan({ agents: 20, parameters: {} }).data;
const mean = [0, 1].map((c) => places.reduce((sum, place) => sum + place[c], 0) / places.length);
const show = (point) => `(${Array.from(point, (entry) => entry.toFixed(4)).join(', ')})`;
console.log(`mean of the places   ${show(mean)}`);
console.log(`agent 0's median     ${show(x.subarray(0, 2))}`);
console.log(
  `${rounds} rounds, ${(bits.broadcast / 1e6).toFixed(2)} Mbit, agents' gap ${final.agentsGapMean?.toExponential(1)}`,
);
