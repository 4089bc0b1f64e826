/**
 * A user's own flow on one worker: the shared memory on one side, an agent with private arrays on the other.
 *
 * A block of agents is worked on as in every flow: messages of the round in, step, messages of the next round
 * out, by the same kernels. Between them each agent's rows are copied into arrays of the module's own, its
 * functions called, and the rows copied back once they are known to be finite. So the module never sees the
 * shared memory, and the worst it can do is to end the run. What it does not ask for is not gathered: `heard`
 * and `gradient` work when they are read, messages a block at a time.
 */

import { rowLength } from '../arena/layout.js';
import type { BoundCost } from '../cost/types.js';
import { PrivateArrays } from '../plugin/arrays.js';
import { Draws } from '../plugin/draws.js';
import { allFinite, ModuleFailure } from '../plugin/failure.js';
import { describeReturned, describeThrown } from '../plugin/modules.js';
import type { Runtime } from '../runtime.js';
import { bindBlocks } from './blocks.js';
import type { Declaration, Message, StateVector } from './custom-module.js';
import type { FlowAgent, Heard, HeardFrom } from './custom-types.js';
import { bindEstimate, type Estimate } from './estimate.js';
import type { BoundFlow, Channel, FlowPlan } from './types.js';

/** Philox streams of a module's draws: in `step`, and in `begin` and `send`. */
export const STEP_STREAM = 18;
export const SEND_STREAM = 19;
/**
 * Beyond this a run is on its way to infinity between two rows of the trace: what comes of it is not the
 * module's doing.
 */
const LARGEST_ENTRY = 1e100;
/** Mini-batches are numbered in 32 bits. */
const DRAWS = 2 ** 32;
/** A prox is solved to this share of its first gradient, in at most so many steps. */
const PROX_SHARE = 1e-12;
const PROX_STEPS = 10_000;

/** Plain data: what a worker needs beside the module's declaration. */
export interface CustomFlowPlan extends FlowPlan {
  /** URL. */
  module: string;
  /** Numbers for all gains, and the options. */
  parameters: Record<string, unknown>;
  rounds: number;
  /** Of every agent's cost, for `prox`. */
  curvature: { m: number; l: number };
  /** Whether gradients are those of mini-batches. */
  draws: boolean;
}

/** Field of a state vector. x and v are those that every flow may have. */
export function stateField({ name, length }: StateVector): string {
  return length === null && (name === 'x' || name === 'v') ? name : `flow.${name}`;
}

/** Tells estimates apart; the first of a vector such as x is what the network knows, s. */
export function estimateSuffix(differences: readonly Message[], message: Message): string {
  return differences.find(({ length }) => length === null) === message ? '' : `.${message.name}`;
}

type MakeArray = (name: string, length: number) => Float64Array;
/** Arrays that the cost's functions answer with where they are given none. */
const RESULTS = ['gradient', 'fullGradient', 'prox'];

/** What all of a worker's calls have in common: which agent it is, and where its block lies. */
interface Cursor {
  first: number;
  count: number;
  /** Of the agent within the block. */
  row: number;
  /** Position in memory. */
  position: number;
  /** Number in errors, draws and messages. */
  agent: number;
  /** Round of the messages that are heard. */
  heardRound: number;
  /** What the agent is told. */
  round: number;
  /** Counts blocks and agents: what was made for another is stale. */
  block: number;
  turn: number;
  /** Whether messages may be read. */
  hearing: boolean;
  /** Function that is being called. */
  calling: string;
  /** Gradients of mini-batches that this agent has taken for this round. */
  draws: number;
}

export function bindCustomFlow(
  declaration: Declaration,
  plan: CustomFlowPlan,
  channels: readonly Channel[],
  sums: readonly Channel[],
  cost: BoundCost,
  runtime: Runtime,
): BoundFlow {
  const { arena, agents, dim, numbers, worker, graph } = runtime;
  const { module, functions } = declaration;
  const { begin, send, step } = functions;
  const memory = new Float64Array(arena.memory.buffer);
  const cursor: Cursor = {
    first: 0,
    count: 0,
    row: 0,
    position: 0,
    agent: 0,
    heardRound: 0,
    round: 0,
    block: 0,
    turn: 0,
    hearing: false,
    calling: 'begin',
    draws: 0,
  };
  const failed = (what: string, cause?: unknown) =>
    new ModuleFailure(module, `${cursor.calling} ${what}`, cursor.agent, cursor.round, cause);

  const lengths = [...declaration.state, ...declaration.messages].map(({ length }) => length ?? dim);
  const count = declaration.state.length + 5 * declaration.messages.length + RESULTS.length;
  const arrays = new PrivateArrays(module, count * Math.max(...lengths), count);
  const make = (name: string, length: number) => arrays.make(name, length);

  // State: where its rows lie, and the arrays that the module works on.
  const state = declaration.state.map((vector) => {
    const length = vector.length ?? dim;
    return {
      name: vector.name,
      at: arena.address(stateField(vector)) / 8,
      stride: rowLength(length),
      own: make(vector.name, length),
    };
  });
  const stateNamed = (name: string) => state.find((vector) => vector.name === name);

  const differences = declaration.messages.filter(({ form }) => form === 'difference');
  const messages = declaration.messages.map((message, index) => {
    const length = message.length ?? dim;
    const wide = { ...runtime, dim: length, rowBytes: rowLength(length) * 8 };
    const channel = channels[index] as Channel;
    const estimate =
      message.form === 'difference'
        ? bindEstimate(
            estimateSuffix(differences, message),
            channel,
            bindBlocks(cost, wide),
            wide,
            typeof message.gain === 'number' ? message.gain : (plan.gains[message.gain] as number),
          )
        : null;
    const same = stateNamed(message.name);
    const scratch = same ? 0 : arena.address(`scratch.out.${message.name}`, worker);
    return {
      name: message.name,
      channel,
      estimate,
      // What is sent lies in the state's own rows, or in the block's rows of what `send` fills.
      rows: same ? same.at * 8 : scratch,
      bytes: same ? same.stride * 8 : 0,
      stride: rowLength(length),
      out: same?.own ?? make(`out.${message.name}`, length),
      filled: same === undefined,
      heard: bindHeard(message, channel, sums[index] as Channel, estimate, wide, cursor, memory, make),
    };
  });
  const filled = messages.filter((message) => message.filled);

  const stepDraws = new Draws(runtime.seed, STEP_STREAM);
  const sendDraws = new Draws(runtime.seed, SEND_STREAM);
  const cells = bindCells(plan, cost, runtime, cursor, memory, make);
  const degrees = arena.view('graph.degrees', 'f64');
  const roundDegrees = graph.changing === undefined ? degrees : arena.view('links.degrees', 'f64');
  const outDegrees = declaration.needs.outNeighbours ? arena.view('graph.outDegrees', 'f64') : null;
  const drawn = plan.draws ? arena.view('flow.draws', 'u32') : null;

  const me = Object.freeze(
    Object.defineProperties(
      {
        agents,
        rounds: plan.rounds,
        dim,
        get agent() {
          return cursor.agent;
        },
        get round() {
          return cursor.round;
        },
        get degree() {
          return roundDegrees[cursor.position] as number;
        },
        get outNeighbours() {
          if (outDegrees === null)
            throw new Error('outNeighbours is read, expected needs: { outNeighbours: true }');
          if (cursor.hearing)
            throw new Error('outNeighbours is known in send: it is that of the next messages');
          return outDegrees[cursor.position] as number;
        },
        parameters: Object.freeze({ ...plan.parameters }),
        heard: Object.freeze(Object.fromEntries(messages.map(({ name, heard }) => [name, heard.view]))),
        out: Object.freeze(Object.fromEntries(messages.map(({ name, out }) => [name, out]))),
        get random() {
          return cursor.hearing ? stepDraws : sendDraws;
        },
        gradient: cells.gradient,
        fullGradient: cells.fullGradient,
        value: cells.value,
        prox: cells.prox,
      },
      Object.fromEntries(state.map(({ name, own }) => [name, { value: own, enumerable: true }])),
    ),
  ) as unknown as FlowAgent;

  const call = (name: string, f: (me: FlowAgent) => void): void => {
    cursor.calling = name;
    let returned: unknown;
    try {
      returned = f(me);
    } catch (cause) {
      // A cost of the user's own has said what is wrong with it.
      if (cause instanceof Error && cause.name === 'ModuleFailure') throw cause;
      throw failed(`threw ${describeThrown(cause)}`, cause);
    }
    const damage = arrays.damage();
    if (damage !== null) throw failed(damage);
    if (returned === undefined) return;
    throw failed(`returned ${describeReturned(returned)}, expected nothing: it changes its state in place`);
  };

  /** Whether what the agent was given was on its way to infinity already. */
  const wasLost = (): boolean => {
    for (const { at, stride, own } of state) {
      const from = at + cursor.position * stride;
      for (let c = 0; c < own.length; c++) {
        const now = Math.abs(own[c]!);
        if (!(Math.abs(memory[from + c]!) < LARGEST_ENTRY) || (now >= LARGEST_ENTRY && now < Infinity))
          return true;
      }
    }
    return cursor.hearing && messages.some(({ heard }) => heard.lost());
  };
  const refuseInfinite = (what: string, entries: Float64Array): void => {
    if (wasLost()) return;
    const bad = entries.findIndex((entry) => !Number.isFinite(entry));
    throw failed(`left ${entries[bad]} in entry ${bad} of ${what}, expected finite numbers`);
  };

  const enter = (row: number) => {
    cursor.row = row;
    cursor.position = cursor.first + row;
    cursor.agent = numbers === undefined ? cursor.position : (numbers[cursor.position] as number);
    cursor.turn++;
    for (let i = 0; i < state.length; i++) {
      const { at, stride, own } = state[i]!;
      copyIn(memory, at + cursor.position * stride, own);
    }
  };
  const checkState = () => {
    for (let i = 0; i < state.length; i++) {
      const { name, own } = state[i]!;
      if (!allFinite(own)) refuseInfinite(name, own);
    }
  };
  const leave = () => {
    for (let i = 0; i < state.length; i++) {
      const { at, stride, own } = state[i]!;
      copyOut(own, memory, at + cursor.position * stride);
    }
  };
  /** What is sent for `round`, after the state has moved. */
  const prepareSend = (round: number) => {
    cursor.hearing = false;
    cursor.round = round;
    if (send === undefined) return;
    sendDraws.begin(cursor.agent, round);
    for (let i = 0; i < filled.length; i++) filled[i]!.out.fill(0);
    call('send', send);
    checkState();
    for (let i = 0; i < filled.length; i++) {
      const { name, out, rows, stride } = filled[i]!;
      if (!allFinite(out)) refuseInfinite(`out.${name}`, out);
      copyOut(out, memory, rows / 8 + cursor.row * stride);
    }
  };
  const sendBlock = (first: number, count: number, round: number) => {
    for (let i = 0; i < messages.length; i++) {
      const { channel, estimate, rows, bytes } = messages[i]!;
      const from = rows + first * bytes;
      if (estimate === null) channel.send(first, count, round, from);
      else estimate.send(first, count, round, from);
    }
  };
  const open = (first: number, count: number, round: number) => {
    cursor.first = first;
    cursor.count = count;
    cursor.heardRound = round;
    cursor.block++;
  };

  return {
    prepare(round) {
      for (let i = 0; i < sums.length; i++) sums[i]!.prepare(round);
    },
    prologue(first, count, round) {
      open(first, count, round);
      for (let row = 0; row < count; row++) {
        enter(row);
        cursor.hearing = false;
        cursor.round = 0;
        cursor.draws = 0;
        if (begin !== undefined) {
          sendDraws.begin(cursor.agent, ROUND_OF_BEGIN);
          call('begin', begin);
          checkState();
        }
        prepareSend(round);
        if (drawn !== null) drawn[cursor.position] = cursor.draws;
        leave();
      }
      sendBlock(first, count, round);
    },
    block(first, count, round) {
      open(first, count, round);
      for (let i = 0; i < messages.length; i++) messages[i]!.heard.receive();
      for (let row = 0; row < count; row++) {
        enter(row);
        cursor.hearing = true;
        cursor.round = round;
        cursor.draws = drawn === null ? 0 : (drawn[cursor.position] as number);
        stepDraws.begin(cursor.agent, round);
        call('step', step);
        checkState();
        cursor.draws = 0;
        prepareSend(round + 1);
        if (drawn !== null) drawn[cursor.position] = cursor.draws;
        leave();
      }
      sendBlock(first, count, round + 1);
    },
  };
}

/** Draws of `begin` are those of no round. */
const ROUND_OF_BEGIN = 0xffffffff;

function copyIn(memory: Float64Array, from: number, own: Float64Array): void {
  for (let c = 0; c < own.length; c++) own[c] = memory[from + c] as number;
}

function copyOut(own: Float64Array, memory: Float64Array, to: number): void {
  for (let c = 0; c < own.length; c++) memory[to + c] = own[c] as number;
}

/** `heard` of one message, and what the engine does with it. */
interface BoundHeard {
  view: Heard;
  /** At the beginning of a block: estimates move on, whether anybody reads them or not. */
  receive(): void;
  /** Whether what was read of it was on its way to infinity. */
  lost(): boolean;
}

function bindHeard(
  message: Message,
  channel: Channel,
  sumChannel: Channel,
  estimate: Estimate | null,
  runtime: Runtime,
  cursor: Cursor,
  memory: Float64Array,
  make: MakeArray,
): BoundHeard {
  const { arena, worker, rowBytes, numbers } = runtime;
  const { name, form } = message;
  const length = runtime.dim;
  const stride = rowBytes / 8;
  const rowsOf = (what: string) => arena.address(`scratch.heard.${name}.${what}`, worker);

  /** Rows of a block, made when the first agent asks, and the agent's own copy of its row. */
  const column = (what: string, sign: number, fill: (first: number, count: number, out: number) => void) => {
    const rows = rowsOf(what);
    const own = make(`heard.${name}.${what}`, length);
    let block = -1;
    let turn = -1;
    return (): Float64Array => {
      if (turn === cursor.turn) return own;
      if (!cursor.hearing) {
        throw new Error(
          `heard.${name}.${what} is read, expected that in step alone: elsewhere nothing is heard`,
        );
      }
      if (block !== cursor.block) {
        fill(cursor.first, cursor.count, rows);
        block = cursor.block;
      }
      turn = cursor.turn;
      const from = rows / 8 + cursor.row * stride;
      if (sign === 1) copyIn(memory, from, own);
      else for (let c = 0; c < length; c++) own[c] = -memory[from + c]!;
      return own;
    };
  };
  // Estimates are received as a whole, when the block begins.
  const laplacian = column('laplacian', 1, (first, count, out) => {
    if (estimate === null) channel.gather(first, count, cursor.heardRound, out);
  });
  const own = column('own', 1, (first, count, out) => {
    if (estimate === null) channel.decode(first, count, cursor.heardRound, out);
  });
  // Gathered with degrees of 0: minus the sum. Of estimates the sum is what remains of the Laplacian's row.
  const gathered = column('sum', -1, (first, count, out) => {
    sumChannel.gather(first, count, cursor.heardRound, out);
  });
  const degrees =
    runtime.graph.changing === undefined
      ? arena.view('graph.degrees', 'f64')
      : arena.view('links.degrees', 'f64');
  const rest = make(`heard.${name}.sum`, length);
  let restTurn = -1;
  const sum =
    estimate === null
      ? gathered
      : () => {
          if (restTurn === cursor.turn) return rest;
          const [ownRow, row] = [own(), laplacian()];
          const degree = degrees[cursor.position]!;
          for (let c = 0; c < length; c++) rest[c] = degree * ownRow[c]! - row[c]!;
          restTurn = cursor.turn;
          return rest;
        };

  const rowStart = arena.view('graph.rowStart', 'u32');
  const columns = arena.view('graph.columns', 'u32');
  const weightsField = runtime.graph.changing === undefined ? 'graph.weights' : 'links.weights';
  const weights = arena.view(weightsField, 'f64');
  const everyWeight = runtime.graph.weightStride / 8;
  const one = rowsOf('one');
  const entries: { agent: number; weight: number; message: Float64Array }[] = [];
  const lists: HeardFrom[][] = [];
  let eachTurn = -1;
  let count = 0;
  const each = (): readonly HeardFrom[] => {
    if (form === 'difference' && !message.each) {
      throw new Error(`heard.${name}.each is read, expected messages: { ${name}: { form, each: true } }`);
    }
    if (eachTurn !== cursor.turn) {
      if (!cursor.hearing) throw new Error(`heard.${name}.each is read, expected that in step alone`);
      eachTurn = cursor.turn;
      count = 0;
      const { position, heardRound } = cursor;
      for (let arc = rowStart[position]!; arc < rowStart[position + 1]!; arc++) {
        const weight = weights[arc * everyWeight]!;
        // A link that is down.
        if (weight === 0) continue;
        const from = columns[arc]!;
        if (count === entries.length)
          entries.push({ agent: 0, weight: 0, message: new Float64Array(length) });
        const entry = entries[count++]!;
        entry.agent = numbers === undefined ? from : numbers[from]!;
        entry.weight = weight;
        channel.decode(from, 1, heardRound, one);
        copyIn(memory, one / 8, entry.message);
        if (estimate === null) continue;
        const known = estimate.at(heardRound) / 8 + from * stride;
        for (let c = 0; c < length; c++) entry.message[c]! += memory[known + c]!;
      }
    }
    lists[count] ??= entries.slice(0, count);
    return lists[count];
  };

  return {
    view: Object.freeze({
      get own() {
        return own();
      },
      get laplacian() {
        return laplacian();
      },
      get sum() {
        return sum();
      },
      get each() {
        return each();
      },
    }),
    receive() {
      if (estimate === null) return;
      const { first, count, heardRound } = cursor;
      estimate.receive(first, count, heardRound, rowsOf('laplacian'), rowsOf('own'));
    },
    lost() {
      const read = [own(), laplacian()];
      return read.some((row) => row.some((entry) => !(Math.abs(entry) < LARGEST_ENTRY)));
    },
  };
}

/** The agent's cost, on call. */
function bindCells(
  { curvature, rounds, draws }: CustomFlowPlan,
  cost: BoundCost,
  { arena, dim, worker }: Runtime,
  cursor: Cursor,
  memory: Float64Array,
  make: MakeArray,
): Pick<FlowAgent, 'gradient' | 'fullGradient' | 'value' | 'prox'> {
  const point = arena.address('scratch.flow.point', worker);
  const answer = arena.address('scratch.flow.answer', worker);
  const values = arena.address('scratch.flow.value', worker);
  const exact = cost.exactGradient ?? cost.gradient;
  const results = RESULTS.map((name) => make(name, dim));

  const check = (name: string, what: string, vector: Float64Array): void => {
    if (vector.length === dim && typeof vector[0] === 'number') return;
    const found = vector?.length === undefined ? describeReturned(vector) : `${vector.length} entries`;
    throw new TypeError(`${name}: ${what} has ${found}, expected ${dim}, a Float64Array`);
  };
  const ask = (name: string, gradient: BoundCost['gradient'], at: Float64Array, out: Float64Array) => {
    check(name, 'at', at);
    check(name, 'out', out);
    copyOut(at, memory, point / 8);
    gradient(cursor.position, 1, point, answer);
    copyIn(memory, answer / 8, out);
    return out;
  };

  const gradient = (at: Float64Array, out = results[0]!): Float64Array => {
    const draw = cursor.round + cursor.draws * (rounds + 1);
    if (draws && draw >= DRAWS) throw new Error(`gradient is called too often: mini-batch ${draw} of 2^32`);
    cost.beginRound?.(cursor.round, draw);
    cursor.draws++;
    return ask('gradient', cost.gradient, at, out);
  };
  const fullGradient = (at: Float64Array, out = results[1]!): Float64Array => {
    cost.beginRound?.(cursor.round);
    return ask('fullGradient', exact, at, out);
  };
  const value = (at: Float64Array): number => {
    check('value', 'at', at);
    cost.beginRound?.(cursor.round);
    copyOut(at, memory, point / 8);
    // Values are written to the entry of the agent's number.
    cost.values(cursor.position, 1, point, values - 8 * cursor.agent);
    return memory[values / 8] as number;
  };

  const moved = new Float64Array(dim);
  const slope = new Float64Array(dim);
  const prox = (at: Float64Array, t: number, out = results[2]!): Float64Array => {
    check('prox', 'at', at);
    check('prox', 'out', out);
    if (!(t > 0)) throw new Error(`prox: t is ${t}, expected a number > 0`);
    if (cost.quadratic) {
      const row = cursor.position * rowLength(dim);
      const [a, b] = [cost.quadratic.a / 8 + row, cost.quadratic.b / 8 + row];
      for (let c = 0; c < dim; c++) {
        out[c] = (memory[a + c]! * memory[b + c]! + at[c]! / t) / (memory[a + c]! + 1 / t);
      }
      return out;
    }
    const l = curvature.l + 1 / t;
    const m = Math.max(0, curvature.m) + 1 / t;
    if (!(l < Infinity)) throw new Error('prox: the cost does not say how smooth it is, expected an l');
    // Nesterov's method for strongly convex functions: momentum by the root of the condition number.
    const root = Math.sqrt(m / l);
    const momentum = (1 - root) / (1 + root);
    moved.set(at);
    out.set(at);
    let first = 0;
    for (let k = 0; k < PROX_STEPS; k++) {
      fullGradient(moved, slope);
      let largest = 0;
      for (let c = 0; c < dim; c++) {
        slope[c]! += (moved[c]! - at[c]!) / t;
        largest = Math.max(largest, Math.abs(slope[c]!));
      }
      if (k === 0) first = largest;
      for (let c = 0; c < dim; c++) {
        const next = moved[c]! - slope[c]! / l;
        moved[c] = next + momentum * (next - out[c]!);
        out[c] = next;
      }
      if (!(largest > PROX_SHARE * first)) break;
    }
    return out;
  };
  return { gradient, fullGradient, value, prox };
}
