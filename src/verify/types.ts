/** What `verify` tells: checks of files, runs made again in other ways, and why they differ. Plain data. */

import type { LoadedConfig, RunConfig } from '../run/config.js';
import type { Part } from '../session/single-thread.js';
import type { TraceRow } from '../trace/row.js';

/** One thing that was looked at: a file, or something in it. */
export interface Check {
  /** `x.npy`, `checkpoints/0f3a-0000000040.checkpoint`, `config`. */
  what: string;
  /** Whether it is as it should be. */
  good: boolean;
  /** What was found, as half a sentence: `is as run 0f3a wrote it`. */
  found: string;
}

/** A run made once more, in another way. */
export interface Variant {
  /** `3 workers on one thread, order rcm, blocks of 3`. */
  name: string;
  /** `reference`: the others are compared with it. */
  outcome: 'reference' | 'same' | 'differs' | 'failed';
  /** Rounds done; null where it failed. */
  rounds: number | null;
  /** Of its last state, 64 hexadecimal digits; null where it failed. */
  stateHash: string | null;
  /** First row of the trace that differs, and in which columns; null where none does. */
  firstDifference: { round: number; columns: string[] } | null;
  /** Why it failed. */
  error?: string;
}

/** What `verify` resolves with. */
export interface Verification {
  /** What was given. */
  of: 'config' | 'run' | 'comparison';
  /** Whether everything that was looked at is as it should be, and every hash the same. */
  good: boolean;
  /** Whether all of it was looked at: not where it was ended before. */
  complete: boolean;
  /** Of a folder: its files. Empty for a config. */
  checks: Check[];
  /** Runs that were made. */
  variants: Variant[];
  /** What somebody should know, as sentences: what is likely wrong, what was left out. */
  notes: string[];
}

/** Where it is. */
export interface VerifyProgress {
  /** What is being done. */
  doing: string;
  /** Rounds done of all variants together. */
  round: number;
  /** Rounds of all variants, as far as it is known. */
  rounds: number;
}

/** A run of one way, or a part of it, on a thread of its own. */
export interface PartTask extends Omit<Part, 'onRow'> {
  loaded: LoadedConfig;
  workers: number;
}

export interface PartResult {
  rounds: number;
  agents: number;
  stateHash: string;
  /** Of x alone, hashed as the state is. */
  xHash: string;
  rows: TraceRow[];
  kept: Uint8Array | null;
  /** A run may be broken off after any multiple of these rounds. */
  every: number;
  /** The run's config, with what was chosen but for gains, which are beside it. */
  config: RunConfig;
  gains: Record<string, number>;
}

/** What verifying needs from outside: threads for the parts, and who is told. */
export interface Verifying {
  /** Runs a part on a thread that has seen nothing before. */
  part(task: PartTask, told: (round: number) => void): Promise<PartResult>;
  signal: AbortSignal | undefined;
  onProgress(progress: VerifyProgress): void;
}
