/**
 * How messages come and go. An outbox is doubled by the round's parity: messages of round k+1 are written
 * while slow readers still read round k. Where nothing is compressed the message may be the state itself:
 * then x is what is doubled, and nothing is copied.
 */

import { doubled, type FieldSpec, heardRows, rowsThatLast } from '../arena/layout.js';
import { bindCompressor } from '../compress/registry.js';
import type { CompressorPlan } from '../compress/types.js';
import { readDense } from '../compress/wire/dense.js';
import type { Runtime, Seed } from '../runtime.js';
import type { Channel } from './types.js';

/** Channel 0 has the names that a flow with one message has always had. */
const named = (name: string, channel: number) => (channel === 0 ? name : `${name}@${channel}`);

/** Where the compressor of a channel says it stands: prefix of its fields. */
export function channelPath(channel: number): string[] {
  return [named('compressor', channel)];
}

/** Bits above those that a run's seed can have (it is below 2^53). */
const CHANNEL_KEY_SHIFT = 24;

/**
 * Two messages of one round must not share their draws: each channel has a Philox key of its own, channel 0
 * the run's.
 */
export function channelSeed(seed: Seed, channel: number): Seed {
  return { low: seed.low, high: (seed.high | (channel << CHANNEL_KEY_SHIFT)) >>> 0 };
}

/** Outbox and, where messages vary in length, their lengths. */
export function channelFields(compressor: CompressorPlan, channel: number, agents: number): FieldSpec[] {
  const outbox = named('outbox', channel);
  const slots: FieldSpec = { name: outbox, type: 'f64', length: (agents * compressor.slotBytes) / 8 };
  const fields = [heardRows(rowsThatLast(slots, agents))];
  // Whoever sends counts what it sends: a message says to its readers where it ends.
  if (compressor.messageBits === null) {
    const lengths: FieldSpec = { name: `${outbox}.lengths`, type: 'u32', length: agents };
    fields.push(doubled(rowsThatLast(lengths, agents)));
  }
  return fields;
}

/** The field with the lengths in bits of a channel's messages, two parities of one entry an agent. */
export function lengthsField(channel: number): string {
  return `${named('outbox', channel)}.lengths`;
}

export function bindChannel(compressorPlan: CompressorPlan, channel: number, runtime: Runtime): Channel {
  const { arena, agents, rowBytes } = runtime;
  const compressor = bindCompressor(compressorPlan, { ...runtime, seed: channelSeed(runtime.seed, channel) });
  const outbox = arena.address(named('outbox', channel));
  const parityBytes = agents * compressorPlan.slotBytes;
  const slots = (round: number) => outbox + (round & 1) * parityBytes;
  const lengths = compressorPlan.messageBits === null ? arena.address(lengthsField(channel)) : 0;
  const lengthsAt = (round: number) => lengths + (round & 1) * agents * 4;
  return {
    prepare: (round) => compressor.prepare(round),
    gather: (first, count, round, out) => compressor.gather(first, count, round, slots(round), out, rowBytes),
    decode: (first, count, round, out) => compressor.decode(first, count, round, slots(round), out, rowBytes),
    send: (first, count, round, rows) =>
      compressor.encode(first, count, round, rows, rowBytes, slots(round), lengthsAt(round)),
    wire: compressor.rotatedSigns
      ? { format: 'rotated-signs', signs: compressor.rotatedSigns, slots }
      : compressorPlan.verbatim
        ? { format: 'rows', at: slots, stride: compressorPlan.slotBytes }
        : null,
  };
}

/** The channel of a flow whose state is its message: x of a round lies at `stateAt(round)`. */
export function bindStateChannel(runtime: Runtime, stateAt: (round: number) => number): Channel {
  const { arena, rowBytes } = runtime;
  const { gather, decode } = readDense({ dim: rowBytes / arena.realBytes, slotBytes: rowBytes }, runtime);
  return {
    prepare: () => {},
    gather: (first, count, round, out) => gather(first, count, round, stateAt(round), out, rowBytes),
    decode: (first, count, round, out) => decode(first, count, round, stateAt(round), out, rowBytes),
    send: () => {},
    wire: { format: 'states', at: stateAt, stride: rowBytes },
  };
}
