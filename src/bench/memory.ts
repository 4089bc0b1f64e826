/**
 * How much of the memory's bandwidth does a round that leaves the caches use? Bytes that must move, over
 * time, against a triad by the same threads.
 */

import { UNCOMPRESSED } from '../compress/registry.js';
import type { CompressorSpec } from '../compress/types.js';
import { countText, figure, ratioFigure, spreadText } from './figures.js';
import { type Contestant, interleave } from './interleave.js';
import { describeMachine, largestCacheBytes } from './machine.js';
import { DEGREE, DIM, FLATTENED_SIGN, OUT_OF_CACHE_AGENTS, problemConfig } from './problem.js';
import { Rig } from './rig.js';
import { BenchThreads, Triad } from './threads.js';
import type { Benchmark, Figure } from './types.js';

/** 128 MiB an array: four times a large third cache. */
export const TRIAD_ENTRIES = 16 * 2 ** 20;
export const TRIAD_REPEATS = 8;
const SAMPLE_SECONDS = 0.3;
const ROW_BYTES = 8 * DIM;
/** rowStart and degree; columns are counted by edge. */
const GRAPH_BYTES = 4 + 8;

interface Method {
  name: string;
  compressor: CompressorSpec;
  /** What an agent's round reads or writes in order, each byte counted once for each of the two. */
  ownBytes: number;
  /** Bytes of a message, which neighbours read in the graph's order. */
  messageBytes: number;
}

const METHODS: readonly Method[] = [
  // x' and v written; v, a, b read. x itself is the message.
  { name: 'none', compressor: UNCOMPRESSED, ownBytes: 5 * ROW_BYTES, messageBytes: ROW_BYTES },
  // x, v, s, z read and written; a, b read; a message of a scale and 64 bits written.
  { name: 'flatten(sign)', compressor: FLATTENED_SIGN, ownBytes: 10 * ROW_BYTES + 16, messageBytes: 16 },
];

/**
 * Bytes that a round cannot avoid to move between memory and caches. In-order rows, once for each direction;
 * the graph, once; and messages. Of messages that fit into the cache each is read once. Of messages that do
 * not, on a graph without locality, no cache of C bytes can hold more than a share C / F of their F bytes, so
 * at least 1 - C / F of the reads (the agent's own and its neighbours') come from memory. As STREAM does, the
 * line that is fetched before a store is left out.
 */
export function bytesThatMustMove(
  agents: number,
  degree: number,
  { ownBytes, messageBytes }: Pick<Method, 'ownBytes' | 'messageBytes'>,
  cacheBytes: number,
): number {
  const missing = Math.max(0, 1 - cacheBytes / (agents * messageBytes));
  const reads = Math.max(1, (degree + 1) * missing);
  return agents * (ownBytes + reads * messageBytes + GRAPH_BYTES + 4 * degree);
}

export const memory: Benchmark = {
  name: 'memory',
  summary: 'a triad, and the bandwidth that rounds out of cache reach beside it',
  description: `How much of the memory's bandwidth does a round use that leaves the caches (${countText(OUT_OF_CACHE_AGENTS)} agents, d = 64, random regular of degree 8)? The
triad a = b - 3 c runs in our own kernels on the same number of threads, in turns with the rounds. Bytes that must move: state, cost and graph once;
of messages larger than the cache the share that no cache of that size can hold. Stores count once, as in STREAM.`,
  async run(inputs) {
    const { quick, seed, passes, progress } = inputs;
    const workers = inputs.workers.at(-1) ?? 1;
    const agents = quick ? 500 : OUT_OF_CACHE_AGENTS;
    const entries = quick ? 2 ** 14 : TRIAD_ENTRIES;
    const cacheBytes = largestCacheBytes(describeMachine()) ?? 0;
    const counts = [...new Set([1, workers])];
    progress.expect((counts.length + METHODS.length) * passes);
    const triad = await Triad.create(entries);
    const threads = new BenchThreads(workers);
    const rigs: Rig[] = [];
    try {
      for (const { compressor } of METHODS) {
        const rig = await Rig.open(problemConfig({ agents, seed, compressor }), workers);
        rigs.push(rig);
        await rig.calibrate(quick ? 0.01 : SAMPLE_SECONDS);
      }
      for (const count of counts) await triad.bandwidth(threads, count, TRIAD_REPEATS);
      const contestants: Contestant<number>[] = [
        ...counts.map((count) => ({
          name: `triad, ${count} threads`,
          sample: () => triad.bandwidth(threads, count, TRIAD_REPEATS),
        })),
        ...METHODS.map((method, index) => ({
          name: `round, ${method.name}`,
          sample: async () =>
            bytesThatMustMove(agents, DEGREE, method, cacheBytes) / (await rigs[index].sample()).seconds,
        })),
      ];
      const samples = await interleave(contestants, passes, progress);
      const base = samples[counts.length - 1];
      const figures: Figure[] = [];
      const rows = contestants.map(({ name }, index) => {
        const speed = figure(
          `memory/${name}`,
          name,
          'GB/s',
          'higher',
          samples[index].map((bytes) => bytes / 1e9),
        );
        const isRound = index >= counts.length;
        const share = ratioFigure(
          `memory/${name}/over-triad`,
          `${name}, ${countText(agents)} agents: bytes that must move / time, over the triad's`,
          samples[index],
          base,
          'higher',
          isRound && !quick ? { atLeast: 0.7 } : undefined,
        );
        figures.push(speed, ...(isRound ? [share] : []));
        const method = METHODS[index - counts.length];
        const bytes = method ? bytesThatMustMove(agents, DEGREE, method, cacheBytes) / agents / DIM : 24;
        return [name, bytes.toFixed(1), spreadText(speed), isRound ? spreadText(share) : ''];
      });
      const cache =
        cacheBytes === 0
          ? 'no cache known, so every message counts'
          : `largest cache ${cacheBytes / 2 ** 20} MiB`;
      return {
        figures,
        tables: [
          {
            title: `Memory: ${countText(agents)} agents with ${workers} workers, triad over ${countText(Math.round((24 * entries) / 2 ** 20))} MiB`,
            columns: ['', 'bytes a coordinate', 'GB/s (quartiles)', 'over the triad'],
            rows,
            notes: [cache],
          },
        ],
      };
    } finally {
      for (const rig of rigs) await rig.close();
      await threads.close();
    }
  },
};
