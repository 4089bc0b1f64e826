/**
 * What moves bytes between the ranks of one run: its contract, and what is checked alike by all that fulfil it.
 *
 * A *rank* is one process of a job. Ranks meet in two separate streams of messages: those that go again and
 * again over the same rows of shared memory (`repeated`), and single ones (`send`, `receive`). Within one
 * stream, messages between two ranks with the same tag arrive in the order in which they were started; a
 * message is taken by its tag, whatever came before it with another one. What is sent has as many bytes as its
 * receiver expects: a receiver that is sent another number throws.
 *
 * A transport belongs to the thread that opened it. Its calls may wait for other ranks; every such wait ends
 * with `TransportGivenUp` once `givenUp()` is true, after which the job can only be ended.
 */

/** Tags are below this: a standard MPI grants no more. */
export const MAX_TAG = 32767;

export interface Transport {
  readonly rank: number;
  readonly ranks: number;
  /**
   * Makes ready what is sent and received again and again, straight from and to its memory. Ranks need not
   * call it together.
   *
   * @throws RangeError where a leg names a rank, a tag or a row that there is not
   */
  repeated(legs: readonly Leg[]): Repeated;
  /** Returns when `bytes` may be written again. A long message waits for its receiver. */
  send(to: number, tag: number, bytes: Uint8Array): void;
  /** Returns when `bytes` is filled. */
  receive(from: number, tag: number, bytes: Uint8Array): void;
  /** The normal end: all ranks call it, and wait for each other. */
  close(): void;
  /** Ends all ranks of the job at once, this one included, with this exit code. */
  abort(code: number): never;
}

/** One message that goes over in every exchange. */
export interface Leg {
  kind: 'send' | 'receive';
  /** The other rank. */
  peer: number;
  /** The same at both ends. */
  tag: number;
  /** Memory that `rows` are offsets into; it must stay where it is. */
  base: Uint8Array;
  rowBytes: number;
  /** Rows of `base`, in the order in which they go over. With none, an empty message goes over. */
  rows: Uint32Array;
}

/** Legs that go over together, as often as wanted. */
export interface Repeated {
  /** Begins all legs. What is sent must not be written, and what is received not be read, until all are done. */
  start(): void;
  /** Whether all legs are done; looks once. */
  done(): boolean;
  /** Returns when all are. */
  wait(): void;
  /** Lets it go; none of its legs may be under way. */
  free(): void;
}

/** What a host tells the thread that communicates: how to open its transport. Plain data. */
export interface TransportTask {
  /** URL of a module that exports `openTransport`. */
  module: string;
  data: unknown;
  rank: number;
  ranks: number;
  /** Ranks of this job on this rank's host; 1 where absent. */
  onHost?: number;
}

/** Opens the transport of the calling thread. */
export type OpenTransport = (data: unknown, givenUp: () => boolean) => Transport;

/** A wait was ended, since the run is over. */
export class TransportGivenUp extends Error {
  override name = 'TransportGivenUp';
  constructor(what: string) {
    super(`given up while ${what}`);
  }
}

/** Another rank, or what lies between, failed. */
export class TransportError extends Error {
  override name = 'TransportError';
}

/** Throws where a leg cannot be: a mistake of the caller, found before anything is sent. */
export function checkLeg(leg: Leg, rank: number, ranks: number): void {
  checkEnds(leg.peer, leg.tag, rank, ranks);
  const { base, rowBytes, rows } = leg;
  if (!Number.isSafeInteger(rowBytes) || rowBytes < 1 || rowBytes > 0x7fff_ffff) {
    throw new RangeError(`rowBytes is ${rowBytes}, expected 1..2147483647`);
  }
  // Displacements of MPI are signed.
  const count = Math.min(Math.floor(base.byteLength / rowBytes), 2 ** 31);
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at];
    if (row >= count) throw new RangeError(`rows[${at}] is ${row}, expected 0..${count - 1} (rows of base)`);
  }
}

export function checkEnds(peer: number, tag: number, rank: number, ranks: number): void {
  if (!Number.isInteger(peer) || peer < 0 || peer >= ranks || peer === rank) {
    throw new RangeError(`peer is ${peer}, expected another rank than ${rank} of 0..${ranks - 1}`);
  }
  if (!Number.isInteger(tag) || tag < 0 || tag > MAX_TAG) {
    throw new RangeError(`tag is ${tag}, expected 0..${MAX_TAG}`);
  }
}

/** Rows that follow one another, as runs: where each begins and how many rows it has. */
export function runsOf(rows: Uint32Array): { starts: Int32Array; lengths: Int32Array } {
  let runs = 0;
  for (let at = 0; at < rows.length; at++) if (at === 0 || rows[at] !== rows[at - 1] + 1) runs++;
  const starts = new Int32Array(runs);
  const lengths = new Int32Array(runs);
  let run = -1;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at];
    if (at === 0 || row !== rows[at - 1] + 1) starts[++run] = row;
    lengths[run] = lengths[run] + 1;
  }
  return { starts, lengths };
}
