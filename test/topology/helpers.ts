/** What several tests of this folder need. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { arcList, type Graph, TopologyError } from '../../topology/index.js';

/**
 * Downloaded networks that stand beside a checkout, not in it; tests that need them skip where they are
 * missing.
 */
export const sharedTopologies = `${process.env['SOTTOVOCE_SHARED'] ?? fileURLToPath(new URL('../../../shared', import.meta.url))}/data/topologies`;
export const hasShared = existsSync(sharedTopologies);

export const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/topology/${name}`, import.meta.url));

export const airportsFile = fileURLToPath(
  new URL('../../node_modules/vega-datasets/data/flights-airport.csv', import.meta.url),
);

/** The TopologyError that `act` throws; anything else is a failure. */
export function errorOf(act: () => unknown): TopologyError {
  try {
    act();
  } catch (error) {
    if (error instanceof TopologyError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

export async function rejectionOf(promise: Promise<unknown>): Promise<TopologyError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof TopologyError) return error;
  throw new Error(`expected a TopologyError, got ${String(error)}`);
}

/** Edges as `a-b` texts, for comparing by eye. */
export function edgeTexts(graph: Graph): string[] {
  const texts: string[] = [];
  for (let row = 0; row < graph.nodes; row++) {
    for (let arc = graph.rowStart[row]; arc < graph.rowStart[row + 1]; arc++) {
      if (graph.columns[arc] > row) texts.push(`${row}-${graph.columns[arc]}`);
    }
  }
  return texts;
}

/** Arcs as `a>b` texts, in row order. */
export function arcTexts({ arcs }: Graph): string {
  if (!arcs) return 'undirected';
  const { from, to } = arcList(arcs);
  return Array.from(from, (node, arc) => `${node}>${to[arc]}`).join(' ');
}
