/**
 * One page: its socket, what it watches, and the methods that it may call. A page that does not take what it
 * is sent gets fewer frames, and none of the others waits for it; one that takes nothing at all is dropped.
 */

import type { WebSocket } from 'ws';
import { Comlink } from '../session/comlink.js';
import type { TraceRow } from '../trace/row.js';
import type { RunFrames } from './frames.js';
import { type Call, readCall } from './messages.js';
import {
  type AgentFrames,
  type Dashboard,
  type DashboardEvent,
  decodeText,
  encodeText,
  METHODS,
  type Watch,
  WRITING,
} from './protocol.js';

/** Frames are left out as long as this waits to be sent. */
const BUSY_BYTES = 2 ** 20;
/** Whoever has let so much pile up is gone, or as good as gone. */
const LOST_BYTES = 64 * 2 ** 20;
/** What looking at all agents may take of this thread: it has work of its own, and a machine has few cores. */
const LOOK_SHARE = 0.1;
const MOST_REFUSED = 100;
const MOST_CALLS_UNDER_WAY = 200;
const TEXT_BEHIND = 1007;
const POLICY_VIOLATION = 1008;

type Handler = (event: { data: unknown }) => void;

export interface ClientHooks {
  /** The methods, for this client. */
  dashboard: Dashboard;
  /** Whether this one may write. */
  mayWrite(): boolean;
  frames(): RunFrames | null;
}

export class Client {
  readonly number: number;
  readonly #socket: WebSocket;
  readonly #hooks: ClientHooks;
  readonly #handlers = new Set<Handler>();
  #watch: Watch = {};
  #timers: NodeJS.Timeout[] = [];
  #refused = 0;
  #underWay = 0;
  #stateMs = 250;
  #alive = true;
  #rowsBehind = false;

  constructor(number: number, socket: WebSocket, hooks: ClientHooks) {
    this.number = number;
    this.#socket = socket;
    this.#hooks = hooks;
    socket.on('message', (data, isBinary) => this.#hear(data as Buffer, isBinary));
    socket.on('pong', () => {
      this.#alive = true;
    });
    Comlink.expose(this.#facade(), this.#endpoint() as unknown as Comlink.Endpoint);
  }

  get watches(): Watch {
    return this.#watch;
  }

  /** At most so often it is told the state. */
  get stateMs(): number {
    return this.#stateMs;
  }

  send(event: DashboardEvent): void {
    this.#text(encodeText(event));
  }

  sendRows(run: string, first: boolean, rows: TraceRow[]): void {
    if (this.#watch.rows !== true) return;
    // Rows of a page that lags are not kept for it: it is given all of them anew once it listens again.
    if (this.#socket.bufferedAmount > BUSY_BYTES && !first) {
      this.#rowsBehind = true;
      return;
    }
    this.send({ event: 'rows', run, first, rows });
  }

  /** Whether rows were left out, and it could take all of them now. */
  takesAllRows(): boolean {
    if (!this.#rowsBehind || this.#socket.bufferedAmount > BUSY_BYTES / 4) return false;
    this.#rowsBehind = false;
    return true;
  }

  sendFrames(frames: readonly ArrayBuffer[]): void {
    for (const frame of frames) this.#socket.send(frame);
  }

  watch(wanted: Watch): void {
    this.#watch = wanted;
    this.#stateMs = 1000 / (wanted.stateHz ?? 4);
    this.#stop();
    this.#repeat(wanted.disagreement, (frames, section) => frames.disagreement(section));
    this.#repeat(wanted.bits, (frames, section) => frames.bits(section));
  }

  /** Asks whether it is still there; false where it did not answer the last time. */
  ping(): boolean {
    if (!this.#alive) return false;
    this.#alive = false;
    this.#socket.ping();
    return true;
  }

  /** It is gone. */
  end(): void {
    this.#stop();
  }

  drop(): void {
    this.#stop();
    this.#socket.terminate();
  }

  close(code: number, why: string): void {
    this.#stop();
    this.#socket.close(code, why);
  }

  /** As often as it wants and takes, and no oftener than this thread can without being felt. */
  #repeat(wanted: AgentFrames | undefined, make: (frames: RunFrames, section: AgentFrames) => ArrayBuffer) {
    if (wanted === undefined) return;
    const leastMs = 1000 / wanted.hz;
    let due = performance.now();
    let told = '';
    const turn = () => {
      const began = performance.now();
      const frames = this.#hooks.frames();
      if (frames !== null && this.#socket.bufferedAmount < BUSY_BYTES) {
        const now = `${frames.changes} ${frames.round} ${frames.shared.plan.layout.hash}`;
        // In a pause there is nothing new to see.
        if (now !== told || !frames.stands) {
          this.#socket.send(make(frames, wanted));
          told = now;
        }
      }
      const ended = performance.now();
      due = Math.max(due + leastMs, ended + (ended - began) / LOOK_SHARE - (ended - began));
      this.#timers[slot] = setTimeout(turn, Math.max(1, due - ended));
    };
    const slot = this.#timers.push(setTimeout(turn, 1)) - 1;
  }

  #stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
  }

  #text(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > LOST_BYTES) {
      this.drop();
      return;
    }
    this.#socket.send(text);
  }

  #hear(data: Buffer, isBinary: boolean): void {
    let message: unknown;
    try {
      if (isBinary) throw new TypeError('a page sends text');
      message = decodeText(data.toString('utf8'));
    } catch {
      this.close(TEXT_BEHIND, 'this is no message of the dashboard');
      return;
    }
    const call = readCall(message);
    if ('why' in call) {
      if (call.id === null || ++this.#refused > MOST_REFUSED)
        this.close(POLICY_VIOLATION, call.why.slice(0, 100));
      else this.#answer(call.id, call.why, 'BAD_CALL');
      return;
    }
    const refusal = this.#refusal(call);
    if (refusal !== null) {
      this.#answer(call.id, refusal[1], refusal[0]);
      return;
    }
    this.#underWay++;
    const argumentList = call.given.map((value) => ({ type: 'RAW', value }));
    const passed = { id: call.id, type: 'APPLY', path: [call.method], argumentList };
    for (const handler of this.#handlers) handler({ data: passed });
  }

  #refusal({ method }: Call): [code: string, why: string] | null {
    if (this.#underWay >= MOST_CALLS_UNDER_WAY) return ['TOO_MANY', 'too many calls are under way'];
    if (!(WRITING as readonly string[]).includes(method) || this.#hooks.mayWrite()) return null;
    return ['NOT_WRITER', 'another page has the pen: ask for it first'];
  }

  #answer(id: string, message: string, code: string): void {
    this.#text(encodeText(thrown(id, { name: 'Error', message, code })));
  }

  /** Own functions of an object without a prototype: there is nothing else to be found. */
  #facade(): object {
    const { dashboard } = this.#hooks;
    const facade: Record<string, unknown> = Object.create(null);
    for (const name of METHODS)
      facade[name] = (...given: unknown[]) => (dashboard[name] as (...given: unknown[]) => unknown)(...given);
    return Object.freeze(facade);
  }

  #endpoint() {
    return {
      postMessage: (message: unknown) => {
        this.#underWay--;
        this.#text(encodeText(withoutStack(message)));
      },
      addEventListener: (_type: string, handler: Handler) => void this.#handlers.add(handler),
      removeEventListener: (_type: string, handler: Handler) => void this.#handlers.delete(handler),
    };
  }
}

/** As Comlink says that a call was refused. */
function thrown(id: string, value: object) {
  return { id, type: 'HANDLER', name: 'throw', value: { isError: true, value } };
}

/** Where in our files something was thrown is nothing that a page is told. */
function withoutStack(message: unknown): unknown {
  const { id, name, value } = message as {
    id: string;
    name?: string;
    value?: { isError?: boolean; value?: Record<string, unknown> };
  };
  if (name !== 'throw' || value?.isError !== true || value.value === undefined) return message;
  const { stack: _stack, cause: _cause, file: _file, ...rest } = value.value;
  return thrown(id, { ...rest, code: rest['code'] ?? 'FAILED' });
}
