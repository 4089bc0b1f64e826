/**
 * The transport over MPI: one thread of each rank makes all of its calls.
 *
 * Rows are sent from where they lie and received to where they belong: a datatype says which rows of the
 * memory a message is made of (MPI_Type_create_indexed_block), and requests are made once and started again
 * each time (MPI_Send_init, MPI_Startall). Rows that follow one another are a plain buffer. Displacements and
 * counts are in rows, so that they stay below 2^31 where bytes do not.
 *
 * No wait is inside MPI, but for those of MPI_Init and MPI_Finalize: see `poll.ts`. The two streams of
 * messages of the contract are communicators of our own.
 */

import { InputError } from '../../base/errors.js';
import { plural } from '../../base/format.js';
import { Poll } from '../poll.js';
import {
  checkEnds,
  checkLeg,
  type Leg,
  type Repeated,
  runsOf,
  type Transport,
  TransportError,
  TransportGivenUp,
} from '../transport.js';
import {
  ERR_IN_STATUS,
  MpiLibrary,
  type Pointer,
  STATUS_BYTES,
  STATUS_ERROR_WORD,
  THREAD_SERIALIZED,
} from './library.js';

/** What `mpiTask` (task.ts) says. */
export interface MpiData {
  rank: number;
  ranks: number;
  /** Questions at once before a wait sleeps. */
  questions?: number;
  /** Single messages go over in pieces of so many bytes. */
  pieceBytes?: number;
  /** How long `close` waits for the others. */
  closeMs?: number;
}

const PIECE_BYTES = 2 ** 30;
const CLOSE_MS = 60_000;

/** @throws InputError where there is no Open MPI, or MPI knows of other ranks than the environment */
export function openTransport(data: unknown, givenUp: () => boolean): Transport {
  return new MpiTransport(data as MpiData, givenUp);
}

/** Memory that no collector moves. */
const word32 = (count: number) => new Int32Array(new ArrayBuffer(4 * count));
const word64 = (count: number) => new BigUint64Array(new ArrayBuffer(8 * count));

class MpiTransport implements Transport {
  readonly rank: number;
  readonly ranks: number;
  private readonly mpi: MpiLibrary;
  private readonly givenUp: () => boolean;
  private readonly poll: Poll;
  private readonly pieceBytes: number;
  private readonly closeMs: number;
  /** Of what is repeated, and of single messages. */
  private readonly rows: bigint;
  private readonly single: bigint;
  private readonly flag = word32(1);
  private readonly request = word64(1);
  private readonly status = word32(STATUS_BYTES / 4);
  private readonly isOver: () => boolean;
  /** What is waited for. */
  private what = '';
  /** What MPI may still write to: receives that were given up. */
  private readonly abandoned: Uint8Array[] = [];
  private closed = false;

  constructor(data: MpiData, givenUp: () => boolean) {
    this.mpi = MpiLibrary.load();
    this.givenUp = givenUp;
    this.poll = new Poll(givenUp, data.questions);
    this.pieceBytes = data.pieceBytes ?? PIECE_BYTES;
    this.closeMs = data.closeMs ?? CLOSE_MS;
    this.isOver = () => {
      const code = this.mpi.calls.Test(this.request, this.flag, this.status);
      if (code !== 0) this.mpi.check(code, this.what);
      return this.flag[0] === 1;
    };
    const { calls, world } = this.mpi;
    this.initialize();
    this.rank = this.ask((value) => calls.Comm_rank(world, value), 'MPI_Comm_rank');
    this.ranks = this.ask((value) => calls.Comm_size(world, value), 'MPI_Comm_size');
    if (this.rank !== data.rank || this.ranks !== data.ranks) this.refuseOtherRanks(data);
    this.rows = this.duplicate();
    this.single = this.duplicate();
  }

  private initialize(): void {
    const { calls, errorsReturn, world } = this.mpi;
    if (this.ask((flag) => calls.Initialized(flag), 'MPI_Initialized') !== 0) {
      throw new TransportError('MPI is in use in this process already');
    }
    const provided = this.ask(
      (level) => calls.Init_thread(null, null, THREAD_SERIALIZED, level),
      'MPI_Init_thread',
    );
    this.mpi.check(calls.Comm_set_errhandler(world, errorsReturn), 'MPI_Comm_set_errhandler');
    if (provided >= THREAD_SERIALIZED) return;
    throw new InputError(
      `this Open MPI (${this.mpi.version}) takes calls from the main thread alone (MPI_THREAD level ${provided}), expected MPI_THREAD_SERIALIZED`,
    );
  }

  private ask(call: (value: Pointer) => number, what: string): number {
    this.mpi.check(call(this.flag), what);
    return this.flag[0];
  }

  private refuseOtherRanks(data: MpiData): never {
    const { rank, ranks, mpi } = this;
    throw new InputError(
      `the environment says rank ${data.rank} of ${data.ranks}, and MPI rank ${rank} of ${ranks} (${mpi.version.split(',')[0]}): the ranks were started by another MPI than is loaded`,
      { hint: 'start with the mpirun that came with this Open MPI, or with srun --mpi=pmix' },
    );
  }

  /** Until `request` is done. */
  private await(what: string, poll = this.poll): void {
    this.what = what;
    poll.until(this.isOver, what);
  }

  private duplicate(): bigint {
    const { calls, world, errorsReturn } = this.mpi;
    const made = word64(1);
    this.mpi.check(calls.Comm_idup(world, made, this.request), 'MPI_Comm_idup');
    this.await('waiting for all ranks to begin');
    const comm = made[0];
    this.mpi.check(calls.Comm_set_errhandler(comm, errorsReturn), 'MPI_Comm_set_errhandler');
    return comm;
  }

  repeated(legs: readonly Leg[]): Repeated {
    this.mustBeOpen();
    for (const leg of legs) checkLeg(leg, this.rank, this.ranks);
    return new MpiRepeated(this.mpi, this.rows, this.poll, legs);
  }

  send(to: number, tag: number, bytes: Uint8Array): void {
    this.mustBeOpen();
    checkEnds(to, tag, this.rank, this.ranks);
    const { calls, byte } = this.mpi;
    const what = `sending ${plural(bytes.byteLength, 'byte')} to rank ${to}`;
    for (const piece of this.pieces(bytes)) {
      const code = calls.Isend(piece, piece.byteLength, byte, to, tag, this.single, this.request);
      this.mpi.check(code, what);
      this.await(what);
    }
  }

  receive(from: number, tag: number, bytes: Uint8Array): void {
    this.mustBeOpen();
    checkEnds(from, tag, this.rank, this.ranks);
    const { calls, byte } = this.mpi;
    const what = `receiving ${plural(bytes.byteLength, 'byte')} from rank ${from}`;
    for (const piece of this.pieces(bytes)) {
      const code = calls.Irecv(piece, piece.byteLength, byte, from, tag, this.single, this.request);
      this.mpi.check(code, what);
      try {
        this.await(what);
      } catch (error) {
        if (error instanceof TransportGivenUp) this.abandon(piece);
        throw error;
      }
      const arrived = elements(this.mpi, this.status);
      if (arrived !== piece.byteLength) throw wrongLength(what, arrived);
    }
  }

  /** Nothing shall arrive in memory that belongs to others by then. */
  private abandon(piece: Uint8Array): void {
    this.abandoned.push(piece);
    this.mpi.calls.Cancel(this.request);
    this.mpi.calls.Request_free(this.request);
  }

  private pieces(bytes: Uint8Array): readonly Uint8Array[] {
    const { pieceBytes } = this;
    if (bytes.byteLength <= pieceBytes) return [bytes];
    const count = Math.ceil(bytes.byteLength / pieceBytes);
    return Array.from({ length: count }, (_, at) => bytes.subarray(at * pieceBytes, (at + 1) * pieceBytes));
  }

  /** MPI_Finalize waits without end for a rank that is gone: before it all ranks meet where a wait has one. */
  close(): void {
    this.mustBeOpen();
    this.closed = true;
    const { calls } = this.mpi;
    this.mpi.check(calls.Ibarrier(this.single, this.request), 'MPI_Ibarrier');
    const end = performance.now() + this.closeMs;
    const what = 'waiting for all ranks to end';
    const poll = new Poll(() => this.givenUp() || performance.now() > end);
    try {
      this.await(what, poll);
    } catch (error) {
      if (!(error instanceof TransportGivenUp) || this.givenUp()) throw error;
      throw new TransportError(`not all ranks have ended within ${this.closeMs / 1000} s`);
    }
    this.mpi.check(calls.Finalize(), 'MPI_Finalize');
  }

  abort(code: number): never {
    this.mpi.calls.Abort(this.mpi.world, code);
    throw new TransportError(`MPI_Abort(${code}) returned`);
  }

  private mustBeOpen(): void {
    if (this.closed) throw new TransportError('the transport is closed');
  }
}

class MpiRepeated implements Repeated {
  private readonly mpi: MpiLibrary;
  private readonly poll: Poll;
  /** Receives stand first, so that nothing arrives unexpected that is expected at once. */
  private readonly legs: readonly Leg[];
  private readonly receives: number;
  private readonly requests: BigUint64Array;
  private readonly requestsAt: bigint;
  private readonly statuses: Int32Array;
  private readonly statusesAt: bigint;
  private readonly flag = word32(1);
  private readonly flagAt: bigint;
  private readonly isDone: () => boolean;
  private readonly what: string;
  private underWay = false;
  /** Lengths stay as they are at both ends, so they are compared once. */
  private compared = false;

  constructor(mpi: MpiLibrary, comm: bigint, poll: Poll, legs: readonly Leg[]) {
    this.mpi = mpi;
    this.poll = poll;
    const ofKind = (kind: Leg['kind']) => legs.filter((leg) => leg.kind === kind);
    this.legs = [...ofKind('receive'), ...ofKind('send')];
    this.receives = ofKind('receive').length;
    this.requests = word64(legs.length);
    this.statuses = word32((STATUS_BYTES / 4) * legs.length);
    this.requestsAt = mpi.address(this.requests);
    this.statusesAt = mpi.address(this.statuses);
    this.flagAt = mpi.address(this.flag);
    this.isDone = () => this.done();
    this.what = `exchanging rows with ${plural(new Set(legs.map(({ peer }) => peer)).size, 'rank')}`;
    this.legs.forEach((leg, at) => {
      this.make(leg, comm, this.requestsAt + 8n * BigInt(at));
    });
  }

  private make(leg: Leg, comm: bigint, request: bigint): void {
    const { mpi } = this;
    const { base, rowBytes, rows, peer, tag } = leg;
    const isSend = leg.kind === 'send';
    const make = isSend ? mpi.calls.Send_init : mpi.calls.Recv_init;
    const name = isSend ? 'MPI_Send_init' : 'MPI_Recv_init';
    const { starts, lengths } = runsOf(rows);
    if (starts.length <= 1) {
      const first = starts[0] ?? 0;
      const at = rows.length === 0 ? null : mpi.address(base) + BigInt(first) * BigInt(rowBytes);
      const bytes = rows.length * rowBytes;
      if (bytes <= 0x7fff_ffff) {
        mpi.check(make(at, bytes, mpi.byte, peer, tag, comm, request), name);
        return;
      }
      const row = this.rowType(rowBytes);
      mpi.check(make(at, rows.length, row[0], peer, tag, comm, request), name);
      mpi.check(mpi.calls.Type_free(row), 'MPI_Type_free');
      return;
    }
    const row = this.rowType(rowBytes);
    const type = word64(1);
    const length = lengths[0];
    const created = lengths.every((other) => other === length)
      ? mpi.calls.Type_create_indexed_block(starts.length, length, starts, row[0], type)
      : mpi.calls.Type_indexed(starts.length, lengths, starts, row[0], type);
    mpi.check(created, 'MPI_Type_create_indexed_block');
    mpi.check(mpi.calls.Type_commit(type), 'MPI_Type_commit');
    mpi.check(make(mpi.address(base), 1, type[0], peer, tag, comm, request), name);
    // The request keeps them.
    mpi.check(mpi.calls.Type_free(type), 'MPI_Type_free');
    mpi.check(mpi.calls.Type_free(row), 'MPI_Type_free');
  }

  private rowType(rowBytes: number): BigUint64Array {
    const { mpi } = this;
    const row = word64(1);
    mpi.check(mpi.calls.Type_contiguous(rowBytes, mpi.byte, row), 'MPI_Type_contiguous');
    mpi.check(mpi.calls.Type_commit(row), 'MPI_Type_commit');
    return row;
  }

  start(): void {
    if (this.underWay) throw new TransportError('an exchange was started that is still under way');
    if (this.legs.length === 0) return;
    this.underWay = true;
    const code = this.mpi.calls.Startall(this.legs.length, this.requestsAt);
    if (code !== 0) this.mpi.check(code, this.what);
  }

  done(): boolean {
    if (!this.underWay) return true;
    const { mpi, flagAt, requestsAt, statusesAt } = this;
    const code = mpi.calls.Testall(this.legs.length, requestsAt, flagAt, statusesAt);
    if (code !== 0) this.failed(code);
    if (this.flag[0] === 0) return false;
    this.underWay = false;
    if (!this.compared) this.compareLengths();
    return true;
  }

  wait(): void {
    if (this.underWay) this.poll.until(this.isDone, this.what);
  }

  free(): void {
    if (this.underWay) throw new TransportError('an exchange was let go that is still under way');
    for (let at = 0; at < this.legs.length; at++) {
      this.mpi.check(this.mpi.calls.Request_free(this.requestsAt + 8n * BigInt(at)), 'MPI_Request_free');
    }
    this.requests.fill(0n);
  }

  private statusOf(at: number): Int32Array {
    const words = STATUS_BYTES / 4;
    return this.statuses.subarray(at * words, (at + 1) * words);
  }

  private compareLengths(): void {
    for (let at = 0; at < this.receives; at++) {
      const { rows, rowBytes } = this.legs[at];
      const arrived = elements(this.mpi, this.statusOf(at));
      if (arrived !== rows.length * rowBytes) throw wrongLength(this.describe(at), arrived);
    }
    this.compared = true;
  }

  private describe(at: number): string {
    const { kind, rows, rowBytes, peer, tag } = this.legs[at];
    const way = kind === 'send' ? 'sending' : 'receiving';
    const to = kind === 'send' ? 'to' : 'from';
    return `${way} ${plural(rows.length, 'row')} of ${plural(rowBytes, 'byte')} ${to} rank ${peer} (tag ${tag})`;
  }

  /** Which leg it was, where MPI says so. */
  private failed(code: number): never {
    if (code === ERR_IN_STATUS) {
      for (let at = 0; at < this.legs.length; at++) {
        const error = this.statusOf(at)[STATUS_ERROR_WORD];
        if (error !== 0) this.mpi.check(error, this.describe(at));
      }
    }
    throw new TransportError(`MPI, ${this.what}: ${this.mpi.errorText(code)}`);
  }
}

/** Bytes that arrived. */
function elements(mpi: MpiLibrary, status: Int32Array): number {
  const count = new BigInt64Array(new ArrayBuffer(8));
  mpi.check(mpi.calls.Get_elements_x(status, mpi.byte, count), 'MPI_Get_elements_x');
  return Number(count[0]);
}

function wrongLength(what: string, arrived: number): TransportError {
  return new TransportError(`${what}: ${plural(arrived, 'byte')} arrived`);
}
