/**
 * A compressor on a bench: planned and bound as in a run, over an arena in which every start is an agent and
 * there is no graph. One step is one message of each: e is encoded into its packed slot, decoded from it, and
 * e <- e - gain C(e, k).
 */

import { pointLength } from '../arena/layout.js';
import { planCompressor } from '../compress/registry.js';
import { stage } from '../compress/stage.js';
import type { CompressorPlan, CompressorSpec } from '../compress/types.js';
import type { Seed } from '../runtime.js';
import { PATH } from './spec-text.js';
import type { Start } from './starts.js';

const BLOCK_AGENTS = 16;

export interface BenchInputs {
  spec: CompressorSpec;
  starts: readonly Start[];
  dim: number;
  seed: Seed;
  /** Time horizon of schedules. */
  rounds: number;
  kernels: WebAssembly.Module;
}

/** What one message did to one start. */
export interface Message {
  /** |e| before and after, |C(e)|, and |e - C(e)|. */
  before: number;
  after: number;
  sent: number;
  left: number;
  bits: number;
}

export class Bench {
  readonly plan: CompressorPlan;
  private readonly dim: number;
  private readonly count: number;
  private readonly rowEntries: number;
  private readonly errors: Float64Array;
  private readonly decoded: Float64Array;
  private readonly lengths: Uint32Array;
  private readonly message: Message = { before: 0, after: 0, sent: 0, left: 0, bits: 0 };
  /** Encodes and decodes the errors of all starts. */
  private readonly send: (round: number) => void;
  private prepared = -1;
  private readonly prepare: (round: number) => void;

  constructor({ spec, starts, dim, seed, rounds, kernels }: BenchInputs) {
    const count = starts.length;
    const blockAgents = Math.min(BLOCK_AGENTS, count);
    const rowEntries = pointLength(dim);
    const rowBytes = rowEntries * 8;
    const plan = planCompressor(spec, { agents: count, dim, blockAgents, seed, rounds, path: PATH });
    const { arena, bound, slots, lengths } = stage({
      plan,
      agents: count,
      blockAgents,
      seed,
      kernels,
      fields: [
        { name: 'errors', type: 'f64', length: count * rowEntries },
        // Encoders may overwrite what they are given.
        { name: 'block', type: 'f64', length: blockAgents * rowEntries },
        { name: 'decoded', type: 'f64', length: count * rowEntries },
      ],
    });
    const errors = arena.view('errors', 'f64');
    const block = arena.view('block', 'f64');
    const blockAt = arena.address('block');
    const decodedAt = arena.address('decoded');
    this.plan = plan;
    this.dim = dim;
    this.count = count;
    this.rowEntries = rowEntries;
    this.errors = errors;
    this.decoded = arena.view('decoded', 'f64');
    this.lengths = arena.view('outbox.lengths', 'u32');
    this.prepare = (round) => bound.prepare(round);
    this.send = (round) => {
      for (let first = 0; first < count; first += blockAgents) {
        const agents = Math.min(blockAgents, count - first);
        block.set(errors.subarray(first * rowEntries, (first + agents) * rowEntries));
        bound.encode(first, agents, round, blockAt, rowBytes, slots, lengths);
        bound.decode(first, agents, round, slots, decodedAt + first * rowBytes, rowBytes);
      }
    };
    starts.forEach(({ vector }, i) => {
      errors.set(vector, i * rowEntries);
    });
  }

  /**
   * One round for every start; `observe` is called for those that are `active`, with an object that is used
   * again.
   */
  step(
    round: number,
    gain: number,
    active: readonly boolean[],
    observe: (start: number, message: Message) => void,
  ): void {
    // Shared randomness is prepared in order, as in a run.
    while (this.prepared < round) this.prepare(++this.prepared);
    this.send(round);
    const { errors, decoded, dim, rowEntries, message } = this;
    for (let i = 0; i < this.count; i++) {
      if (!active[i]) continue;
      const at = i * rowEntries;
      message.before = rowNorm(errors, at, dim);
      message.sent = rowNorm(decoded, at, dim);
      message.left = differenceNorm(errors, decoded, at, dim);
      for (let c = at; c < at + dim; c++) errors[c] -= gain * decoded[c];
      message.after = rowNorm(errors, at, dim);
      message.bits = this.plan.messageBits ?? this.lengths[i];
      observe(i, message);
    }
  }

  /** No more to be measured there: its error becomes zero, which every compressor keeps. */
  retire(start: number): void {
    this.errors.fill(0, start * this.rowEntries, (start + 1) * this.rowEntries);
  }
}

/** |row|, scaled by its largest entry: squares of 1e-160 and 1e160 are no numbers. */
function rowNorm(rows: Float64Array, at: number, dim: number): number {
  let largest = 0;
  for (let c = at; c < at + dim; c++) {
    const size = Math.abs(rows[c]);
    if (Number.isNaN(size)) return size;
    if (size > largest) largest = size;
  }
  if (!(largest > 0 && largest < Number.POSITIVE_INFINITY)) return largest;
  let sum = 0;
  for (let c = at; c < at + dim; c++) {
    const share = rows[c] / largest;
    sum += share * share;
  }
  return largest * Math.sqrt(sum);
}

function differenceNorm(a: Float64Array, b: Float64Array, at: number, dim: number): number {
  let largest = 0;
  for (let c = at; c < at + dim; c++) {
    const size = Math.abs(a[c] - b[c]);
    if (Number.isNaN(size)) return size;
    if (size > largest) largest = size;
  }
  if (!(largest > 0 && largest < Number.POSITIVE_INFINITY)) return largest;
  let sum = 0;
  for (let c = at; c < at + dim; c++) {
    const share = (a[c] - b[c]) / largest;
    sum += share * share;
  }
  return largest * Math.sqrt(sum);
}
