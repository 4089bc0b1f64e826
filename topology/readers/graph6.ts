/**
 * graph6, sparse6 and digraph6 (McKay, https://users.cecs.anu.edu.au/~bdm/data/formats.txt): one graph a
 * line, six bits a character from '?' on.
 *
 * - All begin with the number of nodes: one character up to 62, '~' and three up to 258047, '~~' and six
 *   above.
 * - graph6: the upper triangle of the adjacency matrix, column by column. digraph6, after '&': all of it, row
 *   by row.
 * - sparse6, after ':': bits b and numbers x of as many bits as a node takes; b moves on to the next node v,
 *   x > v moves v to x, else {x, v} is an edge.
 *
 * `>>graph6<<` and its like may come first. A file of several graphs is refused.
 */
import { fileError, show } from '../errors.js';
import { EdgeBuffer, type Graph } from '../graph.js';
import { Lines } from './lines.js';
import { checkNodeCount, notDirected, type Reader, type ReadOptions } from './reader.js';

export const graph6: Reader = {
  format: 'graph6',
  extensions: ['.g6', '.s6', '.d6'],
  summary: 'graph6, sparse6 and digraph6, one graph',
  parse(text, file, options = {}) {
    const lines = new Lines(text);
    let found: { code: string; line: number } | null = null;
    while (lines.nextRaw()) {
      const code = lines
        .current()
        .replace(/^>>(graph6|sparse6|digraph6)<<:?/, (head) => (head.endsWith(':') ? ':' : ''));
      if (code === '') continue;
      if (found !== null) {
        throw fileError(
          file,
          lines.line,
          `found a second graph, the first is in line ${found.line}, expected one graph a file`,
        );
      }
      found = { code, line: lines.line };
    }
    if (found === null) throw fileError(file, 0, 'no graph found, expected one line');
    return decode(found.code, file, found.line, options);
  },
};

function decode(code: string, file: string, line: number, { directions }: ReadOptions): Graph {
  const mark = code[0] === ':' || code[0] === '&' ? code[0] : '';
  if (code[0] === ';')
    throw fileError(
      file,
      line,
      'found incremental sparse6, which needs the graph before it, expected sparse6',
    );
  const bits = new Bits(code, mark.length, file, line);
  const nodes = bits.nodes();
  if (nodes === 0) throw fileError(file, line, 'no nodes found, expected at least one');
  checkNodeCount(file, line, nodes, code.length);
  if (directions === 'keep' && mark !== '&') throw notDirected(file);
  const edges = new EdgeBuffer();
  if (mark === ':') {
    readSparse(bits, nodes, edges);
  } else {
    bits.expect(mark === '&' ? nodes * nodes : (nodes * (nodes - 1)) / 2);
    for (let a = 0; a < nodes; a++) {
      for (let b = 0; b < (mark === '&' ? nodes : a); b++) if (bits.next() === 1) edges.push(a, b);
    }
  }
  const keepDirections = mark === '&' && (directions === 'keep' || directions === 'stated');
  const graph = edges.toGraph(nodes, null, { directed: mark === '&', keepDirections });
  if (mark === '&' && !keepDirections) graph.directionsForgotten = true;
  return graph;
}

function readSparse(bits: Bits, nodes: number, edges: EdgeBuffer): void {
  const width = Math.ceil(Math.log2(nodes));
  let v = 0;
  // What is left at the end, too short for a step or moving past the last node, is padding.
  while (bits.left >= 1 + width) {
    v += bits.next();
    const x = bits.number(width);
    if (x >= nodes || v >= nodes) break;
    if (x > v) v = x;
    else edges.push(x, v);
  }
}

class Bits {
  private at: number;
  private bit = 0;

  constructor(
    private readonly code: string,
    begin: number,
    private readonly file: string,
    private readonly line: number,
  ) {
    this.at = begin;
    for (let at = begin; at < code.length; at++) {
      const value = code.charCodeAt(at) - 63;
      if (value >= 0 && value <= 63) continue;
      throw fileError(file, line, `character ${at + 1} is ${show(code[at])}, expected one from '?' to '~'`);
    }
  }

  get left(): number {
    return 6 * (this.code.length - this.at) - this.bit;
  }

  next(): number {
    const value = ((this.code.charCodeAt(this.at) - 63) >> (5 - this.bit)) & 1;
    this.bit++;
    if (this.bit === 6) {
      this.bit = 0;
      this.at++;
    }
    return value;
  }

  number(bits: number): number {
    let value = 0;
    for (let bit = 0; bit < bits; bit++) value = 2 * value + this.next();
    return value;
  }

  nodes(): number {
    const { code, at } = this;
    const [tildes, characters] = code[at] !== '~' ? [0, 1] : code[at + 1] !== '~' ? [1, 3] : [2, 6];
    if (code.length < at + tildes + characters) {
      throw fileError(
        this.file,
        this.line,
        `line has ${code.length} characters, expected the number of nodes`,
      );
    }
    this.at += tildes;
    return this.number(6 * characters);
  }

  /** A graph of another length than its nodes say is cut, or none. */
  expect(bits: number): void {
    const characters = Math.ceil(bits / 6);
    const found = this.code.length - this.at;
    if (found !== characters) {
      throw fileError(this.file, this.line, `found ${found} characters of edges, expected ${characters}`);
    }
  }
}
