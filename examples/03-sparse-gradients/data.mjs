/**
 * Sparse data, drawn from a seed: feature j (1, 2, ...) is present with probability j^-0.8, so the first few
 * are in nearly every sample and the last in one of a hundred.
 */

import { writeFile } from 'node:fs/promises';

export const DIM = 256;
const SAMPLES = 4096;
const SPARSITY = 0.8;

/** mulberry32: seeded, so that everyone sees the same table. */
function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Writes a LIBSVM file. Present features are standard normal, and so is the model that draws the labels. */
export async function writeSparseData(file, seed) {
  const random = seeded(1000 + seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const model = Float64Array.from({ length: DIM }, normal);
  const lines = [];
  for (let r = 0; r < SAMPLES; r++) {
    const entries = [];
    let margin = 0;
    for (let c = 0; c < DIM; c++) {
      if (random() >= (c + 1) ** -SPARSITY) continue;
      const value = normal();
      margin += value * model[c];
      entries.push(`${c + 1}:${value}`);
    }
    // The last feature is always named, so that every seed has the same dimension.
    if (!entries.at(-1)?.startsWith(`${DIM}:`)) entries.push(`${DIM}:0`);
    lines.push(`${random() < 1 / (1 + Math.exp(-margin)) ? 1 : -1} ${entries.join(' ')}`);
  }
  await writeFile(file, `${lines.join('\n')}\n`);
}
