/**
 * Runs of a study: one config over a grid of values and seeds, by the library's own sweep, one run a thread.
 * Of every run what is measured is what its trace and its summary say; nothing is given up early.
 */

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { parseConfig, sweep } from '../../dist/src/index.js';
import { kernelsUrl } from '../../dist/src/run/locations.js';
import { prepareRun } from '../../dist/src/session/prepare.js';
import { runOnOneThread } from '../../dist/src/session/single-thread.js';

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

let kernels = null;

/**
 * One run, on this thread: for studies that need what agents hold at the end, or give data that no file has.
 * It ends in the bits of `sottovoce run`.
 *
 * @param {object} config plain data
 * @returns {Promise<{ summary: any, rows: any[], x: number[][] }>} x: a row for each agent; one row
 *   in all where a server holds it
 */
export async function runHere(config) {
  kernels ??= new WebAssembly.Module(readFileSync(kernelsUrl));
  const { summary, rows, x } = runOnOneThread(await prepareRun(await parseConfig(config), 1), kernels);
  const rowOf = (i) => {
    const begin = (x.positions?.[i] ?? i) * x.rowStride;
    return Array.from(x.data.subarray(begin, begin + x.columns));
  };
  return { summary, rows, x: Array.from({ length: x.rows }, (_, i) => rowOf(i)) };
}

/** What stands in a config's file, as plain data. */
export function readConfig(file) {
  return parse(readFileSync(file, 'utf8'));
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
