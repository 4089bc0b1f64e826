/**
 * One page at a time may write. The first one may; others ask, and have the pen when the writer lets go, when
 * it is gone, or when it has not answered for ten seconds.
 */

import type { WriterState } from './protocol.js';

const SILENT_MS = 10_000;

export class Pen {
  #writer: number | null = null;
  #asking: number[] = [];
  readonly #clients = new Set<number>();
  readonly #changed: () => void;
  readonly #silentMs: number;
  #timer: NodeJS.Timeout | undefined;

  /** `changed`: called after everything that changes, for whoever is to be told. */
  constructor(changed: () => void, silentMs = SILENT_MS) {
    this.#changed = changed;
    this.#silentMs = silentMs;
  }

  has(client: number): boolean {
    return this.#writer === client;
  }

  state(client: number): WriterState {
    return {
      writer: this.#writer,
      mine: this.#writer === client,
      asking: [...this.#asking],
      clients: this.#clients.size,
    };
  }

  join(client: number): void {
    this.#clients.add(client);
    this.#writer ??= client;
    this.#changed();
  }

  leave(client: number): void {
    this.#clients.delete(client);
    this.#asking = this.#asking.filter((other) => other !== client);
    if (this.#writer === client) {
      this.#writer = null;
      // Who is there already would otherwise be left without one.
      this.#pass(this.#asking[0] ?? [...this.#clients][0] ?? null);
    }
    this.#changed();
  }

  ask(client: number): void {
    if (this.#writer === client || this.#asking.includes(client)) return;
    if (this.#writer === null) this.#pass(client);
    else {
      this.#asking.push(client);
      this.#timer ??= setTimeout(() => this.#pass(this.#asking[0] ?? null, true), this.#silentMs).unref();
    }
    this.#changed();
  }

  /** By the writer: to whoever asked first. */
  letGo(client: number): void {
    if (this.#writer !== client) return;
    this.#pass(this.#asking[0] ?? null);
    this.#changed();
  }

  /** By the writer: nobody is asking any more. */
  keep(client: number): void {
    if (this.#writer !== client) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#asking = [];
    this.#changed();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #pass(to: number | null, tell = false): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writer = to;
    this.#asking = this.#asking.filter((other) => other !== to);
    if (this.#asking.length > 0 && to !== null)
      this.#timer = setTimeout(() => this.#pass(this.#asking[0] ?? null, true), this.#silentMs).unref();
    if (tell) this.#changed();
  }
}
