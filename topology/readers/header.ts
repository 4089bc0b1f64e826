/**
 * What the first row of a list says about its columns: names that only a header has, and what they stand for.
 *
 * Strong names are `source` and `target` and what else means them ("from", "to", "origin", "destination",
 * "src", "dst"), also as `source_id` or `FromNodeId`. Weak ones could name a node as well: u v, i j, tail
 * head, node1 node2. A column called weight holds weights, another does not, whatever it holds.
 */

export interface Header {
  source: number;
  target: number;
  weight: number | null;
  /** Gephi's column of Directed and Undirected. */
  type: number | null;
  /** Whether its names could not name a node. */
  isStrong: boolean;
}

const STRONG: readonly [source: string, target: string][] = [
  ['source', 'target'],
  ['from', 'to'],
  ['src', 'dst'],
  ['origin', 'destination'],
  ['orig', 'dest'],
];

const WEAK: readonly [source: string, target: string][] = [
  ['tail', 'head'],
  ['start', 'end'],
  ['sender', 'receiver'],
  ['parent', 'child'],
  ['follower', 'followee'],
  ['u', 'v'],
  ['i', 'j'],
  ...['node', 'id', 'vertex', 'name', 'user', 'person', 'actor', 'protein', 'gene'].flatMap(
    (stem): [string, string][] => [
      [`${stem}1`, `${stem}2`],
      [`${stem}a`, `${stem}b`],
      [`${stem}i`, `${stem}j`],
    ],
  ),
];

const WEIGHT_NAMES = ['weight', 'weights', 'edgeweight', 'wt', 'w', 'value', 'count'];

/** More than one pair of columns could be the ends; their names, for a message. */
export class SeveralEnds {
  constructor(readonly pairs: string[]) {}
}

/** null if the row has no two names that stand for the ends of an edge. */
export function headerOf(fields: readonly string[]): Header | SeveralEnds | null {
  const exact = fields.map((field) => field.trim().toLowerCase());
  const plain = exact.map((field) => field.replace(/[^\p{L}\p{N}]/gu, ''));
  const bare = plain.map((name) =>
    name
      .replace(/^(node|vertex)(?=.{2})/, '')
      .replace(/(nodeid|node|vertex|id|name|label|index|idx|code)$/, ''),
  );
  for (const isStrong of [true, false]) {
    for (const names of isStrong ? [exact, plain, bare] : [plain]) {
      const pairs = pairsIn(names, isStrong ? STRONG : WEAK);
      if (pairs.length > 1) {
        return new SeveralEnds(pairs.map(([source, target]) => `${fields[source]} and ${fields[target]}`));
      }
      const [pair] = pairs;
      if (pair !== undefined) {
        const [source, target] = pair;
        return {
          source,
          target,
          weight: weightColumn(plain, [source, target]),
          type: indexOrNull(plain, 'type'),
          isStrong,
        };
      }
    }
  }
  return null;
}

/** The column that a header calls weight, if it does so once. */
export function weightColumn(plain: readonly string[], ends: readonly number[]): number | null {
  for (const name of WEIGHT_NAMES) {
    const found = plain.findIndex((field, column) => field.toLowerCase() === name && !ends.includes(column));
    if (found >= 0) return found;
  }
  return null;
}

/** Columns of one name that are looked at: two make a header that could be read in several ways. */
const MOST_ALIKE = 4;

function pairsIn(names: readonly string[], known: readonly [string, string][]): [number, number][] {
  const pairs: [number, number][] = [];
  for (const [source, target] of known) {
    const targets = columnsOf(names, target);
    for (const a of columnsOf(names, source)) for (const b of targets) pairs.push([a, b]);
  }
  return pairs;
}

function columnsOf(names: readonly string[], name: string): number[] {
  const columns: number[] = [];
  for (let at = names.indexOf(name); at >= 0 && columns.length < MOST_ALIKE; at = names.indexOf(name, at + 1))
    columns.push(at);
  return columns;
}

function indexOrNull(names: readonly string[], name: string): number | null {
  const index = names.indexOf(name);
  return index < 0 ? null : index;
}
