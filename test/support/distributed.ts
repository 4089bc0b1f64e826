/**
 * The distributed algorithm as a network would run it, link by link: every agent keeps a copy of what it
 * knows of each neighbour, a link that is down delivers nothing, its sender queues what was missed, and a
 * link that comes back first delivers the queue or the state itself, whichever is shorter. No agent reads
 * anything of another's but what was delivered to it. What the engine computes in shared memory must be the
 * same.
 *
 * Slow, and meant to be read beside docs/links.md.
 */

import type { ReferenceCompressor } from '../../src/compress/types.js';
import type { ReferenceLinks } from '../../src/links/types.js';
import type { Graph } from '../../topology/index.js';

export interface DistributedInputs {
  graph: Graph;
  /** Weight of the edge at a place of `graph.columns`. */
  weightAt: (arc: number) => number;
  up: ReferenceLinks;
  mode: 'none' | 'node-state' | 'error-state' | 'observer' | 'error-memory';
  gains: { step: number; alpha: number; beta: number; eta: number; mu: number; gamma: number };
  compress: ReferenceCompressor;
  /** Bits of an agent's message of a round, whose decoded vector is given. */
  bitsOf: (message: Float64Array, round: number, agent: number) => number;
  gradient: (x: Float64Array, agent: number) => Float64Array;
  start: Float64Array[];
  rounds: number;
}

export interface DistributedResult {
  x: Float64Array[];
  v: Float64Array[];
  bitsBroadcast: number;
  bitsLinks: number;
  /** Links that came back, each direction once. */
  resynchronisations: number;
  /** Of these, those that sent the state and not the messages. */
  states: number;
}

interface Message {
  vector: Float64Array;
  bits: number;
}

interface Link {
  to: number;
  weight: number;
  /** What I know of the neighbour: its s, from deliveries alone. */
  copy: Float64Array;
  /** What the neighbour has missed of my messages. */
  queue: Message[];
  /** What the neighbour has delivered in this round; null where the link is down. */
  delivered: Float64Array | null;
}

interface Agent {
  x: Float64Array;
  v: Float64Array;
  /** What everyone should know of me. */
  s: Float64Array;
  m: Float64Array;
  links: Link[];
}

export function simulateDistributed(inputs: DistributedInputs): DistributedResult {
  const { graph, weightAt, up, mode, gains, compress, bitsOf, gradient, start, rounds } = inputs;
  const { step: h, alpha, beta, eta, mu, gamma } = gains;
  const dim = start[0].length;
  const stateBits = 64 * dim;
  const estimates = mode === 'error-state' || mode === 'observer' || mode === 'error-memory';
  const agents: Agent[] = start.map((row, i) => ({
    x: row.slice(),
    v: new Float64Array(dim),
    s: new Float64Array(dim),
    m: new Float64Array(dim),
    links: Array.from({ length: graph.rowStart[i + 1] - graph.rowStart[i] }, (_, at) => ({
      to: graph.columns[graph.rowStart[i] + at],
      weight: weightAt(graph.rowStart[i] + at),
      copy: new Float64Array(dim),
      queue: [],
      delivered: null,
    })),
  }));
  const result = { bitsBroadcast: 0, bitsLinks: 0, resynchronisations: 0, states: 0 };
  const advance = (copy: Float64Array, message: Float64Array) => {
    for (let c = 0; c < dim; c++) copy[c] += mu * message[c];
  };

  for (let k = 0; k < rounds; k++) {
    const messages = agents.map(({ x, s, m }, i): Message => {
      const wanted = estimates ? x.map((entry, c) => entry - s[c] + gamma * m[c]) : x;
      const vector = mode === 'none' ? x.slice() : compress(wanted.slice(), k, i);
      return { vector, bits: bitsOf(vector, k, i) };
    });

    // Deliveries, one directed link after the other.
    for (const [i, sender] of agents.entries()) {
      let mostSaid = -1;
      for (const link of sender.links) {
        const inbox = agents[link.to].links.find(({ to }) => to === i) as Link;
        inbox.delivered = null;
        if (!up(k, i, link.to)) {
          if (estimates) link.queue.push(messages[i]);
          continue;
        }
        let bits = messages[i].bits;
        if (link.queue.length > 0) {
          const missed = link.queue.reduce((sum, message) => sum + message.bits, 0);
          bits += Math.min(missed, stateBits);
          result.resynchronisations++;
          if (missed > stateBits) {
            inbox.copy = sender.s.slice();
            result.states++;
          } else {
            for (const message of link.queue) advance(inbox.copy, message.vector);
          }
          link.queue = [];
        }
        inbox.delivered = messages[i].vector;
        result.bitsLinks += bits;
        mostSaid = Math.max(mostSaid, bits);
      }
      if (mostSaid >= 0) result.bitsBroadcast += mostSaid;
    }

    // Every agent's step, from its own state and what was delivered to it.
    for (const [i, agent] of agents.entries()) {
      const { x, v, s, m, links } = agent;
      const heard = links.filter(({ delivered }) => delivered !== null);
      const knows = (copy: Float64Array, message: Float64Array) =>
        mode === 'observer' ? copy : estimates ? copy.map((entry, c) => entry + message[c]) : message;
      const y = knows(s, messages[i].vector);
      const own = mode === 'error-memory' ? x : y;
      const disagreement = new Float64Array(dim);
      for (const { weight, copy, delivered } of heard) {
        const other = knows(copy, delivered as Float64Array);
        for (let c = 0; c < dim; c++) disagreement[c] += weight * (own[c] - other[c]);
      }
      const degree = heard.reduce((sum, { weight }) => sum + weight, 0);
      const fixedDegree = links.reduce((sum, { weight }) => sum + weight, 0);
      const g = eta === 0 ? new Float64Array(dim) : gradient(x, i);
      if (mode === 'error-memory') {
        for (let c = 0; c < dim; c++) m[c] += (degree / fixedDegree) * (x[c] - y[c]);
      }
      for (let c = 0; c < dim; c++) {
        x[c] -= h * (eta * g[c] + alpha * disagreement[c] + beta * v[c]);
        v[c] += h * beta * disagreement[c];
      }
      if (estimates) {
        advance(s, messages[i].vector);
        for (const link of heard) advance(link.copy, link.delivered as Float64Array);
      }
    }
  }
  return { x: agents.map(({ x }) => x), v: agents.map(({ v }) => v), ...result };
}
