/**
 * What limits a round: arithmetic, or moving bytes? The roofline (Williams, Waterman and Patterson 2009): of a
 * round with so many operations a byte no more can be had than the least of what the processors add and
 * multiply, and what the memory delivers times that. Both roofs are measured in turns with the rounds:
 * arithmetic in registers, and a triad over arrays beyond the caches and within the second one.
 */

import { cacheBytes } from '../base/caches.js';
import { formatQuantity } from '../base/format.js';
import { Ceiling } from './ceiling.js';
import { countText, figure, spreadText } from './figures.js';
import { type Contestant, interleave } from './interleave.js';
import { describeMachine } from './machine.js';
import { TRIAD_ENTRIES, TRIAD_REPEATS } from './memory.js';
import { DEGREE, DIM, IN_CACHE_AGENTS, OUT_OF_CACHE_AGENTS, problemConfig } from './problem.js';
import { Rig } from './rig.js';
import { drawRoofline, type RooflinePoint } from './roofline-picture.js';
import {
  bytesAskedFor,
  bytesThatMustMove,
  FLATTENED_ROUND,
  PLAIN_ROUND,
  type RoundBytes,
} from './round-bytes.js';
import { medianOf } from './stats.js';
import { BenchThreads, Triad } from './threads.js';
import type { Benchmark, Figure } from './types.js';

/** Eight vectors of two numbers, one addition and one multiplication each (kernels/arithmetic.ts). */
const OPERATIONS_A_STEP = 8 * 2 * 2;
const ARITHMETIC_STEPS = 100_000;
const ARITHMETIC_ROUNDS = 200;
const SAMPLE_SECONDS = 0.2;
/** A triad's bytes for an entry, and its two operations. */
const TRIAD_BYTES = 24;
const IN_CACHE_PASSES = 2_000;

interface Case {
  id: string;
  label: string;
  agents: number;
  method: RoundBytes;
  /** Which roof it is under: bytes come from memory, or from the caches. */
  isFar: boolean;
}

export const roofline: Benchmark = {
  name: 'roofline',
  summary: 'operations and bytes a coordinate, against what arithmetic and a triad reach',
  description: `What limits a round: arithmetic, or moving bytes? Operations a coordinate as the equations have them, and bytes: out of cache those that must come from
memory (as in bench memory), in cache all that are asked for. The roofs are arithmetic in registers (two numbers a vector, no fused multiply-add: what
WebAssembly has) and triads beyond the caches and within the second one, on as many threads, all in turns. --picture draws it.`,
  async run({ quick, seed, passes, progress, workers: counts }) {
    const workers = counts.at(-1) ?? 1;
    const cases = casesOf(quick);
    progress.expect((cases.length + 3) * passes);
    const nearEntries = quick ? 2 ** 10 : nearTriad(workers);
    const [ceiling, near, far] = await Promise.all([
      Ceiling.open(workers),
      Triad.create(nearEntries),
      Triad.create(quick ? 2 ** 14 : TRIAD_ENTRIES),
    ]);
    const threads = new BenchThreads(workers);
    const rigs: Rig[] = [];
    try {
      for (const { agents, method } of cases) {
        const rig = await Rig.open(problemConfig({ agents, seed, compressor: method.compressor }), workers);
        rigs.push(rig);
        await rig.calibrate(quick ? 0.01 : SAMPLE_SECONDS);
      }
      const steps = quick ? 1000 : ARITHMETIC_STEPS;
      const rounds = quick ? 10 : ARITHMETIC_ROUNDS;
      const nearRepeats = quick ? 20 : IN_CACHE_PASSES;
      const roofs: Contestant<number>[] = [
        {
          name: `arithmetic, ${workers} threads`,
          sample: async () =>
            (workers * steps * OPERATIONS_A_STEP) / (await ceiling.sample(workers, steps, rounds)).seconds,
        },
        { name: 'triad in the second cache', sample: () => near.bandwidth(threads, workers, nearRepeats) },
        { name: 'triad beyond the caches', sample: () => far.bandwidth(threads, workers, TRIAD_REPEATS) },
      ];
      for (const roof of roofs) await roof.sample();
      const contestants = [
        ...roofs,
        ...cases.map(({ label }, index) => ({
          name: label,
          sample: async () => (await rigs[index].sample()).seconds,
        })),
      ];
      const samples = await interleave(contestants, passes, progress);
      return summarizeRoofline(cases, samples, workers);
    } finally {
      for (const rig of rigs) await rig.close();
      await ceiling.close();
      await threads.close();
    }
  },
};

function casesOf(quick: boolean): Case[] {
  const sizes = quick ? [100, 400] : [IN_CACHE_AGENTS, OUT_OF_CACHE_AGENTS];
  return sizes.flatMap((agents, index) =>
    [PLAIN_ROUND, FLATTENED_ROUND].map((method) => ({
      id: `${method.name}/${agents}`,
      label: `round, ${method.name}, ${countText(agents)} agents`,
      agents,
      method,
      isFar: index === 1,
    })),
  );
}

/** Three arrays that take half of the second caches together. */
function nearTriad(workers: number): number {
  return Math.floor((workers * cacheBytes().second) / 2 / TRIAD_BYTES / 1024) * 1024;
}

/** @param samples of arithmetic (operations a second), of both triads (bytes a second), of rounds (seconds) */
export function summarizeRoofline(
  cases: readonly Case[],
  [arithmetic, near, far, ...rounds]: readonly (readonly number[])[],
  workers: number,
) {
  const largest = cacheBytes().last;
  const figures: Figure[] = [];
  const points: RooflinePoint[] = [];
  const giga = (values: readonly number[]) => values.map((value) => value / 1e9);
  const roof = (id: string, label: string, unit: string, values: readonly number[]) => {
    const made = figure(`roofline/${id}`, label, unit, 'higher', giga(values));
    figures.push(made);
    return made;
  };
  const peak = roof('arithmetic', 'arithmetic in registers', 'Gop/s', arithmetic);
  const nearSpeed = roof('triad/near', 'triad in the second cache', 'GB/s', near);
  const farSpeed = roof('triad/far', 'triad beyond the caches', 'GB/s', far);
  const rows = cases.map(({ id, label, agents, method, isFar }, index) => {
    const coordinates = agents * DIM;
    const operations = method.operations(DEGREE, DIM);
    const bytes =
      (isFar ? bytesThatMustMove(agents, DEGREE, method, largest) : bytesAskedFor(agents, method)) /
      coordinates;
    const intensity = operations / bytes;
    const bandwidth = isFar ? far : near;
    const reached = rounds[index].map((seconds) => (operations * coordinates) / seconds);
    const speed = figure(`roofline/${id}`, label, 'Gop/s', 'higher', giga(reached));
    const share = figure(
      `roofline/${id}/of-roof`,
      `${label}: share of its roof`,
      'x',
      'higher',
      reached.map((value, pass) => value / Math.min(arithmetic[pass], intensity * bandwidth[pass])),
    );
    figures.push(speed, share);
    const isBytes = intensity * medianOf(bandwidth) < medianOf(arithmetic);
    points.push({ label, intensity, speed: speed.median, low: speed.q1, high: speed.q3 });
    return [
      label,
      formatQuantity(operations, 3),
      formatQuantity(bytes, 3),
      formatQuantity(intensity, 3),
      spreadText(speed),
      isBytes ? (isFar ? 'memory' : 'caches') : 'arithmetic',
      spreadText(share),
    ];
  });
  const { cpu } = describeMachine();
  return {
    figures,
    tables: [
      {
        title: `Roofline: ${workers} workers, d = ${DIM}, degree ${DEGREE}`,
        columns: ['', 'operations', 'bytes', 'operations a byte', 'Gop/s', 'roof', 'share of it'],
        rows,
        notes: [
          `roofs: arithmetic ${spreadText(peak)} Gop/s; triad in the second cache ${spreadText(nearSpeed)} GB/s, beyond the caches ${spreadText(farSpeed)} GB/s`,
          'operations and bytes are of a coordinate; a triad reads in order, and eight scattered rows are slower to come: see the gather limit in bench memory',
        ],
      },
    ],
    picture: drawRoofline(points, {
      arithmetic: peak.median,
      near: nearSpeed.median,
      far: farSpeed.median,
      machine: `${cpu}, ${workers} workers`,
    }),
    details: { points },
  };
}
