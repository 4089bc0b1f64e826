/**
 * Where cells run: on threads of this machine (`here.ts`), or on workers of a queue (`queued.ts`). A grid
 * knows nothing else of it. Where they run changes no bit of what comes out.
 */

import type { Cell, CellEnd, CellOrder } from './types.js';

/** Cells under way. */
export interface CellsUnderWay {
  /** Resolves when all have ended, or after `stop`. */
  finished: Promise<void>;
  /** Starts no other, and waits for none; those under way are ended, or handed back. Idempotent. */
  stop(): void;
}

export interface Where {
  /** Once, before the first of them. `folder`: where results are written, absolute; null: nowhere. */
  begin(folder: string | null): Promise<void>;
  /**
   * Runs each cell once. `done` is called once for each that has ended, in any order; not for those that were
   * stopped. Several such calls follow each other in a sweep.
   */
  run(cells: readonly Cell[], order: CellOrder, done: (cell: Cell, end: CellEnd) => void): CellsUnderWay;
  /** Who works, in a few words for a line of progress; null where nobody needs to be told. */
  fleet(): string | null;
  /**
   * Once, at the end. `complete`: all results are where they belong, and what is kept elsewhere of them is of
   * no more use.
   */
  close(complete: boolean): Promise<void>;
}
