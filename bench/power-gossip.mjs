/**
 * How many bits does PowerGossip say on the links to average matrices, beside CHOCO-Gossip and no compression
 * at all, and what does the rank of the agents' differences have to do with it?
 *
 *     node bench/power-gossip.mjs
 *
 * Eight agents on a ring hold 32 x 32 matrices; either their differences have rank 2 and a hundredth of
 * noise, or all their entries are random. Counted until the rms distance to the average is a thousandth of
 * what it was in the beginning. CHOCO-Gossip has the best gamma of a grid, PowerGossip has nothing to choose.
 * Deterministic; bits and rounds are those of the engine.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { writeNpy } from '../dist/src/data/npy.js';
import { parseConfig } from '../dist/src/index.js';
import { kernelsUrl } from '../dist/src/run/locations.js';
import { prepareRun } from '../dist/src/session/prepare.js';
import { runOnOneThread } from '../dist/src/session/single-thread.js';

const AGENTS = 8;
const SIDE = 32;
const DIM = SIDE * SIDE;
const GAMMAS = [0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1];
const MOST_ROUNDS = 4000;

/** Neither constant nor periodic, in (-1, 1). */
const wave = (i) => (Math.sin(12.9898 * i + 78.233 * Math.sin(i)) * 43_758.5453) % 1;

const cases = {
  'rank 2': (i, r, c) =>
    wave(100 + i) * wave(1000 + r) * wave(2000 + c) +
    wave(200 + i) * wave(3000 + r) * wave(4000 + c) +
    0.01 * wave(10_000 + i * DIM + r * SIDE + c),
  random: (i, r, c) => wave(10_000 + i * DIM + r * SIDE + c),
};

const choco = (compressor) => GAMMAS.map((gamma) => ({ flow: { kind: 'choco-gossip', gamma }, compressor }));
const methods = {
  uncompressed: [{ flow: { kind: 'consensus', compress: 'none' } }],
  'power-gossip': [{ flow: { kind: 'power-gossip', shape: [SIDE, SIDE] } }],
  'choco-gossip, top-k 32': choco({ kind: 'top-k', k: 32 }),
  'choco-gossip, flatten(sign)': choco({ kind: 'flatten', inner: { kind: 'sign', scaleBits: 32 } }),
};

const module = new WebAssembly.Module(readFileSync(kernelsUrl));
const folder = mkdtempSync(path.join(os.tmpdir(), 'power-gossip-'));
try {
  console.log('| matrices | method | rounds | Mbit on links | gamma |\n| --- | --- | ---: | ---: | ---: |');
  for (const [name, entry] of Object.entries(cases)) {
    const init = path.join(folder, 'matrices.npy');
    const data = Float64Array.from({ length: AGENTS * DIM }, (_, at) =>
      entry(Math.floor(at / DIM), Math.floor((at % DIM) / SIDE), at % SIDE),
    );
    await writeNpy(init, { shape: [AGENTS, DIM], data });
    const distance = rmsDistance(data);
    const problem = {
      topology: { kind: 'ring', nodes: AGENTS },
      cost: { kind: 'quadratic', dim: DIM },
      init,
      rounds: MOST_ROUNDS,
      stop: { rmsError: distance / 1000 },
      trace: { every: 1 },
    };
    for (const [method, variants] of Object.entries(methods)) {
      let best = null;
      for (const variant of variants) {
        const prepared = await prepareRun(await parseConfig({ ...problem, ...variant }), 1);
        const { verdict, rows } = runOnOneThread(prepared, module);
        const last = rows.at(-1);
        if (verdict === 'converged' && !(last.bitsLinks >= best?.last.bitsLinks)) best = { last, variant };
      }
      const shown = best
        ? `${best.last.round} | ${(best.last.bitsLinks / 1e6).toFixed(2)} | ${best.variant.flow.gamma ?? ''}`
        : `not within ${MOST_ROUNDS} | | `;
      console.log(`| ${name} | ${method} | ${shown} |`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** Root mean square of the entries' distance to the agents' average. */
function rmsDistance(data) {
  let total = 0;
  for (let at = 0; at < DIM; at++) {
    let mean = 0;
    for (let i = 0; i < AGENTS; i++) mean += data[i * DIM + at] / AGENTS;
    for (let i = 0; i < AGENTS; i++) total += (data[i * DIM + at] - mean) ** 2;
  }
  return Math.sqrt(total / data.length);
}
