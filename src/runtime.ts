/**
 * The three steps of everything that runs in the round loop, and what each of them is given.
 *
 *  - **plan** (once, host): validates the spec and returns plain data: bytes per message, fields, scratch.
 *    All errors happen here.
 *  - **bind** (once per worker): a `Runtime` turns the plain data into addresses and kernels.
 *  - **run** (per block of agents, allocation-free): numbers in, bytes out.
 */

import type { Kernels } from '../kernels/bindings.js';
import type { Arena } from './arena/arena.js';
import type { Precision } from './arena/layout.js';
import type { SpecPath } from './base/errors.js';

/** Everything plan needs to know of the run. */
export interface PlanContext {
  /** Rows of agents in the arena. */
  agents: number;
  /** Agents of the run; absent: all of them have rows. */
  total?: number;
  /** Entries of the vector the component works on. */
  dim: number;
  /** Agents whose rows are worked on together, so that they stay in the first caches. */
  blockAgents: number;
  /** 64 bits as two words, see `seedWords`. */
  seed: Seed;
  /** Rounds the run may last; the time horizon of schedules. */
  rounds: number;
  /**
   * Where the vector has just been rotated at random, anew in every round: the entries of the parts that were
   * mixed (`compress/rotation.ts`).
   */
  mixed?: number | undefined;
  /** Whether the graph's Laplacian is another one in every round. */
  linksChange?: boolean;
  /** Entries of `graph.columns` in the arena; given to flows. */
  arcs?: number;
  /**
   * Bits that cross every link of an agent in so many seconds: for each agent, or one number where all links
   * are alike. Absent where nobody says what links carry.
   */
  carried?: ((seconds: number) => number[]) | undefined;
  /** Of state, messages and data; float64 where absent. */
  precision?: Precision | undefined;
  /** Where the component stands in the config: prefix of its errors and of its fields' names. */
  path: SpecPath;
}

export interface Seed {
  low: number;
  high: number;
}

/** The seed's low and high 32 bits, which are Philox's key. Seeds are whole numbers in 0..2^53-1. */
export function seedWords(seed: number): Seed {
  return { low: seed % 2 ** 32, high: Math.floor(seed / 2 ** 32) };
}

/** Everything bind gets. */
export interface Runtime {
  arena: Arena;
  kernels: Kernels;
  worker: number;
  /** Rows of agents in the arena. */
  agents: number;
  /** Agents of the run; absent: all of them have rows. */
  total?: number;
  dim: number;
  /** Bytes of a padded row of dim numbers. */
  rowBytes: number;
  blockAgents: number;
  seed: Seed;
  /** Laplacian in CSR, as addresses: what every gather kernel is called with. */
  graph: GraphAddresses;
  /** How far ahead neighbours' messages are asked for; absent: not at all. */
  ahead?: AheadPlan;
  /** Only where what is averaged moves. */
  reference?: Reference;
  /**
   * By which numbers the agents draw, and are called in errors: entry i is that of the agent in row i.
   * Absent: i itself. See `program/flow/order.ts`.
   */
  numbers?: Uint32Array;
}

/** See `compress/wire/ahead.ts`. */
export interface AheadPlan {
  /** Agents; auto: by the size of the messages. */
  choice: number | 'auto';
  /** Neighbours of all agents. */
  edges: number;
  /** Messages that all fit here are not asked for. */
  cacheBytes: number;
  /** A kernel has the rows of several neighbours open at once, and so has many lines under way by itself. */
  open: boolean;
}

export interface GraphAddresses {
  rowStart: number;
  columns: number;
  weights: number;
  /** 8, or 0 where every weight is the single 1.0 at `weights`. */
  weightStride: number;
  /** Weighted degree, float64. */
  degrees: number;
  /** Only where links change: weights and degrees are then those of the round, of an agent's own row only. */
  changing?: { /** Weighted degrees of the whole graph. */ fixedDegrees: number };
}

/** How a component presents itself: shown by `--help`, tables and docs. */
export interface Metadata {
  title: string;
  /** One line: what it computes. */
  summary: string;
  /** Paper or book; 'none' for folklore. */
  source: string;
  /** One more line in lists of kinds, where there is something to know before choosing. */
  note?: string;
}

/** What agents average where it moves (`flow/reference.ts`). Bound to one worker. Rounds count from 0. */
export interface Reference {
  /** rows += r(round + 1) - r(round), block rows. */
  advance(first: number, count: number, round: number, rows: number): void;
  /** out = mean_i r_i(round), a row of which only the given columns are written. */
  mean(round: number, firstColumn: number, columns: number, out: number): void;
  /** (1/n) sum_i |r_i - mean r|^2 / 2 of `round`: the least value of the objective. */
  least(round: number): number;
}
