/**
 * METIS and KaHIP's graph format (Karypis, METIS manual 5.1, section 4.1.1): one line a node, its neighbours
 * counted from 1.
 *
 *     % a comment
 *     4 3 001              nodes, edges, format; perhaps the number of weights of a node
 *     2 5                  neighbour 2, weight 5
 *     1 5 3 1
 *     2 1
 *                          an empty line: node 4 has no neighbours
 *
 * The three digits of the format say whether lines hold a size of the node, weights of the node, weights of
 * the edges. Every edge stands in the lines of both ends.
 */
import { fileError, show } from '../errors.js';
import { EdgeBuffer } from '../graph.js';
import { digitsOf, Lines } from './lines.js';
import { badWeight, checkListedEdges, checkNodeCount, notDirected, type Reader, weightOf } from './reader.js';

export const metis: Reader = {
  format: 'metis',
  extensions: ['.graph', '.metis'],
  summary: 'METIS graph: one line of neighbours a node',
  parse(text, file, { directions } = {}) {
    const lines = new Lines(text);
    if (directions === 'keep') throw notDirected(file);
    if (!nextLine(lines) || lines.begin === lines.end) {
      throw fileError(file, lines.line, "expected 'nodes edges', and perhaps a format, before all else");
    }
    const { nodes, edges: announced, skipped, isWeighted } = headerOf(lines, file);
    const edges = new EdgeBuffer(Math.min(2 * announced, Math.ceil(text.length / 2)), isWeighted);
    const lineOf = new Uint32Array(nodes);
    for (let node = 0; node < nodes; node++) {
      if (!nextLine(lines)) throw fileError(file, 0, `found ${node} lines of nodes, expected ${nodes}`);
      lineOf[node] = lines.line;
      const words = lines.begin === lines.end ? [] : lines.current().split(/[ \t]+/);
      const step = isWeighted ? 2 : 1;
      if (words.length < skipped || (words.length - skipped) % step !== 0) {
        const expected = `${skipped > 0 ? `${skipped} of the node's own numbers, then ` : ''}${isWeighted ? 'pairs of neighbour and weight' : 'neighbours'}`;
        throw fileError(file, lines.line, `found ${words.length} numbers, expected ${expected}`);
      }
      const wrong = words.slice(0, skipped).find((word) => digitsOf(word, 0, word.length) < 0);
      if (wrong !== undefined) {
        const expected = 'expected a whole number, 0 or more, as a size or weight of the node';
        throw fileError(file, lines.line, `found ${show(wrong)}, ${expected}`);
      }
      for (let at = skipped; at < words.length; at += step) {
        const [word = '', written = ''] = words.slice(at, at + step);
        const neighbour = digitsOf(word, 0, word.length);
        if (neighbour < 1 || neighbour > nodes) {
          throw fileError(file, lines.line, `neighbour is ${show(word)}, expected 1..${nodes}`);
        }
        const weight = isWeighted ? weightOf(written) : 1;
        if (Number.isNaN(weight)) edges.weightProblem ??= badWeight(written, file, lines.line);
        edges.push(node, neighbour - 1, weight);
      }
    }
    while (nextLine(lines)) {
      if (lines.begin === lines.end) continue;
      throw fileError(
        file,
        lines.line,
        `found ${show(lines.current())} after ${nodes} nodes, expected no more`,
      );
    }
    // A self-loop may stand once or twice in its own line.
    const loops = edges.from.subarray(0, edges.count).filter((node, edge) => node === edges.to[edge]).length;
    const missing = 2 * announced - edges.count;
    const graph = edges.toGraph(nodes, null, { directed: true, keepDirections: true });
    checkBothSides(graph, lineOf, file);
    if (missing < 0 || missing > loops) {
      throw fileError(
        file,
        0,
        `found ${edges.count} neighbours, expected ${2 * announced}, two for each of ${announced} edges`,
      );
    }
    const oneSided = graph.dropped.parallelEdges > 0 ? edges.oneSided(nodes) : null;
    if (oneSided !== null) {
      const [node, neighbour] = oneSided;
      const found = `node ${node + 1} has the neighbour ${neighbour + 1} more often than that has ${node + 1}`;
      throw fileError(file, lineOf[node] ?? 0, `${found}, expected every edge as often from both sides`);
    }
    const { arcs: _, ...undirected } = graph;
    undirected.dropped.parallelEdges /= 2;
    return undirected;
  },
};

/** A line that is no comment; it may be empty. */
function nextLine(lines: Lines): boolean {
  while (lines.nextRaw())
    if (lines.begin === lines.end || lines.text.charCodeAt(lines.begin) !== 37) return true;
  return false;
}

function headerOf(lines: Lines, file: string) {
  const words = lines.current().split(/[ \t]+/);
  const [nodes = 0, edges = 0] = words.map((word) => digitsOf(word, 0, word.length));
  const format = (words[2] ?? '0').padStart(3, '0');
  if (words.length < 2 || words.length > 4 || nodes < 0 || edges < 0 || !/^[01]{3}$/.test(format)) {
    throw fileError(
      file,
      lines.line,
      `found ${show(lines.current())}, expected 'nodes edges', and perhaps a format such as 011`,
    );
  }
  if (nodes === 0) throw fileError(file, lines.line, 'no nodes found, expected at least one');
  checkNodeCount(file, lines.line, nodes, lines.text.length);
  checkListedEdges(file, lines.line, edges);
  const constraints = words[3] === undefined ? 1 : digitsOf(words[3], 0, words[3].length);
  if (constraints < 0)
    throw fileError(file, lines.line, `weights of a node are ${show(words[3])}, expected a number`);
  const skipped = Number(format[0]) + (format[1] === '1' ? constraints : 0);
  return { nodes, edges, skipped, isWeighted: format[2] === '1' };
}

type WithArcs = ReturnType<EdgeBuffer['toGraph']>;

/** @throws TopologyError at the first edge that one of its ends does not name */
function checkBothSides({ nodes, arcs }: WithArcs, lineOf: Uint32Array, file: string): void {
  if (arcs === undefined) return;
  for (let node = 0; node < nodes; node++) {
    const outward = arcs.outColumns.subarray(arcs.outStart[node] ?? 0, arcs.outStart[node + 1]);
    const inward = arcs.inColumns.subarray(arcs.inStart[node] ?? 0, arcs.inStart[node + 1]);
    const wrong = outward.findIndex((neighbour, at) => neighbour !== inward[at]);
    if (wrong < 0 && outward.length === inward.length) continue;
    // Both ascend, so the smaller of the two that differ is the one that stands on one side only.
    const [out, into] = wrong < 0 ? [undefined, inward[outward.length]] : [outward[wrong], inward[wrong]];
    const isOut = out !== undefined && (into === undefined || out < into);
    const [one, other] = isOut ? [node, out] : [into as number, node];
    throw fileError(
      file,
      lineOf[one] ?? 0,
      `node ${one + 1} has the neighbour ${other + 1}, and node ${other + 1}, in line ${lineOf[other]}, does not have ${one + 1}, expected every edge from both sides`,
    );
  }
}
