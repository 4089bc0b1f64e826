/** Waiting by asking: it ends with what is waited for, or with the run, and asks no more than it must. */

import { expect, it } from 'vitest';
import { Poll } from '../../src/ranks/poll.js';

/** Done when asked for the n-th time; `asked` counts. */
function after(questions: number) {
  const asking = { asked: 0, done: () => ++asking.asked >= questions };
  return asking;
}

it.each([1, 2, 31, 200, 260])('ends with question %i, and asks no further', (questions) => {
  const asking = after(questions);
  new Poll(() => false).until(asking.done, 'waiting');
  expect(asking.asked).toBe(questions);
});

it('ends with the run, whether it asks at once or sleeps', () => {
  for (const questions of [1, 200, 1_000_000]) {
    const end = performance.now() + 20;
    const poll = new Poll(() => performance.now() > end, questions);
    expect(() => poll.until(() => false, 'waiting for rank 3')).toThrow('given up while waiting for rank 3');
  }
});

it('takes what is there even when the run is over', () => {
  new Poll(() => true).until(() => true, 'waiting');
  expect(() => new Poll(() => true).until(() => false, 'waiting')).toThrow('given up');
});

it('leaves the core to others where waits are long: in 50 ms it asks a thousand times, and not a million', () => {
  const poll = new Poll(() => false);
  const asking = { asked: 0 };
  const end = performance.now() + 50;
  poll.until(() => {
    asking.asked++;
    return performance.now() > end;
  }, 'waiting');
  expect(asking.asked).toBeLessThan(3000);
});
