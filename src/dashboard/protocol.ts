/**
 * The contract between a dashboard's page and its server. Both import this file; nothing in it needs Node or a
 * browser.
 *
 * One WebSocket a page, at `/socket?token=...`, carries three kinds of messages:
 *
 *     text, with `id`       Comlink: calls of `Dashboard` and their answers, in the text form below
 *     text, with `event`    what the server says of itself: a `DashboardEvent`
 *     binary                frames of numbers, as `readFrame` takes them apart
 *
 * Text is JSON in which numbers that are not finite survive (`encodeText`, `decodeText`). A page wraps the
 * socket once:
 *
 *     const dashboard = Comlink.wrap<Dashboard>(socketEndpoint(socket, onEvent, onFrame));
 *     await dashboard.watch({ rows: true, disagreement: { hz: 30 } });
 *
 * A call that is refused rejects with an Error that has `code`, `message`, and where known `path` and `hint`.
 * Callbacks cannot be passed: what comes unasked comes as events and frames. Whoever reconnects says again
 * what it watches.
 */

import type { Change, ChangeReport, EdgeEnds, Edit } from '../run/changes.js';
import type { PlanReport, Summary } from '../run/reports.js';
import type { TraceRow } from '../trace/row.js';

export type { Change, ChangeReport, EdgeEnds, Edit, PlanReport, Summary, TraceRow };

/** Raised whenever a page of another version could misread. */
export const PROTOCOL = 1;

/**
 * What a page may call. Those under "writing" are refused with code NOT_WRITER unless this page is the writer;
 * there is one at a time.
 */
export interface Dashboard {
  /** Who one is, what there is. First of all. */
  hello(): Promise<Hello>;
  /** What is sent to this page from now on; what is left out is not sent. Answers with the state. */
  watch(wanted: Watch): Promise<DashboardState>;
  /** Sends frames of the network once (edges, then positions), as asked; resolves before they arrive. */
  network(wanted: NetworkRequest): Promise<NetworkReport>;
  /** One agent, with its last messages bit by bit. */
  inspect(agent: number): Promise<AgentReport>;
  /** Rows of the trace of the run under way, thinned evenly to at most `most` (1..20000). */
  rows(most: number): Promise<TraceRow[]>;

  /** JSON Schema of a config (draft 2020-12). */
  schema(): Promise<object>;
  /** Configs that a run can be started from. */
  configs(): Promise<ConfigFile[]>;
  /** A config's text. `file`: as `configs()` gives it. */
  readConfig(file: string): Promise<string>;
  /** What is wrong with a config, by place; empty where nothing is. Nothing is run. */
  checkConfig(config: ConfigSource): Promise<ConfigIssue[]>;
  /** Earlier runs, newest first. */
  runs(): Promise<EarlierRun[]>;
  /** Columns of an earlier run's trace, thinned evenly to at most `most` rows (1..20000). */
  trace(
    run: string,
    columns: (keyof TraceRow)[],
    most: number,
  ): Promise<Partial<Record<keyof TraceRow, number[]>>>;

  /** Asks for the pen: gives it at once where nobody has it, else once the writer lets go, or is silent for 10 s. */
  askToWrite(): Promise<WriterState>;
  /** The writer lets go: whoever asked first has the pen, or nobody. */
  letWrite(): Promise<WriterState>;
  /** The writer answers those who ask with no: they are told, and may ask again. */
  keepWriting(): Promise<WriterState>;

  // Writing.
  /** Starts a run; refused while one is under way. Resolves when it is prepared and its rounds begin (or stand at 0). */
  start(run: StartRequest): Promise<PlanReport>;
  /** Resolves when all workers stand still; gives the round. */
  pause(): Promise<number>;
  resume(): Promise<void>;
  /** From a pause: so many rounds; gives the round at which it stands again. */
  step(rounds: number): Promise<number>;
  /** Ends the run; its results are written. */
  stop(): Promise<void>;
  /** From a pause: changes it between two rounds. It stays paused. */
  change(edits: Edit[]): Promise<ChangeReport>;
}

/** Names of all of them: the server answers no other. */
export const METHODS = [
  'hello',
  'watch',
  'network',
  'inspect',
  'rows',
  'schema',
  'configs',
  'readConfig',
  'checkConfig',
  'runs',
  'trace',
  'askToWrite',
  'letWrite',
  'keepWriting',
  'start',
  'pause',
  'resume',
  'step',
  'stop',
  'change',
] as const satisfies readonly (keyof Dashboard)[];

/** Those that only the writer may call. */
export const WRITING = ['start', 'pause', 'resume', 'step', 'stop', 'change'] as const;

export interface Hello {
  protocol: number;
  /** Of Sottovoce. */
  version: string;
  /** This page's number, from 1. */
  client: number;
  writer: WriterState;
  state: DashboardState;
  /** Of the config that the command line was given, as YAML; null where none was. */
  config: string | null;
}

export interface WriterState {
  /** The page that may write; null: nobody. */
  writer: number | null;
  /** Whether that is this one. */
  mine: boolean;
  /** Pages that have asked for it, first come first. */
  asking: number[];
  /** Pages that are connected. */
  clients: number;
}

/** Where the server is. `none`: no run yet. `over`: its summary is there. `failed`: `error` says why. */
export type Phase = 'none' | 'preparing' | 'running' | 'paused' | 'stepping' | 'writing' | 'over' | 'failed';

export interface DashboardState {
  phase: Phase;
  /** Id of the run, its name and its folder from the working directory; null where there is none. */
  run: { id: string; name: string; folder: string | null } | null;
  plan: PlanReport | null;
  /** What agents are called, and what kind of network it is. */
  network: NetworkFacts | null;
  round: number;
  rounds: number;
  /** Over about the last second; 0 in a pause. */
  roundsPerSecond: number;
  /** Of each worker: where it is. */
  workers: WorkerState[];
  /** Changes so far, in their order. */
  changes: ChangeReport[];
  /** Changes that are still to come by themselves (the end of a silence). */
  pending: Change[];
  summary: Summary | null;
  /** Why it failed, and what to try. */
  error: { message: string; hint: string | null } | null;
  /** Which other calls make sense now. */
  can: { start: boolean; pause: boolean; resume: boolean; step: boolean; stop: boolean; change: boolean };
}

export interface NetworkFacts {
  agents: number;
  /** Of the network as the run began. */
  edges: number;
  directed: boolean;
  /** False for a parameter server: agents have no neighbours. */
  neighbours: boolean;
}

export interface WorkerState {
  worker: number;
  /** Agents that are its own. */
  agents: number;
  /** Share of its time of the last second that its thread was on a core, 0..1; null where the system does not say. */
  busy: number | null;
}

/** What a page wants to be sent. */
export interface Watch {
  /** Rows of the trace as they come (event `rows`); those so far come first. */
  rows?: boolean;
  /** State events at most so often a second, 1..30; 4 where absent. */
  stateHz?: number;
  /** Frames of |x_i - mean x| of agents. */
  disagreement?: AgentFrames;
  /** Frames of the bits that agents' last messages had. */
  bits?: AgentFrames;
}

/** Which agents, and how often. More than `most` of them are told in tiles of equal size, each by its largest. */
export interface AgentFrames {
  /** At most so many frames a second, 1..30. Frames are left out where the page or the line is slow. */
  hz: number;
  /** First agent; 0 where absent. */
  first?: number;
  /** How many; all where absent. */
  count?: number;
  /** Values in a frame at most, 1..1000000; 100000 where absent. */
  most?: number;
}

export interface NetworkRequest {
  /** Frames with the ends of edges. More than `mostEdges` of them are thinned evenly (200000 where absent). */
  edges?: boolean;
  mostEdges?: number;
  /** Frames with a place in the plane for every agent, the same for the same network. */
  positions?: boolean;
}

export interface NetworkReport extends NetworkFacts {
  /** Edges that are sent. */
  sentEdges: number;
  /** Names of the agents, where they have some and there are at most 10000; else null. */
  labels: string[] | null;
  /** Every edge that is cut now. */
  cut: EdgeEnds[];
}

export interface AgentReport {
  agent: number;
  label: string | null;
  round: number;
  /** Numbers of its neighbours, ascending; those behind a link that is cut are not among them. */
  neighbours: number[];
  x: number[];
  v: number[] | null;
  s: number[] | null;
  /** |x - mean x|. */
  disagreement: number;
  /** The messages that its neighbours read in the coming round, one a channel; empty where none can be shown. */
  messages: MessageReport[];
}

/** A message as it lies in its slot. */
export interface MessageReport {
  channel: number;
  /** What it is, in words: `flatten(sign)`. */
  compressor: string;
  /** Bits that are counted for it. */
  bits: number;
  /** The bytes of its slot, hexadecimal, up to the last that has bits of the message. */
  bytes: string;
  /** What the bits mean, in their order; their widths add up to `bits`. */
  fields: MessageField[];
  /** Entries of x as a neighbour reads them; null where they are not known by themselves. */
  decoded: number[] | null;
}

export interface MessageField {
  /** `scale`, `sign`, `level`, `index`, `value`, ... */
  name: string;
  /** Which coordinate it is of; null where of none. */
  coordinate: number | null;
  /** Where it begins: bits from the beginning of the slot, least significant bit of a byte first. */
  offset: number;
  /** In bits. 0: a field that is not sent, but follows from something both ends know. */
  width: number;
  /** What it says, in words. */
  meaning: string;
  /** As a number. */
  value: number;
}

export interface ConfigFile {
  /** From the working directory. */
  file: string;
  /** Of the config. */
  name: string | null;
}

/** A config as text, or one of `configs()`. */
export type ConfigSource = { yaml: string } | { file: string };

export interface ConfigIssue {
  /** Where: `['flow', 'step']`. */
  path: (string | number)[];
  message: string;
  line: number | null;
  hint: string | null;
}

export interface EarlierRun {
  /** What `trace` takes. */
  run: string;
  name: string;
  status: string;
  rounds: number;
  /** When it began, ISO 8601; null where its manifest does not say. */
  time: string | null;
  flow: string;
  compressor: string;
}

export interface StartRequest {
  config: ConfigSource;
  /** It stands still at round 0. */
  paused?: boolean;
  seed?: number;
  rounds?: number;
}

/** What the server says unasked. */
export type DashboardEvent =
  /** Where the server is, when it changes and `stateHz` times a second. */
  | { event: 'state'; state: DashboardState }
  /** Rows of the trace, in order. `first`: they are all so far, and what the page had is to be forgotten. */
  | { event: 'rows'; run: string; first: boolean; rows: TraceRow[] }
  /** Who may write, whenever that changes or somebody asks. */
  | { event: 'writer'; writer: WriterState }
  /** The network is another one now: ask for it again. */
  | { event: 'network'; cut: EdgeEnds[] }
  /** The server ends, by Ctrl-C or because its time is over. */
  | { event: 'bye'; why: string };

// Binary frames: a header of 32 bytes, little-endian, and then 4-byte numbers.

export const FRAME_HEADER_BYTES = 32;

export const FrameKind = {
  /** Float32 an agent or tile: |x_i - mean x|. */
  DISAGREEMENT: 1,
  /** Float32 an agent or tile: bits of its last message. */
  BITS: 2,
  /** Uint32 pairs: numbers of the ends of edges, the smaller first; of directed ones from, to. */
  EDGES: 3,
  /** Float32 pairs: x and y of an agent, each in -1..1. */
  POSITIONS: 4,
} as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

export interface FrameHeader {
  kind: FrameKind;
  /** Rounds done. */
  round: number;
  /** How many changes the run has had: edges and positions of an older one no longer hold. */
  changes: number;
  /** First agent (or edge). */
  first: number;
  /** Values (of pairs: pairs) in this frame. */
  count: number;
  /** Agents (or edges) for each value: 1, or the size of a tile. */
  stride: number;
  /** In all frames of this answer: values, or pairs. */
  total: number;
}

export type Frame =
  | (FrameHeader & {
      kind: typeof FrameKind.DISAGREEMENT | typeof FrameKind.BITS | typeof FrameKind.POSITIONS;
      values: Float32Array;
    })
  | (FrameHeader & { kind: typeof FrameKind.EDGES; values: Uint32Array });

/** Writes a header; what follows it are `count` values, or twice as many where they are pairs. */
export function writeFrameHeader(buffer: ArrayBuffer, header: FrameHeader): void {
  const view = new DataView(buffer, 0, FRAME_HEADER_BYTES);
  const { kind, round, changes, first, count, stride, total } = header;
  [PROTOCOL * 256 + kind, round, changes, first, count, stride, total, 0].forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
}

/** Takes a frame apart without copying. @throws Error where it is none */
export function readFrame(buffer: ArrayBuffer): Frame {
  if (buffer.byteLength < FRAME_HEADER_BYTES) throw new Error(`a frame of ${buffer.byteLength} bytes`);
  const view = new DataView(buffer, 0, FRAME_HEADER_BYTES);
  const word = (i: number) => view.getUint32(4 * i, true);
  const kind = (word(0) & 255) as FrameKind;
  const protocol = word(0) >>> 8;
  if (protocol !== PROTOCOL) throw new Error(`a frame of protocol ${protocol}, expected ${PROTOCOL}`);
  const count = word(4);
  const header = { round: word(1), changes: word(2), first: word(3), count, stride: word(5), total: word(6) };
  const numbers = kind === FrameKind.EDGES || kind === FrameKind.POSITIONS ? 2 * count : count;
  if (buffer.byteLength !== FRAME_HEADER_BYTES + 4 * numbers)
    throw new Error(`a frame of ${buffer.byteLength} bytes that says it holds ${numbers} numbers`);
  if (kind === FrameKind.EDGES)
    return { kind, ...header, values: new Uint32Array(buffer, FRAME_HEADER_BYTES, numbers) };
  return { kind, ...header, values: new Float32Array(buffer, FRAME_HEADER_BYTES, numbers) };
}

// Text: JSON, with numbers that it lacks.

const LACKING = '~number';

/** As JSON. NaN and the infinities stand as `{ "~number": "NaN" }`; typed arrays become lists. */
export function encodeText(value: unknown): string {
  return JSON.stringify(value, (_key, held: unknown) => {
    if (typeof held === 'number' && !Number.isFinite(held)) return { [LACKING]: String(held) };
    if (ArrayBuffer.isView(held) && !(held instanceof DataView)) return Array.from(held as Float64Array);
    return held;
  });
}

/** @throws SyntaxError where it is no JSON */
export function decodeText(text: string): unknown {
  return JSON.parse(text, (_key, held: unknown) => {
    if (held === null || typeof held !== 'object' || !(LACKING in held)) return held;
    return Number((held as Record<string, unknown>)[LACKING]);
  });
}

/** As much of a WebSocket as is needed here: a browser's, or that of the package ws. */
export interface SocketLike {
  binaryType: string;
  send(text: string): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
}

/** What Comlink speaks over. */
export interface TextEndpoint {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject): void;
  removeEventListener(type: string, listener: EventListenerOrEventListenerObject): void;
}

/** A page's end: answers go to Comlink, events and frames to whom they are for. */
export function socketEndpoint(
  socket: SocketLike,
  onEvent: (event: DashboardEvent) => void,
  onFrame: (frame: Frame) => void,
): TextEndpoint {
  const listeners = new Set<EventListenerOrEventListenerObject>();
  socket.binaryType = 'arraybuffer';
  socket.addEventListener('message', ({ data }) => {
    if (data instanceof ArrayBuffer) {
      onFrame(readFrame(data));
      return;
    }
    const message = decodeText(String(data)) as { event?: unknown };
    if (message.event !== undefined) {
      onEvent(message as DashboardEvent);
      return;
    }
    const event = { data: message } as MessageEvent;
    for (const listener of listeners)
      if (typeof listener === 'function') listener(event);
      else listener.handleEvent(event);
  });
  return {
    postMessage: (message) => socket.send(encodeText(message)),
    addEventListener: (_type, listener) => void listeners.add(listener),
    removeEventListener: (_type, listener) => void listeners.delete(listener),
  };
}
