/**
 * Edge list: one edge a line, two node names and perhaps a weight, separated by tabs, commas, semicolons, '|'
 * or spaces.
 *
 *     # a comment; '%' works too            source,target,weight
 *     0 1                                   Berlin,Paris,2.5
 *     1 2                                   "Oslo, S",Paris,1
 *
 * - Rows, comments and separators: see table.ts.
 * - Header: a first row is one if it has known names (header.ts), and then columns go by name; else it is an
 *   edge. A commented header counts. Where the first row could be either, with two different graphs, neither
 *   is taken: `header` says.
 * - Columns: without a header the first two, and the third for weights; further ones are passed over, unless
 *   the table could be a matrix: numbers only, five or more, or four with zeros for weights. KONECT's files,
 *   which begin with `% sym weighted`, say theirs. `columns` says others, by number or by name.
 * - Directions: `a b` and `b a` are one edge said from both ends; only a repeat in the same direction counts
 *   as parallel. Where the reader is asked to keep directions, `a b` is an arc from a to b: b hears a.
 *   Gephi's column `Type` says of every edge whether it has a direction; where some have, one without is an
 *   arc either way.
 * - Names are what is written: 01 and 1 are two nodes. Names of digits only are numbered in their order,
 *   ascending, with themselves as labels unless they are exactly 0, 1, 2, ...; so files that count from 1, or
 *   with gaps, get no phantom nodes. After a comment `# Nodes: N` whose N exceeds every number, nodes are
 *   0..N-1, isolated ones included. Other names are numbered as they first occur.
 * - Weights: what is wrong with one is told who asks for weights. NetworkX's `{'weight': 2.5}` and `{}` are
 *   understood.
 */
import { fileError, show, TopologyError } from '../errors.js';
import { EdgeBuffer, type FromEdgesOptions, type Graph, type WeightProblem } from '../graph.js';
import { type Header, headerOf, SeveralEnds, weightColumn } from './header.js';
import { digitsOf, Lines } from './lines.js';
import {
  badWeight,
  checkNodeCount,
  decimalOf,
  isEntry,
  notDirected,
  type Reader,
  type ReadOptions,
  weightOf,
} from './reader.js';
import { KONECT, Rows, STATED_NODES, separatorLine, separatorOf, twoReadings } from './table.js';

export const edgeListReader: Reader = {
  format: 'edgelist',
  extensions: ['.edges', '.edgelist'],
  summary: 'edge list: two names a line and perhaps a weight, separated by commas, tabs or spaces',
  parse(whole, file, given = {}) {
    const { text, options } = separatorLine(whole, file, given);
    const plan = planOf(text, file, options);
    const graph =
      plan === null ? withoutEdges(text, file) : (parseNumbers(text, plan) ?? parseNames(text, plan));
    graph.readAs = plan === null ? 'edge list without edges' : describe(plan, graph);
    return graph;
  },
};

export const HEADER_HINT =
  'say which: topology: { ..., header: true | false }, or --header or --no-header on the command line';
const COLUMNS_HINT =
  'say which: topology: { ..., columns: [2, 3] }, by number or by name, a third one for weights, or --columns 2,3 on the command line';

/** How the rows of a file are read. */
interface Plan {
  file: string;
  options: ReadOptions;
  separator: Rows['separator'];
  /** Whether the first row is a header. */
  skipFirst: boolean;
  /** 'header', 'no header', 'commented header'. */
  header: string;
  source: number;
  target: number;
  weight: number | null;
  type: number | null;
  /** Fields of the first row. */
  width: number;
  /** Whether the file says of all its edges that they have, or have not, directions. */
  states: 'directed' | 'undirected' | null;
  /** Words between blanks, and nothing says which columns hold names. */
  isPlain: boolean;
  /** Names in the header's columns, which no node may have: it would be the header that is none. */
  reserved: string[];
}

function withoutEdges(text: string, file: string): Graph {
  const stated = statedNodes(text);
  if (stated.nodes > 0) {
    checkNodeCount(file, stated.line, stated.nodes, text.length);
    return new EdgeBuffer(0).toGraph(stated.nodes);
  }
  const lines = new Lines(text);
  while (lines.nextRaw()) {
    if (lines.begin === lines.end || lines.isPlainComment()) continue;
    const found = show(lines.current());
    throw twoReadings(
      file,
      lines.line,
      found,
      'a comment or an edge',
      'put quotes around names that begin with # or %',
    );
  }
  throw fileError(file, 0, 'no edges found, expected two node names a line');
}

function planOf(text: string, file: string, options: ReadOptions): Plan | null {
  const lines = new Lines(text);
  if (!lines.next()) return null;
  if (options.header === undefined && options.columns === undefined) refuseOtherFormats(text, file);
  const separator =
    options.separator ??
    separatorOf(text, file, (fields) => {
      const found = headerOf(fields);
      return found !== null && (found instanceof SeveralEnds || found.isStrong);
    });
  const first = new Rows(text, file, separator);
  first.next();
  const width = first.columns;
  if (width < 2) checkRow(first, 0, 1, 0);
  const fields = first.fields();
  const plan: Plan = {
    file,
    options,
    separator,
    skipFirst: false,
    header: 'no header',
    source: 0,
    target: 1,
    weight: width > 2 && fields[2] !== '{}' ? 2 : null,
    type: null,
    width,
    states: null,
    reserved: [],
    isPlain: false,
  };
  checkNotation(fields, first);
  const konect = KONECT.exec(text.slice(0, 200));
  const commented = commentedHeader(text, file, separator, width);
  if (options.header !== true && konect !== null) applyKonect(plan, konect, file);
  else if (options.header === undefined && commented !== null) {
    applyHeader(plan, commented, first, file, 'commented header');
  } else if (isHeader(text, plan, fields)) {
    plan.skipFirst = true;
    applyHeader(plan, fields, first, file, 'header');
  } else if (options.columns === undefined) {
    checkCounts(text, plan, first);
    checkPlainColumns(text, plan, first);
  }
  if (options.columns !== undefined) applyColumns(plan, options.columns, fields);
  return plan;
}

/** KONECT says in its first line what the columns are: two nodes, a weight, a time. */
function applyKonect(plan: Plan, [, kind, weights]: RegExpExecArray, file: string): void {
  plan.header = 'KONECT';
  if (kind === 'bip' && plan.options.columns === undefined) {
    throw new TopologyError(
      `${file}:1: found a bipartite network, whose two columns number nodes of two kinds, each from 1, expected one set of nodes`,
      { file, line: 1, hint: 'to take equal numbers as one node, say topology: { ..., columns: [1, 2] }' },
    );
  }
  if (weights === 'unweighted') plan.weight = null;
  plan.states = kind === 'asym' ? 'directed' : 'undirected';
}

/** `# source target` among the comments before the first row; of several the last. */
function commentedHeader(
  text: string,
  file: string,
  separator: Rows['separator'],
  width: number,
): string[] | null {
  const lines = new Lines(text);
  let found: string[] | null = null;
  while (lines.nextRaw()) {
    if (lines.begin === lines.end) continue;
    const code = text.charCodeAt(lines.begin);
    if (code !== 35 && code !== 37) break;
    const rows = new Rows(lines.current().replace(/^[#%]+[ \t]*/, ''), file, separator);
    try {
      if (!rows.next() || rows.columns !== width) continue;
    } catch {
      continue;
    }
    const fields = rows.fields();
    const header = headerOf(fields);
    if (header !== null && (header instanceof SeveralEnds || header.isStrong)) found = fields;
  }
  return found;
}

function applyHeader(plan: Plan, fields: string[], rows: Rows, file: string, how: string): void {
  plan.header = how;
  const header = headerOf(fields);
  if (plan.options.columns !== undefined) return;
  if (header instanceof SeveralEnds) {
    const found = `header ${show(rows.current())}`;
    throw twoReadings(file, rows.line, found, `one of ${header.pairs.join(', or of ')}`, COLUMNS_HINT);
  }
  if (header === null) {
    // Said to be a header, or a known weight in it: what else are the ends, if there are just two columns?
    const plain = fields.map((field) => field.replace(/[^\p{L}\p{N}]/gu, ''));
    const weight = weightColumn(plain, []);
    const ends = fields.map((_, column) => column).filter((column) => column !== weight);
    if (ends.length !== 2) {
      throw new TopologyError(
        `${file}:${rows.line}: header is ${show(rows.current())}, expected names such as source and target, or columns that are said`,
        { file, line: rows.line, hint: COLUMNS_HINT },
      );
    }
    [plan.source, plan.target] = ends;
    plan.weight = weightColumn(plain, ends);
    checkOneWeight(plan, fields, rows);
    return;
  }
  plan.source = header.source;
  plan.target = header.target;
  plan.weight = header.weight;
  plan.type = header.type;
  checkOneWeight(plan, fields, rows);
  if (header.isStrong && plan.options.header === undefined && how === 'header') {
    plan.reserved = [fields[header.source], fields[header.target]];
  }
}

/** @throws TopologyError where the header has the name of the weights twice */
function checkOneWeight({ source, target, weight, file }: Plan, fields: string[], rows: Rows): void {
  if (weight === null) return;
  const name = fields[weight].toLowerCase();
  const twice = columnsCalled(fields, (field) => field.toLowerCase() === name);
  const columns = twice.filter((column) => column !== source && column !== target);
  if (columns.length < 2) return;
  const readings = columns.map((column) => `weights in column ${column + 1}`).join(', or with ');
  throw twoReadings(
    file,
    rows.line,
    `header ${show(fields.join(' '))}`,
    `one with ${readings}`,
    COLUMNS_HINT,
  );
}

function applyColumns(plan: Plan, columns: readonly (string | number)[], fields: string[]): void {
  const { file, width } = plan;
  const said = `columns is ${show(columns)}`;
  if (columns.length < 2 || columns.length > 3) {
    throw new TopologyError(`${said}, expected two of them, or three, the last for weights`, {
      path: ['columns'],
      value: columns,
    });
  }
  const found = columns.map((column) => {
    if (typeof column === 'number') {
      if (Number.isInteger(column) && column >= 1 && column <= width) return column - 1;
      throw new TopologyError(`${said}, expected numbers from 1 to ${width}, of the columns of ${file}`, {
        path: ['columns'],
        value: columns,
      });
    }
    const spelt = columnsCalled(fields, (field) => field === column);
    const alike = columnsCalled(fields, (field) => field.toLowerCase() === column.toLowerCase());
    const [index, ...others] = spelt.length > 0 ? spelt : alike;
    if (others.length > 0) {
      const places = [index, ...others].map((at) => at + 1).join(', ');
      throw new TopologyError(
        `${said}, and columns ${places} of ${file} are called ${show(column)}, expected a name of one column, or numbers`,
        { path: ['columns'], value: columns },
      );
    }
    if (index !== undefined) return index;
    throw new TopologyError(
      `${said}, expected names in the header of ${file}, ${fields.map(show).join(', ')}`,
      { path: ['columns'], value: columns },
    );
  });
  if (new Set(found).size !== found.length) {
    throw new TopologyError(`${said}, expected different columns`, { path: ['columns'], value: columns });
  }
  if (columns.some((column) => typeof column === 'string') && !plan.skipFirst) {
    plan.skipFirst = true;
    plan.header = 'header';
  }
  [plan.source, plan.target] = found;
  plan.weight = found[2] ?? null;
  plan.type = null;
  plan.reserved = [];
}

const columnsCalled = (fields: readonly string[], isIt: (field: string) => boolean): number[] =>
  fields.flatMap((field, at) => (isIt(field) ? [at] : []));

/**
 * Whether the first row is a header; where it could be one or an edge, and that makes a difference, neither
 * is taken.
 */
function isHeader(text: string, plan: Plan, fields: string[]): boolean {
  const { options, file } = plan;
  if (options.header !== undefined) return options.header;
  if (options.columns?.some((column) => typeof column === 'string')) return true;
  const header = headerOf(fields);
  const isStrong = header instanceof SeveralEnds || header?.isStrong === true;
  const later = laterRows(text, plan, fields, header);
  // A header and nothing else is no graph, so a weak one is an edge then.
  if (isStrong) return true;
  if (later.rows === 0) return false;
  const readings = `a header, or an edge between ${show(fields[0])} and ${show(fields[1])}`;
  const line = firstLine(text);
  if (header !== null) {
    if (later.namesRecur) return false;
    if (later.namesAreNumbers || later.textOverNumbers) return true;
    throw twoReadings(file, line, show(fields.join(' ')), readings, HEADER_HINT);
  }
  const plain = fields.map((field) => field.replace(/[^\p{L}\p{N}]/gu, ''));
  const weight = weightColumn(plain, [0, 1]);
  if (weight !== null && later.textOverNumbers) return true;
  if (
    (later.namesAreNumbers && !looksLikeNumber(fields[0]) && !looksLikeNumber(fields[1])) ||
    (later.textOverNumbers && !later.namesRecur)
  ) {
    throw twoReadings(file, line, show(fields.join(' ')), readings, HEADER_HINT);
  }
  return false;
}

function looksLikeNumber(name: string): boolean {
  return !Number.isNaN(decimalOf(name));
}

function firstLine(text: string): number {
  const lines = new Lines(text);
  lines.next();
  return lines.line;
}

interface LaterRows {
  rows: number;
  /** Both names of every row are whole numbers. */
  namesAreNumbers: boolean;
  /** A name of the first row names a node further down. */
  namesRecur: boolean;
  /** Some column from the third on is a text in the first row, and a number in all others. */
  textOverNumbers: boolean;
}

/** Looks at rows for as long as they can tell something. */
function laterRows(
  text: string,
  plan: Plan,
  fields: string[],
  header: Header | SeveralEnds | null,
): LaterRows {
  const [source, target] =
    header === null || header instanceof SeveralEnds ? [0, 1] : [header.source, header.target];
  const isWeak = header !== null && !(header instanceof SeveralEnds) && !header.isStrong;
  const rows = new Rows(text, plan.file, plan.separator);
  rows.next();
  const found: LaterRows = { rows: 0, namesAreNumbers: true, namesRecur: false, textOverNumbers: false };
  let columns = fields.flatMap((field, column) =>
    column >= 2 && field !== '' && !looksLikeNumber(field) && !field.startsWith('{') ? [column] : [],
  );
  while (rows.next()) {
    found.rows++;
    const names = [rows.field(source), rows.field(target)];
    found.namesAreNumbers &&= names.every((name) => /^\d+$/.test(name));
    found.namesRecur ||= names.some((name) => name === fields[source] || name === fields[target]);
    columns = columns.filter((column) => looksLikeNumber(rows.field(column)));
    if (!isWeak && !found.namesAreNumbers && columns.length === 0) break;
  }
  found.textOverNumbers = columns.length > 0 && found.rows > 0;
  return found;
}

/** Formats that begin with lines which a list could hold too: their names, and what says so. */
const OTHERS: readonly [name: string, format: string, line: RegExp][] = [
  ['Matrix Market', 'mtx', /^%%MatrixMarket\s/i],
  ['Pajek', 'pajek', /^\*(vertices|network)\b/i],
  ['DIMACS', 'dimacs', /^p\s+(sp|edge|col|tw)\s+\d+\s+\d+$/],
];

function refuseOtherFormats(text: string, file: string): void {
  const lines = new Lines(text);
  while (lines.nextRaw()) {
    const line = text.slice(lines.begin, Math.min(lines.end, lines.begin + 200));
    const other = OTHERS.find(([, , pattern]) => pattern.test(line));
    if (other !== undefined) {
      const [name, format] = other;
      throw twoReadings(
        file,
        lines.line,
        show(line),
        `the beginning of a file of ${name}, or a line of an edge list`,
        `say which: topology: { ..., format: ${format} } or --format ${format}, or header: false (--no-header) for a list`,
      );
    }
    // Comments of DIMACS come first.
    if (line !== '' && !/^([%#]|c(\s|$))/.test(line)) return;
  }
}

/** `3 2` over two edges of the nodes 0 to 2, or 1 to 3: how many there are, or an edge. */
function checkCounts(text: string, plan: Plan, first: Rows): void {
  const [nodes, edges] = first.fields().map((field) => digitsOf(field, 0, field.length));
  if (
    plan.options.header === false ||
    plan.width !== 2 ||
    nodes < 2 ||
    edges < 1 ||
    statedNodes(text).nodes >= 0
  )
    return;
  const rows = new Rows(text, plan.file, plan.separator);
  rows.next();
  let count = 0;
  let smallest = Infinity;
  let largest = 0;
  while (rows.next()) {
    count++;
    for (const column of [0, 1]) {
      const name = numberAt(rows, column);
      if (name < 0) return;
      smallest = Math.min(smallest, name);
      largest = Math.max(largest, name);
    }
    if (count > edges || largest > nodes) return;
  }
  if (count < edges || (largest === nodes && smallest === 0)) return;
  const counts = `${nodes} nodes and ${edges} ${edges === 1 ? 'edge' : 'edges'}`;
  throw twoReadings(
    plan.file,
    first.line,
    show(first.current()),
    `the numbers of what follows, ${counts}, or an edge between ${show(String(nodes))} and ${show(String(edges))}`,
    `write the numbers as a comment, # Nodes: ${nodes} Edges: ${edges}; for an edge, say header: false or --no-header`,
  );
}

/**
 * A row of words with more of them than the first, or with a word where its weight would be, may be names
 * with blanks in them.
 */
function checkBlanks(rows: Rows, { width, weight, file }: Plan): void {
  const third = rows.field(2);
  const isFitting = rows.columns <= width && (weight === null || third === '' || looksLikeWeight(third));
  if (isFitting || third.startsWith('{') || [0, 1].every((column) => looksLikeNumber(rows.field(column))))
    return;
  throw namesWithBlanks(rows, file);
}

function namesWithBlanks(rows: Rows, file: string): TopologyError {
  const [first, second] = rows.fields();
  const rest = `names with blanks in them, or ${show(first)} and ${show(second)} with something behind them`;
  const hint = `put quotes around names with blanks, or ${COLUMNS_HINT}`;
  return twoReadings(file, rows.line, show(rows.current()), rest, hint);
}

/**
 * Without a header and without said columns, what would be taken for a weight, or for nothing, may say that
 * the names are not what they seem.
 */
function checkPlainColumns(text: string, plan: Plan, first: Rows): void {
  const { file, separator } = plan;
  const fields = first.fields();
  if (separator === 'space' && plan.states === null && fields.length > 2 && !fields[2].startsWith('{')) {
    const named = [0, 1].some((column) => !/^[+-]?[\d.]+$/.test(fields[column]));
    if (named && !looksLikeWeight(fields[2])) throw namesWithBlanks(first, file);
    plan.isPlain = true;
  }
  const isCell = (field: string) => field === '' || isEntry(field);
  if (fields.length < 4 || !fields.every(isCell)) return;
  const rows = new Rows(text, file, separator);
  let count = 0;
  let isOdd = false;
  while (rows.next()) {
    count++;
    const cells = rows.fields();
    if (!cells.every(isCell)) return;
    isOdd ||= Number(cells[2]) === 0 || !/^[+-]?\d+$/.test(cells[0]) || !/^[+-]?\d+$/.test(cells[1] ?? '');
  }
  // Two names, a weight and a time are a list, but weights are seldom zero, nodes seldom called 0.5, and a
  // matrix is full of such numbers.
  if (fields.length === 4 && !isOdd) return;
  const readings = `an edge list, or ${count} rows of a matrix with ${fields.length} columns`;
  throw twoReadings(
    file,
    first.line,
    `a table of ${fields.length} columns, all numbers,`,
    readings,
    `${COLUMNS_HINT}; or topology: { ..., format: matrix }`,
  );
}

/** Numbers, with a decimal comma too, and what programs write for none. */
function looksLikeWeight(text: string): boolean {
  return (
    looksLikeNumber(text.replace(',', '.')) || /^[+-]?(nan|inf|infinity|null|none|na|n\/a|-|\?)$/i.test(text)
  );
}

function rawField(rows: Rows, column: number): string {
  return rows.text.slice(rows.begin(column), rows.end(column));
}

/** `a -> b`, `(a, b)` and `[[0, 1], [1, 0]]` are no list. */
function checkNotation(fields: string[], rows: Rows): void {
  const arrow = fields.length > 2 && /^[-<>=]+$/.test(rawField(rows, 1)) ? fields[1] : null;
  const bracket = /^([([{])[^)\]}]*$/.exec(rawField(rows, 0))?.[1];
  const found =
    arrow ?? (bracket !== undefined && /[)\]}]$/.test(fields[fields.length - 1]) ? bracket : null);
  if (found === null) return;
  throw rows.error(
    `found ${show(rows.current())}, expected two names side by side, without ${show(found)}; quotes around names that hold it`,
  );
}

/** @throws TopologyError when a row does not have its two names, or not the columns of the rows before */
function checkRow(rows: Rows, source: number, target: number, width: number): void {
  if (rows.isEmpty(source) || rows.isEmpty(target)) {
    throw rows.error(`found ${show(rows.current())}, expected two node names and perhaps a weight`);
  }
  if (width === 0 || rows.columns === width) return;
  // Empty fields at the end of a row are not counted, and text behind the third field of a line of words is
  // not looked at.
  if (
    rows.columns < width ? rows.separator !== 'space' && width > 2 : rows.separator === 'space' && width > 2
  )
    return;
  if (rows.columns < width && rows.columns > 2) return;
  if (rows.columns < width)
    throw rows.error(`found ${show(rows.current())}, expected a weight as in the edges before`);
  throw width === 2
    ? rows.error(`found a third column, ${show(rows.field(2))}, expected two columns as in the edges before`)
    : rows.error(`found ${rows.columns} columns, expected ${width} as in the edges before`);
}

/** One row after another, its columns checked, its weight read. */
class EdgeRows {
  readonly rows: Rows;
  weightProblem: WeightProblem | null = null;

  constructor(
    text: string,
    private readonly plan: Plan,
  ) {
    this.rows = new Rows(text, plan.file, plan.separator);
    if (plan.skipFirst) this.rows.next();
    this.rows.width = plan.width;
  }

  next(): boolean {
    if (!this.rows.next()) return false;
    const { columns } = this.rows;
    if (this.plan.skipFirst && columns > this.plan.width) {
      const found = `found ${columns} fields under a header of ${this.plan.width} names`;
      throw this.rows.error(`${found}, expected a name for every column`);
    }
    checkRow(this.rows, this.plan.source, this.plan.target, this.plan.width);
    return true;
  }

  weight(): number {
    const { rows, plan } = this;
    const column = plan.weight ?? 0;
    if (column < rows.columns) {
      const digits = digitsOf(rows.text, rows.begin(column), rows.end(column));
      if (digits > 0) return digits;
    }
    const raw = rows.field(column);
    const named = /^\{.*['"]weight['"]\s*:\s*([^,}\s]+)/.exec(raw);
    const found = named === null ? raw : named[1];
    const weight = weightOf(found);
    if (Number.isNaN(weight)) this.weightProblem ??= badWeight(found, plan.file, rows.line);
    return weight;
  }

  /** What Gephi's column says of this edge. */
  isDirected(): boolean {
    const { rows, plan } = this;
    const found = rows.field(plan.type ?? 0);
    if (/^directed$/i.test(found)) return true;
    if (/^undirected$/i.test(found)) return false;
    throw rows.error(`type is ${show(found)}, expected Directed or Undirected`);
  }
}

/**
 * The column `type` is Gephi's if it says so in any row, and then it says it in every one; any other is
 * passed over.
 */
function typesIn(text: string, plan: Plan): Uint8Array | null {
  if (plan.type === null) return null;
  const found = new EdgeRows(text, plan);
  let isGephi = false;
  while (!isGephi && found.next()) isGephi = /^(un)?directed$/i.test(found.rows.field(plan.type));
  if (!isGephi) return null;
  const rows = new EdgeRows(text, plan);
  const types: number[] = [];
  while (rows.next()) types.push(rows.isDirected() ? 1 : 0);
  return Uint8Array.from(types);
}

/** Reads whole numbers as names; null at the first name that is none. */
function parseNumbers(text: string, plan: Plan): Graph | null {
  const rows = new EdgeRows(text, plan);
  const { source, target } = plan;
  // Room for about one edge in twelve characters, to double seldom.
  const capacity = Math.min(Math.ceil(text.length / 12) + 16, 2 ** 24);
  let first = new Float64Array(capacity);
  let second = new Float64Array(capacity);
  let weights = plan.weight === null ? null : new Float64Array(capacity);
  let count = 0;
  let largest = 0;
  while (rows.next()) {
    if (count === first.length) {
      first = doubled(first);
      second = doubled(second);
      if (weights !== null) weights = doubled(weights);
    }
    const a = numberAt(rows.rows, source);
    const b = numberAt(rows.rows, target);
    if (a < 0 || b < 0) return null;
    first[count] = a;
    second[count] = b;
    if (weights !== null) weights[count] = a === b ? 1 : rows.weight();
    largest = Math.max(largest, a, b);
    count++;
  }
  if (count === 0) throw onlyHeader(text, plan);

  const edges = new EdgeBuffer(0);
  edges.weights = weights;
  edges.count = count;
  edges.weightProblem = rows.weightProblem;
  const stated = statedNodes(text);
  let nodes: number;
  let labels: string[] | null = null;
  if (stated.nodes > largest) {
    nodes = stated.nodes;
    checkNodeCount(plan.file, stated.line, nodes, text.length);
  } else {
    const occurring = numbersIn(first, second, count, largest);
    nodes = occurring.length;
    if (nodes !== largest + 1) {
      // Too wide a range for a table of all numbers: look each one up among those that occur.
      for (const ends of [first, second]) {
        for (let edge = 0; edge < count; edge++) ends[edge] = rankOf(occurring, ends[edge]);
      }
      labels = Array.from(occurring, String);
    }
  }
  edges.from = Uint32Array.from(first.subarray(0, count));
  edges.to = Uint32Array.from(second.subarray(0, count));
  return finish(edges, nodes, labels, text, plan);
}

/** A name that is a number as JavaScript writes it; else -1. */
function numberAt(rows: Rows, column: number): number {
  const begin = rows.begin(column);
  const end = rows.end(column);
  if (end - begin > 1 && rows.text.charCodeAt(begin) === 48) return -1;
  return digitsOf(rows.text, begin, end);
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
function statedNodes(text: string): { nodes: number; line: number } {
  const lines = new Lines(text);
  while (lines.nextRaw()) {
    if (lines.begin === lines.end) continue;
    const code = text.charCodeAt(lines.begin);
    if (code !== 35 && code !== 37) break;
    const match = STATED_NODES.exec(lines.current());
    if (match !== null) return { nodes: Number(match[1]), line: lines.line };
  }
  return { nodes: -1, line: 0 };
}

function parseNames(text: string, plan: Plan): Graph {
  const rows = new EdgeRows(text, plan);
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
  const edges = new EdgeBuffer(1024, plan.weight !== null);
  while (rows.next()) {
    if (plan.isPlain) checkBlanks(rows.rows, plan);
    const from = number(rows.rows.field(plan.source));
    const to = number(rows.rows.field(plan.target));
    edges.push(from, to, plan.weight === null || from === to ? 1 : rows.weight());
  }
  if (edges.count === 0) throw onlyHeader(text, plan);
  for (const name of plan.reserved) {
    if (!numberOf.has(name)) continue;
    const found = `${show(plan.reserved.join(' '))}, of which ${show(name)} names a node further down,`;
    throw twoReadings(plan.file, firstLine(text), found, 'a header or an edge', HEADER_HINT);
  }
  edges.weightProblem = rows.weightProblem;
  return finish(edges, labels.length, orderedNames(edges, labels), text, plan);
}

/**
 * Names as they first occur, which stay so, unless all are digits: then nodes are renumbered in the order of
 * the numbers.
 *
 * @returns one label a node; null if they only count 0, 1, 2, ...
 */
export function orderedNames(edges: EdgeBuffer, labels: string[]): string[] | null {
  if (!labels.every((label) => /^\d+$/.test(label))) return labels;
  const ascending = labels.map((_, node) => node).sort((a, b) => compareDigits(labels[a], labels[b]));
  const rank = new Uint32Array(labels.length);
  ascending.forEach((node, at) => {
    rank[node] = at;
  });
  for (const ends of [edges.from, edges.to])
    for (let edge = 0; edge < edges.count; edge++) ends[edge] = rank[ends[edge]];
  const sorted = ascending.map((node) => labels[node]);
  return sorted.every((label, node) => label === String(node)) ? null : sorted;
}

/** By value, 1 before 01. */
function compareDigits(a: string, b: string): number {
  const [x, y] = [a, b].map((digits) => digits.replace(/^0+(?=.)/, ''));
  if (x.length !== y.length) return x.length - y.length;
  if (x !== y) return x < y ? -1 : 1;
  return a.length - b.length;
}

function onlyHeader(text: string, plan: Plan): TopologyError {
  const rows = new Rows(text, plan.file, plan.separator);
  rows.next();
  return rows.error(`found only the header ${show(rows.current())}, expected edges`);
}

function finish(edges: EdgeBuffer, nodes: number, labels: string[] | null, text: string, plan: Plan): Graph {
  const { directions = 'forget' } = plan.options;
  const types = typesIn(text, plan);
  const directed = types === null ? 0 : types.reduce((sum, type) => sum + type, 0);
  if (types !== null) plan.states = directed > 0 ? 'directed' : 'undirected';
  if (directions === 'keep' && plan.states === 'undirected') throw notDirected(plan.file);
  const options: FromEdgesOptions = {
    // A file that says of its edges that they have no direction says every one of them once.
    directed: types === null || directed > 0,
    keepDirections: directions === 'keep' || (directions === 'stated' && plan.states === 'directed'),
  };
  const isForgotten = plan.states === 'directed' && !options.keepDirections;
  if (types === null || directed === 0 || directed === types.length) {
    const graph = edges.toGraph(nodes, labels, options);
    return isForgotten ? { ...graph, directionsForgotten: true } : graph;
  }

  const without = types.length - directed;
  if (options.keepDirections)
    plan.header += `, ${without} undirected ${without === 1 ? 'edge' : 'edges'} an arc each way`;
  const both = new EdgeBuffer(2 * edges.count, edges.weights !== null);
  both.weightProblem = edges.weightProblem;
  const undirected = new Set<string>();
  let repeats = 0;
  for (let edge = 0; edge < edges.count; edge++) {
    const [from, to, weight] = [edges.from[edge], edges.to[edge], edges.weights?.[edge] ?? 1];
    both.push(from, to, weight);
    if (types[edge] === 1 || from === to) continue;
    both.push(to, from, weight);
    const key = from < to ? `${from} ${to}` : `${to} ${from}`;
    if (undirected.has(key)) repeats++;
    undirected.add(key);
  }
  const graph = both.toGraph(nodes, labels, options);
  // A repeated edge without a direction repeats two arcs, and is one edge.
  graph.dropped.parallelEdges -= repeats;
  return isForgotten ? { ...graph, directionsForgotten: true } : graph;
}

const SEPARATOR_NAMES: Record<Rows['separator'], string> = {
  tab: 'tab',
  comma: 'comma',
  semicolon: 'semicolon',
  bar: 'bar',
  space: 'spaces',
};

function describe({ separator, header, source, target, weight }: Plan, graph: Graph): string {
  const weights =
    weight === null || (graph.weights === null && graph.weightProblem === undefined)
      ? ''
      : `, weights in column ${weight + 1}`;
  return `edge list, ${SEPARATOR_NAMES[separator]}, ${header}, columns ${source + 1} and ${target + 1}${weights}`;
}
