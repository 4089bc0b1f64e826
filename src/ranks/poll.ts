/**
 * Waiting for what nobody wakes us for: MPI moves on only while it is asked, so a wait is a loop of questions.
 * At first they follow at once; then the thread sleeps a little between them, since on a machine with more
 * threads than cores whoever asks keeps another from working. The number of questions at once follows the
 * waits, as at the barrier (`src/sync/barrier.ts`): asking on is only worth it where waits are short.
 */

import { openLibc } from '../base/libc.js';
import { TransportGivenUp } from './transport.js';

/** Some 100 us of them: a question takes half a microsecond. */
export const DEFAULT_QUESTIONS = 200;
const LEAST_QUESTIONS = 32;
/** The kernel makes some 25 us of it. */
const SHORT_MS = 0.01;
const LONG_MS = 0.05;
/** Half a millisecond: after so long 70 us more make little difference, and a core has better to do. */
const SHORT_SLEEPS = 20;
/** So often between two looks at whether the run is over. */
const QUESTIONS_A_LOOK = 64;

export class Poll {
  private readonly word = new Int32Array(new SharedArrayBuffer(4));
  private readonly givenUp: () => boolean;
  private readonly most: number;
  private budget: number;

  constructor(givenUp: () => boolean, most: number = DEFAULT_QUESTIONS) {
    this.givenUp = givenUp;
    this.most = most;
    this.budget = most;
    shortenSleeps();
  }

  /**
   * Returns once `done()` is true.
   *
   * @throws TransportGivenUp when the run is over before it is
   */
  until(done: () => boolean, what: string): void {
    for (let asked = 0; asked < this.budget; asked++) {
      if (done()) {
        // What was there early says nothing of whether asking longer is of use.
        if (2 * asked > this.budget) this.budget = Math.min(this.most, 2 * this.budget);
        return;
      }
      if (asked % QUESTIONS_A_LOOK === 0 && this.givenUp()) throw new TransportGivenUp(what);
    }
    for (let sleeps = 0; !done(); sleeps++) {
      if (this.givenUp()) throw new TransportGivenUp(what);
      Atomics.wait(this.word, 0, 0, sleeps < SHORT_SLEEPS ? SHORT_MS : LONG_MS);
    }
    // All that was asked at once was for nothing, and may be what kept the other from working.
    this.budget = Math.min(this.most, Math.max(LEAST_QUESTIONS, this.budget >> 1));
  }
}

const PR_SET_TIMERSLACK = 29;
const SLACK_NS = 1000;

/** The kernel lets a thread sleep 50 us longer than it asked for, unless it says that it means it. */
function shortenSleeps(): void {
  try {
    const prctl = openLibc().func<(option: number, ns: number) => number>('int prctl(int, unsigned long)');
    prctl(PR_SET_TIMERSLACK, SLACK_NS);
  } catch {
    // Sleeps are longer then.
  }
}
