/**
 * Pajek (Batagelj and Mrvar): nodes counted from 1, then edges, which have no direction, and arcs, which
 * have.
 *
 *     *Vertices 4
 *     1 "New York"          a label in quotes, perhaps with coordinates and more behind it
 *     *Edges                *Arcs: the same, from and to
 *     1 2 2.5               two nodes, perhaps a weight, perhaps more
 *     *Edgeslist            *Arcslist: the same, from and to many
 *     1 2 3                 a node and its neighbours
 *     *Matrix               a row a node
 *
 * '%' begins a comment. Nodes that are not listed are called by their number. Of relations, `*Arcs :1
 * "name"`, all count.
 */
import { fileError, show } from '../errors.js';
import type { Graph } from '../graph.js';
import { digitsOf, Lines } from './lines.js';
import { checkNodeCount, decimalOf, NamedGraph, type Reader, type ReadOptions } from './reader.js';

export const pajek: Reader = {
  format: 'pajek',
  extensions: ['.net', '.pajek'],
  summary: "Pajek's .net",
  parse: (text, file, options) => new PajekParser(text, file).parse(options),
};

const SECTIONS = /^\*(edges|arcs|edgeslist|arcslist|matrix)\b/;

/**
 * What may stand behind the nodes of an edge where it has no weight: how it is drawn, and when it is there.
 */
const PARAMETER = /^(c|w|p|s|a|ap|l|lp|lr|lphi|lc|la|fos|font|[hak][12]|\[.*)$/i;

class PajekParser {
  private readonly lines: Lines;
  private readonly graph: NamedGraph;
  private nodes = 0;
  private labels: (string | undefined)[] = [];
  private rows = 0;
  private hasTimes = false;

  constructor(
    text: string,
    private readonly file: string,
  ) {
    this.lines = new Lines(text);
    this.graph = new NamedGraph(file);
  }

  parse(options?: ReadOptions): Graph {
    let section = '';
    while (this.lines.nextRaw()) {
      const line = this.lines.current();
      if (line === '' || line.startsWith('%')) continue;
      if (line.startsWith('*')) {
        section = this.section(line.toLowerCase(), section);
        continue;
      }
      if (section === '') throw this.error(`found ${show(line)}, expected *Vertices first`);
      if (section === 'vertices') this.vertex(line);
      else this.edges(section, this.wordsOf(line));
    }
    if (this.nodes === 0) throw fileError(this.file, 0, 'no *Vertices found, expected at least one');
    if (section === 'vertices') this.addNodes();
    if (this.hasTimes) this.graph.note('without times of nodes and edges');
    if (section === 'matrix' && this.rows !== this.nodes) {
      throw fileError(this.file, 0, `*Matrix has ${this.rows} rows, expected ${this.nodes}`);
    }
    return this.graph.toGraph(options);
  }

  private section(line: string, before: string): string {
    if (line.startsWith('*network') && this.nodes === 0) return '';
    if (line.startsWith('*vertices')) {
      const words = line.split(/\s+/);
      const count = digitsOf(words[1] ?? '', 0, words[1]?.length ?? 0);
      if (this.nodes > 0) throw this.error('found a second *Vertices, expected one network');
      if (count < 1) throw this.error(`found ${show(line)}, expected '*Vertices' and their number`);
      checkNodeCount(this.file, this.lines.line, count, this.lines.text.length);
      this.nodes = count;
      return 'vertices';
    }
    const known = SECTIONS.exec(line)?.[1];
    if (known === undefined) {
      throw this.error(`found ${show(line)}, expected *Edges, *Arcs, *Edgeslist, *Arcslist or *Matrix`);
    }
    if (this.nodes === 0) throw this.error(`found ${show(line)}, expected *Vertices first`);
    if (before === 'vertices') this.addNodes();
    return known;
  }

  private vertex(line: string): void {
    const [number = '', label] = this.wordsOf(line);
    const node = this.node(number);
    if (this.labels[node - 1] !== undefined)
      throw this.error(`node ${node} is used twice, expected unique ones`);
    this.labels[node - 1] = label ?? number;
  }

  private addNodes(): void {
    const { labels } = this;
    // Labels that only count are the numbers of the nodes, which no graph needs to say.
    const isNamed = labels.some((label, at) => label !== undefined && label !== String(at + 1));
    for (let node = 1; node <= this.nodes; node++) {
      this.graph.addNode(String(node), isNamed ? (labels[node - 1] ?? String(node)) : String(node), 0);
    }
  }

  private edges(section: string, words: string[]): void {
    const { line } = this.lines;
    const direction = section.startsWith('edges') ? 'undirected' : 'directed';
    if (section === 'matrix') {
      this.rows++;
      if (this.rows > this.nodes || words.length !== this.nodes) {
        throw this.error(
          `row ${this.rows} has ${words.length} numbers, expected ${this.nodes} rows of as many`,
        );
      }
      words.forEach((word, column) => {
        const value = decimalOf(word);
        if (!Number.isFinite(value))
          throw this.error(`entry is ${show(word)}, expected a number, 0 for no edge`);
        if (value !== 0) this.graph.addEdge(String(this.rows), String(column + 1), word, line, { direction });
      });
      return;
    }
    if (words.length < 2) throw this.error(`found ${show(this.lines.current())}, expected two nodes`);
    const isList = section.endsWith('list');
    const [first = '', ...others] = words;
    const targets = isList ? others : others.slice(0, 1);
    const source = String(this.node(first));
    const weight = isList || PARAMETER.test(words[2] ?? '') ? undefined : words[2];
    for (const target of targets) {
      this.graph.addEdge(source, String(this.node(target)), weight, line, { direction });
    }
  }

  private node(word: string): number {
    const node = digitsOf(word, 0, word.length);
    if (node < 1 || node > this.nodes) throw this.error(`node is ${show(word)}, expected 1..${this.nodes}`);
    return node;
  }

  /** Words, those in quotes as one, "" in them standing for ". */
  private wordsOf(line: string): string[] {
    return Array.from(line.matchAll(/"((?:[^"]|"")*)"(?!\S)|(\S+)/g), ([, quoted, word = '']) => {
      if (quoted !== undefined) return quoted.replaceAll('""', '"');
      if (word.startsWith('"')) throw this.error(`found ${show(line)}, expected '"' to end ${show(word)}`);
      this.hasTimes ||= /^\[[\d*]/.test(word);
      return word;
    });
  }

  private error(message: string) {
    return fileError(this.file, this.lines.line, message);
  }
}
