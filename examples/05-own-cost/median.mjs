/**
 * The geometric median: where the sum of the distances to the agents' places is least, each distance rounded
 * off at its tip.
 *
 *     f_i(x) = sqrt(|x - p_i|^2 + softness^2) - softness
 *     gradient (x - p_i) / sqrt(|x - p_i|^2 + softness^2)
 *
 * Convex, l = 1 / softness, no m: far out it is a cone. An agent far away pulls with a force of 1, like any
 * other, which is why the median does not follow outliers as the mean does. Places: a spiral around (1, 0),
 * and every fifth agent far to the right.
 *
 * There is no formula for the minimiser. The engine finds it, because `plan` says how smooth the cost is, and
 * checks gradient and l before the run.
 */

/** @type {import('sottovoce').CostModule['plan']} */
export function plan({ agents, parameters: { softness = 0.5, ...others } }) {
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new Error(`${unknown} is not a parameter, expected softness`);
  if (!(softness > 0)) throw new Error(`softness is ${softness}, expected a number > 0`);
  const places = Array.from({ length: agents }, (_, i) => {
    const radius = Math.sqrt((i + 0.5) / agents);
    return [1 + radius * Math.cos(2.4 * i) + (i % 5 === 4 ? 10 : 0), radius * Math.sin(2.4 * i)];
  });
  return { dim: 2, l: 1 / softness, data: { softness, places } };
}

/** @type {import('sottovoce').CostModule['value']} */
export function value(x, agent, { data: { softness, places } }) {
  const [east, north] = places[agent];
  return Math.hypot(x[0] - east, x[1] - north, softness) - softness;
}

/** @type {import('sottovoce').CostModule['gradient']} */
export function gradient(x, out, agent, { data: { softness, places } }) {
  const [east, north] = places[agent];
  const distance = Math.hypot(x[0] - east, x[1] - north, softness);
  out[0] = (x[0] - east) / distance;
  out[1] = (x[1] - north) / distance;
}
