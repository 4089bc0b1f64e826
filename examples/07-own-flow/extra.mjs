// EXTRA (Shi, Ling, Wu, Yin 2015) in its cumulative form: exact with a constant step.
//     x <- x - tau L x - h grad f(x) - v        v <- v + (tau/2) L x

export const state = ['v'];
/** @type {import('sottovoce').FlowParameters} */
export const parameters = {
  // Metropolis weights are a mixing matrix as they are.
  mixing: { auto: ({ maxDegree }) => (maxDegree < 1 ? 1 : 1 / (1 + maxDegree)), min: 0 },
  step: { auto: ({ l, lambdaMax, parameters: { mixing } }) => (1 - (mixing * lambdaMax) / 2) / l, min: 0 },
};
export const messages = { x: 'raw' };

/** @type {import('sottovoce').FlowFunction<'v', 'x', 'step' | 'mixing'>} */
export function step({ x, v, heard, gradient, parameters: { step, mixing } }) {
  const { laplacian } = heard.x;
  const slope = gradient(x);
  for (let c = 0; c < x.length; c++) {
    x[c] = x[c] - mixing * laplacian[c] - step * slope[c] - v[c];
    v[c] = v[c] + (mixing / 2) * laplacian[c];
  }
}
