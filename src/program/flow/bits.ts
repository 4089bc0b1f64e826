/**
 * Bits delivered, counted as they are: each message once per agent (broadcast), and once per directed edge
 * (links); and the seconds that the rounds would have taken on the links of a network.
 *
 * Where links change, a message counts on the links that are up, and as a broadcast if there are any. Where
 * those who hear it keep estimates, they miss what is said on a link that is down; when it comes back, they
 * are sent the missed messages or the state itself, whichever is shorter. As a broadcast an agent says the
 * longest of these once: what one of them missed contains what another missed for a shorter time.
 *
 * Four ways to count stand side by side in one function, from the quickest to the general one: what each may
 * leave out is seen by comparing them.
 */

import type { Arena } from '../../arena/arena.js';
import { arcsThatLast } from '../../arena/layout.js';
import { lengthsField } from '../../flow/channel.js';
import type { RoundLinks } from '../../links/bind.js';
import type { Ensemble } from '../../ranks/ensemble.js';
import type { FlowRunPlan } from './types.js';

export interface Bits {
  /** Counts the messages of round k of this worker's agents, as they are delivered. */
  deliver(round: number): void;
  /** After `rounds` rounds; for the leader, behind a barrier. */
  broadcast(rounds: number): number;
  links(rounds: number): number;
  /** NaN where the run has no network. */
  networkSeconds(rounds: number): number;
  /**
   * Finds the slowest link of round k among those of all ranks, by the thread that speaks with them, once
   * workers have delivered and before the next round; absent where no round waits for another link than the
   * one before.
   */
  findSlowest?(round: number, ensemble: Ensemble): void;
}

/**
 * What a worker writes down of its own: bits so far; and by parity the slowest of its links in a round. The
 * leader alone: the rounds that it has settled, in how many of them anything was sent, and their sum.
 */
const BROADCAST = 0;
const ON_LINKS = 1;
const SLOWEST = 2;
const SETTLED = 4;
const SPOKEN = 5;
const SUM = 6;
const MERGE = ['sum', 'sum', 'largest', 'largest', 'leader', 'leader', 'leader'] as const;
const NOTHING_SENT = -1;

/** Whether every round is like every other, so that counting is a multiplication. */
function alike({ messageBits, links }: Pick<FlowRunPlan, 'messageBits' | 'links'>): boolean {
  return messageBits !== null && links === null;
}

export function bitsFields(plan: Pick<FlowRunPlan, 'messageBits' | 'links' | 'arcs' | 'estimated'>) {
  if (alike(plan)) return [];
  return [
    {
      name: 'trace.bits',
      type: 'f64' as const,
      length: MERGE.length,
      perWorker: true,
      lasts: { as: 'workers' as const, merge: MERGE },
    },
    ...(plan.links && plan.estimated.length > 0
      ? [arcsThatLast({ name: 'links.missed', type: 'f64', length: plan.arcs }, plan.arcs, 1, true)]
      : []),
  ];
}

export function bindBits(plan: FlowRunPlan, arena: Arena, worker: number, links: RoundLinks | null): Bits {
  const { agents, arcs, rows, partition, workers, messageBits, unicastBits, network, stateBits } = plan;
  const ofEdges = arena.has('network.bandwidth');
  const bandwidth = ofEdges ? arena.view('network.bandwidth', 'f64') : new Float64Array();
  const latency = ofEdges ? arena.view('network.latency', 'f64') : new Float64Array();

  if (arcs === 0) {
    // One agent by itself.
    return {
      deliver: () => {},
      broadcast: () => 0,
      links: () => 0,
      networkSeconds: () => (network === null ? Number.NaN : 0),
    };
  }

  if (unicastBits !== null) {
    // An agent says something else to each neighbour: nothing is broadcast, and every message counts once
    // either way.
    const onArcs = (rounds: number) => arcs * sumOfRounds(unicastBits, rounds);
    const slowest = plan.slowest ?? [];
    return {
      deliver: () => {},
      broadcast: onArcs,
      links: onArcs,
      networkSeconds(rounds) {
        if (network === null) return Number.NaN;
        return ofEdges
          ? sumOfRounds(slowest, rounds)
          : rounds * network.latency + sumOfRounds(unicastBits, rounds) / network.bandwidth;
      },
    };
  }

  if (messageBits !== null && links === null) {
    const slowest = plan.slowest?.[0] ?? 0;
    return {
      deliver: () => {},
      broadcast: (rounds) => rounds * agents * messageBits,
      links: (rounds) => rounds * arcs * messageBits,
      networkSeconds(rounds) {
        if (network === null) return Number.NaN;
        return ofEdges
          ? rounds * slowest
          : rounds * network.latency + (rounds * messageBits) / network.bandwidth;
      },
    };
  }

  /** Bits of an agent's messages of some channels, at an entry of their lengths. */
  const bitsOf = (channels: readonly number[]): ((at: number) => number) => {
    let fixed = 0;
    const varying: Uint32Array[] = [];
    for (const channel of channels) {
      const bits = plan.channels[channel].messageBits;
      if (bits === null) varying.push(arena.view(lengthsField(channel), 'u32'));
      else fixed += bits;
    }
    return (at: number) => {
      let length = fixed;
      for (let channel = 0; channel < varying.length; channel++) length += varying[channel][at];
      return length;
    };
  };
  const rowStart = arena.view(plan.directed ? 'graph.outStart' : 'graph.rowStart', 'u32');
  const carries = links?.carries ?? null;
  const missed = arena.has('links.missed') ? arena.view('links.missed', 'f64') : null;
  const own = arena.view('trace.bits', 'f64', worker);
  const all = Array.from({ length: workers }, (_, w) => arena.view('trace.bits', 'f64', w));
  const others = arena.has('ranks.bits') ? arena.view('ranks.bits', 'f64') : null;
  // Whole numbers below 2^53: exact, so the order in which workers are added up does not matter.
  const sumOf = (which: typeof BROADCAST | typeof ON_LINKS) =>
    all.reduce((sum, view) => sum + view[which], others?.[which] ?? 0);
  const said = messageBits === null ? bitsOf(plan.channels.map((_, channel) => channel)) : () => messageBits;
  // Of a message that is lost, what has to be made up for.
  const owed = plan.estimated.length === plan.channels.length ? said : bitsOf(plan.estimated);

  // A round waits for its slowest link: the largest of all workers, which the leader reads a barrier later.
  // On links that are all alike that is the one with the longest message, and bits and rounds are added up as
  // whole numbers; else seconds are, in the order of the rounds.
  const settle = (rounds: number) => {
    for (; own[SETTLED] < rounds; own[SETTLED]++) {
      let slowest = NOTHING_SENT;
      for (let w = 0; w < workers; w++) slowest = Math.max(slowest, all[w][SLOWEST + (own[SETTLED] & 1)]);
      if (slowest === NOTHING_SENT) continue;
      own[SPOKEN]++;
      own[SUM] += slowest;
    }
  };

  return {
    deliver(round) {
      if (worker === 0) settle(round);
      const base = (round & 1) * rows;
      let broadcast = 0;
      let onLinks = 0;
      let slowest = NOTHING_SENT;
      for (let agent = partition[worker]; agent < partition[worker + 1]; agent++) {
        const length = said(base + agent);
        const debt = missed === null ? 0 : owed(base + agent);
        let longest = NOTHING_SENT;
        for (let arc = rowStart[agent]; arc < rowStart[agent + 1]; arc++) {
          let bits = length;
          if (carries !== null && carries[arc] === 0) {
            if (missed !== null) missed[arc] += debt;
            continue;
          }
          if (missed !== null) {
            bits += Math.min(missed[arc], stateBits);
            missed[arc] = 0;
          }
          onLinks += bits;
          if (bits > longest) longest = bits;
          if (ofEdges) slowest = Math.max(slowest, latency[arc] + bits / bandwidth[arc]);
        }
        // Nobody to say it to.
        if (longest < 0) continue;
        broadcast += longest;
        if (!ofEdges && longest > slowest) slowest = longest;
      }
      own[BROADCAST] += broadcast;
      own[ON_LINKS] += onLinks;
      own[SLOWEST + (round & 1)] = slowest;
    },
    // What is found is written as this thread's own, which has no agents, so that it is settled and kept as
    // theirs.
    ...(network !== null && {
      findSlowest(round, ensemble) {
        const at = SLOWEST + (round & 1);
        let slowest = NOTHING_SENT;
        for (let w = 0; w < workers; w++) slowest = Math.max(slowest, all[w][at]);
        own[at] = ensemble.largest(slowest);
      },
    }),
    broadcast: () => sumOf(BROADCAST),
    links: () => sumOf(ON_LINKS),
    networkSeconds(rounds) {
      if (network === null) return Number.NaN;
      settle(rounds);
      return ofEdges ? own[SUM] : own[SPOKEN] * network.latency + own[SUM] / network.bandwidth;
    },
  };
}

/** terms[0] + terms[1] + ..., taken in turns, over `rounds` rounds. */
function sumOfRounds(terms: readonly number[], rounds: number): number {
  const whole = Math.floor(rounds / terms.length);
  return terms.reduce((sum, term, k) => sum + term * (whole + (k < rounds % terms.length ? 1 : 0)), 0);
}
