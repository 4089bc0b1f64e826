/**
 * DIMACS: shortest paths (.gr, 9th challenge), whose arcs have directions, `p sp NODES ARCS` and `a FROM TO
 * WEIGHT`; colouring (.col), `p edge NODES EDGES` and `e A B`; and the tree widths of PACE (.gr), `p tw NODES
 * EDGES` and `A B`. Nodes count from 1; lines with `c` are comments.
 */
import { fileError, show } from '../errors.js';
import { EdgeBuffer } from '../graph.js';
import { digitsOf, Lines } from './lines.js';
import { badWeight, checkListedEdges, checkNodeCount, notDirected, type Reader, weightOf } from './reader.js';

interface Problem {
  kind: string;
  /** What lines of edges begin with. */
  mark: string;
  isDirected: boolean;
}

const PROBLEMS: readonly Problem[] = [
  { kind: 'sp', mark: 'a', isDirected: true },
  { kind: 'edge', mark: 'e', isDirected: false },
  { kind: 'col', mark: 'e', isDirected: false },
  { kind: 'tw', mark: '', isDirected: false },
];

export const dimacs: Reader = {
  format: 'dimacs',
  extensions: ['.gr', '.col', '.dimacs'],
  summary: 'DIMACS: shortest paths (.gr) and colouring (.col)',
  parse(text, file, { directions } = {}) {
    const lines = new Lines(text);
    let problem: Problem | null = null;
    let nodes = 0;
    let announced = 0;
    let edges = new EdgeBuffer(0);
    while (lines.nextRaw()) {
      if (lines.begin === lines.end) continue;
      const words = lines.current().split(/[ \t]+/);
      if (words[0] === 'c') continue;
      if (problem === null) {
        problem = PROBLEMS.find(({ kind }) => words[0] === 'p' && kind === words[1]) ?? null;
        [nodes = 0, announced = 0] = words.slice(2).map((word) => digitsOf(word, 0, word.length));
        if (problem === null || words.length !== 4 || nodes < 0 || announced < 0) {
          const kinds = PROBLEMS.map(({ kind }) => kind).join(' | ');
          throw fileError(
            file,
            lines.line,
            `found ${show(lines.current())}, expected 'p (${kinds}) NODES EDGES' first`,
          );
        }
        if (nodes === 0) throw fileError(file, lines.line, 'no nodes found, expected at least one');
        if (directions === 'keep' && !problem.isDirected) throw notDirected(file);
        checkNodeCount(file, lines.line, nodes, text.length);
        checkListedEdges(file, lines.line, announced);
        edges = new EdgeBuffer(Math.min(announced, Math.ceil(text.length / 4)), problem.isDirected);
        continue;
      }
      const { mark, isDirected } = problem;
      if (mark === 'e' && words[0] === 'n') continue; // a colour that a node must have
      const fields = mark === '' ? words : words.slice(1);
      if ((mark !== '' && words[0] !== mark) || fields.length !== (isDirected ? 3 : 2)) {
        const form = `${mark}${mark === '' ? '' : ' '}${isDirected ? 'FROM TO WEIGHT' : 'A B'}`;
        throw fileError(file, lines.line, `found ${show(lines.current())}, expected '${form}'`);
      }
      const [tail = '', head = '', written = ''] = fields;
      const from = nodeOf(tail, nodes, file, lines.line);
      const to = nodeOf(head, nodes, file, lines.line);
      const weight = isDirected ? weightOf(written) : 1;
      if (Number.isNaN(weight) && from !== to) edges.weightProblem ??= badWeight(written, file, lines.line);
      edges.push(from, to, Number.isNaN(weight) ? 1 : weight);
    }
    if (problem === null) throw fileError(file, 0, "no line 'p' found, expected 'p sp NODES ARCS'");
    // Files of the colouring challenge may list every edge from both ends, and count it once.
    const isTwofold = problem.mark === 'e' && edges.count === 2 * announced && edges.oneSided(nodes) === null;
    if (edges.count !== announced && !isTwofold)
      throw fileError(file, 0, `found ${edges.count} edges, expected ${announced}`);
    const { isDirected } = problem;
    const keepDirections = isDirected && (directions === 'keep' || directions === 'stated');
    const graph = edges.toGraph(nodes, null, { directed: true, keepDirections });
    if (isDirected && !keepDirections) graph.directionsForgotten = true;
    return graph;
  },
};

function nodeOf(word: string, nodes: number, file: string, line: number): number {
  const node = digitsOf(word, 0, word.length);
  if (node < 1 || node > nodes) throw fileError(file, line, `node is ${show(word)}, expected 1..${nodes}`);
  return node - 1;
}
