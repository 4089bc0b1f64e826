/**
 * A schedule of graphs on the same agents: graph m mod (number of graphs) in rounds m every .. m
 * every + every - 1. The run's graph is their union, which must be connected; each of them need not be.
 * `topology` says who the agents are; the edges are those of the schedule. Where a graph of it is directed
 * all are arcs, an edge one each way, and the union must be strongly connected.
 *
 * A file's nodes are agents by name: the label, or the number where a graph has no labels. A name that no
 * agent has is refused. An agent that a file does not name has no links while that graph lasts, and a warning
 * says so. The nodes of a generated graph have no names: node i is agent i, and there are as many. Source:
 * none; B-connected sequences of graphs are the standard assumption of Nedic, Ozdaglar 2009, of directed ones
 * that of Nedic, Olshevsky, Shi 2017.
 */

import { arcList, edgeList, type Graph, graphFromEdges } from '../../topology/graph.js';
import { nameOfNode, namesOf, nodesByName, someNames, UNKNOWN } from '../../topology/names.js';
import { unbalancedNode } from '../../topology/properties.js';
import { formatPath, formatValue, InputError, type SpecPath } from '../base/errors.js';
import { defineLinks, numberAt } from './types.js';

export const schedule = defineLinks({
  kind: 'schedule',
  metadata: {
    title: 'Schedule of graphs',
    summary: 'one graph after the other, round and round',
    source: 'Nedic, Ozdaglar 2009 (IEEE TAC 54(1))',
  },
  directed: true,
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('schedule'),
      graphs: z
        .array(z.unknown())
        .min(1)
        .describe('topologies on the same agents: { kind: ring, nodes: 8 } or { file: night.gml }'),
      every: z.number().int().min(1).default(1).describe('rounds that each graph lasts'),
    }),

  async load({ kind, graphs: specs, every }, { graph: given, path, loadGraph }) {
    const graphs: Graph[] = [];
    const warnings: string[] = [];
    for (const [index, one] of specs.entries()) {
      const at = [...path, 'graphs', index];
      const graph = await loadGraph(one, at);
      const file = sourceOfNames(one, graph);
      if (file === null && graph.nodes !== given.nodes) {
        throw new InputError(
          `${formatPath(at)} has ${graph.nodes} nodes, expected ${given.nodes}, as many as the topology`,
          { path: at },
        );
      }
      graphs.push(file === null ? graph : renamed(graph, given, file, at));
      if (file !== null) warnings.push(...absentWarning(graph, given, file, at));
    }
    const directed = graphs.some(({ arcs }) => arcs !== undefined);
    const union = unionOf(graphs, given, directed);
    const { nodes } = union;
    const keyOf = directed ? arcKey : edgeKey;
    const members = graphs.map(
      (graph) => new Set(pairsOf(graph, directed).map(([a, b]) => keyOf(nodes, a, b))),
    );
    const shareOf = (from: number, to: number) =>
      members.filter((keys) => keys.has(keyOf(nodes, from, to))).length / graphs.length;
    // Of arcs the mean of both directions: what gains see of them is (L + L^T)/2.
    const presence = Float64Array.from(rowsOf(union), (row, entry) => {
      const other = union.columns[entry];
      return directed ? (shareOf(row, other) + shareOf(other, row)) / 2 : shareOf(row, other);
    });
    const words = Math.ceil(graphs.length / 32);
    return {
      plan: { kind, lanes: 0, count: graphs.length, every, words },
      graph: union,
      fields: (arcs) => [{ name: 'member', type: 'u32', length: arcs * words }],
      fill(arena, field, rows) {
        const { rowStart, columns, orientation } = rows;
        const member = arena.view(field('member'), 'u32');
        for (let row = 0; row + 1 < rowStart.length; row++) {
          for (let arc = rowStart[row]; arc < rowStart[row + 1]; arc++) {
            const [own, other] = [numberAt(rows, row), numberAt(rows, columns[arc])];
            const key = orientation === 'in' ? keyOf(nodes, other, own) : keyOf(nodes, own, other);
            for (const [index, keys] of members.entries()) {
              if (keys.has(key)) member[arc * words + (index >> 5)] |= 1 << (index & 31);
            }
          }
        }
      },
      presence,
      pairwise: graphs.every(({ rowStart, arcs }) =>
        (arcs?.inStart ?? rowStart).every((at, row, starts) => row === 0 || at - starts[row - 1] <= 1),
      ),
      balanced: graphs.every(({ arcs }) => arcs === undefined || unbalancedNode(arcs) < 0),
      warnings: [...warnings, ...otherEdgesWarning(given, union)],
      reference: () => (round, from, to) =>
        members[Math.floor(round / every) % members.length].has(keyOf(nodes, from, to)),
    };
  },

  bind: ({ count, every, words }, { arena, field, rowStart, first, end, up }) => {
    const member = arena.view(field('member'), 'u32');
    const from = rowStart[first];
    const to = rowStart[end];
    return {
      mask(round) {
        const index = Math.floor(round / every) % count;
        const word = index >> 5;
        const bit = index & 31;
        for (let arc = from; arc < to; arc++) up[arc] = (member[arc * words + word] >>> bit) & 1;
      },
    };
  },
});

/**
 * What names the nodes: a file, a module that gives them labels, or a graph that was given with labels; null
 * where they are numbers.
 */
function sourceOfNames(spec: unknown, { labels }: Graph): string | null {
  const { file, module, kind } = spec as { file?: unknown; module?: unknown; kind?: unknown };
  if (typeof file === 'string') return file;
  if (labels === null) return null;
  if (typeof module === 'string') return module;
  return kind === undefined ? 'the given graph' : null;
}

/** The graph of a file with its nodes numbered as the agents of their names are. */
function renamed(graph: Graph, given: Graph, file: string, path: SpecPath): Graph {
  const agentOf = agentsOf(graph, given, file, path);
  const directed = graph.arcs !== undefined;
  return graphOf(
    given.nodes,
    pairsOf(graph, directed).map(([a, b]): Pair => [agentOf[a], agentOf[b]]),
    directed,
  );
}

function absentWarning(graph: Graph, given: Graph, file: string, path: SpecPath): string[] {
  const absent = given.nodes - graph.nodes;
  if (absent === 0) return [];
  const find = nodesByName(graph);
  const names: string[] = [];
  for (let agent = 0; agent < given.nodes && names.length < 5; agent++) {
    const name = nameOfNode(given, agent);
    if (find(name) === UNKNOWN) names.push(formatValue(name));
  }
  const who = `${absent} ${absent === 1 ? 'agent' : 'agents'} (${names.join(', ')}${absent > 5 ? ', ...' : ''})`;
  return [
    `${who} ${absent === 1 ? 'is' : 'are'} not in ${file}: without links while ${formatPath(path)} lasts`,
  ];
}

function agentsOf(graph: Graph, given: Graph, file: string, path: SpecPath): Uint32Array {
  // The same names in the same order need no look at them: networks with two nodes of one name go through.
  const alike =
    graph.nodes === given.nodes &&
    (graph.labels === null && given.labels === null
      ? graph.numberedFrom === given.numberedFrom
      : graph.labels?.every((label, node) => label === given.labels?.[node]));
  if (alike) return Uint32Array.from({ length: given.nodes }, (_, node) => node);
  const find = nodesByName(given);
  const agentOf = new Uint32Array(graph.nodes);
  const taken = new Set<number>();
  for (let node = 0; node < graph.nodes; node++) {
    const name = nameOfNode(graph, node);
    const agent = find(name);
    if (agent < 0 || taken.has(agent)) {
      const expected =
        agent === UNKNOWN
          ? `the name of an agent (${someNames(given)})`
          : 'every agent to have a name of its own, since nodes are agents by name';
      throw new InputError(
        `${formatPath(path)}: ${file} has a node ${formatValue(name)}${agent === UNKNOWN ? '' : ', a name that two have'}, expected ${expected}`,
        {
          path,
          ...(agent === UNKNOWN && {
            hint: 'topology says who the agents are; a schedule names them as it does',
          }),
        },
      );
    }
    taken.add(agent);
    agentOf[node] = agent;
  }
  return agentOf;
}

/** One number an edge, whichever end is said first. Exact below 2^53. */
function edgeKey(nodes: number, a: number, b: number): number {
  return Math.min(a, b) * nodes + Math.max(a, b);
}

/** One number an arc, from its tail to its head. */
function arcKey(nodes: number, tail: number, head: number): number {
  return tail * nodes + head;
}

type Pair = [from: number, to: number];

/** Every edge once or, `asArcs`, every arc, an edge being one each way. */
function pairsOf(graph: Graph, asArcs: boolean): Pair[] {
  const { from, to } = graph.arcs && asArcs ? arcList(graph.arcs) : edgeList(graph);
  const pairs = Array.from(from, (node, edge): Pair => [node, to[edge]]);
  return asArcs && !graph.arcs ? [...pairs, ...pairs.map(([a, b]): Pair => [b, a])] : pairs;
}

function graphOf(nodes: number, pairs: readonly Pair[], directed: boolean): Graph {
  const ends = (side: 0 | 1) => Uint32Array.from(pairs, (pair) => pair[side]);
  return graphFromEdges(nodes, ends(0), ends(1), null, null, { directed, keepDirections: directed });
}

function edgeKeys(graph: Graph): Set<number> {
  return new Set(pairsOf(graph, false).map(([a, b]) => edgeKey(graph.nodes, a, b)));
}

function* rowsOf({ nodes, rowStart }: Graph): Iterable<number> {
  for (let row = 0; row < nodes; row++)
    for (let arc = rowStart[row]; arc < rowStart[row + 1]; arc++) yield row;
}

function unionOf(graphs: readonly Graph[], given: Graph, directed: boolean): Graph {
  const pairs = graphs.flatMap((graph) => pairsOf(graph, directed));
  const union = graphOf(given.nodes, pairs, directed);
  return { ...union, ...namesOf(given), dropped: { selfLoops: 0, parallelEdges: 0 } };
}

/** For kinds that bring their own edges: those of the topology that are never up. */
export function otherEdgesWarning(given: Graph, used: Graph): string[] {
  const known = edgeKeys(used);
  const never = [...edgeKeys(given)].filter((key) => !known.has(key)).length;
  if (never === 0) return [];
  return [
    `${never} of the topology's ${given.edges} edges are never up: links brings edges of its own, topology says who the agents are`,
  ];
}
