/**
 * Runs of a study: one config over a grid of values and seeds, by the library's own sweep, one run a thread.
 * Of every run what is measured is what its trace and its summary say; nothing is given up early.
 */

import { sweep } from '../../dist/src/index.js';

/**
 * @param {string | object} config a file, or plain data
 * @param {{ grid?: object, seeds: readonly number[], target?: object, rounds?: number }} options
 *   `grid`: values by the path of the config that they are put at, as `sweep` has them; `target`: what ends a
 *   run, which then goes on for as long again to see whether it stays
 * @returns {Promise<Run[]>} in the order of the grid, seed by seed
 * @typedef {{ values: Record<string, any>, seed: number, status: string, reached: boolean, rounds: number | null,
 *   bits: number | null, rate: number | null, grows: boolean, summary: any, trace: any[], error: string | null }} Run
 */
export async function runs(config, { grid = {}, seeds, target, rounds }) {
  // An axis of one value changes nothing: a sweep wants one at least.
  const axes = Object.keys(grid).length > 0 ? grid : { seed: seeds };
  const outcomes = new Map();
  const { rows } = await sweep(config, {
    grid: axes,
    ...(axes === grid && { seeds }),
    ...(target !== undefined && { target }),
    ...(rounds !== undefined && { rounds }),
    earlyStop: false,
    onCell: (cell, outcome) => outcomes.set(`${cell.method} ${cell.seed}`, outcome),
  });
  return rows.map((row) => {
    const outcome = outcomes.get(`${row.point} ${row.seed}`);
    if (row.status === 'failed') throw new Error(`a run failed: ${row.command}: ${row.error}`);
    return {
      values: row.values,
      seed: row.seed,
      status: row.status,
      reached: row.reached,
      rounds: row.roundsToTarget,
      bits: row.bitsToTarget,
      rate: row.rate,
      grows: row.grows,
      summary: outcome?.summary ?? null,
      trace: outcome?.trace ?? [],
      error: row.error,
    };
  });
}

/** Runs with the same key together, in the order in which keys first come. */
export function groupBy(list, keyOf) {
  const groups = new Map();
  for (const each of list) {
    const key = keyOf(each);
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return groups;
}

/** 1, 2, ..., count. */
export function seedsTo(count) {
  return Array.from({ length: count }, (_, i) => i + 1);
}
