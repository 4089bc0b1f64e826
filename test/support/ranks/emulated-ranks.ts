/**
 * Ranks without machines: each has an arena of its own, in which nothing of others' agents stands but what it has
 * been sent. It works for its own agents alone, and after every round the rows and arcs that fields say are heard
 * (`FieldSpec.heard`) go over to those who hear them.
 *
 * Whatever else stands in a rank's arena of agents that are not its own is made unusable at the start: numbers that
 * are none, columns that lead out of the memory, rows without arcs. So a run comes out of it with the bits of one
 * in a single arena only if fields say all that is heard.
 */

import { bindKernels } from '../../../kernels/bindings.js';
import { type Arena, createArena } from '../../../src/arena/arena.js';
import { BYTES, type Field } from '../../../src/arena/layout.js';
import type { FlowRunPlan } from '../../../src/program/flow/types.js';
import { bindProgram } from '../../../src/program/registry.js';
import type { BoundProgram } from '../../../src/run/types.js';
import type { PreparedFlow } from '../prepare-flow.js';

/** Bytes that are no number, no position and no flag. */
const UNUSABLE = 0xff;
/** Whose entries are everybody's, or who reads them is said elsewhere: data, and what a trace is made of. */
const EVERYBODYS = /^(control$|trace\.|cost\.|points?\.|reference\.|agents\.)/;
const OF_ARCS = /^((graph|links|network|edges)\.|weight\.heard$)/;
/** Made by each for its own agents, of the arcs that they have. */
const OF_ROWS = /^(arcs\.|weight\.(inverse|given|heardSum)$|flow\.none$)/;

/** How a field is shared out between ranks. */
type Shared =
  | { by: 'everybody' | 'workers' | 'starts' }
  | { by: 'rows' | 'arcs'; entryBytes: number; halfBytes: number; halves: number; start: Uint32Array | null };

interface Ranked {
  memory: Uint8Array;
  program: BoundProgram;
}

export class EmulatedRanks {
  readonly plan: FlowRunPlan;
  /** One arena, in which all work. */
  readonly #whole: Ranked[];
  readonly #ranks: Ranked[];
  readonly #fields: { field: Field; shared: Shared }[];
  /** Of the whole graph, by position. */
  readonly #rowStart: Uint32Array;
  readonly #columns: Uint32Array;
  readonly #reverse: Uint32Array | null;
  readonly #ownerOf: Uint32Array;

  /** As many ranks as the run was prepared for workers. */
  constructor(prepared: PreparedFlow, module: WebAssembly.Module) {
    const { plan } = prepared.made;
    const { layout, partition, workers } = plan;
    this.plan = plan;
    const whole = createArena(layout);
    prepared.fill(whole);
    this.#rowStart = whole.view('graph.rowStart', 'u32').slice();
    this.#columns = whole.view('graph.columns', 'u32').slice();
    this.#reverse = whole.has('graph.reverse') ? whole.view('graph.reverse', 'u32').slice() : null;
    this.#fields = Object.values(layout.fields).map((field) => ({
      field,
      shared: sharedBy(field, plan, whole),
    }));
    this.#ownerOf = Uint32Array.from({ length: plan.agents }, (_, at) =>
      partition.findIndex((_, worker) => at < partition[worker + 1]!),
    );
    const memoryOf = ({ memory }: Arena) => new Uint8Array(memory.buffer, 0, layout.totalBytes);
    const arenas = Array.from({ length: workers }, (_, rank) => {
      const arena = createArena(layout);
      memoryOf(arena).set(memoryOf(whole));
      this.#estrange(memoryOf(arena), rank);
      return arena;
    });
    const kernels = bindKernels(module, whole.memory);
    this.#whole = arenas.map((_, worker) => ({
      memory: memoryOf(whole),
      program: bindProgram(plan, whole, kernels, worker),
    }));
    this.#ranks = arenas.map((arena, rank) => ({
      memory: memoryOf(arena),
      program: bindProgram(plan, arena, bindKernels(module, arena.memory), rank),
    }));
  }

  /** Fields that neighbours hear. */
  get heard(): string[] {
    return this.#fields.flatMap(({ field }) => (field.heard === undefined ? [] : [field.name]));
  }

  /** All rounds. `silent`: a field that does not go over. */
  run(silent: string | null = null): void {
    const { rounds } = this.plan;
    for (const { program } of [...this.#whole, ...this.#ranks]) program.prologue();
    this.#exchange(0, silent);
    for (let round = 0; round < rounds; round++) {
      for (const ranks of [this.#whole, this.#ranks])
        for (let phase = 0; phase < ranks[0]!.program.phases.length; phase++)
          for (const { program } of ranks) program.phases[phase]!(round);
      this.#exchange(round + 1, silent);
    }
  }

  /** The first field in which a rank has other bits of its own agents than the single arena has. */
  difference(): string | null {
    const { partition } = this.plan;
    for (const { field, shared } of this.#fields) {
      if (shared.by !== 'rows' && shared.by !== 'arcs') continue;
      for (let rank = 0; rank < this.#ranks.length; rank++) {
        const [first, end] = [partition[rank]!, partition[rank + 1]!];
        const [from, to] = shared.start === null ? [first, end] : [shared.start[first]!, shared.start[end]!];
        for (let half = 0; half < shared.halves; half++) {
          const at = field.offset + half * shared.halfBytes;
          const bytesOf = ({ memory }: Ranked) =>
            memory.subarray(at + from * shared.entryBytes, at + to * shared.entryBytes);
          if (Buffer.compare(bytesOf(this.#ranks[rank]!), bytesOf(this.#whole[rank]!)) !== 0)
            return `${field.name} of rank ${rank}`;
        }
      }
    }
    return this.#countDifference();
  }

  /** Bits that each has counted; on how many links they were the slowest is settled by all together. */
  #countDifference(): string | null {
    const counts = this.plan.layout.fields['trace.bits'];
    if (counts === undefined) return null;
    for (let rank = 0; rank < this.#ranks.length; rank++) {
      const at = counts.offset + rank * counts.stride;
      const [one, other] = [this.#ranks, this.#whole].map((ranks) =>
        ranks[rank]!.memory.subarray(at, at + 16),
      );
      if (Buffer.compare(one!, other!) !== 0) return `bits counted by rank ${rank}`;
    }
    return null;
  }

  /** Leaves nothing of others' agents. */
  #estrange(memory: Uint8Array, rank: number): void {
    const { partition, layout } = this.plan;
    const [first, end] = [partition[rank]!, partition[rank + 1]!];
    for (const { field, shared } of this.#fields) {
      const { offset, stride, length } = field;
      switch (shared.by) {
        case 'everybody':
          break;
        case 'workers':
          for (let w = 0; w < layout.workers; w++)
            if (w !== rank) memory.fill(UNUSABLE, offset + w * stride, offset + (w + 1) * stride);
          break;
        case 'starts': {
          const start = new Uint32Array(memory.buffer, offset, length);
          start.fill(start[first]!, 0, first);
          start.fill(start[end]!, end);
          break;
        }
        default: {
          const { entryBytes, halfBytes, halves, start } = shared;
          const [from, to] = start === null ? [first, end] : [start[first]!, start[end]!];
          for (let half = 0; half < halves; half++) {
            const at = offset + half * halfBytes;
            memory.fill(UNUSABLE, at, at + from * entryBytes);
            memory.fill(UNUSABLE, at + to * entryBytes, at + halfBytes);
          }
        }
      }
    }
  }

  /** What is heard in `round`. */
  #exchange(round: number, silent: string | null): void {
    const { partition } = this.plan;
    for (const { field, shared } of this.#fields) {
      const { heard, name, offset } = field;
      if (heard === undefined || name === silent || (shared.by !== 'rows' && shared.by !== 'arcs')) continue;
      const { entryBytes, halfBytes, halves } = shared;
      const base = offset + (halves === 2 ? (round & 1) * halfBytes : 0);
      for (let rank = 0; rank < this.#ranks.length; rank++) {
        const [first, end] = [partition[rank]!, partition[rank + 1]!];
        for (let arc = this.#rowStart[first]!; arc < this.#rowStart[end]!; arc++) {
          const from = this.#columns[arc]!;
          const owner = this.#ownerOf[from]!;
          if (owner === rank) continue;
          const entry = heard === 'rows' ? from : this.#reverse![arc]!;
          const at = base + entry * entryBytes;
          this.#ranks[rank]!.memory.set(this.#ranks[owner]!.memory.subarray(at, at + entryBytes), at);
        }
      }
    }
  }
}

function sharedBy(field: Field, plan: FlowRunPlan, arena: Arena): Shared {
  const { name, type, length, halves = 1, lasts, heard, perWorker } = field;
  const { agents, arcs, directed } = plan;
  if (EVERYBODYS.test(name) && heard === undefined) return { by: 'everybody' };
  if (perWorker) return { by: 'workers' };
  if (name === 'graph.rowStart' || name === 'graph.outStart') return { by: 'starts' };
  const halfBytes = (length / halves) * BYTES[type];
  const some = { halfBytes, halves };
  const ofArcs = (lasts?.as === 'whole' && lasts.perArc !== undefined) || heard === 'arcs';
  if (ofArcs || (OF_ARCS.test(name) && length >= arcs && (length / halves) % arcs === 0)) {
    const outward =
      /\.out|^network\./.test(name) ||
      (lasts?.as === 'whole' && lasts.perArc !== undefined && lasts.out === true);
    const start = arena.view(directed && outward ? 'graph.outStart' : 'graph.rowStart', 'u32').slice();
    return { by: 'arcs', entryBytes: halfBytes / arcs, start, ...some };
  }
  const ofRows = lasts?.as === 'rows' || heard === 'rows' || OF_ARCS.test(name) || OF_ROWS.test(name);
  if (ofRows && (length / halves) % agents === 0)
    return { by: 'rows', entryBytes: halfBytes / agents, start: null, ...some };
  // The one weight of all edges.
  if (name === 'graph.weights' && length === 1) return { by: 'everybody' };
  throw new Error(`field ${name} of the arena: nobody has said here how ranks share it out`);
}
