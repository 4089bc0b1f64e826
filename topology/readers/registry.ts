/**
 * The readers: one line each. The file's extension picks one unless a format is named.
 */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileError, TopologyError } from '../errors.js';
import type { Graph } from '../graph.js';
import { edgeListReader } from './edge-list.js';
import { gexf } from './gexf.js';
import { gml } from './gml.js';
import { graphml } from './graphml.js';
import { json } from './json.js';
import { matrixMarket } from './matrix-market.js';
import type { Reader, ReadOptions } from './reader.js';

export const readers: readonly Reader[] = [gml, graphml, gexf, matrixMarket, json, edgeListReader];

/**
 * Parses a text in a named format; `fileName` only stands in messages.
 *
 * @throws TopologyError
 */
export function parseGraph(
  text: string,
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
  const begin = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  if (/^\s*$/.test(begin.slice(0, 1000)) && begin.trim() === '') {
    throw fileError(fileName, 0, `file is empty, expected ${reader.summary}`);
  }
  return reader.parse(begin, fileName, options);
}

/**
 * Reads a graph from a file.
 *
 * @param options.format one of the readers' formats; default: by extension
 * @param options.directions whether the graph keeps them; default: forget
 * @throws TopologyError when the file is missing, of an unknown kind, or not a graph
 */
export async function readGraph(
  path: string,
  options: { format?: string } & ReadOptions = {},
): Promise<Graph> {
  const format = options.format ?? formatOf(path);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') throw fileError(path, 0, 'no such file', error);
    if (code === 'ERR_STRING_TOO_LONG') {
      throw fileError(path, 0, 'file is too large, expected less than 512 MiB', error);
    }
    throw fileError(path, 0, `cannot be read (${code ?? String(error)})`, error);
  }
  return parseGraph(text, format, path, options);
}

/** The format that a file's extension stands for. */
export function formatOf(path: string): string {
  const extension = extname(path).toLowerCase();
  const reader = readers.find((candidate) => candidate.extensions.includes(extension));
  if (reader !== undefined) return reader.format;
  const known = readers.flatMap((candidate) => candidate.extensions).join(', ');
  throw fileError(
    path,
    0,
    `extension is ${JSON.stringify(extension)}, expected one of ${known}, or a format`,
  );
}
