/**
 * The arena's map: which named field lies where in the one shared memory of a run.
 *
 * A layout is plain data, made once on the host and sent to every worker. Fields start 128-byte aligned (two
 * cache lines: the adjacent-line prefetcher would otherwise make neighbours share), rows are padded to 64
 * bytes (`rowLength`). A field marked `perWorker` is repeated for every worker, each copy on lines of its
 * own.
 */

export type FieldType = 'f64' | 'f32' | 'u32' | 'i32' | 'u8';

export interface FieldSpec {
  name: string;
  type: FieldType;
  /** Elements (of one copy, where `perWorker`). */
  length: number;
  perWorker?: boolean;
  /**
   * How it lasts from round to round; absent where it is written once, or anew before it is read. Whoever goes
   * back, or goes on from a checkpoint, needs all that lasts and nothing else.
   */
  lasts?: Lasts;
}

/**
 * What a field that lasts is made of:
 *
 *  - `rows`: of so many agents, by position; twice, by the round's parity, where `doubled`: then the rows of
 *    the coming round are all that is needed;
 *  - `whole`: something that neither the number of workers nor the order of agents touches;
 *  - `workers`: a copy of each worker's, of which entry i of the run is their sum, or the largest.
 */
export type Lasts =
  | { as: 'rows'; rows: number; doubled?: true }
  | { as: 'whole' }
  | { as: 'workers'; merge: readonly ('sum' | 'largest')[] };

export interface Field extends FieldSpec {
  /** Byte address of the first copy. */
  offset: number;
  /** Bytes from one worker's copy to the next; the whole padded size where not `perWorker`. */
  stride: number;
}

export interface Layout {
  fields: Record<string, Field>;
  workers: number;
  totalBytes: number;
  /** FNV-1a over names, types, offsets: a worker refuses an arena whose header says otherwise. */
  hash: number;
}

export const BYTES: Record<FieldType, number> = { f64: 8, f32: 4, u32: 4, i32: 4, u8: 1 };
export const FIELD_ALIGNMENT_BYTES = 128;
export const HEADER_BYTES = 128;
/** What 32-bit WebAssembly can address. */
export const MAX_ARENA_BYTES = 2 ** 32;
const ROW_ALIGNMENT_ENTRIES = 8;

/** Entries of a padded row: dim rounded up to a multiple of 8 doubles (64 bytes). */
export function rowLength(dim: number): number {
  return roundUp(dim, ROW_ALIGNMENT_ENTRIES);
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
    ...(lasts?.as === 'rows' && { lasts: { ...lasts, doubled: true } }),
  };
}

/** A field that lasts as it stands. */
export function wholeThatLasts(spec: FieldSpec): FieldSpec {
  return { ...spec, lasts: { as: 'whole' } };
}

/**
 * Lays the fields out in the order given. Sizes only: nothing is allocated here, so it may be asked "what
 * if".
 */
export function layoutArena(specs: readonly FieldSpec[], workers: number): Layout {
  const fields: Record<string, Field> = {};
  let offset = HEADER_BYTES;
  for (const spec of specs) {
    if (fields[spec.name]) throw new Error(`the arena has two fields named ${spec.name}`);
    const stride = roundUp(spec.length * BYTES[spec.type], FIELD_ALIGNMENT_BYTES);
    fields[spec.name] = { ...spec, offset, stride };
    offset += stride * (spec.perWorker ? workers : 1);
  }
  const layout = { fields, workers, totalBytes: offset, hash: 0 };
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
