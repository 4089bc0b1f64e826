// LEAD (Liu, Li, Wang, Tang, Yan 2021): linear convergence to the exact optimum with compressed messages. With
// yHat <- s + C(y - s), s <- s + alpha C(y - s), I - W = tau L, and x^1 = x^0 - h grad f(x^0):
//     y <- x - h grad f(x) - h v        v <- v + gamma/(2 h) tau L yHat        x <- y - gamma/2 tau L yHat

export const state = ['v', 'y'];
/** @type {import('sottovoce').FlowParameters} */
export const parameters = {
  step: { auto: ({ l }) => 1 / l, min: 0 },
  gamma: { auto: ({ delta }) => delta ** 2, min: 0, max: 2 },
  alpha: { default: 1, min: 0, max: 1 },
  mixing: { auto: ({ maxDegree }) => 1 / (1 + maxDegree), min: 0 },
};
export const messages = { y: { form: 'difference', gain: 'alpha' } };

/** @typedef {import('sottovoce').FlowFunction<'v' | 'y', 'y', 'step' | 'gamma' | 'alpha' | 'mixing'>} Lead */

/** @type {Lead} */
export function send({ round, x, v, y, gradient, parameters: { step } }) {
  if (round === 0) descend(x, gradient(x), step, y);
  const from = round === 0 ? y : x;
  descend(from, gradient(from), step, y);
  for (let c = 0; c < x.length; c++) y[c] -= step * v[c];
}

/** @type {Lead} */
export function step({ x, v, y, heard, parameters: { step, gamma, mixing } }) {
  const { laplacian } = heard.y;
  for (let c = 0; c < x.length; c++) {
    x[c] = y[c] - (gamma / 2) * mixing * laplacian[c];
    v[c] += (gamma / (2 * step)) * mixing * laplacian[c];
  }
}

/** @type {(from: Float64Array, slope: Float64Array, step: number, to: Float64Array) => void} */
function descend(from, slope, step, to) {
  for (let c = 0; c < to.length; c++) to[c] = from[c] - step * slope[c];
}
