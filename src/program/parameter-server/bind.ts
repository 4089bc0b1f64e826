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
import { rowLength } from '../../arena/layout.js';
import { valueAt } from '../../base/schedules.js';
import { bindCompressor } from '../../compress/registry.js';
import { bindRotation } from '../../compress/rotation.js';
import { viewsOf, wholePower } from '../../compress/slots.js';
import { SERVER_STREAM } from '../../compress/streams.js';
import { costDefinition } from '../../cost/registry.js';
import { channelSeed } from '../../flow/channel.js';
import { bindAccuracy } from '../../run/accuracy.js';
import { bindSlope } from '../../run/measure.js';
import { optimumValueIn } from '../../run/optimum.js';
import type { BoundProgram } from '../../run/types.js';
import { bindVerdict } from '../../run/verdict.js';
import type { Runtime } from '../../runtime.js';
import { COLUMNS } from '../../trace/ring.js';
import type { ServerRunPlan } from './types.js';

/** Where every message that a server sends has its bits: behind a float64 that says their scale. */
const SCALE_BYTES = 8;
const ALL_AGENTS = 0xffffffff;
/**
 * Coordinates are shared out between workers in these units: a range of packed signs then begins on a cache
 * line of its own.
 */
const RANGE_ENTRIES = 1024;

const column = (name: (typeof COLUMNS)[number]) => COLUMNS.indexOf(name);

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
  const downlink = bindCompressor(plan.downlink, {
    ...runtime,
    agents: 1,
    dim: downRotated ? size : dim,
    seed: channelSeed(seed, 1),
  });
  const rotation = rotationPlan === null ? null : bindRotation(rotationPlan, runtime);
  const masks = rotation === null ? 0 : arena.address('scratch.masks', worker);
  const rotated = rotation === null ? 0 : arena.address('scratch.rotated', worker);

  const x = arena.address('x');
  const n = rowBytes / 8;
  const wideBytes = rowLength(size) * 8;
  const gradient = arena.address('scratch.gradient', worker);
  const slots = arena.address('uplink.slots');
  const { slotBytes } = plan.uplink;
  const lengths = plan.uplink.messageBits === null ? arena.address('uplink.lengths') : 0;
  const decoded = counted ? 0 : arena.address('uplink.decoded');
  const countScratch = counted ? arena.address('scratch.counts', worker) : 0;
  const ditherScratch = arena.address('scratch.dither', worker);
  const mean = arena.address('server.mean');
  const said = arena.address('server.said');
  const direction = arena.address('server.direction');
  const downSlot = arena.address('downlink.slot');
  const downLength = plan.downBits === null ? arena.address('downlink.length') : 0;
  const { doubles, words } = viewsOf(runtime);

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

  const signRange = (k: number, row: number, from: number, count: number) => {
    if (count <= 0) return;
    const bits = downSlot + SCALE_BYTES;
    if (downSigns === null || downSigns === 'plain') {
      kernels.packSignRange(row, bits, from, count);
      return;
    }
    const lambda = valueAt(downSigns.lambda, k);
    kernels.ditherSignRange(
      row,
      bits,
      from,
      count,
      lambda,
      ALL_AGENTS,
      k,
      SERVER_STREAM,
      seed.low,
      seed.high,
      ditherScratch,
    );
  };

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
        const bits = slots + SCALE_BYTES;
        kernels.countSigns(bits, slotBytes, agents, firstCoordinate, coordinates, mean, countScratch);
        // Every reader knows the scale; it stands in front of the first message.
        kernels.meanSigns(mean, firstCoordinate, coordinates, agents, doubles[slots / 8], mean);
        if (endCoordinate === size) doubles.fill(0, mean / 8 + size, (mean + wideBytes) / 8);
      } else {
        const columns = endCoordinate === size ? wideBytes / 8 - firstCoordinate : coordinates;
        kernels.columnMeans(decoded, wideBytes, agents, firstCoordinate, columns, mean);
      }
      if (signsAtOnce) signRange(k, mean, firstCoordinate, coordinates);
    }
  };

  /**
   * The server's message about the vector at `mean`, decoded at `said`; both in the coordinates of the
   * downlink.
   */
  const speak = (k: number) => {
    downlink.prepare(k);
    const stride = downRotated ? wideBytes : rowBytes;
    if (downSigns === null) {
      downlink.encode(0, 1, k, mean, stride, downSlot, downLength);
    } else {
      if (!signsAtOnce) signRange(k, mean, 0, downRotated ? size : dim);
      doubles[downSlot / 8] = downSigns === 'plain' ? 1 : downSigns.shrink * valueAt(downSigns.lambda, k);
    }
    downlink.decode(0, 1, k, downSlot, said, stride);
  };

  /** mean <- what it is in the other coordinates, by way of `said`. */
  const turnBack = () => {
    rotation?.backward(mean, wideBytes, said, rowBytes, 1, masks);
    kernels.decodeDense(0, 1, said, rowBytes, mean, rowBytes, n);
  };
  const turn = () => {
    rotation?.forward(mean, rowBytes, said, wideBytes, 1, masks);
    kernels.decodeDense(0, 1, said, wideBytes, mean, wideBytes, wideBytes / 8);
  };

  let upBits = 0;
  let downBits = 0;
  let longest = 0;
  const kept = { upBits, downBits, longest };
  const count = () => {
    let most = plan.messageBits ?? 0;
    if (plan.messageBits === null) {
      for (let agent = 0; agent < agents; agent++) {
        const length = words[lengths / 4 + agent];
        upBits += length;
        most = Math.max(most, length);
      }
    } else {
      upBits += agents * plan.messageBits;
    }
    const down = plan.downBits ?? words[downLength / 4];
    downBits += agents * down;
    longest += most + down;
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
    speak(k);
    let step = said;
    if (downRotated) {
      rotation?.backward(said, wideBytes, direction, rowBytes, 1, masks);
      step = direction;
    }
    if (!serverSide) optimizer(step, k);
    kernels.serverSgd(x, step, n, valueAt(plan.gamma, k));
    count();
  };

  const values = arena.address('trace.values');
  const optimum = arena.view('trace.optimum', 'f64');
  const model = arena.view('x', 'f64');
  const hasOptimum = plan.optimumKnown;
  const optimumValue = optimumValueIn(arena, plan);
  const verdict = bindVerdict(plan);
  const accuracy = bindAccuracy(plan.cost, cost, arena, worker, plan.workers);
  const { network } = plan;

  const traceAgents = (k: number) => {
    accuracy.count(x);
    if (first === end) return;
    cost.beginRound?.(k);
    cost.values(first, end - first, x, values);
  };
  const slopeAt = plan.slope
    ? bindSlope(cost, arena, worker, { agents, dim, positions: undefined })
    : () => Number.NaN;

  const traceRow = (k: number, seconds: number, row: Float64Array) => {
    const objective = kernels.sum(values, agents) / agents;
    let squares = 0;
    for (let c = 0; c < dim; c++) squares += (model[c] - optimum[c]) ** 2;
    row.fill(Number.NaN);
    row[column('round')] = k;
    row[column('objective')] = objective;
    row[column('gap')] = objective - optimumValue;
    row[column('rmsError')] = hasOptimum ? Math.sqrt(squares / dim) : Number.NaN;
    // Everyone reads the same message and takes the same step: there is nothing to disagree about, unless it
    // is no number.
    row[column('consensusError')] = 0 * squares;
    row[column('bitsBroadcast')] = upBits + downBits / agents;
    row[column('bitsLinks')] = upBits + downBits;
    row[column('seconds')] = seconds;
    // Up and down again: two latencies, and on either way the time of the longest message.
    row[column('networkSeconds')] =
      network === null ? Number.NaN : 2 * k * network.latency + longest / network.bandwidth;
    row[column('accuracy')] = accuracy.share();
    row[column('bitsUp')] = upBits;
    row[column('bitsDown')] = downBits;
    // x is what everyone holds.
    row[column('agentsGapMean')] = row[column('gap')];
    row[column('agentsGapWorst')] = row[column('gap')];
    const slope = slopeAt(x);
    row[column('gradientNorm')] = slope;
    row[column('meanGradientNorm')] = slope;
    return verdict(row);
  };

  return {
    prologue() {},
    phases: [send, reduce, apply],
    tracePhases: [traceAgents],
    save() {
      kept.upBits = upBits;
      kept.downBits = downBits;
      kept.longest = longest;
    },
    restore() {
      ({ upBits, downBits, longest } = kept);
    },
    traceRow,
  };
}

/** The direction of round k, in place. */
function bindOptimizer(
  { optimizer, rowBytes }: ServerRunPlan,
  arena: Arena,
  kernels: Kernels,
): (direction: number, round: number) => void {
  const { kind, beta, nesterov, beta1, beta2, epsilon } = optimizer;
  const n = rowBytes / 8;
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
