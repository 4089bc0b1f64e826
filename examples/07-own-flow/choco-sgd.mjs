// CHOCO-SGD (Koloskova, Stich, Jaggi 2019): a gradient step, then a step towards what the network knows of the
// neighbours' halves. With halfHat <- halfHat + C(half - halfHat):
//     half <- x - h grad f(x)        x <- half - gamma tau L halfHat

export const state = ['half'];
/** @type {import('sottovoce').FlowParameters} */
export const parameters = {
  step: { auto: ({ l }) => 0.25 / l, min: 0 },
  gamma: { auto: ({ delta }) => delta },
  mixing: { auto: ({ maxDegree }) => 1 / (1 + maxDegree), min: 0 },
};
export const messages = { half: 'difference' };
export const biased = true;

/** @typedef {import('sottovoce').FlowFunction<'half', 'half', 'step' | 'gamma' | 'mixing'>} ChocoSgd */

/** @type {ChocoSgd} */
export function send({ x, half, gradient, parameters: { step } }) {
  const slope = gradient(x);
  for (let c = 0; c < x.length; c++) half[c] = x[c] - step * slope[c];
}

/** @type {ChocoSgd} */
export function step({ x, half, heard, parameters: { gamma, mixing } }) {
  const { laplacian } = heard.half;
  for (let c = 0; c < x.length; c++) x[c] = half[c] - gamma * mixing * laplacian[c];
}
