/**
 * The server's message: the vector at `server.mean`, compressed into `downlink.slot` and decoded at
 * `server.sent`, both in the coordinates of the downlink. Signs under a known scale are packed coordinate by
 * coordinate, by whoever has the coordinate.
 */

import { rowBytesOf } from '../../arena/layout.js';
import { valueAt } from '../../base/schedules.js';
import { bindCompressor } from '../../compress/registry.js';
import { viewsOf } from '../../compress/slots.js';
import { SERVER_STREAM } from '../../compress/streams.js';
import { channelSeed } from '../../flow/channel.js';
import type { Runtime } from '../../runtime.js';
import type { ServerRunPlan } from './types.js';

/**
 * The server's own draws, where its compressor takes a stream that agents take too, have a Philox key of
 * their own.
 */
export const SERVER_CHANNEL = 1;

const ALL_AGENTS = 0xffffffff;

export interface Downlink {
  /** Before either of the others, in every round. */
  prepare(round: number): void;
  /** Packs the signs of some coordinates of a row. */
  signRange(round: number, row: number, from: number, count: number): void;
  /** `signed`: all ranges have been packed. */
  send(round: number, signed: boolean): void;
  /** Reads what is in the slot. */
  read(round: number): void;
}

export function bindDownlink(plan: ServerRunPlan, runtime: Runtime): Downlink {
  const { dim, size, rowBytes, seed, downSigns, downRotated } = plan;
  const { arena, kernels, worker } = runtime;
  // The server draws by a number of its own, 0, on every rank.
  const { numbers: _, ...ofServer } = runtime;
  const compressor = bindCompressor(plan.downlink, {
    ...ofServer,
    agents: 1,
    total: 1,
    dim: downRotated ? size : dim,
    seed: channelSeed(seed, SERVER_CHANNEL),
  });
  const mean = arena.address('server.mean');
  const sent = arena.address('server.sent');
  const slot = arena.address('downlink.slot');
  const length = plan.downBits === null ? arena.address('downlink.length') : 0;
  const ditherScratch = arena.address('scratch.dither', worker);
  const { reals, realBytes } = viewsOf(runtime);
  const stride = downRotated ? rowBytesOf(size, arena.precision) : rowBytes;

  const signRange = (k: number, row: number, from: number, count: number) => {
    if (count <= 0) return;
    const bits = slot + realBytes;
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

  return {
    signRange,
    prepare: (k) => compressor.prepare(k),
    send(k, signed) {
      if (downSigns === null) compressor.encode(0, 1, k, mean, stride, slot, length);
      else {
        if (!signed) signRange(k, mean, 0, downRotated ? size : dim);
        reals[slot / realBytes] = downSigns === 'plain' ? 1 : downSigns.shrink * valueAt(downSigns.lambda, k);
      }
    },
    read(k) {
      compressor.decode(0, 1, k, slot, sent, stride);
    },
  };
}
