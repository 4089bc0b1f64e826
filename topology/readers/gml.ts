/**
 * GML (Himsolt 1997): `graph [ node [ id 0 label "A" ] edge [ source 0 target 1 weight 2.5 ] ]`.
 *
 * Reads `directed`, nodes (`id`, `label`), edges (`source`, `target`, and `weight` or else `value`, Newman's name for it);
 * every other key is passed over, nested lists included. Strings may span lines and hold HTML entities. Accepts what the
 * Internet Topology Zoo and Mark Newman's collection write, parallel edges too (the graph counts and drops them).
 */
import { fileError, show } from '../errors.js';
import type { Graph } from '../graph.js';
import { foundAt, NamedGraph, type Reader, type ReadOptions } from './reader.js';

export const gml: Reader = {
  format: 'gml',
  extensions: ['.gml'],
  summary: 'GML, as the Internet Topology Zoo and Mark Newman publish it',
  parse: (text, file, options) => new GmlParser(text, file).parse(options),
};

const TAB = 9;
const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const QUOTE = 34;
const HASH = 35;
const OPEN = 91;
const CLOSE = 93;

class GmlParser {
  private at = 0;
  private line = 1;

  constructor(
    private readonly text: string,
    private readonly file: string,
  ) {}

  parse(options?: ReadOptions): Graph {
    let graph: NamedGraph | null = null;
    for (let key = this.key(); key !== null; key = this.key()) {
      if (key === 'graph' && graph === null) graph = this.graph();
      else this.skipValue(key);
    }
    if (graph === null) throw fileError(this.file, 0, "no 'graph [' found, expected one");
    return graph.toGraph(options);
  }

  private graph(): NamedGraph {
    const opened = this.open('graph');
    const graph = new NamedGraph(this.file);
    for (let key = this.listKey('graph', opened); key !== null; key = this.listKey('graph', opened)) {
      if (key === 'node') this.node(graph);
      else if (key === 'edge') this.edge(graph);
      else if (key === 'directed') graph.directed = this.scalar(key) === '1';
      else this.skipValue(key);
    }
    return graph;
  }

  private node(graph: NamedGraph): void {
    const opened = this.open('node');
    let id: string | undefined;
    let label: string | undefined;
    for (let key = this.listKey('node', opened); key !== null; key = this.listKey('node', opened)) {
      if (key === 'id') id = this.id(key);
      else if (key === 'label') label = this.scalar(key);
      else this.skipValue(key);
    }
    if (id === undefined)
      throw fileError(this.file, opened, "node has no id, expected 'id' and a whole number");
    graph.addNode(id, label, opened);
  }

  private edge(graph: NamedGraph): void {
    const opened = this.open('edge');
    let source: string | undefined;
    let target: string | undefined;
    let weight: string | undefined;
    let value: string | undefined;
    let weightLine = opened;
    for (let key = this.listKey('edge', opened); key !== null; key = this.listKey('edge', opened)) {
      if (key === 'source') source = this.id(key);
      else if (key === 'target') target = this.id(key);
      else if (key === 'weight' || key === 'value') {
        if (key === 'weight') weight = this.scalar(key);
        else value = this.scalar(key);
        if (key === 'weight' || weight === undefined) weightLine = this.line;
      } else this.skipValue(key);
    }
    if (source === undefined || target === undefined) {
      const missing = source === undefined ? 'source' : 'target';
      throw fileError(this.file, opened, `edge has no ${missing}, expected the id of a node`);
    }
    graph.addEdge(source, target, weight ?? value, opened, weightLine);
  }

  private id(key: string): string {
    const text = this.scalar(key);
    if (!/^[+-]?\d+$/.test(text))
      throw fileError(this.file, this.line, `${key} is ${show(text)}, expected a whole number`);
    return String(Number(text));
  }

  /** Passes over white space and comments: '#' to the end of the line. */
  private skipSpace(): void {
    const { text } = this;
    for (; this.at < text.length; this.at++) {
      const code = text.charCodeAt(this.at);
      if (code === NEWLINE) {
        this.line++;
      } else if (code === HASH) {
        const end = text.indexOf('\n', this.at);
        this.at = (end < 0 ? text.length : end) - 1;
      } else if (code !== SPACE && code !== TAB && code !== RETURN) {
        return;
      }
    }
  }

  /** The next key at top level; null at the end of the file. */
  private key(): string | null {
    this.skipSpace();
    if (this.at >= this.text.length) return null;
    const begin = this.at;
    while (this.at < this.text.length && isWord(this.text.charCodeAt(this.at))) this.at++;
    const key = this.text.slice(begin, this.at);
    if (!/^[A-Za-z_]/.test(key)) {
      throw fileError(this.file, this.line, `expected a key, found ${foundAt(this.text, begin)}`);
    }
    return key;
  }

  /** The next key of a list; null once its ']' is passed. */
  private listKey(list: string, opened: number): string | null {
    this.skipSpace();
    if (this.text.charCodeAt(this.at) === CLOSE) {
      this.at++;
      return null;
    }
    const key = this.key();
    if (key === null) {
      throw fileError(
        this.file,
        this.line,
        `expected ']' to close '${list}' of line ${opened}, found end of file`,
      );
    }
    return key;
  }

  private open(key: string): number {
    this.skipSpace();
    if (this.text.charCodeAt(this.at) !== OPEN) {
      throw fileError(
        this.file,
        this.line,
        `expected '[' after '${key}', found ${foundAt(this.text, this.at)}`,
      );
    }
    this.at++;
    return this.line;
  }

  /** A number, as its text, or a string without its quotes and entities. */
  private scalar(key: string): string {
    this.skipSpace();
    const { text } = this;
    const begin = this.at;
    if (text.charCodeAt(begin) === QUOTE) {
      const end = text.indexOf('"', begin + 1);
      if (end < 0)
        throw fileError(
          this.file,
          this.line,
          `expected '"' to end the string after '${key}', found end of file`,
        );
      const value = text.slice(begin + 1, end);
      for (let at = value.indexOf('\n'); at >= 0; at = value.indexOf('\n', at + 1)) this.line++;
      this.at = end + 1;
      return value.includes('&') ? decodeEntities(value) : value;
    }
    while (this.at < text.length && isWord(text.charCodeAt(this.at))) this.at++;
    const value = text.slice(begin, this.at);
    if (!/^[+-]?(\d|\.\d|nan$|inf)/i.test(value)) {
      throw fileError(
        this.file,
        this.line,
        `expected a number, a string or '[' after '${key}', found ${foundAt(text, begin)}`,
      );
    }
    return value;
  }

  private skipValue(key: string): void {
    this.skipSpace();
    if (this.text.charCodeAt(this.at) !== OPEN) {
      this.scalar(key);
      return;
    }
    const opened = this.open(key);
    for (let inner = this.listKey(key, opened); inner !== null; inner = this.listKey(key, opened))
      this.skipValue(inner);
  }
}

/** Whatever can stand in a key or a number. */
function isWord(code: number): boolean {
  return code > SPACE && code !== OPEN && code !== CLOSE && code !== QUOTE;
}

const NAMED_ENTITIES: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
};

/** Numeric entities and XML's own; others, such as &eacute;, stay as they are, since they only name nodes. */
function decodeEntities(text: string): string {
  return text.replace(/&(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|\w+);/g, (whole, name: string) => {
    if (!name.startsWith('#')) return NAMED_ENTITIES[name] ?? whole;
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
