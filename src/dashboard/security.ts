/**
 * Who may speak to the server of a dashboard.
 *
 * The token in the address is the right to everything, so it is long, random and compared in constant time. A
 * page of somebody else in the same browser can reach this server, but does not know the token; that its
 * requests are refused before it is even looked at is a second wall: Host must name this machine (a name that
 * was made to point here, DNS rebinding, does not), and Origin, where a browser sends one, must be the same.
 */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import os from 'node:os';

const TOKEN_BYTES = 32;
/** Shorter ones could be guessed. */
export const SHORTEST_TOKEN = 16;
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** Takes as long for a token that is nearly right as for any other. */
export function sameToken(given: string | null, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given ?? ''), digest(token)) && given !== null;
}

/** Why a request is refused before its path is looked at, as half a sentence; null where it is not. */
export function refusedSender({ headers }: IncomingMessage, listening: string): string | null {
  const host = nameOf(headers.host);
  if (host === null || !namesOf(listening).includes(host)) return 'its Host names another machine';
  const { origin } = headers;
  if (origin === undefined) return null;
  let from: URL;
  try {
    from = new URL(origin);
  } catch {
    return 'its Origin is another page';
  }
  return from.host === headers.host?.toLowerCase() && /^https?:$/.test(from.protocol)
    ? null
    : 'its Origin is another page';
}

/** Without the port: through a tunnel a browser sees another one. */
function nameOf(host: string | undefined): string | null {
  return /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5})?$/i.exec(host ?? '')?.[1]?.toLowerCase() ?? null;
}

/** What this machine may be called by whoever reaches the address that is listened at. */
function namesOf(listening: string): string[] {
  if (isLoopback(listening)) return LOOPBACK;
  const own = bracketed(listening.toLowerCase());
  if (own !== '0.0.0.0' && own !== '[::]') return [...LOOPBACK, own];
  const addresses = Object.values(os.networkInterfaces()).flatMap((list) => list ?? []);
  return [
    ...LOOPBACK,
    os.hostname().toLowerCase(),
    ...addresses.map(({ address }) => bracketed(address.toLowerCase())),
  ];
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** As it stands in an address. */
export function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

/** What a page may do. It needs no more than its own files and this socket. */
export function securityHeaders(host: string | undefined): Record<string, string> {
  const name = nameOf(host) === null ? '' : ` ws://${host} wss://${host}`;
  return {
    'Content-Security-Policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self' 'unsafe-inline'",
      "img-src 'self' data: blob:",
      "font-src 'self'",
      `connect-src 'self'${name}`,
      "worker-src 'self' blob:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    // The token stands in the address.
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
  };
}
