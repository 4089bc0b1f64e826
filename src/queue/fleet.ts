/** Who works: what workers say of themselves, as whoever orders hears it. */

import { plural } from '../base/format.js';
import type { QueueConnection } from './connection.js';
import { ABSENT_MS, FLEET_SUBJECT, type Presence } from './protocol.js';

/** A name that a terminal shows as it stands. */
const PLAIN = /^[\p{L}\p{N}\p{P}\p{S} ]{1,255}$/u;

export class Fleet {
  private readonly workers = new Map<string, { heardMs: number; said: Presence }>();
  private readonly subscription: { unsubscribe(): void };
  private readonly study: string;

  constructor({ nc }: QueueConnection, study: string) {
    this.study = study;
    this.subscription = nc.subscribe(FLEET_SUBJECT, {
      callback: (_error, message) => this.hear(message.string()),
    });
  }

  hear(text: string, nowMs = Date.now()): void {
    const said = readPresence(text);
    if (said === null) return;
    if (said.gone) this.workers.delete(said.worker);
    else this.workers.set(said.worker, { heardMs: nowMs, said });
  }

  /** Those that take jobs of this study, and why others do not. */
  view(nowMs = Date.now()): { able: Presence[]; refuse: { said: Presence; why: string }[] } {
    const able: Presence[] = [];
    const refuse: { said: Presence; why: string }[] = [];
    for (const [worker, { heardMs, said }] of this.workers) {
      if (nowMs - heardMs > ABSENT_MS) {
        this.workers.delete(worker);
        continue;
      }
      const why = said.refuses[this.study];
      if (why === undefined) able.push(said);
      else refuse.push({ said, why });
    }
    return { able, refuse };
  }

  /** `4 workers on 2 hosts (a, b), 8 jobs at a time` */
  describe(nowMs = Date.now()): string {
    const { able, refuse } = this.view(nowMs);
    const hosts = [...new Set(able.map(({ host }) => host))].sort();
    const jobs = able.reduce((sum, { jobs }) => sum + jobs, 0);
    const named = hosts.length > 4 ? [...hosts.slice(0, 3), '…'] : hosts;
    const where = hosts.length === 0 ? '' : ` on ${plural(hosts.length, 'host')} (${named.join(', ')})`;
    const others = refuse.length === 0 ? '' : `, ${plural(refuse.length, 'other')} refused`;
    return able.length === 0
      ? `no worker${others}`
      : `${plural(able.length, 'worker')}${where}, ${plural(jobs, 'job')} at a time${others}`;
  }

  close(): void {
    this.subscription.unsubscribe();
  }
}

/** Null where it is nothing that a worker says: anybody may write to a server without a login. */
function readPresence(text: string): Presence | null {
  let said: Partial<Presence> | null;
  try {
    said = JSON.parse(text) as Partial<Presence> | null;
  } catch {
    return null;
  }
  if (said === null || typeof said !== 'object') return null;
  const { worker, host, pid, jobs, refuses } = said;
  if (![worker, host].every((name) => typeof name === 'string' && PLAIN.test(name))) return null;
  if (![pid, jobs].every((count) => Number.isSafeInteger(count))) return null;
  if (refuses === null || typeof refuses !== 'object') return null;
  return said as Presence;
}
