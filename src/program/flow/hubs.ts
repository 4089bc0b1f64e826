/**
 * Hubs: agents with so many neighbours (a star's centre, the oldest nodes of a scale-free graph) that
 * gathering their messages alone would keep every other worker waiting.
 *
 *     (L q)_h = [d_h q_h - sum over edges 0..999 of w q] + [- sum over edges 1000..1999 of w q] + ...
 *
 * A hub's edges are cut into chunks of a fixed length. In a phase of its own, before the round, all workers
 * share the chunks out among themselves and leave partial sums; the hub's owner adds them up in the order of
 * the chunks. Where the cuts lie depends on the graph alone, so the bits are the same for any number of
 * workers. Chunks are gathered by the same compressors as everything else: their graph is a view in which the
 * hub has the edges of one chunk.
 */

import type { Graph } from '../../../topology/index.js';
import type { FieldSpec } from '../../arena/layout.js';
import type { Channel } from '../../flow/types.js';
import type { Runtime } from '../../runtime.js';

/** Edges of a chunk: some microseconds of work. */
const CHUNK_EDGES = 1000;
/** With fewer edges than this a row costs less than the barrier that sharing it takes. */
export const HUB_EDGES = 4000;

/** Agents whose rows are shared out, ascending. Plain data. */
export interface Hub {
  agent: number;
  /** In CSR. */
  firstEdge: number;
  edges: number;
  /** Of its partial sums, which lie one after the other. */
  firstChunk: number;
  chunks: number;
}

export function findHubs({ rowStart }: Pick<Graph, 'rowStart'>): Hub[] {
  const nodes = rowStart.length - 1;
  const hubs: Hub[] = [];
  let firstChunk = 0;
  for (let agent = 0; agent < nodes; agent++) {
    const firstEdge = rowStart[agent];
    const edges = rowStart[agent + 1] - firstEdge;
    if (edges < HUB_EDGES) continue;
    const chunks = Math.ceil(edges / CHUNK_EDGES);
    hubs.push({ agent, firstEdge, edges, firstChunk, chunks });
    firstChunk += chunks;
  }
  return hubs;
}

export function countChunks(hubs: readonly Hub[]): number {
  return hubs.reduce((sum, { chunks }) => sum + chunks, 0);
}

/** Partial sums of every channel, and each worker's view of the graph. */
export function hubFields(
  hubs: readonly Hub[],
  channels: number,
  agents: number,
  rowEntries: number,
): FieldSpec[] {
  if (hubs.length === 0) return [];
  return [
    { name: 'hubs.partials', type: 'real', length: channels * countChunks(hubs) * rowEntries },
    { name: 'hubs.rowStart', type: 'u32', length: agents + 1, perWorker: true },
    { name: 'hubs.degrees', type: 'f64', length: agents, perWorker: true },
  ];
}

/**
 * Where blocks of a worker's agents begin, and last where they end. A hub is a block of its own: its row is
 * gathered in another way than others.
 */
export function blocksOf(first: number, end: number, blockAgents: number, hubs: readonly Hub[]): Uint32Array {
  const bounds: number[] = [];
  const ahead = hubs.map(({ agent }) => agent).filter((agent) => agent >= first);
  let hub = 0;
  for (let at = first; at < end; ) {
    bounds.push(at);
    const next = ahead[hub] ?? end;
    if (at === next) hub++;
    at = at === next ? at + 1 : Math.min(at + blockAgents, next, end);
  }
  return Uint32Array.from([...bounds, end]);
}

/** Weights of the edges of each chunk, added up. */
function degreesOfChunks(hubs: readonly Hub[], total: number, { arena, graph }: Runtime): Float64Array {
  const memory = new Float64Array(arena.memory.buffer);
  const weightOf = (edge: number) => memory[(graph.weights + edge * graph.weightStride) / 8]!;
  const sums = new Float64Array(total);
  for (const { firstEdge, edges, firstChunk } of hubs)
    for (let e = 0; e < edges; e++)
      sums[firstChunk + Math.floor(e / CHUNK_EDGES)]! += weightOf(firstEdge + e);
  return sums;
}

export interface SharedHubs {
  /**
   * The channels as flows see them: rows of hubs come from the partial sums, if each is a block of its own
   * (`blocksOf`).
   */
  channels: Channel[];
  /** Gathers this worker's share of the chunks; a barrier has to follow. */
  phase(round: number): void;
}

/** `bind` binds all channels to a runtime; it is called once for the agents and once for the chunks. */
export function shareHubs(
  hubs: readonly Hub[],
  workers: number,
  runtime: Runtime,
  bind: (runtime: Runtime) => Channel[],
): SharedHubs {
  const { arena, worker, rowBytes } = runtime;
  const rowStart = arena.view('hubs.rowStart', 'u32', worker);
  const degrees = arena.view('hubs.degrees', 'f64', worker);
  const ownDegrees = arena.view('graph.degrees', 'f64');
  const partials = arena.reals('hubs.partials');
  const partialsAt = arena.address('hubs.partials');
  const total = countChunks(hubs);
  const hubOf = new Map(hubs.map((hub) => [hub.agent, hub]));
  const { realBytes } = arena;
  const rowEntries = rowBytes / realBytes;
  const rows = arena.allReals;

  const single = arena.precision === 'float32';
  const chunkDegrees = single ? degreesOfChunks(hubs, total, runtime) : new Float64Array(0);

  const whole = bind(runtime);
  const parts = bind({
    ...runtime,
    graph: {
      ...runtime.graph,
      rowStart: arena.address('hubs.rowStart', worker),
      degrees: arena.address('hubs.degrees', worker),
    },
  });

  const firstOwn = Math.floor((total * worker) / workers);
  const endOwn = Math.floor((total * (worker + 1)) / workers);

  const channels = whole.map((channel, index): Channel => {
    const base = index * total;
    const addUp = (hub: Hub, out: number) => {
      const to = out / realBytes;
      const from = (base + hub.firstChunk) * rowEntries;
      for (let c = 0; c < rowEntries; c++) {
        let sum = partials[from + c];
        for (let chunk = 1; chunk < hub.chunks; chunk++) sum += partials[from + chunk * rowEntries + c];
        rows[to + c] = sum;
      }
    };
    return {
      prepare(round) {
        channel.prepare(round);
        parts[index].prepare(round);
      },
      gather(first, count, round, out) {
        const hub = hubOf.get(first);
        if (hub === undefined) channel.gather(first, count, round, out);
        else addUp(hub, out);
      },
      decode: (first, count, round, out) => channel.decode(first, count, round, out),
      send: (first, count, round, vectors) => channel.send(first, count, round, vectors),
      wire: channel.wire && { ...channel.wire, covers: (first) => !hubOf.has(first) },
    };
  });

  return {
    channels,
    phase(round) {
      for (let h = 0; h < hubs.length; h++) {
        const { agent, firstEdge, edges, firstChunk, chunks } = hubs[h];
        const begin = Math.max(firstChunk, firstOwn);
        const end = Math.min(firstChunk + chunks, endOwn);
        for (let chunk = begin; chunk < end; chunk++) {
          const offset = (chunk - firstChunk) * CHUNK_EDGES;
          rowStart[agent] = firstEdge + offset;
          rowStart[agent + 1] = firstEdge + Math.min(edges, offset + CHUNK_EDGES);
          // The hub's own message is counted once; in float32 with each of its neighbours (`Edge.apart`).
          degrees[agent] = single ? chunkDegrees[chunk]! : offset === 0 ? ownDegrees[agent] : 0;
          for (let channel = 0; channel < parts.length; channel++) {
            parts[channel].gather(agent, 1, round, partialsAt + (channel * total + chunk) * rowBytes);
          }
        }
      }
    },
  };
}
