// Push-sum (Kempe, Dobra, Gehrke 2003): the average over a directed graph. Everyone splits a sum and a weight
// evenly among itself and those that hear it, adds up what it is given, and reads off the ratio.

export const problem = 'average';
export const needs = { graph: 'directed', changingLinks: true, outNeighbours: true };
export const state = { sum: 'dim', weight: 1 };
export const messages = { share: 'raw', weightShare: { form: 'raw', length: 1 } };

/** @typedef {import('sottovoce').FlowFunction<'sum' | 'weight', 'share' | 'weightShare', never>} PushSum */

/** @type {PushSum} */
export function begin({ x, sum, weight }) {
  sum.set(x);
  weight[0] = 1;
}

/** @type {PushSum} */
export function send({ sum, weight, out, outNeighbours }) {
  const ways = 1 + outNeighbours;
  for (let c = 0; c < sum.length; c++) out.share[c] = sum[c] / ways;
  out.weightShare[0] = weight[0] / ways;
}

/** @type {PushSum} */
export function step({ x, sum, weight, heard: { share, weightShare } }) {
  weight[0] = weightShare.own[0] + weightShare.sum[0];
  for (let c = 0; c < x.length; c++) {
    sum[c] = share.own[c] + share.sum[c];
    x[c] = sum[c] / weight[0];
  }
}
