// {{name}}: a private cost. As it stands: f_i(x) = w_i/2 |x - place_i|^2, places on a spiral.
// What each function may do, and what is checked: docs/your-own-cost.md

import type { CostModule } from 'sottovoce';

const weight: (agent: number) => number = (agent) => 1 + (agent % 3);
const place: (agent: number) => [number, number] = (agent) => [
  agent * Math.cos(agent),
  agent * Math.sin(agent),
];

// Once, before the run: check the parameters, and say how many entries x has. With m (strong convexity) and
// l (smoothness) of every agent's cost, gains may be `auto`.
export const plan: CostModule['plan'] = ({ parameters }) => {
  const scale = Number(parameters.scale ?? 1);
  if (!(scale > 0)) throw new Error(`scale is ${parameters.scale}, expected a number > 0`);
  return { dim: 2, m: scale, l: 3 * scale };
};

// f_i(x) of one agent.
export const value: CostModule['value'] = (x, agent, { parameters }) => {
  const target = place(agent);
  let sum = 0;
  for (let c = 0; c < x.length; c++) sum += ((x[c] ?? 0) - (target[c] ?? 0)) ** 2;
  return (Number(parameters.scale ?? 1) * weight(agent) * sum) / 2;
};

// Its gradient. `out` comes as zeros.
export const gradient: CostModule['gradient'] = (x, out, agent, { parameters }) => {
  const target = place(agent);
  const factor = Number(parameters.scale ?? 1) * weight(agent);
  for (let c = 0; c < x.length; c++) out[c] = factor * ((x[c] ?? 0) - (target[c] ?? 0));
};

// The minimiser of the mean, where it is known: gap and error are measured against it. Else leave it out.
export const optimum: CostModule['optimum'] = ({ agents, dim }) => {
  const sum = new Float64Array(dim);
  let total = 0;
  for (let agent = 0; agent < agents; agent++) {
    total += weight(agent);
    for (const [c, entry] of place(agent).entries()) sum[c] = (sum[c] ?? 0) + weight(agent) * entry;
  }
  return sum.map((entry) => entry / total);
};

/* config
topology: { kind: ring, nodes: 12 }
cost:
  kind: custom
  module: {{module}}
  scale: 1 # everything beside kind and module is handed to the module
flow: { kind: primal-dual }
rounds: 5000
stop: { rmsError: 1.0e-6 }
seed: 1
*/

/* next
sottovoce run {{config}}
sottovoce compare {{config}} --flows 'primal-dual; extra; nids' --tune 0
*/
