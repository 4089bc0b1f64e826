/**
 * YAML as every part of the program reads it, with what would do harm found first: the library composes nodes
 * by recursion, makes texts of keys that are mappings, of which each level doubles the quotes, and looks for
 * keys that stand twice by comparing all with all.
 *
 * Each is an error of the document, with its place, as the library's own are.
 */

import {
  type CST,
  type Document,
  type DocumentOptions,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type ParseOptions,
  Parser,
  parseDocument,
  type SchemaOptions,
  YAMLParseError,
} from 'yaml';

/** Levels of a config; one that refers to itself has no end. */
export const DEEPEST = 100;

const KEY_PROBLEM = 'a mapping or a list stands as a key here, expected a name';

export function parseYaml(
  source: string,
  options: ParseOptions & DocumentOptions & SchemaOptions = {},
): Document {
  const deep = firstTooDeep(source);
  if (deep < 0) {
    const document = withoutStacks(() =>
      parseDocument(source, { prettyErrors: false, ...options, uniqueKeys: false }),
    );
    document.errors.push(...keyErrors(document, options.merge === true));
    return document;
  }
  const document = parseDocument('', { prettyErrors: false, ...options });
  // Lines are counted by the library as it reads.
  const { lineCounter } = options;
  if (lineCounter) {
    lineCounter.lineStarts = [];
    lineCounter.addNewLine(0);
    for (let at = source.indexOf('\n'); at >= 0; at = source.indexOf('\n', at + 1))
      lineCounter.addNewLine(at + 1);
  }
  document.errors = [
    new YAMLParseError(
      [deep, deep + 1],
      'IMPOSSIBLE',
      `lists and mappings are nested deeper than ${DEEPEST} levels`,
    ),
  ];
  return document;
}

/** Null where the library's own recursion finds no end. */
function* tokensOf(source: string): Generator<CST.Token | null> {
  try {
    yield* new Parser().parse(source);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    yield null;
  }
}

/** Where it begins: what is nested as deep as that is all in one line, or its last line is the longest. */
function longestLine(source: string): number {
  let at = 0;
  let longest = { at: 0, length: 0 };
  for (const line of source.split('\n')) {
    if (line.length > longest.length) longest = { at, length: line.length };
    at += line.length + 1;
  }
  return longest.at;
}

/** Where the first collection beyond the deepest level begins; -1 if there is none. */
function firstTooDeep(source: string): number {
  // A level takes a character at least.
  if (source.length <= DEEPEST) return -1;
  for (const token of tokensOf(source)) {
    if (token === null) return longestLine(source);
    const open: [token: CST.Token, depth: number][] = [[token, 0]];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const [found, depth] = next;
      if (found.type === 'document') {
        if (found.value) open.push([found.value, depth]);
      } else if ('items' in found) {
        if (depth >= DEEPEST) return found.offset;
        for (const { key, value } of found.items) {
          if (key) open.push([key, depth + 1]);
          if (value) open.push([value, depth + 1]);
        }
      }
    }
  }
  return -1;
}

/** Some documents are one error a character, and each would note how it came about. */
function withoutStacks<T>(act: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return act();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Names of anchors that stand for a mapping or a list; the library would search the document for each. */
function collectionsNamed(document: Document): Set<string> {
  const names = new Set<string>();
  const open: unknown[] = [document.contents];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (!isCollection(node)) continue;
    if (node.anchor !== undefined) names.add(node.anchor);
    if (isSeq(node)) for (const item of node.items) open.push(item);
    if (isMap(node)) for (const { key, value } of node.items) open.push(key, value);
  }
  return names;
}

/** Keys that are no scalars, and those that a mapping has twice, in the order of the source. */
function keyErrors(document: Document, merge: boolean): YAMLParseError[] {
  const errors: YAMLParseError[] = [];
  const collections = collectionsNamed(document);
  const open: unknown[] = [document.contents];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (isSeq(node)) for (const item of node.items) open.push(item);
    if (!isMap(node)) continue;
    const known = new Set<unknown>();
    for (const { key, value } of node.items) {
      open.push(value);
      const isTwice = isScalar(key) && known.has(key.value) && !(merge && key.value === '<<');
      if (isScalar(key)) known.add(key.value);
      const stands = isCollection(key) || (isAlias(key) && collections.has(key.source));
      if (!isTwice && !stands) continue;
      const [begin = 0, end = begin] = (key as { range?: [number, number, number] }).range ?? [];
      errors.push(
        isTwice
          ? new YAMLParseError([begin, end], 'DUPLICATE_KEY', 'Map keys must be unique')
          : new YAMLParseError([begin, end], 'IMPOSSIBLE', KEY_PROBLEM),
      );
    }
  }
  return errors.sort((a, b) => a.pos[0] - b.pos[0]);
}
