/**
 * The server of the live dashboard: http for the page, a WebSocket for each page that is open, and one run
 * that they watch and one of them drives. See docs/dashboard.md, and `security.ts` for who may do what.
 */

import { createReadStream, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type WebSocket, WebSocketServer } from 'ws';
import { InputError, isInputError } from '../base/errors.js';
import { issuesOf, loadConfig, parseConfigText } from '../config/load.js';
import { loadRegistries } from '../config/registries.js';
import { configJsonSchema } from '../config/schema.js';
import { ownVersion } from '../output/versions.js';
import type { LoadedConfig, Override } from '../run/config.js';
import { dashboardUrl } from '../run/locations.js';
import { configIn, configsIn, runsIn, thinned, traceOf } from './catalogue.js';
import { Client } from './client.js';
import { Driver, type DriverOptions } from './driver.js';
import { fileBelow, fileOfRun, type Served } from './files.js';
import { inspected } from './inspect.js';
import { LARGEST_MESSAGE } from './messages.js';
import { Pen } from './pen.js';
import {
  type ConfigSource,
  type Dashboard,
  type DashboardEvent,
  PROTOCOL,
  type StartRequest,
} from './protocol.js';
import { bracketed, newToken, refusedSender, sameToken, securityHeaders } from './security.js';

const PING_MS = 15_000;
const MOST_CLIENTS = 64;
const DEFAULT_EDGES = 200_000;
const GOING_AWAY = 1001;
/** How long pages are waited for when the server ends. */
const LEAVE_MS = 300;

export interface DashboardOptions extends DriverOptions {
  /** Address to listen at; 127.0.0.1 where absent. */
  host?: string;
  /** 0 or absent: any that is free. */
  port?: number;
  /** A new random one where absent. */
  token?: string;
  /** Where configs and earlier runs are looked for; the working directory where absent. */
  root?: string;
  /** The config that a page begins with. */
  config?: { text: string; folder: string; shown: string } | null;
  /** Folder of the built page; what comes with the package where absent. */
  page?: string;
  /** A page that has asked for the pen has it after so long, if the writer is silent. */
  silentMs?: number;
}

/** A server that is up. */
export interface DashboardServer {
  /** With the token. */
  url: string;
  port: number;
  token: string;
  driver: Driver;
  /** Pages that are connected. */
  clients(): number;
  /** Ends the run under way with its results written, tells the pages, and ends. Idempotent. */
  close(why: string): Promise<void>;
}

export async function startDashboard(options: DashboardOptions): Promise<DashboardServer> {
  const server = new Dashboards(options);
  await server.listen();
  return server;
}

class Dashboards implements DashboardServer {
  readonly driver: Driver;
  readonly token: string;
  readonly #options: DashboardOptions;
  readonly #host: string;
  readonly #root: string;
  readonly #page: string;
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #clients = new Map<number, Client>();
  readonly #pen: Pen;
  #numbers = 0;
  #ping: NodeJS.Timeout | undefined;
  #closing: Promise<void> | null = null;
  readonly #stateTimers = new Map<number, NodeJS.Timeout>();
  readonly #stateSent = new Map<number, number>();
  #stateTick: NodeJS.Timeout | undefined;

  constructor(options: DashboardOptions) {
    this.#options = options;
    this.#host = options.host ?? '127.0.0.1';
    this.token = options.token ?? newToken();
    this.#root = path.resolve(options.root ?? '.');
    this.#page = options.page ?? fileURLToPath(dashboardUrl);
    this.#pen = new Pen(() => this.#tellWriters(), options.silentMs);
    this.driver = new Driver(
      {
        changed: () => this.#tellState(),
        rows: (rows) => {
          for (const client of this.#clients.values()) client.sendRows(this.driver.runId, false, rows);
        },
        network: () => this.#tell({ event: 'network', cut: this.driver.cut }),
      },
      options,
    );
    this.#http = createServer((request, response) => this.#answer(request, response));
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload: LARGEST_MESSAGE,
      perMessageDeflate: false,
      clientTracking: false,
    });
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  async listen(): Promise<void> {
    const { port = 0 } = this.#options;
    await new Promise<void>((resolve, reject) => {
      const refuse = (error: NodeJS.ErrnoException) => reject(cannotListen(error, this.#host, port));
      this.#http.once('error', refuse);
      this.#http.listen(port, this.#host.replaceAll(/[[\]]/g, ''), () => {
        this.#http.off('error', refuse);
        resolve();
      });
    });
    this.#ping = setInterval(() => {
      for (const client of this.#clients.values()) if (!client.ping()) client.drop();
    }, PING_MS);
    this.#stateTick = setInterval(() => {
      if (this.driver.busy) this.#tellState(false);
    }, 33);
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  get url(): string {
    const shown = this.#host === '0.0.0.0' || this.#host === '::' ? '127.0.0.1' : bracketed(this.#host);
    return `http://${shown}:${this.port}/?token=${encodeURIComponent(this.token)}`;
  }

  clients(): number {
    return this.#clients.size;
  }

  close(why: string): Promise<void> {
    this.#closing ??= this.#end(why);
    return this.#closing;
  }

  async #end(why: string): Promise<void> {
    await this.driver.close();
    clearInterval(this.#ping);
    clearInterval(this.#stateTick);
    this.#tellState();
    this.#tell({ event: 'bye', why });
    for (const client of this.#clients.values()) client.close(GOING_AWAY, why.slice(0, 100));
    this.#pen.close();
    for (const timer of this.#stateTimers.values()) clearTimeout(timer);
    const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    const patience = setTimeout(() => {
      for (const client of this.#clients.values()) client.drop();
      this.#http.closeAllConnections();
    }, LEAVE_MS);
    await closed;
    clearTimeout(patience);
  }

  // What a browser asks for.

  #answer(request: IncomingMessage, response: ServerResponse): void {
    for (const [name, value] of Object.entries(securityHeaders(request.headers.host)))
      response.setHeader(name, value);
    const why = refusedSender(request, this.#host);
    if (why !== null) {
      plain(response, 403, `refused: ${why}`);
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      plain(response, 405, 'this server is read by GET');
      return;
    }
    const place = placeOf(request);
    if (place === null) {
      plain(response, 400, 'this is no address');
      return;
    }
    const { pathname, token } = place;
    const mayEnter = sameToken(token, this.token);
    if (pathname === '/' || pathname === '/index.html') {
      if (!mayEnter) this.#refuse(response);
      else this.#send(request, response, fileBelow(this.#page, 'index.html'), NO_PAGE);
      return;
    }
    if (pathname.startsWith('/run/')) {
      if (!mayEnter) {
        plain(response, 403, 'refused: the token in the address is missing, or another one');
        return;
      }
      const { folder } = this.driver;
      const file = folder === null ? null : fileOfRun(folder, pathname.slice('/run/'.length));
      this.#send(request, response, file, null);
      return;
    }
    // Parts of the page hold nothing that is secret.
    this.#send(request, response, fileBelow(this.#page, pathname), null);
  }

  #refuse(response: ServerResponse): void {
    const page = fileBelow(this.#page, 'refused.html');
    if (page === null) {
      plain(response, 403, 'refused: the token in the address is missing, or another one');
      return;
    }
    response.writeHead(403, { 'Content-Type': page.type });
    response.end(readFileSync(page.file));
  }

  #send(request: IncomingMessage, response: ServerResponse, served: Served | null, instead: string | null) {
    if (served === null) {
      if (instead === null) plain(response, 404, 'there is no such file');
      else {
        response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
        response.end(instead);
      }
      return;
    }
    response.writeHead(200, { 'Content-Type': served.type });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    createReadStream(served.file)
      .on('error', () => response.destroy())
      .pipe(response);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const place = placeOf(request);
    const why =
      refusedSender(request, this.#host) ??
      (place?.pathname !== '/socket'
        ? 'there is no socket here'
        : !sameToken(place.token, this.token)
          ? 'the token in the address is missing, or another one'
          : this.#clients.size >= MOST_CLIENTS
            ? `${MOST_CLIENTS} pages are connected already`
            : null);
    if (why !== null || this.#closing !== null) {
      socket.end(
        `HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\nrefused: ${why ?? 'the server ends'}\n`,
      );
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#join(opened));
  }

  // What a page does.

  #join(socket: WebSocket): void {
    const number = ++this.#numbers;
    const client = new Client(number, socket, {
      dashboard: this.#dashboard(number),
      mayWrite: () => this.#pen.has(number),
      frames: () => this.driver.frames,
    });
    this.#clients.set(number, client);
    socket.on('error', () => client.drop());
    socket.on('close', () => {
      client.end();
      this.#clients.delete(number);
      clearTimeout(this.#stateTimers.get(number));
      this.#stateTimers.delete(number);
      this.#stateSent.delete(number);
      this.#pen.leave(number);
    });
    this.#pen.join(number);
  }

  #dashboard(number: number): Dashboard {
    const { driver } = this;
    const root = this.#root;
    const pen = this.#pen;
    return {
      hello: async () => ({
        protocol: PROTOCOL,
        version: ownVersion(),
        client: number,
        writer: pen.state(number),
        state: driver.state(),
        config: this.#options.config?.text ?? null,
      }),
      watch: async (wanted) => {
        const client = this.#clients.get(number);
        const had = client?.watches.rows === true;
        client?.watch(wanted);
        if (wanted.rows === true && !had) client?.sendRows(driver.runId, true, driver.rowsSoFar());
        return driver.state();
      },
      network: async ({ edges = false, mostEdges = DEFAULT_EDGES, positions = false }) => {
        const { frames } = driver;
        const facts = driver.facts();
        if (frames === null || facts === null) throw new InputError('there is no network yet: start a run');
        const client = this.#clients.get(number);
        let sentEdges = 0;
        if (edges) {
          const made = frames.edges(mostEdges);
          sentEdges = made.sent;
          client?.sendFrames(made.frames);
        }
        const places = positions ? driver.places() : null;
        if (places !== null) client?.sendFrames(frames.positions(places));
        return { ...facts, sentEdges, labels: driver.labels(), cut: driver.cut };
      },
      inspect: async (agent) => {
        const { frames } = driver;
        if (frames === null) throw new InputError('no run is under way: start one first');
        return inspected(await driver.inspect(agent), frames);
      },
      rows: async (most) => thinned(driver.rowsSoFar(), most),
      schema: async () => configJsonSchema(await loadRegistries()),
      configs: async () => configsIn(root),
      readConfig: async (file) => configIn(root, file).text,
      checkConfig: async (source) => {
        const { text, shown } = this.#textOf(source);
        const issues = await issuesOf(text, shown);
        return issues.map(({ path: at, text: message, line, hint }) => ({
          path: [...at],
          message,
          line: line ?? null,
          hint: hint ?? null,
        }));
      },
      runs: async () => runsIn(root),
      trace: async (run, columns, most) => traceOf(root, run, columns, most),
      askToWrite: async () => {
        pen.ask(number);
        return pen.state(number);
      },
      letWrite: async () => {
        pen.letGo(number);
        return pen.state(number);
      },
      keepWriting: async () => {
        pen.keep(number);
        return pen.state(number);
      },
      start: async (request) => {
        const loaded = await this.#load(request);
        const plan = await driver.start(loaded, request.paused === true);
        for (const client of this.#clients.values()) client.sendRows(driver.runId, true, driver.rowsSoFar());
        return plan;
      },
      pause: () => driver.pause(),
      resume: () => driver.resume(),
      step: (rounds) => driver.step(rounds),
      stop: () => driver.stop(),
      change: (edits) => driver.change(edits),
    };
  }

  #textOf(source: ConfigSource): { text: string; shown: string } {
    if ('yaml' in source) return { text: source.yaml, shown: 'the config' };
    return { text: configIn(this.#root, source.file).text, shown: source.file };
  }

  /** Through the same loader as a config on the command line. */
  async #load({ config: source, seed, rounds }: StartRequest): Promise<LoadedConfig> {
    const overrides: Override[] = [
      ...(seed === undefined ? [] : [{ path: ['seed'], value: seed, origin: 'the form' }]),
      ...(rounds === undefined ? [] : [{ path: ['rounds'], value: rounds, origin: 'the form' }]),
    ];
    if ('file' in source) return loadConfig(configIn(this.#root, source.file).file, overrides);
    const own = this.#options.config;
    // Paths in the text that a page was given are those of its file.
    const folder = own && source.yaml === own.text ? own.folder : this.#root;
    return parseConfigText(source.yaml, { folder, shown: 'the config', overrides });
  }

  // What pages are told.

  #tell(event: DashboardEvent): void {
    for (const client of this.#clients.values()) client.send(event);
  }

  #tellWriters(): void {
    for (const [number, client] of this.#clients)
      client.send({ event: 'writer', writer: this.#pen.state(number) });
  }

  /** At once where something happened, else as often as a page wants. */
  #tellState(atOnce = true): void {
    const now = performance.now();
    for (const [number, client] of this.#clients) {
      if (!atOnce && now - (this.#stateSent.get(number) ?? 0) < client.stateMs) continue;
      this.#stateSent.set(number, now);
      client.send({ event: 'state', state: this.driver.state() });
      if (client.takesAllRows()) client.sendRows(this.driver.runId, true, this.driver.rowsSoFar());
    }
  }
}

const NO_PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Sottovoce</title>
<body><h1>Sottovoce</h1><p>The server of the dashboard is up. Its page is not part of this build.</p></body></html>
`;

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}

/** Null where the address cannot be read. */
function placeOf({ url = '/' }: IncomingMessage): { pathname: string; token: string | null } | null {
  const query = url.indexOf('?');
  // As it was sent: whoever parses an address takes `..` out of it, which is for us to refuse.
  const pathname = query < 0 ? url : url.slice(0, query);
  if (!pathname.startsWith('/')) return null;
  const token = new URLSearchParams(query < 0 ? '' : url.slice(query + 1)).get('token');
  return { pathname, token };
}

function cannotListen(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const where = `${bracketed(host)}:${port}`;
  if (isInputError(error)) return error;
  switch (error.code) {
    case 'EADDRINUSE':
      return new InputError(`somebody else listens at ${where}`, {
        hint: 'give --port another number, or 0',
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new InputError(`${host} is no address of this machine`, {
        hint: 'leave --host out, or give it one',
      });
    case 'EACCES':
      return new InputError(`nobody but root may listen at ${where}`, { hint: 'take a --port above 1023' });
    default:
      return error;
  }
}
