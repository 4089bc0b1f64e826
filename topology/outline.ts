/**
 * What is known of a generated graph without making it: how large it is, and what its parts have to tell one
 * another where part r of R holds nodes floor(r n / R) .. floor((r + 1) n / R) - 1. For plans of runs that are
 * too large for the machine that plans: nothing here is as long as the graph.
 *
 * A graph whose rows can be written down says which ranges of numbers the neighbours of a range fill, and the
 * counts are exact (next to, where a range is no whole number of the graph's own rows). A graph that is drawn
 * gives expected counts: a node outside of a part of share q is heard in it unless all of its neighbours are
 * elsewhere, with probability (1 - q)^degree.
 */
import type { Graph } from './graph.js';

/** What the part that has most to exchange has of it. */
export interface Cut {
  parts: number;
  /** Nodes of the largest part. */
  own: number;
  /** Nodes of other parts with a neighbour in this one, each counted once: the rows that come in. */
  ghosts: number;
  /** Rows that go out: each node of this part once for every other part that hears it. */
  sent: number;
  /** Nodes of this part that another part hears. */
  boundary: number;
  /** Arcs between this part and others, one way. */
  arcs: number;
  /** Parts that it exchanges anything with. */
  peers: number;
}

/** A generated graph, from its parameters alone. */
export interface Outline {
  nodes: number;
  /** Every edge in both its directions; an arc of a directed graph once. Expected, where edges are drawn. */
  arcs: number;
  /** Whether counts are expected ones. */
  expected: boolean;
  /** Of the part that has most to exchange, of `parts` in 1..nodes. */
  cut(parts: number): Cut;
  /** Parameters of a graph of this kind that has about so many nodes, at most as many as this, and about its degree. */
  smaller(nodes: number): Record<string, unknown>;
}

/** Numbers begin .. end-1, each of them the neighbour of so many nodes. */
export interface Reach {
  begin: number;
  end: number;
  /** Default 1. */
  times?: number | undefined;
}

/** First node of part `part`. */
export function partStart(nodes: number, parts: number, part: number): number {
  return Math.floor((part * nodes) / parts);
}

/** Counts of parts whose neighbours fill ranges of numbers. O(parts x ranges x parts that a range covers). */
export function cutOfRanges(
  nodes: number,
  parts: number,
  reach: (first: number, end: number) => readonly Reach[],
): Cut {
  const start = (part: number) => partStart(nodes, parts, part);
  // The quotient may be off by one in either direction.
  const partOf = (node: number) => {
    let part = Math.min(parts - 1, Math.floor((node * parts) / nodes));
    while (start(part + 1) <= node) part++;
    while (start(part) > node) part--;
    return part;
  };
  const ghosts = new Float64Array(parts);
  const sent = new Float64Array(parts);
  const arcs = new Float64Array(parts);
  const peers = Array.from({ length: parts }, () => new Set<number>());
  const heard: Reach[][] = Array.from({ length: parts }, () => []);
  for (let part = 0; part < parts; part++) {
    const [first, end] = [start(part), start(part + 1)];
    if (first === end) continue;
    const outside = reach(first, end).flatMap(({ begin, end: last, times }) => [
      { begin, end: Math.min(last, first), times },
      { begin: Math.max(begin, end), end: last, times },
    ]);
    for (const { begin, end: last, times = 1 } of outside) {
      if (begin < last) arcs[part] += times * (last - begin);
    }
    for (const range of union(outside)) {
      ghosts[part] += range.end - range.begin;
      for (let begin = range.begin; begin < range.end; ) {
        const other = partOf(begin);
        const last = Math.min(range.end, start(other + 1));
        sent[other] += last - begin;
        heard[other].push({ begin, end: last });
        peers[part].add(other);
        peers[other].add(part);
        begin = last;
      }
    }
  }
  return busiest(
    Array.from({ length: parts }, (_, part) => ({
      parts,
      own: start(part + 1) - start(part),
      ghosts: ghosts[part],
      sent: sent[part],
      boundary: union(heard[part]).reduce((sum, { begin, end }) => sum + end - begin, 0),
      arcs: arcs[part],
      peers: peers[part].size,
    })),
  );
}

/** The part that has most to exchange, with the size of the largest. */
export function busiest(cuts: readonly Cut[]): Cut {
  const load = ({ ghosts, sent }: Cut) => Math.max(ghosts, sent);
  const most = cuts.reduce((found, cut) => (load(cut) > load(found) ? cut : found));
  return { ...most, own: cuts.reduce((largest, { own }) => Math.max(largest, own), 0) };
}

/**
 * Counts of every part of a graph that is there. O(nodes + arcs), and a word for every node.
 *
 * @param partOf the part of each node; default: contiguous ranges of numbers, as `partStart` has them
 */
export function cutsOfGraph(
  { nodes, rowStart, columns, arcs }: Graph,
  parts: number,
  partOf?: Uint16Array | Uint32Array,
): Cut[] {
  const [start, from] = arcs ? [arcs.inStart, arcs.inColumns] : [rowStart, columns];
  const of = partOf ?? contiguous(nodes, parts);
  const cuts = Array.from({ length: parts }, () => ({ own: 0, ghosts: 0, sent: 0, boundary: 0, arcs: 0 }));
  const peers = Array.from({ length: parts }, () => new Set<number>());
  // Nodes part by part: `seen` says which part has counted a node last.
  const byPart = new Uint32Array(nodes);
  const cursor = new Uint32Array(parts + 1);
  for (let node = 0; node < nodes; node++) cursor[of[node] + 1]++;
  for (let part = 0; part < parts; part++) cursor[part + 1] += cursor[part];
  for (let node = 0; node < nodes; node++) byPart[cursor[of[node]]++] = node;
  const seen = new Int32Array(nodes).fill(-1);
  const isHeard = new Uint8Array(nodes);
  for (let at = 0; at < nodes; at++) {
    const node = byPart[at];
    const part = of[node];
    const cut = cuts[part]!;
    cut.own++;
    for (let arc = start[node]; arc < start[node + 1]; arc++) {
      const other = from[arc];
      const foreign = of[other];
      if (foreign === part) continue;
      cut.arcs++;
      if (seen[other] === part) continue;
      seen[other] = part;
      cut.ghosts++;
      cuts[foreign]!.sent++;
      if (isHeard[other] === 0) cuts[foreign]!.boundary++;
      isHeard[other] = 1;
      peers[part]!.add(foreign);
      peers[foreign]!.add(part);
    }
  }
  return cuts.map((cut, part) => ({ parts, ...cut, peers: peers[part]!.size }));
}

function contiguous(nodes: number, parts: number): Uint32Array {
  const of = new Uint32Array(nodes);
  for (let part = 0; part < parts; part++)
    of.fill(part, partStart(nodes, parts, part), partStart(nodes, parts, part + 1));
  return of;
}

/** Ascending, and none touches another; empty ones are left out. */
function union(ranges: readonly Reach[]): Reach[] {
  const sorted = ranges.filter(({ begin, end }) => begin < end).sort((a, b) => a.begin - b.begin);
  const found: Reach[] = [];
  for (const { begin, end } of sorted) {
    const last = found.at(-1);
    if (last !== undefined && begin <= last.end) last.end = Math.max(last.end, end);
    else found.push({ begin, end });
  }
  return found;
}

/** The ranges that lie so far from first .. end-1; around the end where `wrap`, else cut off there. */
export function shifted(nodes: number, first: number, end: number, offset: number, wrap: boolean): Reach[] {
  const [begin, last] = [first + offset, end + offset];
  if (!wrap) return [{ begin: Math.max(0, begin), end: Math.min(nodes, last) }];
  if (begin < 0)
    return [
      { begin: 0, end: Math.max(0, last) },
      { begin: nodes + begin, end: Math.min(nodes, nodes + last) },
    ];
  if (last <= nodes) return [{ begin, end: last }];
  return [
    { begin: Math.min(begin, nodes), end: nodes },
    { begin: Math.max(0, begin - nodes), end: last - nodes },
  ];
}

/** Parts of a graph in which node i hears i + offset for these offsets, positive or negative. */
export function cutOfOffsets(nodes: number, parts: number, offsets: readonly number[], wrap: boolean): Cut {
  return cutOfRanges(nodes, parts, (first, end) =>
    offsets.flatMap((offset) => shifted(nodes, first, end, offset, wrap)),
  );
}

/**
 * Expected counts where every part is like every other, since nothing depends on numbers. `heard`: the
 * probability that a node has a neighbour among a share of all nodes that it does not belong to.
 */
export function cutOfDrawn(
  nodes: number,
  arcs: number,
  parts: number,
  heard: (share: number) => number,
): Cut {
  const own = Math.ceil(nodes / parts);
  const share = own / nodes;
  const ghosts = (nodes - own) * heard(share);
  const outward = arcs * share * (1 - share);
  return {
    parts,
    own,
    ghosts,
    sent: ghosts,
    boundary: own * heard(1 - share),
    arcs: outward,
    // Two parts have something to say to each other unless none of the arcs between them is there.
    peers: parts === 1 ? 0 : (parts - 1) * -Math.expm1(-outward / (parts - 1)),
  };
}
