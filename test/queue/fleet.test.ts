/** What an orderer makes of what workers say of themselves. */

import { expect, it } from 'vitest';
import type { QueueConnection } from '../../src/queue/connection.js';
import { Fleet } from '../../src/queue/fleet.js';

const nobody = { nc: { subscribe: () => ({ unsubscribe() {} }) } } as unknown as QueueConnection;

it('counts workers, hosts and jobs, and forgets those that fall silent', () => {
  const fleet = new Fleet(nobody, 's1');
  const hear = (worker: string, host: string, more: object, nowMs: number) =>
    fleet.hear(JSON.stringify({ worker, host, pid: 1, jobs: 4, busy: {}, refuses: {}, ...more }), nowMs);
  expect(fleet.describe(0)).toBe('no worker');
  hear('a', 'ada', {}, 0);
  hear('b', 'ada', {}, 0);
  hear('c', 'bob', { jobs: 1 }, 4000);
  expect(fleet.describe(5000)).toBe('3 workers on 2 hosts (ada, bob), 9 jobs at a time');
  hear('d', 'eve', { refuses: { s1: 'it was ordered by another version' } }, 5000);
  hear('e', 'eve', { refuses: { s2: 'of another study' } }, 5000);
  expect(fleet.describe(5000)).toBe(
    '4 workers on 3 hosts (ada, bob, eve), 13 jobs at a time, 1 other refused',
  );
  expect(fleet.view(5000).refuse.map(({ why }) => why)).toEqual(['it was ordered by another version']);
  hear('e', 'eve', { gone: true }, 5000);
  fleet.hear('no JSON');
  expect(fleet.describe(9000)).toBe('1 worker on 1 host (bob), 1 job at a time, 1 other refused');
});

it.each([
  'null',
  '5',
  '[]',
  '{}',
  '{"gone":true}',
  '{"worker":"a","host":"ada","pid":1,"jobs":4}',
  '{"worker":"a","host":5,"pid":1,"jobs":4,"refuses":{}}',
  '{"worker":"a","host":"ada","pid":1,"jobs":"4","refuses":{}}',
  '{"worker":"a","host":"\\u001b[31mada","pid":1,"jobs":4,"refuses":{}}',
])('what no worker says is nothing: %s', (text) => {
  const fleet = new Fleet(nobody, 's1');
  fleet.hear(text);
  expect(fleet.describe()).toBe('no worker');
});
