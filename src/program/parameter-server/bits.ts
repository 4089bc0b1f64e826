/** Bits that have crossed the links of a parameter server, up and down, as they were written. */

import type { Arena } from '../../arena/arena.js';
import { type FieldSpec, wholeThatLasts } from '../../arena/layout.js';
import type { ServerRunPlan } from './types.js';

export interface ServerBits {
  /** Counts the messages of a round; for the leader. */
  deliver(): void;
  up(): number;
  down(): number;
  /** Of the longest message up and of that down, summed over the rounds. */
  longest(): number;
}

/** What the leader writes down. */
const UP = 0;
const DOWN = 1;
const LONGEST = 2;

export const serverBitsField: FieldSpec = wholeThatLasts({ name: 'trace.bits', type: 'f64', length: 3 });

export function bindServerBits(plan: ServerRunPlan, arena: Arena): ServerBits {
  const { agents, messageBits, downBits } = plan;
  const upLengths = messageBits === null ? arena.view('uplink.lengths', 'u32') : null;
  const downLength = downBits === null ? arena.view('downlink.length', 'u32') : null;
  const counted = arena.view(serverBitsField.name, 'f64');
  return {
    deliver() {
      let most = messageBits ?? 0;
      if (upLengths === null) counted[UP] += agents * most;
      else {
        for (let agent = 0; agent < agents; agent++) {
          counted[UP] += upLengths[agent];
          most = Math.max(most, upLengths[agent]);
        }
      }
      const length = downLength === null ? (downBits ?? 0) : downLength[0];
      counted[DOWN] += agents * length;
      counted[LONGEST] += most + length;
    },
    up: () => counted[UP],
    down: () => counted[DOWN],
    longest: () => counted[LONGEST],
  };
}
