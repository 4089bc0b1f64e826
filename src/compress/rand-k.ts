/**
 * Rand-k: k entries chosen at random. C(e, k)_c = a e_c where c is chosen and 0 elsewhere; a = 1, or dim / k with `unbiased`.
 *
 * The coordinates are drawn from the run's seed, the agent and the round (stream 6), so a reader draws them again and they cost no bits. Distinct, by
 * Floyd's method; an index below n is floor(u n / 2^32), whose bias is below n / 2^32.
 *
 *  - as it is: E|e - C(e)|^2 = (1 - k/dim) |e|^2, contraction k/dim;
 *  - `unbiased`: E C(e) = e, E|C(e) - e|^2 = (dim/k - 1) |e|^2: a contraction only for k > dim/2.
 *
 * `shared` makes all agents choose the same coordinates in a round: then it is one linear map, and the node-state flow converges. Otherwise agents
 * that agree still say different things, and it stalls. Bits: 64 k. Source: Stich, Cordonnier, Jaggi 2018 (arXiv 1809.07599).
 */

import { ALL_AGENTS, philoxWords } from '../../kernels/reference/philox.js';
import { bindCodec } from './codec.js';
import { oneOf, wholeNumber } from './parameters.js';
import { CHOICE_STREAM } from './streams.js';
import type { CompressorDefinition } from './types.js';
import { scalarBits, slotBytes } from './wire.js';

/** Draws indices.length distinct coordinates of taken.length, from as many random words. Coordinate c is taken where taken[c] is `mark`. */
function choose(words: Uint32Array, taken: Uint32Array, mark: number, indices: Uint32Array): void {
  const dim = taken.length;
  const k = indices.length;
  for (let t = 0; t < k; t++) {
    const last = dim - k + t;
    const drawn = Math.floor((words[t] * (last + 1)) / 2 ** 32);
    const index = taken[drawn] === mark ? last : drawn;
    taken[index] = mark;
    indices[t] = index;
  }
}

export const randK: CompressorDefinition = {
  kind: 'rand-k',
  card: {
    title: 'Rand-k',
    summary: 'sends k entries chosen at random from the shared seed; scaled by dim/k it is unbiased',
    source: 'Stich, Cordonnier, Jaggi 2018 (arXiv 1809.07599)',
  },
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('rand-k'),
      k: z.number().int().min(1).describe('entries sent, 1..dim'),
      unbiased: z.boolean().optional().describe('scale by dim/k'),
      shared: z.boolean().optional().describe('all agents choose the same entries'),
    }),
  plan: (spec, { dim, path }) => {
    const k = wholeNumber(spec, 'k', path, { least: 1, most: dim, limit: 'dim' });
    const unbiased = oneOf(spec, 'unbiased', path, [true, false], false);
    const shared = oneOf(spec, 'shared', path, [true, false], false);
    const variance = dim / k - 1;
    const words = `${path.join('.')}.words`;
    return {
      kind: 'rand-k',
      dim,
      k,
      factor: unbiased ? dim / k : 1,
      shared,
      ...(unbiased && { variance }),
      messageBits: scalarBits(k),
      slotBytes: slotBytes(scalarBits(k)),
      linear: shared,
      contraction: unbiased ? Math.max(0, 1 - variance) : k / dim,
      words,
      fields: [{ name: words, type: 'u32', length: Math.ceil(k / 4) * 4, perWorker: true }],
    };
  },
  bind: (plan, runtime) => {
    const { kernels, arena, seed, worker } = runtime;
    const { dim } = plan;
    const k = plan['k'] as number;
    const factor = plan['factor'] as number;
    const shared = plan['shared'] as boolean;
    const address = arena.address(plan['words'] as string, worker);
    const words = arena.view(plan['words'] as string, 'u32', worker);
    const taken = new Uint32Array(dim);
    const indices = new Uint32Array(k);
    let mark = 0;
    const draw = (round: number, agent: number) => {
      const who = shared ? ALL_AGENTS : agent;
      kernels.philoxWords(address, words.length / 4, 0, who, round, CHOICE_STREAM, seed.low, seed.high);
      mark = (mark + 1) >>> 0;
      // After 2^32 draws marks begin again, and those of old must not look like new ones.
      if (mark === 0) {
        taken.fill(0);
        mark = 1;
      }
      choose(words, taken, mark, indices);
    };
    return bindCodec(plan, runtime, {
      encode(error, message, round, agent) {
        draw(round, agent);
        for (let t = 0; t < k; t++) message.float64(error[indices[t]]);
      },
      decode(message, out, round, agent) {
        draw(round, agent);
        out.fill(0);
        for (let t = 0; t < k; t++) out[indices[t]] = factor * message.float64();
      },
    });
  },
  reference: (plan, seed) => (error, round, agent) => {
    const who = plan['shared'] ? ALL_AGENTS : agent;
    const indices = new Uint32Array(plan['k'] as number);
    const words = philoxWords(indices.length, who, round, CHOICE_STREAM, [seed.low, seed.high]);
    choose(words, new Uint32Array(error.length), 1, indices);
    const kept = new Float64Array(error.length);
    for (const c of indices) kept[c] = (plan['factor'] as number) * error[c];
    return kept;
  },
};
