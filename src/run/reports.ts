/**
 * What a run tells people and files: before it starts (the plan), and when it is over (summary.json). Plain
 * data.
 */

import type { Gains } from '../base/pattern-search.js';
import type { CompressorSpec } from '../compress/types.js';
import type { Compress } from '../flow/types.js';
import type { ChangeReport } from './changes.js';

/** One rank of a run over several. */
export interface RanksReport {
  /** From 0. */
  rank: number;
  /** How many there are. */
  ranks: number;
  /** Agents that this rank holds. */
  agents: number;
  /** Agents of others whose messages it has. */
  ghosts: number;
  /** Ranks that it exchanges messages with. */
  peers: number;
  /** How agents are shared out. */
  cut: string;
  /** Why so. */
  why: string;
  /** Edges between agents of different ranks, of all ranks. */
  edges: number;
}

/** What is known before anything is allocated. */
export interface PlanReport {
  /** Of the config, for people. */
  name: string;
  /** Agents. */
  agents: number;
  /** Undirected edges. */
  edges: number;
  /** Entries of x. */
  dim: number;
  /** Of state, messages and data; absent where it is float64. */
  precision?: 'float32';
  /** Worker threads. */
  workers: number;
  /** What made `auto` fewer workers than the machine has cores. */
  coreLimit?: string | null;
  /** Why `auto` was so many; null where it was not auto. */
  whyWorkers?: string | null;
  /** The processor that each worker is held to; absent where they are held to none. */
  pinned?: readonly number[];
  /** Rounds, at most. */
  rounds: number;
  /** The graph, in words. */
  topology: string;
  /** The cost, in words. */
  cost: string;
  /** The flow, in words. */
  flow: string;
  /** The compressor, in the short form that people write. */
  compressor: string;
  /** How links change; null where they do not. */
  links: string | null;
  /**
   * How agents lie in memory and are worked on, and how many agents ahead neighbours' messages are asked for
   * (0: they are not); null where there is no graph. It changes no bits.
   */
  layout: { order: OrderReport; blockAgents: number; ahead?: number } | null;
  /** Which of several ranks this is, and what it holds; absent where there is one. */
  ranks?: RanksReport;
  /** Shared memory of the run. */
  arenaBytes: number;
  /** The arena and what Node and the kernels take beside it: what the process will use. */
  processBytes: number;
  /**
   * Of the weighted Laplacian; known only where `auto` asked for it. `within`: the larger of their relative
   * errors, where they are known to two digits only.
   */
  spectrum: { lambda2: number; lambdaMax: number; within?: number } | null;
  /** By their names in the config. */
  gains: Record<string, number>;
  /** How those that were `auto` were chosen, and what is expected of them; null where none was. */
  tuning: Tuning | null;
  /** How the compressor was chosen that was `auto`; absent where one was given. */
  compressorChoice?: CompressorChoice;
  /** Bits of one message, and of one that is not compressed; null where they vary. */
  bits: { perMessage: number | null; uncompressedPerMessage: number };
  /** The central solution: f*, |grad f| there, and how it was found; null where it is unknown. */
  optimum: { value: number; gradientNorm: number; method: string; iterations: number } | null;
  /** Of a parameter server: its links and its step, as people read them. */
  server?: ServerReport;
  /** What is likely not meant, as sentences. */
  warnings: string[];
}

/** A parameter server, as people read it. */
export interface ServerReport {
  /** Compressor of the gradients. */
  uplink: string;
  /** Compressor of the server's step. */
  downlink: string;
  /** Bits of a message; null where they vary. */
  upBits: number | null;
  /** Bits of a message from the server; null where they vary. */
  downBits: number | null;
  /** The step. */
  gamma: string;
  /** Samples that a gradient looks at. */
  batch: number | 'all';
  /** What the mean gradient goes through. */
  optimizer: string;
  /** What lambda became where it was auto, and from which pilot. */
  lambda: string | null;
}

/** What became of a run's checkpoints. */
export interface CheckpointReport {
  /** How many were written. */
  written: number;
  /** The round of the last one; null where none was. */
  lastRound: number | null;
  /** Of the last file. */
  bytes: number;
  /** What copying their states took of the time in the round loop. */
  loopSeconds: number;
  /** Why the last one that failed could not be written, as half a sentence. */
  failed?: string;
}

/**
 * `converged`: all that `stop` asks for holds. `finished`: the rounds are over. `diverged`: not finite any
 * more. `stopped`: from outside.
 */
export type RunStatus = 'converged' | 'finished' | 'diverged' | 'stopped';

/** summary.json: the contract with outside checks; fields are only ever added. */
export interface Summary {
  /** The run's own id, as in manifest.json beside it; a cell of a comparison has none. */
  run?: string;
  /** How the run ended. */
  status: RunStatus | 'failed';
  /** Rounds done. */
  rounds: number;
  /** Agents. */
  agents: number;
  /** Entries of x. */
  dim: number;
  /** Undirected edges. */
  edges: number;
  /** Worker threads. */
  workers: number;
  /** In the round loop, pauses excluded. */
  seconds: number;
  /** rounds / seconds. */
  roundsPerSecond: number;
  /**
   * SHA-256 of x, v, s (those the flow keeps), agent by agent, dim float64 each, little-endian; hexadecimal.
   */
  stateHash: string;
  /** Bits of messages. */
  bits: {
    /** Of one agent in one round; the mean, where messages vary in length. */
    perMessage: number;
    broadcast: number;
    links: number;
    uncompressedBroadcast: number;
    /**
     * With a server: all that agents said to it, and all that it said to them, a message to each. `links` is
     * their sum, and `broadcast` counts a message down once.
     */
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
  /**
   * At how many agents the last row looked for agentsGapMean and gradientNorm, evenly spaced by number;
   * `agents` where at all.
   */
  agentsMeasured?: number;
  /**
   * Rounds per factor of ten in rmsError: what the choice of auto gains expected, and what the trace's tail
   * shows; null where unknown.
   */
  rate?: { predicted: number | null; measured: number | null };
  /**
   * Of a compressor that was `auto`: which it became, for what, and what was predicted of it and of the next best;
   * manifest.json has all that were considered.
   */
  compressorChoice?: Pick<CompressorChoice, 'for' | 'compressor'> & {
    predicted: CompressorCandidate | null;
    next: CompressorCandidate | null;
  };
  /** What was changed on the way; absent where nothing was. */
  changes?: readonly ChangeReport[];
  /**
   * Of each worker over its round loop, pauses included; absent where this system does not count it, and where one
   * thread did all without workers.
   */
  workersTime?: WorkerThreadTime[];
  /** Absent where none was to be written. */
  checkpoints?: CheckpointReport;
  /** What is likely not meant, as sentences. */
  warnings: string[];
  /** What to try next, after a divergence. */
  hint?: string;
  /** What ended a run that failed. */
  error?: string;
  /**
   * The other files of its folder, by name: by these they can be told to be of this run, and as it wrote
   * them. Absent where nothing is written.
   */
  files?: Record<string, FileDigest>;
  /** Files of its folder that could not be written, or not to their end, by name, and why. */
  incomplete?: Record<string, string>;
}

/** Where the time of one worker went, in seconds, as the operating system counts it: to some milliseconds. */
export interface WorkerThreadTime {
  /** From 0. */
  worker: number;
  /** On the clock, from the first round to the last, pauses included; this run's own part of one gone on with. */
  seconds: number;
  /** On a core: in rounds, or awake at a barrier. */
  processorSeconds: number;
  /** Ready to go on while others had the cores; null where this system does not say. */
  readySeconds: number | null;
  /** The rest: asleep, at a barrier or in a pause. Where `readySeconds` is null it is in here. */
  asleepSeconds: number;
}

/** Of a file, as it was written. */
export interface FileDigest {
  /** Its length. */
  bytes: number;
  /** SHA-256 of its bytes, hexadecimal. */
  sha256: string;
}

/** How far apart neighbours' rows are, on average and at most. */
export interface Distances {
  meanDistance: number;
  bandwidth: number;
}

/** For people. */
export interface OrderReport {
  chosen: 'given' | 'rcm';
  why: string;
  /** By number; null where nobody looked. */
  given: Distances | null;
  /** By position; null as long as no other order was made. */
  rcm: Distances | null;
}

/** How gains that were `auto` were chosen. */
export interface Tuning {
  /** `pilot`: found by trying; `formula`: reckoned from spectrum, curvatures and contraction. */
  method: 'pilot' | 'formula';
  /** The parameters that were `auto`. */
  chosen: string[];
  /** The mode that they are for; null where the flow has none. */
  compress: Compress | null;
  /** All gains of the flow, by their names in the config. */
  gains: Gains;
  /** Sentences: why these, and what keeps them from being faster. */
  why: string[];
  /** Predicted rounds per factor of ten in the distance to the optimum; null where nothing is known. */
  roundsPerDecade: number | null;
  /** Why that is null, as half a sentence; null where it is not. */
  notPredicted: string | null;
  /** Predicted rounds until the distance is a millionth of what it was. */
  roundsToMillionth: number | null;
  /** Predicted rounds until stop.gap, which only pilots can tell; null without it. */
  roundsToGap: number | null;
  /** rms distance to the optimum at the beginning; null where there is none. */
  firstError: number | null;
  /**
   * Why the run may not come to its optimum with these gains, as far as pilots saw; null where they saw no
   * reason.
   */
  doubt: string | null;
  /** What the pilots took; null with the formula. */
  pilots: { count: number; rounds: number; budgetRounds: number } | null;
}

/** What there is least of until the target: rounds, bits that an agent sends, seconds on the config's network. */
export type ChosenFor = 'rounds' | 'bits' | 'seconds';

/** A compressor that was considered, and what it would take until the target. */
export interface CompressorCandidate {
  /** In the short form that people write. */
  compressor: string;
  /**
   * How its rounds are known. `full`: counted, with the gains that the run gets; `short`: by a shorter search of them,
   * so that they may still be fewer; `starts`: by a few trials; `objective`: by the fall of the objective, with the
   * formula's gains; `rule`: reckoned from what a message keeps.
   */
  how: 'full' | 'short' | 'starts' | 'objective' | 'rule';
  /** Null where it is not seen to arrive, or would take far more than the best. */
  rounds: number | null;
  /** Bits that an agent sends, each message once, in the mean over the agents. */
  bits: number | null;
  /** On the config's network; null without one. */
  seconds: number | null;
  /** How many times as much as the chosen one takes of what the choice is for. */
  ratio: number | null;
}

/** How a compressor that was `auto` was chosen. */
export interface CompressorChoice {
  /** What there was to be least of. */
  for: ChosenFor;
  /** The chosen one, in the short form. */
  compressor: string;
  /** The same as it stands in a config. */
  spec: CompressorSpec;
  /** What trials are judged by; `rule`: there were none. */
  judgedBy: 'distance' | 'objective' | 'rule';
  /** Until when rounds are counted, in words. */
  target: string;
  /** Sentences: why this one, and what the next best would cost. */
  why: string[];
  /** The chosen one first, then by what they take. */
  candidates: CompressorCandidate[];
  /** What does not go with this flow, and why. */
  refused: { compressor: string; why: string }[];
  /** Rounds of all trial runs together. */
  trialRounds: number;
}

/** An agent as agents.csv tells it. */
export interface AgentRow {
  row: number;
  label: string;
  degree: number;
  samples: number | null;
}
