/** Addresses of a queue: what is taken, and that no message has a login in it. */

import { describe, expect, it } from 'vitest';
import { parseQueueAddress } from '../../src/queue/address.js';

describe('an address', () => {
  it.each([
    ['nats://ada', { shown: 'nats://ada:4222', server: 'ada:4222', tls: false, login: null }],
    ['nats://ada:80', { shown: 'nats://ada:80', server: 'ada:80', tls: false, login: null }],
    ['tls://ada:4443/', { shown: 'tls://ada:4443', server: 'ada:4443', tls: true, login: null }],
    ['nats://[::1]:4222', { shown: 'nats://[::1]:4222', server: '[::1]:4222', tls: false, login: null }],
    [
      'nats://secret@ada',
      { shown: 'nats://ada:4222', server: 'ada:4222', tls: false, login: { token: 'secret' } },
    ],
    [
      'nats://lab:p%40ss@ada:1',
      { shown: 'nats://ada:1', server: 'ada:1', tls: false, login: { user: 'lab', pass: 'p@ss' } },
    ],
  ])('%s', (text, expected) => {
    expect(parseQueueAddress(text, {})).toEqual(expected);
  });

  it('may have its login beside it', () => {
    const login = (text: string, given: string) =>
      parseQueueAddress(text, { SOTTOVOCE_QUEUE_LOGIN: given }).login;
    expect(login('nats://ada', 'lab:a:b')).toEqual({ user: 'lab', pass: 'a:b' });
    expect(login('nats://ada', 'secret')).toEqual({ token: 'secret' });
    // What stands in the address is meant.
    expect(login('nats://own@ada', 'lab:x')).toEqual({ token: 'own' });
  });

  it.each(['', 'ada:4222', 'http://ada', 'nats://', 'nats://ada/x', 'nats://ada:99999', 'nats://ada?tls=1'])(
    'refused: "%s"',
    (text) => {
      expect(() => parseQueueAddress(text, {})).toThrow(/^the queue is .*, expected nats:\/\/host:port/);
    },
  );

  it('is refused without a word of its login', () => {
    for (const text of [
      'nats://lab:secret@',
      'http://lab:secret@ada',
      'nats://secret@ada/x',
      'lab:secret@ada',
    ]) {
      try {
        parseQueueAddress(text, {});
        expect.unreachable();
      } catch (error) {
        expect(String((error as Error).message)).not.toContain('secret');
        expect(String((error as Error).message)).toContain('…@');
      }
    }
  });
});
