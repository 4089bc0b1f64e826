/**
 * The part of a graph that one rank holds. A rank is one process of a run over several machines.
 *
 * A rank has positions of its own for its agents and, behind them, for its *ghosts*: agents of other ranks whose
 * messages its own agents read. Of a ghost nothing but its messages stands in the rank's arena.
 *
 *     0 .. own - 1           its own agents: in each worker's range first those that other ranks hear
 *     own .. rows - 1        ghosts, rank by rank, by their numbers; then agents that only hear ours
 *
 * Rows of CSR keep the order of their columns by number, as in the whole graph, so that neighbours are added up in
 * the same order, and draws go by `numbers`: the bits are those of a run on one machine (`program/flow/order.ts`).
 */

/** Rows by position. */
export interface PlacedRows extends Rows {
  /** Where each entry of `columns` stands in the rows as given. */
  arcs: Uint32Array;
}

/** Rows of CSR. */
export interface Rows {
  rowStart: Uint32Array;
  columns: Uint32Array;
}

/** The position of an agent that is not here. */
export const NOWHERE = 0xffff_ffff;

/** Which rank an agent belongs to, and how many agents each has. */
export interface Cut {
  ranks: number;
  /** Of every agent, by number. */
  rankOf: Uint16Array | Uint32Array;
}

/** What goes between this rank and another one in every round, in the order of the agents' numbers. Plain data. */
export interface Peer {
  rank: number;
  /** Positions of our agents that it hears, by their numbers. */
  sends: Uint32Array;
  /** Its agents that we hear stand at these positions, one after the other. */
  first: number;
  count: number;
  /** The same of what stands for every directed edge: arcs of ours by the far end's row, and where those of the other end go. */
  sendsArcs: Uint32Array;
  firstArc: number;
  countArcs: number;
}

/** The local graph of a rank: as `AgentOrder`, of fewer positions than there are agents. Plain data. */
export interface Part {
  rank: number;
  ranks: number;
  /** Agents of all ranks. */
  total: number;
  own: number;
  /** Positions of own agents and ghosts. */
  rows: number;
  /** Of the agent at a position. */
  numbers: Uint32Array;
  /** Own rows; those of ghosts are empty. */
  rowStart: Uint32Array;
  columns: Uint32Array;
  /** Where each entry of `columns` stands in the graph as given. */
  arcs: Uint32Array;
  /** The same of out-neighbours, where arcs have a direction; else null. */
  out: PlacedRows | null;
  peers: Peer[];
  /**
   * Where each entry's edge stands in the row of its other end; behind our own entries those of other ranks that lead
   * to us. Null where nothing is said edge by edge.
   */
  reverse: Uint32Array | null;
  /** Whether another rank hears the agent at a position (of its own ones). */
  heard: Uint8Array;
  /** Ranges of consecutive numbers of one rank, all of them: first number and rank of each. */
  runs: { start: Uint32Array; rank: Uint32Array };
}

/** What workers are told of a part. Worker 0 speaks with other ranks, and has no agents. Plain data. */
export interface PartPlan extends Pick<Part, 'rank' | 'ranks' | 'total' | 'own' | 'rows' | 'peers' | 'runs'> {
  /** Of the cut: the same on all ranks, or they do not run the same. */
  cutHash: string;
  /** Where each worker's agents begin that no other rank hears. */
  interior: number[];
  /** Directed edges of the whole graph; in rows of own agents, of those whom they hear and of those who hear them. */
  arcs: number;
  inArcs: number;
  outArcs: number;
}

/** `inward`: whom agents hear; `outward`: who hears them, the same rows where edges have no direction. */
export interface PartInputs extends Cut {
  inward: Rows;
  outward: Rows;
  rank: number;
  /** Whether something is said edge by edge. */
  perArc: boolean;
  /** The order of own agents in memory, of their numbers and of whether another rank hears them. */
  order(own: Uint32Array, heard: Uint8Array): Uint32Array;
}

export function makePart({ rankOf, ranks, rank, inward, outward, perArc, order }: PartInputs): Part {
  const total = rankOf.length;
  const directed = inward !== outward;
  const mine: number[] = [];
  for (let agent = 0; agent < total; agent++) if (rankOf[agent] === rank) mine.push(agent);
  const byNumber = Uint32Array.from(mine);

  const isHeard = new Uint8Array(byNumber.length);
  for (let i = 0; i < byNumber.length; i++) {
    const agent = byNumber[i];
    for (let arc = outward.rowStart[agent]; arc < outward.rowStart[agent + 1]; arc++)
      if (rankOf[outward.columns[arc]] !== rank) isHeard[i] = 1;
  }
  const own = order(byNumber, isHeard);

  const positions = new Uint32Array(total).fill(NOWHERE);
  for (let at = 0; at < own.length; at++) positions[own[at]] = at;

  const hears = foreignOf(byNumber, inward, rankOf, rank, ranks);
  const ghosts = hears.flatMap((list) => [...list]);
  ghosts.forEach((agent, i) => {
    positions[agent] = own.length + i;
  });
  const listeners = directed
    ? foreignOf(byNumber, outward, rankOf, rank, ranks)
        .flatMap((list) => [...list])
        .filter((agent) => positions[agent] === NOWHERE)
    : [];
  listeners.forEach((agent, i) => {
    positions[agent] = own.length + ghosts.length + i;
  });
  const numbers = Uint32Array.from([...own, ...ghosts, ...listeners]);

  const inRows = localRows(own, numbers.length, inward, positions);
  const outRows = directed ? localRows(own, numbers.length, outward, positions) : null;

  const heard = new Uint8Array(own.length);
  for (let i = 0; i < byNumber.length; i++) heard[positions[byNumber[i]]] = isHeard[i];

  const sends = heardBy(byNumber, outward, rankOf, rank, ranks);
  const crossing = perArc ? crossingArcs(byNumber, inward, rankOf, rank, ranks) : null;
  const reverse = perArc ? new Uint32Array(inRows.columns.length) : null;
  const localArc = (agent: number, arc: number) =>
    inRows.rowStart[positions[agent]] + (arc - inward.rowStart[agent]);
  if (reverse !== null) reverseInside(reverse, byNumber, inward, rankOf, rank, localArc);

  const peers: Peer[] = [];
  let first = own.length;
  let firstArc = inRows.columns.length;
  for (let other = 0; other < ranks; other++) {
    const count = hears[other].length;
    if (sends[other].length === 0 && count === 0) continue;
    const arcs = crossing?.[other] ?? [];
    peers.push({
      rank: other,
      sends: Uint32Array.from(sends[other], (agent) => positions[agent]),
      first,
      count,
      sendsArcs: Uint32Array.from(arcs, ([agent, arc]) => localArc(agent, arc)),
      firstArc,
      countArcs: arcs.length,
    });
    // What we write for (i, j) goes over in the order of (i, j); what comes, in the order of (j, i).
    if (reverse !== null) {
      arcs
        .toSorted(([i, arc], [k, other]) => inward.columns[arc] - inward.columns[other] || i - k)
        .forEach(([agent, arc], at) => {
          reverse[localArc(agent, arc)] = firstArc + at;
        });
    }
    first += count;
    firstArc += arcs.length;
  }
  return {
    rank,
    ranks,
    total,
    own: own.length,
    rows: numbers.length,
    numbers,
    ...inRows,
    out: outRows,
    peers,
    reverse,
    heard,
    runs: runsOf(rankOf),
  };
}

/** Agents of other ranks in these rows, rank by rank, ascending. */
function foreignOf(
  own: Uint32Array,
  { rowStart, columns }: Rows,
  rankOf: Cut['rankOf'],
  rank: number,
  ranks: number,
): Uint32Array[] {
  const found = Array.from({ length: ranks }, () => new Set<number>());
  for (const agent of own) {
    for (let arc = rowStart[agent]; arc < rowStart[agent + 1]; arc++) {
      const other = columns[arc];
      if (rankOf[other] !== rank) found[rankOf[other]].add(other);
    }
  }
  return found.map((set) => Uint32Array.from(set).sort());
}

/** Own agents whom a rank's agents hear, of every rank, ascending. */
function heardBy(
  own: Uint32Array,
  { rowStart, columns }: Rows,
  rankOf: Cut['rankOf'],
  rank: number,
  ranks: number,
): number[][] {
  const found = Array.from({ length: ranks }, (): number[] => []);
  for (const agent of own) {
    for (let arc = rowStart[agent]; arc < rowStart[agent + 1]; arc++) {
      const other = rankOf[columns[arc]];
      if (other !== rank && found[other].at(-1) !== agent) found[other].push(agent);
    }
  }
  return found;
}

/** Arcs of own rows to the agents of other ranks, of every rank, as (own agent, arc), row after row. */
function crossingArcs(
  own: Uint32Array,
  { rowStart, columns }: Rows,
  rankOf: Cut['rankOf'],
  rank: number,
  ranks: number,
): [number, number][][] {
  const found = Array.from({ length: ranks }, (): [number, number][] => []);
  for (const agent of own)
    for (let arc = rowStart[agent]; arc < rowStart[agent + 1]; arc++)
      if (rankOf[columns[arc]] !== rank) found[rankOf[columns[arc]]].push([agent, arc]);
  return found;
}

/** Of edges between two own agents. Rows ascend, so one pass finds the other entries in order. */
function reverseInside(
  reverse: Uint32Array,
  own: Uint32Array,
  { rowStart, columns }: Rows,
  rankOf: Cut['rankOf'],
  rank: number,
  localArc: (agent: number, arc: number) => number,
): void {
  const next = new Map(Array.from(own, (agent) => [agent, rowStart[agent]]));
  for (const agent of own) {
    for (let arc = rowStart[agent]; arc < rowStart[agent + 1]; arc++) {
      const other = columns[arc];
      if (rankOf[other] !== rank) continue;
      let at = next.get(other) as number;
      while (columns[at] !== agent) at++;
      next.set(other, at + 1);
      reverse[localArc(agent, arc)] = localArc(other, at);
    }
  }
}

function localRows(
  own: Uint32Array,
  rows: number,
  { rowStart, columns }: Rows,
  positions: Uint32Array,
): PlacedRows {
  const starts = new Uint32Array(rows + 1);
  for (let at = 0; at < rows; at++) {
    const degree = at < own.length ? rowStart[own[at] + 1] - rowStart[own[at]] : 0;
    starts[at + 1] = starts[at] + degree;
  }
  const local = new Uint32Array(starts[rows]);
  const arcs = new Uint32Array(starts[rows]);
  let filled = 0;
  for (const agent of own) {
    for (let arc = rowStart[agent]; arc < rowStart[agent + 1]; arc++) {
      local[filled] = positions[columns[arc]];
      arcs[filled++] = arc;
    }
  }
  return { rowStart: starts, columns: local, arcs };
}

function runsOf(rankOf: Cut['rankOf']): Part['runs'] {
  const start: number[] = [];
  const rank: number[] = [];
  for (let agent = 0; agent < rankOf.length; agent++) {
    if (agent > 0 && rankOf[agent] === rankOf[agent - 1]) continue;
    start.push(agent);
    rank.push(rankOf[agent]);
  }
  return { start: Uint32Array.from(start), rank: Uint32Array.from(rank) };
}
