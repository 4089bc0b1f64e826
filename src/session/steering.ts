/**
 * Steering: how the coordinator asks a run under way to stand still, to go on, to step, to end; and how it
 * knows that it did. The other half stands in the round loop (`decide` and `pause` in workers/round-loop.ts);
 * the states are a table in docs/rounds.md.
 *
 * Calls are carried out in the order in which they were made, each when the one before has settled. Two do
 * not wait: a stop, which ends whatever is under way, and a pause behind steps, which cuts them short. Every
 * call settles: what waits for the run to stand still is also told when it is over.
 *
 * A request is one word (UNTIL) and a number (ASKED), which is raised after it. The leader answers with the
 * number of the request under which all stand still (ANSWERED). So an answer to an earlier pause is never
 * taken for one to this.
 */

import { formatValue, InputError } from '../base/errors.js';
import { MOST_ROUNDS, standsStill, Until, Word } from '../sync/control.js';

const POLL_MS = 2;
/**
 * Whoever waits long looks less often: on a machine whose every core has a worker, looking takes time from
 * one of them.
 */
const SLOWEST_POLL_MS = 20;

export class Steering {
  private words: Int32Array;
  private rounds: number;
  /** Settles with the last call in the queue. */
  private last: Promise<unknown> = Promise.resolve();
  private stepping = false;
  /** Calls of `pause` so far: a step that was asked for before the latest does nothing more. */
  private pauses = 0;
  private over = false;

  /** `words`: the control words, before the workers start. `rounds`: of the run, at most. */
  constructor(words: Int32Array, rounds: number) {
    this.words = words;
    this.rounds = rounds;
    Atomics.store(words, Word.UNTIL, Until.NEVER); // [C1]
    // Unlike ANSWERED: nobody stands still yet.
    Atomics.store(words, Word.ASKED, 1); // [C2]
  }

  /** Before the workers start: they stand still at round 0. */
  standAtStart(): void {
    this.ask(Until.NOW);
  }

  /** Resolves when every worker stands still, or the run is over; gives the round. */
  pause(): Promise<number> {
    this.pauses++;
    if (this.stepping) this.ask(Until.NOW);
    return this.inTurn(() => {
      this.ask(Until.NOW);
      return this.untilStill();
    });
  }

  /** Resolves when the run has been told. */
  resume(): Promise<void> {
    return this.inTurn(async () => this.ask(Until.NEVER));
  }

  /**
   * From a pause: resolves as `pause` does, `rounds` rounds later. Earlier where a later pause cuts it short;
   * and where there are not so many rounds left, the run comes to its end.
   */
  async step(rounds: number): Promise<number> {
    if (!Number.isInteger(rounds) || rounds < 1 || rounds > MOST_ROUNDS) {
      throw new InputError(
        `step is ${formatValue(rounds)}, expected a whole number of rounds, 1..${MOST_ROUNDS}`,
      );
    }
    const pauses = this.pauses;
    return this.inTurn(async () => {
      if (!this.over && Atomics.load(this.words, Word.UNTIL) === Until.NEVER) {
        // [C3]
        throw new InputError('step was called while the run goes on, expected a run that stands still', {
          hint: 'await session.pause() first',
        });
      }
      const from = await this.untilStill();
      if (this.pauses > pauses) return from;
      const target = from + rounds;
      this.stepping = true;
      this.ask(target > this.rounds ? Until.NEVER : target);
      return this.untilStill().finally(() => {
        this.stepping = false;
      });
    });
  }

  /** Ends the run after the round under way. It stays asked for, whatever is asked for after. */
  stop(): void {
    this.ask(Until.STOP);
  }

  /**
   * In turn with pauses and steps, while everyone stands still: does `act`, which is given the round.
   *
   * @throws InputError where the run goes on, or is over
   */
  atRest<T>(what: string, act: (round: number) => Promise<T>): Promise<T> {
    return this.inTurn(async () => {
      const until = Atomics.load(this.words, Word.UNTIL); // [C3]
      if (this.over || until === Until.STOP)
        throw new InputError(`${what} was called when the run had ended`);
      if (until === Until.NEVER) {
        throw new InputError(`${what} was called while the run goes on, expected a run that stands still`, {
          hint: 'await session.pause() first',
        });
      }
      return act(await this.untilStill());
    });
  }

  /** Everyone leaves the loop: the run is gone on with in another memory. */
  leave(): void {
    this.ask(Until.LEAVE);
  }

  /** The run goes on with these words, and stands still if it did so. */
  moveTo(words: Int32Array, rounds: number): void {
    const until = Atomics.load(this.words, Word.UNTIL); // [C4]
    this.words = words;
    this.rounds = rounds;
    Atomics.store(words, Word.UNTIL, until === Until.LEAVE ? Until.NOW : until); // [C1]
    Atomics.store(words, Word.ASKED, 1); // [C2]
  }

  /** Resolves when everyone stands still after that, or the run is over. */
  still(): Promise<number> {
    return this.untilStill();
  }

  /** The run is over: nobody waits any longer. */
  end(): void {
    this.over = true;
  }

  /** Runs `call` when those before have settled, however they did. */
  private inTurn<T>(call: () => Promise<T>): Promise<T> {
    const result = this.last.then(call);
    this.last = result.catch(() => {});
    return result;
  }

  private ask(until: number): void {
    const asked = Atomics.load(this.words, Word.UNTIL); // [C4]
    if (asked === Until.STOP || asked === until) return;
    // The condition first, then the number: a leader in a pause reads them the other way round, see there.
    Atomics.store(this.words, Word.UNTIL, until); // [C5]
    Atomics.add(this.words, Word.ASKED, 1); // [C6]
    Atomics.notify(this.words, Word.ASKED); // [C7]
  }

  /** Looks now and then until every worker stands still or the run is over; gives the round. */
  private async untilStill(): Promise<number> {
    let waitedMs = 0;
    while (!this.over && !standsStill(this.words)) {
      const ms = Math.min(SLOWEST_POLL_MS, Math.max(POLL_MS, waitedMs / 10));
      await sleep(ms);
      waitedMs += ms;
    }
    return Atomics.load(this.words, Word.ROUND); // [C8]
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
