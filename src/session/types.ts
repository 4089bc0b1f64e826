/**
 * The one interface through which a run is driven: the command line, the tests and the dashboard all speak it, over Comlink.
 * Everything that crosses is plain data.
 */

import type { LoadedConfig } from '../config/types.js';
import type { CpuProfile } from '../profile/record.js';
import type { OrderReport } from '../program/flow/order.js';
import type { Tuning } from '../tune/tune.js';

/** What is known before anything is allocated. */
export interface PlanReport {
  name: string;
  agents: number;
  edges: number;
  dim: number;
  workers: number;
  /** What made `auto` fewer workers than the machine has cores. */
  coreLimit?: string | null;
  rounds: number;
  topology: string;
  cost: string;
  flow: string;
  compressor: string;
  /** How links change; null where they do not. */
  links: string | null;
  /** How agents lie in memory and are worked on; null where there is no graph. It changes no bits. */
  layout: { order: OrderReport; blockAgents: number } | null;
  /** Shared memory of the run. */
  arenaBytes: number;
  /** The arena and what Node and the kernels take beside it: what the process will use. */
  processBytes: number;
  /** Of the weighted Laplacian; known only where `auto` asked for it. */
  spectrum: { lambda2: number; lambdaMax: number } | null;
  /** By their names in the config. */
  gains: Record<string, number>;
  /** How those that were `auto` were chosen, and what is expected of them; null where none was. */
  tuning: Tuning | null;
  bits: { perMessage: number | null; uncompressedPerMessage: number };
  optimum: { value: number; gradientNorm: number; method: string; iterations: number } | null;
  /** Of a parameter server: its links and its step, as people read them. */
  server?: ServerReport;
  warnings: string[];
}

export interface ServerReport {
  uplink: string;
  downlink: string;
  /** Bits of a message; null where they vary. */
  upBits: number | null;
  downBits: number | null;
  gamma: string;
  batch: number | 'all';
  optimizer: string;
  /** What lambda became where it was auto, and from which pilot. */
  lambda: string | null;
}

/** One row of the trace; quantities that a run cannot know are NaN (an empty field in trace.csv). */
export interface TraceRow {
  round: number;
  /** f(mean x) = (1/n) sum_i f_i(mean x). */
  objective: number;
  /** f(mean x) - f*: of a point that no agent need hold. */
  gap: number;
  /** sqrt(mean over agents and coordinates of (x - x*)^2). */
  rmsError: number;
  /** sqrt(mean over agents and coordinates of (x - mean x)^2). */
  consensusError: number;
  /** sqrt(mean of (x - s)^2): how far the network's estimates lag; NaN where there are none. */
  observerError: number;
  /** Bits delivered so far, each message counted once per agent. */
  bitsBroadcast: number;
  /** Bits delivered so far, each message counted once per directed edge. */
  bitsLinks: number;
  seconds: number;
  /** What the rounds so far would have taken on the links of `network`; NaN where none are given. */
  networkSeconds: number;
  /** Share of the test samples that mean x classifies correctly; NaN where there are none. */
  accuracy: number;
  /** Bits so far from all agents to a server, and from it to all of them; NaN in a flow, whose links have no direction. */
  bitsUp: number;
  bitsDown: number;
  /** Mean and largest of f(x_i) - f* over the agents; NaN where f* is unknown. See `src/program/measure.ts` for which agents. */
  agentsGapMean: number;
  agentsGapWorst: number;
  /** Mean of |grad f(x_i)| over the agents; and |grad f(mean x)|. */
  gradientNorm: number;
  meanGradientNorm: number;
}

export type RunStatus = 'converged' | 'finished' | 'diverged' | 'stopped';

/** summary.json: the contract with outside checks; fields are only ever added. */
export interface Summary {
  /** The run's own id, as in manifest.json beside it; a cell of a comparison has none. */
  run?: string;
  status: RunStatus | 'failed';
  rounds: number;
  agents: number;
  dim: number;
  edges: number;
  workers: number;
  seconds: number;
  roundsPerSecond: number;
  /** SHA-256 of x, v, s (those the flow keeps), agent by agent, dim float64 each, little-endian; hexadecimal. */
  stateHash: string;
  bits: {
    /** Of one agent in one round; the mean, where messages vary in length. */
    perMessage: number;
    broadcast: number;
    links: number;
    uncompressedBroadcast: number;
    /** With a server: all that agents said to it, and all that it said to them, a message to each. `links` is their sum, and `broadcast` counts a message down once. */
    up?: number;
    down?: number;
  };
  /** null where unknown (JSON has no NaN). */
  final: {
    objective: number | null;
    optimum: number | null;
    gap: number | null;
    rmsError: number | null;
    consensusError: number | null;
    networkSeconds: number | null;
    accuracy: number | null;
    /** Of f(x_i) - f* over the agents. */
    agentsGapMean: number | null;
    agentsGapWorst: number | null;
    /** Mean of |grad f(x_i)| over the agents; and |grad f(mean x)|. */
    gradientNorm: number | null;
    meanGradientNorm: number | null;
  };
  /** At how many agents the last row looked for agentsGapMean and gradientNorm, evenly spaced by number; `agents` where at all. */
  agentsMeasured?: number;
  /** Rounds per factor of ten in rmsError: what the choice of auto gains expected, and what the trace's tail shows; null where unknown. */
  rate?: { predicted: number | null; measured: number | null };
  warnings: string[];
  /** What to try next, after a divergence. */
  hint?: string;
  /** What ended a run that failed. */
  error?: string;
}

export interface AgentState {
  agent: number;
  label: string | null;
  round: number;
  neighbours: number[];
  x: Float64Array;
  v: Float64Array | null;
  s: Float64Array | null;
}

export interface Progress {
  round: number;
  rounds: number;
  paused: boolean;
  /** The rounds are over and results are being written. */
  ending?: boolean;
  /** Last trace row, if any yet. */
  last: TraceRow | null;
}

export interface PrepareOptions {
  config: LoadedConfig;
  /** Run directory; null writes nothing. */
  outDir: string | null;
  /** Sample the heap of every worker at these rounds (a diagnostic; see `RunResult.heap`). */
  heapAtRounds?: number[];
  /** A fault on purpose, see `workers/faults.ts`. */
  fault?: { worker: number; round: number; kind: 'throw' | 'exit' | 'out-of-memory' | 'hang' };
  /** Counts each worker's time in phases and at the barrier (a diagnostic; see `src/sync/clock.ts`). */
  clock?: SharedArrayBuffer;
  /** Keep x in the result (it is agents x dim float64). */
  keepX?: boolean;
  /** Sample every worker's round loop every so many microseconds; see `RunResult.profiles`. */
  profileUs?: number;
}

export interface StartOptions {
  /** Run directory, instead of the one given to `prepare`. */
  outDir?: string;
  /** Stands in manifest.json and summary.json; one of its own where left out. */
  runId?: string;
}

export interface RunResult {
  summary: Summary;
  /** Used heap bytes of each worker at the rounds asked for. */
  heap: number[][];
  /** agents x dim, row-major, if asked for. */
  x: Float64Array | null;
  /** V8's CPU profile of each worker's round loop, worker 0 first; empty where not asked for. */
  profiles: CpuProfile[];
}

export interface Session {
  /** Reads everything, validates everything, says what it will take. Throws InputError (code BAD_INPUT). Allocates nothing big. */
  prepare(options: PrepareOptions): Promise<PlanReport>;
  /** Allocates, starts the workers and resolves when the run has ended, however it ended; rejects (RunError) where it failed. */
  start(options?: StartOptions): Promise<RunResult>;
  /** Resolves when every worker stands still between two rounds; gives the round. Before the start: begin with a pause at round 0. */
  pause(): Promise<number>;
  resume(): Promise<void>;
  /** From a pause: `rounds` rounds more, then paused again; gives the round. */
  step(rounds: number): Promise<number>;
  /** Ends the run after the current round with status `stopped`. */
  stop(): Promise<void>;
  progress(): Promise<Progress>;
  /** The state of one agent; while paused it is of one round, otherwise it may straddle two. */
  inspect(agent: number): Promise<AgentState>;
  /** Calls back with rows of the trace as they leave the loop, in order, a batch at a time; rows before it are delivered first. */
  subscribe(onRows: (rows: TraceRow[]) => void): Promise<void>;
}
