/**
 * Coordinates of agents that a run's trace follows: `trace: { agents: [0, 5], coordinates: [0, 1] }` in the
 * config. Each row of the trace then has x_i[c] for each agent i and each coordinate c, agents outside; the
 * numbers stand in agents-trace.csv.
 */

import { InputError } from '../base/errors.js';
import type { RunConfig } from './config.js';

/** Numbers of one row, at most: 8 kB, and 8 MB for the rows that may wait to be taken. */
export const MOST_WATCHED = 1000;

export interface Watched {
  /** By number. */
  agents: number[];
  coordinates: number[];
}

/** Null where the config names none. @throws InputError where there are no such agents or coordinates. */
export function planWatched(
  { trace }: Pick<RunConfig, 'trace'>,
  agents: number,
  dim: number,
): Watched | null {
  if (trace.agents === undefined) {
    if (trace.coordinates === undefined) return null;
    throw new InputError('trace.coordinates says what is kept of agents, and trace.agents names none', {
      path: ['trace', 'coordinates'],
      hint: 'trace: { agents: [0, 5], coordinates: [0, 1] }',
    });
  }
  const coordinates = trace.coordinates ?? [0];
  const named = trace.agents === 'all' ? Array.from({ length: agents }, (_, i) => i) : trace.agents;
  check('agents', named, agents, 'agents');
  check('coordinates', coordinates, dim, 'dim');
  const count = named.length * coordinates.length;
  if (count > MOST_WATCHED) {
    throw new InputError(
      `trace follows ${named.length} agents in ${coordinates.length} coordinates, ${count} numbers a row, expected at most ${MOST_WATCHED}`,
      { path: ['trace', 'agents'], hint: 'name some agents: trace: { agents: [0, 5], coordinates: [0, 1] }' },
    );
  }
  return { agents: [...named], coordinates: [...coordinates] };
}

function check(name: 'agents' | 'coordinates', named: readonly number[], end: number, what: string): void {
  named.forEach((value, i) => {
    const path = ['trace', name, i];
    if (value >= end)
      throw new InputError(`trace.${name}[${i}] is ${value}, expected 0..${end - 1} (${what})`, { path });
    if (named.indexOf(value) < i)
      throw new InputError(`trace.${name}[${i}] is ${value}, which stands there twice, expected each once`, {
        path,
      });
  });
}

/** Numbers of one row. */
export function watchedCount(watched: Watched | null | undefined): number {
  return watched ? watched.agents.length * watched.coordinates.length : 0;
}

/** Columns of agents-trace.csv behind the round. */
export function watchedColumns({ agents, coordinates }: Watched): string[] {
  return agents.flatMap((agent) => coordinates.map((c) => `agent${agent}.x${c}`));
}
