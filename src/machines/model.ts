/**
 * Seconds of a round of one graph over R machines, a rank on each with C threads: a rank works on the agents
 * that others hear first, sends what these say while it works on the others, and hears whether to go on.
 *
 *     round      = boundary + max(interior, exchange) + command + row / every
 *     work       = t1 own / C + phases barrier(C) + lines(C) line     (src/session/workers.ts)
 *     boundary   = work heard / own          interior = work - boundary
 *     exchange   = waits latency + messages overhead + max(bytes in, bytes out) / beta
 *     command    = ceil(log2 R) (latency + overhead)
 *     row        = work of a row / (R C) + gathering + chain
 *
 * All of a rank's peers share its one link, which carries both directions at a time, so bytes are those of the
 * rank that has most to say or to hear. Messages of all peers are under way together: each costs its overhead,
 * which is the processor's, and all of them wait for the link's latency once; twice where one is longer than
 * what Open MPI sends unasked (`EAGER_BYTES`), since it asks first. beta is the link's, or what one thread gets
 * through where that is less.
 *
 * What is not in it: machines that are unlike each other, other traffic on their links, and switches that
 * cannot carry all links at once.
 */

import { predictRound } from '../session/workers.js';

export interface Link {
  /** As it was given: `10Gbit/s,20us`. */
  name: string;
  bitsPerSecond: number;
  latencySeconds: number;
  cost: MessageCost;
}

/** What Open MPI takes of each message and each byte, docs/scale.md says how it was measured. */
export interface MessageCost {
  /** Of a message there and one back, beside the latency. */
  overheadSeconds: number;
  /** The same where it is longer than EAGER_BYTES. */
  longSeconds: number;
  /** That one thread gets through, each way. */
  bytesPerSecond: number;
}

/** Open MPI 4.1: a message up to this goes out unasked over TCP. */
export const EAGER_BYTES = 65_536;

/** Open MPI 4.1.4 over TCP, 64 and more messages each way at a time between two ranks on one machine. */
export const TCP: MessageCost = { overheadSeconds: 4.4e-6, longSeconds: 20e-6, bytesPerSecond: 3.5e9 };

/** A card that writes to memory by itself (RDMA): assumed, and measured nowhere here. */
export const RDMA: MessageCost = { overheadSeconds: 1e-6, longSeconds: 2e-6, bytesPerSecond: 1e12 };

/** Between ranks on one machine, through its memory; measured as TCP above. */
export const MEMORY_LINK: Link = {
  name: 'memory of one machine',
  bitsPerSecond: 8 * 7e9,
  latencySeconds: 0.5e-6,
  cost: { overheadSeconds: 0.1e-6, longSeconds: 0, bytesPerSecond: 7e9 },
};

/** What the rank that has most to do has to do. */
export interface RankWork {
  /** Of a round for each agent, seconds: on one core, or on all threads of a rank where `onThreads`. */
  secondsAnAgent: number;
  onThreads: boolean;
  phases: number;
  own: number;
  /** Agents that other ranks hear. */
  boundary: number;
  peers: number;
  /** Messages to and from each peer. */
  messagesAPeer: number;
  bytesIn: number;
  bytesOut: number;
  /** Bytes that the busiest of so many threads reads of what others have written. */
  foreignBytes(threads: number): number;
}

/** What a row of the trace takes. */
export interface RowWork {
  /** On one core, seconds, for the agents of all ranks. */
  seconds: number;
  /** Of the same, what goes from rank to rank and cannot be done side by side. */
  chainSeconds: number;
  /** That the first rank gathers. */
  gatheredBytes: number;
  /** That goes from rank to rank. */
  chainBytes: number;
  /** Rounds from one row to the next. */
  every: number;
}

/** Of one round; `total` is all of it. Seconds. */
export interface RoundSeconds {
  boundary: number;
  interior: number;
  exchange: number;
  /** Of these, latency and overhead of messages. */
  waiting: number;
  command: number;
  /** A row of the trace, over the rounds from one to the next. */
  row: number;
  total: number;
}

export function roundSeconds(
  work: RankWork,
  row: RowWork,
  ranks: number,
  threads: number,
  link: Link,
): RoundSeconds {
  const { cost } = link;
  const { own, secondsAnAgent, onThreads, phases, foreignBytes } = work;
  const one = secondsAnAgent * own;
  const all = onThreads ? one : predictRound({ one, agents: own, phases, foreignBytes }, threads);
  const boundary = own === 0 ? 0 : (all * work.boundary) / own;
  // No difference of times: where nobody is inside, rounding would leave some, of either sign.
  const interior = own === 0 ? all : (all * Math.max(0, own - work.boundary)) / own;
  const beta = Math.min(link.bitsPerSecond / 8, cost.bytesPerSecond);
  const waiting = ranks === 1 ? 0 : waitingSeconds(work, link);
  const exchange = ranks === 1 ? 0 : waiting + Math.max(work.bytesIn, work.bytesOut) / beta;
  const hop = link.latencySeconds + cost.overheadSeconds;
  const steps = Math.ceil(Math.log2(ranks));
  const command = steps * hop;
  const gathering = ranks === 1 ? 0 : (ranks - 1) * cost.overheadSeconds + row.gatheredBytes / beta;
  const chain = ranks === 1 ? 0 : ranks * (hop + row.chainBytes / beta);
  const rowSeconds =
    (row.seconds - row.chainSeconds) / (ranks * threads) + row.chainSeconds + gathering + chain;
  const once = rowSeconds / row.every;
  const total = boundary + Math.max(interior, exchange) + command + once;
  return { boundary, interior, exchange, waiting, command, row: once, total };
}

function waitingSeconds(
  { peers, messagesAPeer, bytesIn, bytesOut }: RankWork,
  { latencySeconds, cost: { overheadSeconds, longSeconds } }: Link,
): number {
  if (peers === 0) return 0;
  const messages = peers * messagesAPeer;
  const isLong = Math.max(bytesIn, bytesOut) / messages > EAGER_BYTES;
  return (isLong ? 3 : 1) * latencySeconds + messages * (overheadSeconds + (isLong ? longSeconds : 0));
}

/** What most of a round goes to. */
export function dominant(seconds: RoundSeconds): string {
  const { boundary, interior, exchange, waiting, command, row } = seconds;
  const shares: [string, number][] = [
    ['compute', boundary + interior],
    // What is hidden behind the interior takes no time.
    ['bytes on the link', Math.max(0, exchange - interior) * (exchange > 0 ? 1 - waiting / exchange : 0)],
    ['messages', Math.max(0, exchange - interior) * (exchange > 0 ? waiting / exchange : 0)],
    ['command', command],
    ['trace rows', row],
  ];
  return shares.reduce((most, share) => (share[1] > most[1] ? share : most))[0];
}

/** Of a round, without what is the same with compression and without. */
export function withoutRows({ total, row }: RoundSeconds): number {
  return total - row;
}

const LEAST_BITS = 1e3;
const MOST_BITS = 1e13;

/**
 * Bits a second above which `compressed`, `more` times as many rounds of it, takes longer than `plain`; null where
 * it does so at any bandwidth, infinite where at none. `seconds(bandwidth)` of each falls with the bandwidth.
 */
export function breakEven(
  compressed: (bitsPerSecond: number) => number,
  plain: (bitsPerSecond: number) => number,
  more = 1,
): number | null {
  const pays = (bits: number) => more * compressed(bits) < plain(bits);
  if (!pays(LEAST_BITS)) return null;
  if (pays(MOST_BITS)) return Number.POSITIVE_INFINITY;
  let [low, high] = [Math.log(LEAST_BITS), Math.log(MOST_BITS)];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (pays(Math.exp(middle))) low = middle;
    else high = middle;
  }
  return Math.exp(low);
}
