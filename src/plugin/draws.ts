/** Random numbers that a user's module draws: by agent and round, whatever worker asks. */

import { philoxBlock } from '../data/random.js';
import type { Seed } from '../runtime.js';

/** Random draws: the same for any number of workers. */
export interface RandomNumbers {
  /** The next number, uniform in (0, 1). */
  uniform(): number;
  /** The next 32 random bits. */
  word(): number;
}

/** Draws of (seed, agent, round), one after the other, from the first again after every `begin`. */
export class Draws implements RandomNumbers {
  private readonly words = new Uint32Array(4);
  private agent = 0;
  private round = 0;
  private next = 0;

  constructor(
    private readonly seed: Seed,
    private readonly stream: number,
  ) {}

  begin(agent: number, round: number): void {
    this.agent = agent;
    this.round = round;
    this.next = 0;
  }

  word(): number {
    return this.words[this.draw()] as number;
  }

  // Not by way of word(): half of the words are beyond what a call returns without making an object.
  uniform(): number {
    return ((this.words[this.draw()] as number) + 0.5) * 2 ** -32;
  }

  /** Where the next word is. */
  private draw(): number {
    const lane = this.next & 3;
    if (lane === 0) {
      philoxBlock(this.words, 0, this.next >>> 2, this.agent, this.round, this.stream, this.seed);
    }
    this.next++;
    return lane;
  }
}
