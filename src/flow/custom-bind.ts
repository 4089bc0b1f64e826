/**
 * A user's own flow on one worker. A block of agents is worked on as in every flow: messages of the round in,
 * step, messages of the next round out, by the same kernels. Between them the module's functions are called
 * for one agent after the other, on rows of this worker's own (custom-places.ts): its state is brought there
 * and back, once it is known to be finite. What a module does not ask for is not made: `heard` and `gradient`
 * work when they are read.
 */

import { rowBytesOf } from '../arena/layout.js';
import type { BoundCost } from '../cost/types.js';
import { Draws } from '../plugin/draws.js';
import { ModuleFailure } from '../plugin/failure.js';
import { describeReturned, describeThrown } from '../plugin/modules.js';
import { WatchedFunction } from '../plugin/watch.js';
import type { Runtime } from '../runtime.js';
import { bindBlocks } from './blocks.js';
import { bindAgentCost, COST_ROWS, type CostInputs } from './custom-cost.js';
import { bindHeard } from './custom-heard.js';
import type { Declaration, Message, StateVector } from './custom-module.js';
import { type BlockPlace, Places, startCursor } from './custom-places.js';
import type { FlowAgent } from './custom-types.js';
import { bindEstimate } from './estimate.js';
import type { BoundFlow, Channel, FlowPlan } from './types.js';

/** Philox streams of a module's draws: in `step`, and in `begin` and `send`. */
export const STEP_STREAM = 18;
export const SEND_STREAM = 19;
/** Draws of `begin` are those of no round. */
export const ROUND_OF_BEGIN = 0xffffffff;
/**
 * Beyond this a run is on its way to infinity between two rows of the trace: what comes of it is not the
 * module's doing.
 */
const LARGEST_ENTRY = 1e100;

/** Plain data: what a worker needs beside the module's declaration. */
export interface CustomFlowPlan extends FlowPlan, CostInputs {
  /** URL. */
  module: string;
  /** Numbers for all gains, and the options. */
  parameters: Record<string, unknown>;
}

/** Field of a state vector. x and v are those that every flow may have. */
export function stateField({ name, length }: StateVector): string {
  return length === null && (name === 'x' || name === 'v') ? name : `flow.${name}`;
}

/** Tells estimates apart; the first of a vector such as x is what the network knows, s. */
export function estimateSuffix(differences: readonly Message[], message: Message): string {
  return differences.find(({ length }) => length === null) === message ? '' : `.${message.name}`;
}

export function bindCustomFlow(
  declaration: Declaration,
  plan: CustomFlowPlan,
  channels: readonly Channel[],
  sums: readonly Channel[],
  cost: BoundCost,
  runtime: Runtime,
): BoundFlow {
  const { arena, agents: rows, total = rows, dim, numbers, worker, graph, blockAgents } = runtime;
  const { module, functions } = declaration;
  const { begin, send, step } = functions;
  const cursor = startCursor();
  const failed = (what: string, cause?: unknown) =>
    new ModuleFailure(module, `${cursor.calling} ${what}`, cursor.agent, cursor.round, cause);

  const lengths = [...declaration.state, ...declaration.messages].map(({ length }) => length ?? dim);
  const arrays = declaration.state.length + 4 * declaration.messages.length + COST_ROWS.length;
  const places = new Places(module, runtime, Math.max(dim, ...lengths), arrays);
  const { reals } = places;

  const state = declaration.state.map((vector) => {
    const { name } = vector;
    const length = vector.length ?? dim;
    const place = places.at(name, arena.address(`scratch.state.${name}`, worker), length);
    if (length === dim) places.remember(place.array);
    return {
      name,
      length,
      place,
      at: arena.address(stateField(vector)),
      bytes: rowBytesOf(length, arena.precision),
    };
  });

  const differences = declaration.messages.filter(({ form }) => form === 'difference');
  const messages = declaration.messages.map((message, index) => {
    const { name, form, gain } = message;
    const length = message.length ?? dim;
    const bytes = rowBytesOf(length, arena.precision);
    const wide = { ...runtime, dim: length, rowBytes: bytes };
    const channel = channels[index]!;
    const estimate =
      form === 'difference'
        ? bindEstimate(
            estimateSuffix(differences, message),
            channel,
            bindBlocks(cost, wide),
            wide,
            typeof gain === 'number' ? gain : plan.gains[gain]!,
          )
        : null;
    // What is sent lies in the state's own rows, or in the rows of a block that `send` fills.
    const same = state.find((vector) => vector.name === name);
    const rows = same ? same.at : arena.address(`scratch.out.${name}`, worker);
    const filled = same ? null : places.block(`out.${name}`, rows, length, bytes, blockAgents);
    return {
      name,
      channel,
      estimate,
      rows,
      rowBytes: same ? bytes : 0,
      same,
      filled,
      heard: bindHeard(message, channel, sums[index]!, estimate, wide, cursor, places),
    };
  });
  const filled = messages.flatMap(({ name, filled }) => (filled === null ? [] : [{ name, place: filled }]));

  const stepDraws = new Draws(runtime.seed, STEP_STREAM);
  const sendDraws = new Draws(runtime.seed, SEND_STREAM);
  const degrees = arena.view(graph.changing === undefined ? 'graph.degrees' : 'links.degrees', 'f64');
  const outDegrees = declaration.needs.outNeighbours ? arena.view('graph.outDegrees', 'f64') : null;
  const drawn = plan.draws ? arena.view('flow.draws', 'u32') : null;

  const outOf = (place: BlockPlace | null, array: Float64Array | undefined) => ({
    get: () => (place === null ? array : place.array(cursor.row, false)),
    enumerable: true,
  });
  const me = Object.freeze(
    Object.defineProperties(
      {
        agents: total,
        rounds: plan.rounds,
        dim,
        get agent() {
          return cursor.agent;
        },
        get round() {
          return cursor.round;
        },
        get degree() {
          return degrees[cursor.position]!;
        },
        get outNeighbours() {
          if (outDegrees === null)
            throw new Error('outNeighbours is read, expected needs: { outNeighbours: true }');
          if (cursor.hearing)
            throw new Error(
              'outNeighbours is read in step, expected that in send: it is that of the next messages',
            );
          return outDegrees[cursor.position]!;
        },
        get random() {
          return cursor.hearing ? stepDraws : sendDraws;
        },
        parameters: Object.freeze({ ...plan.parameters }),
        heard: Object.freeze(Object.fromEntries(messages.map(({ name, heard }) => [name, heard.view]))),
        out: Object.freeze(
          Object.defineProperties(
            {},
            Object.fromEntries(
              messages.map(({ name, filled, same }) => [name, outOf(filled, same?.place.array)]),
            ),
          ),
        ),
        ...bindAgentCost(plan, cost, runtime, cursor, places),
      },
      Object.fromEntries(state.map(({ name, place }) => [name, { value: place.array, enumerable: true }])),
    ),
  ) as unknown as FlowAgent;

  const watchedBegin = new WatchedFunction(module, 'begin');
  const watchedSend = new WatchedFunction(module, 'send');
  const watchedStep = new WatchedFunction(module, 'step');
  const call = (name: string, f: (me: FlowAgent) => void): void => {
    cursor.calling = name;
    const watched = name === 'step' ? watchedStep : name === 'send' ? watchedSend : watchedBegin;
    let returned: unknown;
    watched.begin(cursor.agent, cursor.round);
    try {
      returned = f(me);
    } catch (cause) {
      // A cost of the user's own has said what is wrong with it.
      if (cause instanceof Error && cause.name === 'ModuleFailure') throw cause;
      throw failed(`threw ${describeThrown(cause)}`, cause);
    } finally {
      watched.end();
    }
    const damage = places.damage();
    if (damage !== null) throw failed(damage);
    if (returned === undefined) return;
    // Its own failure is told by nobody: that it is a promise is what is wrong.
    if (returned instanceof Promise) returned.catch(() => {});
    throw failed(`returned ${describeReturned(returned)}, expected nothing: it changes its state in place`);
  };

  /** Whether what the agent was given was on its way to infinity already. */
  const wasLost = (): boolean => {
    for (const { at, bytes, length, place } of state) {
      const from = (at + cursor.position * bytes) / arena.realBytes;
      for (let c = 0; c < length; c++) {
        const now = Math.abs(place.array[c]!);
        if (!(Math.abs(reals[from + c]!) < LARGEST_ENTRY)) return true;
        if (now >= LARGEST_ENTRY && now < Infinity) return true;
      }
    }
    return cursor.hearing && messages.some(({ heard }) => heard.lost(LARGEST_ENTRY));
  };
  const refuseInfinite = (what: string, entries: Float64Array): void => {
    if (wasLost()) return;
    const bad = entries.findIndex((entry) => !Number.isFinite(entry));
    throw failed(`left ${entries[bad]} in entry ${bad} of ${what}, expected finite numbers`);
  };

  const enter = (row: number) => {
    cursor.row = row;
    cursor.position = cursor.first + row;
    cursor.agent = numbers === undefined ? cursor.position : numbers[cursor.position]!;
    cursor.turn++;
    for (let i = 0; i < state.length; i++) {
      const { at, bytes, place } = state[i]!;
      place.load(at + cursor.position * bytes);
    }
  };
  /** The state goes back to its rows. A run that is lost stays so: what is not finite is left out. */
  const keepState = () => {
    for (let i = 0; i < state.length; i++) {
      const { name, at, bytes, place } = state[i]!;
      const to = at + cursor.position * bytes;
      if (place.store(to)) continue;
      refuseInfinite(name, place.array);
      for (let c = 0; c < place.array.length; c++) {
        reals[to / arena.realBytes + c] = place.array[c]!;
      }
    }
  };
  /** What is sent for `round`. */
  const prepareSend = (round: number) => {
    cursor.hearing = false;
    cursor.round = round;
    if (send === undefined) return;
    sendDraws.begin(cursor.agent, round);
    for (let i = 0; i < filled.length; i++) filled[i]!.place.array(cursor.row, false).fill(0);
    call('send', send);
    for (let i = 0; i < filled.length; i++) {
      const { name, place } = filled[i]!;
      if (!place.store(cursor.row)) refuseInfinite(`out.${name}`, place.array(cursor.row, false));
    }
    keepState();
  };
  const sendBlock = (first: number, count: number, round: number) => {
    for (let i = 0; i < messages.length; i++) {
      const { channel, estimate, rows, rowBytes } = messages[i]!;
      if (estimate === null) channel.send(first, count, round, rows + first * rowBytes);
      else estimate.send(first, count, round, rows + first * rowBytes);
    }
  };
  const open = (first: number, count: number, round: number) => {
    cursor.first = first;
    cursor.count = count;
    cursor.heardRound = round;
    cursor.block++;
    places.claim();
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
          keepState();
        }
        prepareSend(round);
        if (drawn !== null) drawn[cursor.position] = cursor.draws;
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
        cursor.draws = drawn === null ? 0 : drawn[cursor.position]!;
        stepDraws.begin(cursor.agent, round);
        call('step', step);
        keepState();
        cursor.draws = 0;
        prepareSend(round + 1);
        if (drawn !== null) drawn[cursor.position] = cursor.draws;
      }
      sendBlock(first, count, round + 1);
    },
  };
}
