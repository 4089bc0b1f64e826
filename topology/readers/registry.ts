/**
 * The readers: one line each. The file's extension picks one unless a format is named; behind it a file may
 * be packed by gzip.
 */
import { extname } from 'node:path';
import { fileError, TopologyError } from '../errors.js';
import type { Graph } from '../graph.js';
import { readWholeFile, type Unreadable } from '../read-file.js';
import { adjacencyList } from './adjacency-list.js';
import { adjacencyMatrix } from './adjacency-matrix.js';
import { dimacs } from './dimacs.js';
import { edgeListReader } from './edge-list.js';
import { gexf } from './gexf.js';
import { gml } from './gml.js';
import { graph6 } from './graph6.js';
import { graphml } from './graphml.js';
import { json } from './json.js';
import { mat } from './mat.js';
import { matrixMarket } from './matrix-market.js';
import { metis } from './metis.js';
import { npy } from './npy.js';
import { pajek } from './pajek.js';
import type { Reader, ReadOptions } from './reader.js';
import { tables } from './tables.js';
import { decodeText, unpacked } from './text.js';

/** Every format that is read. */
export const readers: readonly Reader[] = [
  gml,
  graphml,
  gexf,
  matrixMarket,
  json,
  tables,
  edgeListReader,
  adjacencyMatrix,
  adjacencyList,
  npy,
  mat,
  metis,
  dimacs,
  pajek,
  graph6,
];

/**
 * Parses a text, or a file's bytes, in a named format; `fileName` only stands in messages.
 *
 * @throws TopologyError
 */
export function parseGraph(
  content: string | Uint8Array,
  format: string,
  fileName = 'graph',
  options: ReadOptions = {},
): Graph {
  const reader = readers.find((candidate) => candidate.format === format);
  if (reader === undefined) {
    const known = readers.map((candidate) => candidate.format).join(', ');
    throw new TopologyError(`format is ${JSON.stringify(format)}, expected one of ${known}`, {
      path: ['format'],
      value: format,
      expected: `one of ${known}`,
    });
  }
  const graph =
    'parseBytes' in reader
      ? parseBytes(reader, content, fileName, options)
      : parseText(reader, content, fileName, options);
  if (graph.weightProblem !== undefined) graph.weightProblem.file ??= fileName;
  return graph;
}

function parseText(
  reader: Extract<Reader, { parse: unknown }>,
  content: string | Uint8Array,
  file: string,
  options: ReadOptions,
): Graph {
  const decoded = typeof content === 'string' ? content : decodeText(content, file, options);
  const unmarked = decoded.charCodeAt(0) === 0xfeff ? decoded.slice(1) : decoded;
  // Old Macintosh programs end lines with a carriage return alone.
  const text = unmarked.includes('\r') ? unmarked.replace(/\r(?!\n)/g, '\n') : unmarked;
  if (/^\s*$/.test(text.slice(0, 1000)) && text.trim() === '') {
    throw fileError(file, 0, `file is empty, expected ${reader.summary}`);
  }
  return reader.parse(text, file, options);
}

function parseBytes(
  reader: Extract<Reader, { parseBytes: unknown }>,
  content: string | Uint8Array,
  file: string,
  options: ReadOptions,
): Graph {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : unpacked(content, file);
  if (bytes.every((byte) => byte <= 32))
    throw fileError(file, 0, `file is empty, expected ${reader.summary}`);
  return reader.parseBytes(bytes, file, options);
}

/**
 * Reads a graph from a file.
 *
 * @param options.format one of the readers' formats; default: by extension
 * @param options.directions whether the graph keeps them; default: forget
 * @param options.onRead is given the file's bytes as they were read, and `parse`, which makes a graph of
 *   them: what it returns is taken for the graph, and where it returns nothing, the file is parsed
 * @throws TopologyError when the file is missing, of an unknown kind, or not a graph
 */
export async function readGraph(
  path: string,
  options: {
    format?: string;
    // biome-ignore lint/suspicious/noConfusingVoidType: who only looks at the bytes returns nothing
    onRead?: (bytes: Uint8Array, parse: () => Graph) => Graph | void;
  } & ReadOptions = {},
): Promise<Graph> {
  const format = options.format ?? formatOf(path);
  let bytes: Uint8Array;
  try {
    bytes = await readWholeFile(path);
  } catch (error) {
    const { reason, code } = error as Unreadable;
    if (code === 'ENOENT') throw fileError(path, 0, 'no such file', error);
    if (code === 'ERR_FS_FILE_TOO_LARGE') {
      throw fileError(path, 0, 'file is too large, expected less than 512 MiB', error);
    }
    throw fileError(path, 0, `cannot be read (${code ?? reason})`, error);
  }
  const parse = () => parseGraph(bytes, format, path, options);
  return options.onRead?.(bytes, parse) ?? parse();
}

/** The format that a file's extension stands for. */
export function formatOf(path: string): string {
  const outer = extname(path).toLowerCase();
  const extension = outer === '.gz' ? extname(path.slice(0, -3)).toLowerCase() : outer;
  const reader = readers.find((candidate) => candidate.extensions.includes(extension));
  if (reader !== undefined) return reader.format;
  const known = readers.flatMap((candidate) => candidate.extensions).join(', ');
  throw fileError(
    path,
    0,
    `extension is ${JSON.stringify(extension)}, expected one of ${known}, or a format`,
  );
}
