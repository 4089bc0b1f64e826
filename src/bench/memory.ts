/**
 * How much of the memory's bandwidth does a round that leaves the caches use? Bytes that must move, over
 * time, against a triad by the same threads.
 */

import { countText, figure, ratioFigure, spreadText } from './figures.js';
import { GATHER_LIMIT, gatherLimit } from './gather-limit.js';
import { type Contestant, interleave } from './interleave.js';
import { describeMachine, largestCacheBytes } from './machine.js';
import { openPeers } from './peers-open.js';
import { shareProblem } from './peers-problem.js';
import { DEGREE, DIM, OUT_OF_CACHE_AGENTS, problemConfig } from './problem.js';
import { Rig } from './rig.js';
import {
  bytesAskedFor,
  bytesThatMustMove,
  FLATTENED_ROUND,
  PLAIN_ROUND,
  type RoundBytes,
} from './round-bytes.js';
import { BenchThreads, Triad } from './threads.js';
import type { Benchmark, Figure } from './types.js';

/** 128 MiB an array: four times a large third cache. */
export const TRIAD_ENTRIES = 16 * 2 ** 20;
export const TRIAD_REPEATS = 8;
const SAMPLE_SECONDS = 0.3;
const METHODS: readonly RoundBytes[] = [PLAIN_ROUND, FLATTENED_ROUND];

export const memory: Benchmark = {
  name: 'memory',
  summary: 'a triad, and the bandwidth that rounds out of cache reach beside it',
  description: `How much of the memory's bandwidth does a round use that leaves the caches (${countText(OUT_OF_CACHE_AGENTS)} agents, d = 64, random regular of degree 8)? The
triad a = b - 3 c runs in our own kernels on the same number of threads, in turns with the rounds. Bytes that must move: state, cost and graph once;
of messages larger than the cache the share that no cache of that size can hold. Stores count once, as in STREAM. Where there is a C compiler, the
limit of scattered reads stands beside them: C that asks for rows early and does nothing else.`,
  async run(inputs) {
    const { quick, seed, passes, progress } = inputs;
    const workers = inputs.workers.at(-1) ?? 1;
    const agents = quick ? 500 : OUT_OF_CACHE_AGENTS;
    const entries = quick ? 2 ** 14 : TRIAD_ENTRIES;
    const cacheBytes = largestCacheBytes(describeMachine()) ?? 0;
    const counts = [...new Set([1, workers])];
    const peers = await openPeers(process.env, true);
    const { c } = peers;
    progress.expect((counts.length + METHODS.length + (c ? 1 : 0)) * passes);
    const triad = await Triad.create(entries);
    const threads = new BenchThreads(workers);
    const rigs: Rig[] = [];
    try {
      if (c) await shareProblem(peers, agents, seed);
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
        ...(c
          ? [{ name: `gather, C, ${workers} threads`, sample: () => gatherLimit(c, agents, workers) }]
          : []),
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
        const method = METHODS[index - counts.length];
        const isRound = method !== undefined;
        const share = ratioFigure(
          `memory/${name}/over-triad`,
          `${name}, ${countText(agents)} agents: bytes that must move / time, over the triad's`,
          samples[index],
          base,
          'higher',
          isRound && !quick ? { atLeast: 0.7 } : undefined,
        );
        figures.push(speed, ...(isRound ? [share] : []));
        const bytes = isRound ? bytesThatMustMove(agents, DEGREE, method, cacheBytes) / agents / DIM : null;
        const isTriad = index < counts.length;
        return [
          name,
          bytes?.toFixed(1) ?? (isTriad ? '24.0' : '8.0'),
          spreadText(speed),
          isTriad ? '' : spreadText(share),
        ];
      });
      const [plain, limit] = [samples[counts.length], samples[counts.length + METHODS.length]];
      const asked = bytesAskedFor(agents) / bytesThatMustMove(agents, DEGREE, PLAIN_ROUND, cacheBytes);
      const limitShare = limit
        ? ratioFigure(
            'memory/round, none/over-gather-limit',
            `round, none, ${countText(agents)} agents: bytes asked for / time, over the gather limit`,
            plain.map((bytes) => bytes * asked),
            limit,
          )
        : null;
      if (limitShare) figures.push(limitShare);
      const cache =
        cacheBytes === 0
          ? 'no cache known, so every message counts'
          : `largest cache ${cacheBytes / 2 ** 20} MiB`;
      return {
        figures,
        details: { missing: peers.missing },
        tables: [
          {
            title: `Memory: ${countText(agents)} agents with ${workers} workers, triad over ${countText(Math.round((24 * entries) / 2 ** 20))} MiB`,
            columns: ['', 'bytes a coordinate', 'GB/s (quartiles)', 'over the triad'],
            rows,
            notes: [
              cache,
              limitShare
                ? `the uncompressed round reaches ${spreadText(limitShare)} of ${GATHER_LIMIT}`
                : `left out: ${peers.missing.join('; ')}`,
            ],
          },
        ],
      };
    } finally {
      for (const rig of rigs) await rig.close();
      await threads.close();
      await peers.close();
    }
  },
};
