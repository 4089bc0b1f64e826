/**
 * A compressor outside of any run: bound over an arena of its own, with a graph or without. What certify
 * measures, what the benchmark of kernels times, and what tests look at.
 */

import { bindKernels } from '../../kernels/bindings.js';
import { type Arena, createArena } from '../arena/arena.js';
import { type FieldSpec, layoutArena, type Precision, rowBytesOf } from '../arena/layout.js';
import type { Runtime, Seed } from '../runtime.js';
import { bindCompressor } from './registry.js';
import type { BoundCompressor, CompressorPlan } from './types.js';

export interface StageInputs {
  plan: CompressorPlan;
  agents: number;
  blockAgents: number;
  seed: Seed;
  kernels: WebAssembly.Module;
  /** Of the kernels, and what the plan was made for. */
  precision?: Precision;
  /** The Laplacian in CSR; agents without neighbours where absent. */
  graph?: Record<'rowStart' | 'columns' | 'weights' | 'degrees', ArrayLike<number>>;
  /** Beside an outbox of one round and the lengths in it. */
  fields?: FieldSpec[];
}

export interface Stage {
  arena: Arena;
  runtime: Runtime;
  bound: BoundCompressor;
  /** Addresses of the outbox and of its messages' lengths. */
  slots: number;
  lengths: number;
}

export function stage({
  plan,
  agents,
  blockAgents,
  seed,
  kernels,
  precision = 'float64',
  graph,
  fields = [],
}: StageInputs): Stage {
  const arena = createArena(
    layoutArena(
      [
        { name: 'graph.rowStart', type: 'u32', length: agents + 1 },
        { name: 'graph.columns', type: 'u32', length: graph?.columns.length || 1 },
        { name: 'graph.weights', type: 'f64', length: graph?.weights.length || 1 },
        { name: 'graph.degrees', type: 'f64', length: agents },
        { name: 'outbox', type: 'u8', length: agents * plan.slotBytes },
        { name: 'outbox.lengths', type: 'u32', length: agents },
        ...fields,
        ...plan.fields,
      ],
      1,
      precision,
    ),
  );
  if (graph) {
    arena.view('graph.rowStart', 'u32').set(graph.rowStart);
    arena.view('graph.columns', 'u32').set(graph.columns);
    arena.view('graph.weights', 'f64').set(graph.weights);
    arena.view('graph.degrees', 'f64').set(graph.degrees);
  }
  const { dim } = plan;
  const runtime: Runtime = {
    arena,
    kernels: bindKernels(kernels, arena.memory),
    worker: 0,
    agents,
    dim,
    rowBytes: rowBytesOf(dim, precision),
    blockAgents,
    seed,
    graph: {
      rowStart: arena.address('graph.rowStart'),
      columns: arena.address('graph.columns'),
      weights: arena.address('graph.weights'),
      weightStride: graph && graph.weights.length > 1 ? 8 : 0,
      degrees: arena.address('graph.degrees'),
    },
  };
  return {
    arena,
    runtime,
    bound: bindCompressor(plan, runtime),
    slots: arena.address('outbox'),
    lengths: arena.address('outbox.lengths'),
  };
}
