/**
 * Binding a parameter server to one worker. A round has three phases, each followed by a barrier
 * (docs/rounds.md):
 *
 *     send     every worker, its own agents:        gradient, rotate, compress into the agent's slot
 *     reduce   every worker, its own coordinates:   the mean of the messages; where both links are signs, the server's bits too
 *     apply    the leader:                          the server's message, read back by everyone alike, and the step of x
 *
 * Under a common scale the mean of signs is made of counts of bits (kernels/server.ts) and no message is ever
 * unpacked; any other message was decoded by who sent it, and is summed in the order of the agents. Either
 * way a coordinate's sum does not depend on who has the coordinate.
 *
 * Over several ranks each has agents of its own, and the first is the server as well. Messages go there as they were
 * packed, and the server's message comes back as it was packed: everyone reads the same bits and takes the same step.
 */

import type { Kernels } from '../../../kernels/bindings.js';
import type { Arena } from '../../arena/arena.js';
import { rowBytesOf } from '../../arena/layout.js';
import { valueAt } from '../../base/schedules.js';
import { wholePower } from '../../base/whole-power.js';
import { bindCompressor } from '../../compress/registry.js';
import { bindRotation } from '../../compress/rotation.js';
import { viewsOf } from '../../compress/slots.js';
import { costOfPart } from '../../cost/by-number.js';
import { costDefinition } from '../../cost/registry.js';
import type { BoundCost } from '../../cost/types.js';
import { Ensemble } from '../../ranks/ensemble.js';
import type { Transport } from '../../ranks/transport.js';
import type { BoundProgram } from '../../run/types.js';
import type { Runtime } from '../../runtime.js';
import { bindServerBits } from './bits.js';
import { bindDownlink } from './downlink.js';
import { bindSpoken, foreignOf } from './ranks.js';
import { bindServerTrace } from './trace.js';
import type { ServerRunPlan } from './types.js';

/**
 * Coordinates are shared out between workers in these units: a range of packed signs then begins on a cache
 * line of its own.
 */
const RANGE_ENTRIES = 1024;

/** `transport`: of the worker that speaks with other ranks. */
export function bindServer(
  plan: ServerRunPlan,
  arena: Arena,
  kernels: Kernels,
  worker: number,
  transport?: Transport,
): BoundProgram {
  const { share: part, agents, dim, size, rowBytes, seed, rotation: rotationPlan, counted } = plan;
  const { downSigns, downRotated } = plan;
  const runtime: Runtime = {
    arena,
    kernels,
    worker,
    agents: part?.own ?? agents,
    total: agents,
    dim,
    rowBytes,
    blockAgents: 1,
    seed,
    // A star's links are its messages: nobody gathers from neighbours.
    graph: { rowStart: 0, columns: 0, weights: 0, weightStride: 0, degrees: 0 },
  };
  // On the first rank, as on one machine, positions are numbers: it reads others' messages by them.
  if (part !== null && part.rank > 0) runtime.numbers = arena.view('agents.numbers', 'u32');
  const leader = worker === 0;
  const serves = part === null || part.rank === 0;
  const cost = bindCost(plan, runtime);
  // The server reads messages of all agents.
  const uplink = bindCompressor(plan.uplink, {
    ...runtime,
    dim: size,
    agents: serves ? agents : runtime.agents,
  });
  const downlink = bindDownlink(plan, runtime);
  const bits = bindServerBits(plan, arena);
  const rotation = rotationPlan === null ? null : bindRotation(rotationPlan, runtime);
  const masks = rotation === null ? 0 : arena.address('scratch.masks', worker);
  const rotated = rotation === null ? 0 : arena.address('scratch.rotated', worker);

  const x = arena.address('x');
  const { precision, realBytes } = arena;
  const n = rowBytes / realBytes;
  const wideBytes = rowBytesOf(size, precision);
  const gradient = arena.address('scratch.gradient', worker);
  const slots = arena.address('uplink.slots');
  const { slotBytes } = plan.uplink;
  const lengths = plan.uplink.messageBits === null ? arena.address('uplink.lengths') : 0;
  const decoded = counted ? 0 : arena.address('uplink.decoded');
  const countScratch = counted ? arena.address('scratch.counts', worker) : 0;
  const mean = arena.address('server.mean');
  const sent = arena.address('server.sent');
  const direction = arena.address('server.direction');
  // Sums are of float64, and so are the means that come out of them.
  const means = precision === 'float64' || counted ? mean : arena.address('server.means');
  const { reals } = viewsOf(runtime);

  const first = plan.partition[worker];
  const end = plan.partition[worker + 1];
  const ranges = Math.ceil(size / RANGE_ENTRIES);
  // The thread that speaks with other ranks computes nothing.
  const [index, computing] = part === null ? [worker, plan.workers] : [worker - 1, plan.workers - 1];
  const coordinateAt = (edge: number) =>
    Math.min(size, Math.floor((ranges * Math.max(0, edge)) / computing) * RANGE_ENTRIES);
  const firstCoordinate = coordinateAt(index);
  const endCoordinate = coordinateAt(index + 1);
  const coordinates = endCoordinate - firstCoordinate;

  const serverSide = plan.optimizer.kind !== 'sgd' && plan.optimizer.side === 'server';
  const optimizer = serverSide && !serves ? () => {} : bindOptimizer(plan, arena, kernels);
  /** The mean is in the coordinates of the downlink as it stands: each worker signs its own range at once. */
  const signsAtOnce = downSigns !== null && !serverSide && (rotation !== null) === downRotated;

  /** Only the server reads what agents say. */
  const readsUp = serves && !counted;
  const read = (agent: number, k: number) =>
    uplink.decode(agent, 1, k, slots, decoded + agent * wideBytes, wideBytes);

  const begin = (k: number) => {
    cost.beginRound?.(k);
    if (rotation !== null) rotation.drawMasks(masks, plan.fixedSigns ? 0 : k);
    uplink.prepare(k);
  };
  const sendFrom = (first: number, end: number, k: number) => {
    for (let agent = first; agent < end; agent++) {
      cost.gradient(agent, 1, x, gradient);
      let row = gradient;
      let stride = rowBytes;
      if (rotation !== null) {
        rotation.forward(gradient, rowBytes, rotated, wideBytes, 1, masks);
        row = rotated;
        stride = wideBytes;
      }
      uplink.encode(agent, 1, k, row, stride, slots, lengths);
      if (readsUp) read(agent, k);
    }
  };
  const send = (k: number) => {
    begin(k);
    sendFrom(first, end, k);
  };

  const reduce = (k: number) => {
    if (coordinates > 0) {
      if (counted) {
        const bits = slots + realBytes;
        kernels.countSigns(bits, slotBytes, agents, firstCoordinate, coordinates, mean, countScratch);
        // Every reader knows the scale; it stands in front of the first message.
        kernels.meanSigns(mean, firstCoordinate, coordinates, agents, reals[slots / realBytes], mean);
        if (endCoordinate === size) reals.fill(0, mean / realBytes + size, (mean + wideBytes) / realBytes);
      } else {
        const columns = endCoordinate === size ? wideBytes / realBytes - firstCoordinate : coordinates;
        kernels.columnMeans(decoded, wideBytes, agents, firstCoordinate, columns, means);
        if (means !== mean)
          kernels.narrow(means + firstCoordinate * 8, columns, mean + firstCoordinate * realBytes);
      }
      if (signsAtOnce) downlink.signRange(k, mean, firstCoordinate, coordinates);
    }
  };

  /** mean <- what it is in the other coordinates, by way of `sent`. */
  const turnBack = () => {
    rotation?.backward(mean, wideBytes, sent, rowBytes, 1, masks);
    kernels.decodeDense(0, 1, sent, rowBytes, mean, rowBytes, n);
  };
  const turn = () => {
    rotation?.forward(mean, rowBytes, sent, wideBytes, 1, masks);
    kernels.decodeDense(0, 1, sent, wideBytes, mean, wideBytes, wideBytes / realBytes);
  };

  /** The server's message into its slot. */
  const answer = (k: number) => {
    let inRotated = rotation !== null;
    if (serverSide) {
      if (inRotated) turnBack();
      inRotated = false;
      optimizer(mean, k);
    }
    if (downRotated && !inRotated) turn();
    else if (!downRotated && inRotated) turnBack();
    downlink.send(k, signsAtOnce);
  };
  /** From the slot to x, by everyone who has an x. */
  const follow = (k: number) => {
    downlink.read(k);
    let step = sent;
    if (downRotated) {
      rotation?.backward(sent, wideBytes, direction, rowBytes, 1, masks);
      step = direction;
    }
    if (!serverSide) optimizer(step, k);
    kernels.serverSgd(x, step, n, valueAt(plan.gamma, k));
  };
  const apply = (k: number) => {
    if (!leader) return;
    downlink.prepare(k);
    answer(k);
    follow(k);
    bits.deliver();
  };

  if (part === null) {
    return {
      prologue() {},
      phases: [send, reduce, apply],
      phaseNames: ['send', 'reduce', 'apply'],
      ...bindServerTrace(plan, runtime, cost, bits),
    };
  }

  const spoken = transport === undefined ? null : bindSpoken(plan, part, arena, transport);
  const ensemble = transport === undefined ? null : new Ensemble(part, arena, transport);
  const others = (which: 'early' | 'late') =>
    readsUp && index >= 0 ? foreignOf(part, which, index, computing) : new Uint32Array();
  const early = others('early');
  const late = others('late');
  const readAll = (agents: Uint32Array, k: number) => {
    for (let i = 0; i < agents.length; i++) read(agents[i], k);
  };
  const sendEarly = (k: number) => {
    begin(k);
    // Their slots were read last in the round before; others may be ahead.
    if (serves) {
      spoken?.early.start();
      spoken?.late.start();
    }
    sendFrom(part.early[worker], part.early[worker + 1], k);
  };
  const sendLate = (k: number) => {
    if (spoken !== null) {
      if (!serves) spoken.early.start();
      spoken.early.wait();
    }
    sendFrom(part.late[worker], part.late[worker + 1], k);
  };
  const hear = (k: number) => {
    spoken?.late.wait();
    readAll(early, k);
  };
  const applyAndTell = (k: number) => {
    if (spoken === null) return;
    downlink.prepare(k);
    answer(k);
    spoken.tells.start();
    follow(k);
    bits.deliver();
    spoken.tells.wait();
  };
  const hearAndFollow = (k: number) => {
    if (spoken === null) return;
    spoken.late.start();
    spoken.hears.start();
    downlink.prepare(k);
    spoken.hears.wait();
    spoken.tells.start();
    follow(k);
    spoken.late.wait();
    spoken.tells.wait();
  };
  const phases: [string, (k: number) => void][] = [
    ['send', sendEarly],
    ['send late', sendLate],
    ...(serves
      ? ([
          ['hear', hear],
          ...(counted ? [] : [['read', (k: number) => readAll(late, k)]]),
          ['reduce', reduce],
          ['apply', applyAndTell],
        ] as [string, (k: number) => void][])
      : ([['follow', hearAndFollow]] as [string, (k: number) => void][])),
  ];
  return {
    prologue() {},
    phases: phases.map(([, phase]) => phase),
    phaseNames: phases.map(([name]) => name),
    ...(ensemble !== null && {
      // Every rank has x; the first one gives it.
      collect: (_: number, into: readonly Uint8Array[] | null) =>
        into?.[0].set(new Uint8Array(arena.memory.buffer, x, dim * realBytes)),
    }),
    ...bindServerTrace(plan, runtime, cost, bits, ensemble),
  };
}

/** By position. */
function bindCost(plan: ServerRunPlan, runtime: Runtime): BoundCost {
  const definition = costDefinition(plan.cost.kind, ['cost']);
  const cost = definition.bind(plan.cost, runtime);
  const { numbers, rowBytes } = runtime;
  return numbers === undefined || definition.placed ? cost : costOfPart(cost, numbers, rowBytes);
}

/** The direction of round k, in place. */
function bindOptimizer(
  { optimizer, rowBytes }: ServerRunPlan,
  arena: Arena,
  kernels: Kernels,
): (direction: number, round: number) => void {
  const { kind, beta, nesterov, beta1, beta2, epsilon } = optimizer;
  const n = rowBytes / arena.realBytes;
  if (kind === 'sgd') return () => {};
  const first = arena.address('server.first');
  if (kind === 'momentum') {
    return (direction) => kernels.serverMomentum(direction, n, first, beta, Number(nesterov));
  }
  const second = arena.address('server.second');
  return (direction, round) =>
    kernels.serverAdam(
      direction,
      n,
      first,
      second,
      beta1,
      beta2,
      1 - wholePower(beta1, round + 1),
      1 - wholePower(beta2, round + 1),
      epsilon,
    );
}
