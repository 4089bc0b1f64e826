/**
 * The arena's map: which named field lies where in the one shared memory of a run.
 *
 * A layout is plain data, made once on the host and sent to every worker. Fields start 128-byte aligned (two
 * cache lines: the adjacent-line prefetcher would otherwise make neighbours share), rows are padded to 64
 * bytes (`rowLength`). A field marked `perWorker` is repeated for every worker, each copy on lines of its
 * own.
 *
 * State, messages and data are of type `real`, which is float64 or float32 by the run's precision. What is
 * of type `f64` is float64 in every run: weights and degrees, gains, and all that a trace is made of.
 */

/** Of state, messages and data. */
export type Precision = 'float64' | 'float32';
export const PRECISIONS = ['float64', 'float32'] as const satisfies readonly Precision[];
/** Bytes and bits of a number, and how it is rounded to one. */
export const REAL = {
  float64: { type: 'f64', bytes: 8, bits: 64, round: (x: number) => x, of: Float64Array },
  float32: { type: 'f32', bytes: 4, bits: 32, round: Math.fround, of: Float32Array },
} as const;
export type Reals = Float64Array<ArrayBufferLike> | Float32Array<ArrayBufferLike>;
/** Bits of a number that is sent. */
export type NumberBits = 64 | 32;

export type FieldType = 'f64' | 'f32' | 'u32' | 'i32' | 'u8';

export interface FieldSpec {
  name: string;
  type: FieldType | 'real';
  /** Elements (of one copy, where `perWorker`). */
  length: number;
  perWorker?: boolean;
  /** It stands there twice, one half after the other. */
  halves?: 2;
  /**
   * Others than their owner read its entries in the round after they were written, or in a later one:
   *
   *  - `rows`: one row for each agent, by position, in every half; an agent's by those who hear it;
   *  - `arcs`: one entry for each arc of `graph.columns`, in every half, by the agent that the arc leads to.
   *
   * Of a field without this nobody reads what belongs to another's agents.
   */
  heard?: 'rows' | 'arcs';
  /**
   * How it lasts from round to round; absent where it is written once, or anew before it is read. Whoever
   * goes back, or goes on from a checkpoint, needs all that lasts and nothing else.
   */
  lasts?: Lasts;
  /** It has as many entries for each agent, at the agent's position. */
  perAgent?: true;
  /** Its rows are L times those of this field, kept up from round to round: other edges need them made anew. */
  laplacianOf?: string;
}

/**
 * What a field that lasts is made of:
 *
 *  - `rows`: of so many agents, by position; twice, by the round's parity, where `doubled`: then the rows of
 *    the coming round are all that is needed;
 *  - `whole`: something that neither the number of workers nor the order of agents touches. `perArc`: one entry
 *    or more for each of `arcs` directed edges, in that many halves, row after row of the agents at their positions;
 *    `out`: the rows are those of out-neighbours where a graph has such rows of its own;
 *  - `workers`: a copy of each worker's, of which entry i of the run is their sum, the largest, or that of the
 *    leader (of the first rank).
 */
export type Lasts =
  | { as: 'rows'; rows: number; doubled?: true }
  | { as: 'whole'; perArc?: undefined }
  | { as: 'whole'; perArc: 1 | 2; arcs: number; out?: boolean }
  | { as: 'workers'; merge: readonly Merge[] };

export type Merge = 'sum' | 'largest' | 'leader';

export interface Field extends FieldSpec {
  type: FieldType;
  /** Byte address of the first copy. */
  offset: number;
  /** Bytes from one worker's copy to the next; the whole padded size where not `perWorker`. */
  stride: number;
}

export interface Layout {
  fields: Record<string, Field>;
  workers: number;
  precision: Precision;
  totalBytes: number;
  /** FNV-1a over names, types, offsets: a worker refuses an arena whose header says otherwise. */
  hash: number;
}

export const BYTES: Record<FieldType, number> = { f64: 8, f32: 4, u32: 4, i32: 4, u8: 1 };
export const FIELD_ALIGNMENT_BYTES = 128;
export const HEADER_BYTES = 128;
/** What 32-bit WebAssembly can address. */
export const MAX_ARENA_BYTES = 2 ** 32;
const ROW_ALIGNMENT_BYTES = 64;

/** Entries of a padded row of numbers: dim rounded up to 64 bytes, 8 float64 or 16 float32. */
export function rowLength(dim: number, precision: Precision | undefined): number {
  return roundUp(dim, ROW_ALIGNMENT_BYTES / REAL[precision ?? 'float64'].bytes);
}

/** Entries of a padded row of float64, whatever the precision: of a point where a trace evaluates. */
export function pointLength(dim: number): number {
  return rowLength(dim, 'float64');
}

/** Bytes of a padded row of numbers. */
export function rowBytesOf(dim: number, precision: Precision | undefined): number {
  return rowLength(dim, precision) * REAL[precision ?? 'float64'].bytes;
}

export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

/** A field whose rows of agents last. */
export function rowsThatLast(spec: FieldSpec, rows: number): FieldSpec {
  return { ...spec, lasts: { as: 'rows', rows } };
}

/** The same field twice, one for each parity of the round. */
export function doubled(field: FieldSpec): FieldSpec {
  const { lasts } = field;
  return {
    ...field,
    length: 2 * field.length,
    halves: 2,
    ...(lasts?.as === 'rows' && { lasts: { ...lasts, doubled: true } }),
  };
}

/** What neighbours hear of an agent, twice: they read one round's while the owner writes the next one's. */
export function heardRows(field: FieldSpec): FieldSpec {
  return { ...doubled(field), heard: 'rows' };
}

/** A field that lasts, with one entry or more for each of so many directed edges, in one or two halves. */
export function arcsThatLast(spec: FieldSpec, arcs: number, halves: 1 | 2 = 1, out = false): FieldSpec {
  const lasts = { as: 'whole' as const, perArc: halves, arcs, ...(out && { out }) };
  return { ...spec, ...(halves === 2 && { halves }), lasts };
}

/** A field that lasts as it stands. */
export function wholeThatLasts(spec: FieldSpec): FieldSpec {
  return { ...spec, lasts: { as: 'whole' } };
}

/**
 * Lays the fields out in the order given. Sizes only: nothing is allocated here, so it may be asked "what
 * if".
 */
export function layoutArena(
  specs: readonly FieldSpec[],
  workers: number,
  precision: Precision = 'float64',
): Layout {
  const fields: Record<string, Field> = {};
  let offset = HEADER_BYTES;
  for (const spec of specs) {
    if (fields[spec.name]) throw new Error(`the arena has two fields named ${spec.name}`);
    const type = spec.type === 'real' ? REAL[precision].type : spec.type;
    const stride = roundUp(spec.length * BYTES[type], FIELD_ALIGNMENT_BYTES);
    fields[spec.name] = { ...spec, type, offset, stride };
    offset += stride * (spec.perWorker ? workers : 1);
  }
  const layout = { fields, workers, precision, totalBytes: offset, hash: 0 };
  layout.hash = layoutHash(layout);
  return layout;
}

function layoutHash(layout: Layout): number {
  let hash = 0x811c9dc5;
  const text = Object.values(layout.fields)
    .map((f) => `${f.name}:${f.type}:${f.offset}:${f.stride}`)
    .join('|');
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
