/** What a round grows with: agents, degree, dim, samples, each with the others held. */

import path from 'node:path';
import { generate } from '../../topology/index.js';
import { rowLength } from '../arena/layout.js';
import { UNCOMPRESSED } from '../compress/registry.js';
import { writeNpy } from '../data/npy.js';
import { countText } from './figures.js';
import { gatherLoop, streamLoop, timed } from './growth-loop.js';
import { DEGREE, DIM, GAINS, problemConfig } from './problem.js';
import { Rig } from './rig.js';
import type { BenchInputs } from './types.js';

/** One size of an axis, open to be sampled. */
export interface Point {
  /** What a cost is told for: coordinates, entries of samples, nodes and edges. */
  units: number;
  /** Null where there is no graph to speak of. */
  edges: number | null;
  /** Gone through in a round, or made. */
  bytes: number;
  /** Seconds. */
  sample(): Promise<number>;
  loop(): Promise<number>;
  close(): Promise<void>;
}

export interface Axis {
  id: string;
  title: string;
  /** What grows. */
  of: string;
  unit: string;
  sizes: readonly number[];
  /** What was promised at one of the sizes. */
  target?: { size: number; seconds: number };
  open(size: number): Promise<Point>;
}

const SAMPLE_SECONDS = 0.1;
const FEW_ENTRIES = 8;

interface Shape {
  agents: number;
  degree: number;
  dim: number;
}

/** Half decades, from 10^3 to 10^6. */
const AGENTS = [1000, 3162, 10_000, 31_622, 100_000, 316_228, 1_000_000];

type MakeAxis = (inputs: BenchInputs, folder: string) => Axis;

export const agentsAxis: MakeAxis = (inputs) => ({
  id: 'round/agents',
  title: `a round, degree ${DEGREE}, d = ${FEW_ENTRIES}`,
  of: 'agents',
  unit: 'coordinate',
  sizes: inputs.quick ? [100, 400] : AGENTS,
  open: (agents) => openRound({ agents, degree: DEGREE, dim: FEW_ENTRIES }, inputs),
});

export const degreeAxis: MakeAxis = (inputs) => ({
  id: 'round/degree',
  title: `a round, ${countText(inputs.quick ? 100 : 10_000)} agents, d = ${DIM}`,
  of: 'neighbours',
  unit: 'coordinate',
  sizes: inputs.quick ? [4, 8] : [4, 8, 16, 32, 64],
  open: (degree) => openRound({ agents: inputs.quick ? 100 : 10_000, degree, dim: DIM }, inputs),
});

export const dimAxis: MakeAxis = (inputs) => ({
  id: 'round/dim',
  title: `a round, ${countText(inputs.quick ? 50 : 1000)} agents, degree ${DEGREE}`,
  of: 'coordinates',
  unit: 'coordinate',
  sizes: inputs.quick ? [8, 64] : [8, 32, 128, 512, 2048, 4096],
  open: (dim) => openRound({ agents: inputs.quick ? 50 : 1000, degree: DEGREE, dim }, inputs),
});

async function openRound({ agents, degree, dim }: Shape, { seed, quick }: BenchInputs): Promise<Point> {
  const topology = { kind: 'random-regular', nodes: agents, degree };
  // As stable at 64 neighbours as at 8.
  const step = (GAINS.step * DEGREE) / Math.max(DEGREE, degree);
  const rig = await Rig.open(problemConfig({ agents, dim, seed, topology, step }), 1);
  const leastSeconds = quick ? 0.002 : SAMPLE_SECONDS;
  await rig.calibrate(leastSeconds);
  return {
    units: agents * dim,
    edges: rig.report.edges,
    bytes: rig.report.arenaBytes,
    sample: async () => (await rig.sample()).seconds,
    loop: timed(gatherLoop(generate(topology, seed), rowLength(dim, 'float64')), leastSeconds),
    close: () => rig.close(),
  };
}

const SAMPLE_AGENTS = 100;
const FEATURES = 16;

export const samplesAxis: MakeAxis = (inputs, folder) => ({
  id: 'round/samples',
  title: `a round of least squares, ${SAMPLE_AGENTS} agents, d = ${FEATURES}`,
  of: 'samples',
  unit: 'sample entry',
  sizes: inputs.quick ? [1000, 4000] : [1000, 10_000, 100_000, 1_000_000],
  open: (samples) => openSamples(samples, folder, inputs),
});

async function openSamples(samples: number, folder: string, { seed, quick }: BenchInputs): Promise<Point> {
  // Numbers without structure; what they are makes no difference to the time.
  const numbers = (count: number) => Float64Array.from({ length: count }, (_, i) => Math.sin(1 + 0.7 * i));
  const data = { x: path.join(folder, `x-${samples}.npy`), y: path.join(folder, `y-${samples}.npy`) };
  await writeNpy(data.x, { shape: [samples, FEATURES], data: numbers(samples * FEATURES) });
  await writeNpy(data.y, { shape: [samples], data: numbers(samples) });
  const rig = await Rig.open(
    {
      ...problemConfig({ agents: SAMPLE_AGENTS, seed, compressor: UNCOMPRESSED }),
      cost: { kind: 'least-squares', data, regularization: 0.01 },
    },
    1,
  );
  const leastSeconds = quick ? 0.002 : SAMPLE_SECONDS;
  await rig.calibrate(leastSeconds);
  return {
    units: samples * FEATURES,
    edges: null,
    bytes: rig.report.arenaBytes,
    sample: async () => (await rig.sample()).seconds,
    loop: timed(streamLoop(samples * FEATURES), leastSeconds),
    close: () => rig.close(),
  };
}
