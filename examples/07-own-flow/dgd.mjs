// Decentralised gradient descent (Nedic, Ozdaglar 2009): x <- x - h grad f(x) - tau L x.

/** @type {import('sottovoce').FlowParameters} */
export const parameters = {
  step: { auto: ({ l }) => 0.5 / l, min: 0 },
  mixing: { auto: ({ maxDegree }) => 1 / (1 + maxDegree), min: 0 },
};
export const biased = true;
export const messages = { x: 'raw' };

/** @type {import('sottovoce').FlowFunction<never, 'x', 'step' | 'mixing'>} */
export function step({ x, heard, gradient, parameters: { step, mixing } }) {
  const { laplacian } = heard.x;
  const slope = gradient(x);
  for (let c = 0; c < x.length; c++) x[c] = x[c] - step * slope[c] - mixing * laplacian[c];
}
