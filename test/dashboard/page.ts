/** A page without a browser: the socket of the package ws, and Comlink over it. */

import * as Comlink from 'comlink';
import WebSocket from 'ws';
import {
  type Dashboard,
  type DashboardEvent,
  type Frame,
  type SocketLike,
  socketEndpoint,
} from '../../src/dashboard/protocol.js';

export interface Page {
  dashboard: Comlink.Remote<Dashboard>;
  socket: WebSocket;
  events: DashboardEvent[];
  frames: Frame[];
  closed: Promise<{ code: number; reason: string }>;
  /** Resolves with the first event, past or to come, that this holds of. */
  until<T extends DashboardEvent>(holds: (event: DashboardEvent) => event is T): Promise<T>;
  untilFrame(holds: (frame: Frame) => boolean): Promise<Frame>;
  close(): Promise<void>;
}

export function socketUrl(url: string): string {
  const { host, search } = new URL(url);
  return `ws://${host}/socket${search}`;
}

/** Rejects where the server refuses it. */
export async function openPage(url: string, options: WebSocket.ClientOptions = {}): Promise<Page> {
  const socket = new WebSocket(socketUrl(url), options);
  const events: DashboardEvent[] = [];
  const frames: Frame[] = [];
  const waiting = new Set<() => void>();
  const woken = () => {
    for (const wake of waiting) wake();
  };
  const endpoint = socketEndpoint(
    socket as unknown as SocketLike,
    (event) => {
      events.push(event);
      woken();
    },
    (frame) => {
      frames.push(frame);
      woken();
    },
  );
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
    socket.once('unexpected-response', (_request, response) =>
      reject(new Error(`refused with ${response.statusCode}`)),
    );
  });
  socket.on('error', () => {});
  const until = <T>(list: readonly T[], holds: (one: T) => boolean): Promise<T> =>
    new Promise((resolve) => {
      const look = () => {
        const found = list.find(holds);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  return {
    dashboard: Comlink.wrap<Dashboard>(endpoint as Comlink.Endpoint),
    socket,
    events,
    frames,
    closed,
    until: (holds) => until(events, holds) as Promise<never>,
    untilFrame: (holds) => until(frames, holds),
    async close() {
      socket.close();
      await closed;
    },
  };
}
