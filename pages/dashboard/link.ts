/**
 * The line to the server: Comlink over a WebSocket (`src/dashboard/protocol.ts`), which comes back by itself.
 *
 * A call that is under way when the line breaks would never settle: it is raced against the break. Whoever
 * listens is told of every new line, and says again what it wants to be sent.
 */

import * as Comlink from 'comlink';
import {
  type Dashboard,
  type DashboardEvent,
  type Frame,
  METHODS,
  socketEndpoint,
} from '../../src/dashboard/protocol.js';

/** `refused`: the server is there, and the token is not its own. `gone`: it said that it ends. */
export type LineState = 'connecting' | 'open' | 'lost' | 'refused' | 'gone';

export interface Listener {
  /** The line is there, for the first time or again. */
  onOpen(): void;
  onEvent(event: DashboardEvent): void;
  onFrame(frame: Frame): void;
  onLine(state: LineState, why: string): void;
}

/** What a call rejects with when the line breaks under it. */
export class LineBroken extends Error {
  constructor() {
    super('the line to the server broke before it answered');
  }
}

const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 4000;
/** A page that is asked for alone says whether the token is still good. */
const REFUSED = [401, 403];

export class Link {
  /** Every call of the protocol, on whatever line there is now. */
  readonly call: Dashboard;
  state: LineState = 'connecting';
  private readonly listener: Listener;
  private remote: Dashboard | null = null;
  private breakers = new Set<(error: Error) => void>();
  private waitMs = FIRST_WAIT_MS;
  private farewell = '';

  constructor(listener: Listener) {
    this.listener = listener;
    this.call = Object.fromEntries(
      METHODS.map((name) => [name, (...args: unknown[]) => this.send(name, args)]),
    ) as unknown as Dashboard;
    this.open();
    // A laptop that wakes up, a phone that comes back: at once, and not after the wait.
    addEventListener('online', () => this.hurry());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.hurry();
    });
  }

  private timer = 0;

  private hurry(): void {
    if (this.timer === 0) return;
    clearTimeout(this.timer);
    this.timer = 0;
    this.open();
  }

  private open(): void {
    const { protocol, host, search, pathname } = location;
    const token = new URLSearchParams(search).get('token') ?? '';
    const folder = pathname.slice(0, pathname.lastIndexOf('/') + 1);
    const socket = new WebSocket(
      `${protocol === 'https:' ? 'wss:' : 'ws:'}//${host}${folder}socket?token=${encodeURIComponent(token)}`,
    );
    let opened = false;
    const endpoint = socketEndpoint(
      socket as never,
      (event) => {
        if (event.event === 'bye') this.farewell = event.why;
        this.listener.onEvent(event);
      },
      (frame) => this.listener.onFrame(frame),
    );
    socket.addEventListener('open', () => {
      opened = true;
      this.waitMs = FIRST_WAIT_MS;
      this.farewell = '';
      this.remote = Comlink.wrap<Dashboard>(endpoint as Comlink.Endpoint) as unknown as Dashboard;
      this.say('open', '');
      this.listener.onOpen();
    });
    socket.addEventListener('close', ({ reason }) => {
      this.remote = null;
      for (const broken of this.breakers) broken(new LineBroken());
      this.breakers.clear();
      if (opened) this.say(this.farewell === '' ? 'lost' : 'gone', this.farewell || reason);
      void this.again(opened);
    });
  }

  /** Whether the server refuses us, or is not there, is nothing a WebSocket would say. */
  private async again(opened: boolean): Promise<void> {
    if (!opened && (await this.isRefused())) {
      this.say('refused', '');
      this.waitMs = LONGEST_WAIT_MS;
    } else if (!opened && this.state !== 'gone') this.say('lost', '');
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      this.open();
    }, this.waitMs);
    this.waitMs = Math.min(LONGEST_WAIT_MS, 2 * this.waitMs);
  }

  private async isRefused(): Promise<boolean> {
    try {
      const { status } = await fetch(location.href, { cache: 'no-store' });
      return REFUSED.includes(status);
    } catch {
      return false;
    }
  }

  private say(state: LineState, why: string): void {
    if (state === this.state && state !== 'open') return;
    this.state = state;
    this.listener.onLine(state, why);
  }

  private send(name: (typeof METHODS)[number], args: unknown[]): Promise<unknown> {
    const { remote } = this;
    if (remote === null) return Promise.reject(new LineBroken());
    return new Promise((resolve, reject) => {
      this.breakers.add(reject);
      const call = remote[name] as unknown as (...args: unknown[]) => Promise<unknown>;
      call(...args)
        .then(resolve, reject)
        .finally(() => this.breakers.delete(reject));
    });
  }
}
