/**
 * Learned: a combinator whose choices come from a policy. Every agent looks at its own error, in every round, and
 * takes one of the policy's actions (`policy.ts` has the scores):
 *
 *     silence    C(e) = 0
 *     levels     C(e)_c = s level[number of midpoints at or below e_c / s]       2^b levels, b bits an entry
 *     signs      C(e)_c = +-s size, the signs of a word of a code that is nearest to e: less than 1 bit an entry
 *     sparse     C(e)_c = +-s value where |e_c| > s threshold, else 0            runs between them by a Rice code
 *     compress   C(e) = factor inner[m](e)                                       one of `inner`
 *
 * s = 2^(n / steps), the whole n with which it is nearest to the root mean square of e. A message says the action
 * (a prefix code, or ceil(log2 actions) bits), then how n has changed since the agent's last scale (1 bit where it
 * has not), then its entries. So a scale, for which others send a number of 32 or 64 bits, takes one to three. What
 * is reported is what would be written; in memory a slot has the action and n whole. With `rotate` all of it is
 * behind a random rotation (`flatten.ts`), which levels are made for: entries are then of about one distribution.
 *
 * Never linear. Contraction: none is known of every vector; behind a whole rotation that of the speaking action
 * that keeps least of a Gaussian vector, and gains are made from it; of signs behind one in parts, what is
 * kept where one part has all. Floats an agent: 6. Sources: our own rule, trained by trial runs (`sottovoce
 * learn`); levels are Lloyd's and Max's quantisers (1960, 1982), behind a rotation as in EDEN (Vargaftik et
 * al. 2022).
 */

import { philoxUniform } from '../../kernels/reference/philox.js';
import { type Reals, rowBytesOf, rowsThatLast } from '../arena/layout.js';
import { unexpected } from '../base/errors.js';
import { defineCompressor, innerCompressor } from './define.js';
import {
  checkBits,
  decide,
  FEATURES,
  MOST_SCALE_BITS,
  type Policy,
  type PolicyAction,
  policyFault,
  policyFileShape,
  policyParameter,
  STATE,
  scaleBits,
  scaleCode,
  scaleOf,
  scorerOf,
  spoke,
} from './policy.js';
import { scaledContraction } from './scale.js';
import { amongst, around, blockRows, inSlotsOf, longestBits, viewsOf } from './slots.js';
import { DITHER_STREAM } from './streams.js';
import { type CompressorPlan, type CompressorSpec, reckonedContraction } from './types.js';
import { BitReader, BitWriter } from './wire/bits.js';
import { slotBytes as bytesOfSlot, indexBits, realBitsOf } from './wire/format.js';
import { readSigns, signBits } from './wire/signs.js';

/** In front of the entries in memory: the action and the scale's code, a word each. */
const HEAD_BYTES = 8;

/** What an agent says is for a policy to choose. */
export const learned = defineCompressor({
  kind: 'learned',
  metadata: {
    title: 'Learned',
    summary: 'a policy, trained by sottovoce learn, chooses what each message says, silence included',
    source: 'our own; levels behind a rotation as in Vargaftik et al. 2022 (EDEN, arXiv 2108.08842)',
  },
  parameters: (z) => ({
    policy: z
      .union([z.string().min(1), policyParameter(z)])
      .describe('file of a policy, as sottovoce learn writes it; a resolved config has its content'),
    inner: z
      .array(innerCompressor(z, 'one of them'))
      .optional()
      .describe("compressors of the policy's actions that have one; a policy's file brings them along"),
  }),
  takes: ['policy'],
  embed: {
    parameter: 'policy',
    shape: policyFileShape,
    fault: ({ compressors, ...policy }, { inner = [] }) => {
      const all = compressors ?? inner;
      return policyFault(policy as unknown as Policy, Array.isArray(all) ? all.length : 0);
    },
    compressors: 'compressors',
    spread: spreadPolicy,
  },

  plan: (spec, context, nested) => {
    const { path, agents, dim } = context;
    const { inner: specs = [] } = spec;
    const policy = checked(spec.policy, specs.length, [...path, 'policy']);
    if (policy.rotate !== null) {
      const rotated = {
        kind: 'flatten',
        size: policy.rotate,
        inner: { ...spec, policy: { ...policy, rotate: null } },
      };
      const inner = nested.plan(rotated as CompressorSpec, context);
      return { ...around(inner, context), nanoseconds: inner.nanoseconds, own: null };
    }
    const planned = specs.map((inner, i) => nested.plan(inner, { ...context, path: [...path, 'inner', i] }));
    const { actions, steps } = policy;
    const headers = policy.header ?? actions.map(() => indexBits(actions.length));
    const costs = actions.map((action) => payloadBits(action, dim, planned));
    const planes = actions.map(signPlanes);
    const planeBytes = bytesOfSlot(signBits(dim, realBitsOf(context)));
    const payloadAt = HEAD_BYTES + planeBytes * Math.max(...planes.map(({ length }) => length));
    const own = actions.map((action, a) => (action.do === 'compress' || planes[a].length > 0 ? 0 : costs[a]));
    const payloadBytes = bytesOfSlot(Math.max(...own));
    let slotBytes = payloadAt + payloadBytes;
    const offsets = planned.map((choice) => {
      slotBytes += choice.slotBytes;
      return slotBytes - choice.slotBytes;
    });
    const name = path.join('.');
    const several = planned.length === 0 ? null : amongst(planned);
    const { mixed = 0 } = context;
    const parts = mixed > 0 ? dim / mixed : Number.POSITIVE_INFINITY;
    const kept = speaking(actions).map((action) => keeps(action, planned, parts));
    const typical = kept.length === 0 ? 0 : Math.max(0, Math.min(...kept));
    return {
      own: {
        scorer: scorerOf(policy),
        actions,
        steps,
        headers,
        changing: context.linksChange === true,
        planes,
        planeBytes,
        payloadAt,
        payloadBytes,
        offsets,
        state: `${name}.state`,
        part: `${name}.part`,
      },
      choices: planned.map((choice) => inSlotsOf(choice, slotBytes)),
      slotBytes,
      messageBits: null,
      longestBits: Math.max(
        ...actions.map(
          (action, a) => (headers[a] ?? 0) + (isScaled(action) ? MOST_SCALE_BITS : 0) + (costs[a] ?? 0),
        ),
      ),
      nanoseconds: {
        own: LEVEL_SEND_NS * dim + (several?.nanoseconds.own ?? 0),
        neighbour: LEVEL_READ_NS * dim + (several?.nanoseconds.neighbour ?? 0),
      },
      contraction: 0,
      contractionKind: 'spoken',
      ...(typical > 0 && { typicalContraction: typical }),
      filterGain: 1,
      fields: [
        ...(several?.fields ?? []),
        rowsThatLast({ name: `${name}.state`, type: 'f64', length: STATE * agents }, agents),
        blockRows(`${name}.part`, 1, context),
      ],
    };
  },

  bind: (plan, runtime, nested) => {
    if (plan.own === null) return nested.bind(plan.inner as CompressorPlan, runtime);
    const { arena, worker, graph } = runtime;
    const { dim, slotBytes, ownBytes = slotBytes, choices = [] } = plan;
    const {
      scorer,
      actions,
      steps,
      headers,
      changing,
      planes,
      planeBytes,
      payloadAt,
      payloadBytes,
      offsets,
    } = plan.own;
    const bound = choices.map((choice) => nested.bind(choice, runtime));
    const { bytes, words, doubles, reals, realBytes } = viewsOf(runtime);
    const state = arena.address(plan.own.state) / 8;
    const part = arena.address(plan.own.part, worker);
    const rowBytes = rowBytesOf(dim, arena.precision);
    const rowEntries = rowBytes / realBytes;
    const values = new Float64Array(FEATURES.length);
    const table = new Float64Array(16);
    const writer = new BitWriter(bytes);
    const reader = new BitReader(bytes);
    const inners = actions.map((action) => (action.do === 'compress' ? action.with : -1));
    const signs = readSigns(plan, runtime, plan.realBits);
    const mostPlanes = Math.max(...planes.map(({ length }) => length));
    const onlySigns = actions.every(({ do: what }, a) => what === 'silence' || planes[a].length > 0);
    const bitsAt = realBytes;

    const codes = actions.map((action) =>
      action.do === 'signs' && action.checks.length > 0 ? new SignCode(action.checks) : null,
    );

    /** The signs of a word of the code: all of them lie in the slot, those that follow from others too. */
    const writeCode = (slot: number, scale: number, error: number, code: SignCode): number => {
      const at = slot + HEAD_BYTES;
      reals[at / realBytes] = scale;
      const first = (at + bitsAt) / 4;
      const { length } = code;
      let c = 0;
      for (; c + length <= dim; c += length) {
        // Beside a scale that is no number no sign says anything.
        if (!(scale < Number.POSITIVE_INFINITY)) continue;
        code.nearest(reals, error + c);
        for (let j = 0; j < length; j++) {
          if (code.minus[j] !== 0) words[first + ((c + j) >>> 5)] |= 1 << ((c + j) & 31);
        }
      }
      const said = (c / length) * (length - code.bits) + dim - c;
      // What does not fill a block is said as it is.
      for (; c < dim; c++) if (!(reals[error + c] >= 0)) words[first + (c >>> 5)] |= 1 << (c & 31);
      return said;
    };

    /** The signs of `entries`, or those with which one plane corrects another, and their scale. */
    const writePlane = (slot: number, plane: number, scale: number, error: number, beyond: number): void => {
      const at = slot + HEAD_BYTES + plane * planeBytes;
      reals[at / realBytes] = scale;
      let word = (at + bitsAt) / 4;
      let held = 0;
      for (let c = 0; c < dim; c++) {
        const entry = reals[error + c];
        // An entry that is no number is minus in every plane.
        const plus = plane === 0 ? entry >= 0 : entry >= beyond || (entry < 0 && entry > -beyond);
        if (!plus) held |= 1 << (c & 31);
        if ((c & 31) !== 31) continue;
        words[word++] = held;
        held = 0;
      }
      if ((dim & 31) !== 0) words[word] = held;
    };

    /** Entries of the rows at `error` as numbers of `width` bits, in the words behind `slot`. */
    const writeLevels = (levels: readonly number[], scale: number, error: number, slot: number): number => {
      const count = levels.length;
      for (let t = 1; t < count; t++) table[t] = ((levels[t - 1] + levels[t]) / 2) * scale;
      const width = 31 - Math.clz32(count);
      let word = (slot + payloadAt) / 4;
      let held = 0;
      let filled = 0;
      for (let c = 0; c < dim; c++) {
        const entry = reals[error + c];
        let code = 0;
        for (let t = 1; t < count; t++) if (entry >= table[t]) code = t;
        held |= code << filled;
        filled += width;
        if (filled < 32) continue;
        // 3 bits an entry do not fill words: what is left over begins the next one.
        words[word++] = held >>> 0;
        filled -= 32;
        held = filled === 0 ? 0 : code >>> (width - filled);
      }
      if (filled > 0) words[word] = held >>> 0;
      return width * dim;
    };

    const addLevels = (
      levels: readonly number[],
      scale: number,
      factor: number,
      slot: number,
      out: number,
    ) => {
      const count = levels.length;
      for (let t = 0; t < count; t++) table[t] = factor * (levels[t] * scale);
      const width = 31 - Math.clz32(count);
      const mask = count - 1;
      let word = (slot + payloadAt) / 4;
      let held = words[word];
      let left = 32;
      for (let c = 0; c < dim; c++) {
        let code = held & mask;
        if (left >= width) {
          held >>>= width;
          left -= width;
        } else {
          const next = words[++word];
          code = (held | (next << left)) & mask;
          held = next >>> (width - left);
          left += 32 - width;
        }
        if (left === 0 && c + 1 < dim) {
          held = words[++word];
          left = 32;
        }
        reals[out + c] += table[code];
      }
    };

    /** out += factor * what the agent says, where that is no compressor's. */
    const addMessage = (agent: number, slots: number, factor: number, out: number): void => {
      const slot = slots + agent * slotBytes;
      const a = words[slot / 4];
      const action = actions[a];
      if (action.do === 'silence' || action.do === 'compress' || planes[a].length > 0) return;
      const scale = scaleOf(words[slot / 4 + 1], steps);
      if (scale === 0) return;
      if (action.do === 'levels') {
        addLevels(action.levels, scale, factor, slot, out);
        return;
      }
      if (action.do !== 'sparse') return;
      const value = factor * (action.value * scale);
      reader.begin(slot + payloadAt);
      for (let c = readRun(reader, action.rice); c < dim; c += 1 + readRun(reader, action.rice)) {
        reals[out + c] += reader.bits(1) === 1 ? -value : value;
      }
    };

    return {
      prepare(round) {
        for (let m = 0; m < bound.length; m++) bound[m].prepare(round);
      },

      encode(first, count, round, errors, errorStride, slots, lengths) {
        for (let r = 0; r < count; r++) {
          const agent = first + r;
          const error = errors + r * errorStride;
          const from = error / realBytes;
          let energy = 0;
          let sum = 0;
          for (let c = from; c < from + dim; c++) {
            const entry = reals[c];
            energy += entry * entry;
            sum += entry < 0 ? -entry : entry;
          }
          const own = state + STATE * agent;
          const a = decide(scorer, doubles, own, values, energy, sum, dim, round);
          const action = actions[a];
          const slot = slots + agent * slotBytes;
          bytes.fill(0, slot, slot + ownBytes);
          words[slot / 4] = a;
          let bits = headers[a];
          if (action.do === 'compress') {
            const m = action.with;
            bound[m].encode(agent, 1, round, error, errorStride, slots + offsets[m], lengths);
            bits += choices[m].messageBits ?? words[lengths / 4 + agent];
          } else if (action.do !== 'silence') {
            const code = scaleCode(Math.sqrt(energy / dim), steps);
            words[slot / 4 + 1] = code;
            bits += scaleBits(doubles, own, code, changing);
            const scale = scaleOf(code, steps);
            // Of no error nothing is said but its scale.
            if (scale !== 0 && codes[a] !== null) {
              bits += writeCode(slot, planes[a][0] * scale, from, codes[a]);
            } else if (scale !== 0 && planes[a].length > 0) {
              for (let p = 0; p < planes[a].length; p++)
                writePlane(slot, p, planes[a][p] * scale, from, outerOf(action) * scale);
              bits += dim * planes[a].length;
            } else if (scale !== 0 && action.do === 'levels') {
              bits += writeLevels(action.levels, scale, from, slot);
            } else if (scale !== 0 && action.do === 'sparse') {
              bits += writeSparse(action, scale, from, slot);
            }
          }
          spoke(doubles, own, action.do !== 'silence');
          words[lengths / 4 + agent] = bits;
        }
      },

      gather(first, count, round, slots, out, outStride) {
        // Whoever said something else has zeros there.
        if (mostPlanes > 0) signs.gather(first, count, round, slots + HEAD_BYTES, out, outStride);
        if (mostPlanes < 2 && onlySigns) return;
        for (let r = 0; r < count; r++) {
          const agent = first + r;
          const target = out + r * outStride;
          const at = target / realBytes;
          if (mostPlanes === 0) reals.fill(0, at, at + outStride / realBytes);
          if (mostPlanes > 1) {
            signs.gather(agent, 1, round, slots + HEAD_BYTES + planeBytes, part, rowBytes);
            addPart(at, 1);
          }
          if (onlySigns) continue;
          addMessage(agent, slots, doubles[graph.degrees / 8 + agent], at);
          // What the agent and its neighbours have chosen of the compressors, as a set of bits.
          let chosen = inners[words[(slots + agent * slotBytes) / 4]] + 1;
          chosen = chosen === 0 ? 0 : 1 << (chosen - 1);
          const end = words[graph.rowStart / 4 + agent + 1];
          for (let edge = words[graph.rowStart / 4 + agent]; edge < end; edge++) {
            const neighbour = words[graph.columns / 4 + edge];
            const weight = doubles[(graph.weights + edge * graph.weightStride) / 8];
            addMessage(neighbour, slots, -weight, at);
            const m = inners[words[(slots + neighbour * slotBytes) / 4]];
            if (m >= 0) chosen |= 1 << m;
          }
          for (let a = 0; chosen !== 0 && a < actions.length; a++) {
            const action = actions[a];
            if (action.do !== 'compress' || ((chosen >>> action.with) & 1) === 0) continue;
            addCompressed(action, agent, round, slots, at, true);
          }
        }
      },

      decode(first, count, round, slots, out, outStride) {
        for (let r = 0; r < count; r++) {
          const agent = first + r;
          const at = (out + r * outStride) / realBytes;
          const a = words[(slots + agent * slotBytes) / 4];
          const action = actions[a];
          if (planes[a].length === 1) {
            signs.decode(agent, 1, round, slots + HEAD_BYTES, out + r * outStride, outStride);
            continue;
          }
          reals.fill(0, at, at + outStride / realBytes);
          for (let p = 0; p < planes[a].length; p++) {
            signs.decode(agent, 1, round, slots + HEAD_BYTES + p * planeBytes, part, rowBytes);
            addPart(at, 1);
          }
          if (action.do === 'compress') addCompressed(action, agent, round, slots, at, false);
          else addMessage(agent, slots, 1, at);
        }
      },
    };

    function writeSparse(
      { threshold, value: _, rice }: Extract<PolicyAction, { do: 'sparse' }>,
      scale: number,
      error: number,
      slot: number,
    ): number {
      const least = threshold * scale;
      writer.begin(slot + payloadAt, payloadBytes);
      let run = 0;
      for (let c = 0; c < dim; c++) {
        const entry = reals[error + c];
        // Written so that an entry that is no number is said, not hidden.
        if (Math.abs(entry) <= least) {
          run++;
          continue;
        }
        writeRun(writer, run, rice);
        writer.bits(entry < 0 ? 1 : 0, 1);
        run = 0;
      }
      writeRun(writer, run, rice);
      return writer.bitCount;
    }

    /** Of one agent, or of its neighbourhood. */
    function addCompressed(
      { with: m, factor }: Extract<PolicyAction, { do: 'compress' }>,
      agent: number,
      round: number,
      slots: number,
      at: number,
      all: boolean,
    ): void {
      if (all) bound[m].gather(agent, 1, round, slots + offsets[m], part, rowBytes);
      else bound[m].decode(agent, 1, round, slots + offsets[m], part, rowBytes);
      addPart(at, factor);
    }

    function addPart(at: number, factor: number): void {
      for (let c = 0; c < rowEntries; c++) reals[at + c] += factor * reals[part / realBytes + c];
    }
  },

  reference: (plan, seed, nested) => {
    if (plan.own === null) return nested.reference(plan.inner as CompressorPlan, seed);
    const { scorer, actions, steps } = plan.own;
    const choices = (plan.choices ?? []).map((choice) => nested.reference(choice, seed));
    const states = new Map<number, Float64Array>();
    const words: Int8Array[][] = [];
    return (error, round, agent) => {
      const state = states.get(agent) ?? new Float64Array(STATE);
      states.set(agent, state);
      const energy = error.reduce((sum, entry) => sum + entry * entry, 0);
      const sum = error.reduce((sum, entry) => sum + Math.abs(entry), 0);
      const values = new Float64Array(FEATURES.length);
      const at = decide(scorer, state, 0, values, energy, sum, error.length, round);
      const action = actions[at];
      spoke(state, 0, action.do !== 'silence');
      if (action.do === 'silence') return new Float64Array(error.length);
      if (action.do === 'compress')
        return choices[action.with]!(error, round, agent).map((entry) => action.factor * entry);
      const scale = scaleOf(scaleCode(Math.sqrt(energy / error.length), steps), steps);
      if (scale === 0) return new Float64Array(error.length);
      if (action.do === 'sparse') {
        return error.map((entry) =>
          Math.abs(entry) <= action.threshold * scale ? 0 : (entry < 0 ? -1 : 1) * (action.value * scale),
        );
      }
      if (action.do === 'signs') {
        const { checks, size } = action;
        const { length } = checks;
        words[at] ??= wordsOf(checks);
        const said = error.map((entry) => (entry >= 0 ? size * scale : -size * scale));
        for (let c = 0; length > 0 && c + length <= error.length; c += length) {
          const word = nearestWord(words[at], error.subarray(c, c + length));
          for (let j = 0; j < length; j++) said[c + j] = word[j] * (size * scale);
        }
        return said;
      }
      const { levels } = action;
      const planes = signPlanes(action);
      if (planes.length > 0) {
        const beyond = outerOf(action) * scale;
        return error.map((entry) => {
          const outside = entry >= beyond || (entry < 0 && entry > -beyond);
          const [own, correction = 0] = planes.map((size) => size * scale);
          return (entry >= 0 ? own : -own) + (outside ? correction : -correction);
        });
      }
      return error.map((entry) => {
        const above = levels.filter((level, t) => t > 0 && entry >= ((levels[t - 1] + level) / 2) * scale);
        return levels[above.length] * scale;
      });
    };
  },
  // Whoever has no policy has nothing to try.
  candidates: () => [],
  examples: () => [
    {
      policy: {
        format: 'sottovoce-policy/1',
        name: 'example',
        rotate: null,
        steps: 2,
        features: ['one', 'growth', 'age'],
        actions: [
          { do: 'signs', size: 0.8, checks: [1, 1, 1, 1] },
          { do: 'silence' },
          { do: 'sparse', threshold: 1, value: 1.5, rice: 1 },
          { do: 'compress', with: 0, factor: 0.9 },
        ],
        weights: [
          [0.1, 1, 0],
          [0.1, -1, -1],
          [0.05, 0.5, 1],
          [0.08, 0, 0.5],
        ],
      },
      inner: [{ kind: 'sign' }],
    },
  ],
});

/** An entry that is rounded and packed, and one that is read: without a kernel. */
const LEVEL_SEND_NS = 12;
const LEVEL_READ_NS = 2;

/**
 * Two levels +-a are signs of size a; four, +-a and +-b, the sum of two planes of signs, of sizes (a + b) / 2 and
 * (b - a) / 2: kernels add such. None of others.
 */
function signPlanes(action: PolicyAction): number[] {
  if (action.do === 'signs') return [action.size];
  if (action.do !== 'levels' || action.levels.length > 4) return [];
  const { levels } = action;
  const half = levels.length / 2;
  if (levels.some((level, t) => level !== -levels[levels.length - 1 - t])) return [];
  const [a, b] = levels.slice(half);
  return half === 1 ? [a] : [(a + b) / 2, (b - a) / 2];
}

/** Where the outer of four levels begin. */
function outerOf(action: PolicyAction): number {
  return action.do === 'levels' && action.levels.length === 4 ? (action.levels[2] + action.levels[3]) / 2 : 0;
}

/** All but silence. */
function speaking(actions: readonly PolicyAction[]): PolicyAction[] {
  return actions.filter((action) => action.do !== 'silence');
}

function isScaled({ do: what }: PolicyAction): boolean {
  return what === 'levels' || what === 'signs' || what === 'sparse';
}

/** Bits of an action's entries, at most. */
function payloadBits(action: PolicyAction, dim: number, choices: readonly CompressorPlan[]): number {
  switch (action.do) {
    case 'silence':
      return 0;
    case 'levels':
      return indexBits(action.levels.length) * dim;
    case 'signs':
      return dim - Math.floor(dim / (action.checks.length || dim)) * (checkBits(action.checks) as number);
    case 'sparse':
      // Every entry said: a sign, a run of none, and what ends a run; longer runs take no more.
      return dim * (2 + action.rice) + 1 + action.rice + Math.floor(dim / 2 ** action.rice);
    case 'compress':
      return longestBits(choices[action.with]);
  }
}

/** The quotient in ones and a zero, then the rest. */
function writeRun(writer: BitWriter, run: number, rice: number): void {
  for (let left = run >>> rice; left > 0; left--) writer.bits(1, 1);
  writer.bits(0, 1);
  writer.bits(run & ((1 << rice) - 1), rice);
}

function readRun(reader: BitReader, rice: number): number {
  let quotient = 0;
  while (reader.bits(1) === 1) quotient++;
  return (quotient << rice) | reader.bits(rice);
}

/**
 * What an action keeps in the mean, where parts of a share 1/parts of the entries are mixed; 0: nothing that
 * is known. Of several parts the worst is all energy in one: entries of it are sqrt(parts) u, with u a
 * standard normal number and in units of s, and the others nothing. So what is lost of the unit energy of an
 * entry is
 *
 *     E (sqrt(parts) u - Q(sqrt(parts) u))^2 / parts + (1 - 1/parts) Q(0)^2
 *
 * Of the word of a code c = E u sign(u), which no length changes: signs of size a keep
 *
 *     2 a c / sqrt(parts) - a^2 = (kept + a^2) / sqrt(parts) - a^2
 *
 * and of a compressor what it keeps itself, times f (2 - f) for a factor f: exact where <e, C(e)> = |C(e)|^2.
 */
function keeps(action: PolicyAction, choices: readonly CompressorPlan[], parts: number): number {
  if (action.do === 'silence') return 0;
  if (action.do === 'compress') {
    const { factor } = action;
    const kept = reckonedContraction(choices[action.with]);
    const scaled = scaledContraction(kept, choices[action.with], factor);
    return Math.max(scaled, factor === 1 ? kept : factor * (2 - factor) * kept);
  }
  if (!Number.isFinite(parts)) return 0;
  if (action.do === 'signs') {
    const square = action.size * action.size;
    const whole = action.checks.length > 0 ? keptByCode(action.checks, action.size) : keptOf(action, 1);
    return parts === 1 ? whole : (whole + square) / Math.sqrt(parts) - square;
  }
  return keptOf(action, parts);
}

function keptOf(action: PolicyAction, parts: number): number {
  const said = (u: number): number => {
    if (action.do === 'sparse') return Math.abs(u) <= action.threshold ? 0 : Math.sign(u) * action.value;
    if (action.do === 'signs') return u < 0 ? -action.size : action.size;
    if (action.do !== 'levels') return 0;
    const { levels } = action;
    let code = 0;
    for (let t = 1; t < levels.length; t++) if (u >= (levels[t - 1] + levels[t]) / 2) code = t;
    return levels[code];
  };
  const root = Math.sqrt(parts);
  let lost = 0;
  let all = 0;
  for (let u = -REACH; u < REACH; u += MESH) {
    const middle = u + MESH / 2;
    const density = Math.exp(-0.5 * middle * middle);
    lost += density * (root * middle - said(root * middle)) ** 2;
    all += density;
  }
  const beside = (1 - 1 / parts) * said(0) ** 2;
  // Digits that every machine's exponential agrees in.
  return Math.max(0, Math.round(1e6 * (1 - (lost / all / parts + beside))) / 1e6);
}

/** The same of signs with checks, measured: over blocks of numbers that are drawn once and for all. */
function keptByCode(checks: readonly number[], size: number): number {
  const code = new SignCode(checks);
  const { length } = code;
  const drawn = philoxUniform(MEASURED * length * 12, 0, 0, DITHER_STREAM, [0, 0]);
  const block = new Float64Array(length);
  let lost = 0;
  let all = 0;
  for (let t = 0; t < MEASURED; t++) {
    for (let j = 0; j < length; j++) {
      // Nearly normal: the sum of twelve numbers uniform in (-1, 1) has the variance 4.
      let sum = 0;
      for (let i = 0; i < 12; i++) sum += drawn[(t * length + j) * 12 + i];
      block[j] = sum / 2;
    }
    code.nearest(block, 0);
    for (let j = 0; j < length; j++) {
      lost += (block[j] - (code.minus[j] !== 0 ? -size : size)) ** 2;
      all += block[j] ** 2;
    }
  }
  return Math.max(0, Math.round(1e6 * (1 - lost / all)) / 1e6);
}

const MEASURED = 256;

/**
 * The word of a code that is nearest to a block of numbers.
 *
 * Of the signs of all entries some are turned, so that the checks hold, and the magnitudes of these are lost twice: the
 * least sum is looked for, of patterns whose checks' exclusive or is that of the signs. In the best one no part's
 * checks cancel, since that part would better stay, so it has at most as many entries as a check has bits. Of one
 * and two entries all patterns are tried, of three and four all pairs of such; whether five or more could be
 * better is seen by the five least magnitudes, and then the whole trellis of exclusive ors is gone through
 * (Viterbi; Wolf 1978).
 */
class SignCode {
  readonly length: number;
  /** Signs of a block that follow from the others. */
  readonly bits: number;
  /** Of the last block: 1 where a sign is minus. */
  readonly minus: Uint8Array;
  private readonly checks: Int32Array;
  private readonly size: Float64Array;
  /** Least sum of one or two magnitudes by exclusive or, and whose: length where of one. */
  private readonly least: Float64Array;
  private readonly one: Int32Array;
  private readonly two: Int32Array;
  private readonly smallest = new Float64Array(5);
  private readonly turned: Uint8Array;
  private before: Float64Array;
  private after: Float64Array;

  constructor(checks: readonly number[]) {
    this.length = checks.length;
    this.bits = checkBits(checks) as number;
    const states = 2 ** this.bits;
    this.checks = Int32Array.from(checks);
    this.minus = new Uint8Array(checks.length + 1);
    this.size = new Float64Array(checks.length);
    this.least = new Float64Array(states);
    this.one = new Int32Array(states);
    this.two = new Int32Array(states);
    this.turned = new Uint8Array(checks.length * states);
    this.before = new Float64Array(states);
    this.after = new Float64Array(states);
  }

  nearest(entries: Reals, at: number): void {
    const { length, bits, checks, minus, size, least, one, two } = this;
    let sum = 0;
    for (let j = 0; j < length; j++) {
      const entry = entries[at + j];
      // What is no number is plus, and stays so: no sum with it is the least.
      const negative = entry < 0;
      minus[j] = negative ? 1 : 0;
      size[j] = negative ? -entry : entry;
      if (negative) sum ^= checks[j];
    }
    if (sum === 0) return;
    least.fill(Number.POSITIVE_INFINITY);
    for (let j = 0; j < length; j++) {
      const own = size[j];
      const check = checks[j];
      if (own < least[check]) {
        least[check] = own;
        one[check] = j;
        two[check] = length;
      }
      if (bits === 1) continue;
      for (let i = 0; i < j; i++) {
        const both = own + size[i];
        const pair = check ^ checks[i];
        if (both < least[pair]) {
          least[pair] = both;
          one[pair] = j;
          two[pair] = i;
        }
      }
    }
    // An exclusive or of 0 is that of turning nothing.
    least[0] = 0;
    one[0] = length;
    two[0] = length;
    let best = least[sum];
    let part = 0;
    for (let x = 1; x < least.length; x++) {
      const both = least[x] + least[sum ^ x];
      if (both < best) {
        best = both;
        part = x;
      }
    }
    if (bits > 4 && !(best <= this.five())) {
      this.walk(entries, at);
      return;
    }
    minus[one[part]] ^= 1;
    minus[two[part]] ^= 1;
    minus[one[sum ^ part]] ^= 1;
    minus[two[sum ^ part]] ^= 1;
  }

  /** The sum of the five least magnitudes. */
  private five(): number {
    const { smallest, size } = this;
    smallest.fill(Number.POSITIVE_INFINITY);
    for (let j = 0; j < this.length; j++) {
      let own = size[j];
      for (let k = 0; k < 5; k++) {
        const other = smallest[k];
        if (own >= other) continue;
        smallest[k] = own;
        own = other;
      }
    }
    return smallest[0] + smallest[1] + smallest[2] + smallest[3] + smallest[4];
  }

  private walk(entries: Reals, at: number): void {
    const { length, checks, turned } = this;
    const states = this.before.length;
    this.before.fill(Number.NEGATIVE_INFINITY);
    this.before[0] = 0;
    for (let j = 0; j < length; j++) {
      const { before, after } = this;
      const entry = entries[at + j];
      const check = checks[j];
      for (let state = 0; state < states; state++) {
        const plus = before[state] + entry;
        const minus = before[state ^ check] - entry;
        const turns = minus > plus;
        after[state] = turns ? minus : plus;
        turned[j * states + state] = turns ? 1 : 0;
      }
      this.before = after;
      this.after = before;
    }
    let state = 0;
    for (let j = length - 1; j >= 0; j--) {
      const turns = turned[j * states + state];
      this.minus[j] = turns;
      if (turns !== 0) state ^= checks[j];
    }
  }
}

/** Every word of a code, as signs: what the reference looks through. */
function wordsOf(checks: readonly number[]): Int8Array[] {
  const words: Int8Array[] = [];
  const grow = (signs: number[], parity: number): void => {
    if (signs.length === checks.length) {
      if (parity === 0) words.push(Int8Array.from(signs));
      return;
    }
    grow([...signs, 1], parity);
    grow([...signs, -1], parity ^ checks[signs.length]);
  };
  grow([], 0);
  return words;
}

/** The nearest of them to a block. */
function nearestWord(words: readonly Int8Array[], block: Float64Array): Int8Array {
  let best = words[0];
  let most = Number.NEGATIVE_INFINITY;
  for (const word of words) {
    let product = 0;
    for (let j = 0; j < block.length; j++) product += word[j] * block[j];
    if (product > most) [best, most] = [word, product];
  }
  return best;
}

const REACH = 8;
const MESH = 1 / 64;

function checked(policy: string | Policy, compressors: number, path: (string | number)[]): Policy {
  if (typeof policy === 'string')
    throw unexpected(path, policy, 'the content of a policy, which configs read from its file');
  const fault = policyFault(policy, compressors);
  if (fault !== null) throw unexpected([...path, ...fault.path], fault.value, fault.expected);
  return policy;
}

/** A policy's file has its compressors beside the rest: in a config they stand where others stand. */
function spreadPolicy(content: Record<string, unknown>): Record<string, unknown> {
  const { compressors, ...policy } = content;
  return { policy, ...(compressors !== undefined && { inner: compressors }) };
}
