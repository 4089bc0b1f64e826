/** Runs that are made one after the other, and compared with one that is known. */

import type { LoadedConfig } from '../run/config.js';
import type { TraceRow } from '../trace/row.js';
import { firstDifference } from './difference.js';
import type { Variant, Verifying } from './types.js';
import { type Made, make, nameOf, type Way } from './ways.js';

/** What a run is held against. */
export interface Expected {
  rounds: number;
  stateHash: string;
  rows: readonly TraceRow[];
}

export class Variants {
  readonly made: Variant[] = [];
  /** Those of ways, with what they are. */
  readonly tried: { way: Way; variant: Variant }[] = [];
  private readonly verifying: Verifying;
  private expected: Expected | null = null;
  private done = 0;
  private rounds: number;

  constructor(verifying: Verifying, rounds: number) {
    this.verifying = verifying;
    this.rounds = rounds;
  }

  get good(): boolean {
    return this.made.every(({ outcome }) => outcome === 'reference' || outcome === 'same');
  }

  told(doing: string, round: number): void {
    this.verifying.onProgress({
      doing,
      round: Math.min(this.done + round, this.rounds),
      rounds: this.rounds,
    });
  }

  /** So many rounds are still to come. */
  plan(rounds: number): void {
    this.rounds = this.done + rounds;
  }

  expect(name: string | null, expected: Expected): void {
    this.expected = expected;
    if (name === null) return;
    const { rounds, stateHash } = expected;
    this.made.push({ name, outcome: 'reference', rounds, stateHash, firstDifference: null });
    this.done += rounds;
  }

  /** Null where it failed, and where the signal came first: then nothing is said of it. */
  async make(way: Way, loaded: LoadedConfig): Promise<Made | null> {
    const name = nameOf(way);
    const expected = this.expected as Expected;
    this.told(name, 0);
    let variant: Variant;
    let made: Made | null = null;
    try {
      made = await make(way, loaded, this.verifying, (round) => this.told(name, round));
      const { rounds, stateHash, rows } = made;
      const difference = firstDifference(expected.rows, rows);
      const same = stateHash === expected.stateHash && rounds === expected.rounds && difference === null;
      const outcome = same ? 'same' : 'differs';
      variant = { name, outcome, rounds, stateHash, firstDifference: difference };
    } catch (error) {
      if (this.verifying.signal?.aborted) return null;
      const { message } = error as Error;
      variant = {
        name,
        outcome: 'failed',
        rounds: null,
        stateHash: null,
        firstDifference: null,
        error: message,
      };
    }
    this.done += expected.rounds;
    this.made.push(variant);
    this.tried.push({ way, variant });
    return made;
  }
}
