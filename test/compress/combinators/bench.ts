/**
 * A compressor as the round loop sees it, without the loop: agents on a small graph say what they are told
 * to, and what arrives is read from the packed slots. Beside it runs the reference implementation.
 */

import { viewAt } from '../../../src/arena/arena.js';
import { pointLength } from '../../../src/arena/layout.js';
import type { SpecPath } from '../../../src/base/errors.js';
import { compressors, planCompressor, referenceCompressor } from '../../../src/compress/registry.js';
import { inSlotsOf } from '../../../src/compress/slots.js';
import { stage } from '../../../src/compress/stage.js';
import type { CompressorPlan, CompressorSpec } from '../../../src/compress/types.js';
import { seedWords } from '../../../src/runtime.js';
import { parseComponent } from '../../../src/schema/component.js';
import { kernelBytes, normals, seededRandom, smallGraph } from '../../kernels/harness.js';

const BLOCK_AGENTS = 3;
/** What the slots are filled with beforehand: a message that relies on a clean slot would show it. */
const STALE = 0xa5;

export interface BenchOptions {
  agents?: number;
  dim?: number;
  rounds?: number;
  seed?: number;
  /** Bytes of each slot behind the message, which belong to somebody else. */
  spareBytes?: number;
}

export interface Heard {
  /** Each agent's own decoded message. */
  messages: Float64Array[];
  /** sum_j L_ij q_j of each agent. */
  gathered: Float64Array[];
  bits: number[];
  /** What the reference implementation makes of the same errors. */
  expected: Float64Array[];
}

export function planOf(
  spec: CompressorSpec,
  { agents = 1, dim = 4, rounds = 100, seed = 7 }: BenchOptions = {},
): CompressorPlan {
  const path = ['compressor'];
  return planCompressor(parseCompressor(spec, path), {
    agents,
    dim,
    blockAgents: BLOCK_AGENTS,
    seed: seedWords(seed),
    rounds,
    path,
  });
}

/** Checked as a config checks it. */
export function parseCompressor(spec: CompressorSpec, path: SpecPath): CompressorSpec {
  return parseComponent(compressors, spec, path, { nestedKey: 'inner' });
}

export class Bench {
  readonly plan: CompressorPlan;
  readonly laplacian: number[][];
  readonly #say: (errors: readonly Float64Array[], round: number) => Heard;
  readonly #view: (field: string) => Float64Array;
  #round = 0;

  constructor(spec: CompressorSpec, options: BenchOptions = {}) {
    const { agents = 1, dim = 4, seed = 7, spareBytes = 0 } = options;
    const graph = smallGraph(agents, false);
    const planned = planOf(spec, options);
    const plan = spareBytes > 0 ? inSlotsOf(planned, planned.slotBytes + spareBytes) : planned;
    const { slotBytes } = plan;
    const stride = pointLength(dim) * 8;
    const { arena, runtime, bound } = stage({
      plan,
      agents,
      blockAgents: BLOCK_AGENTS,
      seed: seedWords(seed),
      kernels: new WebAssembly.Module(kernelBytes()),
      graph,
      fields: [
        { name: 'slots', type: 'u8', length: 2 * agents * slotBytes },
        { name: 'lengths', type: 'u32', length: 2 * agents },
        { name: 'rows', type: 'f64', length: agents * pointLength(dim) },
      ],
    });
    arena.view('slots', 'u8').fill(STALE);
    const reference = referenceCompressor(plan, runtime.seed);
    const rows = arena.address('rows');
    const entries = arena.view('rows', 'f64');
    const lengths = arena.view('lengths', 'u32');
    const readRows = () =>
      Array.from({ length: agents }, (_, i) => viewAt(arena.memory, 'f64', rows + i * stride, dim).slice());
    const blocks = (run: (first: number, count: number, at: number) => void) => {
      for (let first = 0; first < agents; first += BLOCK_AGENTS) {
        run(first, Math.min(BLOCK_AGENTS, agents - first), rows + first * stride);
      }
    };

    bound.prepare(0);
    this.plan = plan;
    this.laplacian = Array.from({ length: agents }, (_, i) => {
      const row = new Array<number>(agents).fill(0);
      row[i] = graph.degrees[i];
      for (let edge = graph.rowStart[i]; edge < graph.rowStart[i + 1]; edge++) {
        row[graph.columns[edge]] -= graph.weights[edge];
      }
      return row;
    });
    this.#view = (field) => arena.view(field, 'f64');
    // The order is the engine's: the shared randomness of the next round is there before this round's
    // messages are read.
    this.#say = (errors, round) => {
      const slots = arena.address('slots') + (round & 1) * agents * slotBytes;
      const lengthsAt = arena.address('lengths') + (round & 1) * agents * 4;
      entries.fill(0);
      for (const [i, error] of errors.entries()) entries.set(error, (i * stride) / 8);
      blocks((first, count, at) => bound.encode(first, count, round, at, stride, slots, lengthsAt));
      if (readRows().some((row, i) => row.some((entry, c) => !Object.is(entry, errors[i][c])))) {
        throw new Error('encode changed the rows it was given');
      }
      for (let slot = slots + slotBytes; slot <= slots + agents * slotBytes; slot += slotBytes) {
        const spare = viewAt(arena.memory, 'u8', slot - spareBytes, spareBytes);
        if (spare.some((byte) => byte !== STALE)) throw new Error('encode wrote behind its message');
      }
      bound.prepare(round + 1);
      blocks((first, count, at) => bound.gather(first, count, round, slots, at, stride));
      const gathered = readRows();
      blocks((first, count, at) => bound.decode(first, count, round, slots, at, stride));
      const messages = readRows();
      const own = lengths.subarray((round & 1) * agents, ((round & 1) + 1) * agents);
      return {
        messages,
        gathered,
        bits: plan.messageBits === null ? Array.from(own) : errors.map(() => plan.messageBits as number),
        expected: errors.map((error, agent) => reference(error.slice(), round, agent)),
      };
    };
  }

  /** One round: every agent says its error. */
  say(...errors: (Float64Array | number[])[]): Heard {
    return this.#say(
      errors.map((error) => Float64Array.from(error)),
      this.#round++,
    );
  }

  /** State in the arena, by the name of its field. */
  state(field: string): Float64Array {
    return this.#view(field);
  }
}

/** A single agent's messages, for tests by hand: one row of errors a round. */
export function messagesOf(spec: CompressorSpec, errors: number[][], options: BenchOptions = {}): number[][] {
  const bench = new Bench(spec, { ...options, agents: 1, dim: errors[0].length });
  return errors.map((error) => Array.from(bench.say(error).messages[0]));
}

/** Rows of normal numbers whose size changes from row to row, over a few orders of magnitude. */
export function unevenRows(count: number, dim: number, seed: number): Float64Array[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const size = 10 ** (2 * random() - 1);
    return normals(dim, random).map((entry) => size * entry);
  });
}
