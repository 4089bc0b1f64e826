/**
 * A cost of one's own, from a file to an answer: the geometric median of twenty places, of which four are far
 * away, beside their mean. The module says f_i and its gradient, and how smooth it is; gap and error are
 * measured against the minimiser that the engine finds of them. `node examples/05-own-cost/run.mjs`
 */

import { fileURLToPath } from 'node:url';
import { run } from 'sottovoce';
import * as median from './median.mjs';

const config = fileURLToPath(new URL('own-cost.yaml', import.meta.url));
const { summary, rows, x, plan } = await run(config);
const { places } = median.plan({ agents: 20, parameters: {} }).data;
const mean = [0, 1].map((c) => places.reduce((sum, place) => sum + place[c], 0) / places.length);
const show = (point) => `(${Array.from(point, (entry) => entry.toFixed(4)).join(', ')})`;
console.log(`mean of the places   ${show(mean)}`);
console.log(`agent 0's median     ${show(x.subarray(0, 2))}`);
const { optimum } = plan;
if (optimum === null) throw new Error('the engine found no optimum');
console.log(
  `optimum              ${optimum.method}, to a gradient of ${optimum.gradientNorm.toExponential(1)}\n`,
);

console.log("round   agents' gap     error");
const steps = Math.min(8, rows.length - 1);
for (let step = 0; step <= steps; step++) {
  const { round, agentsGapMean, rmsError } = rows[Math.round((step * (rows.length - 1)) / steps)];
  console.log(
    String(round).padStart(5),
    agentsGapMean.toExponential(2).padStart(10),
    rmsError.toExponential(2).padStart(9),
  );
}

const { rounds, bits, final } = summary;
const gap = final.agentsGapMean?.toExponential(1);
console.log(`\n${rounds} rounds, ${(bits.broadcast / 1e6).toFixed(2)} Mbit, agents' gap ${gap}`);
