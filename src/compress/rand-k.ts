/**
 * Rand-k: k entries chosen at random. C(e, k)_c = a e_c where c is chosen and 0 elsewhere; a = 1, or dim / k
 * with `unbiased`.
 *
 * The coordinates are drawn from the run's seed, the agent and the round (stream 6), so a reader draws them
 * again and they cost no bits. Distinct: `distinct.ts`.
 *
 *  - as it is: E|e - C(e)|^2 = (1 - k/dim) |e|^2, contraction k/dim;
 *  - `unbiased`: E C(e) = e, E|C(e) - e|^2 = (dim/k - 1) |e|^2: a contraction only for k > dim/2.
 *
 * `shared` makes all agents choose the same coordinates in a round: then it is one linear map, and the
 * node-state flow converges. Otherwise agents that agree still say different things, and it stalls. Bits: 64
 * k.
 * Source: Stich, Cordonnier, Jaggi 2018 (arXiv 1809.07599).
 */

import { ALL_AGENTS, philoxWords } from '../../kernels/reference/philox.js';
import { atMostDim } from './checks.js';
import { defineCompressor } from './define.js';
import { drawDistinct, Marks } from './distinct.js';
import { viewsOf } from './slots.js';
import { CHOICE_STREAM } from './streams.js';
import { realBitsOf } from './wire/format.js';
import { scalarBits } from './wire/scalars.js';

/** Entries that a worker keeps of one round's draws. */
const MOST_TABLED = 2 ** 20;

/** k entries at random. */
export const randK = defineCompressor({
  kind: 'rand-k',
  metadata: {
    title: 'Rand-k',
    summary: 'sends k entries chosen at random from the shared seed; scaled by dim/k it is unbiased',
    source: 'Stich, Cordonnier, Jaggi 2018 (arXiv 1809.07599)',
  },
  parameters: (z) => ({
    k: z.number().int().min(1).describe('entries sent, 1..dim'),
    unbiased: z.boolean().optional().describe('scale by dim/k'),
    shared: z.boolean().optional().describe('all agents choose the same entries'),
  }),
  takes: ['k'],
  plan: ({ k, unbiased = false, shared = false }, context) => {
    const { dim, path } = context;
    atMostDim(k, 'k', context);
    const variance = dim / k - 1;
    const words = `${path.join('.')}.words`;
    return {
      k,
      factor: unbiased ? dim / k : 1,
      shared,
      ...(unbiased && { variance }),
      messageBits: scalarBits(k, realBitsOf(context)),
      linear: shared,
      contraction: unbiased ? Math.max(0, 1 - variance) : k / dim,
      contractionKind: k === dim ? 'worst' : 'mean',
      projects: !unbiased,
      words,
      fields: [{ name: words, type: 'u32', length: Math.ceil(k / 4) * 4, perWorker: true }],
    };
  },
  bind: (plan, runtime) => {
    const { kernels, arena, seed, worker, numbers } = runtime;
    const { dim, slotBytes, k, factor, shared } = plan;
    const address = arena.address(plan.words, worker);
    const words = arena.view(plan.words, 'u32', worker);
    const marks = new Marks(dim);
    const indices = new Uint32Array(k);
    const draw = (round: number, agent: number) => {
      const who = shared ? ALL_AGENTS : agent;
      kernels.philoxWords(address, words.length / 4, 0, who, round, CHOICE_STREAM, seed.low, seed.high);
      drawDistinct(words, marks.taken, marks.next(), indices);
    };
    const { graph } = runtime;
    const { words: integers, doubles, reals, realBytes } = viewsOf(runtime);
    // Every neighbour draws an agent's entries again: where the table is not too large, once a round for all
    // of them. Two rounds are in use at a time.
    const tabled = !shared && runtime.agents * k <= MOST_TABLED;
    const table = new Uint32Array(tabled ? 2 * runtime.agents * k : k);
    const drawnFor = new Int32Array(tabled ? 2 * runtime.agents : 0).fill(-1);
    /** Where in `table` the agent's entries of a round stand. */
    const entriesOf = (round: number, agent: number): number => {
      const row = tabled ? (round & 1) * runtime.agents + agent : 0;
      if (tabled && drawnFor[row] === round) return row * k;
      draw(round, numbers === undefined ? agent : numbers[agent]);
      for (let t = 0; t < k; t++) table[row * k + t] = indices[t];
      if (tabled) drawnFor[row] = round;
      return row * k;
    };
    const addMessage = (agent: number, round: number, slots: number, weight: number, out: number) => {
      const entries = entriesOf(round, agent);
      const message = (slots + agent * slotBytes) / realBytes;
      for (let t = 0; t < k; t++) reals[out + table[entries + t]] += weight * (factor * reals[message + t]);
    };
    return {
      encode(first, count, round, errors, errorStride, slots) {
        for (let r = 0; r < count; r++) {
          const entries = entriesOf(round, first + r);
          const error = (errors + r * errorStride) / realBytes;
          const message = (slots + (first + r) * slotBytes) / realBytes;
          for (let t = 0; t < k; t++) reals[message + t] = reals[error + table[entries + t]];
        }
      },
      gather(first, count, round, slots, out, outStride) {
        for (let r = 0; r < count; r++) {
          const agent = first + r;
          const target = (out + r * outStride) / realBytes;
          reals.fill(0, target, target + outStride / realBytes);
          addMessage(agent, round, slots, doubles[graph.degrees / 8 + agent], target);
          const end = integers[graph.rowStart / 4 + agent + 1];
          for (let edge = integers[graph.rowStart / 4 + agent]; edge < end; edge++) {
            const weight = doubles[(graph.weights + edge * graph.weightStride) / 8];
            addMessage(integers[graph.columns / 4 + edge], round, slots, -weight, target);
          }
        }
      },
      decode(first, count, round, slots, out, outStride) {
        for (let r = 0; r < count; r++) {
          const target = (out + r * outStride) / realBytes;
          reals.fill(0, target, target + outStride / realBytes);
          addMessage(first + r, round, slots, 1, target);
        }
      },
    };
  },
  reference:
    ({ k, factor, shared }, seed) =>
    (error, round, agent) => {
      const who = shared ? ALL_AGENTS : agent;
      const indices = new Uint32Array(k);
      const words = philoxWords(k, who, round, CHOICE_STREAM, [seed.low, seed.high]);
      drawDistinct(words, new Uint32Array(error.length), 1, indices);
      const kept = new Float64Array(error.length);
      for (const c of indices) kept[c] = factor * error[c];
      return kept;
    },
  examples: (dim) => [{ k: Math.ceil(dim / 3) }],
});
