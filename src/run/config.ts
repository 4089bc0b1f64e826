/**
 * A run's configuration as plain data: what YAML says after validation, with every default filled in. Here is
 * what every run has; each program adds sections of its own (`program/NAME/config.ts`).
 */

import type { SpecPath } from '../base/errors.js';
import type { CostSpec } from '../cost/types.js';
import type { NetworkSpec } from '../links/types.js';
import type { Change, EdgeEnds } from './changes.js';

/** Converged at the first round in which every quantity given here is at or below its bound. */
export interface StopSpec {
  gap?: number;
  rmsError?: number;
  consensusError?: number;
  agentsGapMean?: number;
  agentsGapWorst?: number;
  gradientNorm?: number;
}

/** One of the two says when. */
export interface CheckpointSpec {
  /** Rounds from one to the next. */
  everyRounds?: number;
  /** Seconds from one to the next. */
  everySeconds?: number;
  /** How many of the newest are kept. */
  keep: number;
}

/** At how many agents a trace row evaluates f and its gradient. */
export type SampleChoice = 'auto' | 'all' | number;

/** What every run has, with every default filled in. The sections of a program stand beside it. */
export interface RunConfig {
  /** For people: shown in the progress line and the summary. */
  name?: string;
  /** Private cost of every agent. */
  cost: CostSpec;
  /** Rounds of the run, at most. */
  rounds: number;
  /** Converged at the first round in which all of these hold. */
  stop: StopSpec;
  /** Of its random draws. */
  seed: number;
  /** Of state, messages, kernels and data; float64 where absent. */
  precision?: 'float32';
  /** Worker threads; 'auto' is one for each core. */
  workers: number | 'auto';
  /** Whether each is held to a core of its own; none is where absent. */
  pin?: 'cores' | 'spread';
  /** Rounds between two rows, and agents at which a row evaluates f. */
  trace: {
    every: number;
    sample: SampleChoice;
    /** Agents whose x is kept in every row, by number; none where absent. */
    agents?: 'all' | readonly number[];
    /** Which entries of their x; the first where absent. */
    coordinates?: readonly number[];
  };
  /** Links for the trace's networkSeconds. */
  network?: NetworkSpec;
  /** When what it needs to go on is written to its folder; never, before it is over, where absent. */
  checkpoint?: CheckpointSpec;
  /** How long one call of a function of a user's module may take, in seconds; 30 where absent. */
  modules?: { seconds: number };
  /** How long a phase of a round may take, in seconds; any time where absent. */
  timeout?: { round: number };
  /** Whether report.html is left out of its folder; absent: it is written. */
  report?: false;
  /**
   * x(0), agents x dim: a .npy file, or the numbers row after row; what the program begins with where absent.
   */
  init?: string | Float64Array;
  /** Which program; absent: the one that a config without this section runs. */
  program?: { kind: string; [parameter: string]: unknown } | undefined;
  /** Sections of the program. */
  [section: string]: unknown;
}

/** A config that knows where it came from, so that errors can say the line. */
export interface LoadedConfig<Config extends RunConfig = RunConfig> {
  /** Complete and checked. */
  config: Config;
  /** Absolute path; null for a config given as an object. */
  file: string | null;
  /** Paths in the config are relative to this folder. */
  folder: string;
  /** YAML source text, for positions. */
  source: string | null;
  /**
   * Values that the program may take instead of defaults in `config`, by path: `flow.compress`. Nobody chose
   * those.
   */
  alternatives?: Readonly<Record<string, unknown>>;
  /** Nobody chose `trace.every`: it is the default for the config's rounds, and another for others. */
  traceFollows?: true;
  /** What is changed on the way, in the order of rounds: of a run that is made again. */
  changes?: readonly Change[];
  /** Edges of the topology that are cut. */
  cut?: readonly EdgeEnds[];
  /** Which rank of how many this process is; absent: there is one. */
  ranks?: { rank: number; ranks: number };
  /** What the command line changed in it: errors there name the option and no line. */
  overrides?: readonly Override[];
}

/** One value set from outside the file. */
export interface Override {
  /** Where: ['flow', 'step']. */
  path: SpecPath;
  /** What to set there. */
  value: unknown;
  /** As the user wrote it: `--rounds 50`. */
  origin: string;
}

/** For people. */
export function nameOf({ config, file }: LoadedConfig): string {
  const fileName = file?.split(/[\\/]/).at(-1);
  return config.name ?? fileName?.replace(/\.ya?ml$/, '') ?? 'run';
}
