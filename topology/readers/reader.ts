/**
 * What a reader is, and what readers share: numbering nodes by name, and checking weights.
 *
 * A reader is one file beside this one and one line in `registry.ts`. It gets the whole text, walks it by
 * character codes or events, never splitting it into lines, and reports the first mistake with its line, what
 * it found and what it expected.
 */
import { fileError, show, type TopologyError } from '../errors.js';
import { EdgeBuffer, type Graph, MAX_EDGES, type WeightProblem } from '../graph.js';
import { beyondMemory } from '../memory.js';

/** What separates the fields of a list or a table. */
export type Separator = 'tab' | 'comma' | 'semicolon' | 'bar' | 'space';

/** What a reader may be told beside the file. */
export interface ReadOptions {
  /**
   * What becomes of directions. `forget` (the default): every arc is an edge. `keep`: the graph is directed,
   * and a file that says its edges are not is refused. `stated`: kept where the file itself says that it is
   * directed.
   */
  directions?: 'forget' | 'keep' | 'stated';
  /** Of a text without a byte order mark, where it is not UTF-8 and does not say so itself. */
  encoding?: string | undefined;
  /** Of lists and matrices in text: what separates fields; where absent, it is found out, or asked for. */
  separator?: Separator | undefined;
  /** Whether the first row of a table is a header. */
  header?: boolean | undefined;
  /** Of an edge list: its columns of source, target and perhaps weight, by number from 1 or by name. */
  columns?: readonly (string | number)[] | undefined;
}

interface ReaderCard {
  format: string;
  /** File extensions, with the dot, lower case. */
  extensions: readonly string[];
  /** One phrase for people. */
  summary: string;
}

/**
 * Of a text, or of the bytes of a file that is none. Both throw a TopologyError with `file` and, where there
 * are lines, `line`.
 */
export type Reader =
  | (ReaderCard & { parse(text: string, file: string, options?: ReadOptions): Graph })
  | (ReaderCard & { parseBytes(bytes: Uint8Array, file: string, options?: ReadOptions): Graph });

/**
 * `mutual` is an arc each way; `unknown`, where the format wants every edge to say it and this one does not.
 */
export type Direction = 'directed' | 'undirected' | 'mutual' | 'unknown';

/**
 * Nodes and edges as the formats with explicit nodes give them: nodes have ids, edges name ids and may come
 * first. A missing weight counts 1 if any edge of the file has one, as in NetworkX.
 *
 * Where any edge is directed, or mutual, the file is directed: an undirected edge is then an arc each way.
 */
export class NamedGraph {
  private readonly numberOf = new Map<string, number>();
  private readonly ids: string[] = [];
  private readonly labels: (string | undefined)[] = [];
  private readonly edgeLines: number[] = [];
  private readonly sources: string[] = [];
  private readonly targets: string[] = [];
  private readonly weights: (number | undefined)[] = [];
  private readonly edgeDirections: (Direction | undefined)[] = [];
  private readonly notes: string[] = [];
  private weightProblem: WeightProblem | null = null;
  /** Of edges that do not say it themselves. */
  direction: Direction = 'undirected';

  constructor(private readonly file: string) {}

  get nodes(): number {
    return this.ids.length;
  }

  addNode(id: string, label: string | undefined, line: number): void {
    if (this.numberOf.has(id))
      throw fileError(this.file, line, `node id ${show(id)} is used twice, expected unique ids`);
    this.numberOf.set(id, this.ids.length);
    this.ids.push(id);
    this.labels.push(label);
  }

  /**
   * @param weight the text that stands for it, whatever that is: what is wrong with it is told who asks for
   * weights
   */
  addEdge(
    source: string,
    target: string,
    weight: string | undefined,
    line: number,
    { weightLine = line, direction }: { weightLine?: number; direction?: Direction | undefined } = {},
  ): void {
    this.edgeDirections.push(direction);
    this.sources.push(source);
    this.targets.push(target);
    const value = weight === undefined ? undefined : weightOf(weight);
    // A self-loop is no edge, and any value may stand at it.
    if (weight !== undefined && Number.isNaN(value) && source !== target) {
      this.weightProblem ??= badWeight(weight, this.file, weightLine);
    }
    this.weights.push(value);
    this.edgeLines.push(line);
  }

  /** What was read in one way of several, or left out: for `Graph.readAs`. */
  note(text: string): void {
    this.notes.push(text);
  }

  weightsDiffer(problem: string, line: number): void {
    this.weightProblem ??= { message: problem, file: this.file, line };
  }

  toGraph({ directions = 'forget' }: ReadOptions = {}): Graph {
    const count = this.sources.length;
    const kinds = this.edgeDirections.map((direction) => direction ?? this.direction);
    const unknown = directions === 'forget' ? -1 : kinds.indexOf('unknown');
    if (unknown >= 0) {
      throw fileError(
        this.file,
        this.edgeLines[unknown] ?? 0,
        'edge has no type, and the graph says mixed, expected directed, undirected or mutual',
      );
    }
    const isArc = (kind: Direction) => kind === 'directed' || kind === 'mutual';
    const directed = count === 0 ? isArc(this.direction) : kinds.some(isArc);
    if (directions === 'keep' && !directed) throw notDirected(this.file);
    if (this.ids.length === 0) throw fileError(this.file, 0, 'no nodes found, expected at least one');
    const edges = new EdgeBuffer(
      count,
      this.weights.some((weight) => weight !== undefined),
    );
    let bothWays = 0;
    for (const [edge, from] of this.sources.entries()) {
      const line = this.edgeLines[edge] ?? 0;
      const source = this.find('source', from, line);
      const target = this.find('target', this.targets[edge] ?? '', line);
      const weight = this.weights[edge] ?? 1;
      const value = Number.isNaN(weight) ? 1 : weight;
      edges.push(source, target, value);
      if (!directed || kinds[edge] === 'directed') continue;
      if (kinds[edge] === 'undirected') bothWays++;
      if (source !== target) edges.push(target, source, value);
    }
    edges.weightProblem = this.weightProblem;
    const keepDirections = directed && directions !== 'forget';
    const graph = edges.toGraph(this.ids.length, this.labelsOrNull(), { directed, keepDirections });
    if (directed && !keepDirections) graph.directionsForgotten = true;
    if (keepDirections && bothWays > 0) {
      this.note(`directed, ${bothWays} undirected ${bothWays === 1 ? 'edge' : 'edges'} an arc each way`);
    }
    if (this.notes.length > 0) graph.readAs = this.notes.join(', ');
    return graph;
  }

  private find(end: string, id: string, line: number): number {
    const node = this.numberOf.get(id);
    if (node === undefined) {
      throw fileError(this.file, line, `edge ${end} is ${show(id)}, expected the id of a node in this file`);
    }
    return node;
  }

  /** Labels, ids where some lack one; null when there are none and the ids only count 0, 1, 2, ... */
  private labelsOrNull(): string[] | null {
    const counting = this.ids.every((id, node) => id === String(node));
    if (counting && this.labels.every((label) => label === undefined)) return null;
    return this.ids.map((id, node) => this.labels[node] ?? id);
  }
}

/**
 * What a node takes at least while its graph is built and looked at: offsets, degrees, a vector or two of the
 * spectrum.
 */
const BYTES_PER_NODE = 128;

/** Nodes that any file may announce, and for each of its bytes. */
const NODES_OF_ANY_FILE = 2 ** 17;
const NODES_PER_BYTE = 4;

/**
 * Refuses, before anything is allocated, a number of nodes that a file announces and that is beyond what it
 * can connect, or what this machine can hold. Every edge takes four bytes at least, so that of more nodes
 * than bytes most would stand alone.
 *
 * @param bytes of the file; left out where each node is written out in it
 */
export function checkNodeCount(file: string, line: number, nodes: number, bytes = Infinity): void {
  if (!(nodes <= MAX_EDGES)) {
    throw fileError(file, line, `file has ${nodes} nodes, expected at most ${MAX_EDGES}`);
  }
  const most = Math.max(NODES_OF_ANY_FILE, NODES_PER_BYTE * bytes);
  if (nodes > most) {
    throw fileError(
      file,
      line,
      `file announces ${nodes} nodes, and its ${bytes} bytes can connect few of them, expected at most ${most}`,
    );
  }
  const problem = beyondMemory(nodes * BYTES_PER_NODE);
  if (problem !== null) throw fileError(file, line, `file has ${nodes} nodes, which ${problem}`);
}

/** The same of edges. */
export function checkListedEdges(file: string, line: number, edges: number): void {
  if (!(edges <= MAX_EDGES))
    throw fileError(file, line, `file has ${edges} edges, expected at most ${MAX_EDGES}`);
}

/** For files whose format says whether edges have directions. */
export function notDirected(file: string): TopologyError {
  return fileError(file, 0, 'this file says that its edges have no direction, expected a directed graph');
}

/**
 * A weight from its text; NaN if it is not a positive, finite number. A reader then keeps the first
 * `badWeight` as the graph's `weightProblem` and goes on: weights that nobody uses stop nobody.
 */
export function weightOf(text: string): number {
  const weight = decimalOf(text);
  return weight > 0 && weight < Infinity ? weight : Number.NaN;
}

/**
 * A decimal number, 1, -.5 or 2e-3; NaN for the rest, and so for the empty text and for 0x10, which `Number`
 * alone takes.
 */
export function decimalOf(text: string): number {
  return /^\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : Number.NaN;
}

/**
 * What programs write into a matrix: a number, or in its place inf, nan or 0x10, which no graph is made of.
 */
export function isEntry(text: string): boolean {
  return (text.trim() !== '' && !Number.isNaN(Number(text))) || /^\s*[+-]?(nan|inf)\s*$/i.test(text);
}

export function badWeight(text: string, file: string, line: number): WeightProblem {
  return { message: `weight is ${show(text)}, expected a positive, finite number`, file, line };
}

/** The line, from 1, on which a character stands. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

/** The characters at an offset, as a message shows what was found. */
export function foundAt(text: string, offset: number): string {
  if (offset >= text.length) return 'end of file';
  const word = /^[^\s\][,<>]{1,40}|^[\s\S]/.exec(text.slice(offset, offset + 41))?.[0] ?? '';
  return `'${word}'`;
}
