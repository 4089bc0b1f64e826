/**
 * The control words of a run: one small array of Int32 in the arena, each word on 128 bytes of its own.
 *
 * Two adjacent cache lines a word, because the hardware fetches lines in pairs: a worker that spins on
 * GENERATION must not be slowed by another that counts itself in on ARRIVED.
 *
 * Who writes what is listed here and nowhere else; `docs/rounds.md` tells the same as a story.
 */

/** Int32 elements from one word to the next: 128 bytes. */
const SPACING = 32;

export const Word = {
  /** Parties that have arrived at the barrier in this generation. Every worker. */
  ARRIVED: 0 * SPACING,
  /** Bumped by the last party to arrive; waiters leave when it changes. */
  GENERATION: 1 * SPACING,
  /** Workers asleep on GENERATION: the last party notifies only if there are any. */
  SLEEPERS: 2 * SPACING,
  /** 0, or why everyone must leave: a `Poison` code. First writer wins; never cleared. */
  POISON: 3 * SPACING,
  /** What the outside asks for: a `Request`. Coordinator writes, leader reads once a round. */
  REQUEST: 4 * SPACING,
  /** Pause as soon as this round is complete; -1 for never. Coordinator writes while workers are paused. */
  PAUSE_AT: 5 * SPACING,
  /**
   * What everyone does after the barrier: a `Command`, doubled by the round's parity. Leader writes before it
   * arrives.
   */
  COMMAND_EVEN: 6 * SPACING,
  COMMAND_ODD: 7 * SPACING,
  /** Workers that stand still in a pause. */
  PAUSED: 8 * SPACING,
  /** Bumped by the coordinator to end a pause. */
  RESUME: 9 * SPACING,
  /** Rounds complete. Leader writes. */
  ROUND: 10 * SPACING,
  /** Rows written to the trace ring. Leader writes. */
  ROWS_WRITTEN: 11 * SPACING,
  /** Rows taken from it. Coordinator writes. */
  ROWS_READ: 12 * SPACING,
} as const;

export const CONTROL_WORDS = 13 * SPACING;

export const Poison = { NONE: 0, WORKER_FAILED: 1, STOPPED: 2 } as const;
export const Request = { RUN: 0, PAUSE: 1, STOP: 2 } as const;
/** REWIND: back to the last row, and from there look at every round. */
export const Command = { GO: 0, PAUSE: 1, STOP: 2, REWIND: 3 } as const;

/** The word of the command that is obeyed before round `round`. */
export function commandWord(round: number): number {
  return (round & 1) === 0 ? Word.COMMAND_EVEN : Word.COMMAND_ODD;
}
