// {{name}}: a compressor. As it stands: the sign of every entry, and their mean magnitude.
// What each function may do, and what is checked: docs/your-own-compressor.md

import type { CompressorModule } from 'sottovoce';

// Once, before the run: check the parameters, and say how long a message is.
export const plan: CompressorModule['plan'] = ({ dim, parameters }) => {
  const scale = Number(parameters.scale ?? 1);
  if (!(scale > 0)) throw new Error(`scale is ${parameters.scale}, expected a number > 0`);
  return { messageBits: 64 + dim };
};

// One agent's message. Fields follow one another; what is not written is not sent.
export const encode: CompressorModule['encode'] = (error, message, { dim, parameters }) => {
  let sum = 0;
  for (const entry of error) sum += Math.abs(entry);
  message.float64((Number(parameters.scale ?? 1) * sum) / dim);
  for (const entry of error) message.bits(entry < 0 ? 1 : 0, 1);
};

// What a neighbour makes of it: the same fields in the same order. `out` comes as zeros.
export const decode: CompressorModule['decode'] = (message, out) => {
  const magnitude = message.float64();
  for (let c = 0; c < out.length; c++) out[c] = message.bits(1) === 1 ? -magnitude : magnitude;
};

/* config
topology: { kind: ring, nodes: 12 }
cost: { kind: quadratic, dim: 16, condition: 4 }
flow: { kind: primal-dual }
compressor:
  kind: custom
  module: {{module}}
  scale: 1 # everything beside kind and module is handed to the module
rounds: 5000
stop: { rmsError: 1.0e-6 }
seed: 1
*/

/* next
sottovoce run {{config}}
sottovoce compare {{config}} --compressors 'custom(module={{module}}); sign; top-k(k=2)' --tune 0
sottovoce certify 'custom(module={{path}})' sign --dim 16
*/
