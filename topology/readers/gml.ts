/**
 * GML (Himsolt 1997): `graph [ node [ id 0 label "A" ] edge [ source 0 target 1 weight 2.5 ] ]`.
 *
 * Reads `directed` (of the graph, or of one edge), nodes (`id`, `label`), edges (`source`, `target`, and
 * `weight` or else `value`, Newman's name for it); every other key is passed over, nested lists included.
 * Strings may span lines and hold HTML entities. Ids are whole numbers, 07 the same as 7; a node without a
 * label is called as its id is written. Accepts what the Internet Topology Zoo and Mark Newman's collection
 * write, parallel edges too (the graph counts and drops them). A second graph in the file is an error.
 */
import { fileError, show, TopologyError } from '../errors.js';
import type { Graph } from '../graph.js';
import { type Direction, foundAt, NamedGraph, type Reader, type ReadOptions } from './reader.js';

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

interface Id {
  /** As it is written. */
  text: string;
  /** Without a plus sign and zeros in front: what ids are compared by. */
  number: string;
}

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
      if (key !== 'graph') this.skipValue(key, 'graph');
      else if (graph === null) graph = this.graph();
      else throw this.error("found a second 'graph', expected one graph in a file");
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
      else if (key === 'directed') graph.direction = this.direction(key);
      else this.skipValue(key, 'node', 'edge', 'directed');
    }
    return graph;
  }

  private node(graph: NamedGraph): void {
    const opened = this.open('node');
    let id: Id | undefined;
    let label: string | undefined;
    for (let key = this.listKey('node', opened); key !== null; key = this.listKey('node', opened)) {
      if (key === 'id') id = this.once(id, key, this.id(key));
      else if (key === 'label') label = this.once(label, key, this.scalar(key));
      else this.skipValue(key);
    }
    if (id === undefined)
      throw fileError(this.file, opened, "node has no id, expected 'id' and a whole number");
    graph.addNode(id.number, label ?? (id.text === id.number ? undefined : id.text), opened);
  }

  private edge(graph: NamedGraph): void {
    const opened = this.open('edge');
    let source: Id | undefined;
    let target: Id | undefined;
    let weight: string | undefined;
    let value: string | undefined;
    let weightLine = opened;
    let direction: Direction | undefined;
    for (let key = this.listKey('edge', opened); key !== null; key = this.listKey('edge', opened)) {
      if (key === 'source') source = this.once(source, key, this.id(key));
      else if (key === 'target') target = this.once(target, key, this.id(key));
      else if (key === 'directed') direction = this.once(direction, key, this.direction(key));
      else if (key === 'weight' || key === 'value') {
        if (key === 'weight') weight = this.once(weight, key, this.scalar(key));
        else value = this.once(value, key, this.scalar(key));
        if (key === 'weight' || weight === undefined) weightLine = this.line;
      } else this.skipValue(key);
    }
    if (source === undefined || target === undefined) {
      const missing = source === undefined ? 'source' : 'target';
      throw fileError(this.file, opened, `edge has no ${missing}, expected the id of a node`);
    }
    graph.addEdge(source.number, target.number, weight ?? value, opened, { weightLine, direction });
  }

  /** The value of a key that a node or an edge has once. */
  private once<T>(before: T | undefined, key: string, value: T): T {
    if (before === undefined) return value;
    throw fileError(this.file, this.line, `found a second '${key}', expected one of each node or edge`);
  }

  private direction(key: string): Direction {
    const text = this.scalar(key);
    if (text === '0' || text === '1') return text === '1' ? 'directed' : 'undirected';
    throw fileError(this.file, this.line, `${key} is ${show(text)}, expected 0 or 1`);
  }

  private id(key: string): Id {
    const text = this.scalar(key);
    const [, sign, written] = /^([+-]?)(\d+)$/.exec(text) ?? [];
    if (written === undefined)
      throw fileError(this.file, this.line, `${key} is ${show(text)}, expected a whole number`);
    const digits = written.replace(/^0+(?=\d)/, '');
    // As text, since a number holds 15 digits and ids of social networks have more.
    return { text, number: sign === '-' && digits !== '0' ? `-${digits}` : digits };
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
      throw this.error(`expected a key, found ${foundAt(this.text, begin)}`, begin);
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
      throw this.error(`expected ']' to close '${list}' of line ${opened}, found end of file`);
    }
    return key;
  }

  private open(key: string): number {
    this.skipSpace();
    if (this.text.charCodeAt(this.at) !== OPEN) {
      throw this.error(`expected '[' after '${key}', found ${foundAt(this.text, this.at)}`);
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
        throw this.error(`expected '"' to end the string after '${key}', found end of file`, begin);
      const value = text.slice(begin + 1, end);
      for (let at = value.indexOf('\n'); at >= 0; at = value.indexOf('\n', at + 1)) this.line++;
      this.at = end + 1;
      return value.includes('&') ? decodeEntities(value) : value;
    }
    while (this.at < text.length && isWord(text.charCodeAt(this.at))) this.at++;
    const value = text.slice(begin, this.at);
    if (!/^[+-]?(\d|\.\d|nan$|inf)/i.test(value)) {
      throw this.error(
        `expected a number, a string or '[' after '${key}', found ${foundAt(text, begin)}`,
        begin,
      );
    }
    return value;
  }

  /** Lists in lists are counted, not called into, so that none are too deep. */
  private skipValue(key: string, ...known: string[]): void {
    const meant = known.find((name) => name === key.toLowerCase());
    if (meant !== undefined) throw this.error(`found '${key}', expected '${meant}'`, this.at - key.length);
    this.skipSpace();
    if (this.text.charCodeAt(this.at) !== OPEN) {
      this.scalar(key);
      return;
    }
    const lists: { key: string; opened: number }[] = [{ key, opened: this.open(key) }];
    for (let list = lists.at(-1); list !== undefined; list = lists.at(-1)) {
      const inner = this.listKey(list.key, list.opened);
      if (inner === null) {
        lists.pop();
        continue;
      }
      this.skipSpace();
      if (this.text.charCodeAt(this.at) === OPEN) lists.push({ key: inner, opened: this.open(inner) });
      else this.scalar(inner);
    }
  }

  /** Something that GML does not allow, at a character of the current line. */
  private error(message: string, at = this.at): TopologyError {
    const column = at - this.text.lastIndexOf('\n', at - 1);
    return new TopologyError(`${this.file}:${this.line}:${column}: ${message}`, {
      file: this.file,
      line: this.line,
      column,
    });
  }
}

/** Whatever can stand in a key or a number. */
function isWord(code: number): boolean {
  return code > SPACE && code !== OPEN && code !== CLOSE && code !== QUOTE;
}

/**
 * XML's own, and those of Latin-1 (ISO 8879), which the definition of GML names: 160, 161, ... in this order.
 */
const NAMED_ENTITIES = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);
(
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 ' +
  'frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc ' +
  'Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave ' +
  'iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml'
)
  .split(' ')
  .forEach((name, at) => {
    NAMED_ENTITIES.set(name, String.fromCharCode(160 + at));
  });

/** Numeric and named entities; names that are not known stay as they are, since they only name nodes. */
function decodeEntities(text: string): string {
  return text.replace(/&(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|\w+);/g, (whole, name: string) => {
    if (!name.startsWith('#')) return NAMED_ENTITIES.get(name) ?? whole;
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
