/**
 * Top-k by a threshold that is estimated from a sample, as training over many GPUs has it: selecting from all
 * dim entries is what costs there, comparing each with a number is cheap.
 *
 *     S  a set of m coordinates, each one as likely as any other      rank = round(m k / dim)
 *     t  the rank-th largest of |e_c|, c in S                         A = { c: |e_c| >= t, e_c != 0 }
 *     C(e)_c = e_c for c in A, 0 elsewhere                            where A has at most 2 k entries
 *     C(e)   = top-k of the entries in A                              where it has more
 *
 *     m = min(dim, max(ceil(sample dim), ceil(16 dim / k)))
 *
 * A is the n largest entries for some n near k: of m sampled entries the rank-th largest stands at place
 * rank (dim + 1) / (m + 1) in the mean, and its deviation is about 1/sqrt(rank) of that. So at least 16
 * entries of the sample are expected above t, for a quarter of k. Where the sample is everything (m = dim: of
 * `sample: 1`, and wherever k <= 16) t is the k-th largest magnitude itself.
 *
 * More than 2 k: by chance once in a thousand messages and less (fewer than 16 hits where 32 are expected),
 * and where entries are tied or the sample met zeros only. Then the k largest are found among those in A,
 * which holds them all: the second step of the hierarchy in the paper. It costs what is in A, and a cut would
 * have sent whichever came first. So no message has more than 2 k entries. Ties: in A all of them; among the
 * k the lowest index wins.
 *
 * Bits: ceil(log2(2 k + 1)) for the number n of entries, and n (64 + ceil(log2 dim)) for them: first their
 * indices, ascending, then the entries. The sample is the agent's own (stream 22): nobody else needs it.
 *
 * Biased. The n largest of dim entries hold at least n/dim of |e|^2. Every message has `rank` entries or all
 * that are not zero, which is all that is sure of one: 16/dim. In the mean over the samples, of any e,
 *
 *     E|e - C(e)|^2 <= (1 - E min(N, k) / dim) |e|^2,   P(N = j) = C(j - 1, rank - 1) C(dim - j, m - rank) / C(dim, m)
 *
 * N the place at which the rank-th sampled entry stands: about a tenth below k/dim where the rank is 16, and
 * k/dim where the sample is everything. This is the contraction of the plan.
 *
 * Source: Lin, Han, Mao, Wang, Dally 2017 (arXiv 1712.01887). There a memory is around it:
 * `error-feedback(sampled-top-k)`. Departures: a sample of so many that the threshold is worth something,
 * where theirs is a share; 2 k for their "far more"; momentum correction, clipping and warm-up are none of a
 * compressor.
 */

import { philoxWords } from '../../kernels/reference/philox.js';
import { atMostDim } from './checks.js';
import { defineCompressor } from './define.js';
import { drawDistinct, Marks } from './distinct.js';
import { viewsOf } from './slots.js';
import { SAMPLE_STREAM } from './streams.js';
import { BitReader, BitWriter } from './wire/bits.js';
import { indexBits, realBitsOf } from './wire/format.js';

/** Share of the entries that is sampled. */
const SAMPLE = 0.01;
/** Entries of the sample that are expected above the threshold, at least. */
const LEAST_RANK = 16;
/** Of more than so many times k entries the k largest are sent. */
const FAR_MORE = 2;

/** In nanoseconds: to look at an entry, to sample one, to write one of those sent, to read it. */
const LOOK_NS = 2;
const SAMPLE_NS = 8;
const WRITE_NS = 60;
const READ_NS = 50;

/** Those above the estimated threshold of the k largest. */
export const sampledTopK = defineCompressor({
  kind: 'sampled-top-k',
  metadata: {
    title: 'Sampled top-k',
    summary: 'sends about the k largest entries: those above a threshold estimated from a sample of them',
    source: 'Lin, Han, Mao, Wang, Dally 2017 (arXiv 1712.01887)',
  },
  parameters: (z) => ({
    k: z.number().int().min(1).describe('entries sent, about; at most twice as many'),
    sample: z
      .number()
      .gt(0)
      .max(1)
      .optional()
      .describe('share of the entries that is sampled, 0.01 by default; never fewer than 16 dim / k entries'),
  }),
  takes: ['k'],

  plan: ({ k, sample = SAMPLE }, context) => {
    const { dim, path } = context;
    atMostDim(k, 'k', context);
    const sampled = Math.min(dim, Math.max(Math.ceil(sample * dim), Math.ceil((LEAST_RANK * dim) / k)));
    const rank = Math.round((sampled * k) / dim);
    const most = Math.min(dim, FAR_MORE * k);
    const words = `${path.join('.')}.words`;
    return {
      k,
      sampled,
      rank,
      most,
      messageBits: null,
      longestBits: indexBits(most + 1) + most * (realBitsOf(context) + indexBits(dim)),
      nanoseconds: { own: LOOK_NS * dim + SAMPLE_NS * sampled + WRITE_NS * k, neighbour: READ_NS * k },
      contraction: sampled === dim ? k / dim : leastMean(dim, sampled, rank, k) / dim,
      contractionKind: sampled === dim ? 'worst' : 'mean',
      projects: true,
      forgets: true,
      words,
      fields: [{ name: words, type: 'u32', length: Math.ceil(sampled / 4) * 4, perWorker: true }],
    };
  },

  bind: (plan, runtime) => {
    const { kernels, arena, seed, worker, numbers, graph } = runtime;
    const { dim, slotBytes, ownBytes = slotBytes, realBits, k, sampled, rank, most } = plan;
    const address = arena.address(plan.words, worker);
    const words = arena.view(plan.words, 'u32', worker);
    const { bytes, words: integers, doubles, reals, realBytes } = viewsOf(runtime);
    const countBits = indexBits(most + 1);
    const placeBits = indexBits(dim);
    const writer = new BitWriter(bytes);
    const reader = new BitReader(bytes);
    const places = new Uint32Array(dim);
    const largest = new Float64Array(k);
    const sample = new Uint32Array(sampled);
    const marks = new Marks(dim);

    /** The `count`-th largest magnitude of the entries at base + indices[0..length-1]. */
    const largestOf = (base: number, indices: Uint32Array, length: number, count: number): number => {
      largest.fill(-1, 0, count);
      for (let t = 0; t < length; t++) {
        const size = magnitude(reals[base + indices[t]]);
        if (size > largest[0]) replaceLeast(largest, count, size);
      }
      return largest[0];
    };
    /** Entries of A, ascending, into `places`; how many there are. */
    const select = (base: number, least: number): number => {
      let count = 0;
      for (let c = 0; c < dim; c++) {
        const entry = reals[base + c];
        // Not "at least", so that what is no number is sent, and seen.
        if (!(Math.abs(entry) < least) && entry !== 0) places[count++] = c;
      }
      if (count <= most) return count;
      const edge = largestOf(base, places, count, k);
      let ties = k;
      for (let t = 0; t < count; t++) if (magnitude(reals[base + places[t]]) > edge) ties--;
      let kept = 0;
      for (let t = 0; t < count; t++) {
        const size = magnitude(reals[base + places[t]]);
        if (size > edge || (size === edge && ties-- > 0)) places[kept++] = places[t];
      }
      return kept;
    };
    const threshold = (base: number, round: number, agent: number): number => {
      if (sampled < dim) {
        kernels.philoxWords(address, words.length / 4, 0, agent, round, SAMPLE_STREAM, seed.low, seed.high);
        drawDistinct(words, marks.taken, marks.next(), sample);
      }
      return largestOf(base, sample, sampled, rank);
    };
    // In their order, where the sample is everything.
    for (let c = 0; c < sampled; c++) sample[c] = c;

    /** reals at `out` += weight * the message of an agent. */
    const addMessage = (agent: number, slots: number, weight: number, out: number) => {
      reader.begin(slots + agent * slotBytes);
      const count = reader.bits(countBits);
      for (let t = 0; t < count; t++) places[t] = reader.bits(placeBits);
      for (let t = 0; t < count; t++) reals[out + places[t]] += weight * reader.number(realBits);
    };

    return {
      encode(first, count, round, errors, errorStride, slots, lengths) {
        for (let r = 0; r < count; r++) {
          const agent = first + r;
          const base = (errors + r * errorStride) / realBytes;
          const least = threshold(base, round, numbers === undefined ? agent : numbers[agent]);
          const entries = select(base, least);
          writer.begin(slots + agent * slotBytes, ownBytes);
          writer.bits(entries, countBits);
          for (let t = 0; t < entries; t++) writer.bits(places[t], placeBits);
          for (let t = 0; t < entries; t++) writer.number(reals[base + places[t]], realBits);
          integers[lengths / 4 + agent] = writer.bitCount;
        }
      },
      gather(first, count, _round, slots, out, outStride) {
        for (let r = 0; r < count; r++) {
          const agent = first + r;
          const target = (out + r * outStride) / realBytes;
          reals.fill(0, target, target + outStride / realBytes);
          addMessage(agent, slots, doubles[graph.degrees / 8 + agent], target);
          const end = integers[graph.rowStart / 4 + agent + 1];
          for (let edge = integers[graph.rowStart / 4 + agent]; edge < end; edge++) {
            const weight = doubles[(graph.weights + edge * graph.weightStride) / 8];
            addMessage(integers[graph.columns / 4 + edge], slots, -weight, target);
          }
        }
      },
      decode(first, count, _round, slots, out, outStride) {
        for (let r = 0; r < count; r++) {
          const target = (out + r * outStride) / realBytes;
          reals.fill(0, target, target + outStride / realBytes);
          addMessage(first + r, slots, 1, target);
        }
      },
    };
  },

  reference:
    ({ dim, k, sampled, rank, most }, seed) =>
    (error, round, agent) => {
      const sample = new Uint32Array(sampled);
      const words = philoxWords(sampled, agent, round, SAMPLE_STREAM, [seed.low, seed.high]);
      drawDistinct(words, new Uint32Array(dim), 1, sample);
      const sizes = error.map(magnitude);
      const seen = Float64Array.from(sample, (c) => sizes[c]).sort();
      const least = seen[sampled - rank];
      let kept = [...error.keys()].filter((c) => sizes[c] >= least && sizes[c] > 0);
      if (kept.length > most) kept = kept.sort((c, d) => sizes[d] - sizes[c] || c - d).slice(0, k);
      const message = new Float64Array(dim);
      for (const c of kept) message[c] = error[c];
      return message;
    },
  examples: (dim) => [{ k: Math.ceil(dim / 3) }, { k: Math.ceil(dim / 8), sample: 1 }],
  // The entries of top-k, about, for more bits: it is among them already.
  candidates: () => [],
});

/** What is no number counts as the largest. */
function magnitude(entry: number): number {
  return Number.isNaN(entry) ? Number.POSITIVE_INFINITY : Math.abs(entry);
}

/** Of `count` numbers in a heap, the least on top: takes that one out and the given one in. */
function replaceLeast(heap: Float64Array, count: number, value: number): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= count) break;
    if (child + 1 < count && heap[child + 1] < heap[child]) child++;
    if (heap[child] >= value) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = value;
}

/**
 * E min(N, k), N the place of the rank-th of m sampled entries among all dim in their order. Weights in
 * proportion to P(N = j), from N = rank on, by their ratios; made smaller together before they overflow.
 */
function leastMean(dim: number, m: number, rank: number, k: number): number {
  let weight = 1;
  let sum = 0;
  let all = 0;
  for (let j = rank; j <= dim - m + rank; j++) {
    all += weight;
    sum += Math.min(j, k) * weight;
    weight *= (j / (j - rank + 1)) * ((dim - j - m + rank) / (dim - j));
    if (all > 1e250) {
      all *= 1e-250;
      sum *= 1e-250;
      weight *= 1e-250;
    }
  }
  return sum / all;
}
