/**
 * One problem for all: written once as files that the engine, C and NumPy read, and a few rounds of it run by
 * each before anything is timed. A benchmark of a wrong computation is worth nothing.
 */

import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { generate } from '../../topology/registry.js';
import { UNCOMPRESSED } from '../compress/registry.js';
import type { CompressorSpec } from '../compress/types.js';
import { parseConfig } from '../config/load.js';
import { writeNpy } from '../data/npy.js';
import { STREAM_QUADRATIC, UniformSource } from '../data/random.js';
import { seedWords } from '../runtime.js';
import { RunSession } from '../session/run-session.js';
import type { Peers } from './peers-open.js';
import { DEGREE, DIM, FLATTENED_SIGN, GAINS, problemConfig } from './problem.js';

const CHECKED_ROUNDS = 12;
const TOLERANCE = 1e-9;
/** In float32, where sums are rounded in another order: a hundred units in the last place. */
const SINGLE_TOLERANCE = 1e-5;

export type Method = 'none' | 'flattened-sign';

export const METHODS: readonly Method[] = ['none', 'flattened-sign'];

export interface SharedProblem {
  agents: number;
  dim: number;
  /** That are compared of it. */
  methods: readonly Method[];
  /** As a config file would hold it. */
  config(method: Method): object;
}

const compressorOf = (method: Method): CompressorSpec => (method === 'none' ? UNCOMPRESSED : FLATTENED_SIGN);

/** Writes the problem into the peers' folder and has them read it. */
export async function shareProblem(
  peers: Peers,
  agents: number,
  seed: number,
  dim = DIM,
): Promise<SharedProblem> {
  const { folder } = peers;
  const topology = { kind: 'random-regular', nodes: agents, degree: DEGREE };
  const graph = generate(topology, seed);
  await writeFile(path.join(folder, 'rowStart.bin'), graph.rowStart);
  await writeFile(path.join(folder, 'columns.bin'), graph.columns);
  const uniform = new UniformSource(seedWords(seed));
  for (const [name, middle, half] of [
    ['a', 2.5, 1.5],
    ['b', 0, 1],
  ] as const) {
    const data = new Float64Array(agents * dim);
    for (let agent = 0; agent < agents; agent++) {
      uniform.fill(data, agent * dim, dim, agent, name === 'a' ? 0 : 1, STREAM_QUADRATIC);
    }
    for (let entry = 0; entry < data.length; entry++) data[entry] = middle + half * data[entry];
    await writeNpy(path.join(folder, `${name}.npy`), { shape: [agents, dim], data });
  }
  const { step, eta, alpha, beta } = GAINS;
  const problem = [folder, agents, dim, step * eta, step * alpha, step * beta];
  const { low, high } = seedWords(seed);
  await peers.c?.child.ask('problem', ...problem);
  await peers.numpy?.child.ask('problem', ...problem, low, high);
  const cost = { kind: 'quadratic', a: path.join(folder, 'a.npy'), b: path.join(folder, 'b.npy') };
  return {
    agents,
    dim,
    methods: dim === DIM ? METHODS : ['none'],
    config: (method) =>
      problemConfig({ agents, dim, seed, topology, cost, compressor: compressorOf(method) }),
  };
}

/** As the equations are written; with every temporary taken away by hand; the first in float32. */
export const NUMPY_WAYS = [
  ['NumPy', ''],
  ['NumPy in place', '-in-place'],
  ['NumPy in float32', '-float32'],
] as const;

export interface Agreement {
  peer: 'C' | (typeof NUMPY_WAYS)[number][0];
  method: Method;
  agents: number;
  dim: number;
  rounds: number;
  /** Largest |x - x'| / max(1, |x|) over all agents and coordinates. */
  difference: number;
}

/** A few rounds of the problem by each, compared. Throws where they differ by more than rounding. */
export async function checkAgreement(problem: SharedProblem, peers: Peers): Promise<Agreement[]> {
  const { c, numpy, folder } = peers;
  const { agents, dim } = problem;
  const file = path.join(folder, 'state.bin');
  const found: Agreement[] = [];
  for (const method of problem.methods) {
    const double = await engineState(problem.config(method));
    const compare = async (peer: Agreement['peer'], isSingle = false) => {
      const theirs = await readFile(file);
      const from = theirs.byteOffset;
      const x = isSingle
        ? Float64Array.from(new Float32Array(theirs.buffer, from, theirs.byteLength / 4))
        : new Float64Array(theirs.buffer, from, theirs.byteLength / 8);
      const ours = isSingle ? await engineState({ ...problem.config(method), precision: 'float32' }) : double;
      const tolerance = isSingle ? SINGLE_TOLERANCE : TOLERANCE;
      const difference = largestDifference(ours, x);
      if (!(difference <= tolerance)) {
        throw new Error(
          `${peer} and the engine disagree on x after ${CHECKED_ROUNDS} rounds (${method}, ${agents} agents): by ${difference}, expected at most ${tolerance}; nothing was timed`,
        );
      }
      found.push({ peer, method, agents, dim, rounds: CHECKED_ROUNDS, difference });
    };
    if (c && method === 'none') {
      await c.child.ask('rounds', 1, 0, CHECKED_ROUNDS);
      await c.child.ask('state', file);
      await compare('C');
    }
    for (const [peer, suffix] of numpy ? NUMPY_WAYS : []) {
      if (suffix === '-float32' && method !== 'none') continue;
      await numpy?.child.ask('restart');
      await numpy?.child.ask('rounds', `${method}${suffix}`, 0, CHECKED_ROUNDS);
      await numpy?.child.ask('state', file);
      await compare(peer, suffix === '-float32');
    }
  }
  return found;
}

async function engineState(data: object): Promise<Float64Array> {
  const config = await parseConfig({ ...data, rounds: CHECKED_ROUNDS, workers: 2 });
  const session = new RunSession();
  await session.prepare({ config, outDir: null, keepX: true });
  const { x } = await session.start();
  if (x === null) throw new Error('the session kept no x');
  return x;
}

export function largestDifference(x: Float64Array, y: Float64Array): number {
  if (x.length !== y.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < x.length; i++) {
    const difference = Math.abs(x[i] - y[i]) / Math.max(1, Math.abs(x[i]));
    // Not Math.max: a NaN must not be overlooked.
    if (!(difference <= largest)) largest = difference;
    if (Number.isNaN(largest)) return largest;
  }
  return largest;
}
