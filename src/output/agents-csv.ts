/**
 * agents.csv: who is who. One line an agent, `row,label,degree,samples`:
 *
 *  - row: of x.npy, from 0. Around a server everyone has the same x, so that all have row 0.
 *  - label: of the node, as the graph file says it; its number where the graph has none.
 *  - degree: neighbours, whichever way they are heard. Around a server, 1: the link to it.
 *  - samples: those the agent holds; empty where the cost is made of none.
 *
 * Fields are quoted as RFC 4180 has it, lines end with a line feed, as in trace.csv.
 */

import { type Written, writeWhole } from '../../topology/whole-file.js';
import type { AgentRow } from '../run/reports.js';

export function writeAgentsCsv(file: string, agents: Iterable<AgentRow>): Written {
  return writeWhole(file, lines(agents));
}

/** A million agents are a million lines: they leave as they are made. */
function* lines(agents: Iterable<AgentRow>): Generator<string> {
  yield 'row,label,degree,samples\n';
  for (const { row, label, degree, samples } of agents)
    yield `${row},${quoted(label)},${degree},${samples ?? ''}\n`;
}

/** A field that begins or ends with a space is quoted too, since some readers trim those that are not. */
function quoted(field: string): string {
  return /[",\r\n]|^\s|\s$|^$/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
