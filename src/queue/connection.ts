/**
 * A connection to the queue that holds: a server that goes away is waited for, however long, with a word to
 * the user; and what was asked of it meanwhile is asked again.
 *
 * The NATS packages are loaded here and nowhere else, once somebody asks for a queue.
 */

import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { InputError, RunError } from '../base/errors.js';
import { parseQueueAddress, type QueueAddress } from './address.js';

/** How long the server may take to answer before it is asked again. */
const TIMEOUT_MS = 5000;
/** A server that does not answer so many of these has gone, even where nobody has said so. */
const PING_MS = 4000;
const PINGS_OUT = 2;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

/** Errors of JetStream that end by themselves: it is starting, has no leader yet, or has no room. */
const PASSING = new Set([10008, 10009, 10023, 10076, 503]);
/** What fails for so long while the connection is there is said: a server whose disk is full. */
const SAID_MS = 10_000;
export const STREAM_NOT_FOUND = 10059;
export const WRONG_LAST_SEQUENCE = 10071;
/** The stream would not keep a message, for a reason that only its text says. */
const STORE_FAILED = 10077;

export interface QueueConnection {
  nc: NatsConnection;
  js: JetStreamClient;
  jsm: JetStreamManager;
  /** `nats://host:4222`, without a login. */
  server: string;
  /** The work, again and again as long as it fails because the server is away, until `givenUp`. */
  persist<T>(work: () => Promise<T>, givenUp?: () => boolean): Promise<T>;
  close(): Promise<void>;
}

/** What `persist` throws once it was given up. */
export class GivenUp extends Error {
  override name = 'GivenUp';
}

/** Throws InputError where nobody answers, or refuses. `say` is told when the connection is lost and back. */
export async function connectQueue(
  address: string,
  say: (line: string) => void,
  name: string,
): Promise<QueueConnection> {
  const parsed = parseQueueAddress(address);
  const [{ connect }, { jetstream, jetstreamManager }] = await Promise.all([
    import('@nats-io/transport-node'),
    import('@nats-io/jetstream'),
  ]);
  const { shown, server, tls, login } = parsed;
  let nc: NatsConnection;
  try {
    nc = await connect({
      servers: server,
      name,
      ...(tls && { tls: {} }),
      ...login,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 500,
      timeout: TIMEOUT_MS,
      pingInterval: PING_MS,
      maxPingOut: PINGS_OUT,
      noAsyncTraces: true,
    });
  } catch (error) {
    throw refused(parsed, error as Error);
  }
  let jsm: JetStreamManager;
  try {
    jsm = await jetstreamManager(nc, { timeout: TIMEOUT_MS });
  } catch (error) {
    await nc.close();
    throw new InputError(`${shown} keeps no streams: ${(error as Error).message}`, {
      hint: 'start it with JetStream: nats-server -js -sd /var/lib/nats',
    });
  }
  tellStatus(nc, shown, say);
  let sayNextMs = 0;
  const persist = async <T>(work: () => Promise<T>, givenUp = () => false): Promise<T> => {
    const beganMs = Date.now();
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      if (givenUp()) throw new GivenUp('given up');
      try {
        return await work();
      } catch (error) {
        if (nc.isClosed())
          throw new RunError('STOPPED', `the connection to ${shown} has ended`, { cause: error });
        if (!passes(error)) throw error;
        const nowMs = Date.now();
        if (nowMs - beganMs >= SAID_MS && nowMs >= sayNextMs) {
          sayNextMs = nowMs + 60_000;
          say(`${shown} keeps nothing (${(error as Error).message}); trying again: is its disk full?`);
        }
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  };
  return {
    nc,
    js: jetstream(nc, { timeout: TIMEOUT_MS }),
    jsm,
    server: shown,
    persist,
    async close() {
      // What has been published is to arrive; a server that is away is not waited for.
      await Promise.race([nc.flush().catch(() => {}), new Promise((done) => setTimeout(done, 1000))]);
      await nc.close();
    },
  };
}

export function apiCode(error: unknown): number | null {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'number' ? code : null;
}

/** Whether a stream that keeps one message of every subject has one of this subject. */
export function isTaken(error: unknown): boolean {
  return apiCode(error) === STORE_FAILED && /messages per subject/.test((error as Error).message);
}

/** Whether what failed may be asked again. A stream that is full is one that others make room in. */
function passes(error: unknown): boolean {
  const { name, cause } = error as Error;
  const code = apiCode(error);
  if (code === STORE_FAILED) return !isTaken(error);
  if (code !== null) return PASSING.has(code);
  if (name === 'RequestError' && cause !== undefined) return passes(cause);
  return /^(TimeoutError|NoRespondersError|RequestError|ConnectionError|DisconnectError|JetStreamError)$/.test(
    name,
  );
}

function tellStatus(nc: NatsConnection, shown: string, say: (line: string) => void): void {
  let lost = false;
  const listen = async () => {
    for await (const { type } of nc.status()) {
      if (type === 'disconnect' && !lost) {
        lost = true;
        say(`the connection to ${shown} is lost; trying again until it is back`);
      } else if (type === 'reconnect' && lost) {
        lost = false;
        say(`connected to ${shown} again`);
      }
    }
  };
  listen().catch(() => {});
}

function refused({ shown, login }: QueueAddress, error: Error): InputError {
  const { name, message } = error;
  if (name === 'AuthorizationError' || /authoriz|authentic/i.test(message)) {
    const what = login === null ? 'asks for a login' : 'does not take this login';
    return new InputError(`${shown} ${what}`, {
      hint: 'give nats://user:password@host, nats://token@host, or set SOTTOVOCE_QUEUE_LOGIN',
    });
  }
  const cause = error.cause instanceof Error ? error.cause.message : message;
  return new InputError(`${shown} does not answer: ${cause}`, {
    hint: 'is it running? nats-server -js -sd /var/lib/nats',
  });
}
