/** What is sent to the threads of `sottovoce bench`, and what they answer. */

import type { BarrierPath } from '../sync/tree.js';

export type BenchTask =
  | { kind: 'barrier'; words: Int32Array; path: BarrierPath; spins: number; crossings: number }
  | {
      kind: 'triad';
      words: Int32Array;
      path: BarrierPath;
      spins: number;
      module: WebAssembly.Module;
      memory: WebAssembly.Memory;
      /** Addresses of this thread's share of a, b and c, and its entries. */
      a: number;
      b: number;
      c: number;
      entries: number;
      repeats: number;
    }
  | {
      kind: 'arithmetic';
      words: Int32Array;
      path: BarrierPath;
      spins: number;
      module: WebAssembly.Module;
      memory: WebAssembly.Memory;
      /** As a run's: see `src/run/clock.ts`. */
      clock: SharedArrayBuffer;
      /** This thread, the leader being 0. */
      party: number;
      /** Of this thread in a round. */
      steps: number;
      rounds: number;
    };

/** Seconds from the first crossing to the last. */
export type BenchAnswer = { seconds: number } | { error: string };
