/**
 * What a link between hosts does, asked through Open MPI alone: no part of Sottovoce is in it. Started by
 * mpirun, one rank a host; rank 0 prints one line of JSON.
 *
 *     ping-pong.mjs [SECONDS of each measurement] [large]
 *
 *  - latencySeconds: half of a round trip of 8 bytes, the median;
 *  - blockSeconds: half of a round trip of `BLOCK` bytes, the median: the time of a message that is a hundred
 *    times longer than a frame, nothing else being under way;
 *  - streamBytes: payload a second from rank 0 to rank 1, of messages one after the other;
 *  - ringBytes: payload a second into each rank while every rank sends to the next one, both directions of all
 *    links at once: 16 messages of 32 KiB are under way, so that nobody waits for an answer;
 *  - largeBytes, where it is asked for: the same with a single message of 256 KiB at a time.
 *
 * Rates are taken at the receiver, from a message some way into the stream to the last one. What comes before
 * (full buckets, slow start, buffers that fill) is left out. Rank 0 says in each message whether it is the
 * last but one, so that all stop alike.
 */

import { hostname } from 'node:os';
import koffi from 'koffi';

const SECONDS = Number(process.argv[2] ?? 3);
const LEFT_OUT = 0.25;
const BLOCK = 131072;
/** Open MPI sends up to 64 KiB without asking the receiver first. */
const SMALL = { bytes: 32768, atOnce: 16 };
const LARGE = { bytes: 262144, atOnce: 1 };
const TAG = 7;

const library = koffi.load('libmpi.so.40', { global: true });
const call = (name, ...types) => {
  const raw = library.func(name, 'int', types);
  return (...args) => {
    const code = raw(...args);
    if (code !== 0) throw new Error(`${name} returned ${code}`);
  };
};
const pointer = 'void *';
const [WORLD, BYTE] = ['ompi_mpi_comm_world', 'ompi_mpi_byte'].map((name) => library.symbol(name));
const init = call('MPI_Init', pointer, pointer);
const finalize = call('MPI_Finalize');
const commRank = call('MPI_Comm_rank', pointer, pointer);
const commSize = call('MPI_Comm_size', pointer, pointer);
const barrier = call('MPI_Barrier', pointer);
const send = call('MPI_Send', pointer, 'int', pointer, 'int', 'int', pointer);
const receive = call('MPI_Recv', pointer, 'int', pointer, 'int', 'int', pointer, pointer);
const [isend, ireceive] = ['MPI_Isend', 'MPI_Irecv'].map((name) =>
  call(name, pointer, 'int', pointer, 'int', 'int', pointer, pointer),
);
const waitAll = call('MPI_Waitall', 'int', pointer, pointer);
const gather = call('MPI_Gather', pointer, 'int', pointer, pointer, 'int', pointer, 'int', pointer);

init(null, null);
const number = (ask) => {
  const answer = new Int32Array(1);
  ask(WORLD, answer);
  return answer[0];
};
const rank = number(commRank);
const ranks = number(commSize);
const out = new Uint8Array(BLOCK);
const into = new Uint8Array(BLOCK);
const now = () => performance.now() / 1000;

/** Half round trips between ranks 0 and 1, in seconds, the first tenth left out; the median. */
function halfRoundTrip(bytes) {
  barrier(WORLD);
  if (rank > 1) return null;
  const times = [];
  const begun = now();
  for (let last = false; !last; ) {
    const sent = now();
    if (rank === 0) {
      out[0] = sent - begun > SECONDS ? 1 : 0;
      send(out, bytes, BYTE, 1, TAG, WORLD);
      receive(into, bytes, BYTE, 1, TAG, WORLD, null);
    } else {
      receive(into, bytes, BYTE, 0, TAG, WORLD, null);
      send(into, bytes, BYTE, 0, TAG, WORLD);
    }
    times.push((now() - sent) / 2);
    last = (rank === 0 ? out : into)[0] === 1;
  }
  const kept = times.slice(Math.floor(times.length / 10)).sort((a, b) => a - b);
  return kept[Math.floor(kept.length / 2)];
}

/** Bytes a second that comes in with `step`, `each` at a time: it is called until it says that this was the last. */
function rate(each, step) {
  barrier(WORLD);
  const begun = now();
  let from = null;
  let bytes = 0;
  for (let last = false; !last; ) {
    last = step(now() - begun);
    if (from !== null) bytes += each;
    else if (now() - begun > LEFT_OUT * SECONDS) from = now();
  }
  return bytes / (now() - from);
}

/** Blocks from rank 0 to rank 1; the receiver's figure goes back to rank 0. */
function stream() {
  const seen = new Float64Array(1);
  if (rank > 1) {
    barrier(WORLD);
    return null;
  }
  const measured = rate(BLOCK, (seconds) => {
    if (rank === 0) {
      out[0] = seconds > SECONDS ? 1 : 0;
      send(out, BLOCK, BYTE, 1, TAG, WORLD);
      return out[0] === 1;
    }
    receive(into, BLOCK, BYTE, 0, TAG, WORLD, null);
    return into[0] === 1;
  });
  if (rank === 1) send(new Float64Array([measured]), 8, BYTE, 0, TAG, WORLD);
  else receive(seen, 8, BYTE, 1, TAG, WORLD, null);
  return seen[0];
}

/** Every rank sends to the next one. That it is over goes round with the messages, a rank a step. */
function ring({ bytes, atOnce }) {
  const [next, before] = [(rank + 1) % ranks, (rank + ranks - 1) % ranks];
  const requests = new BigUint64Array(2 * atOnce);
  const slot = (at) => koffi.address(requests) + 8n * BigInt(at);
  const row = (buffer, at) => buffer.subarray(at * bytes, (at + 1) * bytes);
  const [sent, heard] = [new Uint8Array(atOnce * bytes), new Uint8Array(atOnce * bytes)];
  let left = null;
  const own = rate(atOnce * bytes, (seconds) => {
    // Steps that are left: rank 0 begins to count down, and all others follow with their distance from it.
    if (rank === 0 && left === null && seconds > SECONDS) left = ranks;
    sent[0] = left ?? 255;
    for (let at = 0; at < atOnce; at++) ireceive(row(heard, at), bytes, BYTE, before, TAG, WORLD, slot(at));
    for (let at = 0; at < atOnce; at++)
      isend(row(sent, at), bytes, BYTE, next, TAG, WORLD, slot(atOnce + at));
    waitAll(2 * atOnce, requests, null);
    if (left !== null) left--;
    else if (heard[0] !== 255) left = heard[0] - 1;
    return left === 0;
  });
  const all = new Float64Array(ranks);
  gather(new Float64Array([own]), 8, BYTE, all, 8, BYTE, 0, WORLD);
  return [...all];
}

const names = new Uint8Array(64 * ranks);
const name = new Uint8Array(64);
name.set(new TextEncoder().encode(hostname()));
gather(name, 64, BYTE, names, 64, BYTE, 0, WORLD);
const latencySeconds = halfRoundTrip(8);
const blockSeconds = halfRoundTrip(BLOCK);
const streamBytes = stream();
const ringBytes = ring(SMALL);
const largeBytes = process.argv[3] === 'large' ? ring(LARGE) : null;
if (rank === 0) {
  const hosts = Array.from({ length: ranks }, (_, at) =>
    new TextDecoder().decode(names.subarray(64 * at, 64 * (at + 1))).replaceAll('\0', ''),
  );
  const times = { latencySeconds, blockSeconds };
  console.log(JSON.stringify({ hosts, blockBytes: BLOCK, ...times, streamBytes, ringBytes, largeBytes }));
}
finalize();
