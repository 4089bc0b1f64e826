/**
 * Defining a compressor. The shape of its parameters, given once, is what configs are checked with, what
 * `plan` is given as a type, and what the definition takes as a function: a definition is the builder of its
 * own specs too.
 *
 *     topK(4)                     { kind: 'top-k', k: 4 }
 *     errorFeedback(topK(4))      { kind: 'error-feedback', inner: { kind: 'top-k', k: 4 } }
 *
 * Composition is data, because closures cannot cross threads: what is built so can be written to YAML, sent,
 * compared. Nothing is checked there beyond types; whoever runs a spec checks it, with its place in the
 * composition.
 */

import type { z } from 'zod';
import type { NumberBits } from '../arena/layout.js';
import type { Metadata, PlanContext, Runtime, Seed } from '../runtime.js';
import { bindCodec, type Codec } from './codec.js';
import { codecNs, kernelNs, numbersNs } from './nanoseconds.js';
import type {
  BoundCompressor,
  CompressorAlias,
  CompressorDefinition,
  CompressorPlan,
  CompressorSpec,
  Messages,
  Nested,
  ReferenceCompressor,
} from './types.js';
import { realBitsOf, slotBytes } from './wire/format.js';

type Shape = z.core.$ZodShape;
type ParametersOf<Kind extends string, S extends Shape> = { kind: Kind } & Exact<z.infer<z.ZodObject<S>>>;
/** What may be left out is not there then, and never undefined. */
type Exact<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };
/** The names of required parameters, in the order in which a builder takes them. */
type Names = readonly string[];

/** What every plan has by default: a slot for its longest message, no fields, and the costs of a kernel. */
type Planned = Omit<CompressorPlan, keyof Defaults | 'kind' | 'dim' | 'realBits'> & Partial<Defaults>;
type Defaults = Pick<CompressorPlan, 'slotBytes' | 'nanoseconds' | 'work' | 'linear' | 'fields'>;

interface Described<Kind extends string, S extends Shape, Takes extends Names> {
  kind: Kind;
  metadata: Metadata;
  parameters(zod: typeof z): S;
  /** Parameters that a builder takes by position; all others stand in an object behind them. */
  takes?: Takes;
  /** Keys that the shape does not know are kept, and not refused. */
  open?: boolean;
}

/** See `CompressorDefinition.embed`. */
type Embedding = NonNullable<CompressorDefinition['embed']>;

interface Defined<Kind extends string, S extends Shape, Takes extends Names, Plan extends Planned>
  extends Described<Kind, S, Takes> {
  plan(spec: ParametersOf<Kind, S>, context: PlanContext, nested: Nested): Plan;
  examples?(dim: number): Record<string, unknown>[];
  candidates?(dim: number): Record<string, unknown>[];
  asIs?(spec: ParametersOf<Kind, S>, realBits: NumberBits): boolean;
  embed?: Embedding;
}

type Bound = Omit<BoundCompressor, 'prepare'> & Partial<BoundCompressor>;

interface Kernelled<Plan> {
  bind(plan: Plan & CompressorPlan, runtime: Runtime, nested: Nested): Bound;
  reference(plan: Plan & CompressorPlan, seed: Seed, nested: Nested): ReferenceCompressor;
}

/** Messages in a format that kernels read: the reference is what a reader makes of them. */
interface Wired<Plan, Message> {
  bind(plan: Plan & CompressorPlan, runtime: Runtime): Bound;
  messages(plan: Plan & CompressorPlan, seed: Seed): Messages<Message>;
}

/** Without a kernel: two functions of typed arrays, see `codec.ts`. */
interface Coded<Plan> {
  codec(plan: Plan & CompressorPlan, runtime: Runtime): Codec;
  reference(plan: Plan & CompressorPlan, seed: Seed): ReferenceCompressor;
}

export function defineCompressor<
  const Kind extends string,
  S extends Shape,
  Plan extends Planned,
  const Takes extends Names = readonly [],
>(definition: Defined<Kind, S, Takes, Plan> & Kernelled<Plan>): Compressor<Kind, S, Takes> {
  return whole(definition, definition);
}

export function defineWired<
  const Kind extends string,
  S extends Shape,
  Plan extends Planned,
  Message,
  const Takes extends Names = readonly [],
>(definition: Defined<Kind, S, Takes, Plan> & Wired<Plan, Message>): Compressor<Kind, S, Takes> {
  const reference: Kernelled<Plan>['reference'] = (plan, seed) => {
    const { format, of } = definition.messages(plan, seed);
    return (error, round, agent) => format.value(of(error, round, agent), round);
  };
  return whole(definition, { bind: definition.bind, reference, messages: definition.messages });
}

export function defineCodec<
  const Kind extends string,
  S extends Shape,
  Plan extends Planned,
  const Takes extends Names = readonly [],
>(definition: Defined<Kind, S, Takes, Plan> & Coded<Plan>): Compressor<Kind, S, Takes> {
  return whole(
    {
      ...definition,
      plan: (spec, context, nested) => ({
        nanoseconds: codecNs(context.dim),
        ...definition.plan(spec, context, nested),
      }),
    },
    {
      bind: (plan, runtime) => bindCodec(plan, runtime, definition.codec(plan, runtime)),
      reference: definition.reference,
    },
  );
}

export function defineAlias<
  const Kind extends string,
  S extends Shape,
  const Takes extends Names = readonly [],
>(
  definition: Described<Kind, S, Takes> & {
    expand(spec: ParametersOf<Kind, S>): CompressorSpec;
    candidates?(dim: number): Record<string, unknown>[];
  },
): CompressorAlias<ParametersOf<Kind, S>> & Builder<Kind, ParametersOf<Kind, S>, Takes> {
  const { expand, candidates = () => [] } = definition;
  return Object.assign(builderOf(definition), { ...described(definition), expand, candidates });
}

/** A definition, and the builder of its specs. */
type Compressor<Kind extends string, S extends Shape, Takes extends Names> = CompressorDefinition<
  ParametersOf<Kind, S>
> &
  Builder<Kind, ParametersOf<Kind, S>, Takes>;

function whole<Kind extends string, S extends Shape, Takes extends Names, Plan extends Planned>(
  definition: Defined<Kind, S, Takes, Plan>,
  {
    bind,
    reference,
    messages,
  }: Kernelled<Plan> & { messages?(plan: Plan & CompressorPlan, seed: Seed): Messages },
): Compressor<Kind, S, Takes> {
  const { kind, plan, asIs, embed, examples = () => [{}], candidates = examples } = definition;
  return Object.assign(builderOf(definition), {
    ...described(definition),
    examples,
    candidates,
    plan: (spec: ParametersOf<Kind, S>, context: PlanContext, nested: Nested) =>
      withDefaults(kind, context, plan(spec, context, nested)),
    bind: (bound: Plan & CompressorPlan, runtime: Runtime, nested: Nested) => ({
      prepare: () => {},
      ...bind(bound, runtime, nested),
    }),
    reference,
    ...(messages && { messages }),
    ...(asIs && { asIs }),
    ...(embed && { embed }),
  }) as unknown as Compressor<Kind, S, Takes>;
}

function withDefaults<Plan extends Planned>(
  kind: string,
  context: PlanContext,
  plan: Plan,
): Plan & CompressorPlan {
  const { dim } = context;
  const realBits = realBitsOf(context);
  const { messageBits, longestBits = messageBits ?? 0, linear = false } = plan;
  const numbers = linear && messageBits !== null ? messageBits / realBits : dim;
  return {
    slotBytes: slotBytes(longestBits),
    nanoseconds: numbers < dim ? numbersNs(dim, numbers) : kernelNs(dim),
    work: { own: 0, neighbour: numbers },
    linear,
    fields: [],
    ...plan,
    kind,
    dim,
    realBits,
  };
}

function described<Kind extends string, S extends Shape>({
  kind,
  metadata,
  parameters,
  open,
}: Described<Kind, S, Names>) {
  return {
    kind,
    metadata,
    parameters(zod: typeof z) {
      const shape = { kind: zod.literal(kind), ...parameters(zod) };
      return (open ? zod.looseObject(shape) : zod.strictObject(shape)) as unknown as z.ZodType<
        ParametersOf<Kind, S>
      >;
    },
  };
}

/** `description` of a parameter that is a compressor: it is checked by its own shape. */
export function innerCompressor(zod: typeof z, description: string): z.ZodType<CompressorSpec> {
  return zod.unknown().describe(description) as unknown as z.ZodType<CompressorSpec>;
}

type Options<Parameters, Takes extends Names> = Omit<Parameters, 'kind' | Takes[number]>;
type At<Parameters, Name> = Name extends keyof Parameters ? Parameters[Name] : never;
type Flat<T> = { [Key in keyof T]: T[Key] };

/** Parameters by position keep the types that they are given: what is composed knows what is inside it. */
export type Builder<Kind extends string, Parameters, Takes extends Names> = Takes extends readonly [
  infer First extends string,
  infer Second extends string,
]
  ? <A extends At<Parameters, First>, B extends At<Parameters, Second>, O extends Options<Parameters, Takes>>(
      first: A,
      second: B,
      options?: O,
    ) => Flat<{ kind: Kind } & Record<First, A> & Record<Second, B> & O>
  : Takes extends readonly [infer Only extends string]
    ? <A extends At<Parameters, Only>, O extends Options<Parameters, Takes>>(
        first: A,
        options?: O,
      ) => Flat<{ kind: Kind } & Record<Only, A> & O>
    : <O extends Options<Parameters, Takes>>(options?: O) => Flat<{ kind: Kind } & O>;

function builderOf<Kind extends string, S extends Shape, Takes extends Names>({
  kind,
  takes,
}: Described<Kind, S, Takes>): Builder<Kind, ParametersOf<Kind, S>, Takes> {
  const names: Names = takes ?? [];
  return ((...given: unknown[]) => ({
    kind,
    ...Object.fromEntries(names.map((name, i) => [name, given[i]])),
    ...(given[names.length] as object | undefined),
  })) as unknown as Builder<Kind, ParametersOf<Kind, S>, Takes>;
}
