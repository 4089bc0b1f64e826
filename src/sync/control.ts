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
  /** Of the barrier, its root where it is a tree. Parties that have arrived there in this generation. */
  ARRIVED: 0 * SPACING,
  /** Bumped by the last party to arrive; waiters leave when it changes. */
  GENERATION: 1 * SPACING,
  /** Workers asleep on GENERATION: the last party notifies only if there are any. */
  SLEEPERS: 2 * SPACING,
  /** 0, or why everyone must leave: a `Poison` code. First writer wins; never cleared. */
  POISON: 3 * SPACING,
  /**
   * What the outside asks for, all of it in one word: stand still once so many rounds are complete (0: as
   * soon as may be), or an `Until`. Coordinator writes, leader reads once a round and in a pause.
   */
  UNTIL: 4 * SPACING,
  /** Bumped after every write of UNTIL: a leader that stands still sleeps on it. Coordinator; poison. */
  ASKED: 5 * SPACING,
  /**
   * What everyone does after the barrier: a `Command`, doubled by the round's parity. Leader writes before it
   * arrives.
   */
  COMMAND_EVEN: 6 * SPACING,
  COMMAND_ODD: 7 * SPACING,
  /** The ASKED under which everyone stood still last, see `standsStill`. Leader writes, in a pause. */
  ANSWERED: 8 * SPACING,
  /** Rounds complete. Leader writes. */
  ROUND: 9 * SPACING,
  /** Rows written to the trace ring. Leader writes. */
  ROWS_WRITTEN: 10 * SPACING,
  /** Rows taken from it. Coordinator writes. */
  ROWS_READ: 11 * SPACING,
  /** Whether a checkpoint is asked for. Coordinator sets it, leader clears it. */
  CHECKPOINT: 12 * SPACING,
  /** The round whose state stands in the staging memory; 0: none. Leader sets it, coordinator clears it. */
  STAGED: 13 * SPACING,
} as const;

/** Of a run whose barrier has one node. Behind them stand those of the other nodes of a tree. */
export const CONTROL_WORDS = 14 * SPACING;
/** ARRIVED, GENERATION and SLEEPERS of a node, from its first word on, as those of the root from word 0. */
export const NODE_WORDS = 3 * SPACING;

/** First word of a node of the barrier, 0 being the root. */
export function nodeWord(node: number): number {
  return node === 0 ? 0 : CONTROL_WORDS + (node - 1) * NODE_WORDS;
}

/** Of a run of so many workers. No tree of them has more nodes than one less than they are. */
export function controlWords(workers: number): number {
  return CONTROL_WORDS + NODE_WORDS * Math.max(0, workers - 2);
}

/** Rounds are counted in words of 32 bits with a sign, here as in Philox's counter. */
export const MOST_ROUNDS = 2 ** 31 - 1;

export const Poison = { NONE: 0, WORKER_FAILED: 1, STOPPED: 2 } as const;
/** What UNTIL holds where it is no round; NOW is the round that every run has reached. */
export const Until = { LEAVE: -3, STOP: -2, NEVER: -1, NOW: 0 } as const;
/**
 * REWIND: back to the last row, and from there look at every round. CHECKPOINT: copy what is kept. LEAVE: out of
 * the loop as it stands, for it is gone on with as another run.
 */
export const Command = { GO: 0, PAUSE: 1, STOP: 2, REWIND: 3, CHECKPOINT: 4, LEAVE: 5 } as const;

/**
 * Whether every worker stands still between two rounds, and will until UNTIL is written again. For the thread
 * that writes it: the answer is to the latest of its requests, and not to one of an earlier pause.
 */
export function standsStill(words: Int32Array): boolean {
  return Atomics.load(words, Word.ANSWERED) === Atomics.load(words, Word.ASKED); // [A1] [A2]
}

/** The word of the command that is obeyed before round `round`. */
export function commandWord(round: number): number {
  return (round & 1) === 0 ? Word.COMMAND_EVEN : Word.COMMAND_ODD;
}
