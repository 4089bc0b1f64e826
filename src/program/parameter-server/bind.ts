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
 */

import type { Kernels } from '../../../kernels/bindings.js';
import type { Arena } from '../../arena/arena.js';
import { rowBytesOf } from '../../arena/layout.js';
import { valueAt } from '../../base/schedules.js';
import { bindCompressor } from '../../compress/registry.js';
import { bindRotation } from '../../compress/rotation.js';
import { viewsOf, wholePower } from '../../compress/slots.js';
import { costDefinition } from '../../cost/registry.js';
import type { BoundProgram } from '../../run/types.js';
import type { Runtime } from '../../runtime.js';
import { bindServerBits } from './bits.js';
import { bindDownlink } from './downlink.js';
import { bindServerTrace } from './trace.js';
import type { ServerRunPlan } from './types.js';

/**
 * Coordinates are shared out between workers in these units: a range of packed signs then begins on a cache
 * line of its own.
 */
const RANGE_ENTRIES = 1024;

export function bindServer(
  plan: ServerRunPlan,
  arena: Arena,
  kernels: Kernels,
  worker: number,
): BoundProgram {
  const { agents, dim, size, rowBytes, seed, rotation: rotationPlan, counted, downSigns, downRotated } = plan;
  const runtime: Runtime = {
    arena,
    kernels,
    worker,
    agents,
    dim,
    rowBytes,
    blockAgents: 1,
    seed,
    // A star's links are its messages: nobody gathers from neighbours.
    graph: { rowStart: 0, columns: 0, weights: 0, weightStride: 0, degrees: 0 },
  };
  const leader = worker === 0;
  const cost = costDefinition(plan.cost.kind, ['cost']).bind(plan.cost, runtime);
  const uplink = bindCompressor(plan.uplink, { ...runtime, dim: size });
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
  const firstCoordinate = Math.min(size, Math.floor((ranges * worker) / plan.workers) * RANGE_ENTRIES);
  const endCoordinate = Math.min(size, Math.floor((ranges * (worker + 1)) / plan.workers) * RANGE_ENTRIES);
  const coordinates = endCoordinate - firstCoordinate;

  const optimizer = bindOptimizer(plan, arena, kernels);
  const serverSide = plan.optimizer.kind !== 'sgd' && plan.optimizer.side === 'server';
  /** The mean is in the coordinates of the downlink as it stands: each worker signs its own range at once. */
  const signsAtOnce = downSigns !== null && !serverSide && (rotation !== null) === downRotated;

  const send = (k: number) => {
    cost.beginRound?.(k);
    if (rotation !== null) rotation.drawMasks(masks, plan.fixedSigns ? 0 : k);
    uplink.prepare(k);
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
      if (!counted) uplink.decode(agent, 1, k, slots, decoded + agent * wideBytes, wideBytes);
    }
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

  const apply = (k: number) => {
    if (!leader) return;
    let inRotated = rotation !== null;
    if (serverSide) {
      if (inRotated) turnBack();
      inRotated = false;
      optimizer(mean, k);
    }
    if (downRotated && !inRotated) turn();
    else if (!downRotated && inRotated) turnBack();
    downlink.send(k, signsAtOnce);
    let step = sent;
    if (downRotated) {
      rotation?.backward(sent, wideBytes, direction, rowBytes, 1, masks);
      step = direction;
    }
    if (!serverSide) optimizer(step, k);
    kernels.serverSgd(x, step, n, valueAt(plan.gamma, k));
    bits.deliver();
  };

  return {
    prologue() {},
    phases: [send, reduce, apply],
    phaseNames: ['send', 'reduce', 'apply'],
    ...bindServerTrace(plan, runtime, cost, bits),
  };
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
