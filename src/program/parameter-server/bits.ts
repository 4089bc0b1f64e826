/** Bits that have crossed the links of a parameter server, up and down, as they were written. */

import type { Arena } from '../../arena/arena.js';
import type { ServerRunPlan } from './types.js';

export interface ServerBits {
  /** Counts the messages of a round; for the leader. */
  deliver(): void;
  up(): number;
  down(): number;
  /** Of the longest message up and of that down, summed over the rounds. */
  longest(): number;
  save(): void;
  restore(): void;
}

export function bindServerBits(plan: ServerRunPlan, arena: Arena): ServerBits {
  const { agents, messageBits, downBits } = plan;
  const upLengths = messageBits === null ? arena.view('uplink.lengths', 'u32') : null;
  const downLength = downBits === null ? arena.view('downlink.length', 'u32') : null;
  let up = 0;
  let down = 0;
  let longest = 0;
  const kept = { up, down, longest };
  return {
    deliver() {
      let most = messageBits ?? 0;
      if (upLengths === null) up += agents * most;
      else {
        for (let agent = 0; agent < agents; agent++) {
          up += upLengths[agent];
          most = Math.max(most, upLengths[agent]);
        }
      }
      const length = downLength === null ? (downBits ?? 0) : downLength[0];
      down += agents * length;
      longest += most + length;
    },
    up: () => up,
    down: () => down,
    longest: () => longest,
    save() {
      kept.up = up;
      kept.down = down;
      kept.longest = longest;
    },
    restore() {
      ({ up, down, longest } = kept);
    },
  };
}
