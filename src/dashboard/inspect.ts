/** One agent, as a page is told of it: its state, and what it says, bit by bit. */

import { describeSpec } from '../base/describe.js';
import { messageParts } from '../compress/fields.js';
import type { CompressorPlan } from '../compress/types.js';
import { dense } from '../compress/wire/dense.js';
import { fieldsOf } from '../compress/wire/fields.js';
import { channelSeed, lengthsField } from '../flow/channel.js';
import type { AgentState } from '../session/types.js';
import type { RunFrames } from './frames.js';
import type { AgentReport, MessageReport } from './protocol.js';

/** More fields than these nobody looks at one by one; those behind them are one. */
const MOST_FIELDS = 4096;

/** What a flow's plan says of its messages; a parameter server's says nothing of the kind. */
interface Sends {
  channels?: readonly CompressorPlan[];
  inStates?: readonly (string | null)[];
  flow?: { stateIsMessage?: boolean };
}

export function inspected(state: AgentState, frames: RunFrames): AgentReport {
  const list = (row: Float64Array | null) => (row === null ? null : Array.from(row));
  const { agent, label, round, neighbours, x, v, s } = state;
  return {
    agent,
    label,
    round,
    neighbours,
    x: Array.from(x),
    v: list(v),
    s: list(s),
    disagreement: frames.disagreementOf(agent),
    messages: messagesOf(agent, round, frames),
  };
}

/** What its neighbours read of it in the coming round. */
function messagesOf(agent: number, round: number, { arena, shared: { plan } }: RunFrames): MessageReport[] {
  const { channels = [], inStates = [], flow } = plan as Sends;
  const position = arena.has('agents.positions')
    ? (arena.view('agents.positions', 'u32')[agent] ?? 0)
    : agent;
  const memory = new Uint8Array(arena.memory.buffer);
  /** A row or slot of the round, out of shared memory. */
  const bytesOf = (name: string, each: number): Uint8Array => {
    const field = arena.field(name);
    const parity = field.halves === 2 ? (round & 1) * plan.agents * each : 0;
    const at = field.offset + parity + position * each;
    return Uint8Array.from(memory.subarray(at, at + each));
  };
  const asItIs = (channel: number, name: string): MessageReport => {
    const slot = bytesOf(name, plan.rowBytes);
    const format = dense(plan.dim, arena.precision === 'float32' ? 'f32' : 'f64');
    const fields = fieldsOf(format, slot, round);
    return {
      channel,
      compressor: `${name} as it is`,
      bits: format.bits,
      bytes: hex(slot, format.bits),
      fields: shown(fields, format.bits),
      decoded: fields.map(({ value }) => value),
    };
  };
  if (flow?.stateIsMessage === true || (channels.length === 0 && arena.has('graph.columns')))
    return [asItIs(0, 'x')];
  return channels.map((channel, index) => {
    const stateName = inStates[index];
    if (stateName != null) return asItIs(index, stateName);
    const slot = bytesOf(index === 0 ? 'outbox' : `outbox@${index}`, channel.slotBytes);
    const bits =
      channel.messageBits ??
      arena.view(lengthsField(index), 'u32')[(round & 1) * plan.agents + position] ??
      0;
    const parts = messageParts(channel, slot, round, channelSeed(plan.seed, index), bits);
    return {
      channel: index,
      compressor: describeSpec(specOf(channel)),
      bits,
      bytes: hex(
        slot,
        parts?.fields.reduce((end, { offset, width }) => Math.max(end, offset + width), 0) ?? bits,
      ),
      fields: parts === null ? [whole(0, bits)] : shown(parts.fields, bits, parts.rotated),
      decoded: parts?.value == null ? null : Array.from(parts.value),
    };
  });
}

/** Kinds alone: what is inside what. */
function specOf({ kind, inner }: CompressorPlan): { kind: string; inner?: object } {
  return { kind, ...(inner && { inner: specOf(inner) }) };
}

function shown(fields: MessageReport['fields'], bits: number, rotated = false): MessageReport['fields'] {
  const named = fields
    .slice(0, MOST_FIELDS)
    .map((field) =>
      rotated && field.coordinate !== null
        ? { ...field, meaning: `${field.meaning}, of the rotated vector` }
        : field,
    );
  const next = fields[MOST_FIELDS];
  return next === undefined ? named : [...named, whole(next.offset, bits - next.offset)];
}

/** Bits of which no more is said. */
function whole(offset: number, width: number): MessageReport['fields'][number] {
  return {
    name: 'message',
    coordinate: null,
    offset,
    width,
    meaning: offset === 0 ? 'in a format of its own' : 'what follows, alike',
    value: Number.NaN,
  };
}

function hex(slot: Uint8Array, bits: number): string {
  return Buffer.from(slot.subarray(0, Math.ceil(bits / 8))).toString('hex');
}
