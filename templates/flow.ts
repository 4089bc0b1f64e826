// {{name}}: a flow. As it stands: the primal-dual flow, x <- x - h (grad f(x) + alpha L x + beta v) and
// v <- v + h beta L x. What each function may do, and what is checked: docs/your-own-flow.md

import type { FlowFunction, FlowParameters } from 'sottovoce';

// What an agent keeps beside x, zeros at first.
export const state = ['v'];

// What it sends in every round: x, as the compressed difference to an estimate that the engine keeps for both
// sides. 'raw' sends it as it is, 'compressed' through the compressor alone.
export const messages = { x: 'difference' };

// What a config may set. A rule makes a number of the costs (l), the graph (lambdaMax) and so on: `auto`.
export const parameters: FlowParameters = {
  step: { auto: ({ l, lambdaMax }) => 1 / (l + 2 * lambdaMax), min: 0 },
  alpha: 1, // fixed here, where the built-in flow has a rule: another graph may want others
  beta: 1,
};

// One round of one agent. `heard` has what arrived; arrays are changed in place.
export const step: FlowFunction<'v', 'x', 'step' | 'alpha' | 'beta'> = ({
  x,
  v,
  heard,
  gradient,
  parameters,
}) => {
  const { step: h, alpha, beta } = parameters;
  const { laplacian } = heard.x;
  const slope = gradient(x);
  for (let c = 0; c < x.length; c++) {
    x[c] -= h * (slope[c] + alpha * laplacian[c] + beta * v[c]);
    v[c] += h * beta * laplacian[c];
  }
};

/* config
topology: { kind: ring, nodes: 12 }
cost: { kind: quadratic, dim: 16, condition: 4 }
flow:
  kind: custom
  module: {{module}}
  step: auto # the rule, and trial runs around it
  alpha: 1
  beta: 1
compressor: { kind: identity } # or { kind: flatten, inner: { kind: sign } }: one bit an entry
rounds: 5000
stop: { rmsError: 1.0e-6 }
seed: 1
*/

/* next
sottovoce run {{config}}
sottovoce compare {{config}} --flows 'custom(module={{module}}); dgd; lead; primal-dual' --seeds 1..3
*/
