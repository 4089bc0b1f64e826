/**
 * A double of the transport inside one process: ranks are threads, and bytes go through shared memory. What it
 * promises is that of MPI, its unkind sides included: a long message is sent only once its receiver has asked
 * for it, messages of one tag stay in order, and those of other tags may be taken first.
 *
 *     mailboxes(ranks)                 on the host: the shared memory, plain data for all ranks
 *     doubleTask(boxes, rank)          on the host: the task of one rank
 *     openTransport(data, givenUp)     on the thread of a rank
 *
 * From every rank to every other leads a ring of bytes, written by one and read by the other. Frames: an int32
 * each for kind, stream, tag, message number, and length as float64; then so many bytes. Positions count bytes
 * from the start, in 32 bits that wrap; a rank that waits sleeps on its bell, which others ring when they wrote
 * to it, or made room for it.
 */

import { checkEnds, checkLeg, TransportError, TransportGivenUp } from '../../../dist/src/ranks/transport.js';

/** A power of two, so that positions may wrap. */
const RING_BYTES = 2 ** 16;
const HEAD_BYTES = 24;
/** Messages up to this go off without being asked for, as in MPI ("eager"). */
const EAGER_BYTES = 2 ** 15;
/** Int32 words of a ring before its bytes: written, read. */
const WRITTEN = 0;
const READ = 1;
const RING_WORDS = 16;
const PART_BYTES = 4 * RING_WORDS + RING_BYTES;
/** A sleep ends by itself after this, to see whether the run is over. */
const SLEEP_MS = 2;

const Frame = { EAGER: 0, ASK: 1, GRANT: 2, BODY: 3, END: 4 };
const Stream = { REPEATED: 0, SINGLE: 1 };

/** Memory by which so many ranks meet. Behind the bells stand how many have ended, and 1 + the code of an abort. */
export function mailboxes(ranks) {
  return {
    ranks,
    rings: new SharedArrayBuffer(ranks * ranks * PART_BYTES),
    bells: new Int32Array(new SharedArrayBuffer(4 * 32 * (ranks + 2))),
  };
}

/** The code with which a rank has ended all of them; null where none has. */
export function abortCode({ ranks, bells }) {
  const word = Atomics.load(bells, 32 * (ranks + 1));
  return word === 0 ? null : word - 1;
}

export function doubleTask(boxes, rank) {
  return { module: import.meta.url, data: { ...boxes, rank }, rank, ranks: boxes.ranks };
}

export function openTransport(data, givenUp) {
  return new Double(data, givenUp);
}

/** Bytes from one rank to another. */
class Ring {
  constructor(buffer, at) {
    this.words = new Int32Array(buffer, at, RING_WORDS);
    this.bytes = new Uint8Array(buffer, at + 4 * RING_WORDS, RING_BYTES);
  }
  /** Sequentially consistent: what was written before the position is seen by whoever sees it. */
  get filled() {
    return (Atomics.load(this.words, WRITTEN) - Atomics.load(this.words, READ)) | 0;
  }
  get room() {
    return RING_BYTES - this.filled;
  }
  write(from) {
    const at = Atomics.load(this.words, WRITTEN) & (RING_BYTES - 1);
    const first = Math.min(from.length, RING_BYTES - at);
    this.bytes.set(from.subarray(0, first), at);
    this.bytes.set(from.subarray(first), 0);
    Atomics.add(this.words, WRITTEN, from.length);
  }
  read(into) {
    const at = Atomics.load(this.words, READ) & (RING_BYTES - 1);
    const first = Math.min(into.length, RING_BYTES - at);
    into.set(this.bytes.subarray(at, at + first));
    into.set(this.bytes.subarray(0, into.length - first), first);
    Atomics.add(this.words, READ, into.length);
  }
}

const PART_OF_BODY = RING_BYTES / 4;

class Double {
  constructor({ ranks, rings, bells, rank }, givenUp) {
    Object.assign(this, { rank, ranks, bells, givenUp, closed: false, sent: 0 });
    const ring = (from, to) => new Ring(rings, (from * ranks + to) * PART_BYTES);
    this.peers = Array.from({ length: ranks }, (_, peer) => ({
      out: ring(rank, peer),
      in: ring(peer, rank),
      /** Frames that wait for room: { head, bytes }. */
      outgoing: [],
      /** Messages that were sent, or asked for, and that nobody has taken yet. */
      arrived: [],
      /** Receives that wait. */
      wanted: [],
      /** Our long messages that have not been granted yet, and theirs that were, by number. */
      asking: new Map(),
      granted: new Map(),
      /** What is being read: a frame's body. */
      reading: null,
    }));
  }

  // ---- progress -------------------------------------------------------------------------------------------

  /** Moves what can be moved; whether anything was. */
  progress() {
    let moved = false;
    for (let peer = 0; peer < this.ranks; peer++) {
      if (peer === this.rank) continue;
      let ofPeer = false;
      while (this.readOne(this.peers[peer], peer)) ofPeer = true;
      while (this.writeOne(this.peers[peer])) ofPeer = true;
      if (ofPeer) this.ring(peer);
      moved ||= ofPeer;
    }
    return moved;
  }

  ring(peer) {
    Atomics.add(this.bells, 32 * peer, 1);
    Atomics.notify(this.bells, 32 * peer);
  }

  writeOne(peer) {
    const next = peer.outgoing[0];
    if (next === undefined || peer.out.room < HEAD_BYTES + next.bytes.length) return false;
    peer.out.write(next.head);
    peer.out.write(next.bytes);
    peer.outgoing.shift();
    next.after?.();
    return true;
  }

  frame(
    peer,
    kind,
    { stream = 0, tag = 0, id = 0, length = 0 },
    bytes = new Uint8Array(0),
    after = undefined,
  ) {
    const head = new Uint8Array(HEAD_BYTES);
    const view = new DataView(head.buffer);
    for (const [at, word] of [kind, stream, tag, id].entries()) view.setInt32(4 * at, word);
    view.setFloat64(16, length);
    peer.outgoing.push({ head, bytes, after });
  }

  readOne(peer) {
    if (peer.reading === null) {
      if (peer.in.filled < HEAD_BYTES) return false;
      const head = new Uint8Array(HEAD_BYTES);
      peer.in.read(head);
      const view = new DataView(head.buffer);
      const [kind, stream, tag, id] = [0, 4, 8, 12].map((at) => view.getInt32(at));
      const body = kind === Frame.EAGER || kind === Frame.BODY;
      peer.reading = { kind, stream, tag, id, length: view.getFloat64(16), bytes: body ? -1 : 0 };
    }
    const { reading } = peer;
    const size = reading.bytes === 0 ? 0 : reading.length;
    if (peer.in.filled < size) return false;
    const bytes = new Uint8Array(size);
    peer.in.read(bytes);
    peer.reading = null;
    this.take(peer, reading, bytes);
    return true;
  }

  take(peer, { kind, stream, tag, id, length }, bytes) {
    if (kind === Frame.EAGER || kind === Frame.ASK) {
      peer.arrived.push({ stream, tag, id, length, bytes: kind === Frame.EAGER ? bytes : null });
      this.match(peer);
    } else if (kind === Frame.GRANT) {
      const message = peer.asking.get(id);
      peer.asking.delete(id);
      for (let at = 0; at < message.bytes.length; at += PART_OF_BODY) {
        const part = message.bytes.subarray(at, at + PART_OF_BODY);
        this.frame(peer, Frame.BODY, { id, length: part.length }, part);
      }
      this.frame(peer, Frame.END, { id }, undefined, () => {
        message.done = true;
      });
    } else if (kind === Frame.BODY) {
      const receive = peer.granted.get(id);
      receive.fill(bytes);
    } else {
      const receive = peer.granted.get(id);
      peer.granted.delete(id);
      receive.done = true;
    }
  }

  /** The oldest receive of a tag takes the oldest message of it. */
  match(peer) {
    for (let at = 0; at < peer.wanted.length; at++) {
      const receive = peer.wanted[at];
      const found = peer.arrived.findIndex(
        ({ stream, tag }) => stream === receive.stream && tag === receive.tag,
      );
      if (found < 0) continue;
      const [message] = peer.arrived.splice(found, 1);
      peer.wanted.splice(at--, 1);
      receive.arrived = message.length;
      if (message.length > receive.length) receive.tooLong = true;
      if (message.bytes !== null) {
        if (!receive.tooLong) receive.fill(message.bytes);
        receive.done = true;
      } else if (receive.tooLong) {
        receive.done = true;
      } else {
        peer.granted.set(message.id, receive);
        this.frame(peer, Frame.GRANT, { id: message.id });
      }
    }
  }

  post(to, stream, tag, bytes) {
    const peer = this.peers[to];
    const message = { done: false, bytes };
    const id = this.sent++;
    const head = { stream, tag, id, length: bytes.length };
    if (bytes.length <= EAGER_BYTES) {
      this.frame(peer, Frame.EAGER, head, bytes, () => {
        message.done = true;
      });
    } else {
      peer.asking.set(id, message);
      this.frame(peer, Frame.ASK, head);
    }
    return message;
  }

  want(from, stream, tag, length, put) {
    const peer = this.peers[from];
    let filled = 0;
    const receive = {
      stream,
      tag,
      length,
      done: false,
      tooLong: false,
      arrived: 0,
      fill(bytes) {
        put(bytes, filled);
        filled += bytes.length;
      },
    };
    peer.wanted.push(receive);
    this.match(peer);
    return receive;
  }

  until(done, what) {
    for (;;) {
      // Before looking: what rings after it ends the sleep at once.
      const bell = Atomics.load(this.bells, 32 * this.rank);
      const moved = this.progress();
      if (done()) {
        while (this.progress());
        return;
      }
      if (this.givenUp() || abortCode(this) !== null) throw new TransportGivenUp(what);
      if (!moved) Atomics.wait(this.bells, 32 * this.rank, bell, SLEEP_MS);
    }
  }

  // ---- the contract ---------------------------------------------------------------------------------------

  mustBeOpen() {
    if (this.closed) throw new TransportError('the transport is closed');
  }

  repeated(legs) {
    this.mustBeOpen();
    for (const leg of legs) checkLeg(leg, this.rank, this.ranks);
    return new DoubleRepeated(this, legs);
  }

  send(to, tag, bytes) {
    this.mustBeOpen();
    checkEnds(to, tag, this.rank, this.ranks);
    const message = this.post(to, Stream.SINGLE, tag, bytes);
    this.progress();
    if (!message.done) this.until(() => message.done, `sending ${bytes.length} bytes to rank ${to}`);
  }

  receive(from, tag, bytes) {
    this.mustBeOpen();
    checkEnds(from, tag, this.rank, this.ranks);
    const what = `receiving ${bytes.length} bytes from rank ${from}`;
    const receive = this.want(from, Stream.SINGLE, tag, bytes.length, (part, at) => bytes.set(part, at));
    try {
      this.until(() => receive.done, what);
    } catch (error) {
      const { wanted } = this.peers[from];
      if (wanted.includes(receive)) wanted.splice(wanted.indexOf(receive), 1);
      throw error;
    }
    if (receive.arrived !== bytes.length) throw wrongLength(what, receive.arrived);
  }

  /** All have come, and nothing is under way any more. */
  close() {
    this.mustBeOpen();
    this.closed = true;
    const all = 32 * this.ranks;
    this.until(
      () => this.peers.every(({ outgoing, asking }) => outgoing.length === 0 && asking.size === 0),
      'waiting for what is sent',
    );
    Atomics.add(this.bells, all, 1);
    for (let peer = 0; peer < this.ranks; peer++) this.ring(peer);
    this.until(() => Atomics.load(this.bells, all) === this.ranks, 'waiting for all ranks to end');
  }

  abort(code) {
    Atomics.compareExchange(this.bells, 32 * (this.ranks + 1), 0, code + 1);
    for (let peer = 0; peer < this.ranks; peer++) this.ring(peer);
    throw new TransportGivenUp(`ending all ranks with ${code}`);
  }
}

class DoubleRepeated {
  constructor(transport, legs) {
    this.transport = transport;
    this.legs = [...legs].sort((a, b) => (a.kind === b.kind ? 0 : a.kind === 'receive' ? -1 : 1));
    this.underWay = null;
  }

  start() {
    if (this.underWay !== null) throw new TransportError('an exchange was started that is still under way');
    this.underWay = this.legs.map(({ kind, peer, tag, base, rowBytes, rows }) => {
      const length = rows.length * rowBytes;
      if (kind === 'send') {
        const bytes = new Uint8Array(length);
        rows.forEach((row, at) => {
          bytes.set(base.subarray(row * rowBytes, (row + 1) * rowBytes), at * rowBytes);
        });
        return this.transport.post(peer, Stream.REPEATED, tag, bytes);
      }
      return this.transport.want(peer, Stream.REPEATED, tag, length, (part, from) => {
        for (let at = 0; at < part.length; ) {
          const row = Math.floor((from + at) / rowBytes);
          const inRow = (from + at) % rowBytes;
          const bytes = Math.min(rowBytes - inRow, part.length - at);
          base.set(part.subarray(at, at + bytes), rows[row] * rowBytes + inRow);
          at += bytes;
        }
      });
    });
    this.transport.progress();
  }

  done() {
    if (this.underWay === null) return true;
    this.transport.progress();
    if (!this.underWay.every(({ done }) => done)) return false;
    const { underWay, legs } = this;
    this.underWay = null;
    while (this.transport.progress());
    legs.forEach(({ kind, peer, tag, rowBytes, rows }, at) => {
      const { arrived } = underWay[at];
      if (kind === 'send' || arrived === rows.length * rowBytes) return;
      throw wrongLength(
        `receiving ${rows.length} rows of ${rowBytes} bytes from rank ${peer} (tag ${tag})`,
        arrived,
      );
    });
    return true;
  }

  wait() {
    if (this.underWay !== null) this.transport.until(() => this.done(), 'exchanging rows');
  }

  free() {
    if (this.underWay !== null) throw new TransportError('an exchange was let go that is still under way');
  }
}

function wrongLength(what, arrived) {
  return new TransportError(`${what}: ${arrived} bytes arrived`);
}
