/**
 * Golden trajectories: the engine against an independent numpy implementation of the same equations, for 1, 2
 * and 3 workers. A case is run as soon as its compressor is registered: a new line in the registry is tested
 * without touching this file.
 *
 * How close can two correct programs be? Up to round 10 they must agree to the last digits. Later, with a
 * sign in the loop, rounding grows exponentially: between two sign changes an error e passes through the
 * rank-one map sgn sgn^T / P, which forgets most of what it is told, and then a sign flips. So each case
 * first asks the equations themselves: the reference implementation (test/support/simulate.ts) is run twice,
 * the second time with x moved by one part in 10^16 once a round. Where the two runs stay together the engine
 * must agree with the golden figure to 1e-6; where they part, no program can promise more than they do, and
 * the engine may be as far off as a few such runs are from each other. (Moving x by 1e-16 in the numpy
 * program moves its own figure at round 800 of `pd-observer-flattened-sign` by 3e-6, and the one at round
 * 1500 of `consensus-observer-flattened-sign` by 2e-4.)
 */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { compressors, parseConfig } from '../../dist/src/index.js';
import { RunSession } from '../../dist/src/session/run-session.js';
import { planCompressor, referenceCompressor } from '../../src/compress/registry.js';
import { writeNpy } from '../../src/data/npy.js';
import type { Compress } from '../../src/flow/types.js';
import { seedWords } from '../../src/runtime.js';
import golden from '../golden/figures.json' with { type: 'json' };
import { goldenProblem } from '../golden/problem.js';
import { temporaryFolder } from '../support/run.js';
import { laplacianOf, nudge, simulate } from '../support/simulate.js';
import { ALL, someOfAll } from '../support/some.js';

const folder = temporaryFolder();

/** Round by which an independent implementation must agree to the last digits. */
const EXACT_ROUNDS = 10;
const EXACT = 1e-9;
const CLOSE = 1e-6;
const NUDGED_RUNS = 3;
/**
 * How many times the largest distance between nudged runs of the reference implementation the engine may be
 * away.
 */
const NUDGE_ALLOWANCE = 4;

type Case = (typeof golden.cases)[number];

const cases = someOfAll(golden.cases, 2, ({ flow, compress, compressor }) => [
  `${flow} ${compress}`,
  compressor.kind,
]);

describe.each(cases.map((one, at) => ({ ...one, at })))('$name', ({ at, ...golden }) => {
  const known = Object.hasOwn(compressors, golden.compressor.kind);
  const { agents, dim } = golden;
  const { a, b } = goldenProblem(agents, dim, golden.variant);
  let tolerances: number[] | null = null;

  // In the gate with one of them, in turns.
  it.runIf(known).each(ALL ? [1, 3] : [1 + 2 * (at % 2)])('agrees with %i workers', async (workers) => {
    const file = (name: string) => path.join(folder, `${golden.name}-${name}`);
    await writeNpy(file('a.npy'), { shape: [agents, dim], data: a });
    await writeNpy(file('b.npy'), { shape: [agents, dim], data: b });
    const edges = golden.edges.split(' ').map((edge) => edge.replace('-', ' '));
    writeFileSync(file('graph.edges'), `${edges.join('\n')}\n`);
    tolerances ??= closeness(golden);

    const session = new RunSession();
    await session.prepare({
      config: await parseConfig({
        topology: { file: file('graph.edges') },
        cost: { kind: 'quadratic', a: file('a.npy'), b: file('b.npy') },
        flow: { kind: golden.flow, compress: golden.compress, ...golden.gains },
        compressor: golden.compressor,
        ...(golden.flow === 'consensus' ? { init: file('b.npy') } : {}),
        rounds: golden.rounds + 1,
        seed: golden.seed,
        workers,
        trace: { every: 1_000_000 },
      }),
      outDir: null,
    });
    await session.pause();
    const ended = session.start();
    let round = 0;
    for (const [index, sample] of golden.samples.entries()) {
      round = await session.step(sample.round - round);
      expect(round).toBe(sample.round);
      const rows: Float64Array[] = [];
      for (let agent = 0; agent < agents; agent++) rows.push((await session.inspect(agent)).x);
      const rms = rmsError(rows, golden, a, b);
      expect(Math.abs(rms / sample.rms - 1), `rms after ${round} rounds`).toBeLessThanOrEqual(
        tolerances[index],
      );
      if (round > EXACT_ROUNDS) continue;
      expect(distance(rows[0], sample.first)).toBeLessThanOrEqual(EXACT);
      expect(distance(rows[agents - 1].subarray(dim - sample.last.length), sample.last)).toBeLessThanOrEqual(
        EXACT,
      );
      const sum = rows.reduce((total, row) => total + row.reduce((part, entry) => part + entry, 0), 0);
      expect(Math.abs(sum - sample.sum)).toBeLessThanOrEqual(EXACT);
    }
    await session.stop();
    await ended;
  });
});

/**
 * The tolerance of each sample: CLOSE, or what the equations themselves allow where rounding has grown beyond
 * that.
 */
function closeness(golden: Case): number[] {
  const { agents, dim } = golden;
  const { a, b } = goldenProblem(agents, dim, golden.variant);
  const seed = seedWords(golden.seed);
  const context = { agents, dim, blockAgents: 1, seed, rounds: golden.rounds, path: ['compressor'] };
  const run = (perturb: (entry: number) => number) => {
    const found: number[] = [];
    simulate({
      laplacian: laplacianOf(
        agents,
        golden.edges.split(' ').map((edge) => edge.split('-').map(Number) as [number, number]),
      ),
      flow: {
        compress: golden.compress as Compress,
        ...golden.gains,
      },
      compress: referenceCompressor(planCompressor(golden.compressor, context), seed),
      gradient: (row, i) => row.map((entry, c) => a[i * dim + c] * (entry - b[i * dim + c])),
      start: Array.from({ length: agents }, (_, i) =>
        golden.flow === 'consensus' ? b.slice(i * dim, (i + 1) * dim) : new Float64Array(dim),
      ),
      rounds: golden.rounds,
      perturb,
      onRound: (round, x) => {
        if (golden.samples.some((sample) => sample.round === round)) found.push(rmsError(x, golden, a, b));
      },
    });
    return found;
  };
  const plain = run((entry) => entry);
  const nudged = Array.from({ length: NUDGED_RUNS }, (_, i) => run(nudge(i + 1)));
  return plain.map((rms, sample) => {
    const apart = Math.max(...nudged.map((found) => Math.abs(found[sample] / rms - 1)));
    return apart > CLOSE / 10 ? Math.max(CLOSE, NUDGE_ALLOWANCE * apart) : CLOSE;
  });
}

function rmsError(rows: readonly Float64Array[], { flow }: Case, a: Float64Array, b: Float64Array): number {
  const dim = rows[0].length;
  let total = 0;
  for (let c = 0; c < dim; c++) {
    let weighted = 0;
    let weights = 0;
    for (let i = 0; i < rows.length; i++) {
      const weight = flow === 'consensus' ? 1 : a[i * dim + c];
      weighted += weight * b[i * dim + c];
      weights += weight;
    }
    for (const row of rows) total += (row[c] - weighted / weights) ** 2;
  }
  return Math.sqrt(total / rows.length / dim);
}

function distance(actual: Float64Array, expected: number[]): number {
  return Math.max(...expected.map((value, i) => Math.abs(actual[i] - value)));
}
