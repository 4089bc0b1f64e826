/**
 * A round as its equations: what a flow hears, adds up, descends and sends, in the order in which it does so.
 *
 *     round(r) {
 *       r.hear(channel, l);                             l = L q
 *       r.descend(x, y, -h, gradient);                  y = x - h grad f(x)
 *       r.sum(next(x), [1, y], [-tau, l]);              x <- y - tau l
 *       r.send(channel, next(x));
 *     }
 *
 * They are taken down once, when a worker is bound, and hold for every agent and every round. Each is carried
 * out as it stands, from left to right, so the bits are those of the equations and not of how they are
 * carried out. `bind-equations.ts` makes kernels of the flow's own of them, which take an agent through all
 * equations while its rows are at hand. What such a kernel can do by itself is a matter of what messages and
 * costs say of themselves:
 *
 * | in the equations        | in the kernel where                                                         |
 * | ----------------------- | --------------------------------------------------------------------------- |
 * | `hear`, `own`, `send`   | messages lie in rows: states, or uncompressed in an outbox (`Wire`)         |
 * | `gradient`, `descend`, `prox` | the gradient is a (x - b), entry by entry (`BoundCost.quadratic`)     |
 * | `sum`, `gather`         | always                                                                      |
 *
 * What it cannot is done for the block before the next kernel goes on. So a flow names no kernel, and has
 * whatever there is for its messages and its cost.
 */

import type { Runtime } from '../runtime.js';
import type { Channel } from './types.js';

/** Rows of stride rowBytes: of all agents, or a block's. */
export interface Row {
  /** Address in even rounds and in odd ones. */
  readonly at: readonly [even: number, odd: number];
  /** Whether it is that of agent 0, and not of the block's first. */
  readonly ofAll: boolean;
}

/**
 * What a row is multiplied by: a number, one of the round, one times the agent's weighted degree, or one times
 * the float64 that the agent has in the table at an address. A function of the round is called in the loop: where it sometimes returns a small whole number, every other
 * number becomes an object. (A round that differs from all others is said apart: `FlowEquations.first`.)
 */
export type Coefficient =
  | number
  | ((round: number) => number)
  | { timesDegree: number }
  | { timesOwn: number; table: number };

export type Term = readonly [by: Coefficient, row: Row];

/** One equation, with rows for names. */
export type Equation =
  | { does: 'hear'; out: Row; channel: Channel }
  | { does: 'own'; out: Row; channel: Channel }
  | { does: 'gather'; out: Row; of: Row }
  | { does: 'sum'; out: Row; terms: readonly Term[] }
  | { does: 'gradient'; out: Row; x: Row; later: number }
  | { does: 'descend'; out: Row; x: Row; minusH: Coefficient; steps: number; scratch: Row; later: number }
  | { does: 'prox'; out: Row; x: Row; linear: Row; scratch: Row; problem: ProxProblem }
  | { does: 'send'; channel: Channel; row: Row; later: 0 | 1 }
  | { does: 'call'; call: (first: number, count: number, round: number, at: number) => void; row: Row };

/** See `prox.ts`. */
export interface ProxProblem {
  p: number;
  q?: number;
  eta?: number;
  rho: number;
  inner: number;
}

/** A row as it stands a round later; the same where it is not doubled. */
export function next({ at: [even, odd], ofAll }: Row): Row {
  return { at: [odd, even], ofAll };
}

/** The rows that a flow's fields have. */
export interface Rows {
  /** Rows of all agents, as they stand when a round begins. */
  state(name: string): Row;
  scratch(name: string): Row;
}

export function bindRows({ arena, agents, rowBytes, worker }: Runtime): Rows {
  return {
    state(name) {
      const at = arena.address(name);
      const doubled = arena.field(name).length * arena.realBytes > agents * rowBytes;
      return { at: [at, doubled ? at + agents * rowBytes : at], ofAll: true };
    },
    scratch(name) {
      const at = arena.address(`scratch.${name}`, worker);
      return { at: [at, at], ofAll: false };
    },
  };
}

/** Takes the equations down. */
export class Equations {
  readonly list: Equation[] = [];
  /** Rounds ahead for which is sent: in a round 1, before the first 0. */
  readonly sends: 0 | 1;
  private readonly runtime: Runtime;

  constructor(sends: 0 | 1, runtime: Runtime) {
    this.sends = sends;
    this.runtime = runtime;
  }

  /** out = L q, of the messages of the round. */
  hear(channel: Channel, out: Row): void {
    this.list.push({ does: 'hear', channel, out });
  }

  /** The agents' own messages q of the round: `scratch`, or where they lie anyway. */
  own(channel: Channel, scratch: Row): Row {
    const rows = rowsOf(channel, this.runtime);
    if (rows !== null) return rows;
    this.list.push({ does: 'own', channel, out: scratch });
    return scratch;
  }

  /** out = L s, of rows that neighbours read. */
  gather(of: Row, out: Row): void {
    this.list.push({ does: 'gather', of, out });
  }

  /** out = a x + b y + ..., two to five terms, from left to right. */
  sum(out: Row, ...terms: Term[]): void {
    if (terms.length < 2 || terms.length > 5)
      throw new Error(`a sum has ${terms.length} terms, expected 2 to 5`);
    this.list.push({ does: 'sum', out, terms });
  }

  /** out = grad f(x), with the mini-batches of the round, or of `later` rounds later. */
  gradient(x: Row, out: Row, later = 0): void {
    this.list.push({ does: 'gradient', x, out, later });
  }

  /**
   * out = x, then `steps` times out <- out - h grad f(out), each with mini-batches of its own. `minusH`: -h.
   */
  descend(x: Row, out: Row, minusH: Coefficient, scratch: Row, steps = 1, later = 0): void {
    this.list.push({ does: 'descend', x, out, minusH, steps, scratch, later });
  }

  /** out = x moved towards the solution of the problem of `prox.ts`, b = linear. */
  prox(x: Row, out: Row, linear: Row, scratch: Row, problem: ProxProblem): void {
    this.list.push({ does: 'prox', out, x, linear, scratch, problem });
  }

  /** Where the rows that are sent next are best written: `scratch`, or where they are read. */
  message(channel: Channel, scratch: Row): Row {
    const rows = rowsOf(channel, this.runtime);
    if (rows === null) return scratch;
    return this.sends === 1 ? next(rows) : rows;
  }

  /** Sends rows, which stay as they are. */
  send(channel: Channel, row: Row): void {
    const to = this.message(channel, row);
    if (to.at[0] === row.at[0] && to.at[1] === row.at[1] && rowsOf(channel, this.runtime) !== null) return;
    this.list.push({ does: 'send', channel, row, later: this.sends });
  }

  /** What is no equation of rows: called with the address of the block's rows of `row`. */
  call(row: Row, call: (first: number, count: number, round: number, at: number) => void): void {
    this.list.push({ does: 'call', call, row });
  }
}

/** Where a channel's messages lie in rows like any others. */
export function rowsOf({ wire }: Channel, { rowBytes }: Runtime): Row | null {
  if (wire === null || wire.format === 'rotated-signs' || wire.stride !== rowBytes) return null;
  return { at: [wire.at(0), wire.at(1)], ofAll: true };
}

export interface FlowEquations {
  /** Before the first round: what is sent for it. */
  begin(r: Equations): void;
  /** Of round 0, where it is another. */
  first?(r: Equations): void;
  round(r: Equations): void;
}
