/**
 * A user's own compressor: C(e, k) = decode(encode(e, k)), two functions in a module that the config names.
 * Bits, linearity and contraction are what the module's `plan` says; bits are checked against what `encode`
 * wrote, message by message.
 *
 * The module works on private copies and never sees the shared memory, so the worst it can do is to end the
 * run: whatever it throws, writes past its message or leaves not finite is reported with file, function,
 * agent and round. One check a message, none an entry but the sum that tells whether all are finite. The
 * interface is documented in docs/your-own-compressor.md.
 *
 * Departure from the other compressors: no reference implementation. The module is the mathematics, and the
 * reference calls it without the wire between.
 */

import { formatValue, InputError } from '../base/errors.js';
import { Draws, type RandomNumbers } from '../plugin/draws.js';
import { allFinite, ModuleFailure } from '../plugin/failure.js';
import {
  describeReturned,
  describeThrown,
  moduleUrl,
  placeIn,
  type UserModule,
  userModule,
} from '../plugin/modules.js';
import { WatchedFunction, watchedCall } from '../plugin/watch.js';
import type { Seed } from '../runtime.js';
import type { Codec } from './codec.js';
import { defineCodec } from './define.js';
import { BitReader, BitWriter } from './wire/bits.js';
import { slotBytes } from './wire/format.js';

/** What a compressor's module exports. */
export interface CompressorModule {
  /** Once, on the host. Refuse parameters by throwing an Error that says what was expected. */
  plan(inputs: PlanInputs): ModulePlan;
  /**
   * One agent's message. `error` is a copy and may be overwritten. Returns nothing where the message was
   * written with `bits`, `float64` and `float32`; the number of bits where it was written through `view`.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing is meant, and `undefined` alone would refuse those declared so.
  encode(error: Float64Array, message: MessageWriter, context: MessageContext): number | undefined | void;
  /**
   * Fills `out`, which comes as zeros, with what the receivers make of a message. All bits zero must leave it
   * so.
   */
  decode(message: MessageReader, out: Float64Array, context: MessageContext): void;
}

/** What a module's plan is told. */
export interface PlanInputs {
  /** Entries of the vectors to compress; inside `flatten` a power of two. */
  dim: number;
  /** Agents of the run. */
  agents: number;
  /** Rounds of the run, at most. */
  rounds: number;
  /** Everything that stands beside `kind` and `module` in the config. */
  // biome-ignore lint/suspicious/noExplicitAny: a module knows what is in it, and `unknown` would ask it to say so at every use.
  parameters: Readonly<Record<string, any>>;
}

/** Exactly one of `messageBits` and `maxMessageBits`. */
export interface ModulePlan {
  /** Every message has exactly this many bits. */
  messageBits?: number;
  /** Messages vary, up to this many bits: what each of them took is counted. */
  maxMessageBits?: number;
  /** C(., k) is a linear map, so that node-state compression converges. Default: false. */
  linear?: boolean;
  /**
   * delta in |e - C(e)|^2 <= (1 - delta) |e|^2, on average where it varies: `auto` gains go by it. Default:
   * 1/dim, which is cautious.
   */
  contraction?: number;
  /** Handed back as `context.data`, on every worker: plain data worked out once. */
  // biome-ignore lint/suspicious/noExplicitAny: a module knows what is in it, and `unknown` would ask it to say so at every use.
  data?: any;
}

/** What encode and decode are told beside the vector. */
export interface MessageContext {
  /** Entries of the vectors. */
  readonly dim: number;
  /** Agents of the run. */
  readonly agents: number;
  /** Rounds of the run, at most. */
  readonly rounds: number;
  /** Everything that stands beside `kind` and `module` in the config. */
  // biome-ignore lint/suspicious/noExplicitAny: a module knows what is in it, and `unknown` would ask it to say so at every use.
  readonly parameters: Readonly<Record<string, any>>;
  /** What `plan` returned as `data`. */
  // biome-ignore lint/suspicious/noExplicitAny: a module knows what is in it, and `unknown` would ask it to say so at every use.
  readonly data: any;
  /** Whose message this is, in encode and decode alike. */
  readonly agent: number;
  /** The round, from 0. */
  readonly round: number;
  /** The agent's own draws of this round: decode sees the same numbers, in the same order, as encode did. */
  readonly random: RandomNumbers;
  /** Draws of this round that all agents have in common. */
  readonly sharedRandom: RandomNumbers;
}

/** Fields follow one another without gaps, least significant bit first. */
export interface MessageWriter {
  /** The low `count` (0..32) bits of a whole number. */
  bits(value: number, count: number): void;
  /** 64 bits. */
  float64(value: number): void;
  /** 32 bits: the nearest float32. */
  float32(value: number): void;
  /** Bits written so far. */
  readonly bitCount: number;
  /** The message's bytes, all zero to begin with, for those who pack them themselves. */
  readonly view: DataView;
}

/** Reads a message in the order in which it was written. */
export interface MessageReader {
  /** The next `count` (0..32) bits, as a whole number. */
  bits(count: number): number;
  /** The next 64 bits, as a float64. */
  float64(): number;
  /** The next 32 bits, as a float32. */
  float32(): number;
  /** Bits read so far. */
  readonly bitCount: number;
  /** The message's bytes. */
  readonly view: DataView;
}

const FUNCTIONS = ['plan', 'encode', 'decode'] as const;
const ANSWERS = ['messageBits', 'maxMessageBits', 'linear', 'contraction', 'data'];
/** Philox stream of a module's draws. */
export const STREAM_CUSTOM = 16;
const ALL_AGENTS = 0xffffffff;
const MAX_MESSAGE_BITS = 2 ** 31;
/** Bytes behind a private message that must stay zero. */
const GUARD_BYTES = 64;

/** A module of your own, with the parameters that it takes. */
export const custom = defineCodec({
  kind: 'custom',
  metadata: {
    title: "A user's own compressor",
    summary: 'calls encode and decode of your module; parameters beside it are handed to it',
    source: 'docs/your-own-compressor.md',
  },
  parameters: (z) => ({
    module: z.string().min(1).describe('your .mjs or .ts file, relative to the config'),
  }),
  open: true,
  takes: ['module'],
  examples: () => [],
  candidates: () => [],

  plan: (spec, context) => {
    const { kind: _, module: file, ...parameters } = spec;
    const { dim, agents: rows, total: agents = rows, rounds, seed, path } = context;
    const module = userModule(moduleUrl(file));
    const refuse = (what: string, cause?: unknown) =>
      new InputError(
        `${placeIn(cause, module.url, module.file)}: ${what}`,
        { path: [...path, 'module'] },
        { cause },
      );

    const missing = FUNCTIONS.filter((name) => typeof module.exports[name] !== 'function');
    if (missing.length > 0) {
      const names = missing.join(' and ');
      throw refuse(`exports no function ${names}, expected plan, encode and decode`);
    }
    let answer: unknown;
    try {
      const inputs = { dim, agents, rounds, parameters };
      answer = watchedCall(module, 'plan', () => functionsOf(module).plan(inputs));
    } catch (cause) {
      throw refuse(`plan threw ${describeThrown(cause)}`, cause);
    }
    const said = checkAnswer(answer, refuse);
    const bits = (said.messageBits ?? said.maxMessageBits) as number;
    const plan = {
      module: module.url,
      agents,
      rounds,
      parameters,
      data: said.data,
      slotBytes: slotBytes(bits),
      maxMessageBits: bits,
      messageBits: said.messageBits ?? null,
      ...(said.messageBits === undefined && { longestBits: bits }),
      linear: said.linear ?? false,
      contraction: said.contraction ?? 1 / dim,
      contractionKind: 'claim' as const,
    };
    tryOut({ ...plan, dim }, seed, refuse);
    return plan;
  },

  codec: (plan, runtime) => moduleCodec(plan, runtime.seed),

  reference: (plan, seed) => {
    const codec = moduleCodec(plan, seed);
    const bytes = new Uint8Array(plan.slotBytes);
    const writer = new BitWriter(bytes);
    const reader = new BitReader(bytes);
    return (error, round, agent) => {
      const out = new Float64Array(plan.dim);
      writer.begin(0, plan.slotBytes);
      codec.encode(error.slice(), writer, round, agent, agent);
      reader.begin(0);
      codec.decode(reader, out, round, agent);
      return out;
    };
  },
});

/** What a module's functions need to know of the run, and the room that its messages have. */
interface CustomPlan extends Pick<PlanInputs, 'dim' | 'agents' | 'rounds' | 'parameters'> {
  module: string;
  data: unknown;
  slotBytes: number;
  messageBits: number | null;
  maxMessageBits: number;
}

function functionsOf(module: UserModule): CompressorModule {
  return module.exports as unknown as CompressorModule;
}

function checkAnswer(answer: unknown, refuse: (what: string) => Error): ModulePlan {
  if (answer === null || typeof answer !== 'object' || answer instanceof Promise) {
    throw refuse(`plan returned ${describeReturned(answer)}, expected an object such as { messageBits: 64 }`);
  }
  const unknown = Object.keys(answer).find((key) => !ANSWERS.includes(key));
  if (unknown !== undefined)
    throw refuse(`plan returned an unknown ${unknown}, expected ${ANSWERS.join(', ')}`);
  const said = answer as ModulePlan;
  const { messageBits, maxMessageBits, linear, contraction, data } = said;
  if ((messageBits === undefined) === (maxMessageBits === undefined)) {
    const found = messageBits === undefined ? 'neither' : 'both';
    throw refuse(`plan returned ${found} of messageBits (fixed) and maxMessageBits (varying), expected one`);
  }
  const name = messageBits === undefined ? 'maxMessageBits' : 'messageBits';
  const bits = said[name] as number;
  if (!Number.isInteger(bits) || bits < 1 || bits > MAX_MESSAGE_BITS) {
    throw refuse(`plan returned ${name} ${formatValue(bits)}, expected a whole number in 1..2^31`);
  }
  if (linear !== undefined && typeof linear !== 'boolean') {
    throw refuse(`plan returned linear ${formatValue(linear)}, expected true or false`);
  }
  if (contraction !== undefined && !(contraction > 0 && contraction <= 1)) {
    throw refuse(`plan returned contraction ${formatValue(contraction)}, expected a number in (0, 1]`);
  }
  try {
    structuredClone(data);
  } catch {
    throw refuse('plan returned data that cannot be sent to workers, expected plain data (no functions)');
  }
  return said;
}

/**
 * What can be known before the run: silence decodes to zero, and the same error gives the same message twice.
 * An encode that throws here is left to throw in the run, which can name the agent and the round it happened
 * in.
 */
function tryOut(plan: CustomPlan, seed: Seed, refuse: (what: string, cause?: unknown) => Error): void {
  const codec = moduleCodec(plan, seed);
  const silence = new Uint8Array(plan.slotBytes);
  const reader = new BitReader(silence);
  const out = new Float64Array(plan.dim);
  for (const round of [0, 1]) {
    reader.begin(0);
    try {
      codec.decode(reader, out, round, 0);
    } catch (cause) {
      if (!(cause instanceof ModuleFailure)) throw cause;
      throw refuse(
        `${cause.what} (of a message whose bits are all zero, which must decode to zeros)`,
        cause.cause,
      );
    }
    const bad = out.findIndex((entry) => entry !== 0);
    if (bad >= 0) {
      throw refuse(
        `decode makes ${out[bad]} of entry ${bad} of a message whose bits are all zero, expected 0`,
      );
    }
  }

  const error = Float64Array.from(
    { length: plan.dim },
    (_, c) => Math.sqrt(c + 0.5) * (c % 3 === 1 ? -1 : 1),
  );
  const [first, second] = [0, 1].map(() => {
    const bytes = new Uint8Array(plan.slotBytes);
    const writer = new BitWriter(bytes);
    writer.begin(0, plan.slotBytes);
    try {
      codec.encode(error.slice(), writer, 0, 0, 0);
    } catch (failure) {
      if (failure instanceof ModuleFailure) return null;
      throw failure;
    }
    return bytes;
  });
  if (first && second && first.some((byte, i) => byte !== second[i])) {
    const expected = 'expected the same one (draw from context.random, keep nothing between calls)';
    throw refuse(`encode makes two different messages of the same error, agent and round, ${expected}`);
  }
}

/** The module between the wire and typed arrays of its own. */
function moduleCodec(plan: CustomPlan, seed: Seed): Codec {
  const { dim, agents, rounds, parameters, data, messageBits, maxMessageBits: maxBits } = plan;
  const module = userModule(plan.module);
  const { encode, decode } = functionsOf(module);
  const encoding = new WatchedFunction(module, 'encode');
  const decoding = new WatchedFunction(module, 'decode');
  const messageBytes = Math.ceil(maxBits / 8);
  const written = new Uint8Array(messageBytes + GUARD_BYTES);
  const read = new Uint8Array(messageBytes);
  const writer = new PrivateWriter(written, messageBytes, maxBits);
  const reader = new PrivateReader(read, maxBits);
  const random = new Draws(seed, STREAM_CUSTOM);
  const sharedRandom = new Draws(seed, STREAM_CUSTOM);
  const context = {
    dim,
    agents,
    rounds,
    parameters,
    data,
    agent: 0,
    round: 0,
    random,
    sharedRandom,
  };
  const begin = (agent: number, round: number) => {
    context.agent = agent;
    context.round = round;
    random.begin(agent, round);
    sharedRandom.begin(ALL_AGENTS, round);
  };
  const failed = (what: string, agent: number, round: number, cause?: unknown) =>
    new ModuleFailure(module, what, agent, round, cause);

  const bitsWritten = (returned: unknown, agent: number, round: number): number => {
    if (returned !== undefined && typeof returned !== 'number') {
      const expected = 'expected the number of bits, or nothing';
      throw failed(`encode returned ${describeReturned(returned)}, ${expected}`, agent, round);
    }
    const bits = returned ?? (writer.bitCount > 0 ? writer.bitCount : messageBits);
    if (bits === null) {
      const expected = 'expected the number of bits of a message written through view';
      throw failed(`encode wrote no fields and returned nothing, ${expected}`, agent, round);
    }
    const allowed =
      messageBits === null ? Number.isInteger(bits) && bits >= 0 && bits <= maxBits : bits === messageBits;
    if (!allowed) {
      const expected =
        messageBits === null ? `0..${maxBits} (plan: maxMessageBits)` : `${messageBits} (plan: messageBits)`;
      throw failed(`encode made a message of ${bits} bits, expected ${expected}`, agent, round);
    }
    return bits;
  };

  return {
    encode(error, message, round, agent) {
      // A run that diverges reaches infinity between two rows of the trace: that is not the module's doing,
      // so it is not asked. The state itself is not finite, and the next row says so.
      if (!allFinite(error)) return;
      written.fill(0);
      writer.begin(0, messageBytes);
      begin(agent, round);
      let returned: unknown;
      encoding.begin(agent, round);
      try {
        returned = encode(error, writer, context);
      } catch (cause) {
        throw failed(`encode threw ${describeThrown(cause)}`, agent, round, cause);
      } finally {
        encoding.end();
      }
      for (let i = messageBytes; i < written.length; i++) {
        if (written[i] !== 0) {
          throw failed(`encode wrote past the ${messageBytes} bytes of its message`, agent, round);
        }
      }
      const bits = bitsWritten(returned, agent, round);
      // Bits beyond those that are counted do not travel.
      const whole = bits >>> 3;
      for (let i = 0; i < whole; i++) message.bits(written[i], 8);
      message.bits(written[whole], bits & 7);
    },

    decode(message, out, round, agent) {
      for (let i = 0; i < messageBytes; i++) read[i] = message.bits(8);
      reader.begin(0);
      begin(agent, round);
      out.fill(0);
      let returned: unknown;
      decoding.begin(agent, round);
      try {
        returned = decode(reader, out, context);
      } catch (cause) {
        throw failed(`decode threw ${describeThrown(cause)}`, agent, round, cause);
      } finally {
        decoding.end();
      }
      if (returned !== undefined) {
        const expected = 'expected nothing: it fills out';
        throw failed(`decode returned ${describeReturned(returned)}, ${expected}`, agent, round);
      }
      if (!allFinite(out)) {
        const bad = out.findIndex((entry) => !Number.isFinite(entry));
        throw failed(`decode left ${out[bad]} in entry ${bad} of out, expected finite numbers`, agent, round);
      }
    },
  };
}

/** The writer a module gets: over bytes of its own, guarded behind. */
class PrivateWriter extends BitWriter implements MessageWriter {
  readonly view: DataView;
  private readonly maxBits: number;
  constructor(bytes: Uint8Array<ArrayBuffer>, messageBytes: number, maxBits: number) {
    super(bytes);
    this.view = new DataView(bytes.buffer, 0, messageBytes);
    this.maxBits = maxBits;
  }

  override bits(value: number, count: number): void {
    if (this.bitCount + count > this.maxBits) {
      throw new RangeError(
        `bit ${this.bitCount + count} is past the end of a message of ${this.maxBits} bits`,
      );
    }
    super.bits(value, count);
  }
}

class PrivateReader extends BitReader implements MessageReader {
  readonly view: DataView;
  private readonly maxBits: number;
  constructor(bytes: Uint8Array<ArrayBuffer>, maxBits: number) {
    super(bytes);
    this.view = new DataView(bytes.buffer);
    this.maxBits = maxBits;
  }

  override bits(count: number): number {
    if (this.bitCount + count > this.maxBits) {
      throw new RangeError(
        `bit ${this.bitCount + count} is past the end of a message of ${this.maxBits} bits`,
      );
    }
    return super.bits(count);
  }
}
