// {{name}}: a graph. As it stands: a ring with `chords` further edges, drawn by the seed.
// What may be exported beside edges, and what is checked: docs/your-own-network.md

import type { TopologyModule } from 'sottovoce';

type Parameters = { nodes?: number; chords?: number };

// Every edge once: [a, b], numbers of two nodes from 0, or [a, b, weight] for `weights: file`.
export const edges: TopologyModule<Parameters>['edges'] = function* ({ parameters, random }) {
  const { nodes = 12, chords = 4 } = parameters;
  if (!(nodes >= 3)) throw new Error(`nodes is ${nodes}, expected a whole number >= 3`);
  for (let i = 0; i < nodes; i++) yield [i, (i + 1) % nodes];
  for (let c = 0; c < chords; c++) yield [random.integer(nodes), random.integer(nodes)];
};

// How many nodes there are; without it 1 + the largest number. `labels` would give them names, and
// `directed = true` make the edges arcs, from a to b.
export const nodes: TopologyModule<Parameters>['nodes'] = ({ parameters }) => parameters.nodes ?? 12;

/* config
topology:
  kind: custom
  module: {{module}}
  nodes: 12 # everything beside kind and module is handed to the module
  chords: 4
cost: { kind: quadratic, dim: 16, condition: 4 }
flow: { kind: primal-dual }
rounds: 5000
stop: { rmsError: 1.0e-6 }
seed: 1
*/

/* next
sottovoce run {{config}}
sottovoce topology inspect --kind custom --module {{path}} --chords 8
sottovoce compare {{config}} --flows 'primal-dual; extra; nids' --tune 0
*/
