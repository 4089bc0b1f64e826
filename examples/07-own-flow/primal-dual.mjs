// Primal-dual flow with error-state compression (Ren et al. 2024, arXiv 2408.02332). With y = s + C(x - s) what
// the network knows of x, and s <- s + mu C(x - s):
//     x <- x - h (grad f(x) + alpha L y + beta v)        v <- v + h beta L y

export const needs = { changingLinks: true };
export const state = ['v'];
export const parameters = { step: 0.02, alpha: 1, beta: 1, mu: { default: 0.5, min: 0, max: 1 } };
export const messages = { x: { form: 'difference', gain: 'mu' } };

/** @type {import('sottovoce').FlowFunction<'v', 'x', 'step' | 'alpha' | 'beta' | 'mu'>} */
export function step({ x, v, heard, gradient, parameters: { step, alpha, beta } }) {
  const { laplacian } = heard.x;
  const slope = gradient(x);
  for (let c = 0; c < x.length; c++) {
    x[c] -= step * (slope[c] + alpha * laplacian[c] + beta * v[c]);
    v[c] += step * beta * laplacian[c];
  }
}
