// EXTRA (Shi, Ling, Wu, Yin 2015) in its cumulative form: exact with a constant step.
//     x <- x - tau L x - h grad f(x) - v        v <- v + (tau/2) L x

export const state = ['v'];
/** @type {import('sottovoce').FlowParameters} */
export const parameters = {
  step: { auto: ({ l, lambdaMax }) => (1 - 0.05 * lambdaMax) / l, min: 0 },
  mixing: 0.1,
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
