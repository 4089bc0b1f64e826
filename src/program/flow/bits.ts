/** Bits delivered, counted as they are: each message once per agent (broadcast), and once per directed edge (links). */

import type { Arena } from '../../arena/arena.js';
import { lengthsField } from '../../flow/channel.js';
import type { FlowRunPlan } from './types.js';

export interface Bits {
  /** Counts the messages of round k of this worker's agents, as they are delivered. */
  deliver(round: number): void;
  /** After `rounds` rounds; for the leader, behind a barrier. */
  broadcast(rounds: number): number;
  links(rounds: number): number;
  /** Sum over the rounds of the most that one agent says in each; counted only where the run has a network. */
  longest(rounds: number): number;
}

export function bindBits(plan: FlowRunPlan, arena: Arena, worker: number): Bits {
  const { agents, edges, partition, workers, messageBits } = plan;
  if (messageBits !== null) {
    // Every message has the same packed length, so counting them is a multiplication.
    return {
      deliver: () => {},
      broadcast: (rounds) => rounds * agents * messageBits,
      links: (rounds) => rounds * 2 * edges * messageBits,
      longest: (rounds) => rounds * messageBits,
    };
  }
  const fixedBits = plan.channels.reduce((sum, { messageBits }) => sum + (messageBits ?? 0), 0);
  const varying = plan.channels.flatMap(({ messageBits }, channel) =>
    messageBits === null ? [arena.view(lengthsField(channel), 'u32')] : [],
  );
  const rowStart = arena.view('graph.rowStart', 'u32');
  const own = arena.view('trace.bits', 'f64', worker);
  const all = Array.from({ length: workers }, (_, w) => arena.view('trace.bits', 'f64', w));
  // Whole numbers below 2^53: exact, so the order in which workers are added up does not matter.
  const total = (which: 0 | 1) => all.reduce((sum, view) => sum + view[which], 0);
  // The longest of all messages needs all of them: the leader looks, since a maximum over workers would take a barrier more.
  const looksForLongest = worker === 0 && plan.network !== null;
  const said = (at: number) => {
    let length = fixedBits;
    for (let channel = 0; channel < varying.length; channel++) length += varying[channel][at];
    return length;
  };
  return {
    deliver(round) {
      const base = (round & 1) * agents;
      let broadcast = 0;
      let links = 0;
      for (let agent = partition[worker]; agent < partition[worker + 1]; agent++) {
        const length = said(base + agent);
        broadcast += length;
        links += length * (rowStart[agent + 1] - rowStart[agent]);
      }
      own[0] += broadcast;
      own[1] += links;
      if (!looksForLongest) return;
      let longest = 0;
      for (let agent = 0; agent < agents; agent++) longest = Math.max(longest, said(base + agent));
      own[2] += longest;
    },
    broadcast: () => total(0),
    links: () => total(1),
    longest: () => all[0][2],
  };
}
