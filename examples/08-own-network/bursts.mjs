/**
 * Links that fail for a while: time is cut into stretches of `length` rounds, and in each of them an edge is
 * down with probability `rate`. `random.at` draws by the stretch and not by the round, so both ends, and
 * every worker, know how long it lasts, and nothing has to be remembered.
 */

/** @typedef {{ rate?: number, length?: number }} Parameters */

/** Arcs of a directed graph fail one by one. */
export const directed = true;

/** @type {Required<import('sottovoce').LinksModule<Parameters>>['plan']} */
export function plan({ parameters: { rate = 0.3, length = 5 } }) {
  if (!(rate >= 0 && rate < 1)) throw new Error(`rate is ${rate}, expected a number in [0, 1)`);
  if (!(Number.isInteger(length) && length >= 1))
    throw new Error(`length is ${length}, expected a whole number >= 1`);
  return {};
}

/** @type {import('sottovoce').LinksModule<Parameters>['up']} */
export function up(round, _from, _to, { parameters: { rate = 0.3, length = 5 }, random }) {
  return random.at(Math.floor(round / length)).uniform() >= rate;
}

/** @typedef {import('sottovoce').LinksModuleContext<Parameters>} Context */
/** @type {(from: number, to: number, context: Context) => number} */
export function presence(_from, _to, { parameters: { rate = 0.3 } }) {
  return 1 - rate;
}
