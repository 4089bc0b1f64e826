// Decentralised gradient descent (Nedic, Ozdaglar 2009): x <- x - h grad f(x) - tau L x.

export const parameters = { step: { auto: ({ l }) => 0.5 / l, min: 0 }, mixing: 0.1 };
export const messages = { x: 'raw' };

/** @type {import('sottovoce').FlowModule<never, 'x', 'step' | 'mixing'>['step']} */
export function step({ x, heard, gradient, parameters: { step, mixing } }) {
  const { laplacian } = heard.x;
  const slope = gradient(x);
  for (let c = 0; c < x.length; c++) x[c] = x[c] - step * slope[c] - mixing * laplacian[c];
}
