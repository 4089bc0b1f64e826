/**
 * What a comparison is made of. A *method* is a config with a compressor and a flow; a *cell* is one run of
 * it, with one seed; a *problem* is what methods are compared on: graph, cost, beginning and links. All plain
 * data.
 */

import type { NetworkSpec } from '../links/types.js';
import type { LoadedConfig } from '../run/config.js';
import type { RunInput } from '../run/inputs.js';
import type { Prediction } from '../run/program.js';
import type { RunStatus, Summary } from '../run/reports.js';
import type { Quantity } from '../run/targets.js';
import type { TraceRow } from '../trace/row.js';

/** What a comparison ranks by: the first round from which a quantity stays at or below a bound. */
export interface Target {
  /** One of those that `stop` takes. */
  quantity: Quantity;
  /** Its bound, > 0. */
  bound: number;
}

/** One run of a grid. */
export interface Cell {
  /** Hash of everything that decides its result: the same cell has the same id in every comparison. */
  id: string;
  /** The same without the digests of files, and of the program: what it is, whatever these held. */
  setting: string;
  /** The files that its config names, as they are now. */
  inputs: readonly RunInput[];
  /** Number of its method and of its problem, from 0 in the order of the grid. */
  method: number;
  /** Number of its problem, from 0: graph, cost, beginning and links. */
  problem: number;
  /** What its method is called in legends: the same on every graph. */
  label: string;
  /** What its graph is called. */
  graph: string;
  /** Name or file of its config. */
  config: string;
  /** As written in the grid; null where the config's own is meant. */
  compressor: string | null;
  /** As written in the grid; null where the config's own is meant. */
  flow: string | null;
  /** What its config calls them, for cells that could not run. */
  kinds: { compressor: string; flow: string };
  /** Whether its flow sends vectors as they are: its compressor says nothing of it then. */
  plain?: boolean;
  /** Of its random draws. */
  seed: number;
  /** What it runs, with one worker. */
  loaded: LoadedConfig;
}

/**
 * Until when a run was watched after its arrival, and the largest value of the target's quantity in that
 * time.
 */
export interface Held {
  until: number;
  worst: number;
}

/** A target that was met in one round and left again in a later one. */
export interface Touched {
  round: number;
  rose: number;
  /** Of the target's quantity, in the round `rose`. */
  value: number;
}

/** Why a cell is not run to its end: see `hopeless.ts`. */
export type GivingUp = 'growing' | 'slow';

/** The round in which a cell was given up, and why. */
export interface GivenUp {
  /** The last round that it ran. */
  round: number;
  /** What made it hopeless. */
  why: GivingUp;
}

/** What a sweep asks of its cells beside the run; nothing where absent. */
export interface CellAsk {
  /** What makes it give one up. */
  giveUp?: readonly GivingUp[];
  /** Rounds that it may take, where that is less than the config's. */
  limit?: number;
  /** The contraction that theory predicts of a round; `side`: to tell on which side of 1 it lies. */
  predict?: 'radius' | 'side';
}

/** How a cell ended: what is kept in its file. */
export type CellOutcome =
  | {
      status: RunStatus;
      compressor: string;
      flow: string;
      topology: string;
      cost: string;
      network: NetworkSpec | null;
      summary: Summary;
      trace: TraceRow[];
      /** Its gains; and the trial runs that were made to find those that were left open. */
      gains: Record<string, number>;
      trials: number;
      /** The round in which the run arrived at the target to stay; see `run-cell.ts`. */
      arrival: TraceRow | null;
      held: Held | null;
      touched: Touched | null;
      /** Where a sweep gave it up before its end. */
      givenUp?: GivenUp;
      /** Where that was asked for; null where no model says it. */
      predicted?: Prediction | null;
    }
  | { status: 'refused' | 'failed'; error: string };

/** What a worker gives of a cell: its outcome, and all that it read for it. */
export interface CellReport {
  outcome: CellOutcome;
  inputs: readonly RunInput[];
}

/** What is asked of cells, beside the cells. */
export interface CellOrder {
  target: Target;
  /** Trial runs of the search for gains; 0: none. */
  tune: number;
  ask: CellAsk;
}

/** How a cell ended, wherever it ran. */
export interface CellEnd extends CellReport {
  /** Whether it would end so again: what may be the machine's is tried again when the comparison goes on. */
  keep: boolean;
}

/** One line of results.csv; null where there is no such number. */
export interface CellRow {
  /** Its id. */
  cell: string;
  /** Number of its problem, from 0. */
  problem: number;
  /** Number of its method on its problem, from 0. */
  method: number;
  /** What its method is called: the same on every graph. */
  label: string;
  /** What its graph is called. */
  graph: string;
  /** Name or file of its config. */
  config: string;
  /** The graph, in words. */
  topology: string | null;
  /** The cost, in words. */
  cost: string | null;
  /** In the short form that people write. */
  compressor: string;
  /** In the short form that people write. */
  flow: string;
  /** Of its random draws. */
  seed: number;
  /** How it ended; `refused` where a plan refused it. */
  status: RunStatus | 'refused' | 'failed';
  /** Whether the target was reached and kept for as long again; what follows is of the round of arrival. */
  reached: boolean;
  /** The round of arrival. */
  roundsToTarget: number | null;
  /** Bits until then, each message counted once per agent. */
  bitsToTarget: number | null;
  /** Bits until then, each message counted once per directed edge. */
  linkBitsToTarget: number | null;
  /** Seconds in the round loop until then. */
  secondsToTarget: number | null;
  /** Seconds on the links of the config's `network`. */
  networkSecondsToTarget: number | null;
  /** The round until which it was then watched, and stayed. */
  heldUntil: number | null;
  /** Where it was met and not kept: the round, and the one in which it was left. */
  touchedAt: number | null;
  /** The round in which it was left. */
  roseAt: number | null;
  /** Rounds that it ran. */
  rounds: number | null;
  /** Bits in all, each message counted once per agent. */
  bitsBroadcast: number | null;
  /** Bits in all, each message counted once per directed edge. */
  bitsLinks: number | null;
  /** Mean bits of a message. */
  bitsPerMessage: number | null;
  /** Seconds in the round loop. */
  seconds: number | null;
  /** Seconds on the links of the config's `network`. */
  networkSeconds: number | null;
  /** f(mean x) - f* at the end. */
  gap: number | null;
  /** sqrt(mean (x - x*)^2) at the end. */
  rmsError: number | null;
  /** sqrt(mean (x - mean x)^2) at the end. */
  consensusError: number | null;
  /** Mean of f(x_i) - f* at the end. */
  agentsGapMean: number | null;
  /** Largest f(x_i) - f* at the end. */
  agentsGapWorst: number | null;
  /** Mean of |grad f(x_i)| at the end. */
  gradientNorm: number | null;
  /** Agents. */
  agents: number | null;
  /** Undirected edges. */
  edges: number | null;
  /** Entries of x. */
  dim: number | null;
  /** SHA-256 of the final state. */
  stateHash: string | null;
  /** As JSON; and how many trial runs found those that were left open. */
  gains: string | null;
  /** Trial runs that found its open gains. */
  trials: number | null;
  /** Whether its method is on the problem's Pareto front. */
  pareto: boolean;
  /** Why it was refused, or failed. */
  error: string | null;
  /** What to try next, after a divergence. */
  hint: string | null;
}

/** Over the seeds: a seed that did not arrive counts as infinite, which is null here. */
export interface Quartiles {
  /** First quartile. */
  q1: number | null;
  /** Median. */
  median: number | null;
  /** Third quartile. */
  q3: number | null;
}

/** What methods are ranked by, at their arrival. */
export type Cost = 'rounds' | 'bits' | 'linkBits' | 'networkSeconds' | 'seconds';

/**
 * A method on a problem, over its seeds. What it needs to the target is null where half of its seeds did not
 * arrive, or some have not run.
 */
export interface MethodRow {
  /** Its number, from 0. */
  method: number;
  /** Number of its problem, from 0. */
  problem: number;
  /** What it is called: the same on every graph. */
  label: string;
  /** What its graph is called. */
  graph: string;
  /** Name or file of its config. */
  config: string;
  /** In the short form that people write. */
  compressor: string;
  /** In the short form that people write. */
  flow: string;
  /** Cells of the grid, those that have run, and those that reached the target. */
  seeds: number;
  /** Seeds that have run. */
  ran: number;
  /** Seeds that reached the target. */
  reached: number;
  /** Of the seeds: the first that is not converged, else converged. */
  status: CellRow['status'];
  /** Place on its problem, from 1: those of which every seed arrived, by bits, then by how many arrived. */
  rank: number;
  /** Median rounds to the target. */
  rounds: number | null;
  /** Median bits to the target, each message counted once per agent. */
  bits: number | null;
  /** Median bits to the target, each message counted once per directed edge. */
  linkBits: number | null;
  /** Median seconds in the round loop to the target. */
  seconds: number | null;
  /** Median seconds to the target on the links of `network`. */
  networkSeconds: number | null;
  /** The same with their quartiles. */
  spread: Record<Cost, Quartiles>;
  /** Largest final value of the target's quantity. */
  final: number | null;
  /** What agents hold when they arrive (else in the end): the largest of the seeds. */
  agentsGapMean: number | null;
  /** Largest f(x_i) - f* on arrival (else at the end), over the seeds. */
  agentsGapWorst: number | null;
  /** Of the seeds that met the target and did not keep it, the first. */
  touched: { round: number; rose: number } | null;
  /** Whether it is on the Pareto front of rounds against bits. */
  pareto: boolean;
  /** Of the first seed that has one. */
  error: string | null;
  /** What to try next, of the first seed that has one. */
  hint: string | null;
}

/** What methods are compared on. */
export interface ProblemRow {
  /** Its number, from 0. */
  problem: number;
  /** What it is called: its graph where that tells it from the others. */
  label: string;
  /** What its graph is called. */
  graph: string;
  /** The graph, in words. */
  topology: string | null;
  /** The cost, in words. */
  cost: string | null;
  /** Agents; of the first cell. */
  agents: number | null;
  /** Undirected edges; of the first cell. */
  edges: number | null;
  /** Entries of x. */
  dim: number | null;
  /**
   * Number of the method that needs the fewest, of those of which every seed arrived; null where there is
   * none.
   */
  wins: Record<Cost, number | null>;
}

/** What a thread is given of a cell. */
export interface CellTask extends CellOrder {
  module: WebAssembly.Module;
  loaded: LoadedConfig;
  /** Where whoever reads its messages stands, where that is not here: a folder. */
  stand: string | null;
  /** Where the thread says which of a user's functions it is in, see `src/plugin/watch.ts`. */
  watch: SharedArrayBuffer;
  /** And in which phase of a round; null where one may take any time. */
  laps: SharedArrayBuffer | null;
}
