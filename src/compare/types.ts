/**
 * What a comparison is made of. A *method* is a config with a compressor and a flow; a *cell* is one run of it, with one seed; a *problem* is
 * what methods are compared on: graph, cost, beginning and links. All plain data.
 */

import type { NetworkSpec } from '../links/types.js';
import type { LoadedConfig } from '../run/config.js';
import type { RunStatus, Summary } from '../run/reports.js';
import type { Quantity } from '../run/targets.js';
import type { TraceRow } from '../trace/row.js';

export interface Target {
  quantity: Quantity;
  bound: number;
}

export interface Cell {
  /** Hash of everything that decides its result: the same cell has the same id in every comparison. */
  id: string;
  /** Number of its method and of its problem, from 0 in the order of the grid. */
  method: number;
  problem: number;
  config: string;
  /** As written in the grid; null where the config's own is meant. */
  compressor: string | null;
  flow: string | null;
  /** What its config calls them, for cells that could not run. */
  kinds: { compressor: string; flow: string };
  seed: number;
  loaded: LoadedConfig;
}

/** Until when a run was watched after its arrival, and the largest value of the target's quantity in that time. */
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

/** What comes back from a worker, and what is kept in the cell's file. */
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
    }
  | { status: 'refused' | 'failed'; error: string };

/** One line of results.csv; null where there is no such number. */
export interface CellRow {
  cell: string;
  problem: number;
  method: number;
  config: string;
  topology: string | null;
  cost: string | null;
  compressor: string;
  flow: string;
  seed: number;
  status: RunStatus | 'refused' | 'failed';
  /** Whether the target was reached and kept for as long again; what follows is of the round of arrival. */
  reached: boolean;
  roundsToTarget: number | null;
  bitsToTarget: number | null;
  linkBitsToTarget: number | null;
  secondsToTarget: number | null;
  networkSecondsToTarget: number | null;
  /** The round until which it was then watched, and stayed. */
  heldUntil: number | null;
  /** Where it was met and not kept: the round, and the one in which it was left. */
  touchedAt: number | null;
  roseAt: number | null;
  rounds: number | null;
  bitsBroadcast: number | null;
  bitsLinks: number | null;
  bitsPerMessage: number | null;
  seconds: number | null;
  networkSeconds: number | null;
  gap: number | null;
  rmsError: number | null;
  consensusError: number | null;
  agentsGapMean: number | null;
  agentsGapWorst: number | null;
  gradientNorm: number | null;
  agents: number | null;
  edges: number | null;
  dim: number | null;
  stateHash: string | null;
  /** As JSON; and how many trial runs found those that were left open. */
  gains: string | null;
  trials: number | null;
  /** Whether its method is on the problem's Pareto front. */
  pareto: boolean;
  error: string | null;
  /** What to try next, after a divergence. */
  hint: string | null;
}

/** A method over its seeds: medians, where every seed reached the target. */
export interface MethodRow {
  method: number;
  problem: number;
  config: string;
  compressor: string;
  flow: string;
  /** Cells of the grid, those that have run, and those that reached the target. */
  seeds: number;
  ran: number;
  reached: number;
  /** Of the seeds: the first that is not converged, else converged. */
  status: CellRow['status'];
  rounds: number | null;
  bits: number | null;
  seconds: number | null;
  networkSeconds: number | null;
  /** Largest final value of the target's quantity. */
  final: number | null;
  /** What agents hold when they arrive (else in the end): the largest of the seeds. */
  agentsGapMean: number | null;
  agentsGapWorst: number | null;
  /** Of the seeds that met the target and did not keep it, the first. */
  touched: { round: number; rose: number } | null;
  pareto: boolean;
  error: string | null;
  hint: string | null;
}

/** What a thread is given of a cell. */
export interface CellTask {
  module: WebAssembly.Module;
  loaded: LoadedConfig;
  target: Target;
  /** Trial runs of the search for gains; 0: none. */
  tune: number;
}
