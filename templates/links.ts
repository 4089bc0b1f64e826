// {{name}}: links that come and go. As they stand: edges sleep by turns, and fail at random when awake.
// What may be exported beside up, and what is checked: docs/your-own-network.md

import type { LinksModule } from 'sottovoce';

type Parameters = { rate?: number; period?: number };

// Once, before the run: check the parameters. What is returned as `data` comes back as context.data.
export const plan: LinksModule<Parameters>['plan'] = ({ parameters: { rate = 0.2, period = 4 } }) => {
  if (!(rate >= 0 && rate < 1)) throw new Error(`rate is ${rate}, expected a number in [0, 1)`);
  if (!(Number.isInteger(period) && period >= 2)) throw new Error(`period is ${period}, expected 2 or more`);
  return {};
};

// Whether the edge is up in the round, asked with from < to. Both ends, on any worker, must answer alike: it
// depends on round, edge and `random` alone (draws of this edge and round), and remembers nothing.
export const up: LinksModule<Parameters>['up'] = (round, from, to, { parameters, random }) => {
  const { rate = 0.2, period = 4 } = parameters;
  const asleep = (round + from + to) % period === 0;
  return !asleep && random.uniform() >= rate;
};

// The share of rounds in which a link is up, for gains that are auto; without it it is counted.
export const presence: LinksModule<Parameters>['presence'] = (_from, _to, { parameters }) =>
  (1 - (parameters.rate ?? 0.2)) * (1 - 1 / (parameters.period ?? 4));

/* config
topology: { kind: ring, nodes: 12 }
links:
  kind: custom
  module: {{module}}
  rate: 0.2 # everything beside kind and module is handed to the module
  period: 4
cost: { kind: quadratic, dim: 16, condition: 4 }
flow: { kind: primal-dual }
rounds: 5000
stop: { rmsError: 1.0e-6 }
seed: 1
*/

/* next
sottovoce run {{config}}
sottovoce compare {{config}} --flows 'primal-dual; diging' --tune 0
*/
