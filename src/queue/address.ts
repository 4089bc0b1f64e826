/**
 * The address of a queue: `nats://host:4222`, with `user:password@` or `token@` before the host, `tls://`
 * where nothing may go over the wire in the clear. Names and passwords are taken off at once: what is shown,
 * thrown or written has the host alone.
 *
 * They may come from SOTTOVOCE_QUEUE_LOGIN instead, which no list of processes shows.
 */

import { InputError } from '../base/errors.js';

export interface QueueAddress {
  /** What messages say: `nats://host:4222`. */
  shown: string;
  /** `host:4222` */
  server: string;
  tls: boolean;
  login: { user: string; pass: string } | { token: string } | null;
}

const PORT = 4222;
const LOGIN = 'SOTTOVOCE_QUEUE_LOGIN';
const HINT = 'for example: --queue nats://queue-host:4222, or nats://user:password@queue-host:4222';

/** Throws InputError, which never says what stood before the `@`. */
export function parseQueueAddress(text: string, env: NodeJS.ProcessEnv = process.env): QueueAddress {
  const at = text.lastIndexOf('@');
  const scheme = /^[a-z]+:\/\//i.exec(text)?.[0] ?? '';
  const safe = at < 0 ? text : `${scheme}…@${text.slice(at + 1)}`;
  const refuse = (expected: string) =>
    new InputError(`the queue is ${safe || 'empty'}, expected ${expected}`, { hint: HINT });
  let url: URL;
  try {
    // `http:` has a host, a port and a login in every version of Node; `nats:` is read as we mean it by none.
    url = new URL(text.replace(/^(nats|tls):\/\//i, 'http://'));
  } catch {
    throw refuse('nats://host:port');
  }
  if (!/^(nats|tls):\/\//i.test(text)) throw refuse('nats://host:port or tls://host:port');
  if (url.hostname === '' || !['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '')
    throw refuse('nats://host:port and nothing behind it');
  const tls = /^tls:/i.test(text);
  const port = url.port === '' ? (text.endsWith(':80') ? 80 : PORT) : Number(url.port);
  const server = `${url.hostname}:${port}`;
  return { shown: `${tls ? 'tls' : 'nats'}://${server}`, server, tls, login: loginOf(url, env) };
}

function loginOf({ username, password }: URL, env: NodeJS.ProcessEnv): QueueAddress['login'] {
  const given = env[LOGIN];
  if (username === '' && password === '') {
    if (given === undefined || given === '') return null;
    const colon = given.indexOf(':');
    return colon < 0 ? { token: given } : { user: given.slice(0, colon), pass: given.slice(colon + 1) };
  }
  const user = decodeURIComponent(username);
  return password === '' ? { token: user } : { user, pass: decodeURIComponent(password) };
}
