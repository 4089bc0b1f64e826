/**
 * Edge list: one edge a line, two node names and perhaps a weight, separated by commas, tabs or spaces.
 *
 *     # a comment; '%' works too            source,target,weight
 *     0 1                                   Berlin,Paris,2.5
 *     1 2                                   "Oslo, S",Paris,1
 *
 * - Separator: what the first edge uses; a comma before a tab before spaces. Names may be quoted, "" standing for ".
 * - Header: a first line is one if it uses well-known words (source, target, from, to, origin, ...), if its third column is
 *   no number, or if every other line names nodes by whole numbers and it does not.
 * - Weight: the third column, in every line or in none; NetworkX's `{'weight': 2.5}` and `{}` are understood. Further
 *   columns are passed over.
 * - Numbering: names that are all non-negative whole numbers keep their order: the nodes are the numbers that occur,
 *   ascending, with the number as label unless they are exactly 0, 1, 2, ... So files that count from 1, or with gaps, get no
 *   phantom nodes. After a comment `# Nodes: N` (the Stanford collection writes one) whose N exceeds every number, nodes are
 *   0..N-1, isolated ones included. Other names are numbered as they first occur.
 * - Directions: `a b` and `b a` are one edge said from both ends; only a repeat in the same direction counts as parallel. Where the
 *   reader is asked to keep directions, `a b` is an arc from a to b: b hears a.
 */
import { fileError, show } from '../errors.js';
import { EdgeBuffer, type FromEdgesOptions, type Graph, type WeightProblem } from '../graph.js';
import { digitsOf, isBlank, Lines } from './lines.js';
import { badWeight, type Reader, weightOf } from './reader.js';

export const edgeListReader: Reader = {
  format: 'edgelist',
  extensions: ['.txt', '.edges', '.edgelist', '.csv', '.tsv'],
  summary: 'edge list: two names a line and perhaps a weight, separated by commas, tabs or spaces',
  parse(text, file, { directions } = {}) {
    const lines = new Lines(text);
    if (!lines.next()) {
      const stated = statedNodes(text);
      if (stated > 0) return new EdgeBuffer(0).toGraph(stated);
      throw fileError(file, 0, 'no edges found, expected two node names a line');
    }
    const scanner = new Scanner(lines, file);
    scanner.scan();
    const firstIsNumbers = scanner.numbers();
    const isHeader = !firstIsNumbers && scanner.looksLikeHeader();
    // Numbers first, since that is what large files hold; at the first name, start again by name.
    const options = { directed: true, keepDirections: directions === 'keep' };
    return parseNumbers(text, file, !firstIsNumbers, options) ?? parseNames(text, file, isHeader, options);
  },
};

/** Reads whole numbers as names; null at the first name that is none. */
function parseNumbers(
  text: string,
  file: string,
  skipFirst: boolean,
  options: FromEdgesOptions,
): Graph | null {
  const lines = new Lines(text);
  const scanner = new Scanner(lines, file);
  lines.next();
  scanner.scan();
  if (skipFirst && !lines.next()) return null;
  // Room for about one edge in twelve characters, to double seldom.
  const capacity = Math.min(Math.ceil(text.length / 12) + 16, 2 ** 24);
  let first = new Float64Array(capacity);
  let second = new Float64Array(capacity);
  let weights: Float64Array | null = null;
  let count = 0;
  let largest = 0;
  do {
    scanner.scan();
    if (!scanner.numbers()) return null;
    if (count === 0 && scanner.hasWeight()) weights = new Float64Array(capacity);
    if (count === first.length) {
      first = doubled(first);
      second = doubled(second);
      if (weights !== null) weights = doubled(weights);
    }
    scanner.checkWeight(weights !== null);
    first[count] = scanner.firstNumber;
    second[count] = scanner.secondNumber;
    if (weights !== null) weights[count] = scanner.weight();
    largest = Math.max(largest, scanner.firstNumber, scanner.secondNumber);
    count++;
  } while (lines.next());

  options.weightProblem = scanner.weightProblem;
  const stated = statedNodes(text);
  if (stated > largest) return numbered(first, second, weights, count, stated, null, options);
  const occurring = numbersIn(first, second, count, largest);
  if (occurring.length === largest + 1)
    return numbered(first, second, weights, count, largest + 1, null, options);
  // Too wide a range for a table of all numbers: look each one up among those that occur.
  for (const ends of [first, second]) {
    for (let edge = 0; edge < count; edge++) ends[edge] = rankOf(occurring, ends[edge]);
  }
  return numbered(first, second, weights, count, occurring.length, Array.from(occurring, String), options);
}

function numbered(
  first: Float64Array,
  second: Float64Array,
  weights: Float64Array | null,
  count: number,
  nodes: number,
  labels: string[] | null,
  options: FromEdgesOptions,
): Graph {
  const edges = new EdgeBuffer(0);
  edges.from = Uint32Array.from(first.subarray(0, count));
  edges.to = Uint32Array.from(second.subarray(0, count));
  edges.weights = weights;
  edges.count = count;
  return edges.toGraph(nodes, labels, options);
}

/** The numbers that occur, ascending. */
function numbersIn(first: Float64Array, second: Float64Array, count: number, largest: number): Float64Array {
  if (largest < 8 * count + 1024) {
    const seen = new Uint8Array(largest + 1);
    let distinct = 0;
    for (const ends of [first, second]) {
      for (let edge = 0; edge < count; edge++) {
        distinct += 1 - seen[ends[edge]];
        seen[ends[edge]] = 1;
      }
    }
    const numbers = new Float64Array(distinct);
    let filled = 0;
    for (let value = 0; value <= largest; value++) if (seen[value] === 1) numbers[filled++] = value;
    return numbers;
  }
  const all = new Float64Array(2 * count);
  all.set(first.subarray(0, count));
  all.set(second.subarray(0, count), count);
  all.sort();
  return all.filter((value, index) => index === 0 || value !== all[index - 1]);
}

function rankOf(ascending: Float64Array, value: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function doubled(old: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * old.length);
  larger.set(old);
  return larger;
}

/** N of a comment `# Nodes: N` before the first edge, else -1. */
function statedNodes(text: string): number {
  const lines = new Lines(text);
  while (lines.nextRaw()) {
    if (lines.begin === lines.end) continue;
    const code = text.charCodeAt(lines.begin);
    if (code !== 35 && code !== 37) break;
    const match = /^[#%]+\s*nodes:?\s+(\d{1,10})\b/i.exec(lines.current());
    if (match !== null) return Number(match[1]);
  }
  return -1;
}

function parseNames(text: string, file: string, skipFirst: boolean, options: FromEdgesOptions): Graph {
  const lines = new Lines(text);
  const scanner = new Scanner(lines, file);
  lines.next();
  scanner.scan();
  if (skipFirst && !lines.next()) {
    throw fileError(file, lines.line, `found only the header ${show(lines.current())}, expected edges`);
  }
  const numberOf = new Map<string, number>();
  const labels: string[] = [];
  const number = (name: string): number => {
    let node = numberOf.get(name);
    if (node === undefined) {
      node = labels.length;
      numberOf.set(name, node);
      labels.push(name);
    }
    return node;
  };
  let edges: EdgeBuffer | null = null;
  do {
    scanner.scan();
    edges ??= new EdgeBuffer(1024, scanner.hasWeight());
    scanner.checkWeight(edges.weights !== null);
    const from = number(scanner.name(0));
    const to = number(scanner.name(1));
    edges.push(from, to, edges.weights === null ? 1 : scanner.weight());
  } while (lines.next());
  edges.weightProblem = scanner.weightProblem;
  return edges.toGraph(labels.length, labels, options);
}

const COMMA = 44;
const TAB = 9;
const SPACE = 32;
const QUOTE = 34;
const BRACE = 123;

const HEADER_WORDS =
  /^(source|target|from|to|origin|destination|src|dst|dest|node_?1|node_?2|u|v|i|j|tail|head)$/i;

/** Finds the columns of the current line, as offsets. */
class Scanner {
  private separator = 0;
  private columns = 0;
  /** begin and end of the first three columns. */
  private readonly bounds = new Int32Array(6);
  weightProblem: WeightProblem | null = null;
  firstNumber = -1;
  secondNumber = -1;

  constructor(
    private readonly lines: Lines,
    private readonly file: string,
  ) {}

  /** @throws TopologyError when the line has fewer than two columns */
  scan(): void {
    const { text, end } = this.lines;
    if (this.separator === 0) this.separator = this.guessSeparator();
    let at = this.lines.begin;
    this.columns = 0;
    while (this.columns < 3 && at < end) {
      const begin = at;
      let last: number;
      if (text.charCodeAt(at) === QUOTE) {
        at = this.endOfQuoted(at);
        last = at;
      } else if (this.columns === 2 && text.charCodeAt(at) === BRACE) {
        at = last = end;
      } else {
        while (at < end && !this.isSeparator(text.charCodeAt(at))) at++;
        last = at;
        while (last > begin && isBlank(text.charCodeAt(last - 1))) last--;
      }
      this.bounds[2 * this.columns] = begin;
      this.bounds[2 * this.columns + 1] = last;
      this.columns++;
      while (at < end && isBlank(text.charCodeAt(at)) && this.separator !== TAB) at++;
      if (this.separator !== SPACE && at < end) {
        if (text.charCodeAt(at) !== this.separator) {
          throw this.error(`found ${show(text.slice(at, end))} after a quoted name, expected a separator`);
        }
        at++;
        while (at < end && isBlank(text.charCodeAt(at)) && this.separator !== TAB) at++;
      }
    }
    if (this.columns < 2 || this.isEmpty(0) || this.isEmpty(1)) {
      throw this.error(`found ${show(this.lines.current())}, expected two node names and perhaps a weight`);
    }
  }

  /** Whether both names are whole numbers, then in firstNumber and secondNumber. */
  numbers(): boolean {
    const { text } = this.lines;
    this.firstNumber = digitsOf(text, this.bounds[0], this.bounds[1]);
    this.secondNumber = digitsOf(text, this.bounds[2], this.bounds[3]);
    return this.firstNumber >= 0 && this.secondNumber >= 0;
  }

  name(column: 0 | 1): string {
    const raw = this.raw(column);
    return raw.charCodeAt(0) === QUOTE ? raw.slice(1, -1).replaceAll('""', '"') : raw;
  }

  /** Whether there is a third column that says something; NetworkX writes `{}` for an edge that carries nothing. */
  hasWeight(): boolean {
    return this.columns > 2 && !this.isEmpty(2) && this.raw(2) !== '{}';
  }

  checkWeight(expected: boolean): void {
    if (this.hasWeight() === expected) return;
    throw this.error(
      expected
        ? `found ${show(this.lines.current())}, expected a weight as in the edges before`
        : `found a third column, ${show(this.raw(2))}, expected two columns as in the edges before`,
    );
  }

  weight(): number {
    const { text, line } = this.lines;
    const digits = digitsOf(text, this.bounds[4], this.bounds[5]);
    if (digits > 0) return digits;
    const raw = this.raw(2);
    const named = /^\{.*['"]weight['"]\s*:\s*([^,}\s]+)/.exec(raw);
    const found = named === null ? raw : named[1];
    const weight = weightOf(found);
    if (Number.isNaN(weight)) this.weightProblem ??= badWeight(found, this.file, line);
    return weight;
  }

  looksLikeHeader(): boolean {
    if (HEADER_WORDS.test(this.name(0)) && HEADER_WORDS.test(this.name(1))) return true;
    return this.hasWeight() && Number.isNaN(Number(this.raw(2))) && !this.raw(2).startsWith('{');
  }

  private raw(column: number): string {
    return this.lines.text.slice(this.bounds[2 * column], this.bounds[2 * column + 1]);
  }

  private isEmpty(column: number): boolean {
    return this.bounds[2 * column] === this.bounds[2 * column + 1];
  }

  private isSeparator(code: number): boolean {
    return code === this.separator || (this.separator === SPACE && code === TAB);
  }

  private guessSeparator(): number {
    // Separators inside quotes and braces do not count.
    const bare = this.lines.current().replace(/"(?:[^"]|"")*"|\{.*\}/g, 'q');
    if (bare.includes(',')) return COMMA;
    return bare.includes('\t') ? TAB : SPACE;
  }

  /** The offset behind a quoted name's closing quote. */
  private endOfQuoted(begin: number): number {
    const { text, end } = this.lines;
    let at = begin + 1;
    while (at < end) {
      if (text.charCodeAt(at) === QUOTE) {
        if (text.charCodeAt(at + 1) !== QUOTE) return at + 1;
        at++;
      }
      at++;
    }
    throw this.error(`found ${show(text.slice(begin, end))}, expected '"' to end the name`);
  }

  private error(message: string) {
    return fileError(this.file, this.lines.line, message);
  }
}
