/**
 * The writers: one line each, and `writeGraph`, which leaves either the whole file or nothing.
 */
import { dirname, extname } from 'node:path';
import { fileError, TopologyError } from '../errors.js';
import type { Graph } from '../graph.js';
import { writeNamed } from '../whole-file.js';
import { csvWriter, edgeListWriter } from './edge-list.js';
import { graphmlWriter } from './graphml.js';
import { jsonWriter } from './json.js';
import type { Writer } from './writer.js';

/** Every format that is written. */
export const writers: readonly Writer[] = [graphmlWriter, jsonWriter, edgeListWriter, csvWriter];

/** The graph as one string; for small graphs and tests. */
export function formatGraph(graph: Graph, format: string): string {
  return [...writerOf(format).write(graph)].join('');
}

/**
 * Writes a graph to a file: beside its place, flushed, then renamed, so that a reader never sees half.
 *
 * @param options.format one of the writers' formats; default: by extension
 * @throws TopologyError when the kind is unknown, the format cannot hold the graph, or the file cannot be
 *   written
 */
export async function writeGraph(
  path: string,
  graph: Graph,
  options: { format?: string } = {},
): Promise<void> {
  const pieces = (options.format === undefined ? writerFor(path) : writerOf(options.format)).write(graph);
  try {
    await writeNamed(path, pieces);
  } catch (error) {
    if (error instanceof TopologyError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const why = code === 'ENOENT' ? `: there is no folder ${dirname(path)} (${code})` : ` (${code})`;
    throw fileError(path, 0, `cannot be written${why}`, error);
  }
}

function writerOf(format: string): Writer {
  const writer = writers.find((candidate) => candidate.format === format);
  if (writer !== undefined) return writer;
  const known = writers.map((candidate) => candidate.format).join(', ');
  throw new TopologyError(`format is ${JSON.stringify(format)}, expected one of ${known}`, {
    path: ['format'],
    value: format,
    expected: `one of ${known}`,
  });
}

function writerFor(path: string): Writer {
  const extension = extname(path).toLowerCase();
  const writer = writers.find((candidate) => candidate.extensions.includes(extension));
  if (writer !== undefined) return writer;
  const known = writers.flatMap((candidate) => candidate.extensions).join(', ');
  throw fileError(
    path,
    0,
    `extension is ${JSON.stringify(extension)}, expected one of ${known}, or a format`,
  );
}
