/** One agent, as a page is told of it. */

import type { AgentState } from '../session/types.js';
import type { RunFrames } from './frames.js';
import type { AgentReport } from './protocol.js';

export function inspected(state: AgentState, frames: RunFrames): AgentReport {
  const list = (row: Float64Array | null) => (row === null ? null : Array.from(row));
  const { agent, label, round, neighbours, x, v, s } = state;
  return {
    agent,
    label,
    round,
    neighbours,
    x: Array.from(x),
    v: list(v),
    s: list(s),
    disagreement: frames.disagreementOf(agent),
    messages: [],
  };
}
