/**
 * How does the engine compare with a good C programmer's OpenMP, and with vectorised NumPy? The same problem,
 * the same rounds, checked to give the same numbers, and timed in turns.
 */

import { ownCores } from '../base/cores.js';
import { countText } from './figures.js';
import { compareBarriers, compareTransforms, compareTriads } from './peers-beside.js';
import { openPeers, type Peers } from './peers-open.js';
import { type Collected, compareRounds, type Shape } from './peers-rounds.js';
import { DIM, IN_CACHE_AGENTS, OUT_OF_CACHE_AGENTS } from './problem.js';
import type { BenchInputs, Benchmark } from './types.js';

/** Rows of one cache line each. */
const MANY: Shape = { agents: 1_000_000, dim: 8 };

export const peers: Benchmark = {
  name: 'peers',
  summary: 'against C/OpenMP and NumPy/SciPy, on the same problem',
  description: `How does the engine compare with a good C programmer's OpenMP, and with vectorised NumPy? bench/reference/ holds both; C is compiled with
gcc -O3 -march=native -fopenmp (CC names another), Python is python3 (PYTHON names another). What is missing is said and left out. Each must
give the engine's x to 1e-9 (in float32 to 1e-5) before it is timed; then all take turns. Ratios are theirs over ours in time: 2 is twice as fast as they.`,
  async run(inputs) {
    const opened = await openPeers();
    try {
      return await runPeers(inputs, opened);
    } finally {
      await opened.close();
    }
  },
};

async function runPeers(inputs: BenchInputs, opened: Peers) {
  const { c, numpy, missing } = opened;
  const threads = Math.min(ownCores().count, inputs.workers.at(-1) ?? 1);
  const shapes: Shape[] = inputs.quick
    ? [{ agents: 200, dim: DIM }]
    : [{ agents: IN_CACHE_AGENTS, dim: DIM }, { agents: OUT_OF_CACHE_AGENTS, dim: DIM }, MANY];
  const whtSizes = inputs.quick ? [256, 4096] : [256, 1024, 4096, 16_384, 65_536];
  // Barriers, transforms and triads of each side; rounds count their contestants themselves.
  if (c) inputs.progress.expect((2 + whtSizes.length * 3 + 4) * inputs.passes);

  const collected: Collected = { figures: [], tables: [], agreement: [] };
  for (const shape of shapes) await compareRounds(inputs, opened, threads, shape, collected);
  if (c) {
    await compareTransforms(inputs, opened, whtSizes, collected);
    await compareBarriers(inputs, opened, threads, collected);
    await compareTriads(inputs, opened, threads, collected);
  }
  const notes = [
    ...(c ? [`C: ${c.description}`] : []),
    ...(numpy ? [`NumPy: ${numpy.description}`] : []),
    ...missing,
    ...collected.agreement.map(
      ({ peer, method, agents, dim, rounds, difference }) =>
        `${peer} agrees: ${method}, ${countText(agents)} agents, d = ${dim}, ${rounds} rounds, largest difference ${difference.toExponential(1)}`,
    ),
  ];
  collected.tables.push({ title: 'Peers', columns: [], rows: [], notes });
  return {
    figures: collected.figures,
    tables: collected.tables,
    details: {
      missing,
      c: c?.description ?? null,
      numpy: numpy?.description ?? null,
      agreement: collected.agreement,
    },
  };
}
