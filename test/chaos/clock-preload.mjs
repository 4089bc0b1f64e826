/**
 * For `node --import`: a clock that jumps, in a process and its threads. SOTTOVOCE_CLOCK is the seed; each thread
 * is set to another time, up to a year away in both directions, at one call in some dozens.
 */

import { threadId } from 'node:worker_threads';
import { Random } from '../fuzz/random.mjs';

const seed = process.env.SOTTOVOCE_CLOCK;

if (seed !== undefined) {
  const random = new Random('clock', Number(seed), threadId);
  const MOST_MS = 365 * 86_400_000;
  const now = Date.now;
  let offset = 0;
  const jumped = () => {
    if (random.chance(20)) offset = random.pick([-1, 1]) * random.size(1, MOST_MS);
    return now() + offset;
  };
  Date.now = jumped;
  globalThis.Date = class extends Date {
    constructor(...given) {
      if (given.length === 0) super(jumped());
      else super(...given);
    }
  };
}
