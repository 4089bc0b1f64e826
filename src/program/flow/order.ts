/**
 * The order in which agents lie in memory. In a large graph whose neighbours are numbered far apart, every
 * message that an agent reads is a miss of all caches; renumbered by reverse Cuthill-McKee
 * (`topology/ordering.ts`), neighbours lie near each other, and what one agent has read the next one finds in
 * a cache.
 *
 * An agent has a *number*, the user's, and a *position*, where its rows lie. Kernels, blocks and the
 * partition go by position. Everything that can be seen goes by number:
 *
 *  - draws: `Runtime.numbers` says whose they are;
 *  - a row of CSR keeps the order of its columns by number, so that neighbours are added up in the same
 *    order;
 *  - links that change are drawn, paired and asked by the numbers of their ends, and what is said to one
 *    neighbour alone goes along the same edge;
 *  - sums over all agents (trace rows) run by number;
 *  - costs and references are asked by number, an agent at a time, but for costs that lay their rows out by
 *    position themselves (`CostDefinition.placed`);
 *  - stateHash, x.npy, what is inspected, errors.
 *
 * So the bits of a run are the same in either order.
 *
 * `auto` takes the other order where that is likely to pay: the messages of a round exceed the second cache,
 * neighbours are numbered too far apart for it, and the order brings them at least twice as near. A random
 * graph has no such order, which one breadth-first walk tells. Where links change, the graph is directed or every
 * neighbour is told something else, `auto` leaves agents where they are: that it pays there nobody has measured.
 */

import type { Graph } from '../../../topology/index.js';
import { bandwidth, meanDistance, meanLevel, reverseCuthillMcKee } from '../../../topology/ordering.js';
import type { Reals } from '../../arena/layout.js';
import { cacheBytes } from '../../base/caches.js';
import { inRows, outRows } from '../../links/bind.js';
import type { PlacedRows } from '../../ranks/part.js';
import type { Distances, OrderReport } from '../../run/reports.js';
import type { Reference } from '../../runtime.js';

export type OrderChoice = 'auto' | 'given' | 'rcm';

/** The graph by position, of all agents or of a part of them (`ranks/part.ts`): the neighbours that an agent hears. */
export interface LocalOrder extends PlacedRows {
  /** Of the agent at a position. */
  numbers: Uint32Array;
  /** Of a directed graph, those who hear it; null where they are the same. */
  out: PlacedRows | null;
}

/** Of all of them. */
export interface AgentOrder extends LocalOrder {
  /** Of the agent with a number. */
  positions: Uint32Array;
}

export interface OrderInputs {
  choice: OrderChoice;
  graph: Graph;
  /** Why `auto` does not look for another order, as half a sentence; null where it does. */
  unproven: string | null;
  /** Bytes of all that an agent says in a round, as they lie in memory. */
  messageBytes: number;
  secondBytes?: number;
}

/** An order that brings neighbours less near than this is not worth its price. */
const LEAST_GAIN = 2;
/**
 * Neighbours within this share of the second cache are near enough: the rows of one's own work need the rest.
 */
const NEAR_SHARE = 1 / 4;

export function chooseOrder(inputs: OrderInputs): { order: AgentOrder | null; report: OrderReport } {
  const { choice, graph, unproven, messageBytes } = inputs;
  const keep = (why: string, measured: Partial<OrderReport> = {}) => ({
    order: null,
    report: { chosen: 'given' as const, why, given: null, rcm: null, ...measured },
  });
  if (choice === 'given') return keep('as asked for');
  if (choice === 'auto' && unproven !== null) return keep(unproven);
  const secondBytes = inputs.secondBytes ?? cacheBytes().second;
  if (choice === 'auto' && graph.nodes * messageBytes <= secondBytes) {
    return keep('all messages of a round fit into the second cache');
  }
  const given = distancesOf(inRows(graph));
  if (choice === 'auto') {
    if (given.meanDistance * messageBytes <= NEAR_SHARE * secondBytes) {
      return keep('neighbours are near each other', { given });
    }
    if (meanLevel(graph) * LEAST_GAIN > given.meanDistance) {
      return keep('no order brings neighbours much nearer', { given });
    }
  }
  const numbers = reverseCuthillMcKee(graph);
  const order = layOut(graph, numbers);
  const rcm = distancesOf(order);
  if (choice === 'auto' && rcm.meanDistance * LEAST_GAIN > given.meanDistance) {
    return keep('no order brings neighbours much nearer', { given, rcm });
  }
  const why = choice === 'rcm' ? 'as asked for' : 'neighbours lie nearer';
  return { order, report: { chosen: 'rcm', why, given, rcm } };
}

/** `numbers`: of the agent at each position. */
export function layOut(graph: Graph, numbers: Uint32Array): AgentOrder {
  const { nodes } = graph;
  const positions = new Uint32Array(nodes);
  for (let at = 0; at < nodes; at++) positions[numbers[at]] = at;
  return {
    numbers,
    positions,
    ...placeArcs(inRows(graph), numbers, positions),
    out: graph.arcs === undefined ? null : placeArcs(outRows(graph), numbers, positions),
  };
}

function placeArcs(
  given: Pick<Graph, 'rowStart' | 'columns'>,
  numbers: Uint32Array,
  positions: Uint32Array,
): PlacedRows {
  const rowStart = new Uint32Array(numbers.length + 1);
  const columns = new Uint32Array(given.columns.length);
  const arcs = new Uint32Array(given.columns.length);
  let filled = 0;
  for (let at = 0; at < numbers.length; at++) {
    const number = numbers[at];
    for (let arc = given.rowStart[number]; arc < given.rowStart[number + 1]; arc++) {
      columns[filled] = positions[given.columns[arc]];
      arcs[filled++] = arc;
    }
    rowStart[at + 1] = filled;
  }
  return { rowStart, columns, arcs };
}

function distancesOf(rows: Pick<Graph, 'rowStart' | 'columns'>): Distances {
  return { meanDistance: meanDistance(rows), bandwidth: bandwidth(rows) };
}

/**
 * Brings rows that lie by number to their positions, in place: cycle by cycle, through one row beside them.
 */
export function placeRows(data: Reals, rowStride: number, { numbers }: Pick<AgentOrder, 'numbers'>): void {
  const done = new Uint8Array(numbers.length);
  const held = data.slice(0, rowStride);
  for (let start = 0; start < numbers.length; start++) {
    if (done[start] === 1) continue;
    held.set(data.subarray(start * rowStride, (start + 1) * rowStride));
    let at = start;
    for (;;) {
      done[at] = 1;
      const from = numbers[at];
      if (from === start) break;
      data.copyWithin(at * rowStride, from * rowStride, (from + 1) * rowStride);
      at = from;
    }
    data.set(held, at * rowStride);
  }
}

/** References that are asked by position; they lie by number. */
export function referenceByNumber(reference: Reference, numbers: Uint32Array, rowBytes: number): Reference {
  return {
    mean: (round, firstColumn, columns, out) => reference.mean(round, firstColumn, columns, out),
    least: (round) => reference.least(round),
    advance(first, count, round, rows) {
      for (let r = 0; r < count; r++) reference.advance(numbers[first + r], 1, round, rows + r * rowBytes);
    },
  };
}
