/**
 * Node-link JSON, as NetworkX and D3 write it:
 *
 *     { "directed": false, "nodes": [{ "id": "A" }, ...], "links": [{ "source": "A", "target": "B", "weight": 2 }, ...] }
 *
 * The edges stand in `links` or `edges`, not in both; ids are strings or numbers (1 and "1" are the same id),
 * of any
 * length; a node without an id has its position as id, which is how old D3 files number their links. `label`
 * or `name`
 * names a node.
 */
import { fileError, show } from '../errors.js';
import { lineAt, NamedGraph, type Reader, weightOf } from './reader.js';

export const json: Reader = {
  format: 'json',
  extensions: ['.json'],
  summary: 'node-link JSON, as NetworkX and D3 write it',
  parse(source, file, options) {
    const data = parseJson(source, file);
    const fail = (path: (string | number)[], message: string) =>
      fileError(file, lineOfPath(source, path), message);
    if (!isRecord(data)) throw fail([], `found ${show(data)}, expected an object with nodes and links`);
    if (data['links'] !== undefined && data['edges'] !== undefined) {
      throw fail(['edges'], 'found both links and edges, expected one list of edges');
    }
    const edgesKey = data['links'] === undefined && data['edges'] !== undefined ? 'edges' : 'links';
    const nodes = data['nodes'];
    const links = data[edgesKey];
    if (!Array.isArray(nodes)) throw fail(['nodes'], `nodes is ${show(nodes)}, expected a list`);
    if (!Array.isArray(links)) throw fail([edgesKey], `${edgesKey} is ${show(links)}, expected a list`);

    const graph = new NamedGraph(file);
    const directed = data['directed'] ?? false;
    if (typeof directed !== 'boolean')
      throw fail(['directed'], `directed is ${show(directed)}, expected true or false`);
    graph.direction = directed ? 'directed' : 'undirected';
    const known = new Set<string>();
    nodes.forEach((node, index) => {
      const isObject = isRecord(node);
      const id = (isObject ? node['id'] : node) ?? index;
      if (typeof id !== 'string' && typeof id !== 'number') {
        throw fail(['nodes', index], `nodes[${index}].id is ${show(id)}, expected a string or a number`);
      }
      if (known.has(String(id))) {
        throw fail(
          ['nodes', index],
          `nodes[${index}].id is ${show(id)}, which is used twice, expected unique ids`,
        );
      }
      known.add(String(id));
      const label = isObject ? (node['label'] ?? node['name'] ?? undefined) : undefined;
      if (!['string', 'number', 'boolean', 'undefined'].includes(typeof label)) {
        throw fail(
          ['nodes', index],
          `nodes[${index}].label is ${show(label)}, expected a string or a number`,
        );
      }
      graph.addNode(String(id), label === undefined ? undefined : String(label), 0);
    });
    let isBad = false;
    links.forEach((link, index) => {
      const at = `${edgesKey}[${index}]`;
      if (!isRecord(link)) throw fail([edgesKey, index], `${at} is ${show(link)}, expected an object`);
      const idAt = (end: 'source' | 'target') => {
        const id = link[end];
        if (!known.has(String(id)) || (typeof id !== 'string' && typeof id !== 'number')) {
          throw fail([edgesKey, index], `${at}.${end} is ${show(id)}, expected the id of a node`);
        }
        return String(id);
      };
      const [from, to] = [idAt('source'), idAt('target')];
      const weight = link['weight'] ?? undefined;
      const text = weight === undefined ? undefined : typeof weight === 'string' ? weight : show(weight);
      // The line is looked for only where it is said, at the first of them: the walk to it starts at the
      // beginning.
      const isFirst = !isBad && text !== undefined && from !== to && Number.isNaN(weightOf(text));
      isBad ||= isFirst;
      graph.addEdge(from, to, text, isFirst ? lineOfPath(source, [edgesKey, index]) : 0);
    });
    return graph.toGraph(options);
  },
};

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const LONG_NUMBER = /\d{16}|\de\+?\d{2}/i;
/** Strings, so that no number in them is taken, and numbers. */
const TOKENS = /"(?:[^"\\]+|\\.)*"|-?\d[\d.eE+-]*/g;

function asWritten(token: string): string {
  const value = Number(token);
  const isExact = Number.isSafeInteger(value) || (Number.isFinite(value) && !/^-?\d+$/.test(token));
  return token.startsWith('"') || isExact ? token : `"${token}"`;
}

function parseJson(text: string, file: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    // Whole numbers of more digits than a double holds stay as they are written, as texts.
    return LONG_NUMBER.test(text) ? JSON.parse(text.replace(TOKENS, asWritten)) : parsed;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const position = /at position (\d+)/.exec(message)?.[1];
    // V8 names no position when the text simply ends.
    const offset = position === undefined ? text.length : Number(position);
    throw fileError(file, lineAt(text, offset), `${message}, expected JSON`, error);
  }
}

/**
 * The line on which the value at `path` begins, in text that is known to be JSON; the line of what holds it
 * if it is missing. Walks the text once, only when there is something to report.
 */
export function lineOfPath(text: string, path: (string | number)[]): number {
  let at = 0;
  const skipSpace = (): void => {
    while (at < text.length && text.charCodeAt(at) <= 32) at++;
  };
  const skipString = (): string => {
    const begin = at++;
    while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    return JSON.parse(text.slice(begin, ++at)) as string;
  };
  const skipValue = (): void => {
    skipSpace();
    let open = 0;
    do {
      const character = text[at];
      if (character === '"') {
        skipString();
      } else {
        if (character === '{' || character === '[') open++;
        else if (character === '}' || character === ']') open--;
        at++;
        if (open === 0 && character !== '}' && character !== ']') {
          while (at < text.length && !/[\s,\]}]/.test(text.charAt(at))) at++;
        }
      }
    } while (open > 0);
  };
  skipSpace();
  let begin = at;
  for (const part of path) {
    const wanted = typeof part === 'number' ? '[' : '{';
    if (text[at] !== wanted) break;
    at++;
    let found = false;
    for (let index = 0; ; index++) {
      skipSpace();
      if (text[at] === '}' || text[at] === ']') break;
      let key: string | number = index;
      if (wanted === '{') {
        key = skipString();
        skipSpace();
        at++; // the colon
        skipSpace();
      }
      if (key === part) {
        found = true;
        break;
      }
      skipValue();
      skipSpace();
      if (text[at] === ',') at++;
    }
    if (!found) break;
    begin = at;
  }
  return lineAt(text, begin);
}
